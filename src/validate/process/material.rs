//! What a run works with: signatures and timestamps with their certificates, and all evidence at hand.

use super::known::Store;
use super::{Item, Policy};
use crate::trust::{Evidence, TrustError};
use crate::validate::container::{Container, IntegrityFault, Kind};

/// A timestamp in a signature, with whether it holds.
pub(super) struct Token {
    pub(super) container: Container,
    pub(super) fault: Option<IntegrityFault>,
}

/// The timestamps in a signature that can be read.
pub(super) fn tokens_of(item: &Item) -> Vec<Token> {
    let Ok(signature) = &item.container else {
        return Vec::new();
    };
    let parsed = signature
        .timestamps()
        .iter()
        .filter_map(|bytes| Container::parse(Kind::Timestamp, bytes).ok());
    parsed
        .map(|mut container| {
            container.look_among(signature.certificates());
            let digest = container.hash().map(|hash| hash.digest(signature.value()));
            let fault = container.verify(&digest.unwrap_or_default()).err();
            Token { container, fault }
        })
        .collect()
}

pub(super) fn collect(store: &mut Store, items: &[Item], tokens: &[Vec<Token>], whole: &Evidence) {
    for (item, tokens) in items.iter().zip(tokens) {
        if let Ok(container) = &item.container {
            store.add(container.evidence(), true);
        }
        for token in tokens {
            store.add(token.container.evidence(), true);
        }
        store.add(&item.evidence, true);
    }
    store.add(whole, true);
}

/// What the services of authorities add; nothing where nobody is asked.
pub(super) fn fetch(
    store: &Store,
    items: &[Item],
    tokens: &[Vec<Token>],
    whole: &Evidence,
    policy: &Policy<'_>,
) -> Result<Evidence, TrustError> {
    let Some(trust) = policy.fetch else {
        return Ok(Evidence::default());
    };
    let of_items = items.iter().filter_map(|item| item.container.as_ref().ok());
    let of_tokens = tokens.iter().flatten().map(|token| &token.container);
    let leaves = of_items.chain(of_tokens).filter_map(Container::certificate);
    let mut leaves: Vec<Vec<u8>> = leaves.map(|leaf| leaf.der().to_vec()).collect();
    leaves.sort();
    leaves.dedup();
    let known = Evidence {
        certificates: store.pool.iter().map(|one| one.der().to_vec()).collect(),
        ..whole.clone()
    };
    let gathered = trust.gather(&leaves, &known, policy.at)?;
    Ok(gathered.evidence)
}

//! Whether the timestamp of a checkpoint holds: judged by the code that judges signed documents, by the same roots.
//!
//! Nobody is asked over the network, so an authority's certificate is believed unless something in the token says that
//! it was revoked.

use jiff::{SignedDuration, Timestamp};

use crate::record::Lang;
use crate::trust::{Certificate, Evidence};
use crate::validate::container::{Container, IntegrityFault, Kind};
use crate::validate::process::{self, AlgorithmEnds, Item, Policy, RevocationRule};
use crate::validate::{Indication, SubIndication};

/// By how much the clocks of authorities may differ from ours.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What a timestamp is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The answer.
    pub indication: Indication,
    /// Why, where it is not passed.
    pub sub_indication: Option<SubIndication>,
    /// The time that it gives; that of one that holds proves that the checkpoint existed then.
    pub time: Option<Timestamp>,
    /// Subject of the authority's certificate.
    pub authority: Option<String>,
    /// What was found, in the language asked for.
    pub findings: Vec<String>,
}

/// Judges a token (DER) over these bytes, at this time. Certificates that issued themselves are roots.
#[must_use]
pub fn judge(
    token: &[u8],
    stamped: &[u8],
    trusted: &[Certificate],
    at: Timestamp,
    lang: Lang,
) -> Stamped {
    let container = Container::parse(Kind::Timestamp, token);
    let integrity = match &container {
        Ok(container) => {
            let digest = container.hash().map(|hash| hash.digest(stamped));
            container.verify(&digest.unwrap_or_default())
        }
        Err(_) => Err(IntegrityFault::Digest),
    };
    let read = container.as_ref().ok();
    let time = read.and_then(|it| it.token()).map(|token| token.time);
    let authority = read
        .and_then(|it| it.certificate())
        .map(Certificate::subject);
    let item = Item {
        kind: Kind::Timestamp,
        container,
        integrity,
        end: stamped.len() as u64,
        evidence: Evidence::default(),
        claimed_time: None,
    };
    let (roots, intermediates) = trusted
        .iter()
        .cloned()
        .partition(Certificate::is_self_issued);
    let policy = Policy {
        roots,
        intermediates,
        algorithms: AlgorithmEnds::standard(),
        revocation: RevocationRule::AsFarAsKnown,
        at,
        skew: SKEW,
        fetch: None,
    };
    let conclusion = process::run(&[item], &Evidence::default(), &policy).pop();
    let told = conclusion.as_ref().map(|it| &it.findings);
    Stamped {
        indication: conclusion
            .as_ref()
            .map_or(Indication::Indeterminate, |it| it.indication),
        sub_indication: conclusion.as_ref().and_then(|it| it.sub_indication),
        time,
        authority,
        findings: told
            .into_iter()
            .flatten()
            .map(|finding| finding.text(lang))
            .collect(),
    }
}

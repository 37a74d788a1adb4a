//! Time sliding over the evidence of pyHanko's scenario, of the corpus that `SOHOA_CORPUS` names: an authority and one
//! whom it certified are both revoked since the 1st of December 2020; lists and responses are of three days.

#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::chain::{Judge, Question};
use super::known::{Proofs, Store};
use super::revocation::Revocation;
use super::{AlgorithmEnds, Policy, RevocationRule};
use crate::trust::test_support::at;
use crate::trust::{Certificate, Evidence};
use crate::validate::SubIndication;
use crate::validate::container::Kind;

const FOLDER: &str =
    "pki/MatthiasValvekens+pyHanko/pkgs/pyhanko-certvalidator/tests/fixtures/ades/time-slide";

struct Scenario {
    root: Certificate,
    leaf: Certificate,
    evidence: Evidence,
}

impl Scenario {
    fn read(folder: &Path, intermediate: &str) -> Self {
        let read = |name: &str| std::fs::read(folder.join(name)).expect("file");
        let certificate = |name: &str| {
            let bytes = read(&format!("certs/{name}.crt"));
            let first = crate::trust::certificates_in(&bytes).remove(0);
            Certificate::from_der(&first).expect("certificate")
        };
        let days = ["2020-10-01", "2020-11-29", "2020-12-10"];
        let of_days = |name: &str, extension: &str| {
            days.map(|day| read(&format!("{name}-{day}.{extension}")))
        };
        let (leaf, intermediate) = (certificate("alice"), certificate(intermediate));
        Self {
            root: certificate("root"),
            evidence: Evidence {
                certificates: vec![leaf.der().to_vec(), intermediate.der().to_vec()],
                ocsp_responses: of_days("alice", "ors").to_vec(),
                crls: [of_days("root", "crl"), of_days("interm", "crl")].concat(),
            },
            leaf,
        }
    }

    /// What a signature of this time is worth where everything at hand is proven to be of that time.
    fn verdict(&self, signed: &str, proven: Option<&str>) -> Option<SubIndication> {
        let now: Timestamp = at("2020-12-15T00:00:00Z");
        let policy = Policy {
            roots: vec![self.root.clone()],
            intermediates: Vec::new(),
            algorithms: AlgorithmEnds::standard(),
            revocation: RevocationRule::Required,
            at: now,
            skew: SignedDuration::from_secs(300),
            fetch: None,
        };
        let mut store = Store::default();
        store.add(&self.evidence, true);
        let mut proofs = Proofs::new(now, std::iter::once(self.root.fingerprint()));
        if let Some(time) = proven {
            proofs.prove(&self.evidence, at(time));
        }
        let judge = Judge {
            policy: &policy,
            store: &store,
            revocation: Revocation::new(&store, &policy.roots, now),
            paths: RefCell::new(BTreeMap::new()),
        };
        let question = Question {
            leaf: &self.leaf,
            kind: Kind::Signature,
            proven: at(signed),
            has_proof: true,
            not_before: None,
            fresh_from: at(signed),
        };
        judge.judge(&question, &proofs).fault
    }
}

#[test]
fn time_slides_to_where_the_path_is_still_proven() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        println!("SKIPPED: SOHOA_CORPUS is not set, no time was slid");
        return;
    };
    let folder = Path::new(&corpus).join(FOLDER);
    let signer = Scenario::read(&folder, "interm");
    let (before, after) = ("2020-11-29T12:00:00Z", "2020-12-05T00:00:00Z");
    assert_eq!(signer.verdict(before, None), None);
    assert_eq!(
        signer.verdict(after, None),
        Some(SubIndication::RevokedNoPoe)
    );
    // The authority itself is revoked: evidence by its key counts only as far as it is proven to be older.
    let both = Scenario::read(&folder, "interm-revoked");
    let revoked = Some(SubIndication::RevokedCaNoPoe);
    assert_eq!(both.verdict(before, None), revoked);
    assert_eq!(both.verdict(before, Some("2020-12-02T00:00:00Z")), revoked);
    assert_eq!(both.verdict(before, Some("2020-11-30T00:00:00Z")), None);
    assert!(both.verdict(after, Some("2020-11-30T00:00:00Z")).is_some());
}

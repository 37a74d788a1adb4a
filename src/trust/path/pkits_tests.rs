//! NIST PKITS: 246 paths with the verdict that they must have, of the corpus that `SOHOA_CORPUS` names.
//!
//! A path counts as good when it is valid and its CRLs say that nobody on it is revoked.

#![allow(clippy::print_stdout, reason = "a measurement says what it measured")]

use std::collections::BTreeSet;
use std::path::Path as FilePath;
use std::time::Duration;

use certval::{CertificationPathSettings, ObjectIdentifierSet, TimeOfInterest};
use serde::Deserialize;

use super::validation::Validator;
use super::*;
use crate::trust::revocation::Inquiry;
use crate::trust::services::Budget;
use crate::trust::test_support::at;
use crate::trust::{Evidence, Status};

const FOLDER: &str =
    "pki/MatthiasValvekens+pyHanko/pkgs/pyhanko-certvalidator/tests/fixtures/nist_pkits";

/// Valid, and refused all the same.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "40104 valid_dsa_signatures_test4",
        "DSA is not among the algorithms of TT 15/2025",
    ),
    (
        "40105 valid_dsa_parameter_inheritance_test5",
        "DSA is not among the algorithms of TT 15/2025",
    ),
    (
        "40203 valid_pre2000_utc_notbefore_date_test3",
        "its validity begins in 1950; times before 1970 cannot be represented",
    ),
];

#[derive(Deserialize)]
struct Case {
    id: String,
    name: String,
    cert: String,
    #[serde(default)]
    other_certs: Vec<String>,
    #[serde(default)]
    crls: Vec<String>,
    revocation: Option<bool>,
    error: Option<serde_json::Value>,
    #[serde(default)]
    params: Inputs,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Inputs {
    user_initial_policy_set: Option<Vec<String>>,
    initial_explicit_policy: bool,
    initial_policy_mapping_inhibit: bool,
    initial_any_policy_inhibit: bool,
}

fn settings(inputs: &Inputs, now: Timestamp) -> CertificationPathSettings {
    let mut settings = CertificationPathSettings::new();
    let seconds = u64::try_from(now.as_second()).expect("after 1970");
    settings.set_time_of_interest(TimeOfInterest::from_unix_secs(seconds).expect("time"));
    settings.set_initial_explicit_policy_indicator(inputs.initial_explicit_policy);
    settings.set_initial_policy_mapping_inhibit_indicator(inputs.initial_policy_mapping_inhibit);
    settings.set_initial_inhibit_any_policy_indicator(inputs.initial_any_policy_inhibit);
    if let Some(policies) = &inputs.user_initial_policy_set {
        let policies = policies.iter().map(|oid| oid.parse().expect("OID"));
        let policies: ObjectIdentifierSet = policies.collect::<BTreeSet<_>>();
        settings.set_initial_policy_set_from_oid_set(policies);
    }
    settings
}

fn is_good(case: &Case, folder: &FilePath) -> bool {
    let now = at("2022-05-01T00:00:00Z");
    let read =
        |kind: &str, name: &String| std::fs::read(folder.join(kind).join(name)).expect("file");
    let certificate = |name: &String| Certificate::from_der(&read("certs", name));
    let Some(leaf) = certificate(&case.cert) else {
        return false;
    };
    let pool: Vec<Certificate> = case.other_certs.iter().filter_map(certificate).collect();
    let root = certificate(&"TrustAnchorRootCertificate.crt".to_owned()).expect("root");
    let validator = Validator::with(settings(&case.params, now), Algorithms::Accepted);
    let PathOutcome::Found(path) = search(&leaf, &pool, std::slice::from_ref(&root), &validator)
    else {
        return false;
    };
    let mut known = Evidence {
        crls: case.crls.iter().map(|name| read("crls", name)).collect(),
        ..Evidence::default()
    };
    known
        .crls
        .push(read("crls", &"TrustAnchorRootCRL.crl".to_owned()));
    let inquiry = Inquiry {
        services: None,
        budget: Budget::of(Duration::from_secs(1)),
        known: &known,
        pool: &pool,
        roots: std::slice::from_ref(&root),
        at: now,
    };
    let is_good = |pair: &[Certificate]| {
        let answer = inquiry.ask(&pair[0], &pair[1]);
        matches!(answer.status, Status::Good { .. })
    };
    case.revocation == Some(false) || path.certificates.windows(2).all(is_good)
}

#[test]
fn the_paths_of_pkits_get_their_verdicts() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        println!("SKIPPED: SOHOA_CORPUS is not set, no path of PKITS was tried");
        return;
    };
    let folder = FilePath::new(&corpus).join(FOLDER);
    let cases = std::fs::read(folder.join("pkits.json")).expect("cases");
    let cases: Vec<Case> = serde_json::from_slice(&cases).expect("JSON");
    let (mut right, mut too_strict, mut too_lax) = (0, Vec::new(), Vec::<String>::new());
    for case in &cases {
        match (is_good(case, &folder), case.error.is_none()) {
            (true, false) => too_lax.push(format!("{} {}", case.id, case.name)),
            (false, true) => too_strict.push(format!("{} {}", case.id, case.name)),
            (true, true) | (false, false) => right += 1,
        }
    }
    println!("{right} of {} right", cases.len());
    assert!(too_lax.is_empty(), "believed though invalid: {too_lax:#?}");
    let exceptions: Vec<&str> = EXCEPTIONS.iter().map(|(case, _)| *case).collect();
    assert_eq!(too_strict, exceptions, "refused though valid");
    assert_eq!(right + EXCEPTIONS.len(), 246);
}

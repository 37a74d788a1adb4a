//! The client against authorities that are right and wrong; certomancer and openssl judge elsewhere.

use super::test_tsa::{Fault, Tsa, services};
use super::*;
use crate::config::{InDoubt, TrustConfig};
use crate::record::{Explain, Lang};
use crate::sign::test_support::now;
use crate::trust::{Certificate, Entry, Kind, Store};

fn digest() -> Vec<u8> {
    Hash::Sha256.digest(b"signature value")
}

fn asked(fault: Fault) -> Result<TimestampToken, TimestampError> {
    let mut tsa = Tsa::until(2027);
    tsa.fault = fault;
    services(&[&tsa.serve()], 100).stamp(&digest())
}

#[test]
fn a_timestamp_says_when() {
    let token = asked(Fault::None).expect("token");
    assert_eq!(token.time().to_string(), "2026-11-23T01:15:30.25Z");
    assert_eq!(token.algorithm().name(), "ECDSA-P256-SHA256");
    assert!(token.stamps(Hash::Sha256, &digest()));
    assert_eq!(token.certificates().count(), 2, "its own and its issuer's");
}

#[test]
fn an_answer_that_is_wrong_anywhere_is_no_timestamp() {
    for fault in [
        Fault::OtherImprint,
        Fault::OtherNonce,
        Fault::OtherContent,
        Fault::OtherSignature,
        Fault::OtherCertificateNamed,
        Fault::NoCertificate,
        Fault::Garbage,
    ] {
        let error = asked(fault).expect_err("wrong");
        assert_eq!(error.code(), "timestamp.unusable", "{fault:?}: {error}");
        assert!(error.is_retryable());
        for lang in [Lang::Vi, Lang::En] {
            assert!(!error.message(lang).is_empty() && !error.advice(lang).is_empty());
        }
    }
    let refused = asked(Fault::Rejection).expect_err("refused");
    assert!(matches!(refused, TimestampError::Refused { status: 2, .. }));
    let silent = asked(Fault::NoAnswer).expect_err("silent");
    assert_eq!(silent.code(), "timestamp.unanswered");
    let none = services(&[], 1).stamp(&digest()).expect_err("nobody");
    assert_eq!(none.code(), "timestamp.no_service");
    assert!(!none.is_retryable());
}

#[test]
fn an_authority_is_only_that_and_valid_at_its_time() {
    let purpose = Tsa::with_purpose(2027, false).serve();
    let error = services(&[&purpose], 9).stamp(&digest()).expect_err("EKU");
    assert!(error.to_string().contains("not for timestamps"), "{error}");
    let mut late = Tsa::until(2027);
    late.time = "20280101000000Z".to_owned();
    let error = services(&[&late.serve()], 9).stamp(&digest());
    let error = error.expect_err("ended");
    assert!(
        error.to_string().contains("not valid at its time"),
        "{error}"
    );
}

#[test]
fn the_next_service_is_asked_and_the_silent_one_rests() {
    let mut wrong = Tsa::until(2027);
    wrong.fault = Fault::OtherImprint;
    let nobody = "http://127.0.0.1:1/tsa";
    let good = Tsa::until(2027).serve();
    let three = services(&[nobody, &wrong.serve(), &good], 100);
    three.stamp(&digest()).expect("the third answers");
    let only = services(&[nobody], 100);
    let first = only.stamp(&digest()).expect_err("nobody there");
    assert_eq!(first.code(), "timestamp.unanswered");
    let second = only.stamp(&digest()).expect_err("not asked again at once");
    assert!(matches!(
        second,
        TimestampError::Resting { seconds: 1..=31 }
    ));
}

#[test]
fn a_service_is_not_asked_more_often_than_it_may_be() {
    let good = Tsa::until(2027).serve();
    let services = services(&[&good], 2);
    for _ in 0..2 {
        services.stamp(&digest()).expect("within the limit");
    }
    let error = services.stamp(&digest()).expect_err("the minute is full");
    assert!(matches!(error, TimestampError::Resting { .. }), "{error}");
}

#[test]
fn an_authority_without_a_path_to_a_root_of_the_office_is_passed_over() {
    let folder = tempfile::tempdir().expect("folder");
    let config = TrustConfig {
        folder: folder.path().join("trust"),
        fetch: false,
        timeout: Duration::from_secs(1),
        keep: Duration::from_secs(60),
        when_unknown: InDoubt::Sign,
        when_untrusted: InDoubt::Wait,
    };
    let (ours, other) = (Tsa::until(2027), Tsa::until(2027));
    let root = Certificate::from_der(&ours.root()).expect("root");
    let (ours, other) = (ours.serve(), other.serve());
    let asked = |address: &str| {
        let trust = Arc::new(Trust::new(&config));
        let services = services(&[address], 9).trusting(trust);
        services.stamp(&digest())
    };
    asked(&other).expect("without any root nobody can be told from anybody");
    let entry = Entry::examined(root, Kind::PublicService, None, now()).expect("a root");
    let mut store = Store::open(&config.folder).expect("store");
    assert!(store.add(entry).expect("added"));
    asked(&ours).expect("it leads to the root");
    let error = asked(&other).expect_err("it does not");
    assert!(error.to_string().contains("not trusted"), "{error}");
}

#[test]
fn an_issuer_out_of_reach_is_no_doubt_about_an_authority_that_was_believed() {
    let no_path = |is_unreachable| StandingFinding::NoPath {
        issuer: "CN=Gốc".to_owned(),
        is_unreachable,
    };
    assert!(is_later_matter(&no_path(true), true));
    assert!(
        !is_later_matter(&no_path(true), false),
        "anybody may say so"
    );
    assert!(
        !is_later_matter(&no_path(false), true),
        "the root was removed"
    );
    let revoked = StandingFinding::Expired { not_after: now() };
    assert!(!is_later_matter(&revoked, true));
    assert!(is_later_matter(&StandingFinding::NoRoot, false));
}

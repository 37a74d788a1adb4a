use std::sync::Arc;

use jiff::SignedDuration;
use rcgen::{KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd};

use super::*;
use crate::config::InDoubt;
use crate::record::{Explain, Lang};
use crate::trust::ocsp::test_support::{Said, busy};
use crate::trust::test_support::{Pki, Town, at, list, now};
use crate::trust::{Certificate, Trust, test_support};

fn standing(town: &Town, trust: &Trust, leaf: &Certificate) -> Arc<Standing> {
    let standing = trust.standing(leaf.der(), &town.chain(), now());
    standing.expect("standing")
}

fn codes(standing: &Standing) -> Vec<&'static str> {
    standing
        .findings
        .iter()
        .map(StandingFinding::code)
        .collect()
}

#[test]
fn a_good_signer_stands_well_and_is_asked_about_once() {
    let town = Town::new();
    let (trust, leaf) = (town.trust(), town.signer(|_| {}));
    town.say(&Said::good(now()), &leaf);
    let first = standing(&town, &trust, &leaf);
    assert_eq!(codes(&first), [""; 0]);
    first.permit(&town.config()).expect("permitted");
    let path = first.path.as_ref().expect("path");
    let pki = &town.pki;
    let expected = [
        leaf.clone(),
        pki.intermediate.certificate(),
        pki.root.certificate(),
    ];
    assert_eq!(path.certificates, expected);
    let evidence = &first.evidence;
    let counts = (
        evidence.certificates.len(),
        evidence.ocsp_responses.len(),
        evidence.crls.len(),
    );
    assert_eq!(counts, (3, 1, 1));
    assert_eq!(town.server.asked(), 2, "the responder, the root's list");

    for minutes in [0, 3, 9] {
        let later = now() + SignedDuration::from_mins(minutes);
        let again = trust
            .standing(leaf.der(), &town.chain(), later)
            .expect("standing");
        assert!(Arc::ptr_eq(&first, &again));
    }
    assert_eq!(town.server.asked(), 2);
    let later = now() + SignedDuration::from_mins(11);
    trust
        .standing(leaf.der(), &town.chain(), later)
        .expect("standing");
    assert_eq!(town.server.asked(), 3, "the list is still in force");
}

#[test]
fn a_list_answers_where_the_responder_does_not() {
    let town = Town::new();
    let (trust, leaf) = (town.trust(), town.signer(|_| {}));
    town.server.answer("/ocsp", busy());
    let by_list = standing(&town, &trust, &leaf);
    assert_eq!(codes(&by_list), [""; 0]);
    assert_eq!(by_list.evidence.crls.len(), 2);
}

#[test]
fn where_nobody_answers_the_policy_decides() {
    let town = Town::new();
    let (trust, leaf) = (town.trust(), town.signer(|_| {}));
    town.server.answer("/ca.crl", b"<html>".to_vec());
    let unknown = standing(&town, &trust, &leaf);
    assert_eq!(codes(&unknown), ["standing.status_unknown"]);
    let StandingFinding::StatusUnknown { whose, tried } = &unknown.findings[0] else {
        panic!("{unknown:?}");
    };
    assert_eq!((whose, tried.len()), (&Whose::Signer, 2), "{tried:?}");
    assert!(
        tried[0].why.contains("404") && tried[1].why.contains("not a CRL"),
        "{tried:?}"
    );
    let mut config = town.config();
    unknown.permit(&config).expect("signed with a warning");
    config.when_unknown = InDoubt::Wait;
    let waits = unknown.permit(&config).expect_err("waits");
    assert!(waits.is_retryable() && waits.code() == "standing.status_unknown");
    for lang in [Lang::Vi, Lang::En] {
        assert!(waits.message(lang).contains("/ocsp") && !waits.advice(lang).is_empty());
    }

    // A minute later it is tried again, but not the one that was silent a moment ago.
    let asked = town.server.asked();
    town.server
        .answer("/ca.crl", list(&town.pki.intermediate, |_| {}));
    let later = now() + SignedDuration::from_secs(61);
    let again = trust
        .standing(leaf.der(), &town.chain(), later)
        .expect("standing");
    assert_eq!(codes(&again), [""; 0]);
    assert_eq!(town.server.asked(), asked + 1);
}

#[test]
fn a_revoked_certificate_never_signs() {
    let town = Town::new();
    let leaf = town.signer(|_| {});
    let when = at("2026-11-20T00:00:00Z");
    town.say(&Said::revoked(now(), when), &leaf);
    // With no root installed, too.
    let without_root = standing(&town, &Trust::new(&town.config()), &leaf);
    assert_eq!(
        codes(&without_root),
        ["standing.revoked", "standing.no_root"]
    );
    let trust = town.trust();
    let revoked = standing(&town, &trust, &leaf);
    assert_eq!(codes(&revoked), ["standing.revoked"]);
    let refused = revoked.permit(&town.config()).expect_err("refused");
    assert!(!refused.is_retryable());
    let message = refused.message(Lang::Vi);
    assert!(
        message.contains("2026-11-20T07:00:00+07:00") && message.contains("keyCompromise"),
        "{message}"
    );

    let town = Town::new();
    let leaf = town.signer(|_| {});
    town.say(&Said::good(now()), &leaf);
    let serial = town
        .pki
        .intermediate
        .certificate()
        .serial_number()
        .as_bytes()
        .to_vec();
    let revoked = list(&town.pki.root, |list| {
        list.revoked_certs = vec![RevokedCertParams {
            serial_number: SerialNumber::from_slice(&serial),
            revocation_time: date_time_ymd(2026, 11, 1),
            reason_code: None,
            invalidity_date: None,
        }];
    });
    town.server.answer("/root.crl", revoked);
    let by_authority = standing(&town, &town.trust(), &leaf);
    let [StandingFinding::Revoked { whose, .. }] = by_authority.findings.as_slice() else {
        panic!("{by_authority:?}");
    };
    assert_eq!(whose, &Whose::Authority("CN=CA thử".to_owned()));
    by_authority.permit(&town.config()).expect_err("refused");
}

#[test]
fn a_signer_that_leads_to_no_root_waits_unless_the_office_says_otherwise() {
    let town = Town::new();
    let leaf = town.signer(|_| {});
    town.say(&Said::good(now()), &leaf);
    let none = standing(&town, &Trust::new(&town.config()), &leaf);
    assert_eq!(codes(&none), ["standing.no_root"]);
    none.permit(&town.config()).expect("a warning");

    let other = test_support::Authority::root("Gốc khác");
    town.install(other.certificate());
    let elsewhere = standing(&town, &Trust::new(&town.config()), &leaf);
    assert_eq!(codes(&elsewhere), ["standing.no_path"]);
    let mut config = town.config();
    assert!(elsewhere.permit(&config).expect_err("waits").is_retryable());
    config.when_untrusted = InDoubt::Sign;
    elsewhere.permit(&config).expect("a warning");

    town.install(Pki::new().root.certificate());
    let same_name = standing(&town, &Trust::new(&town.config()), &leaf);
    assert_eq!(codes(&same_name), ["standing.path_invalid"]);
}

#[test]
fn what_the_certificate_itself_forbids_needs_no_question() {
    let town = Town::new();
    let trust = town.trust();
    let ended = town.signer(|leaf| leaf.not_after = date_time_ymd(2026, 11, 1));
    let future = town.signer(|leaf| leaf.not_before = date_time_ymd(2026, 12, 1));
    let other_use = town.signer(|leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyAgreement]);
    let of = |leaf: &Certificate| {
        let standing = standing(&town, &trust, leaf);
        let refused = standing.permit(&town.config()).expect_err("refused");
        (refused.code(), refused.is_retryable())
    };
    assert_eq!(of(&ended), ("standing.expired", false));
    assert_eq!(of(&future), ("standing.not_yet_valid", true));
    assert_eq!(of(&other_use), ("standing.key_usage", false));
    let unreadable = trust.standing(b"x", &[], now()).expect("standing");
    assert_eq!(codes(&unreadable), ["standing.unreadable"]);
    assert_eq!(town.server.asked(), 0);
}

#[test]
fn an_issuer_that_is_missing_is_fetched_where_the_certificate_says() {
    let town = Town::new();
    let leaf = town.signer(|_| {});
    town.say(&Said::good(now()), &leaf);
    let trust = town.trust();
    let fetched = trust.standing(leaf.der(), &[], now()).expect("standing");
    assert_eq!(codes(&fetched), [""; 0]);
    assert_eq!(
        fetched.path.as_ref().map(|path| path.certificates.len()),
        Some(3)
    );

    // Nobody there is an outage, and no doubt about whom the office trusts.
    let far = town.pki.signer(|leaf| {
        let nobody = || Some("http://127.0.0.1:1/".to_owned());
        leaf.custom_extensions
            .push(test_support::access(nobody(), nobody()));
    });
    let unreachable = Trust::new(&town.config())
        .standing(far.der(), &[], now())
        .expect("standing");
    assert_eq!(
        codes(&unreachable),
        ["standing.status_unknown", "standing.no_path"]
    );
    unreachable
        .permit(&town.config())
        .expect("signed with a warning");
    assert!(
        unreachable.findings[0]
            .text(Lang::En)
            .contains("issuer's certificate is not known")
    );

    let mut config = town.config();
    config.fetch = false;
    let asked = town.server.asked();
    let alone = Trust::new(&config)
        .standing(leaf.der(), &[], now())
        .expect("standing");
    assert_eq!(
        codes(&alone),
        ["standing.status_unknown", "standing.no_path"]
    );
    assert_eq!(town.server.asked(), asked);
}

#[test]
fn services_that_keep_silent_cost_a_bounded_time_once() {
    let town = Town::new();
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let address = format!("http://{}/", silent.local_addr().expect("address"));
    let leaf = town.pki.signer(|leaf| {
        let silent = Some(address.clone());
        leaf.custom_extensions
            .push(test_support::access(silent, None));
    });
    town.install(town.pki.root.certificate());
    let mut config = town.config();
    config.timeout = std::time::Duration::from_millis(300);
    let trust = Trust::new(&config);
    let since = std::time::Instant::now();
    assert_eq!(
        codes(&standing(&town, &trust, &leaf)),
        ["standing.status_unknown"]
    );
    assert!(
        since.elapsed() < std::time::Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
    let since = std::time::Instant::now();
    let later = now() + SignedDuration::from_secs(120);
    let again = trust
        .standing(leaf.der(), &town.chain(), later)
        .expect("standing");
    let StandingFinding::StatusUnknown { tried, .. } = &again.findings[0] else {
        panic!("{again:?}");
    };
    assert!(tried[0].why.contains("last minute"), "{tried:?}");
    assert!(
        since.elapsed() < std::time::Duration::from_millis(250),
        "{:?}",
        since.elapsed()
    );
}

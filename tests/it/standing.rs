//! What the program finds out about certificates of the test CA, from services that it did not write.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sohoa::config::{InDoubt, TrustConfig};
use sohoa::trust::{Evidence, Standing, StandingFinding, Trust};

use crate::judge;
use crate::office::Office;
use crate::pki::Pki;

/// An office that trusts the test CA's root.
fn office(pki: &Pki) -> Office {
    let office = Office::new();
    let root = pki.root();
    let added = office.sohoa(&["trust", "add", "--yes", root.to_str().expect("UTF-8 path")]);
    let complaint = String::from_utf8_lossy(&added.stderr);
    assert!(added.status.success(), "trust add: {complaint}");
    office
}

/// Nothing is remembered from one question to the next.
fn trust(office: &Office) -> Trust {
    Trust::new(&TrustConfig {
        folder: office.at("trust"),
        fetch: true,
        timeout: Duration::from_secs(20),
        keep: Duration::ZERO,
        when_unknown: InDoubt::Sign,
        when_untrusted: InDoubt::Wait,
    })
}

/// Asked without its chain: the issuers are to be found by the addresses in the certificates.
fn standing(office: &Office, pki: &Pki, signer: &str) -> Arc<Standing> {
    let asked = trust(office).standing(&pki.der(signer), &[], Timestamp::now());
    asked.expect("the store can be read")
}

fn findings(office: &Office, pki: &Pki, signer: &str) -> Vec<&'static str> {
    let standing = standing(office, pki, signer);
    standing
        .findings
        .iter()
        .map(StandingFinding::code)
        .collect()
}

#[test]
fn each_certificate_stands_as_the_ca_made_it() {
    if !judge::ready("how certificates of the test CA stand") {
        return;
    }
    let pki = Pki::shared();
    let office = office(pki);
    for signer in ["rsa2048", "p256", "p384", "officer", "revoked-later"] {
        assert_eq!(findings(&office, pki, signer), [""; 0], "{signer}");
    }
    for (signer, finding) in [
        ("revoked", "standing.revoked"),
        ("expired", "standing.expired"),
        ("encipherment", "standing.key_usage"),
        ("stranger", "standing.no_path"),
    ] {
        let found = findings(&office, pki, signer);
        assert!(found.contains(&finding), "{signer}: {found:?}");
    }
}

#[test]
fn who_answers_is_enough_and_nobody_is_a_doubt() {
    if !judge::ready("OCSP and CRL away") {
        return;
    }
    // Fractions of seconds in every OCSP answer.
    let pki = Pki::start(&["--fractional"]);
    let office = office(&pki);
    let with_outage = |services: &[&str]| {
        pki.control(&json!({"outages": services, "seed": 0}));
        let good = findings(&office, &pki, "p256");
        let revoked = findings(&office, &pki, "revoked");
        (good, revoked)
    };
    const UNKNOWN: &str = "standing.status_unknown";
    const REVOKED: &str = "standing.revoked";
    for services in [&[][..], &["ocsp"]] {
        let (good, bad) = with_outage(services);
        assert!(good.is_empty(), "{services:?}: {good:?}");
        assert!(bad.contains(&REVOKED), "{services:?}: {bad:?}");
    }
    // The CA's own certificate has a CRL alone: without, that is a doubt.
    let (good, bad) = with_outage(&["crl"]);
    assert_eq!(good, [UNKNOWN]);
    assert!(bad.contains(&REVOKED), "{bad:?}");
    let (good, bad) = with_outage(&["ocsp", "crl"]);
    assert!(
        good.contains(&UNKNOWN) && good == bad,
        "nobody answers: {good:?} {bad:?}"
    );
}

#[test]
fn what_proves_a_path_is_gathered_whole() {
    if !judge::ready("evidence from the test CA") {
        return;
    }
    let pki = Pki::shared();
    let office = office(pki);
    // One by OCSP, one by CRL alone; neither brings its chain.
    let leaves = [pki.der("officer"), pki.der("tsa"), pki.der("tsa-ending")];
    let gathered = trust(&office).gather(&leaves, &Evidence::default(), Timestamp::now());
    let gathered = gathered.expect("the store can be read");
    let missing: Vec<String> = gathered.missing.iter().map(ToString::to_string).collect();
    assert!(gathered.is_complete(), "{missing:#?}");
    for authority in ["root", "ca", "tsa-ca"] {
        let found = gathered.evidence.certificates.contains(&pki.der(authority));
        assert!(found, "{authority} is not among the evidence");
    }
    assert!(gathered.revoked.is_empty());
    let stranger = trust(&office).gather(
        &[pki.der("stranger")],
        &Evidence::default(),
        Timestamp::now(),
    );
    assert!(!stranger.expect("the store can be read").is_complete());
}

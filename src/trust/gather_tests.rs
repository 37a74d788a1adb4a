use rcgen::{CustomExtension, ExtendedKeyUsagePurpose};

use super::ocsp::test_support::{Said, response};
use super::test_support::{Authority, Town, at, now, parameters};
use super::*;

/// A responder that the intermediate appointed; `nocheck` spares it its own revocation.
fn appoint(town: &Town, nocheck: bool) -> Authority {
    let mut responder = parameters("OCSP thử");
    responder.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    if nocheck {
        let nocheck =
            CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], vec![5, 0]);
        responder.custom_extensions.push(nocheck);
    } else {
        responder.crl_distribution_points = vec![rcgen::CrlDistributionPoint {
            uris: vec![town.server.at("/ca.crl")],
        }];
    }
    town.pki.intermediate.under(responder)
}

fn say(town: &Town, responder: &Authority, about: &Certificate) {
    let (issuer, certificate) = (town.pki.intermediate.certificate(), responder.certificate());
    let signer = (&certificate, responder.0.key());
    let carried = [certificate.clone()];
    let response = response(&Said::good(now()), about, &issuer, signer, &carried);
    town.server.answer("/ocsp", response);
}

#[test]
fn what_was_gathered_is_enough_without_network() {
    let town = Town::new();
    let (trust, signer) = (town.trust(), town.signer(|_| {}));
    let timestamper = town.pki.signer(|leaf| {
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping];
        leaf.crl_distribution_points = vec![rcgen::CrlDistributionPoint {
            uris: vec![town.server.at("/ca.crl")],
        }];
    });
    let responder = appoint(&town, false);
    say(&town, &responder, &signer);
    let leaves = [signer.der().to_vec(), timestamper.der().to_vec()];
    let pool = Evidence {
        certificates: town.chain(),
        ..Evidence::default()
    };
    let gathered = trust.gather(&leaves, &pool, now()).expect("gathered");
    assert!(
        gathered.is_complete() && gathered.revoked.is_empty(),
        "{gathered:?}"
    );
    let evidence = gathered.evidence;
    // Signer, intermediate, root, responder, timestamper; lists of the root and of the intermediate.
    let counts = (
        evidence.certificates.len(),
        evidence.ocsp_responses.len(),
        evidence.crls.len(),
    );
    assert_eq!(counts, (5, 1, 2));
    assert!(
        evidence
            .certificates
            .contains(&responder.certificate().der().to_vec())
    );

    let asked = town.server.asked();
    let mut config = town.config();
    config.fetch = false;
    let offline = Trust::new(&config)
        .gather(&leaves, &evidence, now())
        .expect("gathered");
    assert!(offline.is_complete(), "{offline:?}");
    assert_eq!(town.server.asked(), asked);
    let mut same = evidence.clone();
    same.add(offline.evidence);
    assert_eq!(same, evidence);

    let much_later = Trust::new(&config).gather(&leaves, &evidence, at("2027-06-01T00:00:00Z"));
    let much_later = much_later.expect("gathered");
    assert_eq!(much_later.missing.len(), 3, "{much_later:?}");
}

#[test]
fn what_is_missing_is_said_and_the_rest_is_there() {
    let town = Town::new();
    let (trust, signer) = (town.trust(), town.signer(|_| {}));
    let responder = appoint(&town, true);
    say(&town, &responder, &signer);
    let stranger = Town::new();
    let other = stranger.pki.signer(|_| {});
    let leaves = [signer.der().to_vec(), other.der().to_vec(), b"x".to_vec()];
    let gathered = trust
        .gather(&leaves, &Evidence::default(), now())
        .expect("gathered");
    assert!(!gathered.is_complete());
    assert_eq!(gathered.evidence.ocsp_responses.len(), 1);
    let said: Vec<String> = gathered.missing.iter().map(ToString::to_string).collect();
    let [no_path, unreadable] = said.as_slice() else {
        panic!("{said:?}");
    };
    // Its issuer has the name of one that is known here, and another key.
    assert!(
        no_path.contains(&other.fingerprint().to_string()) && no_path.contains("signature"),
        "{no_path}"
    );
    assert!(unreadable.contains("cannot be read"), "{unreadable}");

    let silent = town.pki.signer(|_| {});
    let known = Evidence {
        certificates: town.chain(),
        ..Evidence::default()
    };
    let gathered = trust.gather(&[silent.der().to_vec()], &known, now());
    let missing = gathered.expect("gathered").missing;
    assert!(
        matches!(missing.as_slice(), [Missing { what: MissingProof::Status(tried), .. }] if tried.is_empty()),
        "{missing:?}"
    );
}

#[test]
fn a_revoked_certificate_is_gathered_with_its_date() {
    let town = Town::new();
    let (trust, signer) = (town.trust(), town.signer(|_| {}));
    let when = at("2026-11-20T00:00:00Z");
    town.say(&Said::revoked(now(), when), &signer);
    let gathered = trust.gather(&[signer.der().to_vec()], &Evidence::default(), now());
    let gathered = gathered.expect("gathered");
    let [revoked] = gathered.revoked.as_slice() else {
        panic!("{gathered:?}");
    };
    assert_eq!(
        (revoked.certificate, revoked.when),
        (signer.fingerprint(), when)
    );
    assert_eq!(gathered.evidence.ocsp_responses.len(), 1);
}

#[test]
fn an_old_answer_out_of_a_document_says_nothing_about_the_next_signature() {
    let town = Town::new();
    let (trust, signer) = (town.trust(), town.signer(|_| {}));
    let days_ago = Said {
        next_update: Some(at("2026-11-27T00:00:00Z")),
        ..Said::good(at("2026-11-20T00:00:00Z"))
    };
    let issuer = town.pki.intermediate.certificate();
    let by_issuer = (&issuer, town.pki.intermediate.0.key());
    let known = Evidence {
        ocsp_responses: vec![response(&days_ago, &signer, &issuer, by_issuer, &[])],
        ..Evidence::default()
    };
    town.say(&Said::revoked(now(), at("2026-11-22T00:00:00Z")), &signer);
    let gathered = trust
        .gather(&[signer.der().to_vec()], &known, now())
        .expect("gathered");
    assert!(
        gathered.is_complete() && gathered.revoked.is_empty(),
        "{gathered:?}"
    );
    let standing = trust
        .standing(signer.der(), &town.chain(), now())
        .expect("standing");
    standing
        .permit(&town.config())
        .expect_err("revoked meanwhile");
}

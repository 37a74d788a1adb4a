use rcgen::{
    CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope, RevocationReason,
    RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::*;
use crate::trust::test_support::{
    Authority, Pki, at, authority_parameters, list, list_parameters, now,
};

const HERE: &str = "http://crl.example/ca.crl";

fn revoked(serial: u64, day: u8) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2026, 11, day),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    }
}

fn signer(pki: &Pki, serial: u64) -> Certificate {
    pki.signer(|leaf| {
        leaf.serial_number = Some(SerialNumber::from(serial));
        let uris = vec![HERE.to_owned()];
        leaf.crl_distribution_points = vec![CrlDistributionPoint { uris }];
    })
}

#[test]
fn who_is_on_the_list_is_revoked_since_then() {
    let pki = Pki::new();
    let issuer = pki.intermediate.certificate();
    let others = (1000..1200).map(|serial| revoked(serial, 1));
    let crl = list(&pki.intermediate, |list| {
        list.revoked_certs = others.chain([revoked(7, 2)]).collect();
    });
    let status = check(&crl, &signer(&pki, 7), &issuer, now()).expect("status");
    let Status::Revoked { when, reason } = status else {
        panic!("{status:?}");
    };
    assert_eq!(
        (when, reason.as_str()),
        (at("2026-11-02T00:00:00Z"), "keyCompromise")
    );
    let good = check(&crl, &signer(&pki, 8), &issuer, now());
    assert_eq!(
        good,
        Ok(Status::Good {
            until: at("2026-11-30T00:00:00Z")
        })
    );
    assert_eq!(next_update(&crl), Some(at("2026-11-30T00:00:00Z")));
    let empty = list(&pki.intermediate, |_| {});
    assert!(matches!(
        check(&empty, &signer(&pki, 7), &issuer, now()),
        Ok(Status::Good { .. })
    ));
}

#[test]
fn only_the_issuers_list_in_force_says_anything() {
    let pki = Pki::new();
    let (leaf, issuer) = (signer(&pki, 7), pki.intermediate.certificate());
    let crl = list(&pki.intermediate, |_| {});
    let early = check(&crl, &leaf, &issuer, at("2026-11-22T00:00:00Z"));
    assert!(
        matches!(early, Err(CrlFault::Time(OutOfTime::Early(_)))),
        "{early:?}"
    );
    let stale = check(&crl, &leaf, &issuer, at("2026-12-01T00:00:00Z"));
    assert!(
        matches!(stale, Err(CrlFault::Time(OutOfTime::Stale(_)))),
        "{stale:?}"
    );
    let of_root = check(&list(&pki.root, |_| {}), &leaf, &issuer, now());
    assert_eq!(of_root, Err(CrlFault::OtherIssuer));
    let forged = check(
        &list(&Pki::new().intermediate, |_| {}),
        &leaf,
        &issuer,
        now(),
    );
    assert_eq!(forged, Err(CrlFault::Signature(SignatureFault::Mismatch)));
    let mut no_lists = authority_parameters("CA không ký CRL");
    no_lists.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let no_lists = pki.root.under(no_lists);
    let leaf = no_lists.issue(&rcgen::CertificateParams::default());
    let renamed = Authority::root("CA không ký CRL");
    let refused = check(
        &list(&renamed, |_| {}),
        &leaf,
        &no_lists.certificate(),
        now(),
    );
    assert_eq!(refused, Err(CrlFault::KeyUsage));
}

#[test]
fn a_list_for_others_does_not_cover_the_certificate() {
    let pki = Pki::new();
    let (leaf, issuer) = (signer(&pki, 7), pki.intermediate.certificate());
    let with_point = |uri: &str, scope: Option<CrlScope>| {
        let uris = vec![uri.to_owned()];
        let crl = list(&pki.intermediate, |list| {
            let distribution_point = CrlDistributionPoint { uris };
            list.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
                distribution_point,
                scope,
            });
        });
        check(&crl, &leaf, &issuer, now())
    };
    assert!(matches!(with_point(HERE, None), Ok(Status::Good { .. })));
    assert!(with_point(HERE, Some(CrlScope::UserCertsOnly)).is_ok());
    assert_eq!(
        with_point(HERE, Some(CrlScope::CaCertsOnly)),
        Err(CrlFault::Scope)
    );
    assert_eq!(
        with_point("http://crl.example/other.crl", None),
        Err(CrlFault::Scope)
    );
}

#[test]
fn no_list_breaks_the_reader() {
    let pki = Pki::new();
    let (leaf, issuer) = (signer(&pki, 7), pki.intermediate.certificate());
    let whole = list_parameters();
    assert!(whole.revoked_certs.is_empty());
    let crl = list(&pki.intermediate, |list| {
        list.revoked_certs = vec![revoked(7, 2)];
    });
    for length in 0..crl.len() {
        assert_eq!(
            check(&crl[..length], &leaf, &issuer, now()),
            Err(CrlFault::Unreadable)
        );
    }
    for place in 0..crl.len() {
        for bit in 0..8 {
            let mut changed = crl.clone();
            changed[place] ^= 1 << bit;
            let status = check(&changed, &leaf, &issuer, now());
            assert!(status.is_err(), "byte {place}, bit {bit}: {status:?}");
        }
    }
}

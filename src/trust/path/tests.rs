use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};

use super::validation::Validator;
use super::*;
use crate::trust::test_support::{Authority, Pki, at, authority_parameters, certificate, now};

fn outcome(leaf: &Certificate, pool: &[Certificate], pki: &Pki) -> PathOutcome {
    find(leaf, pool, &[pki.root.certificate()], now())
}

fn fault(outcome: &PathOutcome) -> Option<FaultKind> {
    match outcome {
        PathOutcome::Invalid { fault, .. } => Some(fault.kind),
        PathOutcome::Found(_) | PathOutcome::NoPath { .. } => None,
    }
}

#[test]
fn a_path_leads_from_the_leaf_to_the_root_in_order() {
    let pki = Pki::new();
    let leaf = pki.signer(|_| {});
    let (root, intermediate) = (pki.root.certificate(), pki.intermediate.certificate());
    let stranger = Pki::new();
    let pool = [
        stranger.root.certificate(),
        intermediate.clone(),
        stranger.intermediate.certificate(),
        root.clone(),
    ];
    let PathOutcome::Found(path) = outcome(&leaf, &pool, &pki) else {
        panic!("{:?}", outcome(&leaf, &pool, &pki));
    };
    assert_eq!(path.certificates, [leaf, intermediate, root.clone()]);
    let itself = PathOutcome::Found(Path {
        certificates: vec![root.clone()],
    });
    assert_eq!(outcome(&root, &[], &pki), itself);
}

#[test]
fn without_the_link_there_is_no_path_but_what_there_is_of_it() {
    let pki = Pki::new();
    let leaf = pki.signer(|_| {});
    let alone = outcome(&leaf, &[], &pki);
    assert_eq!(
        alone,
        PathOutcome::NoPath {
            chain: vec![leaf.clone()]
        }
    );
    let pool = [pki.intermediate.certificate()];
    let elsewhere = find(&leaf, &pool, &[Pki::new().root.certificate()], now());
    // The other root has the same name and another key.
    assert_eq!(
        fault(&elsewhere),
        Some(FaultKind::Signature),
        "{elsewhere:?}"
    );
    assert_eq!(elsewhere.chain(), [leaf.clone(), pool[0].clone()]);
    let nowhere = find(&leaf, &pool, &[], now());
    assert_eq!(
        nowhere,
        PathOutcome::NoPath {
            chain: vec![leaf, pool[0].clone()]
        }
    );
}

#[test]
fn a_path_that_breaks_a_rule_says_which() {
    let pki = Pki::new();
    let pool = [pki.intermediate.certificate()];
    let leaf = pki.signer(|_| {});
    let when = |time| fault(&find(&leaf, &pool, &[pki.root.certificate()], at(time)));
    assert_eq!(when("2025-12-31T00:00:00Z"), Some(FaultKind::NotYetValid));
    assert_eq!(when("2028-01-01T00:00:00Z"), Some(FaultKind::Expired));
    assert_eq!(when("2027-01-01T00:00:00Z"), None);

    let short = pki.signer(|leaf| leaf.not_after = date_time_ymd(2026, 2, 1));
    let PathOutcome::Invalid { fault: expired, .. } = outcome(&short, &pool, &pki) else {
        panic!("found");
    };
    assert_eq!(
        (expired.kind, expired.certificate),
        (FaultKind::Expired, Some(short))
    );

    let no_authority = pki
        .root
        .under(crate::trust::test_support::parameters("Không phải CA"));
    let under = no_authority.issue(&CertificateParams::default());
    let refused = outcome(&under, &[no_authority.certificate()], &pki);
    assert_eq!(fault(&refused), Some(FaultKind::Constraints), "{refused:?}");

    let mut constrained = authority_parameters("CA hẹp");
    constrained.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    let constrained = pki.root.under(constrained);
    let below = constrained.under(authority_parameters("CA dưới"));
    let under = below.issue(&CertificateParams::default());
    let refused = outcome(
        &under,
        &[constrained.certificate(), below.certificate()],
        &pki,
    );
    assert_eq!(fault(&refused), Some(FaultKind::Constraints), "{refused:?}");

    let strange = pki.signer(|leaf| {
        let mut unknown = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        unknown.set_criticality(true);
        leaf.custom_extensions.push(unknown);
    });
    let refused = outcome(&strange, &pool, &pki);
    assert_eq!(
        fault(&refused),
        Some(FaultKind::CriticalExtension),
        "{refused:?}"
    );
}

#[test]
fn a_forged_certificate_has_no_path() {
    let pki = Pki::new();
    let mut forged = pki.signer(|_| {}).der().to_vec();
    *forged.last_mut().expect("bytes") ^= 1;
    let forged = outcome(
        &certificate(&forged),
        &[pki.intermediate.certificate()],
        &pki,
    );
    assert_eq!(fault(&forged), Some(FaultKind::Signature), "{forged:?}");
}

#[test]
fn a_new_key_of_an_authority_does_not_hide_the_old_one() {
    let pki = Pki::new();
    let leaf =
        pki.signer(|leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping]);
    let renewed = pki.root.under(authority_parameters("CA thử"));
    let pool = [renewed.certificate(), pki.intermediate.certificate()];
    assert!(matches!(outcome(&leaf, &pool, &pki), PathOutcome::Found(_)));
    let from_new = renewed.issue(&CertificateParams::default());
    assert!(matches!(
        outcome(&from_new, &pool, &pki),
        PathOutcome::Found(_)
    ));
}

#[test]
fn authorities_that_certify_each_other_end_the_search() {
    let first = Authority::root("Vòng");
    let mut pool = vec![first.certificate()];
    // All the same name, each signed by the one before and naming it.
    let mut last = first;
    for _ in 0..30 {
        last = last.under(authority_parameters("Vòng"));
        pool.push(last.certificate());
    }
    let leaf = last.issue(&CertificateParams::default());
    let lost = find(&leaf, &pool, &[Pki::new().root.certificate()], now());
    assert!(matches!(lost, PathOutcome::NoPath { .. }), "{lost:?}");
    assert!(lost.chain().len() <= LENGTH_MAX);
}

#[test]
fn rsa_signs_certificates_too() {
    let key = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("key");
    let root = rcgen::CertifiedIssuer::self_signed(authority_parameters("RSA"), key);
    let root = Authority(root.expect("root"));
    let leaf = root.issue(&CertificateParams::default());
    let found = find(&leaf, &[], &[root.certificate()], now());
    assert!(matches!(found, PathOutcome::Found(_)), "{found:?}");
}

/// `certval` is young: whatever a certificate holds, it is an answer and no panic.
#[test]
fn no_certificate_breaks_the_validation() {
    let pki = Pki::new();
    let chain = [
        pki.signer(|_| {}),
        pki.intermediate.certificate(),
        pki.root.certificate(),
    ];
    let validator = Validator::at(now(), Algorithms::Accepted);
    validator.validate_unfenced(&chain).expect("valid");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).expect("small")).expect("small")
    };
    let (mut parsed, mut valid) = (0, 0);
    for round in 0..6000 {
        let place = round % 3;
        let mut der = chain[place].der().to_vec();
        for _ in 0..=random(3) {
            let at = random(der.len());
            der[at] = u8::try_from(random(256)).expect("byte");
        }
        let Some(changed) = Certificate::from_der(&der) else {
            continue;
        };
        parsed += 1;
        let mut changed_chain = chain.clone();
        changed_chain[place] = changed.clone();
        if validator.validate_unfenced(&changed_chain).is_ok() {
            // Nobody relies on the signature of a root.
            assert!(
                place == 2 || changed.der() == chain[place].der(),
                "round {round}"
            );
            valid += 1;
        }
        let _outcome = find(&changed, &chain[1..], &chain[2..], now());
        let _told = (
            changed.subject(),
            changed.check_key(),
            changed.verify_own_signature(),
        );
    }
    assert!(
        parsed > 500 && valid < parsed,
        "{parsed} parsed, {valid} valid"
    );
}

#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use rcgen::ExtendedKeyUsagePurpose;

use super::test_support::{Said, busy, response};
use super::*;
use crate::record::{Clock, SystemClock};
use crate::trust::status::Status;
use crate::trust::test_support::{Pki, at, now};

fn said_by_issuer(pki: &Pki, leaf: &Certificate, said: &Said) -> Result<OcspAnswer, OcspFault> {
    let issuer = pki.intermediate.certificate();
    let signer = (&issuer, pki.intermediate.0.key());
    check(
        &response(said, leaf, &issuer, signer, &[]),
        leaf,
        &issuer,
        now(),
    )
}

#[test]
fn good_and_revoked_are_told_apart_and_dated() {
    let pki = Pki::new();
    let leaf = pki.signer(|_| {});
    let good = said_by_issuer(&pki, &leaf, &Said::good(now())).expect("good");
    assert_eq!(
        good.status,
        Status::Good {
            until: at("2026-11-23T02:15:30Z")
        }
    );
    assert_eq!((good.delegate, good.delegate_may_be_revoked), (None, false));
    let when = at("2026-11-01T00:00:00.5Z");
    let revoked = said_by_issuer(&pki, &leaf, &Said::revoked(now(), when)).expect("revoked");
    let Status::Revoked { when: said, reason } = revoked.status else {
        panic!("{revoked:?}");
    };
    assert_eq!((said, reason.as_str()), (when, "keyCompromise"));
}

#[test]
fn an_answer_for_another_time_or_certificate_is_none() {
    let pki = Pki::new();
    let (leaf, issuer) = (pki.signer(|_| {}), pki.intermediate.certificate());
    let fraction = Said::good(at("2026-11-23T01:15:30.123456Z"));
    said_by_issuer(&pki, &leaf, &fraction).expect("fractions of seconds are read");
    let late = said_by_issuer(&pki, &leaf, &Said::good(at("2026-11-23T02:00:00Z")));
    assert!(
        matches!(late, Err(OcspFault::Time(OutOfTime::Early(_)))),
        "{late:?}"
    );
    let stale = said_by_issuer(&pki, &leaf, &Said::good(at("2026-11-22T00:00:00Z")));
    assert!(
        matches!(stale, Err(OcspFault::Time(OutOfTime::Stale(_)))),
        "{stale:?}"
    );
    let endless = Said {
        next_update: None,
        ..Said::good(now())
    };
    said_by_issuer(&pki, &leaf, &endless).expect("fresh");
    let unknown = Said {
        is_known: false,
        ..Said::good(now())
    };
    assert_eq!(
        said_by_issuer(&pki, &leaf, &unknown),
        Err(OcspFault::Unknown)
    );

    let other = pki.signer(|_| {});
    let about_other = response(
        &Said::good(now()),
        &other,
        &issuer,
        (&issuer, pki.intermediate.0.key()),
        &[],
    );
    assert_eq!(
        check(&about_other, &leaf, &issuer, now()),
        Err(OcspFault::OtherCertificate)
    );
    let refused = check(&busy(), &leaf, &issuer, now());
    assert_eq!(refused, Err(OcspFault::Refused(ResponseStatus::TryLater)));
    for bytes in [&b""[..], b"<html>", &about_other[..about_other.len() - 1]] {
        assert_eq!(
            check(bytes, &leaf, &issuer, now()),
            Err(OcspFault::Unreadable)
        );
    }
}

#[test]
fn only_the_issuer_and_whom_it_appointed_are_believed() {
    let pki = Pki::new();
    let (leaf, issuer) = (pki.signer(|_| {}), pki.intermediate.certificate());
    let appoint = |by: &Pki, purpose: ExtendedKeyUsagePurpose, nocheck: bool| {
        let mut responder = crate::trust::test_support::parameters("OCSP thử");
        responder.extended_key_usages = vec![purpose];
        if nocheck {
            let nocheck = rcgen::CustomExtension::from_oid_content(
                &[1, 3, 6, 1, 5, 5, 7, 48, 1, 5],
                vec![5, 0],
            );
            responder.custom_extensions.push(nocheck);
        }
        by.intermediate.under(responder)
    };
    let ask = |responder: &crate::trust::test_support::Authority| {
        let certificate = responder.certificate();
        let carried = [certificate.clone()];
        let said = response(
            &Said::good(now()),
            &leaf,
            &issuer,
            (&certificate, responder.0.key()),
            &carried,
        );
        check(&said, &leaf, &issuer, now())
    };
    let signing = || ExtendedKeyUsagePurpose::OcspSigning;
    let delegate = appoint(&pki, signing(), true);
    let answer = ask(&delegate).expect("believed");
    assert_eq!(
        (answer.delegate, answer.delegate_may_be_revoked),
        (Some(delegate.certificate()), false)
    );
    assert!(
        ask(&appoint(&pki, signing(), false))
            .expect("believed")
            .delegate_may_be_revoked
    );

    let for_other_use = ask(&appoint(&pki, ExtendedKeyUsagePurpose::TimeStamping, true));
    assert_eq!(for_other_use, Err(OcspFault::NotAppointed));
    // The stranger has the same names and other keys.
    let strange = ask(&appoint(&Pki::new(), signing(), true));
    assert_eq!(strange, Err(OcspFault::Signature(SignatureFault::Mismatch)));
    let imposter = Pki::new();
    let said = response(
        &Said::good(now()),
        &leaf,
        &issuer,
        (&issuer, imposter.intermediate.0.key()),
        &[],
    );
    assert_eq!(
        check(&said, &leaf, &issuer, now()),
        Err(OcspFault::Signature(SignatureFault::Mismatch))
    );
}

#[test]
fn the_question_names_the_certificate_by_its_issuer_and_number() {
    let pki = Pki::new();
    let (leaf, issuer) = (pki.signer(|_| {}), pki.intermediate.certificate());
    let der = request(&leaf, &issuer).expect("request");
    let request = OcspRequest::from_der(&der).expect("DER");
    let asked = &request.tbs_request.request_list[0].req_cert;
    assert_eq!(asked.hash_algorithm.oid, SHA1);
    assert_eq!(&asked.serial_number, leaf.serial_number());
    assert_eq!(asked.issuer_key_hash.as_bytes().len(), 20);
}

/// A responder that others wrote understands the question, and its answers are understood.
#[test]
fn openssl_answers_and_is_understood() {
    let folder = tempfile::tempdir().expect("folder");
    let pki = Pki::new();
    let issuer = pki.intermediate.certificate();
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    };
    put("ca.pem", pki.intermediate.0.pem().as_bytes());
    put(
        "key.pem",
        pki.intermediate.0.key().serialize_pem().as_bytes(),
    );
    let ask = |leaf: &Certificate, line: &str| {
        let serial = data_encoding::HEXUPPER.encode(leaf.serial_number().as_bytes());
        put("index.txt", line.replace("SERIAL", &serial).as_bytes());
        put("request.der", &request(leaf, &issuer).expect("request"));
        let arguments = "ocsp -index index.txt -rsigner ca.pem -rkey key.pem -CA ca.pem -reqin request.der -respout response.der -ndays 1 -noverify";
        let ran = std::process::Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder.path())
            .output();
        let ran = ran.ok()?;
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        let response = std::fs::read(folder.path().join("response.der")).expect("response");
        Some(check(&response, leaf, &issuer, SystemClock.now()))
    };
    let leaf = pki.signer(|_| {});
    let Some(good) = ask(&leaf, "V\t271231000000Z\t\tSERIAL\tunknown\t/CN=x\n") else {
        assert!(
            std::env::var("SOHOA_JUDGES").as_deref() != Ok("require"),
            "openssl is missing"
        );
        println!("SKIPPED: openssl is missing, no responder was asked");
        return;
    };
    assert!(
        matches!(
            good,
            Ok(OcspAnswer {
                status: Status::Good { .. },
                ..
            })
        ),
        "{good:?}"
    );
    let line = "R\t271231000000Z\t261101000000Z,keyCompromise\tSERIAL\tunknown\t/CN=x\n";
    let revoked = ask(&leaf, line).expect("openssl").expect("answer");
    let Status::Revoked { when, reason } = revoked.status else {
        panic!("{revoked:?}");
    };
    assert_eq!(
        (when, reason.as_str()),
        (at("2026-11-01T00:00:00Z"), "keyCompromise")
    );
    let unknown = ask(&leaf, "V\t271231000000Z\t\t01\tunknown\t/CN=x\n").expect("openssl");
    assert_eq!(unknown, Err(OcspFault::Unknown));
}

#[test]
fn no_changed_response_is_believed() {
    let pki = Pki::new();
    let (leaf, issuer) = (pki.signer(|_| {}), pki.intermediate.certificate());
    let signer = (&issuer, pki.intermediate.0.key());
    let whole = response(&Said::good(now()), &leaf, &issuer, signer, &[]);
    check(&whole, &leaf, &issuer, now()).expect("good");
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[place] ^= 1 << bit;
            let answer = check(&changed, &leaf, &issuer, now());
            assert!(answer.is_err(), "byte {place}, bit {bit}: {answer:?}");
        }
        let cut = check(&whole[..place], &leaf, &issuer, now());
        assert_eq!(cut, Err(OcspFault::Unreadable));
    }
}

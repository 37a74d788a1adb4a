//! Documents that were tampered with after signing.

use super::*;
use crate::record::Explain;
use crate::sign::SignatureAlgorithm;
use crate::sign::test_support::{Desk, Sample, at, bytes_of, key, now, quick_key, visible};

fn code(document: &Path) -> &'static str {
    check(document, now()).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn one_byte_changed_anywhere_is_noticed() {
    let desk = Desk::new();
    let rsa = key(SignatureAlgorithm::RSA_PSS_SHA256);
    let signed = desk
        .sign(&Sample::default().pdf(), &rsa, &visible())
        .expect("signed");
    let good = bytes_of(&signed.path);
    let contents = b"/Contents <";
    let gap = good
        .windows(contents.len())
        .position(|window| window == contents)
        .expect("Contents");
    // Inside the container, in the zeros behind it, and everywhere else.
    let special = [0, 8, gap + 10, gap + 200, gap + 60_000, good.len() - 3];
    for place in (0..good.len()).step_by(97).chain(special) {
        let mut bad = good.clone();
        bad[place] ^= 1;
        assert_ne!(code(&desk.put("bad.pdf", &bad)), "ok", "byte {place}");
    }
}

#[test]
fn bytes_behind_the_end_are_not_covered() {
    let desk = Desk::new();
    let signed = desk
        .sign(&Sample::default().pdf(), &quick_key(), &visible())
        .expect("signed");
    let longer = [bytes_of(&signed.path).as_slice(), b"\n"].concat();
    assert_eq!(code(&desk.put("longer.pdf", &longer)), "read_back.coverage");
}

#[test]
fn a_document_without_a_signature_says_so() {
    let desk = Desk::new();
    let plain = desk.put("plain.pdf", &Sample::default().pdf());
    assert_eq!(code(&plain), "read_back.no_signature");
    assert_eq!(code(&desk.put("text.pdf", b"text")), "read_back.document");
    assert_eq!(code(&desk.path("absent.pdf")), "read_back.reading");
}

#[test]
fn a_signature_of_another_key_is_noticed() {
    let desk = Desk::new();
    let base = Sample::default().pdf();
    let (first, second) = (quick_key(), quick_key());
    let one = bytes_of(&desk.sign(&base, &first, &visible()).expect("signed").path);
    let other = bytes_of(&desk.sign(&base, &second, &visible()).expect("signed").path);
    assert_eq!(one.len(), other.len());
    // The same document and the same ranges: only the container is the other key's.
    let gap = one
        .iter()
        .zip(&other)
        .position(|(a, b)| a != b)
        .expect("they differ");
    let mut mixed = one.clone();
    mixed[gap..gap + 40].copy_from_slice(&other[gap..gap + 40]);
    assert_ne!(code(&desk.put("mixed.pdf", &mixed)), "ok");
}

#[test]
fn the_certificate_counts_at_the_time_of_the_check() {
    let desk = Desk::new();
    let signed = desk
        .sign(&Sample::default().pdf(), &quick_key(), &visible())
        .expect("signed");
    let facts = check(&signed.path, at("2027-12-30T00:00:00Z")).expect("still valid");
    assert_eq!(facts.days_left, 1);
    let error = check(&signed.path, at("2028-01-01T00:00:00Z")).expect_err("ended");
    assert_eq!(error.code(), "read_back.validity");
}

#[test]
fn an_ended_certificate_can_still_be_looked_at() {
    let key = quick_key();
    let certificate = crate::sign::RawSigner::certificate(&key);
    let facts = certificate_facts(certificate, at("2028-01-02T00:00:00Z")).expect("facts");
    assert_eq!(facts.days_left, -2);
    assert!(facts.subject.contains("Người ký thử"));
    assert!(certificate_facts(b"no certificate", now()).is_err());
}

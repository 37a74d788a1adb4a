//! Documents that were tampered with after signing.

use std::path::PathBuf;

use super::*;
use crate::record::Explain;
use crate::sign::SignatureAlgorithm;
use crate::sign::augment::{self, Step};
use crate::sign::test_support::{Desk, Sample, at, bytes_of, key, now, quick_key, visible};
use crate::sign::timestamp::test_tsa::good;

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

/// A signed document at B-B, B-T, B-LT, B-LTA, and renewed.
fn lifted(desk: &Desk, modern: bool) -> Vec<PathBuf> {
    let base = Sample {
        modern,
        ..Sample::default()
    };
    let signed = desk.sign(&base.pdf(), &quick_key(), &visible());
    let mut files = vec![signed.expect("signed").path];
    let (services, evidence) = good(2027);
    for step in [
        Step::Refill,
        Step::Store,
        Step::ArchiveTimestamp,
        Step::Renew,
    ] {
        let output = desk.path(&format!("{}.pdf", files.len()));
        let input = files.last().expect("a file");
        augment::perform(step, input, &output, &services, &evidence).expect("lifted");
        files.push(output);
    }
    files
}

#[test]
fn every_level_reads_back() {
    for modern in [false, true] {
        let desk = Desk::new();
        for file in lifted(&desk, modern) {
            let facts = check(&file, now()).expect("reads back");
            assert_eq!(facts.field, "Signature1");
        }
    }
}

#[test]
fn what_is_behind_the_signature_is_evidence_or_noticed() {
    let desk = Desk::new();
    let files = lifted(&desk, false);
    let (store, archived) = (bytes_of(&files[2]), bytes_of(&files[3]));
    for (place, byte) in (0..archived.len())
        .step_by(397)
        .zip([1, 2, 4].iter().cycle())
    {
        let mut bad = archived.clone();
        bad[place] ^= byte;
        // Certificates that came with the last timestamp are covered by nothing yet.
        let text = &archived[store.len()..];
        let gap = text
            .windows(9)
            .position(|it| it == b"/Contents")
            .expect("gap")
            + store.len();
        if !(gap..gap + 40_000).contains(&place) {
            assert_ne!(code(&desk.put("bad.pdf", &bad)), "ok", "byte {place}");
        }
    }
    let longer = [store.as_slice(), b"\n"].concat();
    assert_eq!(code(&desk.put("longer.pdf", &longer)), "read_back.coverage");
}

#[test]
fn a_page_changed_by_an_update_is_noticed() {
    let desk = Desk::new();
    let file = lifted(&desk, false).remove(2);
    let before = bytes_of(&file);
    let start = before.len();
    let text = String::from_utf8_lossy(&before).into_owned();
    let previous = text.rsplit("startxref\n").next().expect("a start");
    let previous = previous.lines().next().expect("a number");
    let size = text.rsplit("/Size ").next().expect("a size");
    let size = size.split('/').next().expect("a number");
    // Object 4 is the page's content.
    let update = "4 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n";
    let table = start + update.len();
    let update = format!(
        "{update}xref\n4 1\n{start:010} 00000 n \ntrailer\n<</Size {size}/Root 1 0 R/Prev {previous}>>\n\
         startxref\n{table}\n%%EOF\n"
    );
    let changed = desk.put(
        "changed.pdf",
        &[before.as_slice(), update.as_bytes()].concat(),
    );
    assert!(lopdf::Document::load(&changed).is_ok(), "viewers show it");
    assert_eq!(code(&changed), "read_back.coverage");
}

//! Documents that were tampered with after signing.

use std::path::PathBuf;

use super::*;
use crate::record::{Explain, SignatureRecord};
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

/// A document with two signatures, and what its record says of them.
fn signed_twice(desk: &Desk) -> (PathBuf, Vec<SignatureRecord>) {
    let base = Sample::default().pdf();
    let first = desk.sign(&base, &quick_key(), &visible()).expect("signed");
    let twice = desk.path("twice.pdf");
    let second = crate::sign::seal(&first.path, &twice, &quick_key(), &visible());
    let second = second.expect("signed again");
    (twice, vec![first.signature, second.signature])
}

fn recorded_code(document: &Path, recorded: &[SignatureRecord]) -> &'static str {
    check_recorded(document, recorded, now(), Streams::Digested)
        .map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn all_signatures_are_checked_and_are_those_of_the_record() {
    let desk = Desk::new();
    let (twice, recorded) = signed_twice(&desk);
    let facts = check_recorded(&twice, &recorded, now(), Streams::Digested).expect("both hold");
    assert_eq!(
        (facts[0].field.as_str(), facts[1].field.as_str()),
        ("Signature1", "Signature2")
    );
    let other = |records: &[SignatureRecord]| recorded_code(&twice, records);
    const OTHER: &str = "read_back.other_signatures";
    assert_eq!(other(&recorded[..1]), OTHER);
    assert_eq!(other(&[&recorded[..], &recorded[..1]].concat()), OTHER);
    let [first, second] = [&recorded[0], &recorded[1]].map(Clone::clone);
    assert_eq!(other(&[second, first]), OTHER);
    let first_only = desk.path("signed.pdf");
    assert_eq!(recorded_code(&first_only, &recorded), OTHER);
    // Each counts at the time that it claims, long before the check.
    let late = at("2029-01-01T00:00:00Z");
    let facts = check_recorded(&twice, &recorded, late, Streams::Digested).expect("both held");
    assert!(facts[0].days_left < 0);
    let mut early = recorded.clone();
    early[0].claimed_time = "2025-01-01T00:00:00+07:00".to_owned();
    assert_eq!(other(&early), "read_back.validity");
}

#[test]
fn one_byte_changed_under_two_signatures_is_noticed() {
    let desk = Desk::new();
    let (twice, recorded) = signed_twice(&desk);
    let good = bytes_of(&twice);
    for place in (0..good.len()).step_by(1499) {
        let mut bad = good.clone();
        bad[place] ^= 1;
        let bad = desk.put("bad.pdf", &bad);
        assert_ne!(recorded_code(&bad, &recorded), "ok", "byte {place}");
    }
}

#[test]
fn a_note_added_to_the_page_is_no_signature() {
    let desk = Desk::new();
    let file = lifted(&desk, false).remove(2);
    let before = bytes_of(&file);
    let text = String::from_utf8_lossy(&before).into_owned();
    let last = |mark: &str, end: &str| {
        let behind = text.rsplit(mark).next().expect(mark);
        behind.split(end).next().expect(end).to_owned()
    };
    // The page, as the signature left it, with one annotation more.
    let page = last("\n3 0 obj\n", "\nendobj");
    let start = last("startxref\n", "\n");
    let size: usize = last("/Size ", "/").parse().expect("a number");
    let code_with = |annotation: &str| {
        let (head, tail) = page.split_once("/Annots [").expect("annotations");
        let (those, rest) = tail.split_once(']').expect("an array");
        let page = format!("{head}/Annots [{those} {size} 0 R]{rest}");
        let first = format!("3 0 obj\n{page}\nendobj\n");
        let second = format!("{size} 0 obj\n{annotation}\nendobj\n");
        let (at, then) = (before.len(), before.len() + first.len());
        let update = format!(
            "{first}{second}xref\n3 1\n{at:010} 00000 n \n{size} 1\n{then:010} 00000 n \n\
             trailer\n<</Size {}/Root 1 0 R/Prev {start}>>\nstartxref\n{}\n%%EOF\n",
            size + 1,
            then + second.len()
        );
        let changed = [before.as_slice(), update.as_bytes()].concat();
        code(&desk.put("noted.pdf", &changed))
    };
    let note = "<</Type/Annot/Subtype/FreeText/Rect[9 9 99 99]/Contents(No)>>";
    assert_eq!(code_with(note), "read_back.coverage");
    // The test is one of the note, not of how the update is written.
    let empty = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Later)/Rect[0 0 0 0]>>";
    assert_eq!(code_with(empty), "ok");
}

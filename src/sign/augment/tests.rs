//! From B-B to B-LTA and on, as this program sees it; the outside judges sit in `tests/it`.

use std::path::PathBuf;

use lopdf::{Document, Object};
use proptest::prelude::*;

use super::*;
use crate::read_back::signature::check;
use crate::record::Explain;
use crate::sign::PadesLevel;
use crate::sign::SignatureRequest;
use crate::sign::test_support::{Desk, Sample, at, bytes_of, now, quick_key, visible};
use crate::sign::timestamp::test_tsa::{good, services};

fn level(file: &Path) -> PadesLevel {
    inspect(file).expect("readable").level
}

/// A signed file of level B-B on a desk.
fn signed(desk: &Desk, modern: bool) -> PathBuf {
    let base = Sample {
        modern,
        ..Sample::default()
    };
    let signed = desk.sign(&base.pdf(), &quick_key(), &visible());
    signed.expect("signed").path
}

fn streams_of(pdf: &Document, kind: &[u8]) -> usize {
    let store = pdf.catalog().and_then(|it| it.get(b"DSS")).expect("DSS");
    let store = pdf
        .dereference(store)
        .expect("DSS")
        .1
        .as_dict()
        .expect("DSS");
    let array = store.get(kind).and_then(Object::as_array).expect("array");
    for stream in array {
        let (_, stream) = pdf.dereference(stream).expect("stream");
        stream.as_stream().expect("stream");
    }
    array.len()
}

#[test]
fn a_file_climbs_all_levels_and_is_renewed() {
    for modern in [false, true] {
        let desk = Desk::new();
        let (early, proof_of_early) = good(2027);
        let (late, proof_of_late) = good(2035);
        let mut file = signed(&desk, modern);
        let steps = [
            (Step::Refill, PadesLevel::BT, "2027-12-31"),
            (Step::Store, PadesLevel::BLt, "2027-12-31"),
            (Step::ArchiveTimestamp, PadesLevel::BLta, "2035-12-31"),
            (Step::Renew, PadesLevel::BLta, "2027-12-31"),
        ];
        assert_eq!(level(&file), PadesLevel::BB);
        for (number, (step, reached, until)) in steps.into_iter().enumerate() {
            let proof = inspect(&file).expect("readable");
            assert_eq!(proof.next_step(), step);
            let before = bytes_of(&file);
            let output = desk.path(&format!("{number}.pdf"));
            let (services, evidence) = match step {
                Step::ArchiveTimestamp => (&late, &proof_of_early),
                Step::Renew => (&early, &proof_of_late),
                _ => (&early, &proof_of_early),
            };
            let made = perform(step, &file, &output, services, evidence).expect("done");
            assert_eq!(bytes_of(&file), before, "the input is left as it was");
            let after = bytes_of(&output);
            assert_eq!(
                made.digests,
                crate::record::Digests::of_reader(after.as_slice())
                    .expect("digests")
                    .into()
            );
            assert_eq!(after.starts_with(&before), step != Step::Refill);
            let proof = inspect(&output).expect("readable");
            assert_eq!(proof.level, reached, "{step:?}");
            assert_eq!(proof.until.to_string().get(..10), Some(until), "{step:?}");
            assert_eq!(proof.signatures.len(), 1);
            assert!(proof.signatures[0].time.is_some());
            file = output;
        }
        let pdf = Document::load(&file).expect("loads");
        assert_eq!(pdf.xref_recovery, None);
        assert_eq!(streams_of(&pdf, b"Certs"), 2);
        assert_eq!(streams_of(&pdf, b"CRLs"), 2);
    }
}

#[test]
fn a_refill_changes_nothing_but_the_container() {
    let desk = Desk::new();
    let file = signed(&desk, false);
    let (services, none) = (good(2027).0, Evidence::default());
    let output = desk.path("t.pdf");
    perform(Step::Refill, &file, &output, &services, &none).expect("refilled");
    check(&output, now()).expect("the signature still holds");
    let (before, after) = (bytes_of(&file), bytes_of(&output));
    assert_eq!(before.len(), after.len());
    let differing: Vec<usize> = (0..before.len())
        .filter(|&at| before[at] != after[at])
        .collect();
    let key = b"/Contents <";
    let place = before
        .windows(key.len())
        .position(|it| it == key)
        .expect("place")
        + key.len();
    let reserve = 2 * SignatureRequest::CONTENTS_RESERVE;
    assert!(
        differing
            .iter()
            .all(|at| (place..place + reserve).contains(at))
    );
    assert!(!differing.is_empty());
    let again = perform(Step::Refill, &output, &desk.path("u.pdf"), &services, &none);
    assert_eq!(again.expect_err("it has one").code(), "sign.step");
    assert!(!desk.path("u.pdf").exists());
}

#[test]
fn sealing_takes_the_timestamp_along_or_says_why_not() {
    let desk = Desk::new();
    let services_now = good(2027).0;
    let request = SignatureRequest {
        timestamps: Some(&services_now),
        ..visible()
    };
    let base = Sample::default().pdf();
    let signed = desk.sign(&base, &quick_key(), &request).expect("signed");
    assert_eq!(signed.signature.level, "B-T");
    assert!(signed.not_stamped.is_none());
    check(&signed.path, now()).expect("reads back");
    assert_eq!(level(&signed.path), PadesLevel::BT);

    let away = services(&["http://127.0.0.1:1/"], 10);
    let request = SignatureRequest {
        timestamps: Some(&away),
        ..visible()
    };
    let signed = desk
        .sign(&base, &quick_key(), &request)
        .expect("signed all the same");
    assert_eq!(signed.signature.level, "B-B");
    let why = signed.not_stamped.expect("it says why");
    assert_eq!(why.code(), "timestamp.unanswered");
    assert_eq!(level(&signed.path), PadesLevel::BB);
}

#[test]
fn what_has_something_behind_it_gets_a_document_timestamp() {
    for modern in [false, true] {
        let desk = Desk::new();
        let (services, evidence) = good(2027);
        let once = bytes_of(&signed(&desk, modern));
        let twice = desk
            .sign(&once, &quick_key(), &visible())
            .expect("second")
            .path;
        let proof = inspect(&twice).expect("readable");
        assert_eq!((proof.level, proof.signatures.len()), (PadesLevel::BB, 2));
        assert_eq!(proof.step_to(PadesLevel::BT), Some(Step::DocumentTimestamp));
        let stamped = desk.path("stamped.pdf");
        perform(
            Step::DocumentTimestamp,
            &twice,
            &stamped,
            &services,
            &evidence,
        )
        .expect("stamped");
        let proof = inspect(&stamped).expect("readable");
        assert_eq!(proof.level, PadesLevel::BT);
        let paths = proof.paths_for(Step::Store);
        let of = |purpose| paths.iter().filter(|path| path.purpose == purpose).count();
        assert_eq!(
            (of(PathPurpose::Signature), of(PathPurpose::Timestamp)),
            (2, 2)
        );

        let both = desk.path("both.pdf");
        append(&stamped, &both, Some(&evidence), Some(&services)).expect("in one update");
        assert_eq!(level(&both), PadesLevel::BLta);
        // A third signature starts at the bottom again.
        let third = desk
            .sign(&bytes_of(&both), &quick_key(), &visible())
            .expect("third");
        let proof = inspect(&third.path).expect("readable");
        let levels: Vec<PadesLevel> = proof.signatures.iter().map(|it| it.level).collect();
        assert_eq!(levels, [PadesLevel::BLta, PadesLevel::BLta, PadesLevel::BB]);
        assert_eq!(proof.next_step(), Step::Refill);
    }
}

#[test]
fn a_file_that_changed_on_the_disk_gets_no_timestamp() {
    let desk = Desk::new();
    let mut bytes = bytes_of(&signed(&desk, false));
    let place = bytes
        .windows(7)
        .position(|it| it == b"0 0 m 9")
        .expect("content");
    bytes[place] = b'1';
    let spoilt = desk.put("spoilt.pdf", &bytes);
    let output = desk.path("t.pdf");
    let error = perform(
        Step::Refill,
        &spoilt,
        &output,
        &good(2027).0,
        &Evidence::default(),
    );
    assert_eq!(error.expect_err("refused").code(), "sign.damaged");
    assert!(!output.exists());
}

#[test]
fn nothing_is_put_over_what_does_not_hold() {
    let desk = Desk::new();
    let (services, evidence) = good(2027);
    let (t, lta) = (desk.path("t.pdf"), desk.path("lta.pdf"));
    let basic = signed(&desk, false);
    perform(Step::Refill, &basic, &t, &services, &evidence).expect("refilled");
    append(&t, &lta, Some(&evidence), Some(&services)).expect("lifted");
    let spoilt = |file: &Path, name: &str, what: &[u8]| {
        let mut bytes = bytes_of(file);
        let place = bytes.windows(what.len()).position(|it| it == what);
        bytes[place.expect("there") + what.len() - 1] ^= 1;
        desk.put(name, &bytes)
    };
    let output = desk.path("out.pdf");
    let page = b"0 0 m 9";
    for (step, file) in [
        (Step::DocumentTimestamp, spoilt(&basic, "1.pdf", page)),
        (Step::Store, spoilt(&t, "2.pdf", page)),
        (Step::ArchiveTimestamp, spoilt(&t, "3.pdf", page)),
        (Step::Renew, spoilt(&lta, "4.pdf", page)),
        // What only the document timestamp is over.
        (Step::Renew, spoilt(&lta, "5.pdf", b"/ExtensionLevel 5")),
    ] {
        let refused = perform(step, &file, &output, &services, &evidence);
        let refused = refused.expect_err("refused").code();
        assert_eq!(refused, "sign.damaged", "{step:?} of {}", file.display());
        assert!(!output.exists());
    }
    perform(Step::Renew, &lta, &output, &services, &evidence).expect("as it was, it is renewed");
}

#[test]
fn evidence_counts_where_its_signature_holds() {
    let desk = Desk::new();
    let (services, evidence) = good(2027);
    let t = desk.path("t.pdf");
    perform(
        Step::Refill,
        &signed(&desk, false),
        &t,
        &services,
        &evidence,
    )
    .expect("refilled");
    let forged = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = evidence.clone();
        change(&mut evidence);
        let output = desk.path("forged.pdf");
        perform(Step::Store, &t, &output, &services, &evidence).expect("stored");
        let level = level(&output);
        std::fs::remove_file(output).expect("removed");
        level
    };
    let flip = |der: &mut Vec<u8>| *der.last_mut().expect("bytes") ^= 1;
    assert_eq!(forged(&|_| {}), PadesLevel::BLt);
    assert_eq!(forged(&|it| flip(&mut it.crls[0])), PadesLevel::BT);
    // An authority of the same name with another key.
    let (_, other) = good(2027);
    assert_eq!(
        forged(&|it| it.crls.clone_from(&other.crls)),
        PadesLevel::BT
    );
}

#[test]
fn days_left_are_those_of_the_weakest_part() {
    let desk = Desk::new();
    let file = signed(&desk, false);
    let proof = inspect(&file).expect("readable");
    assert_eq!(proof.limit, Limit::SignerCertificate);
    assert_eq!(proof.days_left(at("2027-12-30T00:00:00Z")), 1);
    assert_eq!(proof.days_left(at("2028-01-01T00:00:00Z")), -1);
    let output = desk.path("t.pdf");
    let (services, none) = (good(2060).0, Evidence::default());
    perform(Step::Refill, &file, &output, &services, &none).expect("refilled");
    let proof = inspect(&output).expect("readable");
    assert_eq!(proof.limit, Limit::Algorithm("ECDSA"));
    assert_eq!(proof.until, at("2035-12-31T23:59:59Z"));
}

#[test]
fn steps_without_their_means_are_refused() {
    let desk = Desk::new();
    let file = signed(&desk, false);
    let (away, none) = (services(&["http://127.0.0.1:1/"], 10), Evidence::default());
    let output = desk.path("out.pdf");
    let code = |step| {
        let error = perform(step, &file, &output, &away, &none).expect_err("refused");
        assert!(!output.exists(), "{step:?}");
        error.code()
    };
    assert_eq!(code(Step::Store), "sign.step");
    assert_eq!(code(Step::Renew), "sign.step");
    assert_eq!(code(Step::Refill), "timestamp.unanswered");
    assert_eq!(code(Step::ArchiveTimestamp), "timestamp.resting");
    let plain = desk.put("plain.pdf", &Sample::default().pdf());
    assert_eq!(
        inspect(&plain).expect_err("unsigned").code(),
        "sign.unsigned"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn damaged_files_are_read_or_refused_but_never_panic(at in 0usize..80_000, with: u8) {
        static LIFTED: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let lifted = LIFTED.get_or_init(|| {
            let desk = Desk::new();
            let (services, evidence) = good(2027);
            let file = signed(&desk, false);
            let output = desk.path("lifted.pdf");
            append(&file, &output, Some(&evidence), Some(&services)).expect("lifted");
            bytes_of(&output)
        });
        let mut bytes = lifted.clone();
        let place = at % bytes.len();
        bytes[place] = with;
        let desk = Desk::new();
        let file = desk.put("damaged.pdf", &bytes);
        if inspect(&file).is_ok() {
            let _ = append(&file, &desk.path("out.pdf"), Some(&Evidence::default()), None);
        }
    }
}

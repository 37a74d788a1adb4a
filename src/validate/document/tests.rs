//! Sketched files: what is a signature, what it covers, and what is wrong with its form.

use super::*;
use crate::record::{Explain, Hash, Lang};
use crate::validate::test_support::Sketch;

fn codes(findings: &[FormatFinding]) -> Vec<&'static str> {
    findings.iter().map(FormatFinding::code).collect()
}

/// The findings of the only field.
fn of_field(sketch: &Sketch) -> Vec<&'static str> {
    let document = sketch.read();
    assert_eq!(document.fields().len(), 1);
    codes(&document.fields()[0].findings)
}

#[test]
fn a_signature_is_read_with_all_it_says() {
    let sketch = Sketch::page().sign_with(
        10,
        "",
        "/Rect[100 10 20 90]",
        "/M(D:20261123081530+07'00')/Reason(\u{0}x)/Name(A)/Location(B)/ContactInfo(C)",
    );
    let document = sketch.read();
    assert_eq!(document.findings(), []);
    let [field] = document.fields() else {
        panic!("{:?}", document.fields());
    };
    assert_eq!(field.findings, []);
    assert_eq!((field.name.as_str(), field.kind), ("S10", Kind::Signature));
    assert_eq!(field.coverage, Coverage::WholeFile);
    assert_eq!(field.end, document.length());
    assert_eq!(
        field.claimed_time.map(|time| time.to_string()).as_deref(),
        Some("2026-11-23T01:15:30Z")
    );
    assert_eq!(field.signer_name.as_deref(), Some("A"));
    assert_eq!(field.location.as_deref(), Some("B"));
    assert_eq!(field.contact.as_deref(), Some("C"));
    assert_eq!(field.contents[..4], [0x30, 4, 1, 2]);
    let place = field.place.expect("it is visible");
    assert_eq!(
        (place.page, place.rectangle),
        (1, [20.0, 10.0, 100.0, 90.0])
    );
    let ranges = field.ranges.expect("ranges");
    let at = |offset: u64| usize::try_from(offset).expect("short");
    let covered = [
        &sketch.bytes[..at(ranges.gap_start)],
        &sketch.bytes[at(ranges.gap_end)..],
    ];
    let digest = document.digest(field, HashFunction::Sha256);
    assert_eq!(digest, Some(Hash::Sha256.digest(&covered.concat())));
}

#[test]
fn later_signatures_leave_earlier_ones_a_revision() {
    let sketch = Sketch::page()
        .sign(10, "")
        .sign(12, "10 0 R")
        .sign(14, "10 0 R 12 0 R");
    let document = sketch.read();
    assert_eq!(document.findings(), []);
    let fields = document.fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["S10", "S12", "S14"]);
    assert!(fields.iter().all(|field| field.findings.is_empty()));
    let coverage: Vec<Coverage> = fields.iter().map(|field| field.coverage).collect();
    assert_eq!(
        coverage,
        [Coverage::Revision, Coverage::Revision, Coverage::WholeFile]
    );
    let ends: Vec<u64> = fields.iter().map(|field| field.end).collect();
    assert!(ends.is_sorted() && ends.last() == Some(&document.length()));
}

#[test]
fn ranges_that_are_wrong_are_named() {
    let signed = Sketch::page().sign(10, "");
    let text = String::from_utf8(signed.bytes.clone()).expect("text");
    let range = |text: &str| {
        let start = text.find("/ByteRange[").expect("written");
        text[start..=start + text[start..].find(']').expect("closed")].to_owned()
    };
    let range = range(&text);
    let with = |new: &str| {
        let padded = format!("{new:<width$}", width = range.len());
        of_field(&signed.clone().replace(&range, &padded))
    };
    assert_eq!(with(""), ["byte-range-missing"]);
    assert_eq!(with("/ByteRange null"), ["byte-range-missing"]);
    assert_eq!(with("/ByteRange[]"), ["byte-range-malformed"]);
    assert_eq!(with("/ByteRange[0 10 20]"), ["byte-range-malformed"]);
    assert_eq!(
        with("/ByteRange[0 10 20 30 40 50]"),
        ["byte-range-malformed"]
    );
    assert_eq!(with("/ByteRange[1 10 20 30]"), ["byte-range-malformed"]);
    assert_eq!(with("/ByteRange[0 -1 20 30]"), ["byte-range-malformed"]);
    assert_eq!(with("/ByteRange[0 9 20 (30)]"), ["byte-range-malformed"]);
    assert_eq!(with("/ByteRange[0 9 20 99999]"), ["byte-range-outside"]);
    assert_eq!(with("/ByteRange[0 20 10 30]"), ["byte-range-outside"]);
    assert_eq!(with("/ByteRange[0 20 30 0]"), ["byte-range-outside"]);
    assert_eq!(
        with("/ByteRange[0 9 9223372036854775807 9]"),
        ["byte-range-outside"]
    );
    assert_eq!(
        with("/ByteRange[0 9 20 30]"),
        ["contents-elsewhere", "revision-end"]
    );
}

#[test]
fn a_gap_wider_than_the_value_is_named() {
    let signed = Sketch::page().sign(10, "");
    let ranges = signed.read().fields()[0].ranges.expect("ranges");
    let now = format!("{:<10} {:<10}", ranges.gap_start, ranges.gap_end);
    let wider = format!("{:<10} {:<10}", ranges.gap_start - 9, ranges.gap_end);
    assert_eq!(of_field(&signed.replace(&now, &wider)), ["gap-too-large"]);
}

#[test]
fn values_that_are_none_are_named() {
    let signed = Sketch::page().sign(10, "");
    let value = "/Contents<300401020304050600000000>";
    let with = |new: &str| {
        let padded = format!("{new:<width$}", width = value.len());
        of_field(&signed.clone().replace(value, &padded))
    };
    assert_eq!(with(""), ["contents-missing", "contents-elsewhere"]);
    assert_eq!(with("/Contents<>"), ["contents-missing", "gap-too-large"]);
    assert_eq!(with("/Contents<00>"), ["contents-missing", "gap-too-large"]);
    assert_eq!(with("/Contents(abc)"), ["contents-not-hexadecimal"]);
    assert_eq!(with("/Contents<30 04>"), ["contents-not-hexadecimal"]);
    assert_eq!(with("/Contents<300401>"), ["gap-too-large"]);
    assert_eq!(
        with("/Contents<3004>/Contents<3004>"),
        ["signature-unreadable"],
        "a key that stands twice"
    );
}

#[test]
fn forms_that_are_unknown_or_contradict_themselves_are_named() {
    let signed = Sketch::page().sign(10, "");
    let of = |from: &str, to: &str| of_field(&signed.clone().replace(from, to));
    assert_eq!(
        of("ETSI.CAdES.detached", "adbe.x509.rsa_sha1 "),
        ["sub-filter-unknown"]
    );
    assert_eq!(
        of("ETSI.CAdES.detached", "ETSI.RFC3161       "),
        ["type-contradicts"]
    );
    assert_eq!(of("/FT/Sig", "/FT/Btn"), ["field-not-signature"]);
    assert_eq!(of("/V 11 0 R", "/V 1111  "), ["signature-unreadable"]);
}

#[test]
fn what_follows_the_file_is_named() {
    let signed = Sketch::page().sign(10, "");
    let with = |tail: &str| {
        let mut longer = signed.clone();
        longer.append(tail);
        let document = longer.read();
        assert_eq!(document.fields()[0].coverage, Coverage::Revision);
        codes(document.findings())
    };
    assert_eq!(with("  \n"), ["trailing-space"]);
    assert_eq!(with("junk"), ["trailing-bytes"]);
    assert_eq!(with("4 0 obj\n<<>>\nendobj\n"), ["trailing-bytes"]);
    let mut unreadable = signed.clone();
    unreadable.append("startxref\n9\n%%EOF\n");
    let document = unreadable.read();
    assert_eq!(codes(document.findings()), ["xref-unreadable"]);
    assert_eq!(document.fields()[0].coverage, Coverage::Unclear);
}

#[test]
fn what_precedes_the_file_is_named() {
    let mut bytes = b"junk\n".to_vec();
    bytes.extend(Sketch::page().sign(10, "").bytes);
    let document = SignedDocument::read(bytes, &Limits::default()).expect("a PDF");
    assert_eq!(
        codes(document.findings()),
        ["header-not-first", "xref-unreadable"]
    );
}

#[test]
fn objects_that_stand_elsewhere_are_named() {
    let signed = Sketch::page().sign(10, "").replace("5 0 obj", "8 0 obj");
    assert_eq!(codes(signed.read().findings()), ["objects-misplaced"]);
}

#[test]
fn a_signature_that_no_field_leads_to_is_named() {
    let signed = Sketch::page().sign(10, "");
    let detached = signed.clone().update(&[(6, "<</Fields[]/SigFlags 3>>")]);
    assert_eq!(codes(detached.read().findings()), ["signature-unreached"]);
    let removed = signed.update(&[(
        10,
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(S10)/Rect[0 0 0 0]/P 3 0 R>>",
    )]);
    assert_eq!(codes(removed.read().findings()), ["signature-unreached"]);
    assert_eq!(removed.read().fields().len(), 0);
}

#[test]
fn an_attached_file_keeps_its_signatures_to_itself() {
    let inner = String::from_utf8(Sketch::page().sign(10, "").bytes).expect("text");
    let stream = format!("<</Length {}>>stream\n{inner}\nendstream", inner.len());
    let outer = Sketch::page().update(&[(8, stream.as_str())]).sign(10, "");
    let document = outer.read();
    assert_eq!(document.findings(), []);
    assert_eq!(document.fields().len(), 1);
}

#[test]
fn two_fields_with_one_signature_are_named() {
    let signed = Sketch::page().sign(10, "");
    let shared = signed.update(&[
        (6, "<</Fields[10 0 R 20 0 R]/SigFlags 3>>"),
        (20, "<</FT/Sig/T(again)/V 11 0 R>>"),
    ]);
    let document = shared.read();
    assert_eq!(document.fields().len(), 2);
    for field in document.fields() {
        assert!(codes(&field.findings).contains(&"signature-shared"));
        assert_eq!(field.coverage, Coverage::Unclear);
    }
}

#[test]
fn ranges_of_two_signatures_must_lie_inside_one_another() {
    // The second signature is in the revision of the first: neither covers the other's value.
    let first = Sketch::page().update(&[
        (6, "<</Fields[10 0 R 12 0 R]/SigFlags 3>>"),
        (10, "<</FT/Sig/T(one)/V 11 0 R>>"),
        (12, "<</FT/Sig/T(two)/V 13 0 R>>"),
        (13, "<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 7777777777 8888888888 9999999999]/Contents<3003020100>>>"),
    ]);
    let signed = first.sign_by(11, "", &[]);
    let text = String::from_utf8(signed.bytes.clone()).expect("text");
    let gap = text.find("<3003020100>").expect("written");
    let numbers = [
        ("7777777777", gap),
        ("8888888888", gap + 12),
        ("9999999999", text.len() - gap - 12),
    ];
    let signed = numbers.into_iter().fold(signed, |signed, (mark, number)| {
        signed.replace(mark, &format!("{number:<10}"))
    });
    let document = signed.read();
    assert_eq!(document.fields().len(), 2);
    for field in document.fields() {
        assert!(
            codes(&field.findings).contains(&"ranges-overlap"),
            "{:?}",
            field.findings
        );
    }
}

#[test]
fn a_revision_that_the_file_does_not_follow_from_is_named() {
    let signed = Sketch::page().sign(10, "");
    let mut forked = signed.clone();
    // An update that continues the unsigned revision: the form there has no fields, so it brings its own.
    forked.section = Sketch::page().section;
    let forked = forked.update(&[
        (6, "<</Fields[10 0 R]/SigFlags 3>>"),
        (10, "<</FT/Sig/T(S10)/V 11 0 R>>"),
    ]);
    let document = forked.read();
    let known: Vec<_> = document
        .fields()
        .iter()
        .flat_map(|it| codes(&it.findings))
        .collect();
    assert!(
        document.fields().is_empty() || known.contains(&"revision-abandoned"),
        "{known:?}"
    );
    assert_eq!(codes(document.findings()), ["signature-unreached"]);
}

#[test]
fn a_form_that_leads_in_a_circle_is_named() {
    let circle = Sketch::page().update(&[
        (6, "<</Fields[10 0 R]>>"),
        (10, "<</T(a)/Kids[11 0 R]>>"),
        (11, "<</T(b)/Kids[10 0 R]>>"),
    ]);
    assert_eq!(codes(circle.read().findings()), ["form-unreadable"]);
}

#[test]
fn evidence_is_that_of_the_revision() {
    let store =
        |lists: &str| format!("<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/DSS<<{lists}>>>>");
    let (first, second) = (
        store("/Certs[30 0 R]/VRI<</AA<</Cert[30 0 R]/OCSP[31 0 R]>>>>"),
        store("/Certs[30 0 R 32 0 R]/CRLs[33 0 R]"),
    );
    let item = |text: &str| format!("<</Length {}>>stream\n{text}\nendstream", text.len());
    let items: Vec<String> = ["one", "two", "three", "four"].map(item).to_vec();
    let sketch = Sketch::page()
        .update(&[
            (1, first.as_str()),
            (30, items[0].as_str()),
            (31, items[1].as_str()),
        ])
        .sign(10, "")
        .update(&[
            (1, second.as_str()),
            (32, items[2].as_str()),
            (33, items[3].as_str()),
        ]);
    let document = sketch.read();
    let field = &document.fields()[0];
    let then = document.evidence(Some(field));
    assert_eq!(then.certificates, [b"one".to_vec()]);
    assert_eq!(then.ocsp_responses, [b"two".to_vec()]);
    assert!(then.crls.is_empty());
    let now = document.evidence(None);
    assert_eq!(now.certificates, [b"one".to_vec(), b"three".to_vec()]);
    assert_eq!(now.crls, [b"four".to_vec()]);
}

#[test]
fn what_cannot_be_validated_says_why() {
    let fault = |bytes: &[u8]| {
        let fault = SignedDocument::read(bytes.to_vec(), &Limits::default()).expect_err("refused");
        for lang in [Lang::Vi, Lang::En] {
            assert!(!fault.message(lang).is_empty() && !fault.advice(lang).is_empty());
        }
        fault.code()
    };
    assert_eq!(fault(b""), "validate.not_a_pdf");
    assert_eq!(fault(b"hello"), "validate.not_a_pdf");
    assert_eq!(fault(b"%PDF-1.7\nhello"), "validate.no_catalogue");
    let mut encrypted = Sketch::page();
    encrypted.trailer += "/Encrypt 5 0 R";
    assert_eq!(fault(&encrypted.update(&[]).bytes), "validate.encrypted");
    let limits = Limits {
        pdf_mib: 0,
        ..Limits::default()
    };
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), Sketch::page().bytes).expect("written");
    let fault = SignedDocument::open(file.path(), &limits).expect_err("too large");
    assert_eq!(fault.code(), "validate.too_large");
    assert!(SignedDocument::open(file.path(), &Limits::default()).is_ok());
}

#[test]
fn every_byte_may_be_damaged_and_nothing_panics() {
    let good = Sketch::page().sign(10, "").sign(12, "10 0 R").bytes;
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        if let Ok(document) = SignedDocument::read(bytes, &Limits::default()) {
            for field in document.fields() {
                let changes = crate::validate::changes::after(&document, field);
                assert!(changes.forbidden.len() < 1001);
            }
        }
    }
}

#[test]
fn many_signatures_in_a_long_file_cost_little() {
    let mut long = Sketch::page();
    let padding = "0123456789abcdef".repeat(1 << 18);
    let stream = format!("<</Length {}>>stream\n{padding}\nendstream", padding.len());
    long = long.update(&[(8, stream.as_str())]);
    let mut fields = String::new();
    for number in 0..50_u32 {
        let number = 10 + number * 2;
        long = long.sign(number, &fields);
        fields += &format!(" {number} 0 R");
    }
    let start = std::time::Instant::now();
    let document = long.read();
    assert_eq!(document.fields().len(), 50);
    for field in document.fields() {
        assert!(document.digest(field, HashFunction::Sha256).is_some());
        let changes = crate::validate::changes::after(&document, field);
        assert_eq!(changes.forbidden, [], "{}", field.name);
    }
    let taken = start.elapsed();
    // Unoptimised code on a busy machine; a quadratic way through the file would take minutes.
    assert!(taken.as_secs() < 20, "{taken:?}");
}

#[test]
fn objects_that_need_themselves_are_unreadable() {
    let sketch = Sketch::page()
        .update(&[
            (
                1,
                "<</Type/Catalog/Pages 2 0 R/AcroForm 6 0 R/DSS<</Certs[20 0 R 21 0 R]>>>>",
            ),
            (20, "<</Length 20 0 R>>stream\nabc\nendstream"),
            (21, "<</Length 22 0 R>>stream\nabc\nendstream"),
            (22, "21 0 R"),
        ])
        .sign(10, "");
    let document = sketch.read();
    assert_eq!(document.evidence(None), Evidence::default());
    assert_eq!(document.fields().len(), 1);
}

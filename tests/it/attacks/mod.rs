//! Attacks on a document that the program itself signed: each is named, none passes.
//!
//! The ideas are those of "1 Trillion Dollar Refund" (signature forgery, incremental saving, wrapping; CCS 2019) and
//! "Shadow Attacks" (hide, replace, hide and replace; NDSS 2021), the files are made here. What only a digest can see
//! is compared with the digest that stands in the signature's container.

mod corpus;
mod forged;
mod given_up;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use sohoa::config::Limits;
use sohoa::record::CopyForm;
use sohoa::sign::{Appearance, RsaPadding, SignatureRequest, SoftwareKey, demo_pki, seal};
use sohoa::trust::signature::HashFunction;
use sohoa::validate::changes;
use sohoa::validate::document::{SignatureField, SignedDocument};

const NOW: &str = "2026-11-23T01:15:30Z";

/// The document as it was prepared: a page that is shown and one that is not, with everything that can be swapped.
const PREPARED: &[(u32, &str)] = &[
    (
        1,
        "<</Type/Catalog/Pages 2 0 R/AcroForm 15 0 R/Metadata 16 0 R/OCProperties 13 0 R>>",
    ),
    (2, "<</Type/Pages/Kids[3 0 R]/Count 1>>"),
    (
        3,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources 7 0 R/Annots[11 0 R 14 0 R]>>",
    ),
    (
        4,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R/Resources 7 0 R>>",
    ),
    (
        5,
        "<</Length 34>>stream\nBT /F 12 Tf (pay 100) Tj ET /X Do \nendstream",
    ),
    (
        6,
        "<</Length 34>>stream\nBT /F 12 Tf (pay 999) Tj ET /X Do \nendstream",
    ),
    (
        7,
        "<</Font<</F 8 0 R>>/XObject<</I 9 0 R/X 10 0 R>>/Properties<</L 12 0 R>>>>",
    ),
    (8, "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>"),
    (
        9,
        "<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>stream\nA\nendstream",
    ),
    (
        10,
        "<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Length 13>>stream\n0 0 99 99 re f\nendstream",
    ),
    (
        11,
        "<</Type/Annot/Subtype/Stamp/Rect[9 9 99 99]/F 4/AP<</N 10 0 R>>>>",
    ),
    (12, "<</Type/OCG/Name(cover)>>"),
    (13, "<</OCGs[12 0 R]/D<</ON[12 0 R]/OFF[]>>>>"),
    (
        14,
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(sum)/V(100)/Rect[200 200 300 220]/F 4/AP<</N 10 0 R>>>>",
    ),
    (15, "<</Fields[14 0 R]>>"),
    (
        16,
        "<</Type/Metadata/Subtype/XML/Length 4>>stream\n<a/>\nendstream",
    ),
    (17, "<</Title(Receipt)>>"),
];

/// A cross-reference section as text.
fn table(places: &BTreeMap<u32, usize>, size: u32, trailer: &str, at: usize) -> String {
    let mut text = "xref\n".to_owned();
    for (number, offset) in places {
        text += &format!("{number} 1\n{offset:010} 00000 n \n");
    }
    text + &format!("trailer\n<</Size {size}{trailer}>>\nstartxref\n{at}\n%%EOF\n")
}

fn prepared() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = BTreeMap::new();
    for (number, text) in PREPARED {
        // A length that is counted by hand is a length that is wrong.
        let text = with_length(text);
        places.insert(*number, bytes.len());
        bytes.extend(format!("{number} 0 obj\n{text}\nendobj\n").bytes());
    }
    let at = bytes.len();
    let head = "xref\n0 1\n0000000000 65535 f \n";
    let rest = table(&places, 18, "/Root 1 0 R/Info 17 0 R", at);
    bytes.extend(head.bytes().chain(rest.bytes().skip("xref\n".len())));
    bytes
}

fn with_length(text: &str) -> String {
    let Some((head, rest)) = text.split_once("stream\n") else {
        return text.to_owned();
    };
    let data = rest.strip_suffix("\nendstream").expect("a whole stream");
    let (before, after) = head.split_once("/Length ").expect("a length");
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    format!(
        "{before}/Length {}{after}stream\n{data}\nendstream",
        data.len()
    )
}

/// The prepared document with a real signature.
fn signed() -> Vec<u8> {
    static SIGNED: OnceLock<Vec<u8>> = OnceLock::new();
    SIGNED.get_or_init(|| sign(&prepared())).clone()
}

fn sign(bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let now = NOW.parse().expect("timestamp");
    let demo = demo_pki::make("Ủy ban nhân dân xã Thanh Quang", now, &[7; 32]).expect("keys");
    let key = SoftwareKey::from_pkcs12(&demo.pkcs12, &demo.passphrase, RsaPadding::Pss);
    let (input, output) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&input, bytes).expect("written");
    let request = SignatureRequest {
        appearance: Some(Appearance::of_copy(CopyForm::SaoY, "UBND xã Thanh Quang")),
        ..SignatureRequest::at(now)
    };
    seal(&input, &output, &key.expect("key"), &request).expect("signed");
    std::fs::read(&output).expect("read")
}

fn find(bytes: &[u8], text: &str) -> usize {
    let mut windows = bytes.windows(text.len());
    windows
        .position(|it| it == text.as_bytes())
        .unwrap_or_else(|| panic!("{text} is not there"))
}

fn find_last(bytes: &[u8], text: &str) -> usize {
    let mut windows = bytes.windows(text.len());
    windows
        .rposition(|it| it == text.as_bytes())
        .unwrap_or_else(|| panic!("{text} is not there"))
}

/// With bytes of the same length somewhere.
fn overwritten(mut bytes: Vec<u8>, at: usize, by: &[u8]) -> Vec<u8> {
    bytes[at..at + by.len()].copy_from_slice(by);
    bytes
}

/// With an update behind it: objects, and entries that lead to offsets that are there already.
fn updated(bytes: Vec<u8>, objects: &[(u32, &str)], redirected: &[(u32, usize)]) -> Vec<u8> {
    let tail = find_last(&bytes, "startxref");
    let text = String::from_utf8_lossy(&bytes[tail..]).into_owned();
    let previous = text
        .split_whitespace()
        .nth(1)
        .expect("an offset")
        .to_owned();
    let trailer = String::from_utf8_lossy(&bytes[find_last(&bytes, "trailer")..tail]).into_owned();
    let identifier = trailer.find("/ID").map_or("", |at| {
        let end = trailer[at..].find(']').expect("an array");
        &trailer[at..=at + end]
    });
    let mut longer = bytes;
    let mut places: BTreeMap<u32, usize> = redirected.iter().copied().collect();
    for (number, text) in objects {
        places.insert(*number, longer.len());
        longer.extend(format!("{number} 0 obj\n{}\nendobj\n", with_length(text)).bytes());
    }
    let trailer = format!("/Root 1 0 R/Info 17 0 R{identifier}/Prev {previous}");
    let table = table(&places, 90, &trailer, longer.len());
    longer.extend(table.bytes());
    longer
}

/// What is said of a file: codes of findings and of forbidden changes, `digest` where the digest is another one.
fn said(bytes: &[u8]) -> Vec<String> {
    let document = match SignedDocument::read(bytes.to_vec(), &Limits::default()) {
        Ok(document) => document,
        Err(fault) => return vec![sohoa::record::Explain::code(&fault).to_owned()],
    };
    said_of(&document)
}

fn said_of(document: &SignedDocument) -> Vec<String> {
    let grave = document
        .findings()
        .iter()
        .filter(|it| it.sub_indication().is_some());
    let mut said: Vec<String> = grave.map(|it| it.code().to_owned()).collect();
    for field in document.fields() {
        let grave = field
            .findings
            .iter()
            .filter(|it| it.sub_indication().is_some());
        said.extend(grave.map(|it| it.code().to_owned()));
        let forbidden = changes::after(document, field).forbidden;
        said.extend(forbidden.iter().map(|it| it.what.code().to_owned()));
        if !is_intact(document, field) {
            said.push("digest".to_owned());
        }
    }
    said.sort();
    said.dedup();
    said
}

/// Whether the digest of what is covered stands in the container, as its `messageDigest` must.
fn is_intact(document: &SignedDocument, field: &SignatureField) -> bool {
    let algorithms = [
        HashFunction::Sha256,
        HashFunction::Sha1,
        HashFunction::Sha384,
        HashFunction::Sha512,
    ];
    algorithms.into_iter().any(|algorithm| {
        let digest = document.digest(field, algorithm);
        digest.is_some_and(|digest| field.contents.windows(digest.len()).any(|it| it == digest))
    })
}

/// Fails unless the attack is called this, among other things perhaps, and was no accident of the digest.
fn assert_named(name: &str, bytes: &[u8], code: &str) {
    let said = said(bytes);
    assert!(
        said.iter().any(|it| it == code),
        "{name}: {said:?} instead of {code}"
    );
}

/// As [`assert_named`], for attacks that leave every signed byte as it was: only the structure gives them away.
fn assert_named_though_intact(name: &str, bytes: &[u8], code: &str) {
    assert_named(name, bytes, code);
    let said = said(bytes);
    assert!(!said.iter().any(|it| it == "digest"), "{name}: {said:?}");
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok);
    let files = entries.filter(|it| it.file_type().is_file());
    let mut files: Vec<_> = files.map(walkdir::DirEntry::into_path).collect();
    files.sort();
    files
}

#[test]
fn what_the_program_signs_has_no_finding() {
    let once = signed();
    assert_eq!(said(&once), [] as [&str; 0]);
    let twice = sign(&once);
    assert_eq!(said(&twice), [] as [&str; 0]);
    let document = SignedDocument::read(twice, &Limits::default()).expect("a PDF");
    let allowed = changes::after(&document, &document.fields()[0]).allowed;
    assert!(
        allowed
            .iter()
            .any(|it| it.what.code() == "signature-added" && it.what.is_remarkable())
    );
}

#[test]
fn files_of_other_writers_are_read_as_well_once_signed() {
    if !crate::judge::ready("signed files with object streams and linearized ones") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let (plain, other) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&plain, prepared()).expect("written");
    for option in ["--object-streams=generate", "--linearize"] {
        let made = std::process::Command::new("qpdf")
            .args([option, "--preserve-unreferenced"])
            .args([&plain, &other])
            .status();
        assert!(made.expect("qpdf runs").success(), "{option}");
        let signed = sign(&std::fs::read(&other).expect("read"));
        assert_eq!(said(&signed), [] as [&str; 0], "{option}");
        let twice = sign(&signed);
        assert_eq!(said(&twice), [] as [&str; 0], "{option}, twice");
        let at = find_last(&signed, "stream\n") + 9;
        let flipped = overwritten(signed.clone(), at, &[signed[at] ^ 1]);
        assert_ne!(said(&flipped), [] as [&str; 0], "{option}, flipped");
        std::fs::remove_file(&other).expect("removed");
    }
}

//! Signed documents before the outside judges, whatever the PDF was like before.

use std::path::{Path, PathBuf};
use std::process::Command;

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use sohoa::read_back;
use sohoa::record::CopyForm;
use sohoa::sign::{Appearance, RsaPadding, SignatureRequest, SoftwareKey, demo_pki, seal};

use crate::judge;

const NOW: &str = "2026-11-23T01:15:30Z";

struct Desk {
    folder: tempfile::TempDir,
    ca: PathBuf,
    pss: SoftwareKey,
    pkcs1: SoftwareKey,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let now = NOW.parse().expect("timestamp");
        let demo = demo_pki::make("Ủy ban nhân dân xã Thanh Quang", now, &[7; 32]).expect("keys");
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, &demo.ca_pem).expect("written");
        let open = |padding| SoftwareKey::from_pkcs12(&demo.pkcs12, &demo.passphrase, padding);
        let (pss, pkcs1) = (open(RsaPadding::Pss), open(RsaPadding::Pkcs1));
        Self {
            ca,
            pss: pss.expect("key"),
            pkcs1: pkcs1.expect("key"),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sign(&self, input: &Path, name: &str, key: &SoftwareKey, visible: bool) -> PathBuf {
        let now = NOW.parse().expect("timestamp");
        let appearance = Appearance::of_copy(
            CopyForm::SaoY,
            "Trung tâm Phục vụ hành chính công xã Nguyễn Bỉnh Khiêm, tỉnh Thanh Quang",
        );
        let request = SignatureRequest {
            appearance: visible.then_some(appearance),
            reason: Some("Số hóa tại quầy"),
            ..SignatureRequest::at(now)
        };
        let output = self.path(name);
        let signed = seal(input, &output, key, &request).expect(name);
        let facts = read_back::signature::check(&signed.path, now).expect(name);
        assert_eq!(facts.field, signed.signature.field, "{name}");
        output
    }
}

/// One page that says which way is up, with a form and annotations of its own.
fn document(rotation: i64) -> Document {
    let mut pdf = Document::with_version("1.7");
    let content = pdf.add_object(Stream::new(Dictionary::new(), b"9 9 99 99 re S".to_vec()));
    let note = pdf.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![1.into(), 1.into(), 9.into(), 9.into()],
    });
    let annotations = pdf.add_object(vec![note.into()]);
    let pages = pdf.new_object_id();
    let page = pdf.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Rotate" => rotation,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => Dictionary::new(), "Annots" => annotations,
    });
    pdf.objects.insert(
        pages,
        Object::Dictionary(dictionary! {
            "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1,
        }),
    );
    let form = pdf.add_object(dictionary! { "Fields" => Vec::<Object>::new() });
    let catalogue = pdf.add_object(dictionary! {
        "Type" => "Catalog", "Pages" => pages, "AcroForm" => form,
    });
    pdf.trailer.set("Root", catalogue);
    pdf
}

#[test]
fn every_judge_accepts_what_was_signed() {
    if !judge::ready("signatures before the judges") {
        return;
    }
    let desk = Desk::new();
    let mut bases = Vec::new();
    for rotation in [0, 90, 180, 270] {
        let path = desk.path(&format!("classic-{rotation}.pdf"));
        document(rotation).save(&path).expect("saved");
        bases.push(path);
    }
    for (name, option) in [
        ("streams.pdf", "--object-streams=generate"),
        ("linear.pdf", "--linearize"),
    ] {
        let path = desk.path(name);
        let made = Command::new("qpdf")
            .arg(option)
            .args([&bases[0], &path])
            .status();
        assert!(made.expect("qpdf runs").success());
        bases.push(path);
    }
    let mut signed = Vec::new();
    for (number, base) in bases.iter().enumerate() {
        signed.push(desk.sign(base, &format!("pss-{number}.pdf"), &desk.pss, true));
        signed.push(desk.sign(base, &format!("pkcs1-{number}.pdf"), &desk.pkcs1, false));
    }
    for pdf in &signed {
        judge::qpdf_check(pdf).expect("qpdf");
        judge::pdfsig_valid(pdf).expect("pdfsig");
        judge::openssl_cms(&desk.ca, pdf).expect("openssl");
    }
    judge::pyhanko(&desk.ca, &signed).expect("pyHanko");
}

#[test]
fn a_second_signature_leaves_both_valid() {
    if !judge::ready("two signatures on one document") {
        return;
    }
    let desk = Desk::new();
    let base = desk.path("base.pdf");
    document(0).save(&base).expect("saved");
    let once = desk.sign(&base, "once.pdf", &desk.pss, true);
    let twice = desk.sign(&once, "twice.pdf", &desk.pkcs1, true);
    judge::qpdf_check(&twice).expect("qpdf");
    judge::pdfsig_valid(&twice).expect("pdfsig: both");
    judge::openssl_cms(&desk.ca, &twice).expect("openssl: the newest");
}

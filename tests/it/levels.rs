//! Every level with every kind of key, signed by the program and judged by all judges.
//!
//! The keys are those of the test CA in `tests/judges/pki`, which also answers the program's questions.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::judge::{self, Flavour, Level};
use crate::office::{Office, jpeg_page};
use crate::pki::Pki;

/// An office that signs with the keys of a test CA, and PDF/A to sign: with a classic table and with streams.
struct Desk<'a> {
    office: Office,
    pki: &'a Pki,
    bases: [PathBuf; 2],
}

impl<'a> Desk<'a> {
    fn new(pki: &'a Pki) -> Self {
        let office = Office::new();
        let bases = [office.at("table.pdf"), office.at("streams.pdf")];
        let scan = office.at("scan.jpg");
        std::fs::write(&scan, jpeg_page(7)).expect("scan written");
        let [table, streams] = &bases;
        let made = office
            .command(&["normalise", "-o"])
            .args([table, &scan])
            .output()
            .expect("the program starts");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        claim_unicode(table);
        let packed = Command::new("qpdf")
            .args(["--object-streams=generate", "--newline-before-endstream"])
            .args([table, streams])
            .status();
        assert!(packed.expect("qpdf runs").success());
        let kinds = bases.each_ref().map(|base| {
            let pdf = std::fs::read(base).expect("base");
            pdf.windows(8).any(|eight| eight == b"/ObjStm ")
        });
        assert_eq!(kinds, [false, true], "one base of each kind");
        Self { office, pki, bases }
    }

    /// Signs with this signer's key; answers where the result is.
    fn sign(&self, base: &Path, name: &str, signer: &str, level: Level) -> PathBuf {
        self.use_key(signer);
        let output = self.office.at(&format!("{name}.pdf"));
        let signed = self
            .office
            .command(&["sign", "--level", &level.to_string(), "-o"])
            .args([&output, base])
            .output()
            .expect("the program starts");
        assert!(
            signed.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&signed.stderr)
        );
        output
    }

    fn use_key(&self, signer: &str) {
        let (key, passphrase) = (self.pki.pkcs12(signer), self.pki.passphrase());
        self.office.configure(|text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let section = lines.iter().position(|line| line == "[signing]");
            for line in &mut lines[section.expect("a section")..] {
                if line.starts_with("key = ") {
                    *line = format!("key = {key:?}");
                } else if line.starts_with("passphrase_file = ") {
                    *line = format!("passphrase_file = {passphrase:?}");
                    break;
                }
            }
            lines.join("\n")
        });
    }
}

/// A page without text fulfils PDF/A-2u, too; saying so lets veraPDF judge both.
fn claim_unicode(pdf: &Path) {
    let mut bytes = std::fs::read(pdf).expect("base");
    let claim = b"<pdfaid:conformance>B<";
    let at = bytes.windows(claim.len()).position(|part| part == claim);
    bytes[at.expect("a claim") + claim.len() - 2] = b'U';
    std::fs::write(pdf, bytes).expect("base written");
}

/// What does not depend on the level.
fn judge_all(pki: &Pki, files: &[PathBuf]) {
    for flavour in [Flavour::A2b, Flavour::A2u] {
        judge::verapdf(flavour, files).expect("veraPDF");
    }
    for pdf in files {
        judge::qpdf_check(pdf).expect("qpdf");
        judge::openssl_each_cms(&pki.root(), pdf).expect("openssl");
        judge::pdfsig_signatures(pdf, 1).expect("pdfsig");
    }
}

#[test]
fn basic_signatures_of_every_kind_of_key() {
    if !judge::ready("B-B with every kind of key") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let mut files = Vec::new();
    for (number, signer) in ["rsa2048", "rsa3072", "rsa4096", "p256", "p384"]
        .iter()
        .enumerate()
    {
        let base = &desk.bases[number % 2];
        files.push(desk.sign(base, &format!("b-b-{signer}"), signer, Level::BB));
    }
    judge_all(pki, &files);
    judge::ades(&pki.root(), Level::BB, &files).expect("pyHanko");
    judge::ades(&pki.root(), Level::BT, &files).expect_err("none has a timestamp");
    judge::timestamps(&pki.root(), &files[0], &[]).expect_err("none has a timestamp");
    judge::ades(&pki.certificate("other-root"), Level::BB, &files).expect_err("from another root");
}

//! Every level with every kind of key, now and years later, before all judges.
//!
//! The keys are those of the test CA in `tests/judges/pki`, which also answers questions.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sohoa::config::TimestampConfig;
use sohoa::http::Client;
use sohoa::record::Hash;
use sohoa::sign::augment::{Step, inspect, perform};
use sohoa::sign::{PadesLevel, RsaPadding, SignatureRequest, SoftwareKey, TimestampServices, seal};
use sohoa::trust::Evidence;

use crate::judge::{self, Flavour, Level};
use crate::office::{Office, jpeg_page};
use crate::pki::{ENDING, LASTING, Pki};

const LEVELS: [Level; 4] = [Level::BB, Level::BT, Level::BLt, Level::BLta];

/// An office that signs with the keys of a test CA, and PDF/A to sign: with a classic table and with streams.
struct Desk<'a> {
    office: Office,
    pki: &'a Pki,
    bases: [PathBuf; 2],
}

impl<'a> Desk<'a> {
    fn new(pki: &'a Pki) -> Self {
        let office = Office::new();
        let bases = bases(&office);
        Self { office, pki, bases }
    }

    /// A signer's software key.
    fn key(&self, signer: &str, padding: RsaPadding, hash: Hash) -> SoftwareKey {
        let packed = std::fs::read(self.pki.pkcs12(signer)).expect("PKCS#12");
        let passphrase = std::fs::read_to_string(self.pki.passphrase()).expect("passphrase");
        SoftwareKey::from_pkcs12(&packed, &passphrase, padding)
            .and_then(|key| key.with_hash(hash))
            .expect(signer)
    }

    /// Signer's key with PSS and SHA-256 where it has the choice, signing at B-B.
    fn seal_as(&self, signer: &str, base: &Path) -> PathBuf {
        let hash = if signer == "p384" {
            Hash::Sha384
        } else {
            Hash::Sha256
        };
        let name = format!("{}-{signer}", base.file_stem().expect("a name").display());
        self.seal(base, &name, &self.key(signer, RsaPadding::Pss, hash))
    }

    /// B-B by the library.
    fn seal(&self, base: &Path, name: &str, key: &SoftwareKey) -> PathBuf {
        let output = self.office.at(&format!("{name}.B-B.pdf"));
        let signed = seal(base, &output, key, &SignatureRequest::at(Timestamp::now()));
        assert_eq!(signed.expect(name).signature.level, "B-B");
        output
    }

    /// The file at a higher level, by the library's steps.
    fn lift(&self, file: &Path, signer: &str, level: Level) -> PathBuf {
        self.lift_by(LASTING, file, &self.evidence(signer), level)
    }

    /// The same with this timestamp authority and this evidence.
    fn lift_by(&self, tsa: &str, file: &Path, evidence: &Evidence, level: Level) -> PathBuf {
        let wanted: PadesLevel = level.to_string().parse().expect("a level");
        let mut file = file.to_owned();
        while let Some(step) = inspect(&file).expect("a signed file").step_to(wanted) {
            file = self.perform(tsa, step, &file, evidence);
        }
        file
    }

    fn perform(&self, tsa: &str, step: Step, file: &Path, evidence: &Evidence) -> PathBuf {
        let config = TimestampConfig {
            level: sohoa::record::PadesLevel::BLta,
            renew_days: 90,
            services: vec![self.pki.tsa(tsa)],
            time: Duration::from_secs(20),
            hash: Hash::Sha256,
            requests_per_minute: 10_000,
        };
        let services = TimestampServices::new(&config, Client::new(&[]));
        let next = file.with_extension(format!("{step:?}.pdf"));
        perform(step, file, &next, &services, evidence).expect("a step");
        next
    }

    /// What proves this certificate's path and the lasting authority's, asked for by openssl.
    fn evidence(&self, whose: &str) -> Evidence {
        self.evidence_at(Timestamp::now(), whose)
    }

    /// The same at another time, to which the server's clock was set.
    fn evidence_at(&self, at: Timestamp, whose: &str) -> Evidence {
        let answer = self.office.at("answer.ocsp");
        let asked = Command::new("openssl")
            .args(["ocsp", "-noverify", "-no_nonce", "-url"])
            .arg(self.pki.url("test/ocsp/ca"))
            .args([
                OsStr::new("-issuer"),
                self.pki.certificate("ca").as_os_str(),
            ])
            .args([OsStr::new("-cert"), self.pki.certificate(whose).as_os_str()])
            .args([OsStr::new("-respout"), answer.as_os_str()])
            .output()
            .expect("openssl runs");
        assert!(
            asked.status.success(),
            "{}",
            String::from_utf8_lossy(&asked.stderr)
        );
        let read = |path: PathBuf| std::fs::read(path).expect("evidence");
        let crls = self.pki.crls(at, &["root", "tsa-ca"]);
        Evidence {
            certificates: ["root", "ca", "tsa-ca"]
                .map(|label| self.pki.der(label))
                .into(),
            ocsp_responses: vec![read(answer)],
            crls: crls.into_iter().map(read).collect(),
        }
    }
}

/// PDF/A of one page, with a classic table and with streams.
pub(crate) fn bases(office: &Office) -> [PathBuf; 2] {
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
    bases
}

/// A page without text fulfils PDF/A-2u, too; saying so lets veraPDF judge both.
fn claim_unicode(pdf: &Path) {
    let mut bytes = std::fs::read(pdf).expect("base");
    let claim = b"<pdfaid:conformance>B<";
    let at = bytes.windows(claim.len()).position(|part| part == claim);
    bytes[at.expect("a claim") + claim.len() - 2] = b'U';
    std::fs::write(pdf, bytes).expect("base written");
}

/// What does not depend on the level; each file has so many signatures.
pub(crate) fn judge_all(pki: &Pki, files: &[PathBuf], signatures: usize) {
    for flavour in [Flavour::A2b, Flavour::A2u] {
        judge::verapdf(flavour, files).expect("veraPDF");
    }
    for pdf in files {
        judge::qpdf_check(pdf).expect("qpdf");
        judge::openssl_each_cms(&pki.root(), pdf).expect("openssl");
        judge::pdfsig_signatures(pdf, signatures).expect("pdfsig");
    }
}

/// Signer, padding (where there is a choice) and hash. `SOHOA_LEVELS=all` takes every combination.
fn algorithms() -> Vec<(&'static str, RsaPadding, Hash)> {
    use Hash::{Sha256, Sha384, Sha512};
    use RsaPadding::{Pkcs1, Pss};
    let mut all = vec![("p256", Pss, Sha256), ("p384", Pss, Sha384)];
    if std::env::var_os("SOHOA_LEVELS").is_some_and(|wish| wish == "all") {
        for signer in ["rsa2048", "rsa3072", "rsa4096"] {
            for padding in [Pss, Pkcs1] {
                all.extend([Sha256, Sha384, Sha512].map(|hash| (signer, padding, hash)));
            }
        }
    } else {
        all.extend([
            ("rsa2048", Pss, Sha256),
            ("rsa2048", Pkcs1, Sha512),
            ("rsa3072", Pss, Sha384),
            ("rsa3072", Pkcs1, Sha256),
            ("rsa4096", Pss, Sha512),
            ("rsa4096", Pkcs1, Sha384),
        ]);
    }
    all
}

#[test]
fn every_level_with_every_algorithm() {
    if !judge::ready("every level with every algorithm") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let mut of_level = [const { Vec::new() }; 4];
    for (number, (signer, padding, hash)) in algorithms().into_iter().enumerate() {
        let key = desk.key(signer, padding, hash);
        let name = format!("{signer}-{padding:?}-{hash:?}");
        let mut file = desk.seal(&desk.bases[number % 2], &name, &key);
        of_level[0].push(file.clone());
        for (level, files) in LEVELS[1..].iter().zip(&mut of_level[1..]) {
            file = desk.lift(&file, signer, *level);
            files.push(file.clone());
        }
    }
    judge_all(pki, &of_level.concat(), 1);
    for (level, files) in LEVELS.into_iter().zip(&of_level) {
        judge::ades(&pki.root(), level, files).expect("pyHanko");
        for file in files {
            let found = judge::timestamps(&pki.root(), file, &[]);
            let expected = match level {
                Level::BB => continue,
                Level::BT | Level::BLt => (1, 0),
                Level::BLta => (1, 1),
            };
            assert_eq!(found, Ok(expected), "{}", file.display());
        }
    }
}

#[test]
fn proof_outlives_signer_revocation_and_authority() {
    if !judge::ready("proof years later") {
        return;
    }
    let pki = Pki::start(&[]);
    let desk = Desk::new(&pki);
    let [base, _] = &desk.bases;
    let basic = desk.seal_as("revoked-later", base);
    let archived = desk.lift(&basic, "revoked-later", Level::BLta);

    // Five days from now it is known that the signer was revoked in two.
    let root = pki.root();
    let week = days_from_now(5);
    let crls = pki.crls(week, &["root", "ca", "tsa-ca"]);
    let at_week = |level, file: &PathBuf| {
        judge::ades_at(week, &crls, &root, level, std::slice::from_ref(file))
    };
    assert_eq!(at_week(Level::BLta, &archived), Ok(()));
    let refused = at_week(Level::BB, &basic).expect_err("revoked");
    assert!(refused.contains("REVOKED"), "{refused}");

    // An authority that ends in 180 days, and another one that takes over after 150.
    let ending = desk.seal_as("officer", base);
    let mut evidence = desk.evidence("officer");
    evidence.add(desk.evidence("tsa-ending"));
    let ending = desk.lift_by(ENDING, &ending, &evidence, Level::BLta);
    let proof = inspect(&ending).expect("a signed file");
    let left = proof.days_left(Timestamp::now());
    assert!((178..=180).contains(&left), "{left} days of proof left");
    let renewal = days_from_now(150);
    pki.control(&json!({"clock": renewal.to_string()}));
    let evidence = desk.evidence_at(renewal, "tsa-ending");
    let renewed = desk.perform(LASTING, Step::Renew, &ending, &evidence);

    let later = days_from_now(1825);
    let crls = pki.crls(later, &["root", "tsa-ca"]);
    let lasting = [archived, renewed.clone()];
    let later = |level, files: &[PathBuf]| judge::ades_at(later, &crls, &root, level, files);
    assert_eq!(later(Level::BLta, &lasting), Ok(()));
    later(Level::BLta, &[ending]).expect_err("not renewed");
    let refused = later(Level::BB, &[basic]).expect_err("expired");
    assert!(refused.contains("OUT_OF_BOUNDS"), "{refused}");
    let ca = [pki.certificate("ca")];
    assert_eq!(judge::timestamps(&root, &renewed, &ca), Ok((1, 2)));
    judge_all(&pki, &lasting, 1);
}

#[test]
fn three_signers_and_a_place_that_is_taken() {
    if !judge::ready("three signers, lifted together") {
        return;
    }
    // Fractions of seconds, as RFC 3161 and RFC 6960 allow.
    let pki = Pki::start(&["--fractional"]);
    let desk = Desk::new(&pki);
    let mut three = desk.bases[1].clone();
    for signer in ["officer", "authority", "organisation"] {
        three = desk.seal_as(signer, &three);
    }
    // Two places can no longer be refilled: a document timestamp proves the time of all three.
    assert_eq!(
        inspect(&three).expect("signed").next_step(),
        Step::DocumentTimestamp
    );
    let mut evidence = desk.evidence("officer");
    for signer in ["authority", "organisation"] {
        evidence.add(desk.evidence(signer));
    }
    let mut files = vec![three];
    for level in &LEVELS[1..] {
        files.push(desk.lift_by(LASTING, &files[files.len() - 1], &evidence, *level));
    }
    for (level, file) in LEVELS.into_iter().zip(&files) {
        let found = judge::ades(&pki.root(), level, std::slice::from_ref(file));
        assert_eq!(found, Ok(()));
    }
    judge_all(&pki, &files, 3);
    assert_eq!(judge::timestamps(&pki.root(), &files[3], &[]), Ok((0, 2)));
}

#[test]
fn signatures_of_others_are_lifted() {
    if !judge::ready("lifting what pyHanko signed") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let folder = desk.office.at("others");
    std::fs::create_dir(&folder).expect("folder");
    let signed = judge::script("pki/fixtures.py")
        .arg("sign")
        .args([pki.folder(), &desk.bases[1], &folder])
        .status();
    assert!(
        signed.expect("fixtures.py starts").success(),
        "pyHanko signs"
    );
    let theirs = |name: &str| folder.join(format!("{name}.pdf"));
    // Others keep less room in a signature than a timestamp may need.
    let evidence = desk.evidence("p256");
    let stamped = desk.perform(LASTING, Step::DocumentTimestamp, &theirs("B-B"), &evidence);
    let lifted = [stamped, theirs("B-T"), theirs("B-LT"), theirs("late-B-T")]
        .map(|theirs| desk.lift_by(LASTING, &theirs, &evidence, Level::BLta));
    judge_all(pki, &lifted, 1);
    judge::ades(&pki.root(), Level::BLta, &lifted).expect("pyHanko");
}

fn days_from_now(days: i64) -> Timestamp {
    Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)
}

//! What the library lifts, before the outside judges: each step, on both kinds of file, with several signatures.

#[path = "report.rs"]
mod report;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sohoa::config::{Config, TimestampConfig};
use sohoa::http::{Bounds, Client};
use sohoa::pipeline::Pipeline;
use sohoa::preservation::DueDates;
use sohoa::record::{CopyForm, Digests, Hash, SystemClock};
use sohoa::sign::augment::{self, Step, inspect};
use sohoa::sign::{
    Appearance, PadesLevel, Place, RsaPadding, SignatureRequest, SoftwareKey, TimestampServices,
    seal,
};
use sohoa::trust::{Evidence, certificates_in};

use crate::judge::{self, Flavour, Level};
use crate::office::{Office, jpeg_page};
use crate::pki::Pki;

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(20),
    bytes: 1_000_000,
};

/// A folder, a test CA, its timestamps, and PDF/A to sign: with a classic table and with streams.
struct Desk<'a> {
    office: Office,
    pki: &'a Pki,
    services: TimestampServices,
}

impl<'a> Desk<'a> {
    fn new(pki: &'a Pki) -> Self {
        let config = TimestampConfig {
            level: sohoa::record::PadesLevel::BLta,
            renew_days: 90,
            services: vec![pki.url("test/tsa/tsa")],
            time: BOUNDS.time,
            hash: Hash::Sha256,
            requests_per_minute: 1000,
        };
        Self {
            office: Office::new(),
            services: TimestampServices::new(&config, Client::new(&[])),
            pki,
        }
    }

    fn bases(&self) -> [PathBuf; 2] {
        let [table, streams] = ["table.pdf", "streams.pdf"].map(|name| self.office.at(name));
        let scan = self.office.at("scan.jpg");
        std::fs::write(&scan, jpeg_page(7)).expect("scan written");
        let mut normalise = self.office.command(&["normalise", "-o"]);
        let made = normalise.args([&table, &scan]).status();
        assert!(made.expect("the program starts").success());
        let packed = Command::new("qpdf")
            .args(["--object-streams=generate", "--newline-before-endstream"])
            .args([&table, &streams])
            .status();
        assert!(packed.expect("qpdf runs").success());
        [table, streams]
    }

    fn key(&self, signer: &str) -> SoftwareKey {
        let store = std::fs::read(self.pki.pkcs12(signer)).expect("key store");
        let passphrase = std::fs::read_to_string(self.pki.passphrase()).expect("passphrase");
        SoftwareKey::from_pkcs12(&store, passphrase.trim_end(), RsaPadding::Pss).expect("key")
    }

    fn sign(&self, base: &Path, name: &str, signer: &str, stamped: bool) -> PathBuf {
        let appearance = match signer {
            "officer" => Appearance::of_person(
                "Nguyễn Thị Ngọc Huyền",
                "Công chức Trung tâm Phục vụ hành chính công",
                Place::TopLeft,
            ),
            "authority" => Appearance::of_person(
                "Trần Đức Thưởng",
                "Chủ tịch Ủy ban nhân dân xã",
                Place::BottomRight,
            ),
            _ => Appearance::of_copy(CopyForm::SaoY, "Ủy ban nhân dân xã Thanh Quang"),
        };
        let request = SignatureRequest {
            appearance: Some(appearance),
            timestamps: stamped.then_some(&self.services),
            ..SignatureRequest::at(jiff::Timestamp::now())
        };
        let output = self.office.at(name);
        let signed = seal(base, &output, &self.key(signer), &request).expect(name);
        assert!(signed.not_stamped.is_none(), "{:?}", signed.not_stamped);
        output
    }

    /// All that is known of the test CA's paths, whoever asks.
    fn evidence(&self) -> Evidence {
        let client = Client::new(&[]);
        let crl = |name: &&str| {
            let address = self.pki.url(&format!("test/crls/{name}/latest.crl"));
            client.get(&address, BOUNDS).expect("CRL")
        };
        let certificates = ["root", "ca", "tsa-ca"].iter().flat_map(|name| {
            let pem = std::fs::read(self.pki.certificate(name)).expect("certificate");
            certificates_in(&pem)
        });
        Evidence {
            certificates: certificates.collect(),
            crls: ["root", "ca", "tsa-ca"].iter().map(crl).collect(),
            ..Evidence::default()
        }
    }

    fn step(&self, step: Step, input: &Path, name: &str) -> PathBuf {
        let output = self.office.at(name);
        let evidence = self.evidence();
        let made = augment::perform(step, input, &output, &self.services, &evidence).expect(name);
        let bytes = std::fs::read(&output).expect("output");
        let digests = Digests::of_reader(bytes.as_slice()).expect("digests");
        assert_eq!(made.digests, digests.into());
        output
    }
}

fn judge_all(pki: &Pki, files: &[PathBuf], signatures: usize) {
    judge::verapdf(Flavour::A2b, files).expect("veraPDF");
    for pdf in files {
        judge::qpdf_check(pdf).expect("qpdf");
        judge::openssl_each_cms(&pki.root(), pdf).expect("openssl");
        judge::pdfsig_signatures(pdf, signatures).expect("pdfsig");
    }
}

#[test]
fn each_step_up_and_the_renewal() {
    if !judge::ready("each step of a signature's life") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let mut reached: [Vec<PathBuf>; 4] = Default::default();
    for (number, (base, signer)) in desk.bases().iter().zip(["rsa3072", "p256"]).enumerate() {
        let name = |step: &str| format!("{number}-{step}.pdf");
        let signed = desk.sign(base, &name("b"), signer, false);
        let t = desk.step(Step::Refill, &signed, &name("t"));
        let at_once = desk.sign(base, &name("at-once"), signer, true);
        let lt = desk.step(Step::Store, &t, &name("lt"));
        let lta = desk.step(Step::ArchiveTimestamp, &lt, &name("lta"));
        let renewed = desk.step(Step::Renew, &lta, &name("renewed"));
        let twice = desk.step(Step::Renew, &renewed, &name("twice"));
        let levels = [&signed, &t, &lt, &lta].map(|it| inspect(it).expect("readable").level);
        assert_eq!(
            levels,
            [
                PadesLevel::BB,
                PadesLevel::BT,
                PadesLevel::BLt,
                PadesLevel::BLta
            ]
        );
        reached[0].push(signed);
        reached[1].extend([t, at_once]);
        reached[2].push(lt);
        reached[3].extend([lta, renewed, twice]);
    }
    let levels = [Level::BB, Level::BT, Level::BLt, Level::BLta];
    for (files, level) in reached.iter().zip(levels) {
        judge_all(pki, files, 1);
        judge::ades(&pki.root(), level, files).expect("pyHanko");
    }
    judge::timestamps(&pki.root(), &reached[3][2], &[]).expect("openssl ts");
}

#[test]
fn several_signatures_and_timestamps_in_one_file() {
    if !judge::ready("several signatures and timestamps in one file") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let mut files = Vec::new();
    for (number, base) in desk.bases().iter().enumerate() {
        let name = |step: &str| format!("{number}-{step}.pdf");
        let officer = desk.sign(base, &name("officer"), "officer", true);
        let authority = desk.sign(&officer, &name("authority"), "authority", true);
        let all = desk.sign(&authority, &name("organisation"), "organisation", true);
        let lt = desk.step(Step::Store, &all, &name("lt"));
        let lta = desk.step(Step::ArchiveTimestamp, &lt, &name("lta"));
        assert_eq!(inspect(&lta).expect("readable").level, PadesLevel::BLta);
        files.push(desk.step(Step::Renew, &lta, &name("renewed")));
    }
    judge_all(pki, &files, 3);
    judge::ades(&pki.root(), Level::BLta, &files).expect("pyHanko");
}

/// An office that trusts the test CA, asks its services and signs with one of its keys.
fn office_of(pki: &Pki, signer: &str) -> Office {
    let office = Office::new();
    let (tsa, key, passphrase) = (pki.tsa("tsa"), pki.pkcs12(signer), pki.passphrase());
    office.configure(|text| {
        let lines = text.lines().map(|line| match line {
            _ if line.starts_with("services = []") => format!("services = [ {tsa:?} ]"),
            _ if line.starts_with("key = \"keys/demo") => format!("key = {key:?}"),
            _ if line.starts_with("passphrase_file = \"keys/demo") => {
                format!("passphrase_file = {passphrase:?}")
            }
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let root = pki.root();
    let added = office.sohoa(&[
        "trust",
        "add",
        root.to_str().expect("UTF-8"),
        "--kind",
        "public-service",
        "--yes",
    ]);
    assert!(
        added.status.success(),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    office
}

#[test]
fn a_record_that_is_not_due_is_not_opened() {
    if !judge::ready("records that are not due") {
        return;
    }
    let pki = Pki::shared();
    let office = office_of(pki, "p256");
    for seed in 11..14 {
        let scan = office.at(&format!("scan-{seed}.jpg"));
        std::fs::write(&scan, jpeg_page(seed)).expect("scan written");
        office.archive(&scan, &[]);
    }
    let (code, lines) = office.json(&["augment", "--due"]);
    assert_eq!((code, lines.len()), (0, 3), "{lines:#?}");

    let config = Config::load(&office.at("sohoa.toml")).expect("configuration");
    let pipeline = Pipeline::open(&config, &SystemClock).expect("opens");
    let failures = |dates: &mut DueDates| {
        let mut failures = 0;
        let mut each = |_, preserved: Result<_, _>| failures += u32::from(preserved.is_err());
        let seen = pipeline.preserve_due_by(dates, 2, &|| true, &mut each);
        (seen.expect("looked through"), failures)
    };
    let mut dates = DueDates::default();
    assert_eq!(failures(&mut dates), (3, 0));
    let documents = office.files("archive").into_iter();
    for document in documents.filter(|name| name.ends_with("document.pdf")) {
        std::fs::write(office.at("archive").join(document), b"spoilt").expect("written");
    }
    assert_eq!(failures(&mut dates), (3, 0), "they are due in months");
    assert_eq!(
        failures(&mut DueDates::default()),
        (3, 3),
        "and are looked at"
    );
}

fn base_in(office: &Office) -> PathBuf {
    let (scan, base) = (office.at("scan.jpg"), office.at("base.pdf"));
    std::fs::write(&scan, jpeg_page(7)).expect("scan written");
    let made = office
        .command(&["normalise", "-o"])
        .args([&base, &scan])
        .output();
    assert!(made.expect("the program starts").status.success());
    base
}

#[test]
fn the_commands_reach_every_level_and_say_where_they_do_not() {
    if !judge::ready("sohoa sign and sohoa augment") {
        return;
    }
    let pki = Pki::start(&[]);
    let office = office_of(&pki, "rsa3072");
    let base = base_in(&office);
    let at = |name: &str| office.at(name).to_str().expect("UTF-8").to_owned();
    let sign = |name: &str, level: &str| {
        let base = base.to_str().expect("UTF-8");
        let arguments = [
            "sign",
            base,
            "-o",
            &at(name),
            "--level",
            level,
            "--hash",
            "sha512",
        ];
        let (code, mut lines) = office.json(&arguments);
        (code, lines.pop().expect("one object"))
    };
    let (code, said) = sign("lta.pdf", "B-LTA");
    assert_eq!(
        (code, &said["signature"]["level"]),
        (0, &"B-LTA".into()),
        "{said}"
    );
    assert_eq!(said["signature"]["algorithm"], "RSASSA-PSS-SHA512");
    let lta = office.at("lta.pdf");
    judge_all(&pki, std::slice::from_ref(&lta), 1);
    judge::ades(&pki.root(), Level::BLta, std::slice::from_ref(&lta)).expect("pyHanko");

    let augment = |from: &str, to: &str, more: &[&str]| {
        let (from, to) = (at(from), at(to));
        let arguments = [&["augment", &from, "-o", &to], more].concat();
        let (code, mut lines) = office.json(&arguments);
        (code, lines.pop().expect("one object"))
    };
    let (code, said) = augment("lta.pdf", "renewed.pdf", &[]);
    assert_eq!(
        (code, &said["steps"]),
        (0, &serde_json::json!(["renew"])),
        "{said}"
    );
    let renewed = office.at("renewed.pdf");
    judge::ades(&pki.root(), Level::BLta, &[renewed]).expect("pyHanko");
    let (code, said) = augment("lta.pdf", "nothing.pdf", &["--to", "B-LT"]);
    assert_eq!(
        (code, &said["file"]),
        (0, &serde_json::Value::Null),
        "{said}"
    );
    assert!(!office.at("nothing.pdf").exists());

    pki.control(&serde_json::json!({"outages": ["tsa"]}));
    let (code, said) = sign("away.pdf", "B-LTA");
    assert_eq!(
        (code, &said["level"], &said["wanted"]),
        (1, &"B-B".into(), &"B-LTA".into())
    );
    assert_eq!(said["reason"]["code"], "timestamp.unanswered", "{said}");
    pki.control(&serde_json::json!({"outages": ["ocsp", "crl"]}));
    let (code, said) = augment("away.pdf", "t.pdf", &[]);
    assert_eq!((code, &said["level"]), (1, &"B-T".into()), "{said}");
    assert_eq!(said["reason"]["code"], "lift.evidence", "{said}");
    pki.control(&serde_json::json!({"outages": []}));
    let (code, said) = augment("t.pdf", "up.pdf", &["--to", "B-LTA"]);
    assert_eq!((code, &said["level"]), (0, &"B-LTA".into()), "{said}");
    judge::ades(&pki.root(), Level::BLta, &[office.at("up.pdf")]).expect("pyHanko");
    assert!(
        !office
            .files("")
            .iter()
            .any(|name| name.contains(".step") || name.ends_with(".signed"))
    );
}

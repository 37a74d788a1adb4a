//! Weeks of bad luck in minutes: documents are signed with a token that is pulled out now and then, while timestamp
//! services fail, hang and talk nonsense, OCSP and CRLs fail by lot, and the daemon is killed once.
//!
//! At the end everything is back: each document is archived once, with one signature, all are lifted by
//! `augment --due`, and `verify` finds nothing. A short slice runs in every test run, `make soak-signing` the rest.

#[path = "moody_tsa.rs"]
mod moody_tsa;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use sohoa::archive::ArchiveReader;
use sohoa::read_back;
use sohoa::record::Sha256Digest;
use sohoa::sign::PadesLevel;
use sohoa::sign::augment::inspect;

use self::moody_tsa::MoodyTsa;
use super::{Random, write_fast_profile};
use crate::judge::{self, Level};
use crate::office::Office;
use crate::pki::Pki;
use crate::pki::places::{Place, Scheme, Token, section};

const SLICE: u32 = 4;
/// Documents that may be under way at once.
const UNDER_WAY: u32 = 200;
/// Of which the outside judges look at so many.
const JUDGED: usize = 20;
const SIGNER: Scheme = Scheme {
    signer: "p256",
    rsa: None,
};

/// An office with a key on a token, and services with moods.
struct Desk {
    office: Office,
    environment: Vec<(&'static str, OsString)>,
    tokens: PathBuf,
}

impl Desk {
    fn new(pki: &Pki, services: &[String]) -> Self {
        let office = Office::new();
        let token = Token::with(pki, &office.at("token"), &[SIGNER.signer]);
        let root = pki.root();
        let added = office.sohoa(&["trust", "add", "--yes", root.to_str().expect("UTF-8 path")]);
        assert!(added.status.success(), "trust add");
        office.configure(|text| {
            let line = |line: &str| match line.split(" = ").next() {
                Some("key") if line.contains("demo") => String::new(),
                Some("passphrase_file" | "attended") => String::new(),
                Some("services") => format!("services = {services:?}"),
                Some("requests_per_minute") => "requests_per_minute = 100000".to_owned(),
                Some("poll_seconds") => "poll_seconds = 0.1".to_owned(),
                _ if line.starts_with("seconds = 20.0") => "seconds = 1.0".to_owned(),
                _ => line.to_owned(),
            };
            let text: Vec<String> = text.lines().map(line).collect();
            format!(
                "{}\n{}",
                text.join("\n"),
                section(pki, &token, Place::Token, SIGNER)
            )
        });
        write_fast_profile(&office);
        Self {
            environment: token.environment().into(),
            tokens: office.at("token/tokens"),
            office,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.office.command(arguments);
        command.envs(self.environment.iter().cloned());
        command
    }

    fn run(&self) -> Running {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.office.at("sohoa.log"))
            .expect("log");
        let daemon = self
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        Running(daemon.expect("the daemon starts"))
    }

    fn answered(&self) -> usize {
        self.receipts(".OK.txt")
    }

    fn receipts(&self, ending: &str) -> usize {
        let receipts = fs::read_dir(self.office.at("outbox/quay-01"));
        let receipts = receipts.into_iter().flatten().flatten();
        let told = receipts.filter(|it| it.file_name().to_string_lossy().ends_with(ending));
        told.count()
    }

    fn token(&self) -> PathBuf {
        let inside = fs::read_dir(&self.tokens).expect("tokens").next();
        inside.expect("a token").expect("entry").path()
    }

    /// Until so many have their receipts; `progress` is told how many do.
    fn wait_for(&self, wanted: u32, progress: &mut dyn FnMut(usize)) {
        let wanted = usize::try_from(wanted).expect("fits");
        // Whoever waits for the token, waits for five minutes at most.
        let deadline = Instant::now() + Duration::from_secs(600);
        loop {
            let answered = self.answered();
            if answered >= wanted {
                return;
            }
            progress(answered);
            if Instant::now() > deadline {
                let log = self.office.log();
                let last: Vec<&str> = log.lines().rev().take(20).collect();
                panic!("{wanted} are not answered\n{}", last.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Has all lifted that is due.
    fn lift(&self, count: u32) {
        let log = self.office.at("lifted.log");
        let mut lifting = self
            .command(&["--json", "--quiet", "augment", "--due"])
            .stdout(fs::File::create(&log).expect("log"))
            .spawn()
            .expect("it starts");
        let mut progress = Progress(Instant::now());
        let said = || fs::read_to_string(&log).expect("log");
        let status = loop {
            if let Some(status) = lifting.try_wait().expect("waits") {
                break status;
            }
            std::thread::sleep(Duration::from_millis(100));
            progress.say(said().lines().count(), count, "lifted");
        };
        assert!(status.success(), "{}", said());
    }

    /// Pulls the token out and puts it back until `stop`.
    fn pull(&self, random: &mut Random, stop: &AtomicBool) -> u32 {
        let token = self.token();
        let pocket = self.office.at("pocket");
        let mut pulls = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            // Often at first, so that a short soak has its share; a driver that must be started again takes its time.
            let pause = (1000 + random.below(4000)) * u64::from(pulls + 1).min(8);
            let again = Instant::now() + Duration::from_millis(pause);
            while Instant::now() < again && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(100));
            }
            fs::rename(&token, &pocket).expect("pulled out");
            std::thread::sleep(Duration::from_millis(100 + random.below(400)));
            fs::rename(&pocket, &token).expect("put back");
            pulls += 1;
        }
        pulls
    }
}

/// A daemon, gone with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A small page that no other equals.
fn page(number: u32) -> Vec<u8> {
    let (width, height) = (96_u16, 136_u16);
    let mut pixels = vec![235; usize::from(width) * usize::from(height)];
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let (x, y) = (at % usize::from(width) / 8, at / usize::from(width) / 8);
        let is_ink = (y % 2 == 1) && (number >> (x % 12 + y % 8)) & 1 == 1;
        *pixel = if is_ink || y == 2 { 30 } else { *pixel };
    }
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.set_density(jpeg_encoder::PixelDensity {
        density: (75, 75),
        unit: jpeg_encoder::PixelDensityUnit::Inches,
    });
    encoder
        .add_app_segment(9, number.to_be_bytes().to_vec())
        .expect("a mark of its own");
    let written = encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Luma);
    written.expect("encodes");
    jpeg
}

/// Drops all, with a daemon that is killed half way.
fn drop_all(desk: &Desk, count: u32) {
    let mut daemon = desk.run();
    let mut progress = Progress(Instant::now());
    for number in 0..count {
        if number == count / 2 {
            drop(daemon);
            daemon = desk.run();
        }
        desk.office
            .drop_scan("quay-01", &format!("{number:06}.jpg"), &page(number));
        if number % 50 == 49 {
            desk.wait_for(number.saturating_sub(UNDER_WAY), &mut |done| {
                progress.say(done, count, "signed");
            });
        }
    }
    desk.wait_for(count, &mut |done| progress.say(done, count, "signed"));
    drop(daemon);
}

/// Each dropped file is one record with one signature by our key, at this level; the documents.
fn check_all(
    desk: &Desk,
    own: Sha256Digest,
    count: u32,
    level: Option<PadesLevel>,
) -> Vec<PathBuf> {
    let mut times = BTreeMap::<String, u32>::new();
    let mut documents = Vec::new();
    for object in ArchiveReader::at(&desk.office.at("archive")).objects() {
        let object = object.expect("an object");
        let description = object.description().expect("a description");
        let name = description.originals[0].dropped_as.clone();
        let document = object.content_path("document.pdf").expect("a document");
        let proof = inspect(&document).expect("readable");
        assert_eq!(proof.signatures.len(), 1, "{name} is signed once");
        assert_eq!(description.signatures.len(), 1, "{name}");
        let facts = read_back::signature::check(&document, Timestamp::now()).expect(&name);
        assert_eq!(facts.certificate_sha256, own, "{name}");
        if let Some(level) = level {
            assert_eq!(proof.level, level, "{name}");
            assert_eq!(description.signatures[0].level, level.as_str(), "{name}");
        }
        *times.entry(name).or_default() += 1;
        documents.push(document);
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "archived twice: {twice:?}");
    assert_eq!(
        times.len(),
        usize::try_from(count).expect("fits"),
        "none is lost"
    );
    documents
}

fn judge_some(root: &Path, documents: &[PathBuf]) {
    let step = (documents.len() / JUDGED).max(1);
    let some: Vec<PathBuf> = documents
        .iter()
        .step_by(step)
        .take(JUDGED)
        .cloned()
        .collect();
    for document in &some {
        judge::pdfsig_signatures(document, 1).expect("pdfsig");
    }
    judge::ades(root, Level::BLta, &some).expect("pyHanko");
}

#[test]
fn soak_signing_while_everything_fails_at_random() {
    if !judge::ready("signing while everything fails at random") {
        return;
    }
    let number = |name: &str| {
        let wish = std::env::var(name).ok();
        wish.map(|text| text.parse::<u32>().expect("a number"))
    };
    let count = number("SOHOA_SOAK_SIGNED").unwrap_or(SLICE);
    let seed = u64::from(number("SOHOA_SOAK_SEED").unwrap_or(20_261_123));
    let pki = Pki::start(&[]);
    let services = [1, 2].map(|add| MoodyTsa::new(&pki, seed + add));
    let desk = Desk::new(&pki, &services.map(MoodyTsa::serve));
    pki.control(&json!({"failure_rate": 0.3, "seed": seed}));

    let began = Instant::now();
    let stop = AtomicBool::new(false);
    let pulls = std::thread::scope(|scope| {
        let puller = scope.spawn(|| desk.pull(&mut Random(seed), &stop));
        drop_all(&desk, count);
        stop.store(true, Ordering::Relaxed);
        puller.join().expect("the token is back")
    });
    let signed_in = began.elapsed().as_secs_f64();
    let own = Sha256Digest::of(&pki.der(SIGNER.signer));
    let documents = check_all(&desk, own, count, None);
    let at_once = |level| {
        let levels = documents
            .iter()
            .map(|it| inspect(it).expect("readable").level);
        levels.filter(|it| *it == level).count()
    };
    let basic = at_once(PadesLevel::BB);

    let requests = pki.control(&json!({"failure_rate": 0.0}))["requests"].clone();
    for service in services {
        service.calm.store(true, Ordering::Relaxed);
    }
    let began = Instant::now();
    desk.lift(count);
    let lifted_in = began.elapsed().as_secs_f64();
    let documents = check_all(&desk, own, count, Some(PadesLevel::BLta));
    assert_eq!(desk.office.assert_verified(), u64::from(count));
    let left = [desk.office.files("inbox"), desk.office.files("quarantine")].concat();
    assert!(left.is_empty(), "{left:?}");
    judge_some(&pki.root(), &documents);
    let asked = services.map(|it| it.asked.load(Ordering::Relaxed));
    let failed = services.map(|it| it.failed.load(Ordering::Relaxed));
    let lifting = pki.control(&json!({}))["requests"].clone();
    say(&format!(
        "the test CA was asked {requests} times until all were signed, {lifting} until all were lifted"
    ));
    let rate = f64::from(count) / signed_in;
    say(&format!(
        "{count} documents, the token pulled out {pulls} times, the daemon killed once; {failed:?} of {asked:?} questions \
         about the time failed; {basic} were B-B at first; signed in {signed_in:.0} s ({rate:.1} a second), lifted in \
         {lifted_in:.0} s; 0 lost, 0 twice, all B-LTA (seed {seed})"
    ));
}

/// A line to whoever waits; not `eprintln!`, which the test runner swallows when the test passes.
fn say(what: &str) {
    let line = format!("soak-signing: {what}\n");
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr");
}

/// Once a minute, how far it is.
struct Progress(Instant);

impl Progress {
    fn say(&mut self, done: usize, of: u32, what: &str) {
        if self.0.elapsed() >= Duration::from_secs(60) {
            say(&format!("{done} of {of} {what}"));
            self.0 = Instant::now();
        }
    }
}

#[test]
fn documents_wait_together_for_a_token_and_are_signed_soon_after_its_return() {
    if !judge::ready("documents wait together for a token") {
        return;
    }
    let pki = Pki::shared();
    let service = MoodyTsa::new(pki, 1);
    service.calm.store(true, Ordering::Relaxed);
    let desk = Desk::new(pki, &[service.serve()]);
    let count = 12;
    let (token, pocket) = (desk.token(), desk.office.at("pocket"));
    let daemon = desk.run();
    desk.office.drop_scan("quay-01", "first.jpg", &page(count));
    desk.wait_for(1, &mut |_| ());

    fs::rename(&token, &pocket).expect("pulled out");
    for number in 0..count {
        desk.office
            .drop_scan("quay-01", &format!("{number}.jpg"), &page(number));
    }
    let wanted = usize::try_from(count).expect("fits");
    desk.office
        .wait_until("all wait", || desk.receipts(".CHO.txt") == wanted);
    let tries = || desk.office.log().matches("sign.token_absent").count();
    let before = tries();
    std::thread::sleep(Duration::from_secs(10));
    assert_eq!(tries(), before, "nobody tries while it is out");
    assert!(before < 2 * wanted, "{before} tries of {wanted} documents");

    fs::rename(&pocket, &token).expect("put back");
    let back = Instant::now();
    desk.wait_for(count + 1, &mut |_| ());
    assert!(
        back.elapsed() < Duration::from_secs(45),
        "{:?}",
        back.elapsed()
    );
    drop(daemon);
}

//! What signatures cost, measured in this process: sealing against copying the same file, judging against hashing
//! it, and how busy a key is while documents wait. `make bench-signing` runs it; `benches/README.md` says how to read it.

#![allow(clippy::print_stdout, reason = "a measurement says what it measured")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends")]

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize};
use sohoa::config::{KeyConfig, KeyPlace, Limits, PassphraseSource, TokenConfig};
use sohoa::durable;
use sohoa::read_back;
use sohoa::record::Sha256Digest;
use sohoa::sign::demo_pki::{self, DemoPki};
use sohoa::sign::keys::{self, PinSource, Secret, SecretError, SecretRequest};
use sohoa::sign::{
    Deviation, RawSigner, RsaPadding, SignError, SignatureAlgorithm, SignatureRequest, SoftwareKey,
    seal,
};
use sohoa::validate::{Question, Validator};

const RUNS: usize = 5;
/// Sealing may take so many times as long as reading and writing the file, from the size on at which both are felt.
const APPEND_MAX: f64 = 1.5;
const APPEND_FROM_MB: usize = 10;
/// Of the time that the key alone needs.
const BUSY_MIN: f64 = 0.95;

fn key() -> SoftwareKey {
    static DEMO: OnceLock<DemoPki> = OnceLock::new();
    let demo = DEMO.get_or_init(|| {
        demo_pki::make("Ủy ban nhân dân xã Mẫu", Timestamp::now(), &[7; 32]).unwrap()
    });
    SoftwareKey::from_pkcs12(&demo.pkcs12, &demo.passphrase, RsaPadding::Pss).unwrap()
}

/// A PDF of one page whose content has so many bytes that nothing makes shorter.
fn pdf(path: &Path, megabytes: usize) {
    let length = megabytes * 1_000_000;
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut offsets = Vec::new();
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        file.write_all(bytes).unwrap();
        at += bytes.len();
        at
    };
    let mut end = put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
    for body in [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>".to_owned(),
        format!("<</Length {length}>>\nstream"),
    ] {
        offsets.push(end);
        end = put(format!("{} 0 obj\n{body}\n", offsets.len()).as_bytes());
        if offsets.len() < 4 {
            end = put(b"endobj\n");
        }
    }
    let mut lot = 1_u64;
    let mut piece = vec![0; 1_000_000];
    for _ in 0..megabytes {
        for byte in &mut piece {
            lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = lot.to_be_bytes()[0];
        }
        put(&piece);
    }
    let table = put(b"\nendstream\nendobj\n");
    put(b"xref\n0 5\n0000000000 65535 f \n");
    for offset in offsets {
        put(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer = format!("trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n");
    put(trailer.as_bytes());
    file.flush().unwrap();
}

/// The least of some runs: what the work costs when nothing else does.
fn least(mut once: impl FnMut() -> Duration) -> f64 {
    let times = (0..RUNS).map(|_| once().as_secs_f64());
    times.fold(f64::MAX, f64::min)
}

fn timed(work: impl FnOnce(), output: &Path) -> Duration {
    let since = Instant::now();
    work();
    let time = since.elapsed();
    std::fs::remove_file(output).unwrap();
    time
}

fn read_and_write(from: &Path, to: &Path) {
    let (mut from, mut to) = (File::open(from).unwrap(), File::create_new(to).unwrap());
    let mut piece = vec![0; 256 * 1024];
    loop {
        let length = from.read(&mut piece).unwrap();
        if length == 0 {
            return;
        }
        to.write_all(&piece[..length]).unwrap();
    }
}

/// A file signed so many times.
fn signed(folder: &Path, megabytes: usize, signatures: usize) -> PathBuf {
    let mut newest = folder.join(format!("{megabytes}-{signatures}.pdf"));
    pdf(&newest, megabytes);
    let key = key();
    for number in 0..signatures {
        let output = folder.join(format!("{megabytes}-{signatures}-{number}.pdf"));
        let request = SignatureRequest::at(Timestamp::now());
        seal(&newest, &output, &key, &request).unwrap();
        std::fs::remove_file(&newest).unwrap();
        newest = output;
    }
    newest
}

#[test]
fn judging_against_hashing() {
    let folder = tempfile::tempdir().unwrap();
    let question = Question::at(Timestamp::now());
    let validator = Validator::trusting(Vec::new(), Limits::default(), question);
    let mut failed = Vec::new();
    for (megabytes, signatures) in [(1, 1), (30, 1), (1, 50)] {
        let file = signed(folder.path(), megabytes, signatures);
        let bytes = std::fs::read(&file).unwrap();
        let hashing = least(|| {
            let since = Instant::now();
            std::hint::black_box(Sha256Digest::of(&bytes));
            since.elapsed()
        });
        let judging = least(|| {
            let since = Instant::now();
            let report = validator.validate(&file).unwrap();
            assert_eq!(report.signatures.len(), signatures);
            since.elapsed()
        });
        let most = match (megabytes, signatures) {
            (1, 1) => 0.010,
            (_, 1) => 3.0 * hashing,
            _ => 1.0,
        };
        println!(
            "judging {megabytes} MB, {signatures} signatures: {:.1} ms, {:.1} times hashing; at most {:.1} ms",
            judging * 1e3,
            judging / hashing,
            most * 1e3
        );
        if judging > most {
            failed.push((megabytes, signatures));
        }
    }
    assert!(failed.is_empty(), "too slow: {failed:?}");
}

#[test]
fn sealing_against_copying() {
    let folder = tempfile::tempdir().unwrap();
    let key = key();
    let (base, output) = (
        folder.path().join("base.pdf"),
        folder.path().join("out.pdf"),
    );
    let alone = least(|| {
        let since = Instant::now();
        key.sign(b"attributes").unwrap();
        since.elapsed()
    });
    println!("the key alone: {:.2} ms a signature", alone * 1e3);
    println!("MB   copy ms  seal ms  ratio   both synced: copy ms  seal ms  ratio");
    let mut missed = Vec::new();
    for megabytes in [1, 10, 100] {
        pdf(&base, megabytes);
        let now = Timestamp::now();
        let sign = || {
            seal(&base, &output, &key, &SignatureRequest::at(now)).unwrap();
        };
        let sync = || File::open(&output).unwrap().sync_all().unwrap();
        let copy = least(|| timed(|| read_and_write(&base, &output), &output));
        let sealed = least(|| timed(sign, &output));
        let both = |work: &dyn Fn()| {
            least(|| {
                let synced = || {
                    work();
                    sync();
                };
                timed(synced, &output)
            })
        };
        let copy_synced = both(&|| read_and_write(&base, &output));
        let sealed_synced = both(&sign);
        let (ratio, ratio_synced) = (sealed / copy, sealed_synced / copy_synced);
        println!(
            "{megabytes:<4} {:7.1}  {:7.1}  {ratio:5.2}  {:20.1}  {:7.1}  {ratio_synced:5.2}",
            copy * 1e3,
            sealed * 1e3,
            copy_synced * 1e3,
            sealed_synced * 1e3,
        );
        if megabytes >= APPEND_FROM_MB && ratio_synced > APPEND_MAX {
            missed.push((megabytes, ratio_synced));
        }
    }
    assert!(
        missed.is_empty(),
        "MB and ratio, above {APPEND_MAX}: {missed:?}"
    );
}

/// A key that takes its time and signs one thing after another, as tokens do.
struct SlowKey {
    inner: SoftwareKey,
    pause: Duration,
    turn: Mutex<()>,
}

impl RawSigner for SlowKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.inner.algorithm()
    }

    fn certificate(&self) -> &[u8] {
        self.inner.certificate()
    }

    fn chain(&self) -> &[Vec<u8>] {
        self.inner.chain()
    }

    fn deviation(&self) -> Option<Deviation> {
        self.inner.deviation()
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let _turn = self.turn.lock().unwrap();
        std::thread::sleep(self.pause);
        self.inner.sign(signed_attributes)
    }
}

/// The signing step of the journey for each document of a queue: sealed, synced, read back. Seconds in all.
fn sign_all(queue: &[PathBuf], key: &dyn RawSigner, workers: usize) -> f64 {
    let next = AtomicUsize::new(0);
    let since = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(base) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (now, output) = (Timestamp::now(), base.with_extension("signed.pdf"));
                    seal(base, &output, key, &SignatureRequest::at(now)).unwrap();
                    durable::stage_written(&output).unwrap();
                    read_back::signature::check(&output, now).unwrap();
                    std::fs::remove_file(output).unwrap();
                }
            });
        }
    });
    since.elapsed().as_secs_f64()
}

/// Documents of a megabyte that are composed and wait.
fn queue_in(folder: &Path) -> Vec<PathBuf> {
    let paths = (0..40).map(|number| folder.join(format!("{number}.pdf")));
    paths.inspect(|path| pdf(path, 1)).collect()
}

/// How busy a key is while so many workers sign a queue: its own time by that of all.
fn busy_with(queue: &[PathBuf], key: &dyn RawSigner, workers: usize) -> f64 {
    let one = least(|| {
        let since = Instant::now();
        key.sign(b"attributes").unwrap();
        since.elapsed()
    });
    let alone = one * queue.len() as f64;
    let took = sign_all(queue, key, workers);
    println!(
        "{:14.1}  {:9}  {workers:7}  {alone:11.2}  {took:7.2}  {:3.0} %",
        one * 1e3,
        queue.len(),
        alone / took * 100.0
    );
    alone / took
}

const HEAD: &str = "ms a signature  documents  workers  key alone s  queue s  busy";

#[test]
fn the_key_is_busy_while_documents_wait() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path());
    println!("{HEAD}");
    let mut idle = Vec::new();
    for pause in [0, 3, 30, 300] {
        for workers in [1, 2, 4] {
            let key = SlowKey {
                inner: key(),
                pause: Duration::from_millis(pause),
                turn: Mutex::new(()),
            };
            let busy = busy_with(&queue, &key, workers);
            // A token takes its hundreds of milliseconds; below, the disk is the limit.
            if pause >= 300 && workers > 1 && busy < BUSY_MIN {
                idle.push((pause, workers, busy));
            }
        }
    }
    assert!(
        idle.is_empty(),
        "ms, workers and share of the time: {idle:?}"
    );
}

/// The same with a token behind PKCS#11. Its driver reads its configuration from the environment, so the test starts
/// itself again with one.
#[test]
fn softhsm_is_busy_while_documents_wait() {
    const TEST: &str = "softhsm_is_busy_while_documents_wait";
    if let Some(module) = std::env::var_os(MODULE) {
        return with_token(module.into());
    }
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let module = MODULES.iter().map(Path::new).find(|path| path.exists());
    let Some(module) = module.filter(|_| has("softhsm2-util") && has("pkcs11-tool")) else {
        println!("SKIPPED {TEST}: there is no SoftHSM2 (softhsm2) or OpenSC (opensc)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let configuration = token_in(folder.path(), module);
    let status = Command::new(std::env::current_exe().unwrap())
        .args([TEST, "--exact", "--nocapture"])
        .env("SOFTHSM2_CONF", configuration)
        .env(MODULE, module)
        .status();
    assert!(status.unwrap().success());
}

fn with_token(module: PathBuf) {
    let token = TokenConfig {
        module,
        label: Some("BENCH".to_owned()),
        serial: None,
        key_id: None,
        chain_file: None,
        pin: PassphraseSource::Prompt,
    };
    let config = KeyConfig {
        name: "organisation".to_owned(),
        attended: true,
        padding: RsaPadding::Pss,
        hash: None,
        place: KeyPlace::Pkcs11(token),
    };
    let key = keys::open(&config, &Typist).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path());
    println!("SoftHSM, RSA-3072\n{HEAD}");
    for workers in [1, 2] {
        busy_with(&queue, key.as_ref(), workers);
    }
}

const MODULE: &str = "SOHOA_BENCH_MODULE";
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];
const PIN: &str = "1234";

struct Typist;

impl PinSource for Typist {
    fn ask(&self, _: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        Ok(Secret::new(PIN.to_owned()))
    }
}

/// A token with an RSA-3072 key and its certificate; the driver's configuration.
fn token_in(folder: &Path, module: &Path) -> PathBuf {
    let configuration = folder.join("softhsm2.conf");
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&configuration, text).unwrap();
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072).unwrap();
    let mut parameters = CertificateParams::default();
    parameters.key_usages = vec![KeyUsagePurpose::ContentCommitment];
    let certificate = parameters.self_signed(&pair).unwrap();
    std::fs::write(folder.join("key.pem"), pair.serialize_pem()).unwrap();
    std::fs::write(folder.join("certificate.der"), certificate.der()).unwrap();
    let run = |program: &str, arguments: &str| {
        let mut command = Command::new(program);
        command.args(arguments.split(' ')).args(["--pin", PIN]);
        command
            .env("SOFTHSM2_CONF", &configuration)
            .current_dir(folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program} {arguments}: {output:?}");
    };
    run(
        "softhsm2-util",
        "--init-token --free --label BENCH --so-pin 12345678",
    );
    run(
        "softhsm2-util",
        "--token BENCH --label k --id 01 --import key.pem",
    );
    let module = module.display();
    run(
        "pkcs11-tool",
        &format!(
            "--module {module} --token-label BENCH --login --type cert --id 01 --write-object certificate.der"
        ),
    );
    configuration
}

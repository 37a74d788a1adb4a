//! The ledger before judges that know nothing of us: Go's `sumdb` (what guards Go's module checksums) and openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sohoa::ledger::{ArchivedVersion, Entry, Event, Ledger, LedgerKey, LedgerWriter};
use sohoa::record::{RecordId, Sha256Digest};

use crate::judge;
use crate::office::{Office, jpeg_page};

const GO_PATH: &str = "/usr/share/gocode";

/// The judge, built once; `Err` says what the machine lacks.
pub(crate) fn go_judge() -> Result<&'static Path, &'static str> {
    static BUILT: OnceLock<Result<(tempfile::TempDir, PathBuf), String>> = OnceLock::new();
    let build = || {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let judge = folder.path().join("judge");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/ledger_judge.go");
        let built = Command::new("go")
            .args(["build", "-o"])
            .args([&judge, &source])
            .env("GO111MODULE", "off")
            .env("GOPATH", GO_PATH)
            .env("GOFLAGS", "")
            .env("GOCACHE", folder.path().join("cache"))
            .output()
            .map_err(|error| format!("go does not start: {error}; run `make judges`"))?;
        if !built.status.success() {
            return Err(String::from_utf8_lossy(&built.stderr).into_owned());
        }
        Ok((folder, judge))
    };
    match BUILT.get_or_init(build) {
        Ok((_, judge)) => Ok(judge),
        Err(why) => Err(why),
    }
}

/// What the command printed, or all it said.
pub(crate) fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said + &String::from_utf8_lossy(&output.stderr))
    }
}

fn key(seed: u8) -> LedgerKey {
    let name = "phuong-mau.gov.example/so-cai".parse().expect("name");
    LedgerKey::from_seed(name, &[seed; 32]).expect("key")
}

fn inventory(number: u64) -> String {
    format!("{{\"số\": {number}}}\n")
}

fn entry(number: u64) -> Entry {
    let time: jiff::Timestamp = "2026-11-23T10:15:30Z".parse().expect("time");
    let version = ArchivedVersion {
        record: RecordId::new_v7(number, &[7; 10]),
        version: 1,
        inventory: Sha256Digest::of(inventory(number).as_bytes()),
        document: Sha256Digest::of(&number.to_be_bytes()),
    };
    Entry {
        event: Event::Archived(version),
        time,
    }
}

/// Appends so many, and signs.
fn grow(folder: &Path, count: u64, keys: &[&LedgerKey]) {
    let mut writer = LedgerWriter::open(folder).expect("opens");
    let size = writer.head().size;
    let entries: Vec<Entry> = (size..size + count).map(entry).collect();
    writer.append_all(&entries).expect("appended");
    writer.checkpoint(keys).expect("signed");
}

/// A ledger of several checkpoints, the later ones of another key.
fn ledger() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    LedgerWriter::create(folder.path(), &key(1).verifier()).expect("created");
    for count in [1, 4, 250, 1, 444] {
        grow(folder.path(), count, &[&key(1)]);
    }
    let time = entry(0).time;
    let mut writer = LedgerWriter::open(folder.path()).expect("opens");
    writer.rotate(&key(1), &key(2), time).expect("rotated");
    drop(writer);
    grow(folder.path(), 100, &[&key(2)]);
    folder
}

#[test]
fn go_believes_the_ledger_and_no_changed_one() {
    let judge = match go_judge() {
        Ok(judge) => judge,
        Err(why) => return judge::skip("go_believes_the_ledger_and_no_changed_one", why),
    };
    let folder = ledger();
    let keys = [key(1), key(2)].map(|key| key.verifier().to_string());
    let ask = || {
        said(
            Command::new(judge)
                .arg("ledger")
                .arg(folder.path())
                .args(&keys),
        )
    };
    // Sizes 1, 5, 255, 256, 700, 701, 801, and the newest once more.
    let leaves = 1 + 5 + 255 + 256 + 700 + 701 + 801 + 801;
    assert_eq!(
        ask(),
        Ok(format!("CHECKPOINTS 8 LEAVES {leaves} PAIRS 37\n"))
    );

    for path in [
        "tile/entries/000",
        "tile/entries/003.p/33",
        "tile/0/001",
        "tile/1/000.p/3",
        "checkpoint",
    ] {
        let path = folder.path().join(path);
        let good = std::fs::read(&path).expect("there");
        let mut spoilt = good.clone();
        let place = spoilt.len() / 2 + 9;
        spoilt[place] ^= 1;
        std::fs::write(&path, spoilt).expect("written");
        let refusal = ask().expect_err("spoilt");
        assert!(!refusal.contains("CHECKPOINTS"), "{refusal}");
        std::fs::write(&path, good).expect("written");
    }
    assert!(ask().is_ok());
    let stranger = key(3).verifier().to_string();
    said(
        Command::new(judge)
            .arg("ledger")
            .arg(folder.path())
            .arg(stranger),
    )
    .expect_err("signed by others");
}

/// A timestamp authority of openssl's own, in this folder; answers a token over a file.
fn token(folder: &Path, stamped: &Path) -> Vec<u8> {
    let config = "[tsa]\nserial = ./serial\ncrypto_device = builtin\nsigner_digest = sha256\n\
        default_policy = 1.2.3.4\ndigests = sha256\ness_cert_id_alg = sha256\n";
    std::fs::write(folder.join("tsa.cnf"), config).expect("written");
    let openssl = |line: &str| {
        let mut command = Command::new("openssl");
        command.current_dir(folder).args(line.split(' '));
        said(&mut command).expect(line);
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 3000 -subj /CN=TSA -keyout tsa.key -out tsa.pem \
         -addext extendedKeyUsage=critical,timeStamping",
    );
    std::fs::copy(stamped, folder.join("stamped")).expect("copied");
    openssl("ts -query -data stamped -sha256 -cert -out query");
    openssl(
        "ts -reply -config tsa.cnf -section tsa -queryfile query -signer tsa.pem -inkey tsa.key \
         -token_out -out token",
    );
    std::fs::read(folder.join("token")).expect("a token")
}

#[test]
fn a_proof_is_checked_by_hand_and_by_go() {
    let folder = ledger();
    let place = tempfile::tempdir().expect("folder");
    let at = |name: &str| place.path().join(name);
    let notes = folder.path().join("checkpoints");
    let token = token(place.path(), &notes.join("00000000000000000801.note"));
    let mut writer = LedgerWriter::open(folder.path()).expect("opens");
    writer.keep_token(801, &token).expect("kept");
    drop(writer);
    let ledger = Ledger::open(folder.path()).expect("opens");
    let proof = ledger.prove(257, Some(inventory(257))).expect("a proof");
    std::fs::write(at("proof.json"), proof.to_bytes()).expect("written");

    let trusted = key(2).verifier().to_string();
    let by_hand = |name: &str, key: &str| {
        let mut command = judge::script("ledger_check.sh");
        said(command.arg(at(name)).arg(key).arg(at("tsa.pem")))
    };
    let steps = by_hand("proof.json", &trusted).expect("proved");
    assert_eq!(steps.matches("OK ").count(), 5, "{steps}");
    let strangers = key(3).verifier().to_string();
    assert!(by_hand("proof.json", &strangers).is_err_and(|said| said.contains("did not sign")));

    let spoilt = |change: &dyn Fn(&mut sohoa::ledger::ProofFile), why: &str| {
        let mut spoilt = proof.clone();
        change(&mut spoilt);
        std::fs::write(at("spoilt.json"), spoilt.to_bytes()).expect("written");
        let refusal = by_hand("spoilt.json", &trusted).expect_err(why);
        assert!(refusal.contains(why), "{refusal}");
    };
    spoilt(
        &|p| p.opening = p.opening.replace("version 1", "version 2"),
        "not that of the leaf",
    );
    spoilt(&|p| p.inventory = Some(inventory(258)), "another inventory");
    spoilt(&|p| p.index += 1, "not in the tree");
    spoilt(
        &|p| p.checkpoint = p.checkpoint.replace("\n801\n", "\n802\n"),
        "does not hold",
    );
    let before = ledger.checkpoint(701).expect("signed").to_text();
    spoilt(&|p| p.checkpoint = before.clone(), "not in the tree");

    let judge = match go_judge() {
        Ok(judge) => judge,
        Err(why) => return judge::skip("a_proof_is_checked_by_hand_and_by_go", why),
    };
    let go = |name: &str| said(Command::new(judge).arg("proof").arg(at(name)).arg(&trusted));
    assert_eq!(go("proof.json"), Ok("PROVED 257 OF 801\n".to_owned()));
    spoilt(&|p| p.index += 1, "not in the tree");
    go("spoilt.json").expect_err("another place");
}

#[test]
fn a_key_is_changed_and_what_the_old_one_signed_stays_believed() {
    let office = Office::new();
    let archive = |seed: u32| {
        fs::write(office.at("scan.jpg"), jpeg_page(seed)).expect("written");
        office.archive(&office.at("scan.jpg"), &[])
    };
    let first = archive(1);
    let proof = office.at("first.json");
    let path = proof.to_str().expect("UTF-8");
    assert_eq!(office.json(&["prove", &first, "-o", path]).0, 0);
    let (code, lines) = office.json(&["rotate-key"]);
    assert_eq!(code, 0, "{lines:?}");
    let (old, new) = (&lines[0]["old"], &lines[0]["new"]);
    assert_ne!(old, new);
    archive(2);
    assert_eq!(office.assert_verified(), 2);
    let (code, lines) = office.json(&["rotate-key"]);
    assert_eq!((code, &lines[0]["old"]), (0, new), "{lines:?}");
    archive(3);
    assert_eq!(office.assert_verified(), 3);
    assert!(!office.at("keys/ledger.key.next").exists());
    // What was proved under the first key holds for whoever knows that key.
    let key = old.as_str().expect("a key");
    let (code, lines) = office.json(&["check-proof", path, "--key", key]);
    assert_eq!(code, 0, "{lines:?}");
    // A change that a crash cut off after the new key was written is finished with that key.
    let begun = office.at("keys/ledger.key.next");
    let name = LedgerKey::open(&office.at("keys/ledger.key"))
        .expect("opens")
        .verifier()
        .name()
        .clone();
    let waiting = LedgerKey::from_seed(name, &[9; 32]).expect("a key");
    waiting.write_new(&begun).expect("written");
    let (code, lines) = office.json(&["rotate-key"]);
    let new = waiting.verifier().to_string();
    assert_eq!((code, &lines[0]["new"]), (0, &new.into()), "{lines:?}");
    assert_eq!(office.assert_verified(), 3);
}

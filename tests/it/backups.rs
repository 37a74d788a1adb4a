//! Backup sets: made while others work, opened by others' tools, restored whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use age::secrecy::ExposeSecret as _;
use serde_json::Value;
use sohoa::ledger::read_statement;
use sohoa::office_ledger::open_key;
use sohoa::record::Digests;

use crate::judge;
use crate::office::{Office, jpeg_page};
use crate::replicas::{Kept, flip, tree};

/// An office with a record, a folder for sets, and the identity that opens them.
pub(crate) struct Backed {
    pub(crate) kept: Kept,
    elsewhere: tempfile::TempDir,
    recipient: age::x25519::Recipient,
}

impl Backed {
    pub(crate) fn new() -> Self {
        let (kept, elsewhere) = (Kept::new(), tempfile::tempdir().expect("a folder"));
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public();
        let text = format!("# key\n{}\n", identity.to_string().expose_secret());
        fs::write(elsewhere.path().join("key.txt"), text).expect("written");
        let line = format!("[backup]\nrecipient = \"{recipient}\"");
        kept.office
            .configure(|text| text.replace("[backup]", &line));
        kept.archive(1);
        Self {
            kept,
            elsewhere,
            recipient,
        }
    }

    pub(crate) fn office(&self) -> &Office {
        &self.kept.office
    }

    pub(crate) fn sets(&self) -> PathBuf {
        self.elsewhere.path().join("sets")
    }

    pub(crate) fn identity(&self) -> PathBuf {
        self.elsewhere.path().join("key.txt")
    }

    /// Whether a set restores to the office's archive as it is.
    pub(crate) fn restores(&self, from: &Path, set: &Path) -> bool {
        let home = tempfile::tempdir().expect("a folder");
        let into = home.path().join("new");
        let path = |path: &Path| path.to_str().expect("UTF-8 path").to_owned();
        let set = set.file_name().and_then(|name| name.to_str());
        let done = self.office().sohoa(&[
            "restore",
            "--from",
            &path(from),
            "--identity",
            &path(&self.identity()),
            "--into",
            &path(&into),
            "--set",
            set.expect("a name"),
        ]);
        done.status.success() && tree(&into.join("archive")) == tree(&self.office().at("archive"))
    }

    fn at(&self, name: &str) -> String {
        let path = self.elsewhere.path().join(name);
        path.to_str().expect("UTF-8 path").to_owned()
    }

    /// Makes a set; its line.
    fn backup(&self, options: &[&str]) -> (i32, Value) {
        let to = self.at("sets");
        let (code, mut lines) = self
            .office()
            .json(&[&["backup", "--to", &to], options].concat());
        (code, lines.remove(0))
    }

    /// Restores into a new folder; how it ended.
    fn restore(&self, into: &str, options: &[&str]) -> (i32, Value) {
        let (from, key, into) = (self.at("sets"), self.at("key.txt"), self.at(into));
        let fixed = [
            "restore",
            "--from",
            &from,
            "--identity",
            &key,
            "--into",
            &into,
        ];
        let (code, mut lines) = self.office().json(&[&fixed, options].concat());
        (code, lines.remove(0))
    }

    fn drill(&self) -> (i32, Value) {
        let (from, key) = (self.at("sets"), self.at("key.txt"));
        let arguments = ["restore", "--drill", "--from", &from, "--identity", &key];
        let (code, mut lines) = self.office().json(&arguments);
        (code, lines.remove(0))
    }

    fn file(&self, line: &Value, name: &str) -> PathBuf {
        self.sets()
            .join(line["set"].as_str().expect("a name"))
            .join(name)
    }

    /// Whether anything has the name of a folder that was to be restored, or of a part of it.
    fn is_nothing_there(&self) -> bool {
        let entries = fs::read_dir(self.elsewhere.path()).expect("lists");
        let names = entries.map(|it| it.expect("entry").file_name().into_string().expect("UTF-8"));
        names
            .into_iter()
            .all(|name| ["sets", "key.txt", "other.txt"].contains(&name.as_str()))
    }
}

#[test]
fn what_is_restored_is_what_was_backed_up() {
    let backed = Backed::new();
    let record = backed.kept.archive(2);
    let (code, first) = backed.backup(&["--with-keys"]);
    assert_eq!(
        (code, &first["kind"], &first["versions"]),
        (0, &"three-yearly".into(), &2.into()),
        "{first}"
    );
    backed.kept.archive(3);
    backed.kept.revise(record, "read later");
    let (code, second) = backed.backup(&["--with-keys"]);
    assert_eq!(
        (code, &second["kind"], &second["versions"]),
        (0, &"daily".into(), &2.into()),
        "{second}"
    );
    assert_eq!(second["base"], first["set"]);
    let (code, restored) = backed.restore("new", &[]);
    assert_eq!(
        (code, &restored["verdict"], &restored["records"]),
        (0, &"ok".into(), &3.into()),
        "{restored}"
    );
    let new = backed.elsewhere.path().join("new");
    let office = backed.office();
    for part in ["archive", "ledger", "keys", "trust"] {
        let mut own = tree(&office.at(part));
        own.retain(|name, _| name != "writer.lock");
        let mut restored = tree(&new.join(part));
        restored.retain(|name, _| name != "writer.lock");
        assert_eq!(restored, own, "{part}");
    }
    // The restored office is one that works.
    let works = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sohoa"));
        let command = command
            .arg("--config")
            .arg(new.join("sohoa.toml"))
            .args(arguments);
        command.output().expect("starts")
    };
    let verified = works(&["verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let found = works(&["--json", "find", "--record", &record.to_string()]);
    assert!(String::from_utf8_lossy(&found.stdout).contains(&record.to_string()));
    // Never over what is there.
    let (code, refused) = backed.restore("new", &[]);
    assert_eq!((code, &refused["error"]), (2, &"backup.taken".into()));
    // An older set, as it was.
    let set = first["set"].as_str().expect("a name").to_owned();
    let (code, older) = backed.restore("older", &["--set", &set]);
    assert_eq!((code, &older["records"]), (0, &2.into()), "{older}");
}

#[test]
fn keys_are_in_a_set_only_where_they_are_asked_for() {
    let backed = Backed::new();
    let (code, line) = backed.backup(&[]);
    assert_eq!(code, 0, "{line}");
    let (code, restored) = backed.restore("new", &[]);
    assert_eq!(
        (code, &restored["is_key_known"]),
        (0, &false.into()),
        "{restored}"
    );
    assert!(!backed.elsewhere.path().join("new/keys").exists());
    for name in ["archive.tar.age", "office.tar.age"] {
        let bytes = fs::read(backed.file(&line, name)).expect("reads");
        assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
        let has = |text: &[u8]| bytes.windows(text.len()).any(|it| it == text);
        assert!(!has(b"inventory") && !has(b"ustar") && !has(b"agency"));
    }
}

#[test]
fn age_and_tar_open_a_set_without_this_program() {
    let name = "age_and_tar_open_a_set_without_this_program";
    if Command::new("age").arg("--version").output().is_err() {
        return judge::skip(name, "no age on this machine (apt install age)");
    }
    let backed = Backed::new();
    let (_, first) = backed.backup(&[]);
    backed.kept.archive(2);
    let (_, second) = backed.backup(&[]);
    let new = tempfile::tempdir().expect("a folder");
    for line in [first, second] {
        let mut age = Command::new("age")
            .args(["-d", "-i", &backed.at("key.txt")])
            .arg(backed.file(&line, "archive.tar.age"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("age starts");
        let tar = Command::new("tar")
            .arg("-x")
            .arg("-C")
            .arg(new.path())
            .stdin(age.stdout.take().expect("a pipe"))
            .status();
        assert!(tar.expect("tar runs").success() && age.wait().expect("ends").success());
    }
    let archive = new.path().join("archive");
    assert_eq!(tree(&archive), tree(&backed.office().at("archive")));
    if judge::ready(name) {
        assert_eq!(judge::ocfl_root(&archive), Ok(2));
    }
}

#[test]
fn a_set_that_is_not_what_was_written_restores_nothing() {
    let backed = Backed::new();
    let (_, first) = backed.backup(&[]);
    backed.kept.archive(2);
    let (_, second) = backed.backup(&[]);
    let refused = |expected: &str, way: &str| {
        let (code, line) = backed.restore("new", &[]);
        assert_eq!(
            (code, &line["error"]),
            (1, &expected.into()),
            "{way}: {line}"
        );
        assert!(backed.is_nothing_there(), "{way}");
    };
    for line in [&first, &second] {
        let path = backed.file(line, "archive.tar.age");
        let whole = fs::read(&path).expect("reads");
        flip(&path);
        refused("backup.set_damaged", "a bit");
        // Somebody who can write digests cannot write what age accepts.
        let manifest = backed.file(line, "set.json");
        let text = fs::read_to_string(&manifest).expect("reads");
        let digest = |bytes: &[u8]| {
            Digests::of_reader(bytes)
                .expect("memory")
                .sha256
                .to_string()
        };
        let bad = fs::read(&path).expect("reads");
        fs::write(&manifest, text.replace(&digest(&whole), &digest(&bad))).expect("writes");
        refused("backup.not_restored", "a bit, with its digest");
        let cut = &whole[..whole.len() - 40];
        fs::write(&path, cut).expect("writes");
        let length = |bytes: &[u8]| format!("\"bytes\": {}", bytes.len());
        let forged = text
            .replace(&digest(&whole), &digest(cut))
            .replace(&length(&whole), &length(cut));
        fs::write(&manifest, forged).expect("writes");
        refused("backup.not_restored", "cut, with its digest and length");
        fs::write(&manifest, &text).expect("writes");
        fs::write(&path, &whole).expect("writes");
    }
    let other = age::x25519::Identity::generate();
    fs::write(backed.at("other.txt"), other.to_string().expose_secret()).expect("writes");
    let key = fs::read(backed.at("key.txt")).expect("reads");
    fs::copy(backed.at("other.txt"), backed.at("key.txt")).expect("copies");
    refused("backup.not_restored", "another identity");
    fs::write(backed.at("key.txt"), key).expect("writes");
    fs::rename(backed.file(&first, ""), backed.sets().join("lost")).expect("renames");
    let (code, _) = backed.restore("new", &[]);
    assert!(
        code != 0 && backed.is_nothing_there(),
        "the full set is gone"
    );
    // A set that continues a lost one would restore nothing: a full one is made instead.
    let (code, third) = backed.backup(&["--kind", "daily"]);
    assert_eq!(
        (code, &third["kind"], &third["versions"]),
        (0, &"monthly".into(), &2.into()),
        "{third}"
    );
    assert_eq!(backed.restore("new", &[]).0, 0);
}

#[test]
fn a_hostile_set_writes_nothing_outside() {
    let backed = Backed::new();
    let (_, line) = backed.backup(&[]);
    let path = backed.file(&line, "archive.tar.age");
    let manifest = backed.file(&line, "set.json");
    let (whole, text) = (
        fs::read(&path).expect("reads"),
        fs::read_to_string(&manifest).expect("reads"),
    );
    let entries: [(&str, tar::EntryType); 5] = [
        ("archive/../../escaped", tar::EntryType::Regular),
        ("/tmp/sohoa-escaped", tar::EntryType::Regular),
        ("archive/link", tar::EntryType::Symlink),
        ("office.toml", tar::EntryType::Regular),
        ("archive/fifo", tar::EntryType::Fifo),
    ];
    for (name, kind) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().expect("GNU").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_cksum();
        let mut plain = header.as_bytes().to_vec();
        plain.extend([0; 1024]);
        let mut bytes = Vec::new();
        let recipients = std::iter::once(&backed.recipient as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).expect("a recipient");
        let mut stream = encryptor.wrap_output(&mut bytes).expect("begins");
        stream.write_all(&plain).expect("writes");
        stream.finish().expect("ends");
        fs::write(&path, &bytes).expect("writes");
        let digest = |bytes: &[u8]| {
            Digests::of_reader(bytes)
                .expect("memory")
                .sha256
                .to_string()
        };
        let length = |bytes: &[u8]| format!("\"bytes\": {}", bytes.len());
        let forged = text
            .replace(&digest(&whole), &digest(&bytes))
            .replace(&length(&whole), &length(&bytes));
        fs::write(&manifest, forged).expect("writes");
        let (code, line) = backed.restore("new", &[]);
        assert_eq!(
            (code, &line["error"]),
            (1, &"backup.not_restored".into()),
            "{name}"
        );
        assert!(backed.is_nothing_there(), "{name}");
        assert!(!Path::new("/tmp/sohoa-escaped").exists());
    }
}

#[test]
fn a_drill_leaves_a_signed_certificate_and_nothing_else() {
    let backed = Backed::new();
    backed.backup(&[]);
    let before = backed.office().files("work");
    let (code, line) = backed.drill();
    assert_eq!(
        (code, &line["verdict"], &line["is_signed"]),
        (0, &"ok".into(), &true.into()),
        "{line}"
    );
    assert_eq!(backed.office().files("work"), before);
    let note = fs::read_to_string(line["written"].as_str().expect("a file")).expect("reads");
    let key = open_key(&backed.kept.config()).expect("key").verifier();
    let text = read_statement(&note, &key).expect("signed by the office's ledger");
    let certificate: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&certificate["records"], &certificate["is_key_known"]),
        (&1.into(), &true.into())
    );
    fs::remove_file(backed.office().at("keys/ledger.key")).expect("removes");
    let (code, line) = backed.drill();
    assert_eq!(
        (code, &line["is_signed"], &line["is_key_known"]),
        (0, &false.into(), &false.into()),
        "{line}"
    );
    assert!(line["written"].as_str().expect("a file").ends_with(".json"));
}

#[test]
fn a_damaged_version_is_left_out_and_told_and_comes_with_the_next_set() {
    let backed = Backed::new();
    let record = backed.kept.archive(2);
    assert_eq!(backed.kept.replicate()["versions"], 2);
    flip(&backed.kept.in_archive(record, "v1/content/document.pdf"));
    let (code, line) = backed.backup(&[]);
    assert_eq!(
        (code, &line["versions"], &line["missing"]),
        (1, &1.into(), &1.into()),
        "{line}"
    );
    let (code, line) = backed.drill();
    assert_eq!((code, &line["verdict"]), (1, &"failed".into()), "{line}");
    assert_eq!(backed.office().json(&["repair"]).0, 0);
    let (code, line) = backed.backup(&[]);
    assert_eq!(
        (code, &line["versions"], &line["missing"]),
        (0, &1.into(), &0.into()),
        "{line}"
    );
    let (code, line) = backed.drill();
    assert_eq!((code, &line["records"]), (0, &2.into()), "{line}");
}

#[test]
fn sets_are_whole_while_the_daemon_archives() {
    let backed = Backed::new();
    let office = backed.office();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.05"));
    let daemon = office.start(&[]);
    for round in 0..3 {
        for scan in 0..4 {
            let seed = 10 + round * 4 + scan;
            office.drop_scan("quay-01", &format!("{seed}.jpg"), &jpeg_page(seed));
        }
        let (code, line) = backed.backup(&[]);
        assert_eq!(code, 0, "{line}");
        let (code, line) = backed.restore(&format!("new-{round}"), &[]);
        assert_eq!((code, &line["verdict"]), (0, &"ok".into()), "{line}");
    }
    office.wait_until("all scans", || {
        let files = office.files("outbox/quay-01");
        files.iter().filter(|it| it.ends_with(".OK.txt")).count() == 12
    });
    drop(daemon);
    let (code, _) = backed.backup(&[]);
    let (restored, line) = backed.restore("last", &[]);
    assert_eq!(
        (code, restored, &line["records"]),
        (0, 0, &13.into()),
        "{line}"
    );
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    let backed = Backed::new();
    let inside = backed.office().at("sets");
    let (code, lines) = backed
        .office()
        .json(&["backup", "--to", inside.to_str().expect("path")]);
    assert_eq!((code, &lines[0]["error"]), (3, &"backup.inside".into()));
    assert_eq!(backed.restore("new", &[]).1["error"], "backup.no_set");
    let recipient = backed.recipient.to_string();
    backed
        .office()
        .configure(|text| text.replace(&recipient, "age1nonsense"));
    let (code, line) = backed.backup(&[]);
    assert_eq!((code, &line["error"]), (3, &"backup.recipient".into()));
}

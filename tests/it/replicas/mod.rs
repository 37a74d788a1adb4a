//! Replicas: what is copied, what never is, and who judges the copy.

mod broken;
pub(crate) mod repairs;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sohoa::archive::{Archive, User, VersionNumber};
use sohoa::config::Config;
use sohoa::journal::CommitTurn;
use sohoa::ledger::{Ledger, audit};
use sohoa::office_ledger::{OfficeLedger, open_key};
use sohoa::record::RecordId;

use crate::judge;
use crate::office::{Office, jpeg_page};

/// An office with a replica on another disk, as far as a test has one.
pub(crate) struct Kept {
    pub(crate) office: Office,
    disk: tempfile::TempDir,
}

impl Kept {
    /// The replica is configured and begun, and nothing is archived yet.
    pub(crate) fn new() -> Self {
        let kept = Self {
            office: Office::new(),
            disk: tempfile::tempdir().expect("a folder"),
        };
        kept.office
            .configure(|text| text + &section("a", &kept.replica()));
        let (code, lines) = kept.office.json(&["replicate", "a", "--begin"]);
        assert_eq!(code, 0, "{lines:?}");
        kept
    }

    /// With one record that is copied.
    pub(crate) fn with_a_record() -> (Self, RecordId) {
        let kept = Self::new();
        let record = kept.archive(1);
        assert_eq!(kept.replicate()["versions"], 1);
        (kept, record)
    }

    /// A copy of the office and of its replica.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self {
            office: self.office.copy(),
            disk: tempfile::tempdir().expect("a folder"),
        };
        copy_tree(&self.replica(), &copy.replica());
        let path = |kept: &Self| kept.replica().display().to_string();
        copy.office
            .configure(|text| text.replace(&path(self), &path(&copy)));
        copy
    }

    pub(crate) fn replica(&self) -> PathBuf {
        self.disk.path().join("sohoa")
    }

    pub(crate) fn archive(&self, seed: u32) -> RecordId {
        let scan = self.office.at("scan.jpg");
        fs::write(&scan, jpeg_page(seed)).expect("written");
        self.office.archive(&scan, &[]).parse().expect("a record")
    }

    pub(crate) fn config(&self) -> Config {
        Config::load(&self.office.at("sohoa.toml")).expect("configuration")
    }

    /// A new version of a record, as a correction makes one.
    pub(crate) fn revise(&self, record: RecordId, text: &str) {
        let config = self.config();
        let archive = Archive::open(&config.folders.archive, &config.staging()).expect("opens");
        let ledger = OfficeLedger::new(&config);
        let turn = CommitTurn::take(&config.folders.work).expect("turn");
        let object = archive
            .reader()
            .object(record)
            .expect("reads")
            .expect("there");
        let next = object.inventory().head().next();
        let announced = ledger
            .announce(record, next, &archive, &turn)
            .expect("announced");
        let mut staged = archive.revise(record).expect("begins");
        staged.write("note.txt", text.as_bytes()).expect("writes");
        let user = User {
            name: "UBND xã Mẫu".to_owned(),
            address: None,
        };
        let time = "2026-11-23T01:15:30Z".parse().expect("time");
        let object = staged.commit(time, "a note", &user).expect("commits");
        announced.enter(&object).expect("entered");
    }

    /// Copies; the answer's line.
    pub(crate) fn replicate(&self) -> Value {
        let (_, mut lines) = self.office.json(&["replicate", "a"]);
        lines.remove(0)
    }

    /// A file of a record's object, below the storage root.
    pub(crate) fn of(&self, record: RecordId, path: &str) -> PathBuf {
        sohoa::archive::object_folder(record).join(path)
    }

    pub(crate) fn in_archive(&self, record: RecordId, path: &str) -> PathBuf {
        self.office.at("archive").join(self.of(record, path))
    }

    pub(crate) fn in_replica(&self, record: RecordId, path: &str) -> PathBuf {
        self.replica().join("archive").join(self.of(record, path))
    }
}

/// Takes a record's object and the folders that lead to nothing else.
pub(crate) fn remove_object(folder: &Path) {
    let mut folder = folder.to_owned();
    fs::remove_dir_all(&folder).expect("removes");
    while folder.pop() && fs::remove_dir(&folder).is_ok() {}
}

pub(crate) fn section(name: &str, path: &Path) -> String {
    format!("\n[replica.{name}]\npath = \"{}\"\n", path.display())
}

/// Every file below a folder and its bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter();
    let files = files.map(|entry| entry.expect("lists"));
    let files = files.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("below");
            let bytes = fs::read(entry.path()).expect("reads");
            (path.to_string_lossy().into_owned(), bytes)
        })
        .collect()
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status();
    assert!(copied.expect("cp runs").success());
}

pub(crate) fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).expect("writes");
}

#[test]
fn a_replica_is_the_archive_and_the_ledger() {
    let kept = Kept::new();
    let first = kept.archive(1);
    assert_eq!(kept.replicate()["versions"], 1);
    kept.archive(2);
    kept.revise(first, "read again");
    kept.revise(first, "and again");
    let line = kept.replicate();
    assert_eq!(
        (&line["versions"], &line["failed"]),
        (&3.into(), &0.into()),
        "{line}"
    );
    assert_eq!(kept.replicate()["versions"], 0, "once is enough");
    let copy = kept.replica();
    assert_eq!(
        tree(&copy.join("archive")),
        tree(&kept.office.at("archive"))
    );
    assert!(
        fs::read_dir(copy.join("staging"))
            .expect("lists")
            .next()
            .is_none()
    );
    // Whoever has the copy checks the ledger with the office's public key.
    let key = open_key(&kept.config()).expect("key").verifier();
    let audited = audit::audit(&copy.join("ledger"), &[key], &[]).expect("a ledger");
    assert_eq!(audited.findings, []);
    let sizes = |folder: &Path| {
        let ledger = Ledger::open(folder).expect("opens");
        (
            ledger.head().expect("head").size,
            ledger.checkpoints().expect("checkpoints"),
        )
    };
    assert_eq!(
        sizes(&copy.join("ledger")),
        sizes(&kept.office.at("ledger"))
    );
    if judge::ready("a_replica_is_the_archive_and_the_ledger") {
        assert_eq!(judge::ocfl_root(&copy.join("archive")), Ok(2));
    }
}

#[test]
fn damage_is_not_copied_and_hides_nothing_else() {
    let kept = Kept::new();
    let (bad, good) = (kept.archive(1), kept.archive(2));
    let document = kept.in_archive(bad, "v1/content/document.pdf");
    let whole = fs::read(&document).expect("reads");
    flip(&document);
    let line = kept.replicate();
    assert_eq!(
        (&line["versions"], &line["failed"]),
        (&1.into(), &1.into()),
        "{line}"
    );
    assert!(kept.in_replica(good, "inventory.json").exists());
    assert!(!kept.in_replica(bad, "").exists());
    // Caught up as soon as the archive has it again.
    fs::write(&document, whole).expect("writes");
    let line = kept.replicate();
    assert_eq!(
        (&line["versions"], &line["failed"]),
        (&1.into(), &0.into()),
        "{line}"
    );
    assert_eq!(
        tree(&kept.replica().join("archive")),
        tree(&kept.office.at("archive"))
    );
}

#[test]
fn a_forged_object_is_not_copied() {
    let kept = Kept::new();
    let record = kept.archive(1);
    // Consistent in itself: document, inventory and sidecar.
    forge(&kept.in_archive(record, ""));
    assert_eq!(kept.replicate()["failed"], 1);
    assert!(!kept.in_replica(record, "").exists());
}

/// Changes a file of an object's first version and all that vouches for it inside the object.
pub(crate) fn forge(object: &Path) {
    let path = object.join("v1/content/record.json");
    let before = fs::read(&path).expect("reads");
    let mut after = before.clone();
    after.push(b' ');
    fs::write(&path, &after).expect("writes");
    let inventory = fs::read_to_string(object.join("inventory.json")).expect("reads");
    let (old, new) = (digests(&before), digests(&after));
    let inventory = inventory.replace(&old.0, &new.0).replace(&old.1, &new.1);
    let sidecar = format!("{} inventory.json\n", digests(inventory.as_bytes()).0);
    for part in ["", "v1/"] {
        fs::write(object.join(format!("{part}inventory.json")), &inventory).expect("writes");
        let path = object.join(format!("{part}inventory.json.sha512"));
        fs::write(path, &sidecar).expect("writes");
    }
}

fn digests(bytes: &[u8]) -> (String, String) {
    let digest = sohoa::record::Digests::of_reader(bytes).expect("memory");
    (digest.sha512.to_string(), digest.sha256.to_string())
}

#[test]
fn an_empty_mount_point_is_not_written_to() {
    let (kept, record) = Kept::with_a_record();
    let (there, pulled) = (kept.replica(), kept.replica().with_extension("pulled"));
    fs::rename(&there, &pulled).expect("the disk is pulled out");
    fs::create_dir(&there).expect("its mount point stays");
    kept.archive(2);
    let (code, lines) = kept.office.json(&["replicate", "a"]);
    assert_eq!((code, &lines[0]["error"]), (5, &"replica.away".into()));
    let (code, lines) = kept.office.json(&["replicate"]);
    assert_eq!((code, &lines[0]["status"]), (5, &"replica.away".into()));
    assert!(fs::read_dir(&there).expect("lists").next().is_none());
    let (_, checks) = kept.office.json(&["doctor"]);
    let check = checks
        .iter()
        .find(|it| it["check"] == "replica")
        .expect("a line");
    assert_eq!(check["verdict"], "warning", "{check}");
    fs::remove_dir(&there).expect("removes");
    fs::rename(&pulled, &there).expect("plugged in");
    assert_eq!(kept.replicate()["versions"], 1, "caught up");
    assert!(kept.in_replica(record, "").exists());
}

#[test]
fn the_replica_of_another_office_is_left_alone() {
    let (kept, _) = Kept::with_a_record();
    let before = tree(&kept.replica());
    let other = Office::new();
    other.configure(|text| text + &section("a", &kept.replica()));
    let scan = other.at("scan.jpg");
    fs::write(&scan, jpeg_page(7)).expect("written");
    other.archive(&scan, &[]);
    for arguments in [&["replicate", "a"][..], &["replicate", "a", "--begin"]] {
        let (code, lines) = other.json(arguments);
        // Demo ledgers have the same name where the agency has: then the tree tells.
        let error = lines[0]["error"].as_str().expect("an error");
        assert!(
            ["replica.foreign", "ledger.forked", "ledger.rolled_back"].contains(&error),
            "{error}"
        );
        assert_ne!(code, 0);
    }
    let after = tree(&kept.replica());
    let same = |name: &str| before.get(name) == after.get(name);
    assert!(
        before
            .keys()
            .filter(|it| it.starts_with("archive/") || it.starts_with("ledger/"))
            .all(|it| same(it))
    );
}

#[test]
fn a_folder_with_other_things_becomes_no_replica() {
    let kept = Kept::new();
    let folder = kept.replica().with_extension("photos");
    fs::create_dir(&folder).expect("makes");
    fs::write(folder.join("holiday.jpg"), "").expect("writes");
    kept.office.configure(|text| text + &section("b", &folder));
    let (code, lines) = kept.office.json(&["replicate", "b", "--begin"]);
    assert_eq!((code, &lines[0]["error"]), (3, &"replica.not_empty".into()));
    let (code, lines) = kept.office.json(&["replicate", "c"]);
    assert_eq!((code, &lines[0]["error"]), (2, &"replica.unknown".into()));
}

#[test]
fn the_daemon_keeps_a_replica_up_and_does_without_one_that_is_away() {
    let kept = Kept::new();
    let away = kept.replica().with_extension("away");
    kept.office.configure(|text| {
        text.replace("poll_seconds = 1.0", "poll_seconds = 0.05") + &section("b", &away)
    });
    let daemon = kept.office.start(&[]);
    kept.office.drop_scan("quay-01", "a.jpg", &jpeg_page(3));
    let office = &kept.office;
    let copied = kept.replica().join("archive");
    office.wait_until("the copy", || {
        tree(&copied)
            .keys()
            .any(|name| name.ends_with("/inventory.json.sha512"))
            && tree(&copied).len() == tree(&office.at("archive")).len()
    });
    drop(daemon);
    assert_eq!(tree(&copied), tree(&office.at("archive")));
    assert!(!away.exists());
    let said = office.log();
    assert_eq!(said.matches("replica.away").count(), 1, "told once: {said}");
}

#[test]
fn a_version_is_copied_only_after_those_before_it() {
    let kept = Kept::new();
    let record = kept.archive(1);
    kept.revise(record, "second");
    let source = kept.in_archive(record, "");
    let bytes = fs::read(source.join("v2/inventory.json")).expect("reads");
    let root = tempfile::tempdir().expect("a folder");
    Archive::create(&root.path().join("archive")).expect("creates");
    let archive = Archive::open(&root.path().join("archive"), &root.path().join("staging"));
    let archive = archive.expect("opens");
    let version = sohoa::archive::VersionElsewhere {
        folder: &source,
        record,
        number: VersionNumber::new(2).expect("a number"),
        inventory: &sohoa::record::Sha256Digest::of(&bytes),
    };
    archive.take_over(version).expect_err("v1 is not here");
    assert!(!archive.reader().folder_of(record).exists());
    let staging = fs::read_dir(root.path().join("staging")).expect("lists");
    assert_eq!(staging.count(), 0, "nothing is left");
}

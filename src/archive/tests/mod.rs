//! Objects come into place whole or not at all, and are found again without a database.

mod revisions;

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::record::{Explain, Lang, RecordId, Sha256Digest};

const MEMORY: &str = "/dev/shm";

struct Place {
    folder: tempfile::TempDir,
    archive: Archive,
}

impl Place {
    fn new() -> Self {
        // Where there is a file system in memory, syncing costs nothing.
        let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a temporary folder");
        let root = folder.path().join("archive");
        Archive::create(&root).expect("makes a storage root");
        Archive::create(&root).expect("finds it good");
        let archive = Archive::open(&root, &folder.path().join("staging")).expect("opens");
        Self { folder, archive }
    }

    fn staging(&self) -> PathBuf {
        self.folder.path().join("staging")
    }

    fn root(&self) -> &Path {
        self.archive.reader().root()
    }
}

fn record(seed: u8) -> RecordId {
    RecordId::new_v7(1_795_000_000_000, &[seed; 10])
}

fn user() -> User {
    User {
        name: "sohoa".to_owned(),
        address: Some("https://example.vn/sohoa".to_owned()),
    }
}

fn commit(staged: StagedObject<'_>) -> Result<ArchivedObject, ArchiveError> {
    let created = "2026-11-23T04:24:09.25Z".parse().expect("timestamp");
    staged.commit(created, "archived", &user())
}

fn archive_one(place: &Place, seed: u8) -> ArchivedObject {
    let source = place.folder.path().join("scan.jpg");
    fs::write(&source, b"scan").expect("writes");
    let mut staged = place.archive.stage(record(seed)).expect("stages");
    fs::write(staged.path_of("document.pdf").expect("path"), b"%PDF").expect("writes");
    let digests = staged.adopt("document.pdf").expect("adopts");
    assert_eq!(
        (digests.bytes, digests.sha256),
        (4, Sha256Digest::of(b"%PDF"))
    );
    staged
        .copy_in("original/0001.jpg", &source)
        .expect("copies");
    staged
        .copy_in("original/0002.jpg", &source)
        .expect("copies the same bytes");
    staged.write("record.json", b"{}").expect("writes");
    commit(staged).expect("commits")
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).expect("lists").count()
}

#[test]
fn what_dead_processes_staged_goes_and_what_is_under_way_stays() {
    let place = Place::new();
    for number in 1..=3 {
        // A killed process drops nothing.
        std::mem::forget(place.archive.stage(record(number)).expect("stages"));
    }
    fs::write(place.staging().join("theirs"), "").expect("writes");
    let under_way = |staged| staged == record(2);
    place
        .archive
        .discard_staged_unless(under_way)
        .expect("sweeps");
    assert!(place.staging().join(record(2).to_string()).is_dir());
    assert_eq!(entries(&place.staging()), 2);
    place.archive.discard_staged(record(2));
    assert_eq!(entries(&place.staging()), 1);
}

#[test]
fn an_object_is_found_again_by_its_number_and_by_walking() {
    let place = Place::new();
    assert!(!place.archive.contains(record(1)).expect("looks"));
    let made = archive_one(&place, 1);
    archive_one(&place, 2);
    assert!(place.archive.contains(record(1)).expect("looks"));
    let found = place
        .archive
        .reader()
        .object(record(1))
        .expect("reads")
        .expect("is there");
    assert_eq!(
        (found.folder(), found.inventory()),
        (made.folder(), made.inventory())
    );
    let original = found.content_path("original/0002.jpg").expect("has it");
    assert_eq!(fs::read(original).expect("reads"), b"scan");
    assert_eq!(found.content_path("original/0003.jpg"), None);
    assert_eq!(
        found.description().expect_err("empty").code(),
        "archive.description_invalid"
    );

    let mut all: Vec<_> = place
        .archive
        .reader()
        .objects()
        .map(|object| object.expect("reads").record())
        .collect();
    all.sort();
    assert_eq!(all, [record(1), record(2)]);
    assert_eq!(entries(&place.staging()), 0, "nothing stays behind");
}

#[test]
fn a_record_is_archived_once() {
    let place = Place::new();
    let first = archive_one(&place, 1);
    let before = fs::read(first.folder().join(INVENTORY)).expect("reads");
    let mut again = place.archive.stage(record(1)).expect("stages");
    again.write("document.pdf", b"another").expect("writes");
    let error = commit(again).expect_err("is there already");
    assert!(
        matches!(error, ArchiveError::AlreadyArchived { .. }),
        "{error}"
    );
    assert_eq!(
        fs::read(first.folder().join(INVENTORY)).expect("reads"),
        before
    );
    assert_eq!(entries(&place.staging()), 0);
}

#[test]
fn leftovers_of_an_earlier_try_are_wiped() {
    let place = Place::new();
    let mut staged = place.archive.stage(record(1)).expect("stages");
    staged.write("document.pdf", b"half").expect("writes");
    // As a kill does: nothing is cleaned up.
    std::mem::forget(staged);
    assert_eq!(entries(&place.staging()), 1);
    assert_eq!(
        place.archive.reader().walk().count(),
        0,
        "the archive has nothing of it"
    );
    archive_one(&place, 1);
    assert_eq!(entries(&place.staging()), 0);
}

#[test]
fn a_dropped_object_leaves_nothing() {
    let place = Place::new();
    let mut staged = place.archive.stage(record(1)).expect("stages");
    staged.write("document.pdf", b"half").expect("writes");
    drop(staged);
    assert_eq!(entries(&place.staging()), 0);
    assert!(!place.archive.contains(record(1)).expect("looks"));
}

#[test]
fn a_file_that_nobody_took_in_is_refused() {
    let place = Place::new();
    let mut staged = place.archive.stage(record(1)).expect("stages");
    staged.write("document.pdf", b"whole").expect("writes");
    fs::write(staged.path_of("original/0001.jpg").expect("path"), b"scan").expect("writes");
    assert_eq!(
        commit(staged).expect_err("refuses").code(),
        "archive.not_adopted"
    );
    assert!(!place.archive.contains(record(1)).expect("looks"));
}

#[test]
fn a_tuple_that_another_record_brought_is_used() {
    let place = Place::new();
    let object = object_folder(record(1));
    for folder in object
        .ancestors()
        .skip(1)
        .filter(|f| !f.as_os_str().is_empty())
    {
        let place = Place::new();
        fs::create_dir_all(place.root().join(folder)).expect("makes the folders");
        archive_one(&place, 1);
        assert!(
            place.archive.contains(record(1)).expect("looks"),
            "{}",
            folder.display()
        );
    }
    assert_eq!(place.archive.reader().walk().count(), 0);
}

#[test]
fn many_threads_archive_at_once() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let archive = &place.archive;
            scope.spawn(move || {
                for i in 0..8 {
                    let mut staged = archive.stage(record(worker * 8 + i)).expect("stages");
                    staged.write("document.pdf", &[i]).expect("writes");
                    commit(staged).expect("commits");
                }
            });
        }
    });
    assert_eq!(
        place
            .archive
            .reader()
            .objects()
            .filter(Result::is_ok)
            .count(),
        32
    );
}

#[test]
fn no_path_leaves_the_object() {
    let place = Place::new();
    let mut staged = place.archive.stage(record(1)).expect("stages");
    for logical in ["../x", "/etc/passwd", "a//b", ""] {
        assert!(
            matches!(staged.path_of(logical), Err(ArchiveError::LogicalPath(_))),
            "{logical}"
        );
        assert!(staged.write(logical, b"").is_err(), "{logical}");
    }
}

#[test]
fn only_a_good_root_is_opened_and_only_an_empty_folder_becomes_one() {
    let place = Place::new();
    let open =
        |root: &Path, staging: &Path| Archive::open(root, staging).expect_err("refuses").code();
    let inside = place.root().join("staging");
    assert_eq!(open(place.root(), &inside), "archive.staging_unfit");
    fs::remove_dir(inside).expect("removes");
    if Path::new(MEMORY).is_dir() {
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(
            open(place.root(), elsewhere.path()),
            "archive.staging_unfit"
        );
    }
    let foreign = Archive::create(place.folder.path()).expect_err("refuses");
    assert_eq!(foreign.code(), "archive.root_foreign");
    assert_ne!(foreign.message(Lang::Vi), foreign.message(Lang::En));

    fs::remove_file(place.root().join("0=ocfl_1.1")).expect("removes");
    assert_eq!(open(place.root(), &place.staging()), "archive.root_invalid");
    Archive::create(place.root()).expect("finishes what a crash left");
    Archive::open(place.root(), &place.staging()).expect("opens");
    fs::write(place.root().join("ocfl_layout.json"), "{}").expect("writes");
    assert_eq!(open(place.root(), &place.staging()), "archive.root_invalid");
}

#[test]
fn the_inventory_reads_as_it_was_written() {
    let place = Place::new();
    let object = archive_one(&place, 1);
    let bytes = fs::read(object.folder().join(INVENTORY)).expect("reads");
    let text = String::from_utf8(bytes.clone()).expect("UTF-8");
    for part in [
        "\"id\": \"urn:uuid:",
        "\"head\": \"v1\"",
        "\"created\": \"2026-11-23T04:24:09.25Z\"",
        "\"digestAlgorithm\": \"sha512\"",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let parsed = Inventory::parse(&bytes).expect("parses");
    assert_eq!(parsed.to_bytes(), bytes);
    assert_eq!(parsed.contents().count(), 4);
    assert_eq!(parsed.sha256_fixity().count(), 4);
}

#[test]
fn damaged_inventories_are_refused_or_read_but_never_end_the_program() {
    let place = Place::new();
    let bytes = fs::read(archive_one(&place, 1).folder().join(INVENTORY)).expect("reads");
    for at in 0..bytes.len() {
        assert!(
            Inventory::parse(&bytes[..at]).is_err() || at + 1 == bytes.len(),
            "cut at {at}"
        );
        for other in *b"\0\"{}/.v90" {
            let mut damaged = bytes.clone();
            damaged[at] = other;
            let _ = Inventory::parse(&damaged);
        }
    }
}

#[test]
fn every_error_speaks_both_languages() {
    let io = || std::io::Error::other("cause");
    let path = || PathBuf::from("/kho");
    let errors = [
        ArchiveError::Unreadable {
            path: path(),
            source: io(),
        },
        ArchiveError::RootInvalid {
            root: path(),
            fault: RootFault::Missing("0=ocfl_1.1"),
        },
        ArchiveError::RootForeign { path: path() },
        ArchiveError::StagingUnfit { staging: path() },
        ArchiveError::ObjectInvalid {
            folder: path(),
            fault: InventoryFault::new("E063", "no inventory"),
        },
        ArchiveError::DescriptionInvalid {
            record: record(1),
            detail: "cut".to_owned(),
        },
        ArchiveError::AlreadyArchived { record: record(1) },
        ArchiveError::NotArchived { record: record(1) },
        ArchiveError::RevisionUnderWay { record: record(1) },
        ArchiveError::RevisionInvalid {
            record: record(1),
            detail: "E095".to_owned(),
        },
        ArchiveError::NotAdopted { path: path() },
        ArchiveError::LogicalPath("..".parse::<LogicalPath>().expect_err("leaves")),
    ];
    let mut codes: Vec<_> = errors.iter().map(Explain::code).collect();
    for error in &errors {
        let message = error.message(Lang::Vi);
        assert_ne!(message, error.message(Lang::En));
        assert!(message.ends_with('.') && !message.is_ascii(), "{message}");
        let advice = error.advice(Lang::Vi);
        assert!(advice.ends_with('.') && !advice.is_ascii(), "{advice}");
        assert_eq!(
            error.is_retryable(),
            error.exit_code() == crate::record::ExitCode::Environment
        );
    }
    codes.dedup();
    assert_eq!(codes.len(), errors.len());
}

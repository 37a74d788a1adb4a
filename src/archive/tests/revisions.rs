//! A new version comes into place whole or not at all, and what a crash leaves of it is finished.

use super::*;
use crate::record::Sha512Digest;

const TEXT: &[u8] = "Giấy khai sinh\u{c}".as_bytes();

/// Adds a text and another description.
fn revise(place: &Place, seed: u8) -> Result<ArchivedObject, ArchiveError> {
    let mut staged = place.archive.revise(record(seed))?;
    staged.write("text.txt", TEXT)?;
    staged.write("record.json", b"{\"text\":\"text.txt\"}")?;
    commit_version(staged)
}

fn commit_version(staged: StagedVersion<'_>) -> Result<ArchivedObject, ArchiveError> {
    let created = "2026-11-24T01:00:00Z".parse().expect("timestamp");
    staged.commit(created, "text read later", &user())
}

fn object(place: &Place, seed: u8) -> ArchivedObject {
    let found = place.archive.reader().object(record(seed)).expect("reads");
    found.expect("is there")
}

fn head(place: &Place, seed: u8) -> String {
    object(place, seed).inventory().head().to_string()
}

fn content(object: &ArchivedObject, logical: &str) -> Vec<u8> {
    fs::read(object.content_path(logical).expect("has it")).expect("reads")
}

/// Every file of an object's folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    let entries = walk.into_iter().map(|entry| entry.expect("entry"));
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("inside");
            (path.to_owned(), fs::read(entry.path()).expect("reads"))
        })
        .collect()
}

/// How far a revision came before the crash.
#[derive(Debug, Clone, Copy)]
enum Crash {
    VersionAhead,
    SidecarBehind,
}

/// Makes a second version and takes back what a crash would not have done.
fn crash(place: &Place, at: Crash) -> ArchivedObject {
    let first = archive_one(place, 1);
    let old = [INVENTORY, SIDECAR].map(|name| fs::read(first.folder().join(name)).expect("reads"));
    revise(place, 1).expect("commits");
    let put = |name: &str, bytes| fs::write(first.folder().join(name), bytes).expect("writes");
    let [inventory, sidecar] = old;
    put(SIDECAR, sidecar);
    if let Crash::VersionAhead = at {
        put(INVENTORY, inventory);
    }
    fs::create_dir(place.staging().join(format!("{}.revision", record(1)))).expect("a trace");
    first
}

#[test]
fn a_new_version_shows_the_new_files_and_all_others() {
    let place = Place::new();
    let first = archive_one(&place, 1);
    let before = files(first.folder());
    let mut staged = place.archive.revise(record(1)).expect("begins");
    assert_eq!(staged.base().inventory(), first.inventory());
    staged
        .write("record.json", b"{\"kind\":1}")
        .expect("writes");
    let digests = staged.write("text.txt", TEXT).expect("writes");
    assert_eq!(
        (digests.bytes, digests.sha512),
        (TEXT.len() as u64, Sha512Digest::of(TEXT))
    );
    let made = commit_version(staged).expect("commits");
    let read = object(&place, 1);
    assert_eq!(read.inventory(), made.inventory());
    assert_eq!(head(&place, 1), "v2");
    assert_eq!(content(&read, "text.txt"), TEXT);
    assert_eq!(content(&read, "record.json"), b"{\"kind\":1}");
    assert_eq!(content(&read, "original/0002.jpg"), b"scan");
    let names: Vec<_> = read
        .inventory()
        .files()
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(names.len(), 5);
    assert_eq!(
        read.inventory().sha256_fixity().count(),
        read.inventory().contents().count()
    );
    let after = files(first.folder());
    for (path, bytes) in before.iter().filter(|(path, _)| path.starts_with("v1")) {
        assert!(after.contains(&(path.clone(), bytes.clone())), "{path:?}");
    }
    assert_eq!(entries(&place.staging()), 0, "nothing stays behind");
}

#[test]
fn bytes_that_the_object_holds_are_not_stored_again() {
    let place = Place::new();
    let first = archive_one(&place, 1);
    let mut staged = place.archive.revise(record(1)).expect("begins");
    staged.write("again.jpg", b"scan").expect("writes");
    commit_version(staged).expect("commits");
    let second: Vec<_> = files(&first.folder().join("v2"))
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(second, [Path::new(INVENTORY), Path::new(SIDECAR)]);
    assert_eq!(content(&object(&place, 1), "again.jpg"), b"scan");
    // Back to an older state of a file, in a third version.
    revise(&place, 1).expect("commits");
    let mut staged = place.archive.revise(record(1)).expect("begins");
    staged.write("record.json", b"{}").expect("writes");
    let fourth = commit_version(staged).expect("commits");
    assert_eq!(fourth.inventory().head().to_string(), "v4");
    assert_eq!(content(&object(&place, 1), "record.json"), b"{}");
    assert!(!first.folder().join("v4/content").exists());
}

#[test]
fn what_changes_nothing_makes_no_version() {
    let place = Place::new();
    archive_one(&place, 1);
    for _ in 0..2 {
        assert_eq!(
            revise(&place, 1).expect("commits").inventory().head(),
            object(&place, 1).inventory().head()
        );
        assert_eq!(head(&place, 1), "v2");
    }
    commit_version(place.archive.revise(record(1)).expect("begins")).expect("nothing to do");
    assert_eq!(head(&place, 1), "v2");
    assert_eq!(entries(&place.staging()), 0);
}

#[test]
fn only_what_is_archived_can_be_revised() {
    let place = Place::new();
    let error = place.archive.revise(record(1)).expect_err("nothing there");
    assert_eq!(error.code(), "archive.not_archived");
    assert_eq!(entries(&place.staging()), 0);
}

#[test]
fn a_version_that_no_object_may_have_is_refused() {
    let place = Place::new();
    let first = archive_one(&place, 1);
    let before = files(first.folder());
    let refused = |write: &dyn Fn(&mut StagedVersion<'_>) -> Result<(), ArchiveError>| {
        let mut staged = place.archive.revise(record(1)).expect("begins");
        let error = write(&mut staged).and_then(|()| commit_version(staged).map(|_| ()));
        error.expect_err("refused").code()
    };
    let twice = refused(&|staged| {
        staged.write("text.txt", b"1")?;
        staged.write("text.txt", b"2").map(|_| ())
    });
    assert_eq!(twice, "archive.revision_invalid");
    let below_a_file = refused(&|staged| staged.write("document.pdf/x", b"1").map(|_| ()));
    assert_eq!(below_a_file, "archive.revision_invalid");
    let outside = refused(&|staged| staged.write("../x", b"1").map(|_| ()));
    assert_eq!(outside, "archive.logical_path");
    let stray = refused(&|staged| {
        staged.write("text.txt", b"1")?;
        let staged = place.staging().join(format!("{}.revision", record(1)));
        fs::write(staged.join("v2/content/half"), b"").expect("writes");
        Ok(())
    });
    assert_eq!(stray, "archive.not_adopted");
    assert_eq!(files(first.folder()), before);
    assert_eq!(entries(&place.staging()), 0);
}

#[test]
fn a_dropped_version_leaves_nothing_and_what_a_dead_process_staged_goes() {
    let place = Place::new();
    archive_one(&place, 1);
    let stage = || {
        let mut staged = place.archive.revise(record(1)).expect("begins");
        staged.write("text.txt", b"half").expect("writes");
        staged
    };
    drop(stage());
    assert_eq!(entries(&place.staging()), 0);
    let job = place.staging().join(format!("{}.revision", record(1)));
    let lock = place.staging().join(format!("{}.lock", record(1)));
    fs::create_dir_all(job.join("v2/content")).expect("makes");
    fs::write(job.join("v2/content/text.txt"), b"other").expect("writes");
    fs::write(lock, b"").expect("writes");
    place
        .archive
        .discard_staged_unless(|_| false)
        .expect("sweeps");
    assert!(job.is_dir(), "it tells which object to look at");
    let left = place.archive.interrupted_revisions().expect("lists");
    assert_eq!(left, [record(1)]);
    let settled = place
        .archive
        .finish_interrupted(record(1))
        .expect("finishes");
    assert_eq!(settled.inventory().head(), VersionNumber::FIRST);
    assert_eq!(entries(&place.staging()), 0);
    revise(&place, 1).expect("commits");
}

#[test]
fn an_interrupted_revision_reads_as_old_or_new_and_is_finished() {
    for (at, reads_as) in [(Crash::VersionAhead, "v1"), (Crash::SidecarBehind, "v2")] {
        let place = Place::new();
        let first = crash(&place, at);
        assert_eq!(head(&place, 1), reads_as, "{at:?}");
        assert!(place.archive.contains(record(1)).expect("looks"));
        assert_eq!(content(&object(&place, 1), "document.pdf"), b"%PDF");
        assert_eq!(
            place.archive.interrupted_revisions().expect("lists"),
            [record(1)]
        );
        for _ in 0..2 {
            let finished = place
                .archive
                .finish_interrupted(record(1))
                .expect("finishes");
            assert_eq!(finished.inventory(), object(&place, 1).inventory());
            assert_eq!(content(&finished, "text.txt"), TEXT);
            let root = fs::read(first.folder().join(INVENTORY)).expect("reads");
            let version = fs::read(first.folder().join("v2").join(INVENTORY)).expect("reads");
            assert_eq!(root, version);
            assert_eq!(entries(&place.staging()), 0);
        }
    }
}

#[test]
fn a_revision_goes_on_from_an_interrupted_one() {
    for at in [Crash::VersionAhead, Crash::SidecarBehind] {
        let place = Place::new();
        crash(&place, at);
        assert_eq!(
            revise(&place, 1).expect("the same again").inventory(),
            object(&place, 1).inventory()
        );
        assert_eq!(head(&place, 1), "v2", "{at:?}: not done twice");
        let mut staged = place.archive.revise(record(1)).expect("begins");
        assert_eq!(content(staged.base(), "text.txt"), TEXT);
        staged.write("text.txt", b"better").expect("writes");
        commit_version(staged).expect("commits");
        assert_eq!(head(&place, 1), "v3");
    }
}

#[test]
fn what_proves_no_interrupted_revision_is_damage() {
    let damages: [(&str, &[Crash]); 6] = [
        (
            "v2/inventory.json",
            &[Crash::VersionAhead, Crash::SidecarBehind],
        ),
        (
            "v2/inventory.json.sha512",
            &[Crash::VersionAhead, Crash::SidecarBehind],
        ),
        (
            "v1/inventory.json",
            &[Crash::VersionAhead, Crash::SidecarBehind],
        ),
        ("v2/content/text.txt", &[Crash::VersionAhead]),
        (
            "inventory.json",
            &[Crash::VersionAhead, Crash::SidecarBehind],
        ),
        (
            "inventory.json.sha512",
            &[Crash::VersionAhead, Crash::SidecarBehind],
        ),
    ];
    for (file, crashes) in damages {
        for at in crashes {
            for remove in [false, true] {
                let place = Place::new();
                let first = crash(&place, *at);
                let path = first.folder().join(file);
                if remove {
                    fs::remove_file(&path).expect("removes");
                } else {
                    let mut bytes = fs::read(&path).expect("reads");
                    bytes[4] ^= 1;
                    fs::write(&path, bytes).expect("writes");
                }
                let before = files(first.folder());
                let error = place.archive.finish_interrupted(record(1)).expect_err(file);
                assert_eq!(error.code(), "archive.object_invalid", "{file} {at:?}");
                assert_eq!(
                    files(first.folder()),
                    before,
                    "{file} {at:?}: left as it is"
                );
                let error = place.archive.revise(record(1)).expect_err(file);
                assert_eq!(error.code(), "archive.object_invalid", "{file} {at:?}");
            }
        }
    }
}

#[test]
fn a_strange_folder_in_the_place_of_the_next_version_is_not_taken_for_one() {
    let place = Place::new();
    let first = archive_one(&place, 1);
    archive_one(&place, 2);
    fs::create_dir(first.folder().join("v2")).expect("makes");
    let error = place.archive.revise(record(1)).expect_err("refuses");
    assert!(error.to_string().contains("E046"), "{error}");
    // The whole version of another object.
    let second = revise(&place, 2).expect("commits");
    for name in [INVENTORY, SIDECAR] {
        let to = first.folder().join("v2").join(name);
        fs::copy(second.folder().join("v2").join(name), to).expect("copies");
    }
    let error = place.archive.revise(record(1)).expect_err("refuses");
    assert!(error.to_string().contains("E046"), "{error}");
    assert_eq!(head(&place, 1), "v1", "and it can be read all the same");
}

#[test]
fn of_two_who_revise_one_record_one_is_told_to_come_again() {
    let place = Place::new();
    archive_one(&place, 1);
    archive_one(&place, 2);
    let mut staged = place.archive.revise(record(1)).expect("begins");
    staged.write("text.txt", TEXT).expect("writes");
    for error in [
        place.archive.revise(record(1)).expect_err("taken"),
        place
            .archive
            .finish_interrupted(record(1))
            .expect_err("taken"),
    ] {
        assert_eq!(error.code(), "archive.revision_under_way");
        assert!(error.is_retryable());
    }
    revise(&place, 2).expect("another record is free");
    assert_eq!(
        place.archive.interrupted_revisions().expect("lists"),
        [record(1)],
        "a living one cannot be told from a dead one by its name"
    );
    commit_version(staged).expect("commits");
    revise(&place, 1).expect("free again");
    assert_eq!(entries(&place.staging()), 0);
}

#[test]
fn many_threads_revise_one_record_and_none_is_lost() {
    let place = Place::new();
    archive_one(&place, 1);
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let archive = &place.archive;
            scope.spawn(move || {
                for number in 0..5 {
                    let mut staged = loop {
                        match archive.revise(record(1)) {
                            Ok(staged) => break staged,
                            Err(error) => assert!(error.is_retryable(), "{error}"),
                        }
                    };
                    let path = format!("note-{worker}-{number}.txt");
                    staged.write(&path, path.as_bytes()).expect("writes");
                    commit_version(staged).expect("commits");
                    // Whoever reads meanwhile sees a whole object.
                    let object = archive.reader().object(record(1)).expect("reads");
                    let object = object.expect("is there");
                    assert_eq!(content(&object, &path), path.as_bytes());
                }
            });
        }
    });
    assert_eq!(head(&place, 1), "v21");
    assert_eq!(object(&place, 1).inventory().files().count(), 4 + 20);
    assert_eq!(entries(&place.staging()), 0);
}

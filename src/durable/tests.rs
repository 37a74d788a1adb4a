//! What is there after each function, and what is left alone.

use std::os::unix::fs::symlink;

use super::*;
use crate::record::{Explain, Lang, Sha256Digest};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("lists")
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_file_is_written_once_and_never_over_another() {
    let folder = folder();
    let path = folder.path().join("a");
    write_new(&path, b"one").expect("writes");
    write_new(&path, b"one").expect("the same bytes again");
    for other in [&b"two"[..], b"on", b"one more"] {
        let error = write_new(&path, other).expect_err("other bytes");
        assert_eq!(
            (error.cause(), error.is_retryable()),
            (Cause::Exists, false)
        );
    }
    assert_eq!(fs::read(&path).expect("reads"), b"one");
    assert_eq!(names(folder.path()), ["a"], "no temporary file stays");
}

#[test]
fn a_replaced_file_has_the_new_bytes() {
    let folder = folder();
    let path = folder.path().join("a");
    replace(&path, b"one").expect("writes");
    replace(&path, b"two").expect("replaces");
    // A crash left a part of the same receipt.
    fs::write(folder.path().join(".sohoa-7.part"), b"th").expect("writes");
    replace_keyed(&path, "7", b"two").expect("replaces");
    assert_eq!(fs::read(&path).expect("reads"), b"two");
    assert_eq!(names(folder.path()), ["a"]);
    let staged = folder.path().join("b");
    stage_bytes(&staged, b"three").expect("stages");
    rename_over(&staged, &path).expect("renames");
    assert_eq!(fs::read(&path).expect("reads"), b"three");
    assert_eq!(names(folder.path()), ["a"]);
    let error = rename_over(&staged, &path).expect_err("nothing to rename");
    assert_eq!(error.action, Action::Rename);
    assert_eq!(fs::read(&path).expect("reads"), b"three");
}

#[test]
fn a_name_as_long_as_the_file_system_allows_can_be_written() {
    let folder = folder();
    let path = folder.path().join("a".repeat(255));
    write_new(&path, b"one").expect("writes");
    replace(&path, b"two").expect("replaces");
}

#[test]
fn a_copy_is_digested_and_refuses_links_and_taken_names() {
    let folder = folder();
    let (source, path) = (folder.path().join("source"), folder.path().join("copy"));
    let bytes = vec![7; 3 * COPY_BUFFER_BYTES + 1];
    fs::write(&source, &bytes).expect("writes");
    for _ in 0..2 {
        let digests = copy_new(&source, &path).expect("copies, also a second time");
        assert_eq!(digests.sha256, Sha256Digest::of(&bytes));
        assert_eq!(digests.bytes, bytes.len() as u64);
    }
    fs::write(&source, b"changed").expect("writes");
    assert_eq!(
        copy_new(&source, &path).expect_err("taken").cause(),
        Cause::Exists
    );
    assert_eq!(fs::read(&path).expect("reads"), bytes);

    symlink(&source, folder.path().join("link")).expect("links");
    let error = copy_new(&folder.path().join("link"), &folder.path().join("b")).expect_err("link");
    assert_eq!(error.action, Action::Read);
    assert_eq!(names(folder.path()), ["copy", "link", "source"]);
}

#[test]
fn a_move_takes_no_name_over() {
    let folder = folder();
    let (source, path) = (
        folder.path().join("source"),
        folder.path().join("sub/moved"),
    );
    create_folders(&folder.path().join("sub")).expect("makes the folder");
    fs::write(&source, b"one").expect("writes");
    move_new(&source, &path).expect("moves");
    fs::write(&source, b"two").expect("writes");
    assert_eq!(
        move_new(&source, &path).expect_err("taken").cause(),
        Cause::Exists
    );
    assert_eq!(fs::read(&path).expect("reads"), b"one");
    assert_eq!(fs::read(&source).expect("still there"), b"two");
}

#[test]
fn a_move_to_another_file_system_leaves_the_copy_only() {
    let (here, there) = (folder(), Path::new("/dev/shm"));
    let Ok(there) = tempfile::tempdir_in(there) else {
        return;
    };
    let (source, path) = (here.path().join("source"), there.path().join("moved"));
    fs::write(&source, b"one").expect("writes");
    move_new(&source, &path).expect("moves");
    assert_eq!(fs::read(&path).expect("reads"), b"one");
    assert!(!source.exists());
    assert_eq!(names(there.path()), ["moved"]);
}

#[test]
fn without_the_flag_names_are_not_taken_over_either() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    for name in ["file", "taken"] {
        fs::write(at(name), name).expect("writes");
    }
    assert!(rename_without_flag(&at("file"), &at("taken")).is_err());
    rename_without_flag(&at("file"), &at("free")).expect("renames");
    for name in ["x", "y"] {
        fs::create_dir(at(name)).expect("makes the folder");
        fs::write(at(name).join("content"), name).expect("writes");
    }
    assert!(rename_without_flag(&at("x"), &at("y")).is_err());
    rename_without_flag(&at("x"), &at("z")).expect("renames");
    assert_eq!(names(folder.path()), ["free", "taken", "y", "z"]);
}

#[test]
fn removing_what_is_gone_is_no_error() {
    let folder = folder();
    let tree = folder.path().join("a");
    create_folders(&tree.join("b/c")).expect("makes the folders");
    create_folders(&tree.join("b/c")).expect("they are there already");
    stage_bytes(&tree.join("b/file"), b"x").expect("writes");
    sync_tree(&tree).expect("syncs");
    for _ in 0..2 {
        remove_tree(&tree).expect("removes");
        remove_file(&tree).expect("nothing to remove");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn leftovers_of_a_crash_are_swept_and_nothing_else() {
    let folder = folder();
    let (_, file) = create_temporary(&folder.path().join("a")).expect("creates");
    drop(file);
    write_new(&folder.path().join("scan.part"), b"somebody else's").expect("writes");
    remove_temporaries(folder.path()).expect("sweeps");
    assert_eq!(names(folder.path()), ["scan.part"]);
}

#[test]
fn every_cause_is_told_in_both_languages() {
    let causes = [
        (io::ErrorKind::StorageFull, "durable.disk_full"),
        (io::ErrorKind::QuotaExceeded, "durable.disk_full"),
        (io::ErrorKind::ReadOnlyFilesystem, "durable.read_only"),
        (io::ErrorKind::PermissionDenied, "durable.permission"),
        (io::ErrorKind::AlreadyExists, "durable.exists"),
        (io::ErrorKind::TimedOut, "durable.failed"),
    ];
    for (kind, code) in causes {
        let error = failed(Action::Write, Path::new("/kho/a"))(kind.into());
        assert_eq!(error.code(), code);
        for lang in [Lang::Vi, Lang::En] {
            assert!(error.message(lang).contains("/kho/a"), "{code}");
            assert!(error.advice(lang).ends_with('.'), "{code}");
        }
        assert_ne!(error.message(Lang::Vi), error.message(Lang::En));
    }
}

//! Refuses an unsafe start: folders that are missing, not writable, links, or inside one another.
//!
//! Only looks, and writes one empty file a folder that it removes again; none into the archive, where
//! a verification that runs meanwhile, or after a kill, would find it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::replica::require_apart;
use super::{Config, ConfigError, FolderFault};

/// Checks the folders that the journey moves files through.
///
/// # Errors
/// [`ConfigError::Folder`] names the first folder that cannot be used, and why.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    let folders = &config.folders;
    let all = [
        &folders.inbox,
        &folders.outbox,
        &folders.work,
        &folders.quarantine,
        &folders.archive,
    ];
    let mut resolved: Vec<(PathBuf, u64)> = Vec::with_capacity(all.len());
    for path in all {
        let place = usable(path).map_err(refused(path))?;
        let writable = if path == &folders.archive {
            access(path, Access::WRITE_OK | Access::EXEC_OK).map_err(Into::into)
        } else {
            try_to_write(path)
        };
        writable.map_err(|error| refused(path)(FolderFault::NotWritable(error)))?;
        resolved.push(place);
    }
    for (number, (inner, _)) in resolved.iter().enumerate() {
        let mut others = resolved.iter().enumerate();
        let around =
            others.find(|(other, (outer, _))| *other != number && inner.starts_with(outer));
        if let Some((_, (outer, _))) = around {
            return Err(refused(inner)(FolderFault::Inside(outer.clone())));
        }
    }
    replicas_lie_apart(config)?;
    let [_, _, (work, device), movable @ ..] = resolved.as_slice() else {
        return Ok(());
    };
    // A record enters the archive, and a job the quarantine, by one rename.
    match movable.iter().find(|(_, other)| other != device) {
        Some((path, _)) => Err(refused(path)(FolderFault::OtherFileSystem(work.clone()))),
        None => Ok(()),
    }
}

/// By real paths: a link must not lead a copy into what it is a copy of. One that is away is no trouble.
fn replicas_lie_apart(config: &Config) -> Result<(), ConfigError> {
    let folders = &config.folders;
    let own = [&config.data_folder, &folders.archive, &folders.work];
    let mut real = Vec::new();
    for path in own.into_iter().chain([&config.ledger.folder]) {
        real.extend(fs::canonicalize(path));
    }
    for replica in &config.replicas {
        let Ok(path) = fs::canonicalize(&replica.path) else {
            continue;
        };
        require_apart(&path, real.iter().map(PathBuf::as_path))?;
        real.push(path);
    }
    Ok(())
}

/// The folder's real path and its device.
fn usable(path: &Path) -> Result<(PathBuf, u64), FolderFault> {
    let metadata = fs::symlink_metadata(path).map_err(FolderFault::Unreadable)?;
    if metadata.is_symlink() {
        return Err(FolderFault::Link);
    }
    if !metadata.is_dir() {
        return Err(FolderFault::NotAFolder);
    }
    fs::read_dir(path).map_err(FolderFault::Unreadable)?;
    let real = fs::canonicalize(path).map_err(FolderFault::Unreadable)?;
    Ok((real, metadata.dev()))
}

/// Makes a file and removes it. Its name is always the same, so that what a kill leaves goes with the
/// next start; another process that is at it too is no trouble.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let probe = folder.join(".sohoa-preflight.part");
    let remove = || match fs::remove_file(&probe) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    remove()?;
    match fs::File::create_new(&probe) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => remove(),
    }
}

fn refused(path: &Path) -> impl FnOnce(FolderFault) -> ConfigError {
    let path = path.to_owned();
    |fault| ConfigError::Folder { path, fault }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const FOLDERS: [&str; 5] = ["inbox", "outbox", "work", "quarantine", "archive"];

    fn data_folder() -> tempfile::TempDir {
        let data = tempfile::tempdir().expect("a folder");
        for folder in FOLDERS {
            fs::create_dir(data.path().join(folder)).expect("folder");
        }
        data
    }

    fn checked(data: &Path, folders: &str) -> Result<(), String> {
        let file = data.join("sohoa.toml");
        let text = format!("[agency]\nname = \"UBND xã Thử Nghiệm\"\n[folders]\n{folders}\n");
        fs::write(&file, text).expect("writes");
        let config = Config::load(&file).expect("valid");
        check(&config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_new_data_folder_is_fine_and_nothing_is_left_in_it() {
        let data = data_folder();
        assert_eq!(checked(data.path(), ""), Ok(()));
        // As a kill may leave it, and as a station with ideas may lay a trap.
        let probe = |folder: &str| data.path().join(folder).join(".sohoa-preflight.part");
        fs::write(data.path().join("precious"), "kept").expect("writes");
        fs::write(probe("outbox"), "").expect("writes");
        symlink(data.path().join("precious"), probe("inbox")).expect("links");
        assert_eq!(checked(data.path(), ""), Ok(()));
        for folder in FOLDERS {
            let entries = fs::read_dir(data.path().join(folder)).expect("lists");
            assert_eq!(entries.count(), 0, "{folder}");
        }
        let precious = fs::read(data.path().join("precious")).expect("reads");
        assert_eq!(precious, b"kept");
    }

    #[test]
    fn every_folder_must_be_a_real_one() {
        for folder in FOLDERS {
            let data = data_folder();
            let path = data.path().join(folder);
            fs::remove_dir(&path).expect("removes");
            assert!(checked(data.path(), "").is_err(), "{folder} missing");
            fs::write(&path, "").expect("writes");
            assert!(
                checked(data.path(), "")
                    .expect_err("a file")
                    .contains("not a folder")
            );
            fs::remove_file(&path).expect("removes");
            fs::create_dir(data.path().join("elsewhere")).expect("folder");
            symlink(data.path().join("elsewhere"), &path).expect("links");
            assert!(
                checked(data.path(), "")
                    .expect_err("a link")
                    .contains("link")
            );
        }
    }

    #[test]
    fn no_folder_lies_inside_another_however_it_is_called() {
        let data = data_folder();
        fs::create_dir(data.path().join("inbox/work")).expect("folder");
        symlink(data.path().join("inbox"), data.path().join("alias")).expect("links");
        for folders in [
            "work = \"inbox/work\"",
            "work = \"alias/work\"",
            "work = \"outbox/../inbox/work\"",
            "work = \"inbox\"",
            "quarantine = \"archive\"",
            "inbox = \".\"",
        ] {
            let error = checked(data.path(), folders).expect_err(folders);
            assert!(error.contains("inside"), "{error}");
        }
    }

    #[test]
    fn a_link_leads_no_replica_into_the_data_folder() {
        let (data, other) = (data_folder(), tempfile::tempdir().expect("a folder"));
        let replica = |path: &Path| format!("[replica.a]\npath = \"{}\"", path.display());
        fs::create_dir(data.path().join("copy")).expect("folder");
        let link = other.path().join("copy");
        symlink(data.path().join("copy"), &link).expect("links");
        let error = checked(data.path(), &replica(&link)).expect_err("inside");
        assert!(error.contains("inside"), "{error}");
        let away = other.path().join("not-mounted");
        assert_eq!(checked(data.path(), &replica(&away)), Ok(()));
        assert_eq!(checked(data.path(), &replica(other.path())), Ok(()));
    }

    #[test]
    fn work_and_archive_share_a_file_system() {
        let data = data_folder();
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
            return; // no second file system here
        };
        let folders = format!("archive = \"{}\"", other.path().display());
        let error = checked(data.path(), &folders).expect_err("two file systems");
        assert!(error.contains("file system"), "{error}");
        let folders = format!("inbox = \"{}\"", other.path().display());
        assert_eq!(
            checked(data.path(), &folders),
            Ok(()),
            "a share mounted apart"
        );
    }
}

//! What `work/` says: which batches are claimed, who works on them, whose turn it is to commit.
//!
//! The journal is the folder itself: a job's folder with `job.json` is a claimed batch, `reason.json`
//! in it a decided refusal, and an object of the same number in the archive a finished one. Locks are
//! the operating system's (`flock`), so a crash releases them and a stale file means nothing.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, JourneyError};

/// Only one process and one thread at a time moves a record into the archive, so that two drops of
/// the same content cannot both find that it is not there yet.
pub struct CommitTurn {
    _lock: File,
}

impl CommitTurn {
    /// Waits for the turn.
    ///
    /// # Errors
    /// The lock file cannot be made.
    pub fn take(work: &Path) -> Result<Self, Error> {
        let path = work.join("commit.lock");
        let lock = open_lock(&path)?;
        lock.lock().map_err(|source| JourneyError::Io { path, source })?;
        Ok(Self { _lock: lock })
    }
}

/// One daemon a data folder.
pub struct DaemonLock {
    _lock: File,
}

impl DaemonLock {
    /// Takes the folder for this process.
    ///
    /// # Errors
    /// [`JourneyError::AlreadyRunning`] when another process has it.
    pub fn take(work: &Path) -> Result<Self, Error> {
        let path = work.join("daemon.lock");
        let lock = open_lock(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JourneyError::AlreadyRunning { work: work.to_owned() }.into()),
            Err(TryLockError::Error(source)) => Err(JourneyError::Io { path, source }.into()),
        }
    }
}

/// The folders of all claimed batches, oldest first.
///
/// # Errors
/// `work/` cannot be read.
pub fn job_folders(work: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source: io::Error| JourneyError::Io { path: work.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(work).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_job = entry.file_name().to_str().is_some_and(|name| name.parse::<crate::record::RecordId>().is_ok());
        if is_job {
            folders.push(entry.path());
        }
    }
    // Version 7 UUIDs sort by the time of the claim.
    folders.sort();
    Ok(folders)
}

fn open_lock(path: &Path) -> Result<File, JourneyError> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| JourneyError::Io { path: path.to_owned(), source })
}

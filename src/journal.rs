//! Whose turn it is in `work/`: one daemon a data folder, one commit at a time.
//!
//! The rest of the journal is the folder itself: a job's folder with `job.json` is a claimed batch
//! ([`crate::capture::jobs`]), and an object of the same number in the archive is a finished one. Locks
//! are the operating system's (`flock`): a crash releases them and a stale file means nothing.

use std::fs::{File, TryLockError};
use std::path::Path;

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
        lock.lock()
            .map_err(|source| JourneyError::Io { path, source })?;
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
            Err(TryLockError::WouldBlock) => Err(JourneyError::AlreadyRunning {
                work: work.to_owned(),
            }
            .into()),
            Err(TryLockError::Error(source)) => Err(JourneyError::Io { path, source }.into()),
        }
    }
}

fn open_lock(path: &Path) -> Result<File, JourneyError> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| JourneyError::Io {
            path: path.to_owned(),
            source,
        })
}

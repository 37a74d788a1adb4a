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

/// One daemon a data folder, and one that moves files through each of its folders.
pub struct DaemonLock {
    _locks: Vec<File>,
}

impl DaemonLock {
    /// Takes `work` for this process, and `others`: two configurations may share an inbox or an archive and
    /// have work folders of their own.
    ///
    /// # Errors
    /// [`JourneyError::AlreadyRunning`] when another process has one of them.
    pub fn take(work: &Path, others: &[&Path]) -> Result<Self, Error> {
        let path = work.join("daemon.lock");
        let lock = open_lock(&path)?;
        let mut locks = vec![];
        match lock.try_lock() {
            Ok(()) => locks.push(lock),
            Err(TryLockError::WouldBlock) => return Err(already_running(work)),
            Err(TryLockError::Error(source)) => {
                return Err(JourneyError::Io { path, source }.into());
            }
        }
        for folder in others {
            // The folder itself is locked, so that nothing of ours lies in it.
            let open = |source| JourneyError::Io {
                path: (*folder).to_owned(),
                source,
            };
            let lock = File::open(folder).map_err(open)?;
            match lock.try_lock() {
                Ok(()) => locks.push(lock),
                Err(TryLockError::WouldBlock) => return Err(already_running(folder)),
                Err(TryLockError::Error(error)) => {
                    // Shares of other machines often cannot; `work` is on a disk of this one.
                    tracing::debug!(%error, "this file system locks no folders");
                }
            }
        }
        Ok(Self { _locks: locks })
    }
}

/// One process at a time makes the night's run: the daemon, or somebody at the keyboard.
pub struct NightTurn {
    _lock: File,
}

impl NightTurn {
    /// Takes the turn, and waits for nobody.
    ///
    /// # Errors
    /// [`JourneyError::NightUnderWay`] when another process has it.
    pub fn take(work: &Path) -> Result<Self, Error> {
        let path = work.join("nightly.lock");
        let lock = open_lock(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(JourneyError::NightUnderWay.into()),
            Err(TryLockError::Error(source)) => Err(JourneyError::Io { path, source }.into()),
        }
    }
}

fn already_running(folder: &Path) -> Error {
    let work = folder.to_owned();
    JourneyError::AlreadyRunning { work }.into()
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

//! A result outside the data folder: made in a hidden folder beside its place, then given its name by one
//! rename, so that nobody ever sees half of it.
//!
//! A crash leaves the hidden folder behind; the next try for the same output clears it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::ReuseError;
use crate::durable;
use crate::record::Sha256Digest;

/// A folder to make an output in. Removed with the value.
pub(super) struct Stage {
    folder: PathBuf,
    /// Held so that a second process with the same output waits its turn.
    _lock: File,
}

impl Stage {
    /// A stage for an output that is not there yet.
    pub(super) fn beside(out: &Path) -> Result<Self, ReuseError> {
        let io = |source| ReuseError::Io {
            path: out.to_owned(),
            source,
        };
        let out = std::path::absolute(out).map_err(io)?;
        if out.symlink_metadata().is_ok() {
            return Err(ReuseError::OutputExists { path: out });
        }
        let name = out.file_name().unwrap_or_default();
        let key = Sha256Digest::of(name.as_encoded_bytes()).to_string();
        let key = key.get(..16).unwrap_or(&key);
        let folder = out.with_file_name(format!(".sohoa-{key}.part"));
        durable::stage_folders(&folder)?;
        let lock = File::open(&folder).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ReuseError::Busy { path: out }),
            // A file system without locks: two at once meet at the rename, which lets one through.
            Err(TryLockError::Error(_)) => {}
        }
        let stage = Self {
            folder,
            _lock: lock,
        };
        stage.clear()?;
        Ok(stage)
    }

    /// What a crash left.
    fn clear(&self) -> Result<(), ReuseError> {
        let io = |source| ReuseError::Io {
            path: self.folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&self.folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_type().map_err(io)?.is_dir() {
                durable::remove_tree(&entry.path())?;
            } else {
                durable::remove_file(&entry.path())?;
            }
        }
        Ok(())
    }

    /// A place in the stage.
    pub(super) fn inside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Gives what is called `name` here its place; its bytes are synced already.
    pub(super) fn deliver(&self, name: &str, out: &Path) -> Result<(), ReuseError> {
        durable::rename_new(&self.inside(name), out).map_err(ReuseError::naming)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        durable::discard_tree(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_comes_whole_and_the_stage_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("out");
        let left_by_a_crash = {
            let stage = Stage::beside(&out).expect("a stage");
            let staged = stage.inside("old");
            std::mem::forget(stage);
            durable::stage_folders(&staged).expect("left");
            staged
        };
        // The forgotten lock is of this process, so it is another open file that asks.
        let error = Stage::beside(&out).map(drop).expect_err("locked");
        assert!(matches!(error, ReuseError::Busy { .. }), "{error}");
        let out = folder.path().join("other");
        let stage = Stage::beside(&out).expect("a stage");
        durable::stage_bytes(&stage.inside("a"), b"a").expect("written");
        stage.deliver("a", &out).expect("named");
        drop(stage);
        assert_eq!(std::fs::read(&out).expect("there"), b"a");
        let again = Stage::beside(&out).map(drop).expect_err("taken");
        assert!(matches!(again, ReuseError::OutputExists { .. }), "{again}");
        assert!(left_by_a_crash.exists());
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 2);
    }
}

//! A few rows that people keep, as one TOML file of the data folder, readable by its owner alone: who may use the desk,
//! which programs may use its interface.
//!
//! A file and no database: it has as many rows as the office has officers, a person can read it, and a backup of the
//! folder has it. It is written whole, synced, and renamed over the older one; a lock file keeps two commands apart.
//! Every change is a new file, so that the daemon sees it with the next request.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::AccountError;
use crate::durable;

const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What such a file holds.
pub(super) trait Rows: Default + Serialize + DeserializeOwned {
    /// One of them.
    type Row;
    /// The value of the member that says the format.
    const FORMAT: &'static str;

    /// That member.
    fn format(&mut self) -> &mut String;
    /// All rows, in the order in which they were made.
    fn rows(&mut self) -> &mut Vec<Self::Row>;
}

/// Says whether a file is still the one that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// What was read last, and of which file.
type Known<Row> = Option<(Stamp, Arc<Vec<Row>>)>;

/// The file.
pub(super) struct RowFile<R: Rows> {
    path: PathBuf,
    lock: PathBuf,
    read: Mutex<Known<R::Row>>,
}

impl<R: Rows> RowFile<R> {
    /// That of this name, whether it is there or not.
    pub(super) fn of(data_folder: &Path, name: &str) -> Self {
        let path = data_folder.join(name);
        Self {
            lock: path.with_extension("lock"),
            path,
            read: Mutex::new(None),
        }
    }

    /// All rows; none where there is no file.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of ours.
    pub(super) fn all(&self) -> Result<Arc<Vec<R::Row>>, AccountError> {
        let Some(stamp) = self.stamp()? else {
            return Ok(Arc::default());
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, rows)) = &*read
            && *known == stamp
        {
            return Ok(Arc::clone(rows));
        }
        let rows = Arc::new(std::mem::take(self.load()?.rows()));
        *read = Some((stamp, Arc::clone(&rows)));
        Ok(rows)
    }

    /// Changes them; nothing changes where `change` fails.
    ///
    /// # Errors
    /// That of `change`; the disk's.
    pub(super) fn change<E: From<AccountError>>(
        &self,
        change: impl FnOnce(&mut Vec<R::Row>) -> Result<(), E>,
    ) -> Result<(), E> {
        let unreadable = |source| AccountError::Unreadable {
            path: self.lock.clone(),
            source,
        };
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        let lock = options.open(&self.lock).map_err(unreadable)?;
        lock.lock().map_err(unreadable)?;
        let mut file = match self.stamp()? {
            Some(_) => self.load()?,
            None => R::default(),
        };
        change(file.rows())?;
        R::FORMAT.clone_into(file.format());
        Ok(self.write(&file)?)
    }

    fn write(&self, file: &R) -> Result<(), AccountError> {
        let text = toml::to_string_pretty(file).map_err(|_| self.malformed("unwritable"))?;
        // Beside it and never read: what a crash left goes first, the lock is ours.
        let new = self.path.with_extension("toml.new");
        durable::remove_file(&new)?;
        durable::write_new_private(&new, text.as_bytes())?;
        Ok(durable::rename_over(&new, &self.path)?)
    }

    fn stamp(&self) -> Result<Option<Stamp>, AccountError> {
        match fs::symlink_metadata(&self.path) {
            Ok(metadata) => Ok(Some(Stamp {
                inode: metadata.ino(),
                bytes: metadata.len(),
                modified: (metadata.mtime(), metadata.mtime_nsec()),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.unreadable(source)),
        }
    }

    fn load(&self) -> Result<R, AccountError> {
        let mut text = String::new();
        durable::open_regular(&self.path)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
            .map_err(|source| self.unreadable(source))?;
        // Not the parser's own words: they quote the line, and there are hashes in it.
        let mut file: R = toml::from_str(&text)
            .map_err(|_| self.malformed("not the rows that this program wrote"))?;
        if file.format() == R::FORMAT {
            Ok(file)
        } else {
            Err(self.malformed("another format"))
        }
    }

    fn malformed(&self, detail: &str) -> AccountError {
        AccountError::Malformed {
            path: self.path.clone(),
            detail: detail.to_owned(),
        }
    }

    fn unreadable(&self, source: io::Error) -> AccountError {
        AccountError::Unreadable {
            path: self.path.clone(),
            source,
        }
    }
}

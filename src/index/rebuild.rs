//! Making the whole index anew: in a file beside it, without journal and syncs, then copied into place in one transaction.
//!
//! So the old rows stay until all new ones are there, programs that have the index open see the new rows in the same
//! file, and indexes are made once, by sorting. A crash leaves the file beside; the next rebuild begins by removing it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::sqlite::{connect, from_sqlite, set_aside, unusable};
use super::{Index, IndexError, write};
use crate::record::RecordDescription;

/// Cache of the new file while it is filled, KiB.
const CACHE_KIB: i64 = 256 * 1024;

/// Records that are sorted before they are written, and bytes of their texts.
const BATCH_RECORDS: usize = 4096;
const BATCH_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// How long the copy waits for another program that writes.
const WAIT_MAX: Duration = Duration::from_secs(60);
const WAIT_STEP: Duration = Duration::from_millis(20);

/// Pages that are copied at once.
const COPY_PAGES: std::ffi::c_int = 4096;

/// Records that wait to be written. The archive gives them in the order of its folders; the words of texts go in faster,
/// and tables are packed closer, in the order of time.
#[derive(Default)]
pub(super) struct Batch {
    records: Vec<(RecordDescription, Option<String>)>,
    text_bytes: usize,
}

impl Batch {
    pub(super) fn add(&mut self, record: (RecordDescription, Option<String>)) {
        self.text_bytes += record.1.as_ref().map_or(0, String::len);
        self.records.push(record);
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= BATCH_RECORDS || self.text_bytes >= BATCH_TEXT_BYTES
    }

    /// Writes all and is empty then; how many they were.
    pub(super) fn write(&mut self, connection: &Connection) -> rusqlite::Result<u64> {
        // Stable: of one record given twice, the later one stays.
        self.records.sort_by_key(|(record, _)| record.archived);
        for (description, text) in &self.records {
            write::insert(connection, description, text.as_deref())?;
        }
        let count = self.records.len() as u64;
        self.records.clear();
        self.text_bytes = 0;
        Ok(count)
    }
}

/// The new index beside the old one, in a transaction; removed with the value.
pub(super) struct SideFile {
    path: PathBuf,
    pub(super) connection: Connection,
}

impl SideFile {
    /// An empty one.
    pub(super) fn make(index: &Path) -> Result<Self, IndexError> {
        let mut name = index.as_os_str().to_owned();
        name.push(".rebuild");
        let path = PathBuf::from(name);
        remove(&path)?;
        let open = || {
            let connection = Connection::open(&path)?;
            connection.pragma_update(None, "journal_mode", "OFF")?;
            connection.pragma_update(None, "synchronous", "OFF")?;
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            connection.execute_batch("BEGIN")?;
            write::make_tables(&connection)?;
            Ok(connection)
        };
        let connection = open().map_err(|source| from_sqlite(&path, source))?;
        Ok(Self { path, connection })
    }

    /// Finishes it, and puts it in the place of the index; a damaged index is kept beside as `*.damaged`.
    pub(super) fn replace_index(self, index: &Path) -> Result<Index, IndexError> {
        let failed = |source| from_sqlite(&self.path, source);
        write::make_indexes(&self.connection).map_err(failed)?;
        self.connection.execute_batch("COMMIT").map_err(failed)?;
        let connection = match self.copied_to(index) {
            Err(IndexError::Unusable { .. }) => {
                set_aside(index)?;
                self.copied_to(index)?
            }
            copied => copied?,
        };
        Ok(Index::of(index, connection))
    }

    fn copied_to(&self, index: &Path) -> Result<Connection, IndexError> {
        let copy = || {
            let mut connection = connect(index)?;
            let backup = Backup::new(&self.connection, &mut connection)?;
            let waiting_since = Instant::now();
            while let step = backup.step(COPY_PAGES)?
                && step != StepResult::Done
            {
                if step != StepResult::More {
                    if waiting_since.elapsed() > WAIT_MAX {
                        return Err(busy());
                    }
                    std::thread::sleep(WAIT_STEP);
                }
            }
            drop(backup);
            // It came by way of the write-ahead log, which is as long as the index now.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(connection)
        };
        copy().map_err(|source| from_sqlite(index, source))
    }
}

impl Drop for SideFile {
    fn drop(&mut self) {
        // The next rebuild removes it otherwise.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn busy() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    rusqlite::Error::SqliteFailure(code, None)
}

fn remove(path: &Path) -> Result<(), IndexError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unusable(path, &error)),
        _ => Ok(()),
    }
}

//! The index on SQLite: write-ahead log, every insert synced before it returns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Params, Row, TransactionBehavior};

use super::query::Query;
use super::rebuild::{Batch, SideFile};
use super::row::{COLUMNS, IndexRow, digest_of, record_of};
use super::terms::{QueryTerms, Terms};
use super::{IndexError, schema, search, write};
use crate::record::{RecordDescription, RecordId, Sha256Digest};

/// The open index. Shared between threads; one statement runs at a time.
pub struct Index {
    path: PathBuf,
    connection: Mutex<Connection>,
}

pub(super) const WITH_CONTENT: &str = "SELECT id FROM record
    WHERE substr(content_sha256, 1, 8) = substr(?1, 1, 8) AND content_sha256 = ?1 ORDER BY id";

pub(super) fn needing_attention() -> String {
    format!("SELECT {COLUMNS} FROM record WHERE attention <> '' ORDER BY slot LIMIT ?1")
}

impl Index {
    /// Opens the index, making an empty one where there is none.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when the file is damaged, [`IndexError::OtherVersion`] when another
    /// version of the program made its tables.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let failed = |source| from_sqlite(path, source);
        let mut connection = connect(path).map_err(failed)?;
        if version_of(&connection).map_err(failed)? == 0 {
            create_tables(&mut connection).map_err(failed)?;
        }
        match version_of(&connection).map_err(failed)? {
            schema::VERSION => Ok(Self::of(path, connection)),
            found => Err(IndexError::OtherVersion {
                path: path.to_owned(),
                found,
                known: schema::VERSION,
            }),
        }
    }

    /// Makes the index anew from the archive's descriptions and texts, whatever version it has; a
    /// damaged file is kept beside as `*.damaged`. Returns the index and the number of rows.
    ///
    /// # Errors
    /// The first error of `records`, or of the database; the old rows then stay.
    pub fn rebuild<E: From<IndexError>>(
        path: &Path,
        records: impl Iterator<Item = Result<(RecordDescription, Option<String>), E>>,
    ) -> Result<(Self, u64), E> {
        let failed = |source| E::from(from_sqlite(path, source));
        let side = SideFile::make(path)?;
        let mut rows = 0;
        let mut batch = Batch::default();
        for record in records {
            batch.add(record?);
            if batch.is_full() {
                rows += batch.write(&side.connection).map_err(failed)?;
            }
        }
        rows += batch.write(&side.connection).map_err(failed)?;
        let index = side.replace_index(path)?;
        Ok((index, rows))
    }

    /// Takes a record in with the text of its pages, a form feed after each; the same record again
    /// takes the place of what was known of it.
    ///
    /// # Errors
    /// The database's.
    pub fn insert(
        &self,
        description: &RecordDescription,
        text: Option<&str>,
    ) -> Result<(), IndexError> {
        let mut connection = self.connection();
        let mut insert = || {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            write::insert(&transaction, description, text)?;
            transaction.commit()
        };
        insert().map_err(|source| from_sqlite(&self.path, source))
    }

    /// Forgets a record that was disposed of; its bytes in the tables are overwritten. Words of its text may stay in the
    /// index of words until that is merged, without saying whose they were.
    ///
    /// # Errors
    /// The database's.
    pub fn remove(&self, record: RecordId) -> Result<(), IndexError> {
        let mut connection = self.connection();
        let mut remove = || {
            connection.pragma_update(None, "secure_delete", true)?;
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            write::remove(&transaction, record)?;
            transaction.commit()
        };
        remove().map_err(|source| from_sqlite(&self.path, source))
    }

    /// The records that match, newest first, at most `limit`. With words to look for, closer answers
    /// come first: with the marks that the query has before other marks, and in each of these the
    /// words side by side before the words apart. Where a name of three words or more is somebody's whole name, names
    /// that merely hold its words are left out, unless the query's last word may be only begun.
    ///
    /// # Errors
    /// [`IndexError::NoWords`] for a name or a text without letters and digits; the database's.
    pub fn find(&self, query: &Query, limit: u32) -> Result<Vec<IndexRow>, IndexError> {
        let terms = |typed: &Option<String>| match typed {
            Some(typed) => Terms::of(typed).map(Some).ok_or(IndexError::NoWords),
            None => Ok(None),
        };
        let terms = QueryTerms {
            name: terms(&query.name)?,
            text: terms(&query.text)?,
        };
        search::find(&self.connection(), query, &terms, limit)
            .map_err(|source| from_sqlite(&self.path, source))
    }

    /// The records that wait for a person or another try, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub fn needing_attention(&self, limit: u32) -> Result<Vec<IndexRow>, IndexError> {
        self.rows(&needing_attention(), [limit], IndexRow::read)
    }

    /// The records whose originals have this content digest, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn with_content(&self, content: &Sha256Digest) -> Result<Vec<RecordId>, IndexError> {
        self.rows(WITH_CONTENT, [content.as_bytes()], |row| {
            record_of(row.get_ref(0)?.as_blob()?, 0)
        })
    }

    /// Every record with its document's digest, for the comparison with the archive.
    ///
    /// # Errors
    /// The database's; a row that does not parse makes the index unusable.
    pub fn facts(&self) -> Result<BTreeMap<RecordId, Sha256Digest>, IndexError> {
        let sql = "SELECT id, document_sha256 FROM record";
        self.rows(sql, [], |row| {
            let digest = digest_of(row.get_ref(1)?.as_blob()?);
            Ok((record_of(row.get_ref(0)?.as_blob()?, 0)?, digest))
        })?
        .into_iter()
        .map(|(id, digest)| Ok((id, self.parsed(&digest)?)))
        .collect()
    }

    pub(super) fn of(path: &Path, connection: Connection) -> Self {
        Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
        }
    }

    fn rows<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, IndexError> {
        let connection = self.connection();
        let rows = || -> rusqlite::Result<Vec<T>> {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map(values, read)?.collect()
        };
        rows().map_err(|source| from_sqlite(&self.path, source))
    }

    fn parsed<T: std::str::FromStr>(&self, text: &str) -> Result<T, IndexError> {
        text.parse().map_err(|_| IndexError::Unusable {
            path: self.path.clone(),
            reason: "a row holds a malformed value".to_owned(),
        })
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere cannot leave half a row behind: SQLite rolls back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes the tables, unless another process has made them meanwhile.
fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version_of(&transaction)? == 0 {
        write::make_tables(&transaction)?;
        write::make_indexes(&transaction)?;
    }
    transaction.commit()
}

pub(super) fn set_aside(path: &Path) -> Result<(), IndexError> {
    let aside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    for suffix in ["-wal", "-shm"] {
        match std::fs::remove_file(aside(suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(unusable(path, &error));
            }
            _ => {}
        }
    }
    std::fs::rename(path, aside(".damaged")).map_err(|error| unusable(path, &error))
}

pub(super) fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> IndexError {
    IndexError::Unusable {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> IndexError {
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => unusable(path, &source),
        _ => IndexError::Database {
            path: path.to_owned(),
            source,
        },
    }
}

//! The index on SQLite: write-ahead log, every insert synced before it returns.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Row, ToSql, params};
use serde::Serialize;

use super::{IndexError, schema};
use crate::record::{
    CitizenId, DossierCode, RecordDescription, RecordId, Sha256Digest, StationName, vietnam_time,
};

/// The open index. Shared between threads; one statement runs at a time.
pub struct Index {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// What to look for; every field that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Whose paper.
    pub citizen: Option<CitizenId>,
    /// Which dossier.
    pub dossier: Option<DossierCode>,
    /// Which record.
    pub record: Option<RecordId>,
    /// Which station.
    pub station: Option<StationName>,
    /// First day, `YYYY-MM-DD` in Vietnam.
    pub from: Option<jiff::civil::Date>,
    /// Last day, inclusive.
    pub to: Option<jiff::civil::Date>,
}

/// One record as the index knows it; the JSON of `sohoa find`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexRow {
    /// Identity.
    pub record: RecordId,
    /// Whose paper it is.
    pub citizen: Option<String>,
    /// Dossier code.
    pub dossier: Option<String>,
    /// Kind of paper.
    pub kind: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Station.
    pub station: String,
    /// When it was archived, RFC 3339 UTC.
    pub archived: String,
    /// Pages.
    pub pages: u64,
    /// Length of the signed document.
    pub document_bytes: u64,
    /// Digest of the signed document.
    pub document_sha256: String,
}

const COLUMNS: &str =
    "id, citizen, dossier, kind, title, station, archived, pages, document_bytes, document_sha256";

impl Index {
    /// Opens the index, making an empty one where there is none.
    ///
    /// # Errors
    /// [`IndexError::Unusable`] when the file is damaged or of another version.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let failed = |source| from_sqlite(path, source);
        let connection = Connection::open(path).map_err(failed)?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .map_err(failed)?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(failed)?;
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(failed)?;
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(failed)?;
        match version {
            0 => create_tables(&connection).map_err(failed)?,
            schema::VERSION => {}
            other => {
                let reason = format!(
                    "version {other} of the tables, this program writes {}",
                    schema::VERSION
                );
                return Err(IndexError::Unusable {
                    path: path.to_owned(),
                    reason,
                });
            }
        }
        Ok(Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
        })
    }

    /// Makes the index anew from the archive's descriptions; a damaged file is kept beside as `*.damaged`.
    /// Returns the index and the number of rows.
    ///
    /// # Errors
    /// The first error of `descriptions`, or of the database; the old rows then stay.
    pub fn rebuild<E: From<IndexError>>(
        path: &Path,
        descriptions: impl Iterator<Item = Result<RecordDescription, E>>,
    ) -> Result<(Self, u64), E> {
        let index = match Self::open(path) {
            Err(IndexError::Unusable { .. }) => {
                set_aside(path)?;
                Self::open(path)?
            }
            opened => opened?,
        };
        let mut rows = 0;
        {
            let mut connection = index.connection();
            let failed = |source| E::from(from_sqlite(path, source));
            let transaction = connection.transaction().map_err(failed)?;
            transaction
                .execute("DELETE FROM record", [])
                .map_err(failed)?;
            for description in descriptions {
                insert(&transaction, &description?).map_err(failed)?;
                rows += 1;
            }
            transaction.commit().map_err(failed)?;
        }
        Ok((index, rows))
    }

    /// Takes a record in; the same record again changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub fn insert(&self, description: &RecordDescription) -> Result<(), IndexError> {
        insert(&self.connection(), description).map_err(|source| from_sqlite(&self.path, source))
    }

    /// The records that match, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub fn find(&self, query: &Query, limit: u32) -> Result<Vec<IndexRow>, IndexError> {
        let (condition, values) = condition_of(query);
        let sql = format!(
            "SELECT {COLUMNS} FROM record {condition} ORDER BY archived DESC, id DESC LIMIT {limit}"
        );
        self.select(&sql, &values)
    }

    /// The records whose originals have this content digest, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn with_content(&self, content: &Sha256Digest) -> Result<Vec<RecordId>, IndexError> {
        let sql = format!("SELECT {COLUMNS} FROM record WHERE content_sha256 = ?1 ORDER BY id");
        let rows = self.select(&sql, &[content.to_string()])?;
        Ok(rows.into_iter().map(|row| row.record).collect())
    }

    /// Every record with its document's digest, for the comparison with the archive.
    ///
    /// # Errors
    /// The database's; a row that does not parse makes the index unusable.
    pub fn facts(&self) -> Result<BTreeMap<RecordId, Sha256Digest>, IndexError> {
        self.select(&format!("SELECT {COLUMNS} FROM record"), &[])?
            .into_iter()
            .map(|row| Ok((row.record, self.parsed(&row.document_sha256)?)))
            .collect()
    }

    fn select(&self, sql: &str, values: &[String]) -> Result<Vec<IndexRow>, IndexError> {
        let failed = |source| from_sqlite(&self.path, source);
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        let rows = statement
            .query_map(values.as_slice(), row_of)
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    fn parsed<T: std::str::FromStr>(&self, text: &str) -> Result<T, IndexError> {
        text.parse().map_err(|_| IndexError::Unusable {
            path: self.path.clone(),
            reason: "a row holds a malformed value".to_owned(),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere cannot leave half a row behind: SQLite rolls back.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {} PRAGMA user_version = {}; COMMIT;",
        schema::TABLES,
        schema::VERSION
    ))
}

fn insert(connection: &Connection, description: &RecordDescription) -> rusqlite::Result<()> {
    let day = &vietnam_time(description.archived)[..10];
    connection
        .prepare_cached("INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?
        .execute(params![
            description.record.to_string(),
            description.citizen.as_ref().map(CitizenId::expose),
            description.dossier.as_ref().map(DossierCode::as_str),
            description.kind.as_ref().map(|kind| kind.as_str()),
            description.title,
            description.station.as_str(),
            description.archived.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            day,
            i64::try_from(description.pages.len()).unwrap_or(i64::MAX),
            i64::try_from(description.document_bytes).unwrap_or(i64::MAX),
            description.document_sha256.to_string(),
            description.content_sha256.to_string(),
        ])?;
    Ok(())
}

fn condition_of(query: &Query) -> (String, Vec<String>) {
    let wanted = [
        (
            "citizen = ",
            query.citizen.as_ref().map(|id| id.expose().to_owned()),
        ),
        (
            "dossier = ",
            query.dossier.as_ref().map(ToString::to_string),
        ),
        ("id = ", query.record.map(|id| id.to_string())),
        (
            "station = ",
            query.station.as_ref().map(ToString::to_string),
        ),
        ("day >= ", query.from.map(|day| day.to_string())),
        ("day <= ", query.to.map(|day| day.to_string())),
    ];
    let mut clauses = Vec::new();
    let mut values = Vec::new();
    for (comparison, value) in wanted {
        if let Some(value) = value {
            values.push(value);
            clauses.push(format!("{comparison}?{}", values.len()));
        }
    }
    let condition = if clauses.is_empty() {
        String::new()
    } else {
        format!("WHERE {}", clauses.join(" AND "))
    };
    (condition, values)
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<IndexRow> {
    let id: String = row.get(0)?;
    let malformed = |error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    };
    Ok(IndexRow {
        record: id.parse().map_err(malformed)?,
        citizen: row.get(1)?,
        dossier: row.get(2)?,
        kind: row.get(3)?,
        title: row.get(4)?,
        station: row.get(5)?,
        archived: row.get(6)?,
        pages: row.get::<_, i64>(7)?.unsigned_abs(),
        document_bytes: row.get::<_, i64>(8)?.unsigned_abs(),
        document_sha256: row.get(9)?,
    })
}

fn set_aside(path: &Path) -> Result<(), IndexError> {
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

fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> IndexError {
    IndexError::Unusable {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn from_sqlite(path: &Path, source: rusqlite::Error) -> IndexError {
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => unusable(path, &source),
        _ => IndexError::Database {
            path: path.to_owned(),
            source,
        },
    }
}

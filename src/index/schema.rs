//! Tables and indexes of the index database (SQLite).

/// Raised whenever the tables change; another value on disk means “run `sohoa reindex`”.
pub(super) const VERSION: i64 = 1;

/// One row a record. `archived` is RFC 3339 UTC with a fixed width, `day` the day in Vietnam.
pub(super) const TABLES: &str = "
CREATE TABLE record (
    id              TEXT PRIMARY KEY,
    citizen         TEXT,
    dossier         TEXT,
    kind            TEXT,
    title           TEXT,
    station         TEXT NOT NULL,
    archived        TEXT NOT NULL,
    day             TEXT NOT NULL,
    pages           INTEGER NOT NULL,
    document_bytes  INTEGER NOT NULL,
    document_sha256 TEXT NOT NULL,
    content_sha256  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_citizen ON record (citizen, archived DESC) WHERE citizen IS NOT NULL;
CREATE INDEX record_by_dossier ON record (dossier, archived DESC) WHERE dossier IS NOT NULL;
CREATE INDEX record_by_day     ON record (day, station);
CREATE INDEX record_by_content ON record (content_sha256);
";

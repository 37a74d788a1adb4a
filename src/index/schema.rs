//! Tables and indexes of the index database (SQLite).

/// Raised whenever the tables change; another value on disk means “run `sohoa reindex`”.
pub(super) const VERSION: i64 = 3;

/// Numbers of one record's names: a name's number is the record's slot times this, plus 0, 1, 2…
pub(super) const NAMES_MAX: i64 = 2048;

/// One row a record. `slot` grows with the time of archiving (see `write::slot_for`), so that newest
/// first is the order of the table and of every search in the words, and nothing needs sorting.
/// `archived` is RFC 3339 UTC with a fixed width, `day` the day in Vietnam, `attention` a JSON array
/// of codes or empty.
///
/// The words are stored in both forms of `fold`, with their neighbourhoods (`terms::pairs`) and the
/// record's kind and station (`terms::fact`), in tables without content and without positions: what a
/// row shows comes from `page_text` and `name`. The tokenizer `ascii` only cuts at spaces.
pub(super) const TABLES: &str = "
CREATE TABLE record (
    slot            INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
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
    content_sha256  TEXT NOT NULL,
    attention       TEXT NOT NULL
) STRICT;
CREATE INDEX record_by_citizen ON record (citizen) WHERE citizen IS NOT NULL;
CREATE INDEX record_by_dossier ON record (dossier) WHERE dossier IS NOT NULL;
CREATE INDEX record_by_kind    ON record (kind) WHERE kind IS NOT NULL;
CREATE INDEX record_by_station ON record (station);
CREATE INDEX record_by_content ON record (content_sha256);
CREATE INDEX record_needing_attention ON record (slot) WHERE attention <> '';

CREATE TABLE alias (
    number  TEXT NOT NULL,
    citizen TEXT NOT NULL,
    slot    INTEGER NOT NULL,
    PRIMARY KEY (number, citizen, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_by_slot ON alias (slot);

CREATE TABLE name (
    number INTEGER PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE name_words USING fts5 (
    plain, marked, pairs, facts,
    content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
);

CREATE TABLE page_text (
    slot INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE text_words USING fts5 (
    plain, marked, pairs, facts,
    content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
);
";

//! Tables and indexes of the index database (SQLite).
//!
//! Sized for ten million records: numbers, digests and identities are stored as such and not as their text, names of
//! kinds and stations once (`label`), and each spelling of a person's name once (`name`), however many papers bear it.

/// Raised whenever the tables change; an older value on disk means that the index is made anew from the archive.
pub(super) const VERSION: i64 = 4;

/// One row a record. `slot` grows with the time of archiving (see `write::slot_for`), so that newest
/// first is the order of the table and of every search in the words, and nothing needs sorting.
/// `id` is the UUID's bytes, `citizen` see `number::stored`, `archived` milliseconds since 1970, `kind` and `station`
/// numbers of `label`, `attention` a JSON array of codes or empty, `names` numbers of `name`, four bytes each, the least
/// first.
///
/// `name_record` gives a name's records, newest last; `name_words` the names that hold a word, a phrase, or the
/// beginning of a word. The words of texts are stored in both forms of `fold`, with their neighbourhoods
/// (`terms::pairs`) and the record's kind and station (`terms::fact`), in a table without content and without
/// positions: what a row shows comes from `page_text`. The tokenizer `ascii` only cuts at spaces.
pub(super) const TABLES: &str = "
CREATE TABLE label (
    number INTEGER PRIMARY KEY,
    text   TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE record (
    slot            INTEGER PRIMARY KEY,
    id              BLOB NOT NULL UNIQUE,
    citizen         INTEGER,
    dossier         TEXT,
    kind            INTEGER,
    title           TEXT,
    station         INTEGER NOT NULL,
    archived        INTEGER NOT NULL,
    pages           INTEGER NOT NULL,
    document_bytes  INTEGER NOT NULL,
    document_sha256 BLOB NOT NULL,
    content_sha256  BLOB NOT NULL,
    attention       TEXT NOT NULL,
    names           BLOB NOT NULL
) STRICT;

CREATE TABLE alias (
    number  INTEGER NOT NULL,
    citizen INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    PRIMARY KEY (number, citizen, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE name (
    number INTEGER PRIMARY KEY,
    value  TEXT NOT NULL,
    plain  TEXT NOT NULL
) STRICT;
CREATE INDEX name_by_plain ON name (plain);
CREATE TABLE name_record (
    name INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    PRIMARY KEY (name, slot)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE name_words USING fts5 (
    plain, marked,
    content = '', contentless_delete = 1, prefix = '1 2 3', tokenize = 'ascii'
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

/// Made at the end of a rebuild, where sorting once is cheaper and packs closer than inserting one by one. The digest of
/// the content is looked up by its beginning and compared in full.
pub(super) const INDEXES: &str = "
CREATE INDEX record_by_citizen ON record (citizen) WHERE citizen IS NOT NULL;
CREATE INDEX record_by_dossier ON record (dossier) WHERE dossier IS NOT NULL;
CREATE INDEX record_by_kind    ON record (kind) WHERE kind IS NOT NULL;
CREATE INDEX record_by_station ON record (station);
CREATE INDEX record_by_content ON record (substr(content_sha256, 1, 8));
CREATE INDEX record_needing_attention ON record (slot) WHERE attention <> '';
CREATE INDEX alias_by_slot ON alias (slot);
";

//! One record as the index knows it.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;

use super::Attention;
use super::number::digits_of;
use super::snippet::Hit;
use crate::record::RecordId;

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
    /// What waits for a person or another try.
    pub attention: Vec<Attention>,
    /// Set where the number looked for is not the citizen's own, but a former one.
    pub matched_alias: Option<MatchedAlias>,
    /// The name that answered a query by name, as written.
    pub matched_name: Option<String>,
    /// Where the text answered a query by text.
    pub hits: Vec<Hit>,
}

/// A former number that led to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchedAlias {
    /// The number, its digits only.
    pub number: String,
    /// How many citizens the index knows by this number. CMND numbers were given twice in different
    /// provinces: with more than one, a person must look whose paper this is.
    pub citizens: u32,
}

/// The slot, and the columns of `record` that [`IndexRow::read`] reads, in order.
pub(super) const COLUMNS: &str = "slot, id, citizen, dossier, (SELECT text FROM label WHERE number = kind), title, (SELECT text FROM label WHERE number = station), archived, pages, document_bytes, document_sha256, attention, names";

/// The place of the names' numbers in [`COLUMNS`].
const NAMES: usize = 12;

/// The numbers of a record's names, of a row of [`COLUMNS`].
pub(super) fn names_of(row: &Row<'_>) -> rusqlite::Result<Vec<i64>> {
    Ok(names_in(row.get_ref(NAMES)?.as_blob()?))
}

/// The numbers of names that a row holds.
pub(super) fn names_in(bytes: &[u8]) -> Vec<i64> {
    let numbers = bytes.chunks_exact(4);
    let numbers = numbers.filter_map(|four| Some(u32::from_le_bytes(four.try_into().ok()?)));
    numbers.map(i64::from).collect()
}

/// A record's number as stored.
pub(super) fn record_of(bytes: &[u8], column: usize) -> rusqlite::Result<RecordId> {
    let uuid = uuid::Uuid::from_slice(bytes).map_err(malformed(column))?;
    uuid.hyphenated()
        .to_string()
        .parse()
        .map_err(malformed(column))
}

/// A digest as stored, in hexadecimal digits.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

impl IndexRow {
    /// Reads [`COLUMNS`].
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let attention: String = row.get(11)?;
        let attention = match attention.as_str() {
            "" => Vec::new(),
            codes => serde_json::from_str(codes).map_err(malformed(11))?,
        };
        let archived = Timestamp::from_millisecond(row.get(7)?).map_err(malformed(7))?;
        Ok(Self {
            record: record_of(row.get_ref(1)?.as_blob()?, 1)?,
            citizen: row.get::<_, Option<i64>>(2)?.map(digits_of),
            dossier: row.get(3)?,
            kind: row.get(4)?,
            title: row.get(5)?,
            station: row.get(6)?,
            archived: archived.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            pages: row.get::<_, i64>(8)?.unsigned_abs(),
            document_bytes: row.get::<_, i64>(9)?.unsigned_abs(),
            document_sha256: digest_of(row.get_ref(10)?.as_blob()?),
            attention,
            matched_alias: None,
            matched_name: None,
            hits: Vec::new(),
        })
    }
}

fn malformed<E>(column: usize) -> impl FnOnce(E) -> rusqlite::Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

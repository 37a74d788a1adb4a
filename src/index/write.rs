//! A record's rows: written together, replaced together.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::Attention;
use super::fold::{Folded, fold};
use super::number::{CitizenNumber, stored};
use super::row::names_in;
use super::schema;
use super::terms::{fact, pairs};
use crate::record::{DossierCode, FieldName, RecordDescription, RecordId};

/// What of a record's text is indexed; more is no text of a batch that was taken in.
const TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Names of one record; a list of more is no paper of these people.
const NAMES_MAX: usize = 2048;

/// Slots in a second: a little more than its milliseconds.
const SLOTS_A_SECOND: i64 = 1024;

/// Makes the tables, without the indexes that are cheaper to make at the end of a rebuild.
pub(super) fn make_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(schema::TABLES)?;
    connection.pragma_update(None, "user_version", schema::VERSION)
}

/// Makes those indexes.
pub(super) fn make_indexes(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(schema::INDEXES)
}

/// Takes a record in, in place of what is known of it. Belongs into a transaction.
pub(super) fn insert(
    connection: &Connection,
    description: &RecordDescription,
    text: Option<&str>,
) -> rusqlite::Result<()> {
    remove(connection, description.record)?;
    let slot = free_slot(connection, slot_for(description.archived))?;
    let names = insert_names(connection, slot, description)?;
    insert_record(connection, slot, description, &names)?;
    insert_aliases(connection, slot, description)?;
    if let Some(text) = text {
        insert_text(
            connection,
            slot,
            description,
            indexed_part(description, text),
        )?;
    }
    Ok(())
}

/// A record's number as the tables hold it.
pub(super) fn stored_record(record: RecordId) -> Vec<u8> {
    // A record's number is the text of a UUID.
    let uuid: Option<Uuid> = record.to_string().parse().ok();
    uuid.map_or_else(Vec::new, |uuid| uuid.as_bytes().to_vec())
}

/// Forgets a record. Belongs into a transaction.
pub(super) fn remove(connection: &Connection, record: RecordId) -> rusqlite::Result<()> {
    let known: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT slot, names FROM record WHERE id = ?1")?
        .query_row([stored_record(record)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((slot, names)) = known else {
        return Ok(());
    };
    for table in ["record", "alias", "page_text"] {
        let sql = format!("DELETE FROM {table} WHERE slot = ?1");
        connection.prepare_cached(&sql)?.execute([slot])?;
    }
    connection
        .prepare_cached("DELETE FROM text_words WHERE rowid = ?1")?
        .execute([slot])?;
    for name in names_in(&names) {
        connection
            .prepare_cached("DELETE FROM name_record WHERE name = ?1 AND slot = ?2")?
            .execute([name, slot])?;
        forget_unborne(connection, name)?;
    }
    Ok(())
}

/// A name that no record bears any more is nobody's business.
fn forget_unborne(connection: &Connection, name: i64) -> rusqlite::Result<()> {
    let borne = connection
        .prepare_cached("SELECT 1 FROM name_record WHERE name = ?1")?
        .exists([name])?;
    if !borne {
        connection
            .prepare_cached("DELETE FROM name_words WHERE rowid = ?1")?
            .execute([name])?;
        connection
            .prepare_cached("DELETE FROM name WHERE number = ?1")?
            .execute([name])?;
    }
    Ok(())
}

fn insert_record(
    connection: &Connection,
    slot: i64,
    description: &RecordDescription,
    names: &[u8],
) -> rusqlite::Result<()> {
    let attention = Attention::of(description);
    let attention = if attention.is_empty() {
        String::new()
    } else {
        // Plain codes: serialising them cannot fail.
        serde_json::to_string(&attention).unwrap_or_default()
    };
    let kind = description.kind.as_ref();
    let kind = kind.map(|kind| label(connection, kind.as_str()));
    connection
        .prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)")?
        .execute(params![
            slot,
            stored_record(description.record),
            description.citizen.as_ref().and_then(|id| stored(id.expose())),
            description.dossier.as_ref().map(DossierCode::as_str),
            kind.transpose()?,
            description.title,
            label(connection, description.station.as_str())?,
            description.archived.as_millisecond(),
            i64::try_from(description.pages.len()).unwrap_or(i64::MAX),
            i64::try_from(description.document_bytes).unwrap_or(i64::MAX),
            description.document_sha256.as_bytes(),
            description.content_sha256.as_bytes(),
            attention,
            names,
        ])?;
    Ok(())
}

/// The number of a kind's or station's name.
fn label(connection: &Connection, text: &str) -> rusqlite::Result<i64> {
    let known = connection
        .prepare_cached("SELECT number FROM label WHERE text = ?1")?
        .query_row([text], |row| row.get(0))
        .optional()?;
    if let Some(number) = known {
        return Ok(number);
    }
    connection
        .prepare_cached("INSERT INTO label (text) VALUES (?1) RETURNING number")?
        .query_row([text], |row| row.get(0))
}

/// Where a record archived then stands in the order of all, if the place is free.
pub(super) fn slot_for(archived: Timestamp) -> i64 {
    let millis = i64::from(archived.subsec_millisecond());
    (archived.as_second() * SLOTS_A_SECOND + millis).max(0)
}

/// The first free slot, or nearly: two records of one millisecond are neighbours.
fn free_slot(connection: &Connection, from: i64) -> rusqlite::Result<i64> {
    let mut taken = connection.prepare_cached("SELECT 1 FROM record WHERE slot = ?1")?;
    // Over a crowd of records with one and the same time it goes in leaps.
    let mut last_taken =
        connection.prepare_cached("SELECT max(slot) FROM record WHERE slot BETWEEN ?1 AND ?2")?;
    let mut slot = from;
    while taken.exists([slot])? {
        let last: i64 = last_taken.query_row([slot, slot + SLOTS_A_SECOND], |row| row.get(0))?;
        slot = last + 1;
    }
    Ok(slot)
}

/// Former numbers belong to a citizen; without one they say nothing.
fn insert_aliases(
    connection: &Connection,
    slot: i64,
    description: &RecordDescription,
) -> rusqlite::Result<()> {
    let Some(citizen) = &description.citizen else {
        return Ok(());
    };
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO alias VALUES (?1, ?2, ?3)")?;
    for alias in &description.aliases {
        if let Ok(number) = alias.parse::<CitizenNumber>() {
            let (number, citizen) = (stored(number.expose()), stored(citizen.expose()));
            statement.execute(params![number, citizen, slot])?;
        }
    }
    Ok(())
}

/// Each name once, as it was first written. Returns their numbers as a record's row holds them.
fn insert_names(
    connection: &Connection,
    slot: i64,
    description: &RecordDescription,
) -> rusqlite::Result<Vec<u8>> {
    let mut of_record =
        connection.prepare_cached("INSERT OR IGNORE INTO name_record VALUES (?1, ?2)")?;
    let mut known = BTreeSet::new();
    let mut numbers = Vec::new();
    let fields = description.fields.iter();
    for field in fields.filter(|field| field.name == FieldName::FullName) {
        let folded = fold(&field.value);
        if folded.plain.is_empty() || known.contains(&folded.marked) {
            continue;
        }
        if known.len() == NAMES_MAX {
            break;
        }
        let number = name(connection, &field.value, &folded)?;
        of_record.execute([i64::from(number), slot])?;
        numbers.extend(number.to_le_bytes());
        known.insert(folded.marked);
    }
    Ok(numbers)
}

/// The number of a spelling of a name.
fn name(connection: &Connection, value: &str, folded: &Folded) -> rusqlite::Result<u32> {
    let known = connection
        .prepare_cached("SELECT number FROM name WHERE plain = ?1 AND value = ?2")?
        .query_row([&folded.plain, value], |row| row.get(0))
        .optional()?;
    if let Some(number) = known {
        return Ok(number);
    }
    let number: u32 = connection
        .prepare_cached("INSERT INTO name (value, plain) VALUES (?1, ?2) RETURNING number")?
        .query_row([value, &folded.plain], |row| row.get(0))?;
    connection
        .prepare_cached("INSERT INTO name_words (rowid, plain, marked) VALUES (?1, ?2, ?3)")?
        .execute(params![number, folded.plain, folded.marked])?;
    Ok(number)
}

fn insert_text(
    connection: &Connection,
    slot: i64,
    description: &RecordDescription,
    text: &str,
) -> rusqlite::Result<()> {
    let folded = fold(text);
    if folded.plain.is_empty() {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO page_text VALUES (?1, ?2)")?
        .execute(params![slot, text])?;
    let mut facts = fact("station", description.station.as_str());
    if let Some(kind) = &description.kind {
        facts = format!("{facts} {}", fact("kind", kind.as_str()));
    }
    connection
        .prepare_cached(
            "INSERT INTO text_words (rowid, plain, marked, pairs, facts) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            slot,
            folded.plain,
            folded.marked,
            pairs(&folded.plain),
            facts
        ])?;
    Ok(())
}

fn indexed_part<'a>(description: &RecordDescription, text: &'a str) -> &'a str {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    tracing::warn!(
        record = %description.record,
        bytes = text.len(),
        indexed = TEXT_BYTES_MAX,
        "only the beginning of the text is indexed"
    );
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

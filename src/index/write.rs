//! A record's rows: written together, replaced together.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::Attention;
use super::fold::{Folded, fold};
use super::number::CitizenNumber;
use super::schema::{self, NAMES_MAX};
use super::terms::{fact, pairs};
use crate::record::{CitizenId, DossierCode, FieldName, RecordDescription, vietnam_time};

/// What of a record's text is indexed; more is no text of a batch that was taken in.
const TEXT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Slots in a second: a little more than its milliseconds.
const SLOTS_A_SECOND: i64 = 1024;

/// Makes all tables anew, whatever tables are there.
pub(super) fn recreate_tables(connection: &Connection) -> rusqlite::Result<()> {
    // Virtual tables first: they take their shadow tables along.
    let tables: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
             ORDER BY sql LIKE 'CREATE VIRTUAL%' DESC",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        let quoted = table.replace('"', "\"\"");
        connection.execute_batch(&format!("DROP TABLE IF EXISTS \"{quoted}\""))?;
    }
    connection.execute_batch(schema::TABLES)?;
    connection.pragma_update(None, "user_version", schema::VERSION)
}

/// Takes a record in, in place of what is known of it. Belongs into a transaction.
pub(super) fn insert(
    connection: &Connection,
    description: &RecordDescription,
    text: Option<&str>,
) -> rusqlite::Result<()> {
    remove(connection, description)?;
    let slot = insert_record(connection, description)?;
    insert_aliases(connection, slot, description)?;
    insert_names(connection, slot, description)?;
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

fn remove(connection: &Connection, description: &RecordDescription) -> rusqlite::Result<()> {
    let slot: Option<i64> = connection
        .prepare_cached("SELECT slot FROM record WHERE id = ?1")?
        .query_row([description.record.to_string()], |row| row.get(0))
        .optional()?;
    let Some(slot) = slot else {
        return Ok(());
    };
    for table in ["record", "alias", "page_text"] {
        let sql = format!("DELETE FROM {table} WHERE slot = ?1");
        connection.prepare_cached(&sql)?.execute([slot])?;
    }
    connection
        .prepare_cached("DELETE FROM text_words WHERE rowid = ?1")?
        .execute([slot])?;
    let names = [slot * NAMES_MAX, slot * NAMES_MAX + NAMES_MAX - 1];
    connection
        .prepare_cached("DELETE FROM name_words WHERE rowid IN (SELECT number FROM name WHERE number BETWEEN ?1 AND ?2)")?
        .execute(names)?;
    connection
        .prepare_cached("DELETE FROM name WHERE number BETWEEN ?1 AND ?2")?
        .execute(names)?;
    Ok(())
}

fn insert_record(
    connection: &Connection,
    description: &RecordDescription,
) -> rusqlite::Result<i64> {
    let slot = free_slot(connection, slot_for(description.archived))?;
    let attention = Attention::of(description);
    let attention = if attention.is_empty() {
        String::new()
    } else {
        // Plain codes: serialising them cannot fail.
        serde_json::to_string(&attention).unwrap_or_default()
    };
    connection
        .prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)")?
        .execute(params![
            slot,
            description.record.to_string(),
            description.citizen.as_ref().map(CitizenId::expose),
            description.dossier.as_ref().map(DossierCode::as_str),
            description.kind.as_ref().map(|kind| kind.as_str()),
            description.title,
            description.station.as_str(),
            description.archived.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            &vietnam_time(description.archived)[..10],
            i64::try_from(description.pages.len()).unwrap_or(i64::MAX),
            i64::try_from(description.document_bytes).unwrap_or(i64::MAX),
            description.document_sha256.to_string(),
            description.content_sha256.to_string(),
            attention,
        ])?;
    Ok(slot)
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
            statement.execute(params![number.expose(), citizen.expose(), slot])?;
        }
    }
    Ok(())
}

/// Each name once, as it was first written.
fn insert_names(
    connection: &Connection,
    slot: i64,
    description: &RecordDescription,
) -> rusqlite::Result<()> {
    let mut names = connection.prepare_cached("INSERT INTO name VALUES (?1, ?2)")?;
    let mut known = BTreeSet::new();
    let mut numbers = slot * NAMES_MAX..(slot + 1) * NAMES_MAX;
    let fields = description.fields.iter();
    for field in fields.filter(|field| field.name == FieldName::FullName) {
        let folded = fold(&field.value);
        if folded.plain.is_empty() || known.contains(&folded.marked) {
            continue;
        }
        let Some(number) = numbers.next() else {
            break;
        };
        names.execute(params![number, field.value])?;
        insert_words(connection, "name_words", number, &folded, description)?;
        known.insert(folded.marked);
    }
    Ok(())
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
    insert_words(connection, "text_words", slot, &folded, description)
}

fn insert_words(
    connection: &Connection,
    table: &str,
    number: i64,
    words: &Folded,
    description: &RecordDescription,
) -> rusqlite::Result<()> {
    let mut facts = fact("station", description.station.as_str());
    if let Some(kind) = &description.kind {
        facts = format!("{facts} {}", fact("kind", kind.as_str()));
    }
    connection
        .prepare_cached(&format!(
            "INSERT INTO {table} (rowid, plain, marked, pairs, facts) VALUES (?1, ?2, ?3, ?4, ?5)"
        ))?
        .execute(params![
            number,
            words.plain,
            words.marked,
            pairs(&words.plain),
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

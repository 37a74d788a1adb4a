//! A look-up from the query to complete rows.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Rows, params_from_iter};

use super::number::CitizenNumber;
use super::query::{Query, QueryTerms, Select, select};
use super::row::{AFTER_COLUMNS, COLUMNS, IndexRow, MatchedAlias};
use super::snippet;
use super::terms::{Closeness, Form, closenesses};

/// A record that was found.
struct Found {
    slot: i64,
    row: IndexRow,
    name_number: Option<i64>,
    closeness: Option<Closeness>,
}

/// The records that match, the closest answers first, each kind newest first, at most `limit`.
pub(super) fn find(
    connection: &Connection,
    query: &Query,
    terms: &QueryTerms,
    limit: u32,
) -> rusqlite::Result<Vec<IndexRow>> {
    let queries: Vec<_> = terms.name.iter().chain(&terms.text).collect();
    let passes: Vec<Option<Closeness>> = if queries.is_empty() {
        vec![None]
    } else {
        closenesses(&queries).into_iter().map(Some).collect()
    };
    let mut search = Search {
        connection,
        limit: limit as usize,
        known: BTreeSet::new(),
        found: Vec::new(),
    };
    for closeness in passes {
        search.pass(&select(query, terms, closeness, COLUMNS), closeness)?;
    }
    let people = match &query.citizen {
        Some(number) => people_of(connection, number)?,
        None => 0,
    };
    search
        .found
        .into_iter()
        .map(|found| complete(connection, query, terms, people, found))
        .collect()
}

struct Search<'a> {
    connection: &'a Connection,
    limit: usize,
    known: BTreeSet<i64>,
    found: Vec<Found>,
}

impl Search<'_> {
    /// Adds what one statement finds beyond what is known, up to the limit.
    fn pass(&mut self, select: &Select, closeness: Option<Closeness>) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(&select.sql)?;
        let mut rows = statement.query(params_from_iter(&select.values))?;
        let mut beside = match &select.beside {
            Some(beside) => Some(self.connection.prepare_cached(&beside.sql)?),
            None => None,
        };
        let mut slots = match (&mut beside, &select.beside) {
            (Some(statement), Some(select)) => Some(Slots {
                rows: statement.query(params_from_iter(&select.values))?,
                reached: i64::MAX,
            }),
            _ => None,
        };
        while self.found.len() < self.limit
            && let Some(row) = rows.next()?
        {
            let (slot, found) = IndexRow::read(row)?;
            if let Some(slots) = &mut slots
                && !slots.has(slot)?
            {
                continue;
            }
            if self.known.insert(slot) {
                self.found.push(Found {
                    slot,
                    row: found,
                    name_number: row.get(AFTER_COLUMNS)?,
                    closeness,
                });
            }
        }
        Ok(())
    }
}

/// Slots that come in falling order, asked for in falling order.
struct Slots<'a> {
    rows: Rows<'a>,
    reached: i64,
}

impl Slots<'_> {
    fn has(&mut self, slot: i64) -> rusqlite::Result<bool> {
        while self.reached > slot {
            self.reached = match self.rows.next()? {
                Some(row) => row.get(0)?,
                None => i64::MIN,
            };
        }
        Ok(self.reached == slot)
    }
}

/// Adds to a row what says why it was found.
fn complete(
    connection: &Connection,
    query: &Query,
    terms: &QueryTerms,
    people: u32,
    found: Found,
) -> rusqlite::Result<IndexRow> {
    let mut row = found.row;
    if let Some(number) = &query.citizen
        && row.citizen.as_deref() != Some(number.expose())
    {
        row.matched_alias = Some(MatchedAlias {
            number: number.expose().to_owned(),
            citizens: people,
        });
    }
    if let Some(number) = found.name_number {
        row.matched_name = connection
            .prepare_cached("SELECT value FROM name WHERE number = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()?;
    }
    if let (Some(terms), Some(closeness)) = (&terms.text, found.closeness) {
        let text: Option<String> = connection
            .prepare_cached("SELECT text FROM page_text WHERE slot = ?1")?
            .query_row([found.slot], |row| row.get(0))
            .optional()?;
        let form: Form = terms.form(closeness.form);
        row.hits = snippet::hits(&text.unwrap_or_default(), terms.words(form), form);
    }
    Ok(row)
}

/// How many citizens have this number, as their own or as a former one.
fn people_of(connection: &Connection, number: &CitizenNumber) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM (
                SELECT citizen FROM alias WHERE number = ?1
                UNION SELECT citizen FROM record WHERE citizen = ?1)",
        )?
        .query_row([number.expose()], |row| row.get(0))
}

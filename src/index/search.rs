//! A look-up from the query to complete rows.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Rows, params_from_iter};

use super::number::CitizenNumber;
use super::query::{Plan, Query, QueryTerms, Select, plan};
use super::row::{AFTER_COLUMNS, COLUMNS, IndexRow, MatchedAlias};
use super::schema::NAMES_MAX;
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
        search.pass(&plan(query, terms, closeness, COLUMNS), closeness)?;
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
    /// Adds what a plan finds beyond what is known, up to the limit.
    fn pass(&mut self, plan: &Plan, closeness: Option<Closeness>) -> rusqlite::Result<()> {
        match plan {
            Plan::Walk(select) => {
                let mut statement = self.connection.prepare_cached(&select.sql)?;
                let mut rows = statement.query(params_from_iter(&select.values))?;
                while self.found.len() < self.limit
                    && let Some(row) = rows.next()?
                {
                    self.add(row, closeness)?;
                }
                Ok(())
            }
            Plan::SideBySide {
                names,
                texts,
                record,
            } => self.pass_side_by_side(names, texts, record, closeness),
        }
    }

    fn pass_side_by_side(
        &mut self,
        names: &Select,
        texts: &Select,
        record: &Select,
        closeness: Option<Closeness>,
    ) -> rusqlite::Result<()> {
        let connection = self.connection;
        let mut statement = connection.prepare_cached(&names.sql)?;
        let mut names = statement.query(params_from_iter(&names.values))?;
        let mut statement = connection.prepare_cached(&texts.sql)?;
        let mut texts = Slots {
            rows: statement.query(params_from_iter(&texts.values))?,
            reached: i64::MAX,
        };
        let mut statement = connection.prepare_cached(&record.sql)?;
        while self.found.len() < self.limit
            && let Some(name) = names.next()?
        {
            let number: i64 = name.get(0)?;
            let slot = number / NAMES_MAX;
            match texts.down_to(slot)? {
                None => break,
                Some(reached) if reached < slot => continue,
                Some(_) => {}
            }
            let values = [Value::from(number), Value::from(slot)];
            let values = values.iter().chain(&record.values);
            if let Some(row) = statement.query(params_from_iter(values))?.next()? {
                self.add(row, closeness)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, row: &Row<'_>, closeness: Option<Closeness>) -> rusqlite::Result<()> {
        let slot = row.get(0)?;
        if self.known.insert(slot) {
            self.found.push(Found {
                slot,
                row: IndexRow::read(row)?,
                name_number: row.get(AFTER_COLUMNS)?,
                closeness,
            });
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
    /// The highest that is not above `slot`; `None` where there is none.
    fn down_to(&mut self, slot: i64) -> rusqlite::Result<Option<i64>> {
        while self.reached > slot {
            match self.rows.next()? {
                Some(row) => self.reached = row.get(0)?,
                None => return Ok(None),
            }
        }
        Ok(Some(self.reached))
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

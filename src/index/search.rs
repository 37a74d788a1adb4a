//! A look-up from the query to complete rows.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Rows, params_from_iter};

use super::names::{Bearing, NameSlots, Names, names};
use super::number::{CitizenNumber, stored};
use super::query::{Query, Select, is_of_few, record, records, slots_of, text_slots};
use super::row::{IndexRow, MatchedAlias, names_of};
use super::snippet;
use super::terms::{Closeness, Form, QueryTerms, Terms, closenesses};

/// Papers that are gone through for one answer, where names are so common that this is the way: beyond it the search
/// stops with what it has. Some seconds.
const GONE_THROUGH_MAX: usize = 1_000_000;

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
    let passes: Vec<Option<Closeness>> = match closenesses(query, terms) {
        none if none.is_empty() => vec![None],
        some => some.into_iter().map(Some).collect(),
    };
    let mut search = Search {
        connection,
        query,
        terms,
        limit: limit as usize,
        known: BTreeSet::new(),
        found: Vec::new(),
    };
    let (whole, looser): (Vec<_>, Vec<_>) = if asks_for_a_full_name(query, terms) {
        let is_whole = |pass: &Option<Closeness>| pass.is_some_and(Closeness::is_whole);
        passes.into_iter().partition(is_whole)
    } else {
        (Vec::new(), passes)
    };
    for closeness in whole {
        search.pass(closeness)?;
    }
    // Whoever has exactly this name is meant; going on through the lists of its words costs far more than finding them.
    let looser = if search.found.is_empty() {
        looser
    } else {
        Vec::new()
    };
    for closeness in looser {
        if search.wants_more() {
            search.pass(closeness)?;
        }
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

/// A name of fewer words may be only a part of one.
const FULL_NAME_WORDS: usize = 3;

fn asks_for_a_full_name(query: &Query, terms: &QueryTerms) -> bool {
    let words = terms
        .name
        .as_ref()
        .map(|name| name.words(Form::Plain).len());
    words.is_some_and(|words| words >= FULL_NAME_WORDS) && terms.text.is_none() && !query.begun
}

struct Search<'a> {
    connection: &'a Connection,
    query: &'a Query,
    terms: &'a QueryTerms,
    limit: usize,
    known: BTreeSet<i64>,
    found: Vec<Found>,
}

impl<'a> Search<'a> {
    fn wants_more(&self) -> bool {
        self.found.len() < self.limit
    }

    /// Adds what answers this closely beyond what is known, up to the limit.
    fn pass(&mut self, closeness: Option<Closeness>) -> rusqlite::Result<()> {
        let (Some(name), Some(closest)) = (&self.terms.name, closeness) else {
            return self.go_through(closeness, |_| Ok(Some(None)));
        };
        match names(self.connection, name, closest)? {
            Names::Few(names) if names.is_empty() => Ok(()),
            Names::Few(names) if is_of_few(self.query) => self.go_through(closeness, |borne| {
                let first = borne.iter().find(|name| names.contains(name));
                Ok(first.map(|name| Some(*name)))
            }),
            Names::Few(names) => self.follow(names, closest),
            Names::Many => {
                let mut bearing = Bearing::new(self.connection, name, closest)?;
                self.go_through(closeness, |borne| Ok(bearing.first_of(borne)?.map(Some)))
            }
        }
    }

    /// Goes through the records that answer but for the name, newest first. `answers` is given the names of each, and
    /// says which of them answers, where one does or none is asked for.
    fn go_through(
        &mut self,
        closeness: Option<Closeness>,
        mut answers: impl FnMut(&[i64]) -> rusqlite::Result<Option<Option<i64>>>,
    ) -> rusqlite::Result<()> {
        let select = records(self.query, self.terms, closeness);
        let mut statement = self.connection.prepare_cached(&select.sql)?;
        let mut rows = statement.query(params_from_iter(&select.values))?;
        let mut gone_through = 0;
        while self.wants_more()
            && gone_through < GONE_THROUGH_MAX
            && let Some(row) = rows.next()?
        {
            gone_through += 1;
            if let Some(name) = answers(&names_of(row)?)? {
                self.add(row, name, closeness)?;
            }
        }
        Ok(())
    }

    /// Follows the records of some names, newest first, and keeps those that answer otherwise, too.
    fn follow(&mut self, names: Vec<i64>, closeness: Closeness) -> rusqlite::Result<()> {
        let connection: &'a Connection = self.connection;
        let mut slots = NameSlots::new(connection, names, slots_of(self.query))?;
        let texts = text_slots(self.query, self.terms, closeness);
        let mut statement: CachedStatement<'a>;
        let mut texts = match texts {
            None => None,
            Some(Select { sql, values }) => {
                statement = connection.prepare_cached(&sql)?;
                Some(Slots {
                    rows: statement.query(params_from_iter(&values))?,
                    reached: i64::MAX,
                })
            }
        };
        let record = record(self.query);
        let mut statement = connection.prepare_cached(&record.sql)?;
        while self.wants_more()
            && let Some((slot, name)) = slots.next()?
        {
            if let Some(texts) = &mut texts {
                match texts.down_to(slot)? {
                    None => break,
                    Some(reached) if reached < slot => continue,
                    Some(_) => {}
                }
            }
            let slot = [Value::from(slot)];
            let values = slot.iter().chain(&record.values);
            if let Some(row) = statement.query(params_from_iter(values))?.next()? {
                self.add(row, Some(name), Some(closeness))?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        row: &rusqlite::Row<'_>,
        name_number: Option<i64>,
        closeness: Option<Closeness>,
    ) -> rusqlite::Result<()> {
        let slot = row.get(0)?;
        if self.known.insert(slot) {
            self.found.push(Found {
                slot,
                row: IndexRow::read(row)?,
                name_number,
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
        row.hits = hits(&text.unwrap_or_default(), terms, closeness);
    }
    Ok(row)
}

fn hits(text: &str, terms: &Terms, closeness: Closeness) -> Vec<snippet::Hit> {
    let form: Form = terms.form(closeness.form);
    let wanted = snippet::Wanted {
        words: terms.words(form),
        form,
        last_is_begun: closeness.is_begun(),
    };
    snippet::hits(text, &wanted)
}

/// How many citizens have this number, as their own or as a former one.
fn people_of(connection: &Connection, number: &CitizenNumber) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM (
                SELECT citizen FROM alias WHERE number = ?1
                UNION SELECT citizen FROM record WHERE citizen = ?1)",
        )?
        .query_row([stored(number.expose())], |row| row.get(0))
}

//! Looking records up by a person's name.
//!
//! Names are few beside papers: each spelling stands once in the table `name`. So the names that answer are found first,
//! and then their records, newest first. Where very many names answer (a family name), newly archived papers bear one
//! of them soon enough, and going through the papers themselves is faster.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Statement, params};

use super::terms::{Closeness, Extent, Terms};

/// More names are not gone through one by one: each is a search in `name_record`.
const FEW: usize = 4000;

/// Slots that are fetched at once.
const CHUNK: usize = 256;

pub(super) const WHOLE: &str = "SELECT number, value FROM name WHERE plain = ?1";

pub(super) const OF_NAME: &str = "SELECT slot FROM name_record
    WHERE name = ?1 AND slot >= ?2 AND slot < ?3 ORDER BY slot DESC LIMIT ?4";

/// The names that answer a query this closely.
pub(super) enum Names {
    /// These.
    Few(Vec<i64>),
    /// More than are gone through one by one.
    Many,
}

/// Looks the names up.
pub(super) fn names(
    connection: &Connection,
    terms: &Terms,
    closeness: Closeness,
) -> rusqlite::Result<Names> {
    if closeness.extent == Extent::Whole {
        let mut statement = connection.prepare_cached(WHOLE)?;
        let mut rows = statement.query([terms.whole()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if terms.is_answered(row.get_ref(1)?.as_str()?, closeness) {
                found.push(row.get(0)?);
            }
        }
        return Ok(Names::Few(found));
    }
    let mut statement = connection
        .prepare_cached("SELECT rowid FROM name_words WHERE name_words MATCH ?1 LIMIT ?2")?;
    let most = i64::try_from(FEW + 1).unwrap_or(i64::MAX);
    let found = statement.query_map(params![terms.name_expression(closeness), most], |row| {
        row.get(0)
    })?;
    let found: Vec<i64> = found.collect::<Result<_, _>>()?;
    Ok(if found.len() > FEW {
        Names::Many
    } else {
        Names::Few(found)
    })
}

/// Whether a record bears a name that answers; remembers what it found out about names.
pub(super) struct Bearing<'a> {
    terms: &'a Terms,
    closeness: Closeness,
    value: CachedStatement<'a>,
    known: BTreeMap<i64, bool>,
}

/// Answers that are remembered.
const KNOWN_MAX: usize = 200_000;

impl<'a> Bearing<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        terms: &'a Terms,
        closeness: Closeness,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            terms,
            closeness,
            value: connection.prepare_cached("SELECT value FROM name WHERE number = ?1")?,
            known: BTreeMap::new(),
        })
    }

    /// The first of these names that answers.
    pub(super) fn first_of(&mut self, names: &[i64]) -> rusqlite::Result<Option<i64>> {
        for name in names {
            if self.answers(*name)? {
                return Ok(Some(*name));
            }
        }
        Ok(None)
    }

    fn answers(&mut self, name: i64) -> rusqlite::Result<bool> {
        if let Some(known) = self.known.get(&name) {
            return Ok(*known);
        }
        let value: Option<String> = self.value.query_row([name], |row| row.get(0)).optional()?;
        let answers = value.is_some_and(|value| self.terms.is_answered(&value, self.closeness));
        if self.known.len() < KNOWN_MAX {
            self.known.insert(name, answers);
        }
        Ok(answers)
    }
}

/// The records of some names, newest first: slot and name.
pub(super) struct NameSlots<'a> {
    names: Vec<i64>,
    of_name: CachedStatement<'a>,
    /// Ascending: the newest is the last.
    chunk: Vec<(i64, i64)>,
    /// All slots from here on were given.
    before: i64,
    /// No record is older.
    first: i64,
    chunk_size: usize,
}

impl<'a> NameSlots<'a> {
    /// Of the slots from `first` on, before `before`.
    pub(super) fn new(
        connection: &'a Connection,
        names: Vec<i64>,
        (first, before): (Option<i64>, Option<i64>),
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            names,
            of_name: connection.prepare_cached(OF_NAME)?,
            chunk: Vec::new(),
            before: before.unwrap_or(i64::MAX),
            first: first.unwrap_or(i64::MIN),
            chunk_size: CHUNK,
        })
    }

    pub(super) fn next(&mut self) -> rusqlite::Result<Option<(i64, i64)>> {
        if self.chunk.is_empty() {
            self.fetch()?;
        }
        Ok(self.chunk.pop())
    }

    /// The newest slots of all names together; a name gives only what is newer than the oldest of those so far.
    fn fetch(&mut self) -> rusqlite::Result<()> {
        let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
        let mut first = self.first;
        for name in &self.names {
            for slot in newest_of(
                &mut self.of_name,
                *name,
                (first, self.before),
                self.chunk_size,
            )? {
                newest.entry(slot).or_insert(*name);
            }
            while newest.len() > self.chunk_size {
                newest.pop_first();
            }
            if newest.len() == self.chunk_size {
                first = newest.first_key_value().map_or(first, |(slot, _)| *slot);
            }
        }
        self.chunk = newest.into_iter().collect();
        self.before = match self.chunk.first() {
            Some((oldest, _)) => *oldest,
            None => self.first,
        };
        // Who reads on reads more.
        self.chunk_size = (self.chunk_size * 4).min(64 * CHUNK);
        Ok(())
    }
}

fn newest_of(
    statement: &mut Statement<'_>,
    name: i64,
    (first, before): (i64, i64),
    count: usize,
) -> rusqlite::Result<Vec<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let slots = statement.query_map([name, first, before, count], |row| row.get(0))?;
    slots.collect()
}

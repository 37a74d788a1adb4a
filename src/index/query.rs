//! What to look for, and the SQL that looks for it.
//!
//! Every statement walks along an index that gives the newest record first, so that it can stop at
//! the limit: the slots of a citizen, dossier, kind, station or span of days, or of the words of texts. Where a
//! person or a dossier is given, their few records come first and the words are looked up in these. Names are looked
//! up by `names`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use rusqlite::types::Value;

use super::number::{CitizenNumber, stored};
use super::row::COLUMNS;
use super::terms::{Closeness, QueryTerms, fact};
use super::write::{slot_for, stored_record};
use crate::record::{DocumentKind, DossierCode, RecordId, StationName};

/// What to look for; every field that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Whose paper: the citizen ID, or a former number of the citizen.
    pub citizen: Option<CitizenNumber>,
    /// Which dossier.
    pub dossier: Option<DossierCode>,
    /// Which record.
    pub record: Option<RecordId>,
    /// Which station.
    pub station: Option<StationName>,
    /// What kind of paper.
    pub kind: Option<DocumentKind>,
    /// First day, in Vietnam.
    pub from: Option<Date>,
    /// Last day, inclusive.
    pub to: Option<Date>,
    /// Words of one person's name, in any order.
    pub name: Option<String>,
    /// Words of the pages' text, on whatever page each.
    pub text: Option<String>,
    /// The last word of name and text may be only the beginning of one; such answers come last.
    pub begun: bool,
    /// The words must stand side by side.
    pub phrase: bool,
}

/// One statement and its values, in order.
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

/// Slots are shifted where records have one and the same time; times are compared once more.
const SHIFTED_SLOTS_MAX: i64 = 3600 * 1024;

/// Whether a query gives a person or a dossier: their records are few.
pub(super) fn is_of_few(query: &Query) -> bool {
    query.citizen.is_some() || query.dossier.is_some() || query.record.is_some()
}

/// The records that answer a query, whatever names they have, newest first: [`COLUMNS`].
pub(super) fn records(query: &Query, terms: &QueryTerms, closeness: Option<Closeness>) -> Select {
    let text = text_expression(query, terms, closeness);
    let walk = match &text {
        Some(_) if !is_of_few(query) => Walk::Texts,
        _ => Walk::Records,
    };
    let mut conditions = Conditions::default();
    conditions.add_words(text.as_deref());
    conditions.add_values(query);
    conditions.add_slots(query, walk);
    conditions.select(COLUMNS, walk.tables(text.is_some()), walk)
}

/// The slots of texts that answer a query, newest first.
pub(super) fn text_slots(
    query: &Query,
    terms: &QueryTerms,
    closeness: Closeness,
) -> Option<Select> {
    let text = text_expression(query, terms, Some(closeness))?;
    let mut conditions = Conditions::default();
    conditions.add_words(Some(&text));
    conditions.add_slots(query, Walk::Texts);
    Some(conditions.select("text_words.rowid", "text_words", Walk::Texts))
}

/// The record of one slot, the first value, if it answers a query but for its words: [`COLUMNS`].
pub(super) fn record(query: &Query) -> Select {
    let mut conditions = Conditions::default();
    conditions.clauses.push("slot = ?".to_owned());
    conditions.add_values(query);
    conditions.select(COLUMNS, "record", Walk::Records)
}

/// The slots from which on, and before which, records of the query's days lie.
pub(super) fn slots_of(query: &Query) -> (Option<i64>, Option<i64>) {
    let after = query.to.and_then(|day| start_of(day.tomorrow().ok()?));
    let before = after.map(|at| slot_for(at) + SHIFTED_SLOTS_MAX);
    (query.from.and_then(start_of).map(slot_for), before)
}

fn text_expression(
    query: &Query,
    terms: &QueryTerms,
    closeness: Option<Closeness>,
) -> Option<String> {
    let facts = facts_of(query);
    Some(terms.text.as_ref()?.text_expression(closeness?, &facts))
}

/// What the texts' words know of a record beside its words.
fn facts_of(query: &Query) -> Vec<String> {
    let station = query
        .station
        .as_ref()
        .map(|name| fact("station", name.as_str()));
    let kind = query.kind.as_ref().map(|kind| fact("kind", kind.as_str()));
    station.into_iter().chain(kind).collect()
}

/// Which table the search walks along.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Records,
    Texts,
}

impl Walk {
    /// `CROSS JOIN` keeps the order of the tables.
    fn tables(self, texts: bool) -> &'static str {
        match (self, texts) {
            (Walk::Records, false) => "record",
            (Walk::Records, true) => "record CROSS JOIN text_words ON text_words.rowid = slot",
            (Walk::Texts, _) => "text_words CROSS JOIN record ON slot = text_words.rowid",
        }
    }

    fn order(self) -> &'static str {
        match self {
            Walk::Records => "slot",
            Walk::Texts => "text_words.rowid",
        }
    }
}

#[derive(Default)]
struct Conditions {
    clauses: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// One value for each question mark.
    fn add<V: Into<Value>>(&mut self, clause: &str, values: impl IntoIterator<Item = V>) {
        self.clauses.push(clause.to_owned());
        self.values.extend(values.into_iter().map(Into::into));
    }

    fn add_words(&mut self, expression: Option<&str>) {
        if let Some(expression) = expression {
            self.add("text_words MATCH ?", [expression.to_owned()]);
        }
    }

    fn add_values(&mut self, query: &Query) {
        if let Some(number) = &query.citizen {
            let number = stored(number.expose());
            self.add(
                "citizen IN (SELECT ? UNION SELECT citizen FROM alias WHERE number = ?)",
                [number, number],
            );
        }
        if let Some(dossier) = &query.dossier {
            self.add("dossier = ?", [dossier.to_string()]);
        }
        if let Some(record) = query.record {
            self.add("id = ?", [stored_record(record)]);
        }
        let labels = [
            ("station", query.station.as_ref().map(ToString::to_string)),
            ("kind", query.kind.as_ref().map(ToString::to_string)),
        ];
        for (column, label) in labels {
            if let Some(label) = label {
                let clause = format!("{column} = (SELECT number FROM label WHERE text = ?)");
                self.add(&clause, [label]);
            }
        }
        if let Some(start) = query.from.and_then(start_of) {
            self.add("archived >= ?", [start.as_millisecond()]);
        }
        if let Some(end) = query.to.and_then(|day| start_of(day.tomorrow().ok()?)) {
            self.add("archived < ?", [end.as_millisecond()]);
        }
    }

    /// The days once more, as a stretch of what is walked along.
    fn add_slots(&mut self, query: &Query, walk: Walk) {
        let (first, before) = slots_of(query);
        if let Some(first) = first {
            self.add(&format!("{} >= ?", walk.order()), [first]);
        }
        if let Some(before) = before {
            self.add(&format!("{} < ?", walk.order()), [before]);
        }
    }

    fn select(self, columns: &str, tables: &str, walk: Walk) -> Select {
        let mut sql = format!("SELECT {columns} FROM {tables}");
        if !self.clauses.is_empty() {
            sql += &format!(" WHERE {}", self.clauses.join(" AND "));
        }
        sql += &format!(" ORDER BY {} DESC", walk.order());
        Select {
            sql,
            values: self.values,
        }
    }
}

/// When a day of Vietnam begins.
fn start_of(day: Date) -> Option<Timestamp> {
    let midnight = day.to_zoned(TimeZone::fixed(tz::offset(7))).ok()?;
    Some(midnight.timestamp())
}

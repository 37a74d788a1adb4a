//! What to look for, and the SQL that looks for it.
//!
//! Every statement walks along an index that gives the newest record first, so that it can stop at
//! the limit: the slots of a citizen, dossier, kind, station or span of days, or of the words. Where a
//! person or a dossier is given, their few records come first and the words are looked up in these.

use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use rusqlite::types::Value;

use super::number::CitizenNumber;
use super::schema::NAMES_MAX;
use super::terms::{Closeness, Terms, fact};
use super::write::slot_for;
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
}

/// One statement and its values, in order.
pub(super) struct Select {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

/// How the records are found that answer a query this closely. A row is the columns asked for and
/// the number of the name that answered; one record may come several times running, once for each of
/// its names that answer.
pub(super) enum Plan {
    /// One statement gives the rows, newest first.
    Walk(Select),
    /// Names and texts are walked side by side, newest first, where looking each record up in a list
    /// of common words would begin anew each time.
    SideBySide {
        /// Gives numbers of names.
        names: Select,
        /// Gives slots.
        texts: Select,
        /// Gives the row of one record; the first values are the number of the name and the slot.
        record: Select,
    },
}

/// The words of a query, folded.
pub(super) struct QueryTerms {
    pub(super) name: Option<Terms>,
    pub(super) text: Option<Terms>,
}

/// Slots are shifted where records have one and the same time; days are compared once more by name.
const SHIFTED_SLOTS_MAX: i64 = 3600 * 1024;

/// Plans how to find the records that answer a query this closely.
pub(super) fn plan(
    query: &Query,
    terms: &QueryTerms,
    closeness: Option<Closeness>,
    columns: &str,
) -> Plan {
    let facts = facts_of(query);
    let expression = |terms: &Option<Terms>| Some(terms.as_ref()?.expression(closeness?, &facts));
    let (name, text) = (expression(&terms.name), expression(&terms.text));
    let few = query.citizen.is_some() || query.dossier.is_some() || query.record.is_some();
    let walk = match (few, &name, &text) {
        (false, Some(name), Some(text)) => return side_by_side(query, name, text, columns),
        (false, Some(_), None) => Walk::Names,
        (false, None, Some(_)) => Walk::Texts,
        (true, ..) | (false, None, None) => Walk::Records,
    };
    let name_number = name.as_ref().map_or("NULL", |_| "name_words.rowid");
    let columns = format!("{columns}, {name_number}");
    let tables = walk.tables(name.is_some(), text.is_some());
    let mut conditions = Conditions::default();
    conditions.add_words("name_words", name.as_deref());
    conditions.add_words("text_words", text.as_deref());
    conditions.add_values(query);
    conditions.add_slots(query, walk);
    Plan::Walk(conditions.select(&columns, &tables, walk))
}

fn side_by_side(query: &Query, name: &str, text: &str, columns: &str) -> Plan {
    let numbers = |table: &str, expression: &str, walk: Walk| {
        let mut conditions = Conditions::default();
        conditions.add_words(table, Some(expression));
        conditions.add_slots(query, walk);
        conditions.select(walk.order(), table, walk)
    };
    let mut conditions = Conditions::default();
    conditions.clauses.push("slot = ?".to_owned());
    conditions.add_values(query);
    Plan::SideBySide {
        names: numbers("name_words", name, Walk::Names),
        texts: numbers("text_words", text, Walk::Texts),
        record: conditions.select(&format!("{columns}, ?"), "record", Walk::Records),
    }
}

/// What the words' tables know of a record beside its words.
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
    Names,
    Texts,
}

impl Walk {
    /// `CROSS JOIN` keeps the order of the tables.
    fn tables(self, names: bool, texts: bool) -> String {
        let mut tables = match self {
            Walk::Records => "record".to_owned(),
            Walk::Names => {
                format!("name_words CROSS JOIN record ON slot = name_words.rowid / {NAMES_MAX}")
            }
            Walk::Texts => "text_words CROSS JOIN record ON slot = text_words.rowid".to_owned(),
        };
        if names && self != Walk::Names {
            tables += &format!(
                " CROSS JOIN name_words ON name_words.rowid
                  BETWEEN slot * {NAMES_MAX} AND slot * {NAMES_MAX} + {NAMES_MAX} - 1"
            );
        }
        if texts && self != Walk::Texts {
            tables += " CROSS JOIN text_words ON text_words.rowid = slot";
        }
        tables
    }

    fn order(self) -> &'static str {
        match self {
            Walk::Records => "slot",
            Walk::Names => "name_words.rowid",
            Walk::Texts => "text_words.rowid",
        }
    }

    /// What a slot is multiplied with in the column of [`Walk::order`].
    fn slot_size(self) -> i64 {
        match self {
            Walk::Records | Walk::Texts => 1,
            Walk::Names => NAMES_MAX,
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

    fn add_words(&mut self, table: &str, expression: Option<&str>) {
        if let Some(expression) = expression {
            self.add(&format!("{table} MATCH ?"), [expression.to_owned()]);
        }
    }

    fn add_values(&mut self, query: &Query) {
        if let Some(number) = &query.citizen {
            let digits = number.expose().to_owned();
            self.add(
                "citizen IN (SELECT ? UNION SELECT citizen FROM alias WHERE number = ?)",
                [digits.clone(), digits],
            );
        }
        let equal = [
            ("dossier", query.dossier.as_ref().map(ToString::to_string)),
            ("id", query.record.map(|id| id.to_string())),
            ("station", query.station.as_ref().map(ToString::to_string)),
            ("kind", query.kind.as_ref().map(ToString::to_string)),
        ];
        for (column, value) in equal {
            if let Some(value) = value {
                self.add(&format!("{column} = ?"), [value]);
            }
        }
        if let Some(day) = query.from {
            self.add("day >= ?", [day.to_string()]);
        }
        if let Some(day) = query.to {
            self.add("day <= ?", [day.to_string()]);
        }
    }

    /// The days once more, as a stretch of what is walked along.
    fn add_slots(&mut self, query: &Query, walk: Walk) {
        let first = query.from.and_then(first_slot_of);
        let after = query.to.and_then(|day| first_slot_of(day.tomorrow().ok()?));
        if let Some(first) = first {
            let clause = format!("{} >= ?", walk.order());
            self.add(&clause, [first * walk.slot_size()]);
        }
        if let Some(after) = after {
            let clause = format!("{} < ?", walk.order());
            self.add(&clause, [(after + SHIFTED_SLOTS_MAX) * walk.slot_size()]);
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

/// The slot in which a day of Vietnam begins.
fn first_slot_of(day: Date) -> Option<i64> {
    let midnight = day.to_zoned(TimeZone::fixed(tz::offset(7))).ok()?;
    Some(slot_for(midnight.timestamp()))
}

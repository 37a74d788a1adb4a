//! Tables of people: column heads that are labels, and a row for each person.

use std::ops::Range;

use super::doubt;
use super::labels::{Label, Mark};
use super::layout::{Layout, Token};
use super::person::Person;
use super::value::{self, Found, twelve_digits};
use crate::record::{CitizenId, FieldName};

/// Most rows of a table.
const ROWS_MAX: usize = 40;
/// Lines without anything of ours that may lie between two rows.
const GAP_LINES_MAX: usize = 2;

/// People of the tables of a page, and the lines that the tables take up.
pub(super) fn people(layout: &Layout<'_>, marks: &[Mark]) -> (Vec<Person>, Vec<usize>) {
    let mut people = Vec::new();
    let mut taken = Vec::new();
    for (number, line) in layout.lines().iter().enumerate() {
        let Some(columns) = columns(layout, marks, line) else {
            continue;
        };
        taken.push(number);
        let mut missed = 0;
        for row in number + 1..layout.lines().len().min(number + 1 + ROWS_MAX) {
            let Some(line) = layout.lines().get(row).cloned() else {
                break;
            };
            match person(layout, &columns, line) {
                Some(person) => {
                    people.push(person);
                    taken.push(row);
                    missed = 0;
                }
                None if missed == GAP_LINES_MAX => break,
                None => missed += 1,
            }
        }
    }
    (people, taken)
}

/// A column: what its head says, and how far its cells may reach.
struct Column {
    label: Label,
    left: f32,
    right: f32,
}

/// The columns under a line of heads: two labels of ours or more, none with a value.
fn columns(layout: &Layout<'_>, marks: &[Mark], line: &Range<usize>) -> Option<Vec<Column>> {
    let heads: Vec<&Mark> = marks
        .iter()
        .filter(|mark| line.contains(&mark.words.start))
        .collect();
    let is_ours = |mark: &&&Mark| {
        matches!(
            mark.label,
            Label::FullName | Label::BirthDate | Label::CitizenId
        )
    };
    let holds = heads.iter().filter(is_ours).count() >= 2
        && heads.iter().all(|mark| !mark.has_colon)
        && !layout
            .slice(line.clone())
            .iter()
            .any(|token| token.letters.len() > 3 && token.is_digits());
    if !holds {
        return None;
    }
    let edge = |token: usize| layout.tokens.get(token);
    let columns = heads.iter().map(|mark| Column {
        label: mark.label,
        // A cell may be wider than its head, up to the middle of those beside it.
        left: match mark
            .words
            .start
            .checked_sub(1)
            .filter(|before| line.contains(before))
        {
            Some(before) => edge(before).map_or(f32::MIN, Token::middle),
            None => f32::MIN,
        },
        right: match Some(mark.words.end).filter(|after| line.contains(after)) {
            Some(after) => edge(after).map_or(f32::MAX, Token::middle),
            None => f32::MAX,
        },
    });
    Some(columns.collect())
}

/// The person of a row; a name alone makes none, since a line of text has names too.
fn person(layout: &Layout<'_>, columns: &[Column], line: Range<usize>) -> Option<Person> {
    let cell = |label: Label| {
        let column = columns.iter().find(|column| column.label == label)?;
        let inside = |index: &usize| {
            layout
                .tokens
                .get(*index)
                .is_some_and(|token| (column.left..column.right).contains(&token.middle()))
        };
        let start = line.clone().find(inside)?;
        let end = line.clone().rev().find(inside)?;
        Some(start..end + 1)
    };
    let born = cell(Label::BirthDate).and_then(|cell| value::date(layout, cell));
    let id = cell(Label::CitizenId).and_then(|cell| number(layout, cell));
    if born.is_none() && id.is_none() {
        return None;
    }
    let mut person = Person::at(line.start);
    if let Some(found) = cell(Label::FullName).and_then(|cell| value::name(layout, cell)) {
        person.text(layout, FieldName::FullName, found);
    }
    if let Some(found) = born {
        person.born(layout, found);
    }
    if let Some(found) = id {
        person.id(layout, found);
    }
    Some(person)
}

/// A head is further from its cells than a label is: what does not look like a citizen ID is none.
fn number(layout: &Layout<'_>, cell: Range<usize>) -> Option<Found<CitizenId>> {
    cell.clone()
        .zip(layout.slice(cell))
        .find_map(|(index, token)| {
            let id: CitizenId = twelve_digits(token)?.parse().ok()?;
            doubt::is_plausible(&id).then_some(Found {
                value: id,
                tokens: index..index + 1,
            })
        })
}

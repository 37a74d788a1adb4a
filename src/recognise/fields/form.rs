//! The people whom a form names: each label with the value to its right, on the next line or below it.
//!
//! A form names several people, each with name, date of birth, number and address. A new one begins
//! where something would be said of the same person twice.

use std::ops::Range;

use super::labels::{Label, Mark};
use super::layout::Layout;
use super::person::Person;
use super::value::{self, Found};
use super::{card, doubt};
use crate::recognise::citizen_card::Sex;
use crate::record::{CitizenId, FieldName};

/// How far below its label a value may stand, in heights of a word.
const BELOW_MAX: f32 = 4.5;
/// Lines that an address may run on.
const ADDRESS_LINES: usize = 2;

/// What is read so far, and of whom.
struct Reader<'l, 'a> {
    layout: &'l Layout<'a>,
    marks: &'l [Mark],
    people: Vec<Person>,
    person: Person,
    /// What follows is of a firm or an office.
    is_organisation: bool,
}

/// The people of a page, in reading order. Lines of tables are somebody else's.
pub(super) fn people(layout: &Layout<'_>, marks: &[Mark], table: &[usize]) -> Vec<Person> {
    let mut reader = Reader {
        layout,
        marks,
        people: Vec::new(),
        person: Person::at(0),
        is_organisation: false,
    };
    let mut cards = card::numbers(layout, marks).into_iter().peekable();
    for (index, mark) in marks.iter().enumerate() {
        if table.contains(&layout.line_of(mark.words.start)) {
            continue;
        }
        while let Some(number) = cards.next_if(|number| number.tokens.start < mark.words.start) {
            reader.id(number);
        }
        reader.take(index, mark);
    }
    for number in cards {
        reader.id(number);
    }
    reader.next_person(0);
    reader.people
}

impl Reader<'_, '_> {
    fn take(&mut self, index: usize, mark: &Mark) {
        let at = mark.words.start;
        match mark.label {
            Label::FullName => {
                self.is_organisation = false;
                let found = self.value(index, value::name);
                // A label whose name cannot be read still begins a person.
                if self.person.is_begun && (mark.has_colon || found.is_some()) {
                    self.next_person(at);
                }
                self.person.is_begun |= mark.has_colon || found.is_some();
                self.person.role = self.role(mark);
                if let Some(found) = found {
                    self.say(FieldName::FullName, found);
                }
            }
            Label::BirthDate => match self.value(index, value::date) {
                Some(found) => {
                    self.once(FieldName::DateOfBirth, at);
                    self.person.born(self.layout, found);
                }
                None => {
                    if let Some(year) = self.value(index, value::year) {
                        self.person.born_in(year);
                    }
                }
            },
            Label::Sex => {
                if let Some(found) = self.value(index, value::sex) {
                    self.once(FieldName::Sex, at);
                    self.person.sex(self.layout, found);
                }
            }
            Label::Address => self.address(index, mark),
            Label::CitizenId | Label::FormerId | Label::AnyId => self.number(index, mark.label),
            Label::Organisation => {
                self.next_person(at);
                self.is_organisation = true;
            }
            Label::Passport | Label::DossierCode | Label::Other => {}
        }
    }

    /// Ends the person in hand.
    fn next_person(&mut self, at: usize) {
        let person = std::mem::replace(&mut self.person, Person::at(at));
        self.people.push(person);
    }

    /// What is said once of a person begins another one when it is said again.
    fn once(&mut self, name: FieldName, at: usize) {
        if self.person.has(name) {
            self.next_person(at);
        }
    }

    fn say(&mut self, name: FieldName, found: Found<String>) {
        self.person.text(self.layout, name, found);
    }

    fn id(&mut self, found: Found<CitizenId>) {
        self.once(FieldName::CitizenId, found.tokens.start);
        self.person.id(self.layout, found);
    }

    fn number(&mut self, index: usize, label: Label) {
        let Some(found) = self.value(index, value::number) else {
            return;
        };
        match (label, found.value.len()) {
            (Label::CitizenId | Label::AnyId, 12) => {
                let Ok(id) = found.value.parse::<CitizenId>() else {
                    return;
                };
                if label == Label::CitizenId || doubt::is_plausible(&id) {
                    let tokens = found.tokens;
                    self.id(Found { value: id, tokens });
                }
            }
            (Label::FormerId, 9 | 12) | (Label::AnyId, 9) => self.say(FieldName::FormerId, found),
            _ => {}
        }
    }

    /// Addresses of firms are not people's; those of nobody are of no use.
    fn address(&mut self, index: usize, mark: &Mark) {
        if self.is_organisation || !(mark.has_colon && self.person.is_named()) {
            return;
        }
        let found = self
            .candidates(index)
            .into_iter()
            .find_map(|range| value::address(self.layout, self.run_on(range, mark)));
        if let Some(found) = found {
            self.say(FieldName::Address, found);
        }
    }

    /// An address goes on in the next line where its own is full and the next begins no further in.
    fn run_on(&self, range: Range<usize>, mark: &Mark) -> Range<usize> {
        let layout = self.layout;
        let left = layout
            .tokens
            .get(mark.words.start)
            .map_or(0.0, |token| token.left);
        let stop = self.next_mark(range.end);
        let mut range = range;
        for _ in 0..ADDRESS_LINES {
            let Some(last) = range.end.checked_sub(1) else {
                break;
            };
            let line = layout.line_of(last);
            let next = layout.lines().get(line + 1).cloned();
            let next = next.filter(|next| {
                let begins_left = layout
                    .slice(next.clone())
                    .first()
                    .is_some_and(|first| first.left <= left + 1.5 * layout.height);
                next.start == range.end && layout.is_full(line) && begins_left
            });
            let Some(next) = next else {
                break;
            };
            range.end = next.end.min(stop);
        }
        range
    }

    fn value<T>(
        &self,
        index: usize,
        read: fn(&Layout<'_>, Range<usize>) -> Option<T>,
    ) -> Option<T> {
        let mut candidates = self.candidates(index).into_iter();
        candidates.find_map(|range| read(self.layout, range))
    }

    /// Where the value of a label may stand, likeliest first.
    fn candidates(&self, index: usize) -> Vec<Range<usize>> {
        let layout = self.layout;
        let Some(mark) = self.marks.get(index) else {
            return Vec::new();
        };
        let line = layout.line_around(mark.value_from.saturating_sub(1));
        let here = mark.value_from
            ..line
                .end
                .min(self.next_mark(mark.words.end))
                .max(mark.value_from);
        if layout
            .slice(here.clone())
            .iter()
            .any(|token| !token.letters.is_empty())
        {
            return vec![here];
        }
        if here.end < line.end {
            return Vec::new();
        }
        let mut candidates = Vec::new();
        let (Some(first), Some(last)) = (
            layout.tokens.get(mark.words.start),
            layout.tokens.get(here.start - 1),
        ) else {
            return candidates;
        };
        let line = layout.line_of(here.start - 1);
        if layout.is_long(line) {
            candidates.extend(layout.lines().get(line + 1).cloned());
        }
        if mark.has_colon {
            candidates.extend(self.below(first.left, last.base, line));
        }
        for range in &mut candidates {
            range.end = range.end.min(self.next_mark(range.start));
        }
        candidates
    }

    /// What stands under a label: the next line that has something there.
    fn below(&self, left: f32, base: f32, line: usize) -> Option<Range<usize>> {
        let layout = self.layout;
        let height = layout.height;
        layout
            .lines()
            .iter()
            .skip(line + 1)
            .take(3)
            .find_map(|line| {
                let is_under = |index: &usize| {
                    layout.tokens.get(*index).is_some_and(|token| {
                        token.left >= left - 2.0 * height
                            && (0.5 * height..BELOW_MAX * height).contains(&(token.base - base))
                            && !token.letters.is_empty()
                    })
                };
                let start = line.clone().find(is_under)?;
                Some(start..line.end)
            })
    }

    /// Where the next label begins, at or behind a token.
    fn next_mark(&self, token: usize) -> usize {
        let after = self.marks.partition_point(|mark| mark.words.start < token);
        self.marks
            .get(after)
            .map_or(usize::MAX, |mark| mark.words.start)
    }

    /// What stands between a label and its colon may say what the person is.
    fn role(&self, mark: &Mark) -> Option<Sex> {
        let words = self.layout.slice(mark.words.end..mark.value_from);
        let is = |names: &[&str]| {
            words
                .iter()
                .any(|word| names.contains(&word.letters.as_str()))
        };
        match (is(&["me", "vo", "ba"]), is(&["cha", "chong", "ong"])) {
            (true, false) => Some(Sex::Female),
            (false, true) => Some(Sex::Male),
            _ => None,
        }
    }
}

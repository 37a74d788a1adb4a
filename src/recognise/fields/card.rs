//! The number on the front of a citizen's card, which OCR reads though its tiny label is lost.
//!
//! It is the only number taken without a label of its own. Instead the card must be around it: the
//! card's title not far above, the number alone on its line, the label of the name below, and a
//! structure that a citizen ID has.

use super::doubt;
use super::fold::{distance, letters};
use super::labels::{Label, Mark};
use super::layout::Layout;
use super::value::{Found, twelve_digits};
use crate::record::CitizenId;

/// Titles of the cards of 2016 and 2024.
const TITLES: &[&str] = &["cancuoccongdan", "cancuoc"];
/// Lines from the title down to the number, and from there to the name.
const LINES_ABOVE: usize = 4;
const LINES_BELOW: usize = 3;
/// Most letters of a misread label: “Số / No.:”.
const LABEL_LETTERS_MAX: usize = 8;

/// The numbers of the cards on a page that no label announces.
pub(super) fn numbers(layout: &Layout<'_>, marks: &[Mark]) -> Vec<Found<CitizenId>> {
    let lines = layout.lines();
    let is_title = |line: usize| {
        let text = lines
            .get(line)
            .map(|line| letters(&layout.text(line.clone())));
        text.is_some_and(|text| {
            TITLES
                .iter()
                .any(|title| distance(&text, title, 1).is_some())
        })
    };
    let has_mark = |line: usize, label: Label| {
        let mut marks = marks.iter().filter(|mark| mark.label == label);
        marks.any(|mark| layout.line_of(mark.words.start) == line)
    };
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((at, id)) = alone(layout, line.clone()) else {
            continue;
        };
        let is_on_card = (number.saturating_sub(LINES_ABOVE)..number).any(is_title)
            && (number + 1..=number + LINES_BELOW).any(|below| has_mark(below, Label::FullName));
        let is_labelled = marks
            .iter()
            .any(|mark| layout.line_of(mark.words.start) == number);
        if is_on_card && !is_labelled && doubt::is_plausible(&id) {
            found.push(Found {
                value: id,
                tokens: at..at + 1,
            });
        }
    }
    found
}

/// The one number of a line that has little else.
fn alone(layout: &Layout<'_>, line: std::ops::Range<usize>) -> Option<(usize, CitizenId)> {
    let mut number = None;
    let mut other = 0;
    for (index, token) in line.clone().zip(layout.slice(line)) {
        match twelve_digits(token) {
            Some(digits) if number.is_none() => number = Some((index, digits.parse().ok()?)),
            _ => other += token.letters.len(),
        }
    }
    number.filter(|_| other <= LABEL_LETTERS_MAX)
}

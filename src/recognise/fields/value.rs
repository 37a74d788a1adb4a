//! Values as forms hold them: numbers, dates, names, sex, addresses.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::fold::distance;
use super::layout::{Layout, Token};
use crate::recognise::citizen_card::Sex;

/// A value and the tokens that say it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) tokens: Range<usize>,
}

impl<T> Found<T> {
    /// The same place with the value in another form.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        Found {
            value: change(self.value),
            tokens: self.tokens,
        }
    }
}

/// Words between a label and its number: “CCCD *số*”.
const FILLERS_MAX: usize = 3;
/// Most boxes of a number, one digit each.
const CELLS_MAX: usize = 24;
/// Longest name, in words; the longest in use have six or seven.
const NAME_WORDS_MAX: usize = 8;
/// Longest address, in words.
const ADDRESS_WORDS_MAX: usize = 40;

/// Identity papers, by the names that stand before their numbers.
const PAPERS: &[&str] = &["cccd", "cmnd"];

/// The number that stands at the beginning of some tokens: in one word, in groups or one digit a box.
/// Only a whole number counts: a longer one is not cut.
pub(super) fn number(layout: &Layout<'_>, range: Range<usize>) -> Option<Found<String>> {
    let mut tokens = range.clone().zip(layout.slice(range)).peekable();
    let mut fillers = 0;
    while let Some((_, token)) = tokens.peek() {
        let is_filler = matches!(
            token.letters.as_str(),
            "" | "so" | "s?" | "la" | "no" | "nay"
        ) || PAPERS
            .iter()
            .any(|paper| distance(&token.letters, paper, 1).is_some());
        if !is_filler || fillers == FILLERS_MAX {
            break;
        }
        fillers += 1;
        tokens.next();
    }
    let mut digits = String::new();
    let mut span: Option<Range<usize>> = None;
    let mut edge = f32::MIN;
    for (index, token) in tokens.take(CELLS_MAX) {
        let is_border = token.letters.is_empty() && span.is_some();
        let is_group = token.is_digits() && is_grouped(token.text) && date_in(token.text).is_none();
        // After a whole number another one may stand close by; a group of the same number stands closer.
        let is_apart = digits.len() >= 9 && token.left - edge > layout.height;
        if is_border && !token.text.ends_with([',', ';']) {
            continue;
        }
        if !is_group || is_apart {
            break;
        }
        digits.push_str(&token.letters);
        span = Some(span.map_or(index, |span| span.start)..index + 1);
        edge = token.right;
        if token.text.ends_with([',', ';']) {
            break;
        }
    }
    Some(Found {
        value: digits,
        tokens: span?,
    })
}

/// Digits with nothing between them but what parts the groups of a number or the boxes of a form.
fn is_grouped(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ';' | '-' | '|' | '[' | ']' | '\''))
}

/// 12 digits in one word.
pub(super) fn twelve_digits<'t>(token: &'t Token<'_>) -> Option<&'t str> {
    let holds = token.letters.len() == 12 && token.is_digits() && is_grouped(token.text);
    holds.then_some(token.letters.as_str())
}

static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)^\W*(?:ngày|ngay)?\W{0,3}(?:",
        r"(\d{1,2})\s*(?:/|⁄|\.|-|tháng|thang)\s*(\d{1,2})\W{0,2}\s*(?:/|⁄|\.|-|năm|nam)\s*(\d\s?\d\s?\d\s?\d)",
        r"|(\d\s*\d)[\s|/]*(\d\s*\d)[\s|/]*(\d\s*\d\s*\d\s*\d))",
    ))
    .ok()
});

/// The date at the beginning of a text, and where it ends.
fn date_at(text: &str) -> Option<(Date, usize)> {
    let found = DATE.as_ref()?.captures(text)?;
    let end = found.get(0)?.end();
    let runs_on = text.get(end..)?.starts_with(|c: char| c.is_ascii_digit());
    let mut numbers = found.iter().skip(1).flatten().map(|group| {
        let digits: String = group.as_str().split_whitespace().collect();
        digits.parse::<i16>().ok()
    });
    let (day, month, year) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let is_plausible = (1850..=2150).contains(&year) && !runs_on;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    is_plausible.then_some((date, end))
}

pub(super) fn date_in(text: &str) -> Option<Date> {
    date_at(text).map(|(date, _)| date)
}

/// The date that stands at the beginning of some tokens: `14/03/1991`, `ngày 14 tháng 3 năm 1991`, or
/// one digit a box.
pub(super) fn date(layout: &Layout<'_>, range: Range<usize>) -> Option<Found<Date>> {
    let range = range.start..range.end.min(range.start + 12);
    let text = layout.text(range.clone());
    let (value, end) = date_at(&text)?;
    let mut length = 0;
    let used = layout.slice(range.clone()).iter().take_while(|token| {
        let starts_before = length < end;
        length += token.text.len() + 1;
        starts_before
    });
    Some(Found {
        value,
        tokens: range.start..range.start + used.count(),
    })
}

/// A year of birth that stands alone.
pub(super) fn year(layout: &Layout<'_>, range: Range<usize>) -> Option<i16> {
    let first = layout.slice(range).first()?;
    let year = first.letters.parse().ok()?;
    (first.letters.len() == 4 && (1850..=2150).contains(&year)).then_some(year)
}

/// `Nam` or `Nữ`, if not both are printed to be ticked.
pub(super) fn sex(layout: &Layout<'_>, range: Range<usize>) -> Option<Found<Sex>> {
    let mut found: Option<Found<Sex>> = None;
    for (index, token) in range.clone().zip(layout.slice(range)).take(4) {
        let value = match token.letters.as_str() {
            "nam" => Sex::Male,
            "nu" | "nuu" => Sex::Female,
            "" => continue,
            _ => break,
        };
        if found.is_some() {
            return None;
        }
        found = Some(Found {
            value,
            tokens: index..index + 1,
        });
    }
    found
}

/// How people are addressed; no part of a name.
const ADDRESSES: &[&str] = &["ong", "ba", "anh", "chi", "ongba"];
/// Beginnings of what is no person.
const ORGANISATIONS: &[&str] = &[
    "congty",
    "uyban",
    "ubnd",
    "trungtam",
    "nganhang",
    "truongtieu",
    "truongtrung",
    "truongdai",
    "truongmam",
    "hoptac",
    "doanhnghiep",
    "chinhanh",
    "benhvien",
    "phongkham",
    "tramy",
];

/// The name at the beginning of some tokens: words that begin with a capital, two or more.
pub(super) fn name(layout: &Layout<'_>, range: Range<usize>) -> Option<Found<String>> {
    let mut words: Vec<&str> = Vec::new();
    let mut span: Option<Range<usize>> = None;
    for (index, token) in range.clone().zip(layout.slice(range)) {
        let word = token.text.trim_matches(|c: char| !c.is_alphabetic());
        let is_address = ADDRESSES.contains(&token.letters.as_str());
        // Before a name stands a form of address, a number of a row or a smudge.
        let is_ordinal = token.letters.len() == 1 && token.text.ends_with([')', '.']);
        let is_noise = word.is_empty() && token.letters.len() < 6;
        if words.is_empty() && (is_noise || is_ordinal || is_address) {
            continue;
        }
        let is_name = word.chars().all(char::is_alphabetic)
            && word.chars().next().is_some_and(char::is_uppercase);
        if !is_name || words.len() == NAME_WORDS_MAX {
            break;
        }
        words.push(word);
        span = Some(span.map_or(index, |span| span.start)..index + 1);
        if token.text.ends_with([',', ';', '.', ')', ':']) {
            break;
        }
    }
    let tokens = span?;
    let two: String = layout
        .slice(tokens.clone())
        .iter()
        .take(2)
        .map(|t| t.letters.as_str())
        .collect();
    let is_person = (2..NAME_WORDS_MAX).contains(&words.len())
        && !ORGANISATIONS
            .iter()
            .any(|beginning| two.starts_with(beginning));
    is_person.then(|| Found {
        value: words.join(" "),
        tokens,
    })
}

/// The address at the beginning of some tokens, up to its full stop.
pub(super) fn address(layout: &Layout<'_>, range: Range<usize>) -> Option<Found<String>> {
    let mut end = range.start;
    for (index, token) in range
        .clone()
        .zip(layout.slice(range.clone()))
        .take(ADDRESS_WORDS_MAX)
    {
        if token.text.starts_with(['—', '–', '|']) || date_in(token.text).is_some() {
            break;
        }
        end = index + 1;
        let next = layout.tokens.get(end).filter(|_| end < range.end);
        let ends = next.is_some_and(|next| next.text.starts_with(char::is_uppercase));
        if token.text.ends_with(';')
            || (token.text.ends_with('.') && token.letters.len() > 2 && ends)
        {
            break;
        }
    }
    let is_noise = |token: &Token<'_>| token.letters.is_empty();
    let is_ordinal = |token: &Token<'_>| {
        token.is_digits() && token.text.ends_with('.') && token.letters.len() < 3
    };
    let mut start = range.start;
    while layout.slice(start..end).first().is_some_and(is_noise) {
        start += 1;
    }
    while layout
        .slice(start..end)
        .last()
        .is_some_and(|last| is_noise(last) || is_ordinal(last))
    {
        end -= 1;
    }
    let text = layout.text(start..end);
    let value = text.trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '(');
    let has_words = layout
        .slice(start..end)
        .iter()
        .filter(|t| t.letters.len() > 1 && !t.is_digits())
        .count()
        > 1;
    has_words.then(|| Found {
        value: value.to_owned(),
        tokens: start..end,
    })
}

//! The head of an official paper (NĐ 30/2020, Phụ lục I): issuing agency at the left, number below it,
//! place and date.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::fold::{distance, letters};
use super::layout::Layout;
use super::value::{self, Found};
use super::{ocr_field, ocr_field_of_pieces};
use crate::record::{Field, FieldName};

/// How far down the page the number may stand.
const HEAD: f32 = 0.45;
/// Lines that the head of a paper has at most, counted from the motto.
const HEAD_LINES: usize = 6;
/// Most words of the place before a date.
const PLACE_WORDS_MAX: usize = 6;
const MOTTO: &str = "conghoaxahoichunghiavietnam";

/// Beginnings of the names of agencies.
const AGENCIES: &[&str] = &[
    "uybannhandan",
    "uyban",
    "ubnd",
    "hoidong",
    "hdnd",
    "so",
    "bo",
    "cuc",
    "chicuc",
    "tongcuc",
    "congan",
    "trungtam",
    "phong",
    "vanphong",
    "ban",
    "toaan",
    "vien",
    "truong",
    "benhvien",
    "tram",
    "thutuong",
    "chinhphu",
    "quochoi",
    "khobac",
    "baohiem",
    "chinhanh",
    "danguy",
    "mattran",
    "congty",
    "tongcongty",
];

/// Agency, number and date, where the page has them.
pub(super) fn fields(layout: &Layout<'_>) -> Vec<Field> {
    let named = [
        (FieldName::DocumentNumber, number(layout)),
        (FieldName::DocumentDate, date(layout)),
    ];
    let found = named
        .into_iter()
        .filter_map(|(name, found)| Some(ocr_field(layout, name, found?)));
    agency(layout).into_iter().chain(found).collect()
}

/// The last name of an agency left of the motto; the one above it is its superior.
fn agency(layout: &Layout<'_>) -> Option<Field> {
    let lines = layout.lines();
    let (at, edge) = lines.iter().enumerate().find_map(|(number, line)| {
        let unlike = |start: &usize| {
            let text = letters(&layout.text(*start..line.end));
            distance(&text, MOTTO, 5)
        };
        let starts = line.clone().filter(|start| unlike(start).is_some());
        let motto = layout.tokens.get(starts.min_by_key(unlike)?)?;
        Some((number, motto.left))
    })?;
    let head = lines.iter().skip(at.saturating_sub(2)).take(HEAD_LINES);
    let mut name: Vec<Range<usize>> = Vec::new();
    for segment in head.filter_map(|line| left_of(layout, line, edge)) {
        let text = layout.text(segment.clone());
        let is_number = letters(&text).starts_with("so") && text.contains(':');
        if is_number || text.contains(|c: char| c.is_ascii_digit()) {
            break;
        }
        if begins_agency(layout, segment.clone()) && is_capitals(&text) {
            name = vec![segment];
        } else if !name.is_empty() && is_capitals(&text) {
            name.push(segment);
        }
    }
    let texts: Vec<String> = name.iter().map(|line| layout.text(line.clone())).collect();
    let text = texts.join(" ");
    let value = text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    (!value.is_empty()).then(|| ocr_field_of_pieces(layout, FieldName::IssuingAgency, value, &name))
}

fn begins_agency(layout: &Layout<'_>, segment: Range<usize>) -> bool {
    let mut read = String::new();
    layout.slice(segment).iter().take(3).any(|token| {
        read.push_str(&token.letters);
        AGENCIES.contains(&read.as_str())
    })
}

/// The part of a line that ends left of the motto.
fn left_of(layout: &Layout<'_>, line: &Range<usize>, edge: f32) -> Option<Range<usize>> {
    let tokens = layout.slice(line.clone());
    let end = line.start + tokens.iter().take_while(|token| token.right < edge).count();
    layout.segments(&(line.start..end)).into_iter().next()
}

/// Whether a text is set in capitals, as heads and titles are.
pub(super) fn is_capitals(text: &str) -> bool {
    let (mut large, mut small) = (0, 0);
    for sign in text.chars() {
        large += usize::from(sign.is_uppercase());
        small += usize::from(sign.is_lowercase());
    }
    large > 1 && large >= 8 * small
}

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:\d{1,6}\p{L}?/(?:\d{4}/)?[\p{L}&][\p{L}\d&/.-]{0,30}|[\p{L}]{2,8}/\d{4}/\d{1,6}|\d{1,6}/\d{4})").ok()
});

/// `12/UBND-TP` behind a “Số:” that begins a line or a column of the head.
fn number(layout: &Layout<'_>) -> Option<Found<String>> {
    let segments = layout.lines().iter().flat_map(|line| layout.segments(line));
    segments.into_iter().find_map(|segment| {
        let tokens = layout.slice(segment.clone());
        let first = tokens.first().filter(|first| layout.depth(first) <= HEAD)?;
        if first.letters != "so" {
            return None;
        }
        let mut start = segment.start + 1;
        while layout
            .slice(start..segment.end)
            .first()
            .is_some_and(|token| token.letters.is_empty())
        {
            start += 1;
        }
        let range = start..whole_sign(layout, start, segment.end);
        let joined: String = layout
            .slice(range.clone())
            .iter()
            .map(|token| token.text)
            .collect();
        let value = NUMBER.as_ref()?.find(&joined)?.as_str();
        let mut length = 0;
        let used = layout.slice(range).iter().take_while(|token| {
            let starts_before = length < value.len();
            length += token.text.len();
            starts_before
        });
        let end = start + used.count();
        Some(Found {
            value: value.trim_end_matches(['.', '-', '/', '&']).to_owned(),
            tokens: start..end,
        })
    })
}

/// Where the sign that begins at a token ends; OCR may part it at a hyphen or a stroke.
fn whole_sign(layout: &Layout<'_>, start: usize, end: usize) -> usize {
    let is_joint = |sign: char| matches!(sign, '/' | '-');
    let mut after = start + 1;
    while let [before, next, ..] = layout.slice(after - 1..end) {
        if !(before.text.ends_with(is_joint) || next.text.starts_with(is_joint)) {
            break;
        }
        after += 1;
    }
    after.min(end)
}

/// The date that ends a line with nothing before it but the place, as in “Hà Nội, ngày 5 tháng 3 năm
/// 2026”; dates of other acts stand inside sentences.
fn date(layout: &Layout<'_>) -> Option<Found<String>> {
    let segments = layout.lines().iter().flat_map(|line| layout.segments(line));
    segments.into_iter().find_map(|segment| {
        let at = segment.clone().find(|index| {
            let word = layout
                .tokens
                .get(*index)
                .map_or("", |token| token.letters.as_str());
            word.strip_prefix("ngay")
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
        })?;
        let found = value::date(layout, at..segment.end)?;
        let rest = layout.text(found.tokens.end..segment.end);
        let place = layout.text(segment.start..at);
        let is_alone = letters(&rest).is_empty()
            && (is_place(&place, at - segment.start)
                || place.is_empty() && is_set_right(layout, at));
        let is_contract = letters(&place) == "homnay";
        (is_alone || is_contract).then(|| found.map(|date| date.to_string()))
    })
}

fn is_place(text: &str, words: usize) -> bool {
    let head = letters(text);
    let introduced = head.starts_with("lamtai") || head.starts_with("lap");
    let is_short = words <= PLACE_WORDS_MAX + 2 && !text.contains(|c: char| c.is_ascii_digit());
    let is_named =
        text.ends_with([',', '.']) && !text.contains(':') && text.starts_with(char::is_uppercase);
    is_short && (introduced || is_named)
}

/// Whether a line begins right of where text begins; otherwise a date may be the end of a sentence.
fn is_set_right(layout: &Layout<'_>, at: usize) -> bool {
    let left = layout.tokens.get(at).map_or(0.0, |token| token.left);
    left > layout.left + 0.3 * (layout.right - layout.left)
}

//! Whether a value is of the type that its schema says (ISO 19005-2 §6.6.2.3.1).

use super::rdf::{Form, Property, Value};
use super::schemas::{ArrayKind, Structure, Type, is_qualifier};

/// Whether the value is of the type. Ends because a value's depth is bounded.
pub(super) fn fits(value: &Value, expected: Type) -> bool {
    if !qualifiers_are_known(value) {
        return false;
    }
    match expected {
        Type::Structure(structure) => is_structure(value, structure),
        Type::Array(kind, item) => {
            items(value, kind).is_some_and(|items| items.iter().all(|value| fits(value, *item)))
        }
        Type::LanguageAlternative => {
            items(value, ArrayKind::Alt).is_some_and(|items| items.iter().all(has_text_in_language))
        }
        Type::SequenceChoice(choices) => items(value, ArrayKind::Seq).is_some_and(|items| {
            let integers: Vec<_> = items.iter().filter_map(Value::text).collect();
            integers.len() == items.len() && choices.contains(&integers.as_slice())
        }),
        _ => value.text().is_some_and(|text| text_fits(text, expected)),
    }
}

/// Qualifiers must be ones that XMP has.
pub(super) fn qualifiers_are_known(value: &Value) -> bool {
    let is_known = |qualifier: &Property| {
        is_qualifier(&qualifier.namespace, &qualifier.name) && qualifier.value.text().is_some()
    };
    value.qualifiers.iter().all(is_known)
}

/// The items of an array of the kind.
pub(super) fn items(value: &Value, kind: ArrayKind) -> Option<&[Value]> {
    match &value.form {
        Form::Array(is, items) if *is == kind => Some(items),
        _ => None,
    }
}

fn has_text_in_language(item: &Value) -> bool {
    item.has_language && item.text().is_some() && item.qualifiers.is_empty()
}

fn is_structure(value: &Value, structure: &Structure) -> bool {
    let Form::Structure(fields) = &value.form else {
        return false;
    };
    fields.iter().all(|field| {
        let of_structure = field.namespace == structure.namespace;
        let declared = structure
            .fields
            .iter()
            .find(|(name, _)| of_structure && *name == field.name);
        declared.is_some_and(|(_, expected)| fits(&field.value, *expected))
    })
}

fn text_fits(text: &str, expected: Type) -> bool {
    match expected {
        Type::Text => true,
        Type::Boolean => matches!(text, "True" | "False"),
        Type::Integer => is_integer(text),
        Type::Real => is_real(text),
        Type::Rational => text
            .split_once('/')
            .is_some_and(|(above, below)| is_integer(above) && is_digits(below)),
        Type::Date => is_date(text),
        Type::Mime => text
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype)),
        Type::GpsCoordinate => is_gps_coordinate(text),
        Type::Choice(words) => words.contains(&text),
        Type::SequenceChoice(_)
        | Type::LanguageAlternative
        | Type::Array(..)
        | Type::Structure(_) => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn is_integer(text: &str) -> bool {
    is_digits(unsigned(text))
}

fn is_real(text: &str) -> bool {
    let (whole, fraction) = unsigned(text)
        .split_once('.')
        .unwrap_or((unsigned(text), ""));
    let is_part = |part: &str| part.is_empty() || is_digits(part);
    is_part(whole) && is_part(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// RFC 2045 `token`, as far as types that exist use it.
fn is_token(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, and with a time `Thh:mm`, `:ss`, `.s` and a time zone. Writers leave the
/// zone out often, and later versions of XMP allow it.
fn is_date(text: &str) -> bool {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let is_year = parts
        .next()
        .is_some_and(|year| year.len() == 4 && is_digits(year));
    let month = parts.next();
    let day = parts.next();
    let in_range = month.is_none_or(|month| two_digits(month, 1..=12))
        && day.is_none_or(|day| two_digits(day, 1..=31))
        && parts.next().is_none();
    let is_time = time.is_none_or(|time| day.is_some() && is_time(time));
    is_year && in_range && is_time
}

fn is_time(text: &str) -> bool {
    let (clock, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, "Z"),
    };
    let is_zone = zone == "Z" || is_clock(unsigned(zone), false);
    is_zone && is_clock(clock, true)
}

/// `hh:mm`, and where allowed `:ss` and `.s`.
fn is_clock(text: &str, with_seconds: bool) -> bool {
    let mut parts = text.split(':');
    let is_start = parts.next().is_some_and(|hour| two_digits(hour, 0..=23))
        && parts
            .next()
            .is_some_and(|minute| two_digits(minute, 0..=59));
    let is_end = parts.next().is_none_or(|seconds| {
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        with_seconds && two_digits(whole, 0..=59) && is_digits(fraction)
    });
    is_start && is_end && parts.next().is_none()
}

fn two_digits(text: &str, range: std::ops::RangeInclusive<u8>) -> bool {
    text.len() == 2
        && is_digits(text)
        && text.parse().is_ok_and(|number: u8| range.contains(&number))
}

/// `DDD,MM,SSk` or `DDD,MM.mmk`.
fn is_gps_coordinate(text: &str) -> bool {
    let Some(numbers) = text.strip_suffix(['N', 'S', 'E', 'W']) else {
        return false;
    };
    let parts: Vec<_> = numbers.split(',').collect();
    match parts.as_slice() {
        [degrees, minutes, seconds] => [degrees, minutes, seconds]
            .iter()
            .all(|part| is_digits(part)),
        [degrees, minutes] => {
            is_digits(degrees)
                && minutes
                    .split_once('.')
                    .is_some_and(|(whole, fraction)| is_digits(whole) && is_digits(fraction))
        }
        _ => false,
    }
}

//! Times in containers (X.690 §11.7, §11.8): `GeneralizedTime` with fractions of seconds, and `UTCTime`.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::ber::{Element, GENERALIZED_TIME, UTC_TIME};

/// Reads a time; `None` for what is none, or names no time zone.
pub(super) fn read(element: &Element<'_>) -> Option<Timestamp> {
    let text = str::from_utf8(element.content).ok()?;
    if !text.is_ascii() {
        return None;
    }
    let text = match element.tag {
        GENERALIZED_TIME => text.to_owned(),
        // RFC 5280 §4.1.2.5.1: 50 to 99 are of the last century.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        _ => return None,
    };
    let zone_at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(zone_at);
    let (whole, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 20 {
        return None;
    }
    let number = |from: usize| whole.get(from..from + 2)?.parse::<i8>().ok();
    let seconds = match whole.len() {
        14 => number(12)?,
        12 => 0,
        _ => return None,
    };
    let year = whole.get(..4)?.parse().ok()?;
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let civil = DateTime::new(
        year,
        number(4)?,
        number(6)?,
        number(8)?,
        number(10)?,
        seconds,
        nanoseconds,
    );
    let zoned = civil.ok()?.to_zoned(TimeZone::fixed(offset(zone)?)).ok()?;
    Some(zoned.timestamp())
}

fn offset(zone: &str) -> Option<Offset> {
    if zone == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let sign = if sign == "-" { -1 } else { 1 };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let hours: i32 = hours.parse().ok().filter(|hours| *hours < 24)?;
    let minutes: i32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// `Accuracy` of RFC 3161 §2.4.2: seconds, milliseconds, microseconds.
pub(super) fn span(seconds: u32, milliseconds: u32, microseconds: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(seconds))
        + SignedDuration::from_millis(i64::from(milliseconds))
        + SignedDuration::from_micros(i64::from(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(tag: u8, text: &str) -> Option<String> {
        let content = text.as_bytes();
        let element = Element {
            tag,
            content,
            whole: content,
        };
        read(&element).map(|time| time.to_string())
    }

    #[test]
    fn times_are_read_in_every_form_that_is_met() {
        for (tag, text, expected) in [
            (UTC_TIME, "261123011530Z", "2026-11-23T01:15:30Z"),
            (UTC_TIME, "261123081530+0700", "2026-11-23T01:15:30Z"),
            (UTC_TIME, "991231235959Z", "1999-12-31T23:59:59Z"),
            (GENERALIZED_TIME, "20261123011530Z", "2026-11-23T01:15:30Z"),
            (
                GENERALIZED_TIME,
                "20261123011530.25Z",
                "2026-11-23T01:15:30.25Z",
            ),
            (GENERALIZED_TIME, "202611230115Z", "2026-11-23T01:15:00Z"),
        ] {
            assert_eq!(time(tag, text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "Z",
            "20261123011530",
            "20261323011530Z",
            "2026112301153xZ",
            "20261123011530.xZ",
            "20261123011530+99",
            "20261123011530+9900",
            "+",
            "é",
        ] {
            assert_eq!(time(GENERALIZED_TIME, text), None, "{text}");
            assert_eq!(time(UTC_TIME, text), None, "{text}");
        }
    }
}

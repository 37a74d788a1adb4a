//! Text and dates as PDF writes them (ISO 32000-1 §7.9).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use lopdf::Object;

/// Longest text that is shown to anybody.
const TEXT_MAX: usize = 4096;

/// A text string in UTF-16, UTF-8 or PDFDocEncoding (§7.9.2.2); what is wrong in it is replaced.
pub(super) fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.get(..TEXT_MAX).unwrap_or(bytes);
    let object = Object::string_literal(bytes);
    lopdf::decode_text_string(&object)
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
}

/// `D:20261123081530+07'00'` (§7.9.4); without a zone it is taken as UTC.
pub(super) fn date(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (local, zone) = text.split_at_checked(digits)?;
    if !(4..=14).contains(&digits) || digits % 2 != 0 {
        return None;
    }
    let part = |from: usize, default: i8| match local.get(from..from + 2) {
        Some(digits) => digits.parse::<i8>().ok(),
        None => Some(default),
    };
    let civil = DateTime::new(
        local.get(..4)?.parse().ok()?,
        part(4, 1)?,
        part(6, 1)?,
        part(8, 0)?,
        part(10, 0)?,
        part(12, 0)?,
        0,
    );
    let offset = seconds_east(zone)?;
    let zone = TimeZone::fixed(Offset::from_seconds(offset).ok()?);
    Some(civil.ok()?.to_zoned(zone).ok()?.timestamp())
}

fn seconds_east(zone: &str) -> Option<i32> {
    let mut letters = zone.chars();
    let sign = match letters.next() {
        None | Some('Z') => return Some(0),
        Some('+') => 1,
        Some('-') => -1,
        Some(_) => return None,
    };
    let rest = letters.as_str().replace('\'', "");
    let hours: i32 = rest.get(..2)?.parse().ok()?;
    let minutes: i32 = match rest.get(2..4) {
        Some(digits) => digits.parse().ok()?,
        None => 0,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_their_zone() {
        let at = |text: &str| date(text.as_bytes()).map(|time| time.to_string());
        let read = |text: &str| at(text).expect(text);
        assert_eq!(read("D:20260429141831+07'00'"), "2026-04-29T07:18:31Z");
        assert_eq!(read("D:20260429141831+07'00"), "2026-04-29T07:18:31Z");
        assert_eq!(read("D:20260429141831-0730"), "2026-04-29T21:48:31Z");
        assert_eq!(read("D:20260429141831Z"), "2026-04-29T14:18:31Z");
        assert_eq!(read("2026"), "2026-01-01T00:00:00Z");
        for wrong in [
            "D:",
            "D:2026042914183",
            "D:20261341",
            "D:20260429141831+99'00'",
            "D:20260429x",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_are_read_in_every_encoding() {
        assert_eq!(decode(b"\xfe\xff\x00V\x00\xf5"), "Võ");
        assert_eq!(decode(b"plain"), "plain");
    }
}

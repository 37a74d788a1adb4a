//! Dates of PDF (ISO 32000-1 §7.9.4) as ISO 8601.

use jiff::civil::DateTime;

/// `D:20240131093000+07'00'` as `2024-01-31T09:30:00+07:00`; nothing for what is no date to the second.
pub(super) fn iso8601(date: &[u8]) -> Option<String> {
    let date = std::str::from_utf8(date).ok()?;
    let date = date.strip_prefix("D:").unwrap_or(date);
    let (digits, zone) = date.split_at_checked(14)?;
    let number = |from: usize, to: usize| number(digits.get(from..to)?);
    let year = number(0, 4)?;
    let part = |from| i8::try_from(number(from, from + 2)?).ok();
    let at = DateTime::new(year, part(4)?, part(6)?, part(8)?, part(10)?, part(12)?, 0).ok()?;
    let offset = offset(zone)?;
    Some(format!("{}{offset}", at.strftime("%Y-%m-%dT%H:%M:%S")))
}

fn number(digits: &str) -> Option<i16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// `+07'00'`, `+07'00`, `+07`, `Z`, `Z00'00'` or nothing.
fn offset(zone: &str) -> Option<String> {
    let zone = zone.trim_end_matches(['\0', ' ']);
    let sign = match zone.chars().next() {
        None => return Some(String::new()),
        Some('Z') => return Some("Z".to_owned()),
        Some(sign @ ('+' | '-')) => sign,
        Some(_) => return None,
    };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != '\'').collect();
    let hours = number(digits.get(..2)?).filter(|hours| *hours < 24)?;
    let minutes = match digits.get(2..)? {
        "" => 0,
        minutes => number(minutes.get(..2)?).filter(|minutes| *minutes < 60)?,
    };
    Some(format!("{sign}{hours:02}:{minutes:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_iso_8601_and_anything_else_nothing() {
        for (date, expected) in [
            ("D:20240131093000+07'00'", Some("2024-01-31T09:30:00+07:00")),
            ("20240131093000-0330", Some("2024-01-31T09:30:00-03:30")),
            ("D:20240131093000Z", Some("2024-01-31T09:30:00Z")),
            ("D:20240131093000+07", Some("2024-01-31T09:30:00+07:00")),
            ("D:20240131093000", Some("2024-01-31T09:30:00")),
            ("D:20240231093000Z", None),
            ("D:2024", None),
            ("D:+0240131093000Z", None),
            ("D:20240131093000+é", None),
            ("D:20240131093000+99'00'", None),
            ("hôm qua lúc chín giờ", None),
        ] {
            assert_eq!(iso8601(date.as_bytes()).as_deref(), expected, "{date}");
        }
        assert_eq!(iso8601(&[0xFF; 20]), None);
    }
}

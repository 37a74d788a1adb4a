//! Times in answers of OCSP responders and in CRLs.
//!
//! RFC 5280 forbids fractions of seconds in them and `der` refuses such; responders send them all the same
//! (RFC 6960 only says `GeneralizedTime`), so they are read here.

use std::time::Duration;

use der::{DecodeValue, EncodeValue, FixedTag, Header, Length, Reader, Tag, Writer};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// By how much the clocks of a service and of this machine may differ.
const SKEW: Duration = Duration::from_secs(5 * 60);
/// For how long an answer that names no end is good: its author says that there is always a newer one.
const WITHOUT_END: Duration = Duration::from_secs(60 * 60);

/// `GeneralizedTime`, with fractions of seconds or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GeneralTime(pub(super) Timestamp);

impl FixedTag for GeneralTime {
    const TAG: Tag = Tag::GeneralizedTime;
}

impl<'a> DecodeValue<'a> for GeneralTime {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let text = reader.read_slice(header.length())?;
        read(Tag::GeneralizedTime, text)
            .map(Self)
            .ok_or_else(|| Tag::GeneralizedTime.value_error().into())
    }
}

impl EncodeValue for GeneralTime {
    fn value_len(&self) -> der::Result<Length> {
        Length::try_from(self.text().len())
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(self.text().as_bytes())
    }
}

impl GeneralTime {
    fn text(self) -> String {
        self.0.strftime("%Y%m%d%H%M%S%.fZ").to_string()
    }
}

/// Reads `YYYYMMDDHHMMSS[.f…]Z`, or `YYMMDDHHMMSSZ` of `UTCTime` (RFC 5280 §4.1.2.5).
pub(super) fn read(tag: Tag, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let full = match tag {
        Tag::GeneralizedTime => whole.to_owned(),
        Tag::UtcTime if whole.len() == 12 && fraction.is_empty() => {
            let century = if whole < "50" { "20" } else { "19" };
            format!("{century}{whole}")
        }
        _ => return None,
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if full.len() != 14 || !all_digits(&full) || !all_digits(fraction) || fraction.len() > 20 {
        return None;
    }
    let number = |from: usize, to: usize| full.get(from..to)?.parse::<i8>().ok();
    let year = full.get(..4)?.parse().ok()?;
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let civil = DateTime::new(
        year,
        number(4, 6)?,
        number(6, 8)?,
        number(8, 10)?,
        number(10, 12)?,
        number(12, 14)?,
        nanoseconds,
    );
    let zoned = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// From when to when an answer may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

/// An answer that is not for this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfTime {
    /// Made later than the time asked about.
    #[error("it is from {0}, after the time asked about")]
    Early(Timestamp),
    /// Replaced by a newer one before the time asked about.
    #[error("it was good until {0}")]
    Stale(Timestamp),
}

impl Window {
    /// Until when it is good, if it is at this time.
    pub(super) fn check(self, at: Timestamp) -> Result<Timestamp, OutOfTime> {
        let until = self.next_update.unwrap_or_else(|| {
            let end = self.this_update.checked_add(WITHOUT_END);
            end.unwrap_or(Timestamp::MAX)
        });
        if self.this_update > at.checked_add(SKEW).unwrap_or(Timestamp::MAX) {
            Err(OutOfTime::Early(self.this_update))
        } else if until < at {
            Err(OutOfTime::Stale(until))
        } else {
            Ok(until)
        }
    }
}

#[cfg(test)]
mod tests {
    use der::{Decode, Encode};

    use super::*;
    use crate::trust::test_support::at;

    #[test]
    fn times_are_read_with_and_without_fractions() {
        let general = |text: &str| read(Tag::GeneralizedTime, text.as_bytes());
        assert_eq!(general("20261123011530Z"), Some(at("2026-11-23T01:15:30Z")));
        assert_eq!(
            general("20261123011530.25Z"),
            Some(at("2026-11-23T01:15:30.25Z"))
        );
        assert_eq!(
            general("20261123011530.123456Z"),
            Some(at("2026-11-23T01:15:30.123456Z"))
        );
        for wrong in [
            "20261123011530",
            "202611230115Z",
            "20261323011530Z",
            "2026112301153-Z",
            "20261123011530.xZ",
            "Z",
            "",
        ] {
            assert_eq!(general(wrong), None, "{wrong}");
        }
        let utc = |text: &str| read(Tag::UtcTime, text.as_bytes());
        assert_eq!(utc("261123011530Z"), Some(at("2026-11-23T01:15:30Z")));
        assert_eq!(utc("991231235959Z"), Some(at("1999-12-31T23:59:59Z")));
        assert_eq!(read(Tag::Integer, b"20261123011530Z"), None);
        for time in ["2026-11-23T01:15:30Z", "2026-11-23T01:15:30.5Z"] {
            let der = GeneralTime(at(time)).to_der().expect("encodes");
            assert_eq!(GeneralTime::from_der(&der).expect("decodes").0, at(time));
        }
    }

    #[test]
    fn an_answer_is_good_in_its_window_only() {
        let window = |next| Window {
            this_update: at("2026-11-23T00:00:00Z"),
            next_update: next,
        };
        let week = window(Some(at("2026-11-30T00:00:00Z")));
        assert_eq!(
            week.check(at("2026-11-24T00:00:00Z")),
            Ok(at("2026-11-30T00:00:00Z"))
        );
        assert!(week.check(at("2026-11-22T23:58:00Z")).is_ok());
        assert!(matches!(
            week.check(at("2026-11-22T23:00:00Z")),
            Err(OutOfTime::Early(_))
        ));
        assert!(matches!(
            week.check(at("2026-11-30T00:00:01Z")),
            Err(OutOfTime::Stale(_))
        ));
        assert!(window(None).check(at("2026-11-23T00:59:00Z")).is_ok());
        assert!(window(None).check(at("2026-11-23T01:01:00Z")).is_err());
    }
}

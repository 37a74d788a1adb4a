//! DER values one after the other: read as they stand, and put together from parts (X.690).
//!
//! Containers that others made are taken apart and put together with this, so that no byte changes that
//! need not change. Tags have one byte and lengths are definite: nothing that a signature or a timestamp
//! is made of needs more, and BER is not DER.

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag `[number]` of a constructed value.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

impl Element<'_> {
    /// The instant, of a `UTCTime` or `GeneralizedTime`.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let text = str::from_utf8(self.content).ok()?;
        match self.tag {
            GENERALIZED_TIME => generalized_time(text),
            // RFC 5280, 4.1.2.5.1: 50 to 99 are of the last century.
            UTC_TIME => {
                let year: u8 = text.get(..2)?.parse().ok()?;
                let century = if year < 50 { "20" } else { "19" };
                generalized_time(&format!("{century}{text}"))
            }
            _ => None,
        }
    }
}

/// Values that follow each other. Every reading answers `None` where the bytes are otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Values<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, after_tag) = self.rest.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, mut after) = after_tag.split_first()?;
        let length = match first {
            0..=0x7f => usize::from(first),
            0x81..=0x84 => {
                let (digits, rest) = after.split_at_checked(usize::from(first & 0x7f))?;
                after = rest;
                digits
                    .iter()
                    .fold(0, |length, &digit| length << 8 | usize::from(digit))
            }
            _ => return None,
        };
        let (content, rest) = after.split_at_checked(length)?;
        let whole = self.rest.get(..self.rest.len() - rest.len())?;
        self.rest = rest;
        Some(Element {
            tag,
            content,
            whole,
        })
    }

    /// The next value's content, if it has this tag; else nothing is read.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.content)
    }

    /// The values inside the next one, if it has this tag; else nothing is read.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Values<'a>> {
        self.take(tag).map(Values::of)
    }

    pub(super) fn oid(&mut self) -> Option<ObjectIdentifier> {
        ObjectIdentifier::from_bytes(self.take(OBJECT_IDENTIFIER)?).ok()
    }
}

/// A value of these parts.
pub(super) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = vec![tag];
    let digits = length.to_be_bytes();
    let leading = digits.iter().take_while(|&&digit| digit == 0).count();
    let digits = digits.get(leading..).unwrap_or_default();
    match digits {
        [] => bytes.push(0),
        &[short @ 0..=0x7f] => bytes.push(short),
        // At most eight digits.
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            bytes.extend(long);
        }
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// `YYYYMMDDhhmmss[.s…]Z`: unlike certificates, timestamps may have fractions of a second (RFC 3161, 2.4.2), and
/// OCSP responses have them too.
fn generalized_time(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z')?;
    let (whole, fraction) = match text.split_once('.') {
        None => (text, ""),
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| whole.get(range)?.parse::<i16>().ok();
    let small = |range| i8::try_from(number(range)?).ok();
    // Beyond nanoseconds nothing is kept.
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse::<i32>().ok()?;
    // A leap second counts as the one before it.
    let second = match small(12..14)? {
        60 => 59,
        second => second,
    };
    let date_time = DateTime::new(
        number(0..4)?,
        small(4..6)?,
        small(6..8)?,
        small(8..10)?,
        small(10..12)?,
        second,
        nanoseconds,
    );
    let zoned = date_time.ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_encodings_than_der_are_not_read() {
        for bytes in [
            &[0x30, 0x80, 0, 0][..],
            &[0x30, 0x02, 1],
            &[0x1f, 0x81, 0x01, 0],
            &[0x30],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[],
        ] {
            assert_eq!(Values::of(bytes).next(), None, "{bytes:?}");
        }
    }

    #[test]
    fn times_may_have_fractions() {
        let read = |text: &str| generalized_time(text).map(|time| time.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("20261123011530Z"), some("2026-11-23T01:15:30Z"));
        assert_eq!(read("20261123011530.5Z"), some("2026-11-23T01:15:30.5Z"));
        let fine = "20261123011530.1234567891Z";
        assert_eq!(read(fine), some("2026-11-23T01:15:30.123456789Z"));
        assert_eq!(read("20161231235960Z"), some("2016-12-31T23:59:59Z"));
        for wrong in [
            "20261123011530",
            "20261123011530.Z",
            "20261123011530+0700",
            "2026112301153Z",
            "20261323011530Z",
            "202611230115\u{661}Z",
            "",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_together_is_read_back(
            content in prop::collection::vec(any::<u8>(), 0..70_000),
            behind in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut bytes = value(SEQUENCE, &[&content]);
            let length = bytes.len();
            bytes.extend(&behind);
            let mut values = Values::of(&bytes);
            let element = values.next().expect("a value");
            prop_assert_eq!(element.content, content.as_slice());
            prop_assert_eq!(element.whole.len(), length);
            prop_assert_eq!(values.rest(), behind.as_slice());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut values = Values::of(&bytes);
            while values.next().is_some() {}
        }
    }
}

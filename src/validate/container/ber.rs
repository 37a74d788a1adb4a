//! BER as signers write it (X.690): indefinite lengths and strings in pieces become what DER readers understand.
//!
//! Bytes that are definite already stay as they are, whatever else DER would want of them: signatures are over
//! bytes. Tags have one byte; nothing that a container is made of has more.

use std::borrow::Cow;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;
/// Containers are about twenty deep.
const DEPTH_MAX: u8 = 64;

/// The tag `[number]` of a constructed value.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Tag and length of a value; `None` for the length where an end mark ends it.
struct Head {
    tag: u8,
    /// Of tag and length together.
    bytes: usize,
    length: Option<usize>,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (&tag, after) = bytes.split_first()?;
        let (&first, after) = after.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let head = |more, length| {
            let bytes = 2 + more;
            Some(Self { tag, bytes, length })
        };
        match first {
            0..=0x7f => head(0, Some(usize::from(first))),
            0x80 if tag & CONSTRUCTED != 0 => head(0, None),
            0x81..=0x88 => {
                let count = usize::from(first & 0x7f);
                let length = after.get(..count)?.iter().try_fold(0usize, |sum, &byte| {
                    sum.checked_mul(256)?.checked_add(usize::from(byte))
                })?;
                head(count, Some(length))
            }
            _ => None,
        }
    }
}

/// The first value of `bytes` with definite lengths, and how many bytes it had; `None` where it is broken.
pub(super) fn definite(bytes: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    definite_at(bytes, DEPTH_MAX)
}

fn definite_at(bytes: &[u8], depth: u8) -> Option<(Cow<'_, [u8]>, usize)> {
    let depth = depth.checked_sub(1)?;
    let head = Head::read(bytes)?;
    let content = match head.length {
        Some(length) => bytes.get(head.bytes..head.bytes.checked_add(length)?)?,
        None => bytes.get(head.bytes..)?,
    };
    if head.tag & CONSTRUCTED == 0 {
        let used = head.bytes + content.len();
        return Some((Cow::Borrowed(bytes.get(..used)?), used));
    }
    let (parts, inner) = parts(content, head.length.is_none(), depth)?;
    let used = head.bytes + inner;
    let is_string = head.tag == OCTET_STRING | CONSTRUCTED;
    let is_same = |part: &Cow<'_, [u8]>| matches!(part, Cow::Borrowed(_));
    if head.length.is_some() && !is_string && parts.iter().all(is_same) {
        return Some((Cow::Borrowed(bytes.get(..used)?), used));
    }
    let value = if is_string {
        let pieces = parts.iter().map(|part| {
            let piece = Values::of(part).next()?;
            (piece.tag == OCTET_STRING).then_some(piece.content)
        });
        let joined: Option<Vec<&[u8]>> = pieces.collect();
        value(OCTET_STRING, &joined?.concat())
    } else {
        value(head.tag, &parts.concat())
    };
    Some((Cow::Owned(value), used))
}

/// The values in the content of another, and how many bytes they had, an end mark included.
fn parts(content: &[u8], has_end_mark: bool, depth: u8) -> Option<(Vec<Cow<'_, [u8]>>, usize)> {
    let (mut parts, mut used) = (Vec::new(), 0);
    loop {
        let rest = content.get(used..)?;
        if has_end_mark && rest.starts_with(&[0, 0]) {
            return Some((parts, used + 2));
        }
        if rest.is_empty() {
            return (!has_end_mark).then_some((parts, used));
        }
        let (part, length) = definite_at(rest, depth)?;
        used += length;
        parts.push(part);
    }
}

/// A value with the shortest length that says it.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut value = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => value.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let skip = bytes.iter().take_while(|&&byte| byte == 0).count();
            let digits = bytes.get(skip..).unwrap_or_default();
            value.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            value.extend_from_slice(digits);
        }
    }
    value.extend_from_slice(content);
    value
}

/// The DER of a value whose lengths are definite: shortest lengths, and sets in order.
pub(super) fn der(element: &Element<'_>) -> Option<Vec<u8>> {
    der_at(element, DEPTH_MAX)
}

fn der_at(element: &Element<'_>, depth: u8) -> Option<Vec<u8>> {
    let depth = depth.checked_sub(1)?;
    if element.tag & CONSTRUCTED == 0 {
        return Some(value(element.tag, element.content));
    }
    let mut parts = Vec::new();
    let mut values = Values::of(element.content);
    while !values.is_empty() {
        parts.push(der_at(&values.next()?, depth)?);
    }
    if element.tag == SET {
        parts.sort();
    }
    Some(value(element.tag, &parts.concat()))
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With tag and length.
    pub(super) whole: &'a [u8],
}

/// Values with definite lengths that follow each other. Every reading answers `None` where the bytes are otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let head = Head::read(self.0)?;
        let end = head.bytes.checked_add(head.length?)?;
        let element = Element {
            tag: head.tag,
            content: self.0.get(head.bytes..end)?,
            whole: self.0.get(..end)?,
        };
        self.0 = self.0.get(end..)?;
        Some(element)
    }

    /// The content of the next value, which has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|element| element.tag == tag)
            .map(|element| element.content)
    }

    /// The next value, if it has this tag; otherwise it stays.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// What is in the next value, which has this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Values<'a>> {
        self.expect(tag).map(Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(bytes: &[u8]) -> Option<Vec<u8>> {
        definite(bytes).map(|(value, _)| value.into_owned())
    }

    #[test]
    fn definite_bytes_stay_as_they_are() {
        // A length in more bytes than needed is BER and stays.
        for bytes in [
            &b"\x30\x03\x02\x01\x05"[..],
            b"\x30\x81\x03\x02\x01\x05",
            b"\x31\x00",
            b"\x04\x00",
        ] {
            let (value, used) = definite(bytes).expect("value");
            assert!(matches!(value, Cow::Borrowed(same) if same == bytes));
            assert_eq!(used, bytes.len());
        }
        let (value, used) = definite(b"\x02\x01\x05\0\0").expect("value");
        assert_eq!((value.as_ref(), used), (&b"\x02\x01\x05"[..], 3));
    }

    #[test]
    fn indefinite_lengths_and_pieces_are_put_together() {
        let pieces = b"\x30\x80\x24\x80\x04\x02ab\x04\x01c\0\0\x02\x01\x05\0\0";
        let whole = b"\x30\x08\x04\x03abc\x02\x01\x05";
        assert_eq!(converted(pieces).as_deref(), Some(&whole[..]));
        let inner = b"\x30\x07\x30\x80\x02\x01\x05\0\0";
        assert_eq!(
            converted(inner).as_deref(),
            Some(&b"\x30\x05\x30\x03\x02\x01\x05"[..])
        );
    }

    #[test]
    fn broken_values_are_none() {
        for bytes in [
            &b""[..],
            b"\x30",
            b"\x30\x05\x02",
            b"\x30\x80\x02\x01\x05",
            b"\x04\x80\0\0",
            b"\x3f\x01\0",
            b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x30\x02\x02\x05",
            b"\x24\x03\x02\x01\x05",
        ] {
            assert_eq!(converted(bytes), None, "{bytes:x?}");
        }
        let deep: Vec<u8> = [0x30, 0x80].repeat(100_000);
        assert_eq!(converted(&deep), None);
    }

    #[test]
    fn der_sorts_sets_and_shortens_lengths() {
        let mut values = Values::of(b"\x31\x81\x07\x04\x81\x01b\x04\x01a");
        let element = values.next().expect("value");
        assert_eq!(
            der(&element).as_deref(),
            Some(&b"\x31\x06\x04\x01a\x04\x01b"[..])
        );
        assert_eq!(value(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }
}

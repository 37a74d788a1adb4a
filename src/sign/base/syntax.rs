//! Just enough PDF syntax (ISO 32000-1, 7.2 and 7.3) to find values in raw bytes.
//!
//! A [`Value`] is a slice of the file: nothing is converted, so a dictionary that gains one key is
//! written back with every other byte as it was. Streams, and the bytes behind them, are not read here.

use crate::pdf_object::{hex_digit, is_regular, is_space};

/// Arrays and dictionaries inside each other; real files stay below ten.
const MAX_NESTING: usize = 64;

/// Number and generation of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::sign) struct Reference {
    /// Object number, from 1.
    pub(in crate::sign) number: u32,
    /// Generation number.
    pub(in crate::sign) generation: u16,
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} R", self.number, self.generation)
    }
}

/// The bytes of exactly one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sign) struct Value<'a>(&'a [u8]);

impl<'a> Value<'a> {
    /// The value that starts at `at` (white space before it is skipped), and where it ends.
    pub(in crate::sign) fn starting_at(bytes: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let start = skip_space(bytes, at);
        let end = value_end(bytes, start, 0)?;
        Some((Self(bytes.get(start..end)?), end))
    }

    /// The null object.
    pub(in crate::sign) fn null() -> Self {
        Self(b"null")
    }

    /// The bytes as they stand in the file.
    pub(in crate::sign) fn raw(self) -> &'a [u8] {
        self.0
    }

    /// An integer.
    pub(in crate::sign) fn integer(self) -> Option<i64> {
        std::str::from_utf8(self.0).ok()?.parse().ok()
    }

    /// An integer or a real.
    pub(in crate::sign) fn number(self) -> Option<f64> {
        let text = std::str::from_utf8(self.0).ok()?;
        let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
        (text.chars().all(plain)).then(|| text.parse().ok())?
    }

    /// A name without its slash, `#xx` resolved.
    pub(in crate::sign) fn name(self) -> Option<Vec<u8>> {
        let coded = self.0.strip_prefix(b"/")?;
        let mut name = Vec::with_capacity(coded.len());
        let mut rest = coded;
        while let Some((&byte, after)) = rest.split_first() {
            match (byte, after) {
                (b'#', [high, low, tail @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                    (Some(high), Some(low)) => {
                        name.push(high << 4 | low);
                        rest = tail;
                    }
                    _ => {
                        name.push(byte);
                        rest = after;
                    }
                },
                _ => {
                    name.push(byte);
                    rest = after;
                }
            }
        }
        Some(name)
    }

    /// Whether it is this name.
    pub(in crate::sign) fn is_name(self, name: &[u8]) -> bool {
        self.name().is_some_and(|own| own == name)
    }

    /// Whether it is the null object.
    pub(in crate::sign) fn is_null(self) -> bool {
        self.0 == b"null"
    }

    /// `12 0 R`.
    pub(in crate::sign) fn reference(self) -> Option<Reference> {
        let body = self.0.strip_suffix(b"R")?;
        let (number, at) = unsigned(body, 0)?;
        let (generation, _) = unsigned(body, skip_space(body, at))?;
        Some(Reference {
            number: u32::try_from(number).ok()?,
            generation: u16::try_from(generation).ok()?,
        })
    }

    /// The elements of an array.
    pub(in crate::sign) fn array(self) -> Option<Vec<Value<'a>>> {
        let inner = self.0.strip_prefix(b"[")?.strip_suffix(b"]")?;
        let mut elements = Vec::new();
        let mut at = skip_space(inner, 0);
        while at < inner.len() {
            let (element, end) = Value::starting_at(inner, at)?;
            elements.push(element);
            at = skip_space(inner, end);
        }
        Some(elements)
    }

    /// A dictionary; `None` also where a key stands twice, because readers disagree on which one counts.
    pub(in crate::sign) fn dictionary(self) -> Option<Dictionary<'a>> {
        let inner = self.0.strip_prefix(b"<<")?.strip_suffix(b">>")?;
        let mut entries: Vec<(Vec<u8>, Value<'a>)> = Vec::new();
        let mut at = skip_space(inner, 0);
        while at < inner.len() {
            let (key, key_end) = Value::starting_at(inner, at)?;
            let (value, end) = Value::starting_at(inner, key_end)?;
            entries.push((key.name()?, value));
            at = skip_space(inner, end);
        }
        let mut keys: Vec<&[u8]> = entries.iter().map(|(key, _)| key.as_slice()).collect();
        keys.sort_unstable();
        let unique = keys.windows(2).all(|pair| pair.first() != pair.last());
        unique.then_some(Dictionary { entries })
    }

    /// The bytes of a literal or hexadecimal string.
    pub(in crate::sign) fn string(self) -> Option<Vec<u8>> {
        if let Some(literal) = self.0.strip_prefix(b"(") {
            return Some(literal_string(literal.strip_suffix(b")")?));
        }
        let hex = self.0.strip_prefix(b"<")?.strip_suffix(b">")?;
        let mut digits: Vec<u8> = hex.iter().filter_map(|&byte| hex_digit(byte)).collect();
        if digits.len() % 2 == 1 {
            digits.push(0);
        }
        let pairs = digits.chunks_exact(2);
        Some(
            pairs
                .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
                .collect(),
        )
    }
}

/// A dictionary whose values are still bytes of the file.
#[derive(Debug, Clone)]
pub(in crate::sign) struct Dictionary<'a> {
    entries: Vec<(Vec<u8>, Value<'a>)>,
}

impl<'a> Dictionary<'a> {
    /// The value of `key`; `null` counts as absent (7.3.7).
    pub(in crate::sign) fn value(&self, key: &[u8]) -> Option<Value<'a>> {
        let (_, value) = self.entries.iter().find(|(own, _)| own == key)?;
        (!value.is_null()).then_some(*value)
    }

    /// The dictionary as PDF with `changes` put over it; the other values keep their bytes.
    pub(in crate::sign) fn with(&self, changes: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut pdf = b"<<".to_vec();
        let mut entry = |key: &[u8], value: &[u8]| {
            pdf.push(b'/');
            for &byte in key {
                if is_regular(byte) && byte != b'#' && (0x21..=0x7e).contains(&byte) {
                    pdf.push(byte);
                } else {
                    pdf.extend(format!("#{byte:02X}").bytes());
                }
            }
            pdf.push(b' ');
            pdf.extend_from_slice(value);
            pdf.push(b'\n');
        };
        for (key, value) in &self.entries {
            if !changes.iter().any(|(changed, _)| changed.as_bytes() == key) {
                entry(key, value.raw());
            }
        }
        for (key, value) in changes {
            entry(key.as_bytes(), value);
        }
        pdf.extend_from_slice(b">>");
        pdf
    }
}

/// The first position from `at` on that is neither white space nor in a comment.
pub(in crate::sign) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let rest = bytes.get(at..).unwrap_or_default();
            at += rest
                .iter()
                .position(|byte| matches!(byte, b'\r' | b'\n'))
                .unwrap_or(rest.len());
        } else if is_space(byte) {
            at += 1;
        } else {
            break;
        }
    }
    at
}

/// The digits that start at `at`, and where they end.
pub(in crate::sign) fn unsigned(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(rest.get(..length)?)
        .ok()?
        .parse()
        .ok()?;
    Some((number, at + length))
}

/// Where the word `word` ends if it stands at `at` (white space before it is skipped).
pub(in crate::sign) fn keyword(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let start = skip_space(bytes, at);
    bytes
        .get(start..)?
        .starts_with(word)
        .then_some(start + word.len())
}

fn value_end(bytes: &[u8], at: usize, nesting: usize) -> Option<usize> {
    if nesting > MAX_NESTING {
        return None;
    }
    match bytes.get(at..)? {
        [b'<', b'<', ..] => container_end(bytes, at + 2, b">>", nesting),
        [b'<', rest @ ..] => {
            let length = rest.iter().position(|&byte| byte == b'>')?;
            let is_hex = |&byte: &u8| byte.is_ascii_hexdigit() || is_space(byte);
            rest.get(..length)?
                .iter()
                .all(is_hex)
                .then_some(at + length + 2)
        }
        [b'(', rest @ ..] => Some(at + 1 + literal_length(rest)?),
        [b'[', ..] => container_end(bytes, at + 1, b"]", nesting),
        [b'/', rest @ ..] => Some(at + 1 + rest.iter().take_while(|&&b| is_regular(b)).count()),
        rest => {
            let length = rest.iter().take_while(|&&byte| is_regular(byte)).count();
            let word = rest.get(..length)?;
            let numeric = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
            let known = matches!(word, b"true" | b"false" | b"null")
                || (!word.is_empty() && word.iter().all(numeric));
            known.then(|| reference_end(bytes, at).unwrap_or(at + length))
        }
    }
}

fn container_end(bytes: &[u8], mut at: usize, closing: &[u8], nesting: usize) -> Option<usize> {
    loop {
        at = skip_space(bytes, at);
        if bytes.get(at..)?.starts_with(closing) {
            return Some(at + closing.len());
        }
        at = value_end(bytes, at, nesting + 1)?;
    }
}

fn reference_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (_, at) = unsigned(bytes, at)?;
    let after_number = skip_space(bytes, at);
    let (_, generation_end) = unsigned(bytes, after_number)?;
    let after_generation = skip_space(bytes, generation_end);
    let separated = after_number > at && after_generation > generation_end;
    let end = after_generation + 1;
    let is_reference = bytes.get(after_generation) == Some(&b'R')
        && bytes.get(end).is_none_or(|&byte| !is_regular(byte));
    (separated && is_reference).then_some(end)
}

/// Bytes from behind the opening parenthesis to behind the closing one.
fn literal_length(rest: &[u8]) -> Option<usize> {
    let mut open = 1usize;
    let mut escaped = false;
    for (at, &byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => open += 1,
            b')' if open == 1 => return Some(at + 1),
            b')' => open -= 1,
            _ => {}
        }
    }
    None
}

/// Resolves the escapes of 7.3.4.2.
fn literal_string(coded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(coded.len());
    let mut rest = coded;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some((&escape, after)) = rest.split_first() else {
            break;
        };
        rest = after;
        match escape {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'\r' => rest = rest.strip_prefix(b"\n").unwrap_or(rest),
            b'\n' => {}
            b'0'..=b'7' => {
                let mut code = escape - b'0';
                for _ in 0..2 {
                    if let Some((&digit @ b'0'..=b'7', after)) = rest.split_first() {
                        code = code.wrapping_mul(8).wrapping_add(digit - b'0');
                        rest = after;
                    }
                }
                bytes.push(code);
            }
            other => bytes.push(other),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Value<'_> {
        let (value, end) = Value::starting_at(text.as_bytes(), 0).expect("a value");
        assert_eq!(end, text.len(), "{text}");
        value
    }

    #[test]
    fn reads_each_kind_of_value() {
        assert_eq!(value("-12").integer(), Some(-12));
        assert_eq!(value(".5").number(), Some(0.5));
        assert_eq!(value("/A#20b").name().as_deref(), Some(&b"A b"[..]));
        assert_eq!(value("<4 1 4>").string().as_deref(), Some(&b"A@"[..]));
        assert_eq!(
            value(r"(a\(b\)(c)\101\r)").string().as_deref(),
            Some(&b"a(b)(c)A\r"[..])
        );
        let reference = Reference {
            number: 12,
            generation: 3,
        };
        assert_eq!(value("12 3 R").reference(), Some(reference));
        let array = value("[1 2 R 3 0 R/N(])<</K[1]>>4]")
            .array()
            .expect("array");
        assert_eq!(array.len(), 6);
    }

    #[test]
    fn changing_a_key_keeps_the_bytes_of_the_others() {
        let page = value("<</Type/Page /MediaBox[0 0 595.27559055 842] % c\n/Annots null>>");
        let page = page.dictionary().expect("dictionary");
        assert!(page.value(b"Annots").is_none(), "null is absent");
        assert_eq!(
            String::from_utf8_lossy(&page.with(&[("Annots", b"[7 0 R]".to_vec())])),
            "<</Type /Page\n/MediaBox [0 0 595.27559055 842]\n/Annots [7 0 R]\n>>"
        );
    }

    #[test]
    fn refuses_what_readers_would_read_in_two_ways() {
        assert!(value("<</A 1/A 2>>").dictionary().is_none());
        for text in ["<</A 1", "(a", "[1", "<1g>", "endobj", "", "{1}"] {
            assert!(Value::starting_at(text.as_bytes(), 0).is_none(), "{text}");
        }
        assert!(Value::starting_at("[".repeat(100_000).as_bytes(), 0).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, at in 0usize..40) {
            if let Some((value, end)) = Value::starting_at(&bytes, at) {
                prop_assert!(end <= bytes.len());
                let _ = (value.integer(), value.number(), value.name(), value.string());
                let _ = (value.reference(), value.array(), value.dictionary());
            }
        }
    }
}

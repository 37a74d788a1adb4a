//! Objects of a PDF read from its bytes (ISO 32000-1 §7.3), strictly: what the grammar does not allow is no object.
//!
//! Viewers repair, each in its own way, and so show different documents for the same bytes; a signature is of one.
//! Therefore nothing is guessed here, a key that stands twice in a dictionary makes it unreadable, and nothing is
//! followed: references stay references.

use crate::pdf_object::{hex_digit, is_delimiter, is_regular, is_space};

/// Arrays and dictionaries inside one another.
const DEPTH_MAX: usize = 96;

/// Number and generation of an indirect object (§7.3.10).
pub(in crate::validate) type ObjectId = (u32, u16);

/// An object but for the data of a stream.
#[derive(Debug, Clone)]
pub(in crate::validate) enum Value {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    /// Without its slash, `#` codes resolved.
    Name(Vec<u8>),
    /// A string, decoded.
    Text(Vec<u8>),
    Array(Vec<Value>),
    Dictionary(Dictionary),
    Reference(ObjectId),
}

impl PartialEq for Value {
    /// Whether both say the same: `1` and `1.0` do.
    fn eq(&self, other: &Self) -> bool {
        use Value::{Array, Boolean, Dictionary, Integer, Name, Null, Real, Reference, Text};
        match (self, other) {
            (Null, Null) => true,
            (Boolean(one), Boolean(other)) => one == other,
            (Integer(one), Integer(other)) => one == other,
            (Integer(_) | Real(_), Integer(_) | Real(_)) => self.number() == other.number(),
            (Name(one), Name(other)) | (Text(one), Text(other)) => one == other,
            (Array(one), Array(other)) => one == other,
            (Dictionary(one), Dictionary(other)) => one == other,
            (Reference(one), Reference(other)) => one == other,
            _ => false,
        }
    }
}

/// Keys and values, sorted by key, each key once; an entry whose value is null is none (§7.3.7).
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::validate) struct Dictionary(Vec<(Vec<u8>, Value)>);

impl Dictionary {
    /// The value of a key, as it stands there.
    pub(in crate::validate) fn get(&self, key: &[u8]) -> Option<&Value> {
        let found = self.0.binary_search_by(|(own, _)| own.as_slice().cmp(key));
        self.0.get(found.ok()?).map(|(_, value)| value)
    }

    /// All entries, sorted by key.
    pub(in crate::validate) fn entries(&self) -> impl Iterator<Item = (&[u8], &Value)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value))
    }

    /// The name under a key, where it stands there directly.
    pub(in crate::validate) fn name(&self, key: &[u8]) -> Option<&[u8]> {
        self.get(key)?.name()
    }

    /// The reference under a key.
    pub(in crate::validate) fn reference(&self, key: &[u8]) -> Option<ObjectId> {
        self.get(key)?.reference()
    }

    /// Takes any order of entries; `None` where a key stands twice.
    pub(super) fn of(mut entries: Vec<(Vec<u8>, Value)>) -> Option<Self> {
        entries.retain(|(_, value)| *value != Value::Null);
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let twice = entries
            .windows(2)
            .any(|pair| matches!(pair, [(one, _), (other, _)] if one == other));
        (!twice).then_some(Self(entries))
    }
}

impl Value {
    pub(in crate::validate) fn name(&self) -> Option<&[u8]> {
        match self {
            Value::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(in crate::validate) fn integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(in crate::validate) fn number(&self) -> Option<f64> {
        match self {
            // PDF numbers are far below 2^53; a larger one is no coordinate.
            Value::Integer(number) => i32::try_from(*number).ok().map(f64::from),
            Value::Real(number) => Some(*number),
            _ => None,
        }
    }

    pub(in crate::validate) fn text(&self) -> Option<&[u8]> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::validate) fn array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(in crate::validate) fn dictionary(&self) -> Option<&Dictionary> {
        match self {
            Value::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    pub(in crate::validate) fn reference(&self) -> Option<ObjectId> {
        match self {
            Value::Reference(id) => Some(*id),
            _ => None,
        }
    }

    /// Every reference in it, however deep.
    pub(in crate::validate) fn references(&self, found: &mut Vec<ObjectId>) {
        match self {
            Value::Reference(id) => found.push(*id),
            Value::Array(items) => items.iter().for_each(|item| item.references(found)),
            Value::Dictionary(dictionary) => {
                for (_, value) in dictionary.entries() {
                    value.references(found);
                }
            }
            _ => {}
        }
    }
}

/// A place in the bytes, moved forward by what is read. What cannot be read gives `None` and leaves it anywhere.
#[derive(Debug, Clone, Copy)]
pub(in crate::validate) struct Reader<'a> {
    bytes: &'a [u8],
    pub(in crate::validate) at: usize,
}

impl<'a> Reader<'a> {
    pub(in crate::validate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// White space and comments (§7.2.2, §7.2.3).
    pub(in crate::validate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !b"\r\n".contains(&byte)) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// A keyword behind white space; nothing is consumed where another token stands.
    pub(super) fn keyword(&mut self, word: &[u8]) -> Option<()> {
        let mut ahead = *self;
        ahead.skip_space();
        let rest = self.bytes.get(ahead.at..)?.strip_prefix(word)?;
        if rest.first().is_some_and(|byte| is_regular(*byte)) {
            return None;
        }
        self.at = ahead.at + word.len();
        Some(())
    }

    /// Decimal digits behind white space.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        let start = self.at;
        let mut number = 0_u64;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            number = number
                .checked_mul(10)?
                .checked_add(u64::from(digit - b'0'))?;
            self.at += 1;
        }
        let ends = self.peek().is_none_or(|byte| !is_regular(byte));
        (self.at > start && ends).then_some(number)
    }

    /// `12 0 obj` (§7.3.10).
    pub(in crate::validate) fn object_header(&mut self) -> Option<ObjectId> {
        let number = u32::try_from(self.unsigned()?).ok()?;
        let generation = u16::try_from(self.unsigned()?).ok()?;
        // `obj` may stand against what follows, but never inside a word.
        self.keyword(b"obj")?;
        Some((number, generation))
    }

    /// One object.
    pub(super) fn value(&mut self) -> Option<Value> {
        self.value_at_depth(0)
    }

    fn value_at_depth(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.skip_space();
        match (self.peek()?, self.bytes.get(self.at + 1)) {
            (b'<', Some(b'<')) => {
                let mut entries = Vec::new();
                self.each_entry(depth, |key, reader| {
                    entries.push((key, reader.value_at_depth(depth + 1)?));
                    Some(())
                })?;
                Dictionary::of(entries).map(Value::Dictionary)
            }
            (b'[', _) => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.skip_space();
                    if self.peek()? == b']' {
                        self.at += 1;
                        return Some(Value::Array(items));
                    }
                    items.push(self.value_at_depth(depth + 1)?);
                }
            }
            (b'<', _) => self.hexadecimal().map(Value::Text),
            (b'(', _) => self.literal().map(Value::Text),
            (b'/', _) => self.name().map(Value::Name),
            (b'0'..=b'9' | b'+' | b'-' | b'.', _) => self.number_or_reference(),
            _ => {
                let word = self.word();
                match word {
                    b"true" => Some(Value::Boolean(true)),
                    b"false" => Some(Value::Boolean(false)),
                    b"null" => Some(Value::Null),
                    _ => None,
                }
            }
        }
    }

    /// Goes through a dictionary; `take` gets each key and the reader in front of its value.
    pub(super) fn entries_of_dictionary(
        &mut self,
        take: impl FnMut(Vec<u8>, &mut Self) -> Option<()>,
    ) -> Option<()> {
        self.skip_space();
        self.bytes.get(self.at..)?.strip_prefix(b"<<")?;
        self.each_entry(0, take)
    }

    fn each_entry(
        &mut self,
        depth: usize,
        mut take: impl FnMut(Vec<u8>, &mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.at += 2;
        loop {
            self.skip_space();
            match self.peek()? {
                b'>' => {
                    self.at += 1;
                    return (self.next()? == b'>').then_some(());
                }
                b'/' => {
                    let key = self.name()?;
                    self.skip_space();
                    take(key, self)?;
                }
                _ => return None,
            }
        }
    }

    /// Regular characters in a row.
    fn word(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let raw = self.word();
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let (&[high, low], tail) = rest.split_first_chunk::<2>()?;
            name.push(hex_digit(high)? << 4 | hex_digit(low)?);
            rest = tail;
        }
        Some(name)
    }

    fn number_or_reference(&mut self) -> Option<Value> {
        let word = std::str::from_utf8(self.word()).ok()?;
        if let Ok(number) = word.parse::<i64>() {
            if word.starts_with(['+', '-']) {
                return Some(Value::Integer(number));
            }
            let mut ahead = *self;
            let generation = ahead.unsigned();
            if let (Some(generation), Some(())) = (generation, ahead.keyword(b"R")) {
                self.at = ahead.at;
                let id = (u32::try_from(number).ok()?, u16::try_from(generation).ok()?);
                return Some(Value::Reference(id));
            }
            return Some(Value::Integer(number));
        }
        let plain = word.bytes().all(|byte| b"0123456789+-.".contains(&byte));
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        number.filter(|_| plain).map(Value::Real)
    }

    /// `<48656C6C6F>` (§7.3.4.3).
    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let end = start + rest.iter().position(|byte| *byte == b'>')?;
        let digits = self.bytes.get(start..end)?;
        let mut text = Vec::with_capacity(digits.len() / 2 + 1);
        let mut half = None;
        for byte in digits.iter().filter(|byte| !is_space(**byte)) {
            let digit = hex_digit(*byte)?;
            half = match half {
                None => Some(digit),
                Some(high) => {
                    text.push(high << 4 | digit);
                    None
                }
            };
        }
        text.extend(half.map(|high| high << 4));
        self.at = end + 1;
        Some(text)
    }

    /// `(Hello)` (§7.3.4.2).
    fn literal(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let (mut text, mut open) = (Vec::new(), 1_usize);
        loop {
            match self.next()? {
                b'(' => {
                    open += 1;
                    text.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(text);
                    }
                    text.push(b')');
                }
                b'\\' => text.extend(self.escaped()?),
                // Any end of line in a string is a line feed.
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    text.push(b'\n');
                }
                byte => text.push(byte),
            }
        }
    }

    /// What stands behind a backslash: at most one byte.
    #[allow(
        clippy::option_option,
        reason = "the end of the bytes and an escaped end of line are different"
    )]
    fn escaped(&mut self) -> Option<Option<u8>> {
        let byte = match self.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return Some(None),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return Some(None);
            }
            digit @ b'0'..=b'7' => {
                let mut code = digit - b'0';
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    self.at += 1;
                    code = code.wrapping_mul(8).wrapping_add(digit - b'0');
                }
                code
            }
            other => other,
        };
        Some(Some(byte))
    }
}

/// The numbers of all references from `at` to the end of the object there, without building it.
///
/// Reads tokens only, so it also sees references in objects whose structure is wrong. Returns where it stopped: in
/// front of `stream` or `endobj`, or at the end.
pub(in crate::validate) fn scan_references(
    bytes: &[u8],
    at: usize,
    mut found: impl FnMut(u32),
) -> usize {
    let mut reader = Reader::new(bytes, at);
    // The two tokens before this one, where they were unsigned numbers.
    let mut before: [Option<u64>; 2] = [None, None];
    loop {
        reader.skip_space();
        let Some(byte) = reader.peek() else {
            return reader.at;
        };
        let mut number = None;
        let start = reader.at;
        match byte {
            b'(' => {
                if reader.literal().is_none() {
                    return bytes.len();
                }
            }
            b'<' if bytes.get(start + 1) == Some(&b'<') => reader.at += 2,
            b'<' => {
                let rest = bytes.get(start..).unwrap_or_default();
                let end = rest.iter().position(|byte| *byte == b'>');
                reader.at = end.map_or(bytes.len(), |end| start + end + 1);
            }
            b'/' => {
                reader.at += 1;
                reader.word();
            }
            byte if is_delimiter(byte) => reader.at += 1,
            _ => match reader.word() {
                b"stream" | b"endobj" => return start,
                b"R" => {
                    if let [Some(id), Some(_)] = before {
                        found(u32::try_from(id).unwrap_or(u32::MAX));
                    }
                }
                word => number = std::str::from_utf8(word).ok().and_then(|w| w.parse().ok()),
            },
        }
        before = [before[1], number];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Value> {
        Reader::new(text.as_bytes(), 0).value()
    }

    #[test]
    fn objects_are_read_as_the_grammar_says() {
        let text = "<</A#42 [1 -2 +3 .5 4. 12 0 R true null]/S(a\\)\\101\\\r\nb(c)\r\n)/H<4 1 4>/E<</N/n>>>>% x\n";
        let Some(Value::Dictionary(read)) = read(text) else {
            panic!("not read");
        };
        let items = [
            Value::Integer(1),
            Value::Integer(-2),
            Value::Integer(3),
            Value::Real(0.5),
            Value::Real(4.0),
            Value::Reference((12, 0)),
            Value::Boolean(true),
            Value::Null,
        ];
        assert_eq!(read.get(b"AB").and_then(Value::array), Some(&items[..]));
        assert_eq!(
            read.get(b"S").and_then(Value::text),
            Some(&b"a)Ab(c)\n"[..])
        );
        assert_eq!(read.get(b"H").and_then(Value::text), Some(&b"A@"[..]));
    }

    #[test]
    fn what_viewers_would_repair_is_no_object() {
        for wrong in [
            "<</A 1/A 2>>",
            "<</A 1",
            "<</A>>",
            "[1 2",
            "(a",
            "<4x>",
            "/a#4",
            "1.2.3",
            "nan",
            "1e5",
            "frue",
            "<</A 1 2>>",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read(&"[".repeat(100_000)), None);
        assert_eq!(read(&"<</A".repeat(100_000)), None);
    }

    #[test]
    fn references_are_found_without_building() {
        let text = "<</A 1 0 R/S(2 0 R)/H<33 0 52>/C[4 0 R 5 0 R]/X 6 0/Y 7 0 R>>stream 8 0 R";
        let mut found = Vec::new();
        let end = scan_references(text.as_bytes(), 0, |number| found.push(number));
        assert_eq!(found, [1, 4, 5, 7]);
        assert_eq!(Some(end), text.find("stream"));
    }
}

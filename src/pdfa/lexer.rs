//! Tokens of PDF syntax (ISO 32000-1 §7.2, §7.3) with what PDF/A says about how they are written.
//!
//! The PDF library gives objects, not their spelling; clauses 6.1.6 and 6.1.13 are about spelling. So
//! objects are read here once more, for their flaws. Nothing is decoded or looked up.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object, StringFormat};

use crate::pdf_object::{hex_digit, is_regular, is_space};

/// Arrays and dictionaries inside each other.
const DEPTH_MAX: usize = 100;

/// How a token breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flaw {
    OddHex,
    NotHex,
    IntegerRange,
    RealRange,
    LongString,
    LongName,
    DoubleKey,
    Malformed,
}

impl Flaw {
    pub(super) fn clause(self) -> &'static str {
        match self {
            Self::OddHex | Self::NotHex => "6.1.6",
            Self::IntegerRange | Self::RealRange | Self::LongString | Self::LongName => "6.1.13",
            Self::DoubleKey | Self::Malformed => "6.1.1",
        }
    }

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::OddHex => "hexadecimal string with an odd number of digits",
            Self::NotHex => "hexadecimal string with other characters",
            Self::IntegerRange => "integer beyond 32 bits",
            Self::RealRange => "real number out of range",
            Self::LongString => "string longer than 32767 bytes",
            Self::LongName => "name longer than 127 bytes",
            Self::DoubleKey => "dictionary with one key twice",
            Self::Malformed => "token that cannot be read",
        }
    }
}

#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Integer(i64),
    Real(f32),
    Name(Vec<u8>),
    String(Vec<u8>, StringFormat),
    ArrayStart,
    ArrayEnd,
    DictionaryStart,
    DictionaryEnd,
    Keyword(&'a [u8]),
}

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    position: usize,
    flaws: BTreeSet<Flaw>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], position: usize) -> Self {
        Self {
            bytes,
            position: position.min(bytes.len()),
            flaws: BTreeSet::new(),
        }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn seek(&mut self, position: usize) {
        self.position = position.min(self.bytes.len());
    }

    /// The flaws met so far; they are forgotten here.
    pub(super) fn take_flaws(&mut self) -> BTreeSet<Flaw> {
        std::mem::take(&mut self.flaws)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Past white space and comments.
    pub(super) fn skip_space(&mut self) {
        while let Some(&byte) = self.bytes.get(self.position) {
            if byte == b'%' {
                self.skip_while(|byte| !matches!(byte, b'\r' | b'\n'));
            } else if is_space(byte) {
                self.position += 1;
            } else {
                return;
            }
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The next token; `None` at the end and where there is none.
    pub(super) fn token(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let first = *self.bytes.get(self.position)?;
        let second = self.bytes.get(self.position + 1).copied();
        let (token, length) = match (first, second) {
            (b'<', Some(b'<')) => (Token::DictionaryStart, 2),
            (b'>', Some(b'>')) => (Token::DictionaryEnd, 2),
            (b'[', _) => (Token::ArrayStart, 1),
            (b']', _) => (Token::ArrayEnd, 1),
            (b'/', _) => return Some(self.name()),
            (b'(', _) => return self.literal(),
            (b'<', _) => return self.hexadecimal(),
            (b'>' | b')' | b'{' | b'}', _) => {
                self.flaws.insert(Flaw::Malformed);
                return None;
            }
            (b'+' | b'-' | b'.' | b'0'..=b'9', _) => return self.number(),
            _ => return Some(Token::Keyword(self.skip_while(is_regular))),
        };
        self.position += length;
        Some(token)
    }

    fn number(&mut self) -> Option<Token<'a>> {
        let text = std::str::from_utf8(self.skip_while(is_regular)).unwrap_or_default();
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let dots = digits.bytes().filter(|&byte| byte == b'.').count();
        let plain = digits
            .bytes()
            .all(|byte| byte == b'.' || byte.is_ascii_digit());
        if !plain || dots > 1 || digits.len() == dots {
            self.flaws.insert(Flaw::Malformed);
            return None;
        }
        if dots == 0 {
            let value = text.parse::<i64>().ok();
            if value.is_none_or(|value| i32::try_from(value).is_err()) {
                self.flaws.insert(Flaw::IntegerRange);
            }
            return Some(Token::Integer(value.unwrap_or(i64::MAX)));
        }
        let value: f64 = text.parse().unwrap_or(f64::INFINITY);
        let size = value.abs();
        if size > 3.403e38 || (size != 0.0 && size < 1.175e-38) {
            self.flaws.insert(Flaw::RealRange);
        }
        Some(Token::Real(text.parse().unwrap_or(f32::MAX)))
    }

    fn name(&mut self) -> Token<'a> {
        self.position += 1;
        let raw = self.skip_while(is_regular);
        let mut name = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((&byte, after)) = rest.split_first() {
            let escaped = match (byte, after) {
                (b'#', [high, low, tail @ ..]) => hex_digit(*high)
                    .zip(hex_digit(*low))
                    .map(|pair| (pair, tail)),
                _ => None,
            };
            if let Some(((high, low), tail)) = escaped {
                name.push(high << 4 | low);
                rest = tail;
            } else {
                name.push(byte);
                rest = after;
            }
        }
        if name.len() > 127 {
            self.flaws.insert(Flaw::LongName);
        }
        Token::Name(name)
    }

    fn hexadecimal(&mut self) -> Option<Token<'a>> {
        self.position += 1;
        let text = self.skip_while(|byte| byte != b'>');
        if self.rest().is_empty() {
            self.flaws.insert(Flaw::Malformed);
            return None;
        }
        self.position += 1;
        let mut string = Vec::with_capacity(text.len() / 2);
        let mut high = None;
        for &byte in text {
            let Some(digit) = hex_digit(byte) else {
                if !is_space(byte) {
                    self.flaws.insert(Flaw::NotHex);
                }
                continue;
            };
            match high.take() {
                None => high = Some(digit),
                Some(first) => string.push(first << 4 | digit),
            }
        }
        if let Some(first) = high {
            self.flaws.insert(Flaw::OddHex);
            string.push(first << 4);
        }
        self.string(string, StringFormat::Hexadecimal)
    }

    fn literal(&mut self) -> Option<Token<'a>> {
        self.position += 1;
        let mut string = Vec::new();
        let mut open = 1_usize;
        loop {
            let byte = self.next_byte()?;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return self.string(string, StringFormat::Literal);
                    }
                }
                b'\\' => {
                    if let Some(escaped) = self.escape()? {
                        string.push(escaped);
                    }
                    continue;
                }
                b'\r' => {
                    self.skip_line_feed();
                    string.push(b'\n');
                    continue;
                }
                _ => {}
            }
            string.push(byte);
        }
    }

    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.position).copied();
        match byte {
            Some(_) => self.position += 1,
            None => {
                self.flaws.insert(Flaw::Malformed);
            }
        }
        byte
    }

    fn skip_line_feed(&mut self) {
        if self.bytes.get(self.position) == Some(&b'\n') {
            self.position += 1;
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Option<Option<u8>> {
        let byte = self.next_byte()?;
        Some(match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\n' => None,
            b'\r' => {
                self.skip_line_feed();
                None
            }
            b'0'..=b'7' => {
                let mut value = byte - b'0';
                for _ in 0..2 {
                    match self.bytes.get(self.position) {
                        Some(&digit @ b'0'..=b'7') => {
                            value = value.wrapping_shl(3) | (digit - b'0');
                            self.position += 1;
                        }
                        _ => break,
                    }
                }
                Some(value)
            }
            other => Some(other),
        })
    }

    fn string(&mut self, string: Vec<u8>, format: StringFormat) -> Option<Token<'a>> {
        if string.len() > 32_767 {
            self.flaws.insert(Flaw::LongString);
        }
        Some(Token::String(string, format))
    }

    /// A whole object; `None` where there is none.
    pub(super) fn object(&mut self) -> Option<Object> {
        let token = self.token()?;
        self.object_of(token, 0)
    }

    /// The object that begins with a token.
    pub(super) fn object_of(&mut self, token: Token<'a>, depth: usize) -> Option<Object> {
        if depth > DEPTH_MAX {
            self.flaws.insert(Flaw::Malformed);
            return None;
        }
        Some(match token {
            Token::Integer(value) => self.reference(value).unwrap_or(Object::Integer(value)),
            Token::Real(value) => Object::Real(value),
            Token::Name(name) => Object::Name(name),
            Token::String(bytes, format) => Object::String(bytes, format),
            Token::Keyword(b"true") => Object::Boolean(true),
            Token::Keyword(b"false") => Object::Boolean(false),
            Token::Keyword(b"null") => Object::Null,
            Token::ArrayStart => self.array(depth)?,
            Token::DictionaryStart => Object::Dictionary(self.dictionary(depth)?),
            Token::ArrayEnd | Token::DictionaryEnd | Token::Keyword(_) => {
                self.flaws.insert(Flaw::Malformed);
                return None;
            }
        })
    }

    fn array(&mut self, depth: usize) -> Option<Object> {
        let mut items = Vec::new();
        loop {
            match self.token()? {
                Token::ArrayEnd => return Some(Object::Array(items)),
                token => items.push(self.object_of(token, depth + 1)?),
            }
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Dictionary> {
        let mut dictionary = Dictionary::new();
        let mut has_long_contents = false;
        loop {
            match self.token()? {
                Token::DictionaryEnd => {
                    // A signature's bytes are no text: veraPDF does not count them either.
                    if has_long_contents && !dictionary.has(b"ByteRange") {
                        self.flaws.insert(Flaw::LongString);
                    }
                    return Some(dictionary);
                }
                Token::Name(key) => {
                    let was_long = self.flaws.contains(&Flaw::LongString);
                    let token = self.token()?;
                    let value = self.object_of(token, depth + 1)?;
                    if key == b"Contents" && !was_long && self.flaws.remove(&Flaw::LongString) {
                        has_long_contents = true;
                    }
                    // Readers differ in which value they take.
                    if dictionary.has(&key) {
                        self.flaws.insert(Flaw::DoubleKey);
                    }
                    dictionary.set(key, value);
                }
                _ => {
                    self.flaws.insert(Flaw::Malformed);
                    return None;
                }
            }
        }
    }

    /// A reference, where two more tokens make the number one.
    fn reference(&mut self, number: i64) -> Option<Object> {
        let number = u32::try_from(number).ok()?;
        let mut ahead = Lexer::new(self.bytes, self.position);
        ahead.skip_space();
        if !ahead.rest().first()?.is_ascii_digit() {
            return None;
        }
        let Some(Token::Integer(generation)) = ahead.token() else {
            return None;
        };
        let generation = u16::try_from(generation).ok()?;
        ahead.skip_space();
        let (b'R', after) = ahead.rest().split_first()? else {
            return None;
        };
        if after.first().is_some_and(|&byte| is_regular(byte)) {
            return None;
        }
        self.position = ahead.position + 1;
        Some(Object::Reference((number, generation)))
    }
}

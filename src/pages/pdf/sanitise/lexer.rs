//! Tokens of a content stream (ISO 32000-1 §7.2 and §7.8.2), with the place where each stands.
//!
//! Strict: what readers could take in different ways is an obstacle. The bytes themselves stay as they
//! are, so numbers keep every digit.

use std::ops::Range;

use super::write::{INTEGERS, NAME_BYTES_MAX, STRING_BYTES_MAX};
use super::{Outcome, obstacle};
use crate::pdf_object::{is_delimiter, is_regular, is_space};

/// The greatest real number, ISO 19005-2 §6.1.13.
const REAL_MAX: f64 = 3.403e38;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Name(Vec<u8>),
    /// A string; whether it is hexadecimal with an odd number of digits.
    Text {
        odd: bool,
    },
    /// `true`, `false`, `null`.
    Literal(&'a [u8]),
    ArrayStart,
    ArrayEnd,
    DictionaryStart,
    DictionaryEnd,
    Operator(&'a [u8]),
}

pub(super) struct Lexer<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn jump(&mut self, to: usize) {
        self.at = to;
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.at).copied()
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn skip_space(&mut self) {
        loop {
            self.skip_while(is_space);
            if self.peek() != Some(b'%') {
                return;
            }
            self.skip_while(|byte| !matches!(byte, b'\r' | b'\n'));
        }
    }

    /// The next token and where it stands; `None` at the end.
    pub(super) fn next(&mut self) -> Outcome<Option<(Token<'a>, Range<usize>)>> {
        self.skip_space();
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let token = match first {
            b'/' => self.name()?,
            b'(' => self.literal_string()?,
            b'<' if self.data.get(start + 1) == Some(&b'<') => self.mark(2, Token::DictionaryStart),
            b'<' => self.hexadecimal_string()?,
            b'>' if self.data.get(start + 1) == Some(&b'>') => self.mark(2, Token::DictionaryEnd),
            b'[' => self.mark(1, Token::ArrayStart),
            b']' => self.mark(1, Token::ArrayEnd),
            _ if is_delimiter(first) => return Err(obstacle("content with a stray delimiter")),
            _ => self.word()?,
        };
        Ok(Some((token, start..self.at)))
    }

    fn mark(&mut self, length: usize, token: Token<'a>) -> Token<'a> {
        self.at += length;
        token
    }

    fn name(&mut self) -> Outcome<Token<'a>> {
        self.at += 1;
        let start = self.at;
        self.skip_while(is_regular);
        let mut bytes = self.data.get(start..self.at).unwrap_or_default().iter();
        let mut name = Vec::new();
        while let Some(&byte) = bytes.next() {
            let rest = bytes.as_slice();
            match (byte, rest) {
                (b'#', [high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    name.push(hexadecimal(*high) * 16 + hexadecimal(*low));
                    bytes = rest.get(2..).unwrap_or_default().iter();
                }
                _ => name.push(byte),
            }
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(obstacle("a name beyond the limits"));
        }
        Ok(Token::Name(name))
    }

    fn literal_string(&mut self) -> Outcome<Token<'a>> {
        let (mut depth, mut length) = (0_usize, 0_usize);
        while let Some(byte) = self.peek() {
            self.at += 1;
            length += 1;
            match byte {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                // Escapes make it shorter, never longer.
                return if length > STRING_BYTES_MAX + 2 {
                    Err(obstacle("a string beyond the limits"))
                } else {
                    Ok(Token::Text { odd: false })
                };
            }
        }
        Err(obstacle("content that ends within a string"))
    }

    fn hexadecimal_string(&mut self) -> Outcome<Token<'a>> {
        self.at += 1;
        let mut digits = 0_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'>' if digits > 2 * STRING_BYTES_MAX => {
                    return Err(obstacle("a string beyond the limits"));
                }
                b'>' => {
                    return Ok(Token::Text {
                        odd: digits % 2 == 1,
                    });
                }
                _ if byte.is_ascii_hexdigit() => digits += 1,
                _ if is_space(byte) => {}
                _ => return Err(obstacle("content with a damaged string")),
            }
        }
        Err(obstacle("content that ends within a string"))
    }

    fn word(&mut self) -> Outcome<Token<'a>> {
        let start = self.at;
        self.skip_while(is_regular);
        let word = self.data.get(start..self.at).unwrap_or_default();
        match word {
            b"true" | b"false" | b"null" => Ok(Token::Literal(word)),
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => number(word).map(Token::Number),
            _ => Ok(Token::Operator(word)),
        }
    }
}

fn hexadecimal(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.saturating_sub(b'A').saturating_add(10),
    }
}

/// ISO 32000-1 §7.3.3: a sign, digits, a point; no exponent.
fn number(word: &[u8]) -> Outcome<f64> {
    let digits = match word {
        [b'+' | b'-', rest @ ..] => rest,
        _ => word,
    };
    let points = digits.iter().filter(|&&byte| byte == b'.').count();
    let sound = digits.iter().any(u8::is_ascii_digit)
        && digits
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && points <= 1;
    let value = std::str::from_utf8(word)
        .ok()
        .filter(|_| sound)
        .and_then(|word| word.parse::<f64>().ok())
        .ok_or_else(|| obstacle("content with a damaged number"))?;
    let (least, most) = (*INTEGERS.start(), *INTEGERS.end());
    #[allow(
        clippy::cast_precision_loss,
        reason = "32-bit integers are exact in a double"
    )]
    let integers = least as f64..=most as f64;
    if value.abs() > REAL_MAX || (points == 0 && !integers.contains(&value)) {
        return Err(obstacle("a number beyond the limits"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(data: &[u8]) -> Outcome<Vec<Token<'_>>> {
        let mut lexer = Lexer::new(data);
        let mut all = Vec::new();
        while let Some((token, _)) = lexer.next()? {
            all.push(token);
        }
        Ok(all)
    }

    #[test]
    fn tokens_are_told_apart() {
        let data = b"/A#20b(a(b)\\)c)<4 1>[-.5 +7 4.]<</N null>>Tj% x (\n T*<123>";
        let expected = vec![
            Token::Name(b"A b".to_vec()),
            Token::Text { odd: false },
            Token::Text { odd: false },
            Token::ArrayStart,
            Token::Number(-0.5),
            Token::Number(7.0),
            Token::Number(4.0),
            Token::ArrayEnd,
            Token::DictionaryStart,
            Token::Name(b"N".to_vec()),
            Token::Literal(b"null"),
            Token::DictionaryEnd,
            Token::Operator(b"Tj"),
            Token::Operator(b"T*"),
            Token::Text { odd: true },
        ];
        assert_eq!(tokens(data).expect("sound"), expected);
    }

    #[test]
    fn what_readers_would_take_differently_is_an_obstacle() {
        for damaged in [
            &b"(abc"[..],
            b"(a\\",
            b"<12",
            b"<1g>",
            b")",
            b">",
            b"{",
            b"--1",
            b"1.2.3",
            b"-",
            b"1e5",
            b"5-3",
            b"2147483648",
            b"-2147483649",
        ] {
            assert!(
                tokens(damaged).is_err(),
                "{}",
                String::from_utf8_lossy(damaged)
            );
        }
        assert!(tokens(b"2147483647 -2147483648 2147483648.5").is_ok());
        let real = |digits| "9".repeat(digits) + ".0";
        assert!(tokens(real(38).as_bytes()).is_ok());
        assert!(tokens(real(39).as_bytes()).is_err());
    }

    #[test]
    fn names_and_strings_have_limits() {
        let name = |bytes| [b"/".to_vec(), vec![b'a'; bytes]].concat();
        assert!(tokens(&name(127)).is_ok() && tokens(&name(128)).is_err());
        let string = |bytes| [&b"("[..], &vec![b'a'; bytes], b")"].concat();
        assert!(tokens(&string(32_767)).is_ok() && tokens(&string(32_768)).is_err());
        let digits = |bytes| [&b"<"[..], &vec![b'a'; bytes], b">"].concat();
        assert!(tokens(&digits(65_534)).is_ok() && tokens(&digits(65_536)).is_err());
    }
}

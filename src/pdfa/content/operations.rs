//! A content stream as operators with their operands (ISO 32000-1 §7.8.2), one at a time.
//!
//! Unlike the PDF library's reader it keeps every inline image's dictionary, and tells how numbers and
//! strings are written. The end of an inline image is where its size says, with
//! filters the first `EI` between white space that text follows.

use std::collections::BTreeSet;

use lopdf::content::Operation;
use lopdf::{Dictionary, Object, Stream};

use crate::pdfa::lexer::{Flaw, Lexer, Token, is_space};

/// ISO 32000-1 has no operator with more than 33; `scn` of 32 colorants and a pattern.
const OPERANDS_MAX: usize = 64;
/// Bytes behind an `EI` that must look like text.
const BEHIND_IMAGE: usize = 24;

/// The stream cannot be read further.
#[derive(Debug)]
pub(super) struct Unreadable;

pub(super) struct Operations<'a> {
    lexer: Lexer<'a>,
    ended: bool,
}

impl<'a> Operations<'a> {
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self {
            lexer: Lexer::new(content, 0),
            ended: false,
        }
    }

    /// The flaws met since asked last.
    pub(super) fn take_flaws(&mut self) -> BTreeSet<Flaw> {
        self.lexer.take_flaws()
    }

    fn read(&mut self) -> Result<Option<Operation>, Unreadable> {
        let mut operands = Vec::new();
        loop {
            self.lexer.skip_space();
            if self.lexer.rest().is_empty() && operands.is_empty() {
                return Ok(None);
            }
            let token = self.lexer.token().ok_or(Unreadable)?;
            match token {
                Token::Keyword(b"BI") => {
                    let image = self.inline_image().ok_or(Unreadable)?;
                    return Ok(Some(Operation::new("BI", vec![Object::Stream(image)])));
                }
                Token::Keyword(word) if !matches!(word, b"true" | b"false" | b"null") => {
                    let operator = std::str::from_utf8(word).map_err(|_| Unreadable)?;
                    return Ok(Some(Operation::new(operator, operands)));
                }
                // No references in content streams, so a number is a number.
                Token::Integer(value) => operands.push(Object::Integer(value)),
                token => operands.push(self.lexer.object_of(token, 0).ok_or(Unreadable)?),
            }
            if operands.len() > OPERANDS_MAX {
                return Err(Unreadable);
            }
        }
    }

    fn inline_image(&mut self) -> Option<Stream> {
        let mut dictionary = Dictionary::new();
        loop {
            match self.lexer.token()? {
                Token::Name(key) => {
                    let token = self.lexer.token()?;
                    dictionary.set(key, self.lexer.object_of(token, 0)?);
                }
                Token::Keyword(b"ID") => break,
                _ => return None,
            }
        }
        let start = self.lexer.position();
        let rest = self.lexer.rest();
        let gap = match rest {
            [b'\r', b'\n', ..] => 2,
            [byte, ..] if is_space(*byte) => 1,
            _ => 0,
        };
        let data = rest.get(gap..)?;
        let length = match plain_length(&dictionary) {
            Some(length) if ends_here(data, length) => length,
            // Readers differ in where it ends.
            Some(_) => return None,
            None => (0..data.len()).find(|&at| ends_plausibly(data, at))?,
        };
        let spaces = data.get(length..)?;
        let spaces = spaces.iter().take_while(|&&byte| is_space(byte)).count();
        self.lexer.seek(start + gap + length + spaces + b"EI".len());
        let mut stream = Stream::new(dictionary, data.get(..length)?.to_vec());
        // The library adds it, the image has none.
        stream.dict.remove(b"Length");
        Some(stream)
    }
}

impl Iterator for Operations<'_> {
    type Item = Result<Operation, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read();
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

/// Bytes of an image without filters whose colour space tells its components.
fn plain_length(dictionary: &Dictionary) -> Option<usize> {
    let get =
        |short: &[u8], long: &[u8]| dictionary.get(short).or_else(|_| dictionary.get(long)).ok();
    let size = |short: &[u8], long: &[u8]| usize::try_from(get(short, long)?.as_i64().ok()?).ok();
    if get(b"F", b"Filter").is_some() {
        return None;
    }
    let is_mask = matches!(get(b"IM", b"ImageMask"), Some(Object::Boolean(true)));
    let bits = if is_mask {
        1
    } else {
        let components = match get(b"CS", b"ColorSpace")? {
            Object::Name(name) => match name.as_slice() {
                b"G" | b"DeviceGray" => 1,
                b"RGB" | b"DeviceRGB" => 3,
                b"CMYK" | b"DeviceCMYK" => 4,
                _ => return None,
            },
            Object::Array(_) => 1,
            _ => return None,
        };
        size(b"BPC", b"BitsPerComponent")?.checked_mul(components)?
    };
    let row = size(b"W", b"Width")?.checked_mul(bits)?.div_ceil(8);
    row.checked_mul(size(b"H", b"Height")?)
}

/// Whether `EI` follows, alone but for white space.
fn ends_here(data: &[u8], length: usize) -> bool {
    let Some(rest) = data.get(length..) else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    rest.strip_prefix(b"EI")
        .is_some_and(|after| after.first().is_none_or(|&byte| is_space(byte)))
}

/// Whether white space, `EI` and what looks like more operators stand here.
fn ends_plausibly(data: &[u8], at: usize) -> bool {
    let Some([space, b'E', b'I', after @ ..]) = data.get(at..) else {
        return false;
    };
    let behind = after.get(..BEHIND_IMAGE).unwrap_or(after);
    is_space(*space)
        && behind.first().is_none_or(|&byte| is_space(byte))
        && behind
            .iter()
            .all(|&byte| matches!(byte, b' '..=b'~') || is_space(byte))
}

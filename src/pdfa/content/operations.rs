//! A content stream as operators with their operands (ISO 32000-1 §7.8.2), one at a time.
//!
//! Unlike the PDF library's reader it keeps every inline image's dictionary, and tells how numbers and
//! strings are written.

use std::collections::BTreeSet;

use lopdf::content::Operation;
use lopdf::{Dictionary, Object, Stream};

use super::inline_image::data_length;
use crate::pdf_object::is_space;
use crate::pdfa::lexer::{Flaw, Lexer, Token};

/// ISO 32000-1 has no operator with more than 33; `scn` of 32 colorants and a pattern.
const OPERANDS_MAX: usize = 64;
/// Inline images of one stream once expanded, bytes.
const EXPANDED_MAX: usize = 512 << 20;

/// The stream cannot be read further.
#[derive(Debug)]
pub(super) struct Unreadable;

pub(super) struct Operations<'a> {
    lexer: Lexer<'a>,
    ended: bool,
    /// Bytes of inline images that may still be expanded.
    budget: usize,
}

impl<'a> Operations<'a> {
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self {
            lexer: Lexer::new(content, 0),
            ended: false,
            budget: EXPANDED_MAX,
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
        let length = data_length(&dictionary, data, &mut self.budget)?;
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

//! Inline images (ISO 32000-1 §8.9.7), within what ISO 19005-2 §6.1.10 and §6.2.8 allow.
//!
//! Where such an image ends is not written down: it is computed from its size, or sought.

use std::ops::Range;

use super::content::INTENTS;
use super::lexer::{Lexer, Token};
use super::{Outcome, obstacle};
use crate::pdf_object::is_space;

/// An image's entries have few tokens; an Indexed space with its table is one of them.
const TOKENS_MAX: usize = 1000;

/// Bytes behind `EI` that must look like content for it to be the end.
const LOOK_AHEAD: usize = 16;

/// What the content around it has to know.
#[derive(Debug, Default)]
pub(super) struct InlineImage {
    /// A space that the resources name.
    pub(super) colour_space: Option<Vec<u8>>,
    pub(super) edits: Vec<(Range<usize>, &'static [u8])>,
}

#[derive(Default)]
struct Entries {
    image: InlineImage,
    width: f64,
    height: f64,
    bits: f64,
    components: Option<f64>,
    filter: Option<Vec<u8>>,
}

/// Reads from behind `BI` to behind `EI`.
pub(super) fn check(data: &[u8], lexer: &mut Lexer<'_>) -> Outcome<InlineImage> {
    let mut entries = Entries {
        bits: 8.0,
        ..Entries::default()
    };
    loop {
        match lexer.next()? {
            Some((Token::Name(key), range)) => {
                let value = value(lexer)?;
                entries.entry(&key, range.start, &value)?;
            }
            Some((Token::Operator(b"ID"), _)) => break,
            _ => return Err(damaged()),
        }
    }
    // One white space between ID and the data.
    let start = lexer.position().saturating_add(1);
    let rest = data.get(start..).ok_or_else(damaged)?;
    let end = entries.end(rest).ok_or_else(damaged)?;
    lexer.jump(start.saturating_add(end));
    Ok(entries.image)
}

fn damaged() -> super::Obstacle {
    obstacle("a damaged inline image")
}

/// The tokens of one value: a single one, or an array or dictionary with its brackets.
fn value<'a>(lexer: &mut Lexer<'a>) -> Outcome<Vec<(Token<'a>, Range<usize>)>> {
    let (mut tokens, mut depth) = (Vec::new(), 0_usize);
    while let Some((token, range)) = lexer.next()? {
        match token {
            Token::Operator(_) => return Err(damaged()),
            Token::ArrayStart | Token::DictionaryStart => depth += 1,
            Token::ArrayEnd | Token::DictionaryEnd => {
                depth = depth.checked_sub(1).ok_or_else(damaged)?;
            }
            _ => {}
        }
        tokens.push((token, range));
        if depth == 0 {
            return Ok(tokens);
        }
        if tokens.len() > TOKENS_MAX {
            break;
        }
    }
    Err(damaged())
}

impl Entries {
    fn entry(
        &mut self,
        key: &[u8],
        start: usize,
        value: &[(Token<'_>, Range<usize>)],
    ) -> Outcome<()> {
        for (token, range) in value {
            if *token == (Token::Text { odd: true }) {
                let end = range.end.saturating_sub(1);
                self.image.edits.push((end..end, b"0"));
            }
        }
        let names: Vec<&[u8]> = value
            .iter()
            .filter_map(|(token, _)| match token {
                Token::Name(name) => Some(name.as_slice()),
                _ => None,
            })
            .collect();
        let number = match value {
            [(Token::Number(number), _)] => *number,
            _ => 0.0,
        };
        match key {
            b"W" | b"Width" => self.width = number,
            b"H" | b"Height" => self.height = number,
            b"BPC" | b"BitsPerComponent" => self.bits = number,
            b"IM" | b"ImageMask" => {
                if matches!(value, [(Token::Literal(b"true"), _)]) {
                    (self.bits, self.components) = (1.0, Some(1.0));
                }
            }
            b"CS" | b"ColorSpace" => self.colour_space(&names)?,
            b"F" | b"Filter" => self.filter(&names)?,
            b"I" | b"Interpolate" => {
                let end = value.last().map_or(start, |(_, range)| range.end);
                self.image.edits.push((start..end, b""));
            }
            b"Intent" if names.iter().all(|name| INTENTS.contains(name)) => {}
            b"D" | b"Decode" | b"DP" | b"DecodeParms" | b"L" | b"Length" => {}
            _ => return Err(obstacle("an inline image with unknown entries")),
        }
        Ok(())
    }

    fn colour_space(&mut self, names: &[&[u8]]) -> Outcome<()> {
        let (indexed, space) = match names {
            [b"I" | b"Indexed", base] => (true, *base),
            [space] => (false, *space),
            _ => return Err(obstacle("an inline image of an unknown colour space")),
        };
        let components = match space {
            b"G" | b"DeviceGray" => Some(1.0),
            b"RGB" | b"DeviceRGB" => Some(3.0),
            b"CMYK" | b"DeviceCMYK" => return Err(obstacle("DeviceCMYK colour")),
            _ if indexed => None,
            other => {
                self.image.colour_space = Some(other.to_vec());
                None
            }
        };
        if indexed && components.is_none() {
            return Err(obstacle("an inline image of an unknown colour space"));
        }
        self.components = if indexed { Some(1.0) } else { components };
        Ok(())
    }

    fn filter(&mut self, names: &[&[u8]]) -> Outcome<()> {
        for name in names {
            match *name {
                b"LZW" | b"LZWDecode" => return Err(obstacle("an inline image with LZW")),
                b"AHx" | b"ASCIIHexDecode" | b"A85" | b"ASCII85Decode" | b"Fl" | b"FlateDecode"
                | b"RL" | b"RunLengthDecode" | b"CCF" | b"CCITTFaxDecode" | b"DCT"
                | b"DCTDecode" => {}
                _ => return Err(obstacle("an unknown filter")),
            }
        }
        self.filter = names.first().map(|name| name.to_vec());
        Ok(())
    }

    /// Where the data and `EI` behind it end.
    fn end(&self, data: &[u8]) -> Option<usize> {
        let from = match (self.filter.as_deref(), self.components) {
            (None, Some(components)) => {
                let row = (self.width * self.bits * components / 8.0).ceil();
                let length = row * self.height;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "`as` saturates, and beyond the data nothing is found"
                )]
                let length = length as usize;
                // Behind exactly so many bytes no white space is needed.
                let behind = data.get(length..).unwrap_or_default();
                if matches!(behind, [b'E', b'I', space, ..] if is_space(*space)) {
                    return length.checked_add(2);
                }
                length
            }
            (Some(b"A85" | b"ASCII85Decode"), _) => {
                data.windows(2).position(|window| window == b"~>")?
            }
            (Some(b"AHx" | b"ASCIIHexDecode"), _) => data.iter().position(|&byte| byte == b'>')?,
            _ => 0,
        };
        (from..data.len()).find_map(|at| ends_at(data, at).then_some(at + 2))
    }
}

/// Whether `EI` stands at `at` as a word, and text behind it.
fn ends_at(data: &[u8], at: usize) -> bool {
    let before = at
        .checked_sub(1)
        .and_then(|before| data.get(before))
        .is_none_or(|&byte| is_space(byte) || byte == b'>');
    let behind = data.get(at.saturating_add(2)..).unwrap_or_default();
    data.get(at..).is_some_and(|rest| rest.starts_with(b"EI"))
        && before
        && behind.first().is_none_or(|&byte| is_space(byte))
        && behind
            .iter()
            .take(LOOK_AHEAD)
            .all(|&byte| byte.is_ascii_graphic() || (is_space(byte) && byte != 0))
}

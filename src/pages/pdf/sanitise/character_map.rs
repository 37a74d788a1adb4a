//! Character maps of composite fonts and of text extraction (ISO 32000-1 §9.7.5 and §9.10.3).

use lopdf::Object;

use super::copier::{Copier, Kind};
use super::lexer::{Lexer, Token};
use super::stream::CONTENT_BYTES_MAX;
use super::{Outcome, obstacle};

/// ISO 19005-2 §6.1.13.
const CID_MAX: f64 = 65_535.0;

impl<'a> Copier<'a> {
    /// A predefined character map's name, or an embedded one.
    pub(super) fn character_map(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::CharacterMap, true, |copier, object| {
            let stream = match object {
                Object::Name(name) => return Ok(Object::Name(name.clone())),
                Object::Stream(stream) => stream,
                _ => return Err(obstacle("an unknown character map")),
            };
            let data = copier.expanded(stream, CONTENT_BYTES_MAX)?;
            if greatest_cid(&data) > CID_MAX {
                return Err(obstacle("a character map beyond the limits"));
            }
            let entries = &stream.dict;
            let mut copy = copier.plain_entries(entries, &["Type", "CMapName", "WMode"])?;
            copier.system_info(&mut copy, entries)?;
            if let Some(base) = copier.raw(entries, b"UseCMap") {
                copy.set("UseCMap", copier.character_map(base)?);
            }
            copier.stream(copy, stream)
        })
    }
}

/// The greatest number that `cidrange` and `cidchar` sections give, as far as they can be read.
fn greatest_cid(data: &[u8]) -> f64 {
    let mut lexer = Lexer::new(data);
    let (mut greatest, mut codes) = (0.0_f64, Vec::new());
    let mut inside = false;
    while let Ok(Some((token, range))) = lexer.next() {
        match token {
            Token::Operator(word) => {
                inside = matches!(word, b"begincidrange" | b"begincidchar");
                codes.clear();
            }
            Token::Text { .. } if inside => codes.push(code(data.get(range).unwrap_or_default())),
            Token::Number(first) if inside => {
                let span = match codes.as_slice() {
                    [low, high] => high - low,
                    _ => 0.0,
                };
                greatest = greatest.max(first + span);
                codes.clear();
            }
            _ => {}
        }
    }
    greatest
}

/// The value of a hexadecimal string with its brackets.
fn code(string: &[u8]) -> f64 {
    string
        .iter()
        .filter_map(|&byte| char::from(byte).to_digit(16))
        .fold(0.0, |value, digit| value * 16.0 + f64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_cid_ends_a_range() {
        let map = b"/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
            2 begincidrange <0000> <00ff> 0 <2100> <21Ff> 65281 endcidrange 70000 pop\n\
            1 begincidchar <41> 7 endcidchar 1 beginbfchar <41> <0041> endbfchar";
        assert_eq!(greatest_cid(map), 65_536.0);
        assert_eq!(
            greatest_cid(b"1 begincidchar <41> 70000 endcidchar"),
            70_000.0
        );
        assert_eq!(greatest_cid(b""), 0.0);
    }
}

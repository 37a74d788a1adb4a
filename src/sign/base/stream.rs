//! Decoding of cross-reference and object streams: Flate with PNG predictors (ISO 32000-1, 7.4.4), bounded.
//!
//! Other filters are legal there but no producer uses them; they are refused rather than half supported.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::syntax::{Dictionary, Value};

/// Bound on one decoded stream: a million cross-reference entries need less.
const MAX_DECODED: u64 = 32 * 1024 * 1024;

/// The decoded bytes of `coded`, or `None` where the filter is not supported or the data is damaged.
pub(super) fn decode(dictionary: &Dictionary<'_>, coded: &[u8]) -> Option<Vec<u8>> {
    match single(dictionary.value(b"Filter"))? {
        None => Some(coded.to_vec()),
        Some(filter) if filter.is_name(b"FlateDecode") => {
            let mut plain = Vec::new();
            let mut source = ZlibDecoder::new(coded).take(MAX_DECODED + 1);
            source.read_to_end(&mut plain).ok()?;
            if plain.len() as u64 > MAX_DECODED {
                return None;
            }
            match single(dictionary.value(b"DecodeParms"))? {
                None => Some(plain),
                Some(parameters) => undo_predictor(&parameters.dictionary()?, plain),
            }
        }
        Some(_) => None,
    }
}

/// A value that may stand alone or in an array of one; the outer `None` means several.
#[allow(
    clippy::option_option,
    reason = "unsupported and absent are different answers"
)]
fn single(value: Option<Value<'_>>) -> Option<Option<Value<'_>>> {
    let Some(value) = value else {
        return Some(None);
    };
    match value.array() {
        None => Some(Some(value)),
        Some(elements) => match elements.as_slice() {
            [] => Some(None),
            [one] => Some((!one.is_null()).then_some(*one)),
            _ => None,
        },
    }
}

fn undo_predictor(parameters: &Dictionary<'_>, coded: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &[u8], default: usize| match parameters.value(key) {
        None => Some(default),
        Some(value) => usize::try_from(value.integer()?).ok(),
    };
    match number(b"Predictor", 1)? {
        1 => return Some(coded),
        10..=15 => {}
        _ => return None,
    }
    if number(b"BitsPerComponent", 8)? != 8 {
        return None;
    }
    let pixel = number(b"Colors", 1)?;
    let row = number(b"Columns", 1)?.checked_mul(pixel)?;
    if pixel == 0 || row == 0 || row > 4096 {
        return None;
    }
    undo_png(&coded, row, pixel)
}

/// PNG filters, one type byte before every row (ISO/IEC 15948, clause 9).
fn undo_png(coded: &[u8], row: usize, pixel: usize) -> Option<Vec<u8>> {
    let mut above = vec![0u8; row];
    let mut plain = Vec::with_capacity(coded.len());
    for line in coded.chunks(row + 1) {
        let (&filter, line) = line.split_first()?;
        let mut current = vec![0u8; row];
        for (at, &byte) in line.iter().enumerate() {
            let before = at.checked_sub(pixel);
            let left = before.and_then(|at| current.get(at)).copied().unwrap_or(0);
            let up = above.get(at).copied().unwrap_or(0);
            let corner = before.and_then(|at| above.get(at)).copied().unwrap_or(0);
            let predicted = match filter {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                _ => return None,
            };
            *current.get_mut(at)? = byte.wrapping_add(predicted);
        }
        plain.extend_from_slice(current.get(..line.len())?);
        above = current;
    }
    Some(plain)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_every_png_filter() {
        // The rows 10 20 30 / 11 22 33, coded with each filter in the second row.
        let rows: [(u8, [u8; 3]); 5] = [
            (0, [11, 22, 33]),
            (1, [11, 11, 11]),
            (2, [1, 2, 3]),
            (3, [6, 7, 7]),
            (4, [1, 2, 3]),
        ];
        for (filter, coded) in rows {
            let mut bytes = vec![0, 10, 20, 30, filter];
            bytes.extend(coded);
            let plain = undo_png(&bytes, 3, 1).expect("decodes");
            assert_eq!(plain, [10, 20, 30, 11, 22, 33], "filter {filter}");
        }
        assert!(undo_png(&[9, 1, 2, 3], 3, 1).is_none());
    }

    #[test]
    fn refuses_other_filters_and_bombs() {
        let decoded = |dictionary: &str, data: &[u8]| {
            let (value, _) = Value::starting_at(dictionary.as_bytes(), 0).expect("value");
            decode(&value.dictionary().expect("dictionary"), data)
        };
        assert_eq!(decoded("<<>>", b"ab").as_deref(), Some(&b"ab"[..]));
        assert!(decoded("<</Filter/LZWDecode>>", b"ab").is_none());
        assert!(decoded("<</Filter[/FlateDecode/FlateDecode]>>", b"ab").is_none());
        let zeros = vec![0u8; usize::try_from(MAX_DECODED).expect("fits") + 1];
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut bomb, &zeros).expect("compresses");
        let bomb = bomb.finish().expect("compresses");
        assert!(decoded("<</Filter/FlateDecode>>", &bomb).is_none());
    }
}

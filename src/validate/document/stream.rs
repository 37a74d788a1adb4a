//! Stream data decoded where structure or evidence is kept in it (ISO 32000-1 §7.4.4): Flate with PNG predictors, bounded.
//!
//! Page content and images are never decoded: whether they changed is seen from their bytes.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::syntax::{Dictionary, Value};

/// Longest row of a cross-reference stream with a predictor.
const ROW_MAX: usize = 4096;

/// The decoded bytes; `None` where another filter is named, the data are damaged or longer than `limit`.
pub(super) fn decode(dictionary: &Dictionary, coded: &[u8], limit: usize) -> Option<Vec<u8>> {
    if dictionary.get(b"F").is_some() {
        return None;
    }
    let filter = single(dictionary.get(b"Filter"))?;
    let plain = match filter {
        None => (coded.len() <= limit).then(|| coded.to_vec())?,
        Some(filter) if filter.name() == Some(b"FlateDecode") => {
            let mut plain = Vec::new();
            let bound = u64::try_from(limit).ok()?.saturating_add(1);
            ZlibDecoder::new(coded)
                .take(bound)
                .read_to_end(&mut plain)
                .ok()?;
            (plain.len() <= limit).then_some(plain)?
        }
        Some(_) => return None,
    };
    match single(dictionary.get(b"DecodeParms"))? {
        None => Some(plain),
        Some(_) if filter.is_none() => Some(plain),
        Some(parameters) => undo_predictor(parameters.dictionary()?, plain),
    }
}

/// A value that may stand alone or in an array of one; the outer `None` means several.
#[allow(
    clippy::option_option,
    reason = "unsupported and absent are different answers"
)]
fn single(value: Option<&Value>) -> Option<Option<&Value>> {
    match value {
        Some(Value::Array(items)) => match items.as_slice() {
            [] => Some(None),
            [one] => Some((*one != Value::Null).then_some(one)),
            _ => None,
        },
        other => Some(other),
    }
}

fn undo_predictor(parameters: &Dictionary, coded: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &[u8], default: usize| match parameters.get(key) {
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
    if pixel == 0 || row == 0 || row > ROW_MAX {
        return None;
    }
    let mut above = vec![0_u8; row];
    let mut plain = Vec::with_capacity(coded.len());
    for line in coded.chunks(row + 1) {
        let (&filter, line) = line.split_first()?;
        let mut current = vec![0_u8; row];
        for (at, &byte) in line.iter().enumerate() {
            let of = |row: &[u8], at: Option<usize>| at.and_then(|at| row.get(at).copied());
            let before = at.checked_sub(pixel);
            let left = of(&current, before).unwrap_or(0);
            let (up, corner) = (
                of(&above, Some(at)).unwrap_or(0),
                of(&above, before).unwrap_or(0),
            );
            let predicted = predict(filter, left, up, corner)?;
            *current.get_mut(at)? = byte.wrapping_add(predicted);
        }
        plain.extend_from_slice(current.get(..line.len())?);
        above = current;
    }
    Some(plain)
}

/// PNG filters (ISO/IEC 15948 clause 9).
fn predict(filter: u8, left: u8, up: u8, corner: u8) -> Option<u8> {
    Some(match filter {
        0 => 0,
        1 => left,
        2 => up,
        3 => u8::midpoint(left, up),
        4 => {
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
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::validate::document::syntax::Reader;

    fn parse(text: &str) -> Dictionary {
        let value = Reader::new(text.as_bytes(), 0).value().expect("a value");
        value.dictionary().expect("a dictionary").clone()
    }

    fn deflated(plain: &[u8]) -> Vec<u8> {
        let mut coder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        coder.write_all(plain).expect("memory");
        coder.finish().expect("memory")
    }

    #[test]
    fn every_png_filter_is_undone() {
        // The rows 10 20 30 / 11 22 33, the second coded with each filter.
        let rows: [(u8, [u8; 3]); 5] = [
            (0, [11, 22, 33]),
            (1, [11, 11, 11]),
            (2, [1, 2, 3]),
            (3, [6, 7, 7]),
            (4, [1, 2, 3]),
        ];
        let dictionary =
            parse("<</Filter[/FlateDecode]/DecodeParms[<</Predictor 12/Columns 3>>]>>");
        for (filter, coded) in rows {
            let mut data = vec![0, 10, 20, 30, filter];
            data.extend(coded);
            let plain = decode(&dictionary, &deflated(&data), 100);
            assert_eq!(plain, Some(vec![10, 20, 30, 11, 22, 33]), "{filter}");
        }
    }

    #[test]
    fn bombs_and_unknown_filters_are_refused() {
        let flate = parse("<</Filter/FlateDecode>>");
        assert_eq!(decode(&flate, &deflated(&[0; 1001]), 1000), None);
        assert!(decode(&flate, &deflated(&[0; 1000]), 1000).is_some());
        assert_eq!(decode(&flate, b"not deflated", 1000), None);
        for other in [
            "<</Filter/LZWDecode>>",
            "<</Filter[/FlateDecode/FlateDecode]>>",
            "<</F(file)>>",
        ] {
            assert_eq!(decode(&parse(other), b"", 1000), None, "{other}");
        }
    }
}

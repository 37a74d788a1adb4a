//! Whether coded data reach their end (ISO 32000-1 §7.4): decoders give what they have of data that do not.

use lopdf::Document;

use super::super::flate;
use super::objects::{Filter, integer};

/// Whether nothing is missing at the end, as far as the code shows that.
pub(super) fn is_whole(document: &Document, filter: &Filter, data: &[u8]) -> bool {
    match filter.name {
        // Some programs write a stream of nothing as nothing; whether nothing was meant its length tells.
        b"FlateDecode" => data.is_empty() || flate::ends(data),
        b"LZWDecode" => {
            let early = filter
                .parameters
                .and_then(|parameters| integer(document, parameters, b"EarlyChange"));
            lzw_ends(data, early != Some(0))
        }
        b"ASCII85Decode" => data.windows(2).any(|mark| mark == b"~>"),
        b"ASCIIHexDecode" => data.contains(&b'>'),
        b"RunLengthDecode" => run_length_ends(data),
        // Inside the coded image these two bytes do not stand together.
        b"DCTDecode" => data.windows(2).rev().any(|mark| mark == [0xFF, 0xD9]),
        _ => true,
    }
}

/// Follows the widths of the codes up to the end mark, 257 (§7.4.4.2).
fn lzw_ends(data: &[u8], early: bool) -> bool {
    let (mut held, mut bits) = (0_u32, 0_u32);
    let (mut entries, mut width, mut first) = (258_u32, 9_u32, true);
    for &byte in data {
        held = (held & 0xFFFF) << 8 | u32::from(byte);
        bits += 8;
        if bits < width {
            continue;
        }
        bits -= width;
        match held >> bits & ((1 << width) - 1) {
            257 => return true,
            256 => (entries, width, first) = (258, 9, true),
            // The first code behind a cleared table makes no entry.
            _ if first => first = false,
            _ => {
                entries = entries.saturating_add(1);
                if width < 12 && entries + u32::from(early) == 1 << width {
                    width += 1;
                }
            }
        }
    }
    false
}

/// Runs up to the end mark, 128 (§7.4.5).
fn run_length_ends(mut data: &[u8]) -> bool {
    while let [length, rest @ ..] = data {
        let bytes = match length {
            128 => return true,
            0..128 => usize::from(*length) + 1,
            _ => 1,
        };
        data = rest.get(bytes..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use lopdf::Dictionary;

    use super::*;

    fn whole(name: &[u8], data: &[u8]) -> bool {
        let filter = Filter {
            name,
            parameters: None,
        };
        is_whole(&Document::new(), &filter, data)
    }

    #[test]
    fn seven_bit_codes_and_runs_end_with_their_marks() {
        for (name, data) in [
            (&b"ASCII85Decode"[..], &b"87cURD~>"[..]),
            (b"ASCIIHexDecode", b"41 42>"),
            (b"RunLengthDecode", &[1, 65, 66, 254, 67, 128]),
        ] {
            assert!(whole(name, data), "{data:?}");
            assert!(!whole(name, &data[..data.len() - 1]), "{data:?}");
        }
        assert!(!whole(b"RunLengthDecode", &[5, 128]), "a byte of a run");
        assert!(whole(b"JPXDecode", b""), "not judged here");
        assert!(whole(b"FlateDecode", b"") && !whole(b"FlateDecode", &[0x78]));
        let jpeg = [0xFF, 0xD8, 1, 2, 0xFF, 0xD9];
        assert!(whole(b"DCTDecode", &jpeg) && !whole(b"DCTDecode", &jpeg[..5]));
    }

    /// Codes of nine bits and more, as an encoder would widen them.
    fn lzw(codes: impl Iterator<Item = u32>, early: bool) -> Vec<u8> {
        let (mut text, mut entries, mut width) = (String::new(), 257_u32, 9_usize);
        for code in codes {
            text += &format!("{code:0width$b}");
            if code == 256 {
                (entries, width) = (257, 9);
            } else {
                entries += 1;
                if width < 12 && entries + u32::from(early) == 1 << width {
                    width += 1;
                }
            }
        }
        while !text.len().is_multiple_of(8) {
            text.push('0');
        }
        let byte = |bits: &[u8]| {
            let bits = std::str::from_utf8(bits).expect("digits");
            u8::from_str_radix(bits, 2).expect("eight bits")
        };
        text.as_bytes().chunks(8).map(byte).collect()
    }

    #[test]
    fn lzw_ends_with_its_mark_at_every_width() {
        let mut parameters = Dictionary::new();
        parameters.set("EarlyChange", 0);
        for (early, parameters) in [(true, None), (false, Some(&parameters))] {
            for length in [1, 252, 253, 254, 255, 700, 3000] {
                let text = (0..length).map(|n| n % 200);
                let codes = [256].into_iter().chain(text.clone());
                let filter = Filter {
                    name: b"LZWDecode",
                    parameters,
                };
                let ended = lzw(codes.clone().chain([257]), early);
                let document = Document::new();
                assert!(is_whole(&document, &filter, &ended), "{length} {early}");
                let cut = lzw(codes, early);
                assert!(!is_whole(&document, &filter, &cut), "{length} {early}");
            }
        }
    }
}

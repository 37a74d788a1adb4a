//! Whether a stream is whole: the renderer takes what it can expand of a broken one, and no word is said.
//!
//! Strict where that is cheap and certain: names of filters, Flate up to the end that the code itself
//! marks, JPEG by the check that scans go through. Other codes are judged by the size of what comes out (`census`).

use std::io::{Read, sink};

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::{Array, Name, Object, Stream};

use super::super::super::error::PageFault;
use super::super::super::jpeg;
use super::super::super::stream::Bounds;

/// Whether the stream is whole, as far as is known.
pub(super) fn is_whole(stream: &Stream<'_>, bounds: &Bounds) -> bool {
    let filters = stream.filters();
    // The renderer leaves out filters whose names it does not know.
    if filters.len() != stated_filters(stream) {
        return false;
    }
    match filters.first() {
        Some(Filter::FlateDecode) => flate_ends(&stream.raw_data()),
        Some(Filter::DctDecode) => !matches!(
            jpeg::examine(&stream.raw_data(), bounds),
            Err(PageFault::Truncated | PageFault::Damaged(_))
        ),
        _ => true,
    }
}

fn stated_filters(stream: &Stream<'_>) -> usize {
    let dictionary = stream.dict();
    let filter = dictionary
        .get::<Object<'_>>(b"Filter")
        .or_else(|| dictionary.get::<Object<'_>>(b"F"));
    match filter {
        Some(Object::Name(_)) => 1,
        Some(Object::Array(names)) => count_names(&names),
        _ => 0,
    }
}

fn count_names(names: &Array<'_>) -> usize {
    names.iter::<Name<'_>>().count()
}

/// The checksum behind the code does not matter: it is often wrong where the data is right.
fn flate_ends(data: &[u8]) -> bool {
    // What follows the end is not read.
    let ends = |code: &[u8]| {
        let mut decoder = DeflateDecoder::new(code);
        std::io::copy(&mut decoder.by_ref(), &mut sink()).is_ok() && decoder.total_out() > 0
    };
    std::io::copy(&mut ZlibDecoder::new(data), &mut sink()).is_ok()
        || data.get(2..).is_some_and(ends)
        || ends(data)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn flate_is_whole_without_its_checksum_and_not_without_its_end() {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        let content: Vec<u8> = (0..9_999_u32).flat_map(|n| (n * n).to_be_bytes()).collect();
        encoder.write_all(&content).expect("a vector grows");
        let whole = encoder.finish().expect("a vector grows");
        assert!(flate_ends(&whole));
        assert!(flate_ends(&whole[..whole.len() - 4]), "no checksum");
        let mut wrong = whole.clone();
        wrong[whole.len() - 1] ^= 1;
        assert!(flate_ends(&wrong), "a wrong checksum");
        assert!(flate_ends(&[whole.as_slice(), b"\r\n"].concat()));
        assert!(!flate_ends(&whole[..whole.len() / 2]));
        assert!(!flate_ends(b"nonsense"));
        assert!(!flate_ends(b""));
    }
}

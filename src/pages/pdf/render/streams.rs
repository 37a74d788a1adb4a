//! Whether a stream is whole: the renderer takes what it can expand of a broken one, and no word is said.
//!
//! Strict where that is cheap and certain: names of filters, codes up to the end that they mark themselves,
//! JPEG by the check that scans go through. Other codes are judged by the size of what comes out (`census`).

use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::{Array, Name, Object, Stream};

use lopdf::Document;

use super::super::super::error::PageFault;
use super::super::super::jpeg;
use super::super::super::stream::Bounds;
use super::super::{ending, objects};

/// Whether the stream is whole, as far as is known.
pub(super) fn is_whole(stream: &Stream<'_>, bounds: &Bounds) -> bool {
    let filters = stream.filters();
    // The renderer leaves out filters whose names it does not know.
    if filters.len() != stated_filters(stream) {
        return false;
    }
    let Some((last, before)) = filters.split_last() else {
        return true;
    };
    let raw = stream.raw_data();
    if raw.is_empty() && stream.dict().get::<u32>(b"Length") != Some(0) {
        return false;
    }
    let Some(data) = without(raw.into_owned(), before, bounds) else {
        return false;
    };
    match last {
        Filter::DctDecode => !matches!(
            jpeg::examine(&data, bounds),
            Err(PageFault::Truncated | PageFault::Damaged(_))
        ),
        other => ending::is_whole(&Document::new(), &named(*other), &data),
    }
}

/// What is left when filters are undone; nothing where one of them ends early.
fn without(data: Vec<u8>, filters: &[Filter], bounds: &Bounds) -> Option<Vec<u8>> {
    let limit = usize::try_from(bounds.bytes()).unwrap_or(usize::MAX);
    let filters: Vec<objects::Filter<'_>> = filters.iter().map(|filter| named(*filter)).collect();
    objects::undo_whole(&Document::new(), data, &filters, limit).ok()
}

/// A filter by its name in full, without parameters: whether it ends hardly ever hangs on them.
fn named(filter: Filter) -> objects::Filter<'static> {
    let name: &[u8] = match filter {
        Filter::AsciiHexDecode => b"ASCIIHexDecode",
        Filter::Ascii85Decode => b"ASCII85Decode",
        Filter::LzwDecode => b"LZWDecode",
        Filter::FlateDecode => b"FlateDecode",
        Filter::RunLengthDecode => b"RunLengthDecode",
        Filter::CcittFaxDecode => b"CCITTFaxDecode",
        Filter::Jbig2Decode => b"JBIG2Decode",
        Filter::DctDecode => b"DCTDecode",
        Filter::JpxDecode => b"JPXDecode",
        Filter::Crypt => b"Crypt",
    };
    objects::Filter {
        name,
        parameters: None,
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

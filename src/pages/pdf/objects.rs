//! Small readings of PDF objects: references followed, filters undone within bounds.

use std::io::Read;

use flate2::read::ZlibDecoder;
use lopdf::{Dictionary, Document, Object, Stream};

use super::super::error::PageFault;
use super::super::flate;
use super::ending;
pub(super) use crate::pdf_object::{boolean, inherited, integer, number, numbers, value};

pub(super) fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("PDF {what}"))
}

/// One filter of a stream with its parameters.
pub(super) struct Filter<'a> {
    pub(super) name: &'a [u8],
    pub(super) parameters: Option<&'a Dictionary>,
}

/// The filters of a stream, in decoding order; abbreviations of inline images are not names here.
pub(super) fn filters<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
) -> Result<Vec<Filter<'a>>, PageFault> {
    let list = |key| -> Vec<&'a Object> {
        match value(document, dictionary, key) {
            None => Vec::new(),
            Some(Object::Array(items)) => items
                .iter()
                .map(|item| {
                    document
                        .dereference(item)
                        .map_or(item, |(_, object)| object)
                })
                .collect(),
            Some(single) => vec![single],
        }
    };
    let names = list(b"Filter");
    if names.len() > 8 {
        return Err(damaged("stream with too many filters"));
    }
    let parameters = list(b"DecodeParms");
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            Ok(Filter {
                name: name.as_name().map_err(|_| damaged("filter"))?,
                parameters: parameters
                    .get(index)
                    .and_then(|object| object.as_dict().ok()),
            })
        })
        .collect()
}

/// Whether a filter holds an image and not just bytes.
pub(super) fn is_image_filter(name: &[u8]) -> bool {
    matches!(
        name,
        b"DCTDecode" | b"CCITTFaxDecode" | b"JBIG2Decode" | b"JPXDecode"
    )
}

/// Undoes filters that hold bytes; each step may not exceed `limit`.
pub(super) fn undo(
    document: &Document,
    mut data: Vec<u8>,
    filters: &[Filter],
    limit: usize,
) -> Result<Vec<u8>, PageFault> {
    for filter in filters {
        data = match filter.name {
            b"FlateDecode" => {
                let expanded = inflate(&data, limit)?;
                undo_predictor(document, expanded, filter.parameters)?
            }
            b"LZWDecode" => {
                let expanded = expand(document, data, filter, limit)?;
                undo_predictor(document, expanded, filter.parameters)?
            }
            b"ASCII85Decode" | b"ASCIIHexDecode" | b"RunLengthDecode" => {
                expand(document, data, filter, limit)?
            }
            b"Crypt" if is_identity(document, filter) => data,
            other => {
                return Err(PageFault::Unsupported(format!(
                    "PDF filter {}",
                    String::from_utf8_lossy(other)
                )));
            }
        };
    }
    Ok(data)
}

/// Undoes the filters of a stream that must be whole: of content that ends early nobody can say what is missing.
pub(super) fn undo_whole(
    document: &Document,
    mut data: Vec<u8>,
    filters: &[Filter],
    limit: usize,
) -> Result<Vec<u8>, PageFault> {
    for filter in filters {
        if !ending::is_whole(document, filter, &data) {
            return Err(damaged("stream that ends early"));
        }
        data = undo(document, data, std::slice::from_ref(filter), limit)?;
    }
    Ok(data)
}

/// What a content stream says, all of it.
pub(super) fn content(
    document: &Document,
    stream: &Stream,
    limit: usize,
) -> Result<Vec<u8>, PageFault> {
    // Without a length that it could use lopdf leaves a stream empty.
    if stream.content.is_empty() && integer(document, &stream.dict, b"Length") != Some(0) {
        return Err(damaged("content without its length"));
    }
    let filters = filters(document, &stream.dict)?;
    undo_whole(document, stream.content.clone(), &filters, limit)
}

/// Undoes a filter as lopdf does it, without a predictor: that one follows no references and knows no bounds.
fn expand(
    document: &Document,
    data: Vec<u8>,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<u8>, PageFault> {
    let mut dictionary = Dictionary::new();
    dictionary.set("Filter", Object::Name(filter.name.to_vec()));
    let early = filter
        .parameters
        .and_then(|parameters| integer(document, parameters, b"EarlyChange"));
    if let Some(early) = early {
        let mut parameters = Dictionary::new();
        parameters.set("EarlyChange", early);
        dictionary.set("DecodeParms", parameters);
    }
    Stream::new(dictionary, data)
        .decompressed_content_with_limit(limit)
        .map_err(|error| damaged(&format!("stream: {error}")))
}

/// Whether a crypt filter leaves its data as they are (§7.4.10).
fn is_identity(document: &Document, filter: &Filter) -> bool {
    filter
        .parameters
        .and_then(|parameters| value(document, parameters, b"Name"))
        .is_none_or(|name| name.as_name().is_ok_and(|name| name == b"Identity"))
}

/// Expands a zlib stream of unknown length. A stream that ends early gives what it has: whether that is
/// enough is known to the caller, who knows the size of the image.
fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, PageFault> {
    let mut out = Vec::new();
    let mut decoder = ZlibDecoder::new(data).take(limit as u64 + 1);
    match decoder.read_to_end(&mut out) {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Err(damaged(&format!("stream: {error}")))
        }
        _ if out.len() > limit => Err(PageFault::Unsupported(
            "PDF stream that expands beyond the limit".to_owned(),
        )),
        _ => Ok(out),
    }
}

/// What a predictor works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Predictor {
    pub(super) kind: i64,
    pub(super) colours: i64,
    pub(super) bits: i64,
    pub(super) columns: i64,
}

impl Predictor {
    pub(super) fn of(document: &Document, parameters: Option<&Dictionary>) -> Self {
        let field = |key, default| {
            parameters
                .and_then(|dictionary| integer(document, dictionary, key))
                .unwrap_or(default)
        };
        Self {
            kind: field(b"Predictor", 1),
            colours: field(b"Colors", 1),
            bits: field(b"BitsPerComponent", 8),
            columns: field(b"Columns", 1),
        }
    }
}

fn undo_predictor(
    document: &Document,
    data: Vec<u8>,
    parameters: Option<&Dictionary>,
) -> Result<Vec<u8>, PageFault> {
    let predictor = Predictor::of(document, parameters);
    if predictor.kind <= 1 {
        return Ok(data);
    }
    let sane = |value: i64, most: usize| {
        usize::try_from(value)
            .ok()
            .filter(|value| (1..=most).contains(value))
            .ok_or_else(|| damaged("predictor"))
    };
    let (colours, bits) = (sane(predictor.colours, 32)?, sane(predictor.bits, 16)?);
    let pixel_bits = colours * bits;
    let row_bytes = (sane(predictor.columns, 1 << 20)? * pixel_bits).div_ceil(8);
    if predictor.kind < 10 {
        return flate::undo_differences(data, row_bytes, colours, bits);
    }
    flate::unfilter(data, row_bytes, pixel_bits.div_ceil(8))
}

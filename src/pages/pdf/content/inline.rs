//! Inline images (ISO 32000-1 §8.9.7) as image objects with full names, and the operators between them.
//!
//! Their data may hold any bytes, so they are cut out before the rest is read as operators.

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, Stream};

use crate::pages::error::PageFault;
use crate::pages::pdf::objects::{damaged, value};
use crate::pdf_object::{is_regular, is_space};

/// A piece of a content stream.
pub(super) enum Piece {
    Operations(Vec<Operation>),
    Image(Box<Stream>),
}

/// Inline images of one page; a page cut into bands has some dozens.
const IMAGES_MAX: usize = 512;

/// Keys before `ID`, bytes.
const KEYS_BYTES_MAX: usize = 64 * 1024;

/// Full names of the keys, filters and colour spaces that may be shortened (Tables 93 and 94).
const KEYS: [(&[u8], &[u8]); 11] = [
    (b"BPC", b"BitsPerComponent"),
    (b"CS", b"ColorSpace"),
    (b"D", b"Decode"),
    (b"DP", b"DecodeParms"),
    (b"F", b"Filter"),
    (b"H", b"Height"),
    (b"IM", b"ImageMask"),
    (b"I", b"Interpolate"),
    (b"W", b"Width"),
    (b"L", b"Length"),
    (b"Mask", b"Mask"),
];
/// Short and full names of filters (ISO 32000-1 table 94).
pub(in super::super) const FILTER_ABBREVIATIONS: [(&[u8], &[u8]); 7] = [
    (b"AHx", b"ASCIIHexDecode"),
    (b"A85", b"ASCII85Decode"),
    (b"LZW", b"LZWDecode"),
    (b"Fl", b"FlateDecode"),
    (b"RL", b"RunLengthDecode"),
    (b"CCF", b"CCITTFaxDecode"),
    (b"DCT", b"DCTDecode"),
];
const SPACES: [(&[u8], &[u8]); 4] = [
    (b"G", b"DeviceGray"),
    (b"RGB", b"DeviceRGB"),
    (b"CMYK", b"DeviceCMYK"),
    (b"I", b"Indexed"),
];

/// A content stream as operators and inline images in their order.
pub(super) fn pieces(
    document: &Document,
    resources: &Dictionary,
    content: &[u8],
) -> Result<Vec<Piece>, PageFault> {
    let mut pieces = Vec::new();
    let mut rest = content;
    while let Some(at) = begin(rest) {
        if pieces.len() > 2 * IMAGES_MAX {
            return Err(damaged("content with too many inline images"));
        }
        let (before, image) = rest.split_at(at);
        pieces.push(Piece::Operations(operations(before)?));
        let (stream, behind) = image_of(document, resources, image.get(2..).unwrap_or_default())?;
        pieces.push(Piece::Image(Box::new(stream)));
        rest = behind;
    }
    pieces.push(Piece::Operations(operations(rest)?));
    Ok(pieces)
}

fn operations(content: &[u8]) -> Result<Vec<Operation>, PageFault> {
    Content::decode_strict(content)
        .map(|content| content.operations)
        .map_err(|error| damaged(&format!("content: {error}")))
}

/// Where the first `BI` operator stands: not in a string, a name or a comment.
fn begin(content: &[u8]) -> Option<usize> {
    token(content, b"BI")
}

/// Where a word stands by itself, strings and comments passed over.
fn token(content: &[u8], word: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = content.get(at) {
        match byte {
            b'%' => at += run(content, at, |byte| byte != b'\n' && byte != b'\r'),
            b'(' => at += string(content, at),
            b'/' => at += 1 + run(content, at + 1, is_regular),
            byte if is_regular(byte) => {
                let length = run(content, at, is_regular);
                if content.get(at..at + length) == Some(word) {
                    return Some(at);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

fn run(content: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = content.get(from..).unwrap_or_default();
    rest.iter()
        .position(|&byte| !belongs(byte))
        .unwrap_or(rest.len())
}

/// Length of the literal string that starts here (§7.3.4.2).
fn string(content: &[u8], from: usize) -> usize {
    let rest = content.get(from..).unwrap_or_default();
    let (mut depth, mut escaped) = (0usize, false);
    for (length, &byte) in (1..).zip(rest) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return length;
                }
            }
            _ => {}
        }
    }
    rest.len()
}

/// The image behind `BI`, and what stands behind its `EI`.
fn image_of<'c>(
    document: &Document,
    resources: &Dictionary,
    content: &'c [u8],
) -> Result<(Stream, &'c [u8]), PageFault> {
    let head = content
        .get(..content.len().min(KEYS_BYTES_MAX))
        .unwrap_or_default();
    let id = token(head, b"ID").ok_or_else(|| damaged("inline image without its data"))?;
    let keys = content.get(..id).unwrap_or_default();
    let dictionary = full_names(document, resources, &keys_of(keys)?)?;
    let data = content.get(id + 2..).unwrap_or_default();
    let data = match data {
        [b'\r', b'\n', rest @ ..] => rest,
        [first, rest @ ..] if is_space(*first) => rest,
        _ => data,
    };
    let least = raw_length(document, &dictionary);
    let length = end(data, least).ok_or_else(|| damaged("inline image without its end"))?;
    let (own, behind) = data.split_at(length);
    let behind = behind.get(run(behind, 0, is_space) + 2..);
    Ok((
        Stream::new(dictionary, own.to_vec()).with_compression(false),
        behind.unwrap_or_default(),
    ))
}

/// The keys read as a dictionary.
fn keys_of(keys: &[u8]) -> Result<Dictionary, PageFault> {
    let wrapped = [b"<<".as_slice(), keys, b">> DP"].concat();
    match operations(&wrapped)?.as_mut_slice() {
        [operation] => match operation.operands.as_mut_slice() {
            [Object::Dictionary(dictionary)] => Ok(std::mem::take(dictionary)),
            _ => Err(damaged("keys of an inline image")),
        },
        _ => Err(damaged("keys of an inline image")),
    }
}

fn full(name: &[u8], table: &[(&[u8], &[u8])]) -> Vec<u8> {
    table
        .iter()
        .find(|(short, _)| *short == name)
        .map_or(name, |(_, full)| full)
        .to_vec()
}

fn full_names(
    document: &Document,
    resources: &Dictionary,
    keys: &Dictionary,
) -> Result<Dictionary, PageFault> {
    let mut dictionary = Dictionary::new();
    dictionary.set("Subtype", Object::Name(b"Image".to_vec()));
    for (key, object) in keys {
        let key = full(key, &KEYS);
        let object = match key.as_slice() {
            b"Filter" => renamed(object, &FILTER_ABBREVIATIONS),
            b"ColorSpace" => space(document, resources, object)?,
            _ => object.clone(),
        };
        dictionary.set(key, object);
    }
    Ok(dictionary)
}

/// A name, or the names in an array, written out.
fn renamed(object: &Object, table: &[(&[u8], &[u8])]) -> Object {
    match object {
        Object::Name(name) => Object::Name(full(name, table)),
        Object::Array(items) => {
            Object::Array(items.iter().map(|item| renamed_once(item, table)).collect())
        }
        other => other.clone(),
    }
}

fn renamed_once(object: &Object, table: &[(&[u8], &[u8])]) -> Object {
    match object {
        Object::Name(name) => Object::Name(full(name, table)),
        other => other.clone(),
    }
}

/// A colour space by its short name, or one of the page's resources.
fn space(
    document: &Document,
    resources: &Dictionary,
    object: &Object,
) -> Result<Object, PageFault> {
    let Object::Name(name) = object else {
        return Ok(renamed(object, &SPACES));
    };
    let known = full(name, &SPACES);
    if known.starts_with(b"Device") {
        return Ok(Object::Name(known));
    }
    value(document, resources, b"ColorSpace")
        .and_then(|spaces| spaces.as_dict().ok())
        .and_then(|spaces| value(document, spaces, name))
        .cloned()
        .ok_or_else(|| damaged("resource that does not exist"))
}

/// Bytes of an image without filters; 0 where its data tell where they end.
fn raw_length(document: &Document, dictionary: &Dictionary) -> usize {
    if dictionary.has(b"Filter") {
        return 0;
    }
    let number = |key| {
        value(document, dictionary, key)
            .and_then(|value| value.as_i64().ok())
            .and_then(|value| usize::try_from(value).ok())
    };
    let samples = match value(document, dictionary, b"ColorSpace") {
        Some(Object::Name(name)) if name == b"DeviceRGB" => 3,
        Some(Object::Name(name)) if name == b"DeviceCMYK" => 4,
        _ => 1,
    };
    let row_bits = number(b"Width")
        .unwrap_or(0)
        .saturating_mul(number(b"BitsPerComponent").unwrap_or(1))
        .saturating_mul(samples);
    row_bits
        .div_ceil(8)
        .saturating_mul(number(b"Height").unwrap_or(0))
}

/// Length of the data up to the white space before its `EI`; at least `least` bytes.
///
/// `EI` may occur in the data by chance: the right one has only text behind it. Whether the data are
/// whole is for the decoder to say.
fn end(data: &[u8], least: usize) -> Option<usize> {
    const LOOK_BEHIND: usize = 32;
    let is_text = |byte: &u8| is_space(*byte) || (0x21..0x7F).contains(byte);
    let ends = |at: usize| {
        let behind = data.get(at + 2..).unwrap_or_default();
        behind.first().is_none_or(|&byte| is_space(byte))
            && behind.iter().take(LOOK_BEHIND).all(is_text)
    };
    let from = least.min(data.len());
    let found = data
        .get(from..)?
        .windows(2)
        .enumerate()
        .filter(|(_, word)| *word == b"EI")
        .map(|(index, _)| from + index)
        .find(|&at| {
            let before = at.checked_sub(1).and_then(|before| data.get(before));
            (at == least || before.is_none_or(|&byte| is_space(byte) || byte == b'>')) && ends(at)
        })?;
    let trimmed = data.get(..found)?;
    let white = match trimmed {
        [.., b'\r', b'\n'] if found >= least + 2 => 2,
        [.., last] if is_space(*last) && found > least => 1,
        _ => 0,
    };
    Some(found - white)
}

//! Clauses 6.2.8, 6.2.9 and 6.1.10: dictionaries of images, inline images and forms.

use lopdf::{Dictionary, Document, Object, Stream};

use super::Report;
use super::device::Device;
use super::jpeg2000;
use super::state::is_intent_known;
use crate::pdf_object::{boolean, name, value};
use crate::pdfa::Violation;
use crate::pdfa::content::Scope;

/// Filters of inline images: those of streams without LZW, JBIG2 and JPEG 2000.
const INLINE_FILTERS: [&[u8]; 12] = [
    b"ASCIIHexDecode",
    b"AHx",
    b"ASCII85Decode",
    b"A85",
    b"FlateDecode",
    b"Fl",
    b"RunLengthDecode",
    b"RL",
    b"CCITTFaxDecode",
    b"CCF",
    b"DCTDecode",
    b"DCT",
];

/// Whether an image is painted with the colour in force.
pub(super) fn is_stencil(document: &Document, image: &Dictionary) -> bool {
    boolean(document, image, b"ImageMask")
}

/// Judges an image; answers with the device space that JPEG 2000 data brings with it.
pub(super) fn image(
    image: &Stream,
    scope: &Scope<'_>,
    report: &mut Report,
    found: &mut Vec<Violation>,
) -> Option<Device> {
    let document = scope.document;
    let dictionary = &image.dict;
    let mut tell = |clause, what| report.violation(scope, clause, what, found);
    if dictionary.has(b"Alternates") {
        tell("6.2.8", "alternate images");
    }
    if dictionary.has(b"OPI") {
        tell("6.2.8", "OPI information");
    }
    if boolean(document, dictionary, b"Interpolate") {
        tell("6.2.8", "interpolation");
    }
    let is_jpeg2000 = has_jpeg2000(document, dictionary);
    let bits = value(document, dictionary, b"BitsPerComponent");
    if !are_bits_allowed(bits, is_stencil(document, dictionary)) && !is_jpeg2000 {
        tell("6.2.8", "another number of bits per component");
    }
    if dictionary.has(b"Intent")
        && !name(document, dictionary, b"Intent").is_some_and(is_intent_known)
    {
        tell("6.2.6", "an unknown rendering intent");
    }
    if !is_jpeg2000 {
        return None;
    }
    match jpeg2000::read(&image.content) {
        Some(data) => {
            for what in data.faults(dictionary.has(b"ColorSpace")) {
                tell("6.2.8.3", what);
            }
            data.device()
        }
        None => {
            tell("6.2.8.3", "JPEG 2000 data that cannot be read");
            None
        }
    }
}

/// An image mask has one bit, so that the number may be left out.
fn are_bits_allowed(bits: Option<&Object>, is_mask: bool) -> bool {
    match bits.map(Object::as_i64) {
        None | Some(Ok(1)) => true,
        Some(Ok(2 | 4 | 8 | 16)) => !is_mask,
        Some(_) => false,
    }
}

fn has_jpeg2000(document: &Document, image: &Dictionary) -> bool {
    match value(document, image, b"Filter") {
        Some(Object::Name(filter)) => filter == b"JPXDecode",
        Some(Object::Array(filters)) => filters.iter().any(|filter| {
            let filter = document.dereference(filter).ok();
            filter.is_some_and(
                |(_, filter)| matches!(filter, Object::Name(name) if name == b"JPXDecode"),
            )
        }),
        _ => false,
    }
}

/// Judges an inline image; answers with its colour space, nothing for a mask.
pub(super) fn inline_image<'i>(
    image: &'i Dictionary,
    scope: &Scope<'_>,
    report: &mut Report,
    found: &mut Vec<Violation>,
) -> Option<&'i Object> {
    let get = |short: &[u8], long: &[u8]| image.get(short).or_else(|_| image.get(long)).ok();
    let is_set = |entry: Option<&Object>| matches!(entry, Some(Object::Boolean(true)));
    let mut tell = |clause, what| report.violation(scope, clause, what, found);
    let filters = match get(b"F", b"Filter") {
        None | Some(Object::Null) => Vec::new(),
        Some(Object::Array(filters)) => filters.iter().collect(),
        Some(single) => vec![single],
    };
    let is_allowed = |filter: &Object| matches!(filter, Object::Name(name) if INLINE_FILTERS.contains(&name.as_slice()));
    if !filters.into_iter().all(is_allowed) {
        tell("6.1.10", "an inline image's filter that is not allowed");
    }
    if is_set(get(b"I", b"Interpolate")) {
        tell("6.2.8", "interpolation");
    }
    let intent = image.get(b"Intent").ok();
    if intent.is_some_and(|intent| !intent.as_name().is_ok_and(is_intent_known)) {
        tell("6.2.6", "an unknown rendering intent");
    }
    let is_mask = is_set(get(b"IM", b"ImageMask"));
    let bits = get(b"BPC", b"BitsPerComponent");
    if !are_bits_allowed(bits, is_mask) {
        tell("6.2.8", "another number of bits per component");
    }
    if is_mask {
        return None;
    }
    let space = get(b"CS", b"ColorSpace");
    if space.is_none() {
        tell("6.2.4", "an inline image without a colour space");
    }
    space
}

pub(super) fn form(
    form: &Dictionary,
    scope: &Scope<'_>,
    report: &mut Report,
    found: &mut Vec<Violation>,
) {
    let mut tell = |clause, what| report.violation(scope, clause, what, found);
    if form.has(b"OPI") {
        tell("6.2.9.1", "OPI information");
    }
    if form.has(b"PS") || name(scope.document, form, b"Subtype2") == Some(b"PS") {
        tell("6.2.9.1", "PostScript in a form");
    }
    if form.has(b"Ref") {
        tell("6.2.9.2", "a page of another document");
    }
}

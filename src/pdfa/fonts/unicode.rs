//! Codes to Unicode, as level U asks (6.2.11.7.2).

use lopdf::{Document, Object};

use super::Report;
use super::cmap::{CMap, Code, CodeMap};
use super::composite;
use super::descriptor::Descriptor;
use super::encoding::{self, Base, Encoding};
use super::program::Program;
use super::shown::ShownFont;
use super::simple;
use crate::pdf_object::{dictionary, name, value};
use crate::pdfa::content;

/// Values that stand for no character (6.2.11.7.2).
const NO_CHARACTER: [u16; 3] = [0, 0xFEFF, 0xFFFE];
/// Orderings of Adobe's collections whose CIDs have known characters.
const ADOBE_ORDERINGS: [&[u8]; 4] = [b"GB1", b"CNS1", b"Japan1", b"Korea1"];

pub(super) fn judge(document: &Document, font: &ShownFont<'_>, report: &mut Report<'_>) {
    if font.has_stray_bytes {
        report.add("6.2.11.7.2", "text with bytes that are no code");
    }
    let map = match value(document, font.dictionary, b"ToUnicode") {
        Some(Object::Stream(stream)) => {
            let map = content::expanded(stream).and_then(|data| CMap::read(&data));
            if map.is_none() {
                report.add("6.2.11.7.2", "ToUnicode cannot be read");
            }
            map
        }
        _ => None,
    };
    let subtype = name(document, font.dictionary, b"Subtype");
    if subtype == Some(b"Type0") {
        if font.code_map.is_none() {
            report.add("6.2.11.7.2", "CMap cannot be read");
        }
        let is_known = has_known_collection(document, font);
        return each(font, map.as_ref(), report, |_| is_known);
    }
    let encoding = Encoding::read(document, font.dictionary);
    let descriptor = Descriptor::of(document, font.dictionary);
    match subtype {
        Some(b"TrueType") if !descriptor.is_symbolic(document) && encoding.base.is_some() => {
            each(font, map.as_ref(), report, |code| {
                simple::true_type_name(&encoding, code).is_some_and(encoding::is_in_glyph_list)
            });
        }
        Some(b"Type1" | b"MMType1") => {
            let mut ignored = Vec::new();
            let mut quiet = Report::new(font, &mut ignored);
            let file = descriptor.embedded(document, false, &mut quiet);
            let base_font = name(document, font.dictionary, b"BaseFont");
            let is_symbol = descriptor.is_symbolic(document)
                || matches!(base_font, Some(b"Symbol" | b"ZapfDingbats"));
            let program = file.as_ref().and_then(|file| Program::read(&file.data));
            each(font, map.as_ref(), report, |code| {
                let name = match &program {
                    Some(program) => simple::type1_name(&encoding, program, code),
                    // A font that is not embedded and no symbol font begins with this encoding.
                    None => encoding.difference(code).or_else(|| {
                        let implied = (!is_symbol).then_some(Base::Standard);
                        encoding.base.or(implied)?.glyph_name(code)
                    }),
                };
                name.is_some_and(encoding::is_in_glyph_list)
            });
        }
        _ => each(font, map.as_ref(), report, |_| false),
    }
}

/// Judges each code by `ToUnicode`, and by `known` where that says nothing.
fn each(
    font: &ShownFont<'_>,
    map: Option<&CMap>,
    report: &mut Report<'_>,
    known: impl Fn(u8) -> bool,
) {
    for Code { value, .. } in font.codes.keys() {
        let is_mapped = match map.and_then(|map| map.unicode(*value)) {
            Some(utf16) => {
                !utf16.is_empty()
                    && !utf16.iter().any(|unit| NO_CHARACTER.contains(unit))
                    && String::from_utf16(&utf16).is_ok()
            }
            None => known(u8::try_from(*value).unwrap_or(0)),
        };
        if !is_mapped {
            return report.add(
                "6.2.11.7.2",
                "text with a code that does not lead to Unicode",
            );
        }
    }
}

/// Whether the CIDs are those of one of Adobe's CJK collections, by a CMap of that collection.
fn has_known_collection(document: &Document, font: &ShownFont<'_>) -> bool {
    if font
        .code_map
        .as_ref()
        .is_some_and(|map| matches!(map, CodeMap::Predefined(_)))
    {
        return true;
    }
    composite::descendant(document, font.dictionary)
        .and_then(|cid_font| dictionary(document, cid_font, b"CIDSystemInfo"))
        .and_then(|info| composite::system_info(document, info))
        .is_some_and(|info| {
            info.registry == b"Adobe" && ADOBE_ORDERINGS.contains(&info.ordering.as_slice())
        })
}

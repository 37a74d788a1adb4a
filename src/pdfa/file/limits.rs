//! Clauses 6.1.8 and 6.1.13: names that are text, and limits beyond those of single tokens.

use lopdf::{Document, Object, ObjectId, Stream};

use crate::pdf_object::{inherited, name, numbers, value};
use crate::pdfa::lexer::{Lexer, Token};
use crate::pdfa::{PdfFile, Violation};

const OBJECTS_MAX: usize = 8_388_607;
const SIDE_MIN: f64 = 3.0;
const SIDE_MAX: f64 = 14_400.0;
const CID_MAX: i64 = 65_535;
/// A CMap once expanded, bytes.
const CMAP_BYTES_MAX: usize = 16 << 20;

const BOXES: [&[u8]; 5] = [b"MediaBox", b"CropBox", b"TrimBox", b"BleedBox", b"ArtBox"];

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    let document = file.document;
    if document.objects.len() > OBJECTS_MAX {
        found.push(Violation::of_file("6.1.13", "more than 8388607 objects"));
    }
    for (index, id) in document.page_iter().enumerate() {
        for key in BOXES {
            let Some(page_box) = inherited(document, id, key) else {
                continue;
            };
            if !is_size_allowed(document, page_box) && found.len() < super::FOUND_MAX {
                found.push(Violation {
                    page: Some(index),
                    object: Some(id),
                    ..Violation::of_file("6.1.13", "a page boundary below 3 or above 14400 units")
                });
            }
        }
    }
    for (&id, object) in &document.objects {
        if !are_names_text(document, object) {
            push(found, id, "6.1.8", "a name that is no UTF-8");
        }
        if let Object::Stream(stream) = object
            && (stream.dict.has_type(b"CMap") || stream.dict.has(b"CMapName"))
            && !are_cids_small(stream)
        {
            push(
                found,
                id,
                "6.1.13",
                "a CID above 65535, or a CMap that cannot be read",
            );
        }
    }
}

fn push(found: &mut Vec<Violation>, id: ObjectId, clause: &'static str, what: &str) {
    if found.len() >= super::FOUND_MAX {
        return;
    }
    found.push(Violation {
        object: Some(id),
        ..Violation::of_file(clause, what)
    });
}

fn is_size_allowed(document: &Document, page_box: &Object) -> bool {
    let Some([left, bottom, right, top]) =
        numbers(document, page_box).and_then(|sides| <[f64; 4]>::try_from(sides).ok())
    else {
        return false;
    };
    [right - left, top - bottom]
        .iter()
        .all(|side| (SIDE_MIN..=SIDE_MAX).contains(&side.abs()))
}

/// Whether the names of fonts, colorants and structure types inside are UTF-8.
fn are_names_text(document: &Document, object: &Object) -> bool {
    let mut open = vec![object];
    while let Some(object) = open.pop() {
        let dictionary = match object {
            Object::Array(items) => {
                if let [Object::Name(family), Object::Name(colorant), ..] = items.as_slice()
                    && family == b"Separation"
                    && !is_text(colorant)
                {
                    return false;
                }
                if let [Object::Name(family), Object::Array(colorants), ..] = items.as_slice()
                    && family == b"DeviceN"
                    && !colorants
                        .iter()
                        .filter_map(|name| name.as_name().ok())
                        .all(is_text)
                {
                    return false;
                }
                open.extend(items);
                continue;
            }
            Object::Dictionary(dictionary) => dictionary,
            Object::Stream(stream) => &stream.dict,
            _ => continue,
        };
        let named = [b"BaseFont".as_slice(), b"FontName"]
            .iter()
            .all(|key| name(document, dictionary, key).is_none_or(is_text));
        let is_element = dictionary.has_type(b"StructElem");
        let structure = !is_element || name(document, dictionary, b"S").is_none_or(is_text);
        let roles = value(document, dictionary, b"RoleMap").and_then(|roles| roles.as_dict().ok());
        let mapped = roles.is_none_or(|roles| {
            roles
                .iter()
                .all(|(from, to)| is_text(from) && to.as_name().is_ok_and(is_text))
        });
        if !named || !structure || !mapped {
            return false;
        }
        open.extend(dictionary.iter().map(|(_, value)| value));
    }
    true
}

fn is_text(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok()
}

/// Whether an embedded CMap maps to no CID above 65535; a range's last CID counts.
fn are_cids_small(stream: &Stream) -> bool {
    let content = if stream.dict.has(b"Filter") {
        stream.decompressed_content_with_limit(CMAP_BYTES_MAX).ok()
    } else {
        Some(stream.content.clone())
    };
    let Some(content) = content else {
        return false;
    };
    let mut lexer = Lexer::new(&content, 0);
    let mut in_cids = false;
    let mut last = Vec::new();
    while let Some(token) = lexer.token() {
        match token {
            Token::Keyword(word) => {
                in_cids = word.starts_with(b"begincid") || word.starts_with(b"beginnotdef");
                last.clear();
            }
            Token::String(code, _) if in_cids => last.push(code),
            Token::Integer(cid) if in_cids => {
                let span = match last.as_slice() {
                    [from, to, ..] => number(to).saturating_sub(number(from)).max(0),
                    _ => 0,
                };
                last.clear();
                if cid.saturating_add(span) > CID_MAX {
                    return false;
                }
            }
            _ => {}
        }
    }
    lexer.rest().is_empty()
}

fn number(code: &[u8]) -> i64 {
    code.iter()
        .take(7)
        .fold(0, |sum, &byte| sum << 8 | i64::from(byte))
}

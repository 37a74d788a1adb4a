//! Clause 6.3, annotations: their types, flags and appearances; clause 6.4.1 for widgets.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::Violation;
use super::{forms, on_page};
use crate::pdf_object::{dictionary, integer, name, numbers, value};

/// §6.3.1: the types of ISO 32000-1 but for 3D, Sound, Screen and Movie.
const TYPES: [&[u8]; 22] = [
    b"Text",
    b"Link",
    b"FreeText",
    b"Line",
    b"Square",
    b"Circle",
    b"Polygon",
    b"PolyLine",
    b"Highlight",
    b"Underline",
    b"Squiggly",
    b"StrikeOut",
    b"Stamp",
    b"Caret",
    b"Ink",
    b"Popup",
    b"FileAttachment",
    b"Widget",
    b"PrinterMark",
    b"TrapNet",
    b"Watermark",
    b"Redact",
];

/// Flags of ISO 32000-1 table 165.
const INVISIBLE: i64 = 1;
const HIDDEN: i64 = 1 << 1;
const PRINT: i64 = 1 << 2;
const NO_VIEW: i64 = 1 << 5;
const TOGGLE_NO_VIEW: i64 = 1 << 8;

const FLAGS: &str = "6.3.2";
const APPEARANCES: &str = "6.3.3";

/// Judges those of all pages.
pub(super) fn check(document: &Document, found: &mut Vec<Violation>) {
    // Pages may share their annotations; each is judged once.
    let mut seen = BTreeSet::new();
    for (index, page) in document.page_iter().enumerate() {
        let Ok(dictionary) = document.get_dictionary(page) else {
            continue;
        };
        let list = match value(document, dictionary, b"Annots") {
            None => continue,
            Some(Object::Array(list)) => list,
            Some(_) => {
                on_page(
                    "6.3.1",
                    "annotations that are no array",
                    index,
                    Some(page),
                    found,
                );
                continue;
            }
        };
        for item in list {
            let mut report =
                |clause, what: &str, object| on_page(clause, what, index, object, found);
            match document.dereference(item) {
                Ok((_, Object::Null)) => {}
                Ok((id, Object::Dictionary(annotation))) => {
                    if !seen.insert(std::ptr::from_ref(annotation)) {
                        continue;
                    }
                    check_annotation(document, annotation, &mut |clause, what| {
                        report(clause, what, id);
                    });
                }
                _ => report(
                    "6.3.1",
                    "an annotation that is no dictionary",
                    None::<ObjectId>,
                ),
            }
        }
    }
}

fn check_annotation(
    document: &Document,
    annotation: &Dictionary,
    report: &mut dyn FnMut(&'static str, &str),
) {
    let subtype = name(document, annotation, b"Subtype").unwrap_or_default();
    if !TYPES.contains(&subtype) {
        report("6.3.1", "an annotation of a type that is not allowed");
    }
    match value(document, annotation, b"F") {
        None if subtype == b"Popup" => {}
        None => report(FLAGS, "an annotation without flags"),
        Some(_) => {
            let flags = integer(document, annotation, b"F").unwrap_or(HIDDEN);
            let is_shown = flags & (INVISIBLE | HIDDEN | NO_VIEW | TOGGLE_NO_VIEW) == 0;
            if !is_shown || flags & PRINT == 0 {
                report(FLAGS, "an annotation that is not shown or not printed");
            }
        }
    }
    check_appearance(document, annotation, subtype, report);
    if subtype == b"Widget"
        && [b"A".as_slice(), b"AA"]
            .iter()
            .any(|key| value(document, annotation, key).is_some())
    {
        report("6.4.1", "a widget with an action");
    }
}

fn check_appearance(
    document: &Document,
    annotation: &Dictionary,
    subtype: &[u8],
    report: &mut dyn FnMut(&'static str, &str),
) {
    if value(document, annotation, b"AP").is_none() {
        if subtype != b"Popup" && subtype != b"Link" && !has_no_area(document, annotation) {
            report(APPEARANCES, "an annotation without an appearance");
        }
        return;
    }
    let Some(appearances) = dictionary(document, annotation, b"AP") else {
        return report(APPEARANCES, "appearances that are no dictionary");
    };
    if appearances.iter().any(|(key, _)| key != b"N") {
        report(APPEARANCES, "an appearance beside the normal one");
    }
    let is_button = subtype == b"Widget"
        && forms::inherited_type(document, annotation) == Some(b"Btn".as_slice());
    match value(document, appearances, b"N") {
        Some(Object::Stream(_)) if !is_button => {}
        Some(Object::Dictionary(states)) if is_button && !states.is_empty() => {}
        _ if is_button => report(APPEARANCES, "a button without appearances for its states"),
        _ => report(APPEARANCES, "a normal appearance that is no stream"),
    }
}

fn has_no_area(document: &Document, annotation: &Dictionary) -> bool {
    let rectangle = value(document, annotation, b"Rect").and_then(|rect| numbers(document, rect));
    match rectangle.as_deref() {
        // The numbers of one file are written alike; no tolerance is meant.
        Some([left, bottom, right, top]) => {
            left.total_cmp(right).is_eq() && bottom.total_cmp(top).is_eq()
        }
        _ => false,
    }
}

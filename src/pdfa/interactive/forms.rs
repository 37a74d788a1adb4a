//! Clauses 6.4.1 and 6.4.2, interactive forms: no actions, no appearances left to the reader, no XFA.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::Violation;
use super::at;
use crate::pdf_object::{boolean, dictionary, name, value};

/// Fields above a widget.
const DEPTH_MAX: usize = 32;

pub(super) fn check(document: &Document, catalog: &Dictionary, found: &mut Vec<Violation>) {
    if boolean(document, catalog, b"NeedsRendering") {
        at("6.4.2", "a document that needs rendering", None, found);
    }
    let Some(form) = dictionary(document, catalog, b"AcroForm") else {
        return;
    };
    if value(document, form, b"NeedAppearances")
        .is_some_and(|needs| !matches!(needs, Object::Boolean(false)))
    {
        let what = "a form whose appearances the reader must make";
        at("6.4.1", what, None, found);
    }
    if value(document, form, b"XFA").is_some() {
        at("6.4.2", "an XFA form", None, found);
    }
    for (id, field) in fields(document, catalog) {
        if value(document, field, b"AA").is_some() || value(document, field, b"A").is_some() {
            at("6.4.1", "a form field with an action", id, found);
        }
    }
}

/// All fields of the form, and their widgets, from the root down.
pub(super) fn fields<'a>(
    document: &'a Document,
    catalog: &'a Dictionary,
) -> Vec<(Option<ObjectId>, &'a Dictionary)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = Vec::new();
    if let Some(form) = dictionary(document, catalog, b"AcroForm")
        && let Some(Object::Array(roots)) = value(document, form, b"Fields")
    {
        open.extend(roots);
    }
    while let Some(item) = open.pop() {
        let Ok((id, Object::Dictionary(field))) = document.dereference(item) else {
            continue;
        };
        if !seen.insert(std::ptr::from_ref(field)) {
            continue;
        }
        found.push((id, field));
        if let Some(Object::Array(kids)) = value(document, field, b"Kids") {
            open.extend(kids);
        }
    }
    found
}

/// The type of a widget's field, its own or inherited.
pub(super) fn inherited_type<'a>(
    document: &'a Document,
    widget: &'a Dictionary,
) -> Option<&'a [u8]> {
    let mut node = widget;
    for _ in 0..DEPTH_MAX {
        if let Some(found) = name(document, node, b"FT") {
            return Some(found);
        }
        node = dictionary(document, node, b"Parent")?;
    }
    None
}

//! Clause 6.5, actions: which there may be, and that none runs by itself.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::Violation;
use super::{at, on_page};
use crate::pdf_object::{dictionary, name, value};

/// §6.5.1: what remains of the actions of ISO 32000-1.
const ALLOWED: [&[u8]; 7] = [
    b"GoTo",
    b"GoToR",
    b"GoToE",
    b"Thread",
    b"URI",
    b"Named",
    b"SubmitForm",
];
const NAMED: [&[u8]; 4] = [b"NextPage", b"PrevPage", b"FirstPage", b"LastPage"];

const GENERAL: &str = "6.5.1";
const TRIGGERS: &str = "6.5.2";

pub(super) fn check(
    document: &Document,
    catalog: &Dictionary,
    all: &[(Option<ObjectId>, &Dictionary)],
    found: &mut Vec<Violation>,
) {
    if value(document, catalog, b"AA").is_some() {
        at(TRIGGERS, "actions that the document triggers", None, found);
    }
    for (index, page) in document.page_iter().enumerate() {
        let triggers = document
            .get_dictionary(page)
            .is_ok_and(|page| value(document, page, b"AA").is_some());
        if triggers {
            on_page(
                TRIGGERS,
                "actions that a page triggers",
                index,
                Some(page),
                found,
            );
        }
    }
    if has_scripts(document, catalog) {
        at(GENERAL, "scripts of the document", None, found);
    }
    for (id, owner) in all {
        for (key, is_for_actions) in [
            (b"A".as_slice(), is_annotation_or_outline(owner)),
            (b"PA", true),
            (b"OpenAction", true),
            (b"Next", owner.has(b"S")),
        ] {
            if let Some(object) = value(document, owner, key) {
                check_value(document, object, is_for_actions, *id, found);
            }
        }
        for (_, object) in dictionary(document, owner, b"AA").into_iter().flatten() {
            check_value(document, object, true, *id, found);
        }
    }
}

/// Attributes of structure elements stand under `A`, too.
fn is_annotation_or_outline(dictionary: &Dictionary) -> bool {
    dictionary.has(b"Rect") || dictionary.has(b"Title")
}

/// An action, or an array of actions; a destination may stand in its place. A dictionary without `S` is one
/// only where the key holds nothing else. The chain goes on at `Next`, which `check` meets by itself.
fn check_value(
    document: &Document,
    object: &Object,
    is_for_actions: bool,
    owner: Option<ObjectId>,
    found: &mut Vec<Violation>,
) {
    let items = match object {
        Object::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    for item in items {
        let Ok((id, Object::Dictionary(action))) = document.dereference(item) else {
            continue;
        };
        let kind = match value(document, action, b"S") {
            // The first item of a destination is its page.
            None if !is_for_actions || action.has_type(b"Page") => continue,
            None => &[],
            Some(kind) => kind.as_name().unwrap_or_default(),
        };
        if !ALLOWED.contains(&kind) {
            let what = "an action of a type that is not allowed";
            at(GENERAL, what, id.or(owner), found);
        } else if kind == b"Named"
            && !name(document, action, b"N").is_some_and(|name| NAMED.contains(&name))
        {
            let what = "a named action that is not allowed";
            at(GENERAL, what, id.or(owner), found);
        }
    }
}

/// Whether the name tree of scripts holds any.
fn has_scripts(document: &Document, catalog: &Dictionary) -> bool {
    let Some(names) = dictionary(document, catalog, b"Names") else {
        return false;
    };
    let Some(scripts) = value(document, names, b"JavaScript") else {
        return false;
    };
    let is_empty = |tree: &Dictionary| {
        value(document, tree, b"Kids").is_none()
            && value(document, tree, b"Names")
                .is_none_or(|names| names.as_array().is_ok_and(Vec::is_empty))
    };
    !scripts.as_dict().is_ok_and(is_empty)
}

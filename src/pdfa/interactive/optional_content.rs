//! Clause 6.9, optional content: configurations with names of their own, that list all groups, and that no
//! event changes.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::Violation;
use super::at;
use crate::pdf_object::{dictionary, value};

const CLAUSE: &str = "6.9";

pub(super) fn check(document: &Document, catalog: &Dictionary, found: &mut Vec<Violation>) {
    let Some(properties) = value(document, catalog, b"OCProperties") else {
        return;
    };
    let Ok(properties) = properties.as_dict() else {
        return at(
            CLAUSE,
            "optional content that is no dictionary",
            None,
            found,
        );
    };
    let groups: BTreeSet<ObjectId> = match value(document, properties, b"OCGs") {
        Some(Object::Array(groups)) => groups.iter().filter_map(reference).collect(),
        _ => return at(CLAUSE, "optional content without groups", None, found),
    };
    let others = match value(document, properties, b"Configs") {
        Some(Object::Array(others)) => others.as_slice(),
        _ => &[],
    };
    let mut configurations = Vec::new();
    configurations.extend(dictionary(document, properties, b"D"));
    for other in others {
        match document.dereference(other) {
            Ok((_, Object::Dictionary(other))) => configurations.push(other),
            _ => at(CLAUSE, "a configuration that is no dictionary", None, found),
        }
    }
    if configurations.len() != others.len() + 1 {
        at(CLAUSE, "optional content without a default", None, found);
    }
    let mut names = BTreeSet::new();
    for configuration in configurations {
        match value(document, configuration, b"Name").map(Object::as_str) {
            Some(Ok(name)) if !name.is_empty() => {
                if !names.insert(name) {
                    at(CLAUSE, "two configurations of one name", None, found);
                }
            }
            _ => at(CLAUSE, "a configuration without a name", None, found),
        }
        if value(document, configuration, b"AS").is_some() {
            at(CLAUSE, "a configuration that events change", None, found);
        }
        if let Some(order) = value(document, configuration, b"Order")
            && !groups.is_subset(&listed(document, order))
        {
            at(CLAUSE, "an order that leaves out a group", None, found);
        }
    }
}

fn reference(object: &Object) -> Option<ObjectId> {
    object.as_reference().ok()
}

/// The groups of an order, those of the arrays inside it, too.
fn listed(document: &Document, order: &Object) -> BTreeSet<ObjectId> {
    let mut listed = BTreeSet::new();
    let mut arrays = BTreeSet::new();
    let mut open = vec![order];
    while let Some(object) = open.pop() {
        match document.dereference(object) {
            Ok((_, array @ Object::Array(items))) if arrays.insert(std::ptr::from_ref(array)) => {
                open.extend(items);
            }
            Ok((Some(id), Object::Dictionary(_))) => {
                listed.insert(id);
            }
            _ => {}
        }
    }
    listed
}

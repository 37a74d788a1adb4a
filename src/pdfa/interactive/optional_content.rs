//! Clause 6.9, optional content: configurations with names of their own, that list all groups, and that no
//! event changes.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::Violation;
use super::at;
use crate::pdf_object::{dictionary, value};

const CLAUSE: &str = "6.9";

/// Arrays inside each other in an order of groups.
const DEPTH_MAX: usize = 32;

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
        if let Some(order) = value(document, configuration, b"Order") {
            let mut listed = BTreeSet::new();
            list(document, order, DEPTH_MAX, &mut listed);
            if !groups.is_subset(&listed) {
                at(CLAUSE, "an order that leaves out a group", None, found);
            }
        }
    }
}

fn reference(object: &Object) -> Option<ObjectId> {
    object.as_reference().ok()
}

/// The groups of an order. What lies deeper than allowed counts as left out.
fn list(document: &Document, order: &Object, depth: usize, listed: &mut BTreeSet<ObjectId>) {
    let (Some(depth), Ok(items)) = (depth.checked_sub(1), order.as_array()) else {
        return;
    };
    for item in items {
        match document.dereference(item) {
            Ok((_, nested @ Object::Array(_))) => list(document, nested, depth, listed),
            Ok((Some(id), Object::Dictionary(_))) => {
                listed.insert(id);
            }
            _ => {}
        }
    }
}

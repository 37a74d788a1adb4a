//! Clause 6.9: configurations of optional content.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::pdf_object::{dictionary, value};
use crate::pdfa::Violation;

/// Arrays inside each other, and entries of one order.
const ORDER_MAX: usize = 100_000;

pub(super) fn check(document: &Document, found: &mut Vec<Violation>) {
    let Some(properties) = document
        .catalog()
        .ok()
        .and_then(|catalog| dictionary(document, catalog, b"OCProperties"))
    else {
        return;
    };
    let mut configurations: Vec<&Dictionary> =
        dictionary(document, properties, b"D").into_iter().collect();
    if let Some(Object::Array(others)) = value(document, properties, b"Configs") {
        configurations.extend(
            others
                .iter()
                .filter_map(|other| document.dereference(other).ok())
                .filter_map(|(_, other)| other.as_dict().ok()),
        );
    }
    let groups = references(document, value(document, properties, b"OCGs"));
    let mut names = BTreeSet::new();
    let mut tell = |what: &str| found.push(Violation::of_file("6.9", what));
    let is_named = |id: &ObjectId| {
        let group = document.get_dictionary(*id);
        group.is_ok_and(|group| matches!(value(document, group, b"Name"), Some(Object::String(..))))
    };
    if !groups.iter().all(is_named) {
        tell("a layer without a name");
    }
    for configuration in configurations {
        match value(document, configuration, b"Name") {
            Some(Object::String(name, _)) if !name.is_empty() => {
                if !names.insert(name) {
                    tell("two configurations of layers with one name");
                }
            }
            _ => tell("a configuration of layers without a name"),
        }
        if configuration.has(b"AS") {
            tell("layers that switch themselves");
        }
        if configuration.has(b"Order") {
            let order = references(document, value(document, configuration, b"Order"));
            if !groups.is_subset(&order) {
                tell("a layer that is missing in the order of layers");
            }
        }
    }
}

/// All references in an array and the arrays inside.
fn references<'a>(document: &'a Document, list: Option<&'a Object>) -> BTreeSet<ObjectId> {
    let mut open: Vec<&Object> = list.into_iter().collect();
    let mut referred = BTreeSet::new();
    let mut read = 0_usize;
    while let Some(object) = open.pop() {
        read += 1;
        if read > ORDER_MAX {
            break;
        }
        match object {
            Object::Array(items) => open.extend(items),
            Object::Reference(id) if referred.insert(*id) => {
                if let Ok((_, Object::Array(items))) = document.dereference(object) {
                    open.extend(items);
                }
            }
            _ => {}
        }
    }
    referred
}

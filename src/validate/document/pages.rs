//! Which page an annotation is on (ISO 32000-1 §7.7.3, §12.5.2).

use std::collections::{BTreeMap, BTreeSet};

use super::objects::{Objects, Revision};
use super::syntax::{ObjectId, Value};

/// Nodes of the page tree looked at.
const NODES_MAX: usize = 100_000;

/// The pages of a revision in their order.
#[derive(Debug, Default)]
pub(in crate::validate) struct Pages {
    /// Number of each page, from 1.
    pub(in crate::validate) numbers: BTreeMap<ObjectId, usize>,
    /// The page that lists each annotation.
    pub(in crate::validate) of_annotation: BTreeMap<ObjectId, ObjectId>,
}

/// Walks the page tree; what cannot be read is left out.
pub(in crate::validate) fn read(objects: &Objects, revision: Revision) -> Pages {
    let mut pages = Pages::default();
    let catalogue = objects.catalogue(revision);
    let root = catalogue.and_then(|it| it.dictionary()?.reference(b"Pages"));
    let mut seen = BTreeSet::new();
    let mut open: Vec<ObjectId> = root.into_iter().collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id) || seen.len() > NODES_MAX {
            continue;
        }
        let Some(node) = objects.object(revision, id) else {
            continue;
        };
        let Some(dictionary) = node.dictionary() else {
            continue;
        };
        let list = |key: &[u8]| match objects.value(revision, dictionary, key) {
            Some(Value::Array(items)) => Some(items),
            _ => None,
        };
        match list(b"Kids") {
            Some(kids) => open.extend(kids.iter().rev().filter_map(Value::reference)),
            None => {
                pages.numbers.insert(id, pages.numbers.len() + 1);
                let annotations = list(b"Annots").unwrap_or_default();
                let on_it = annotations.iter().filter_map(Value::reference);
                pages
                    .of_annotation
                    .extend(on_it.map(|annotation| (annotation, id)));
            }
        }
    }
    pages
}

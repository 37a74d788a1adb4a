//! The page tree is one that every reader reads alike (ISO 32000-1 §7.7.3): no page may escape the check.
//!
//! Clause 6.1.1 asks for nothing more of it; the PDF library passes over what it does not know.

use std::collections::BTreeSet;

use lopdf::{Document, Object, ObjectId};

use crate::pdf_object::{integer, name, value};
use crate::pdfa::Violation;

pub(super) fn check(document: &Document, found: &mut Vec<Violation>) {
    let root = document
        .catalog()
        .ok()
        .and_then(|catalog| catalog.get(b"Pages").ok())
        .and_then(|pages| pages.as_reference().ok());
    let pages = root.and_then(|root| pages_below(document, root));
    let is_read = pages.is_some_and(|pages| !pages.is_empty() && document.page_iter().eq(pages));
    if !is_read {
        found.push(Violation::of_file(
            "6.1.1",
            "no pages, or a page tree that readers may read differently",
        ));
    }
}

/// All pages in order; `None` where a node is of no known type, is met twice or counts wrong.
fn pages_below(document: &Document, root: ObjectId) -> Option<Vec<ObjectId>> {
    let mut seen = BTreeSet::new();
    let mut pages = Vec::new();
    let mut open = vec![root];
    let count = integer(document, document.get_dictionary(root).ok()?, b"Count")?;
    while let Some(id) = open.pop() {
        let node = document.get_dictionary(id).ok()?;
        if !seen.insert(id) {
            return None;
        }
        match name(document, node, b"Type")? {
            b"Page" => pages.push(id),
            b"Pages" => {
                let Some(Object::Array(kids)) = value(document, node, b"Kids") else {
                    return None;
                };
                for kid in kids.iter().rev() {
                    open.push(kid.as_reference().ok()?);
                }
            }
            _ => return None,
        }
    }
    (i64::try_from(pages.len()).ok() == Some(count)).then_some(pages)
}

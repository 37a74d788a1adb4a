//! Every dictionary that a document reaches from its trailer.
//!
//! What nothing refers to shows nowhere and does nothing, and the clauses are about what a reader may
//! meet; incremental updates leave such objects behind.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

/// All of them, those of streams too, each with the indirect object that it stands in. Not recursive.
pub(in crate::pdfa) fn reachable(document: &Document) -> Vec<(Option<ObjectId>, &Dictionary)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<(Option<ObjectId>, &Object)> = Vec::new();
    open.extend(document.trailer.iter().map(|(_, value)| (None, value)));
    while let Some((owner, object)) = open.pop() {
        match object {
            Object::Reference(id) => {
                if seen.insert(*id)
                    && let Some(target) = document.objects.get(id)
                {
                    open.push((Some(*id), target));
                }
            }
            Object::Array(items) => open.extend(items.iter().map(|item| (owner, item))),
            Object::Dictionary(dictionary) => {
                found.push((owner, dictionary));
                open.extend(dictionary.iter().map(|(_, value)| (owner, value)));
            }
            Object::Stream(stream) => {
                found.push((owner, &stream.dict));
                open.extend(stream.dict.iter().map(|(_, value)| (owner, value)));
            }
            _ => {}
        }
    }
    found
}

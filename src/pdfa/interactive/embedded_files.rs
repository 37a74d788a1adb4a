//! Clause 6.8, embedded files: named twice, and themselves PDF/A-1 or PDF/A-2.
//!
//! An embedded file is judged by the same check, one level deep: one that claims PDF/A-1, or that has embedded
//! files of its own, is not judged and therefore refused.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::content::expanded;
use super::super::{PdfFile, Violation, check as check_file};
use super::at;
use super::reachable::reachable;
use crate::pdf_object::value;

const CLAUSE: &str = "6.8";

pub(super) fn check(
    document: &Document,
    all: &[(Option<ObjectId>, &Dictionary)],
    found: &mut Vec<Violation>,
) {
    for (id, specification) in all {
        let Some(embedded) = value(document, specification, b"EF") else {
            continue;
        };
        let is_named = [b"F".as_slice(), b"UF"].iter().all(|key| {
            value(document, specification, key).is_some_and(|name| name.as_str().is_ok())
        });
        if !is_named {
            at(
                CLAUSE,
                "an embedded file without both its names",
                *id,
                found,
            );
        }
        let streams = embedded.as_dict().map(Dictionary::iter);
        for (_, stream) in streams.into_iter().flatten() {
            if !document
                .dereference(stream)
                .is_ok_and(|(_, stream)| is_pdfa(stream))
            {
                let what = "an embedded file that is not known to be PDF/A";
                at(CLAUSE, what, *id, found);
            }
        }
    }
}

fn is_pdfa(stream: &Object) -> bool {
    let bytes = stream.as_stream().ok().and_then(expanded);
    let Some((bytes, document)) = bytes.and_then(|bytes| {
        let document = Document::load_mem(&bytes).ok()?;
        Some((bytes, document))
    }) else {
        return false;
    };
    let is_leaf = reachable(&document)
        .iter()
        .all(|(_, dictionary)| !dictionary.has(b"EF"));
    let file = PdfFile {
        bytes: &bytes,
        document: &document,
    };
    is_leaf && check_file(file).is_empty()
}

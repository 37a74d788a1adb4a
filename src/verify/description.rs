//! `record.json` against the object that holds it. Pure.

use std::collections::BTreeMap;

use crate::record::{RecordDescription, RecordId, Sha256Digest, Written};

/// What a record's description says that is not so; empty for a good one. `files` are the record's
/// files by logical path, with their digests where their bytes are intact; of the others the damage
/// was reported already.
pub(super) fn contradictions(
    description: &RecordDescription,
    record: RecordId,
    files: &BTreeMap<&str, Option<Written>>,
) -> Vec<String> {
    let mut found = Vec::new();
    if description.record != record {
        found.push(format!(
            "it is the description of record {}",
            description.record
        ));
    }
    let document = (
        &description.document,
        description.document_bytes,
        description.document_sha256,
    );
    let originals = description
        .originals
        .iter()
        .map(|o| (&o.stored_as, o.bytes, o.sha256));
    for (path, bytes, sha256) in std::iter::once(document).chain(originals) {
        found.extend(contradiction(files, path, bytes, sha256));
    }
    for (number, page) in description.pages.iter().enumerate() {
        if page.original >= description.originals.len() {
            let originals = description.originals.len();
            found.push(format!(
                "page {number} is of original {}, of {originals}",
                page.original
            ));
        }
    }
    found
}

fn contradiction(
    files: &BTreeMap<&str, Option<Written>>,
    path: &str,
    bytes: u64,
    sha256: Sha256Digest,
) -> Option<String> {
    match files.get(path) {
        None => Some(format!("the record has no “{path}”")),
        Some(Some(is)) if (is.bytes, is.sha256) != (bytes, sha256) => Some(format!(
            "“{path}”: {} bytes, sha256 {}; described as {bytes}, {sha256}",
            is.bytes, is.sha256
        )),
        Some(_) => None,
    }
}

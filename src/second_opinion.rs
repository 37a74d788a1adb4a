//! What `verify` asks of a stored document beyond its digests: structure, page images and signature,
//! read by other code than wrote them.

use crate::archive::ArchivedObject;
use crate::read_back;
use crate::record::{Explain, Finding, FindingCode, Lang, RecordDescription};

/// Findings on a record's signed document; empty where everything holds. What cannot be read at this
/// moment is `UNREADABLE`, neither good nor bad.
#[must_use]
pub fn check_document(object: &ArchivedObject, description: &RecordDescription) -> Vec<Finding> {
    let Some(document) = object.content_path(&description.document) else {
        return Vec::new();
    };
    let finding = |code: FindingCode, error: &dyn Explain| Finding {
        code: if error.is_retryable() {
            FindingCode::Unreadable
        } else {
            code
        },
        record: Some(object.record()),
        path: Some(description.document.clone()),
        detail: error.message(Lang::En),
    };
    let structure = read_back::structure::check(&document, &description.pages)
        .err()
        .map(|error| finding(FindingCode::DocumentInvalid, &error));
    let signature = read_back::signature::check(&document, description.archived)
        .err()
        .map(|error| finding(FindingCode::SignatureInvalid, &error));
    structure.into_iter().chain(signature).collect()
}

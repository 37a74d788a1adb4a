//! Clause 6.1.12: the permissions dictionary and the signatures that it names.

use lopdf::{Dictionary, Object};

use crate::pdf_object::dictionary;
use crate::pdfa::{PdfFile, Violation};

const DIGEST_KEYS: [&[u8]; 3] = [b"DigestLocation", b"DigestMethod", b"DigestValue"];

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    let document = file.document;
    let Some(permissions) = document
        .catalog()
        .ok()
        .and_then(|catalog| dictionary(document, catalog, b"Perms"))
    else {
        return;
    };
    let known = |key: &[u8]| matches!(key, b"UR3" | b"DocMDP");
    if permissions.iter().any(|(key, _)| !known(key)) {
        found.push(Violation::of_file(
            "6.1.12",
            "a permission other than UR3 and DocMDP",
        ));
    }
    let has_digest = |reference: &Dictionary| DIGEST_KEYS.iter().any(|key| reference.has(key));
    if permissions.has(b"DocMDP")
        && document
            .objects
            .values()
            .any(|object| any(object, &has_digest))
    {
        found.push(Violation::of_file(
            "6.1.12",
            "a signature reference with a digest",
        ));
    }
}

/// Whether a dictionary with a transform method, here or inside, is so.
fn any(object: &Object, is_so: &impl Fn(&Dictionary) -> bool) -> bool {
    let mut open = vec![object];
    while let Some(object) = open.pop() {
        match object {
            Object::Array(items) => open.extend(items),
            Object::Dictionary(dictionary) => {
                if dictionary.has(b"TransformMethod") && is_so(dictionary) {
                    return true;
                }
                open.extend(dictionary.iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    false
}

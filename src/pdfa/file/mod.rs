//! Clauses 6.1, file structure: header, trailer, cross-references, strings, streams, limits.
//!
//! The bytes are read once more beside the PDF library, which mends what these clauses forbid. Judged is
//! what the newest cross-references name, each object once and in the order of the file, so the time
//! is linear in its length. Objects of older revisions that a newer one replaced are not judged.

mod header;
mod limits;
mod object_stream;
mod objects;
mod page_tree;
mod permissions;
#[cfg(test)]
mod tests;
mod xref;

use super::{PdfFile, Violation};

/// Violations told; one is enough to refuse a file.
const FOUND_MAX: usize = 10_000;

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    header::check(file, found);
    let sections = xref::check(file, found);
    objects::check(file, &sections, found);
    page_tree::check(file.document, found);
    limits::check(file, found);
    permissions::check(file, found);
}

/// Length of the end-of-line marker that the bytes begin with: CR LF, LF or CR.
fn end_of_line(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

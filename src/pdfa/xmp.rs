//! Clauses 6.6.2 to 6.6.6, metadata: the XMP packet, its schemas and value types, the claim.

use lopdf::Document;

use super::{Claim, PdfFile, Violation};

pub(super) fn check(_file: PdfFile<'_>, _found: &mut Vec<Violation>) {}

pub(super) fn claim(_document: &Document) -> Option<Claim> {
    None
}

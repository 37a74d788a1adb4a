//! Clauses 6.1, file structure: header, trailer, cross-references, strings, streams, limits.

use super::{PdfFile, Violation};

pub(super) fn check(_file: PdfFile<'_>, _found: &mut Vec<Violation>) {}

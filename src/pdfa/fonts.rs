//! Clauses 6.2.11, fonts: embedding, widths, encodings, the glyphs that are shown.

use super::{PdfFile, Violation};

pub(super) fn check(_file: PdfFile<'_>, _found: &mut Vec<Violation>) {}

pub(super) fn maps_to_unicode(_file: PdfFile<'_>, _found: &mut Vec<Violation>) {}

//! Clauses 6.2.1 to 6.2.10, graphics: output intent, colour, images, transparency.

use super::{PdfFile, Violation};

pub(super) fn check(_file: PdfFile<'_>, _found: &mut Vec<Violation>) {}

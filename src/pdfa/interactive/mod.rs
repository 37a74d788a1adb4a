//! Clauses 6.3 to 6.11, annotations, forms, actions, embedded files, layers.

pub(super) mod reachable;

use super::{PdfFile, Violation};

pub(super) fn check(_file: PdfFile<'_>, _found: &mut Vec<Violation>) {}

//! Clauses 6.2.1 to 6.2.10, graphics: output intent, colour, images, transparency; and 6.9, layers.
//!
//! Judged is what the pages show: a colour space or an image that no content draws breaks nothing. Sample
//! data is not looked into, but for the boxes around JPEG 2000.

mod colour;
mod device;
mod icc;
mod jpeg2000;
mod layers;
mod painting;
mod same;
mod spot;
mod state;
#[cfg(test)]
mod tests;
mod xobject;

use std::collections::BTreeSet;

use super::content::{self, Scope};
use super::{PdfFile, Violation};
use device::OutputIntent;

pub(crate) use state::BLEND_MODES;

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    let intent = OutputIntent::of(file.document, found);
    let mut painting = painting::Painting::new(intent);
    content::walk(file, &mut painting, found);
    layers::check(file.document, found);
}

/// Violations, each told once a page.
#[derive(Default)]
struct Report {
    told: BTreeSet<(usize, &'static str, &'static str)>,
}

impl Report {
    fn violation(
        &mut self,
        scope: &Scope<'_>,
        clause: &'static str,
        what: &'static str,
        found: &mut Vec<Violation>,
    ) {
        if self.told.insert((scope.page, clause, what)) {
            found.push(Violation {
                clause,
                what: what.to_owned(),
                page: Some(scope.page),
                object: scope.stream,
            });
        }
    }
}

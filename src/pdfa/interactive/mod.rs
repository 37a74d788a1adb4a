//! Clauses 6.3 to 6.11 but for metadata: annotations, forms, actions, embedded files, layers.
//!
//! One module each. Clause 6.7, logical structure, asks nothing of level B, and what a reader must do with an
//! annotation or a link is no property of a file.

mod actions;
mod annotations;
mod embedded_files;
mod forms;
mod optional_content;
pub(super) mod reachable;
mod signatures;
#[cfg(test)]
mod tests;

use lopdf::ObjectId;

use super::{PdfFile, Violation};
use crate::pdf_object::{dictionary, value};

pub(super) fn check(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    // Without a catalog there is nothing to judge here; the clauses on file structure refuse such a file.
    let Ok(catalog) = file.document.catalog() else {
        return;
    };
    let all = reachable::reachable(file.document);
    annotations::check(file.document, found);
    forms::check(file.document, catalog, found);
    signatures::check(file, catalog, found);
    actions::check(file.document, catalog, &all, found);
    embedded_files::check(file.document, &all, found);
    optional_content::check(file.document, catalog, found);
    if let Some(names) = dictionary(file.document, catalog, b"Names")
        && value(file.document, names, b"AlternatePresentations").is_some()
    {
        found.push(Violation::of_file("6.10", "alternate presentations"));
    }
    for (index, page) in file.document.page_iter().enumerate() {
        let presents = file
            .document
            .get_dictionary(page)
            .is_ok_and(|page| value(file.document, page, b"PresSteps").is_some());
        if presents {
            on_page("6.10", "presentation steps", index, Some(page), found);
        }
    }
    if value(file.document, catalog, b"Requirements").is_some() {
        found.push(Violation::of_file("6.11", "requirements of the document"));
    }
}

fn on_page(
    clause: &'static str,
    what: &str,
    page: usize,
    object: Option<ObjectId>,
    found: &mut Vec<Violation>,
) {
    found.push(Violation {
        page: Some(page),
        object,
        ..Violation::of_file(clause, what)
    });
}

fn at(clause: &'static str, what: &str, object: Option<ObjectId>, found: &mut Vec<Violation>) {
    found.push(Violation {
        object,
        ..Violation::of_file(clause, what)
    });
}

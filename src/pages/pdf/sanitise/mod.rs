//! Pages of a born-digital PDF copied with their text and drawing, without what PDF/A-2b forbids.
//!
//! An allow-list: what is not known to be allowed is an [`Obstacle`], and its page is rendered instead.
//! Annotations become part of the page's content (their normal appearance is drawn where it stands);
//! scripts, actions, embedded files, layers, links and metadata stay behind in the original. What is
//! copied: [`content`] is checked operator by operator, and of the resources only those that it names
//! come along, each kind by its own list of keys. Whether a font's widths, encoding and program agree
//! (ISO 19005-2 §6.2.11) is not asked here: that is judged on the finished copy.

mod annotation;
mod character_map;
mod colour;
mod content;
mod copier;
mod font;
mod function;
mod graphics;
mod inline_image;
mod lexer;
mod page;
mod resources;
mod stream;
mod write;
mod xobject;

#[cfg(test)]
mod annotation_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod resource_tests;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

use std::path::Path;

use lopdf::{Document, ObjectId};

use self::copier::Copier;

/// Why a page cannot be copied, English, for the record; never text of the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::pages) struct Obstacle(pub(in crate::pages) String);

type Outcome<T> = Result<T, Obstacle>;

fn obstacle(what: &str) -> Obstacle {
    Obstacle(what.to_owned())
}

/// A page to copy.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Wanted {
    /// Its object in the source.
    pub(in crate::pages) page: ObjectId,
    /// Clockwise degrees of `/Rotate` in the copy: 0, 90, 180, 270.
    pub(in crate::pages) rotate: u16,
}

/// Where copies get their numbers and their parent from.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Target {
    /// Number of the first object that is free in the new file; all copies are numbered from there on.
    pub(in crate::pages) first: u32,
    /// Number of the new file's page tree, `/Parent` of each page.
    pub(in crate::pages) page_tree: u32,
}

/// Objects for a new file.
#[derive(Debug)]
pub struct Copied {
    /// Number (generation 0) and what stands between `obj` and `endobj`, in ascending order without gaps.
    pub objects: Vec<(u32, Vec<u8>)>,
    /// Numbers of the page dictionaries, in the order wanted.
    pub pages: Vec<u32>,
}

/// Whether a page can be copied, by what it is made of: a copy on trial, without the bytes of images.
pub(in crate::pages) fn examine(document: &Document, page: ObjectId) -> Result<(), Obstacle> {
    let target = Target {
        first: 2,
        page_tree: 1,
    };
    let wanted = Wanted { page, rotate: 0 };
    Copier::new(document, None, target.first)
        .page(wanted, target.page_tree)
        .map(drop)
}

/// Copies pages, and what they share once. `path` is the file that `document` was loaded from: the
/// bytes of images are read from there (`super::spared`).
pub(in crate::pages) fn copy(
    path: &Path,
    document: &Document,
    pages: &[Wanted],
    target: Target,
) -> Result<Copied, Obstacle> {
    let mut copier = Copier::new(document, Some(path), target.first);
    let pages = pages
        .iter()
        .map(|wanted| copier.page(*wanted, target.page_tree))
        .collect::<Outcome<Vec<u32>>>()?;
    Ok(Copied {
        objects: copier.finish(),
        pages,
    })
}

//! Pages of a born-digital PDF copied with their text and drawing, without what PDF/A-2b forbids.
//!
//! An allow-list: what is not known to be allowed is an [`Obstacle`], and its page is rendered instead.
//! Annotations become part of the page's content (their normal appearance is drawn where it stands);
//! scripts, actions, embedded files, layers, links and metadata stay behind in the original.

use std::path::Path;

use lopdf::{Document, ObjectId};

/// Why a page cannot be copied, English, for the record; never text of the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::pages) struct Obstacle(pub(in crate::pages) String);

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

/// Whether a page can be copied, by what it is made of.
pub(in crate::pages) fn examine(_document: &Document, _page: ObjectId) -> Result<(), Obstacle> {
    Err(Obstacle("pages are not copied yet".to_owned()))
}

/// Copies pages, and what they share once. `path` is the file that `document` was loaded from: the
/// bytes of images are read from there (`super::spared`).
pub(in crate::pages) fn copy(
    _path: &Path,
    _document: &Document,
    _pages: &[Wanted],
    _target: Target,
) -> Result<Copied, Obstacle> {
    Err(Obstacle("pages are not copied yet".to_owned()))
}

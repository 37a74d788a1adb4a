//! Our own check of ISO 19005-2 level B: whether a file is what it claims, as far as its clauses go here.
//!
//! Run on every document before it is archived, and on every incoming PDF that says it is PDF/A-2. It
//! knows the clauses that the ways of an incoming PDF can break; `compose/PDF_A2.md` lists all with their
//! status. What it cannot judge it reports as a violation, so that no doubtful file is kept for what it
//! claims to be. veraPDF judges the same files in the tests; this check replaces no
//! validator, and judges no level A (structure) and no part of level U beyond B.

mod content;
#[cfg(test)]
mod corpus_tests;
mod file;
mod fonts;
mod graphics;
mod interactive;
mod lexer;
mod xmp;

use std::fmt;

use lopdf::{Document, ObjectId};

pub(crate) use self::graphics::BLEND_MODES;

/// sRGB as an ICC v2 profile of 736 bytes, from <https://github.com/saucecontrol/Compact-ICC-Profiles>,
/// dedicated to the public domain (CC0 1.0): the output intent of all our documents.
pub const SRGB_PROFILE: &[u8] = include_bytes!("srgb-v2-magic.icc");

/// A PDF in memory, as it is on disk and as it was parsed.
#[derive(Clone, Copy)]
pub struct PdfFile<'a> {
    /// All its bytes: some clauses are about spaces and line ends.
    pub bytes: &'a [u8],
    /// Its objects.
    pub document: &'a Document,
}

/// What a file says it is (ISO 19005-2 §6.6.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// `pdfaid:part`, e.g. 2.
    pub part: u8,
    /// `pdfaid:conformance`: `A`, `B` or `U`.
    pub conformance: char,
}

/// One clause that a file breaks, or may break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Clause of ISO 19005-2, e.g. `6.2.11.5`.
    pub clause: &'static str,
    /// What is wrong, English; never text of the document.
    pub what: String,
    /// The page that shows it, from 0; nothing where it is the file's.
    pub page: Option<usize>,
    /// The object.
    pub object: Option<ObjectId>,
}

impl Violation {
    fn of_file(clause: &'static str, what: impl Into<String>) -> Self {
        Self {
            clause,
            what: what.into(),
            page: None,
            object: None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.clause, self.what)?;
        if let Some((number, generation)) = self.object {
            write!(f, " ({number} {generation} R)")?;
        }
        Ok(())
    }
}

/// What a file claims to be in its XMP metadata; `None` where it claims nothing, or nothing readable.
#[must_use]
pub fn claim(document: &Document) -> Option<Claim> {
    xmp::claim(document)
}

/// Every clause of PDF/A-2b that the file breaks, as far as known here; empty means that none was found.
///
/// Time and memory grow with the file; a caller that does not trust it calls this inside a fence.
#[must_use]
pub fn check(file: PdfFile<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    file::check(file, &mut found);
    xmp::check(file, &mut found);
    clauses_of_pages(file, &mut found);
    found
}

/// The same of the clauses that pages copied into a file of ours can break: graphics, fonts and what is interactive.
#[must_use]
pub fn check_pages(file: PdfFile<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    clauses_of_pages(file, &mut found);
    found
}

fn clauses_of_pages(file: PdfFile<'_>, found: &mut Vec<Violation>) {
    graphics::check(file, found);
    fonts::check(file, found);
    interactive::check(file, found);
}

/// Text that does not map to Unicode, which level U asks for (ISO 19005-2 §6.2.11.7.2).
#[must_use]
pub fn check_unicode(file: PdfFile<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    fonts::maps_to_unicode(file, &mut found);
    found
}

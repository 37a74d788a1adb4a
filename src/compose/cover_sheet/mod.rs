//! The cover sheet on paper: one A4 page, PDF/A-2u, to be printed and laid in front of a document.
//!
//! Drawn with vectors and an embedded typeface, so that the code stays sharp on any printer. The page
//! shows dossier, kind, number, time and how to use it; it never shows a citizen's number or name, the
//! first of which only the office's key gets out of the code.
//!
//! Not here: what the code says ([`crate::recognise::cover_sheet`]), durability.

mod drawing;
mod error;
mod font;
mod qr;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use jiff::Timestamp;
use pdf_writer::{Filter, Finish, Rect};

use self::drawing::{A4, Drawing, FONT};
use super::ConformanceLevel;
use super::frame::Frame;
use super::metadata::{SheetMetadata, XmpPacket};
use super::object_writer::ObjectWriter;
use super::text_layer;
use crate::recognise::cover_sheet::{CoverSheet, TITLE};
use crate::record::Sha256Digest;
use crate::typeface::{Subset, Typeface};

pub use error::PrintError;

/// What is to be printed.
#[derive(Debug, Clone, Copy)]
pub struct PrintedSheet<'a> {
    /// What the sheet says; its citizen is not printed.
    pub sheet: &'a CoverSheet,
    /// The text of its code, see [`CoverSheet::code_text`].
    pub code_text: &'a str,
    /// Name of the agency.
    pub agency: &'a str,
    /// Program and version, e.g. `sohoa 0.1.0`.
    pub program: &'a str,
    /// When it is made.
    pub made: Timestamp,
}

/// Writes the sheet as a new PDF/A-2u file at `out`. Equal input gives equal bytes. The file is flushed
/// but not synced.
///
/// # Errors
/// `out` must not exist, and stays behind, incomplete, when writing fails.
pub fn write(printed: &PrintedSheet<'_>, out: &Path) -> Result<(), PrintError> {
    let typeface = Typeface::liberation_serif()?;
    let drawing = Drawing::of(printed, &typeface)?;
    let subset = Subset::of(&typeface, drawing.lines())?;
    let font = font::EmbeddedFont::of(&subset)?;
    let content = drawing.content(&subset);
    let xmp = XmpPacket::of_sheet(
        &SheetMetadata {
            number: printed.sheet.number.as_str(),
            title: TITLE,
            agency: printed.agency,
            program: printed.program,
            made: printed.made,
        },
        ConformanceLevel::A2u,
    );
    let written = File::create_new(out).and_then(|file| write_objects(file, &font, &content, &xmp));
    written.map_err(|source| PrintError::Write {
        path: out.to_owned(),
        source,
    })
}

fn write_objects(
    file: File,
    font: &font::EmbeddedFont,
    content: &[u8],
    xmp: &XmpPacket,
) -> io::Result<()> {
    let mut objects = ObjectWriter::start(BufWriter::new(file))?;
    let frame = Frame::start(&mut objects)?;
    let font = font.write(&mut objects)?;
    let [contents, page] = [objects.reserve()?, objects.reserve()?];
    let deflated = text_layer::compressed(content)?;
    objects.object(contents, |chunk| {
        chunk
            .stream(contents, &deflated)
            .filter(Filter::FlateDecode);
    })?;
    objects.object(page, |chunk| {
        let mut dictionary = chunk.page(page);
        dictionary
            .parent(frame.page_tree)
            .media_box(Rect::new(0.0, 0.0, A4.0, A4.1))
            .contents(contents);
        dictionary.resources().fonts().pair(FONT, font);
        dictionary.finish();
    })?;
    // ISO 32000-1 §14.4: from the content instead of chance.
    let digest = Sha256Digest::of(&[xmp.as_bytes(), content].concat());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    frame.finish(objects, xmp, vec![page], &id).map(drop)
}

#[cfg(test)]
mod tests;

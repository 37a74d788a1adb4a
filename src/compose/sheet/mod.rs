//! Sheets that this program prints itself: A4, PDF/A-2u, black text in the one embedded typeface.
//!
//! A [`Layout`] takes lines and boxes from the top down and goes on to a next page where one is full;
//! [`write`] makes a file of it. Lines are whole strings, so that they can be searched and copied.
//!
//! Not here: what a sheet says, durability.

mod error;
mod font;
mod layout;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use pdf_writer::{Content, Filter, Finish, Name, Rect, Ref, Str};

use self::font::EmbeddedFont;
pub(super) use self::layout::{A4, Layout, MM};
use self::layout::{Line, Page};
use super::ConformanceLevel;
use super::frame::Frame;
use super::metadata::{SheetMetadata, XmpPacket};
use super::object_writer::ObjectWriter;
use super::text_layer;
use crate::record::Sha256Digest;
use crate::typeface::{Subset, Typeface};

pub use error::PrintError;

/// The name of the pages' one font in their resources.
const FONT: Name<'static> = Name(b"F1");

/// Writes the pages as a new PDF/A-2u file at `out`. Equal input gives equal bytes. The file is flushed
/// but not synced.
///
/// # Errors
/// `out` must not exist, and stays behind, incomplete, when writing fails.
pub(super) fn write(
    layout: Layout<'_>,
    typeface: &Typeface<'_>,
    metadata: &SheetMetadata<'_>,
    out: &Path,
) -> Result<(), PrintError> {
    let pages = layout.into_pages();
    let lines = pages.iter().flat_map(|page| &page.lines);
    let subset = Subset::of(typeface, lines.map(|line| line.text.as_str()))?;
    let font = EmbeddedFont::of(&subset)?;
    let contents: Vec<Vec<u8>> = pages.iter().map(|page| content(page, &subset)).collect();
    let xmp = XmpPacket::of_sheet(metadata, ConformanceLevel::A2u);
    let written =
        File::create_new(out).and_then(|file| write_objects(file, &font, &contents, &xmp));
    written.map_err(|source| PrintError::Write {
        path: out.to_owned(),
        source,
    })
}

fn write_objects(
    file: File,
    font: &EmbeddedFont,
    contents: &[Vec<u8>],
    xmp: &XmpPacket,
) -> io::Result<()> {
    let mut objects = ObjectWriter::start(BufWriter::new(file))?;
    let frame = Frame::start(&mut objects)?;
    let font = font.write(&mut objects)?;
    let mut pages = Vec::with_capacity(contents.len());
    for content in contents {
        pages.push(write_page(&mut objects, content, font, frame.page_tree)?);
    }
    // ISO 32000-1 §14.4: from the content instead of chance.
    let digest = Sha256Digest::of(&[xmp.as_bytes(), &contents.concat()].concat());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    frame.finish(objects, xmp, pages, &id).map(drop)
}

fn write_page<W: Write>(
    objects: &mut ObjectWriter<W>,
    content: &[u8],
    font: Ref,
    parent: Ref,
) -> io::Result<Ref> {
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
            .parent(parent)
            .media_box(Rect::new(0.0, 0.0, single(A4.0), single(A4.1)))
            .contents(contents);
        dictionary.resources().fonts().pair(FONT, font);
        dictionary.finish();
    })?;
    Ok(page)
}

/// The content stream of a page, its text in the codes of the subset.
fn content(page: &Page, subset: &Subset<'_>) -> Vec<u8> {
    let mut content = Content::new();
    content.set_fill_gray(0.0);
    if !page.boxes.is_empty() {
        for [left, bottom, width, height] in &page.boxes {
            content.rect(
                single(*left),
                single(*bottom),
                single(*width),
                single(*height),
            );
        }
        // One path for all: between paths viewers leave white hairlines.
        content.fill_nonzero();
    }
    content.begin_text();
    for line in &page.lines {
        show(&mut content, line, subset);
    }
    content.end_text();
    content.finish().to_vec()
}

fn show(content: &mut Content, line: &Line, subset: &Subset<'_>) {
    let codes: Vec<u8> = subset
        .codes(&line.text)
        .flat_map(u16::to_be_bytes)
        .collect();
    content
        .set_font(FONT, single(line.size))
        .set_text_matrix([1.0, 0.0, 0.0, 1.0, single(line.left), single(line.baseline)])
        .show(Str(&codes));
}

/// PDF numbers are single precision here.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a place on a page has few digits"
)]
fn single(points: f64) -> f32 {
    points as f32
}

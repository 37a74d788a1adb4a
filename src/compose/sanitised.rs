//! Pages that keep the text and drawing they came with, among the pages that are pictures.
//!
//! Their objects come sanitised and numbered from `pages`; here they get their place in the file, after all
//! pages that are pictures, each file's in one piece, so that what its pages share is there once.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pdf_writer::Ref;

use super::object_writer::ObjectWriter;
use crate::pages::{CopiedPages, CopyOrder, PdfSheet, Resolution, ResolutionSource, SanitisedPage};
use crate::record::{Confidence, PageReading, PageRecord, PageTreatment, Sha256Digest};

/// A drawn page has no pixels; its record gives its size as if it had so many an inch.
const NOMINAL_DPI: f64 = 300.0;

/// One page for `compose`, to be copied.
#[derive(Debug, Clone)]
pub struct SanitisedContent {
    /// Index of its file in the batch.
    pub original: usize,
    /// Page inside the file, from 0.
    pub page: usize,
    /// Clockwise turn for display: 0, 90, 180, 270.
    pub rotate: u16,
    /// Its paper.
    pub sheet: PdfSheet,
    /// What is known of its copy.
    pub copy: SanitisedPage,
    /// How reading it ended.
    pub reading: PageReading,
    /// Mean confidence of its words.
    pub confidence: Option<Confidence>,
}

impl SanitisedContent {
    /// What the record keeps of it.
    pub(super) fn to_record(&self) -> PageRecord {
        PageRecord {
            reading: self.reading,
            confidence: self.confidence,
            ..pdf_page_record(
                (self.original, self.page),
                PdfSheet {
                    rotate: self.rotate,
                    ..self.sheet
                },
                PageTreatment::Sanitised,
                self.copy.content_sha256,
            )
        }
    }
}

/// What the record keeps of a page that is drawn: the size of its paper.
pub(super) fn pdf_page_record(
    (original, original_page): (usize, usize),
    sheet: PdfSheet,
    treatment: PageTreatment,
    stream_sha256: Sha256Digest,
) -> PageRecord {
    let resolution = Resolution {
        x: NOMINAL_DPI,
        y: NOMINAL_DPI,
        source: ResolutionSource::Nominal,
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates; page sides are at most 14,400 points"
    )]
    let pixels = |points: f64| (points / 72.0 * NOMINAL_DPI).round() as u32;
    PageRecord {
        original,
        original_page,
        width_px: pixels(sheet.size.0),
        height_px: pixels(sheet.size.1),
        dpi_x: resolution.x,
        dpi_y: resolution.y,
        dpi_source: resolution.source.as_str().to_owned(),
        rotation: sheet.rotate,
        treatment,
        treatment_reason: String::new(),
        stream_sha256,
        reading: PageReading::Pending,
        confidence: None,
        doubts: Vec::new(),
    }
}

/// The pages to copy of each file, by its index, and the place of each in the document.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    files: BTreeMap<usize, Vec<(usize, u16, usize)>>,
}

impl Awaited {
    /// `place`: index among all pages of the document.
    pub(super) fn push(&mut self, page: &SanitisedContent, place: usize) {
        let of_file = self.files.entry(page.original).or_default();
        of_file.push((page.page, page.rotate, place));
    }

    /// Writes the objects of all files; returns each page's place and number.
    pub(super) fn write<W: Write, E>(
        self,
        objects: &mut ObjectWriter<W>,
        page_tree: Ref,
        mut copy: impl FnMut(usize, &CopyOrder) -> Result<CopiedPages, E>,
    ) -> Result<Vec<(usize, Ref)>, NotCopied<E>> {
        let mut written = Vec::new();
        for (original, pages) in self.files {
            let order = CopyOrder {
                pages: pages
                    .iter()
                    .map(|&(page, rotate, _)| (page, rotate))
                    .collect(),
                first: objects.next_number(),
                page_tree: u32::try_from(page_tree.get()).unwrap_or_default(),
            };
            let copied = copy(original, &order).map_err(NotCopied::Page)?;
            if copied.pages.len() != pages.len() {
                return Err(io::Error::from(io::ErrorKind::InvalidData).into());
            }
            for (number, body) in &copied.objects {
                objects.copied(*number, body)?;
            }
            for (number, (_, _, place)) in copied.pages.iter().zip(pages) {
                let number = i32::try_from(*number).map_err(|_| io::ErrorKind::InvalidData);
                written.push((place, Ref::new(number.map_err(io::Error::from)?)));
            }
        }
        Ok(written)
    }
}

/// Why pages were not copied.
pub(super) enum NotCopied<E> {
    /// The source's.
    Page(E),
    /// The disk's.
    Write(io::Error),
}

impl<E> From<io::Error> for NotCopied<E> {
    fn from(error: io::Error) -> Self {
        NotCopied::Write(error)
    }
}

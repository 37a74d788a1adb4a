//! From the settled pages of a scan to the finished, unsigned document: what each page of it is made of.
//!
//! A file that is PDF/A already is kept as it is, if the document is all of it and nobody turned a page. Else
//! each page is the picture that was scanned or drawn, with its words, or a sanitised copy.

use std::path::Path;

use crate::compose::{
    self, ComposeError, PageContent, PdfaDocument, PdfaMetadata, Picture, SanitisedContent,
};
use crate::pages::{PageError, PageFault, PageImage, PagePool, PageWay, Scans};
use crate::recognise::{ReadPage, RecognisedPage};
use crate::record::{PageTreatment, RenderDoubt};
use crate::second_look::{self, Looked};
use crate::worklist::PlannedPage;

/// What a document is made of beside its scans.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// Its pages, in order.
    pub planned: &'a [PlannedPage],
    /// What was read, a page of the scan each; empty where nothing was.
    pub reading: &'a [ReadPage],
    /// What speaks against pages that were drawn.
    pub looked: &'a Looked,
    /// What becomes of a page that turned out to be drawn only now, and about which there are doubts.
    pub late_doubts: LateDoubts,
}

/// What becomes of doubts that come up while the document is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateDoubts {
    /// The document is not made: a person must see the page first ([`not_looked_at`]).
    Stop,
    /// It is made, and the doubts stand in its pages.
    Tell,
}

/// Composes the document at `out`, which must not exist.
///
/// # Errors
/// A page that cannot be taken or copied; the disk's.
pub fn compose(
    scans: &Scans,
    material: &Material<'_>,
    pool: &PagePool,
    metadata: &PdfaMetadata<'_>,
    out: &Path,
) -> Result<PdfaDocument, ComposeError<PageError>> {
    let Material {
        planned,
        reading,
        looked,
        late_doubts,
    } = *material;
    let turned = planned.iter().any(|page| page.turned != 0);
    let kept = scans.kept(planned.iter().map(|page| page.number));
    if let (Some(file), false) = (kept, turned) {
        let mut document = compose::keep(file, out)?;
        for (record, read) in document.pages.iter_mut().zip(reading) {
            (record.reading, record.confidence) = (read.page.reading, read.page.confidence);
        }
        return Ok(document);
    }
    let pictures = planned
        .iter()
        .filter(|page| sanitised(scans, page, reading).is_none());
    let mut pictures = scans.in_order_of(pictures.map(|page| page.number), pool);
    let pages = planned.iter().map(|page| {
        if let Some(copy) = sanitised(scans, page, reading) {
            return Ok(PageContent::Sanitised(copy));
        }
        let image = pictures
            .next()
            .unwrap_or(Err(PageError::NoSuchPage { page: page.number }));
        let mut image = image?;
        if image.treatment == PageTreatment::Rendered {
            image.doubts = match looked.doubts_of(page.number) {
                Some(doubts) => doubts.to_vec(),
                None => late(scans, page.number, &image, late_doubts)?,
            };
        }
        Ok(picture(image, page, reading).into())
    });
    let copy = |file: usize, order: &_| scans.copy(file, order);
    compose::compose(pages, copy, metadata, out)
}

/// What speaks against a page that was to be taken from its image data, and had to be drawn.
fn late(
    scans: &Scans,
    page: usize,
    image: &PageImage,
    late_doubts: LateDoubts,
) -> Result<Vec<RenderDoubt>, PageError> {
    let doubts = second_look::look_at_once(scans, page, image)?;
    if !doubts.is_empty() && late_doubts == LateDoubts::Stop {
        let fault = PageFault::NotLookedAt;
        return Err(PageError::Page { page, fault });
    }
    Ok(doubts)
}

/// The page whose drawing a person must see first, if that stopped the composing.
pub fn not_looked_at<T>(composed: &Result<T, ComposeError<PageError>>) -> Option<usize> {
    match composed {
        Err(ComposeError::Page(PageError::Page {
            page,
            fault: PageFault::NotLookedAt,
        })) => Some(*page),
        _ => None,
    }
}

/// A page that keeps its own text and drawing. It stands as its author set it, but for a person's turn.
fn sanitised(
    scans: &Scans,
    planned: &PlannedPage,
    reading: &[ReadPage],
) -> Option<SanitisedContent> {
    let (original, page) = scans.source_of(planned.number)?;
    let (pdf, _) = scans.pdf_of(planned.number)?;
    let (PageWay::Sanitised(copy), sheet) = (pdf.ways.get(page)?, *pdf.sheets.get(page)?) else {
        return None;
    };
    let read = reading.get(planned.number).map(|read| &read.page);
    Some(SanitisedContent {
        original,
        page,
        rotate: (sheet.rotate + planned.turned) % 360,
        sheet,
        copy: copy.clone(),
        reading: read.map(|read| read.reading).unwrap_or_default(),
        confidence: read.and_then(|read| read.confidence),
    })
}

/// A page that is a picture: shown the way its text stands, its words over it.
fn picture(image: PageImage, planned: &PlannedPage, reading: &[ReadPage]) -> Picture {
    let text = reading.get(planned.number).map(|read| read.page.clone());
    let mut picture = as_it_stands(image, text);
    let degrees = &mut picture.image.rotation.degrees;
    *degrees = (*degrees + planned.turned) % 360;
    picture
}

/// A page, and where it was read its words; then it is shown the way they stand.
fn as_it_stands(mut image: PageImage, text: Option<RecognisedPage>) -> Picture {
    // The text of a mirrored page was read from the mirror; its turn says nothing.
    if let Some(text) = &text
        && !image.rotation.mirrored
    {
        image.rotation.degrees = text.upright;
    }
    Picture { image, text }
}

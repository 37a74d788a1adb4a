//! Pages in, a PDF/A-2 file out, each page written and forgotten before the next is asked for.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use pdf_writer::{Content, Filter, Name, Rect, Ref};

use super::ComposeError;
use super::frame::Frame;
use super::geometry::PageGeometry;
use super::image_object::ImageObject;
use super::metadata::{PdfaMetadata, XmpPacket};
use super::object_writer::ObjectWriter;
use super::sanitised::{Awaited, NotCopied, SanitisedContent, pdf_page_record};
use super::text_layer::{self, GlyphlessFont, TextLayer};
use crate::pages::{CopiedPages, CopyOrder, PageFile, PageImage, PdfSheet};
use crate::recognise::RecognisedPage;
use crate::record::{DigestingWriter, PageRecord, PageTreatment, Sha256Digest, Written};

/// The name of a page's one image in its resources.
const IMAGE: Name<'static> = Name(b"Im0");

/// Part and conformance level of ISO 19005.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConformanceLevel {
    /// Part 2, level B: looks the same for ever.
    A2b,
    /// Part 2, level U: level B, and all text maps to Unicode.
    A2u,
}

impl ConformanceLevel {
    /// The value in `record.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ConformanceLevel::A2b => "PDF/A-2b",
            ConformanceLevel::A2u => "PDF/A-2u",
        }
    }

    /// `pdfaid:part`.
    pub(super) fn part(self) -> &'static str {
        match self {
            ConformanceLevel::A2b | ConformanceLevel::A2u => "2",
        }
    }

    /// `pdfaid:conformance`.
    pub(super) fn level(self) -> &'static str {
        match self {
            ConformanceLevel::A2b => "B",
            ConformanceLevel::A2u => "U",
        }
    }
}

/// One page for [`compose`].
#[derive(Debug, Clone)]
pub enum PageContent {
    /// A picture, and the words on it.
    Picture(Box<Picture>),
    /// A page with the text and drawing that it came with.
    Sanitised(SanitisedContent),
}

/// A page that is one picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Embedded as it is.
    pub image: PageImage,
    /// What was read from it; its words become invisible text over the picture.
    pub text: Option<RecognisedPage>,
}

impl From<PageImage> for PageContent {
    fn from(image: PageImage) -> Self {
        Picture { image, text: None }.into()
    }
}

impl From<Picture> for PageContent {
    fn from(picture: Picture) -> Self {
        Self::Picture(Box::new(picture))
    }
}

/// A PDF/A file as it was written, not yet signed and not yet read back.
#[derive(Debug, Clone)]
pub struct PdfaDocument {
    /// Where it is.
    pub path: PathBuf,
    /// What it claims to be.
    pub conformance: ConformanceLevel,
    /// Its pages, in order.
    pub pages: Vec<PageRecord>,
    /// Length and digests of the file.
    pub digests: Written,
}

/// Writes the pages, in order, as a new PDF/A-2 file at `out`: level U if there is text and all of it maps to
/// Unicode, else level B. Equal input gives equal bytes.
///
/// Every image stream is embedded exactly as it is in `PageImage::data`. `copy` gives the objects of
/// sanitised pages, by the index of their file. Memory: one picture at a time, or one file's copied objects.
/// The file is flushed but not synced; that is the archive's duty.
///
/// # Errors
/// An error of `pages` or `copy` passes through; `out` must not exist and stays behind, incomplete, when
/// anything fails after it was created.
pub fn compose<E>(
    pages: impl Iterator<Item = Result<PageContent, E>>,
    copy: impl FnMut(usize, &CopyOrder) -> Result<CopiedPages, E>,
    metadata: &PdfaMetadata<'_>,
    out: &Path,
) -> Result<PdfaDocument, ComposeError<E>> {
    let cannot_write = |source| ComposeError::Write {
        path: out.to_owned(),
        source,
    };
    let mut document = File::create_new(out)
        .and_then(DocumentWriter::start)
        .map_err(cannot_write)?;
    let mut records = Vec::new();
    for page in pages {
        let record = match page.map_err(ComposeError::Page)? {
            PageContent::Picture(picture) => {
                let size = (picture.image.width_px, picture.image.height_px);
                let written = document.picture(*picture).map_err(cannot_write)?;
                written.ok_or(ComposeError::Geometry {
                    page: records.len() + 1,
                    width_px: size.0,
                    height_px: size.1,
                })?
            }
            PageContent::Sanitised(page) => document.await_copy(&page),
        };
        records.push(record);
    }
    if records.is_empty() {
        return Err(ComposeError::NoPages);
    }
    document.copy_awaited(copy).map_err(|failed| match failed {
        NotCopied::Page(error) => ComposeError::Page(error),
        NotCopied::Write(source) => cannot_write(source),
    })?;
    let conformance = document.conformance();
    let xmp = XmpPacket::new(metadata, conformance);
    let digests = document.finish(&xmp, &records).map_err(cannot_write)?;
    Ok(PdfaDocument {
        path: out.to_owned(),
        conformance,
        pages: records,
        digests,
    })
}

/// Makes a copy, at `out`, of a file that is PDF/A already, byte for byte. It is said to be level B, whatever it
/// claims: the other levels are not checked.
///
/// # Errors
/// The disk's; `out` must not exist.
pub fn keep<E>(file: &PageFile, out: &Path) -> Result<PdfaDocument, ComposeError<E>> {
    let cannot_write = |source| ComposeError::Write {
        path: out.to_owned(),
        source,
    };
    let copy = || {
        let mut from = File::open(file.path())?;
        let mut to = DigestingWriter::new(File::create_new(out)?);
        io::copy(&mut from, &mut to)?;
        Ok(to.finish().1)
    };
    let digests: Written = copy().map_err(cannot_write)?;
    let sheets = file.pdf().map_or(&[][..], |pdf| &pdf.sheets);
    let record = |(page, sheet): (usize, &PdfSheet)| {
        let treatment = PageTreatment::Kept;
        pdf_page_record((0, page), *sheet, treatment, digests.sha256)
    };
    Ok(PdfaDocument {
        path: out.to_owned(),
        conformance: ConformanceLevel::A2b,
        pages: sheets.iter().enumerate().map(record).collect(),
        digests,
    })
}

/// The file identifier (ISO 32000-1 §14.4) follows from the record and its content instead of chance.
fn file_id(xmp: &XmpPacket, pages: &[PageRecord], contents: &[Sha256Digest]) -> [u8; 16] {
    let mut content = xmp.as_bytes().to_vec();
    let images = pages.iter().map(|page| &page.stream_sha256);
    for digest in images.chain(contents) {
        content.extend_from_slice(digest.as_bytes());
    }
    let digest = Sha256Digest::of(&content);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    id
}

/// The document's objects between the two halves of its frame.
struct DocumentWriter {
    objects: ObjectWriter<BufWriter<File>>,
    frame: Frame,
    /// Of each page; nothing yet for those that are copied last.
    pages: Vec<Option<Ref>>,
    awaited: Awaited,
    /// Whether all text that is copied maps to Unicode; nothing where none is copied.
    unicode: Option<bool>,
    /// Of each page's content stream.
    contents: Vec<Sha256Digest>,
    /// Written with the first page that has text.
    font: Option<Ref>,
}

impl DocumentWriter {
    fn start(file: File) -> io::Result<Self> {
        let buffered = BufWriter::with_capacity(256 * 1024, file);
        let mut objects = ObjectWriter::start(buffered)?;
        let frame = Frame::start(&mut objects)?;
        Ok(Self {
            objects,
            frame,
            pages: Vec::new(),
            awaited: Awaited::default(),
            unicode: None,
            contents: Vec::new(),
            font: None,
        })
    }

    /// `None` if its size or place make no page.
    fn picture(&mut self, picture: Picture) -> io::Result<Option<PageRecord>> {
        let Picture { image, text } = picture;
        let geometry = PageGeometry::of(&image);
        let (Some(geometry), Some(object)) = (geometry, ImageObject::of(&image)) else {
            return Ok(None);
        };
        let mut record = image.to_record();
        if let Some(text) = &text {
            (record.reading, record.confidence) = (text.reading, text.confidence);
        }
        let text = text.and_then(|text| TextLayer::of(&text, &image, &geometry));
        self.page(&geometry, &object, text.as_ref())?;
        Ok(Some(record))
    }

    fn await_copy(&mut self, page: &SanitisedContent) -> PageRecord {
        self.awaited.push(page, self.pages.len());
        self.pages.push(None);
        self.unicode = Some(self.unicode.unwrap_or(true) && page.copy.unicode);
        page.to_record()
    }

    fn copy_awaited<E>(
        &mut self,
        copy: impl FnMut(usize, &CopyOrder) -> Result<CopiedPages, E>,
    ) -> Result<(), NotCopied<E>> {
        let awaited = std::mem::take(&mut self.awaited);
        for (place, page) in awaited.write(&mut self.objects, self.frame.page_tree, copy)? {
            if let Some(slot) = self.pages.get_mut(place) {
                *slot = Some(page);
            }
        }
        Ok(())
    }

    fn page(
        &mut self,
        geometry: &PageGeometry,
        image: &ImageObject<'_>,
        text: Option<&TextLayer>,
    ) -> io::Result<()> {
        let font = text.map(|_| self.font()).transpose()?;
        let image_id = self.objects.reserve()?;
        let contents = self.objects.reserve()?;
        let page = self.objects.reserve()?;
        self.objects
            .object(image_id, |chunk| image.write(chunk, image_id))?;
        self.contents(contents, geometry.image_matrix, text)?;
        let page_tree = self.frame.page_tree;
        self.objects.object(page, |chunk| {
            let mut dictionary = chunk.page(page);
            let (width, height) = geometry.page_size;
            dictionary
                .parent(page_tree)
                .media_box(Rect::new(0.0, 0.0, width, height))
                .contents(contents);
            if geometry.rotate != 0 {
                dictionary.rotate(geometry.rotate);
            }
            let mut resources = dictionary.resources();
            resources.x_objects().pair(IMAGE, image_id);
            if let Some(font) = font {
                resources.fonts().pair(text_layer::FONT, font);
            }
        })?;
        self.pages.push(Some(page));
        Ok(())
    }

    /// The one font of the document.
    fn font(&mut self) -> io::Result<Ref> {
        if let Some(font) = self.font {
            return Ok(font);
        }
        let font = GlyphlessFont::write(&mut self.objects)?;
        self.font = Some(font);
        Ok(font)
    }

    /// The page's content: the one image under its matrix, and the words over it.
    fn contents(&mut self, id: Ref, matrix: [f32; 6], text: Option<&TextLayer>) -> io::Result<()> {
        let mut content = Content::new();
        content
            .save_state()
            .transform(matrix)
            .x_object(IMAGE)
            .restore_state();
        if let Some(text) = text {
            text.show(&mut content);
        }
        let plain = content.finish();
        self.contents.push(Sha256Digest::of(&plain));
        // One line of content is shorter as it is; a page of words is five times shorter deflated.
        let deflated = text.map(|_| text_layer::compressed(&plain)).transpose()?;
        self.objects.object(id, |chunk| match &deflated {
            Some(data) => {
                chunk.stream(id, data).filter(Filter::FlateDecode);
            }
            None => {
                chunk.stream(id, &plain);
            }
        })
    }

    /// What the pages written so far may claim together.
    fn conformance(&self) -> ConformanceLevel {
        match (self.font, self.unicode) {
            (_, Some(false)) | (None, None) => ConformanceLevel::A2b,
            (Some(_), _) | (_, Some(true)) => ConformanceLevel::A2u,
        }
    }

    fn finish(self, xmp: &XmpPacket, records: &[PageRecord]) -> io::Result<Written> {
        let id = file_id(xmp, records, &self.contents);
        let pages = self.pages.into_iter().flatten().collect();
        self.frame.finish(self.objects, xmp, pages, &id)
    }
}

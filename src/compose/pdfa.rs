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
use super::text_layer::{self, GlyphlessFont, TextLayer};
use crate::pages::PageImage;
use crate::recognise::RecognisedPage;
use crate::record::{Digests, PageRecord, Sha256Digest};

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
pub struct PageContent {
    /// The picture, embedded as it is.
    pub image: PageImage,
    /// What was read from it; its words become invisible text over the picture.
    pub text: Option<RecognisedPage>,
}

impl From<PageImage> for PageContent {
    fn from(image: PageImage) -> Self {
        Self { image, text: None }
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
    pub digests: Digests,
}

/// Writes the pages, in order, as a new PDF/A file at `out`: level U if a word is on any page, else
/// level B. Equal input gives equal bytes.
///
/// Every image stream is embedded exactly as it is in `PageImage::data`. Memory: one page at a time.
/// The file is flushed but not synced; that is the archive's duty.
///
/// # Errors
/// An error of `pages` passes through; `out` must not exist and stays behind, incomplete, when anything
/// fails after it was created.
pub fn compose<E>(
    pages: impl Iterator<Item = Result<PageContent, E>>,
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
        let PageContent { image, text } = page.map_err(ComposeError::Page)?;
        let geometry = PageGeometry::of(&image);
        let (Some(geometry), Some(object)) = (geometry, ImageObject::of(&image)) else {
            return Err(ComposeError::Geometry {
                page: records.len() + 1,
                width_px: image.width_px,
                height_px: image.height_px,
            });
        };
        let mut record = image.to_record();
        if let Some(text) = &text {
            (record.reading, record.confidence) = (text.reading, text.confidence);
        }
        let text = text.and_then(|text| TextLayer::of(&text, &image, &geometry));
        document
            .page(&geometry, &object, text.as_ref())
            .map_err(cannot_write)?;
        records.push(record);
    }
    if records.is_empty() {
        return Err(ComposeError::NoPages);
    }
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
    pages: Vec<Ref>,
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
            contents: Vec::new(),
            font: None,
        })
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
        self.pages.push(page);
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
        match self.font {
            Some(_) => ConformanceLevel::A2u,
            None => ConformanceLevel::A2b,
        }
    }

    fn finish(self, xmp: &XmpPacket, records: &[PageRecord]) -> io::Result<Digests> {
        let id = file_id(xmp, records, &self.contents);
        self.frame.finish(self.objects, xmp, self.pages, &id)
    }
}

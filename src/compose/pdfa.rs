//! Page images in, a PDF/A-2b file out, each page written and forgotten before the next is asked for.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::writers::Catalog;
use pdf_writer::{Chunk, Content, Finish, Name, Rect, Ref, TextStr};

use super::ComposeError;
use super::geometry::PageGeometry;
use super::image_object::ImageObject;
use super::metadata::{PdfaMetadata, XmpPacket};
use super::object_writer::ObjectWriter;
use crate::pages::PageImage;
use crate::record::{Digests, PageRecord, Sha256Digest};

/// sRGB as an ICC v2 profile of 736 bytes, from <https://github.com/saucecontrol/Compact-ICC-Profiles>,
/// dedicated to the public domain (CC0 1.0).
const SRGB_PROFILE: &[u8] = include_bytes!("srgb-v2-magic.icc");

/// The name of a page's one image in its resources.
const IMAGE: Name<'static> = Name(b"Im0");

/// Part and conformance level of ISO 19005.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConformanceLevel {
    /// Part 2, level B: looks the same for ever.
    A2b,
}

impl ConformanceLevel {
    /// The value in `record.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ConformanceLevel::A2b => "PDF/A-2b",
        }
    }

    /// `pdfaid:part`.
    pub(super) fn part(self) -> &'static str {
        match self {
            ConformanceLevel::A2b => "2",
        }
    }

    /// `pdfaid:conformance`.
    pub(super) fn level(self) -> &'static str {
        match self {
            ConformanceLevel::A2b => "B",
        }
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

/// Writes the pages, in order, as a new PDF/A-2b file at `out`. Equal input gives equal bytes.
///
/// Every image stream is embedded exactly as it is in `PageImage::data`. Memory: one page at a time.
/// The file is flushed but not synced; that is the archive's duty.
///
/// # Errors
/// An error of `pages` passes through; `out` must not exist and stays behind, incomplete, when anything
/// fails after it was created.
pub fn compose<E>(
    pages: impl Iterator<Item = Result<PageImage, E>>,
    metadata: &PdfaMetadata<'_>,
    out: &Path,
) -> Result<PdfaDocument, ComposeError<E>> {
    let cannot_write = |source| ComposeError::Write {
        path: out.to_owned(),
        source,
    };
    let conformance = ConformanceLevel::A2b;
    let xmp = XmpPacket::new(metadata, conformance);
    let mut document = File::create_new(out)
        .and_then(|file| DocumentWriter::start(file, &xmp))
        .map_err(cannot_write)?;
    let mut records = Vec::new();
    for page in pages {
        let image = page.map_err(ComposeError::Page)?;
        let geometry = PageGeometry::of(&image);
        let (Some(geometry), Some(object)) = (geometry, ImageObject::of(&image)) else {
            return Err(ComposeError::Geometry {
                page: records.len() + 1,
                width_px: image.width_px,
                height_px: image.height_px,
            });
        };
        document.page(&geometry, &object).map_err(cannot_write)?;
        records.push(image.to_record());
    }
    if records.is_empty() {
        return Err(ComposeError::NoPages);
    }
    let id = file_id(&xmp, &records);
    let digests = document.finish(&id).map_err(cannot_write)?;
    Ok(PdfaDocument {
        path: out.to_owned(),
        conformance,
        pages: records,
        digests,
    })
}

/// The file identifier (ISO 32000-1 §14.4) follows from the record and its content instead of chance.
fn file_id(xmp: &XmpPacket, pages: &[PageRecord]) -> [u8; 16] {
    let mut content = xmp.as_bytes().to_vec();
    for page in pages {
        content.extend_from_slice(page.stream_sha256.as_bytes());
    }
    let digest = Sha256Digest::of(&content);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_bytes()[..16]);
    id
}

/// The document's objects: catalog, metadata and output intent first, the page tree last.
struct DocumentWriter {
    objects: ObjectWriter<BufWriter<File>>,
    catalog: Ref,
    page_tree: Ref,
    pages: Vec<Ref>,
}

impl DocumentWriter {
    fn start(file: File, xmp: &XmpPacket) -> io::Result<Self> {
        let buffered = BufWriter::with_capacity(256 * 1024, file);
        let mut objects = ObjectWriter::start(buffered)?;
        let catalog = objects.reserve()?;
        let page_tree = objects.reserve()?;
        let metadata = objects.reserve()?;
        let profile = objects.reserve()?;
        objects.object(catalog, |chunk| {
            let mut catalog: Catalog<'_> = chunk.indirect(catalog).start();
            catalog.pages(page_tree).metadata(metadata);
            catalog.lang(TextStr("vi-VN"));
            catalog.viewer_preferences().display_doc_title(true);
            catalog
                .output_intents()
                .push()
                .subtype(OutputIntentSubtype::PDFA)
                .output_condition_identifier(TextStr("sRGB"))
                .info(TextStr("sRGB IEC61966-2.1"))
                .dest_output_profile(profile);
        })?;
        // Uncompressed, so that the packet is found by programs that do not read PDF.
        objects.object(metadata, |chunk| {
            chunk.metadata(metadata, xmp.as_bytes());
        })?;
        objects.object(profile, |chunk| {
            chunk.icc_profile(profile, SRGB_PROFILE).n(3);
        })?;
        Ok(Self {
            objects,
            catalog,
            page_tree,
            pages: Vec::new(),
        })
    }

    fn page(&mut self, geometry: &PageGeometry, image: &ImageObject<'_>) -> io::Result<()> {
        let image_id = self.objects.reserve()?;
        let contents = self.objects.reserve()?;
        let page = self.objects.reserve()?;
        self.objects
            .object(image_id, |chunk| image.write(chunk, image_id))?;
        self.objects.object(contents, |chunk| {
            chunk.stream(contents, &paint(geometry.image_matrix));
        })?;
        let page_tree = self.page_tree;
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
            dictionary.resources().x_objects().pair(IMAGE, image_id);
        })?;
        self.pages.push(page);
        Ok(())
    }

    fn finish(mut self, file_id: &[u8; 16]) -> io::Result<Digests> {
        let (page_tree, pages) = (self.page_tree, self.pages);
        let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
        self.objects.object(page_tree, |chunk: &mut Chunk| {
            chunk.pages(page_tree).count(count).kids(pages).finish();
        })?;
        self.objects.finish(self.catalog, file_id)
    }
}

/// The page's content: the one image under its matrix.
fn paint(matrix: [f32; 6]) -> Vec<u8> {
    let mut content = Content::new();
    content
        .save_state()
        .transform(matrix)
        .x_object(IMAGE)
        .restore_state();
    content.finish().to_vec()
}

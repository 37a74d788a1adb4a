//! Structure of a finished document, read with the `pdf` crate: pages, boxes, images, that text is
//! invisible, the PDF/A claim.
//!
//! Objects are walked as they are, without the crate's typed model, so that the catalog and the first
//! page may carry what a signature adds. Image streams are compared by the digest of their encoded
//! bytes, so nothing is decoded. Memory: the file and one image.

mod content;

use std::fs;
use std::path::Path;

use pdf::content::{Matrix, parse_ops};
use pdf::file::{NoCache, NoLog, Storage};
use pdf::object::{Object, ParseOptions, Resolve, Stream};
use pdf::primitive::{Dictionary, PdfStream, Primitive};

use super::{DocumentPart, PageFault, ReadBackError, Streams};
use crate::record::{PageRecord, PageTreatment, Sha256Digest};
use content::PageContent;

/// ISO 19005-2 §6.1.13: sides of a page box.
const PAGE_SIDES: std::ops::RangeInclusive<f32> = 3.0..=14_400.0;

/// Page tree nodes that are visited for each page expected; our own trees have one for all pages.
const MAX_NODES_A_PAGE: usize = 4;

/// Compares the document on disk, signed or not, with the pages that it must have.
///
/// # Errors
/// The first difference found; I/O errors are retryable, all others mean that a wrong file was written
/// or that it was changed since.
pub fn check(
    document: &Path,
    expected: &[PageRecord],
    streams: Streams,
) -> Result<(), ReadBackError> {
    check_document(&Document::read(document)?, expected, streams)
}

fn check_document(
    document: &Document,
    expected: &[PageRecord],
    streams: Streams,
) -> Result<(), ReadBackError> {
    let reader = document.reader()?;
    let claim = reader.check_conformance()?;
    let pages = reader.pages(expected.len())?;
    for (index, (page, record)) in pages.iter().zip(expected).enumerate() {
        let drawn =
            reader
                .check_page(page, record, streams)
                .map_err(|fault| ReadBackError::Page {
                    page: index + 1,
                    fault,
                })?;
        if drawn.is_some_and(|content| content.has_text) && claim != Claim::Unicode {
            return Err(ReadBackError::Conformance);
        }
    }
    Ok(())
}

/// Conformance level of ISO 19005-2 that a document claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Level B.
    Basic,
    /// Level U.
    Unicode,
}

/// A document in memory with its cross-references.
pub(super) struct Document {
    storage: Storage<Vec<u8>, NoCache, NoCache, NoLog>,
    trailer: Dictionary,
}

impl Document {
    /// Reads the whole file.
    pub(super) fn read(path: &Path) -> Result<Self, ReadBackError> {
        let bytes = fs::read(path).map_err(|source| ReadBackError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::of(bytes)
    }

    fn of(bytes: Vec<u8>) -> Result<Self, ReadBackError> {
        let malformed = |_| ReadBackError::Malformed {
            part: DocumentPart::CrossReferences,
        };
        let mut storage =
            Storage::with_cache(bytes, ParseOptions::strict(), NoCache, NoCache, NoLog)
                .map_err(malformed)?;
        let trailer = storage.load_storage_and_trailer().map_err(malformed)?;
        if trailer.get("Encrypt").is_some() {
            return Err(ReadBackError::Encrypted);
        }
        Ok(Self { storage, trailer })
    }

    pub(super) fn reader(&self) -> Result<Reader<impl Resolve + '_>, ReadBackError> {
        let resolver = self.storage.resolver();
        let catalog = match self.trailer.get("Root") {
            Some(catalog) => catalog.clone().resolve(&resolver),
            None => Ok(Primitive::Null),
        };
        let catalog =
            catalog
                .and_then(Primitive::into_dictionary)
                .map_err(|_| ReadBackError::Malformed {
                    part: DocumentPart::Catalog,
                })?;
        Ok(Reader { resolver, catalog })
    }
}

/// The objects of a document.
pub(super) struct Reader<R> {
    pub(super) resolver: R,
    catalog: Dictionary,
}

impl<R: Resolve> Reader<R> {
    /// The value of a key, behind a reference or not; null where there is none.
    fn value(&self, dictionary: &Dictionary, key: &str) -> pdf::error::Result<Primitive> {
        match dictionary.get(key) {
            Some(value) => value.clone().resolve(&self.resolver),
            None => Ok(Primitive::Null),
        }
    }

    fn dictionary(&self, parent: &Dictionary, key: &str) -> pdf::error::Result<Dictionary> {
        self.value(parent, key)?.into_dictionary()
    }

    fn check_conformance(&self) -> Result<Claim, ReadBackError> {
        let malformed = |part| move |_| ReadBackError::Malformed { part };
        let metadata = self
            .value(&self.catalog, "Metadata")
            .and_then(|value| Stream::<()>::from_primitive(value, &self.resolver))
            .and_then(|stream| stream.data(&self.resolver))
            .map_err(malformed(DocumentPart::Metadata))?;
        let xmp = String::from_utf8_lossy(&metadata);
        let intents = self
            .value(&self.catalog, "OutputIntents")
            .and_then(Primitive::into_array)
            .map_err(malformed(DocumentPart::Catalog))?;
        let is_pdfa_intent = |intent: Primitive| {
            let intent = intent.resolve(&self.resolver);
            intent
                .and_then(Primitive::into_dictionary)
                .is_ok_and(|intent| is_name(intent.get("S"), "GTS_PDFA1"))
        };
        let part = xmp_value(&xmp, "pdfaid:part");
        let claim = match (part, xmp_value(&xmp, "pdfaid:conformance")) {
            (Some("2"), Some("B" | "A")) => Claim::Basic,
            (Some("2"), Some("U")) => Claim::Unicode,
            _ => return Err(ReadBackError::Conformance),
        };
        if intents.into_iter().any(is_pdfa_intent) {
            Ok(claim)
        } else {
            Err(ReadBackError::Conformance)
        }
    }

    /// The page dictionaries in order, exactly as many as `expected`.
    pub(super) fn pages(&self, expected: usize) -> Result<Vec<Dictionary>, ReadBackError> {
        let pages = self.page_tree(expected)?;
        if pages.len() == expected {
            Ok(pages)
        } else {
            Err(ReadBackError::PageCount {
                expected,
                found: pages.len(),
            })
        }
    }

    /// The leaves of the page tree, at most one more than `expected`.
    fn page_tree(&self, expected: usize) -> Result<Vec<Dictionary>, ReadBackError> {
        let malformed = |_| ReadBackError::Malformed {
            part: DocumentPart::PageTree,
        };
        let root = self.dictionary(&self.catalog, "Pages").map_err(malformed)?;
        let declared = root.get("Count").and_then(|count| count.as_usize().ok());
        let mut pages = Vec::new();
        // Nodes still to visit, the next one last; a tree that visits more nodes than it can need is a loop.
        let mut pending = vec![Primitive::Dictionary(root)];
        for _ in 0..MAX_NODES_A_PAGE * (expected + 1) {
            let Some(node) = pending.pop() else { break };
            let node = node
                .resolve(&self.resolver)
                .and_then(Primitive::into_dictionary)
                .map_err(malformed)?;
            if is_name(node.get("Type"), "Page") {
                pages.push(node);
            } else {
                let kids = self.value(&node, "Kids").and_then(Primitive::into_array);
                pending.extend(kids.map_err(malformed)?.into_iter().rev());
            }
            if pages.len() > expected {
                return Ok(pages);
            }
        }
        if pending.is_empty() && declared == Some(pages.len()) {
            Ok(pages)
        } else {
            Err(ReadBackError::Malformed {
                part: DocumentPart::PageTree,
            })
        }
    }

    /// What a page that is a picture draws; nothing is judged of what other pages draw.
    fn check_page(
        &self,
        page: &Dictionary,
        record: &PageRecord,
        streams: Streams,
    ) -> Result<Option<PageContent>, PageFault> {
        let page_box = self.page_box(page)?;
        if record.treatment == PageTreatment::Kept {
            // The file is the original byte for byte, which its digest says; its pages are as they were.
            return Ok(None);
        }
        let rotation = match self.value(page, "Rotate").map_err(unreadable)? {
            Primitive::Null => 0,
            value => value.as_integer().map_err(unreadable)?,
        };
        if rotation != i32::from(record.rotation) {
            return Err(PageFault::Rotation {
                expected: record.rotation,
                found: rotation,
            });
        }
        if record.treatment == PageTreatment::Sanitised {
            self.check_sanitised(page, record, streams)?;
            return Ok(None);
        }
        let (name, image) = self.only_image(page)?;
        let content = self.check_content(page, page_box, &name)?;
        self.check_image(&image, record, streams)?;
        Ok(Some(content))
    }

    /// The content stream of a page of text and drawing is what was copied.
    fn check_sanitised(
        &self,
        page: &Dictionary,
        record: &PageRecord,
        streams: Streams,
    ) -> Result<(), PageFault> {
        let content = self
            .value(page, "Contents")
            .and_then(|value| Stream::<()>::from_primitive(value, &self.resolver))
            .and_then(|stream| stream.data(&self.resolver))
            .map_err(unreadable)?;
        require_stream(&content, record, streams)
    }

    /// Left, bottom, right, top.
    fn page_box(&self, page: &Dictionary) -> Result<[f32; 4], PageFault> {
        let corners: Vec<f32> = self
            .value(page, "MediaBox")
            .and_then(Primitive::into_array)
            .map_err(|_| PageFault::Box)?
            .iter()
            .filter_map(|corner| corner.as_number().ok())
            .collect();
        let [left, bottom, right, top] = corners.try_into().map_err(|_| PageFault::Box)?;
        (PAGE_SIDES.contains(&(right - left)) && PAGE_SIDES.contains(&(top - bottom)))
            .then_some([left, bottom, right, top])
            .ok_or(PageFault::Box)
    }

    /// Name and stream of the one image in the page's resources.
    pub(super) fn only_image(&self, page: &Dictionary) -> Result<(String, PdfStream), PageFault> {
        let resources = self.dictionary(page, "Resources").map_err(unreadable)?;
        let objects = match self.value(&resources, "XObject").map_err(unreadable)? {
            Primitive::Null => Dictionary::new(),
            value => value.into_dictionary().map_err(unreadable)?,
        };
        let mut images = Vec::new();
        for (name, object) in objects.iter() {
            let stream =
                PdfStream::from_primitive(object.clone(), &self.resolver).map_err(unreadable)?;
            if is_name(stream.info.get("Subtype"), "Image") {
                images.push((name.as_str().to_owned(), stream));
            }
        }
        match (images.pop(), images.len()) {
            (Some(image), 0) => Ok(image),
            (last, others) => Err(PageFault::Images {
                found: others + usize::from(last.is_some()),
            }),
        }
    }

    /// The content paints the image once, and on the page, and nothing else that could be seen.
    fn check_content(
        &self,
        page: &Dictionary,
        page_box: [f32; 4],
        image: &str,
    ) -> Result<PageContent, PageFault> {
        let operations = self
            .value(page, "Contents")
            .and_then(|value| Stream::<()>::from_primitive(value, &self.resolver))
            .and_then(|stream| stream.data(&self.resolver))
            .and_then(|data| parse_ops(&data, &self.resolver))
            .map_err(unreadable)?;
        let content = PageContent::of(&operations, image)?;
        if is_on_page(content.matrix, page_box) {
            Ok(content)
        } else {
            Err(PageFault::NotPainted)
        }
    }

    fn check_image(
        &self,
        image: &PdfStream,
        record: &PageRecord,
        streams: Streams,
    ) -> Result<(), PageFault> {
        let expected = (record.width_px, record.height_px);
        let side = |key| image.info.get(key).and_then(|side| side.as_u32().ok());
        let found = side("Width")
            .zip(side("Height"))
            .ok_or(PageFault::Malformed)?;
        if found != expected {
            return Err(PageFault::Dimensions { expected, found });
        }
        let data = image.raw_data(&self.resolver).map_err(unreadable)?;
        if !is_decodable(&image.info, &data) {
            return Err(PageFault::Encoding);
        }
        require_stream(&data, record, streams)
    }
}

/// The page's stream is the one that was written.
fn require_stream(data: &[u8], record: &PageRecord, streams: Streams) -> Result<(), PageFault> {
    if streams == Streams::Proven {
        return Ok(());
    }
    let found = Sha256Digest::of(data);
    if found == record.stream_sha256 {
        Ok(())
    } else {
        Err(PageFault::Stream {
            expected: record.stream_sha256,
            found,
        })
    }
}

/// Whether the unit square under `m` has an area and the box around it overlaps the page.
fn is_on_page(m: Matrix, [left, bottom, right, top]: [f32; 4]) -> bool {
    let reaches = |from: f32, first: f32, second: f32, low: f32, high: f32| {
        let corners = [from, from + first, from + second, from + first + second];
        corners.iter().any(|corner| *corner < high) && corners.iter().any(|corner| *corner > low)
    };
    m.a * m.d - m.b * m.c != 0.0
        && reaches(m.e, m.a, m.c, left, right)
        && reaches(m.f, m.b, m.d, bottom, top)
}

/// Whether filter, decode parameters, colour space and precision fit each other and the data.
fn is_decodable(image: &Dictionary, data: &[u8]) -> bool {
    let number = |dictionary: &Dictionary, key| dictionary.get(key).and_then(|n| n.as_u32().ok());
    let components = match image
        .get("ColorSpace")
        .and_then(|space| space.as_name().ok())
    {
        Some("DeviceGray") => 1,
        Some("DeviceRGB") => 3,
        _ => return false,
    };
    let (width, bits) = (number(image, "Width"), number(image, "BitsPerComponent"));
    let parameters = image
        .get("DecodeParms")
        .and_then(|parameters| parameters.as_dict().ok());
    match (
        image.get("Filter").and_then(|filter| filter.as_name().ok()),
        parameters,
    ) {
        (Some("DCTDecode"), None) => bits == Some(8) && data.starts_with(&[0xFF, 0xD8]),
        // Segments without a file header and without shared ones beside them.
        (Some("JBIG2Decode"), None) => {
            (components, bits) == (1, Some(1)) && !data.starts_with(b"\x97JB2")
        }
        (Some("CCITTFaxDecode"), Some(fax)) => {
            (components, bits) == (1, Some(1))
                && matches!(fax.get("K"), Some(Primitive::Integer(-1)))
                && number(fax, "Columns") == width
                && number(fax, "Rows") == number(image, "Height")
        }
        (Some("FlateDecode"), None) => matches!((components, bits), (1, Some(1)) | (_, Some(8))),
        (Some("FlateDecode"), Some(flate)) => {
            number(flate, "Predictor") == Some(15)
                && number(flate, "Columns") == width
                && number(flate, "Colors") == Some(components)
                && number(flate, "BitsPerComponent") == bits
        }
        _ => false,
    }
}

fn unreadable(_: pdf::PdfError) -> PageFault {
    PageFault::Malformed
}

fn is_name(value: Option<&Primitive>, name: &str) -> bool {
    value.is_some_and(|value| value.as_name().is_ok_and(|found| found == name))
}

/// A property as an element or, as other tools write it when they touch a packet, as an attribute.
fn xmp_value<'a>(xmp: &'a str, name: &str) -> Option<&'a str> {
    let between = |open: &str, close: &str| {
        let (_, rest) = xmp.split_once(open)?;
        rest.split_once(close).map(|(value, _)| value)
    };
    between(&format!("<{name}>"), &format!("</{name}>"))
        .or_else(|| between(&format!(" {name}=\""), "\""))
}

#[cfg(test)]
mod tests;

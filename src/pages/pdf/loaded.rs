//! A PDF parsed with lopdf: its pages, and those of them that are one scanned image or none.
//!
//! A page without any content is a blank sheet and stays one. What is more than one image is a fault that says
//! what (`PageFault::NotImageOnly`), for the caller to go another way.

use std::fs::{self, File};
use std::io::ErrorKind::{InvalidData, UnexpectedEof};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::super::Taken;
use super::super::error::{Beyond, PageError, PageFault};
use super::super::image::{Placement, Rotation};
use super::super::resolution::StatedDensity;
use super::super::stream::{Bounds, PageStream, Pixels, Raster};
use super::content::{CONTENT_BYTES_MAX, Drawn, Matrix, Reader};
use super::objects::{self, damaged, inherited, numbers, value};
use super::way::PdfSheet;
use super::{abbreviated, picture, spared};
use crate::config::Limits;

/// How near the end `%%EOF` must stand; as in `capture`, which waits for it.
const END_WITHIN_BYTES: u64 = 2048;

/// Largest unit that is believed of a page, points.
const UNIT_MAX: f64 = 1000.0;

/// Sides of a page, points: 3 to 14,400 units (ISO 32000-1 Annex C).
const SIDE_MIN: f64 = 3.0;
const SIDE_MAX: f64 = 14_400.0 * UNIT_MAX;

/// Dots an inch of a blank sheet, which has no pixels of its own, and the most a side: more than A0 has.
const BLANK_DPI: f64 = 200.0;
const BLANK_SIDE_MAX: f64 = 10_000.0;

/// A loaded PDF, without the bytes of its images.
pub(super) struct Loaded {
    path: PathBuf,
    document: Document,
    pages: Vec<ObjectId>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded")
            .field("pages", &self.pages.len())
            .finish()
    }
}

impl Loaded {
    /// Loads a file and refuses it as a whole where no page of it could be right.
    pub(super) fn read(path: &Path, bytes: u64, limits: &Limits) -> Result<Self, PageError> {
        if bytes > limits.pdf_bytes() {
            return Err(PageError::FileTooLong {
                bytes,
                limit: limits.pdf_bytes(),
            });
        }
        require_end(path, bytes)?;
        let mut document = load(path, limits, false)?;
        if document.page_iter().next().is_none() && !document.is_encrypted() {
            document = load(path, limits, true)?;
        }
        if document.is_encrypted() && !document.was_encrypted() {
            return Err(PageError::PasswordPdf);
        }
        let pages: Vec<ObjectId> = document
            .page_iter()
            .take(limits.pages.saturating_add(1))
            .collect();
        if pages.len() > limits.pages {
            return Err(PageError::TooManyPages {
                limit: limits.pages,
            });
        }
        if pages.is_empty() {
            return Err(PageError::NoPages);
        }
        check_count(&document, pages.len())?;
        Ok(Self {
            path: path.to_owned(),
            document,
            pages,
        })
    }

    pub(super) fn pages(&self) -> &[ObjectId] {
        &self.pages
    }

    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether page `n` is one image or blank. Images as scanners write them are not decoded for it; others
    /// are, for nobody knows before whether they can be taken.
    pub(super) fn is_image_only(&self, n: usize, bounds: &Bounds) -> Result<(), PageFault> {
        let (id, page) = self.page(n)?;
        self.refuse_annotations(page)?;
        self.sheet(id, page)?;
        let drawn = self.drawn(id, page)?;
        match drawn.images.as_slice() {
            [] => Ok(()),
            [only] if picture::is_plain(&self.document, only, bounds)? => Ok(()),
            images => picture::take(&self.path, &self.document, images, bounds).map(drop),
        }
    }

    fn page(&self, n: usize) -> Result<(ObjectId, &Dictionary), PageFault> {
        let id = *self.pages.get(n).ok_or_else(|| damaged("page list"))?;
        let page = self.document.get_dictionary(id);
        Ok((id, page.map_err(|_| damaged("page that cannot be read"))?))
    }

    /// The paper of page `n`.
    pub(super) fn sheet_of(&self, n: usize) -> Result<PdfSheet, PageFault> {
        let (id, page) = self.page(n)?;
        let sheet = self.sheet(id, page)?;
        Ok(PdfSheet {
            size: (sheet.width, sheet.height),
            rotate: self.rotation(id).degrees,
        })
    }

    /// Takes page `n` as the image that it is.
    pub(super) fn take(&self, n: usize, bounds: &Bounds) -> Result<Taken, PageFault> {
        let (id, page) = self.page(n)?;
        self.refuse_annotations(page)?;
        let sheet = self.sheet(id, page)?;
        let drawn = self.drawn(id, page)?;
        let rotation = self.rotation(id);
        let (mut stream, placement) = if drawn.images.is_empty() {
            (sheet.blank(bounds)?, sheet.filled())
        } else {
            let (stream, matrix) =
                picture::take(&self.path, &self.document, &drawn.images, bounds)?;
            (stream, sheet.placement(matrix))
        };
        if drawn.hidden_text {
            let note = "invisible text of the PDF left out";
            stream.reason = if stream.reason.is_empty() {
                note.to_owned()
            } else {
                format!("{}; {note}", stream.reason)
            };
        }
        Ok(Taken {
            density: Some(density(&stream, placement.matrix)?),
            stream,
            rotation,
            placement: Some(placement),
            doubts: Vec::new(),
        })
    }

    /// Links leave no mark on paper; everything else does.
    fn refuse_annotations(&self, page: &Dictionary) -> Result<(), PageFault> {
        let Some(annotations) = value(&self.document, page, b"Annots") else {
            return Ok(());
        };
        let harmless = |annotation: &Object| {
            self.document
                .dereference(annotation)
                .ok()
                .and_then(|(_, object)| object.as_dict().ok())
                .and_then(|annotation| value(&self.document, annotation, b"Subtype"))
                .is_some_and(|subtype| matches!(subtype.as_name(), Ok(b"Link" | b"Popup")))
        };
        match annotations.as_array() {
            Ok(list) if list.iter().all(harmless) => Ok(()),
            _ => Err(PageFault::NotImageOnly(Beyond::Annotations)),
        }
    }

    fn drawn(&self, id: ObjectId, page: &Dictionary) -> Result<Drawn<'_>, PageFault> {
        let mut content = Vec::new();
        let streams: Vec<&Object> = match value(&self.document, page, b"Contents") {
            None => Vec::new(),
            Some(Object::Array(items)) => items.iter().collect(),
            Some(single) => vec![single],
        };
        for item in streams {
            let stream = self
                .document
                .dereference(item)
                .ok()
                .and_then(|(_, object)| object.as_stream().ok())
                .ok_or_else(|| damaged("content that cannot be read"))?;
            let rest = CONTENT_BYTES_MAX.saturating_sub(content.len());
            content.extend(objects::content(&self.document, stream, rest)?);
            content.push(b'\n');
        }
        let resources = match inherited(&self.document, id, b"Resources") {
            Some(object) => object.as_dict().map_err(|_| damaged("resources"))?,
            None => &self.document.trailer,
        };
        Reader::new(&self.document).read(&content, resources)
    }

    pub(super) fn rotation(&self, id: ObjectId) -> Rotation {
        let degrees = inherited(&self.document, id, b"Rotate")
            .and_then(|object| object.as_i64().ok())
            .unwrap_or(0)
            .rem_euclid(360);
        Rotation {
            mirrored: false,
            degrees: match degrees {
                90 => 90,
                180 => 180,
                270 => 270,
                _ => 0,
            },
        }
    }

    /// The visible box of a page (ISO 32000-1 §14.11.2): the crop box inside the media box.
    fn sheet(&self, id: ObjectId, page: &Dictionary) -> Result<Sheet, PageFault> {
        let rectangle = |key| -> Option<[f64; 4]> {
            let values = numbers(&self.document, inherited(&self.document, id, key)?)?;
            let [x0, y0, x1, y1] = <[f64; 4]>::try_from(values).ok()?;
            Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
        };
        let media = rectangle(b"MediaBox").ok_or_else(|| damaged("page without a size"))?;
        let [left, bottom, right, top] = match rectangle(b"CropBox") {
            None => media,
            Some([l, b, r, t]) => [
                l.max(media[0]),
                b.max(media[1]),
                r.min(media[2]),
                t.min(media[3]),
            ],
        };
        let unit = value(&self.document, page, b"UserUnit")
            .and_then(objects::number)
            .filter(|unit| (0.001..=UNIT_MAX).contains(unit))
            .unwrap_or(1.0);
        let sheet = Sheet {
            left,
            bottom,
            width: (right - left) * unit,
            height: (top - bottom) * unit,
            unit,
        };
        // Composed pages have no UserUnit: those too large for PDF/A are composed to a smaller scale.
        let range = SIDE_MIN..=SIDE_MAX;
        if range.contains(&sheet.width) && range.contains(&sheet.height) {
            Ok(sheet)
        } else {
            Err(damaged("page of impossible size"))
        }
    }
}

/// The paper of a page, points.
struct Sheet {
    left: f64,
    bottom: f64,
    width: f64,
    height: f64,
    unit: f64,
}

impl Sheet {
    fn placement(&self, [a, b, c, d, e, f]: Matrix) -> Placement {
        let unit = self.unit;
        Placement {
            page_size: (self.width, self.height),
            matrix: [
                a * unit,
                b * unit,
                c * unit,
                d * unit,
                (e - self.left) * unit,
                (f - self.bottom) * unit,
            ],
        }
    }

    fn filled(&self) -> Placement {
        Placement {
            page_size: (self.width, self.height),
            matrix: [self.width, 0.0, 0.0, self.height, 0.0, 0.0],
        }
    }

    /// A white image of the whole sheet.
    fn blank(&self, bounds: &Bounds) -> Result<PageStream, PageFault> {
        let longest = self.width.max(self.height);
        let dpi = BLANK_DPI.min(BLANK_SIDE_MAX * 72.0 / longest);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and the bounds are checked next"
        )]
        let pixels = |points: f64| (points / 72.0 * dpi).round().max(1.0) as u32;
        let (width, height) = (pixels(self.width), pixels(self.height));
        bounds.check(width, height, 1)?;
        let raster = Raster {
            width,
            height,
            pixels: Pixels::Bilevel(vec![0xFF; (width as usize).div_ceil(8) * height as usize]),
        };
        Ok(raster.compress(
            "page of the PDF without any content",
            "blank sheet drawn white",
        ))
    }
}

/// Pixels an inch of an image as it stands on the page.
fn density(stream: &PageStream, [a, b, c, d, _, _]: Matrix) -> Result<StatedDensity, PageFault> {
    let density = StatedDensity {
        x: f64::from(stream.width) / (a.hypot(b) / 72.0),
        y: f64::from(stream.height) / (c.hypot(d) / 72.0),
    };
    let area = (a * d - b * c).abs();
    if area > 1e-3 && density.x.is_finite() && density.y.is_finite() {
        Ok(density)
    } else {
        Err(damaged("image without an area on its page"))
    }
}

/// A file that was cut off can often be repaired, but nobody can say what was in the rest of it.
fn require_end(path: &Path, bytes: u64) -> Result<(), PageError> {
    let mut tail = Vec::new();
    File::open(path)
        .and_then(|mut file| {
            file.seek(SeekFrom::Start(bytes.saturating_sub(END_WITHIN_BYTES)))?;
            file.take(END_WITHIN_BYTES).read_to_end(&mut tail)
        })
        .map_err(|source| PageError::Unreadable { source })?;
    if tail.windows(5).any(|window| window == b"%%EOF") {
        return Ok(());
    }
    Err(PageError::FileDamaged {
        what: "the file is cut off: no %%EOF at its end".to_owned(),
    })
}

pub(super) fn load(
    path: &Path,
    limits: &Limits,
    force_reconstruct: bool,
) -> Result<Document, PageError> {
    let limit = limits.pdf_expansion_mib.saturating_mul(1024 * 1024);
    let options = LoadOptions {
        max_decompressed_size: Some(usize::try_from(limit).unwrap_or(usize::MAX)),
        force_reconstruct,
        filter: Some(as_loaded),
        ..LoadOptions::default()
    };
    let mut loaded = Document::load_with_options(path, options.clone());
    if let Err(lopdf::Error::Unimplemented(_)) = loaded {
        let bytes = fs::read(path).map_err(|source| PageError::Unreadable { source })?;
        if let Some(spelled) = abbreviated::in_last_cross_reference(&bytes) {
            loaded = Document::load_mem_with_options(&spelled, options);
        }
    }
    loaded.map_err(|error| match error {
        lopdf::Error::IO(source) if !matches!(source.kind(), UnexpectedEof | InvalidData) => {
            PageError::Unreadable { source }
        }
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => PageError::PasswordPdf,
        lopdf::Error::Unimplemented(_) => PageError::FileDamaged {
            what: "structure compressed in an unknown way".to_owned(),
        },
        other => PageError::FileDamaged {
            what: other.to_string(),
        },
    })
}

/// What becomes of each object while lopdf loads it.
fn as_loaded(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if let Object::Stream(stream) = object {
        abbreviated::spell_out(stream);
    }
    spared::spare(id, object)
}

/// Parses a file with all its bytes.
pub(super) fn load_whole(bytes: &[u8], limits: &Limits) -> Result<Document, PageError> {
    let limit = limits.pdf_expansion_mib.saturating_mul(1024 * 1024);
    let options = LoadOptions {
        max_decompressed_size: Some(usize::try_from(limit).unwrap_or(usize::MAX)),
        ..LoadOptions::default()
    };
    Document::load_mem_with_options(bytes, options).map_err(|error| PageError::FileDamaged {
        what: error.to_string(),
    })
}

/// Pages that the tree counts and that are not there would be lost without a word.
fn check_count(document: &Document, found: usize) -> Result<(), PageError> {
    let stated = document
        .catalog()
        .ok()
        .and_then(|catalog| value(document, catalog, b"Pages"))
        .and_then(|pages| pages.as_dict().ok())
        .and_then(|pages| objects::integer(document, pages, b"Count"));
    match stated {
        Some(stated) if usize::try_from(stated) != Ok(found) => Err(PageError::FileDamaged {
            what: format!("{stated} pages stated, {found} found"),
        }),
        _ => Ok(()),
    }
}

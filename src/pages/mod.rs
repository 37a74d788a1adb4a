//! From claimed files to page images: every page decoded as a check, its own bytes kept wherever a PDF can hold them.
//!
//! [`open`] recognises a file by its content and reads its list of pages; [`PageFile::page`] takes one
//! page at a time, from any thread, so that a long document never fills the memory. A page that is
//! not complete is refused: the sheet is still at the counter and can be scanned again. Nothing here
//! improves pixels, and nothing here writes to a disk.

mod ccitt;
mod each;
mod error;
mod exif;
mod flate;
mod grey;
mod image;
mod jbig2;
mod jpeg;
mod jpeg2000;
mod pdf;
mod png;
mod redrawn;
mod resolution;
mod samples;
mod scans;
mod sniff;
mod stream;
#[cfg(test)]
mod test_support;
mod tiff;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::resolution::StatedDensity;
use self::sniff::Format;
use self::stream::{Bounds, PageStream};
use crate::config::{Limits, ScannerProfile};
use crate::record::RenderDoubt;

pub use self::error::{Beyond, PageError, PageFault};
pub use self::image::{
    ImageEncoding, PageImage, PageSource, Placement, Resolution, ResolutionSource, Rotation,
};
pub use self::pdf::{
    CopiedPages, CopyOrder, PageWay, PdfSheet, PdfSummary, SanitisedPage, check_document,
    serve as serve_pdf,
};
pub use self::scans::{InOrder, PagePool, Scans};

/// A recognised file whose pages can be taken one by one.
#[derive(Debug)]
pub struct PageFile {
    path: PathBuf,
    original: usize,
    profile: ScannerProfile,
    bounds: Bounds,
    file_bytes_max: u64,
    content: Content,
}

/// What is kept of each format between [`open`] and the pages.
#[derive(Debug)]
enum Content {
    Jpeg,
    Png,
    Tiff(tiff::Pages),
    Pdf(Box<pdf::Pages>),
}

/// A page before its resolution is chosen.
#[derive(Debug, Serialize, Deserialize)]
struct Taken {
    stream: PageStream,
    rotation: Rotation,
    density: Option<StatedDensity>,
    placement: Option<Placement>,
    doubts: Vec<RenderDoubt>,
}

/// Opens a file by its content, never by its name.
///
/// `original` is the file's index in its batch. The number of pages is checked against
/// `limits.pages`, sizes against the other limits, before anything is allocated for them.
///
/// # Errors
/// [`PageError`] where the file as a whole cannot be taken in; single pages are checked when they are taken.
pub fn open(
    path: &Path,
    original: usize,
    profile: &ScannerProfile,
    limits: &Limits,
) -> Result<PageFile, PageError> {
    let unreadable = |source| PageError::Unreadable { source };
    let mut file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > limits.file_bytes() {
        return Err(PageError::FileTooLong {
            bytes,
            limit: limits.file_bytes(),
        });
    }
    let mut head = Vec::new();
    Read::by_ref(&mut file)
        .take(sniff::HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(unreadable)?;
    let content = match sniff::format(&head) {
        _ if head.is_empty() => return Err(PageError::Empty),
        None => return Err(PageError::UnknownFormat),
        // One image a file, read whole: it may not be longer than it may be once decoded.
        Some(Format::Jpeg | Format::Png) if bytes > limits.page_bytes() => {
            return Err(PageError::FileTooLong {
                bytes,
                limit: limits.page_bytes(),
            });
        }
        Some(Format::Jpeg) => Content::Jpeg,
        Some(Format::Png) => Content::Png,
        Some(Format::Tiff) => Content::Tiff(tiff::Pages::read(path, limits)?),
        Some(Format::Pdf) => Content::Pdf(Box::new(pdf::Pages::read(path, limits)?)),
    };
    Ok(PageFile {
        path: path.to_owned(),
        original,
        profile: profile.clone(),
        bounds: Bounds::new(limits),
        file_bytes_max: limits.file_bytes(),
        content,
    })
}

impl PageFile {
    /// How many pages the file has; at least one.
    #[must_use]
    pub fn page_count(&self) -> usize {
        match &self.content {
            Content::Jpeg | Content::Png => 1,
            Content::Tiff(pages) => pages.count(),
            Content::Pdf(pages) => pages.summary().ways.len(),
        }
    }

    /// Takes page `n`, from 0.
    ///
    /// # Errors
    /// [`PageError::Page`] names the page and what is wrong with it.
    pub fn page(&self, n: usize) -> Result<PageImage, PageError> {
        if n >= self.page_count() {
            return Err(PageError::NoSuchPage { page: n });
        }
        let taken = self.take(n).map_err(|fault| fault.on_page(n))?;
        let resolution = self.resolution(&taken);
        let stream = taken.stream;
        Ok(PageImage {
            source: PageSource {
                original: self.original,
                page: n,
            },
            width_px: stream.width,
            height_px: stream.height,
            resolution,
            rotation: taken.rotation,
            encoding: stream.encoding,
            data: stream.data,
            treatment: stream.treatment,
            treatment_reason: stream.reason,
            placement: taken.placement,
            doubts: taken.doubts,
        })
    }

    /// An image placed on a PDF page has its resolution from there; others are checked against paper.
    fn resolution(&self, taken: &Taken) -> Resolution {
        match (&taken.placement, taken.density) {
            (Some(_), Some(StatedDensity { x, y })) => Resolution {
                x,
                y,
                source: ResolutionSource::File,
            },
            (_, density) => {
                let size = (taken.stream.width, taken.stream.height);
                resolution::choose(density, size, &self.profile)
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is known of a PDF; `None` for other files.
    #[must_use]
    pub fn pdf(&self) -> Option<&PdfSummary> {
        match &self.content {
            Content::Pdf(pages) => Some(pages.summary()),
            Content::Jpeg | Content::Png | Content::Tiff(_) => None,
        }
    }

    /// Copies sanitised pages of a PDF as objects of a new file.
    ///
    /// # Errors
    /// The pages cannot be copied (any more), or the file is no PDF.
    pub fn copy(&self, order: &CopyOrder) -> Result<CopiedPages, PageError> {
        let first = order.pages.first().map_or(0, |(page, _)| *page);
        match &self.content {
            Content::Pdf(pages) => pages.copy(order).map_err(|fault| fault.on_page(first)),
            Content::Jpeg | Content::Png | Content::Tiff(_) => {
                Err(PageError::NoSuchPage { page: first })
            }
        }
    }

    fn take(&self, n: usize) -> Result<Taken, PageFault> {
        match &self.content {
            Content::Jpeg => {
                let data = self.read_whole()?;
                let jpeg = jpeg::examine(&data, &self.bounds)?;
                Ok(Taken {
                    stream: jpeg::take(&jpeg, data, jpeg::Container::default())?,
                    rotation: jpeg.rotation(),
                    density: jpeg.density(),
                    placement: None,
                    doubts: Vec::new(),
                })
            }
            Content::Png => {
                let (stream, density) = png::take(&self.read_whole()?, &self.bounds)?;
                Ok(Taken {
                    stream,
                    rotation: Rotation::NONE,
                    density,
                    placement: None,
                    doubts: Vec::new(),
                })
            }
            Content::Tiff(pages) => pages.take(&self.path, n, &self.bounds),
            Content::Pdf(pages) => pages.take(n),
        }
    }

    /// The file's bytes; a file that grew since it was opened is not read further than its limit.
    fn read_whole(&self) -> Result<Vec<u8>, PageFault> {
        let file = File::open(&self.path)?;
        let mut data = Vec::new();
        file.take(self.file_bytes_max).read_to_end(&mut data)?;
        Ok(data)
    }
}

#[cfg(test)]
mod tests;

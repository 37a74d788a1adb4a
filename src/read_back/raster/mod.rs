//! Pixels of a finished document against those of the scan, both read by other decoders than `pages`.
//!
//! A page that was passed through is in the document byte for byte, which `structure` proves; only
//! pages that were recompressed or converted are decoded here. What the other decoders cannot read is
//! named, never taken for equal. Not here: turns and sizes on the page (`structure`).

mod cells;
mod embedded;
mod samples;
mod scan;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use self::cells::{Cells, Difference};
use self::embedded::{Coding, Description};
use self::scan::Originals;
use super::structure::Document;
use super::{PageFault, ReadBackError};
use crate::record::{PageRecord, PageTreatment};

/// Most bytes of one decoded image, so that a process stays within its memory (README, “Limits”); an
/// A3 page at 600 dpi in colour has 199 MiB.
const MEMORY: u64 = 256 * 1024 * 1024;

/// How far the averages of a page's cells may be apart, several times what was measured on real and
/// odd scans of every kind.
struct Tolerance {
    mean: f64,
    largest: f64,
}

/// Lossless streams, measured 0 but for the chroma of JPEG in TIFF: 0.0003 and 0.05.
const ROUNDING: Tolerance = Tolerance {
    mean: 0.5,
    largest: 1.5,
};

/// JPEG coded again at high quality, measured 0.33 and 1.8.
const JPEG: Tolerance = Tolerance {
    mean: 2.0,
    largest: 8.0,
};

/// A page that only `pages` could read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCompared {
    /// Page of the document, from 1.
    pub page: usize,
    /// What stood in the way, English.
    pub why: String,
}

/// Why there are no pixels to compare.
#[derive(Debug)]
enum NotRead {
    /// The data are damaged, or of a kind that the decoder does not know.
    Refused(String),
    /// The decoder ran into a bound, or stopped by a bug of its own; nothing is said of the data.
    GaveUp(String),
    /// The file is not there.
    Unreadable { path: PathBuf, source: io::Error },
}

impl NotRead {
    fn refused(why: &str) -> Self {
        NotRead::Refused(why.to_owned())
    }

    fn too_large(bytes: u64) -> Self {
        NotRead::GaveUp(format!("{bytes} bytes once decoded"))
    }
}

/// Compares every page that was not passed through with its original; the document's structure has
/// been checked. Where no page is of these no file is opened.
///
/// `originals` are the files of the batch in the order that `pages` counts them. Returns the pages that
/// could not be compared. Memory: the document and one decoded image.
///
/// # Errors
/// [`ReadBackError::Raster`] and [`ReadBackError::Page`] where a page is not its scan's; the document
/// cannot be read.
pub fn check(
    document: &Path,
    originals: &[impl AsRef<Path>],
    pages: &[PageRecord],
) -> Result<Vec<NotCompared>, ReadBackError> {
    let mut not_compared = Vec::new();
    if !pages.iter().any(is_compared) {
        return Ok(not_compared);
    }
    let document = Document::read(document)?;
    let reader = document.reader()?;
    let mut originals = Originals::new(originals.iter().map(AsRef::as_ref).collect());
    let numbered = (1..).zip(pages).zip(reader.pages(pages.len())?);
    for ((page, record), dictionary) in numbered {
        if !is_compared(record) {
            continue;
        }
        let in_document = |fault| ReadBackError::Page { page, fault };
        let scan = match guarded(|| originals.cells(record.original, record.original_page)) {
            Ok(scan) => scan,
            Err(NotRead::Unreadable { path, source }) => {
                return Err(ReadBackError::Unreadable { path, source });
            }
            Err(NotRead::Refused(why) | NotRead::GaveUp(why)) => {
                not_compared.push(NotCompared { page, why });
                continue;
            }
        };
        let (_, image) = reader.only_image(&dictionary).map_err(in_document)?;
        let description = Description::of(&image.info).ok_or(in_document(PageFault::Encoding))?;
        let data = image
            .raw_data(&reader.resolver)
            .map_err(|_| in_document(PageFault::Malformed))?;
        match guarded(|| description.cells(&data)) {
            Ok(embedded) => compare(page, &scan, &embedded, description.coding)?,
            Err(NotRead::GaveUp(why)) => not_compared.push(NotCompared { page, why }),
            // The scanner's own coding, only its markers were mended; no decoder knows every kind of JPEG.
            Err(NotRead::Refused(why)) if is_scanners_jpeg(record, description) => {
                not_compared.push(NotCompared { page, why });
            }
            Err(_) => return Err(in_document(PageFault::Encoding)),
        }
    }
    Ok(not_compared)
}

fn is_scanners_jpeg(page: &PageRecord, image: Description) -> bool {
    image.coding == Coding::Dct && page.treatment == PageTreatment::Recompressed
}

/// Pages that were drawn from a PDF are compared before, by another program that draws.
fn is_compared(page: &PageRecord) -> bool {
    matches!(
        page.treatment,
        PageTreatment::Recompressed | PageTreatment::Converted
    )
}

/// Other decoders may panic on what they do not know.
fn guarded(read: impl FnOnce() -> Result<Cells, NotRead>) -> Result<Cells, NotRead> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(NotRead::GaveUp("the decoder stopped".to_owned())))
}

fn compare(
    page: usize,
    scan: &Cells,
    embedded: &Cells,
    coding: Coding,
) -> Result<(), ReadBackError> {
    if scan.size() != embedded.size() {
        let fault = PageFault::Dimensions {
            expected: scan.size(),
            found: embedded.size(),
        };
        return Err(ReadBackError::Page { page, fault });
    }
    let tolerance = match coding {
        Coding::Dct => JPEG,
        Coding::Flate | Coding::Fax { .. } => ROUNDING,
    };
    let Difference { mean, largest } = scan.difference(embedded);
    tracing::debug!(page, mean, largest, "compared with the scan");
    if mean > tolerance.mean || largest > tolerance.largest {
        return Err(ReadBackError::Raster {
            page,
            mean,
            largest,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! TIFF 6.0 and BigTIFF, page by page: G4 and JPEG of one strip keep their bytes, the rest is recompressed.
//!
//! Fax servers and copiers write what no image library reads in full (G3, reversed bits, strips of 2³²−1
//! rows), so directories and segments are read here. Old-style JPEG, floating point and Lab are refused.

mod directory;
mod layout;
mod segments;

use std::path::Path;

use self::directory::TiffFile;
use self::layout::{Compression, Layout};
use super::Taken;
use super::ccitt;
use super::error::{PageError, PageFault};
use super::image::ImageEncoding;
use super::jpeg;
use super::samples::{self, Colour};
use super::stream::{Bounds, PageStream};
use crate::config::Limits;
use crate::record::PageTreatment;

/// Where the pages of a TIFF lie in the file.
#[derive(Debug)]
pub(super) struct Pages {
    directories: Vec<u64>,
}

impl Pages {
    /// Walks through the directories; reduced copies and masks are no pages.
    pub(super) fn read(path: &Path, limits: &Limits) -> Result<Self, PageError> {
        let whole_file = |fault| match fault {
            PageFault::Unreadable(source) => PageError::Unreadable { source },
            other => PageError::FileDamaged {
                what: other.to_string(),
            },
        };
        let tiff = TiffFile::open(path).map_err(whole_file)?;
        let (chain, broken) = tiff.chain(limits.pages.saturating_mul(2));
        if let Some(fault) = broken {
            return Err(fault.on_page(chain.len()));
        }
        let is_page = |offset: &u64| {
            tiff.directory(*offset)
                .is_ok_and(|directory| !layout::is_secondary(&tiff, &directory))
        };
        let primary: Vec<u64> = chain.iter().copied().filter(is_page).collect();
        let directories = if primary.is_empty() { chain } else { primary };
        if directories.is_empty() {
            return Err(PageError::NoPages);
        }
        if directories.len() > limits.pages {
            return Err(PageError::TooManyPages {
                limit: limits.pages,
            });
        }
        Ok(Self { directories })
    }

    pub(super) fn count(&self) -> usize {
        self.directories.len()
    }

    /// Takes page `n`.
    pub(super) fn take(&self, path: &Path, n: usize, bounds: &Bounds) -> Result<Taken, PageFault> {
        let tiff = TiffFile::open(path)?;
        let offset = self.directories.get(n).ok_or(PageFault::Truncated)?;
        let directory = tiff.directory(*offset)?;
        let mut layout = layout::read(&tiff, &directory, bounds)?;
        let stream = match pass_through(&tiff, &layout, bounds)? {
            Some(stream) => stream,
            None => recompress(&tiff, &mut layout, bounds)?,
        };
        Ok(Taken {
            stream,
            rotation: layout.rotation,
            density: layout.density,
            placement: None,
            doubts: Vec::new(),
        })
    }
}

/// The only segment's own bytes, where it is the whole image in a form that a PDF holds.
fn pass_through(
    tiff: &TiffFile,
    layout: &Layout,
    bounds: &Bounds,
) -> Result<Option<PageStream>, PageFault> {
    let (&[(offset, length)], false) = (layout.segments.as_slice(), layout.tiled) else {
        return Ok(None);
    };
    match layout.compression {
        Compression::Group4 => single_g4(tiff.read(offset, length)?, layout).map(Some),
        Compression::Jpeg => {
            let data = segments::join_jpeg(&layout.jpeg_tables, tiff.read(offset, length)?);
            single_jpeg(data, layout, bounds)
        }
        Compression::None
        | Compression::Rle
        | Compression::Group3 { .. }
        | Compression::Lzw
        | Compression::Deflate
        | Compression::PackBits => Ok(None),
    }
}

fn single_g4(mut data: Vec<u8>, layout: &Layout) -> Result<PageStream, PageFault> {
    let (width, height) = (layout.packing.width, layout.packing.height);
    if layout.packing.bits_per_pixel() != 1 {
        return Err(PageFault::Damaged(
            "TIFF with G4 of more than one bit".to_owned(),
        ));
    }
    let (treatment, reason) = if layout.bits_reversed {
        segments::reverse_bits(&mut data);
        (
            PageTreatment::Recompressed,
            "bit order of the G4 data reversed",
        )
    } else {
        (PageTreatment::PassedThrough, "")
    };
    ccitt::check(&data, segments::fax_layout(layout, width, height))?;
    Ok(PageStream {
        width,
        height,
        encoding: ImageEncoding::CcittG4 {
            black_is_1: !layout.meaning.inverted,
        },
        data,
        treatment,
        reason: reason.to_owned(),
    })
}

fn single_jpeg(
    data: Vec<u8>,
    layout: &Layout,
    bounds: &Bounds,
) -> Result<Option<PageStream>, PageFault> {
    let examined = jpeg::examine(&data, bounds)?;
    if examined.size() != (layout.packing.width, layout.packing.height)
        || (layout.packing.samples == 1 && layout.meaning.inverted)
    {
        return Ok(None);
    }
    let mut stream = jpeg::take(&examined, data, segments::container(layout))?;
    if stream.treatment == PageTreatment::PassedThrough && !layout.jpeg_tables.is_empty() {
        stream.treatment = PageTreatment::Recompressed;
        stream.reason =
            "JPEG tables of the TIFF joined with the coded data, which is unchanged".to_owned();
    }
    Ok(Some(stream))
}

fn recompress(
    tiff: &TiffFile,
    layout: &mut Layout,
    bounds: &Bounds,
) -> Result<PageStream, PageFault> {
    let strips = layout.segments.len();
    let cmyk_jpeg =
        layout.compression == Compression::Jpeg && matches!(layout.meaning.colour, Colour::Cmyk);
    let rows = segments::rows(tiff, layout, bounds)?;
    let (raster, mut changed) = samples::to_raster(rows, &layout.packing, &layout.meaning)?;
    if cmyk_jpeg {
        changed = "CMYK converted to RGB".to_owned();
    }
    let why = match (layout.compression.is_fax(), strips) {
        (true, 2..) => format!("{} in {strips} strips", layout.compression.name()),
        _ => format!("{} TIFF", layout.compression.name()),
    };
    Ok(raster.compress(&why, &changed))
}

#[cfg(test)]
mod tests;

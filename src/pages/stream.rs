//! The compressed stream of one page before its place and resolution are known, and the bounds on its size.

use serde::{Deserialize, Serialize};

use super::ccitt;
use super::error::PageFault;
use super::flate;
use super::image::ImageEncoding;
use super::jpeg;
use crate::config::Limits;
use crate::record::PageTreatment;

/// A page's stream and what was done to get it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PageStream {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) encoding: ImageEncoding,
    #[serde(skip)]
    pub(super) data: Vec<u8>,
    pub(super) treatment: PageTreatment,
    /// Why it was not passed through, or a remark on bytes left out.
    pub(super) reason: String,
}

/// How large one page may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pixels: u64,
    bytes: u64,
}

impl Bounds {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            pixels: limits.page_pixels(),
            bytes: limits.page_bytes(),
        }
    }

    /// Refuses a page by its header, before anything is allocated for it.
    pub(super) fn check(
        &self,
        width: u32,
        height: u32,
        bits_per_pixel: u64,
    ) -> Result<(), PageFault> {
        if width == 0 || height == 0 {
            return Err(PageFault::Damaged("an image without pixels".to_owned()));
        }
        let pixels = u64::from(width) * u64::from(height);
        let bytes = pixels.saturating_mul(bits_per_pixel) / 8;
        if pixels > self.pixels || bytes > self.bytes {
            return Err(PageFault::TooLarge { width, height });
        }
        Ok(())
    }

    /// The most bytes that one page may have once decoded.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Decoded pixels in one of the forms that the archive keeps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Pixels,
}

/// Rows from the top, without padding between them but to whole bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pixels {
    /// One bit a pixel, most significant first, 1 is white.
    Bilevel(Vec<u8>),
    /// One byte a pixel.
    Grey(Vec<u8>),
    /// Three bytes a pixel.
    Rgb(Vec<u8>),
}

/// A picture that lossless coding would make longer than this many times its source is coded as JPEG.
const GROWTH_MAX: usize = 8;

impl Raster {
    /// Compresses what came as `source_bytes` of a lossy code: without loss, unless that is out of all proportion.
    pub(super) fn compress_near(
        &self,
        source_bytes: usize,
        why: &str,
        changed: &str,
    ) -> Result<PageStream, PageFault> {
        let lossless = self.compress(why, changed);
        if lossless.data.len() <= source_bytes.saturating_mul(GROWTH_MAX) {
            return Ok(lossless);
        }
        let (pixels, components) = match &self.pixels {
            Pixels::Bilevel(_) => return Ok(lossless),
            Pixels::Grey(pixels) => (pixels, 1),
            Pixels::Rgb(pixels) => (pixels, 3),
        };
        let (Ok(width), Ok(height)) = (u16::try_from(self.width), u16::try_from(self.height))
        else {
            return Ok(lossless);
        };
        let joint = if changed.is_empty() { "; " } else { ", " };
        Ok(PageStream {
            encoding: ImageEncoding::Jpeg { components },
            data: jpeg::encode(pixels, width, height, components)?,
            treatment: PageTreatment::Converted,
            reason: format!("{}{joint}{}", lossless.reason, jpeg::coded_again()),
            ..lossless
        })
    }

    /// Compresses without loss: G4 where a pixel is one bit, Flate else.
    ///
    /// `changed` says how pixels were changed on the way here; empty means they were not.
    pub(super) fn compress(&self, why: &str, changed: &str) -> PageStream {
        let (encoding, data) = match &self.pixels {
            Pixels::Bilevel(rows) if self.width <= ccitt::ENCODER_WIDTH_MAX => (
                ImageEncoding::CcittG4 { black_is_1: false },
                ccitt::encode_g4(rows, self.width, self.height),
            ),
            Pixels::Bilevel(rows) => self.flate(rows, 1, 1),
            Pixels::Grey(rows) => self.flate(rows, 1, 8),
            Pixels::Rgb(rows) => self.flate(rows, 3, 8),
        };
        let (treatment, reason) = if changed.is_empty() {
            (PageTreatment::Recompressed, why.to_owned())
        } else {
            (PageTreatment::Converted, format!("{why}; {changed}"))
        };
        PageStream {
            width: self.width,
            height: self.height,
            encoding,
            data,
            treatment,
            reason,
        }
    }

    fn flate(&self, rows: &[u8], components: u8, bits: u8) -> (ImageEncoding, Vec<u8>) {
        let row_bytes =
            (self.width as usize * usize::from(components) * usize::from(bits)).div_ceil(8);
        let pixel_bytes = usize::from(components) * usize::from(bits.div_ceil(8));
        (
            ImageEncoding::Flate { components, bits },
            flate::compress(rows, row_bytes, pixel_bytes),
        )
    }
}

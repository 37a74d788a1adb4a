//! One page as it will be embedded: the compressed stream, its geometry and where it came from.

use serde::{Deserialize, Serialize};

use crate::record::{PageReading, PageRecord, PageTreatment, RenderDoubt, Sha256Digest};

/// Which page of which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSource {
    /// Index of the file in the batch, from 0.
    pub original: usize,
    /// Page inside the file, from 0.
    pub page: usize,
}

/// Where a resolution came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolutionSource {
    /// The file says so and the page then has a plausible paper size.
    File,
    /// The profile says so; the file says nothing, or nothing plausible.
    Profile,
    /// The page is drawn, not scanned; a number as if it were.
    Nominal,
    /// Neither fits; chosen so that the page has the profile's paper size.
    PaperSize,
}

impl ResolutionSource {
    /// The value in `record.json`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ResolutionSource::File => "file",
            ResolutionSource::Profile => "profile",
            ResolutionSource::Nominal => "nominal",
            ResolutionSource::PaperSize => "paper-size",
        }
    }
}

/// Dots an inch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// Across.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// Where it came from.
    pub source: ResolutionSource,
}

/// How stored pixels are turned for display: first mirrored left-right (EXIF 2, 4, 5, 7), then turned clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Mirror left-right first.
    pub mirrored: bool,
    /// Clockwise degrees: 0, 90, 180, 270.
    pub degrees: u16,
}

impl Rotation {
    /// As stored.
    pub const NONE: Rotation = Rotation {
        mirrored: false,
        degrees: 0,
    };
}

/// The PDF filter and colour space that the stream needs (ISO 32000-1 §7.4, §8.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageEncoding {
    /// `DCTDecode`, `DeviceGray` (1) or `DeviceRGB` (3), 8 bits.
    Jpeg {
        /// 1 or 3.
        components: u8,
    },
    /// `CCITTFaxDecode` with `K -1`, `DeviceGray`, 1 bit, no EndOfBlock needed, rows byte-aligned as `EncodedByteAlign false`.
    CcittG4 {
        /// `BlackIs1` of the decode parameters: whether a 1 bit in the *decoded* data is black.
        black_is_1: bool,
    },
    /// `JBIG2Decode` without shared segments, `DeviceGray`, 1 bit: a black pixel is 0 once decoded.
    Jbig2,
    /// `FlateDecode` with PNG predictor 15.
    Flate {
        /// 1 (`DeviceGray`) or 3 (`DeviceRGB`).
        components: u8,
        /// 1, 8 or 16.
        bits: u8,
    },
    /// `FlateDecode` without a predictor.
    PlainFlate {
        /// 1 (`DeviceGray`) or 3 (`DeviceRGB`).
        components: u8,
        /// 1 (grey only) or 8.
        bits: u8,
    },
}

/// Where an image stood on its page in an incoming PDF; scans have none and fill their page.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Width and height of the page's crop box as displayed before `/Rotate`, points.
    pub page_size: (f64, f64),
    /// Matrix that maps the unit square to the page, origin at the box's lower left.
    pub matrix: [f64; 6],
}

/// One page, ready to be embedded.
#[derive(Debug, Clone)]
pub struct PageImage {
    /// Where it came from.
    pub source: PageSource,
    /// Pixels across, as stored.
    pub width_px: u32,
    /// Pixels down, as stored.
    pub height_px: u32,
    /// Dots an inch, as stored (before `rotation`).
    pub resolution: Resolution,
    /// How to turn it for display.
    pub rotation: Rotation,
    /// What `data` is.
    pub encoding: ImageEncoding,
    /// The stream exactly as it goes into the PDF.
    pub data: Vec<u8>,
    /// What was done to the pixels.
    pub treatment: PageTreatment,
    /// Why it was not passed through, or a remark on bytes left out around it; empty when there is nothing to say.
    pub treatment_reason: String,
    /// Set for pages of incoming PDFs.
    pub placement: Option<Placement>,
    /// What speaks against a page that was rendered.
    pub doubts: Vec<RenderDoubt>,
}

impl PageImage {
    /// What the record keeps of this page.
    #[must_use]
    pub fn to_record(&self) -> PageRecord {
        PageRecord {
            original: self.source.original,
            original_page: self.source.page,
            width_px: self.width_px,
            height_px: self.height_px,
            dpi_x: self.resolution.x,
            dpi_y: self.resolution.y,
            dpi_source: self.resolution.source.as_str().to_owned(),
            rotation: self.rotation.degrees,
            treatment: self.treatment,
            treatment_reason: self.treatment_reason.clone(),
            stream_sha256: Sha256Digest::of(&self.data),
            reading: PageReading::Pending,
            confidence: None,
            doubts: self.doubts.clone(),
        }
    }
}

//! JPEG (ITU-T T.81): proved complete, then taken byte for byte wherever `DCTDecode` shows it rightly.
//!
//! Nothing behind this stage looks inside DCT data – PDF/A validators do not either – so components,
//! precision and colour transform are settled here. What a PDF cannot show (CMYK under an RGB output
//! intent) is decoded and compressed again at quality 95 without chroma subsampling; what no reader
//! need support (12-bit, lossless, arithmetic) is refused.

mod bits;
mod entropy;
mod markers;
mod scan;

use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use self::entropy::EntropyCheck;
use self::markers::{Applications, Coding, Frame, Segments};
use super::error::PageFault;
use super::grey;
use super::image::{ImageEncoding, Rotation};
use super::resolution::StatedDensity;
use super::samples;
use super::stream::{Bounds, PageStream};
use crate::record::PageTreatment;

/// Quality of a JPEG that had to be converted: above it the file grows and no eye sees a difference.
const QUALITY: u8 = 95;

/// What the container says of a JPEG's colours; a bare file says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Container {
    /// Three components are RGB although no marker says so (TIFF photometric 2).
    pub(super) rgb: bool,
    /// Whether every component is stored inverted; `None`: as Adobe's marker implies (CMYK only).
    pub(super) inverted: Option<bool>,
}

/// A complete JPEG and what its markers say.
pub(super) struct Jpeg {
    frame: Frame,
    applications: Applications,
    /// Length up to and with EOI.
    length: usize,
}

impl Jpeg {
    /// The turn that EXIF asks for.
    pub(super) fn rotation(&self) -> Rotation {
        self.applications
            .exif
            .map_or(Rotation::NONE, |exif| exif.rotation)
    }

    /// Dots an inch as the markers state them.
    pub(super) fn density(&self) -> Option<StatedDensity> {
        self.applications.density()
    }

    /// 1, 3 or 4.
    pub(super) fn components(&self) -> usize {
        self.frame.components.len()
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (u32::from(self.frame.width), u32::from(self.frame.height))
    }
}

/// Reads a JPEG from SOI to EOI and proves that its coded data is complete.
pub(super) fn examine(data: &[u8], bounds: &Bounds) -> Result<Jpeg, PageFault> {
    let mut segments = Segments { data, position: 0 };
    if segments.marker()? != markers::SOI {
        return Err(PageFault::Damaged("no JPEG start marker".to_owned()));
    }
    let mut applications = Applications::default();
    let mut tables = Vec::new();
    let frame = loop {
        let marker = segments.marker()?;
        if marker == markers::EOI {
            return Err(PageFault::Damaged("a JPEG without an image".to_owned()));
        }
        let content = segments.content()?;
        if markers::is_frame(marker) {
            break markers::frame(marker, content)?;
        }
        applications.note(marker, content);
        tables.push((marker, content));
    };
    accept(&frame, bounds)?;
    let mut check = EntropyCheck::new(data, &frame);
    for (marker, content) in tables {
        note_tables(&mut check, marker, content)?;
    }
    loop {
        let marker = segments.marker()?;
        match marker {
            markers::EOI => break,
            markers::SOS => {
                let header = segments.content()?;
                segments.position = check.scan(header, segments.position)?;
            }
            _ if markers::is_frame(marker) => {
                return Err(PageFault::Unsupported(
                    "JPEG with several frames".to_owned(),
                ));
            }
            _ => {
                let content = segments.content()?;
                applications.note(marker, content);
                note_tables(&mut check, marker, content)?;
            }
        }
    }
    check.finish()?;
    drop(check);
    Ok(Jpeg {
        frame,
        applications,
        length: segments.position,
    })
}

fn note_tables(check: &mut EntropyCheck, marker: u8, content: &[u8]) -> Result<(), PageFault> {
    match marker {
        markers::DHT => check.huffman_tables(content),
        markers::DQT => check.quantisation_tables(content),
        markers::DRI => check.set_restart_interval(content),
        _ => Ok(()),
    }
}

/// Kinds that a page may have, and its size, before anything is allocated.
fn accept(frame: &Frame, bounds: &Bounds) -> Result<(), PageFault> {
    if let Coding::Other(kind) = frame.coding {
        return Err(PageFault::Unsupported(kind.to_owned()));
    }
    if frame.precision != 8 {
        return Err(PageFault::Unsupported(format!(
            "{}-bit JPEG",
            frame.precision
        )));
    }
    if !matches!(frame.components.len(), 1 | 3 | 4) {
        return Err(PageFault::Unsupported(format!(
            "JPEG with {} components",
            frame.components.len()
        )));
    }
    bounds.check(
        u32::from(frame.width),
        u32::from(frame.height),
        frame.components.len() as u64 * 8,
    )
}

/// Takes the bytes of an examined JPEG for a page.
pub(super) fn take(
    jpeg: &Jpeg,
    mut data: Vec<u8>,
    container: Container,
) -> Result<PageStream, PageFault> {
    let (width, height) = jpeg.size();
    let components = jpeg.frame.components.len();
    if components == 4 || container.inverted == Some(true) {
        return convert(jpeg, &data, container);
    }
    let trailing = data.len() - jpeg.length;
    data.truncate(jpeg.length);
    let mut stream = PageStream {
        width,
        height,
        encoding: ImageEncoding::Jpeg {
            components: if components == 1 { 1 } else { 3 },
        },
        data,
        treatment: PageTreatment::PassedThrough,
        reason: String::new(),
    };
    if components == 3 && needs_adobe_marker(jpeg, container) {
        if jpeg.applications.jfif {
            return Err(PageFault::Unsupported(
                "RGB JPEG with a JFIF header".to_owned(),
            ));
        }
        insert_adobe_marker(&mut stream.data);
        stream.treatment = PageTreatment::Recompressed;
        stream.reason =
            "Adobe marker added, which says that the JPEG is RGB; coded data unchanged".to_owned();
    } else if trailing > 0 {
        stream.reason = format!("{trailing} bytes after the end of the JPEG left out");
    }
    Ok(stream)
}

/// Whether a reader would take RGB components for YCbCr.
fn needs_adobe_marker(jpeg: &Jpeg, container: Container) -> bool {
    let ids: Vec<u8> = jpeg.frame.components.iter().map(|c| c.id).collect();
    let named_rgb = ids == *b"RGB" && !jpeg.applications.jfif;
    jpeg.applications.adobe_transform.is_none() && (named_rgb || container.rgb)
}

/// Adobe Technical Note 5116: version 100, no flags, transform 0.
const ADOBE_RGB: [u8; 16] = *b"\xFF\xEE\x00\x0EAdobe\x00\x64\0\0\0\0\0";

fn insert_adobe_marker(data: &mut Vec<u8>) {
    data.splice(2..2, ADOBE_RGB);
}

/// Decodes to grey or RGB and compresses again as JPEG.
fn convert(jpeg: &Jpeg, data: &[u8], container: Container) -> Result<PageStream, PageFault> {
    let (pixels, components, reason) = decode(jpeg, data, container)?;
    let (width, height) = jpeg.size();
    Ok(PageStream {
        width,
        height,
        encoding: ImageEncoding::Jpeg { components },
        data: encode(&pixels, jpeg.frame.width, jpeg.frame.height, components)?,
        treatment: PageTreatment::Converted,
        reason: format!("{reason}, {}", coded_again()),
    })
}

/// Grey (1) or RGB (3) as a JPEG of high quality.
pub(super) fn encode(
    pixels: &[u8],
    width: u16,
    height: u16,
    components: u8,
) -> Result<Vec<u8>, PageFault> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, QUALITY);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_4_4);
    let colour = if components == 1 {
        jpeg_encoder::ColorType::Luma
    } else {
        jpeg_encoder::ColorType::Rgb
    };
    encoder
        .encode(pixels, width, height, colour)
        .map_err(|error| PageFault::Damaged(error.to_string()))?;
    Ok(out)
}

/// What a reason says of [`encode`].
pub(super) fn coded_again() -> String {
    format!("compressed as JPEG quality {QUALITY}")
}

/// Pixels as grey (1) or RGB (3), and what was changed to get there.
pub(super) fn decode(
    jpeg: &Jpeg,
    data: &[u8],
    container: Container,
) -> Result<(Vec<u8>, u8, &'static str), PageFault> {
    match jpeg.frame.components.len() {
        1 => {
            let mut pixels = pixels_as(data, ColorSpace::Luma, ColorSpace::Luma)?;
            invert_if(&mut pixels, container);
            Ok((pixels, 1, "inverted grey"))
        }
        3 => {
            let raw =
                needs_adobe_marker(jpeg, container) || jpeg.applications.adobe_transform == Some(0);
            let mut pixels = if raw {
                pixels_as(data, ColorSpace::YCbCr, ColorSpace::YCbCr)?
            } else {
                pixels_as(data, ColorSpace::YCbCr, ColorSpace::RGB)?
            };
            invert_if(&mut pixels, container);
            Ok((pixels, 3, "inverted RGB"))
        }
        _ => {
            let ycck = jpeg.applications.adobe_transform == Some(2);
            let space = if ycck {
                ColorSpace::YCCK
            } else {
                ColorSpace::CMYK
            };
            let four = pixels_as(data, space, space)?;
            let inverted = container
                .inverted
                .unwrap_or(jpeg.applications.adobe_transform.is_some());
            Ok((
                cmyk_to_rgb(&four, ycck, inverted),
                3,
                "CMYK converted to RGB",
            ))
        }
    }
}

/// Pixels as grey; of a YCbCr JPEG only the luma is decoded. For the stream of a page, proved complete before.
pub(super) fn grey(data: &[u8]) -> Result<Vec<u8>, PageFault> {
    let mut segments = Segments { data, position: 0 };
    let mut applications = Applications::default();
    segments.marker()?;
    let frame = loop {
        let marker = segments.marker()?;
        let content = segments.content()?;
        if markers::is_frame(marker) {
            break markers::frame(marker, content)?;
        }
        applications.note(marker, content);
    };
    if frame.components.len() == 3 && applications.adobe_transform == Some(0) {
        // The decoder sees the marker as well, and then has RGB at its input.
        let rgb = pixels_as(data, ColorSpace::YCbCr, ColorSpace::RGB)?;
        return Ok(grey::luma_of_rgb(&rgb));
    }
    pixels_as(data, ColorSpace::Luma, ColorSpace::Luma)
}

fn invert_if(pixels: &mut [u8], container: Container) {
    if container.inverted == Some(true) {
        for pixel in pixels {
            *pixel = 255 - *pixel;
        }
    }
}

/// Decodes to `wanted`; `expected` is the decoder's own reading of the markers when no conversion is wanted.
fn pixels_as(data: &[u8], expected: ColorSpace, wanted: ColorSpace) -> Result<Vec<u8>, PageFault> {
    let damaged = |error: zune_jpeg::errors::DecodeErrors| PageFault::Damaged(error.to_string());
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(wanted);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(data), options);
    decoder.decode_headers().map_err(damaged)?;
    if wanted == expected
        && let Some(own) = decoder.input_colorspace()
    {
        // Adobe's transform 0 is CMYK to the decoder until it has counted three components.
        let own = match (own, wanted.num_components()) {
            (ColorSpace::CMYK, 3) => ColorSpace::RGB,
            (own, count) if own.num_components() == count => own,
            _ => wanted,
        };
        let options = decoder.options().jpeg_set_out_colorspace(own);
        decoder.set_options(options);
    }
    decoder.decode().map_err(damaged)
}

/// Multiplies each ink's paper with the black's; no profile is at hand, so this is what viewers do without one.
fn cmyk_to_rgb(four: &[u8], ycck: bool, inverted: bool) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(four.len() / 4 * 3);
    for &[a, b, c, k] in four.as_chunks::<4>().0 {
        // A YCCK's YCbCr triple is RGB = 255 − CMY (Adobe Technical Note 5116).
        let inks = if ycck {
            samples::ycc_to_rgb(a, b, c).map(|value| 255 - value)
        } else {
            [a, b, c]
        };
        let paper = |ink: u8| u32::from(if inverted { ink } else { 255 - ink });
        for ink in inks {
            let value = (paper(ink) * paper(k) + 127) / 255;
            rgb.push(u8::try_from(value).unwrap_or(255));
        }
    }
    rgb
}

#[cfg(test)]
mod tests;

//! How a drawn page is kept: sharp and small where it is text, small enough where it is a photograph.
//!
//! Black and white is coded with G4. Grey and colour are coded with Flate, which loses nothing, as long
//! as that takes at most [`FLATE_BITS_MAX`] bits a pixel; text with its smooth edges takes a tenth of that. What
//! takes more is a photograph or a scan, and becomes a JPEG of quality [`QUALITY`] with colour at full
//! resolution: its own samples went through the drawing already. The choice is made on a sample of rows.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::super::super::error::PageFault;
use super::super::super::flate;
use super::super::super::image::ImageEncoding;
use super::super::super::stream::{PageStream, Pixels, Raster};
use crate::record::PageTreatment;

/// Bits a pixel up to which lossless coding is taken; 4.3 MB for A4 at 300 dpi.
const FLATE_BITS_MAX: f64 = 4.0;

const QUALITY: u8 = 92;

/// Every eighth band of so many rows is the sample.
const BAND_ROWS: usize = 16;
const BANDS_SKIPPED: usize = 8;

/// The stream of a drawn page; `why` says why it was drawn.
pub(in crate::pages) fn compress(raster: &Raster, why: &str) -> Result<PageStream, PageFault> {
    let (rows, components) = match &raster.pixels {
        Pixels::Bilevel(_) => return Ok(lossless(raster, why)),
        Pixels::Grey(rows) => (rows, 1_u8),
        Pixels::Rgb(rows) => (rows, 3_u8),
    };
    let sides = (u16::try_from(raster.width), u16::try_from(raster.height));
    let (Ok(width), Ok(height)) = sides else {
        return Ok(lossless(raster, why));
    };
    if sampled_bits(rows, raster.width as usize, usize::from(components)) <= FLATE_BITS_MAX {
        return Ok(lossless(raster, why));
    }
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
    let colour = if components == 1 {
        ColorType::Luma
    } else {
        ColorType::Rgb
    };
    encoder
        .encode(rows, width, height, colour)
        .map_err(|_| PageFault::Damaged("a drawing that cannot be coded".to_owned()))?;
    Ok(PageStream {
        width: raster.width,
        height: raster.height,
        encoding: ImageEncoding::Jpeg { components },
        data,
        treatment: PageTreatment::Rendered,
        reason: why.to_owned(),
    })
}

fn lossless(raster: &Raster, why: &str) -> PageStream {
    PageStream {
        treatment: PageTreatment::Rendered,
        ..raster.compress(why, "")
    }
}

/// What Flate would take, in bits a pixel, judged by some of the rows.
fn sampled_bits(rows: &[u8], width: usize, components: usize) -> f64 {
    let row_bytes = (width * components).max(1);
    let sample: Vec<u8> = rows
        .chunks(row_bytes * BAND_ROWS)
        .step_by(BANDS_SKIPPED)
        .flatten()
        .copied()
        .collect();
    let pixels = sample.len() / components.max(1);
    let coded = flate::compress(&sample, row_bytes, components).len();
    bits(coded) / count(pixels.max(1))
}

fn bits(bytes: usize) -> f64 {
    count(bytes) * 8.0
}

/// Counts of pixels are far below the 2^53 that a float holds exactly.
#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    fn coded(pixels: Pixels) -> PageStream {
        let raster = Raster {
            width: 200,
            height: 300,
            pixels,
        };
        compress(&raster, "shown text").expect("coded")
    }

    #[test]
    fn text_stays_lossless_and_photographs_become_jpeg() {
        let mut text = vec![255_u8; 200 * 300];
        for (at, level) in text.iter_mut().enumerate() {
            if at % 200 % 23 < 3 && at / 200 % 30 < 12 {
                *level = 0;
            }
        }
        let grey = coded(Pixels::Grey(text));
        assert_eq!(
            grey.encoding,
            ImageEncoding::Flate {
                components: 1,
                bits: 8
            }
        );
        assert_eq!(grey.treatment, PageTreatment::Rendered);
        assert_eq!(grey.reason, "shown text");

        let photo = coded(Pixels::Rgb(noise(200 * 300 * 3)));
        assert_eq!(photo.encoding, ImageEncoding::Jpeg { components: 3 });
        assert_eq!(photo.treatment, PageTreatment::Rendered);
        let grey = coded(Pixels::Grey(noise(200 * 300)));
        assert_eq!(grey.encoding, ImageEncoding::Jpeg { components: 1 });
        assert_eq!((grey.width, grey.height), (200, 300));
    }

    #[test]
    fn black_and_white_is_g4() {
        let stream = coded(Pixels::Bilevel(vec![0xF0; 25 * 300]));
        assert_eq!(
            stream.encoding,
            ImageEncoding::CcittG4 { black_is_1: false }
        );
        assert_eq!(stream.treatment, PageTreatment::Rendered);
    }
}

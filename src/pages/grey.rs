//! A page's pixels in grey, for whatever reads it. What is archived stays the stream itself.
//!
//! Nothing is improved here: the samples are those of the stored image, in its own orientation and at
//! its own resolution. One byte a pixel and one page at a time bound the memory.

use super::ccitt::{self, EncodingMode};
use super::error::{PageError, PageFault};
use super::flate;
use super::image::{ImageEncoding, PageImage};
use super::jbig2;
use super::jpeg;

impl PageImage {
    /// Decodes the page to 8-bit grey: rows top down, `width_px * height_px` bytes, 0 is black.
    ///
    /// Colours become luma with the weights of Rec. ITU-R BT.601, those of JFIF.
    ///
    /// # Errors
    /// [`PageError::Page`] if the stream does not hold the pixels that it claims.
    pub fn to_grey(&self) -> Result<Vec<u8>, PageError> {
        self.grey().map_err(|fault| fault.on_page(self.source.page))
    }

    fn grey(&self) -> Result<Vec<u8>, PageFault> {
        let too_large = PageFault::TooLarge {
            width: self.width_px,
            height: self.height_px,
        };
        let (width, height) = (self.width_px as usize, self.height_px as usize);
        let pixels = width.checked_mul(height).ok_or(too_large)?;
        let grey = match self.encoding {
            ImageEncoding::Jpeg { .. } => jpeg::grey(&self.data)?,
            ImageEncoding::CcittG4 { black_is_1 } => {
                let layout = ccitt::Layout {
                    mode: EncodingMode::Group4,
                    width: self.width_px,
                    height: self.height_px,
                    end_of_line: false,
                    byte_aligned: false,
                };
                // DeviceGray shows a 1 white, so BlackIs1 shows the fax code's black as white.
                let black = if black_is_1 { 255 } else { 0 };
                unpack(&ccitt::decode(&self.data, layout)?, width, black)
            }
            ImageEncoding::Jbig2 => unpack(
                &jbig2::decode(&self.data, self.width_px, self.height_px)?,
                width,
                0,
            ),
            ImageEncoding::Flate { components, bits } => {
                let bits_per_pixel = usize::from(components) * usize::from(bits);
                let row_bytes = (width * bits_per_pixel).div_ceil(8);
                let rows = flate::expand(&self.data, (row_bytes + 1) * height)?;
                let rows = flate::unfilter(rows, row_bytes, bits_per_pixel.div_ceil(8))?;
                of_samples(rows, width, components, bits)?
            }
            ImageEncoding::PlainFlate { components, bits } => {
                let row_bytes = (width * usize::from(components) * usize::from(bits)).div_ceil(8);
                let rows = flate::expand(&self.data, row_bytes * height)?;
                of_samples(rows, width, components, bits)?
            }
        };
        if grey.len() == pixels {
            Ok(grey)
        } else {
            Err(PageFault::Truncated)
        }
    }
}

fn of_samples(rows: Vec<u8>, width: usize, components: u8, bits: u8) -> Result<Vec<u8>, PageFault> {
    match (components, bits) {
        (1, 1) => Ok(unpack(&rows, width, 0)),
        (1, 8) => Ok(rows),
        // The first byte of a 16-bit sample is its upper half.
        (1, 16) => Ok(rows.iter().step_by(2).copied().collect()),
        (3, 8) => Ok(luma_of_rgb(&rows)),
        (3, 16) => Ok(rows
            .as_chunks::<6>()
            .0
            .iter()
            .map(|&[r, _, g, _, b, _]| luma(r, g, b))
            .collect()),
        _ => Err(PageFault::Unsupported(format!(
            "{components} components of {bits} bits"
        ))),
    }
}

pub(super) fn luma_of_rgb(rgb: &[u8]) -> Vec<u8> {
    rgb.as_chunks::<3>()
        .0
        .iter()
        .map(|&[r, g, b]| luma(r, g, b))
        .collect()
}

/// 0.299 R + 0.587 G + 0.114 B in 256ths.
fn luma(r: u8, g: u8, b: u8) -> u8 {
    let sum = 77 * u16::from(r) + 150 * u16::from(g) + 29 * u16::from(b);
    (sum >> 8).to_le_bytes()[0]
}

/// One bit a pixel to one byte a pixel; a 0 bit becomes `zero`, a 1 bit its opposite.
fn unpack(rows: &[u8], width: usize, zero: u8) -> Vec<u8> {
    let mut grey = Vec::with_capacity(rows.len() * 8);
    for row in rows.chunks_exact(width.div_ceil(8).max(1)) {
        let end = grey.len() + width;
        for &byte in row {
            grey.extend(
                (0..8)
                    .rev()
                    .map(|bit| zero ^ (byte >> bit & 1).wrapping_neg()),
            );
        }
        grey.truncate(end);
    }
    grey
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{jpeg, only_page, picture, png};
    use super::*;

    /// Grey by the weights, in floating point.
    fn expected(rgb: &[u8]) -> Vec<f64> {
        rgb.as_chunks::<3>()
            .0
            .iter()
            .map(|&[r, g, b]| 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b))
            .collect()
    }

    fn worst(grey: &[u8], expected: &[f64]) -> f64 {
        assert_eq!(grey.len(), expected.len());
        grey.iter()
            .zip(expected)
            .map(|(&value, wanted)| (f64::from(value) - wanted).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn png_pixels_come_back_as_grey() {
        let (width, height) = (61, 40);
        let rgb = png(width, height, ::image::ExtendedColorType::Rgb8);
        let grey = only_page(&rgb)
            .and_then(|page| page.to_grey())
            .expect("a PNG");
        assert!(worst(&grey, &expected(&picture(width, height, 3))) <= 1.5);

        let plain = png(width, height, ::image::ExtendedColorType::L8);
        let grey = only_page(&plain)
            .and_then(|page| page.to_grey())
            .expect("a PNG");
        assert_eq!(grey, picture(width, height, 1));

        let deep = png(width, height, ::image::ExtendedColorType::L16);
        let grey = only_page(&deep)
            .and_then(|page| page.to_grey())
            .expect("a PNG");
        assert_eq!(grey.len(), 61 * 40);
    }

    #[test]
    fn jpeg_gives_its_luma() {
        let colour = jpeg(64, 48, jpeg_encoder::ColorType::Rgb, false, 0);
        let grey = only_page(&colour)
            .and_then(|page| page.to_grey())
            .expect("a JPEG");
        let wanted = expected(&picture(64, 48, 3));
        let mean = grey
            .iter()
            .zip(&wanted)
            .map(|(&value, wanted)| (f64::from(value) - wanted).abs())
            .sum::<f64>()
            / 3072.0;
        assert!(mean < 12.0, "mean difference {mean}");
        let single = jpeg(64, 48, jpeg_encoder::ColorType::Luma, true, 0);
        let grey = only_page(&single)
            .and_then(|page| page.to_grey())
            .expect("a JPEG");
        assert_eq!(grey.len(), 64 * 48);
    }

    #[test]
    fn a_jpeg_of_rgb_is_not_taken_for_its_red() {
        let mut page = only_page(&jpeg(64, 48, jpeg_encoder::ColorType::Rgb, false, 0))
            .expect("a complete JPEG");
        let luma = page.to_grey().expect("a JPEG");
        // The same coded numbers, said to be RGB: grey is then a mix of all three.
        page.data
            .splice(2..2, *b"\xFF\xEE\x00\x0EAdobe\x00\x64\0\0\0\0\0");
        let app0 = page
            .data
            .windows(2)
            .position(|marker| marker == [0xFF, 0xE0]);
        let app0 = app0.expect("a JFIF header");
        page.data.drain(app0..app0 + 18);
        let mixed = page.to_grey().expect("a JPEG");
        assert_eq!(mixed.len(), luma.len());
        assert_ne!(mixed, luma);
    }

    #[test]
    fn fax_code_is_shown_black_or_white_as_it_says() {
        let rows = [0b0111_1110u8, 0b1010_1010];
        let data = ccitt::encode_g4(&rows, 7, 2);
        let mut page = only_page(&png(7, 2, ::image::ExtendedColorType::L8)).expect("a PNG");
        page.data = data;
        page.encoding = ImageEncoding::CcittG4 { black_is_1: false };
        let grey = page.to_grey().expect("own data");
        assert_eq!(
            grey,
            [0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 0, 255, 0, 255]
        );
        page.encoding = ImageEncoding::CcittG4 { black_is_1: true };
        let inverted: Vec<u8> = grey.iter().map(|value| !value).collect();
        assert_eq!(page.to_grey().expect("own data"), inverted);
    }

    #[test]
    fn streams_that_do_not_hold_the_page_are_errors() {
        let mut page = only_page(&png(30, 20, ::image::ExtendedColorType::Rgb8)).expect("a PNG");
        page.height_px += 1;
        assert!(page.to_grey().is_err());
        let mut page = only_page(&jpeg(64, 48, jpeg_encoder::ColorType::Rgb, false, 0))
            .expect("a complete JPEG");
        page.width_px += 1;
        assert!(page.to_grey().is_err());
        page.data.clear();
        assert!(page.to_grey().is_err());
    }
}

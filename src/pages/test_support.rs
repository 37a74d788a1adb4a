//! Files made for tests: images by the encoders that this program does not decode with.

use std::path::PathBuf;

use super::{PageError, PageFile, PageImage, open};
use crate::config::{Limits, ScannerProfile};

/// A 300 dpi A4 profile.
pub(super) fn profile() -> ScannerProfile {
    toml::from_str(
        "name = \"test\"\nmodels = []\n[image]\nresolution_dpi = 300\ncolour = \"auto\"\nduplex = false\n\
         page_size = \"A4\"\n[files]\ngrouping = \"file-per-document\"\n",
    )
    .expect("a complete profile")
}

/// A folder that holds the files of one test.
pub(super) struct Files(tempfile::TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Writes `data` under a name that says nothing.
    pub(super) fn write(&self, data: &[u8]) -> PathBuf {
        let path = self.0.path().join("scan");
        std::fs::write(&path, data).expect("a writable folder");
        path
    }

    pub(super) fn open(&self, data: &[u8]) -> Result<PageFile, PageError> {
        open(&self.write(data), 0, &profile(), &Limits::default())
    }
}

/// The only page of a file with these bytes.
pub(super) fn only_page(data: &[u8]) -> Result<PageImage, PageError> {
    let files = Files::new();
    files.open(data)?.page(0)
}

/// Pixels with edges, gradients and noise, `components` bytes each.
pub(super) fn picture(width: u32, height: u32, components: u32) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 7 & 31;
            let ink = if (x / 5 + y / 9) % 4 == 0 { 0 } else { 190 };
            for component in 0..components {
                pixels.push((ink + noise + component * 11).to_le_bytes()[0]);
            }
        }
    }
    pixels
}

/// A JPEG by the encoder.
pub(super) fn jpeg(
    width: u16,
    height: u16,
    colour: jpeg_encoder::ColorType,
    progressive: bool,
    restart: u16,
) -> Vec<u8> {
    let components = match colour {
        jpeg_encoder::ColorType::Luma => 1,
        jpeg_encoder::ColorType::Cmyk | jpeg_encoder::ColorType::CmykAsYcck => 4,
        _ => 3,
    };
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 85);
    encoder.set_progressive(progressive);
    if restart > 0 {
        encoder.set_restart_interval(restart);
    }
    encoder
        .encode(
            &picture(u32::from(width), u32::from(height), components),
            width,
            height,
            colour,
        )
        .expect("an encodable picture");
    out
}

/// A PNG by the `image` crate.
pub(super) fn png(width: u32, height: u32, colour: ::image::ExtendedColorType) -> Vec<u8> {
    use ::image::ImageEncoder;
    let bits = u32::from(colour.bits_per_pixel());
    let pixels = picture(width, height, bits / 8);
    let mut out = Vec::new();
    ::image::codecs::png::PngEncoder::new(&mut out)
        .write_image(&pixels, width, height, colour)
        .expect("an encodable picture");
    out
}

//! JPEG 2000 (ITU-T T.800): decoded to 8-bit samples.
//!
//! PDF/A-2 allows it under conditions on channels, depths and colour (ISO 19005-2 §6.2.8.3) that few
//! writers keep, and few readers show it alike; its pixels are therefore compressed again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

use super::error::PageFault;
use super::samples::Colour;
use super::stream::Bounds;

/// Start of a codestream and of its size segment (Annex A.5.1).
const SOC_SIZ: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// Colours of a page and one for alpha.
const COMPONENTS_MAX: u32 = 5;
/// The decoder keeps a number of 32 bits for each sample.
const SAMPLE_BITS: u64 = 32;
/// Tiles of a codestream (Annex A.4.2).
const TILES_MAX: u64 = 65_535;

/// Samples side by side, 8 bits each.
pub(super) struct Decoded {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Samples a pixel, alpha included.
    pub(super) components: usize,
    pub(super) samples: Vec<u8>,
    /// Bits a sample had.
    pub(super) bits: u8,
    /// What the file itself says the colour is.
    pub(super) colour: Option<Colour>,
    /// Whether the last sample is alpha.
    pub(super) alpha: bool,
}

fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("JPEG 2000 {what}"))
}

/// Decodes; a palette inside the file is resolved where `resolve` says so.
pub(super) fn decode(data: &[u8], resolve: bool, bounds: &Bounds) -> Result<Decoded, PageFault> {
    check_size(data, bounds)?;
    let settings = DecodeSettings {
        resolve_palette_indices: resolve,
        strict: true,
        target_resolution: None,
    };
    catch_unwind(AssertUnwindSafe(|| with_settings(data, &settings)))
        .unwrap_or_else(|_| Err(damaged("image that stopped the decoder")))
}

fn with_settings(data: &[u8], settings: &DecodeSettings) -> Result<Decoded, PageFault> {
    let failed = |error: hayro_jpeg2000::DecodeError| damaged(&format!("image: {error}"));
    let image = Image::new(data, settings).map_err(failed)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(failed)?;
    let components = decoded.components().len();
    let pixels = image.width() as usize * image.height() as usize;
    let whole = |samples: &[f32]| samples.len() == pixels;
    if components == 0 || !decoded.components().iter().all(|c| whole(c.samples())) {
        return Err(damaged("image with components of several sizes"));
    }
    Ok(Decoded {
        width: image.width(),
        height: image.height(),
        components,
        samples: decoded.data_u8(),
        bits: decoded
            .components()
            .iter()
            .map(|component| component.bit_depth())
            .max()
            .unwrap_or(8),
        colour: match image.color_space().num_channels() {
            _ if matches!(image.color_space(), ColorSpace::Unknown { .. }) => None,
            1 => Some(Colour::Grey),
            3 => Some(Colour::Rgb),
            4 => Some(Colour::Cmyk),
            _ => None,
        },
        alpha: image.has_alpha(),
    })
}

/// Refuses by its size segment what would take more memory than a page may.
fn check_size(data: &[u8], bounds: &Bounds) -> Result<(), PageFault> {
    let start = data
        .windows(SOC_SIZ.len())
        .position(|window| window == SOC_SIZ)
        .ok_or_else(|| damaged("image without a codestream"))?;
    let number = |at: usize, count: usize| {
        let from = start.saturating_add(at);
        let bytes = data.get(from..from.saturating_add(count));
        let bytes = bytes.ok_or(PageFault::Truncated)?;
        Ok::<u32, PageFault>(
            bytes
                .iter()
                .fold(0, |sum, &byte| sum << 8 | u32::from(byte)),
        )
    };
    let side =
        |end: usize| Ok::<u32, PageFault>(number(end, 4)?.saturating_sub(number(end + 8, 4)?));
    let (width, height) = (side(8)?, side(12)?);
    let components = number(40, 2)?;
    if !(1..=COMPONENTS_MAX).contains(&components) {
        return Err(PageFault::Unsupported(
            "JPEG 2000 image with too many components".to_owned(),
        ));
    }
    bounds.check(width, height, u64::from(components) * SAMPLE_BITS)?;
    let tiles = |side: u32, tile: u32| u64::from(side.div_ceil(tile.max(1)));
    if tiles(width, number(24, 4)?) * tiles(height, number(28, 4)?) > TILES_MAX {
        return Err(damaged("image with too many tiles"));
    }
    Ok(())
}

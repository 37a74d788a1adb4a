//! What a directory says of its image: size, samples, compression, and where the segments lie.

use super::super::error::PageFault;
use super::super::exif;
use super::super::image::Rotation;
use super::super::resolution::StatedDensity;
use super::super::samples::{Colour, Meaning, Packing, Transparency};
use super::super::stream::Bounds;
use super::directory::{Directory, TiffFile, damaged};

mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const SUBFILE_TYPE: u16 = 255;
    pub(super) const WIDTH: u16 = 256;
    pub(super) const LENGTH: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTES: u16 = 279;
    pub(super) const X_RESOLUTION: u16 = 282;
    pub(super) const Y_RESOLUTION: u16 = 283;
    pub(super) const PLANAR: u16 = 284;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const T6_OPTIONS: u16 = 293;
    pub(super) const RESOLUTION_UNIT: u16 = 296;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const COLOUR_MAP: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_LENGTH: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_BYTES: u16 = 325;
    pub(super) const INK_SET: u16 = 332;
    pub(super) const EXTRA_SAMPLES: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_TABLES: u16 = 347;
    pub(super) const YCBCR_SUBSAMPLING: u16 = 530;
}

/// How segments are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    /// Fax codes without end-of-line codes, rows padded to bytes.
    Rle,
    Group3 {
        two_dimensional: bool,
    },
    Group4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

impl Compression {
    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::None => "uncompressed",
            Compression::Rle => "CCITT RLE",
            Compression::Group3 { .. } => "CCITT G3",
            Compression::Group4 => "CCITT G4",
            Compression::Lzw => "LZW",
            Compression::Jpeg => "JPEG",
            Compression::Deflate => "Deflate",
            Compression::PackBits => "PackBits",
        }
    }

    pub(super) fn is_fax(self) -> bool {
        match self {
            Compression::Rle | Compression::Group3 { .. } | Compression::Group4 => true,
            Compression::None
            | Compression::Lzw
            | Compression::Jpeg
            | Compression::Deflate
            | Compression::PackBits => false,
        }
    }
}

/// One image of a TIFF.
pub(super) struct Layout {
    /// Packing of the whole image, its planes interleaved.
    pub(super) packing: Packing,
    pub(super) meaning: Meaning,
    pub(super) compression: Compression,
    /// Whether the samples are RGB as stored (photometric 2), also inside a JPEG.
    pub(super) rgb: bool,
    pub(super) bits_reversed: bool,
    pub(super) planar: bool,
    pub(super) predictor: bool,
    /// Size of a segment: a strip is as wide as the image.
    pub(super) segment: (u32, u32),
    pub(super) tiled: bool,
    /// Offset and length of each segment, plane after plane.
    pub(super) segments: Vec<(u64, u64)>,
    pub(super) jpeg_tables: Vec<u8>,
    pub(super) rotation: Rotation,
    pub(super) density: Option<StatedDensity>,
}

/// Whether a directory holds a reduced copy or a mask and not a page (tags 254, 255).
pub(super) fn is_secondary(tiff: &TiffFile, directory: &Directory) -> bool {
    let new = tiff
        .integer(directory, tag::NEW_SUBFILE_TYPE, 0)
        .unwrap_or(0);
    let old = tiff.integer(directory, tag::SUBFILE_TYPE, 0).unwrap_or(0);
    new & 0b101 != 0 || old == 2
}

/// Reads a directory and checks it against itself and the limits.
pub(super) fn read(
    tiff: &TiffFile,
    directory: &Directory,
    bounds: &Bounds,
) -> Result<Layout, PageFault> {
    let packing = packing(tiff, directory, bounds)?;
    let planar = packing.samples > 1 && tiff.integer(directory, tag::PLANAR, 1)? == 2;
    let compression = compression(tiff, directory)?;
    let (segment, tiled) = segment_size(tiff, directory, &packing, bounds)?;
    let meaning = meaning(tiff, directory, &packing, compression)?;
    Ok(Layout {
        compression,
        rgb: matches!(meaning.colour, Colour::Rgb),
        meaning,
        bits_reversed: compression != Compression::Jpeg
            && tiff.integer(directory, tag::FILL_ORDER, 1)? == 2,
        planar,
        predictor: predictor(tiff, directory, compression)?,
        segment,
        tiled,
        segments: segments(tiff, directory, &packing, segment, (tiled, planar))?,
        jpeg_tables: tiff.bytes(directory, tag::JPEG_TABLES)?.unwrap_or_default(),
        rotation: exif::rotation_of(tiff.integer(directory, tag::ORIENTATION, 1).unwrap_or(1)),
        density: density(tiff, directory),
        packing,
    })
}

fn density(tiff: &TiffFile, directory: &Directory) -> Option<StatedDensity> {
    let x = tiff.fraction(directory, tag::X_RESOLUTION)?;
    let y = tiff.fraction(directory, tag::Y_RESOLUTION)?;
    let unit = tiff.integer(directory, tag::RESOLUTION_UNIT, 2).ok()?;
    exif::density_of(x, y, unit)
}

fn packing(tiff: &TiffFile, directory: &Directory, bounds: &Bounds) -> Result<Packing, PageFault> {
    let size = |tag| -> Result<u32, PageFault> {
        u32::try_from(tiff.integer(directory, tag, 0)?).map_err(|_| damaged("size"))
    };
    let samples = tiff.integer(directory, tag::SAMPLES, 1)?;
    let bits = tiff
        .integers(directory, tag::BITS)?
        .unwrap_or_else(|| vec![1]);
    let first = bits.first().copied().unwrap_or(1);
    if bits.iter().any(|&bits| bits != first) {
        return Err(PageFault::Unsupported(
            "TIFF with samples of different depths".to_owned(),
        ));
    }
    if !(1..=16).contains(&first) {
        return Err(PageFault::Unsupported(format!("{first}-bit TIFF")));
    }
    if !(1..=16).contains(&samples) {
        return Err(PageFault::Unsupported(format!(
            "TIFF with {samples} samples a pixel"
        )));
    }
    let formats = tiff
        .integers(directory, tag::SAMPLE_FORMAT)?
        .unwrap_or_default();
    if formats.iter().any(|&format| format != 1 && format != 4) {
        return Err(PageFault::Unsupported(
            "TIFF with signed or floating-point samples".to_owned(),
        ));
    }
    let packing = Packing {
        width: size(tag::WIDTH)?,
        height: size(tag::LENGTH)?,
        bits: u8::try_from(first).unwrap_or(1),
        samples: usize::try_from(samples).unwrap_or(1),
        little_endian: tiff.little_endian,
    };
    bounds.check(
        packing.width,
        packing.height,
        packing.bits_per_pixel().max(8),
    )?;
    Ok(packing)
}

fn compression(tiff: &TiffFile, directory: &Directory) -> Result<Compression, PageFault> {
    let unsupported = |what: &str| Err(PageFault::Unsupported(format!("TIFF with {what}")));
    let uncompressed_mode = |tag| {
        tiff.integer(directory, tag, 0)
            .map(|options| options & 2 != 0)
    };
    Ok(match tiff.integer(directory, tag::COMPRESSION, 1)? {
        1 => Compression::None,
        2 => Compression::Rle,
        3 if uncompressed_mode(tag::T4_OPTIONS)? => return unsupported("G3 uncompressed mode"),
        3 => Compression::Group3 {
            two_dimensional: tiff.integer(directory, tag::T4_OPTIONS, 0)? & 1 == 1,
        },
        4 if uncompressed_mode(tag::T6_OPTIONS)? => return unsupported("G4 uncompressed mode"),
        4 => Compression::Group4,
        5 => Compression::Lzw,
        6 => return unsupported("old-style JPEG compression"),
        7 => Compression::Jpeg,
        8 | 32946 => Compression::Deflate,
        32773 => Compression::PackBits,
        other => return unsupported(&format!("compression {other}")),
    })
}

fn predictor(
    tiff: &TiffFile,
    directory: &Directory,
    compression: Compression,
) -> Result<bool, PageFault> {
    if !matches!(compression, Compression::Lzw | Compression::Deflate) {
        return Ok(false);
    }
    match tiff.integer(directory, tag::PREDICTOR, 1)? {
        1 => Ok(false),
        2 => Ok(true),
        other => Err(PageFault::Unsupported(format!(
            "TIFF with predictor {other}"
        ))),
    }
}

/// Width, height and whether it is a tile; RowsPerStrip may be 2³²−1, “one strip”.
fn segment_size(
    tiff: &TiffFile,
    directory: &Directory,
    packing: &Packing,
    bounds: &Bounds,
) -> Result<((u32, u32), bool), PageFault> {
    let width = tiff.integer(directory, tag::TILE_WIDTH, 0)?;
    let length = tiff.integer(directory, tag::TILE_LENGTH, 0)?;
    if width == 0 || length == 0 {
        let rows = tiff.integer(directory, tag::ROWS_PER_STRIP, u64::from(u32::MAX))?;
        let rows = u32::try_from(rows).unwrap_or(u32::MAX).min(packing.height);
        if rows == 0 {
            return Err(damaged("strips without rows"));
        }
        return Ok(((packing.width, rows), false));
    }
    let (Ok(width), Ok(length)) = (u32::try_from(width), u32::try_from(length)) else {
        return Err(damaged("tile size"));
    };
    if !(u64::from(width) * packing.bits_per_pixel()).is_multiple_of(8) {
        return Err(damaged("tile width"));
    }
    bounds.check(width, length, packing.bits_per_pixel().max(8))?;
    Ok(((width, length), true))
}

fn segments(
    tiff: &TiffFile,
    directory: &Directory,
    packing: &Packing,
    (width, height): (u32, u32),
    (tiled, planar): (bool, bool),
) -> Result<Vec<(u64, u64)>, PageFault> {
    let (offsets_tag, lengths_tag) = if tiled {
        (tag::TILE_OFFSETS, tag::TILE_BYTES)
    } else {
        (tag::STRIP_OFFSETS, tag::STRIP_BYTES)
    };
    // Some writers put a tiled image's segments into the tags for strips.
    let listed = |tag, other| -> Result<Option<Vec<u64>>, PageFault> {
        match tiff.integers(directory, tag)? {
            Some(values) => Ok(Some(values)),
            None => tiff.integers(directory, other),
        }
    };
    let offsets =
        listed(offsets_tag, tag::STRIP_OFFSETS)?.ok_or_else(|| damaged("without image data"))?;
    let lengths = match listed(lengths_tag, tag::STRIP_BYTES)? {
        Some(lengths) => lengths,
        // Old writers leave the length of an only strip out: it goes to the end of the file.
        None => offsets
            .iter()
            .take(1)
            .map(|&offset| tiff.length().saturating_sub(offset))
            .collect(),
    };
    let planes = if planar { packing.samples as u64 } else { 1 };
    let wanted = u64::from(packing.width.div_ceil(width))
        * u64::from(packing.height.div_ceil(height))
        * planes;
    if (offsets.len() as u64) < wanted || (lengths.len() as u64) < wanted {
        return Err(damaged("with fewer segments than its size needs"));
    }
    let wanted = usize::try_from(wanted).map_err(|_| damaged("size"))?;
    // Segments that overlap would make a small file expensive to read.
    let total = lengths
        .iter()
        .take(wanted)
        .try_fold(0u64, |sum, &length| sum.checked_add(length));
    if total.is_none_or(|total| total > tiff.length()) {
        return Err(PageFault::Truncated);
    }
    Ok(offsets.into_iter().zip(lengths).take(wanted).collect())
}

fn meaning(
    tiff: &TiffFile,
    directory: &Directory,
    packing: &Packing,
    compression: Compression,
) -> Result<Meaning, PageFault> {
    let unsupported = |what: String| PageFault::Unsupported(format!("TIFF with {what}"));
    let default = if compression.is_fax() { 0 } else { 1 };
    let photometric = tiff.integer(directory, tag::PHOTOMETRIC, default)?;
    let colour = match photometric {
        0 | 1 => Colour::Grey,
        2 => Colour::Rgb,
        3 => Colour::Palette(palette(tiff, directory, packing)?),
        5 if tiff.integer(directory, tag::INK_SET, 1)? == 1 => Colour::Cmyk,
        6 if compression == Compression::Jpeg => Colour::YCbCr,
        6 => {
            let subsampling = tiff.integers(directory, tag::YCBCR_SUBSAMPLING)?;
            if subsampling.as_deref() != Some(&[1, 1]) {
                return Err(unsupported("subsampled YCbCr".to_owned()));
            }
            Colour::YCbCr
        }
        other => return Err(unsupported(format!("photometric interpretation {other}"))),
    };
    let extra = tiff
        .integers(directory, tag::EXTRA_SAMPLES)?
        .unwrap_or_default();
    Ok(Meaning {
        colour,
        transparency: match extra.first() {
            Some(1) => Transparency::Alpha {
                premultiplied: true,
            },
            Some(2) => Transparency::Alpha {
                premultiplied: false,
            },
            _ => Transparency::None,
        },
        inverted: photometric == 0,
    })
}

/// ColorMap: all reds, all greens, all blues, 16 bits each; old writers left the upper 8 bits empty.
fn palette(
    tiff: &TiffFile,
    directory: &Directory,
    packing: &Packing,
) -> Result<Vec<[u8; 3]>, PageFault> {
    let map = tiff
        .integers(directory, tag::COLOUR_MAP)?
        .ok_or_else(|| damaged("without its colour map"))?;
    let entries = 1usize << packing.bits;
    if map.len() < entries * 3 {
        return Err(damaged("colour map"));
    }
    let shift = if map.iter().all(|&value| value < 256) {
        0
    } else {
        8
    };
    let level = |index: usize| {
        let value = map.get(index).copied().unwrap_or(0) >> shift;
        u8::try_from(value).unwrap_or(255)
    };
    Ok((0..entries)
        .map(|index| {
            [
                level(index),
                level(index + entries),
                level(index + 2 * entries),
            ]
        })
        .collect())
}

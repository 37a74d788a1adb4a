//! PNG (ISO/IEC 15948): plain grey and RGB images keep their own compressed bytes, the rest is recompressed.
//!
//! A non-interlaced 8-bit PNG is the very stream that `FlateDecode` with PNG predictors reads, so its IDAT
//! chunks go into the PDF as they are once they have been expanded as a proof. Colour management chunks
//! are not applied: the page is taken for sRGB, as its viewers do.

use flate2::Crc;

use super::error::PageFault;
use super::flate;
use super::image::ImageEncoding;
use super::resolution::StatedDensity;
use super::samples::{self, Colour, Meaning, Packing, Transparency};
use super::stream::{Bounds, PageStream};
use crate::record::PageTreatment;

/// The first eight bytes.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Everything of a PNG that a page needs.
struct Png {
    header: Header,
    palette: Vec<[u8; 3]>,
    transparency: Option<Vec<u8>>,
    density: Option<StatedDensity>,
    compressed: Vec<u8>,
}

/// IHDR (11.2.2).
#[derive(Clone, Copy)]
struct Header {
    width: u32,
    height: u32,
    bits: u8,
    colour_type: u8,
    interlaced: bool,
}

impl Header {
    fn parse(content: &[u8], bounds: &Bounds) -> Result<Self, PageFault> {
        let &[
            w3,
            w2,
            w1,
            w0,
            h3,
            h2,
            h1,
            h0,
            bits,
            colour_type,
            0,
            0,
            interlace @ (0 | 1),
        ] = content
        else {
            return Err(damaged("header"));
        };
        let allowed: &[u8] = match colour_type {
            0 => &[1, 2, 4, 8, 16],
            3 => &[1, 2, 4, 8],
            2 | 4 | 6 => &[8, 16],
            _ => &[],
        };
        if !allowed.contains(&bits) {
            return Err(damaged("header"));
        }
        let header = Self {
            width: u32::from_be_bytes([w3, w2, w1, w0]),
            height: u32::from_be_bytes([h3, h2, h1, h0]),
            bits,
            colour_type,
            interlaced: interlace == 1,
        };
        bounds.check(
            header.width,
            header.height,
            header.packing(1, 1).bits_per_pixel().max(8),
        )?;
        Ok(header)
    }

    fn samples(self) -> usize {
        match self.colour_type {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        }
    }

    /// How an image, or a pass of one, of this size is packed.
    fn packing(self, width: u32, height: u32) -> Packing {
        Packing {
            width,
            height,
            bits: self.bits,
            samples: self.samples(),
            little_endian: false,
        }
    }

    fn whole(self) -> Packing {
        self.packing(self.width, self.height)
    }

    /// Distance to the pixel on the left, bytes (9.2).
    fn pixel_bytes(self) -> usize {
        (self.samples() * usize::from(self.bits)).div_ceil(8)
    }
}

fn damaged(what: &str) -> PageFault {
    PageFault::Damaged(format!("PNG {what}"))
}

/// Reads a PNG and makes its page's stream.
pub(super) fn take(
    data: &[u8],
    bounds: &Bounds,
) -> Result<(PageStream, Option<StatedDensity>), PageFault> {
    let mut png = parse(data, bounds)?;
    let density = png.density;
    let header = png.header;
    let passes = passes(header);
    let length = passes.iter().map(filtered_bytes).sum();
    let filtered = flate::expand(&png.compressed, length)?;
    let plain = !header.interlaced
        && header.bits == 8
        && matches!(header.colour_type, 0 | 2)
        && png.transparency.is_none();
    if plain {
        if !flate::filters_exist(&filtered, header.whole().row_bytes()) {
            return Err(damaged("filter"));
        }
        let stream = PageStream {
            width: header.width,
            height: header.height,
            encoding: ImageEncoding::Flate {
                components: if header.colour_type == 2 { 3 } else { 1 },
                bits: 8,
            },
            data: std::mem::take(&mut png.compressed),
            treatment: PageTreatment::PassedThrough,
            reason: String::new(),
        };
        return Ok((stream, density));
    }
    let rows = rows(header, filtered, &passes)?;
    let (raster, changed) = samples::to_raster(rows, &header.whole(), &png.meaning()?)?;
    Ok((raster.compress(why(header), &changed), density))
}

fn why(header: Header) -> &'static str {
    match (header.colour_type, header.bits) {
        (0, 1) => "bilevel PNG compressed as G4",
        (3, _) => "palette PNG expanded",
        (4 | 6, _) => "PNG with alpha",
        _ if header.interlaced => "interlaced PNG",
        (_, 16) => "16-bit PNG",
        _ => "PNG expanded to 8 bits",
    }
}

/// Walks through the chunks, checking each one's CRC; bytes after IEND are ignored.
fn parse(data: &[u8], bounds: &Bounds) -> Result<Png, PageFault> {
    let mut rest = data
        .strip_prefix(SIGNATURE)
        .ok_or_else(|| damaged("signature"))?;
    let (kind, content) = chunk(&mut rest)?;
    if kind != b"IHDR" {
        return Err(damaged("header"));
    }
    let mut png = Png {
        header: Header::parse(content, bounds)?,
        palette: Vec::new(),
        transparency: None,
        density: None,
        compressed: Vec::new(),
    };
    loop {
        let (kind, content) = chunk(&mut rest)?;
        match kind {
            b"IEND" => return Ok(png),
            b"IDAT" => png.compressed.extend_from_slice(content),
            b"PLTE" => png.palette = content.as_chunks::<3>().0.to_vec(),
            b"tRNS" => png.transparency = Some(content.to_vec()),
            b"pHYs" => png.density = density(content),
            // Upper case in the first letter: a reader that does not know it cannot show the image (5.4).
            [first, ..] if first.is_ascii_uppercase() => {
                return Err(damaged("unknown critical chunk"));
            }
            _ => {}
        }
    }
}

fn chunk<'a>(rest: &mut &'a [u8]) -> Result<(&'a [u8; 4], &'a [u8]), PageFault> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(PageFault::Truncated)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| PageFault::Truncated)?;
    let (kind, after) = after.split_first_chunk::<4>().ok_or(PageFault::Truncated)?;
    let (content, after) = after.split_at_checked(length).ok_or(PageFault::Truncated)?;
    let (crc, after) = after.split_first_chunk::<4>().ok_or(PageFault::Truncated)?;
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(content);
    if sum.sum() != u32::from_be_bytes(*crc) {
        return Err(damaged("checksum"));
    }
    *rest = after;
    Ok((kind, content))
}

/// pHYs (11.3.5.3); unit 1 is the metre.
fn density(content: &[u8]) -> Option<StatedDensity> {
    let (x, rest) = content.split_first_chunk::<4>()?;
    let (y, unit) = rest.split_first_chunk::<4>()?;
    let per_inch = |bytes: [u8; 4]| {
        // Metres hold 300 dpi as 11811, which is 299.9994: two decimals bring it back.
        (f64::from(u32::from_be_bytes(bytes)) * 0.0254 * 100.0).round() / 100.0
    };
    (unit == [1]).then(|| StatedDensity {
        x: per_inch(*x),
        y: per_inch(*y),
    })
}

impl Png {
    fn meaning(&self) -> Result<Meaning, PageFault> {
        let key = |count: usize| {
            let bytes = self.transparency.as_deref().unwrap_or_default();
            let values: Vec<u16> = bytes
                .as_chunks::<2>()
                .0
                .iter()
                .map(|&pair| u16::from_be_bytes(pair))
                .collect();
            (values.len() == count).then_some(Transparency::Key(values))
        };
        let alpha = Transparency::Alpha {
            premultiplied: false,
        };
        let (colour, transparency) = match self.header.colour_type {
            0 => (Colour::Grey, key(1).unwrap_or(Transparency::None)),
            2 => (Colour::Rgb, key(3).unwrap_or(Transparency::None)),
            3 if self.palette.is_empty() => return Err(damaged("without its palette")),
            3 => (
                Colour::Palette(self.palette.clone()),
                self.transparency
                    .clone()
                    .map_or(Transparency::None, Transparency::Palette),
            ),
            4 => (Colour::Grey, alpha),
            _ => (Colour::Rgb, alpha),
        };
        Ok(Meaning {
            colour,
            transparency,
            inverted: false,
        })
    }
}

/// One pass of an image: where its pixels go.
struct Pass {
    packing: Packing,
    left: usize,
    top: usize,
    step_x: usize,
    step_y: usize,
}

/// Adam7 (8.2): left, top, step across, step down.
const ADAM7: [(u32, u32, u32, u32); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

fn passes(header: Header) -> Vec<Pass> {
    let grid: &[(u32, u32, u32, u32)] = if header.interlaced {
        &ADAM7
    } else {
        &[(0, 0, 1, 1)]
    };
    grid.iter()
        .map(|&(left, top, step_x, step_y)| Pass {
            packing: header.packing(
                header.width.saturating_sub(left).div_ceil(step_x),
                header.height.saturating_sub(top).div_ceil(step_y),
            ),
            left: left as usize,
            top: top as usize,
            step_x: step_x as usize,
            step_y: step_y as usize,
        })
        .filter(|pass| pass.packing.width > 0 && pass.packing.height > 0)
        .collect()
}

/// Bytes of a pass with the filter number that starts each row.
fn filtered_bytes(pass: &Pass) -> usize {
    (pass.packing.row_bytes() + 1) * pass.packing.height as usize
}

/// Rows of the whole image, filters and interlace undone.
fn rows(header: Header, mut filtered: Vec<u8>, passes: &[Pass]) -> Result<Vec<u8>, PageFault> {
    if !header.interlaced {
        return flate::unfilter(filtered, header.whole().row_bytes(), header.pixel_bytes());
    }
    let row_bytes = header.whole().row_bytes();
    let mut image = vec![0; row_bytes * header.height as usize];
    for pass in passes {
        let rest = filtered.split_off(filtered_bytes(pass));
        let rows = flate::unfilter(filtered, pass.packing.row_bytes(), header.pixel_bytes())?;
        filtered = rest;
        for (y, row) in rows.chunks_exact(pass.packing.row_bytes()).enumerate() {
            let start = (pass.top + y * pass.step_y) * row_bytes;
            spread(row, pass, header, &mut image[start..start + row_bytes]);
        }
    }
    Ok(image)
}

/// Puts one pass's pixels of a row where they belong.
fn spread(row: &[u8], pass: &Pass, header: Header, target: &mut [u8]) {
    let bits = header.samples() * usize::from(header.bits);
    for x in 0..pass.packing.width as usize {
        let to = (pass.left + x * pass.step_x) * bits;
        let from = x * bits;
        if bits >= 8 {
            target[to / 8..(to + bits) / 8].copy_from_slice(&row[from / 8..(from + bits) / 8]);
        } else {
            let mask = (1u8 << bits) - 1;
            let value = row[from / 8] >> (8 - bits - from % 8) & mask;
            target[to / 8] |= value << (8 - bits - to % 8);
        }
    }
}

#[cfg(test)]
mod tests;

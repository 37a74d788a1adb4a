//! From packed samples of any depth and colour to one of the three rasters that the archive keeps.
//!
//! PNG, TIFF and PDF describe their pixels in different words but pack them alike: rows padded to whole
//! bytes, samples most significant bit first, 16-bit samples in one of two byte orders.

use super::error::PageFault;
use super::stream::{Pixels, Raster};

/// How samples are packed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bits a sample: 1 … 16.
    pub(super) bits: u8,
    /// Samples a pixel, extra ones included.
    pub(super) samples: usize,
    /// Byte order of 16-bit samples.
    pub(super) little_endian: bool,
}

impl Packing {
    /// Bytes of one row.
    pub(super) fn row_bytes(&self) -> usize {
        (self.width as usize * self.samples * usize::from(self.bits)).div_ceil(8)
    }

    pub(super) fn bits_per_pixel(&self) -> u64 {
        self.samples as u64 * u64::from(self.bits)
    }
}

/// What the samples mean.
#[derive(Debug, Clone)]
pub(super) enum Colour {
    /// One sample of grey.
    Grey,
    /// Three samples.
    Rgb,
    /// One sample that indexes a palette.
    Palette(Vec<[u8; 3]>),
    /// Four samples, 0 is no ink.
    Cmyk,
    /// Three samples after JFIF's conversion.
    YCbCr,
    /// CIE L*a*b* relative to the paper's white, with the least and greatest a* and b*.
    Lab([f64; 4]),
}

impl Colour {
    /// Samples that a pixel's colour takes.
    pub(super) fn samples(&self) -> usize {
        match self {
            Colour::Grey | Colour::Palette(_) => 1,
            Colour::Rgb | Colour::YCbCr | Colour::Lab(_) => 3,
            Colour::Cmyk => 4,
        }
    }
}

/// What is transparent; it shows white paper.
#[derive(Debug, Clone)]
pub(super) enum Transparency {
    /// Nothing.
    None,
    /// The sample after the colour is alpha.
    Alpha {
        /// Whether colours are already multiplied with it.
        premultiplied: bool,
    },
    /// Pixels of exactly these samples.
    Key(Vec<u16>),
    /// Alpha by palette index; 255 beyond its end.
    Palette(Vec<u8>),
}

/// A whole description.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    pub(super) colour: Colour,
    pub(super) transparency: Transparency,
    /// Whether the largest sample value means none of it (TIFF WhiteIsZero, PDF `/Decode [1 0]`).
    pub(super) inverted: bool,
}

impl Meaning {
    pub(super) fn plain(colour: Colour) -> Self {
        Self {
            colour,
            transparency: Transparency::None,
            inverted: false,
        }
    }
}

/// Converts; the text says how pixels were changed, empty where every value survives.
pub(super) fn to_raster(
    data: Vec<u8>,
    packing: &Packing,
    meaning: &Meaning,
) -> Result<(Raster, String), PageFault> {
    if packing.samples < meaning.colour.samples() || !(1..=16).contains(&packing.bits) {
        return Err(PageFault::Damaged(
            "too few samples for the colour".to_owned(),
        ));
    }
    if data.len() < packing.row_bytes() * packing.height as usize {
        return Err(PageFault::Truncated);
    }
    if let Some(pixels) = as_it_is(data.as_slice(), packing, meaning) {
        return Ok((raster(packing, pixels), String::new()));
    }
    let mut converter = Converter::new(packing, meaning);
    let grey = match &meaning.colour {
        Colour::Grey => true,
        Colour::Palette(entries) => entries.iter().all(|[r, g, b]| r == g && g == b),
        Colour::Rgb | Colour::Cmyk | Colour::YCbCr | Colour::Lab(_) => false,
    };
    let mut out = Vec::with_capacity(
        packing.width as usize * packing.height as usize * if grey { 1 } else { 3 },
    );
    for row in data
        .chunks_exact(packing.row_bytes())
        .take(packing.height as usize)
    {
        converter.row(row, grey, &mut out);
    }
    let changed = converter.changes();
    let pixels = match (grey, packing.bits, packing.samples) {
        (true, 1, 1) if out.iter().all(|&value| value == 0 || value == 255) => {
            Pixels::Bilevel(pack_bits(&out, packing.width as usize))
        }
        (true, ..) => Pixels::Grey(out),
        (false, ..) => Pixels::Rgb(out),
    };
    Ok((raster(packing, pixels), changed))
}

fn raster(packing: &Packing, pixels: Pixels) -> Raster {
    Raster {
        width: packing.width,
        height: packing.height,
        pixels,
    }
}

/// The common packings, which need no look at single pixels.
fn as_it_is(data: &[u8], packing: &Packing, meaning: &Meaning) -> Option<Pixels> {
    if !matches!(meaning.transparency, Transparency::None) {
        return None;
    }
    let length = packing.row_bytes() * packing.height as usize;
    let mut bytes = data.get(..length)?.to_vec();
    if meaning.inverted {
        for byte in &mut bytes {
            *byte = !*byte;
        }
    }
    match (&meaning.colour, packing.bits, packing.samples) {
        (Colour::Grey, 1, 1) => Some(Pixels::Bilevel(bytes)),
        (Colour::Grey, 8, 1) => Some(Pixels::Grey(bytes)),
        (Colour::Rgb, 8, 3) => Some(Pixels::Rgb(bytes)),
        _ => None,
    }
}

/// One byte a pixel to one bit a pixel, rows padded with white.
fn pack_bits(grey: &[u8], width: usize) -> Vec<u8> {
    grey.chunks_exact(width)
        .flat_map(|row| {
            row.chunks(8).map(|eight| {
                let bits = eight
                    .iter()
                    .fold(0u16, |bits, &value| bits << 1 | u16::from(value >> 7));
                let missing = 8 - eight.len();
                (bits << missing | ((1 << missing) - 1)).to_be_bytes()[1]
            })
        })
        .collect()
}

/// Converts row by row and remembers what was lost.
struct Converter<'a> {
    packing: &'a Packing,
    meaning: &'a Meaning,
    values: Vec<u16>,
    max: u32,
    lost_depth: bool,
    blended: bool,
}

impl<'a> Converter<'a> {
    fn new(packing: &'a Packing, meaning: &'a Meaning) -> Self {
        Self {
            packing,
            meaning,
            values: Vec::new(),
            max: (1 << packing.bits) - 1,
            lost_depth: false,
            blended: false,
        }
    }

    fn changes(&self) -> String {
        let mut changes = Vec::new();
        match self.meaning.colour {
            Colour::Cmyk => changes.push("CMYK converted to RGB"),
            Colour::YCbCr => changes.push("YCbCr converted to RGB"),
            Colour::Lab(_) => changes.push("CIE L*a*b* converted to RGB"),
            Colour::Grey | Colour::Rgb | Colour::Palette(_) => {}
        }
        if self.lost_depth {
            changes.push("samples reduced to 8 bits");
        }
        if self.blended {
            changes.push("transparency laid on white");
        }
        changes.join(", ")
    }

    fn row(&mut self, row: &[u8], grey: bool, out: &mut Vec<u8>) {
        unpack(row, self.packing, &mut self.values);
        let values = std::mem::take(&mut self.values);
        for pixel in values.chunks_exact(self.packing.samples) {
            let colour = self.blend(pixel, self.colour_of(pixel));
            if grey {
                out.push(colour[0]);
            } else {
                out.extend_from_slice(&colour);
            }
        }
        if self.packing.bits > 8 && !self.lost_depth {
            self.lost_depth = values.iter().any(|&value| !self.survives(value));
        }
        self.values = values;
    }

    /// Whether eight bits say the same as the sample did.
    fn survives(&self, value: u16) -> bool {
        let eight = u32::from(self.scale(value));
        (eight * self.max + 127) / 255 == u32::from(value)
    }

    /// A sample as 0 … 255, rounded.
    fn scale(&self, value: u16) -> u8 {
        let value = u32::from(value).min(self.max);
        u8::try_from((value * 255 + self.max / 2) / self.max).unwrap_or(255)
    }

    fn colour_of(&self, pixel: &[u16]) -> [u8; 3] {
        let level = |value: u16| {
            let value = self.scale(value);
            if self.meaning.inverted {
                255 - value
            } else {
                value
            }
        };
        match (&self.meaning.colour, pixel) {
            (Colour::Palette(entries), &[index, ..]) => entries
                .get(usize::from(index))
                .copied()
                .unwrap_or([0, 0, 0]),
            (Colour::Grey, &[grey, ..]) => [level(grey); 3],
            (Colour::Rgb, &[r, g, b, ..]) => [level(r), level(g), level(b)],
            (Colour::YCbCr, &[y, cb, cr, ..]) => ycc_to_rgb(level(y), level(cb), level(cr)),
            (&Colour::Lab(range), &[l, a, b, ..]) => {
                let part =
                    |value: u16| f64::from(u32::from(value).min(self.max)) / f64::from(self.max);
                lab_to_rgb([part(l), part(a), part(b)], range)
            }
            (Colour::Cmyk, &[c, m, y, k, ..]) => [c, m, y].map(|ink| {
                let paper = u32::from(255 - level(ink)) * u32::from(255 - level(k));
                u8::try_from((paper + 127) / 255).unwrap_or(255)
            }),
            _ => [0, 0, 0],
        }
    }

    fn blend(&mut self, pixel: &[u16], colour: [u8; 3]) -> [u8; 3] {
        let (alpha, premultiplied) = match &self.meaning.transparency {
            Transparency::None => return colour,
            Transparency::Alpha { premultiplied } => {
                let alpha = pixel.get(self.meaning.colour.samples());
                (
                    alpha.map_or(255, |&alpha| self.scale(alpha)),
                    *premultiplied,
                )
            }
            Transparency::Key(key) => (if pixel == key.as_slice() { 0 } else { 255 }, false),
            Transparency::Palette(alphas) => {
                let index = pixel.first().map_or(0, |&index| usize::from(index));
                (alphas.get(index).copied().unwrap_or(255), false)
            }
        };
        if alpha == 255 {
            return colour;
        }
        self.blended = true;
        colour.map(|value| {
            let own = if premultiplied { 255 } else { u32::from(alpha) };
            let mixed = (u32::from(value) * own + 127) / 255 + u32::from(255 - alpha);
            u8::try_from(mixed).unwrap_or(255)
        })
    }
}

/// JFIF 1.02, the conversion of ITU-R BT.601 at full range.
pub(super) fn ycc_to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let rgb = [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ];
    #[allow(clippy::cast_possible_truncation, reason = "clamped to 0 … 255")]
    rgb.map(|value| value.round().clamp(0.0, 255.0) as u8)
}

/// CIE 15 backwards to XYZ relative to D50, then to sRGB (IEC 61966-2-1) by the adapted matrix of its ICC profile.
///
/// Samples are 0 … 1 of their range.
fn lab_to_rgb([l, a, b]: [f64; 3], [a_least, a_most, b_least, b_most]: [f64; 4]) -> [u8; 3] {
    const WHITE: [f64; 3] = [0.9642, 1.0, 0.8251];
    const TO_RGB: [[f64; 3]; 3] = [
        [3.133_856, -1.616_867, -0.490_615],
        [-0.978_768, 1.916_142, 0.033_454],
        [0.071_945, -0.228_991, 1.405_243],
    ];
    let middle = (l * 100.0 + 16.0) / 116.0;
    let red_green = (a_least + a * (a_most - a_least)) / 500.0;
    let yellow_blue = (b_least + b * (b_most - b_least)) / 200.0;
    let stimulus = |value: f64| {
        if value > 6.0 / 29.0 {
            value.powi(3)
        } else {
            (value - 4.0 / 29.0) * 108.0 / 841.0
        }
    };
    let xyz = [
        WHITE[0] * stimulus(middle + red_green),
        WHITE[1] * stimulus(middle),
        WHITE[2] * stimulus(middle - yellow_blue),
    ];
    TO_RGB.map(|row| {
        let linear: f64 = row
            .iter()
            .zip(xyz)
            .map(|(factor, value)| factor * value)
            .sum();
        let linear = linear.clamp(0.0, 1.0);
        let coded = if linear <= 0.003_130_8 {
            linear * 12.92
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0 … 255"
        )]
        let byte = (coded * 255.0).round().clamp(0.0, 255.0) as u8;
        byte
    })
}

/// Whether any pixel's samples all lie in the ranges, a pair for each sample (ISO 32000-1 §8.9.6.4).
pub(super) fn any_within(data: &[u8], packing: &Packing, ranges: &[(u16, u16)]) -> bool {
    let mut values = Vec::new();
    data.chunks_exact(packing.row_bytes().max(1)).any(|row| {
        unpack(row, packing, &mut values);
        values.chunks_exact(packing.samples.max(1)).any(|pixel| {
            pixel
                .iter()
                .zip(ranges)
                .all(|(value, (least, most))| (least..=most).contains(&value))
        })
    })
}

/// One row's samples at their own depth.
fn unpack(row: &[u8], packing: &Packing, values: &mut Vec<u16>) {
    values.clear();
    let wanted = packing.width as usize * packing.samples;
    match packing.bits {
        8 => values.extend(row.iter().take(wanted).map(|&byte| u16::from(byte))),
        16 => values.extend(row.as_chunks::<2>().0.iter().take(wanted).map(|&pair| {
            if packing.little_endian {
                u16::from_le_bytes(pair)
            } else {
                u16::from_be_bytes(pair)
            }
        })),
        bits => {
            let (mut held, mut count) = (0u32, 0);
            let mask = (1u32 << bits) - 1;
            for &byte in row {
                held = held << 8 | u32::from(byte);
                count += 8;
                while count >= u32::from(bits) && values.len() < wanted {
                    count -= u32::from(bits);
                    values.push(u16::try_from(held >> count & mask).unwrap_or(0));
                }
                held &= (1 << count.min(24)) - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;

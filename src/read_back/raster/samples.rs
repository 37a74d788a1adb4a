//! What the samples of other decoders mean, as colours on white paper.
//!
//! Written a second time on purpose: `pages` has its own.

use super::NotRead;
use super::cells::Cells;

/// What a pixel's first samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Rgb,
    /// Full range, ITU-R BT.601 as in JFIF 1.02.
    YCbCr,
    /// 0 is no ink.
    Cmyk,
}

/// The sample behind the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// There is none, or it means something else.
    None,
    /// Colours are not multiplied with it.
    Straight,
    /// Colours are multiplied with it.
    Premultiplied,
}

/// How a pixel is made up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Samples {
    pub(super) colour: Colour,
    pub(super) alpha: Alpha,
    /// All of a pixel, extra ones too.
    pub(super) count: usize,
    /// 1 … 8, or 16 in the machine's byte order.
    pub(super) bits: u8,
}

impl Samples {
    /// Sample `index` of a row as 0 … 255; 0 beyond its end.
    pub(super) fn level(self, row: &[u8], index: usize) -> u8 {
        match self.bits {
            8 => row.get(index).copied().unwrap_or(0),
            16 => {
                let pair = row.as_chunks::<2>().0.get(index).copied();
                let value = u32::from(u16::from_ne_bytes(pair.unwrap_or_default()));
                narrow((value + 128) / 257)
            }
            bits => {
                // A sample may lie across two bytes.
                let at = index * usize::from(bits);
                let byte = |n| row.get(at / 8 + n).copied().unwrap_or(0);
                let shift = 16usize.saturating_sub(usize::from(bits) + at % 8);
                let max = (1u32 << bits) - 1;
                let value = u32::from(u16::from_be_bytes([byte(0), byte(1)])) >> shift & max;
                narrow((value * 255 + max / 2) / max)
            }
        }
    }

    /// The pixel whose samples `level` gives.
    pub(super) fn pixel(self, level: impl Fn(usize) -> u8) -> [u8; 3] {
        let (colour, next) = match self.colour {
            Colour::Grey => ([level(0); 3], 1),
            Colour::Rgb => ([level(0), level(1), level(2)], 3),
            Colour::YCbCr => (of_ycbcr(level(0), level(1), level(2)), 3),
            Colour::Cmyk => {
                let black = 255 - u32::from(level(3));
                let paper = |ink| narrow(((255 - u32::from(level(ink))) * black + 127) / 255);
                ([paper(0), paper(1), paper(2)], 4)
            }
        };
        let alpha = u32::from(level(next));
        match self.alpha {
            Alpha::None => colour,
            Alpha::Straight => colour
                .map(|value| narrow((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255)),
            Alpha::Premultiplied => colour.map(|value| narrow(u32::from(value) + 255 - alpha)),
        }
    }

    /// A whole image, rows padded to bytes.
    pub(super) fn cells(self, data: &[u8], (width, height): (u32, u32)) -> Result<Cells, NotRead> {
        let mut cells = Cells::new(width, height)?;
        let row_bytes = (width as usize * self.count * usize::from(self.bits)).div_ceil(8);
        for (y, row) in (0..height).zip(data.chunks_exact(row_bytes.max(1))) {
            self.add(row, width as usize, &mut cells, (0, y));
        }
        Ok(cells)
    }

    /// Adds the pixels of a row whose samples lie side by side.
    pub(super) fn add(self, row: &[u8], columns: usize, cells: &mut Cells, (left, y): (u32, u32)) {
        match (self.colour, self.alpha, self.bits, self.count) {
            // Most pages, many times faster than sample by sample.
            (Colour::Grey, Alpha::None, 8, 1) => {
                cells.add(left, y, row.iter().take(columns).map(|&value| [value; 3]));
            }
            (Colour::Grey, Alpha::None, 1, 1) => {
                let bits = row
                    .iter()
                    .flat_map(|byte| (0..8).map(move |bit| byte << bit & 0x80));
                let pixels = bits.map(|bit| [if bit == 0 { 0 } else { 255 }; 3]);
                cells.add(left, y, pixels.take(columns));
            }
            (Colour::Rgb, Alpha::None, 8, 3) => {
                cells.add(left, y, row.as_chunks().0.iter().take(columns).copied());
            }
            _ => {
                let pixel = |x| self.pixel(|sample| self.level(row, x * self.count + sample));
                cells.add(left, y, (0..columns).map(pixel));
            }
        }
    }
}

fn of_ycbcr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    // Coefficients times 65,536.
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    [
        y + 91_881 * cr,
        y - 22_554 * cb - 46_802 * cr,
        y + 116_130 * cb,
    ]
    .map(|value| narrow(u32::try_from((value + 32_768) >> 16).unwrap_or(0)))
}

fn narrow(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(255)
}

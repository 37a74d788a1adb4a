//! A page as a small raster: the average colour of every square of 8 × 8 pixels.
//!
//! Small enough to be kept while the other side is decoded, fine enough that a blank, shifted,
//! inverted or swapped page differs.

use super::NotRead;

/// Pixels along the side of a cell.
const SIDE: u32 = 8;

/// Most cells: an image of a thousand million pixels, 96 MiB of cells.
const COUNT_MAX: usize = 1 << 24;

/// The sums of all cells, row by row.
pub(super) struct Cells {
    width: u32,
    height: u32,
    across: usize,
    /// Red, green, blue; 64 pixels of 255 fit.
    sums: Vec<[u16; 3]>,
}

/// How far two rasters are apart, in levels of 0 … 255.
#[derive(Debug, Clone, Copy)]
pub(super) struct Difference {
    /// Over all cells and colours.
    pub(super) mean: f64,
    /// Of the worst colour of the worst cell.
    pub(super) largest: f64,
}

impl Cells {
    /// An image of this size, nothing in it yet. A size that only a broken header states is refused.
    pub(super) fn new(width: u32, height: u32) -> Result<Self, NotRead> {
        let across = width.div_ceil(SIDE) as usize;
        let count = across.saturating_mul(height.div_ceil(SIDE) as usize);
        if count > COUNT_MAX {
            return Err(NotRead::GaveUp(format!("{width} × {height} pixels")));
        }
        Ok(Self {
            width,
            height,
            across,
            sums: vec![[0; 3]; count],
        })
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Adds a run of pixels; what lies outside the image is ignored.
    pub(super) fn add(&mut self, left: u32, y: u32, pixels: impl IntoIterator<Item = [u8; 3]>) {
        if y >= self.height || left >= self.width {
            return;
        }
        let line = (y / SIDE) as usize * self.across;
        let mut pixels = pixels.into_iter().take((self.width - left) as usize);
        let mut in_cell = (SIDE - left % SIDE) as usize;
        for cell in self.sums.iter_mut().skip(line + (left / SIDE) as usize) {
            let mut sum = [0u16; 3];
            let mut taken = 0;
            for pixel in pixels.by_ref().take(in_cell) {
                taken += 1;
                for (total, value) in sum.iter_mut().zip(pixel) {
                    *total += u16::from(value);
                }
            }
            for (total, more) in cell.iter_mut().zip(sum) {
                *total = total.saturating_add(more);
            }
            if taken < in_cell {
                return;
            }
            in_cell = SIDE as usize;
        }
    }

    /// Compares with an image of the same size.
    pub(super) fn difference(&self, other: &Self) -> Difference {
        let mut difference = Difference {
            mean: 0.0,
            largest: 0.0,
        };
        let lines = self.sums.chunks(self.across.max(1));
        let others = other.sums.chunks(other.across.max(1));
        for ((own, other), top) in lines.zip(others).zip((0..).step_by(SIDE as usize)) {
            let rows = SIDE.min(self.height - top);
            for ((own, other), left) in own.iter().zip(other).zip((0..).step_by(SIDE as usize)) {
                let pixels = f64::from(rows * SIDE.min(self.width - left));
                for (own, other) in own.iter().zip(other) {
                    let apart = f64::from(own.abs_diff(*other)) / pixels;
                    difference.mean += apart;
                    difference.largest = difference.largest.max(apart);
                }
            }
        }
        // At most 2³² cells, which a double counts exactly.
        difference.mean /= (self.sums.len().max(1) * 3) as f64;
        difference
    }
}

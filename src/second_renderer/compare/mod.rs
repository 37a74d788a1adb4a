//! Two pictures of one page compared: as a whole, and place by place.
//!
//! Both are reduced to the same grid, a quarter of the scale of ours: 75 dots an inch of most pages. There the
//! mean difference of grey levels says how alike they are, and cells say where one has ink and the other
//! has none: a word that one program dropped is a local difference that the mean does not show. A cell counts
//! as empty only where nothing in it is dark, so that smoothing and a shift by a pixel do not matter. Where the
//! tones differ, it counts whether lines and edges are the same.

use super::picture::Picture;

/// A cell of the coarse kind: 4 mm, about two letters of a text and the gap before them.
const COARSE: Cell = Cell {
    side: 12,
    empty_at_most: 24,
    ink_at_least: 14,
};

/// A cell of the fine kind: 1.4 mm, less than one letter.
const FINE: Cell = Cell {
    side: 4,
    empty_at_most: 24,
    ink_at_least: 56,
};

/// Mean difference above which the structure of the pictures must be the same: one page in other tones, as two
/// ways of showing CMYK or a profile's colours make it.
const TONE_DIFFERS: f64 = 12.0;

/// Correlation of two structures below which they are not those of one page.
const SAME_STRUCTURE: f64 = 0.8;

/// Places a side around which tones are levelled, so that only edges and lines remain: 4 mm.
const NEIGHBOURHOOD: usize = 12;

/// Coarse cells with ink in one picture only from which on something is missing.
const COARSE_DIFFERS: u32 = 6;

/// Proportions of width to height may differ by so much.
const PROPORTION: f64 = 0.02;

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Mean difference of grey levels at quarter scale, 0 to 255.
    pub mean: f64,
    /// How alike lines and edges are whatever their tones: 1 the same, 0 unrelated or none, −1 reversed.
    pub structure: f64,
    /// Coarse cells where only the other picture has ink.
    pub coarse_lost: u32,
    /// Coarse cells where only ours has ink.
    pub coarse_extra: u32,
    /// Fine cells where only the other picture has ink.
    pub fine_lost: u32,
    /// Fine cells where only ours has ink.
    pub fine_extra: u32,
    /// Whether ours has ink.
    pub ours_inked: bool,
    /// Whether the other has ink.
    pub theirs_inked: bool,
}

impl Verdict {
    /// Whether the difference is more than two ways of smoothing edges.
    #[must_use]
    pub fn differs(&self) -> bool {
        (self.mean > TONE_DIFFERS && self.structure < SAME_STRUCTURE)
            || self.ours_inked != self.theirs_inked
            || self.coarse_lost >= COARSE_DIFFERS
            || self.coarse_extra >= COARSE_DIFFERS
    }

    /// The smaller difference of two verdicts on one picture of ours, for each kind of difference.
    #[must_use]
    pub fn at_best(self, other: Self) -> Self {
        let inked_alike = [self, other]
            .iter()
            .any(|verdict| verdict.ours_inked == verdict.theirs_inked);
        Self {
            mean: self.mean.min(other.mean),
            structure: self.structure.max(other.structure),
            coarse_lost: self.coarse_lost.min(other.coarse_lost),
            coarse_extra: self.coarse_extra.min(other.coarse_extra),
            fine_lost: self.fine_lost.min(other.fine_lost),
            fine_extra: self.fine_extra.min(other.fine_extra),
            ours_inked: self.ours_inked,
            theirs_inked: self.ours_inked == inked_alike,
        }
    }

    /// Whether the other picture has no letter that ours lacks: strict enough to settle a doubt.
    #[must_use]
    pub fn confirms(&self) -> bool {
        !self.differs() && self.coarse_lost == 0 && self.fine_lost == 0
    }
}

struct Cell {
    side: usize,
    /// Darkness up to which a pixel is empty.
    empty_at_most: u8,
    /// Mean darkness that it has more than the other, from which on it has ink.
    ink_at_least: u32,
}

/// Compares our picture of a page with another's.
#[must_use]
pub fn compare(ours: &Picture, theirs: &Picture) -> Verdict {
    let proportion =
        |picture: &Picture| f64::from(picture.width) / f64::from(picture.height.max(1));
    let (a, b) = (proportion(ours), proportion(theirs));
    let quarter = |side: u32| side.div_ceil(4).max(1);
    let (across, down) = (quarter(ours.width), quarter(ours.height));
    let (ours, theirs) = (Grid::of(ours, across, down), Grid::of(theirs, across, down));
    let (coarse_lost, coarse_extra) = one_sided(&ours, &theirs, &COARSE);
    let (fine_lost, fine_extra) = one_sided(&ours, &theirs, &FINE);
    // Small pages are rounded to whole pixels. Of a page without a size each program makes what it likes, and
    // where it is blank that is all that differs.
    let slack = PROPORTION + 2.0 / f64::from(across.min(down));
    let blank = !ours.has_ink() && !theirs.has_ink();
    let same_shape = blank || (a / b - 1.0).abs() <= slack;
    Verdict {
        mean: if same_shape {
            ours.mean_difference(&theirs)
        } else {
            255.0
        },
        structure: if same_shape {
            ours.correlation(&theirs)
        } else {
            0.0
        },
        coarse_lost,
        coarse_extra,
        fine_lost,
        fine_extra,
        ours_inked: ours.has_ink(),
        theirs_inked: theirs.has_ink(),
    }
}

/// Darkness, 0 is white, on the common grid.
struct Grid {
    across: usize,
    down: usize,
    dark: Vec<u8>,
}

impl Grid {
    /// Every cell of the grid is the mean of the pixels that fall on it.
    fn of(picture: &Picture, across: u32, down: u32) -> Self {
        let levels = picture.grey();
        let (width, height) = (picture.width as usize, picture.height as usize);
        let (across, down) = (across as usize, down as usize);
        let from = |place: usize, pixels: usize, cells: usize| place * pixels / cells;
        let mut dark = Vec::with_capacity(across * down);
        for y in 0..down {
            let top = from(y, height, down);
            let bottom = from(y + 1, height, down).max(top + 1).min(height);
            for x in 0..across {
                let left = from(x, width, across);
                let right = from(x + 1, width, across).max(left + 1).min(width);
                let mut sum = 0_usize;
                for row in top..bottom {
                    let pixels = levels.get(row * width + left..row * width + right);
                    sum += pixels
                        .unwrap_or_default()
                        .iter()
                        .map(|&level| usize::from(255 - level))
                        .sum::<usize>();
                }
                let area = ((bottom.saturating_sub(top)) * (right.saturating_sub(left))).max(1);
                dark.push(u8::try_from(sum / area).unwrap_or(255));
            }
        }
        Self { across, down, dark }
    }

    fn mean_difference(&self, other: &Self) -> f64 {
        let sum: u64 = self
            .dark
            .iter()
            .zip(&other.dark)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        float(sum) / float(self.dark.len().max(1) as u64)
    }

    /// How far each place is darker than its neighbourhood, times the neighbourhood's area.
    fn structure(&self) -> Vec<i32> {
        let sums = self.sums(u32::from);
        let stride = self.across + 1;
        let at = |x: usize, y: usize| sums.get(y * stride + x).copied().unwrap_or(0);
        let around = |place: usize, most: usize| {
            let half = NEIGHBOURHOOD / 2;
            (place.saturating_sub(half), (place + half).min(most))
        };
        let mut structure = Vec::with_capacity(self.dark.len());
        for (y, row) in self.dark.chunks_exact(self.across).enumerate() {
            let (top, bottom) = around(y, self.down);
            for (x, &dark) in row.iter().enumerate() {
                let (left, right) = around(x, self.across);
                let sum = at(right, bottom)
                    .wrapping_sub(at(left, bottom))
                    .wrapping_sub(at(right, top))
                    .wrapping_add(at(left, top));
                let area = i32::try_from((right - left) * (bottom - top)).unwrap_or(0);
                let mean = i32::try_from(sum).unwrap_or(0);
                structure.push(i32::from(dark) * area - mean);
            }
        }
        structure
    }

    /// Of the two structures; 0 where one has none.
    fn correlation(&self, other: &Self) -> f64 {
        let (mut ours, mut theirs, mut both) = (0.0, 0.0, 0.0);
        for (a, b) in self.structure().into_iter().zip(other.structure()) {
            let (a, b) = (f64::from(a), f64::from(b));
            ours += a * a;
            theirs += b * b;
            both += a * b;
        }
        if ours > 0.0 && theirs > 0.0 {
            both / (ours.sqrt() * theirs.sqrt())
        } else {
            0.0
        }
    }

    fn has_ink(&self) -> bool {
        self.dark.iter().any(|&dark| dark > COARSE.empty_at_most)
    }

    /// For each place the sum over everything above and left of it.
    fn sums(&self, of: impl Fn(u8) -> u32) -> Vec<u32> {
        let stride = self.across + 1;
        let mut sums = vec![0_u32; stride * (self.down + 1)];
        for (y, row) in self.dark.chunks_exact(self.across).enumerate() {
            let mut line = 0_u32;
            for (x, &dark) in row.iter().enumerate() {
                line = line.wrapping_add(of(dark));
                // Wraps on huge pages; differences of sums over a cell are right all the same.
                let above = sums.get(y * stride + x + 1).copied().unwrap_or(0);
                if let Some(place) = sums.get_mut((y + 1) * stride + x + 1) {
                    *place = above.wrapping_add(line);
                }
            }
        }
        sums
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

/// Cells where only the second has ink, and where only the first has. Cells overlap by half and are counted
/// once a side length, so that a count is an area.
fn one_sided(ours: &Grid, theirs: &Grid, cell: &Cell) -> (u32, u32) {
    let empty = |grid: &Grid| grid.sums(|dark| u32::from(dark > cell.empty_at_most));
    let ink = |grid: &Grid| grid.sums(u32::from);
    let (our_dark, their_dark) = (empty(ours), empty(theirs));
    let (our_ink, their_ink) = (ink(ours), ink(theirs));
    let stride = ours.across + 1;
    let area = u32::try_from(cell.side * cell.side).unwrap_or(u32::MAX);
    let (mut lost, mut extra) = (0_u32, 0_u32);
    for y in (0..=ours.down.saturating_sub(cell.side)).step_by(cell.side / 2) {
        for x in (0..=ours.across.saturating_sub(cell.side)).step_by(cell.side / 2) {
            let (right, bottom) = (
                (x + cell.side).min(ours.across),
                (y + cell.side).min(ours.down),
            );
            let sum = |sums: &[u32]| {
                let at = |x: usize, y: usize| sums.get(y * stride + x).copied().unwrap_or(0);
                at(right, bottom)
                    .wrapping_sub(at(x, bottom))
                    .wrapping_sub(at(right, y))
                    .wrapping_add(at(x, y))
            };
            let (ours, theirs) = (sum(&our_ink), sum(&their_ink));
            // A light tint that both have is no ink of one of them.
            let inked =
                |one: u32, other: u32| one.saturating_sub(other) >= cell.ink_at_least * area;
            if sum(&our_dark) == 0 && inked(theirs, ours) {
                lost += 1;
            } else if sum(&their_dark) == 0 && inked(ours, theirs) {
                extra += 1;
            }
        }
    }
    (lost, extra)
}

#[cfg(test)]
mod tests;

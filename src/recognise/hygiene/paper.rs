//! How bright the bare paper is, place by place, so that ink is what is darker than its surroundings.

use super::view::View;

/// Side of the squares that the paper is looked at in, pixels.
pub(super) const TILE: usize = 32;

/// One sample in so many, each way, is enough for a histogram.
const SAMPLED: usize = 2;

/// Brightness of the paper by tile.
pub(super) struct Paper {
    tiles_wide: usize,
    background: Vec<u8>,
    /// Brightness of most of the page.
    pub(super) usual: u8,
}

impl Paper {
    /// The 9th decile of every tile; where that is black (a border, a photograph) it is kept from
    /// falling below three quarters of what is usual on the page.
    pub(super) fn of(view: View<'_>) -> Self {
        let tiles_wide = view.width.div_ceil(TILE);
        let tiles_high = view.height.div_ceil(TILE);
        let mut background = Vec::with_capacity(tiles_wide * tiles_high);
        let mut histograms = vec![[0u16; 256]; tiles_wide];
        for band in 0..tiles_high {
            histograms.fill([0; 256]);
            let rows = band * TILE..((band + 1) * TILE).min(view.height);
            for row in rows.step_by(SAMPLED).map(|y| view.row(y)) {
                for (histogram, tile) in histograms.iter_mut().zip(row.chunks(TILE)) {
                    for &value in tile.iter().step_by(SAMPLED) {
                        histogram[usize::from(value)] += 1;
                    }
                }
            }
            background.extend(histograms.iter().map(ninth_decile));
        }
        let mut sorted = background.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() * 3 / 4).copied().unwrap_or(255);
        let least = usual - usual / 4;
        for value in &mut background {
            *value = (*value).max(least);
        }
        Self {
            tiles_wide,
            background,
            usual,
        }
    }

    /// Brightness of the paper at each tile of row `y`.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        let start = y / TILE * self.tiles_wide;
        self.background
            .get(start..start + self.tiles_wide)
            .unwrap_or_default()
    }
}

fn ninth_decile(histogram: &[u16; 256]) -> u8 {
    let total: u32 = histogram.iter().map(|&count| u32::from(count)).sum();
    let mut above = 0;
    for (value, &count) in (0u8..=255).zip(histogram).rev() {
        above += u32::from(count);
        if above * 10 >= total {
            return value;
        }
    }
    0
}

/// The darkest value that is still paper, for a paper of this brightness: 70 %.
///
/// Print that shows through from the back, shadows of folds and of the sheet's edge stay above it;
/// pencil, faded print and the thinnest dots of a form stay below.
pub(super) fn threshold(background: u8) -> u8 {
    (u16::from(background) * 179 / 256).to_le_bytes()[0]
}

//! Rows of a grey page, with a height that its samples really have.

use super::super::page::GreyPage;

/// Borrowed samples; every row is whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    samples: &'a [u8],
}

impl<'a> View<'a> {
    pub(super) fn of(page: &'a GreyPage) -> Self {
        let width = page.width as usize;
        let rows = page.samples.len().checked_div(width).unwrap_or(0);
        Self {
            width,
            height: rows.min(page.height as usize),
            samples: &page.samples,
        }
    }

    /// Row `y`; empty beyond the last.
    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        let start = y.saturating_mul(self.width);
        self.samples
            .get(start..start.saturating_add(self.width))
            .unwrap_or_default()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        // A page without columns has no rows either.
        self.samples
            .chunks_exact(self.width.max(1))
            .take(self.height)
    }
}

/// A page's count of pixels as the page's own type.
pub(super) fn extent(pixels: usize) -> u32 {
    u32::try_from(pixels).unwrap_or(u32::MAX)
}

/// Rounds towards zero; beyond the range, the nearest number in it.
#[allow(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
pub(super) fn whole(value: f64) -> i64 {
    value as i64
}

/// The same for a size that cannot be negative.
pub(super) fn size(value: f64) -> usize {
    usize::try_from(whole(value)).unwrap_or(0)
}

/// Means over squares of `factor` pixels, up to 16; what is left at the right and the bottom falls away.
pub(super) fn shrink(view: View<'_>, factor: usize, dpi: u32) -> GreyPage {
    let factor = factor.clamp(1, 16);
    let (width, height) = (view.width / factor, view.height / factor);
    let area = factor * factor;
    let mut samples = Vec::with_capacity(width * height);
    let mut sums = vec![0u16; view.width];
    for band in 0..height {
        sums.fill(0);
        for row in (band * factor..(band + 1) * factor).map(|y| view.row(y)) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += u16::from(value);
            }
        }
        // 16 × 16 × 255 still fits 16 bits.
        samples.extend(sums.chunks_exact(factor).map(|square| {
            let sum: u16 = square.iter().sum();
            (usize::from(sum) / area).to_le_bytes()[0]
        }));
    }
    GreyPage {
        width: extent(width),
        height: extent(height),
        dpi,
        samples,
    }
}

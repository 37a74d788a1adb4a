//! Straightening and reducing a page in one go, by area averaging.
//!
//! A turn by a small angle together with a change of scale is done as two passes in one dimension,
//! along the rows and then along the columns (Catmull and Smith 1980). Each new pixel is the mean of the
//! stretch it covers, so that thin strokes and dots keep their darkness and nothing is blurred twice.

use super::super::page::GreyPage;
use super::affine::AffineMap;
use super::view::{View, extent, size, whole};

/// Fractions of a pixel are counted in 4096ths.
const UNIT: i64 = 4096;
const UNIT_BITS: u32 = 12;
const FRACTION: i32 = (1 << UNIT_BITS) - 1;

/// A longer side would not fit the fixed point; such a page stays as it is.
const LONGEST: usize = 100_000;

/// A page that was resampled and where its pixels came from.
pub(super) struct Resampled {
    pub(super) page: GreyPage,
    /// From the new page to the old one.
    pub(super) map: AffineMap,
}

/// Turn and scale about the middle of both pages.
struct Geometry {
    width: usize,
    height: usize,
    /// Old pixels a new pixel.
    scale: f64,
    sin: f64,
    cos: f64,
}

impl Geometry {
    /// The new page holds all of the old one.
    fn new(view: View<'_>, scale: f64, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (old_width, old_height) = (view.width as f64, view.height as f64);
        let across = (old_width * cos + old_height * sin.abs()) / scale;
        let down = (old_width * sin.abs() + old_height * cos) / scale;
        Self {
            width: size(across.round()).max(1),
            height: size(down.round()).max(1),
            scale,
            sin,
            cos,
        }
    }

    fn map(&self, view: View<'_>) -> AffineMap {
        let (across, down) = (self.scale * self.cos, self.scale * self.sin);
        let (u, v) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let (x, y) = (view.width as f64 / 2.0, view.height as f64 / 2.0);
        AffineMap::new([
            across,
            -down,
            x - across * u + down * v,
            down,
            across,
            y - down * u - across * v,
        ])
    }
}

/// Turns what slopes by `degrees` (clockwise positive, at most a few) to level, `scale` ≥ 1 old pixels
/// becoming one. What lies beyond the old page's edge repeats that edge.
pub(super) fn resample(page: &GreyPage, scale: f64, degrees: f64, dpi: u32) -> Resampled {
    let view = View::of(page);
    let too_long = view.width.max(view.height) > LONGEST;
    if view.height == 0 || too_long || (scale == 1.0 && degrees == 0.0) {
        return Resampled {
            page: page.clone(),
            map: AffineMap::IDENTITY,
        };
    }
    let geometry = Geometry::new(view, scale, degrees);
    let rows = along_rows(view, &geometry);
    let samples = along_columns(&rows, view.height, &geometry);
    Resampled {
        page: GreyPage {
            width: extent(geometry.width),
            height: extent(geometry.height),
            dpi,
            samples,
        },
        map: geometry.map(view),
    }
}

/// First pass: every old row at the new width, shifted by as much as the turn asks at its height.
fn along_rows(view: View<'_>, geometry: &Geometry) -> Vec<u8> {
    let (width, middle) = (view.width as f64, view.height as f64 / 2.0);
    let tangent = geometry.sin / geometry.cos;
    let step = geometry.scale / geometry.cos;
    let first = |y: usize| {
        width / 2.0 - step * geometry.width as f64 / 2.0 - tangent * (y as f64 + 0.5 - middle)
    };
    let lowest = first(0).min(first(view.height - 1));
    let highest = first(0).max(first(view.height - 1)) + step * geometry.width as f64;
    let before = size((-lowest).ceil()) + 1;
    let after = size((highest - width).ceil()) + 2;

    let step = whole((step * UNIT as f64).round()).max(1);
    let mut padded: Vec<u8> = Vec::with_capacity(before + view.width + after);
    let mut sums: Vec<u32> = Vec::with_capacity(padded.capacity() + 1);
    let mut out = Vec::with_capacity(geometry.width * view.height);
    for (y, row) in view.rows().enumerate() {
        padded.clear();
        padded.resize(before, row.first().copied().unwrap_or(255));
        padded.extend_from_slice(row);
        padded.resize(
            before + row.len() + after,
            row.last().copied().unwrap_or(255),
        );
        integrate(&padded, &mut sums);
        let start = whole((first(y) * UNIT as f64).round()) + before as i64 * UNIT;
        means(&padded, &sums, start, step, geometry.width, &mut out);
    }
    out
}

/// Sums of all samples before each, in 4096ths. They wrap around; only their differences are used.
fn integrate(row: &[u8], sums: &mut Vec<u32>) {
    sums.clear();
    let mut sum = 0u32;
    for &value in row {
        sums.push(sum);
        sum = sum.wrapping_add(u32::from(value) << UNIT_BITS);
    }
}

/// Appends the means of `count` neighbouring stretches of length `step`, both in 4096ths of a pixel.
fn means(row: &[u8], sums: &[u32], start: i64, step: i64, count: usize, out: &mut Vec<u8>) {
    let integral = |position: usize| -> u32 {
        let (index, part) = (position >> UNIT_BITS, position % (1 << UNIT_BITS));
        match (sums.get(index), row.get(index)) {
            (Some(&sum), Some(&value)) => sum.wrapping_add(u32::from(value) * part_of(part)),
            _ => 0,
        }
    };
    let (Ok(start), Ok(step)) = (usize::try_from(start), usize::try_from(step)) else {
        out.resize(out.len() + count, 255);
        return;
    };
    let inverse = (1u64 << 32) / step as u64 + 1;
    let half = step as u64 / 2;
    let mut before = integral(start);
    out.extend((1..=count).map(|new| {
        let sum = integral(start + new * step);
        let mean = ((u64::from(sum.wrapping_sub(before)) + half) * inverse) >> 32;
        before = sum;
        mean.min(255).to_le_bytes()[0]
    }));
}

/// A fraction in 4096ths, as the sums are counted.
fn part_of(part: usize) -> u32 {
    u32::try_from(part).unwrap_or(0)
}

/// Second pass: every new row gathers the stretches of old rows that it covers, column by column.
fn along_columns(rows: &[u8], old_height: usize, geometry: &Geometry) -> Vec<u8> {
    let width = geometry.width;
    let row = |y: i32| {
        let y = usize::try_from(y).unwrap_or(0).min(old_height - 1);
        &rows[y * width..(y + 1) * width]
    };
    let fixed = |value: f64| i32::try_from(whole((value * UNIT as f64).round())).unwrap_or(0);
    let slope = geometry.scale * geometry.sin;
    let length = fixed(geometry.scale * geometry.cos).max(1);
    let inverse = (1 << 32) / i64::from(length) + 1;
    // How much lower than at the first column a stretch begins.
    let drops: Vec<i32> = (0..width).map(|u| fixed(slope * u as f64)).collect();
    let mut sums = vec![0i32; width];
    let mut out = Vec::with_capacity(width * geometry.height);
    for v in 0..geometry.height {
        let above = v as f64 - geometry.height as f64 / 2.0;
        let first_top = fixed(
            geometry.scale * geometry.cos * above + old_height as f64 / 2.0
                - slope * (width as f64 / 2.0 - 0.5),
        );
        let ends = |drop: i32| {
            let top = first_top + drop;
            (top >> UNIT_BITS, (top + length) >> UNIT_BITS)
        };
        sums.fill(0);
        let mut from = 0;
        while from < width {
            let stretch = ends(drops[from]);
            let to = from + drops[from..].partition_point(|&drop| ends(drop) == stretch);
            for y in stretch.0..stretch.1 {
                for (sum, &value) in sums[from..to].iter_mut().zip(&row(y)[from..to]) {
                    *sum += i32::from(value) << UNIT_BITS;
                }
            }
            let (first, last) = (&row(stretch.0)[from..to], &row(stretch.1)[from..to]);
            let columns = sums[from..to].iter_mut().zip(&drops[from..to]);
            for ((sum, &drop), (&first, &last)) in columns.zip(first.iter().zip(last)) {
                let top = first_top + drop;
                let cut = top & FRACTION;
                let more = (top + length) & FRACTION;
                *sum += more * i32::from(last) - cut * i32::from(first);
            }
            from = to;
        }
        out.extend(sums.iter().map(|&sum| {
            let mean = ((i64::from(sum) + i64::from(length) / 2) * inverse) >> 32;
            mean.clamp(0, 255).to_le_bytes()[0]
        }));
    }
    out
}

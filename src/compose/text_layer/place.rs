//! Where one word stands on its page, in points. Pure.

use crate::compose::geometry::rounded;

/// Shorter sides are no word, points.
const MIN_SIDE: f64 = 0.01;

/// Farther from the origin there is no page, points.
const MAX_COORDINATE: f64 = 1e6;

/// The least sine of the angle between base line and upright.
const MIN_SINE: f64 = 0.1;

/// A word's parallelogram: base line and upright need not be at right angles, for a scan may have
/// other resolutions across and down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Start of the base line.
    start: [f64; 2],
    /// One point along the base line.
    along: [f64; 2],
    /// One point from the base line to the top.
    up: [f64; 2],
    /// Length of the base line.
    pub(super) width: f64,
    /// Length of the upright.
    pub(super) height: f64,
}

impl Place {
    /// From base line start, base line end, top end and top start; `None` for a box without an area
    /// or far from any page.
    pub(super) fn of(corners: [[f64; 2]; 4]) -> Option<Self> {
        let is_near = |value: &f64| value.abs() <= MAX_COORDINATE;
        if !corners.iter().flatten().all(is_near) {
            return None;
        }
        let [start, end, _, top] = corners;
        let (along, width) = direction(start, end)?;
        let (up, height) = direction(start, top)?;
        let sine = along[0] * up[1] - along[1] * up[0];
        (sine.abs() >= MIN_SINE).then_some(Self {
            start,
            along,
            up,
            width,
            height,
        })
    }

    /// The text matrix (ISO 32000-1 §9.4.2) under which text of font size `height` fills the box.
    pub(super) fn text_matrix(&self) -> [f32; 6] {
        let [start, along, up] = [self.start, self.along, self.up];
        [along[0], along[1], up[0], up[1], start[0], start[1]].map(rounded)
    }

    /// From the end of this word to the start of another, along this base line; negative if they overlap.
    pub(super) fn gap_to(&self, next: &Self) -> f64 {
        let from_start =
            [0, 1].map(|axis| (next.start[axis] - self.start[axis]) * self.along[axis]);
        from_start[0] + from_start[1] - self.width
    }
}

/// Unit vector and distance from one point to another.
fn direction(from: [f64; 2], to: [f64; 2]) -> Option<([f64; 2], f64)> {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = (x * x + y * y).sqrt();
    (length >= MIN_SIDE).then(|| ([x / length, y / length], length))
}

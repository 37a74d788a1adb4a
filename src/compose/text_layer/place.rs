//! Where one word stands on its page, in points. Pure.

use crate::compose::geometry::rounded;

/// Shorter sides are no word, points.
const MIN_SIDE: f64 = 0.01;

/// Farther from the origin there is no page, points.
const MAX_COORDINATE: f64 = 1e6;

/// The least sine of the angle between base line and upright.
const MIN_SINE: f64 = 0.1;

/// How far an end of a word may be moved to lay it level, points.
const MAX_LEVELLING: f64 = 1.0;

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
        let place = Self {
            start,
            along,
            up,
            width,
            height,
        };
        (sine.abs() >= MIN_SINE).then(|| place.levelled())
    }

    /// The text matrix (ISO 32000-1 §9.4.2) under which text of font size `height` fills the box.
    pub(super) fn text_matrix(&self) -> [f32; 6] {
        let [start, along, up] = [self.start, self.along, self.up];
        [along[0], along[1], up[0], up[1], start[0], start[1]].map(rounded)
    }

    /// Width of this word and of the space after it, so that the space has at least `least` before
    /// the next word; a word gives up to half its width for that.
    pub(super) fn spaced_from(&self, next: &Self, least: f64) -> (f64, f64) {
        let along = |axis: usize| (next.start[axis] - self.start[axis]) * self.along[axis];
        let reach = along(0) + along(1);
        let width = self.width.min((reach - least).max(self.width / 2.0));
        (width, (reach - width).max(least))
    }

    /// The same place turned about the middle of its base line until that is level or upright, if its
    /// ends move by less than [`MAX_LEVELLING`].
    ///
    /// Viewers cut a climbing word in two where its letters leave the line that they guessed.
    fn levelled(self) -> Self {
        let [x, y] = self.along;
        let (along, climb) = if x.abs() > y.abs() {
            ([x.signum(), 0.0], y)
        } else {
            ([0.0, y.signum()], x)
        };
        if climb.abs() * self.width / 2.0 > MAX_LEVELLING {
            return self;
        }
        let side = (x * self.up[1] - y * self.up[0]).signum();
        let half = self.width / 2.0;
        Self {
            start: [0, 1].map(|axis| self.start[axis] + (self.along[axis] - along[axis]) * half),
            along,
            up: [-along[1] * side, along[0] * side],
            ..self
        }
    }
}

/// Unit vector and distance from one point to another.
fn direction(from: [f64; 2], to: [f64; 2]) -> Option<([f64; 2], f64)> {
    let (x, y) = (to[0] - from[0], to[1] - from[1]);
    let length = (x * x + y * y).sqrt();
    (length >= MIN_SIDE).then(|| ([x / length, y / length], length))
}

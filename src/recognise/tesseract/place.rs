//! From the engine's upright boxes and base lines to the turned box of a word.

use super::library::RawWord;
use crate::recognise::BoundingBox;

/// The word's box: its foot is the base line (tails hang below it), its tilt that of the whole line,
/// for a short word's own base line is rounded to pixels; its height reaches the top of the ink.
pub(super) fn of(word: &RawWord) -> BoundingBox {
    let [left, top, right, bottom] = word.ink.map(|number| number as f32);
    let [x, y] = direction(word);
    // Upwards on the letters: a quarter turn against the clock from the reading direction.
    let up = [y, -x];
    let [base_left, base_top, base_right, base_bottom] = word.base.map(|number| number as f32);
    let middle = [
        f32::midpoint(base_left, base_right),
        f32::midpoint(base_top, base_bottom),
    ];
    let is_level = x.abs() >= y.abs();
    // The point of the base line at one side of the ink.
    let on_base = |side: f32| {
        if is_level {
            [side, middle[1] + (side - middle[0]) * y / x]
        } else {
            [middle[0] + (side - middle[1]) * x / y, side]
        }
    };
    let (first, last) = if is_level {
        (left, right)
    } else {
        (top, bottom)
    };
    let reads_forward = if is_level { x > 0.0 } else { y > 0.0 };
    let (start, end) = if reads_forward {
        (on_base(first), on_base(last))
    } else {
        (on_base(last), on_base(first))
    };
    let room = |point: [f32; 2]| match (is_level, if is_level { up[1] } else { up[0] } < 0.0) {
        (true, true) => point[1] - top,
        (true, false) => bottom - point[1],
        (false, true) => point[0] - left,
        (false, false) => right - point[0],
    };
    let along = up[0].abs().max(up[1].abs());
    let height = (room(start).min(room(end)) / along).max(1.0);
    let raise = |[px, py]: [f32; 2]| [px + height * up[0], py + height * up[1]];
    BoundingBox {
        corners: [start, end, raise(end), raise(start)],
    }
}

/// Unit vector of the reading direction.
fn direction(word: &RawWord) -> [f32; 2] {
    let [from_x, from_y, to_x, to_y] = word.line_base.map(|number| number as f32);
    let (x, y) = (to_x - from_x, to_y - from_y);
    let length = x.hypot(y);
    if length > 0.0 {
        [x / length, y / length]
    } else {
        [1.0, 0.0]
    }
}

//! From the engine's upright boxes and base lines to the turned box of a word.

use super::library::RawWord;
use crate::recognise::BoundingBox;

/// The word's box: its foot is the base line (tails hang below it), its tilt that of the whole line,
/// for a short word's own base line is rounded to pixels; its height reaches the top of the ink.
pub(super) fn of(word: &RawWord) -> BoundingBox {
    let [left, top, right, bottom] = word.ink.map(|number| number as f32);
    let [x, y] = direction(word.line_base);
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

/// Whether the word stands as on an upright page: read from left to right.
pub(super) fn is_upright(word: &RawWord) -> bool {
    let [x, y] = direction(word.line_base);
    x >= y.abs()
}

/// Unit vector of the reading direction.
fn direction([from_x, from_y, to_x, to_y]: [i32; 4]) -> [f32; 2] {
    let (x, y) = ((to_x - from_x) as f32, (to_y - from_y) as f32);
    let length = x.hypot(y);
    if length > 0.0 {
        [x / length, y / length]
    } else {
        [1.0, 0.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(ink: [i32; 4], base: [i32; 4], line_base: [i32; 4]) -> RawWord {
        RawWord {
            text: String::new(),
            confidence: 0.0,
            ink,
            base,
            line_base,
            line: 0,
        }
    }

    fn rounded(word: &RawWord) -> [[i32; 2]; 4] {
        #[allow(clippy::cast_possible_truncation, reason = "small test numbers")]
        of(word)
            .corners
            .map(|corner| corner.map(|number| number.round() as i32))
    }

    #[test]
    fn a_level_word_stands_on_its_base_line_not_on_its_tails() {
        let word = word([10, 20, 60, 50], [10, 45, 60, 45], [0, 45, 500, 45]);
        assert_eq!(rounded(&word), [[10, 45], [60, 45], [60, 20], [10, 20]]);
        assert!(is_upright(&word));
    }

    #[test]
    fn the_tilt_is_that_of_the_line() {
        // The word's own base line is level by rounding; its line falls by 1 in 20.
        let word = word([100, 20, 300, 70], [100, 60, 300, 60], [0, 30, 1000, 80]);
        let corners = rounded(&word);
        assert_eq!(corners[..2], [[100, 55], [300, 65]]);
        // The top is a right angle away and inside the ink's box.
        assert_eq!(corners[2..], [[302, 30], [102, 20]]);
    }

    #[test]
    fn words_that_run_down_up_and_upside_down() {
        let down = word([100, 20, 130, 90], [105, 20, 105, 90], [105, 0, 105, 900]);
        assert_eq!(rounded(&down), [[105, 20], [105, 90], [130, 90], [130, 20]]);
        let up = word([100, 20, 130, 90], [125, 90, 125, 20], [125, 900, 125, 0]);
        assert_eq!(rounded(&up), [[125, 90], [125, 20], [100, 20], [100, 90]]);
        let over = word([10, 20, 60, 50], [60, 25, 10, 25], [500, 25, 0, 25]);
        assert_eq!(rounded(&over), [[60, 25], [10, 25], [10, 50], [60, 50]]);
        assert!([down, up, over].iter().all(|word| !is_upright(word)));
    }

    #[test]
    fn a_base_line_without_length_is_level() {
        let word = word([10, 20, 60, 50], [10, 45, 10, 45], [7, 7, 7, 7]);
        assert!(of(&word).corners.iter().flatten().all(|c| c.is_finite()));
    }
}

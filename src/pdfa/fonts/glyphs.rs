//! The glyphs that are shown: defined, not `.notdef`, as wide as the dictionary says (6.2.11.4.1, .5, .8).

use super::Report;
use super::program::Program;

/// Thousandths of the text size; the rest is for numbers that are no exact binary fractions.
const WIDTH_TOLERANCE: f64 = 1.000_1;

/// What a code leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glyph {
    /// A glyph of the program, by number.
    Defined(u32),
    /// The code has no glyph in the program.
    Missing,
    /// The code leads to `.notdef` by itself.
    Notdef,
}

/// Judges one code; `width` is that of the dictionary, where it has one.
pub(super) fn judge(
    glyph: Glyph,
    is_visible: bool,
    program: &Program<'_>,
    width: Option<f64>,
    report: &mut Report<'_>,
) {
    match glyph {
        Glyph::Notdef => report.add("6.2.11.8", "text leads to .notdef"),
        Glyph::Missing if is_visible => {
            report.add("6.2.11.4.1", "text leads to a glyph that the program lacks");
        }
        Glyph::Defined(glyph) if is_visible => {
            if !program.is_sound(glyph) {
                report.add("6.2.11.4.1", "a glyph of the program cannot be read");
            }
            match (program.width(glyph), width) {
                (Some(own), Some(stated)) if differs(own, stated) => {
                    report.add("6.2.11.5", "widths of dictionary and program differ");
                }
                (None, Some(_)) => report.add("6.2.11.5", "a glyph has no width in the program"),
                _ => {}
            }
        }
        Glyph::Missing | Glyph::Defined(_) => {}
    }
}

pub(super) fn differs(own: f64, stated: f64) -> bool {
    (own - stated).abs() > WIDTH_TOLERANCE
}

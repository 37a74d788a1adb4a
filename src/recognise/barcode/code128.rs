//! Code 128: scan lines across and down the page.

use rxing::DecodeHints;
use rxing::common::{BitArray, BitMatrix};
use rxing::oned::{Code128Reader, OneDReader};

use super::{Code, CodeKind, exact, upright_box};

/// Scan lines an inch: four on a code 8 mm high.
const LINES_PER_INCH: u32 = 12;
/// Lines of a page at least, whatever its resolution is said to be.
const LINES_MIN: u32 = 40;
/// Lines that must agree on a text: the one check digit lets a misreading in a hundred pass.
const AGREEING_MIN: usize = 2;
/// Shortest text believed. Print that looks like bars gives one or two signs.
const CHARS_MIN: usize = 4;

struct Sighting {
    text: String,
    /// Both ends of the code on each line that read it.
    ends: Vec<[f32; 2]>,
}

pub(super) fn find(matrix: &BitMatrix, dpi: u32) -> Vec<Code> {
    let (width, height) = (matrix.getWidth(), matrix.getHeight());
    let mut seen: Vec<Sighting> = Vec::new();
    for y in lines(height, dpi) {
        if let Some((text, ends)) = read(matrix.getRow(y)) {
            note(&mut seen, text, ends.map(|x| [x, exact(y)]));
        }
    }
    for x in lines(width, dpi) {
        if let Some((text, ends)) = read(matrix.getCol(x)) {
            note(&mut seen, text, ends.map(|y| [exact(x), y]));
        }
    }
    seen.retain(|code| code.ends.len() >= 2 * AGREEING_MIN);
    seen.into_iter()
        .map(|code| Code {
            kind: CodeKind::Code128,
            place: upright_box(&code.ends),
            text: code.text,
        })
        .collect()
}

fn lines(side: u32, dpi: u32) -> impl Iterator<Item = u32> {
    let step = (dpi / LINES_PER_INCH).min(side / LINES_MIN).max(1);
    (step / 2..side).step_by(step as usize)
}

/// Text and ends of the code on one line, in either direction.
fn read(mut line: BitArray) -> Option<(String, [f32; 2])> {
    let length = line.get_size();
    for reversed in [false, true] {
        if reversed {
            line.reverse();
        }
        let Ok(found) = Code128Reader.decode_row(0, &line, &DecodeHints::default()) else {
            continue;
        };
        let &[start, end] = found.getPoints() else {
            continue;
        };
        if found.getText().chars().count() < CHARS_MIN {
            continue;
        }
        let place = |x: f32| if reversed { length as f32 - 1.0 - x } else { x };
        return Some((found.getText().to_owned(), [place(start.x), place(end.x)]));
    }
    None
}

fn note(seen: &mut Vec<Sighting>, text: String, ends: [[f32; 2]; 2]) {
    match seen.iter_mut().find(|known| known.text == text) {
        Some(known) => known.ends.extend(ends),
        None => seen.push(Sighting {
            text,
            ends: ends.to_vec(),
        }),
    }
}

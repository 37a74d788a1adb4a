//! Patch codes: the coarse bars by which document scanners tell sheets apart.
//!
//! Four black bars, two of them wide, with narrow spaces between them (Kodak, “Patch Code Information”,
//! A-61599): wide 0.20 inch, narrow and spaces 0.08, 0.80 in all, the bars at least 2 inches long,
//! parallel to the edge of the paper and at most 3.75 inches away from it. The order counts from that
//! edge inwards, which is what tells T from 3: they are each other's mirror image. So every edge of
//! the page is looked at, and the way the sheet lay does not matter.
//!
//! Looked at is a comb of lines, not every pixel; the tolerances leave room for copies, 100 dpi, 3° of
//! skew and specks. What it does not do: decide what a code means for a batch
//! ([`super::separators`]).

use serde::{Deserialize, Serialize};

use super::GreyPage;

/// The six codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatchCode {
    /// Wide, wide, narrow, narrow.
    One,
    /// Wide, narrow, narrow, wide.
    Two,
    /// Wide, narrow, wide, narrow.
    Three,
    /// Narrow, wide, wide, narrow; the toggle patch.
    Four,
    /// Narrow, narrow, wide, wide.
    Six,
    /// Narrow, wide, narrow, wide; Patch T, the transfer patch: the one that separates documents.
    Transfer,
}

/// How far from the edge the code may reach, inches: the specification's 3.75 and some for skew.
const DEPTH: usize = 4;
/// The narrow bar and the spaces, inches.
const NARROW: f32 = 0.08;
/// All bars and spaces, in narrow ones.
const TOTAL: f32 = 10.0;
/// Printing “to fit the page”, or A4 on A5, makes codes smaller or larger by this.
const SCALE: std::ops::RangeInclusive<f32> = 0.68..=1.25;
/// Widths as they may come out of a copier, in narrow ones.
const NARROW_BAR: std::ops::RangeInclusive<f32> = 0.55..=1.5;
const WIDE_BAR: std::ops::RangeInclusive<f32> = 1.95..=3.1;
const SPACE: std::ops::RangeInclusive<f32> = 0.5..=1.45;
/// Least white in front of the code and behind it, in narrow ones.
const QUIET: f32 = 1.5;
/// Lines across the page that are looked at, for every inch along the edge.
const LINES: usize = 5;
/// Lines in a row that must show the code: 1.6 inches of it.
const LINES_MIN: usize = 9;
/// Dots an inch that are enough to measure bars.
const ENOUGH: usize = 150;
/// How far the code may move from one line to the next, inches: 3° of skew, and unsharp edges.
const DRIFT: f32 = 0.025;
/// Pixels across a line, averaged.
const ACROSS: u8 = 8;
/// Coarsest and finest page looked at, dots an inch.
const DPI: std::ops::RangeInclusive<u32> = 72..=1200;

/// The page's patch code, read from the edge that it is nearest to. `None` where there is none, and
/// where the edges have different ones.
#[must_use]
pub fn find(page: &GreyPage) -> Option<PatchCode> {
    let pixels = u64::from(page.width) * u64::from(page.height);
    if !DPI.contains(&page.dpi) || page.samples.len() as u64 != pixels {
        return None;
    }
    let mut codes = Edge::ALL.iter().filter_map(|edge| at_edge(page, *edge));
    let code = codes.next()?;
    codes.all(|other| other == code).then_some(code)
}

#[derive(Debug, Clone, Copy)]
enum Edge {
    Top,
    Bottom,
    Left,
    Right,
}

impl Edge {
    const ALL: [Self; 4] = [Self::Top, Self::Bottom, Self::Left, Self::Right];

    /// Pixels along the edge, and across the page.
    fn extent(self, page: &GreyPage) -> (usize, usize) {
        let (width, height) = (page.width as usize, page.height as usize);
        match self {
            Self::Top | Self::Bottom => (width, height),
            Self::Left | Self::Right => (height, width),
        }
    }

    /// Mean of the pixels of a line that begins `along` the edge, `depth` pixels away from it.
    fn sample(self, page: &GreyPage, along: usize, depth: usize) -> u8 {
        let (width, height) = (page.width as usize, page.height as usize);
        let (start, step) = match self {
            Self::Top => (depth * width + along, 1),
            Self::Bottom => ((height - 1 - depth) * width + along, 1),
            Self::Left => (along * width + depth, width),
            Self::Right => (along * width + width - 1 - depth, width),
        };
        let samples = page.samples.get(start..).unwrap_or_default();
        let sum: u32 = samples
            .iter()
            .step_by(step)
            .take(ACROSS.into())
            .map(|sample| u32::from(*sample))
            .sum();
        u8::try_from(sum / u32::from(ACROSS)).unwrap_or(u8::MAX)
    }
}

/// A code seen on one line across the page.
#[derive(Debug, Clone, Copy)]
struct Hit {
    code: PatchCode,
    /// Distance of its first bar from the edge, inches.
    start: f32,
}

fn at_edge(page: &GreyPage, edge: Edge) -> Option<PatchCode> {
    let (along, across) = edge.extent(page);
    let dpi = page.dpi as usize;
    // Beyond the middle the other edge is nearer.
    let depth = (dpi * DEPTH).min(across / 2);
    let step = (dpi / ENOUGH).max(1);
    let line_dpi = page.dpi as f32 / step as f32;
    let mut row = Row::default();
    for at in (0..along.saturating_sub(ACROSS.into())).step_by(dpi / LINES) {
        let line: Vec<u8> = (0..depth)
            .step_by(step)
            .map(|depth| edge.sample(page, at, depth))
            .collect();
        if let Some(code) = row.next(in_line(&line, line_dpi)) {
            return Some(code);
        }
    }
    None
}

/// The hits of neighbouring lines, as long as they fit together.
#[derive(Default)]
struct Row {
    last: Option<Hit>,
    lines: usize,
    missed: usize,
}

impl Row {
    /// The code, as soon as enough lines in a row have shown it. One line without it is forgiven.
    fn next(&mut self, hit: Option<Hit>) -> Option<PatchCode> {
        match (hit, self.last) {
            (Some(hit), Some(last)) if self.fits(hit, last) => self.lines += 1,
            (Some(_), _) => self.lines = 1,
            (None, Some(_)) if self.missed == 0 => {
                self.missed = 1;
                return None;
            }
            (None, _) => {
                *self = Self::default();
                return None;
            }
        }
        self.last = hit;
        self.missed = 0;
        hit.map(|hit| hit.code).filter(|_| self.lines >= LINES_MIN)
    }

    fn fits(&self, hit: Hit, last: Hit) -> bool {
        let apart = self.missed as f32 + 1.0;
        hit.code == last.code && (hit.start - last.start).abs() <= DRIFT * apart
    }
}

/// The first code on a line that begins at the edge.
fn in_line(line: &[u8], dpi: f32) -> Option<Hit> {
    let runs = runs(line, NARROW * dpi);
    let mut start = 0.0;
    for (at, run) in runs.iter().enumerate() {
        let window = runs.get(at..at + 9).unwrap_or_default();
        start += run.length;
        if let [before, bars @ .., after] = window
            && bars.first().is_some_and(|bar| bar.dark)
            && let Some(code) = code(before, bars, after, dpi)
        {
            return Some(Hit {
                code,
                start: start / dpi,
            });
        }
    }
    None
}

fn code(before: &Run, bars: &[Run], after: &Run, dpi: f32) -> Option<PatchCode> {
    let total: f32 = bars.iter().map(|run| run.length).sum();
    let unit = total / TOTAL;
    let is_quiet = |run: &Run| run.length >= QUIET * unit;
    if !SCALE.contains(&(unit / (NARROW * dpi))) || !is_quiet(before) || !is_quiet(after) {
        return None;
    }
    let mut wide = [false; 4];
    for (at, run) in bars.iter().enumerate() {
        let width = run.length / unit;
        match (run.dark, wide.get_mut(at / 2)) {
            (true, Some(wide)) if WIDE_BAR.contains(&width) => *wide = true,
            (true, _) if NARROW_BAR.contains(&width) => {}
            (false, _) if SPACE.contains(&width) => {}
            _ => return None,
        }
    }
    match wide {
        [true, true, false, false] => Some(PatchCode::One),
        [true, false, false, true] => Some(PatchCode::Two),
        [true, false, true, false] => Some(PatchCode::Three),
        [false, true, true, false] => Some(PatchCode::Four),
        [false, false, true, true] => Some(PatchCode::Six),
        [false, true, false, true] => Some(PatchCode::Transfer),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy)]
struct Run {
    dark: bool,
    length: f32,
}

/// Dark and light by turns, half of the paper's own brightness between them; specks shorter than a
/// third of a narrow bar belong to what is round them.
fn runs(line: &[u8], narrow: f32) -> Vec<Run> {
    let limit = u32::from(brightness(line)) / 2;
    let mut runs: Vec<Run> = Vec::new();
    let mut start = 0;
    for end in 1..=line.len() {
        let is_dark = |at: usize| {
            line.get(at)
                .is_some_and(|sample| u32::from(*sample) < limit)
        };
        let dark = is_dark(start);
        if end < line.len() && is_dark(end) == dark {
            continue;
        }
        let length = (end - start) as f32;
        start = end;
        match runs.last_mut() {
            Some(last) if last.dark == dark || length < narrow / 3.0 => last.length += length,
            _ => runs.push(Run { dark, length }),
        }
    }
    runs
}

/// The brightness that a tenth of the line exceeds: the paper's.
fn brightness(line: &[u8]) -> u8 {
    let mut sorted = line.to_vec();
    let at = sorted.len() * 9 / 10;
    if sorted.is_empty() {
        return 0;
    }
    *sorted.select_nth_unstable(at).1
}

#[cfg(test)]
mod tests;

//! Dot leaders: the rows of equal specks that forms print to write on. Read as letters they cost more
//! errors than everything else on a form.
//!
//! A row is at least five specks of one size, evenly spaced on one line. Dots of i and j, tone marks
//! below and above letters, full stops, decimal points and “…” never come so.

use std::ops::Range;

use super::super::page::GreyPage;
use super::components::{Component, Components};
use super::edges::pixels;
use super::paper::{Paper, TILE, threshold};
use super::view::View;

/// Fewer equal specks than this are not a row.
const SHORTEST: usize = 5;
/// Largest speck, mm.
const SPECK_MM: f64 = 0.95;
/// Widest spacing from middle to middle, mm: dots with blanks between them at 14 points.
const PITCH_MM: f64 = 2.7;
/// More specks than this are a halftone or noise, not forms.
const SPECKS_MAX: usize = 50_000;
/// What still slopes more on a straightened page is no row to go on with.
const STEEPEST: f32 = 0.02;
/// A row goes on after a gap (someone wrote over it) of up to so many spacings.
const GAP: f32 = 30.0;
/// Dots that touch strokes are looked for in gaps of up to so many spacings; in wider ones stands a printed word.
const HIDDEN: f32 = 14.0;
/// How much lighter the fringe is with which a dot touches a stroke.
const NECK: u8 = 20;
/// How far a dot may be off its row's line, pixels.
const OFF_LINE: f32 = 1.5;
/// Distance of the two dots of a colon at 14 points, mm.
const COLON_MM: f64 = 2.4;

/// A speck with the middle of its box; `along` the row and `across` it.
#[derive(Debug, Clone, Copy)]
struct Speck {
    along: f32,
    across: f32,
    size: f32,
    component: usize,
}

/// What is to be painted out.
pub(super) struct Leaders {
    /// By component: whether it is a dot of a row.
    pub(super) dots: Vec<bool>,
    /// Where rows that run along the page must have dots that touch what is written there.
    pub(super) hidden: Vec<Dot>,
}

/// The middle of a dot and its width, pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dot {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
}

/// Finds the rows; `vertical` looks for those that run down the page.
pub(super) fn leaders(components: &Components, dpi: u32, vertical: bool) -> Leaders {
    let mut dots = vec![false; components.list.len()];
    let specks = specks(components, dpi, vertical);
    if specks.len() > SPECKS_MAX {
        return Leaders {
            dots,
            hidden: Vec::new(),
        };
    }
    let mut next = neighbours(&specks, dpi);
    let mut rows = chains(&specks, &mut next);
    rows.retain(|row| row.len() >= SHORTEST);
    for &speck in rows.iter().flatten() {
        dots[specks[speck].component] = true;
    }
    let mut hidden = Vec::new();
    for row in &rows {
        take_stragglers(row, &specks, &mut dots, &mut hidden);
    }
    if vertical {
        hidden.clear();
    } else {
        spare_colons(&specks, dpi, &mut dots);
    }
    Leaders { dots, hidden }
}

/// All specks, in reading order of bands as high as the largest of them.
fn specks(components: &Components, dpi: u32, vertical: bool) -> Vec<Speck> {
    let largest = single(pixels(SPECK_MM, dpi)).max(3.0);
    let mut specks: Vec<Speck> = components
        .list
        .iter()
        .enumerate()
        .filter_map(|(component, spot)| {
            let (width, height) = (spot.width() as f32, spot.height() as f32);
            let (x, y) = middle(spot);
            let compact = width <= height * 2.0 + 1.0 && height <= width * 2.0 + 1.0;
            (width <= largest && height <= largest && compact).then_some(Speck {
                along: if vertical { y } else { x },
                across: if vertical { x } else { y },
                size: width + height,
                component,
            })
        })
        .collect();
    specks.sort_by(|a, b| a.across.total_cmp(&b.across));
    specks
}

fn middle(spot: &Component) -> (f32, f32) {
    (
        (spot.left + spot.right) as f32 / 2.0,
        (spot.top + spot.bottom) as f32 / 2.0,
    )
}

fn single(value: f64) -> f32 {
    super::view::whole(value * 64.0) as f32 / 64.0
}

/// For every speck, the nearest one further along at the same height; specks are sorted by height.
fn neighbours(specks: &[Speck], dpi: u32) -> Vec<Option<usize>> {
    let pitch = single(pixels(PITCH_MM, dpi));
    let level = level(dpi);
    // Specks of one band, sorted along, are looked at with those of the next band.
    let band = |speck: &Speck| super::view::size(f64::from(speck.across / level));
    let mut order: Vec<usize> = (0..specks.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&specks[a], &specks[b]);
        (band(a), a.along)
            .partial_cmp(&(band(b), b.along))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut starts = std::collections::BTreeMap::new();
    for (place, &speck) in order.iter().enumerate() {
        starts
            .entry(band(&specks[speck]))
            .or_insert(place..place)
            .end = place + 1;
    }
    (0..specks.len())
        .map(|index| {
            let speck = &specks[index];
            let own = band(speck);
            (own.saturating_sub(1)..=own + 1)
                .filter_map(|band| starts.get(&band))
                .filter_map(|range| {
                    let candidates = order.get(range.clone())?;
                    let first = candidates
                        .partition_point(|&other| specks[other].along <= speck.along + 1.0);
                    candidates[first..]
                        .iter()
                        .copied()
                        .take_while(|&other| specks[other].along <= speck.along + pitch)
                        .find(|&other| alike(speck, &specks[other], level))
                })
                .min_by(|&a, &b| specks[a].along.total_cmp(&specks[b].along))
        })
        .collect()
}

/// How far two neighbours may be off one line, pixels: about a quarter of a millimetre.
fn level(dpi: u32) -> f32 {
    single(pixels(0.22, dpi)).max(1.5)
}

fn alike(one: &Speck, other: &Speck, level: f32) -> bool {
    let (small, large) = (one.size.min(other.size), one.size.max(other.size));
    (one.across - other.across).abs() <= level && large <= small * 1.6 + 1.0
}

/// Follows neighbours as long as the spacing stays even.
fn chains(specks: &[Speck], next: &mut [Option<usize>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..specks.len()).collect();
    order.sort_by(|&a, &b| specks[a].along.total_cmp(&specks[b].along));
    let mut rows = Vec::new();
    for start in order {
        let mut row = vec![start];
        let mut usual = 0.0f32;
        let mut at = start;
        while let Some(following) = next[at].take() {
            let pitch = specks[following].along - specks[at].along;
            if usual > 0.0 && !(usual * 0.6..usual * 1.5).contains(&pitch) {
                // The next row may begin here.
                next[at] = None;
                break;
            }
            usual = if usual == 0.0 {
                pitch
            } else {
                usual * 0.75 + pitch * 0.25
            };
            row.push(following);
            at = following;
        }
        rows.push(row);
    }
    rows
}

/// Single dots of a row between the strokes written over it: goes on from both ends in steps of the
/// row's spacing and takes specks of its size that stand where a dot must stand.
fn take_stragglers(row: &[usize], specks: &[Speck], erased: &mut [bool], hidden: &mut Vec<Dot>) {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else {
        return;
    };
    let (first, last) = (specks[first], specks[last]);
    let length = last.along - first.along;
    let pitch = length / (row.len() - 1) as f32;
    let slope = (last.across - first.across) / length;
    if slope.abs() > STEEPEST {
        return;
    }
    let reach = pitch * GAP;
    let spread = OFF_LINE + slope.abs() * (length + reach);
    let from = first.across.min(last.across) - spread;
    let to = first.across.max(last.across) + spread;
    let low = specks.partition_point(|speck| speck.across < from);
    let high = specks.partition_point(|speck| speck.across <= to);
    let line = |speck: &Speck| first.across + slope * (speck.along - first.along);
    let mut band: Vec<Speck> = specks
        .get(low..high)
        .unwrap_or_default()
        .iter()
        .filter(|speck| {
            (speck.across - line(speck)).abs() <= OFF_LINE && (speck.size - first.size).abs() <= 2.0
        })
        .copied()
        .collect();
    band.sort_by(|a, b| a.along.total_cmp(&b.along));
    let width = row.iter().map(|&dot| specks[dot].size).sum::<f32>() / (row.len() * 2) as f32;
    let mut between = |from: f32, to: f32| {
        let steps = ((to - from) / pitch).round();
        if steps > HIDDEN {
            return;
        }
        let step = (to - from) / steps;
        let mut along = from + step;
        while along < to - step / 2.0 {
            let y = first.across + slope * (along - first.along);
            hidden.push(Dot { x: along, y, width });
            along += step;
        }
    };
    let (mut end, mut start) = (last.along, first.along);
    for speck in band.iter().filter(|speck| speck.along > last.along) {
        if in_step(speck.along - end, pitch) {
            erased[speck.component] = true;
            between(end, speck.along);
            end = speck.along;
        }
    }
    for speck in band.iter().rev().filter(|speck| speck.along < first.along) {
        if in_step(start - speck.along, pitch) {
            erased[speck.component] = true;
            between(speck.along, start);
            start = speck.along;
        }
    }
}

/// Whether a distance is a whole number of steps, and not too many of them.
fn in_step(distance: f32, pitch: f32) -> bool {
    let steps = distance / pitch;
    let tolerance = 0.2 + 0.01 * steps;
    (0.7..=GAP).contains(&steps) && (steps - steps.round()).abs() <= tolerance
}

/// Specks that stand above or below one of their size, as the dots of a colon do, are punctuation.
fn spare_colons(specks: &[Speck], dpi: u32, erased: &mut [bool]) {
    let reach = single(pixels(COLON_MM, dpi));
    for (index, lower) in specks.iter().enumerate() {
        if !erased[lower.component] {
            continue;
        }
        let near = |other: &&Speck| (other.across - lower.across).abs() <= reach;
        let paired = |other: &Speck| {
            !erased[other.component]
                && (other.along - lower.along).abs() <= 1.5
                && (other.size - lower.size).abs() <= 2.0
        };
        let above = specks[..index].iter().rev().take_while(near).any(paired);
        if above {
            erased[lower.component] = false;
        }
    }
}

/// Paints out dots that hang below strokes: as narrow as a dot on the row's line, with paper under them.
pub(super) fn paint_hidden(page: &mut GreyPage, paper: &Paper, hidden: &[Dot]) {
    for dot in hidden {
        if let Some((columns, rows)) = hanging(View::of(page), paper, dot) {
            let width = page.width as usize;
            for y in rows {
                let background = background(paper, columns.start, y);
                if let Some(row) = page
                    .samples
                    .get_mut(y * width + columns.start..y * width + columns.end)
                {
                    row.fill(background);
                }
            }
        }
    }
}

/// Columns and rows of the dot with its fringe, if it is one.
fn hanging(view: View<'_>, paper: &Paper, dot: &Dot) -> Option<(Range<usize>, Range<usize>)> {
    let (x, y) = (floor(dot.x), floor(dot.y));
    let half = floor(dot.width / 2.0).max(1);
    let dark = |x: usize, y: usize| {
        let value = view.row(y).get(x).copied().unwrap_or(255);
        value <= threshold(background(paper, x, y))
    };
    let at = [x, x.saturating_sub(1), x + 1]
        .into_iter()
        .find(|&x| dark(x, y))?;
    let widest = floor(dot.width + 1.5);
    let left = (0..=widest)
        .map_while(|step| at.checked_sub(step))
        .take_while(|&x| dark(x, y))
        .last()?;
    let right = (at..=at + widest).take_while(|&x| dark(x, y)).last()? + 1;
    let below = y + half + 1;
    let paper_below = (left..right).all(|x| !dark(x, below) || !dark(x, below + 1));
    // It touches a stroke, but only with its fringe: a stroke that ends here is as dark above.
    let darkest = |y: usize| {
        let row = view.row(y).get(left..right).unwrap_or_default();
        row.iter().copied().min().unwrap_or(255)
    };
    let neck = darkest(y.saturating_sub(half)).max(darkest(y.saturating_sub(half + 1)));
    let touches = neck <= threshold(background(paper, x, y));
    let fringe = neck >= darkest(y).saturating_add(NECK);
    (right - left <= widest && paper_below && touches && fringe).then(|| {
        let columns = left.saturating_sub(1)..(right + 1).min(view.width);
        let rows = y.saturating_sub(half)..(below + 1).min(view.height);
        (columns, rows)
    })
}

fn background(paper: &Paper, x: usize, y: usize) -> u8 {
    paper.row(y).get(x / TILE).copied().unwrap_or(255)
}

fn floor(value: f32) -> usize {
    super::view::size(f64::from(value))
}

//! How far the text lines slope: the angle under which the page's profile is sharpest.
//!
//! Ink is summed along lines of each angle; where they run with the text, full rows and empty gaps
//! alternate and the differences of neighbouring sums are largest (Postl 1986). A quarter of the
//! scanner's resolution is enough for a tenth of a degree. Both directions are tried, so that a page that was
//! fed sideways is straightened as well.

use super::super::page::GreyPage;
use super::components::Components;
use super::paper::Paper;
use super::view::{View, whole};

/// The largest angle that is looked for, degrees; feeders and hands stay below it.
const LARGEST: f64 = 5.0;
const COARSE: f64 = 0.25;
const FINE: f64 = 0.05;
/// Fewer dark pixels than this have no direction.
const POINTS_MIN: usize = 300;
/// More are thinned out: they cost time and say nothing new.
const POINTS_MAX: usize = 100_000;
/// How much sharper the best angle is than most others before it is believed.
const EVIDENCE: f64 = 1.4;
/// And before lines are believed to run down the page, which dirt on the glass does.
const EVIDENCE_VERTICAL: f64 = 2.5;
/// Spots higher than this are pictures, frames, borders, stamps or signatures, inches.
const TALLEST_INCH: f64 = 0.45;
/// Fixed point of the profile: 1/256 of a pixel.
const UNIT: f64 = 256.0;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Skew {
    /// Clockwise positive; 0 where nothing certain was found.
    pub(super) degrees: f64,
    /// The lines run from top to bottom.
    pub(super) vertical: bool,
}

const NONE: Skew = Skew {
    degrees: 0.0,
    vertical: false,
};

/// A dark pixel and how much darker than paper it is.
#[derive(Debug, Clone, Copy)]
struct Point {
    along: u16,
    across: u16,
    weight: u16,
}

/// Measures a page that was reduced to about 75 dots an inch.
pub(super) fn measure(page: &GreyPage) -> Skew {
    let mut points = points(page);
    let every = points.len().div_ceil(POINTS_MAX).max(1);
    points = points.into_iter().step_by(every).collect();
    if points.len() < POINTS_MIN {
        return NONE;
    }
    let level = direction(&points);
    let flipped: Vec<Point> = points
        .iter()
        .map(|point| Point {
            along: point.across,
            across: point.along,
            weight: point.weight,
        })
        .collect();
    let upright = direction(&flipped);
    let (best, vertical) = if upright.1 > EVIDENCE_VERTICAL.max(level.1 * 1.2) {
        ((-upright.0, upright.1), true)
    } else {
        (level, false)
    };
    if best.1 < EVIDENCE {
        return NONE;
    }
    Skew {
        degrees: best.0,
        vertical,
    }
}

/// The dark pixels of everything that may be text.
fn points(page: &GreyPage) -> Vec<Point> {
    let view = View::of(page);
    let paper = Paper::of(view);
    let components = Components::of(view, &paper);
    let tallest = super::view::size(f64::from(page.dpi) * TALLEST_INCH);
    let edge = |from: u32, to: u32, length: usize| from <= 1 || to as usize + 1 >= length;
    let text: Vec<bool> = components
        .list
        .iter()
        .map(|spot| {
            let touches =
                edge(spot.left, spot.right, view.width) || edge(spot.top, spot.bottom, view.height);
            let tall = spot.height().min(spot.width()) as usize > tallest;
            !touches && !tall
        })
        .collect();
    let mut points = Vec::new();
    for run in &components.runs {
        if !text.get(run.component as usize).copied().unwrap_or(false) {
            continue;
        }
        let row = view.row(run.y as usize);
        for x in run.from..run.to {
            let value = row.get(x as usize).copied().unwrap_or(255);
            let (Ok(along), Ok(across)) = (u16::try_from(x), u16::try_from(run.y)) else {
                continue;
            };
            points.push(Point {
                along,
                across,
                weight: u16::from(paper.usual.saturating_sub(value)),
            });
        }
    }
    points
}

/// The sharpest angle and how sharp it is against the median of all.
fn direction(points: &[Point]) -> (f64, f64) {
    let mut profile = Profile::new(points);
    let steps = whole(LARGEST / COARSE);
    let coarse: Vec<(f64, f64)> = (-steps..=steps)
        .map(|step| {
            let degrees = step as f64 * COARSE;
            (degrees, profile.sharpness(points, degrees))
        })
        .collect();
    let mut sorted: Vec<f64> = coarse.iter().map(|&(_, sharpness)| sharpness).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let median = sorted
        .get(sorted.len() / 2)
        .copied()
        .unwrap_or(0.0)
        .max(1.0);
    let best = |angles: &[(f64, f64)]| {
        angles
            .iter()
            .copied()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0.0, 0.0))
    };
    let (near, _) = best(&coarse);
    let around = whole((COARSE / FINE).round());
    let fine: Vec<(f64, f64)> = (-around..=around)
        .map(|step| {
            let degrees = near + step as f64 * FINE;
            (degrees, profile.sharpness(points, degrees))
        })
        .collect();
    let (_, sharpness) = best(&fine);
    (summit(&fine), sharpness / median)
}

/// Middle of the peak: the mean of the angles in its upper part, weighted by how far they rise above it.
fn summit(angles: &[(f64, f64)]) -> f64 {
    let highest = angles.iter().map(|angle| angle.1).fold(0.0, f64::max);
    let lowest = angles.iter().map(|angle| angle.1).fold(highest, f64::min);
    let floor = lowest + (highest - lowest) * 0.7;
    let (mut sum, mut weights) = (0.0, 0.0);
    for &(degrees, sharpness) in angles {
        let weight = (sharpness - floor).max(0.0);
        sum += degrees * weight;
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// Sums of ink along parallel lines, one line a pixel.
struct Profile {
    width: usize,
    margin: f64,
    shifts: Vec<u32>,
    sums: Vec<u32>,
}

impl Profile {
    fn new(points: &[Point]) -> Self {
        let most = |of: fn(&Point) -> u16| points.iter().map(of).max().unwrap_or(0);
        let width = usize::from(most(|point| point.along)) + 1;
        let height = usize::from(most(|point| point.across)) + 1;
        let margin = (width as f64 * LARGEST.to_radians().tan() * 1.1).ceil() + 2.0;
        let lines = height + super::view::size(margin) * 2 + 4;
        Self {
            width,
            margin,
            shifts: Vec::with_capacity(width),
            sums: vec![0; lines],
        }
    }

    /// Sum of the squared differences of neighbouring lines.
    fn sharpness(&mut self, points: &[Point], degrees: f64) -> f64 {
        let tangent = degrees.to_radians().tan();
        let middle = self.width as f64 / 2.0;
        self.shifts.clear();
        self.shifts.extend((0..self.width).map(|along| {
            // Pixels sit on a grid, which would favour 0°: each column is moved by a part of a pixel of its own.
            let part = (along as f64 * 0.618_034).fract();
            let shift = self.margin + part - (along as f64 - middle) * tangent;
            u32::try_from(whole(shift * UNIT)).unwrap_or(0)
        }));
        self.sums.fill(0);
        for point in points {
            let Some(shift) = self.shifts.get(usize::from(point.along)) else {
                continue;
            };
            let place = (u32::from(point.across) << 8) + shift;
            let (line, part) = ((place >> 8) as usize, place & 255);
            if let Some([one, other]) = self.sums.get_mut(line..line + 2) {
                *one = one.saturating_add(u32::from(point.weight) * (256 - part));
                *other = other.saturating_add(u32::from(point.weight) * part);
            }
        }
        self.sums
            .windows(2)
            .map(|pair| {
                let difference = f64::from(pair[1]) - f64::from(pair[0]);
                difference * difference
            })
            .sum::<f64>()
            / (UNIT * UNIT)
    }
}

//! The copy of a page that is read: upright as far as the file says, straight, without borders, holes and
//! dotted lines, at 200 dots an inch. The archived picture is never touched.
//!
//! Everything here is a pure function of grey samples. Codes are better read from the page of
//! [`grey::of`], before anything is taken away. Which way up a page lies that no EXIF tag describes is not
//! decided here, only whether its lines run from top to bottom.

mod affine;
mod components;
mod edges;
pub mod grey;
mod leaders;
mod paper;
mod resample;
mod skew;
mod spots;
mod turn;
mod view;

use std::ops::Range;

use self::components::{Component, Components};
use self::paper::{Paper, TILE, threshold};
use self::view::View;
use super::page::GreyPage;
use crate::pages::{PageError, PageImage, Rotation};

pub use self::affine::AffineMap;
pub(super) use self::spots::dark_spots;
pub use self::turn::turned;

/// Dots an inch of the copy that is read. More costs time and gains nothing.
pub const READING_DPI: u32 = 200;

/// A page between this and [`READING_DPI`] is not worth a second sampling.
const REDUCED_ABOVE_DPI: u32 = 230;

/// The skew is measured at about this resolution.
const SKEW_DPI: u32 = 75;

/// Slopes below this many degrees are left.
const SKEW_MIN: f64 = 0.05;

/// Share of inked pixels below which a page is blank: less than one printed digit on A4.
const BLANK_INK: f32 = 1.5e-5;

/// Dust on the glass: spots no larger than this do not count as ink, mm.
const DUST_MM: f64 = 0.5;

/// A page made ready for reading.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The copy to read.
    pub page: GreyPage,
    /// From a point of `page` to the same point of the page it was made from.
    pub map: AffineMap,
    /// By how much the text lines sloped on the displayed page, degrees, clockwise positive.
    pub skew_degrees: f32,
    /// The text lines run from top to bottom: try a quarter turn first.
    pub sideways: bool,
    /// Share of the page that is ink, without borders, holes and dust.
    pub ink: f32,
    /// Nothing is written on the page.
    pub blank: bool,
}

impl Prepared {
    /// The same page turned clockwise by 90, 180 or 270 degrees, its map with it.
    #[must_use]
    pub fn turned(&self, degrees: u16) -> Self {
        let back = turn::turned_to_page(self.page.width, self.page.height, degrees);
        Self {
            page: turned(&self.page, degrees),
            map: back.then(&self.map),
            sideways: self.sideways ^ matches!(degrees, 90 | 270),
            ..*self
        }
    }
}

/// Decodes a page and prepares it. The grey page is as stored, for code readers; the map of the prepared
/// one leads to the pixels of the stored image, also where that was stretched.
///
/// # Errors
/// [`PageError::Page`] if the stream cannot be decoded.
pub fn prepare_page(page: &PageImage) -> Result<(GreyPage, Prepared), PageError> {
    let stored = grey::of(page)?;
    let mut prepared = prepare(&stored, page.rotation);
    prepared.map = prepared.map.then(&grey::to_stored(page));
    Ok((stored, prepared))
}

/// Prepares a grey page; `rotation` is how it is turned for display.
#[must_use]
pub fn prepare(page: &GreyPage, rotation: Rotation) -> Prepared {
    let slope = measured_skew(page);
    let degrees = if slope.degrees.abs() < SKEW_MIN {
        0.0
    } else {
        slope.degrees
    };
    let (scale, dpi) = reduction(page.dpi);
    let straight = resample::resample(page, scale, degrees, dpi);
    let (mut page, mut map) = (straight.page, straight.map);
    if rotation.mirrored {
        turn::mirror(&mut page);
        map = turn::mirrored_to_page(page.width).then(&map);
    }
    if matches!(rotation.degrees, 90 | 180 | 270) {
        let back = turn::turned_to_page(page.width, page.height, rotation.degrees);
        page = turned(&page, rotation.degrees);
        map = back.then(&map);
    }
    let sideways = slope.vertical ^ matches!(rotation.degrees, 90 | 270);
    let ink = clean(&mut page, sideways);
    let mirrored = if rotation.mirrored { -1.0 } else { 1.0 };
    Prepared {
        page,
        map,
        skew_degrees: single(degrees * mirrored),
        sideways,
        ink,
        blank: ink < BLANK_INK,
    }
}

/// Old pixels a new one, and the new resolution.
fn reduction(dpi: u32) -> (f64, u32) {
    if dpi > REDUCED_ABOVE_DPI {
        (f64::from(dpi) / f64::from(READING_DPI), READING_DPI)
    } else {
        (1.0, dpi)
    }
}

fn measured_skew(page: &GreyPage) -> skew::Skew {
    let factor = ((page.dpi + SKEW_DPI / 2) / SKEW_DPI).clamp(1, 16);
    let small = view::shrink(View::of(page), factor as usize, page.dpi / factor);
    skew::measure(&small)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a few digits of an angle or a share are enough"
)]
fn single(value: f64) -> f32 {
    value as f32
}

/// Takes away what is not writing; returns the share of the page that is ink.
fn clean(page: &mut GreyPage, sideways: bool) -> f32 {
    let paper = Paper::of(View::of(page));
    edges::whiten_borders(page, &paper);
    let components = Components::of(View::of(page), &paper);
    let holes = edges::holes(page, &components);
    let ink = ink(page, &components, &holes);
    let leaders = leaders::leaders(&components, page.dpi, sideways);
    edges::whiten_holes(page, &components, &holes, &paper);
    paint_out(page, &paper, &components, &leaders.dots);
    leaders::paint_hidden(page, &paper, &leaders.hidden);
    ink
}

/// Share of the page that is ink.
fn ink(page: &GreyPage, components: &Components, holes: &[bool]) -> f32 {
    let dust = edges::pixels(DUST_MM, page.dpi);
    let is_dust =
        |spot: &Component| f64::from(spot.width()) <= dust && f64::from(spot.height()) <= dust;
    let inked: u64 = components
        .list
        .iter()
        .zip(holes)
        .filter(|&(spot, &hole)| !hole && !is_dust(spot))
        .map(|(spot, _)| u64::from(spot.area))
        .sum();
    single(inked as f64 / (page.samples.len().max(1)) as f64)
}

/// Paints components with the paper around them, and the grey fringe of their edges with them.
fn paint_out(page: &mut GreyPage, paper: &Paper, components: &Components, erased: &[bool]) {
    let (width, height) = (page.width as usize, page.height as usize);
    let erased_runs = components
        .runs
        .iter()
        .filter(|run| erased.get(run.component as usize).copied().unwrap_or(false));
    for run in erased_runs {
        let (y, own) = (run.y as usize, run.from as usize..run.to as usize);
        let reach = own.start.saturating_sub(2)..(own.end + 2).min(width);
        for row in y.saturating_sub(2)..(y + 3).min(height) {
            let own = if row == y { own.clone() } else { 0..0 };
            paint_row(page, paper, row, &reach, &own);
        }
    }
}

/// Paints `own` pixels whatever they are, the others of `reach` only where they are not ink.
fn paint_row(
    page: &mut GreyPage,
    paper: &Paper,
    y: usize,
    reach: &Range<usize>,
    own: &Range<usize>,
) {
    let tiles = paper.row(y);
    let start = y * page.width as usize;
    let Some(row) = page.samples.get_mut(start + reach.start..start + reach.end) else {
        return;
    };
    for (x, value) in reach.clone().zip(row) {
        let background = tiles.get(x / TILE).copied().unwrap_or(255);
        if own.contains(&x) || *value > threshold(background) {
            *value = background;
        }
    }
}

#[cfg(test)]
mod tests;

//! Black borders of the scanner's lid and punch holes: dark, but no ink.

use super::super::page::GreyPage;
use super::components::{Component, Components};
use super::paper::{Paper, TILE, threshold};

/// A border may begin so far from the very edge, mm: the outermost sensor pixels are often white.
const LOOSE_MM: f64 = 1.0;
/// A border covers at most this share of the page from each side.
const DEEPEST: f64 = 0.3;
/// Punch holes are 5 to 8 mm wide (ISO 838: 6 mm) and their middle lies near an edge (12 mm).
const HOLE_MM: std::ops::Range<f64> = 4.0..9.0;
const HOLE_FROM_EDGE_MM: f64 = 20.0;
/// Width of a hole's rim that is lighter than ink, pixels.
const RIM: u32 = 3;

/// Pixels of `mm` at `dpi`.
pub(super) fn pixels(mm: f64, dpi: u32) -> f64 {
    mm * f64::from(dpi) / 25.4
}

/// Whitens what is dark without a gap from an edge inwards, on each of the four sides.
pub(super) fn whiten_borders(page: &mut GreyPage, paper: &Paper) {
    let (width, height) = (page.width as usize, page.height as usize);
    let loose = super::view::size(pixels(LOOSE_MM, page.dpi).ceil());
    let depth = |length: usize| super::view::size(length as f64 * DEEPEST);
    for (y, row) in page.samples.chunks_exact_mut(width.max(1)).enumerate() {
        let tiles = paper.row(y);
        let across = depth(width);
        peel(
            row.iter_mut().enumerate().take(across),
            tiles,
            loose,
            paper.usual,
        );
        peel(
            row.iter_mut().enumerate().rev().take(across),
            tiles,
            loose,
            paper.usual,
        );
    }
    peel_columns(page, paper, 0..depth(height), loose);
    peel_columns(page, paper, (height - depth(height)..height).rev(), loose);
}

/// Whitens from the first dark pixel, which must come within `loose`, to the first light one.
fn peel<'a>(
    pixels: impl Iterator<Item = (usize, &'a mut u8)>,
    tiles: &[u8],
    loose: usize,
    white: u8,
) {
    let mut inside = false;
    for (passed, (x, value)) in pixels.enumerate() {
        let dark = *value <= threshold(tiles.get(x / TILE).copied().unwrap_or(255));
        if dark {
            inside = true;
            *value = white;
        } else if inside || passed >= loose {
            return;
        }
    }
}

/// The same for all columns at once, row by row, which is how the samples lie.
fn peel_columns(
    page: &mut GreyPage,
    paper: &Paper,
    rows: impl Iterator<Item = usize>,
    loose: usize,
) {
    let width = page.width as usize;
    let mut columns = vec![Column::Before; width];
    for (passed, y) in rows.enumerate() {
        let tiles = paper.row(y);
        let Some(row) = page.samples.get_mut(y * width..(y + 1) * width) else {
            return;
        };
        let mut any = false;
        for (x, (value, column)) in row.iter_mut().zip(&mut columns).enumerate() {
            if *column == Column::Beyond {
                continue;
            }
            let dark = *value <= threshold(tiles.get(x / TILE).copied().unwrap_or(255));
            if dark {
                *column = Column::Inside;
                *value = paper.usual;
            } else if *column == Column::Inside || passed >= loose {
                *column = Column::Beyond;
            }
            any = true;
        }
        if !any {
            return;
        }
    }
}

/// Where the way inwards stands in one column: before, inside or beyond the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Before,
    Inside,
    Beyond,
}

/// Which components are punch holes.
pub(super) fn holes(page: &GreyPage, components: &Components) -> Vec<bool> {
    components
        .list
        .iter()
        .map(|spot| is_hole(page, spot))
        .collect()
}

/// Paints holes, shadows at their rims with them, like most of the page.
pub(super) fn whiten_holes(
    page: &mut GreyPage,
    components: &Components,
    holes: &[bool],
    paper: &Paper,
) {
    let width = page.width as usize;
    for (hole, _) in components.list.iter().zip(holes).filter(|&(_, &hole)| hole) {
        let columns = hole.left.saturating_sub(RIM)..(hole.right + RIM).min(page.width);
        for y in hole.top.saturating_sub(RIM)..(hole.bottom + RIM).min(page.height) {
            let start = y as usize * width;
            if let Some(row) = page
                .samples
                .get_mut(start + columns.start as usize..start + columns.end as usize)
            {
                row.fill(paper.usual);
            }
        }
    }
}

fn is_hole(page: &GreyPage, spot: &Component) -> bool {
    let (width, height) = (f64::from(spot.width()), f64::from(spot.height()));
    let sizes = pixels(HOLE_MM.start, page.dpi)..pixels(HOLE_MM.end, page.dpi);
    if !sizes.contains(&width) || !sizes.contains(&height) {
        return false;
    }
    let round = (0.8..1.25).contains(&(width / height));
    // A disc fills π/4 of its box.
    let filled = (0.68..0.88).contains(&(f64::from(spot.area) / (width * height)));
    let (x, y) = (
        f64::from(spot.left) + width / 2.0,
        f64::from(spot.top) + height / 2.0,
    );
    let from_edge = x
        .min(y)
        .min(f64::from(page.width) - x)
        .min(f64::from(page.height) - y);
    round && filled && from_edge <= pixels(HOLE_FROM_EDGE_MM, page.dpi)
}

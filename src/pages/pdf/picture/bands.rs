//! A page that a driver cut into bands: images of one width, edge to edge, put together again pixel by pixel.
//!
//! Whatever else is several images stays so: tiles, overlaps, gaps, bands of unlike density.

use std::path::Path;

use lopdf::Document;

use super::Picture;
use crate::pages::error::{Beyond, PageFault};
use crate::pages::pdf::content::{Matrix, Placed};
use crate::pages::pdf::spared;
use crate::pages::stream::{Bounds, PageStream, Pixels, Raster};

/// How far an edge may be from where the pixels put it: half a pixel, but never more than half a point.
const SLACK: f64 = 0.5;

fn several() -> PageFault {
    PageFault::NotImageOnly(Beyond::SeveralImages)
}

/// Puts bands together; they may be drawn in any order.
pub(super) fn take(
    path: &Path,
    document: &Document,
    drawn: &[Placed],
    bounds: &Bounds,
) -> Result<(PageStream, Matrix), PageFault> {
    let mut bands = Vec::with_capacity(drawn.len());
    for placed in drawn {
        bands.push((placed, Picture::read(document, placed, bounds)?));
    }
    bands.sort_by(|(one, _), (other, _)| top(other.matrix).total_cmp(&top(one.matrix)));
    let shapes: Vec<(Matrix, u32, u32)> = bands
        .iter()
        .map(|(placed, picture)| (placed.matrix, picture.packing.width, picture.packing.height))
        .collect();
    let (matrix, width, height) = whole(&shapes).ok_or_else(several)?;
    bounds.check(width, height, 24)?;
    let mut source_bytes = 0usize;
    let mut rasters = Vec::with_capacity(bands.len());
    let mut changed = String::new();
    for (placed, picture) in &bands {
        let data = spared::bytes_of(path, document, &placed.stream)?;
        source_bytes = source_bytes.saturating_add(data.len());
        let (raster, change) = picture.raster(data)?;
        if (raster.width, raster.height) != (picture.packing.width, picture.packing.height) {
            return Err(several());
        }
        if changed.is_empty() {
            changed = change;
        }
        rasters.push(raster.pixels);
    }
    let raster = Raster {
        width,
        height,
        pixels: joined(rasters).ok_or_else(several)?,
    };
    let why = format!("{} bands of a page put together", bands.len());
    Ok((raster.compress_near(source_bytes, &why, &changed)?, matrix))
}

fn top([_, _, _, d, _, f]: Matrix) -> f64 {
    f + d
}

/// Place and size of all bands together, from the top, where they are one upright picture.
fn whole(bands: &[(Matrix, u32, u32)]) -> Option<(Matrix, u32, u32)> {
    let &(first, width, _) = bands.first()?;
    let &(last, ..) = bands.last()?;
    let height = bands
        .iter()
        .try_fold(0u32, |sum, &(_, _, height)| sum.checked_add(height))?;
    let [across, _, _, _, left, _] = first;
    let tall = top(first) - last[5];
    if across <= 0.0 || tall <= 0.0 || width == 0 || height == 0 {
        return None;
    }
    let (pixel_x, pixel_y) = (across / f64::from(width), tall / f64::from(height));
    let near = |one: f64, other: f64, pixel: f64| (one - other).abs() <= pixel.min(1.0) * SLACK;
    let mut rows = 0u32;
    for &([a, b, c, d, e, f], own_width, own_height) in bands {
        let edge = top(first) - f64::from(rows) * pixel_y;
        rows += own_height;
        let foot = top(first) - f64::from(rows) * pixel_y;
        let fits = own_width == width
            && b == 0.0
            && c == 0.0
            && near(a, across, pixel_x)
            && near(e, left, pixel_x)
            && near(f + d, edge, pixel_y)
            && near(f, foot, pixel_y);
        if !fits {
            return None;
        }
    }
    Some(([across, 0.0, 0.0, tall, left, last[5]], width, height))
}

/// All rows one below the other, where they are of one kind.
fn joined(bands: Vec<Pixels>) -> Option<Pixels> {
    let mut bands = bands.into_iter();
    let mut all = bands.next()?;
    for band in bands {
        match (&mut all, band) {
            (Pixels::Bilevel(rows), Pixels::Bilevel(more))
            | (Pixels::Grey(rows), Pixels::Grey(more))
            | (Pixels::Rgb(rows), Pixels::Rgb(more)) => rows.extend(more),
            _ => return None,
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bands_edge_to_edge_are_one_picture() {
        let upper = ([100.0, 0.0, 0.0, 50.0, 10.0, 60.0], 200, 100);
        let lower = ([100.0, 0.0, 0.0, 40.0, 10.0, 20.0], 200, 80);
        assert_eq!(
            whole(&[upper, lower]),
            Some(([100.0, 0.0, 0.0, 90.0, 10.0, 20.0], 200, 180))
        );
        let changed = |at: usize, by: f64| {
            let mut matrix = lower.0;
            matrix[at] += by;
            (matrix, lower.1, lower.2)
        };
        // Across, along, turned; half a pixel is a quarter of a point.
        for (at, by) in [(0, 1.0), (1, 0.1), (2, 0.1), (3, 1.0), (4, -0.3), (5, 0.6)] {
            assert_eq!(whole(&[upper, changed(at, by)]), None, "{at}");
        }
        assert!(
            whole(&[upper, changed(4, 0.2)]).is_some(),
            "rounded by its writer"
        );
        assert_eq!(
            whole(&[upper, (lower.0, 199, 80)]),
            None,
            "of another width"
        );
        assert_eq!(
            whole(&[upper, (lower.0, 200, 70)]),
            None,
            "of another density"
        );
    }

    #[test]
    fn bands_of_two_kinds_are_not_joined() {
        assert_eq!(
            joined(vec![Pixels::Grey(vec![1]), Pixels::Grey(vec![2])]),
            Some(Pixels::Grey(vec![1, 2]))
        );
        assert_eq!(
            joined(vec![Pixels::Grey(vec![1]), Pixels::Bilevel(vec![2])]),
            None
        );
    }
}

//! Quarter turns and mirroring, without any change to a sample.

use super::super::page::GreyPage;
use super::affine::AffineMap;
use super::view::{View, extent};

/// Squares of this side are turned at a time, so that both copies stay in the cache.
const BLOCK: usize = 64;

/// The page turned clockwise by 90, 180 or 270 degrees; by anything else, as it is.
#[must_use]
pub fn turned(page: &GreyPage, degrees: u16) -> GreyPage {
    let view = View::of(page);
    match degrees {
        90 | 270 => quarter_turned(view, page.dpi, degrees == 90),
        180 => {
            let mut samples: Vec<u8> = view.rows().flatten().copied().collect();
            samples.reverse();
            GreyPage {
                width: page.width,
                height: extent(view.height),
                dpi: page.dpi,
                samples,
            }
        }
        _ => page.clone(),
    }
}

/// From a page turned by `degrees` to the page before, which had this size.
pub(super) fn turned_to_page(width: u32, height: u32, degrees: u16) -> AffineMap {
    let (width, height) = (f64::from(width), f64::from(height));
    AffineMap::new(match degrees {
        90 => [0.0, 1.0, 0.0, -1.0, 0.0, height],
        180 => [-1.0, 0.0, width, 0.0, -1.0, height],
        270 => [0.0, -1.0, width, 1.0, 0.0, 0.0],
        _ => return AffineMap::IDENTITY,
    })
}

/// Mirrors left and right in place.
pub(super) fn mirror(page: &mut GreyPage) {
    let width = page.width as usize;
    for row in page.samples.chunks_exact_mut(width.max(1)) {
        row.reverse();
    }
}

/// From a mirrored page to the page before.
pub(super) fn mirrored_to_page(width: u32) -> AffineMap {
    AffineMap::new([-1.0, 0.0, f64::from(width), 0.0, 1.0, 0.0])
}

fn quarter_turned(view: View<'_>, dpi: u32, clockwise: bool) -> GreyPage {
    let (width, height) = (view.width, view.height);
    let mut samples = vec![0; width * height];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            let right = (left + BLOCK).min(width);
            for y in top..(top + BLOCK).min(height) {
                let source = view.row(y).get(left..right).unwrap_or_default();
                for (x, &value) in (left..right).zip(source) {
                    let place = if clockwise {
                        x * height + (height - 1 - y)
                    } else {
                        (width - 1 - x) * height + y
                    };
                    samples[place] = value;
                }
            }
        }
    }
    GreyPage {
        width: extent(height),
        height: extent(width),
        dpi,
        samples,
    }
}

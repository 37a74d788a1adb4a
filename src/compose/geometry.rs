//! Where an image stands on its page, in points (1/72 inch).
//!
//! Pixels are never touched: the page box has the size of the paper as it was scanned, `/Rotate`
//! turns it for display, and a mirrored scan is put right by the matrix that paints it. Pure.

use crate::pages::PageImage;

/// ISO 19005-2 §6.1.13: every page boundary is 3 to 14,400 units in both directions.
const MIN_SIDE: f64 = 3.0;
const MAX_SIDE: f64 = 14_400.0;

/// Matrices of incoming pages beyond this place nothing that could be seen on a page.
const MAX_COORDINATE: f64 = 1e6;

/// A page box with its lower left corner at the origin, and the matrix that paints the image on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageGeometry {
    /// Width and height before `rotate`.
    pub(super) page_size: (f32, f32),
    /// Maps the unit square of the image to the page (ISO 32000-1 §8.9.5).
    pub(super) image_matrix: [f32; 6],
    /// Clockwise degrees for display: 0, 90, 180, 270.
    pub(super) rotate: i32,
}

impl PageGeometry {
    /// The page for an image; `None` if its resolution, turn or placement make no page.
    pub(super) fn of(image: &PageImage) -> Option<Self> {
        let (size, placed) = match image.placement {
            Some(placement) => (placement.page_size, placement.matrix),
            None => {
                let width = f64::from(image.width_px) * 72.0 / image.resolution.x;
                let height = f64::from(image.height_px) * 72.0 / image.resolution.y;
                ((width, height), [width, 0.0, 0.0, height, 0.0, 0.0])
            }
        };
        let is_length = |side: f64| side.is_finite() && side > 0.0;
        if !is_length(size.0) || !is_length(size.1) {
            return None;
        }
        // Too large a page is drawn to a smaller scale; too small a page gets a margin.
        let scale = (MAX_SIDE / size.0.max(size.1)).min(1.0);
        let side = |length: f64| rounded((length * scale).max(MIN_SIDE));
        let matrix = if image.rotation.mirrored {
            mirrored(placed)
        } else {
            placed
        };
        let matrix = matrix.map(|value| value * scale);
        let is_placed = matrix.iter().all(|value| value.abs() <= MAX_COORDINATE);
        let page = Self {
            page_size: (side(size.0), side(size.1)),
            image_matrix: matrix.map(rounded),
            rotate: i32::from(image.rotation.degrees),
        };
        (is_placed && page.shows_image() && matches!(page.rotate, 0 | 90 | 180 | 270))
            .then_some(page)
    }

    /// Where a pixel of the stored image, `y` down from its top, is on the page before `rotate`.
    pub(super) fn point_of(&self, pixel: [f32; 2], image_size: (u32, u32)) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.image_matrix.map(f64::from);
        let x = f64::from(pixel[0]) / f64::from(image_size.0);
        let y = 1.0 - f64::from(pixel[1]) / f64::from(image_size.1);
        [a * x + c * y + e, b * x + d * y + f]
    }

    /// The image has an area, and a part of the box around it is on the page.
    fn shows_image(&self) -> bool {
        let [a, b, c, d, x, y] = self.image_matrix;
        let overlaps = |from: f32, first: f32, second: f32, side: f32| {
            let low = from + first.min(0.0) + second.min(0.0);
            let high = from + first.max(0.0) + second.max(0.0);
            low < side && high > 0.0
        };
        let (width, height) = self.page_size;
        a * d - b * c != 0.0 && overlaps(x, a, c, width) && overlaps(y, b, d, height)
    }
}

/// Flips the unit square left-right before `matrix` is applied.
fn mirrored([a, b, c, d, e, f]: [f64; 6]) -> [f64; 6] {
    [-a, -b, c, d, e + a, f + b]
}

/// To 1/10,000 point, so that numbers print short, without an exponent and the same on every machine.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the precision of f32 is enough for a page and the range was checked"
)]
pub(super) fn rounded(value: f64) -> f32 {
    ((value * 1e4).round() / 1e4) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::tests::jpeg_page;
    use crate::pages::{Placement, Rotation};

    fn scan(width_px: u32, height_px: u32, dpi: (f64, f64)) -> PageImage {
        let mut image = jpeg_page(1);
        (image.width_px, image.height_px) = (width_px, height_px);
        (image.resolution.x, image.resolution.y) = dpi;
        image
    }

    #[test]
    fn a_scan_fills_a_page_of_its_paper_size() {
        let page = PageGeometry::of(&scan(2480, 1754, (300.0, 150.0))).expect("a page");
        assert_eq!(page.page_size, (595.2, 841.92));
        assert_eq!(page.image_matrix, [595.2, 0.0, 0.0, 841.92, 0.0, 0.0]);
        assert_eq!(page.rotate, 0);
    }

    #[test]
    fn a_mirrored_scan_is_flipped_in_place() {
        let mut image = scan(720, 720, (72.0, 144.0));
        image.rotation = Rotation {
            mirrored: true,
            degrees: 270,
        };
        let page = PageGeometry::of(&image).expect("a page");
        assert_eq!(page.image_matrix, [-720.0, 0.0, 0.0, 360.0, 720.0, 0.0]);
        assert_eq!(page.rotate, 270);
    }

    #[test]
    fn page_sides_stay_within_the_standard() {
        let at_limit = PageGeometry::of(&scan(14_400, 3, (72.0, 72.0))).expect("a page");
        assert_eq!(at_limit.page_size, (14_400.0, 3.0));
        assert_eq!(at_limit.image_matrix[0], 14_400.0);
        let over = PageGeometry::of(&scan(28_800, 14_400, (72.0, 72.0))).expect("a page");
        assert_eq!(over.page_size, (14_400.0, 7_200.0));
        assert_eq!(over.image_matrix[3], 7_200.0);
        let under = PageGeometry::of(&scan(720, 2, (72.0, 72.0))).expect("a page");
        assert_eq!(under.page_size, (720.0, 3.0));
        assert_eq!(under.image_matrix[3], 2.0);
    }

    #[test]
    fn an_incoming_page_keeps_its_placement() {
        let mut image = scan(100, 100, (300.0, 300.0));
        image.placement = Some(Placement {
            page_size: (28_800.0, 600.0),
            matrix: [400.0, 0.0, 0.0, -300.0, 20.0, 500.0],
        });
        let page = PageGeometry::of(&image).expect("a page");
        assert_eq!(page.page_size, (14_400.0, 300.0));
        assert_eq!(page.image_matrix, [200.0, 0.0, 0.0, -150.0, 10.0, 250.0]);
    }

    #[test]
    fn what_makes_no_page_is_refused() {
        for (width, dpi) in [
            (0, 300.0),
            (10, 0.0),
            (10, -1.0),
            (10, f64::NAN),
            (10, f64::INFINITY),
        ] {
            assert_eq!(
                PageGeometry::of(&scan(width, 10, (dpi, 300.0))),
                None,
                "{width} {dpi}"
            );
        }
        let mut turned = scan(10, 10, (72.0, 72.0));
        turned.rotation.degrees = 45;
        assert_eq!(PageGeometry::of(&turned), None);
        for matrix in [
            [10.0, 0.0, 10.0, 0.0, 0.0, 0.0],
            [f64::NAN, 0.0, 0.0, 10.0, 0.0, 0.0],
            [10.0, 0.0, 0.0, 10.0, 1e9, 0.0],
            [10.0, 0.0, 0.0, 10.0, 100.0, 0.0],
            [-10.0, 0.0, 0.0, 10.0, 0.0, 0.0],
            [0.0, 10.0, 10.0, 0.0, 0.0, -10.0],
        ] {
            let mut placed = scan(10, 10, (72.0, 72.0));
            placed.placement = Some(Placement {
                page_size: (100.0, 100.0),
                matrix,
            });
            assert_eq!(PageGeometry::of(&placed), None, "{matrix:?}");
        }
    }
}

//! How many dots an inch a page has: what the file says, if that makes a sheet of paper, else what the profile says.
//!
//! Many scanners and most phones write 72 or 96 dpi without meaning it, so a file is believed only
//! when the page then has a size that paper has. Pixels are never resampled.

use serde::{Deserialize, Serialize};

use super::image::{Resolution, ResolutionSource};
use crate::config::ScannerProfile;

const MM_PER_INCH: f64 = 25.4;

/// Sizes known to a counter, upright, millimetres: A3, A4, A5, A6, B4, B5 (JIS), ID-1, Letter, Legal, F4.
const PAPER_MM: &[(f64, f64)] = &[
    (297.0, 420.0),
    (210.0, 297.0),
    (148.0, 210.0),
    (105.0, 148.0),
    (257.0, 364.0),
    (182.0, 257.0),
    (54.0, 85.6),
    (215.9, 279.4),
    (215.9, 355.6),
    (215.0, 330.0),
];

/// Scanners crop and overscan by a few millimetres.
const TOLERANCE_MM: f64 = 8.0;

/// Slips and strips: any width within the first range and any length within the second.
const SLIP_MM: (f64, f64) = (40.0, 310.0);
const SLIP_LONG_MM: (f64, f64) = (40.0, 450.0);

/// Resolutions that a scanner can be set to, dots an inch; others are believed for known paper only.
const SCANNER_DPI: &[f64] = &[
    98.0, 100.0, 120.0, 150.0, 196.0, 200.0, 204.0, 240.0, 250.0, 300.0, 391.0, 400.0, 408.0,
    500.0, 600.0, 800.0, 1200.0,
];

/// Dots an inch as a file states them, unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct StatedDensity {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Chooses the resolution of a page of `width` × `height` stored pixels.
pub(super) fn choose(
    stated: Option<StatedDensity>,
    (width, height): (u32, u32),
    profile: &ScannerProfile,
) -> Resolution {
    if let Some(density) = stated.filter(|density| is_plausible(*density, width, height)) {
        return Resolution {
            x: density.x,
            y: density.y,
            source: ResolutionSource::File,
        };
    }
    let expected = f64::from(profile.image.resolution_dpi);
    let paper = profile.image.page_size.millimetres();
    let (wide, high) = size_mm(expected, expected, width, height);
    let fits = match paper {
        Some(paper) => same_paper(paper, wide, high),
        None => is_slip(wide, high),
    };
    if fits || is_known_paper(wide, high) || is_slip(wide, high) {
        return Resolution {
            x: expected,
            y: expected,
            source: ResolutionSource::Profile,
        };
    }
    let dpi = dpi_that_fits(paper.unwrap_or((210.0, 297.0)), width, height);
    Resolution {
        x: dpi,
        y: dpi,
        source: ResolutionSource::PaperSize,
    }
}

fn is_plausible(density: StatedDensity, width: u32, height: u32) -> bool {
    let range = 50.0..=2400.0;
    if !range.contains(&density.x) || !range.contains(&density.y) {
        return false;
    }
    let ratio = density.x / density.y;
    if !(0.2..=5.0).contains(&ratio) {
        return false;
    }
    let (wide, high) = size_mm(density.x, density.y, width, height);
    let of_a_scanner = |dpi: f64| SCANNER_DPI.iter().any(|known| (dpi - known).abs() < 1.0);
    is_known_paper(wide, high)
        || (of_a_scanner(density.x) && of_a_scanner(density.y) && is_slip(wide, high))
}

fn size_mm(dpi_x: f64, dpi_y: f64, width: u32, height: u32) -> (f64, f64) {
    (
        f64::from(width) / dpi_x * MM_PER_INCH,
        f64::from(height) / dpi_y * MM_PER_INCH,
    )
}

fn is_known_paper(wide: f64, high: f64) -> bool {
    PAPER_MM.iter().any(|paper| same_paper(*paper, wide, high))
}

/// Upright or lying.
fn same_paper((short, long): (f64, f64), wide: f64, high: f64) -> bool {
    let (low, top) = if wide <= high {
        (wide, high)
    } else {
        (high, wide)
    };
    (low - short).abs() <= TOLERANCE_MM && (top - long).abs() <= TOLERANCE_MM
}

fn is_slip(wide: f64, high: f64) -> bool {
    let (short, long) = if wide <= high {
        (wide, high)
    } else {
        (high, wide)
    };
    (SLIP_MM.0..=SLIP_MM.1).contains(&short) && (SLIP_LONG_MM.0..=SLIP_LONG_MM.1).contains(&long)
}

/// The whole page fits on the paper and touches at least one pair of its edges.
fn dpi_that_fits((short, long): (f64, f64), width: u32, height: u32) -> f64 {
    let (low, top) = if width <= height {
        (width, height)
    } else {
        (height, width)
    };
    let dpi = (f64::from(low) / short).max(f64::from(top) / long) * MM_PER_INCH;
    // Two decimals are more than a scanner keeps, and read well in a record.
    (dpi * 100.0).round().max(1.0) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::test_support::profile;

    fn chosen(stated: Option<(f64, f64)>, width: u32, height: u32) -> (f64, f64, ResolutionSource) {
        let stated = stated.map(|(x, y)| StatedDensity { x, y });
        let resolution = choose(stated, (width, height), &profile());
        (resolution.x, resolution.y, resolution.source)
    }

    #[test]
    fn a_stated_density_that_makes_paper_is_believed() {
        assert_eq!(
            chosen(Some((200.0, 200.0)), 1654, 2339),
            (200.0, 200.0, ResolutionSource::File)
        );
        // A fax: the two directions differ and stay so.
        assert_eq!(
            chosen(Some((204.0, 98.0)), 1728, 1078),
            (204.0, 98.0, ResolutionSource::File)
        );
        // An identity card that the scanner cropped.
        assert_eq!(
            chosen(Some((300.0, 300.0)), 1011, 638),
            (300.0, 300.0, ResolutionSource::File)
        );
    }

    #[test]
    fn a_density_without_meaning_gives_way_to_the_profile() {
        assert_eq!(
            chosen(Some((72.0, 72.0)), 2480, 3508),
            (300.0, 300.0, ResolutionSource::Profile)
        );
        assert_eq!(
            chosen(None, 2480, 3508),
            (300.0, 300.0, ResolutionSource::Profile)
        );
    }

    #[test]
    fn where_neither_fits_the_page_gets_the_paper_of_the_profile() {
        let (x, y, source) = chosen(Some((72.0, 72.0)), 6000, 8000);
        assert_eq!(source, ResolutionSource::PaperSize);
        assert_eq!(x, y);
        let (wide, high) = size_mm(x, y, 6000, 8000);
        assert!(wide <= 210.1 && high <= 297.1, "{wide} × {high}");
    }

    #[test]
    fn nonsense_is_not_believed() {
        for stated in [
            (0.0, 0.0),
            (f64::NAN, 300.0),
            (f64::INFINITY, 300.0),
            (300.0, 50.0),
        ] {
            assert_ne!(chosen(Some(stated), 2480, 3508).2, ResolutionSource::File);
        }
        let (x, _, _) = chosen(None, 1, 1);
        assert!(x >= 0.01);
    }
}

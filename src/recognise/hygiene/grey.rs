//! A page's grey pixels, square and with one resolution.

use super::super::page::GreyPage;
use super::affine::AffineMap;
use super::view::{extent, size};
use crate::pages::{PageError, PageImage};

/// Resolutions that differ by less than this are one, as a share.
const SAME: f64 = 0.02;
/// No page is stretched more: fax at its coarsest is 204 × 98.
const STRETCH_MAX: f64 = 4.0;

/// Decodes a page to grey in its stored orientation, stretched along one axis where its pixels are not square.
///
/// # Errors
/// [`PageError::Page`] if the stream cannot be decoded.
pub fn of(page: &PageImage) -> Result<GreyPage, PageError> {
    let samples = page.to_grey()?;
    let (across, down) = stretch(page);
    let dpi = page.resolution.x.max(page.resolution.y).round();
    let (width, height) = (page.width_px as usize, page.height_px as usize);
    let grey = GreyPage {
        width: page.width_px,
        height: page.height_px,
        dpi: extent(size(dpi)).max(1),
        samples,
    };
    Ok(if across > 1.0 {
        wider(&grey, size((width as f64 * across).round()))
    } else if down > 1.0 {
        higher(&grey, size((height as f64 * down).round()))
    } else {
        grey
    })
}

/// From the page of [`of`] to the pixels of the stored image.
#[must_use]
pub fn to_stored(page: &PageImage) -> AffineMap {
    let (across, down) = stretch(page);
    AffineMap::scale(1.0 / across, 1.0 / down)
}

/// Factors that make the pixels square; one of them is 1.
fn stretch(page: &PageImage) -> (f64, f64) {
    let (x, y) = (page.resolution.x, page.resolution.y);
    let ratio = y / x;
    if !ratio.is_finite() || ratio <= 0.0 || (ratio - 1.0).abs() < SAME {
        (1.0, 1.0)
    } else if ratio > 1.0 {
        (ratio.min(STRETCH_MAX), 1.0)
    } else {
        (1.0, (1.0 / ratio).min(STRETCH_MAX))
    }
}

/// The two old pixels between whose middles a new one lies, and the weight of the second in 256ths.
fn between(new: usize, old_length: usize, new_length: usize) -> (usize, usize, u16) {
    let place = (new as f64 + 0.5) * old_length as f64 / new_length as f64 - 0.5;
    let place = place.clamp(0.0, old_length.saturating_sub(1) as f64);
    let first = size(place);
    let weight = size(place.fract() * 256.0);
    (
        first,
        (first + 1).min(old_length.saturating_sub(1)),
        u16::try_from(weight).unwrap_or(0),
    )
}

fn mix(one: u8, other: u8, weight: u16) -> u8 {
    let sum = u16::from(one) * (256 - weight) + u16::from(other) * weight;
    (sum >> 8).to_le_bytes()[0]
}

fn wider(page: &GreyPage, new_width: usize) -> GreyPage {
    let width = page.width as usize;
    let places: Vec<_> = (0..new_width)
        .map(|new| between(new, width, new_width))
        .collect();
    let mut samples = Vec::with_capacity(new_width * page.height as usize);
    for row in page.samples.chunks_exact(width.max(1)) {
        samples.extend(
            places
                .iter()
                .map(|&(one, other, weight)| mix(row[one], row[other], weight)),
        );
    }
    GreyPage {
        width: extent(new_width),
        samples,
        ..*page
    }
}

fn higher(page: &GreyPage, new_height: usize) -> GreyPage {
    let (width, height) = (page.width as usize, page.height as usize);
    let mut samples = Vec::with_capacity(width * new_height);
    for new in 0..new_height {
        let (one, other, weight) = between(new, height, new_height);
        let row = |y: usize| &page.samples[y * width..(y + 1) * width];
        samples.extend(
            row(one)
                .iter()
                .zip(row(other))
                .map(|(&one, &other)| mix(one, other, weight)),
        );
    }
    GreyPage {
        height: extent(new_height),
        samples,
        ..*page
    }
}

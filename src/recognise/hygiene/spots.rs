//! What is dark on a page seen from afar.

use super::super::page::GreyPage;
use super::components::Components;
use super::paper::Paper;
use super::view::{View, shrink};

/// A connected dark spot and the box around it, in dots of the reduced page; right and bottom are the first outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recognise) struct Spot {
    pub(in crate::recognise) left: u32,
    pub(in crate::recognise) top: u32,
    pub(in crate::recognise) right: u32,
    pub(in crate::recognise) bottom: u32,
    /// Dark dots.
    pub(in crate::recognise) dark: u32,
}

/// Spots of the page reduced by `factor` (1 to 16) that are darker than `share` of the paper; light gaps of up to
/// `gap` dots between dark ones count as dark.
pub(in crate::recognise) fn dark_spots(
    page: &GreyPage,
    factor: u32,
    share: f32,
    gap: usize,
) -> Vec<Spot> {
    let mut far = shrink(View::of(page), factor as usize, page.dpi / factor.max(1));
    let usual = Paper::of(View::of(&far)).usual;
    // One threshold for the page: the inside of a large code must not count as its own paper.
    let limit = f32::from(usual) * share;
    for value in &mut far.samples {
        *value = if f32::from(*value) < limit { 0 } else { 255 };
    }
    let (width, height) = (far.width as usize, far.height as usize);
    for y in 0..height {
        close_gaps(
            &mut far.samples,
            (y * width..(y + 1) * width).step_by(1),
            gap,
        );
    }
    for x in 0..width {
        close_gaps(&mut far.samples, (x..height * width).step_by(width), gap);
    }
    let components = Components::of(View::of(&far), &Paper::of(View::of(&far)));
    let spot = |spot: &super::Component| Spot {
        left: spot.left,
        top: spot.top,
        right: spot.right,
        bottom: spot.bottom,
        dark: spot.area,
    };
    components.list.iter().map(spot).collect()
}

/// Darkens what lies between two dark dots of a line that are at most `gap` dots apart.
fn close_gaps(samples: &mut [u8], line: impl Iterator<Item = usize>, gap: usize) {
    let mut light = Vec::with_capacity(gap + 1);
    let mut is_after_dark = false;
    for place in line {
        if samples.get(place) == Some(&0) {
            if is_after_dark && light.len() <= gap {
                for &between in &light {
                    samples[between] = 0;
                }
            }
            light.clear();
            is_after_dark = true;
        } else if light.len() <= gap {
            light.push(place);
        }
    }
}

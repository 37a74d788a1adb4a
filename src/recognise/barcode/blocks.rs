//! Where on a page a Data Matrix or PDF417 may stand: in what is dark all over when seen from afar.
//!
//! Seen from where a module is no larger than a dot, such a code is one dark block, while lines of text are
//! lighter and flat. The readers of these codes look along the middle of a picture only, or row by row over
//! all of it; given the blocks, they find a code anywhere, and a page without blocks costs nothing.

use crate::recognise::GreyPage;
use crate::recognise::hygiene::dark_spots;

/// Resolution at which modules run together.
const FAR_DPI: u32 = 40;
/// Widest light stretch inside a code: the three modules behind a PDF417's start sign, up to 0.6 mm each.
const GAP_MM: f32 = 1.9;
/// Share of the paper's brightness below which a dot is dark: text covers a quarter of its lines, codes cover half.
const DARK: f32 = 0.72;
/// A Data Matrix of 10 modules is 4 mm wide, a PDF417 at most 9 cm.
const SIDE_MM: std::ops::RangeInclusive<f32> = 3.5..=130.0;
/// A code fills its box, a stamp's ring or a frame does not.
const FULL: f32 = 0.55;
/// Room around a block: quiet zones, and edges that are lighter than half.
const MARGIN_MM: f32 = 2.5;
/// A page has a few blocks; one that has more is a page of pictures.
const BLOCKS_MAX: usize = 12;

/// Part of a page and where it begins.
pub(super) struct Block {
    pub(super) page: GreyPage,
    pub(super) left: u32,
    pub(super) top: u32,
    /// The dark block itself, without margin: left, top, right, bottom on the page it was cut from.
    pub(super) dark: [u32; 4],
}

/// The blocks of a page, the smaller first: codes are smaller than photographs.
pub(super) fn find(page: &GreyPage) -> Vec<Block> {
    let factor = (page.dpi / FAR_DPI).clamp(1, 16);
    let mm = 25.4 * factor as f32 / page.dpi as f32;
    let gap = pixels(GAP_MM, page.dpi) / factor;
    let mut spots = dark_spots(page, factor, DARK, gap as usize);
    spots.retain(|spot| {
        let width = (spot.right - spot.left) as f32;
        let height = (spot.bottom - spot.top) as f32;
        let sized = SIDE_MM.contains(&(width * mm)) && SIDE_MM.contains(&(height * mm));
        sized && spot.dark as f32 >= FULL * width * height
    });
    spots.sort_by_key(|spot| (spot.right - spot.left) * (spot.bottom - spot.top));
    let margin = pixels(MARGIN_MM, page.dpi);
    let blocks = spots.iter().take(BLOCKS_MAX).filter_map(|spot| {
        let dark = [spot.left, spot.top, spot.right, spot.bottom].map(|dots| dots * factor);
        let [left, top] = [dark[0], dark[1]].map(|side| side.saturating_sub(margin));
        let [right, bottom] = [dark[2], dark[3]].map(|side| side + margin);
        Some(Block {
            page: super::cut_out(page, left..right, top..bottom)?,
            left,
            top,
            dark,
        })
    });
    blocks.collect()
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few millimetres"
)]
fn pixels(mm: f32, dpi: u32) -> u32 {
    (mm * dpi as f32 / 25.4).ceil() as u32
}

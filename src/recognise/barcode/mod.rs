//! The codes on a page: QR, Code 128, Data Matrix, PDF417, wherever they stand and however turned.
//!
//! The page is made black and white once (a threshold for every 8 × 8 block), and all readers share
//! that. Where no QR was read, one is looked for in white on black; one that is seen but not read gets
//! another threshold and, on coarse scans, double size. The page itself is never enlarged. Data Matrix and
//! PDF417 are looked for in the dark blocks of a page only, which bounds what they cost.
//!
//! What it does not do: judge what a text means ([`super::citizen_card`], [`super::dossier`]). It only
//! refuses texts that no code on a paper has, and a Code 128, whose one check digit is weak, counts
//! only when two scan lines agree.

mod blocks;
mod code128;
mod qr;
mod quiet;

use std::fmt;
use std::ops::Range;

use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::multi::MultipleBarcodeReader;
use rxing::pdf417::PDF417Reader;
use rxing::{BinaryBitmap, DecodeHints, Luma8Source, RXingResult, Reader};

use super::{BoundingBox, GreyPage};
use serde::{Deserialize, Serialize};

/// Sides of a page that can be read, in pixels: below it no code fits, above it no scanner goes.
const SIDE: std::ops::RangeInclusive<u32> = 16..=32_768;
/// Largest page, pixels: A3 at 600 dpi has 70 million.
const PIXELS_MAX: usize = 160_000_000;
/// Longest text that any of these codes can hold: a QR of version 40, digits only.
const TEXT_BYTES_MAX: usize = 7089;
/// Pictures up to this size get every look: it costs them next to nothing.
const SMALL_PIXELS_MAX: usize = 1_500_000;

/// What sort of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeKind {
    /// ISO/IEC 18004.
    Qr,
    /// ISO/IEC 15417.
    Code128,
    /// ISO/IEC 16022.
    DataMatrix,
    /// ISO/IEC 15438.
    Pdf417,
}

/// One code. `Debug` does not show its text, which may be a citizen's card.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// What sort.
    pub kind: CodeKind,
    /// What it says; never empty.
    pub text: String,
    /// Where: the corners of a QR in its reading direction, an upright box round any other (of a Code
    /// 128 from the middle of its start sign to the middle of its stop sign).
    pub place: BoundingBox,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("kind", &self.kind)
            .field("chars", &self.text.chars().count())
            .field("place", &self.place)
            .finish()
    }
}

/// All codes of a page, QR first. A page that is no picture (sides that do not fit its samples) has
/// none. Of Code 128 one a scan line is given, of Data Matrix one a block; the others may be many.
#[must_use]
pub fn find(page: &GreyPage) -> Vec<Code> {
    let Some(mut bitmap) = bitmap(page) else {
        return Vec::new();
    };
    let mut codes = guarded(|| qr::find(page, bitmap.get_black_matrix()));
    codes.extend(guarded(|| {
        code128::find(bitmap.get_black_matrix(), page.dpi)
    }));
    if page.samples.len() <= SMALL_PIXELS_MAX {
        codes.extend(stacked_and_matrix(&mut bitmap));
    } else {
        codes.extend(blocks::find(page).iter().flat_map(in_block));
    }
    codes.retain(|code| is_sane(&code.text));
    codes
}

/// Data Matrix and PDF417 of a block, placed on its page.
fn in_block(block: &blocks::Block) -> Vec<Code> {
    let mut codes = bitmap(&block.page).map_or_else(Vec::new, |mut it| stacked_and_matrix(&mut it));
    let [left, top, right, bottom] = block.dark.map(exact);
    for code in &mut codes {
        // The PDF417 reader turns its picture and says where the code is on the turned one.
        code.place = if code.kind == CodeKind::Pdf417 {
            upright_box(&[[left, top], [right, bottom]])
        } else {
            let (left, top) = (exact(block.left), exact(block.top));
            let corners = code.place.corners.map(|[x, y]| [x + left, y + top]);
            BoundingBox { corners }
        };
    }
    codes
}

fn stacked_and_matrix(bitmap: &mut Bitmap<'_>) -> Vec<Code> {
    let hints = DecodeHints::default();
    let mut codes = guarded(|| {
        let read = DataMatrixReader.decode_with_hints(bitmap, &hints);
        read.iter()
            .map(|r| boxed(CodeKind::DataMatrix, r))
            .collect()
    });
    if codes.is_empty() {
        codes = guarded(|| {
            let read = PDF417Reader::new().decode_multiple_with_hints(bitmap, &hints);
            let read = read.unwrap_or_default();
            read.iter().map(|r| boxed(CodeKind::Pdf417, r)).collect()
        });
    }
    codes
}

type Bitmap<'a> = BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>;

fn bitmap(page: &GreyPage) -> Option<Bitmap<'_>> {
    let fits = SIDE.contains(&page.width)
        && SIDE.contains(&page.height)
        && page.samples.len() <= PIXELS_MAX;
    let source = Luma8Source::new_with_slice(&page.samples, page.width, page.height);
    let source = source.ok().filter(|_| fits)?;
    Some(BinaryBitmap::new(HybridBinarizer::new(source)))
}

/// The readers index and assert on what they see; a page that trips one costs that reader's codes,
/// not the page.
fn guarded(read: impl FnOnce() -> Vec<Code>) -> Vec<Code> {
    quiet::caught(read).unwrap_or_default()
}

/// Part of a page, as much of it as there is; `None` if there is nothing.
fn cut_out(page: &GreyPage, columns: Range<u32>, rows: Range<u32>) -> Option<GreyPage> {
    let (right, bottom) = (columns.end.min(page.width), rows.end.min(page.height));
    let (width, height) = (
        right
            .checked_sub(columns.start)
            .filter(|width| *width > 0)?,
        bottom
            .checked_sub(rows.start)
            .filter(|height| *height > 0)?,
    );
    let index = |number: u32| usize::try_from(number).ok();
    let mut samples = Vec::with_capacity(index(width)? * index(height)?);
    let lines = page.samples.chunks_exact(index(page.width)?);
    for line in lines.take(index(bottom)?).skip(index(rows.start)?) {
        samples.extend_from_slice(line.get(index(columns.start)?..index(right)?)?);
    }
    Some(GreyPage {
        width,
        height,
        dpi: page.dpi,
        samples,
    })
}

/// Pages have fewer pixels a side than a `u16` counts.
fn exact(pixel: u32) -> f32 {
    u16::try_from(pixel).map_or(f32::MAX, f32::from)
}

fn boxed(kind: CodeKind, result: &RXingResult) -> Code {
    let points: Vec<_> = result.getPoints().iter().map(|p| [p.x, p.y]).collect();
    Code {
        kind,
        text: result.getText().to_owned(),
        place: upright_box(&points),
    }
}

/// The smallest upright box round some points.
fn upright_box(points: &[[f32; 2]]) -> BoundingBox {
    let side = |pick: fn(f32, f32) -> f32, of: fn(&[f32; 2]) -> f32| {
        points.iter().map(of).reduce(pick).unwrap_or_default()
    };
    let (left, right) = (side(f32::min, |p| p[0]), side(f32::max, |p| p[0]));
    let (top, bottom) = (side(f32::min, |p| p[1]), side(f32::max, |p| p[1]));
    BoundingBox {
        corners: [[left, bottom], [right, bottom], [right, top], [left, top]],
    }
}

/// Text with something in it and nothing that a failed decoding leaves.
fn is_sane(text: &str) -> bool {
    let damaged = text.contains(['\0', '\u{fffd}']);
    !damaged && !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX
}

#[cfg(test)]
mod tests;

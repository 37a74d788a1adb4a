//! QR: finder patterns, sets of three, symbol; where nothing was read, a second look.
//!
//! The steps are those of the library's own reader, taken singly so that what is seen but not read is
//! known, and so that a page full of finder patterns takes bounded time.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use rxing::common::{BitMatrix, DetectorRXingResult, GlobalHistogramBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{
    FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleQR,
};
use rxing::{BinaryBitmap, Luma8Source, Point};

use super::{BoundingBox, Code, CodeKind, SMALL_PIXELS_MAX, bitmap, exact};
use crate::recognise::GreyPage;

/// Finder patterns looked at; sets of three are cubic in them. Twenty codes have sixty.
const PATTERNS_MAX: usize = 120;
/// Symbols tried again at double size on one page.
const RETRIES_MAX: usize = 4;
/// Scans coarser than this are worth a second look; 12.5 mm cards have 2 pixels a module at 200 dpi.
const COARSE_DPI: u32 = 250;
/// Largest symbol that is tried again: larger ones have pixels enough.
const RETRY_SIDE_MM_MAX: u32 = 45;

pub(super) fn find(page: &GreyPage, matrix: &BitMatrix) -> Vec<Code> {
    let (mut codes, unread) = look(matrix);
    if codes.is_empty() {
        let worth_it = !unread.is_empty() || page.samples.len() <= SMALL_PIXELS_MAX;
        codes = look_otherwise(page, matrix, worth_it);
    }
    if codes.is_empty() && page.dpi < COARSE_DPI {
        codes.extend(
            unread
                .iter()
                .take(RETRIES_MAX)
                .filter_map(|set| look_closer(page, set)),
        );
    }
    codes
}

/// White on black; and, where something was seen or the picture is small, with one threshold for the whole page, which soft or
/// unevenly inked symbols survive better.
fn look_otherwise(page: &GreyPage, matrix: &BitMatrix, worth_it: bool) -> Vec<Code> {
    let mut inverted = matrix.clone();
    inverted.flip_self();
    let (codes, _) = look(&inverted);
    if !codes.is_empty() || !worth_it {
        return codes;
    }
    let Ok(source) = Luma8Source::new_with_slice(&page.samples, page.width, page.height) else {
        return Vec::new();
    };
    look(BinaryBitmap::new(GlobalHistogramBinarizer::new(source)).get_black_matrix()).0
}

/// The symbols that can be read, and the sets of patterns that belong to none of them.
fn look(matrix: &BitMatrix) -> (Vec<Code>, Vec<FinderPatternSet>) {
    let mut patterns = FindFinderPatterns(matrix, true, 0);
    patterns.truncate(PATTERNS_MAX);
    let mut codes = Vec::new();
    let mut used = Vec::new();
    let mut unread = Vec::new();
    for set in GenerateFinderPatternSets(&mut patterns) {
        if [set.bl, set.tl, set.tr].iter().any(|p| used.contains(p)) {
            continue;
        }
        match read(matrix, &set) {
            Some(code) => {
                used.extend([set.bl, set.tl, set.tr]);
                codes.push(code);
            }
            None => unread.push(set),
        }
    }
    unread.retain(|set| ![set.bl, set.tl, set.tr].iter().any(|p| used.contains(p)));
    (codes, unread)
}

fn read(matrix: &BitMatrix, set: &FinderPatternSet) -> Option<Code> {
    let symbol = SampleQR(matrix, set).ok()?;
    let decoded = Decode(symbol.getBits()).ok()?;
    let corners = corners(symbol.getPoints(), set)?;
    decoded.isValid().then(|| Code {
        kind: CodeKind::Qr,
        text: decoded.text(),
        place: BoundingBox { corners },
    })
}

/// Base line start and end, top end and start. The library gives four points in one order or another;
/// three corners lie beside the finder patterns, the fourth is left over.
fn corners(points: &[Point], set: &FinderPatternSet) -> Option<[[f32; 2]; 4]> {
    let mut left: Vec<Point> = points.to_vec();
    let mut nearest = |pattern: Point| {
        let away = |point: &Point| (point.x - pattern.x).hypot(point.y - pattern.y);
        let place = (0..left.len()).min_by(|a, b| away(&left[*a]).total_cmp(&away(&left[*b])))?;
        let point = left.swap_remove(place);
        Some([point.x, point.y])
    };
    let bottom_left = nearest(set.bl.p)?;
    let top_left = nearest(set.tl.p)?;
    let top_right = nearest(set.tr.p)?;
    let &[bottom_right] = left.as_slice() else {
        return None;
    };
    Some([
        bottom_left,
        [bottom_right.x, bottom_right.y],
        top_right,
        top_left,
    ])
}

/// Cuts the symbol out with a margin, doubles it and reads it there.
fn look_closer(page: &GreyPage, set: &FinderPatternSet) -> Option<Code> {
    let (cut, left, top) = cut_out(page, set)?;
    let doubled = doubled(&cut)?;
    let (codes, _) = look(bitmap(&doubled)?.get_black_matrix());
    let mut code = codes.into_iter().next()?;
    for corner in &mut code.place.corners {
        *corner = [corner[0] / 2.0 + left, corner[1] / 2.0 + top];
    }
    Some(code)
}

/// The symbol of a set with a margin, and where its first pixel lies on the page.
fn cut_out(page: &GreyPage, set: &FinderPatternSet) -> Option<(GreyPage, f32, f32)> {
    let fourth = set.tr.p + set.bl.p - set.tl.p;
    let points = [set.tl.p, set.tr.p, set.bl.p, fourth];
    let margin = 2 * set.tl.size.max(set.tr.size).max(set.bl.size).clamp(4, 1000);
    let range = |at: [f32; 4]| -> Option<std::ops::Range<u32>> {
        let low = at.into_iter().fold(f32::MAX, f32::min);
        let high = at.into_iter().fold(f32::MIN, f32::max);
        let low = (pixel(low)? - i64::from(margin)).max(0);
        let high = (pixel(high)? + i64::from(margin)).max(0);
        let range = u32::try_from(low).ok()?..u32::try_from(high).ok()?;
        let small = range.len() <= RETRY_SIDE_MM_MAX as usize * page.dpi as usize * 10 / 254;
        small.then_some(range)
    };
    let (columns, rows) = (range(points.map(|p| p.x))?, range(points.map(|p| p.y))?);
    let (left, top) = (exact(columns.start), exact(rows.start));
    Some((super::cut_out(page, columns, rows)?, left, top))
}

/// A place on the page as a whole pixel; `None` far outside any page.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
fn pixel(at: f32) -> Option<i64> {
    (at.abs() < 1e6).then_some(at as i64)
}

fn doubled(page: &GreyPage) -> Option<GreyPage> {
    let (width, height) = (page.width * 2, page.height * 2);
    let source = ImageRef::new(page.width, page.height, &page.samples, PixelType::U8).ok()?;
    let mut target = Image::new(width, height, PixelType::U8);
    let cubic = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&source, &mut target, &cubic).ok()?;
    Some(GreyPage {
        width,
        height,
        dpi: page.dpi * 2,
        samples: target.into_vec(),
    })
}

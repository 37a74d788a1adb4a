//! What a reader sees of a signature: a few facts in plain text in the margins of page 1. The agency's stands at
//! the top right (NĐ 30/2020, Phụ lục I, Phần II.I.3; TT 05/2025/TT-BNV, Điều 8); other signers have corners of
//! their own, so that no text covers another or the heading of the letter below it.
//!
//! No image, upright Times metrics, 10 points, black. Smaller only where a page has no room for 10.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::SignError;
use super::append::Increment;
use super::fields::Shown;
use super::font;
use super::page::{self, Page, View};
pub use crate::config::signing::Place;
use crate::record::CopyForm;
use crate::typeface::{Subset, Typeface};

/// The size that the decree asks for, points.
const LEGAL_SIZE: f64 = 10.0;
/// Distance of base lines, times the size.
const LEADING: f64 = 1.15;
/// Distance to a signature above, points.
const GAP: f64 = 3.0;
/// Where the heading of an official letter begins, points from the page's top: the margin of 20 mm (NĐ 30/2020, Phụ lục I).
pub(super) const HEADING: f64 = 56.7;
/// Nearest to the top that a long text is moved to stay off the heading, points; printers reach so far.
const NEAREST: f64 = 6.0;
/// White around the text, points: keeps overhanging letters inside the box.
const PADDING: f64 = 1.0;

/// The facts shown, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance<'a> {
    /// Each starts on a line of its own.
    pub facts: Vec<Cow<'a, str>>,
    /// Whether the claimed time of the signature follows them; else they tell it themselves.
    pub time_follows: bool,
    /// The corner.
    pub place: Place,
}

impl<'a> Appearance<'a> {
    /// The agency's on a copy: form of the copy, name of the agency.
    #[must_use]
    pub fn of_copy(copy_form: CopyForm, agency: &'a str) -> Self {
        Self {
            facts: vec![copy_form.label().into(), agency.into()],
            time_follows: true,
            place: Place::TopRight,
        }
    }

    /// These lines and nothing else.
    #[must_use]
    pub fn of_lines(lines: Vec<String>, place: Place) -> Self {
        Self {
            facts: lines.into_iter().map(Cow::Owned).collect(),
            time_follows: false,
            place,
        }
    }

    /// A person's: the name, and in what capacity.
    #[must_use]
    pub fn of_person(name: &'a str, capacity: &'a str, place: Place) -> Self {
        Self {
            facts: vec![name.into(), capacity.into()],
            time_follows: true,
            place,
        }
    }
}

/// Text set in lines, sizes in points.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    size: f64,
    lines: Vec<String>,
    width: f64,
    height: f64,
}

/// Draws the appearance and says where it stands.
pub(super) fn draw(
    increment: &mut Increment<'_>,
    appearance: &Appearance<'_>,
    time: &str,
    page: &Page,
) -> Result<Shown, SignError> {
    let typeface = Typeface::liberation_serif()?;
    let view = &page.view;
    let block = set_on(view, &typeface, appearance, time)?;

    let subset = Subset::of(&typeface, block.lines.iter().map(String::as_str))?;
    let font = font::embed(&subset, increment)?;
    let content = content(&typeface, &subset, &block, appearance.place)?;
    let taken = page::visible_signatures(increment, page)?;
    let (turn, rectangle) = place(view, &block, appearance.place, &taken);
    let [a, b, c, d] = turn;
    let mut form = format!(
        "<</Type/XObject/Subtype/Form/BBox[0 0 {:.3} {:.3}]/Matrix[{a} {b} {c} {d} 0 0]\
         /Resources<</Font<</F1 {font}>>\
         /ColorSpace<</DefaultGray[/CalGray<</WhitePoint[.9505 1 1.089]/Gamma 2.2>>]>>>>\
         /Length {}>>\nstream\n",
        block.width,
        block.height,
        content.len()
    );
    form.push_str(&content);
    form.push_str("\nendstream");
    Ok(Shown {
        appearance: increment.add(form.into_bytes()),
        rectangle,
    })
}

/// The text in lines, as it fits a page.
pub(super) fn set_on(
    view: &View,
    typeface: &Typeface<'_>,
    appearance: &Appearance<'_>,
    time: &str,
) -> Result<Block, SignError> {
    let time = appearance.time_follows.then_some(time);
    let facts = appearance.facts.iter().map(Cow::as_ref).chain(time);
    let facts: Vec<String> = facts.map(one_line).collect();
    let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
    let (width, height) = view.displayed_size();
    set(typeface, &facts, width * view.unit, height * view.unit)
}

/// Composed letters, single spaces.
fn one_line(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Distance of the block from the page's edges, points: inside the margin of official letters.
fn margin(page_width: f64, page_height: f64) -> f64 {
    (page_width.min(page_height) * 0.03).min(17.0)
}

/// Sets the facts at the legal size, or at the largest smaller one that leaves the page readable.
fn set(
    typeface: &Typeface<'_>,
    facts: &[&str],
    page_width: f64,
    page_height: f64,
) -> Result<Block, SignError> {
    let margin = margin(page_width, page_height);
    let widest = (page_width * 0.45).max((page_width - 2.0 * margin).min(200.0));
    let highest = (page_height / 3.0).min(page_height - 2.0 * margin);
    let mut size = LEGAL_SIZE;
    loop {
        let block = block(typeface, facts, size, widest)?;
        if size <= 1.0 || (block.width <= widest && block.height <= highest) {
            return Ok(block);
        }
        size -= 0.5;
    }
}

fn block(
    typeface: &Typeface<'_>,
    facts: &[&str],
    size: f64,
    widest: f64,
) -> Result<Block, SignError> {
    let room = (widest - 2.0 * PADDING) * 1000.0 / size;
    let mut lines = Vec::new();
    for fact in facts {
        lines.extend(typeface.wrap(fact, room)?);
    }
    let mut longest: f64 = 0.0;
    for line in &lines {
        longest = longest.max(typeface.width(line)?);
    }
    let baselines = lines.iter().skip(1).map(|_| LEADING * 1000.0).sum::<f64>();
    let measures = typeface.measures();
    let height = baselines + measures.ascent - measures.descent;
    Ok(Block {
        size,
        width: longest * size / 1000.0 + 2.0 * PADDING,
        height: height * size / 1000.0 + 2.0 * PADDING,
        lines,
    })
}

fn content(
    typeface: &Typeface<'_>,
    subset: &Subset<'_>,
    block: &Block,
    place: Place,
) -> Result<String, SignError> {
    let mut content = format!("q 0 g BT /F1 {} Tf\n", block.size);
    let mut baseline = block.height - PADDING - typeface.measures().ascent * block.size / 1000.0;
    for line in &block.lines {
        let left = match place {
            Place::TopLeft => PADDING,
            Place::TopRight | Place::BottomRight => {
                block.width - PADDING - typeface.width(line)? * block.size / 1000.0
            }
        };
        let codes = font::encode(subset, line);
        content.push_str(&format!("1 0 0 1 {left:.3} {baseline:.3} Tm {codes} Tj\n"));
        baseline -= LEADING * block.size;
    }
    content.push_str("ET Q");
    Ok(content)
}

/// The turn that makes the text upright on the displayed page, and the rectangle in its corner, beyond the
/// signatures in `taken`.
///
/// A viewer turns the page clockwise, so the form is turned the other way; a viewer then fits the turned
/// box into the rectangle (ISO 32000-1, 12.5.5, algorithm 8.1).
pub(super) fn place(
    view: &View,
    block: &Block,
    corner: Place,
    taken: &[[f64; 4]],
) -> ([i8; 4], [f64; 4]) {
    let (page_width, page_height) = view.displayed_size();
    let margin = margin(page_width * view.unit, page_height * view.unit) / view.unit;
    let (width, height) = (block.width / view.unit, block.height / view.unit);
    let left = match corner {
        Place::TopLeft => margin,
        Place::TopRight | Place::BottomRight => page_width - margin - width,
    };
    let at = |bottom: f64| [left, bottom, left + width, bottom + height];
    let top = (HEADING - block.height).max(NEAREST) / view.unit;
    let outermost = match corner {
        Place::TopLeft | Place::TopRight => page_height - margin.min(top) - height,
        Place::BottomRight => margin,
    };

    let taken: Vec<[f64; 4]> = taken.iter().map(|place| view.to_display(*place)).collect();
    let gap = GAP / view.unit;
    let mut bottom = outermost;
    // Each step goes beyond at least one of them for good.
    for _ in 0..taken.len() {
        if let Some(before) = taken.iter().find(|place| overlap(at(bottom), **place)) {
            bottom = match corner {
                Place::TopLeft | Place::TopRight => before[1] - gap - height,
                Place::BottomRight => before[3] + gap,
            };
        }
    }
    // A page full of signatures: better on top of one than over the text in the middle.
    let middle = page_height / 2.0;
    let crowded = match corner {
        Place::TopLeft | Place::TopRight => bottom < middle,
        Place::BottomRight => bottom + height > middle,
    };
    let bottom = if crowded { outermost } else { bottom };
    let turn = match view.rotation {
        90 => [0, 1, -1, 0],
        180 => [-1, 0, 0, -1],
        270 => [0, -1, 1, 0],
        _ => [1, 0, 0, 1],
    };
    (turn, view.to_page(at(bottom)))
}

pub(super) fn overlap(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: [&str; 3] = [
        "SAO Y",
        "Ủy ban nhân dân xã Thanh Quang",
        "2026-11-23T08:15:30+07:00",
    ];

    fn set_on(width: f64, height: f64, facts: &[&str]) -> Block {
        let typeface = Typeface::liberation_serif().expect("font");
        set(&typeface, facts, width, height).expect("set")
    }

    #[test]
    fn an_a4_page_has_ten_points_in_three_lines() {
        let block = set_on(595.0, 842.0, &FACTS);
        assert_eq!(block.size, LEGAL_SIZE);
        assert_eq!(block.lines, FACTS);
        assert!(
            block.height < 50.0,
            "within the top margin: {}",
            block.height
        );
    }

    #[test]
    fn a_long_agency_takes_several_lines() {
        let agency = "Trung tâm Phục vụ hành chính công xã Thanh Quang, tỉnh Thanh Quang, \
                      nước Cộng hòa xã hội chủ nghĩa Việt Nam";
        let block = set_on(595.0, 842.0, &["SAO Y", agency, FACTS[2]]);
        assert_eq!(block.size, LEGAL_SIZE);
        assert!(block.lines.len() > 3);
        assert_eq!(block.lines[1..block.lines.len() - 1].join(" "), agency);
        assert!(block.width <= 595.0 * 0.45);
    }

    #[test]
    fn small_pages_shrink_the_text_and_hold_it() {
        for (width, height) in [(243.0, 153.0), (153.0, 243.0), (100.0, 60.0), (40.0, 40.0)] {
            let block = set_on(width, height, &FACTS);
            assert!(
                block.width <= width && block.height <= height / 2.0,
                "{block:?}"
            );
        }
        assert_eq!(
            set_on(243.0, 153.0, &FACTS).size,
            LEGAL_SIZE,
            "an ID card has room"
        );
    }

    #[test]
    fn every_turn_ends_at_the_displayed_top_right() {
        let block = Block {
            size: 10.0,
            lines: Vec::new(),
            width: 120.0,
            height: 39.0,
        };
        for rotation in [0, 90, 180, 270] {
            for unit in [1.0, 2.0] {
                let view = View {
                    area: [10.0, 20.0, 610.0, 820.0],
                    rotation,
                    unit,
                };
                let (_, rectangle) = place(&view, &block, Place::TopRight, &[]);
                let shown = view.to_display(rectangle).map(|number| number * unit);
                let (width, height) = view.displayed_size();
                let (right, top) = (width * unit - 17.0, height * unit - 17.0);
                let expected = [right - 120.0, top - 39.0, right, top];
                let near = shown
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| (a - b).abs() < 1e-6);
                assert!(near, "{rotation}: {shown:?}, not {expected:?}");

                let (_, below) = place(&view, &block, Place::TopRight, &[rectangle]);
                let below = view.to_display(below).map(|number| number * unit);
                assert!(
                    (below[3] - (shown[1] - GAP)).abs() < 1e-6,
                    "{rotation}: {below:?}"
                );
                assert!((below[2] - right).abs() < 1e-6, "{rotation}: {below:?}");
            }
        }
    }

    #[test]
    fn four_lines_still_stand_above_the_heading() {
        let agency = "Trung tâm Phục vụ hành chính công xã Nguyễn Bỉnh Khiêm, tỉnh Thanh Quang";
        let block = set_on(595.0, 842.0, &["SAO Y", agency, FACTS[2]]);
        assert_eq!((block.lines.len(), block.size), (4, LEGAL_SIZE));
        let view = View {
            area: [0.0, 0.0, 595.0, 842.0],
            rotation: 0,
            unit: 1.0,
        };
        let (_, [_, bottom, _, top]) = place(&view, &block, Place::TopRight, &[]);
        assert!(
            bottom >= 842.0 - HEADING - 1e-6 && top < 842.0,
            "{bottom} {top}"
        );
    }

    #[test]
    fn a_crowded_margin_is_not_left_for_the_text() {
        let block = Block {
            size: 10.0,
            lines: Vec::new(),
            width: 120.0,
            height: 40.0,
        };
        let view = View {
            area: [0.0, 0.0, 600.0, 800.0],
            rotation: 0,
            unit: 1.0,
        };
        let crowd = [[300.0, 380.0, 600.0, 800.0]];
        let at = |taken: &[[f64; 4]]| place(&view, &block, Place::TopRight, taken);
        assert_eq!(at(&crowd), at(&[]));
    }

    #[test]
    fn three_signers_stand_apart_in_any_order_and_turn() {
        let corners = [Place::TopRight, Place::TopLeft, Place::BottomRight];
        let orders = [
            [0, 1, 2],
            [1, 2, 0],
            [2, 1, 0],
            [0, 0, 0],
            [2, 2, 2],
            [1, 1, 0],
        ];
        // A4, and an identity card, where the top has room for one.
        for (width, height, text) in [(595.0, 842.0, 260.0), (243.0, 153.0, 150.0)] {
            for (rotation, order) in [0, 90, 180, 270].into_iter().zip(orders.iter().cycle()) {
                let view = View {
                    area: [0.0, 0.0, width, height],
                    rotation,
                    unit: 1.0,
                };
                let block = Block {
                    size: 10.0,
                    lines: Vec::new(),
                    width: text,
                    height: 22.0,
                };
                let mut taken: Vec<[f64; 4]> = Vec::new();
                for &number in order {
                    let (_, rectangle) = place(&view, &block, corners[number], &taken);
                    let free = taken.iter().all(|other| !overlap(rectangle, *other));
                    assert!(free, "{rotation} {order:?}: {rectangle:?} in {taken:?}");
                    taken.push(rectangle);
                }
            }
        }
    }
}

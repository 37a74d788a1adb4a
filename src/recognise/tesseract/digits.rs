//! Long numbers are read a second time, with another model.
//!
//! The small Vietnamese model takes a leading 0 for a 6 or a 9 in some typewriter faces; the English
//! one does not. Where both agree the number was right in every sample; where they do not, the
//! English reading of the digits stands and the word says so.

use crate::recognise::GreyPage;

/// A number that is worth a second look; citizen IDs have 12 digits, old ones 9.
const DIGITS_MIN: usize = 8;
/// White around the cut-out, pixels: the engine is lost on ink that touches the edge.
const MARGIN: u32 = 12;

/// The longest run of digits of a word, if it is long enough.
fn number(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit())
        .max_by_key(|run| run.len())
        .filter(|run| run.len() >= DIGITS_MIN)
}

/// Whether a word holds a number that should be read twice.
pub(super) fn is_long_number(text: &str) -> bool {
    number(text).is_some()
}

/// The word after its second reading, and whether both readings agree. Only the digits are taken
/// from the second one: its model does not know Vietnamese letters.
pub(super) fn settle(first: &str, second: &str) -> (String, bool) {
    match (number(first), number(second)) {
        (Some(one), Some(other)) if one == other => (first.to_owned(), true),
        (Some(one), Some(other)) if one.len() == other.len() => {
            (first.replacen(one, other, 1), false)
        }
        _ => (first.to_owned(), false),
    }
}

/// The picture of a word with white around it; `None` if the box lies outside the page.
pub(super) fn cut_out(page: &GreyPage, ink: [i32; 4]) -> Option<GreyPage> {
    let [left, top, right, bottom] = ink.map(|side| u32::try_from(side.max(0)).unwrap_or(0));
    // A pixel more on each side: the box was made on the black-and-white copy.
    let (left, top) = (left.saturating_sub(1), top.saturating_sub(1));
    let right = right.saturating_add(1).min(page.width);
    let bottom = bottom.saturating_add(1).min(page.height);
    let width = right.checked_sub(left).filter(|width| *width > 0)?;
    let height = bottom.checked_sub(top).filter(|height| *height > 0)?;
    let (outer_width, outer_height) = (width + 2 * MARGIN, height + 2 * MARGIN);
    let index = |number: u32| usize::try_from(number).ok();
    let outer = index(outer_width)?;
    let mut samples = vec![u8::MAX; outer.checked_mul(index(outer_height)?)?];
    let rows = samples
        .chunks_exact_mut(outer)
        .skip(index(MARGIN)?)
        .take(index(height)?);
    let inside = index(MARGIN)?..index(MARGIN + width)?;
    let from = index(left)?..index(right)?;
    let scan = page.samples.chunks_exact(index(page.width)?);
    for (row, source) in rows.zip(scan.skip(index(top)?)) {
        row.get_mut(inside.clone())?
            .copy_from_slice(source.get(from.clone())?);
    }
    Some(GreyPage {
        width: outer_width,
        height: outer_height,
        dpi: page.dpi,
        samples,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_reading_gives_its_digits_only() {
        assert_eq!(
            settle("Số:679203000001.", "S6:079203000001,"),
            ("Số:079203000001.".to_owned(), false)
        );
        assert_eq!(
            settle("079203000001", "079203000001"),
            ("079203000001".to_owned(), true)
        );
        assert_eq!(
            settle("079203000001", "0792O3000001"),
            ("079203000001".to_owned(), false)
        );
    }

    #[test]
    fn only_long_numbers_are_read_twice() {
        assert!(is_long_number("(012345678)"));
        assert!(!is_long_number("19/05/2026"));
        assert!(!is_long_number("đồng"));
    }

    #[test]
    fn a_cut_out_is_the_word_in_white() {
        let page = GreyPage {
            width: 10,
            height: 8,
            dpi: 300,
            samples: (0..80).collect(),
        };
        let cut = cut_out(&page, [3, 3, 6, 5]).expect("inside");
        assert_eq!((cut.width, cut.height), (5 + 24, 4 + 24));
        let first_row: Vec<u8> = cut.samples[12 * 29..13 * 29].to_vec();
        assert_eq!(first_row[12..17], [22, 23, 24, 25, 26]);
        assert_eq!((first_row[11], first_row[17]), (255, 255));
        assert_eq!(cut_out(&page, [40, 3, 60, 5]), None);
        assert_eq!(cut_out(&page, [3, 9, 6, 12]), None);
        assert!(cut_out(&page, [-5, -5, 100, 100]).is_some());
    }
}

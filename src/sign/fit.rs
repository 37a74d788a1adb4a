//! Whether visible signatures fit a letter, before anything is signed: the texts are set and placed as
//! [`super::appearance`] would, on an empty A4 page, one after another.
//!
//! Pages of other sizes, and what stands on a page already, show when it is signed.

use super::SignError;
use super::appearance::{self, Appearance, HEADING};
use super::page::View;
use crate::typeface::Typeface;

/// A4, points.
const LETTER: View = View {
    area: [0.0, 0.0, 595.0, 842.0],
    rotation: 0,
    unit: 1.0,
};

/// How the text of a signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// In the margin, by itself.
    Free,
    /// It reaches out of the margin of 20 mm, where the letter may have text (NĐ 30/2020, Phụ lục I).
    OutOfMargin,
    /// It stands on top of an earlier one: the margin has no room left.
    OnAnother,
}

/// How each of these texts stands on a letter that is signed with them in this order, at a time written like this one.
///
/// # Errors
/// [`SignError`]: a letter that the embedded typeface does not have.
pub fn fit_letter(texts: &[Appearance<'_>], time: &str) -> Result<Vec<Fit>, SignError> {
    let typeface = Typeface::liberation_serif()?;
    let mut taken = Vec::new();
    let mut fits = Vec::new();
    for text in texts {
        let block = appearance::set_on(&LETTER, &typeface, text, time)?;
        let (_, place) = appearance::place(&LETTER, &block, text.place, &taken);
        let [_, bottom, _, top] = place;
        let in_margin = bottom >= LETTER.area[3] - HEADING - 1e-6 || top <= HEADING + 1e-6;
        fits.push(
            if taken.iter().any(|other| appearance::overlap(place, *other)) {
                Fit::OnAnother
            } else if in_margin {
                Fit::Free
            } else {
                Fit::OutOfMargin
            },
        );
        taken.push(place);
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::Place;

    const TIME: &str = "2026-11-23T08:15:30+07:00";

    fn fits(texts: &[(Place, usize)]) -> Vec<Fit> {
        let line = "Ủy ban nhân dân xã Thanh Quang".to_owned();
        let texts = texts
            .iter()
            .map(|(place, lines)| Appearance::of_lines(vec![line.clone(); *lines], *place));
        fit_letter(&texts.collect::<Vec<_>>(), TIME).expect("set")
    }

    #[test]
    fn three_corners_hold_three_lines_each() {
        let corners = [Place::TopLeft, Place::BottomRight, Place::TopRight];
        assert_eq!(fits(&corners.map(|corner| (corner, 3))), [Fit::Free; 3]);
    }

    #[test]
    fn a_second_in_a_corner_and_a_long_text_leave_the_margin() {
        use Place::{BottomRight, TopLeft, TopRight};
        assert_eq!(
            fits(&[(TopRight, 3), (TopRight, 3)]),
            [Fit::Free, Fit::OutOfMargin]
        );
        assert_eq!(fits(&[(TopLeft, 6)]), [Fit::OutOfMargin]);
        assert_eq!(fits(&[(BottomRight, 2), (BottomRight, 2)])[0], Fit::Free);
    }

    #[test]
    fn a_corner_that_is_full_is_said_to_be() {
        let many = fits(&[(Place::TopRight, 6); 8]);
        assert_eq!(many.last(), Some(&Fit::OnAnother), "{many:?}");
    }
}

//! What remains of the doubts about a picture once a second program has drawn the page, too.

use super::compare::compare;
use super::picture::Picture;
use crate::record::RenderDoubt;

/// The doubts for a person to decide.
///
/// Without a second picture all doubts stand. With one that shows the same everywhere, doubts about what
/// a broken or odd file means are settled: two programs read it alike. Letters of fonts that are not
/// embedded are never settled so, for both programs may lack the same letters. Where the pictures
/// differ that is a doubt of its own.
#[must_use]
pub fn settle(
    doubts: Vec<RenderDoubt>,
    ours: &Picture,
    theirs: Option<&Picture>,
) -> Vec<RenderDoubt> {
    let Some(theirs) = theirs else {
        return doubts;
    };
    let verdict = compare(ours, theirs);
    let mut left = doubts;
    if verdict.confirms() {
        left.retain(|doubt| matches!(doubt, RenderDoubt::LettersWithoutFont { .. }));
    } else if verdict.differs() {
        left.push(RenderDoubt::RenderersDiffer { mean: verdict.mean });
    }
    left
}

#[cfg(test)]
mod tests {
    use super::super::picture::Samples;
    use super::*;

    /// An A4 page at so many dots an inch with lines of “words”, one of them left out.
    fn page(dpi: u32, without: Option<u32>) -> Picture {
        let (width, height) = (dpi * 827 / 100, dpi * 1169 / 100);
        let mut levels = vec![255_u8; width as usize * height as usize];
        for word in 0..200_u32 {
            if Some(word) == without {
                continue;
            }
            let (left, top) = (60 + word % 8 * 90, 80 + word / 8 * 40);
            for y in top..top + 16 {
                for x in (left..left + 60).filter(|x| (x - left) % 8 < 3) {
                    let (from_x, from_y) = (x * dpi / 100, y * dpi / 100);
                    let (to_x, to_y) = ((x + 1) * dpi / 100, (y + 1) * dpi / 100);
                    for row in from_y..to_y {
                        for place in from_x..to_x {
                            levels[row as usize * width as usize + place as usize] = 0;
                        }
                    }
                }
            }
        }
        Picture {
            width,
            height,
            samples: Samples::Grey(levels),
        }
    }

    fn doubts() -> Vec<RenderDoubt> {
        vec![
            RenderDoubt::GlyphsMissing { count: 1 },
            RenderDoubt::PartNotDrawn {
                what: "a form without its box".to_owned(),
            },
        ]
    }

    #[test]
    fn without_a_second_picture_doubts_stand() {
        assert_eq!(settle(doubts(), &page(300, None), None), doubts());
        assert_eq!(settle(Vec::new(), &page(300, None), None), []);
    }

    #[test]
    fn agreement_settles_what_the_file_leaves_open_but_not_missing_fonts() {
        let (ours, theirs) = (page(300, None), page(150, None));
        assert_eq!(settle(doubts(), &ours, Some(&theirs)), []);
        let lacking = RenderDoubt::LettersWithoutFont { count: 3 };
        let mut all = doubts();
        all.push(lacking.clone());
        assert_eq!(settle(all, &ours, Some(&theirs)), [lacking]);
    }

    #[test]
    fn one_lost_word_settles_nothing() {
        let (ours, theirs) = (page(300, Some(77)), page(150, None));
        let left = settle(doubts(), &ours, Some(&theirs));
        assert_eq!(left.get(..2), Some(doubts().as_slice()));
    }

    #[test]
    fn pictures_that_differ_are_a_doubt_of_their_own() {
        let mut blank = page(300, None);
        blank.samples = Samples::Grey(vec![255; blank.width as usize * blank.height as usize]);
        for (ours, theirs) in [(&blank, &page(150, None)), (&page(300, None), &blank)] {
            let left = settle(Vec::new(), ours, Some(theirs));
            assert!(
                matches!(left[..], [RenderDoubt::RenderersDiffer { .. }]),
                "{left:?}"
            );
        }
        assert_eq!(settle(Vec::new(), &blank, Some(&blank)), []);
    }
}

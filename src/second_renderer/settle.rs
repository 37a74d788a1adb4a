//! What remains of the doubts about a picture once a second program has drawn the page, too.

use super::compare::{Verdict, compare};
use super::picture::Picture;
use crate::record::RenderDoubt;

/// The doubts for a person to decide.
///
/// `theirs` is the second program's picture with annotations and, if that was drawn, the one without.
/// Without a second picture all doubts stand. Where the first shows the same everywhere, doubts about
/// what an odd file means are settled: two programs read it alike. Never settled so is what both programs may
/// lack: letters of fonts that are not embedded, content that the file itself has lost, and all ink of a page
/// that should have some. What differs from both
/// pictures is a doubt of its own; what only one of them shows is a frame round a link, or an annotation,
/// whose lack was noticed when the page was examined.
#[must_use]
pub fn settle(doubts: Vec<RenderDoubt>, ours: &Picture, theirs: &[Picture]) -> Vec<RenderDoubt> {
    let mut verdicts = theirs.iter().map(|theirs| compare(ours, theirs));
    let Some(shown) = verdicts.next() else {
        return doubts;
    };
    let mut left = doubts;
    if shown.confirms() {
        left.retain(|doubt| !may_settle(doubt));
    }
    let best = verdicts.fold(shown, Verdict::at_best);
    if best.differs() {
        left.push(RenderDoubt::RenderersDiffer { mean: best.mean });
    }
    left
}

/// Whether all that ours lacks is annotations that the other program can draw: what that shows without
/// annotations is all in ours, and what ours shows is all in the other's picture with them. Then that one is the
/// more complete picture of the same page, and nothing of it is unconfirmed but the annotations themselves.
#[must_use]
pub fn lacks_annotations_only(
    left: &[RenderDoubt],
    ours: &Picture,
    shown: &Picture,
    hidden: &Picture,
) -> bool {
    let of_annotations = |doubt: &RenderDoubt| match doubt {
        RenderDoubt::PartNotDrawn { what } => what.starts_with("an annotation"),
        RenderDoubt::RenderersDiffer { .. } => true,
        _ => false,
    };
    let (shown, hidden) = (compare(ours, shown), compare(ours, hidden));
    !left.is_empty()
        && left.iter().all(of_annotations)
        && left
            .iter()
            .any(|doubt| matches!(doubt, RenderDoubt::PartNotDrawn { .. }))
        && hidden.coarse_lost == 0
        && hidden.fine_lost == 0
        && shown.coarse_extra == 0
}

/// Whether another program that draws the same speaks against a doubt.
fn may_settle(doubt: &RenderDoubt) -> bool {
    match doubt {
        RenderDoubt::GlyphsMissing { .. }
        | RenderDoubt::PartNotDrawn { .. }
        | RenderDoubt::RenderersDiffer { .. } => true,
        RenderDoubt::NothingDrawn
        | RenderDoubt::LettersWithoutFont { .. }
        | RenderDoubt::ContentLost { .. } => false,
    }
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
        assert_eq!(settle(doubts(), &page(300, None), &[]), doubts());
        assert_eq!(settle(Vec::new(), &page(300, None), &[]), []);
    }

    #[test]
    fn agreement_settles_what_the_file_leaves_open_but_not_missing_fonts() {
        let (ours, theirs) = (page(300, None), page(150, None));
        assert_eq!(settle(doubts(), &ours, std::slice::from_ref(&theirs)), []);
        let lacking = RenderDoubt::LettersWithoutFont { count: 3 };
        let mut all = doubts();
        all.push(lacking.clone());
        assert_eq!(settle(all, &ours, std::slice::from_ref(&theirs)), [lacking]);
    }

    #[test]
    fn agreement_settles_nothing_that_both_programs_lack() {
        let (ours, theirs) = (page(300, None), page(150, None));
        let lost = RenderDoubt::ContentLost {
            what: "a content stream that is broken or ends early".to_owned(),
        };
        let mut all = doubts();
        all.push(lost.clone());
        assert_eq!(settle(all, &ours, std::slice::from_ref(&theirs)), [lost]);
        let mut blank = page(300, None);
        blank.samples = Samples::Grey(vec![255; blank.width as usize * blank.height as usize]);
        let nothing = vec![RenderDoubt::NothingDrawn];
        assert_eq!(
            settle(nothing.clone(), &blank, std::slice::from_ref(&blank)),
            nothing
        );
    }

    #[test]
    fn one_lost_word_settles_nothing() {
        let (ours, theirs) = (page(300, Some(77)), page(150, None));
        let left = settle(doubts(), &ours, std::slice::from_ref(&theirs));
        assert_eq!(left.get(..2), Some(doubts().as_slice()));
    }

    #[test]
    fn pictures_that_differ_are_a_doubt_of_their_own() {
        let mut blank = page(300, None);
        blank.samples = Samples::Grey(vec![255; blank.width as usize * blank.height as usize]);
        for (ours, theirs) in [(&blank, &page(150, None)), (&page(300, None), &blank)] {
            let left = settle(Vec::new(), ours, std::slice::from_ref(theirs));
            assert!(
                matches!(left[..], [RenderDoubt::RenderersDiffer { .. }]),
                "{left:?}"
            );
        }
        assert_eq!(settle(Vec::new(), &blank, std::slice::from_ref(&blank)), []);
    }

    #[test]
    fn annotations_that_only_the_other_draws_are_told_from_lost_words() {
        let doubts = vec![RenderDoubt::PartNotDrawn {
            what: "an annotation without an appearance".to_owned(),
        }];
        let (ours, hidden) = (page(300, Some(77)), page(150, Some(77)));
        let shown = page(150, None);
        assert!(lacks_annotations_only(&doubts, &ours, &shown, &hidden));
        assert!(!lacks_annotations_only(&[], &ours, &shown, &hidden));
        // A word that both pictures of the other program have is one that ours lost.
        assert!(!lacks_annotations_only(&doubts, &ours, &shown, &shown));
        // A word that only ours has is one that the other program lacks.
        let less = page(150, Some(5));
        assert!(!lacks_annotations_only(&doubts, &ours, &less, &less));
        let mut more = doubts;
        more.push(RenderDoubt::GlyphsMissing { count: 1 });
        assert!(!lacks_annotations_only(&more, &ours, &shown, &hidden));
    }

    #[test]
    fn a_frame_round_a_link_is_no_difference_but_settles_nothing() {
        let (ours, plain) = (page(300, Some(77)), page(150, Some(77)));
        // Some words more, as if they were frames.
        let mut framed = page(150, None);
        if let Samples::Grey(levels) = &mut framed.samples {
            let end = levels.len();
            levels[end - end / 8..].fill(0);
        }
        let both = [framed, plain];
        assert_eq!(settle(Vec::new(), &ours, &both), []);
        assert_eq!(settle(doubts(), &ours, &both), doubts());
        assert_eq!(settle(Vec::new(), &ours, &both[..1]).len(), 1);
    }
}

//! Which way up a page is, told from how well it reads.
//!
//! Text the right way up is read with a mean confidence of 88 and more (68 where dotted lines spoil
//! it), upside down with 52 and less; text on its side is found as such by the engine. So a page is read as it lies, and only a page that
//! reads badly is tried in the other three ways, on its fullest quarter; most pages cost nothing.

use std::time::Duration;

use image::GrayImage;
use image::imageops;

use super::error::RecogniseError;
use crate::recognise::{BoundingBox, Confidence, GreyPage, Recogniser, Word};

/// In the middle between pages that stand and pages on their head.
const SURE: f32 = 60.0;
/// With fewer letters a mean says nothing.
const LETTERS_MIN: usize = 12;

/// A page read the right way up.
#[derive(Debug, Clone, PartialEq)]
pub struct UprightReading {
    /// Clockwise turn, degrees, that makes the page upright: 0, 90, 180 or 270.
    pub turn: u16,
    /// The words in reading order, boxes in pixels of the page as it was given.
    pub words: Vec<Word>,
    /// See [`mean_confidence`].
    pub confidence: Option<Confidence>,
}

/// Reads a page whichever way up it lies.
///
/// `deadline` is that of one reading; a page that has to be turned takes up to five.
///
/// # Errors
/// Those of [`Recogniser::read`] for the page as it lies. Trying other ways is no failure.
pub fn read_upright(
    recogniser: &dyn Recogniser,
    page: &GreyPage,
    deadline: Duration,
) -> Result<UprightReading, RecogniseError> {
    let words = recogniser.read(page, deadline)?;
    let first = reading(0, words);
    if first.words.is_empty() || stands(&first.words) {
        return Ok(first);
    }
    let better = find_turn(recogniser, page, &first.words, deadline)
        .and_then(|turn| read_turned(recogniser, page, turn, deadline))
        .filter(|turned| stands_better(turned, &first));
    Ok(better.unwrap_or(first))
}

/// Mean over the words, weighted by their letters; `None` without words.
#[must_use]
pub fn mean_confidence(words: &[Word]) -> Option<Confidence> {
    let (mut sum, mut letters) = (0.0, 0.0);
    for word in words {
        let weight = word.text.chars().count() as f32;
        sum += word.confidence.0 * weight;
        letters += weight;
    }
    (letters > 0.0).then(|| Confidence(sum / letters))
}

fn reading(turn: u16, words: Vec<Word>) -> UprightReading {
    UprightReading {
        turn,
        confidence: mean_confidence(&words),
        words,
    }
}

/// Enough letters, read with ease, most of them from left to right.
fn stands(words: &[Word]) -> bool {
    letters(words, |_| true) >= LETTERS_MIN
        && mean_confidence(words).is_some_and(|mean| mean.0 >= SURE)
        && 2 * letters(words, |word| turn_of(word) == 0) > letters(words, |_| true)
}

/// A turned reading replaces the first one if it is surer, or if the first one is sideways: the
/// engine reads a page on its side well, but not the codes and numbers on it.
fn stands_better(turned: &UprightReading, first: &UprightReading) -> bool {
    let mean = |reading: &UprightReading| reading.confidence.map_or(0.0, |mean| mean.0);
    let most = letters(&first.words, |_| true);
    let first_is_level = 2 * letters(&first.words, |word| turn_of(word) == 0) > most;
    mean(turned) >= SURE && (mean(turned) > mean(first) || !first_is_level)
}

fn letters(words: &[Word], counts: impl Fn(&Word) -> bool) -> usize {
    words
        .iter()
        .filter(|word| counts(word))
        .map(|word| word.text.chars().count())
        .sum()
}

/// Clockwise turn that would make this word read from left to right.
fn turn_of(word: &Word) -> u16 {
    let [start, end, _, _] = word.place.corners;
    let (x, y) = (end[0] - start[0], end[1] - start[1]);
    match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
        (true, true, _) => 0,
        (true, false, _) => 180,
        (false, _, true) => 270,
        (false, _, false) => 90,
    }
}

/// The first turn in which the fullest quarter of the page reads with ease.
fn find_turn(
    recogniser: &dyn Recogniser,
    page: &GreyPage,
    words: &[Word],
    deadline: Duration,
) -> Option<u16> {
    let mut turns = [180, 90, 270];
    // What the engine saw on its side comes first.
    turns.sort_by_key(|turn| usize::MAX - letters(words, |word| turn_of(word) == *turn));
    let sample = fullest_quarter(page, words)?;
    turns.into_iter().find(|turn| {
        turned(&sample, *turn)
            .and_then(|sample| recogniser.read(&sample, deadline).ok())
            .is_some_and(|words| stands(&words))
    })
}

/// The window of half the width and half the height that holds most letters.
fn fullest_quarter(page: &GreyPage, words: &[Word]) -> Option<GreyPage> {
    let (width, height) = ((page.width / 2).max(1), (page.height / 2).max(1));
    let quarters = |side: u32| [0, side / 4, side / 2];
    let windows = quarters(page.height)
        .into_iter()
        .flat_map(|top| quarters(page.width).map(|left| (left, top)));
    let (left, top) = windows.max_by_key(|(left, top)| {
        letters(words, |word| {
            let [[x, y], ..] = word.place.corners;
            (*left as f32..(left + width) as f32).contains(&x)
                && (*top as f32..(top + height) as f32).contains(&y)
        })
    })?;
    let picture = picture(page)?;
    let window = imageops::crop_imm(&picture, left, top, width, height).to_image();
    Some(grey_page(window, page.dpi))
}

/// Reads the whole page turned, and puts the words back where they stand on it.
fn read_turned(
    recogniser: &dyn Recogniser,
    page: &GreyPage,
    turn: u16,
    deadline: Duration,
) -> Option<UprightReading> {
    let upright = turned(page, turn)?;
    let mut words = recogniser.read(&upright, deadline).ok()?;
    let (width, height) = (page.width as f32, page.height as f32);
    for word in &mut words {
        let corners = word.place.corners.map(|[x, y]| match turn {
            90 => [y, height - x],
            180 => [width - x, height - y],
            270 => [width - y, x],
            _ => [x, y],
        });
        word.place = BoundingBox { corners };
    }
    Some(reading(turn, words))
}

fn turned(page: &GreyPage, turn: u16) -> Option<GreyPage> {
    let picture = picture(page)?;
    let picture = match turn {
        90 => imageops::rotate90(&picture),
        180 => imageops::rotate180(&picture),
        270 => imageops::rotate270(&picture),
        _ => picture,
    };
    Some(grey_page(picture, page.dpi))
}

fn picture(page: &GreyPage) -> Option<GrayImage> {
    GrayImage::from_raw(page.width, page.height, page.samples.clone())
}

fn grey_page(picture: GrayImage, dpi: u32) -> GreyPage {
    GreyPage {
        width: picture.width(),
        height: picture.height(),
        dpi,
        samples: picture.into_raw(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Reads a page that is marked by a dark pixel in one corner: with ease where it is top left.
    struct Double {
        /// Confidence where the mark is not top left, and the reading direction claimed there.
        askew: (f32, [f32; 2]),
        readings: Mutex<Vec<(u32, u32)>>,
    }

    impl Recogniser for Double {
        fn read(&self, page: &GreyPage, _: Duration) -> Result<Vec<Word>, RecogniseError> {
            let size = (page.width, page.height);
            self.readings.lock().expect("lock").push(size);
            let is_upright = page.samples.first() == Some(&0);
            let (confidence, [x, y]) = if is_upright {
                (91.0, [3.0, 0.0])
            } else {
                self.askew
            };
            let start = [1.0, 1.0];
            let end = [start[0] + x, start[1] + y];
            let place = BoundingBox {
                corners: [start, end, end, start],
            };
            let word = Word {
                text: "Hộ".repeat(10),
                place,
                confidence: Confidence(confidence),
                line: 0,
                digits_agreed: None,
                first_reading: None,
            };
            Ok(vec![word])
        }
    }

    /// Ten by twenty, the marks such that every window has one in the same corner.
    fn page(turn: u16) -> GreyPage {
        let mut samples = vec![255; 200];
        for (x, y) in [(0, 0), (5, 0), (0, 10), (5, 10)] {
            samples[y * 10 + x] = 0;
        }
        let upright = GreyPage {
            width: 10,
            height: 20,
            dpi: 200,
            samples,
        };
        turned(&upright, turn).expect("turned")
    }

    fn read(turn: u16, askew: (f32, [f32; 2])) -> (UprightReading, Vec<(u32, u32)>) {
        let double = Double {
            askew,
            readings: Mutex::default(),
        };
        let reading =
            read_upright(&double, &page(turn), Duration::from_secs(1)).expect("a reading");
        (reading, double.readings.into_inner().expect("lock"))
    }

    #[test]
    fn an_upright_page_is_read_once() {
        let (reading, sizes) = read(0, (40.0, [3.0, 0.0]));
        assert_eq!((reading.turn, sizes.len()), (0, 1));
        assert_eq!(reading.confidence, Some(Confidence(91.0)));
    }

    #[test]
    fn a_turned_page_is_found_and_its_words_are_where_they_stand() {
        // A page turned clockwise by so much must be turned by the rest.
        let cases = [
            (90, 270, [19.0, 1.0], [19.0, 4.0]),
            (180, 180, [9.0, 19.0], [6.0, 19.0]),
            (270, 90, [1.0, 9.0], [1.0, 6.0]),
        ];
        for (lies, turn, start, end) in cases {
            let (reading, sizes) = read(lies, (40.0, [3.0, 0.0]));
            assert_eq!(reading.turn, turn);
            assert_eq!(reading.words[0].place.corners[..2], [start, end], "{lies}");
            assert!(sizes.len() <= 5);
        }
    }

    #[test]
    fn what_the_engine_saw_on_its_side_is_tried_first() {
        let (reading, sizes) = read(90, (93.0, [0.0, 3.0]));
        assert_eq!((reading.turn, sizes.len()), (270, 3));
    }

    #[test]
    fn a_page_that_reads_badly_every_way_stays_as_it_lies() {
        let double = Double {
            askew: (30.0, [3.0, 0.0]),
            readings: Mutex::default(),
        };
        let mut blurred = page(0);
        blurred.samples.fill(200);
        let reading = read_upright(&double, &blurred, Duration::from_secs(1)).expect("a reading");
        assert_eq!(reading.turn, 0);
        assert_eq!(double.readings.into_inner().expect("lock").len(), 4);
    }
}

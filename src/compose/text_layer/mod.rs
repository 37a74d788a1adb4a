//! The words of a page as invisible text (ISO 32000-1 §9.3.6, rendering mode 3) where they stand on
//! the picture, so that viewers search, select and copy them.
//!
//! Every word is a parallelogram of its own: the text matrix follows its base line and its upright,
//! so turned, mirrored and skewed pages need no case of their own. Viewers guess lines from sizes and
//! heights, and spaces from gaps: words of one line share a font size, a word that climbs little is laid
//! level, and the gap between two words is filled by one space.
//!
//! Not here: reading (`recognise`), and the picture, which stays as it was scanned.

mod font;
mod place;
#[cfg(test)]
mod tests;

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Name, Str};
use unicode_normalization::UnicodeNormalization;

pub(super) use font::{GlyphlessFont, compressed};
use place::Place;

use super::geometry::{PageGeometry, rounded};
use crate::pages::PageImage;
use crate::recognise::RecognisedPage;

/// The name of the font in a page's resources.
pub(super) const FONT: Name<'static> = Name(b"F0");

/// What stands for a character that PDF/A-2u or a code of two bytes cannot hold.
const REPLACEMENT: u16 = 0xFFFD;

/// ISO 19005-2 §6.1.13: strings have at most 32,767 bytes. A longer word is cut; no page is so wide.
const MAX_LETTERS: usize = 16_383;

/// The least space between two words, of the font size: viewers take less for a gap between letters,
/// whether a space is written there or not.
const LEAST_SPACE: f64 = 0.2;

/// The invisible text of one page, in reading order.
pub(super) struct TextLayer {
    lines: Vec<Vec<PlacedWord>>,
}

/// One word: codes of two bytes, and where they stand.
struct PlacedWord {
    codes: Vec<u8>,
    place: Place,
}

impl TextLayer {
    /// The words of `page` on the page that shows `image`; `None` if there is nothing to write.
    ///
    /// A word without letters, and one whose box has no area that a page could show, is left out.
    pub(super) fn of(
        page: &RecognisedPage,
        image: &PageImage,
        geometry: &PageGeometry,
    ) -> Option<Self> {
        let on_page = |pixel| geometry.point_of(pixel, (image.width_px, image.height_px));
        let lines: Vec<Vec<PlacedWord>> = page
            .words
            .chunk_by(|word, next| word.line == next.line)
            .map(|line| {
                let placed = line.iter().filter_map(|word| {
                    let codes = codes_of(&word.text);
                    let place = Place::of(word.place.corners.map(on_page))?;
                    (!codes.is_empty()).then_some(PlacedWord { codes, place })
                });
                placed.collect()
            })
            .filter(|line: &Vec<_>| !line.is_empty())
            .collect();
        (!lines.is_empty()).then_some(Self { lines })
    }

    /// Appends the text object to a page's content; the page needs [`FONT`] in its resources.
    pub(super) fn show(&self, content: &mut Content) {
        content
            .begin_text()
            .set_text_rendering_mode(TextRenderingMode::Invisible);
        for line in &self.lines {
            show_line(content, line);
        }
        content.end_text();
    }
}

fn show_line(content: &mut Content, line: &[PlacedWord]) {
    let size = median_height(line);
    content.set_font(FONT, rounded(size));
    for (index, word) in line.iter().enumerate() {
        let (letters, place) = (word.codes.len() / 2, &word.place);
        let next = line.get(index + 1);
        let (width, gap) = match next {
            Some(next) => place.spaced_from(&next.place, LEAST_SPACE * size),
            None => (place.width, 0.0),
        };
        content
            .set_text_matrix(place.text_matrix())
            .set_horizontal_scaling(scaling(letters, size, width))
            .show(Str(&word.codes));
        if next.is_some() {
            content
                .set_horizontal_scaling(scaling(1, size, gap))
                .show(Str(b"\0 "));
        }
    }
}

/// Heights of single words differ with their letters; the middle one is not moved by a stray box.
fn median_height(line: &[PlacedWord]) -> f64 {
    let mut heights: Vec<f64> = line.iter().map(|word| word.place.height).collect();
    heights.sort_by(f64::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(1.0)
}

/// `Tz`, in percent, that makes so many letters at that font size as long as `width`.
fn scaling(letters: usize, size: f64, width: f64) -> f32 {
    let letters = f64::from(u32::try_from(letters).unwrap_or(u32::MAX));
    let natural = letters * size * f64::from(font::ADVANCE) / 1000.0;
    rounded((100.0 * width / natural).max(0.01))
}

/// UTF-16 of a word in NFC, big-endian; empty if it holds nothing but space.
fn codes_of(word: &str) -> Vec<u8> {
    let letters = word.trim().nfc().take(MAX_LETTERS);
    letters
        .flat_map(|letter| code_of(letter).to_be_bytes())
        .collect()
}

/// The code of a letter, the same number as its Unicode value.
///
/// Left out are control characters, what ISO 19005-2 §6.2.11.7.2 forbids as a value (U+0000, U+FEFF,
/// U+FFFE), private use (§6.2.11.7.3), and what needs two UTF-16 units.
fn code_of(letter: char) -> u16 {
    match letter {
        '\u{E000}'..='\u{F8FF}' | '\u{FEFF}' | '\u{FFFE}'.. => REPLACEMENT,
        _ if letter.is_whitespace() => u16::from(b' '),
        _ if letter.is_control() => REPLACEMENT,
        _ => u16::try_from(u32::from(letter)).unwrap_or(REPLACEMENT),
    }
}

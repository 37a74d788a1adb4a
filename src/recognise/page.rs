//! The types that reading hands on. All boxes are in pixels of the *stored* image of the page (the
//! scanner's own pixels, before any turn), so that the text layer and a person's screen can use them
//! whatever was done to the copy that was read.

use serde::{Deserialize, Serialize};

use crate::record::{Confidence, PageReading};

/// An 8-bit grey copy of a page for reading: rows top down, `width * height` bytes, 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyPage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Dots an inch (one number: anisotropic scans are stretched before).
    pub dpi: u32,
    /// The samples.
    pub samples: Vec<u8>,
}

/// Four corners of a word on the stored image, pixels: base line start, base line end, top end, top
/// start, in reading direction. Skewed and turned words have turned boxes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// `[x, y]`, y grows downwards.
    pub corners: [[f32; 2]; 4],
}

/// One word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// NFC text without spaces.
    pub text: String,
    /// Where it stands.
    pub place: BoundingBox,
    /// How sure.
    pub confidence: Confidence,
    /// Line of the page, from 0; words of one line are in reading order.
    pub line: u32,
    /// For a long number that two models read: whether both read the same digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits_agreed: Option<bool>,
    /// For a line of a card's zone, which two models read: what the first one read, if that is not `text`.
    /// Check digits tell which is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_reading: Option<String>,
}

/// Everything read from one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecognisedPage {
    /// How it ended.
    pub reading: PageReading,
    /// Clockwise turn, degrees, that makes the stored image upright for a reader: 0, 90, 180, 270.
    pub upright: u16,
    /// Skew of the text lines on the upright page, degrees, clockwise positive.
    pub skew: f32,
    /// The words, in reading order.
    pub words: Vec<Word>,
    /// Mean over the words, weighted by length; `None` without words.
    pub confidence: Option<Confidence>,
}

impl RecognisedPage {
    /// Its words as plain text: a space between words, a line break between lines, none at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = None;
        for word in &self.words {
            match line {
                Some(before) if before == word.line => text.push(' '),
                Some(_) => text.push('\n'),
                None => {}
            }
            text.push_str(&word.text);
            line = Some(word.line);
        }
        text
    }
}

//! Why a picture drawn from a PDF page may not show what the page shows.

use serde::{Deserialize, Serialize};

/// A reason for a person to compare pictures before a rendered page is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "doubt")]
pub enum RenderDoubt {
    /// The page shows text or a picture, and the drawing has no ink.
    NothingDrawn,
    /// Characters for which their own font, embedded in the file, has no glyph.
    GlyphsMissing {
        /// How many.
        count: u32,
    },
    /// Characters of a font that is not embedded, for which no font that stands in has a glyph.
    LettersWithoutFont {
        /// How many.
        count: u32,
    },
    /// A second program draws ink where ours draws none, or the other way round, or the two pictures differ.
    RenderersDiffer {
        /// Mean difference of grey levels at quarter scale, 0 to 255.
        mean: f64,
    },
    /// Part of the page could not be drawn, or is odd: a font that cannot be read, a form without its box.
    PartNotDrawn {
        /// Technical detail, English; never text of the document.
        what: String,
    },
    /// The file itself lacks part of what the page shows: data that ends early, an object that is not there.
    /// No other program can draw it either, so that two pictures alike prove nothing.
    ContentLost {
        /// Technical detail, English; never text of the document.
        what: String,
    },
}

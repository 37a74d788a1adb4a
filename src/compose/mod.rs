//! From page images, and the words read from them, to one PDF/A-2u file on disk; 2b where there is no word.
//!
//! What a station scanned is embedded as it came: the compressed stream of every [`PageImage`] goes
//! into the file byte for byte, and turns, mirrors and sizes are told by the page that shows it. The
//! file is written one object at a time, so memory does not grow with the number of pages.
//! `PDF_A2.md` beside this code says for each clause of ISO 19005-2 where it is kept.
//!
//! Not here: decoding or judging pixels (`pages`), reading them (`recognise`), the signature (`sign`), proof that the file on
//! disk is what it should be (`read_back`), durability (`archive`).
//!
//! [`PageImage`]: crate::pages::PageImage

pub mod cover_sheet;
mod error;
mod frame;
mod geometry;
mod image_object;
mod metadata;
mod object_writer;
mod pdfa;
pub mod printed_report;
mod sanitised;
mod sheet;
#[cfg(test)]
pub(crate) mod tests;
mod text_layer;

pub use error::ComposeError;
pub use metadata::{Digitised, PdfaMetadata};
pub use pdfa::{ConformanceLevel, PageContent, PdfaDocument, Picture, compose, keep};
pub use sanitised::SanitisedContent;
pub use sheet::PrintError;

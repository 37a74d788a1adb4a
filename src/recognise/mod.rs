//! What a page says: its words and where they stand, its codes, and whose paper it is.

pub mod barcode;
pub mod citizen_card;
pub mod dossier;
pub mod identity;
pub mod mrz;
mod page;
mod recogniser;
pub mod tesseract;

pub use page::{BoundingBox, Confidence, GreyPage, PageReading, RecognisedPage, Word};
pub use recogniser::Recogniser;

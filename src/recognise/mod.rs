//! What a page says: its words and where they stand, its codes, and whose paper it is.

pub mod hygiene;
mod page;

pub use page::{BoundingBox, Confidence, GreyPage, PageReading, RecognisedPage, Word};

//! What a page says: its words and where they stand, its codes, and whose paper it is.
//!
//! [`Reader`] tells the order: a grey copy, its codes, a clean upright copy, its words, and everything
//! carried back to the scanner's own pixels. Without an engine pages are `pending`, never silently empty.

pub mod barcode;
pub mod citizen_card;
pub mod cover_sheet;
pub mod dossier;
pub mod fields;
pub mod hygiene;
pub mod identity;
pub mod kept;
pub mod mrz;
mod page;
pub mod patch_code;
mod reader;
mod readers;
mod recogniser;
pub mod separators;
pub mod tesseract;

pub use page::{BoundingBox, GreyPage, RecognisedPage, Word};
pub use reader::{ReadPage, Reader};
pub use readers::Readers;
pub use recogniser::Recogniser;

pub use crate::record::{Confidence, PageReading};

//! The second opinion: a finished file is read from disk by other code than wrote it, before its
//! record counts as archived and whenever the archive is verified.
//!
//! Not here: writing or mending anything, and the digests of files (`archive`, `verify`).

mod error;
pub mod raster;
pub mod signature;
pub mod structure;

pub use error::{DocumentPart, PageFault, ReadBackError};

pub use signature::{SignatureFacts, SignatureReadBackError};

//! The second opinion: a finished file is read from disk by other code than wrote it, before its
//! record counts as archived and whenever the archive is verified.
//!
//! Not here: writing or mending anything, and the digests of files (`archive`, `verify`).

mod error;
pub mod raster;
pub mod signature;
pub mod structure;

/// What becomes of the bytes that pages show and signatures cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// They are digested and compared with the record and with the signatures.
    Digested,
    /// The digest of the whole file proved them already, and the validation of signatures compares them: only what lies
    /// around them is looked at.
    Proven,
}

pub use error::{DocumentPart, PageFault, ReadBackError};

pub use signature::{SignatureFacts, SignatureReadBackError};

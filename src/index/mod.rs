//! The index: a cache over the archive that answers “what do we hold of this citizen, this dossier?”.
//!
//! Every row is derived from a `record.json`, so [`Index::rebuild`] makes it anew from the archive
//! alone. It is never evidence: `verify` compares it with the archive, not the other way round.

mod error;
mod schema;
mod sqlite;
#[cfg(test)]
mod tests;

pub use error::IndexError;
pub use sqlite::{Index, IndexRow, Query};

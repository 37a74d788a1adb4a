//! The index: a cache over the archive that answers “what do we hold of this citizen, this dossier,
//! this name, these words?”.
//!
//! Every row is derived from a `record.json` and the text beside it, so [`Index::rebuild`] makes it
//! anew from the archive alone. It is never evidence: `verify` compares it with the archive, not the
//! other way round.
//!
//! [`mod@fold`] says which words count as the same; `terms` makes a query of what a person typed,
//! `query` the SQL, `names` finds people's names, `search` the rows, `snippet` what is shown of the text; `write` fills
//! the tables of `schema`. Figures: `make bench-lookup`.

mod attention;
mod error;
pub mod fold;
mod names;
mod number;
mod query;
mod rebuild;
mod row;
mod schema;
mod search;
mod snippet;
mod sqlite;
mod terms;
#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;
mod write;

pub use attention::Attention;
pub use error::IndexError;
pub use number::{CitizenNumber, CitizenNumberError};
pub use query::Query;
pub use row::{IndexRow, MatchedAlias};
pub use snippet::Hit;
pub use sqlite::Index;

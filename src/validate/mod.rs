//! Validation of the signatures in a PDF (EN 319 102-1): what was signed, by whom, when, and whether the
//! certificate was good then.
//!
//! Shares no code with what makes signatures: `sign` and `validate` do not import each other. Trust roots,
//! certification paths, CRLs and OCSP responses are read by [`crate::trust`]. Nothing is repaired and nothing is
//! believed because a viewer would show it: what is not on the list of what may follow a signature is a change.

pub mod changes;
pub mod document;
#[cfg(test)]
pub(crate) mod test_support;
mod verdict;

pub use self::verdict::{Indication, SubIndication};

//! Validation of the signatures in a PDF (EN 319 102-1): what was signed, by whom, when, and whether the
//! certificate was good then.
//!
//! Shares no code with what makes signatures: `sign` and `validate` do not import each other. Trust roots,
//! certification paths, CRLs and OCSP responses are read by [`crate::trust`]. Nothing is repaired and nothing is
//! believed because a viewer would show it: what is not on the list of what may follow a signature is a change.
//!
//! [`document`] reads the PDF and what is signed in it, [`changes`] compares it with what each signature covers,
//! [`container`] opens and verifies the signatures' values, [`process`] judges certificates and times; [`Validator`]
//! joins them to one [`report::Report`], which [`words`] says to people.

pub mod changes;
pub mod container;
pub mod document;
pub mod process;
pub mod report;
#[cfg(test)]
pub(crate) mod test_support;
mod validator;
mod verdict;
pub mod words;

pub use self::validator::{Question, Validator};
pub use self::verdict::{Indication, SubIndication};

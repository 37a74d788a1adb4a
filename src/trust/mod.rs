//! Whom the office trusts, and what proves it: roots, certificate paths, revocation.
//!
//! [`Store`] keeps the roots and intermediates that the office installed. [`Trust::standing`] says before a
//! signature whether the signer's certificate may make it; [`Trust::gather`] collects what proves the path
//! afterwards ([`Evidence`]). What a finished document is worth is judged elsewhere.

mod certificate;
mod container;
pub mod crl;
mod error;
mod evidence;
mod gather;
#[cfg(test)]
mod gather_tests;
mod locations;
pub mod ocsp;
mod office;
pub mod path;
mod revocation;
mod services;
pub mod signature;
mod standing;
mod status;
mod store;
#[cfg(test)]
pub(crate) mod test_support;
mod time;

pub use self::certificate::{Certificate, NameAttribute};
pub use self::container::certificates_in;
pub use self::error::TrustError;
pub use self::evidence::Evidence;
pub use self::gather::{Gathered, Missing, MissingProof, RevokedCertificate};
pub use self::office::Trust;
pub use self::signature::SignatureFault;
pub use self::standing::{Consequence, MustNotSign, Standing, StandingFinding, Whose};
pub use self::status::{Attempt, Reason, Source, Status};
pub use self::store::{Entry, Kind, Role, Store};
pub use self::time::OutOfTime;

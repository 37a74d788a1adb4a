//! Whom the office trusts, and what proves it: roots, certificate paths, revocation.
//!
//! [`Store`] keeps the roots and intermediates that the office installed. What is gathered here goes into
//! signed documents; what a finished document is worth is judged elsewhere.

mod certificate;
mod container;
mod error;
mod evidence;
pub mod path;
mod signature;
mod store;
#[cfg(test)]
pub(crate) mod test_support;

pub use self::certificate::Certificate;
pub use self::container::certificates_in;
pub use self::error::TrustError;
pub use self::evidence::Evidence;
pub use self::signature::SignatureFault;
pub use self::store::{Entry, Kind, Role, Store};

//! Whom the office trusts, and what proves it: roots, certificate paths, revocation.
//!
//! What is gathered here goes into signed documents; what a finished document is worth is judged elsewhere.

mod evidence;

pub use self::evidence::Evidence;

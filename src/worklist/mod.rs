//! What a person settles before a document is sealed: whose it is, what kind, which pages in which order.
//!
//! [`settle`] is the rule, pure. [`Desk`] keeps beside the claimed original what the rule found open
//! and what people decided, so that both outlive a crash, and lists what waits. Acting on a decision is
//! the journey's ([`crate::decide`]): here nothing is composed, signed or archived.

pub mod amend;
mod carry;
mod desk;
mod error;
mod findings;
mod fit;
mod order;
mod page_plan;
mod question;
mod settle;
#[cfg(test)]
mod tests;

pub use carry::{carried, require_mergeable};
pub use desk::{Desk, Entry, EntryPage, Found, entries};
pub use error::WorklistError;
pub use findings::{Findings, PlannedPage};
pub use fit::{require_fit, require_name};
pub use order::{Order, Orders, Refused};
pub use page_plan::planned;
pub use question::Question;
pub use settle::{Open, Settled, Settlement, settle};

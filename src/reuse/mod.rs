//! Re-use: what the office holds of a citizen already, so that nobody is asked for it again (NĐ 45/2020 Đ16).
//!
//! [`procedure`] says which papers a procedure needs, [`checklist`] which of them are held and still good,
//! [`prefill`] which data of the citizen they give for its form, [`bundle`] puts chosen records together for
//! a new dossier. `held` reads the archive for the two that are pure; `stage` gives a result its name only when it is
//! whole. Who looked whom up, why, and what was re-used is kept by [`crate::access`].
//!
//! Not here: deciding whose paper something is (`worklist`), judging signatures by EN 319 102-1 (`validate`),
//! counting indicators (they read the events).

pub mod bundle;
pub mod checklist;
mod error;
pub mod held;
pub mod prefill;
pub mod procedure;
mod stage;

pub use error::ReuseError;

//! Tesseract, kept at arm's length: the daemon asks worker processes for the text of pages.
//!
//! `library` is the C interface, `worker` the life of a worker process around it (the hidden command
//! `sohoa worker`), `protocol` what daemon and worker say to each other, `pool` the workers of a
//! daemon, each behind a `fence`. A crash, a leak or an endless loop in the engine costs one
//! page a second attempt and nothing else.
//!
//! `upright` reads a page that may lie on its side or head. Nothing here cleans a page or levels it.

mod digits;
mod error;
mod library;
mod place;
mod pool;
mod protocol;
#[cfg(test)]
mod tests;
mod upright;
mod worker;
mod zone;

pub use error::RecogniseError;
pub use pool::{Availability, Recognisers};
pub use upright::{UprightReading, mean_confidence, read_upright};
pub use worker::{WorkerSettings, serve};

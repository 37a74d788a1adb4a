//! From a station's folder to a claimed batch: what is complete, what belongs together, and taking it.
//!
//! [`Scanner`] looks ([`scan`]), waits until files stand still ([`settle`]) and have their end
//! ([`complete`]), and puts them together ([`group`]); nothing is touched until then. [`claim`] moves
//! a group into a [`Job`] under `work/`, from which a [`ScanBatch`] is read. [`recover`] finishes or
//! takes back what a crash left half done. [`rearrange()`] makes jobs of the pages of other jobs: cover
//! sheets divide a batch, a person divides or merges what waits. Nothing here decodes an image or writes a receipt.

mod batch;
mod claim;
pub mod complete;
mod error;
pub mod group;
mod job;
mod rearrange;
pub mod scan;
mod scanner;
pub mod settle;
mod slip;
mod watch;
mod writers;

pub use batch::{ClaimedFile, Origin, ScanBatch, SheetFacts, Slip};
pub use claim::{Order, Recovered, adopt, claim, give_back, jobs, recover};
pub use error::{CaptureError, Oddity};
pub use group::Group;
pub use job::{DECISIONS, Job, JobFile, Taking};
pub use rearrange::{LeftOut, Parent, Part, document_pages, rearrange};
pub use scan::Refusal;
pub use scanner::{Scanner, Tick};
pub use slip::parse as parse_slip;
pub use watch::Watcher;
pub use writers::Writers;

//! From a station's folder to a claimed batch: what is complete, what belongs together, and taking it.

mod batch;

pub use batch::{ClaimedFile, ScanBatch, Slip};

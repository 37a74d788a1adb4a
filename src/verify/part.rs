//! Which part of an archive a run is about, and who watches it: for runs that are made in pieces.

use std::collections::BTreeSet;

use super::Slice;
use crate::record::{Finding, RecordId, Sha256Digest};

/// What of the archive is to be checked.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// A slice, in the order of the digests that name the objects' folders.
    Slice {
        /// Which.
        slice: Slice,
        /// Objects below this digest are done already.
        from: Option<Sha256Digest>,
    },
    /// These records only, wherever they lie.
    Records(&'a BTreeSet<RecordId>),
}

impl Part<'_> {
    /// Whether an object's folder is to be checked; of chosen records, those that were chosen are all that is met.
    pub(super) fn contains_hash(&self, hash: &Sha256Digest) -> bool {
        match self {
            Part::Slice { slice, from } => {
                slice.contains_hash(hash) && from.is_none_or(|from| *hash >= from)
            }
            Part::Records(_) => true,
        }
    }

    /// Whether a record must be met. One of a slice that was done before is looked for again: that costs little.
    pub(super) fn contains(&self, hash: &Sha256Digest, record: RecordId) -> bool {
        match self {
            Part::Slice { slice, .. } => slice.contains_hash(hash),
            Part::Records(records) => records.contains(&record),
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Every object of the part whose digest is below this one was checked; `None` before the first.
    pub done_below: Option<Sha256Digest>,
    /// Objects looked at.
    pub records: u64,
    /// Files read.
    pub files: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// What was found so far, in no order; about objects above `done_below`, too.
    pub findings: &'a [Finding],
}

/// Follows a run, from several threads.
pub trait Watch: Sync {
    /// An object was checked.
    fn checked(&self, progress: &Progress<'_>);
    /// Asked before each object; a run that may not go on ends, and says that it did not reach its end.
    fn goes_on(&self) -> bool;
}

/// Nobody watches, and the run goes to its end.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn checked(&self, _: &Progress<'_>) {}

    fn goes_on(&self) -> bool {
        true
    }
}

//! Verification: is every byte of the archive still what was archived, and does the index agree?
//!
//! Bytes are believed, never the index. What is found is a coded [`Finding`], and one that is bad
//! stops nothing: each object, and each file in it, is looked at. A file that cannot be read is
//! neither good nor bad. Whether a document's structure and signature hold is the caller's check,
//! because other stages know that.

mod acts;
mod description;
mod ledger_facts;
mod object;
mod part;
pub mod proof;
mod run;
mod slice;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use serde::Serialize;

use crate::archive::{ArchiveError, ArchiveReader, ArchivedObject};
use crate::record::{Finding, RecordDescription, RecordId, Severity, Sha256Digest};
use run::Run;

pub use acts::{Acts, Disposal};
pub use ledger_facts::LedgerFacts;
pub use part::{Part, Progress, Unwatched, Watch};
pub use slice::{Slice, SliceError};

/// What the index says of each record: the digest of its document.
pub type IndexFacts = BTreeMap<RecordId, Sha256Digest>;

/// What others say of the archive.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    /// The index.
    pub index: &'a IndexFacts,
    /// The ledger; `None` where it could not be read, which is the caller's to tell.
    pub ledger: Option<&'a LedgerFacts>,
}

/// Who says that the digests in an object's inventory are those of the bytes that were checked when they were archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// The ledger, which proved good and has the inventory.
    ByLedger,
    /// Nobody: the inventory stands for itself.
    ByNobody,
}

/// A further check of a record whose document and description are intact; called from several
/// threads.
pub type RecordCheck<'a> =
    dyn Fn(&ArchivedObject, &RecordDescription, Vouched) -> Vec<Finding> + Sync + 'a;

/// The outcome of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// Objects looked at.
    pub records_checked: u64,
    /// Files read, inventories among them.
    pub files_checked: u64,
    /// Their length in bytes.
    pub bytes_checked: u64,
    /// What was found, by path, then code.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub seconds: f64,
    /// Whether the run came to its end; one that was stopped tells nothing of what it did not meet.
    pub is_complete: bool,
}

impl VerifyReport {
    /// The worst finding; `None` or a notice means that the archive is good.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }
}

/// Checks the part `slice` of an archive with `workers` threads (at least one). Memory is bounded
/// by index, ledger and the largest inventory; objects are met one after another.
///
/// While the daemon runs, a record that is archived after `accounts` were read shows as
/// [`crate::record::FindingCode::IndexMissing`] or [`crate::record::FindingCode::LedgerMissing`]; ask again for such
/// a record before telling anybody.
///
/// # Errors
/// [`ArchiveError::Unreadable`] where the storage root itself cannot be listed. All else is a
/// finding.
pub fn verify(
    archive: &ArchiveReader,
    accounts: Accounts<'_>,
    slice: Slice,
    check: &RecordCheck<'_>,
    workers: usize,
) -> Result<VerifyReport, ArchiveError> {
    let part = Part::Slice { slice, from: None };
    verify_part(archive, accounts, (part, &Unwatched), check, workers)
}

/// The same for any part, with somebody who watches.
///
/// # Errors
/// As [`verify`].
pub fn verify_part(
    archive: &ArchiveReader,
    accounts: Accounts<'_>,
    (part, watch): (Part<'_>, &dyn Watch),
    check: &RecordCheck<'_>,
    workers: usize,
) -> Result<VerifyReport, ArchiveError> {
    let started = Instant::now();
    fs::read_dir(archive.root()).map_err(|source| ArchiveError::Unreadable {
        path: archive.root().to_owned(),
        source,
    })?;
    let mut tally = Run::new(archive, accounts, part, watch, check).finish(workers.max(1));
    tally.findings.sort_by(|a, b| {
        (&a.path, a.record, a.code, &a.detail).cmp(&(&b.path, b.record, b.code, &b.detail))
    });
    Ok(VerifyReport {
        records_checked: tally.records,
        files_checked: tally.files,
        bytes_checked: tally.bytes,
        findings: tally.findings,
        seconds: started.elapsed().as_secs_f64(),
        is_complete: !tally.is_stopped,
    })
}

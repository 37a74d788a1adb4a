//! What the ledger says of how long records are kept: people's acts, and which records were disposed of.
//!
//! Plain data, as [`super::LedgerFacts`]; few entries, whatever the size of the archive.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::record::{RecordId, Sha256Digest};

/// Acts and disposals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acts {
    /// SHA-256 of each line of the register, by its place in the ledger.
    pub lines: BTreeMap<u64, Sha256Digest>,
    /// The records that were disposed of; the first entry of each counts.
    pub disposals: BTreeMap<RecordId, Disposal>,
}

/// That a record was disposed of, as the ledger has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disposal {
    /// SHA-256 of the record's last inventory.
    pub inventory: Sha256Digest,
    /// SHA-256 of the proposal that was approved.
    pub decision: Sha256Digest,
    /// When.
    pub time: Timestamp,
}

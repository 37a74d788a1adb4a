//! What is left of a record that was disposed of: that it was, when, by which law, and who decided; nothing of whom it was
//! about.
//!
//! It follows from the ledger's entry, the proposal and its approval, byte for byte, so it can be made again.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::due::Due;
use super::standing::Proposed;
use super::term::Term;
use super::{DisposalError, tombstone_path};
use crate::archive::read_metadata;
use crate::config::Config;
use crate::durable::{self, Cause};
use crate::error::Error;
use crate::ledger::{Event, Ledger};
use crate::record::{RecordId, Sha256Digest};
use crate::verify::Disposal;

const FORMAT: &str = "sohoa-tombstone/1";

/// A tombstone. Field names are part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    format: String,
    /// Whose.
    pub record: RecordId,
    /// When, as the ledger says.
    pub disposed: Timestamp,
    /// SHA-256 of its last inventory.
    pub inventory: Sha256Digest,
    /// The year in which its case ended.
    pub closed: i16,
    /// How long it was to be kept, and by which law.
    #[serde(flatten)]
    pub term: Term,
    /// The first year in which it was allowed to go.
    pub due: i16,
    /// The proposal.
    pub proposal: RecordId,
    /// SHA-256 of its file.
    pub decision: Sha256Digest,
    /// Who proposed.
    pub proposed_by: String,
    /// Who approved.
    pub approved_by: String,
    /// When.
    pub approved: Timestamp,
}

impl Tombstone {
    /// Of a record of a proposal that was approved.
    pub(super) fn new(
        due: &Due,
        disposal: Disposal,
        (number, proposed): (RecordId, &Proposed),
    ) -> Option<Self> {
        let (approved_by, approved) = proposed.approved.clone()?;
        Some(Self {
            format: FORMAT.to_owned(),
            record: due.record,
            disposed: disposal.time,
            inventory: disposal.inventory,
            closed: due.closed,
            term: due.term.clone(),
            due: due.due,
            proposal: number,
            decision: disposal.decision,
            proposed_by: proposed.by.clone(),
            approved_by,
            approved,
        })
    }

    /// Puts it in its place, or sees that it is there.
    pub(super) fn keep(&self, data_folder: &Path) -> Result<(), DisposalError> {
        let path = tombstone_path(data_folder, self.record);
        durable::create_folders(path.parent().unwrap_or(&path))?;
        // Plain text and numbers: serialising them cannot fail.
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        match durable::write_new(&path, &bytes) {
            Err(error) if error.cause() == Cause::Exists => {
                Err(DisposalError::TombstoneDiffers { path })
            }
            other => Ok(other?),
        }
    }

    /// The tombstone of a record, if it has one; `Some(None)` where what lies there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Option<Self>>, DisposalError> {
        match read_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => {
                let bytes = read.map_err(DisposalError::io(path))?;
                let read: Option<Self> = serde_json::from_slice(&bytes).ok();
                Ok(Some(read.filter(|it| it.format == FORMAT)))
            }
        }
    }

    /// Whether it says what the ledger says.
    #[must_use]
    pub fn agrees(&self, record: RecordId, disposal: &Disposal) -> bool {
        (self.record, self.inventory, self.decision, self.disposed)
            == (record, disposal.inventory, disposal.decision, disposal.time)
    }
}

/// Refuses a record that was disposed of: a tombstone says so, and the ledger, too.
///
/// # Errors
/// [`DisposalError::Disposed`]; the disk's, the ledger's.
pub fn require_kept(config: &Config, record: RecordId) -> Result<(), Error> {
    let path = tombstone_path(&config.data_folder, record);
    let Some(Some(tombstone)) = Tombstone::read(&path)? else {
        return Ok(());
    };
    let is_it = |event: &Event| {
        matches!(event, Event::Disposed { record: its, decision, .. }
            if *its == record && *decision == tombstone.decision)
    };
    let ledger = Ledger::open(&config.ledger.folder)?;
    if tombstone.record != record || ledger.find_near(tombstone.disposed, is_it)?.is_none() {
        return Ok(());
    }
    Err(DisposalError::Disposed {
        record,
        at: tombstone.disposed,
        basis: tombstone.term.source,
        proposal: tombstone.proposal,
    }
    .into())
}

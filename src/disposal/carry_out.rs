//! An approved proposal carried out, record by record.
//!
//! ```text
//! judged again ─► ledger entry ─► tombstone ─► rows of the index ─► damaged files kept aside ─► object ─► replicas
//! ```
//!
//! The ledger's entry is the point of no return. A crash before it leaves the record whole; one after it leaves work that
//! follows from the entry alone, each step of which may be repeated: carrying out the proposal again does that, and until
//! then `verify` names the record. Replicas follow the ledger's entries, also one whose disk is away now.
//!
//! Records are taken in batches, so that whoever archives meanwhile waits for some seconds at most.

use serde::Serialize;

use super::decide::Doing;
use super::due::{Due, Judge};
use super::proposal::{Proposal, find};
use super::register::{Act, OpenRegister};
use super::standing::{Proposed, Standing};
use super::tombstone::Tombstone;
use super::{DisposalError, aside};
use crate::archive::{Archive, ArchiveError};
use crate::config::Config;
use crate::error::Error;
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::ledger::Event;
use crate::office_ledger::OfficeLedger;
use crate::office_ledger::audit::audit;
use crate::record::{Explain, RecordId, Severity};
use crate::replica::open_all;
use crate::verify::Disposal;

/// Records for which the turn to commit is held at a time.
const BATCH: usize = 32;

/// What became of a proposal.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// The records that are gone.
    pub disposed: Vec<RecordId>,
    /// The records that are as they were, and why.
    pub kept: Vec<(RecordId, &'static str)>,
    /// Replicas that could not follow yet, and why.
    pub replicas: Vec<ReplicaLeft>,
}

/// A replica that still has what was disposed of.
#[derive(Debug, Clone, Serialize)]
pub struct ReplicaLeft {
    /// Its name.
    pub replica: String,
    /// Stable code.
    pub code: &'static str,
}

/// Carries out an approved proposal, or goes on with it.
///
/// # Errors
/// [`DisposalError::NotApproved`], [`DisposalError::LedgerUnsound`], [`DisposalError::ProposalChanged`]; the disk's, the
/// ledger's, the index's. To be called again then.
pub fn carry_out(config: &Config, number: RecordId, doing: Doing<'_>) -> Result<Carried, Error> {
    let archive = Archive::open(&config.folders.archive, &config.staging())?;
    // What a crash left of an append is no fault of the ledger.
    OfficeLedger::new(config).prepare(archive.reader())?;
    let is_sound = |severity: Severity| severity == Severity::Notice;
    let audited = audit(config);
    if !audited.findings.iter().all(|it| is_sound(it.severity())) {
        return Err(DisposalError::LedgerUnsound.into());
    }
    let proposal = begin(config, number, doing)?;
    let mut carried = Carried::default();
    for batch in proposal.records.chunks(BATCH) {
        let turn = CommitTurn::take(&config.folders.work)?;
        let register = OpenRegister::open(config, &turn)?;
        let standing = Standing::of(register.lines());
        let proposed = approved(&register, number)?;
        let carrying = Carrying {
            config,
            register: &register,
            archive: &archive,
            judge: Judge::new(config, &standing, doing.at)?,
            index: Index::open(&config.folders.index)?,
            number,
            proposed: &proposed,
            doing,
        };
        for due in batch {
            match carrying.record(due)? {
                None => carried.disposed.push(due.record),
                Some(why) => carried.kept.push((due.record, why)),
            }
        }
    }
    carried.replicas = follow(config);
    Ok(carried)
}

/// Who begins to carry it out stands in the register.
fn begin(config: &Config, number: RecordId, doing: Doing<'_>) -> Result<Proposal, Error> {
    let turn = CommitTurn::take(&config.folders.work)?;
    let mut register = OpenRegister::open(config, &turn)?;
    let proposed = approved(&register, number)?;
    let proposal = Proposal::read(&config.data_folder, number, proposed.digest)?;
    register.add(Act::DisposalBegun { proposal: number }, doing.by, doing.at)?;
    Ok(proposal)
}

/// A proposal that was refused after some of it went is finished for those.
fn approved(register: &OpenRegister<'_>, number: RecordId) -> Result<Proposed, DisposalError> {
    let proposed = find(register, number)?;
    let has_begun = || {
        let mut disposals = register.acts.disposals.values();
        disposals.any(|disposal| disposal.decision == proposed.digest)
    };
    match proposed.approved.is_some() && (!proposed.is_refused || has_begun()) {
        true => Ok(proposed),
        false => Err(DisposalError::NotApproved(number)),
    }
}

/// The replicas take up the ledger's entries; one that cannot now does so later.
fn follow(config: &Config) -> Vec<ReplicaLeft> {
    let mut left = Vec::new();
    for (place, opened) in open_all(config) {
        let followed = opened.and_then(|mut replica| replica.copy(config, false, &|| true));
        if let Err(error) = followed {
            left.push(ReplicaLeft {
                replica: place.name.to_string(),
                code: error.code(),
            });
        }
    }
    left
}

struct Carrying<'a> {
    config: &'a Config,
    register: &'a OpenRegister<'a>,
    archive: &'a Archive,
    judge: Judge<'a>,
    index: Index,
    number: RecordId,
    proposed: &'a Proposed,
    doing: Doing<'a>,
}

impl Carrying<'_> {
    /// `None` when it is gone, else why it is not.
    fn record(&self, due: &Due) -> Result<Option<&'static str>, Error> {
        let decision = self.proposed.digest;
        let condemned = match self.archive.condemn(due.record) {
            Err(ArchiveError::RevisionUnderWay { .. }) => return Ok(Some("in-use")),
            other => other?,
        };
        let disposal = match self.register.acts.disposals.get(&due.record) {
            Some(known) if known.decision == decision => *known,
            Some(_) => return Ok(Some("disposed-otherwise")),
            None => {
                if let Some(why) = self.objection(due)? {
                    return Ok(Some(why));
                }
                self.enter(due)?
            }
        };
        let tombstone = Tombstone::new(due, disposal, (self.number, self.proposed));
        let tombstone = tombstone.ok_or(DisposalError::NotApproved(self.number))?;
        tombstone.keep(&self.config.data_folder)?;
        self.index.remove(due.record).map_err(DisposalError::from)?;
        aside::forget(&self.config.folders.quarantine.join("repair"), due.record)?;
        condemned.remove()?;
        self.register.ledger().forget_note(due.record);
        Ok(None)
    }

    /// What speaks against it now.
    fn objection(&self, due: &Due) -> Result<Option<&'static str>, Error> {
        if self.proposed.is_refused {
            return Ok(Some("refused"));
        }
        Ok(match self.judge.record(due.record)? {
            Err(why) => Some(why.code()),
            Ok(now) if now.inventory != due.inventory => Some("changed"),
            Ok(now) if now != *due => Some("judged-otherwise"),
            Ok(_) => None,
        })
    }

    /// The point of no return.
    fn enter(&self, due: &Due) -> Result<Disposal, Error> {
        let event = Event::Disposed {
            record: due.record,
            inventory: due.inventory,
            decision: self.proposed.digest,
        };
        let at = self.doing.at;
        let ledger = self.register.ledger();
        ledger.enter(vec![event], at, self.archive.reader())?;
        Ok(Disposal {
            inventory: due.inventory,
            decision: self.proposed.digest,
            // Leaves have whole seconds.
            time: jiff::Timestamp::from_second(at.as_second()).unwrap_or(at),
        })
    }
}

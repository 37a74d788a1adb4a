//! Proposals: which records are to go, and why; made by one person, approved or refused by another.
//!
//! A proposal's file is on the disk before the line that names its digest. Who approves, approves those bytes; each
//! record is judged again when it is carried out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decide::Doing;
use super::due::{Due, Judge};
use super::register::{Act, OpenRegister};
use super::standing::{Proposed, Standing};
use super::{DisposalError, folder};
use crate::archive::read_metadata;
use crate::config::Config;
use crate::durable;
use crate::error::Error;
use crate::journal::CommitTurn;
use crate::random;
use crate::record::{DossierCode, RecordId, Sha256Digest};

const FORMAT: &str = "sohoa-disposal/1";
/// More are for another proposal: a person is to read it.
pub const RECORDS_MAX: usize = 10_000;

/// A proposal. Field names are part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    format: String,
    /// Its number.
    pub proposal: RecordId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What is to go.
    pub records: Vec<Due>,
}

fn path_of(data_folder: &Path, proposal: RecordId) -> PathBuf {
    let folder = folder(data_folder).join("proposals");
    folder.join(format!("{proposal}.json"))
}

impl Proposal {
    /// The proposal, if its file is what the register says.
    ///
    /// # Errors
    /// [`DisposalError::ProposalChanged`]; what the machine said.
    pub fn read(
        data_folder: &Path,
        proposal: RecordId,
        digest: Sha256Digest,
    ) -> Result<Self, DisposalError> {
        let path = path_of(data_folder, proposal);
        let bytes = match read_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(DisposalError::io(&path))?,
        };
        let right = (Sha256Digest::of(&bytes) == digest).then_some(bytes);
        let read = right.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.filter(|it: &Self| it.format == FORMAT && it.proposal == proposal)
            .ok_or(DisposalError::ProposalChanged { path })
    }
}

/// Proposes what is due, of these dossiers or of all, but for what is proposed already.
///
/// # Errors
/// [`DisposalError::NothingDue`]; the register's, the ledger's, the index's.
pub fn propose(
    config: &Config,
    dossiers: &[DossierCode],
    doing: Doing<'_>,
) -> Result<Proposal, Error> {
    let turn = CommitTurn::take(&config.folders.work)?;
    let mut register = OpenRegister::open(config, &turn)?;
    let standing = Standing::of(register.lines());
    let known = proposed_already(config, &standing)?;
    let mut records = Judge::new(config, &standing, doing.at)?.all()?.due;
    records.retain(|due| dossiers.is_empty() || dossiers.contains(&due.dossier));
    records.retain(|due| !known.contains(&due.record));
    records.truncate(RECORDS_MAX);
    if records.is_empty() {
        return Err(DisposalError::NothingDue.into());
    }
    let proposal = Proposal {
        format: FORMAT.to_owned(),
        proposal: random::record_id(doing.at),
        at: doing.at,
        by: doing.by.to_owned(),
        records,
    };
    // Plain text and numbers: serialising them cannot fail.
    let bytes = serde_json::to_vec_pretty(&proposal).unwrap_or_default();
    let path = path_of(&config.data_folder, proposal.proposal);
    sweep(&path, &standing)?;
    durable::write_new(&path, &bytes)?;
    let act = Act::DisposalProposed {
        proposal: proposal.proposal,
        digest: Sha256Digest::of(&bytes),
        records: proposal.records.len() as u64,
    };
    register.add(act, doing.by, doing.at)?;
    Ok(proposal)
}

/// Makes the folder; removes files that a crash left before their line.
fn sweep(path: &Path, standing: &Standing) -> Result<(), DisposalError> {
    let folder = path.parent().unwrap_or(path);
    durable::create_folders(folder)?;
    for entry in fs::read_dir(folder).map_err(DisposalError::io(folder))? {
        let path = entry.map_err(DisposalError::io(folder))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let number = stem.and_then(|stem| stem.parse::<RecordId>().ok());
        if !number.is_some_and(|number| standing.proposals.contains_key(&number)) {
            durable::remove_file(&path)?;
        }
    }
    Ok(())
}

/// The records of proposals that nobody refused.
fn proposed_already(
    config: &Config,
    standing: &Standing,
) -> Result<BTreeSet<RecordId>, DisposalError> {
    let mut known = BTreeSet::new();
    for (number, proposed) in &standing.proposals {
        if !proposed.is_refused {
            let proposal = Proposal::read(&config.data_folder, *number, proposed.digest)?;
            known.extend(proposal.records.iter().map(|due| due.record));
        }
    }
    Ok(known)
}

/// Approves a proposal as it lies there.
///
/// # Errors
/// [`DisposalError::SamePerson`], [`DisposalError::Decided`], [`DisposalError::ProposalChanged`]; the register's, the
/// ledger's.
pub fn approve(config: &Config, number: RecordId, doing: Doing<'_>) -> Result<Proposal, Error> {
    let turn = CommitTurn::take(&config.folders.work)?;
    let mut register = OpenRegister::open(config, &turn)?;
    let proposed = undecided(&register, number)?;
    if proposed.by == doing.by {
        let by = proposed.by;
        return Err(DisposalError::SamePerson { by }.into());
    }
    let proposal = Proposal::read(&config.data_folder, number, proposed.digest)?;
    let act = Act::DisposalApproved {
        proposal: number,
        digest: proposed.digest,
    };
    register.add(act, doing.by, doing.at)?;
    Ok(proposal)
}

/// Refuses a proposal; one that was approved too, for what is not carried out yet.
///
/// # Errors
/// [`DisposalError::NoSuchProposal`], [`DisposalError::Decided`]; the register's, the ledger's.
pub fn refuse(
    config: &Config,
    number: RecordId,
    reason: &str,
    doing: Doing<'_>,
) -> Result<(), Error> {
    let turn = CommitTurn::take(&config.folders.work)?;
    let mut register = OpenRegister::open(config, &turn)?;
    let proposed = find(&register, number)?;
    if proposed.is_refused {
        return Err(DisposalError::Decided(number).into());
    }
    let act = Act::DisposalRefused {
        proposal: number,
        reason: reason.to_owned(),
    };
    register.add(act, doing.by, doing.at)?;
    Ok(())
}

fn undecided(register: &OpenRegister<'_>, number: RecordId) -> Result<Proposed, DisposalError> {
    let proposed = find(register, number)?;
    match proposed.approved.is_some() || proposed.is_refused {
        true => Err(DisposalError::Decided(number)),
        false => Ok(proposed),
    }
}

pub(super) fn find(
    register: &OpenRegister<'_>,
    number: RecordId,
) -> Result<Proposed, DisposalError> {
    let mut standing = Standing::of(register.lines());
    let found = standing.proposals.remove(&number);
    found.ok_or(DisposalError::NoSuchProposal(number))
}

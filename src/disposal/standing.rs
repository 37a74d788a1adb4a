//! What follows from the register: which dossiers are closed, which holds stand, where proposals are.
//!
//! Pure. The last act about a dossier counts; a proposal that was refused stays refused; one is approved only by somebody
//! else than its proposer, of the bytes that were proposed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::register::{Act, Line, Subject};
use crate::record::{DossierCode, RecordId, Sha256Digest};
use crate::reuse::procedure::ProcedureCode;

/// A closed dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The year in which its case ended.
    pub year: i16,
    /// Its procedure.
    pub procedure: ProcedureCode,
}

/// A hold that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    /// The number of its line, by which it is lifted.
    pub hold: u64,
    /// On what.
    pub on: Subject,
    /// Why.
    pub reason: String,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// SHA-256 of its file.
    pub digest: Sha256Digest,
    /// How many records.
    pub records: u64,
    /// Who proposed.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Who approved, and when.
    pub approved: Option<(String, Timestamp)>,
    /// Whether it was refused.
    pub is_refused: bool,
}

/// What follows from the register.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The dossiers that are closed.
    pub closed: BTreeMap<DossierCode, Closing>,
    /// The holds that stand, by the numbers of their lines.
    pub holds: BTreeMap<u64, Hold>,
    /// All proposals.
    pub proposals: BTreeMap<RecordId, Proposed>,
}

impl Standing {
    /// Of these lines.
    #[must_use]
    pub fn of(lines: &[Line]) -> Self {
        let mut standing = Self::default();
        for line in lines {
            standing.add(line);
        }
        standing
    }

    fn add(&mut self, line: &Line) {
        match &line.act {
            Act::DossierClosed {
                dossier,
                year,
                procedure,
            } => {
                let (year, procedure) = (*year, procedure.clone());
                let closing = Closing { year, procedure };
                self.closed.insert(dossier.clone(), closing);
            }
            Act::DossierReopened { dossier, .. } => {
                self.closed.remove(dossier);
            }
            Act::HoldSet { on, reason } => {
                let hold = Hold {
                    hold: line.number,
                    on: on.clone(),
                    reason: reason.clone(),
                    by: line.by.clone(),
                    at: line.at,
                };
                self.holds.insert(line.number, hold);
            }
            Act::HoldLifted { hold, .. } => {
                self.holds.remove(hold);
            }
            Act::DisposalProposed {
                proposal,
                digest,
                records,
            } => {
                let proposed = Proposed {
                    digest: *digest,
                    records: *records,
                    by: line.by.clone(),
                    at: line.at,
                    approved: None,
                    is_refused: false,
                };
                self.proposals.entry(*proposal).or_insert(proposed);
            }
            Act::DisposalApproved { proposal, digest } => {
                if let Some(proposed) = self.proposals.get_mut(proposal)
                    && proposed.by != line.by
                    && proposed.digest == *digest
                    && proposed.approved.is_none()
                {
                    proposed.approved = Some((line.by.clone(), line.at));
                }
            }
            Act::DisposalRefused { proposal, .. } => {
                if let Some(proposed) = self.proposals.get_mut(proposal) {
                    proposed.is_refused = true;
                }
            }
            Act::DisposalBegun { .. } => {}
        }
    }

    /// A hold that forbids to dispose of a record of this dossier.
    #[must_use]
    pub fn hold_on(&self, record: RecordId, dossier: Option<&DossierCode>) -> Option<&Hold> {
        self.holds.values().find(|hold| match &hold.on {
            Subject::Record(held) => *held == record,
            Subject::Dossier(held) => Some(held) == dossier,
        })
    }
}

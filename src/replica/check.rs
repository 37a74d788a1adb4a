//! What `verify` finds in the replicas: every byte against inventories and the ledger, and whether all is there that
//! was copied.
//!
//! The same check as the archive's, told in codes of its own: what is wrong with a copy is not wrong with the archive.
//! A replica that is away, or has not caught up, is worth knowing and no fault.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Replica, ReplicaError, open_all};
use crate::config::{Config, ReplicaName};
use crate::ledger::{self, Event, Ledger, LedgerError, audit};
use crate::office_ledger::facts::add_facts;
use crate::office_ledger::open_key;
use crate::record::{Explain, Finding, FindingCode, Lang, RecordId};
use crate::verify::{Accounts, IndexFacts, LedgerFacts, Slice, verify};

/// Where the paths of a replica's findings begin; its name and the path in its folder follow.
pub const PREFIX: &str = "replica/";

/// Checks the part `slice` of every replica that is there. `facts` is what the ledger says; without it a replica's
/// bytes are checked against its own inventories alone.
#[must_use]
pub fn check(
    config: &Config,
    facts: Option<&LedgerFacts>,
    slice: Slice,
    workers: usize,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, opened) in open_all(config) {
        let mut told = Told {
            name: &place.name,
            findings: &mut findings,
        };
        match opened {
            Ok(replica) => told.replica(&replica, config, facts, (slice, workers)),
            Err(error) => {
                let code = match &error {
                    ReplicaError::Away { .. } => FindingCode::ReplicaAway,
                    ReplicaError::Foreign { .. } => FindingCode::ReplicaForeign,
                    // Without a ledger nobody can tell whose it is.
                    ReplicaError::NotEmpty { .. }
                    | ReplicaError::Unknown { .. }
                    | ReplicaError::Ledger(_)
                    | ReplicaError::Archive(_)
                    | ReplicaError::Durable(_) => FindingCode::Unreadable,
                };
                told.found(code, None, Path::new(""), error.message(Lang::En));
            }
        }
    }
    findings
}

struct Told<'a> {
    name: &'a ReplicaName,
    findings: &'a mut Vec<Finding>,
}

impl Told<'_> {
    fn found(&mut self, code: FindingCode, record: Option<RecordId>, path: &Path, detail: String) {
        let path = format!("{PREFIX}{}/{}", self.name, path.display());
        self.findings.push(Finding {
            code,
            record,
            path: Some(path.trim_end_matches('/').to_owned()),
            detail,
        });
    }

    fn replica(
        &mut self,
        replica: &Replica,
        config: &Config,
        facts: Option<&LedgerFacts>,
        (slice, workers): (Slice, usize),
    ) {
        let awaited = match awaited(replica, config) {
            Ok(awaited) => awaited,
            Err(error) => {
                let detail = error.message(Lang::En);
                return self.found(FindingCode::Unreadable, None, Path::new(""), detail);
            }
        };
        if !awaited.is_empty() {
            let detail = format!("{} records wait to be copied", awaited.len());
            self.found(FindingCode::ReplicaBehind, None, Path::new(""), detail);
        }
        let accounts = Accounts {
            index: &IndexFacts::new(),
            ledger: facts,
        };
        let report = verify(
            &replica.archive(),
            accounts,
            slice,
            &|_, _, _| Vec::new(),
            workers,
        );
        let found = match report {
            Ok(report) => report.findings,
            Err(error) => {
                let detail = error.message(Lang::En);
                return self.found(FindingCode::Unreadable, None, Path::new("archive"), detail);
            }
        };
        let newer = Newer::of(config, &found);
        for finding in found {
            let Some(code) = code_of(&finding, &awaited, &newer) else {
                continue;
            };
            let path = Path::new("archive").join(finding.path.as_deref().unwrap_or_default());
            let detail = format!("{}: {}", finding.code.as_str(), finding.detail);
            self.found(code, finding.record, &path, detail);
        }
        self.ledger(replica, config);
    }

    /// The copy of the ledger, against the ledger and by itself.
    fn ledger(&mut self, replica: &Replica, config: &Config) {
        let path = Path::new("ledger");
        let copy = replica.ledger();
        let code = match ledger::require_prefix(&copy, &config.ledger.folder) {
            Ok(_) => None,
            Err(LedgerError::NotThere { .. }) if replica.marker.entries == 0 => return,
            Err(error @ (LedgerError::Forked { .. } | LedgerError::RolledBack { .. })) => {
                Some((FindingCode::ReplicaLedgerDiffers, error))
            }
            Err(error @ LedgerError::KeyForeign) => {
                Some((FindingCode::ReplicaLedgerDiffers, error))
            }
            Err(error @ (LedgerError::NotThere { .. } | LedgerError::TileDamaged { .. })) => {
                Some((FindingCode::ReplicaDamaged, error))
            }
            Err(error) => Some((FindingCode::Unreadable, error)),
        };
        if let Some((code, error)) = code {
            return self.found(code, None, path, error.message(Lang::En));
        }
        // Without its key nothing is known of signatures, and the audit of the ledger says so already.
        let Ok(key) = open_key(config) else { return };
        let keys = ledger::Ledger::open(&config.ledger.folder).and_then(|it| it.keys());
        let trusted: Vec<_> = keys.into_iter().flatten().chain([key.verifier()]).collect();
        match audit::audit(&copy, &trusted, &[]) {
            Ok(audited) => {
                for finding in audited.findings {
                    let detail = format!("{}: {}", finding.code(), finding.message(Lang::En));
                    self.found(FindingCode::ReplicaDamaged, None, path, detail);
                }
            }
            Err(error) => {
                self.found(FindingCode::Unreadable, None, path, error.message(Lang::En));
            }
        }
    }
}

/// The records of entries that are not copied yet.
fn awaited(replica: &Replica, config: &Config) -> Result<BTreeSet<RecordId>, ReplicaError> {
    let ledger = Ledger::open(&config.ledger.folder)?;
    let mut awaited = BTreeSet::new();
    let failed = replica.marker.failed.iter();
    let failed = failed.map(|entry| ledger.recorded(*entry));
    for recorded in failed.chain(ledger.recorded_from(replica.marker.entries)?) {
        let opening = recorded?.opening;
        match opening.as_ref().map(|opening| opening.event()) {
            Some(Event::Archived(version) | Event::Corrected(version)) => {
                awaited.insert(version.record);
            }
            Some(Event::Disposed { record, .. }) => {
                awaited.insert(*record);
            }
            Some(_) | None => {}
        }
    }
    Ok(awaited)
}

/// What the ledger says by now, where something came into the replica that it did not know of when the run began.
struct Newer(Option<LedgerFacts>);

impl Newer {
    fn of(config: &Config, findings: &[Finding]) -> Self {
        let is_asked = |finding: &Finding| finding.code == FindingCode::LedgerMissing;
        if !findings.iter().any(is_asked) {
            return Self(None);
        }
        let mut facts = LedgerFacts::default();
        let read = add_facts(&config.ledger.folder, 0, &mut facts);
        Self(read.ok().map(|_| facts))
    }

    fn has(&self, finding: &Finding) -> bool {
        let path = finding.path.as_deref().unwrap_or_default();
        let version = path
            .rsplit_once("/v")
            .and_then(|(_, digits)| digits.parse().ok());
        match (&self.0, finding.record, version) {
            (Some(facts), Some(record), Some(version)) => facts.has(record, version),
            _ => false,
        }
    }
}

/// The code in which a finding of the copy is told; `None` where it is none.
fn code_of(finding: &Finding, awaited: &BTreeSet<RecordId>, newer: &Newer) -> Option<FindingCode> {
    use FindingCode as F;
    match finding.code {
        // The index is the archive's.
        F::IndexMissing | F::IndexDiffers | F::RevisionUnfinished => None,
        F::LedgerMissing if newer.has(finding) => None,
        F::LedgerMissing | F::LedgerDiffers => Some(F::ReplicaDiffers),
        F::DisposedPresent => {
            let is_awaited = finding.record.is_some_and(|it| awaited.contains(&it));
            (!is_awaited).then_some(F::DisposedPresent)
        }
        F::VersionMissing | F::ArchiveMissing => {
            let is_awaited = finding
                .record
                .is_some_and(|record| awaited.contains(&record));
            (!is_awaited).then_some(F::ReplicaMissing)
        }
        F::Unreadable => Some(F::Unreadable),
        _ => Some(F::ReplicaDamaged),
    }
}

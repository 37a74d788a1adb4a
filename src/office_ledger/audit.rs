//! The ledger by itself, as findings of a verification: every leaf, tile and checkpoint, against the office's key and
//! the copies that its witnesses keep.

use crate::config::Config;
use crate::ledger::audit::{self, LedgerFinding};
use crate::ledger::witness;
use crate::ledger::{Checkpoint, LedgerError, VerifierKey};
use crate::record::{Explain, Finding, FindingCode, Lang};

use super::{open_key, rotation};

/// What an audit saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audited {
    /// Entries that were read.
    pub entries: u64,
    /// Checkpoints that were compared, copies of witnesses among them.
    pub checkpoints: u64,
    /// What is wrong or could not be checked.
    pub findings: Vec<Finding>,
}

/// Checks the office's ledger.
#[must_use]
pub fn audit(config: &Config) -> Audited {
    let mut findings = Vec::new();
    let trusted = match open_key(config) {
        Ok(key) => {
            let key = key.verifier();
            let mut trusted = rotation::before(config, &key);
            trusted.push(key);
            trusted
        }
        Err(error) => {
            if let Err(LedgerError::NotThere { .. }) =
                crate::ledger::Ledger::open(&config.ledger.folder)
                && !config.ledger.key.exists()
            {
                let detail = "there is no ledger yet: the next `sohoa run` makes it";
                findings.push(finding(
                    FindingCode::LedgerUnchecked,
                    None,
                    detail.to_owned(),
                ));
                return Audited {
                    findings,
                    ..Audited::default()
                };
            }
            findings.push(unchecked(&error));
            Vec::new()
        }
    };
    let copies = copies(config, &trusted, &mut findings);
    match audit::audit(&config.ledger.folder, &trusted, &copies) {
        Ok(seen) => {
            findings.extend(seen.findings.iter().map(told));
            Audited {
                entries: seen.leaves,
                checkpoints: seen.checkpoints,
                findings,
            }
        }
        Err(error) => {
            findings.push(match &error {
                LedgerError::NotThere { .. } => lost(),
                LedgerError::TileDamaged { path } => finding(
                    FindingCode::LedgerTreeDiffers,
                    Some(path),
                    error.to_string(),
                ),
                _ => unchecked(&error),
            });
            Audited {
                findings,
                ..Audited::default()
            }
        }
    }
}

/// What the witnesses kept of this ledger.
fn copies(
    config: &Config,
    trusted: &[VerifierKey],
    findings: &mut Vec<Finding>,
) -> Vec<Checkpoint> {
    let mut all = Vec::new();
    for place in &config.ledger.witnesses {
        match witness::copies(&place.folder) {
            Ok(copies) => all.extend(copies),
            Err(error @ LedgerError::WitnessDiffers { .. }) => findings.push(finding(
                FindingCode::LedgerWitnessDiffers,
                None,
                error.to_string(),
            )),
            Err(error) => findings.push(unchecked(&error)),
        }
    }
    // A folder may serve several offices.
    all.retain(|copy| trusted.iter().any(|key| *key.name() == copy.head().origin));
    all
}

fn lost() -> Finding {
    let detail = "there is no ledger, but its key is there".to_owned();
    finding(FindingCode::LedgerLost, None, detail)
}

fn unchecked(error: &LedgerError) -> Finding {
    finding(FindingCode::LedgerUnchecked, None, error.message(Lang::En))
}

fn finding(code: FindingCode, path: Option<&str>, detail: String) -> Finding {
    Finding {
        code,
        record: None,
        path: path.map(|path| format!("ledger/{path}")),
        detail,
    }
}

fn told(found: &LedgerFinding) -> Finding {
    use LedgerFinding as F;
    let code = match found {
        F::EntriesInvalid { .. } => FindingCode::LedgerEntriesInvalid,
        F::OpeningsInvalid { .. } => FindingCode::LedgerOpeningsInvalid,
        F::LeavesLost { .. } => FindingCode::LedgerLeavesLost,
        F::OpeningDiffers { .. } => FindingCode::LedgerOpeningDiffers,
        F::OpeningErased { .. } => FindingCode::LedgerOpeningErased,
        F::TileDiffers { .. } => FindingCode::LedgerTileDiffers,
        F::TreeDiffers => FindingCode::LedgerTreeDiffers,
        F::CheckpointInvalid { .. } => FindingCode::LedgerCheckpointInvalid,
        F::RootDiffers { .. } => FindingCode::LedgerRootDiffers,
        F::TreeShorter { .. } => FindingCode::LedgerTreeShorter,
        F::SignatureInvalid { .. } => FindingCode::LedgerSignatureInvalid,
        F::KeyUnknown { .. } => FindingCode::LedgerKeyUnknown,
    };
    let path = match found {
        F::EntriesInvalid { path } | F::OpeningsInvalid { path } | F::TileDiffers { path } => {
            Some(path.as_str())
        }
        F::LeavesLost { .. }
        | F::OpeningDiffers { .. }
        | F::OpeningErased { .. }
        | F::TreeDiffers
        | F::CheckpointInvalid { .. }
        | F::RootDiffers { .. }
        | F::TreeShorter { .. }
        | F::SignatureInvalid { .. }
        | F::KeyUnknown { .. } => None,
    };
    finding(code, path, found.message(Lang::En))
}

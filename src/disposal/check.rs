//! What `verify` finds about disposal: the register against the ledger, tombstones against its entries, remains.
//!
//! That a record which was disposed of is still or again in archive or replica, the check of these finds.

use std::collections::BTreeMap;
use std::path::Path;

use walkdir::WalkDir;

use super::register::{FILE, Register};
use super::tombstone::Tombstone;
use super::{DisposalError, FOLDER, folder, tombstone_path};
use crate::archive::Archive;
use crate::config::Config;
use crate::durable;
use crate::journal::CommitTurn;
use crate::office_ledger::facts;
use crate::record::{Finding, FindingCode, RecordId};
use crate::verify::{Acts, Disposal, LedgerFacts};

/// Checks all of it, whatever the slice: it is little. `known` is what the ledger said when the run began; without it
/// nothing can be held against it, which the audit of the ledger tells.
#[must_use]
pub fn check(config: &Config, known: Option<&LedgerFacts>) -> Vec<Finding> {
    let Some(known) = known else {
        return Vec::new();
    };
    let found = look(config, &known.acts, known.is_partial);
    if found.is_empty() {
        return found;
    }
    // Something may be under way: once more while nobody does anything, with the ledger as it is now.
    let turn = CommitTurn::take(&config.folders.work);
    let now = facts::acts(&config.ledger.folder);
    match (turn, now) {
        (Ok(_turn), Ok(Some(now))) => look(config, &now, false),
        _ => found,
    }
}

fn look(config: &Config, acts: &Acts, is_partial: bool) -> Vec<Finding> {
    let mut looking = Looking {
        config,
        findings: Vec::new(),
    };
    looking.register(acts, is_partial);
    looking.tombstones(&acts.disposals, is_partial);
    looking.findings
}

struct Looking<'a> {
    config: &'a Config,
    findings: Vec<Finding>,
}

impl Looking<'_> {
    fn found(&mut self, code: FindingCode, record: Option<RecordId>, path: &Path, detail: &str) {
        let below = path.strip_prefix(&self.config.data_folder);
        self.findings.push(Finding {
            code,
            record,
            path: Some(below.unwrap_or(path).to_string_lossy().into_owned()),
            detail: detail.to_owned(),
        });
    }

    fn register(&mut self, acts: &Acts, is_partial: bool) {
        let path = Path::new(FOLDER).join(FILE);
        let register = Register::read(&self.config.data_folder);
        let agreed = register.and_then(|register| match is_partial {
            true => Ok(0),
            false => register.unentered(acts),
        });
        match agreed {
            Ok(0) => {}
            Ok(lines) => {
                let detail = format!("{lines} lines have no entry in the ledger yet");
                self.found(FindingCode::RetentionUnentered, None, &path, &detail);
            }
            Err(error @ DisposalError::Io { .. }) => {
                self.found(FindingCode::Unreadable, None, &path, &error.to_string());
            }
            Err(error) => {
                self.found(
                    FindingCode::RetentionDiffers,
                    None,
                    &path,
                    &error.to_string(),
                );
            }
        }
    }

    fn tombstones(&mut self, disposals: &BTreeMap<RecordId, Disposal>, is_partial: bool) {
        for (record, disposal) in disposals {
            let path = tombstone_path(&self.config.data_folder, *record);
            match Tombstone::read(&path) {
                Ok(Some(Some(tombstone))) if tombstone.agrees(*record, disposal) => {}
                Ok(Some(_)) => {
                    let detail = "it is not what the ledger says";
                    self.found(FindingCode::TombstoneDiffers, Some(*record), &path, detail);
                }
                Ok(None) => {
                    let detail = "the ledger says that the record was disposed of; `sohoa dispose carry-out` again finishes it";
                    self.found(FindingCode::TombstoneMissing, Some(*record), &path, detail);
                }
                Err(error) => {
                    let detail = error.to_string();
                    self.found(FindingCode::Unreadable, Some(*record), &path, &detail);
                }
            }
            if Archive::has_remains(&self.config.staging(), *record) {
                let path = self.config.staging();
                let detail =
                    "its removal is not finished; `sohoa dispose carry-out` again finishes it";
                self.found(FindingCode::DisposedPresent, Some(*record), &path, detail);
            }
        }
        let root = folder(&self.config.data_folder).join("tombstones");
        if is_partial || !root.exists() {
            return;
        }
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(Path::new(FOLDER)).to_owned();
                    self.found(FindingCode::Unreadable, None, &path, &error.to_string());
                    continue;
                }
            };
            if !entry.file_type().is_file() || durable::is_temporary(entry.file_name()) {
                continue;
            }
            let stem = entry.path().file_stem().and_then(|stem| stem.to_str());
            let record = stem.and_then(|stem| stem.parse::<RecordId>().ok());
            let is_told = record.is_some_and(|record| {
                disposals.contains_key(&record)
                    && tombstone_path(&self.config.data_folder, record) == entry.path()
            });
            if !is_told {
                let detail = "the ledger does not say that this record was disposed of";
                self.found(FindingCode::TombstoneForeign, record, entry.path(), detail);
            }
        }
    }
}

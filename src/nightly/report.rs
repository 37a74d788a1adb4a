//! What a night's run found, and how that is kept: signed with the ledger's key, and entered in the ledger, so that no
//! report can be taken away or replaced unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::canary::Canary;
use super::state::{Counts, Underway};
use super::{FOLDER, pages};
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::describe::CONVERTER;
use crate::durable;
use crate::error::Error;
use crate::ledger::{Event, sign_statement};
use crate::office_ledger::audit::Audited;
use crate::office_ledger::{OfficeLedger, open_key};
use crate::record::{Finding, Severity, Sha256Digest};
use crate::repair::RepairReport;
use crate::verify::proof::Proofs;

/// Findings that a report lists; it counts all.
pub const LISTED_MAX: usize = 1_000;

/// The outcome of a night's run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NightReport {
    /// [`NightReport::FORMAT`].
    pub format: &'static str,
    /// Whose archive it is.
    pub agency: String,
    /// Program and version.
    pub program: &'static str,
    /// The night, by the day on which it began.
    pub night: Date,
    /// When the run began; in pieces, the first.
    pub started: Timestamp,
    /// When it came to its end.
    pub ended: Timestamp,
    /// `ok`, `indeterminate` or `failed`: of what was found, before anything was mended.
    pub verdict: &'static str,
    /// The slices that were read, such as `3/30`.
    pub slices: Vec<String>,
    /// What was read.
    pub counts: Counts,
    /// How often each code was found.
    pub found: BTreeMap<&'static str, u64>,
    /// What was found, the first [`LISTED_MAX`].
    pub findings: Vec<Finding>,
    /// What the check said of the damaged copy; `None` where the office has no good object to copy.
    pub canary: Option<Canary>,
    /// Entries and checkpoints of the ledger that were read.
    pub ledger: LedgerCounts,
    /// For how long documents prove their signatures.
    pub proof: ProofCounts,
    /// What was mended; `None` where nothing had to be, or nothing may be.
    pub repair: Option<RepairReport>,
}

/// Of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LedgerCounts {
    /// Entries that were read.
    pub entries: u64,
    /// Checkpoints that were compared.
    pub checkpoints: u64,
}

/// Of the documents that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProofCounts {
    /// Whose proof ends soon.
    pub ending: u64,
    /// Whose proof has ended.
    pub ended: u64,
    /// Of which nothing is known.
    pub unknown: u64,
}

/// The pieces that a report is made of.
pub(super) struct Found<'a> {
    pub(super) underway: &'a Underway,
    pub(super) canary: Option<Canary>,
    pub(super) audited: &'a Audited,
    pub(super) proofs: &'a Proofs,
    pub(super) findings: BTreeSet<Finding>,
    pub(super) repair: Option<RepairReport>,
    pub(super) holds_records: bool,
    pub(super) ended: Timestamp,
}

impl NightReport {
    /// The format written now.
    pub const FORMAT: &'static str = "sohoa-night/1";

    pub(super) fn of(config: &Config, found: Found<'_>) -> Self {
        let Found {
            underway,
            canary,
            audited,
            proofs,
            findings,
            repair,
            holds_records,
            ended,
        } = found;
        let mut codes = BTreeMap::new();
        for finding in &findings {
            *codes.entry(finding.code.as_str()).or_insert(0) += 1;
        }
        let worst = findings.iter().map(Finding::severity).max();
        let nights = config.nightly.nights;
        Self {
            format: Self::FORMAT,
            agency: config.agency.name.clone(),
            program: CONVERTER,
            night: underway.night,
            started: underway.started,
            ended,
            verdict: verdict(worst, proofs.ended(), canary.as_ref(), holds_records),
            slices: underway
                .done
                .iter()
                .map(|n| format!("{n}/{nights}"))
                .collect(),
            counts: underway.counts,
            found: codes,
            findings: findings.into_iter().take(LISTED_MAX).collect(),
            canary,
            ledger: LedgerCounts {
                entries: audited.entries,
                checkpoints: audited.checkpoints,
            },
            proof: ProofCounts {
                ending: proofs.ending(),
                ended: proofs.ended(),
                unknown: proofs.unknown(),
            },
            repair,
        }
    }

    /// What was mended, and what is left as it was.
    #[must_use]
    pub fn mended(&self) -> (usize, usize) {
        let repair = self.repair.as_ref();
        repair.map_or((0, 0), |it| (it.repaired.len(), it.left.len()))
    }
}

/// A check that did not see the damage says nothing good of anything; one that could not be checked itself is in doubt.
fn verdict(
    worst: Option<Severity>,
    ended: u64,
    canary: Option<&Canary>,
    holds_records: bool,
) -> &'static str {
    let is_blind = canary.is_some_and(|canary| !canary.is_reported);
    if worst == Some(Severity::Error) || ended > 0 || is_blind {
        return "failed";
    }
    let is_unchecked = canary.is_none() && holds_records;
    if worst == Some(Severity::Indeterminate) || is_unchecked {
        return "indeterminate";
    }
    "ok"
}

/// Where a report is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Below the data folder.
    pub told: String,
    /// The signed report; without a key of the ledger, unsigned.
    pub file: PathBuf,
    /// Whether it is signed.
    pub is_signed: bool,
}

/// The text that is signed: the report, and the digests of its other faces.
#[derive(Serialize)]
struct Signed<'a> {
    #[serde(flatten)]
    report: &'a NightReport,
    html_sha256: Sha256Digest,
    pdf_sha256: Sha256Digest,
}

/// Keeps a report as HTML, as PDF/A and, last, as signed JSON; enters it in the ledger.
///
/// # Errors
/// The disk's, the ledger's: then the run has not come to its end.
pub(super) fn keep(config: &Config, report: &NightReport) -> Result<Place, Error> {
    let name = format!(
        "{}-{}",
        report.night,
        report.ended.strftime("%Y%m%dT%H%M%S%fZ")
    );
    let told = format!("{FOLDER}/reports/{name}");
    let folder = config.data_folder.join(&told);
    durable::create_folders(&folder)?;
    let html = pages::html(report);
    durable::write_new(&folder.join("report.html"), html.as_bytes())?;
    let pdf = folder.join("report.pdf");
    pages::pdf(report, &pdf)?;
    let pdf = durable::stage_written(&pdf)?;
    let signed = Signed {
        report,
        html_sha256: Sha256Digest::of(html.as_bytes()),
        pdf_sha256: pdf.sha256,
    };
    // Plain text and numbers: serialising them cannot fail.
    let text = serde_json::to_string_pretty(&signed).unwrap_or_default();
    let (file, text) = match open_key(config) {
        Ok(key) => (folder.join("report.note"), sign_statement(&text, &key)),
        Err(_) => (folder.join("report.json"), text),
    };
    durable::write_new(&file, text.as_bytes())?;
    let is_signed = is_note(&file);
    if is_signed {
        enter(config, text.as_bytes(), report.ended)?;
    }
    Ok(Place {
        told,
        file,
        is_signed,
    })
}

fn is_note(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "note")
}

fn enter(config: &Config, text: &[u8], at: Timestamp) -> Result<(), Error> {
    let event = Event::Verified {
        report: Sha256Digest::of(text),
    };
    let archive = ArchiveReader::at(&config.folders.archive);
    OfficeLedger::new(config).enter(vec![event], at, &archive)
}

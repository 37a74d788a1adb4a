//! `sohoa verify`: every byte of the archive against inventories, signatures, the index and the ledger; the ledger by
//! itself; and for how long each document proves its signatures yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::arguments::Verify;
use super::output::Output;
use super::report::{Days, Levels, proven};
use crate::archive::ArchiveReader;
use crate::config::{Config, Limits};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::office_ledger::audit::{Audited, audit};
use crate::office_ledger::facts::add_facts;
use crate::record::{
    Clock, ExitCode, Explain, Finding, FindingCode, Lang, RecordId, Severity, Sha256Digest,
    SystemClock,
};
use crate::replica::check::check as check_replicas;
use crate::second_opinion;
use crate::validate::{Question, Validator};
use crate::verify::proof::{ProofCode, Proofs};
use crate::verify::{self, Accounts, LedgerFacts, Slice, VerifyReport};

#[derive(Serialize)]
struct FindingLine<'a> {
    severity: Severity,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// A finding about the end of a proof.
#[derive(Serialize)]
struct ProofLine {
    severity: Severity,
    code: ProofCode,
    record: RecordId,
    path: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct RecordLine {
    record: RecordId,
    proof: Days,
}

#[derive(Serialize)]
struct ProofTotals {
    levels: Levels,
    ending: u64,
    ended: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct Summary {
    verdict: &'static str,
    records: u64,
    files: u64,
    bytes: u64,
    errors: usize,
    indeterminate: usize,
    proof: ProofTotals,
    ledger: LedgerTotals,
    seconds: f64,
}

#[derive(Serialize)]
struct LedgerTotals {
    entries: u64,
    checkpoints: u64,
}

pub(super) fn run(arguments: &Verify, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let slice = slice_of(arguments)?;
    let archive = ArchiveReader::at(&config.folders.archive);
    let audited = audit(config);
    // Before the archive is looked at: what is in the ledger was in the archive first.
    let mut ledger = LedgerRead::of(config);
    let index = index_facts(config, output);
    // One entry a record, as in the index.
    let renew_days = config.timestamp.renew_days;
    let proofs = Mutex::new(Proofs::new(SystemClock.now(), renew_days, usize::MAX));
    let question = Question::at(SystemClock.now());
    let validator = Validator::of_office(&config.trust, whole_records(config), question)?;
    let report = verify::verify(
        &archive,
        Accounts {
            index: &index,
            ledger: ledger.facts(),
        },
        slice,
        &|object, description| {
            let proven = proven(object);
            let mut proofs = proofs.lock().unwrap_or_else(PoisonError::into_inner);
            match proven {
                Ok(proven) => proofs.add(proven),
                // Whether the signature holds is told by the check.
                Err(_) => proofs.add_unknown(),
            }
            drop(proofs);
            second_opinion::check_document(object, description, &validator)
        },
        config.workers,
    )?;
    let proofs = proofs.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut findings = still_true(report.findings.clone(), &archive, &mut ledger, config)?;
    findings.extend(audited.findings.iter().cloned());
    findings.extend(check_replicas(
        config,
        ledger.facts(),
        slice,
        config.workers,
    ));
    for finding in &findings {
        output.object(&FindingLine {
            severity: finding.severity(),
            finding,
        });
        let line = line_of(finding);
        output.say(&line, &line);
    }
    tell_proofs(&proofs, output);
    let summary = summary(&report, &findings, &proofs, &audited);
    output.object(&summary);
    say(&summary, output);
    Ok(if summary.verdict == "ok" {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

fn summary(
    report: &VerifyReport,
    findings: &[Finding],
    proofs: &Proofs,
    audited: &Audited,
) -> Summary {
    let count = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .count()
    };
    let ended = usize::try_from(proofs.ended()).unwrap_or(usize::MAX);
    let errors = count(Severity::Error).saturating_add(ended);
    Summary {
        verdict: verdict_of(errors, count(Severity::Indeterminate)),
        records: report.records_checked,
        files: report.files_checked,
        bytes: report.bytes_checked,
        errors,
        indeterminate: count(Severity::Indeterminate),
        proof: ProofTotals {
            levels: Levels::of(proofs),
            ending: proofs.ending(),
            ended: proofs.ended(),
            unknown: proofs.unknown(),
        },
        ledger: LedgerTotals {
            entries: audited.entries,
            checkpoints: audited.checkpoints,
        },
        seconds: report.seconds,
    }
}

/// What ends soon or has ended, for everybody; what each record has left, for machines.
fn tell_proofs(proofs: &Proofs, output: &Output) {
    for proven in proofs.first() {
        let Some(code) = proofs.code(proven) else {
            continue;
        };
        let line = ProofLine {
            severity: code.severity(),
            code,
            record: proven.record,
            path: describe::DOCUMENT,
            detail: proofs.detail(proven),
        };
        output.object(&line);
        let text = format!(
            "{}  {}  {}  {}",
            code.as_str(),
            line.record,
            line.path,
            line.detail
        );
        output.say(&text, &text);
    }
    for proven in proofs.first() {
        output.object(&RecordLine {
            record: proven.record,
            proof: Days::of(proven),
        });
    }
}

/// A record's document may be longer than what comes in at once: it is put together of several files.
fn whole_records(config: &Config) -> Limits {
    config.limits.admitting(4 * config.limits.file_bytes())
}

/// A daemon may archive while the walk goes on, so what index and archive seemed to disagree on is
/// looked at again while nobody commits.
fn still_true(
    mut findings: Vec<Finding>,
    archive: &ArchiveReader,
    ledger: &mut LedgerRead,
    config: &Config,
) -> Result<Vec<Finding>, Error> {
    let in_doubt = |finding: &Finding| {
        matches!(
            finding.code,
            FindingCode::IndexMissing | FindingCode::ArchiveMissing | FindingCode::LedgerMissing
        )
    };
    if !findings.iter().any(in_doubt) {
        return Ok(findings);
    }
    let _turn = CommitTurn::take(&config.folders.work)?;
    let indexed = Index::open(&config.folders.index)
        .and_then(|index| index.facts())
        .unwrap_or_default();
    ledger.read_on(config);
    findings.retain(|finding| match (finding.code, finding.record) {
        (FindingCode::LedgerMissing, Some(record)) => !ledger.has(record, finding),
        (FindingCode::IndexMissing, Some(record)) => !indexed.contains_key(&record),
        (FindingCode::ArchiveMissing, Some(record)) => !archive.contains(record).unwrap_or(false),
        _ => true,
    });
    Ok(findings)
}

/// Three verdicts: what could not be checked is neither good nor bad.
fn verdict_of(errors: usize, indeterminate: usize) -> &'static str {
    match (errors, indeterminate) {
        (0, 0) => "ok",
        (0, _) => "indeterminate",
        _ => "failed",
    }
}

fn slice_of(arguments: &Verify) -> Result<Slice, Error> {
    let Some(text) = &arguments.slice else {
        return Ok(Slice::ALL);
    };
    text.parse()
        .map_err(|_| JourneyError::Usage(format!("--slice {text}: n/t, 1 ≤ n ≤ t")).into())
}

/// What the ledger says, and how far it was read; why it cannot be read, the audit tells.
struct LedgerRead {
    facts: LedgerFacts,
    to: Option<u64>,
}

impl LedgerRead {
    fn of(config: &Config) -> Self {
        let mut facts = LedgerFacts::default();
        let to = add_facts(&config.ledger.folder, 0, &mut facts).ok();
        Self { facts, to }
    }

    fn facts(&self) -> Option<&LedgerFacts> {
        self.to.map(|_| &self.facts)
    }

    fn read_on(&mut self, config: &Config) {
        if let Some(from) = self.to {
            self.to = add_facts(&config.ledger.folder, from, &mut self.facts).ok();
        }
    }

    /// Whether the version that a finding is about stands in the ledger by now.
    fn has(&self, record: RecordId, finding: &Finding) -> bool {
        let path = finding.path.as_deref().unwrap_or_default();
        let version = path.rsplit_once("/v").map(|(_, digits)| digits.parse());
        matches!(version, Some(Ok(version)) if self.facts.has(record, version))
    }
}

/// An index that does not open holds nothing: every record is then reported as missing from it.
fn index_facts(config: &Config, output: &Output) -> BTreeMap<RecordId, Sha256Digest> {
    Index::open(&config.folders.index)
        .and_then(|index| index.facts())
        .unwrap_or_else(|error| {
            tracing::warn!(code = error.code(), cause = %error, "index not readable");
            output.say(&error.message(Lang::Vi), &error.message(Lang::En));
            BTreeMap::new()
        })
}

fn line_of(finding: &Finding) -> String {
    let record = finding
        .record
        .map_or_else(|| "–".to_owned(), |record| record.to_string());
    let path = finding.path.as_deref().unwrap_or("–");
    format!(
        "{}  {record}  {path}  {}",
        finding.code.as_str(),
        finding.detail
    )
}

fn say(summary: &Summary, output: &Output) {
    let Summary {
        records,
        files,
        bytes,
        errors,
        indeterminate,
        proof: ProofTotals { ending, ended, .. },
        seconds,
        ..
    } = summary;
    let megabytes = bytes / 1_000_000;
    output.say(
        &format!("Đã kiểm {records} bản ghi, {files} tệp, {megabytes} MB trong {seconds:.1} giây: {errors} lỗi, {indeterminate} chưa kiểm được."),
        &format!("Checked {records} records, {files} files, {megabytes} MB in {seconds:.1} s: {errors} errors, {indeterminate} not checkable."),
    );
    output.say(
        &format!(
            "Giá trị chứng minh: {ended} đã hết, {ending} sắp hết (xem `sohoa report proof`)."
        ),
        &format!("Proof: {ended} ended, {ending} end soon (see `sohoa report proof`)."),
    );
}

//! `sohoa verify`: every byte of the archive against inventories, signatures, the index and the ledger; the ledger by
//! itself; and for how long each document proves its signatures yet.

use serde::Serialize;

use super::arguments::Verify;
use super::output::Output;
use super::report::{Days, Levels};
use crate::config::Config;
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::inspection::Inspection;
use crate::office_ledger::audit::Audited;
use crate::record::{ExitCode, Explain, Finding, Lang, RecordId, Severity};
use crate::verify::proof::{ProofCode, Proofs};
use crate::verify::{Part, Slice, Unwatched, VerifyReport};

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
    if arguments.nightly {
        return super::nightly::run(config, output);
    }
    let mut inspection = Inspection::begin(config)?;
    if arguments.thorough {
        inspection.trust_nobody();
    }
    if let Some(error) = &inspection.index_fault {
        tracing::warn!(code = error.code(), cause = %error, "index not readable");
        output.say(&error.message(Lang::Vi), &error.message(Lang::En));
    }
    let part = Part::Slice { slice, from: None };
    let report = inspection.check(part, &Unwatched)?;
    let mut findings = report.findings.clone();
    findings.extend(inspection.audited.findings.iter().cloned());
    findings.extend(inspection.check_replicas(slice));
    findings.extend(inspection.check_disposals());
    let audited = inspection.audited.clone();
    let proofs = inspection.into_proofs();
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

/// Three verdicts: what could not be checked is neither good nor bad.
pub(super) fn verdict_of(errors: usize, indeterminate: usize) -> &'static str {
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

pub(super) fn line_of(finding: &Finding) -> String {
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

//! One night's run, from the damaged copy to the alarm. It may be stopped before each object, and goes on there.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::alarm::{self, Alarm};
use super::canary;
use super::report::{self, Found, NightReport, Place};
use super::state::{Counts, Finished, State, Underway};
use crate::config::Config;
use crate::error::Error;
use crate::inspection::Inspection;
use crate::journal::NightTurn;
use crate::ledger::{Ledger, LedgerError};
use crate::record::{Clock, Explain, Finding, Lang, RecordId, Severity, SystemClock};
use crate::repair::{Order, RepairReport, repair};
use crate::verify::{Part, Progress, Slice, VerifyReport, Watch};

/// New records that one night looks at; the slices come to the others.
const NEWEST_MAX: u64 = 20_000;
/// Findings that a stopped run remembers: an archive that has more is lost in any case.
const REMEMBERED_MAX: usize = 10_000;
/// How often the state is kept.
const KEEP: Duration = Duration::from_secs(5);
/// How often somebody who waits for his turn to read looks again.
const PACE: Duration = Duration::from_millis(20);

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What it found.
    pub report: NightReport,
    /// Where that is kept.
    pub place: Place,
}

/// Makes the night's run, or goes on with it; `None` where `goes_on` ended it before its end.
///
/// # Errors
/// Another process makes it; what is to be checked cannot be read at all; the report cannot be kept.
pub fn run(
    config: &Config,
    night: Date,
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Kept>, Error> {
    let _turn = NightTurn::take(&config.folders.work)?;
    let mut state = State::read(config);
    let mut underway = state.take_up(night, config, SystemClock.now());
    let entries = entries(config);
    let mut inspection = Inspection::begin(config)?;
    let looked = canary::look(config, &inspection, state.runs)?;
    let watcher = Watcher {
        config,
        goes_on,
        state: Mutex::new(&mut state),
        pace: Pace::new(config),
    };
    if !read_on(&mut inspection, &watcher, &mut underway, &looked.suspects)? {
        return Ok(None);
    }
    let mut findings: BTreeSet<Finding> = underway.findings.iter().cloned().collect();
    findings.extend(inspection.audited.findings.iter().cloned());
    findings.extend(inspection.check_disposals());
    for number in &underway.done {
        let slice = Slice::nth((*number).into(), config.nightly.nights.into());
        findings.extend(inspection.check_replicas(slice));
    }
    let repair = mend(config, &findings);
    let holds_records = !inspection.index().is_empty();
    let audited = inspection.audited.clone();
    let found = Found {
        underway: &underway,
        canary: looked.canary,
        audited: &audited,
        proofs: &inspection.into_proofs(),
        findings,
        repair,
        holds_records,
        ended: SystemClock.now(),
    };
    let report = NightReport::of(config, found);
    let place = report::keep(config, &report)?;
    if let Some(alarm) = Alarm::of_report(config, &report, &place.told) {
        alarm::raise(config, &alarm)?;
    }
    let finished = Finished {
        ended: report.ended,
        verdict: report.verdict.to_owned(),
        report: place.told.clone(),
    };
    state.finish(&underway, entries, finished);
    state.keep(config)?;
    alarm::send_unsent(config);
    Ok(Some(Kept { report, place }))
}

/// Entries of the ledger now; what comes later is new for the next night. None where it cannot be read.
fn entries(config: &Config) -> u64 {
    let head = Ledger::open(&config.ledger.folder).and_then(|ledger| ledger.head());
    head.map_or(0, |head| head.size)
}

/// Reads what is new or in doubt, and the slices; false where that was stopped.
fn read_on(
    inspection: &mut Inspection<'_>,
    watcher: &Watcher<'_, '_>,
    underway: &mut Underway,
    suspects: &BTreeSet<RecordId>,
) -> Result<bool, Error> {
    if !underway.is_newest_done {
        let mut newest = newest(watcher.config, watcher.entries_before());
        newest.extend(suspects);
        if !newest.is_empty() {
            let piece = watcher.piece(underway, false);
            let report = inspection.check(Part::Records(&newest), &piece)?;
            if !take(underway, report) {
                return Ok(false);
            }
        }
        underway.is_newest_done = true;
        watcher.keep(underway)?;
    }
    while let Some(number) = underway.slices.first().copied() {
        let part = Part::Slice {
            slice: Slice::nth(number.into(), watcher.config.nightly.nights.into()),
            from: underway.done_below,
        };
        let piece = watcher.piece(underway, true);
        let report = inspection.check(part, &piece)?;
        if !report.is_complete {
            // What it kept last is where it goes on.
            return Ok(false);
        }
        take(underway, report);
        underway.slices.remove(0);
        underway.done.push(number);
        underway.done_below = None;
        watcher.keep(underway)?;
    }
    Ok(true)
}

/// Adds what a piece found; whether the piece came to its end.
fn take(underway: &mut Underway, report: VerifyReport) -> bool {
    underway.counts = sum(
        underway.counts,
        (
            report.records_checked,
            report.files_checked,
            report.bytes_checked,
        ),
    );
    remember(&mut underway.findings, &report.findings);
    report.is_complete
}

fn sum(before: Counts, (records, files, bytes): (u64, u64, u64)) -> Counts {
    Counts {
        records: before.records + records,
        files: before.files + files,
        bytes: before.bytes + bytes,
    }
}

fn remember(known: &mut Vec<Finding>, new: &[Finding]) {
    let room = REMEMBERED_MAX.saturating_sub(known.len());
    known.extend(new.iter().take(room).cloned());
}

/// The records that came, were corrected, mended or used again since the last run: the last of them, where they are
/// more than a night should read.
fn newest(config: &Config, from: u64) -> BTreeSet<RecordId> {
    let read = || -> Result<BTreeSet<RecordId>, LedgerError> {
        let ledger = Ledger::open(&config.ledger.folder)?;
        let from = from.max(ledger.head()?.size.saturating_sub(NEWEST_MAX));
        let openings = ledger.recorded_from(from)?;
        let openings = openings.filter_map(|it| it.ok()?.opening);
        Ok(openings
            .filter_map(|opening| opening.event().record())
            .collect())
    };
    // Why it cannot be read, the audit tells.
    read().unwrap_or_default()
}

/// Mends what was found, if that is wanted. What stands in its way is told, and is no reason to have no report.
fn mend(config: &Config, findings: &BTreeSet<Finding>) -> Option<RepairReport> {
    let is_bad = |it: &Finding| it.severity() != Severity::Notice;
    if !config.nightly.repair || !findings.iter().any(is_bad) {
        return None;
    }
    let findings: Vec<Finding> = findings.iter().cloned().collect();
    let order = Order {
        dry_run: false,
        now: SystemClock.now(),
    };
    let repaired = repair(config, &findings, order);
    Some(repaired.unwrap_or_else(|error| {
        tracing::error!(code = error.code(), cause = %error, "nothing is mended");
        let left = crate::repair::Left {
            record: None,
            place: "archive".to_owned(),
            code: error.code(),
            detail: error.message(Lang::En),
        };
        RepairReport {
            left: vec![left],
            ..RepairReport::default()
        }
    }))
}

/// Keeps the state while pieces are read, and their pace.
struct Watcher<'a, 's> {
    config: &'a Config,
    goes_on: &'a (dyn Fn() -> bool + Sync),
    state: Mutex<&'s mut State>,
    pace: Pace,
}

impl<'c, 's> Watcher<'c, 's> {
    fn entries_before(&self) -> u64 {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.entries
    }

    fn keep(&self, underway: &Underway) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.underway = Some(underway.clone());
        Ok(state.keep(self.config)?)
    }

    /// `resumes` is whether the piece can go on where it was stopped.
    fn piece<'a>(&'a self, underway: &Underway, resumes: bool) -> Piece<'a, 'c, 's> {
        self.pace.begin();
        Piece {
            watcher: self,
            before: underway.clone(),
            resumes,
            kept: Mutex::new(Instant::now()),
        }
    }
}

/// One piece that is read.
struct Piece<'a, 'c, 's> {
    watcher: &'a Watcher<'c, 's>,
    before: Underway,
    resumes: bool,
    kept: Mutex<Instant>,
}

impl Piece<'_, '_, '_> {
    fn is_to_be_kept(&self) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = kept.elapsed() >= KEEP || !(self.watcher.goes_on)();
        if is_time {
            *kept = Instant::now();
        }
        is_time
    }
}

impl Watch for Piece<'_, '_, '_> {
    fn checked(&self, progress: &Progress<'_>) {
        self.watcher.pace.read(progress.bytes);
        if !self.resumes || !self.is_to_be_kept() {
            return;
        }
        let mut underway = self.before.clone();
        underway.done_below = progress.done_below.or(underway.done_below);
        let read = (progress.records, progress.files, progress.bytes);
        underway.counts = sum(underway.counts, read);
        remember(&mut underway.findings, progress.findings);
        if let Err(error) = self.watcher.keep(&underway) {
            tracing::warn!(code = error.code(), cause = %error, "how far the nightly run is, is not kept");
        }
    }

    fn goes_on(&self) -> bool {
        while (self.watcher.goes_on)() {
            if self.watcher.pace.is_free() {
                return true;
            }
            std::thread::sleep(PACE);
        }
        false
    }
}

/// How much may be read in a time.
struct Pace {
    bytes_per_second: Option<u64>,
    piece: Mutex<(Instant, u64)>,
}

impl Pace {
    fn new(config: &Config) -> Self {
        Self {
            bytes_per_second: config.nightly.bytes_per_second,
            piece: Mutex::new((Instant::now(), 0)),
        }
    }

    fn begin(&self) {
        *self.piece.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), 0);
    }

    /// So many bytes of the piece were read by now.
    fn read(&self, bytes: u64) {
        self.piece.lock().unwrap_or_else(PoisonError::into_inner).1 = bytes;
    }

    fn is_free(&self) -> bool {
        let (begun, bytes) = *self.piece.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(limit) = self.bytes_per_second else {
            return true;
        };
        begun.elapsed().as_millis() * u128::from(limit) >= u128::from(bytes) * 1000
    }
}

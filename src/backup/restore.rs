//! Restores an office from its sets, and checks all of it.
//!
//! Nothing is written over: the folder to restore into must not be there, and gets its name when everything in it is
//! on the disk. What the check finds is told, and does not take the restored away again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;

use super::set::{ARCHIVE, OFFICE, chain};
use super::tar_stream::read_all;
use super::{BackupError, Certificate, SetManifest, sets};
use crate::archive::{Archive, ArchiveReader, INVENTORY, OBJECT_DECLARATION, ROOT_FILES, SIDECAR};
use crate::config::{Config, Folders};
use crate::disposal::check::check as check_disposals;
use crate::durable::{self, DurableError};
use crate::error::Error;
use crate::index::Index;
use crate::ledger::{Ledger, VerifierKey, audit};
use crate::office_ledger::facts::{acts, add_facts};
use crate::record::{Finding, Severity};
use crate::reindex::rebuild_index;
use crate::second_opinion;
use crate::validate::{Question, Validator};
use crate::verify::{Accounts, LedgerFacts, Slice, verify};

const BUFFER_BYTES: usize = 128 * 1024;

/// What is to be restored, and where.
#[derive(Debug, Clone, Copy)]
pub struct RestoreOrder<'a> {
    /// The folder of sets.
    pub from: &'a Path,
    /// A file with identities of age.
    pub identity: &'a Path,
    /// Which set; else the newest.
    pub set: Option<&'a str>,
    /// The new folder.
    pub into: &'a Path,
    /// Keys of the office's ledger, from elsewhere than the set; may be none.
    pub keys: &'a [VerifierKey],
    /// Now.
    pub now: Timestamp,
}

/// What was restored, and what the check of it found.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The counts, and the verdict.
    pub certificate: Certificate,
    /// What is wrong or could not be checked.
    pub findings: Vec<Finding>,
    /// Folders that the restored `sohoa.toml` names elsewhere than where they were restored.
    pub elsewhere: Vec<PathBuf>,
}

/// Restores a set with those that it needs, and checks everything.
///
/// # Errors
/// [`BackupError`]; then there is no new folder.
pub fn restore(order: RestoreOrder<'_>) -> Result<Restored, Error> {
    let started = Instant::now();
    let identities = identities(order.identity)?;
    if fs::symlink_metadata(order.into).is_ok() {
        let path = order.into.to_owned();
        return Err(BackupError::Taken { path }.into());
    }
    let last = chosen(order.from, order.set)?;
    let needed = chain(order.from, &last)?;
    for set in &needed {
        set.require_whole(&order.from.join(&set.set), true)?;
    }
    let part = unfinished(order.into);
    durable::remove_tree(&part)?;
    durable::create_folders(&part)?;
    let filled = fill(&part, order.from, &needed, &identities);
    let outcome = filled.and_then(|()| {
        let outcome = check(&part, order, &needed, &last)?;
        durable::sync_tree(&part)?;
        durable::rename_new(&part, order.into)?;
        Ok(outcome)
    });
    let mut restored = outcome.inspect_err(|_| durable::discard_tree(&part))?;
    restored.certificate.seconds = started.elapsed().as_secs_f64();
    Ok(restored)
}

fn identities(file: &Path) -> Result<Vec<Box<dyn age::Identity>>, BackupError> {
    let wrong = || BackupError::Identity {
        path: file.to_owned(),
    };
    let bytes = crate::archive::read_metadata(file).map_err(BackupError::io(file))?;
    let read = age::IdentityFile::from_buffer(bytes.as_slice()).map_err(|_| wrong())?;
    let identities = read.into_identities().map_err(|_| wrong())?;
    match identities.is_empty() {
        true => Err(wrong()),
        false => Ok(identities),
    }
}

fn chosen(from: &Path, name: Option<&str>) -> Result<SetManifest, BackupError> {
    let none = || BackupError::NoSet {
        path: from.to_owned(),
    };
    let mut all = sets(from)?;
    match name {
        Some(name) => all.into_iter().find(|set| set.set == name).ok_or_else(none),
        None => all.pop().ok_or_else(none),
    }
}

/// Beside the folder, which gets its name by a rename.
fn unfinished(into: &Path) -> PathBuf {
    let name = into.file_name().unwrap_or_default().to_string_lossy();
    into.with_file_name(format!(".sohoa-{name}.part"))
}

fn fill(
    part: &Path,
    from: &Path,
    needed: &[SetManifest],
    identities: &[Box<dyn age::Identity>],
) -> Result<(), Error> {
    for set in needed {
        unpack(&from.join(&set.set).join(ARCHIVE), identities, part, true)?;
    }
    if let Some(last) = needed.last() {
        unpack(&from.join(&last.set).join(OFFICE), identities, part, false)?;
    }
    for folder in ["inbox", "outbox", "work", "quarantine"] {
        durable::create_folders(&part.join(folder))?;
    }
    Ok(())
}

fn unpack(
    file: &Path,
    identities: &[Box<dyn age::Identity>],
    part: &Path,
    is_archive: bool,
) -> Result<(), BackupError> {
    let refused = |detail: String| BackupError::NotRestored {
        file: file.to_owned(),
        detail,
    };
    read_all(file, identities, |path, data| {
        if path.starts_with("archive") != is_archive {
            let strange = io::Error::new(io::ErrorKind::InvalidData, "a file of another part");
            return Err(Unpacking::Stream(strange));
        }
        place(&part.join(&path), data, is_archive && is_replaced(&path))
    })
    .map_err(|error| match error {
        Unpacking::Stream(error) => refused(error.to_string()),
        Unpacking::Disk(error) => error,
    })
}

enum Unpacking {
    Stream(io::Error),
    Disk(BackupError),
}

impl From<DurableError> for Unpacking {
    fn from(error: DurableError) -> Self {
        Unpacking::Disk(error.into())
    }
}

impl From<io::Error> for Unpacking {
    fn from(error: io::Error) -> Self {
        Unpacking::Stream(error)
    }
}

/// Whether a later version, or set, brings the file again.
fn is_replaced(path: &Path) -> bool {
    let below = path.strip_prefix("archive").unwrap_or(path);
    let of_root = ROOT_FILES.iter().any(|(name, _)| below == Path::new(name));
    // Three tuples and the object's own folder, in which it lies.
    let of_object = below.components().count() == 5
        && below.file_name().is_some_and(|name| {
            [INVENTORY, SIDECAR, OBJECT_DECLARATION.0]
                .iter()
                .any(|it| name == *it)
        });
    of_root || of_object
}

fn place(path: &Path, data: &mut dyn Read, replaces: bool) -> Result<(), Unpacking> {
    if let Some(parent) = path.parent() {
        durable::stage_folders(parent)?;
    }
    if replaces {
        durable::remove_file(path)?;
    }
    durable::stage_stream(path, |file| {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let piece = match data.read(&mut buffer)? {
                0 => return Ok(()),
                length => buffer.get(..length).unwrap_or_default(),
            };
            let written = file.write_all(piece).map_err(BackupError::io(path));
            written.map_err(Unpacking::Disk)?;
        }
    })
}

/// Checks the restored office in `part` as `verify` checks a running one, and makes its index.
fn check(
    part: &Path,
    order: RestoreOrder<'_>,
    needed: &[SetManifest],
    last: &SetManifest,
) -> Result<Restored, Error> {
    let mut config = Config::load(&part.join("sohoa.toml"))?;
    let elsewhere = point_at(&mut config, part, order.into);
    forget_disposed(&config)?;
    let indexed = rebuild_index(&config)?;
    let index = Index::open(&config.folders.index)?.facts()?;
    let mut facts = LedgerFacts::default();
    add_facts(&config.ledger.folder, 0, &mut facts)?;
    let limits = config.limits.admitting(4 * config.limits.file_bytes());
    let validator = Validator::of_office(&config.trust, limits, Question::at(order.now))?;
    let mut report = verify(
        &ArchiveReader::at(&config.folders.archive),
        Accounts {
            index: &index,
            ledger: Some(&facts),
        },
        Slice::ALL,
        &|object, description, vouched| {
            second_opinion::check_document(object, description, &validator, vouched)
        },
        config.workers,
    )?;
    report
        .findings
        .extend(check_disposals(&config, Some(&facts)));
    let mut trusted = order.keys.to_vec();
    let is_key_known = !trusted.is_empty();
    if !is_key_known {
        trusted = Ledger::open(&config.ledger.folder)?.keys()?;
    }
    let audited = audit::audit(&config.ledger.folder, &trusted, &[])?;
    let mut codes = BTreeMap::new();
    let mut worst = report.worst();
    for finding in &report.findings {
        *codes.entry(finding.code.as_str().to_owned()).or_insert(0) += 1;
    }
    for finding in &audited.findings {
        *codes.entry(finding.code().to_owned()).or_insert(0) += 1;
        worst = worst.max(Some(finding.severity()));
    }
    Ok(Restored {
        certificate: Certificate {
            format: Certificate::FORMAT.to_owned(),
            agency: config.agency.name.clone(),
            set: last.set.clone(),
            kind: last.kind,
            made: last.made,
            restored: order.now,
            sets: needed.iter().map(|set| set.set.clone()).collect(),
            verdict: verdict(worst, last).to_owned(),
            records: report.records_checked,
            files: report.files_checked,
            bytes: report.bytes_checked,
            entries: audited.leaves,
            checkpoints: audited.checkpoints,
            indexed,
            findings: codes,
            is_key_known,
            seconds: 0.0,
        },
        findings: report.findings,
        elsewhere,
    })
}

/// An older set of the chain may hold what was disposed of by the time of the last.
fn forget_disposed(config: &Config) -> Result<(), Error> {
    let Some(acts) = acts(&config.ledger.folder)? else {
        return Ok(());
    };
    if acts.disposals.is_empty() {
        return Ok(());
    }
    let archive = Archive::open(&config.folders.archive, &config.staging())?;
    for record in acts.disposals.into_keys() {
        archive.condemn(record)?.remove()?;
    }
    Ok(())
}

/// Three verdicts, as `verify` has them. A set that lacks versions never restores all.
fn verdict(worst: Option<Severity>, last: &SetManifest) -> &'static str {
    match worst {
        _ if !last.missing.is_empty() => "failed",
        None | Some(Severity::Notice) => "ok",
        Some(Severity::Indeterminate) => "indeterminate",
        Some(Severity::Error) => "failed",
    }
}

/// The restored configuration may name folders outside the restored folder: they are not to be touched by its check.
fn point_at(config: &mut Config, part: &Path, into: &Path) -> Vec<PathBuf> {
    let restored = Folders {
        inbox: part.join("inbox"),
        outbox: part.join("outbox"),
        work: part.join("work"),
        quarantine: part.join("quarantine"),
        archive: part.join("archive"),
        index: part.join("index.sqlite"),
    };
    let ledger = part.join("ledger");
    let named = [
        (&config.folders.archive, &restored.archive),
        (&config.folders.index, &restored.index),
        (&config.folders.work, &restored.work),
        (&config.ledger.folder, &ledger),
    ];
    let elsewhere = named.into_iter().filter(|(named, own)| named != own);
    let elsewhere = elsewhere
        .map(|(named, _)| {
            named
                .strip_prefix(part)
                .map_or(named.clone(), |it| into.join(it))
        })
        .collect();
    config.folders = restored;
    config.ledger.folder = ledger;
    config.replicas.clear();
    elsewhere
}

//! The files of the worklist in a job's folder.
//!
//! ```text
//! work/<record-id>/worklist.json    what a person must settle, and what helps to settle it
//! work/<record-id>/decisions.json   what people decided, oldest first
//! ```
//! Both may name citizens; neither is read by anybody but this program and the staff's screens.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Open, Question, WorklistError};
use crate::capture::{DECISIONS, ScanBatch};
use crate::durable;
use crate::recognise::ReadPage;
use crate::record::{
    Candidate, DecisionRecord, DocumentKind, DossierCode, Field, PageReading, RecordId, StationName,
};

const ENTRY: &str = "worklist.json";
/// More than anybody looks at.
const FIELDS_MAX: usize = 1000;
/// Nobody decides so much about one document.
const DECISIONS_MAX: usize = 500;
/// A file of ours is shorter: 2,000 pages of an entry take 0.2 MiB.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// One document that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `sohoa-worklist/1`.
    pub format: String,
    /// The number that the record will have.
    pub record: RecordId,
    /// Where it came from.
    pub station: StationName,
    /// Name of its first file as dropped.
    pub dropped_as: String,
    /// When it was claimed.
    pub claimed: Timestamp,
    /// Since when it waits.
    pub since: Timestamp,
    /// What is to be settled.
    pub questions: Vec<Question>,
    /// Whom it may belong to.
    pub candidates: Vec<Candidate>,
    /// Which dossiers are named.
    pub dossiers: Vec<DossierCode>,
    /// What kind it seems to be.
    pub kind: Option<DocumentKind>,
    /// Its pages, and how they were read.
    pub pages: Vec<EntryPage>,
    /// What the pages say, by their numbers in the scan.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The scans' names in the job's folder, in page order.
    #[serde(default)]
    pub files: Vec<String>,
    /// Which of their pages, from 0, where it is not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Vec<usize>>,
}

/// A page of such a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryPage {
    /// From 1, as decisions name it.
    pub page: usize,
    /// How reading ended.
    pub reading: PageReading,
    /// Clockwise turn that makes it upright, where it was read.
    pub upright: Option<u16>,
}

impl EntryPage {
    fn of(number: usize, read: Option<&ReadPage>) -> Self {
        Self {
            page: number + 1,
            reading: read.map(|read| read.page.reading).unwrap_or_default(),
            upright: read.map(|read| read.page.upright),
        }
    }
}

impl Entry {
    const FORMAT: &'static str = "sohoa-worklist/1";
}

/// What was read of the document.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    /// A page each; empty where nothing was read.
    pub pages: &'a [ReadPage],
    /// What they say.
    pub fields: &'a [Field],
}

/// The worklist's part of one job's folder.
pub struct Desk<'a> {
    folder: &'a Path,
}

impl<'a> Desk<'a> {
    /// The desk of the job in `folder`.
    #[must_use]
    pub fn of(folder: &'a Path) -> Self {
        Self { folder }
    }

    /// Lays a document out for a person. Again with the same questions, it has waited since the first time.
    ///
    /// # Errors
    /// The disk's.
    pub fn lay_out(
        &self,
        batch: &ScanBatch,
        now: Timestamp,
        open: &Open,
        page_count: usize,
        found: Found<'_>,
    ) -> Result<(), WorklistError> {
        let before = self
            .entry()?
            .filter(|entry| entry.questions == open.questions);
        let entry = Entry {
            format: Entry::FORMAT.to_owned(),
            record: batch.record,
            station: batch.station.clone(),
            dropped_as: batch
                .files
                .first()
                .map(|file| file.dropped_as.clone())
                .unwrap_or_default(),
            claimed: batch.claimed,
            since: before.map_or(now, |entry| entry.since),
            questions: open.questions.clone(),
            candidates: open.candidates.clone(),
            dossiers: open.dossiers.clone(),
            kind: open.kind.clone(),
            pages: (0..page_count)
                .map(|number| EntryPage::of(number, found.pages.get(number)))
                .collect(),
            fields: found.fields.iter().take(FIELDS_MAX).cloned().collect(),
            files: batch.paths().filter_map(|path| name_of(path)).collect(),
            selection: batch.selection.clone(),
        };
        self.write(ENTRY, &entry)
    }

    /// Nothing is open any more.
    ///
    /// # Errors
    /// The disk's.
    pub fn clear(&self) -> Result<(), WorklistError> {
        Ok(durable::remove_file(&self.folder.join(ENTRY))?)
    }

    /// What a person finds, if the document waits for one.
    ///
    /// # Errors
    /// The disk's, or [`WorklistError::Damaged`].
    pub fn entry(&self) -> Result<Option<Entry>, WorklistError> {
        let entry: Option<Entry> = read(&self.folder.join(ENTRY))?;
        match entry {
            Some(entry) if entry.format != Entry::FORMAT => {
                Err(damaged(&self.folder.join(ENTRY), "unknown format"))
            }
            entry => Ok(entry),
        }
    }

    /// Whether somebody decided something since the document was laid out, or settled it: then it waits for
    /// no person any more, even if who did so was interrupted.
    #[must_use]
    pub fn has_news(&self) -> bool {
        let written = |name| {
            let file = fs::metadata(self.folder.join(name));
            file.and_then(|file| file.modified()).ok()
        };
        match (written(DECISIONS), written(ENTRY)) {
            (Some(decided), Some(laid_out)) => decided >= laid_out,
            (_, laid_out) => laid_out.is_none(),
        }
    }

    /// What people decided so far, oldest first.
    ///
    /// # Errors
    /// The disk's, or [`WorklistError::Damaged`].
    pub fn decisions(&self) -> Result<Vec<DecisionRecord>, WorklistError> {
        Ok(read(&self.folder.join(DECISIONS))?.unwrap_or_default())
    }

    /// Adds decisions. The caller holds the job, so nobody else adds one at the same time.
    ///
    /// # Errors
    /// The disk's; [`WorklistError::TooMany`].
    pub fn decide(
        &self,
        taken: impl IntoIterator<Item = DecisionRecord>,
    ) -> Result<(), WorklistError> {
        let mut decisions = self.decisions()?;
        decisions.extend(taken);
        if decisions.len() > DECISIONS_MAX {
            return Err(WorklistError::TooMany);
        }
        self.write(DECISIONS, &decisions)
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), WorklistError> {
        let path = self.folder.join(name);
        let bytes =
            serde_json::to_vec_pretty(value).map_err(|error| damaged(&path, &error.to_string()))?;
        Ok(durable::replace(&path, &bytes)?)
    }
}

/// All documents under `work` that wait for a person, the longest waiting first.
///
/// # Errors
/// The disk's, or [`WorklistError::Damaged`].
pub fn entries(work: &Path) -> Result<Vec<Entry>, WorklistError> {
    let unreadable = |source| WorklistError::Unreadable {
        path: work.to_owned(),
        source,
    };
    let mut entries = Vec::new();
    for folder in fs::read_dir(work).map_err(unreadable)? {
        let folder: PathBuf = folder.map_err(unreadable)?.path();
        let is_job = folder
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.parse::<RecordId>().is_ok());
        if is_job {
            entries.extend(Desk::of(&folder).entry()?);
        }
    }
    entries.sort_by_key(|entry| (entry.since, entry.record));
    Ok(entries)
}

fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, WorklistError> {
    let unreadable = |source| WorklistError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = match durable::open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    // Not serde's own words: they can quote a value, and this file names people.
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        damaged(path, &place)
    })
}

fn damaged(path: &Path, reason: &str) -> WorklistError {
    WorklistError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

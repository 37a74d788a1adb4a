//! What the office holds, read for the desk: the index for look-ups, the archive for everything that is shown.
//!
//! Bytes are compared with their digest before anybody sees them; an answer is kept for as long as the file on the disk
//! stays the same. Errors are logged here with their cause; browsers get a code.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::reply::Refusal;
use crate::archive::{ArchiveReader, ArchivedObject};
use crate::config::{Config, Limits, ScannerProfile, TrustConfig};
use crate::durable::open_regular;
use crate::index::{Index, IndexError, IndexRow, Query};
use crate::look_up::{self, Found, Search};
use crate::pages::{self, PageError, PageImage};
use crate::record::{Digests, Explain, PadesLevel, RecordDescription, RecordId, Sha256Digest};
use crate::sign::augment::inspect;
use crate::validate::report::Report;
use crate::validate::{Question, Validator};

/// Answers kept about files; all are forgotten when there are more.
const KNOWN_MAX: usize = 10_000;

/// What a document proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProofNow {
    /// The lowest level of its signatures.
    pub(super) level: PadesLevel,
    /// Until when.
    pub(super) until: Timestamp,
    /// Whole days from now; negative where it has ended.
    pub(super) days_left: i64,
}

/// A record as the archive has it now.
pub(super) struct Held {
    pub(super) object: ArchivedObject,
    pub(super) description: RecordDescription,
}

/// A file on the disk as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// What the office holds.
pub(super) struct Holdings {
    index: PathBuf,
    archive: ArchiveReader,
    trust: TrustConfig,
    limits: Limits,
    /// Open and not in use.
    indexes: Mutex<Vec<Index>>,
    checked: Mutex<BTreeMap<Stamp, Sha256Digest>>,
    proofs: Mutex<BTreeMap<Stamp, Option<(PadesLevel, Timestamp)>>>,
    /// One validation at a time: it reads a whole document.
    validating: Mutex<()>,
}

impl Holdings {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            index: config.folders.index.clone(),
            archive: ArchiveReader::at(&config.folders.archive),
            trust: config.trust.clone(),
            limits: config.limits,
            indexes: Mutex::default(),
            checked: Mutex::default(),
            proofs: Mutex::default(),
            validating: Mutex::default(),
        }
    }

    /// Looks a line up.
    pub(super) fn look_up(&self, search: &Search) -> Result<Found, Refusal> {
        self.ask(|index| look_up::look_up(index, search))
    }

    /// Looks up in the index.
    pub(super) fn find(&self, query: &Query, limit: u32) -> Result<Vec<IndexRow>, Refusal> {
        self.ask(|index| index.find(query, limit))
    }

    /// The records about which a person must still decide something, oldest first.
    pub(super) fn needing_attention(&self, limit: u32) -> Result<Vec<IndexRow>, Refusal> {
        self.ask(|index| index.needing_attention(limit))
    }

    /// Over a connection of its own.
    fn ask<T>(&self, ask: impl FnOnce(&Index) -> Result<T, IndexError>) -> Result<T, Refusal> {
        let kept = locked(&self.indexes).pop();
        let index = match kept {
            Some(index) => index,
            None => Index::open(&self.index).map_err(failed)?,
        };
        // One that failed is closed: the file may be another one since.
        let answer = ask(&index).map_err(failed)?;
        locked(&self.indexes).push(index);
        Ok(answer)
    }

    /// A record from the archive itself.
    pub(super) fn record(&self, record: RecordId) -> Result<Held, Refusal> {
        let object = self.archive.object(record).map_err(failed)?;
        let object = object.ok_or(Refusal::NotFound)?;
        let description = object.description().map_err(failed)?;
        Ok(Held {
            object,
            description,
        })
    }

    /// A file of a record, open, once its bytes are those of `digest`.
    pub(super) fn file(
        &self,
        held: &Held,
        logical: &str,
        digest: &Sha256Digest,
    ) -> Result<File, Refusal> {
        let path = held.object.content_path(logical).ok_or(Refusal::Damaged)?;
        let file = open_regular(&path).map_err(unreadable)?;
        let stamp = stamp_of(&file)?;
        let known = locked(&self.checked).get(&stamp).copied();
        let found = match known {
            Some(found) => found,
            None => {
                let again = open_regular(&path).map_err(unreadable)?;
                let found = Digests::of_reader(again).map_err(unreadable)?.sha256;
                keep(&self.checked, stamp, found);
                found
            }
        };
        if found == *digest {
            Ok(file)
        } else {
            let record = held.object.record();
            tracing::error!(%record, "the archive's bytes are not what they were; run `sohoa verify`");
            Err(Refusal::Damaged)
        }
    }

    /// A page of a record as the scanner made it, from 0, once the file's bytes are those of its digest.
    pub(super) fn page(
        &self,
        held: &Held,
        number: usize,
        profile: &ScannerProfile,
    ) -> Result<Result<PageImage, PageError>, Refusal> {
        let description = &held.description;
        let page = description.pages.get(number).ok_or(Refusal::NotFound)?;
        let original = description.originals.get(page.original);
        let original = original.ok_or(Refusal::NotFound)?;
        let _checked = self.file(held, &original.stored_as, &original.sha256)?;
        let path = held.object.content_path(&original.stored_as);
        let path = path.ok_or(Refusal::Damaged)?;
        let file = pages::open(&path, page.original, profile, &self.limits);
        Ok(file.and_then(|file| file.page(page.original_page)))
    }

    /// What a record's document proves now; `None` where it cannot be read or is not signed.
    pub(super) fn proof(&self, held: &Held, now: Timestamp) -> Option<ProofNow> {
        let path = held.object.content_path(&held.description.document)?;
        let stamp = stamp_of(&open_regular(&path).ok()?).ok()?;
        let known = locked(&self.proofs).get(&stamp).copied();
        let (level, until) = match known {
            Some(known) => known,
            None => {
                let read = inspect(&path).ok().map(|proof| (proof.level, proof.until));
                keep(&self.proofs, stamp, read);
                read
            }
        }?;
        Some(ProofNow {
            level,
            until,
            days_left: (until.as_second() - now.as_second()).div_euclid(86_400),
        })
    }

    /// Judges the signatures of a record's document now, with what is in the file and the office's roots; nobody is
    /// asked over the network.
    pub(super) fn validate(&self, held: &Held, now: Timestamp) -> Result<Report, Refusal> {
        let _turn = self.validating.try_lock().map_err(|_| Refusal::Busy)?;
        let document = &held.description.document;
        let path = held.object.content_path(document).ok_or(Refusal::Damaged)?;
        let validator =
            Validator::of_office(&self.trust, self.limits, Question::at(now)).map_err(failed)?;
        let mut report = validator.validate(&path).map_err(failed)?;
        // Where it lies on this machine is nothing to a browser.
        report.file = document.clone();
        Ok(report)
    }

    /// The text of a record's pages.
    pub(super) fn text(&self, held: &Held) -> Result<Option<String>, Refusal> {
        held.object.text(&held.description).map_err(failed)
    }

    /// Whether index and archive answer at all; else the code of what is wrong.
    pub(super) fn health(&self) -> [Result<(), &'static str>; 2] {
        // No record has this number; finding none is an answer.
        let nobody = Query {
            record: "00000000-0000-0000-0000-000000000000".parse().ok(),
            ..Query::default()
        };
        let index = match self.find(&nobody, 1) {
            Ok(_) => Ok(()),
            Err(Refusal::Failed(code)) => Err(code),
            Err(_) => Err("index"),
        };
        let archive = match self.archive.root_faults().next() {
            None => Ok(()),
            Some(_) => Err("archive.root"),
        };
        [index, archive]
    }
}

fn keep<V>(known: &Mutex<BTreeMap<Stamp, V>>, stamp: Stamp, value: V) {
    let mut known = locked(known);
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    known.insert(stamp, value);
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stamp_of(file: &File) -> Result<Stamp, Refusal> {
    let metadata = file.metadata().map_err(unreadable)?;
    Ok(Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        bytes: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
    })
}

fn failed<E: Explain>(error: E) -> Refusal {
    let code = error.code();
    tracing::error!(code, cause = %error, "the desk could not answer");
    Refusal::Failed(code)
}

fn unreadable(error: std::io::Error) -> Refusal {
    tracing::error!(cause = %error, "a file of the archive cannot be read");
    Refusal::Failed("archive.unreadable")
}

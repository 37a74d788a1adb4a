//! What is kept of a repair: the damaged files with `reason.json`, and an entry in the ledger.
//!
//! ```text
//! quarantine/repair/<day>/<record>-<time>/   the damaged files, by their path in the object
//!     reason.json   written before anything is touched
//!     done          the object was looked at again, and is good
//!     superseded    a crash ended it, and a later repair began anew
//!     entered       the ledger has the entry over reason.json
//! ```
//!
//! A crash between two of these leaves a trace: the next repair mends the object again, or enters what is done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ASIDE;
use crate::archive::{ArchiveReader, read_metadata};
use crate::config::Config;
use crate::durable::{self, DurableError};
use crate::error::{Error, JourneyError};
use crate::ledger::{Event, Ledger};
use crate::office_ledger::OfficeLedger;
use crate::quarantine::REASON_FILE;
use crate::record::{RecordId, Sha256Digest, Sha512Digest};
use crate::replica::Replica;

const DONE: &str = "done";
const SUPERSEDED: &str = "superseded";
const ENTERED: &str = "entered";

/// Why files lie aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// [`Reason::FORMAT`].
    pub format: String,
    /// Whose object it is.
    pub record: RecordId,
    /// `archive`, or the replica's name behind `replica/`.
    pub place: String,
    /// What vouches for the object: `ledger` or `sidecar`.
    pub proof: String,
    /// When.
    pub time: Timestamp,
    /// SHA-256 of the inventory of the object's latest version.
    pub inventory: Sha256Digest,
    /// What was wrong.
    pub files: Vec<FileReason>,
}

/// A file that was not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReason {
    /// Below the object's folder.
    pub path: String,
    /// `missing`, `changed`, `unreadable` or `unexpected`.
    pub fault: String,
    /// What its bytes must come to.
    pub sha512: Option<Sha512Digest>,
    /// What they came to.
    pub found_sha512: Option<Sha512Digest>,
    /// Which copy gave the right bytes; none for what follows from the inventory, and for what no copy has.
    pub from: Option<String>,
}

impl Reason {
    /// The format written now.
    pub const FORMAT: &'static str = "sohoa-repair/1";
}

/// The folder for what one repair takes away.
pub(super) struct Aside {
    folder: PathBuf,
    told: String,
}

/// The day of a time, UTC, as folders are named.
pub(super) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The same with the time of day.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H%M%S%fZ").to_string()
}

impl Aside {
    pub(super) fn in_quarantine(config: &Config, record: RecordId, now: Timestamp) -> Self {
        let told = format!("{ASIDE}/{}/{record}-{}", day(now), stamp(now));
        Self {
            folder: config.folders.quarantine.join(&told),
            told,
        }
    }

    pub(super) fn in_replica(replica: &Replica, record: RecordId, now: Timestamp) -> Self {
        let told = format!("aside/{}/{record}-{}", day(now), stamp(now));
        Self {
            folder: replica.path().join(&told),
            told,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn told(&self) -> &str {
        &self.told
    }

    pub(super) fn keep_reason(&self, reason: &Reason) -> Result<(), DurableError> {
        durable::create_folders(&self.folder)?;
        // Plain text and numbers: serialising them cannot fail.
        let text = serde_json::to_vec_pretty(reason).unwrap_or_default();
        durable::write_new(&self.folder.join(REASON_FILE), &text)
    }
}

/// Repairs of the archive that a crash ended: whose, and the folder of what they took away.
pub(super) fn interrupted(config: &Config) -> Result<Vec<(RecordId, PathBuf)>, Error> {
    let mut found = Vec::new();
    for folder in all(config)? {
        if [DONE, SUPERSEDED].iter().any(|it| folder.join(it).exists()) {
            continue;
        }
        // Without a reason nothing was touched yet.
        let reason = read_metadata(&folder.join(REASON_FILE)).ok();
        let reason = reason.and_then(|it| serde_json::from_slice::<Reason>(&it).ok());
        found.extend(reason.map(|reason| (reason.record, folder)));
    }
    Ok(found)
}

/// An interrupted repair after which nothing is left to be done.
pub(super) fn finish(folder: &Path) -> Result<(), DurableError> {
    durable::write_new(&folder.join(DONE), b"")
}

/// An interrupted repair that another takes the place of.
pub(super) fn supersede(folder: &Path) -> Result<(), DurableError> {
    durable::write_new(&folder.join(SUPERSEDED), b"")
}

/// The folders of all repairs of the archive.
fn all(config: &Config) -> Result<Vec<PathBuf>, Error> {
    let mut all = Vec::new();
    for day in folders(&config.folders.quarantine.join(ASIDE))? {
        all.extend(folders(&day)?);
    }
    Ok(all)
}

/// Enters the repairs that are done and not entered yet.
///
/// # Errors
/// The ledger's, the disk's.
pub(super) fn enter_unentered(
    config: &Config,
    ledger: &OfficeLedger<'_>,
    archive: &ArchiveReader,
) -> Result<(), Error> {
    for folder in all(config)? {
        if !folder.join(DONE).exists() || folder.join(ENTERED).exists() {
            continue;
        }
        let path = folder.join(REASON_FILE);
        let bytes = read_metadata(&path).map_err(failed(&path))?;
        let Ok(reason) = serde_json::from_slice::<Reason>(&bytes) else {
            continue;
        };
        let event = Event::Repaired {
            record: reason.record,
            inventory: reason.inventory,
            report: Sha256Digest::of(&bytes),
        };
        ledger.prepare(archive)?;
        // A crash may have come between the entry and the note of it.
        let known = Ledger::open(&config.ledger.folder)?.position(&event, 0)?;
        if known.is_none() {
            ledger.enter(vec![event], reason.time, archive)?;
        }
        durable::write_new(&folder.join(ENTERED), b"")?;
    }
    Ok(())
}

/// The folders in a folder, in order; none where it is not there.
fn folders(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed(root))?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed(root))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> JourneyError {
    move |source| JourneyError::Io {
        path: path.to_owned(),
        source,
    }
}

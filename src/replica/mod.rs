//! Replicas: a copy of archive and ledger on another disk, from which damage is repaired.
//!
//! ```text
//! replica.json    whose copy it is, and how far it goes; nothing is written where it is not
//! archive/        an OCFL 1.1 storage root, valid by itself
//! ledger/         a copy of the ledger: tiles, checkpoints, tokens, openings
//! staging/        versions that are being copied
//! aside/          damaged files that were replaced, with reason.json
//! ```
//!
//! The ledger is the list of what is to be copied: it has an entry for every version, in order, with the digest of the
//! version's inventory. So nothing gets into a replica that was changed after it was archived, a replica that was away
//! is caught up from where it stopped, and nobody has to walk an archive to find what is new.
//!
//! What it does not do: it looks at nothing that was copied before (`verify` does), and repairs nothing.

mod attend;
pub mod check;
mod error;
mod marker;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::archive::{Archive, ArchiveError, ArchiveReader, VersionElsewhere, VersionNumber};
use crate::config::{Config, ReplicaConfig};
use crate::disposal::{aside, tombstone_path};
use crate::durable::{self, Action, DurableError};
use crate::ledger::{self, ArchivedVersion, Event, Ledger, Recorded};
use crate::record::{Explain, RecordId};

pub(crate) use attend::attend;
pub use error::ReplicaError;
use marker::Marker;

/// Entries after which it is written down how far the copy goes.
const NOTED_EVERY: u64 = 64;

/// A replica that is there and is this office's.
pub struct Replica {
    path: PathBuf,
    data_folder: PathBuf,
    marker: Marker,
}

/// How a replica stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Entries of the ledger whose versions are copied, but for those that failed.
    pub entries: u64,
    /// Entries that there are.
    pub of: u64,
    /// Versions that could not be copied: the archive's are damaged or missing.
    pub failed: u64,
    /// Whether it lies on the disk of the archive, and would be lost with it.
    pub is_same_disk: bool,
}

/// What a round of copying did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// Versions that are in the replica now and were not before.
    pub versions: u64,
    /// Versions that could not be copied.
    pub failed: u64,
    /// Entries of the ledger that are done with.
    pub entries: u64,
}

impl Replica {
    /// Makes an empty or missing folder a replica of this office's archive; on one that is it does nothing.
    ///
    /// # Errors
    /// [`ReplicaError::NotEmpty`], [`ReplicaError::Foreign`]; the office has no ledger yet; the disk's.
    pub fn begin(config: &Config, replica: &ReplicaConfig) -> Result<Self, ReplicaError> {
        match Self::open(config, replica) {
            Err(ReplicaError::Away { .. }) => {}
            opened => return opened,
        }
        let path = &replica.path;
        let origin = Ledger::open(&config.ledger.folder)?.head()?.origin;
        marker::require_empty(path)?;
        Archive::create(&archive_of(path))?;
        durable::create_folders(&ledger_of(path))?;
        // Last: what has it has everything.
        Marker::new(origin.to_string()).keep(path)?;
        Self::open(config, replica)
    }

    /// The replica, if it is there.
    ///
    /// # Errors
    /// [`ReplicaError::Away`], [`ReplicaError::Foreign`]; the office's ledger cannot be read.
    pub fn open(config: &Config, replica: &ReplicaConfig) -> Result<Self, ReplicaError> {
        let path = replica.path.clone();
        let away = || ReplicaError::Away {
            name: replica.name.clone(),
            path: path.clone(),
        };
        let marker = Marker::read(&path)?.ok_or_else(away)?;
        let origin = Ledger::open(&config.ledger.folder)?.head()?.origin;
        if marker.origin != origin.as_str() {
            return Err(ReplicaError::Foreign { path });
        }
        let data_folder = config.data_folder.clone();
        Ok(Self {
            path,
            data_folder,
            marker,
        })
    }

    /// Its storage root.
    #[must_use]
    pub fn archive(&self) -> ArchiveReader {
        ArchiveReader::at(&archive_of(&self.path))
    }

    /// Its copy of the ledger.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        ledger_of(&self.path)
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its storage root, for writing.
    ///
    /// # Errors
    /// [`ArchiveError::RootInvalid`].
    pub fn open_archive(&self) -> Result<Archive, ArchiveError> {
        Archive::open(&archive_of(&self.path), &self.path.join("staging"))
    }

    /// Puts its copy of the ledger aside and makes it anew.
    ///
    /// # Errors
    /// The disk's, the ledger's.
    pub fn renew_ledger(&self, config: &Config, aside: &Path) -> Result<(), ReplicaError> {
        let _turn = self.turn()?;
        if let Some(parent) = aside.parent() {
            durable::create_folders(parent)?;
        }
        if self.ledger().exists() {
            durable::rename_new(&self.ledger(), aside)?;
        }
        ledger::copy(&config.ledger.folder, &self.ledger())?;
        Ok(())
    }

    /// How far it goes.
    ///
    /// # Errors
    /// The office's ledger cannot be read.
    pub fn standing(&self, config: &Config) -> Result<Standing, ReplicaError> {
        let device = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.dev());
        Ok(Standing {
            entries: self.marker.entries,
            of: Ledger::open(&config.ledger.folder)?.head()?.size,
            failed: self.marker.failed.len() as u64,
            is_same_disk: device(&self.path) == device(&config.folders.archive),
        })
    }

    /// Copies what the ledger has and the replica has not, then the ledger itself; with `anew` from the first entry on.
    /// Stops early where `go_on` says no.
    ///
    /// A version that the archive cannot give (it is damaged, or gone) is noted, and tried again at every call.
    ///
    /// # Errors
    /// The replica's disk, or the ledger's. What was copied until then stays.
    pub fn copy(
        &mut self,
        config: &Config,
        anew: bool,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Copied, ReplicaError> {
        let _turn = self.turn()?;
        // Another process may have gone on since it was opened.
        if let Some(marker) = Marker::read(&self.path)? {
            self.marker = marker;
        }
        if anew {
            self.marker.entries = 0;
        }
        let source = ArchiveReader::at(&config.folders.archive);
        let target = self.open_archive()?;
        let ledger = Ledger::open(&config.ledger.folder)?;
        let mut copied = Copied::default();
        for entry in std::mem::take(&mut self.marker.failed) {
            let recorded = ledger.recorded(entry);
            self.entry(recorded?, (&source, &target), &mut copied)?;
        }
        let mut is_whole = true;
        for recorded in ledger.recorded_from(self.marker.entries)? {
            if !go_on() {
                is_whole = false;
                break;
            }
            self.entry(recorded?, (&source, &target), &mut copied)?;
            if self.marker.entries.is_multiple_of(NOTED_EVERY) {
                self.marker.keep(&self.path)?;
            }
        }
        if is_whole {
            ledger::copy(&config.ledger.folder, &self.ledger())?;
        }
        self.marker.keep(&self.path)?;
        copied.failed = self.marker.failed.len() as u64;
        copied.entries = self.marker.entries;
        Ok(copied)
    }

    /// One entry of the ledger; what the archive cannot give is noted, what the replica cannot take ends the round.
    fn entry(
        &mut self,
        recorded: Recorded,
        (source, target): (&ArchiveReader, &Archive),
        copied: &mut Copied,
    ) -> Result<(), ReplicaError> {
        let index = recorded.index;
        let event = recorded.opening.as_ref().map(|opening| opening.event());
        let taken = match event {
            Some(Event::Archived(version) | Event::Corrected(version))
                if self.is_gone(version.record, source) =>
            {
                Ok(false)
            }
            Some(Event::Archived(version) | Event::Corrected(version)) => {
                take(version, source, target)
            }
            Some(Event::Disposed { record, .. }) => self.forget(*record, target),
            // No version; or one whose opening was erased, and which is to be forgotten.
            Some(_) | None => Ok(false),
        };
        match taken {
            Ok(is_new) => copied.versions += u64::from(is_new),
            Err(error) if is_the_sources(&error, source) => {
                let code = error.code();
                tracing::error!(entry = index, code, cause = %error, "not copied to the replica");
                self.marker.failed.insert(index);
            }
            Err(error) => return Err(error.into()),
        }
        self.marker.entries = self.marker.entries.max(index + 1);
        Ok(())
    }

    /// Whether a record's object is gone because it was disposed of: then there is nothing to be copied.
    fn is_gone(&self, record: RecordId, source: &ArchiveReader) -> bool {
        tombstone_path(&self.data_folder, record).exists() && !source.folder_of(record).exists()
    }

    /// Removes what was disposed of, damaged files that were kept aside among it.
    fn forget(&self, record: RecordId, target: &Archive) -> Result<bool, ArchiveError> {
        aside::forget(&self.path.join("aside"), record)?;
        target.condemn(record)?.remove()?;
        Ok(false)
    }

    /// One process at a time; a file system without locks has only one.
    fn turn(&self) -> Result<Option<File>, DurableError> {
        let path = self.path.join("copy.lock");
        let failed = |source| DurableError {
            action: Action::Write,
            path: path.clone(),
            source,
        };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        Ok(lock.lock().is_ok().then_some(lock))
    }
}

fn take(
    version: &ArchivedVersion,
    source: &ArchiveReader,
    target: &Archive,
) -> Result<bool, ArchiveError> {
    // The ledger has no version 0; what is none is the first, and then has another digest.
    let number = VersionNumber::new(version.version).unwrap_or(VersionNumber::FIRST);
    target.take_over(VersionElsewhere {
        folder: &source.folder_of(version.record),
        record: version.record,
        number,
        inventory: &version.inventory,
    })
}

/// Whether it is this version that cannot be copied; else the replica's disk is the trouble.
fn is_the_sources(error: &ArchiveError, source: &ArchiveReader) -> bool {
    match error {
        ArchiveError::ObjectInvalid { .. } => true,
        ArchiveError::Unreadable { path, .. } => path.starts_with(source.root()),
        ArchiveError::Durable(error) => error.path.starts_with(source.root()),
        ArchiveError::RootInvalid { .. }
        | ArchiveError::RootForeign { .. }
        | ArchiveError::StagingUnfit { .. }
        | ArchiveError::DescriptionInvalid { .. }
        | ArchiveError::AlreadyArchived { .. }
        | ArchiveError::NotArchived { .. }
        | ArchiveError::RevisionUnderWay { .. }
        | ArchiveError::RevisionInvalid { .. }
        | ArchiveError::NotAdopted { .. }
        | ArchiveError::LogicalPath(_) => false,
    }
}

fn archive_of(path: &Path) -> PathBuf {
    path.join("archive")
}

fn ledger_of(path: &Path) -> PathBuf {
    path.join("ledger")
}

/// The replicas that are there, and why the others are not.
#[must_use]
pub fn open_all(config: &Config) -> Vec<(&ReplicaConfig, Result<Replica, ReplicaError>)> {
    let all = config.replicas.iter();
    all.map(|replica| (replica, Replica::open(config, replica)))
        .collect()
}

/// The configured replica of this name.
///
/// # Errors
/// [`ReplicaError::Unknown`].
pub fn named<'a>(config: &'a Config, name: &str) -> Result<&'a ReplicaConfig, ReplicaError> {
    let found = config.replicas.iter().find(|it| it.name.as_str() == name);
    found.ok_or_else(|| ReplicaError::Unknown {
        name: name.to_owned(),
        known: config
            .replicas
            .iter()
            .map(|it| it.name.to_string())
            .collect(),
    })
}

type Entries = BTreeSet<u64>;

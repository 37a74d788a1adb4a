//! The office's ledger: every version that enters the archive gets its entry, exactly once, and the whole is signed.
//!
//! What joins [`crate::archive`] and [`crate::ledger`], which know nothing of each other. A version is announced in
//! `work/<record>.entry` before it enters the archive, and the note goes when its entry is on the disk: what a crash
//! leaves between the two is found by the note, which also says from where on to look for an entry. The index is
//! written after that, so what is found by search is in the ledger.
//!
//! A ledger that is damaged, was rolled back, or cannot be written makes documents wait, before anything of them is
//! archived; intake goes on. It is never made anew where its key is: that would hide that it was taken away.
//!
//! Not here: what a proof is ([`crate::ledger`]); whether archive and ledger agree ([`crate::verify`], to which
//! [`facts`] tells what the ledger says).

pub mod audit;
pub mod facts;
mod making;
mod pending;
pub mod prove;
pub mod rotation;
mod sessions;
mod sign_off;
pub mod stamp;
mod version;

use std::sync::{Mutex, PoisonError};

use crate::archive::{Archive, ArchiveReader, ArchivedObject, VersionNumber};
use crate::config::Config;
use crate::durable;
use crate::error::Error;
use crate::journal::CommitTurn;
use crate::ledger::{Entry, Event, Ledger, LedgerError, LedgerKey, LedgerWriter};
use crate::record::{Explain, RecordId};

use pending::Pending;
pub use sign_off::SignedOff;
pub(crate) use version::DECIDED;

/// The ledger as the journey uses it.
pub struct OfficeLedger<'a> {
    config: &'a Config,
    /// Whether this process saw that the ledger is there, with an entry for all that was archived before.
    is_made: Mutex<bool>,
}

impl<'a> OfficeLedger<'a> {
    /// Looks at nothing yet.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        Self {
            config,
            is_made: Mutex::new(false),
        }
    }

    /// Makes sure that something can be entered: makes the ledger of a data folder that has none yet, and checks
    /// that it continues what was signed last.
    ///
    /// # Errors
    /// [`LedgerError`]; the archive's, where all that it holds is entered for the first time.
    pub fn require_sound(&self, archive: &Archive) -> Result<(), Error> {
        self.prepare(archive.reader())?;
        LedgerWriter::open(&self.config.ledger.folder)?;
        Ok(())
    }

    /// As [`Self::make`], where the caller has no turn.
    ///
    /// # Errors
    /// As [`Self::require_sound`].
    pub fn prepare(&self, archive: &ArchiveReader) -> Result<(), Error> {
        if self.is_made() {
            return Ok(());
        }
        // Nobody's commit has to be waited for where there is nothing to make.
        if making::is_made(self.config)? {
            *self.is_made.lock().unwrap_or_else(PoisonError::into_inner) = true;
            return Ok(());
        }
        self.make(archive, &self.turn()?)
    }

    /// Makes the ledger if there is none, with an entry for every version that the archive holds; finishes what a
    /// crash left of that. Once a process.
    ///
    /// # Errors
    /// As [`Self::require_sound`].
    pub fn make(&self, archive: &ArchiveReader, _turn: &CommitTurn) -> Result<(), Error> {
        let mut is_made = self.is_made.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_made {
            making::make(self.config, archive)?;
            *is_made = true;
        }
        Ok(())
    }

    fn is_made(&self) -> bool {
        *self.is_made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> Result<CommitTurn, Error> {
        CommitTurn::take(&self.config.folders.work)
    }

    /// Notes that a version of a record is about to enter the archive. The ledger is this process's until the value
    /// is gone.
    ///
    /// # Errors
    /// As [`Self::require_sound`]; then nothing may enter.
    pub fn announce(
        &self,
        record: RecordId,
        version: VersionNumber,
        archive: &Archive,
        turn: &CommitTurn,
    ) -> Result<Announced<'_>, Error> {
        self.make(archive.reader(), turn)?;
        self.settle(record, archive, turn)?;
        let writer = LedgerWriter::open(&self.config.ledger.folder)?;
        let pending = Pending {
            version: version::number_of(version),
            from: writer.head().size,
        };
        pending.keep(&self.config.folders.work, record)?;
        Ok(Announced {
            config: self.config,
            writer,
            record,
            version,
        })
    }

    /// Notes that a version which a crash left half in its place is about to be finished, if nobody noted it: a
    /// release before the ledger may have begun it.
    ///
    /// # Errors
    /// The disk's.
    pub fn announce_interrupted(&self, record: RecordId, archive: &Archive) -> Result<(), Error> {
        let work = &self.config.folders.work;
        let Some(object) = archive.reader().object(record).ok().flatten() else {
            return Ok(());
        };
        let version = version::number_of(object.inventory().head().next());
        let note = Pending { version, from: 0 };
        if note.is_half_in(&object) && Pending::of(work, record)?.is_none() {
            note.keep(work, record)?;
        }
        Ok(())
    }

    /// Enters what a crash or a full disk left without its entry, of one record.
    ///
    /// # Errors
    /// As [`Self::require_sound`].
    pub fn settle(
        &self,
        record: RecordId,
        archive: &Archive,
        turn: &CommitTurn,
    ) -> Result<(), Error> {
        let work = &self.config.folders.work;
        let Some(pending) = Pending::of(work, record)? else {
            return Ok(());
        };
        self.make(archive.reader(), turn)?;
        if let Some(object) = stored(record, archive)? {
            if pending.is_half_in(&object) {
                // `Archive::revise` takes the version forward first.
                return Ok(());
            }
            let head = object.inventory().head();
            for version in head.up_to() {
                if version::number_of(version) >= pending.version {
                    self.enter_unless_there(&version::entry(&object, version)?, pending.from)?;
                }
            }
        }
        Pending::forget(work, record);
        Ok(())
    }

    /// As [`Self::settle`], where the caller has no turn.
    ///
    /// # Errors
    /// As there.
    pub fn settle_alone(&self, record: RecordId, archive: &Archive) -> Result<(), Error> {
        if Pending::of(&self.config.folders.work, record)?.is_none() {
            return Ok(());
        }
        self.settle(record, archive, &self.turn()?)
    }

    /// As [`Self::settle`], of all records; and the ledger itself is made where it is not there yet. For the start,
    /// after interrupted revisions were finished. Answers which records had a note: the index may not know of
    /// their newest version.
    ///
    /// # Errors
    /// As [`Self::require_sound`].
    pub fn settle_all(&self, archive: &Archive) -> Result<Vec<RecordId>, Error> {
        let turn = self.turn()?;
        self.make(archive.reader(), &turn)?;
        let mut settled = Vec::new();
        for record in Pending::all(&self.config.folders.work)? {
            match self.settle(record, archive, &turn) {
                Ok(()) => settled.push(record),
                Err(error @ Error::Ledger(_)) => return Err(error),
                // A damaged object keeps its note; the others have theirs settled.
                Err(error) => {
                    tracing::error!(%record, code = error.code(), "a version waits for its entry in the ledger");
                }
            }
        }
        Ok(settled)
    }

    fn enter_unless_there(&self, entry: &Entry, from: u64) -> Result<(), LedgerError> {
        let folder = &self.config.ledger.folder;
        let mut writer = LedgerWriter::open(folder)?;
        if Ledger::open(folder)?
            .position(&entry.event, from)?
            .is_none()
        {
            writer.append_all(std::slice::from_ref(entry))?;
        }
        Ok(())
    }

    /// Removes the note of a record that was disposed of.
    pub fn forget_note(&self, record: RecordId) {
        Pending::forget(&self.config.folders.work, record);
    }

    /// Enters something else than a version, of which no crash leaves a trace.
    ///
    /// # Errors
    /// As [`Self::require_sound`].
    pub fn enter(
        &self,
        events: Vec<Event>,
        at: jiff::Timestamp,
        archive: &ArchiveReader,
    ) -> Result<(), Error> {
        self.prepare(archive)?;
        let mut writer = LedgerWriter::open(&self.config.ledger.folder)?;
        let entries: Vec<Entry> = events
            .into_iter()
            .map(|event| Entry { event, time: at })
            .collect();
        writer.append_all(&entries)?;
        Ok(())
    }
}

/// The record's object, its name on the disk.
fn stored(record: RecordId, archive: &Archive) -> Result<Option<ArchivedObject>, Error> {
    if !archive.contains(record)? {
        return Ok(None);
    }
    Ok(archive.reader().object(record)?)
}

/// The key that signs the office's ledger.
///
/// # Errors
/// [`LedgerError::Unreadable`], [`LedgerError::KeyInvalid`].
pub fn open_key(config: &Config) -> Result<LedgerKey, LedgerError> {
    LedgerKey::open(&config.ledger.key)
}

/// A version that is about to enter the archive, or just did.
pub struct Announced<'a> {
    config: &'a Config,
    writer: LedgerWriter,
    record: RecordId,
    version: VersionNumber,
}

impl Announced<'_> {
    /// Enters the version, now that the archive holds it. Where nothing was new in it the object has no such
    /// version, and nothing is entered.
    ///
    /// # Errors
    /// [`LedgerError`]; then it is entered by the next [`OfficeLedger::settle`].
    pub fn enter(mut self, object: &ArchivedObject) -> Result<(), Error> {
        if object.inventory().head() >= self.version {
            let entry = version::entry(object, self.version)?;
            self.writer.append_all(&[entry])?;
        }
        Pending::forget(&self.config.folders.work, self.record);
        Ok(())
    }
}

/// Removes a file that a crash may leave, if it can.
fn discard(path: &std::path::Path) {
    let _ = durable::remove_file(path);
}

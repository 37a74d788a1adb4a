//! The ledger of a data folder that has none yet: made, and an entry for every version in the archive, by time.
//!
//! `work/ledger.unfinished` is there from before the first file until the last entry. The key is written after the
//! empty ledger: so where there is a key there was a ledger, and one that is missing was taken away.

use std::collections::BTreeSet;
use std::path::Path;

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::version;
use crate::archive::{ArchiveError, ArchiveReader, VersionNumber};
use crate::config::Config;
use crate::durable::{self, Cause};
use crate::error::{Error, JourneyError};
use crate::index::fold;
use crate::ledger::{Entry, Event, KeyName, Ledger, LedgerError, LedgerKey, LedgerWriter};
use crate::random;
use crate::record::{Explain, RecordId};

const UNFINISHED: &str = "ledger.unfinished";
/// Letters of the agency's name that stand in the ledger's.
const SLUG_LETTERS_MAX: usize = 60;
/// Versions whose entries are put together at a time.
const STEP: usize = 4096;

/// A version that has no entry yet; sorts by time.
type Missing = (Timestamp, RecordId, VersionNumber);

/// Whether the ledger is there and whole; what a crash left of an append is removed then.
pub(super) fn is_made(config: &Config) -> Result<bool, Error> {
    let folder = &config.ledger.folder;
    if exists(&config.folders.work.join(UNFINISHED))? || !is_there(folder)? {
        return Ok(false);
    }
    LedgerWriter::open(folder)?.discard_unfinished()?;
    Ok(true)
}

fn is_there(folder: &Path) -> Result<bool, LedgerError> {
    match Ledger::open(folder) {
        Ok(_) => Ok(true),
        Err(LedgerError::NotThere { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes what is missing. The caller sees to it that nobody commits meanwhile.
pub(super) fn make(config: &Config, archive: &ArchiveReader) -> Result<(), Error> {
    if is_made(config)? {
        return Ok(());
    }
    let folder = &config.ledger.folder;
    let note = config.folders.work.join(UNFINISHED);
    let has_key = exists(&config.ledger.key)?;
    if has_key && !is_there(folder)? {
        let folder = folder.clone();
        return Err(LedgerError::Lost { folder }.into());
    }
    begin(&note)?;
    if !has_key {
        make_empty(config)?;
    }
    enter_all(folder, archive)?;
    Ok(durable::remove_file(&note)?)
}

fn exists(path: &Path) -> Result<bool, JourneyError> {
    path.try_exists().map_err(|source| JourneyError::Io {
        path: path.to_owned(),
        source,
    })
}

fn begin(note: &Path) -> Result<(), Error> {
    match durable::stage_bytes(note, b"") {
        Err(error) if error.cause() == Cause::Exists => {}
        other => other?,
    }
    Ok(durable::sync_folder(note.parent().unwrap_or(note))?)
}

/// Without its key nothing of it was ever signed: what an earlier try left is removed.
fn make_empty(config: &Config) -> Result<(), Error> {
    let (folder, path) = (&config.ledger.folder, &config.ledger.key);
    durable::remove_tree(folder)?;
    let key = new_key(config)?;
    LedgerWriter::create(folder, &key.verifier())?;
    let keys = path.parent().unwrap_or(path);
    durable::create_folders(keys)?;
    durable::remove_temporaries(keys)?;
    key.write_new(path)?;
    tracing::info!(origin = %key.verifier().name(), "the ledger is made");
    Ok(())
}

/// Named as the agency, with random digits behind: there are many communes of one name.
fn new_key(config: &Config) -> Result<LedgerKey, Error> {
    let secret = || random::secret().map_err(LedgerError::Randomness);
    let digits = HEXLOWER.encode(secret()?.get(..4).unwrap_or_default());
    let words = fold::fold(&config.agency.name).plain;
    let slug: String = words
        .chars()
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .take(SLUG_LETTERS_MAX)
        .collect();
    let name: KeyName = format!("{slug}-{digits}")
        .parse()
        .or_else(|_| digits.parse())
        .map_err(|_| LedgerError::KeyForeign)?;
    let key = LedgerKey::from_seed(name, &secret()?);
    Ok(key.ok_or(LedgerError::KeyForeign)?)
}

/// Enters every version that has no entry yet, the oldest first.
fn enter_all(folder: &Path, archive: &ArchiveReader) -> Result<(), Error> {
    let known = known(folder)?;
    let missing = missing(archive, &known)?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut writer = LedgerWriter::open(folder)?;
    writer.discard_unfinished()?;
    for step in missing.chunks(STEP) {
        let entries: Result<Vec<Entry>, Error> = step
            .iter()
            .map(|(_, record, number)| {
                let object = archive.object(*record)?;
                let object = object.ok_or(JourneyError::NoSuchRecord(*record))?;
                version::entry(&object, *number)
            })
            .collect();
        writer.append_all(&entries?)?;
    }
    tracing::info!(
        versions = missing.len(),
        "what was archived before is in the ledger"
    );
    Ok(())
}

fn known(folder: &Path) -> Result<BTreeSet<(RecordId, u32)>, Error> {
    let mut known = BTreeSet::new();
    for recorded in Ledger::open(folder)?.recorded_from(0)? {
        let opening = recorded?.opening;
        match opening.as_ref().map(|opening| opening.event()) {
            Some(Event::Archived(it) | Event::Corrected(it)) => {
                known.insert((it.record, it.version));
            }
            Some(
                Event::Reused { .. }
                | Event::Disposed { .. }
                | Event::Repaired { .. }
                | Event::Retention { .. }
                | Event::Verified { .. }
                | Event::SigningSession { .. }
                | Event::KeyRotated { .. },
            )
            | None => {}
        }
    }
    Ok(known)
}

/// An object that is damaged has no entry, and `verify` says so; one that cannot be read may have one later.
fn missing(
    archive: &ArchiveReader,
    known: &BTreeSet<(RecordId, u32)>,
) -> Result<Vec<Missing>, Error> {
    let mut missing = Vec::new();
    for object in archive.objects() {
        let object = match object {
            Err(error @ ArchiveError::Unreadable { .. }) => return Err(error.into()),
            Err(error) => {
                tracing::error!(
                    code = error.code(),
                    "a damaged object gets no entry in the ledger"
                );
                continue;
            }
            Ok(object) => object,
        };
        let record = object.record();
        for number in object.inventory().head().up_to() {
            if known.contains(&(record, version::number_of(number))) {
                continue;
            }
            match version::entry(&object, number) {
                Ok(entry) => missing.push((entry.time, record, number)),
                Err(Error::Journey(JourneyError::Damaged { .. })) => {
                    tracing::error!(%record, version = %number, "a damaged version gets no entry in the ledger");
                }
                Err(error) => return Err(error),
            }
        }
    }
    missing.sort();
    Ok(missing)
}

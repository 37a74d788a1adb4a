//! The notes of versions that may be in the archive without their entry: `work/<record>.entry`.
//!
//! A note is on the disk before its version is. What cannot be read in one counts as a note of everything: then each
//! version is looked for in the whole ledger.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::discard;
use crate::archive::{ArchivedObject, read_metadata};
use crate::durable::{self, Cause};
use crate::error::{Error, JourneyError};
use crate::record::RecordId;

const SUFFIX: &str = ".entry";

/// What a note says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// The version; older ones have their entries.
    pub(super) version: u32,
    /// The place in the ledger from which on its entry stands, if it does.
    pub(super) from: u64,
}

impl Pending {
    /// Keeps the note; it is on the disk when this returns.
    pub(super) fn keep(self, work: &Path, record: RecordId) -> Result<(), Error> {
        let path = path(work, record);
        // Plain numbers: serialising them cannot fail.
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        match durable::stage_bytes(&path, &bytes) {
            Err(error) if error.cause() == Cause::Exists => durable::replace(&path, &bytes)?,
            other => other.inspect_err(|_| discard(&path))?,
        }
        Ok(durable::sync_folder(work)?)
    }

    /// The note of a record, if there is one.
    pub(super) fn of(work: &Path, record: RecordId) -> Result<Option<Self>, Error> {
        let path = path(work, record);
        match read_metadata(&path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).unwrap_or(Self {
                version: 1,
                from: 0,
            }))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(JourneyError::Io { path, source }.into()),
        }
    }

    /// The records that have notes.
    pub(super) fn all(work: &Path) -> Result<Vec<RecordId>, Error> {
        let failed = |source| JourneyError::Io {
            path: work.to_owned(),
            source,
        };
        let mut records = Vec::new();
        for entry in fs::read_dir(work).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let record = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            records.extend(record.and_then(|record| record.parse::<RecordId>().ok()));
        }
        records.sort();
        Ok(records)
    }

    /// Removes a note. One that stays, or comes back after a power cut, costs a search and nothing else.
    pub(super) fn forget(work: &Path, record: RecordId) {
        let _ = fs::remove_file(path(work, record));
    }

    /// Whether the version's folder lies in the object although it is not the latest: a revision was interrupted.
    pub(super) fn is_half_in(self, object: &ArchivedObject) -> bool {
        let head = super::version::number_of(object.inventory().head());
        head < self.version && object.folder().join(format!("v{}", self.version)).exists()
    }
}

fn path(work: &Path, record: RecordId) -> PathBuf {
    work.join(format!("{record}{SUFFIX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_found_until_it_is_forgotten_and_a_torn_one_means_everything() {
        let work = tempfile::tempdir().expect("a folder");
        let record = RecordId::new_v7(1, &[1; 10]);
        let note = |version, from| Pending { version, from };
        let found = || Pending::of(work.path(), record).expect("reads");
        assert_eq!(found(), None);
        note(2, 700).keep(work.path(), record).expect("kept");
        note(3, 701).keep(work.path(), record).expect("kept again");
        assert_eq!(found(), Some(note(3, 701)));
        fs::write(path(work.path(), record), "{\"ver").expect("torn");
        assert_eq!(found(), Some(note(1, 0)));
        assert_eq!(Pending::all(work.path()).expect("listed"), [record]);
        Pending::forget(work.path(), record);
        assert_eq!(found(), None);
        assert_eq!(Pending::all(work.path()).expect("listed"), []);
    }
}

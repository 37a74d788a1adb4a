//! An object taken out of the archive for good: its record was disposed of.
//!
//! The object leaves the storage root by one rename, so the root is valid at every moment (a folder that would be left
//! empty goes next, E073); what was taken out is removed in the staging folder. Whether it may go, the caller knows.

use std::path::{Path, PathBuf};

use super::revise::Turn;
use super::{Archive, ArchiveError, layout};
use crate::durable::{self, DurableError};
use crate::record::RecordId;

const SUFFIX: &str = ".disposed";

/// An object that nobody revises until the value is gone.
#[derive(Debug)]
pub struct Condemned<'a> {
    archive: &'a Archive,
    record: RecordId,
    turn: Turn,
}

impl Archive {
    /// Keeps everybody from revising a record, whether it is there or not.
    ///
    /// # Errors
    /// [`ArchiveError::RevisionUnderWay`] where somebody does; [`ArchiveError::Durable`].
    pub fn condemn(&self, record: RecordId) -> Result<Condemned<'_>, ArchiveError> {
        let turn = Turn::take(&self.staging, record)?;
        Ok(Condemned {
            archive: self,
            record,
            turn,
        })
    }

    /// Whether a crash left a part of an object that was taken out.
    #[must_use]
    pub fn has_remains(staging: &Path, record: RecordId) -> bool {
        remains(staging, record).exists()
    }
}

impl Condemned<'_> {
    /// Removes the object, and what is staged of it; nothing of it is a success too. Nobody may commit meanwhile.
    ///
    /// # Errors
    /// [`ArchiveError::Durable`]; to be repeated then, the object may be in its place, or out of it and half gone.
    pub fn remove(self) -> Result<(), ArchiveError> {
        let staging = &self.archive.staging;
        let away = remains(staging, self.record);
        durable::remove_tree(&away)?;
        let relative = layout::object_folder(self.record);
        let root = self.archive.reader.root();
        match durable::rename_new(&root.join(&relative), &away) {
            Err(error) if is_absent(&error) => {}
            other => other?,
        }
        for folder in relative.ancestors().skip(1) {
            if folder.as_os_str().is_empty() || !durable::remove_empty(&root.join(folder))? {
                break;
            }
        }
        durable::remove_tree(&away)?;
        durable::remove_tree(&self.turn.job)?;
        Ok(durable::remove_tree(
            &staging.join(self.record.to_string()),
        )?)
    }
}

fn remains(staging: &Path, record: RecordId) -> PathBuf {
    staging.join(format!("{record}{SUFFIX}"))
}

fn is_absent(error: &DurableError) -> bool {
    error.source.kind() == std::io::ErrorKind::NotFound
}

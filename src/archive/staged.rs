//! The archive's write half: an object is put together aside, then takes its place at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use walkdir::WalkDir;

use super::inventory::sidecar_text;
use super::{
    ArchiveError, ArchiveReader, ArchivedObject, INVENTORY, Inventory, LogicalPath,
    OBJECT_DECLARATION, RootFault, SIDECAR, User, VersionNumber, layout, root,
};
use crate::durable::{self, Cause};
use crate::record::{Digests, RecordId, Sha256Digest, Sha512Digest};

/// A storage root that may grow, and the folder where its next objects are put together.
#[derive(Debug, Clone)]
pub struct Archive {
    pub(super) reader: ArchiveReader,
    pub(super) staging: PathBuf,
}

impl Archive {
    /// Makes a storage root in an empty or missing folder; on a good one it does nothing.
    ///
    /// # Errors
    /// [`ArchiveError::RootForeign`] where something else is in the folder.
    pub fn create(root: &Path) -> Result<(), ArchiveError> {
        root::create(root)
    }

    /// Opens a storage root for writing. `staging` is made if it is missing; it must lie outside
    /// the root and on the same file system, because an object takes its place by a rename.
    ///
    /// # Errors
    /// [`ArchiveError::RootInvalid`], [`ArchiveError::StagingUnfit`].
    pub fn open(root: &Path, staging: &Path) -> Result<Self, ArchiveError> {
        let reader = ArchiveReader::at(root);
        match reader.root_faults().next() {
            None => {}
            Some(RootFault::Unreadable(file, source)) => {
                return Err(ArchiveError::unreadable(&root.join(file))(source));
            }
            Some(fault @ (RootFault::Missing(_) | RootFault::Differs(_))) => {
                return Err(ArchiveError::RootInvalid {
                    root: root.to_owned(),
                    fault,
                });
            }
        }
        durable::create_folders(staging)?;
        let place = |folder: &Path| {
            let path = fs::canonicalize(folder)?;
            fs::metadata(&path).map(|metadata| (path, metadata.dev()))
        };
        let (root_path, root_device) = place(root).map_err(ArchiveError::unreadable(root))?;
        let (staging_path, staging_device) =
            place(staging).map_err(ArchiveError::unreadable(staging))?;
        if root_device != staging_device || staging_path.starts_with(&root_path) {
            return Err(ArchiveError::StagingUnfit {
                staging: staging.to_owned(),
            });
        }
        Ok(Self {
            reader,
            staging: staging.to_owned(),
        })
    }

    /// The read half.
    #[must_use]
    pub fn reader(&self) -> &ArchiveReader {
        &self.reader
    }

    /// Whether the record's object is there, complete and on the disk: its folders are synced once
    /// more before the answer is yes, because a crash may have come between the rename and the
    /// sync.
    ///
    /// # Errors
    /// As [`ArchiveReader::object`]; a sync that fails.
    pub fn contains(&self, record: RecordId) -> Result<bool, ArchiveError> {
        if !self.reader.contains(record)? {
            return Ok(false);
        }
        self.sync_above(&layout::object_folder(record))?;
        Ok(true)
    }

    /// Begins the object of a record; what an earlier try left behind is removed.
    ///
    /// # Errors
    /// [`ArchiveError::Durable`].
    pub fn stage(&self, record: RecordId) -> Result<StagedObject<'_>, ArchiveError> {
        let job = self.staging.join(record.to_string());
        durable::remove_tree(&job)?;
        let object = job.join(layout::object_folder(record));
        durable::stage_folders(&object)?;
        Ok(StagedObject {
            archive: self,
            record,
            job,
            object,
            files: BTreeMap::new(),
        })
    }

    /// Removes what a dead process staged of a record that has its place, if it can.
    pub fn discard_staged(&self, record: RecordId) {
        durable::discard_tree(&self.staging.join(record.to_string()));
    }

    /// Removes what is staged of records that are not `under_way`. A record must be under way from
    /// before [`Archive::stage`] until after its object is committed or dropped. New versions of
    /// archived records are not touched; see [`Archive::interrupted_revisions`].
    ///
    /// # Errors
    /// [`ArchiveError::Unreadable`], [`ArchiveError::Durable`].
    pub fn discard_staged_unless(
        &self,
        under_way: impl Fn(RecordId) -> bool,
    ) -> Result<(), ArchiveError> {
        let unreadable = |source| ArchiveError::unreadable(&self.staging)(source);
        for entry in fs::read_dir(&self.staging).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let record = name.to_str().and_then(|name| name.parse().ok());
            if record.is_some_and(|record| !under_way(record)) {
                durable::remove_tree(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Syncs the folders from the root down to the parent of `relative`.
    fn sync_above(&self, relative: &Path) -> Result<(), ArchiveError> {
        for folder in relative.ancestors().skip(1) {
            durable::sync_folder(&self.reader.root().join(folder))?;
        }
        Ok(())
    }
}

/// An object being put together. Dropped without [`StagedObject::commit`], it leaves nothing.
#[derive(Debug)]
pub struct StagedObject<'a> {
    archive: &'a Archive,
    record: RecordId,
    /// Holds the object below the same tuples as the root does, so that the topmost folder that the
    /// root lacks comes into place together with the object, and an empty one never (E073).
    job: PathBuf,
    object: PathBuf,
    files: BTreeMap<LogicalPath, Digests>,
}

impl StagedObject<'_> {
    /// Where a file can be written in place; [`StagedObject::adopt`] then takes it in.
    ///
    /// # Errors
    /// [`ArchiveError::LogicalPath`], [`ArchiveError::Durable`].
    pub fn path_of(&self, logical: &str) -> Result<PathBuf, ArchiveError> {
        self.place(&parse(logical)?)
    }

    /// Takes in a file that was written at [`StagedObject::path_of`]; it is synced and digested.
    ///
    /// # Errors
    /// As [`StagedObject::path_of`], also where no file is there.
    pub fn adopt(&mut self, logical: &str) -> Result<Digests, ArchiveError> {
        let logical = parse(logical)?;
        let digests = durable::stage_written(&self.place(&logical)?)?;
        Ok(self.note(logical, digests))
    }

    /// Copies a file in; it is read once.
    ///
    /// # Errors
    /// As [`StagedObject::path_of`]; the source is a link or a device, or the path is taken.
    pub fn copy_in(&mut self, logical: &str, source: &Path) -> Result<Digests, ArchiveError> {
        let logical = parse(logical)?;
        let digests = durable::stage_copy(source, &self.place(&logical)?)?;
        Ok(self.note(logical, digests))
    }

    /// Writes a small file.
    ///
    /// # Errors
    /// As [`StagedObject::path_of`]; the path is taken.
    pub fn write(&mut self, logical: &str, bytes: &[u8]) -> Result<Digests, ArchiveError> {
        let logical = parse(logical)?;
        durable::stage_bytes(&self.place(&logical)?, bytes)?;
        Ok(self.note(logical, digests_of(bytes)))
    }

    /// Writes the inventory, syncs everything and gives the object its place. When this returns,
    /// the object outlives a power cut.
    ///
    /// # Errors
    /// [`ArchiveError::AlreadyArchived`] where the record has an object, which is left as it is;
    /// [`ArchiveError::NotAdopted`] where a file lies in the object that nobody took in.
    pub fn commit(
        self,
        created: Timestamp,
        message: &str,
        user: &User,
    ) -> Result<ArchivedObject, ArchiveError> {
        let known = self.files.keys().map(|path| self.content(path)).collect();
        refuse_strays(&self.object, &known)?;
        let inventory =
            Inventory::first_version(self.record.urn(), created, message, user, &self.files);
        let bytes = inventory.to_bytes();
        let (declaration, declared) = OBJECT_DECLARATION;
        durable::stage_bytes(&self.object.join(declaration), declared.as_bytes())?;
        for folder in [
            self.object.clone(),
            self.object.join(VersionNumber::FIRST.to_string()),
        ] {
            stage_inventory(&folder, &bytes)?;
        }
        durable::sync_tree(&self.job)?;
        take_place(self.archive, &self.job, self.record)?;
        let folder = self.archive.reader.folder_of(self.record);
        Ok(ArchivedObject::new(self.record, folder, inventory))
    }

    fn content(&self, logical: &LogicalPath) -> PathBuf {
        Inventory::first_content(logical).below(&self.object)
    }

    fn place(&self, logical: &LogicalPath) -> Result<PathBuf, ArchiveError> {
        let path = self.content(logical);
        if let Some(folder) = path.parent() {
            durable::stage_folders(folder)?;
        }
        Ok(path)
    }

    fn note(&mut self, logical: LogicalPath, digests: Digests) -> Digests {
        self.files.insert(logical, digests);
        digests
    }
}

impl Drop for StagedObject<'_> {
    fn drop(&mut self) {
        durable::discard_tree(&self.job);
    }
}

/// Moves the topmost folder that the root lacks. Another record may bring the same tuple at the
/// same moment; then the next folder down is tried.
pub(super) fn take_place(
    archive: &Archive,
    job: &Path,
    record: RecordId,
) -> Result<(), ArchiveError> {
    let object = layout::object_folder(record);
    let mut candidates: Vec<&Path> = object.ancestors().collect();
    candidates.pop();
    while let Some(relative) = candidates.pop() {
        let target = archive.reader.root().join(relative);
        match durable::rename_new(&job.join(relative), &target) {
            Ok(()) => return archive.sync_above(relative),
            Err(error) if error.cause() == Cause::Exists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ArchiveError::AlreadyArchived { record })
}

/// An inventory with its sidecar.
pub(super) fn stage_inventory(folder: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    durable::stage_bytes(&folder.join(INVENTORY), bytes)?;
    durable::stage_bytes(&folder.join(SIDECAR), sidecar_text(bytes).as_bytes())?;
    Ok(())
}

/// A file that nobody took in would make the object invalid for ever (E023).
pub(super) fn refuse_strays(folder: &Path, known: &BTreeSet<PathBuf>) -> Result<(), ArchiveError> {
    for entry in WalkDir::new(folder).min_depth(1) {
        let entry = entry.map_err(|error| ArchiveError::unreadable(folder)(error.into()))?;
        if !entry.file_type().is_dir() && !known.contains(entry.path()) {
            return Err(ArchiveError::NotAdopted {
                path: entry.into_path(),
            });
        }
    }
    Ok(())
}

pub(super) fn digests_of(bytes: &[u8]) -> Digests {
    Digests {
        bytes: bytes.len() as u64,
        sha256: Sha256Digest::of(bytes),
        sha512: Sha512Digest::of(bytes),
    }
}

pub(super) fn parse(logical: &str) -> Result<LogicalPath, ArchiveError> {
    logical.parse().map_err(ArchiveError::LogicalPath)
}

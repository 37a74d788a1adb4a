//! New versions of objects that are in the archive already: text read later, decisions of people.
//!
//! A version is put together aside and takes its place as `head` says. What is there is never changed:
//! the object's inventory and its sidecar are replaced, and their old bytes stay in the older version.
//! A revision that was interrupted is always taken forward, because its folder came into place whole
//! and synced; so nothing has to be removed from the archive, and a repeat finds either the version or
//! none.
//!
//! In the staging folder a revision has a lock, `<record>.lock`, and a folder, `<record>.revision`. The
//! folder is on the disk before the object is touched and goes after the object is whole again: those
//! that are found at a start tell which objects to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::head::{Head, version_ahead};
use super::inventory::sidecar_text;
use super::root::{METADATA_BYTES_MAX, read_metadata};
use super::staged::{digests_of, parse, refuse_strays, stage_inventory};
use super::{
    Archive, ArchiveError, ArchivedObject, INVENTORY, Inventory, InventoryFault, LogicalPath,
    SIDECAR, User,
};
use crate::durable::{self, Action, DurableError};
use crate::record::{Digests, RecordId};

const LOCK_SUFFIX: &str = ".lock";
const JOB_SUFFIX: &str = ".revision";

impl Archive {
    /// Begins the next version of a record's object, from its latest one; an interrupted revision is
    /// finished before that. Until the value is committed or dropped nobody else revises the record.
    ///
    /// # Errors
    /// [`ArchiveError::RevisionUnderWay`] where somebody else has begun one,
    /// [`ArchiveError::NotArchived`], [`ArchiveError::ObjectInvalid`] for a damaged object.
    pub fn revise(&self, record: RecordId) -> Result<StagedVersion<'_>, ArchiveError> {
        let turn = Turn::take(&self.staging, record)?;
        let base = self.settle(&turn)?;
        durable::remove_tree(&turn.job)?;
        Ok(StagedVersion {
            archive: self,
            turn,
            base,
            files: BTreeMap::new(),
            may_be_in_place: false,
        })
    }

    /// The records whose revision a dead process may have left unfinished, as the staging folder tells;
    /// those that are being revised now are among them.
    ///
    /// # Errors
    /// [`ArchiveError::Unreadable`].
    pub fn interrupted_revisions(&self) -> Result<Vec<RecordId>, ArchiveError> {
        let unreadable = |source| ArchiveError::unreadable(&self.staging)(source);
        let mut records = BTreeSet::new();
        for entry in fs::read_dir(&self.staging).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let stem = name.to_str().and_then(|name| {
                name.strip_suffix(JOB_SUFFIX)
                    .or_else(|| name.strip_suffix(LOCK_SUFFIX))
            });
            records.extend(stem.and_then(|stem| stem.parse::<RecordId>().ok()));
        }
        Ok(records.into_iter().collect())
    }

    /// Finishes the revision of a record that was interrupted, if there is one; may be repeated. Returns
    /// the object as it is then: what was derived from an older version should be derived anew.
    ///
    /// # Errors
    /// As [`Archive::revise`].
    pub fn finish_interrupted(&self, record: RecordId) -> Result<ArchivedObject, ArchiveError> {
        let turn = Turn::take(&self.staging, record)?;
        let object = self.settle(&turn)?;
        durable::remove_tree(&turn.job)?;
        Ok(object)
    }

    /// Brings the object's own files up to its last version, all of it on the disk.
    pub(super) fn settle(&self, turn: &Turn) -> Result<ArchivedObject, ArchiveError> {
        let record = turn.record;
        if !self.contains(record)? {
            return Err(ArchiveError::NotArchived { record });
        }
        let folder = self.reader.folder_of(record);
        // A rename may have come before a crash, or before a sync that failed.
        durable::sync_folder(&folder)?;
        let head = Head::read(&folder)?;
        require_own_copy(&folder, &head)?;
        let inventory = match unfinished(&folder, head)? {
            Unfinished::Nothing(inventory) => inventory,
            Unfinished::HeadFiles { bytes, inventory } => {
                durable::create_folders(&turn.job)?;
                durable::replace(&turn.job.join(INVENTORY), &bytes)?;
                durable::replace(&turn.job.join(SIDECAR), sidecar_text(&bytes).as_bytes())?;
                move_head(&turn.job, &folder)?;
                inventory
            }
        };
        Ok(ArchivedObject::new(record, folder, inventory))
    }
}

/// What an interrupted revision still lacks.
enum Unfinished {
    Nothing(Inventory),
    HeadFiles {
        bytes: Vec<u8>,
        inventory: Inventory,
    },
}

fn unfinished(folder: &Path, head: Head) -> Result<Unfinished, ArchiveError> {
    if head.sidecar_is_behind {
        let Head {
            bytes, inventory, ..
        } = head;
        return Ok(Unfinished::HeadFiles { bytes, inventory });
    }
    let next = head.inventory.head().next().to_string();
    match fs::symlink_metadata(folder.join(&next)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Unfinished::Nothing(head.inventory));
        }
        Err(error) => return Err(ArchiveError::unreadable(folder)(error)),
    }
    let ahead = version_ahead(folder, &head.inventory).map_err(ArchiveError::unreadable(folder))?;
    let Some(ahead) = ahead else {
        let fault = InventoryFault::new("E046", format!("{next} does not continue the object"));
        return Err(ArchiveError::invalid(folder)(fault));
    };
    require_content(folder, &head.inventory, &ahead.inventory)?;
    Ok(Unfinished::HeadFiles {
        bytes: ahead.bytes,
        inventory: ahead.inventory,
    })
}

/// The latest version must have a copy of the object's inventory: replaced, its bytes would be lost
/// (E064).
fn require_own_copy(folder: &Path, head: &Head) -> Result<(), ArchiveError> {
    let version = head.inventory.head();
    let path = folder.join(version.to_string()).join(INVENTORY);
    let copy = match read_metadata(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(ArchiveError::unreadable(&path)(error)),
    };
    if copy.as_ref() == Some(&head.bytes) {
        return Ok(());
    }
    let detail = format!("{version} has no copy of the object's inventory");
    Err(ArchiveError::invalid(folder)(InventoryFault::new(
        "E064", detail,
    )))
}

/// What a newer version brings must be there as its inventory says (E092).
fn require_content(
    folder: &Path,
    older: &Inventory,
    newer: &Inventory,
) -> Result<(), ArchiveError> {
    for (path, expected) in newer.contents() {
        if older.has_content(expected) {
            continue;
        }
        let file = path.below(folder);
        let is_whole = match durable::open_regular(&file).and_then(Digests::of_reader) {
            Ok(digests) => digests.sha512 == *expected,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(ArchiveError::unreadable(&file)(error)),
        };
        if !is_whole {
            let fault = InventoryFault::new("E092", format!("“{path}” is missing or changed"));
            return Err(ArchiveError::invalid(folder)(fault));
        }
    }
    Ok(())
}

/// Replaces the object's own inventory, which moves the head, and then its sidecar, each by one rename
/// that is synced before the next.
pub(super) fn move_head(job: &Path, object: &Path) -> Result<(), ArchiveError> {
    for name in [INVENTORY, SIDECAR] {
        durable::rename_over(&job.join(name), &object.join(name))?;
    }
    Ok(())
}

/// The right to revise one record; the operating system takes it back from a dead process.
#[derive(Debug)]
pub(super) struct Turn {
    record: RecordId,
    /// Where the revision is put together.
    pub(super) job: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Turn {
    pub(super) fn take(staging: &Path, record: RecordId) -> Result<Self, ArchiveError> {
        let lock_path = staging.join(format!("{record}{LOCK_SUFFIX}"));
        let failed = |source| DurableError {
            action: Action::Write,
            path: lock_path.clone(),
            source,
        };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) if is_named(&lock, &lock_path).map_err(failed)? => Ok(Self {
                record,
                job: staging.join(format!("{record}{JOB_SUFFIX}")),
                lock_path,
                _lock: lock,
            }),
            Ok(()) | Err(TryLockError::WouldBlock) => {
                Err(ArchiveError::RevisionUnderWay { record })
            }
            Err(TryLockError::Error(source)) => Err(failed(source).into()),
        }
    }
}

/// Whether an open file still has its name: whoever held the lock before may have removed it.
fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // While the lock is held. A lock that stays means nothing.
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// A record's next version being put together. Dropped without [`StagedVersion::commit`], it leaves
/// nothing.
#[derive(Debug)]
pub struct StagedVersion<'a> {
    archive: &'a Archive,
    turn: Turn,
    base: ArchivedObject,
    files: BTreeMap<LogicalPath, Digests>,
    /// What is staged then tells the next start to look at the object.
    may_be_in_place: bool,
}

impl StagedVersion<'_> {
    /// The object as it is: what the next version is made from.
    #[must_use]
    pub fn base(&self) -> &ArchivedObject {
        &self.base
    }

    /// Adds a file, or lets it take the place of the one of that path; all others stay. Bytes that the
    /// object holds already are not stored again.
    ///
    /// # Errors
    /// [`ArchiveError::LogicalPath`]; [`ArchiveError::RevisionInvalid`] where the path was written
    /// before; [`ArchiveError::Durable`].
    pub fn write(&mut self, logical: &str, bytes: &[u8]) -> Result<Digests, ArchiveError> {
        let logical = parse(logical)?;
        if self.files.contains_key(&logical) {
            return Err(self.invalid(format!("“{logical}” was written twice")));
        }
        let digests = digests_of(bytes);
        if !self.base.inventory().has_content(&digests.sha512) {
            let path = self.place(&logical);
            if let Some(folder) = path.parent() {
                durable::stage_folders(folder)?;
            }
            durable::stage_bytes(&path, bytes)?;
        }
        self.files.insert(logical, digests);
        Ok(digests)
    }

    /// Where a large file is to be written, for [`StagedVersion::adopt`]; its folder is there.
    ///
    /// # Errors
    /// [`ArchiveError::LogicalPath`]; [`ArchiveError::Durable`].
    pub fn path_of(&self, logical: &str) -> Result<PathBuf, ArchiveError> {
        let path = self.place(&parse(logical)?);
        if let Some(folder) = path.parent() {
            durable::stage_folders(folder)?;
        }
        Ok(path)
    }

    /// Takes in a file that was written at [`StagedVersion::path_of`], of bytes that the object does not hold
    /// yet; it is synced and digested.
    ///
    /// # Errors
    /// As [`StagedVersion::write`], also where no file is there.
    pub fn adopt(&mut self, logical: &str) -> Result<Digests, ArchiveError> {
        let logical = parse(logical)?;
        let digests = durable::stage_written(&self.place(&logical))?;
        let is_new = !self.base.inventory().has_content(&digests.sha512);
        if !is_new || self.files.contains_key(&logical) {
            return Err(self.invalid(format!("“{logical}” was written twice")));
        }
        self.files.insert(logical, digests);
        Ok(digests)
    }

    /// Writes the inventory, syncs everything and makes this version the object's head. When this
    /// returns, the version outlives a power cut. Where no file differs, there is nothing to keep and
    /// the object stays as it is.
    ///
    /// # Errors
    /// [`ArchiveError::RevisionInvalid`], and nothing has happened. After [`ArchiveError::Durable`] the
    /// object reads as the old version or the new one; [`Archive::revise`] goes on from there.
    pub fn commit(
        mut self,
        created: Timestamp,
        message: &str,
        user: &User,
    ) -> Result<ArchivedObject, ArchiveError> {
        let base = self.base.inventory();
        if self
            .files
            .iter()
            .all(|(path, digests)| base.shows(path, &digests.sha512))
        {
            return Ok(self.base.clone());
        }
        let inventory = base.next_version(created, message, user, &self.files);
        let bytes = self.checked(&inventory)?;
        let number = inventory.head().to_string();
        let version = self.turn.job.join(&number);
        durable::stage_folders(&version)?;
        // What a write that failed left, if the caller went on without it.
        let known = self.files.keys().map(|path| self.place(path)).collect();
        refuse_strays(&version, &known)?;
        for folder in [&version, &self.turn.job] {
            stage_inventory(folder, &bytes)?;
        }
        durable::sync_tree(&self.turn.job)?;
        durable::sync_folder(&self.archive.staging)?;
        let folder = self.base.folder().to_owned();
        self.may_be_in_place = true;
        durable::rename_new(&version, &folder.join(&number))?;
        move_head(&self.turn.job, &folder)?;
        self.may_be_in_place = false;
        Ok(ArchivedObject::new(self.turn.record, folder, inventory))
    }

    /// The inventory's bytes, if an object may have it and could still be read with it.
    fn checked(&self, inventory: &Inventory) -> Result<Vec<u8>, ArchiveError> {
        let base = self.base.inventory();
        inventory
            .check()
            .and_then(|()| inventory.check_older(base.head(), base))
            .map_err(|fault| self.invalid(fault.to_string()))?;
        let bytes = inventory.to_bytes();
        if bytes.len() as u64 > METADATA_BYTES_MAX {
            return Err(self.invalid("the inventory outgrows its limit".to_owned()));
        }
        Ok(bytes)
    }

    fn place(&self, logical: &LogicalPath) -> PathBuf {
        let base = self.base.inventory();
        base.content_in(base.head().next(), logical)
            .below(&self.turn.job)
    }

    fn invalid(&self, detail: String) -> ArchiveError {
        ArchiveError::RevisionInvalid {
            record: self.turn.record,
            detail,
        }
    }
}

impl Drop for StagedVersion<'_> {
    fn drop(&mut self) {
        if !self.may_be_in_place {
            durable::discard_tree(&self.turn.job);
        }
    }
}

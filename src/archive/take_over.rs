//! A version of an object taken over from another storage root: how a replica grows.
//!
//! The caller knows the digest of the version's inventory from the ledger, and the inventory has the digest of every
//! file, so nothing comes in that is not what was archived, whatever became of the source since. A version comes into
//! place as one that is made here: by renames, each synced before the next. The object's own inventory and sidecar are
//! made from the version's, and not believed.

use std::io;
use std::path::{Path, PathBuf};

use super::revise::{Turn, move_head};
use super::root::read_metadata;
use super::staged::{stage_inventory, take_place};
use super::{
    Archive, ArchiveError, INVENTORY, Inventory, InventoryFault, OBJECT_DECLARATION, VersionNumber,
    layout,
};
use crate::durable;
use crate::record::{RecordId, Sha256Digest};

/// A version of an object elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct VersionElsewhere<'a> {
    /// The folder of the other object.
    pub folder: &'a Path,
    /// Whose it is.
    pub record: RecordId,
    /// Which version.
    pub number: VersionNumber,
    /// SHA-256 of that version's inventory.
    pub inventory: &'a Sha256Digest,
}

impl Archive {
    /// Takes a version over; whether it was not here yet. The versions before it must be here.
    ///
    /// # Errors
    /// [`ArchiveError::ObjectInvalid`] where the source is not what the digests say, or an earlier version is not
    /// here; [`ArchiveError::Unreadable`], [`ArchiveError::Durable`]. Then nothing has happened.
    pub fn take_over(&self, version: VersionElsewhere<'_>) -> Result<bool, ArchiveError> {
        let turn = Turn::take(&self.staging, version.record)?;
        let base = match self.contains(version.record)? {
            true => Some(self.settle(&turn)?),
            false => None,
        };
        durable::remove_tree(&turn.job)?;
        let head = base.as_ref().map(|base| base.inventory().head());
        if head.is_some_and(|head| head >= version.number) {
            return Ok(false);
        }
        if version.number.previous() != head {
            let detail = format!("{} is not preceded by the version before", version.number);
            let fault = InventoryFault::new("E010", detail);
            let folder = self.reader.folder_of(version.record);
            return Err(ArchiveError::invalid(&folder)(fault));
        }
        let source = Source::read(version)?;
        let placed = match &base {
            None => self.take_first(&source, version.record),
            Some(base) => {
                let older = base.inventory();
                let continued = source.inventory.check_older(older.head(), older);
                continued.map_err(ArchiveError::invalid(base.folder()))?;
                self.take_next(&source, &turn.job, base.folder())
            }
        };
        // What was put together and got no place; after it got one, there is nothing any more.
        durable::discard_tree(&turn.job);
        placed.map(|()| true)
    }

    fn take_first(&self, source: &Source<'_>, record: RecordId) -> Result<(), ArchiveError> {
        let job = self.staging.join(record.to_string());
        durable::remove_tree(&job)?;
        let object = job.join(layout::object_folder(record));
        durable::stage_folders(&object)?;
        let placed = source.stage(&object).and_then(|()| {
            let (declaration, text) = OBJECT_DECLARATION;
            durable::stage_bytes(&object.join(declaration), text.as_bytes())?;
            durable::sync_tree(&job)?;
            take_place(self, &job, record)
        });
        durable::discard_tree(&job);
        placed
    }

    fn take_next(
        &self,
        source: &Source<'_>,
        job: &Path,
        object: &Path,
    ) -> Result<(), ArchiveError> {
        durable::stage_folders(job)?;
        source.stage(job)?;
        durable::sync_tree(job)?;
        durable::sync_folder(&self.staging)?;
        let number = source.number.to_string();
        durable::rename_new(&job.join(&number), &object.join(&number))?;
        move_head(job, object)
    }
}

/// A version whose inventory is the right one.
struct Source<'a> {
    folder: &'a Path,
    number: VersionNumber,
    bytes: Vec<u8>,
    inventory: Inventory,
}

impl<'a> Source<'a> {
    fn read(version: VersionElsewhere<'a>) -> Result<Self, ArchiveError> {
        let VersionElsewhere { folder, number, .. } = version;
        let invalid = |fault| ArchiveError::invalid(folder)(fault);
        let path = folder.join(number.to_string()).join(INVENTORY);
        let bytes = read_metadata(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => invalid(InventoryFault::new(
                "E063",
                format!("{number} has no inventory"),
            )),
            _ => ArchiveError::unreadable(&path)(error),
        })?;
        if Sha256Digest::of(&bytes) != *version.inventory {
            let detail = format!("the inventory of {number} is not the one of the ledger");
            return Err(invalid(InventoryFault::new("E060", detail)));
        }
        let inventory = Inventory::parse(&bytes).map_err(invalid)?;
        if inventory.id() != version.record.urn() || inventory.head() != number {
            let fault = InventoryFault::new("E037", "the inventory belongs elsewhere");
            return Err(invalid(fault));
        }
        Ok(Self {
            folder,
            number,
            bytes,
            inventory,
        })
    }

    /// Puts the version's folder into `place`, and beside it what an object has whose head it is.
    fn stage(&self, place: &Path) -> Result<(), ArchiveError> {
        for (path, expected) in self.inventory.contents() {
            if path.version(self.inventory.content_folder()) != Some(self.number) {
                continue;
            }
            let target: PathBuf = path.below(place);
            if let Some(folder) = target.parent() {
                durable::stage_folders(folder)?;
            }
            let copied = durable::stage_copy(&path.below(self.folder), &target)?;
            if copied.sha512 != *expected {
                let fault = InventoryFault::new("E092", format!("“{path}” is changed"));
                return Err(ArchiveError::invalid(self.folder)(fault));
            }
        }
        let version = place.join(self.number.to_string());
        durable::stage_folders(&version)?;
        stage_inventory(&version, &self.bytes)?;
        stage_inventory(place, &self.bytes)
    }
}

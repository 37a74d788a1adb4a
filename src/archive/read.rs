//! The archive's read half: objects by number, or all of them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::head::Head;
use super::root::{self, RootFault, read_metadata};
use super::{ArchiveError, DESCRIPTION, Inventory, InventoryFault, RootEntry, RootWalk, layout};
use crate::durable::open_regular;
use crate::record::{RecordDescription, RecordId};

/// The text of 2,000 crowded pages is a quarter of this; what is beyond is left unread.
const TEXT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// A storage root, for reading. It is not opened: every call looks at the disk afresh.
#[derive(Debug, Clone)]
pub struct ArchiveReader {
    root: PathBuf,
}

impl ArchiveReader {
    /// The storage root at `root`; whether it is one, [`ArchiveReader::root_faults`] says.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The storage root's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is wrong with the root's own files.
    pub fn root_faults(&self) -> impl Iterator<Item = RootFault> {
        root::faults(&self.root)
    }

    /// The folder of a record's object, whether it is there or not.
    #[must_use]
    pub fn folder_of(&self, record: RecordId) -> PathBuf {
        self.root.join(layout::object_folder(record))
    }

    /// Whether the record's object is there. Objects come into place whole, so it is complete.
    ///
    /// # Errors
    /// As [`ArchiveReader::object`].
    pub fn contains(&self, record: RecordId) -> Result<bool, ArchiveError> {
        self.object(record).map(|object| object.is_some())
    }

    /// The record's object as its latest version has it, with an inventory that holds to the standard
    /// and to its sidecar. A revision that was interrupted, or is under way, shows wholly or not at
    /// all.
    ///
    /// # Errors
    /// [`ArchiveError::ObjectInvalid`] for a damaged object, [`ArchiveError::Unreadable`].
    pub fn object(&self, record: RecordId) -> Result<Option<ArchivedObject>, ArchiveError> {
        let folder = self.folder_of(record);
        match fs::symlink_metadata(&folder) {
            Ok(_) => ArchivedObject::read(folder).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ArchiveError::unreadable(&folder)(error)),
        }
    }

    /// Every object, in the order of folder names; found on the disk, not in a database.
    pub fn objects(&self) -> impl Iterator<Item = Result<ArchivedObject, ArchiveError>> {
        let root = self.root.clone();
        self.walk().filter_map(move |entry| match entry {
            RootEntry::Object(folder) => Some(ArchivedObject::read(root.join(folder))),
            RootEntry::Unexpected(_) => None,
            RootEntry::Unreadable(path, source) => {
                Some(Err(ArchiveError::unreadable(&root.join(path))(source)))
            }
        })
    }

    /// Everything in the storage root, good or not.
    #[must_use]
    pub fn walk(&self) -> RootWalk {
        RootWalk::new(&self.root)
    }
}

/// One object of the archive: the record's files and what is known of them.
#[derive(Debug, Clone)]
pub struct ArchivedObject {
    record: RecordId,
    folder: PathBuf,
    inventory: Inventory,
}

impl ArchivedObject {
    pub(crate) fn new(record: RecordId, folder: PathBuf, inventory: Inventory) -> Self {
        Self {
            record,
            folder,
            inventory,
        }
    }

    fn read(folder: PathBuf) -> Result<Self, ArchiveError> {
        let Head { inventory, .. } = Head::read(&folder)?;
        match record_of(&inventory, &folder) {
            Some(record) => Ok(Self::new(record, folder, inventory)),
            None => {
                let fault = InventoryFault::new("E037", "the identifier belongs elsewhere");
                Err(ArchiveError::invalid(&folder)(fault))
            }
        }
    }

    /// The record's number.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The object's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The object's inventory.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Where the bytes of a file lie, e.g. of `document.pdf`; `None` where the record has no such
    /// file.
    #[must_use]
    pub fn content_path(&self, logical: &str) -> Option<PathBuf> {
        Some(self.inventory.content_of(logical)?.below(&self.folder))
    }

    /// What `record.json` says.
    ///
    /// # Errors
    /// [`ArchiveError::DescriptionInvalid`] where it is missing or not of the known format.
    pub fn description(&self) -> Result<RecordDescription, ArchiveError> {
        let invalid = |detail| ArchiveError::DescriptionInvalid {
            record: self.record,
            detail,
        };
        let path = self
            .content_path(DESCRIPTION)
            .ok_or_else(|| invalid("not there".to_owned()))?;
        let bytes = read_metadata(&path).map_err(ArchiveError::unreadable(&path))?;
        let description: RecordDescription = serde_json::from_slice(&bytes).map_err(|error| {
            // Not its own words: they can quote a value, and this file names people.
            invalid(format!(
                "line {}, column {}: {:?} error",
                error.line(),
                error.column(),
                error.classify()
            ))
        })?;
        if description.format != RecordDescription::FORMAT {
            return Err(invalid(format!("format “{}”", description.format)));
        }
        Ok(description)
    }

    /// The text of the pages that `description` names, a form feed after each page; `None` where it
    /// names none. Bytes that are not UTF-8 come as U+FFFD.
    ///
    /// # Errors
    /// [`ArchiveError::DescriptionInvalid`] where the object has no such file,
    /// [`ArchiveError::Unreadable`].
    pub fn text(&self, description: &RecordDescription) -> Result<Option<String>, ArchiveError> {
        let Some(logical) = &description.text else {
            return Ok(None);
        };
        let path = self
            .content_path(logical)
            .ok_or_else(|| ArchiveError::DescriptionInvalid {
                record: self.record,
                detail: "the text that it names is not there".to_owned(),
            })?;
        let mut bytes = Vec::new();
        open_regular(&path)
            .and_then(|file| file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes))
            .map_err(ArchiveError::unreadable(&path))?;
        let text = String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Some(text))
    }
}

/// The record whose object belongs into `folder`, if the inventory's identifier is that record's.
pub(crate) fn record_of(inventory: &Inventory, folder: &Path) -> Option<RecordId> {
    let record: RecordId = inventory.id().parse().ok()?;
    (record.urn() == inventory.id() && folder.ends_with(layout::object_folder(record)))
        .then_some(record)
}

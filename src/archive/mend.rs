//! Mends an object from copies of it elsewhere, file by file, and keeps what was damaged.
//!
//! What the object must be follows from the inventories of its versions alone, and those the caller has proven
//! ([`Proven`]): inventories and sidecars are made from their bytes, and a content file is taken from wherever it has the
//! digest that the inventory names. Nothing else is believed, in the object or in a copy.
//!
//! A damaged file is linked aside before the good one takes its name by one rename, so a reader sees one or the other,
//! and a crash loses neither. An object that is not there at all comes into place as a new one does, whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::inventory::sidecar_text;
use super::revise::Turn;
use super::root::{ROOT_FILES, RootFault, faults};
use super::staged::take_place;
use super::{
    Archive, ArchiveError, INVENTORY, Inventory, InventoryFault, OBJECT_DECLARATION, SIDECAR,
    VersionNumber, layout,
};
use crate::durable;
use crate::record::{Digests, RecordId, Sha256Digest, Sha512Digest};

/// What an object must be, to the byte.
#[derive(Debug, Clone)]
pub struct Proven {
    record: RecordId,
    inventory: Inventory,
    /// Files that follow from the inventories, by their path below the object.
    written: BTreeMap<PathBuf, Vec<u8>>,
    /// The others, by digest.
    content: BTreeMap<PathBuf, Sha512Digest>,
    folders: BTreeSet<PathBuf>,
}

impl Proven {
    /// From the inventory of each version, the first one's first; the caller has proven their bytes.
    ///
    /// # Errors
    /// They are not the inventories of one object of this record.
    pub fn new(record: RecordId, versions: &[Vec<u8>]) -> Result<Self, InventoryFault> {
        let other = |detail: &str| InventoryFault::new("E037", detail);
        let last = versions.last().ok_or_else(|| other("no version"))?;
        let inventory = Inventory::parse(last)?;
        if inventory.id() != record.urn() {
            return Err(other("the inventory is another record's"));
        }
        let numbers: Vec<VersionNumber> = inventory.head().up_to().collect();
        if numbers.len() != versions.len() {
            return Err(other("the inventory is of another version"));
        }
        let mut written = BTreeMap::new();
        let mut add = |folder: PathBuf, bytes: &[u8]| {
            written.insert(folder.join(SIDECAR), sidecar_text(bytes).into_bytes());
            written.insert(folder.join(INVENTORY), bytes.to_vec());
        };
        for (number, bytes) in numbers.iter().zip(versions) {
            inventory.check_older(*number, &Inventory::parse(bytes)?)?;
            add(PathBuf::from(number.to_string()), bytes);
        }
        add(PathBuf::new(), last);
        let (declaration, text) = OBJECT_DECLARATION;
        written.insert(declaration.into(), text.as_bytes().to_vec());
        let content: BTreeMap<PathBuf, Sha512Digest> = inventory
            .contents()
            .map(|(path, digest)| (PathBuf::from(path.as_str()), *digest))
            .collect();
        let files = written.keys().chain(content.keys());
        let above = files.flat_map(|file| file.ancestors().skip(1).map(Path::to_owned));
        Ok(Self {
            record,
            folders: above.collect(),
            inventory,
            written,
            content,
        })
    }

    /// Whose object it is.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// SHA-256 of the inventory of its latest version.
    #[must_use]
    pub fn inventory_sha256(&self) -> Sha256Digest {
        let bytes = self.written.get(Path::new(INVENTORY));
        Sha256Digest::of(bytes.map_or(&[], Vec::as_slice))
    }

    /// How the object in `folder` differs, in the order of paths, strange things first.
    fn flaws(&self, folder: &Path) -> Vec<Flaw> {
        let mut flaws = self.strangers(folder);
        let read = |path: &Path| durable::open_regular(path).and_then(Digests::of_reader);
        let written = self.written.iter();
        let written = written.map(|(path, bytes)| (path, Sha512Digest::of(bytes)));
        let content = self.content.iter().map(|(path, digest)| (path, *digest));
        for (path, expected) in written.chain(content) {
            let (fault, found) = match read(&folder.join(path)) {
                Ok(digests) if digests.sha512 == expected => continue,
                Ok(digests) => (Fault::Changed, Some(digests.sha512)),
                Err(error) if is_absent(&error) => (Fault::Missing, None),
                Err(_) => (Fault::Unreadable, None),
            };
            flaws.push(Flaw {
                path: path.clone(),
                fault,
                expected: Some(expected),
                found,
                source: None,
            });
        }
        flaws
    }

    /// What does not belong to the object, each folder once.
    fn strangers(&self, folder: &Path) -> Vec<Flaw> {
        let mut strangers = Vec::new();
        let mut walk = WalkDir::new(folder)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = walk.next() {
            // What cannot be listed shows by the files that are missing below it.
            let Ok(entry) = entry else { continue };
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let is_folder = entry.file_type().is_dir();
            let is_file = entry.file_type().is_file();
            let has_name = self.written.contains_key(path) || self.content.contains_key(path);
            if is_folder && self.folders.contains(path) || is_file && has_name {
                continue;
            }
            if is_folder {
                walk.skip_current_dir();
            }
            strangers.push(Flaw {
                path: path.to_owned(),
                fault: Fault::Unexpected,
                expected: None,
                found: None,
                source: None,
            });
        }
        strangers
    }
}

/// What is wrong with a file of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not there.
    Missing,
    /// It has other bytes.
    Changed,
    /// The disk does not give its bytes.
    Unreadable,
    /// It does not belong to the object.
    Unexpected,
}

/// A file that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Below the object's folder.
    pub path: PathBuf,
    /// What is wrong.
    pub fault: Fault,
    /// What its bytes must come to.
    pub expected: Option<Sha512Digest>,
    /// What they come to.
    pub found: Option<Sha512Digest>,
    /// Which of the copies has the right bytes.
    source: Option<usize>,
}

impl Flaw {
    /// Which of the copies has the right bytes; `None` where none is needed, or none has them.
    #[must_use]
    pub fn source(&self) -> Option<usize> {
        self.source
    }
}

/// An object whose flaws are known, and that nobody revises meanwhile.
pub struct Mending<'a> {
    archive: &'a Archive,
    _turn: Turn,
    /// Where files are put together; what a crash leaves of it goes with the next repair.
    job: PathBuf,
    proven: &'a Proven,
    copies: &'a [PathBuf],
    flaws: Vec<Flaw>,
}

impl Archive {
    /// Looks how a record's object differs from what it must be, and which of the `copies` (folders of the same
    /// object elsewhere) have what it lacks.
    ///
    /// # Errors
    /// [`ArchiveError::RevisionUnderWay`], also where one was interrupted: it is finished first;
    /// [`ArchiveError::ObjectInvalid`] where it has a later version than is proven.
    pub fn examine<'a>(
        &'a self,
        proven: &'a Proven,
        copies: &'a [PathBuf],
    ) -> Result<Mending<'a>, ArchiveError> {
        let record = proven.record;
        let turn = Turn::take(&self.staging, record)?;
        if turn.job.exists() {
            return Err(ArchiveError::RevisionUnderWay { record });
        }
        let job = self.staging.join(format!("{record}.repair"));
        durable::remove_tree(&job)?;
        let folder = self.reader.folder_of(record);
        let next = proven.inventory.head().next();
        if fs::symlink_metadata(folder.join(next.to_string())).is_ok() {
            let fault = InventoryFault::new("E046", format!("{next} stands in no ledger"));
            return Err(ArchiveError::invalid(&folder)(fault));
        }
        let mut flaws = proven.flaws(&folder);
        for flaw in &mut flaws {
            let content = proven.content.get(&flaw.path);
            let has_it = |copy: &PathBuf| {
                let file = durable::open_regular(&copy.join(&flaw.path));
                let digests = file.and_then(Digests::of_reader);
                digests.is_ok_and(|digests| Some(&digests.sha512) == content)
            };
            if content.is_some() {
                flaw.source = copies.iter().position(has_it);
            }
        }
        Ok(Mending {
            archive: self,
            _turn: turn,
            job,
            proven,
            copies,
            flaws,
        })
    }

    /// Writes the root's own files where they are missing, and where they differ after moving those aside; answers
    /// which.
    ///
    /// # Errors
    /// The disk's.
    pub fn mend_root(root: &Path, aside: &Path) -> Result<Vec<&'static str>, ArchiveError> {
        let mut mended = Vec::new();
        for fault in faults(root).collect::<Vec<_>>() {
            let (RootFault::Missing(name)
            | RootFault::Differs(name)
            | RootFault::Unreadable(name, _)) = fault;
            let path = root.join(name);
            if fs::symlink_metadata(&path).is_ok() {
                move_aside(&path, &aside.join(name))?;
            }
            let text = ROOT_FILES.iter().find(|(file, _)| *file == name);
            let text = text.map_or("", |(_, text)| text);
            if let Some(folder) = path.parent() {
                durable::create_folders(folder)?;
            }
            durable::write_new(&path, text.as_bytes())?;
            mended.push(name);
        }
        Ok(mended)
    }
}

impl Mending<'_> {
    /// What differs; nothing where the object is good.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// Those that cannot be mended: no copy has the right bytes.
    pub fn lacking(&self) -> impl Iterator<Item = &Flaw> {
        self.flaws.iter().filter(|flaw| self.is_lacking(flaw))
    }

    /// Those that can be mended.
    pub fn mendable(&self) -> impl Iterator<Item = &Flaw> {
        self.flaws.iter().filter(|flaw| !self.is_lacking(flaw))
    }

    /// Inventories, and what follows from them, need no copy.
    fn is_lacking(&self, flaw: &Flaw) -> bool {
        self.proven.content.contains_key(&flaw.path) && flaw.source.is_none()
    }

    /// Makes it good, as far as the copies go, and looks at all of it again. What was damaged is in `aside` then, by
    /// its path. Answers what differs yet.
    ///
    /// # Errors
    /// The disk's, or a copy's that went away meanwhile. Nothing that was good is touched.
    pub fn carry_out(self, aside: &Path) -> Result<Vec<Flaw>, ArchiveError> {
        let folder = self.archive.reader.folder_of(self.proven.record);
        let mended = match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.place_whole(),
            _ => self.mend_files(&folder, aside),
        };
        durable::discard_tree(&self.job);
        mended?;
        Ok(self.proven.flaws(&folder))
    }

    fn place_whole(&self) -> Result<(), ArchiveError> {
        if self.lacking().next().is_some() {
            return Ok(());
        }
        let job = &self.job;
        let object = job.join(layout::object_folder(self.proven.record));
        for flaw in &self.flaws {
            self.stage(flaw, &object.join(&flaw.path))?;
        }
        durable::sync_tree(job)?;
        take_place(self.archive, job, self.proven.record)
    }

    fn mend_files(&self, folder: &Path, aside: &Path) -> Result<(), ArchiveError> {
        for flaw in &self.flaws {
            let place = folder.join(&flaw.path);
            let bad = aside.join(&flaw.path);
            if flaw.fault == Fault::Unexpected {
                move_aside(&place, &bad)?;
                continue;
            }
            if self.is_lacking(flaw) {
                continue;
            }
            let staged = self.job.join(&flaw.path);
            self.stage(flaw, &staged)?;
            if fs::symlink_metadata(&place).is_ok() {
                set_aside(&place, &bad)?;
            }
            if let Some(parent) = place.parent() {
                durable::create_folders(parent)?;
            }
            durable::rename_over(&staged, &place)?;
        }
        Ok(())
    }

    /// The right bytes, synced, at `place`.
    fn stage(&self, flaw: &Flaw, place: &Path) -> Result<(), ArchiveError> {
        if let Some(parent) = place.parent() {
            durable::stage_folders(parent)?;
        }
        if let Some(bytes) = self.proven.written.get(&flaw.path) {
            return Ok(durable::stage_bytes(place, bytes)?);
        }
        let copy = flaw.source.and_then(|source| self.copies.get(source));
        let expected = self.proven.content.get(&flaw.path);
        if let (Some(copy), Some(expected)) = (copy, expected) {
            let copied = durable::stage_copy(&copy.join(&flaw.path), place)?;
            // As it lies on the disk now, not as it was read.
            let written = durable::stage_written(place)?;
            if copied.sha512 == *expected && written.sha512 == *expected {
                return Ok(());
            }
        }
        let fault = InventoryFault::new("E092", format!("“{}” changed", flaw.path.display()));
        Err(ArchiveError::invalid(copy.map_or(place, PathBuf::as_path))(
            fault,
        ))
    }
}

/// Keeps a file that is about to be replaced: by a second name, or by moving what can have none.
fn set_aside(place: &Path, aside: &Path) -> Result<(), ArchiveError> {
    if let Some(parent) = aside.parent() {
        durable::create_folders(parent)?;
    }
    let is_file = fs::symlink_metadata(place).is_ok_and(|metadata| metadata.is_file());
    if is_file && durable::stage_link(place, aside).is_ok() {
        if let Some(parent) = aside.parent() {
            durable::sync_folder(parent)?;
        }
        return Ok(());
    }
    // Half a copy of a file that cannot be read.
    durable::remove_file(aside)?;
    Ok(durable::move_new(place, aside)?)
}

fn move_aside(place: &Path, aside: &Path) -> Result<(), ArchiveError> {
    if let Some(parent) = aside.parent() {
        durable::create_folders(parent)?;
    }
    Ok(durable::move_new(place, aside)?)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput
    )
}

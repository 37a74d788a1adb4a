//! One OCFL object against OCFL 1.1 (§3) and its own inventory: structure and every byte.
//!
//! It knows nothing of records: what the files mean is checked elsewhere. A problem never stops the
//! check of what does not depend on it; an inventory that contradicts its sidecar is not believed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::archive::{
    ContentPath, HEAD_READS, INVENTORY, Inventory, InventoryFault, OBJECT_DECLARATION, SIDECAR,
    VersionNumber, holds, read_metadata, sidecar_digest, sidecar_is_behind, version_ahead,
};
use crate::durable::open_regular;
use crate::record::{Digests, FindingCode, Sha256Digest, Sha512Digest, Written};

/// A coded fact about a file or folder of the object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: FindingCode,
    /// Below the object's folder.
    pub(super) path: PathBuf,
    pub(super) detail: String,
}

/// What was found in an object's folder.
#[derive(Debug, Default)]
pub(super) struct ObjectReport {
    pub(super) problems: Vec<Problem>,
    /// The inventory, where it can be believed.
    pub(super) inventory: Option<Inventory>,
    /// SHA-256 of the inventory of each version, by its number, where it can be believed.
    pub(super) versions: BTreeMap<u32, Sha256Digest>,
    /// The content files whose bytes are what the inventory says.
    pub(super) intact: BTreeMap<ContentPath, Written>,
    /// Whether somebody vouches for the inventory, and with it for the digests in it.
    pub(super) is_vouched: bool,
    pub(super) files_checked: u64,
    pub(super) bytes_checked: u64,
}

/// Whether an inventory with this digest was written by this office, from bytes of which it computed all digests at once.
pub(super) type Vouches<'a> = dyn Fn(&Inventory, &Sha256Digest) -> bool + 'a;

/// Checks the object in `folder`. Of an inventory that `vouches` knows one digest of each file proves the other.
pub(super) fn check(folder: &Path, vouches: &Vouches<'_>) -> ObjectReport {
    let mut check = ObjectCheck {
        folder,
        report: ObjectReport::default(),
    };
    check.declaration();
    if let Some((inventory, bytes)) = check.root_inventory() {
        let ahead = check.strangers(&inventory);
        check.version_inventories(&inventory, &bytes);
        check.report.is_vouched = ahead.is_none() && vouches(&inventory, &Sha256Digest::of(&bytes));
        check.contents(ahead.as_ref().unwrap_or(&inventory));
        check.report.inventory = Some(inventory);
    }
    check.report
}

struct ObjectCheck<'a> {
    folder: &'a Path,
    report: ObjectReport,
}

impl ObjectCheck<'_> {
    fn problem(&mut self, code: FindingCode, path: impl Into<PathBuf>, detail: impl Into<String>) {
        self.report.problems.push(Problem {
            code,
            path: path.into(),
            detail: detail.into(),
        });
    }

    /// A file that is not there, or is a folder or a link, has the code given; otherwise nothing
    /// is known of it.
    fn trouble(&mut self, error: &io::Error, absent: FindingCode, path: impl Into<PathBuf>) {
        let is_absent = matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput
        );
        let code = if is_absent {
            absent
        } else {
            FindingCode::Unreadable
        };
        self.problem(code, path, error.to_string());
    }

    fn invalid(&mut self, path: impl Into<PathBuf>, fault: &InventoryFault) {
        self.problem(FindingCode::InventoryInvalid, path, fault.to_string());
    }

    fn declaration(&mut self) {
        let (name, text) = OBJECT_DECLARATION;
        self.report.files_checked += 1;
        match holds(&self.folder.join(name), text) {
            Ok(true) => {}
            Ok(false) => self.problem(FindingCode::ObjectInvalid, name, "E007: other content"),
            Err(error) => self.trouble(&error, FindingCode::ObjectInvalid, name),
        }
    }

    fn root_inventory(&mut self) -> Option<(Inventory, Vec<u8>)> {
        let bytes = self.root_inventory_bytes()?;
        match Inventory::parse(&bytes) {
            Ok(inventory) => Some((inventory, bytes)),
            Err(fault) => {
                self.invalid(INVENTORY, &fault);
                None
            }
        }
    }

    /// The bytes of the object's own inventory. A sidecar that only lags behind vouches for them by way
    /// of the version's; one that does not fit at all may just have been replaced, so it is read again.
    fn root_inventory_bytes(&mut self) -> Option<Vec<u8>> {
        for _ in 0..HEAD_READS {
            let (bytes, sidecar) = self.inventory_and_sidecar(Path::new(""))?;
            if sidecar == Sha512Digest::of(&bytes) {
                return Some(bytes);
            }
            match sidecar_is_behind(self.folder, &bytes, &sidecar) {
                Ok(true) => {
                    let detail = "still that of the version before";
                    self.problem(FindingCode::RevisionUnfinished, SIDECAR, detail);
                    return Some(bytes);
                }
                Ok(false) => {}
                Err(error) => {
                    self.problem(FindingCode::Unreadable, INVENTORY, error.to_string());
                    return None;
                }
            }
        }
        self.changed(Path::new(INVENTORY));
        None
    }

    /// The bytes of the inventory in `part` of the object, if they are what the sidecar says.
    fn inventory_bytes(&mut self, part: &Path) -> Option<Vec<u8>> {
        let (bytes, sidecar) = self.inventory_and_sidecar(part)?;
        if sidecar == Sha512Digest::of(&bytes) {
            return Some(bytes);
        }
        self.changed(&part.join(INVENTORY));
        None
    }

    fn changed(&mut self, inventory: &Path) {
        let detail = "E060: the sidecar has another digest";
        self.problem(FindingCode::InventoryChanged, inventory, detail);
    }

    fn inventory_and_sidecar(&mut self, part: &Path) -> Option<(Vec<u8>, Sha512Digest)> {
        let (path, sidecar_path) = (part.join(INVENTORY), part.join(SIDECAR));
        let bytes = self.metadata(&path)?;
        let sidecar = self.metadata(&sidecar_path)?;
        match sidecar_digest(&sidecar) {
            Ok(digest) => Some((bytes, digest)),
            Err(fault) => {
                self.invalid(sidecar_path, &fault);
                None
            }
        }
    }

    fn metadata(&mut self, path: &Path) -> Option<Vec<u8>> {
        match read_metadata(&self.folder.join(path)) {
            Ok(bytes) => {
                self.report.files_checked += 1;
                self.report.bytes_checked += bytes.len() as u64;
                Some(bytes)
            }
            Err(error) => {
                self.trouble(&error, FindingCode::InventoryInvalid, path);
                None
            }
        }
    }

    /// Files and folders that the inventory does not name. A strange folder is named once, whatever
    /// is in it. Returns the inventory of a version that continues the object and is not its head yet.
    fn strangers(&mut self, inventory: &Inventory) -> Option<Inventory> {
        let mut ahead = None;
        let (mut files, mut folders) = expected(inventory);
        let next = PathBuf::from(inventory.head().next().to_string());
        let mut walk = WalkDir::new(self.folder)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = self.relative(error.path().unwrap_or(self.folder));
                    self.problem(FindingCode::Unreadable, path, error.to_string());
                    continue;
                }
            };
            let path = self.relative(entry.path());
            let is_folder = entry.file_type().is_dir();
            // Looked at only now: a revision may have put it there since the inventory was read.
            if is_folder && path == next {
                match version_ahead(self.folder, inventory) {
                    Ok(Some(newer)) => {
                        let detail = "a whole version that is not the head yet";
                        self.problem(FindingCode::RevisionUnfinished, path, detail);
                        (files, folders) = expected(&newer.inventory);
                        ahead = Some(newer.inventory);
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        walk.skip_current_dir();
                        self.problem(FindingCode::Unreadable, path, error.to_string());
                        continue;
                    }
                }
            }
            let names = if is_folder { &folders } else { &files };
            if names.contains(path.to_string_lossy().as_ref()) {
                continue;
            }
            if is_folder {
                walk.skip_current_dir();
            }
            let detail = format!(
                "a {} that no inventory names",
                if is_folder { "folder" } else { "file" }
            );
            self.problem(FindingCode::FileUnexpected, path, detail);
        }
        ahead
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.folder).unwrap_or(path).to_owned()
    }

    /// Each version keeps the inventory of its time; the latest one's is a copy of the object's.
    fn version_inventories(&mut self, inventory: &Inventory, bytes: &[u8]) {
        for (number, version) in (1..).zip(inventory.head().up_to()) {
            let part = PathBuf::from(version.to_string());
            let Some(copy) = self.inventory_bytes(&part) else {
                continue;
            };
            self.report.versions.insert(number, Sha256Digest::of(&copy));
            let path = part.join(INVENTORY);
            if version == inventory.head() {
                if copy != bytes {
                    let detail = "E064: differs from the object's inventory";
                    self.problem(FindingCode::InventoryChanged, path, detail);
                }
            } else if let Err(fault) = continues(inventory, version, &copy) {
                self.invalid(path, &fault);
            }
        }
    }

    fn contents(&mut self, inventory: &Inventory) {
        let sha256: BTreeMap<_, _> = inventory.sha256_fixity().collect();
        for (path, expected) in inventory.contents() {
            let named = sha256.get(path).map(|named| named.as_str());
            let file = open_regular(&path.below(self.folder));
            let fitting = match named.filter(|_| self.report.is_vouched) {
                Some(named) => file.and_then(Written::of_reader).map(|is| {
                    let found = is.sha256.to_string();
                    (
                        is,
                        (found != named).then(|| differing("sha256", &found, named)),
                    )
                }),
                None => file.and_then(Digests::of_reader).map(|is| {
                    let (found, named) = (is.sha512.to_string(), expected.to_string());
                    let differs = (found != named).then(|| differing("sha512", &found, &named));
                    (Written::from(is), differs)
                }),
            };
            let is = match fitting {
                Ok((is, None)) => is,
                Ok((is, Some(detail))) => {
                    self.count(&is);
                    self.problem(FindingCode::ContentChanged, path.as_str(), detail);
                    continue;
                }
                Err(error) => {
                    self.trouble(&error, FindingCode::ContentMissing, path.as_str());
                    continue;
                }
            };
            self.count(&is);
            let found = is.sha256.to_string();
            if let Some(named) = named.filter(|named| *named != found) {
                let detail = format!("E093: “{path}” has sha256 {found}, not {named}");
                self.problem(FindingCode::InventoryInvalid, INVENTORY, detail);
            }
            self.report.intact.insert(path.clone(), is);
        }
    }

    fn count(&mut self, file: &Written) {
        self.report.files_checked += 1;
        self.report.bytes_checked += file.bytes;
    }
}

fn differing(algorithm: &str, found: &str, named: &str) -> String {
    format!("{algorithm} {found}, inventory {named}")
}

fn continues(
    inventory: &Inventory,
    version: VersionNumber,
    older: &[u8],
) -> Result<(), InventoryFault> {
    inventory.check_older(version, &Inventory::parse(older)?)
}

/// The files that an object with this inventory has, and the folders they need.
fn expected(inventory: &Inventory) -> (BTreeSet<String>, BTreeSet<String>) {
    let (declaration, _) = OBJECT_DECLARATION;
    let mut files = BTreeSet::from([declaration, INVENTORY, SIDECAR].map(str::to_owned));
    let mut folders = BTreeSet::new();
    for version in inventory.head().up_to() {
        files.extend([INVENTORY, SIDECAR].map(|name| format!("{version}/{name}")));
        folders.insert(version.to_string());
    }
    for (path, _) in inventory.contents() {
        files.insert(path.to_string());
        folders.extend(path.folders().map(str::to_owned));
    }
    (files, folders)
}

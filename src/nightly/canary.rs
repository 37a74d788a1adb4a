//! The check is checked: a copy of an archived object is damaged on purpose, and the same verification must tell.
//!
//! The copy lies in the work folder, in a storage root of its own, and is gone afterwards; the archive is not touched.
//! It must be found good before it is damaged, so that what is found is the damage. Nights take turns in what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;
use walkdir::WalkDir;

use crate::archive::{Archive, ArchiveReader, ArchivedObject, INVENTORY, object_folder};
use crate::config::Config;
use crate::describe::DOCUMENT;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::inspection::Inspection;
use crate::record::{Finding, FindingCode, RecordId, Severity};
use crate::verify::{Accounts, IndexFacts, LedgerFacts, Slice, verify};

/// Records that are tried until one is found whose copy is good.
const TRIES: usize = 20;
/// A longer object costs more than it tells.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What the check said of the damaged copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canary {
    /// What was done to it.
    pub damage: &'static str,
    /// The code that must be told.
    pub expected: FindingCode,
    /// Whether it was.
    pub is_reported: bool,
}

/// What can be done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    Bit,
    Cut,
    Missing,
    Stranger,
    Inventory,
    Gone,
}

impl Damage {
    const ALL: [Self; 6] = [
        Self::Bit,
        Self::Missing,
        Self::Inventory,
        Self::Cut,
        Self::Stranger,
        Self::Gone,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Bit => "a bit of the document is changed",
            Self::Cut => "the document is cut short",
            Self::Missing => "the document is missing",
            Self::Stranger => "a file that no inventory names",
            Self::Inventory => "a bit of the inventory is changed",
            Self::Gone => "the object is gone",
        }
    }

    fn expected(self) -> FindingCode {
        match self {
            Self::Bit | Self::Cut => FindingCode::ContentChanged,
            Self::Missing => FindingCode::ContentMissing,
            Self::Stranger => FindingCode::FileUnexpected,
            Self::Inventory => FindingCode::InventoryChanged,
            Self::Gone => FindingCode::ArchiveMissing,
        }
    }

    fn inflict(self, object: &Path, document: &Path) -> Result<(), Error> {
        match self {
            Self::Bit => change(document, |bytes| flip(bytes))?,
            Self::Cut => change(document, |bytes| bytes.truncate(bytes.len() / 2))?,
            Self::Missing => durable::remove_file(document)?,
            Self::Stranger => durable::write_new(&object.join("stranger.txt"), b"stranger")?,
            Self::Inventory => change(&object.join(INVENTORY), |bytes| flip(bytes))?,
            Self::Gone => durable::remove_tree(object)?,
        }
        Ok(())
    }
}

fn flip(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
}

fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
    let mut bytes = fs::read(path).map_err(failed(path))?;
    how(&mut bytes);
    Ok(durable::replace(path, &bytes)?)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> JourneyError {
    move |source| JourneyError::Io {
        path: path.to_owned(),
        source,
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// `None` where the office has no good object to copy.
    pub(super) canary: Option<Canary>,
    /// Records whose copies were not good before anything was done to them: they are to be checked tonight.
    pub(super) suspects: BTreeSet<RecordId>,
}

/// Damages a copy and checks it.
///
/// # Errors
/// The copy cannot be made or checked.
pub(super) fn look(
    config: &Config,
    inspection: &Inspection<'_>,
    run: u64,
) -> Result<Looked, Error> {
    let scratch = config.staging().join("canary");
    durable::remove_tree(&scratch)?;
    let looked = look_in(&scratch, config, inspection, run);
    durable::remove_tree(&scratch)?;
    looked
}

fn look_in(
    scratch: &Path,
    config: &Config,
    inspection: &Inspection<'_>,
    run: u64,
) -> Result<Looked, Error> {
    let mut looked = Looked::default();
    let archive = ArchiveReader::at(&config.folders.archive);
    let root = scratch.join("archive");
    Archive::create(&root)?;
    let cage = Archive::open(&root, &scratch.join("staging"))?;
    let newest = inspection.index().keys().rev().take(TRIES);
    for record in newest {
        let Some(object) = archive.object(*record).ok().flatten() else {
            looked.suspects.insert(*record);
            continue;
        };
        let folder = root.join(object_folder(*record));
        if length(object.folder()) > BYTES_MAX || !copied(&object, &folder)? {
            continue;
        }
        let accounts = Known::of(*record, inspection);
        let Some(document) = object.content_path(DOCUMENT) else {
            continue;
        };
        let findings = accounts.check(cage.reader(), inspection)?;
        let is_good = findings.iter().all(|it| it.severity() == Severity::Notice);
        if !is_good {
            looked.suspects.insert(*record);
            durable::remove_tree(&folder)?;
            continue;
        }
        let below = document.strip_prefix(object.folder()).unwrap_or(&document);
        let turn = usize::try_from(run % Damage::ALL.len() as u64).unwrap_or(0);
        let damage = Damage::ALL.get(turn).copied().unwrap_or(Damage::Bit);
        damage.inflict(&folder, &folder.join(below))?;
        let findings = accounts.check(cage.reader(), inspection)?;
        let is_it = |it: &Finding| it.code == damage.expected() && it.record == Some(*record);
        looked.canary = Some(Canary {
            damage: damage.name(),
            expected: damage.expected(),
            is_reported: findings.iter().any(is_it),
        });
        break;
    }
    Ok(looked)
}

fn length(folder: &Path) -> u64 {
    let entries = WalkDir::new(folder).into_iter().flatten();
    let lengths = entries.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    lengths.sum()
}

/// Copies an object's files; false where one is no plain file: that is for the check of the archive.
fn copied(object: &ArchivedObject, to: &Path) -> Result<bool, Error> {
    for entry in WalkDir::new(object.folder()).min_depth(1) {
        let Ok(entry) = entry else { return Ok(false) };
        let below = entry.path().strip_prefix(object.folder());
        let place = to.join(below.unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            continue;
        }
        if !entry.file_type().is_file() {
            return Ok(false);
        }
        durable::stage_folders(place.parent().unwrap_or(to))?;
        durable::stage_copy(entry.path(), &place)?;
    }
    Ok(true)
}

/// What index and ledger say of the one record.
struct Known {
    index: IndexFacts,
    ledger: Option<LedgerFacts>,
}

impl Known {
    fn of(record: RecordId, inspection: &Inspection<'_>) -> Self {
        let only = BTreeSet::from([record]);
        let index = inspection.index().iter();
        let index = index.filter(|(record, _)| only.contains(record));
        Self {
            index: index
                .map(|(record, digest)| (*record, *digest))
                .collect::<BTreeMap<_, _>>(),
            ledger: inspection.ledger().map(|facts| facts.only(record)),
        }
    }

    fn check(
        &self,
        cage: &ArchiveReader,
        inspection: &Inspection<'_>,
    ) -> Result<Vec<Finding>, Error> {
        let accounts = Accounts {
            index: &self.index,
            ledger: self.ledger.as_ref(),
        };
        let check = |object: &ArchivedObject, description: &_, vouched| {
            inspection.check_document(object, description, vouched)
        };
        Ok(verify(cage, accounts, Slice::ALL, &check, 1)?.findings)
    }
}

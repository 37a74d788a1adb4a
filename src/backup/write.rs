//! Makes a set.

use std::fs;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use age::x25519;
use jiff::Timestamp;
use serde::Serialize;
use walkdir::WalkDir;

use super::set::{ARCHIVE, MANIFEST, OFFICE, SetFile, chain};
use super::tar_stream::TarWriter;
use super::{BackupError, Kind, SetManifest, sets, sweep};
use crate::archive::{
    ArchiveReader, INVENTORY, Inventory, OBJECT_DECLARATION, ROOT_FILES, SIDECAR, VersionNumber,
    object_folder, read_metadata, sidecar_digest,
};
use crate::config::Config;
use crate::durable;
use crate::ledger::{self, ArchivedVersion, Event, Ledger, LedgerError};
use crate::nightly;
use crate::office_ledger::facts::acts;
use crate::record::{Digests, Sha256Digest, Sha512Digest, Written, vietnam_time};
use crate::reuse::procedure;
use crate::session;

/// A set that is being made.
const UNFINISHED: &str = ".sohoa-set.part";
/// Of the data folder, besides the ledger and the trusted roots: files, and folders with all that is in them.
const KEPT: [&str; 9] = [
    "accounts.toml",
    crate::disposal::FOLDER,
    "clients.toml",
    procedure::FILE,
    crate::access::FOLDER,
    "reuse",
    session::LOG,
    nightly::FOLDER,
    "scanner-profiles",
];
const KEYS: &str = "keys";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Which kind; else what the calendar asks for.
    pub kind: Option<Kind>,
    /// Whether the office's keys go with it.
    pub with_keys: bool,
    /// Now.
    pub now: Timestamp,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The set.
    pub manifest: SetManifest,
    /// Sets whose time was over, and that were removed.
    pub removed: Vec<String>,
}

/// Makes a set in the folder `to`, reads it back, and removes those whose time is over.
///
/// # Errors
/// [`BackupError`]; then there is no new set, and no old one was removed.
pub fn backup(config: &Config, to: &Path, wanted: Wanted) -> Result<Made, BackupError> {
    let recipient = config.backup.recipient.as_deref().unwrap_or_default();
    let recipient: x25519::Recipient = recipient.parse().map_err(|_| BackupError::Recipient)?;
    durable::create_folders(to)?;
    let real = |path: &Path| fs::canonicalize(path).map_err(BackupError::io(path));
    if real(to)?.starts_with(real(&config.data_folder)?) {
        return Err(BackupError::Inside {
            path: to.to_owned(),
        });
    }
    // One backup of this office, and one in this folder, at a time.
    let _turns = (turn(&config.folders.work)?, turn(to)?);
    let part = to.join(UNFINISHED);
    let scratch = config.staging().join("backup.ledger");
    for left in [&part, &scratch] {
        durable::remove_tree(left)?;
    }
    durable::stage_folders(&part)?;
    let making = Making {
        config,
        recipient,
        wanted,
        part: &part,
        scratch: &scratch,
    };
    let made = making.make(to);
    durable::discard_tree(&scratch);
    let manifest = made.inspect_err(|_| durable::discard_tree(&part))?;
    let removed = sweep::sweep(&config.backup, to, wanted.now)?;
    Ok(Made { manifest, removed })
}

/// Waits for the turn; a file system without locks has none.
fn turn(folder: &Path) -> Result<Option<File>, BackupError> {
    let path = folder.join("backup.lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(BackupError::io(&path))?;
    Ok(lock.lock().is_ok().then_some(lock))
}

struct Making<'a> {
    config: &'a Config,
    recipient: x25519::Recipient,
    wanted: Wanted,
    part: &'a Path,
    /// The ledger as it goes into the set.
    scratch: &'a Path,
}

impl Making<'_> {
    fn make(&self, to: &Path) -> Result<SetManifest, BackupError> {
        let now = self.wanted.now;
        // Before the archive: what the ledger names is in the archive already.
        let size = ledger::copy(&self.config.ledger.folder, self.scratch)?;
        let origin = Ledger::open(self.scratch)?.head()?.origin.to_string();
        let all = sets(to)?;
        let (kind, base) = choose(to, &all, &origin, self.wanted)?;
        let from = base.as_ref().map_or(0, |base| base.to);
        if from > size {
            let (signed, tree) = (from, size);
            return Err(LedgerError::RolledBack { signed, tree }.into());
        }
        let again = base.as_ref().map(|base| base.missing.clone());
        let (archive, versions, missing) = self.archive(again.unwrap_or_default(), from)?;
        let office = self.office()?;
        let set = format!("{}-{}", now.strftime("%Y%m%dT%H%M%S%fZ"), kind.as_str());
        let manifest = SetManifest {
            format: SetManifest::FORMAT.to_owned(),
            set: set.clone(),
            kind,
            made: now,
            base: base.map(|base| base.set),
            origin,
            from,
            to: size,
            versions,
            missing,
            recipient: self.recipient.to_string(),
            has_keys: self.wanted.with_keys,
            files: vec![archive, office],
        };
        // Plain text and numbers: serialising them cannot fail.
        let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        durable::stage_bytes(&self.part.join(MANIFEST), &text)?;
        durable::sync_tree(self.part)?;
        manifest.require_whole(self.part, true)?;
        durable::rename_new(self.part, &to.join(set))?;
        Ok(manifest)
    }

    /// The versions of the entries `again`, and of those from `from` on.
    fn archive(&self, again: Vec<u64>, from: u64) -> Result<(SetFile, u64, Vec<u64>), BackupError> {
        let ledger = Ledger::open(self.scratch)?;
        let (mut versions, mut missing) = (0, Vec::new());
        let acts = acts(self.scratch)?.unwrap_or_default();
        let written = self.stage(ARCHIVE, |tar| {
            for (name, text) in ROOT_FILES {
                let added = tar.bytes(&format!("archive/{name}"), text.as_bytes());
                added.map_err(BackupError::io(self.part))?;
            }
            let again = again.iter().map(|entry| ledger.recorded(*entry));
            for recorded in again.chain(ledger.recorded_from(from)?) {
                let recorded = recorded?;
                let opening = recorded.opening.as_ref();
                if let Some(Event::Archived(version) | Event::Corrected(version)) =
                    opening.map(|opening| opening.event())
                {
                    // What was disposed of is not missing.
                    if acts.disposals.contains_key(&version.record) {
                        continue;
                    }
                    match self.whole(version) {
                        Some(whole) => {
                            whole.add(tar)?;
                            versions += 1;
                        }
                        None => missing.push(recorded.index),
                    }
                }
            }
            Ok(())
        })?;
        Ok((written, versions, missing))
    }

    /// A version as the ledger has it; `None` where the archive's is damaged or gone.
    fn whole(&self, version: &ArchivedVersion) -> Option<WholeVersion> {
        let number = VersionNumber::new(version.version)?;
        let reader = ArchiveReader::at(&self.config.folders.archive);
        let folder = reader.folder_of(version.record);
        let part = folder.join(number.to_string());
        let bytes = read_metadata(&part.join(INVENTORY)).ok()?;
        let sidecar = read_metadata(&part.join(SIDECAR)).ok()?;
        let is_right = Sha256Digest::of(&bytes) == version.inventory
            && sidecar_digest(&sidecar).ok()? == Sha512Digest::of(&bytes);
        let inventory = Inventory::parse(&bytes).ok().filter(|_| is_right)?;
        let own = inventory
            .contents()
            .filter(|(path, _)| path.version(inventory.content_folder()) == Some(number));
        let files: Vec<(String, Sha512Digest)> = own
            .map(|(path, digest)| (path.as_str().to_owned(), *digest))
            .collect();
        let is_whole = files.iter().all(|(path, digest)| {
            let digests = durable::open_regular(&folder.join(path)).and_then(Digests::of_reader);
            digests.is_ok_and(|digests| digests.sha512 == *digest)
        });
        is_whole.then(|| WholeVersion {
            place: Path::new("archive").join(object_folder(version.record)),
            folder,
            number,
            inventory: bytes,
            sidecar,
            files,
        })
    }

    fn office(&self) -> Result<SetFile, BackupError> {
        let data = &self.config.data_folder;
        let mut kept: Vec<PathBuf> = KEPT.iter().map(|name| data.join(name)).collect();
        kept.push(self.config.trust.folder.clone());
        if self.wanted.with_keys {
            kept.push(data.join(KEYS));
        }
        self.stage(OFFICE, |tar| {
            // A package has it elsewhere, behind a link.
            let own = data.join("sohoa.toml");
            let real = fs::canonicalize(&own).map_err(BackupError::io(&own))?;
            tar.file("sohoa.toml", &real)
                .map_err(BackupError::io(&real))?;
            add_tree(tar, self.scratch, Path::new("ledger"))?;
            for path in &kept {
                if let Ok(place) = path.strip_prefix(data) {
                    add_tree(tar, path, place)?;
                }
            }
            Ok(())
        })
    }

    fn stage(
        &self,
        name: &str,
        fill: impl FnOnce(&mut TarWriter<'_>) -> Result<(), BackupError>,
    ) -> Result<SetFile, BackupError> {
        let path = self.part.join(name);
        let Written { bytes, sha256 } = durable::stage_stream(&path, |file| {
            let begun = TarWriter::begin(file, &self.recipient);
            let mut tar = begun.map_err(BackupError::io(&path))?;
            fill(&mut tar)?;
            tar.finish().map_err(BackupError::io(&path))
        })?;
        Ok(SetFile {
            name: name.to_owned(),
            bytes,
            sha256,
        })
    }
}

/// A version that is what the ledger says, and its object's head when it came.
struct WholeVersion {
    place: PathBuf,
    folder: PathBuf,
    number: VersionNumber,
    inventory: Vec<u8>,
    sidecar: Vec<u8>,
    files: Vec<(String, Sha512Digest)>,
}

impl WholeVersion {
    fn add(&self, tar: &mut TarWriter<'_>) -> Result<(), BackupError> {
        let failed = || BackupError::io(&self.folder);
        let at = |path: &str| format!("{}/{path}", self.place.display());
        let (declaration, text) = OBJECT_DECLARATION;
        tar.bytes(&at(declaration), text.as_bytes())
            .map_err(failed())?;
        for (path, expected) in &self.files {
            let digests = tar
                .file(&at(path), &self.folder.join(path))
                .map_err(failed())?;
            if digests.sha512 != *expected {
                let changed = io::Error::new(io::ErrorKind::InvalidData, "a file changed");
                return Err(failed()(changed));
            }
        }
        for part in [format!("{}/", self.number), String::new()] {
            for (name, bytes) in [(INVENTORY, &self.inventory), (SIDECAR, &self.sidecar)] {
                tar.bytes(&at(&format!("{part}{name}")), bytes)
                    .map_err(failed())?;
            }
        }
        Ok(())
    }
}

/// A file, or the files of a folder; nothing where it is not there.
fn add_tree(tar: &mut TarWriter<'_>, path: &Path, place: &Path) -> Result<(), BackupError> {
    if !path.exists() {
        return Ok(());
    }
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| BackupError::io(path)(error.into()))?;
        let is_ours = entry.file_type().is_file() && !durable::is_temporary(entry.file_name());
        if is_ours {
            let below = entry.path().strip_prefix(path).unwrap_or(Path::new(""));
            let mut name = place.join(below).to_string_lossy().into_owned();
            name.truncate(name.trim_end_matches('/').len());
            let added = tar.file(&name, entry.path());
            added.map_err(BackupError::io(entry.path()))?;
        }
    }
    Ok(())
}

/// Which kind is due, and the set that a daily one continues.
fn choose(
    to: &Path,
    sets: &[SetManifest],
    origin: &str,
    wanted: Wanted,
) -> Result<(Kind, Option<SetManifest>), BackupError> {
    let own: Vec<&SetManifest> = sets.iter().filter(|set| set.origin == origin).collect();
    if sets.len() != own.len() {
        tracing::warn!("the folder holds sets of another office");
    }
    let months = |kind: fn(Kind) -> bool| {
        let newest = own.iter().rev().find(|set| kind(set.kind));
        newest.map(|set| month(wanted.now) - month(set.made))
    };
    let due = match (months(|it| it == Kind::ThreeYearly), months(Kind::is_full)) {
        (None | Some(36..), _) => Kind::ThreeYearly,
        (_, Some(0)) => Kind::Daily,
        _ => Kind::Monthly,
    };
    let kind = wanted.kind.unwrap_or(due);
    if kind.is_full() {
        return Ok((kind, None));
    }
    let is_whole = |set: &SetManifest| {
        let chain = chain(to, set)?;
        chain
            .iter()
            .try_for_each(|set| set.require_whole(&to.join(&set.set), false))
    };
    match own.last() {
        Some(last) => match is_whole(last) {
            Ok(()) => Ok((kind, Some((*last).clone()))),
            // What continues a damaged set restores nothing.
            Err(error) => {
                tracing::warn!(cause = %error, "a full set is made, because the last one is damaged");
                Ok((Kind::Monthly, None))
            }
        },
        None => Ok((Kind::ThreeYearly, None)),
    }
}

/// Months since year 0, in Vietnam.
pub(super) fn month(at: Timestamp) -> i64 {
    let text = vietnam_time(at);
    let part = |range: std::ops::Range<usize>| {
        let digits = text.get(range).and_then(|digits| digits.parse().ok());
        digits.unwrap_or(0_i64)
    };
    part(0..4) * 12 + part(5..7)
}

//! `set.json`: what a set holds and which it continues; and the sets of a folder.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::BackupError;
use crate::durable;
use crate::record::{Digests, Sha256Digest};

pub(super) const MANIFEST: &str = "set.json";
pub(super) const ARCHIVE: &str = "archive.tar.age";
pub(super) const OFFICE: &str = "office.tar.age";
/// A manifest has a few lines and the entries that were missing.
const MANIFEST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Sets that one folder may hold; beyond it something else is wrong.
const SETS_MAX: usize = 100_000;

/// The kinds of TT 05/2025/TT-BNV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What is new since the set before.
    Daily,
    /// Everything, once a month.
    Monthly,
    /// Everything, once in three years; kept for ever.
    ThreeYearly,
}

impl Kind {
    /// As it stands in names and manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Daily => "daily",
            Kind::Monthly => "monthly",
            Kind::ThreeYearly => "three-yearly",
        }
    }

    /// Whether such a set stands by itself.
    #[must_use]
    pub fn is_full(self) -> bool {
        self != Kind::Daily
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Kind::Daily, Kind::Monthly, Kind::ThreeYearly];
        let found = all.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| "daily, monthly, three-yearly".to_owned())
    }
}

/// A file of a set, encrypted as it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetFile {
    /// Its name in the set.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Digest,
}

/// `set.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetManifest {
    /// [`SetManifest::FORMAT`].
    pub format: String,
    /// Its name, which is its folder's.
    pub set: String,
    /// Which kind.
    pub kind: Kind,
    /// When it was made.
    pub made: Timestamp,
    /// The set that it continues; a full one continues none.
    pub base: Option<String>,
    /// Name of the office's ledger.
    pub origin: String,
    /// The first entry of the ledger whose version is in it.
    pub from: u64,
    /// The entry behind the last one: how many the ledger had.
    pub to: u64,
    /// Versions in it.
    pub versions: u64,
    /// Entries up to `to` whose version the archive could not give, damaged as it was.
    pub missing: Vec<u64>,
    /// The public key that it is encrypted to.
    pub recipient: String,
    /// Whether the office's keys are in it.
    pub has_keys: bool,
    /// Its other files.
    pub files: Vec<SetFile>,
}

impl SetManifest {
    /// The format written now.
    pub const FORMAT: &'static str = "sohoa-backup/1";

    /// Reads the manifest of the set in `folder`, whose name it must have.
    ///
    /// # Errors
    /// [`BackupError::SetDamaged`].
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(MANIFEST);
        let mut bytes = Vec::new();
        let read = durable::open_regular(&path)
            .and_then(|file| file.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes));
        read.map_err(BackupError::io(&path))?;
        let manifest: Option<Self> = serde_json::from_slice(&bytes).ok();
        let name = folder.file_name().and_then(|name| name.to_str());
        manifest
            .filter(|it| it.format == Self::FORMAT && Some(it.set.as_str()) == name)
            .filter(|it| it.from <= it.to && it.kind.is_full() == it.base.is_none())
            .ok_or(BackupError::SetDamaged { file: path })
    }

    /// Whether the set's files are there in their length; with `to_the_byte` also their digests.
    ///
    /// # Errors
    /// [`BackupError::SetDamaged`] names the first that is not.
    pub fn require_whole(&self, folder: &Path, to_the_byte: bool) -> Result<(), BackupError> {
        for file in &self.files {
            let path = folder.join(&file.name);
            let is_right = match to_the_byte {
                true => {
                    let digests = durable::open_regular(&path).and_then(Digests::of_reader);
                    let digests = digests.map_err(BackupError::io(&path))?;
                    (digests.bytes, digests.sha256) == (file.bytes, file.sha256)
                }
                false => fs::symlink_metadata(&path)
                    .is_ok_and(|metadata| metadata.is_file() && metadata.len() == file.bytes),
            };
            if !is_right {
                return Err(BackupError::SetDamaged { file: path });
            }
        }
        let has = |name: &str| self.files.iter().any(|file| file.name == name);
        match has(ARCHIVE) && has(OFFICE) {
            true => Ok(()),
            false => Err(BackupError::SetDamaged {
                file: folder.join(MANIFEST),
            }),
        }
    }
}

/// The sets in `folder`, the oldest first; a damaged manifest is left out, and told.
///
/// # Errors
/// The folder cannot be listed.
pub fn sets(folder: &Path) -> Result<Vec<SetManifest>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(BackupError::io(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries.take(SETS_MAX) {
        let path = entry.map_err(BackupError::io(folder))?.path();
        if !path.join(MANIFEST).exists() {
            continue;
        }
        match SetManifest::read(&path) {
            Ok(manifest) => found.push(manifest),
            Err(error) => tracing::warn!(cause = %error, "a set is left out"),
        }
    }
    found.sort_by(|a, b| (a.made, &a.set).cmp(&(b.made, &b.set)));
    Ok(found)
}

/// The sets that one needs, the full one first.
///
/// # Errors
/// [`BackupError::SetDamaged`] where one of them is not there, or another office's.
pub(super) fn chain(folder: &Path, last: &SetManifest) -> Result<Vec<SetManifest>, BackupError> {
    let mut chain = vec![last.clone()];
    while let Some(base) = chain.last().and_then(|set| set.base.clone()) {
        let path = folder.join(&base);
        let next = SetManifest::read(&path)?;
        let newer = chain.last();
        let fits = newer.is_some_and(|newer| next.to == newer.from && next.origin == newer.origin);
        if !fits || chain.len() > SETS_MAX {
            return Err(BackupError::SetDamaged {
                file: path.join(MANIFEST),
            });
        }
        chain.push(next);
    }
    chain.reverse();
    Ok(chain)
}

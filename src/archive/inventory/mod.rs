//! `inventory.json` of an OCFL 1.1 object (§3.5): parsed strictly, and believed only when all its
//! parts agree with each other.
//!
//! Pure: it opens no file. Narrower than the standard where this program never writes otherwise:
//! the digest is SHA-512 and version numbers have no padding.

mod form;
mod rules;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::INVENTORY;
use super::paths::{ContentPath, LogicalPath};
use crate::record::{Digests, Sha512Digest};
use form::unique_keys;

const TYPE: &str = "https://ocfl.io/1.1/spec/#inventory";
const CONTENT_ALGORITHM: &str = "sha512";
const CONTENT_FOLDER: &str = "content";

/// What an inventory breaks, with the number that OCFL 1.1 gives the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {detail}")]
pub struct InventoryFault {
    /// e.g. `E040`.
    pub rule: &'static str,
    /// What was found.
    pub detail: String,
}

impl InventoryFault {
    /// A fault.
    pub fn new(rule: &'static str, detail: impl Into<String>) -> Self {
        Self {
            rule,
            detail: detail.into(),
        }
    }
}

/// `v1`, `v2`, …; without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct VersionNumber(u32);

impl VersionNumber {
    /// The version that an object begins with.
    pub const FIRST: Self = Self(1);

    /// The version of this number; there is none of number 0.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// The versions from the first to this one.
    pub fn up_to(self) -> impl Iterator<Item = Self> {
        (1..=self.0).map(Self)
    }

    /// The version after this one.
    #[must_use]
    pub fn next(self) -> Self {
        // Versions have no gaps, so no inventory that fits a disk comes near the end.
        Self(self.0.saturating_add(1))
    }

    /// The version before this one; `None` before the first.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        (self > Self::FIRST).then(|| Self(self.0 - 1))
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl FromStr for VersionNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('v')
            .filter(|digits| digits.starts_with(|c: char| ('1'..='9').contains(&c)))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| format!("“{text}” is not a version such as v1"))
    }
}

impl TryFrom<String> for VersionNumber {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<VersionNumber> for String {
    fn from(version: VersionNumber) -> Self {
        version.to_string()
    }
}

/// Who made a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// A name.
    pub name: String,
    /// A URI: `mailto:` or `https:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// One state of the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    #[serde(with = "form::created")]
    created: Timestamp,
    /// Which files it shows, by the digest of their bytes.
    #[serde(deserialize_with = "unique_keys")]
    state: BTreeMap<Sha512Digest, Vec<LogicalPath>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<User>,
}

/// Hexadecimal digits of a digest of any algorithm, lower-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct HexDigest(String);

impl HexDigest {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HexDigest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("“{text}” is not a hexadecimal digest"));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// Content files by a further digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct FixityBlock(
    #[serde(deserialize_with = "unique_keys")] BTreeMap<HexDigest, Vec<ContentPath>>,
);

/// A whole inventory whose parts agree; see the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    id: String,
    r#type: String,
    digest_algorithm: String,
    head: VersionNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_directory: Option<String>,
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "unique_keys"
    )]
    fixity: BTreeMap<String, FixityBlock>,
    #[serde(deserialize_with = "unique_keys")]
    manifest: BTreeMap<Sha512Digest, Vec<ContentPath>>,
    #[serde(deserialize_with = "unique_keys")]
    versions: BTreeMap<VersionNumber, Version>,
}

impl Inventory {
    /// The inventory of a new object: one version with these files.
    #[must_use]
    pub fn first_version(
        id: String,
        created: Timestamp,
        message: &str,
        user: &User,
        files: &BTreeMap<LogicalPath, Digests>,
    ) -> Self {
        let empty = Self {
            id,
            r#type: TYPE.to_owned(),
            digest_algorithm: CONTENT_ALGORITHM.to_owned(),
            head: VersionNumber::FIRST,
            content_directory: None,
            fixity: BTreeMap::new(),
            manifest: BTreeMap::new(),
            versions: BTreeMap::new(),
        };
        empty.with_version(VersionNumber::FIRST, created, message, user, files)
    }

    /// The inventory of the next version: `files` are added or take the place of those of the same
    /// path, all others stay. The version's folder holds only bytes that no earlier one has (§3.5.3);
    /// see [`Inventory::has_content`].
    #[must_use]
    pub fn next_version(
        &self,
        created: Timestamp,
        message: &str,
        user: &User,
        files: &BTreeMap<LogicalPath, Digests>,
    ) -> Self {
        self.with_version(self.head.next(), created, message, user, files)
    }

    fn with_version(
        &self,
        number: VersionNumber,
        created: Timestamp,
        message: &str,
        user: &User,
        files: &BTreeMap<LogicalPath, Digests>,
    ) -> Self {
        let mut newer = self.clone();
        newer.head = number;
        let mut state = BTreeMap::<_, Vec<_>>::new();
        for (path, digest) in self.state().filter(|(path, _)| !files.contains_key(path)) {
            state.entry(*digest).or_default().push(path.clone());
        }
        for (path, digests) in files {
            state.entry(digests.sha512).or_default().push(path.clone());
            if !self.has_content(&digests.sha512) {
                newer.add_content(self.content_in(number, path), digests);
            }
        }
        let version = Version {
            created,
            state,
            message: Some(message.to_owned()),
            user: Some(user.clone()),
        };
        newer.versions.insert(number, version);
        newer
    }

    fn add_content(&mut self, content: ContentPath, digests: &Digests) {
        let FixityBlock(sha256) = self
            .fixity
            .entry("sha256".to_owned())
            .or_insert_with(|| FixityBlock(BTreeMap::new()));
        let hex = HexDigest(digests.sha256.to_string());
        sha256.entry(hex).or_default().push(content.clone());
        self.manifest
            .entry(digests.sha512)
            .or_default()
            .push(content);
    }

    /// Reads an inventory and checks that its parts agree.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(bytes: &[u8]) -> Result<Self, InventoryFault> {
        let inventory: Self = serde_json::from_slice(bytes)
            .map_err(|error| InventoryFault::new("E034", error.to_string()))?;
        inventory.check()?;
        Ok(inventory)
    }

    /// Checks that its parts agree.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self) -> Result<(), InventoryFault> {
        rules::check(self)
    }

    /// Where a new object's file lies.
    pub(super) fn first_content(logical: &LogicalPath) -> ContentPath {
        logical.in_version(VersionNumber::FIRST, CONTENT_FOLDER)
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("text under text keys is always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// The object's identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What an inventory of version `number` must say for this one to be its continuation: the same
    /// identity and content folder, the versions up to that one and their content, all unchanged
    /// (E037, E019, E040, E066).
    ///
    /// # Errors
    /// The first of these that `older` breaks.
    pub fn check_older(&self, number: VersionNumber, older: &Self) -> Result<(), InventoryFault> {
        rules::check_older(self, number, older)
    }

    /// The latest version.
    #[must_use]
    pub fn head(&self) -> VersionNumber {
        self.head
    }

    /// The name of the content folder in each version.
    #[must_use]
    pub fn content_folder(&self) -> &str {
        self.content_directory.as_deref().unwrap_or(CONTENT_FOLDER)
    }

    /// Where a version's file lies if that version brings the bytes itself.
    pub(super) fn content_in(&self, number: VersionNumber, logical: &LogicalPath) -> ContentPath {
        logical.in_version(number, self.content_folder())
    }

    /// One version.
    fn version(&self, number: VersionNumber) -> Option<&Version> {
        self.versions.get(&number)
    }

    /// Every content file of the object and the digest of its bytes.
    pub fn contents(&self) -> impl Iterator<Item = (&ContentPath, &Sha512Digest)> {
        flat(&self.manifest)
    }

    /// Content files with a further SHA-256 digest.
    pub fn sha256_fixity(&self) -> impl Iterator<Item = (&ContentPath, &HexDigest)> {
        self.fixity
            .get("sha256")
            .into_iter()
            .flat_map(|block| flat(&block.0))
    }

    /// The files that the latest version shows, and where their bytes lie.
    pub fn files(&self) -> impl Iterator<Item = (&LogicalPath, &ContentPath)> {
        self.state()
            .filter_map(|(path, digest)| Some((path, self.manifest.get(digest)?.first()?)))
    }

    /// The files that the latest version shows, and the digests of their bytes.
    fn state(&self) -> impl Iterator<Item = (&LogicalPath, &Sha512Digest)> {
        self.version(self.head)
            .into_iter()
            .flat_map(|version| flat(&version.state))
    }

    /// Whether the latest version shows these bytes under this path.
    #[must_use]
    pub fn shows(&self, logical: &LogicalPath, digest: &Sha512Digest) -> bool {
        self.state()
            .any(|(path, shown)| (path, shown) == (logical, digest))
    }

    /// Whether some version's folder holds these bytes.
    #[must_use]
    pub fn has_content(&self, digest: &Sha512Digest) -> bool {
        self.manifest.contains_key(digest)
    }

    /// Where the bytes of a file of the latest version lie.
    #[must_use]
    pub fn content_of(&self, logical: &str) -> Option<&ContentPath> {
        let mut files = self.files();
        files.find_map(|(path, content)| (path.as_str() == logical).then_some(content))
    }
}

/// The line that `inventory.json.sha512` holds (§3.7).
#[must_use]
pub(super) fn sidecar_text(inventory: &[u8]) -> String {
    format!("{} {INVENTORY}\n", Sha512Digest::of(inventory))
}

/// The digest in a sidecar: hexadecimal, white space, `inventory.json` (E061).
///
/// # Errors
/// `E061` for any other text.
pub fn sidecar_digest(sidecar: &[u8]) -> Result<Sha512Digest, InventoryFault> {
    let parse = || {
        let mut words = std::str::from_utf8(sidecar).ok()?.split_ascii_whitespace();
        let digest = words.next()?.parse().ok()?;
        (words.next() == Some(INVENTORY) && words.next().is_none()).then_some(digest)
    };
    parse()
        .ok_or_else(|| InventoryFault::new("E061", "the sidecar is not a digest and a file name"))
}

/// Turns “these paths have this digest” into path and digest pairs.
fn flat<D, P>(block: &BTreeMap<D, Vec<P>>) -> impl Iterator<Item = (&P, &D)> {
    block
        .iter()
        .flat_map(|(digest, paths)| paths.iter().map(move |path| (path, digest)))
}

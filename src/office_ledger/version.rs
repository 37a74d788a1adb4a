//! A version of an archived object, as it stands in the ledger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use crate::archive::{self, ArchivedObject, INVENTORY, Inventory, VersionNumber};
use crate::describe;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::ledger::{ArchivedVersion, Entry, Event};
use crate::record::{Digests, Sha256Digest};

/// What the archive calls a version that a person's decision made.
pub(crate) const DECIDED: &str = "a person decided";

/// What an inventory tells of its versions besides their files.
#[derive(Deserialize)]
struct Told {
    versions: BTreeMap<VersionNumber, ToldVersion>,
}

#[derive(Deserialize)]
struct ToldVersion {
    created: Timestamp,
    message: Option<String>,
}

/// The number in `v1`, `v2`, ….
pub(super) fn number_of(version: VersionNumber) -> u32 {
    let digits = version.to_string();
    // A version number is written as `v` and its digits.
    digits.get(1..).and_then(|it| it.parse().ok()).unwrap_or(0)
}

/// The entry of a version: what it is, by the bytes of the inventory of its time.
///
/// # Errors
/// [`JourneyError::Damaged`] where its inventory is not one.
pub(super) fn entry(object: &ArchivedObject, version: VersionNumber) -> Result<Entry, Error> {
    let (path, bytes) = inventory_of(object, version)?;
    let read = || {
        let inventory = Inventory::parse(&bytes).ok()?;
        let told = told(&bytes, version)?;
        Some((document_of(object, &inventory)?, told))
    };
    let (document, told) = read().ok_or_else(|| damaged(object, &path))?;
    let archived = ArchivedVersion {
        record: object.record(),
        version: number_of(version),
        inventory: Sha256Digest::of(&bytes),
        document,
    };
    let event = if told.message.as_deref() == Some(DECIDED) {
        Event::Corrected(archived)
    } else {
        Event::Archived(archived)
    };
    Ok(Entry {
        event,
        time: told.created,
    })
}

/// The inventory of a version, as text.
///
/// # Errors
/// [`JourneyError::Damaged`] where it is none.
pub(super) fn inventory_text(
    object: &ArchivedObject,
    version: VersionNumber,
) -> Result<String, Error> {
    let (path, bytes) = inventory_of(object, version)?;
    String::from_utf8(bytes).map_err(|_| damaged(object, &path))
}

fn inventory_of(
    object: &ArchivedObject,
    version: VersionNumber,
) -> Result<(String, Vec<u8>), Error> {
    let logical = format!("{version}/{INVENTORY}");
    let path = object.folder().join(&logical);
    match archive::read_metadata(&path) {
        Ok(bytes) => Ok((logical, bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(damaged(object, &logical))
        }
        Err(source) => Err(JourneyError::Io { path, source }.into()),
    }
}

fn told(bytes: &[u8], version: VersionNumber) -> Option<ToldVersion> {
    let mut told: Told = serde_json::from_slice(bytes).ok()?;
    told.versions.remove(&version)
}

/// SHA-256 of the document that an inventory shows: as the inventory says it, or else by its bytes.
fn document_of(object: &ArchivedObject, inventory: &Inventory) -> Option<Sha256Digest> {
    let content = inventory.content_of(describe::DOCUMENT)?;
    let mut named = inventory.sha256_fixity();
    if let Some((_, digest)) = named.find(|(path, _)| *path == content) {
        return digest.as_str().parse().ok();
    }
    let file = durable::open_regular(&content.below(object.folder())).ok()?;
    Some(Digests::of_reader(file).ok()?.sha256)
}

fn damaged(object: &ArchivedObject, logical: &str) -> Error {
    JourneyError::Damaged {
        record: object.record(),
        logical: logical.to_owned(),
    }
    .into()
}

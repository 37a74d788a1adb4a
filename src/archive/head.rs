//! Which version of an object is the latest, also where a crash came between two versions.
//!
//! A revision takes its place in three renames, each synced before the next: the version's folder, the
//! object's `inventory.json`, its sidecar. The second one moves the head. So a crash leaves one of two
//! objects that OCFL 1.1 does not know, and that prove by themselves what happened:
//!
//! * A version is ahead: `v2/` is whole and continues the object's inventory, which is still that of
//!   v1. It reads as v1 (E046).
//! * The sidecar is behind: the object's inventory is a copy of that of `v2/`, whose own sidecar
//!   vouches for both, and the object's sidecar is that of v1. It reads as v2 (E060).
//!
//! Whatever proves less is damage. Nothing is mended here; `revise` does that.

use std::io;
use std::path::Path;

use super::root::read_metadata;
use super::{ArchiveError, INVENTORY, Inventory, InventoryFault, SIDECAR, sidecar_digest};
use crate::record::Sha512Digest;

/// A revision may replace the two files between the reads of one and the other.
pub(crate) const HEAD_READS: usize = 3;

/// The object's inventory, and whether its sidecar keeps up with it.
pub(super) struct Head {
    pub(super) bytes: Vec<u8>,
    pub(super) inventory: Inventory,
    pub(super) sidecar_is_behind: bool,
}

/// A version that is whole and not the head yet.
pub(crate) struct VersionAhead {
    pub(crate) bytes: Vec<u8>,
    pub(crate) inventory: Inventory,
}

impl Head {
    pub(super) fn read(folder: &Path) -> Result<Self, ArchiveError> {
        for _ in 0..HEAD_READS {
            let bytes = metadata(folder, INVENTORY, "E063")?;
            let sidecar = metadata(folder, SIDECAR, "E058")?;
            let sidecar = sidecar_digest(&sidecar).map_err(ArchiveError::invalid(folder))?;
            let is_behind = sidecar != Sha512Digest::of(&bytes);
            if !is_behind
                || sidecar_is_behind(folder, &bytes, &sidecar)
                    .map_err(ArchiveError::unreadable(folder))?
            {
                return Ok(Self {
                    inventory: Inventory::parse(&bytes).map_err(ArchiveError::invalid(folder))?,
                    bytes,
                    sidecar_is_behind: is_behind,
                });
            }
        }
        let fault = InventoryFault::new("E060", "the sidecar has another digest");
        Err(ArchiveError::invalid(folder)(fault))
    }
}

fn metadata(folder: &Path, name: &str, absent: &'static str) -> Result<Vec<u8>, ArchiveError> {
    let path = folder.join(name);
    read_metadata(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            ArchiveError::invalid(folder)(InventoryFault::new(absent, format!("no {name}")))
        }
        _ => ArchiveError::unreadable(&path)(error),
    })
}

/// Whether the object in `folder`, whose inventory is `bytes`, has the sidecar of the version before,
/// and all else proves that a revision was interrupted.
pub(crate) fn sidecar_is_behind(
    folder: &Path,
    bytes: &[u8],
    sidecar: &Sha512Digest,
) -> io::Result<bool> {
    let Ok(inventory) = Inventory::parse(bytes) else {
        return Ok(false);
    };
    let Some(before) = inventory.head().previous() else {
        return Ok(false);
    };
    let of_version = |version| vouched_for(&folder.join(format!("{version}")));
    let (Some(latest), Some(older)) = (of_version(inventory.head())?, of_version(before)?) else {
        return Ok(false);
    };
    Ok(latest == bytes
        && Sha512Digest::of(&older) == *sidecar
        && Inventory::parse(&older)
            .is_ok_and(|older| inventory.check_older(before, &older).is_ok()))
}

/// The version after the head of the object in `folder`, if its folder is there with an inventory that
/// continues the object's. Its content is not looked at.
pub(crate) fn version_ahead(
    folder: &Path,
    inventory: &Inventory,
) -> io::Result<Option<VersionAhead>> {
    let next = inventory.head().next();
    let Some(bytes) = vouched_for(&folder.join(next.to_string()))? else {
        return Ok(None);
    };
    let continues = |newer: &Inventory| {
        newer.head() == next && newer.check_older(inventory.head(), inventory).is_ok()
    };
    let newer = Inventory::parse(&bytes).ok().filter(continues);
    Ok(newer.map(|inventory| VersionAhead { bytes, inventory }))
}

/// The bytes of a version's inventory, if it is there and its own sidecar vouches for it.
fn vouched_for(version: &Path) -> io::Result<Option<Vec<u8>>> {
    let read = |name| match read_metadata(&version.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput => Ok(None),
            _ => Err(error),
        },
    };
    let (Some(bytes), Some(sidecar)) = (read(INVENTORY)?, read(SIDECAR)?) else {
        return Ok(None);
    };
    let vouches = sidecar_digest(&sidecar).is_ok_and(|digest| digest == Sha512Digest::of(&bytes));
    Ok(vouches.then_some(bytes))
}

//! The archive: an OCFL 1.1 storage root, one object a record, create-only.
//!
//! [`Archive`] writes: an object is staged on the same file system, synced, and put in place by one
//! rename, so that a crash leaves either no object or a complete one. What becomes known later is a new
//! version of the object ([`Archive::revise`]). [`ArchiveReader`] reads without a database: where an
//! object lies follows from its record's number alone.
//!
//! What it does not do: it never changes or removes what a version holds, and it does not prove that
//! stored bytes are still the same — `verify` does that.

mod dispose;
mod error;
mod head;
mod inventory;
mod layout;
mod mend;
mod paths;
mod read;
mod revise;
mod root;
mod staged;
mod take_over;
#[cfg(test)]
mod tests;
mod walk;

pub use dispose::Condemned;
pub use error::ArchiveError;
pub(crate) use head::{HEAD_READS, sidecar_is_behind, version_ahead};
pub use inventory::{HexDigest, Inventory, InventoryFault, User, VersionNumber, sidecar_digest};
pub use layout::{object_folder, object_hash};
pub use mend::{Fault, Flaw, Mending, Proven};
pub use paths::{ContentPath, LogicalPath, PathFault};
pub(crate) use read::record_of;
pub use read::{ArchiveReader, ArchivedObject};
pub use revise::StagedVersion;
pub use root::{OBJECT_DECLARATION, ROOT_FILES, RootFault};
pub(crate) use root::{holds, read_metadata};
pub use staged::{Archive, StagedObject};
pub use take_over::VersionElsewhere;
pub use walk::{RootEntry, RootWalk};

/// The inventory's name, in an object and in each of its versions.
pub const INVENTORY: &str = "inventory.json";
/// Its sidecar's name.
pub const SIDECAR: &str = "inventory.json.sha512";
/// Logical path of the record's description.
pub const DESCRIPTION: &str = "record.json";

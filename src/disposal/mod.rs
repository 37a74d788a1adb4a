//! How long records are kept, what forbids their disposal, and disposal itself.
//!
//! ```text
//! dossier closed ─► due (catalogue, longest paper) ─► proposed ─► approved by another ─► carried out ─► tombstone
//!                      └── a hold stops it, whenever it comes
//! ```
//!
//! Luật Lưu trữ 33/2024 Đ15: records are kept for ever, or 2 to 70 years from the year in which the case ended; of a
//! dossier the longest term counts. A dossier that nobody closed is never due, nor is one whose rule is not known.
//!
//! ```text
//! disposal/register.jsonl       what people did, a line each; the ledger has an entry over each line ([`register`])
//! disposal/proposals/<id>.json  which records are to go, and why; the ledger's entry of each that went names its digest
//! disposal/tombstones/<xx>/<record>.json   what is left of a record
//! ```
//!
//! Nothing here names a person whom records are about; accounts of the office stand in register and tombstones.
//!
//! What it does not do: backup sets keep what was disposed of until they are over; it does not overwrite sectors.

pub(crate) mod aside;
pub mod carry_out;
pub mod check;
pub mod decide;
pub mod due;
mod error;
pub mod proposal;
pub mod register;
pub mod standing;
pub mod term;
pub mod tombstone;

use std::path::{Path, PathBuf};

use crate::record::RecordId;
pub use error::DisposalError;

/// The folder in the data folder.
pub const FOLDER: &str = "disposal";

/// The folder of a data folder.
#[must_use]
pub fn folder(data_folder: &Path) -> PathBuf {
    data_folder.join(FOLDER)
}

/// Where the tombstone of a record lies.
pub(crate) fn tombstone_path(data_folder: &Path, record: RecordId) -> PathBuf {
    let name = record.to_string();
    // Numbers begin with the time, so their ends are spread evenly.
    let shard = name.get(name.len().saturating_sub(2)..).unwrap_or_default();
    folder(data_folder)
        .join("tombstones")
        .join(shard)
        .join(format!("{name}.json"))
}

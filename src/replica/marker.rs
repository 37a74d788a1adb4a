//! `replica.json`: whose copy a folder is, and how far it goes.
//!
//! It is what tells the replica's disk from the empty folder that it is mounted on.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Entries, ReplicaError};
use crate::archive::read_metadata;
use crate::durable::{self, Action, DurableError};

const FILE: &str = "replica.json";
const FORMAT: &str = "sohoa-replica/1";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    format: String,
    /// The name of the office's ledger.
    pub(super) origin: String,
    /// Entries of the ledger that are done with.
    pub(super) entries: u64,
    /// Those among them whose version could not be copied.
    pub(super) failed: Entries,
}

impl Marker {
    pub(super) fn new(origin: String) -> Self {
        Self {
            format: FORMAT.to_owned(),
            origin,
            entries: 0,
            failed: Entries::new(),
        }
    }

    /// `None` where there is none.
    pub(super) fn read(replica: &Path) -> Result<Option<Self>, ReplicaError> {
        let path = replica.join(FILE);
        let bytes = match read_metadata(&path) {
            Ok(bytes) => bytes,
            // A disk that was pulled out may say anything.
            Err(_) => return Ok(None),
        };
        let marker: Option<Self> = serde_json::from_slice(&bytes).ok();
        match marker.filter(|marker| marker.format == FORMAT) {
            Some(marker) => Ok(Some(marker)),
            None => Err(ReplicaError::Foreign {
                path: replica.to_owned(),
            }),
        }
    }

    pub(super) fn keep(&self, replica: &Path) -> Result<(), DurableError> {
        // Plain text and numbers: serialising them cannot fail.
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        durable::replace_keyed(&replica.join(FILE), "marker", &bytes)
    }
}

/// Makes the folder if it is missing; what a begin that was cut short left in it is no trouble.
pub(super) fn require_empty(replica: &Path) -> Result<(), ReplicaError> {
    durable::create_folders(replica)?;
    let unreadable = |source: io::Error| DurableError {
        action: Action::Read,
        path: replica.to_owned(),
        source,
    };
    for entry in fs::read_dir(replica).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let is_ours = ["archive", "ledger", "lost+found"]
            .iter()
            .any(|it| name == *it);
        if !is_ours && !durable::is_temporary(&name) {
            return Err(ReplicaError::NotEmpty {
                path: replica.to_owned(),
            });
        }
    }
    Ok(())
}

//! The `[ledger]` section, as written and as resolved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;

/// Section `[ledger]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerSection {
    /// Folder of the ledger.
    pub folder: PathBuf,
    /// File of the key that signs checkpoints; made together with the ledger.
    pub key: PathBuf,
    /// After how many hours what was entered is signed at the latest.
    pub checkpoint_hours: u32,
    /// Whether the services of `[timestamp]` stamp checkpoints.
    pub timestamps: bool,
    /// Second places that keep checkpoints.
    pub witnesses: Vec<WitnessSection>,
}

impl Default for LedgerSection {
    fn default() -> Self {
        Self {
            folder: "ledger".into(),
            key: "keys/ledger.key".into(),
            checkpoint_hours: 24,
            timestamps: true,
            witnesses: Vec::new(),
        }
    }
}

/// Section `[[ledger.witnesses]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessSection {
    /// Where the copies go.
    pub folder: PathBuf,
    /// Whether they are letters to be sent, and to whom.
    pub mail: Option<MailSection>,
}

/// The letters of a witness.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSection {
    /// Address that sends.
    pub from: String,
    /// Address that keeps.
    pub to: String,
}

/// The ledger, its key and its witnesses; paths absolute.
#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// Folder of the ledger.
    pub folder: PathBuf,
    /// File of the key that signs checkpoints.
    pub key: PathBuf,
    /// After how long what was entered is signed at the latest.
    pub checkpoint_every: Duration,
    /// Whether the timestamp services stamp checkpoints.
    pub timestamps: bool,
    /// Second places that keep checkpoints.
    pub witnesses: Vec<WitnessConfig>,
}

/// A second place that keeps checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessConfig {
    /// Where the copies go.
    pub folder: PathBuf,
    /// Whether they are letters to be sent, and to whom.
    pub mail: Option<MailSection>,
}

pub(super) fn resolve(
    section: LedgerSection,
    data_folder: &Path,
) -> Result<LedgerConfig, ConfigError> {
    if !(1..=168).contains(&section.checkpoint_hours) {
        return Err(ConfigError::OutOfRange {
            key: "ledger.checkpoint_hours",
            allowed: "1 … 168",
        });
    }
    let witnesses = section.witnesses.into_iter();
    Ok(LedgerConfig {
        folder: data_folder.join(section.folder),
        key: data_folder.join(section.key),
        checkpoint_every: Duration::from_secs(u64::from(section.checkpoint_hours) * 3600),
        timestamps: section.timestamps,
        witnesses: witnesses
            .map(|witness| WitnessConfig {
                folder: data_folder.join(witness.folder),
                mail: witness.mail,
            })
            .collect(),
    })
}

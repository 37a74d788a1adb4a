//! `sohoa.toml` as it is written: a serde mirror without any look-ups.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Limits;
use crate::record::{CopyForm, StationName};

/// The whole file. Unknown keys are errors with their line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// `[agency]`
    pub agency: AgencySection,
    /// `[folders]`
    #[serde(default)]
    pub folders: FoldersSection,
    /// `[capture]`
    #[serde(default)]
    pub capture: CaptureSection,
    /// `[document]`
    #[serde(default)]
    pub document: DocumentSection,
    /// `[signing]`
    #[serde(default)]
    pub signing: SigningSection,
    /// `[limits]`
    #[serde(default)]
    pub limits: Limits,
    /// `[stations.<name>]`
    #[serde(default)]
    pub stations: BTreeMap<StationName, StationSection>,
}

/// Section `[agency]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencySection {
    /// Name as it stands in the visible signature.
    pub name: String,
}

/// Section `[folders]`; relative paths are relative to the file itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FoldersSection {
    /// What stations drop.
    pub inbox: PathBuf,
    /// Receipts.
    pub outbox: PathBuf,
    /// Claimed batches.
    pub work: PathBuf,
    /// Refused batches.
    pub quarantine: PathBuf,
    /// OCFL storage root; same file system as `work`.
    pub archive: PathBuf,
    /// The index database.
    pub index: PathBuf,
    /// Scanner profiles of the office; the shipped ones are built in.
    pub scanner_profiles: PathBuf,
}

impl Default for FoldersSection {
    fn default() -> Self {
        Self {
            inbox: "inbox".into(),
            outbox: "outbox".into(),
            work: "work".into(),
            quarantine: "quarantine".into(),
            archive: "archive".into(),
            index: "index.sqlite".into(),
            scanner_profiles: "scanner-profiles".into(),
        }
    }
}

/// Section `[capture]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaptureSection {
    /// Pause between two polling scans of the inbox, seconds.
    pub poll_seconds: f64,
    /// Documents worked on at once; 0 = one a processor core.
    pub workers: usize,
    /// Profile of stations that name none.
    pub default_profile: String,
}

impl Default for CaptureSection {
    fn default() -> Self {
        Self {
            poll_seconds: 1.0,
            workers: 0,
            default_profile: "generic".to_owned(),
        }
    }
}

/// Section `[document]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentSection {
    /// Form of the copy.
    pub copy_form: CopyForm,
}

impl Default for DocumentSection {
    fn default() -> Self {
        Self {
            copy_form: CopyForm::SaoY,
        }
    }
}

/// Section `[signing]`; without `key`, documents wait.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SigningSection {
    /// PKCS#12 file with the key and its chain.
    pub key: Option<PathBuf>,
    /// File whose first line is the passphrase.
    pub passphrase_file: Option<PathBuf>,
    /// Environment variable that holds the passphrase.
    pub passphrase_env: Option<String>,
    /// Remark when the certificate ends within so many days.
    pub expiry_warning_days: Option<u32>,
}

/// Section `[stations.<name>]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationSection {
    /// Name of a scanner profile.
    pub profile: String,
}

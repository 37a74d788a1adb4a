//! Configuration in three layers: the file as typed ([`file::ConfigFile`]), the resolved and
//! immutable [`Config`], and the preflight that refuses an unsafe start.
//!
//! A file that does not parse is an error with its line; nothing falls back to defaults.

mod backup;
mod error;
pub mod file;
mod ledger;
mod limits;
mod nightly;
pub mod preflight;
pub mod profile;
mod replica;
mod resolved;
pub mod signing;
mod web;

pub use backup::BackupConfig;
pub use error::{ConfigError, FolderFault};
pub use file::{InDoubt, TextReading, Unsettled};
pub use ledger::{LedgerConfig, MailSection, WitnessConfig};
pub use limits::Limits;
pub use nightly::{AlarmConfig, NightlyConfig};
pub use profile::{BlankPages, ScannerProfile};
pub use replica::{ReplicaConfig, ReplicaName};
pub use resolved::{Agency, Config, Folders, TimestampConfig, TrustConfig};
pub use signing::{
    CscAccess, CscConfig, KeyConfig, KeyPlace, PassphraseSource, RsaPadding, SigningConfig,
    TokenConfig,
};
pub use web::{WebConfig, WebFault, WebRole};

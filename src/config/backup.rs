//! The section `[backup]`, as written and as resolved.

use serde::Deserialize;

use super::ConfigError;

/// Section `[backup]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupSection {
    /// Public key of age (`age1…`) that sets are encrypted to.
    pub recipient: Option<String>,
    /// For how many days daily sets are kept.
    pub keep_daily_days: u32,
    /// For how many months monthly sets are kept.
    pub keep_monthly: u32,
}

impl Default for BackupSection {
    fn default() -> Self {
        Self {
            recipient: None,
            keep_daily_days: 62,
            keep_monthly: 36,
        }
    }
}

/// How sets are made and kept; those of every third year are kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupConfig {
    /// Public key of age that sets are encrypted to.
    pub recipient: Option<String>,
    /// For how many days daily sets are kept.
    pub keep_daily_days: u32,
    /// For how many months monthly sets are kept.
    pub keep_monthly: u32,
}

pub(super) fn resolve(section: BackupSection) -> Result<BackupConfig, ConfigError> {
    let out_of_range = |key, allowed| Err(ConfigError::OutOfRange { key, allowed });
    if !(31..=3660).contains(&section.keep_daily_days) {
        return out_of_range("backup.keep_daily_days", "31 … 3660");
    }
    if !(2..=1200).contains(&section.keep_monthly) {
        return out_of_range("backup.keep_monthly", "2 … 1200");
    }
    Ok(BackupConfig {
        recipient: section.recipient,
        keep_daily_days: section.keep_daily_days,
        keep_monthly: section.keep_monthly,
    })
}

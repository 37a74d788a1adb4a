//! The sections `[replica.NAME]`, as written and as resolved.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ConfigError;

/// Name of a replica: 1 to 32 lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ReplicaName(String);

/// The text names no replica.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not 1 to 32 lower-case letters, digits and hyphens")]
pub struct ReplicaNameError(String);

impl ReplicaName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReplicaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ReplicaName {
    type Error = ReplicaNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits =
            |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(Self(text));
        }
        Err(ReplicaNameError(text))
    }
}

/// Section `[replica.NAME]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicaSection {
    /// Its folder, best on another disk; absolute, because it lies outside the data folder.
    pub path: PathBuf,
}

/// A second place that keeps a copy of archive and ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaConfig {
    /// What the office calls it.
    pub name: ReplicaName,
    /// Its folder; absolute.
    pub path: PathBuf,
}

pub(super) fn resolve(
    sections: BTreeMap<ReplicaName, ReplicaSection>,
    data_folder: &Path,
) -> Result<Vec<ReplicaConfig>, ConfigError> {
    let mut replicas: Vec<ReplicaConfig> = Vec::new();
    for (name, ReplicaSection { path }) in sections {
        if !path.is_absolute() {
            return Err(ConfigError::OutOfRange {
                key: "replica.path",
                allowed: "/… (absolute)",
            });
        }
        // As written; links are followed by the preflight, once the disk is there.
        let others = replicas.iter().map(|it| it.path.as_path());
        require_apart(&path, others.chain([data_folder]))?;
        replicas.push(ReplicaConfig { name, path });
    }
    Ok(replicas)
}

/// Neither inside one of the others nor around it.
pub(super) fn require_apart<'a>(
    path: &Path,
    others: impl Iterator<Item = &'a Path>,
) -> Result<(), ConfigError> {
    use super::FolderFault;
    for other in others {
        let (inner, outer) = match (path.starts_with(other), other.starts_with(path)) {
            (true, _) => (path, other),
            (_, true) => (other, path),
            (false, false) => continue,
        };
        return Err(ConfigError::Folder {
            path: inner.to_owned(),
            fault: FolderFault::Inside(outer.to_owned()),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(sections: &[(&str, &str)]) -> Result<usize, String> {
        let text: String = sections
            .iter()
            .map(|(name, path)| format!("[{name}]\npath = \"{path}\"\n"))
            .collect();
        let sections = toml::from_str(&text).map_err(|error| error.to_string())?;
        let replicas = resolve(sections, Path::new("/srv/sohoa"));
        replicas
            .map(|all| all.len())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_replica_lies_apart_from_the_data_and_from_others() {
        assert_eq!(resolved(&[("a", "/mnt/a"), ("b-2", "/mnt/b")]), Ok(2));
        for wrong in [
            &[("a", "mnt/a")][..],
            &[("a", "/srv/sohoa")],
            &[("a", "/srv/sohoa/replica")],
            &[("a", "/srv")],
            &[("a", "/mnt/a"), ("b", "/mnt/a/b")],
            &[("a", "/mnt/a"), ("b", "/mnt/a")],
            &[("A", "/mnt/a")],
            &[("\"../a\"", "/mnt/a")],
        ] {
            assert!(resolved(wrong).is_err(), "{wrong:?}");
        }
    }
}

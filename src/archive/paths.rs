//! Paths inside an object: what a user of the record sees, and where the bytes lie.
//!
//! Two types, because mixing them up would read or write the wrong file (OCFL 1.1 §3.5).

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::VersionNumber;

/// As the system has it (PATH_MAX); a longer one could not be opened.
const PATH_BYTES_MAX: usize = 4096;

/// A path that could leave its folder, or that no OCFL object may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a relative path of plain names")]
pub struct PathFault(String);

/// Path of a file in a version's state, e.g. `original/0001.jpg`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct LogicalPath(String);

/// Path of a file below the object's folder, e.g. `v1/content/original/0001.jpg`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ContentPath(String);

/// Names divided by `/`; none empty, `.` or `..`, so neither a leading nor a closing `/`
/// (E051–E053, E098–E100).
fn check(text: &str) -> Result<(), PathFault> {
    let is_plain = |name: &str| !matches!(name, "" | "." | "..") && !name.contains('\0');
    if text.len() <= PATH_BYTES_MAX && text.split('/').all(is_plain) {
        return Ok(());
    }
    Err(PathFault(text.to_owned()))
}

impl LogicalPath {
    /// Where the file lies when its version brings the bytes itself.
    #[must_use]
    pub fn in_version(&self, version: VersionNumber, content_folder: &str) -> ContentPath {
        ContentPath(format!("{version}/{content_folder}/{self}"))
    }
}

impl ContentPath {
    /// The path below an object's folder.
    #[must_use]
    pub fn below(&self, object_folder: &Path) -> PathBuf {
        object_folder.join(&self.0)
    }

    /// The version whose folder holds the file, if the path is `v<n>/<content folder>/…` (E042).
    #[must_use]
    pub fn version(&self, content_folder: &str) -> Option<VersionNumber> {
        let (version, rest) = self.0.split_once('/')?;
        let (folder, _) = rest.split_once('/')?;
        (folder == content_folder)
            .then(|| version.parse().ok())
            .flatten()
    }

    /// The folders above the file, nearest last: `v1`, `v1/content`.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0
            .match_indices('/')
            .map(|(at, _)| self.0.get(..at).unwrap_or_default())
    }
}

macro_rules! path_type {
    ($name:ident) => {
        impl $name {
            /// The path as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = PathFault;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = PathFault;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                check(&text).map(|()| Self(text))
            }
        }

        impl From<$name> for String {
            fn from(path: $name) -> Self {
                path.0
            }
        }
    };
}

path_type!(LogicalPath);
path_type!(ContentPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_folder() {
        for text in [
            "document.pdf",
            "original/0001.jpg",
            "a/..b/c.",
            "giấy tờ/một",
        ] {
            assert!(text.parse::<LogicalPath>().is_ok(), "{text}");
        }
        for text in [
            "", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\0b",
        ] {
            assert!(text.parse::<LogicalPath>().is_err(), "{text}");
            assert!(text.parse::<ContentPath>().is_err(), "{text}");
        }
        assert!("a".repeat(4097).parse::<LogicalPath>().is_err());
    }

    #[test]
    fn a_content_path_knows_its_version() {
        let path: ContentPath = "v12/content/original/0001.jpg".parse().expect("path");
        assert_eq!(
            path.version("content").map(|v| v.to_string()).as_deref(),
            Some("v12")
        );
        assert_eq!(path.version("other"), None);
        assert_eq!(
            path.folders().collect::<Vec<_>>(),
            ["v12", "v12/content", "v12/content/original"]
        );
        let outside: ContentPath = "content/a".parse().expect("path");
        assert_eq!(outside.version("content"), None);
    }
}

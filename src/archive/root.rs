//! The storage root's own files (OCFL 1.1 §4): what it is, and where objects lie in it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ArchiveError;
use crate::durable;

/// An inventory or a description is small; a larger file is damage or malice.
pub(super) const METADATA_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The object's declaration: file name and content (§3.3).
pub const OBJECT_DECLARATION: (&str, &str) = ("0=ocfl_object_1.1", "ocfl_object_1.1\n");

/// The root's declaration (§4.1).
const ROOT_DECLARATION: (&str, &str) = ("0=ocfl_1.1", "ocfl_1.1\n");

/// The root's files, in the order they are written: the declaration is last, so that a root which
/// has it has everything.
pub const ROOT_FILES: [(&str, &str); 3] = [
    (
        "extensions/0004-hashed-n-tuple-storage-layout/config.json",
        r#"{
  "extensionName": "0004-hashed-n-tuple-storage-layout",
  "digestAlgorithm": "sha256",
  "tupleSize": 3,
  "numberOfTuples": 3,
  "shortObjectRoot": false
}
"#,
    ),
    (
        "ocfl_layout.json",
        r#"{
  "extension": "0004-hashed-n-tuple-storage-layout",
  "description": "SHA-256 of the object identifier: three folders of three digits, then all 64"
}
"#,
    ),
    ROOT_DECLARATION,
];

/// What is wrong with one of [`ROOT_FILES`].
#[derive(Debug, thiserror::Error)]
pub enum RootFault {
    /// It is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// It says something else.
    #[error("{0} has another content")]
    Differs(&'static str),
    /// It cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(&'static str, io::Error),
}

/// Looks at each of the root's files.
pub(super) fn faults(root: &Path) -> impl Iterator<Item = RootFault> {
    ROOT_FILES
        .into_iter()
        .filter_map(move |(name, text)| match holds(&root.join(name), text) {
            Ok(true) => None,
            Ok(false) => Some(RootFault::Differs(name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(RootFault::Missing(name)),
            Err(error) => Some(RootFault::Unreadable(name, error)),
        })
}

/// Whether a file holds exactly `text`.
pub(crate) fn holds(path: &Path, text: &str) -> io::Result<bool> {
    let mut found = Vec::new();
    let limit = (text.len() as u64).saturating_add(1);
    durable::open_regular(path)?
        .take(limit)
        .read_to_end(&mut found)?;
    Ok(found == text.as_bytes())
}

/// Makes a storage root, or finishes one that a crash left half made; on a good one it does
/// nothing.
pub(super) fn create(root: &Path) -> Result<(), ArchiveError> {
    durable::create_folders(root)?;
    durable::remove_temporaries(root)?;
    if let Some(foreign) = foreign_entry(root)? {
        return Err(ArchiveError::RootForeign { path: foreign });
    }
    for (name, text) in ROOT_FILES {
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            durable::create_folders(folder)?;
        }
        durable::write_new(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Something in a folder that is not declared as a storage root, and that no root begins with.
fn foreign_entry(root: &Path) -> Result<Option<PathBuf>, ArchiveError> {
    if root.join(ROOT_DECLARATION.0).exists() {
        return Ok(None);
    }
    for entry in fs::read_dir(root).map_err(ArchiveError::unreadable(root))? {
        let name = entry.map_err(ArchiveError::unreadable(root))?.file_name();
        if !ROOT_FILES
            .iter()
            .any(|(file, _)| Path::new(file).starts_with(&name))
        {
            return Ok(Some(root.join(name)));
        }
    }
    Ok(None)
}

/// Reads a small file whole.
pub(crate) fn read_metadata(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    durable::open_regular(path)?
        .take(METADATA_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > METADATA_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "more than 16 MiB",
        ));
    }
    Ok(bytes)
}

//! What lies in a storage root, in the order of names: objects, and whatever should not be there.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, IntoIter, WalkDir};

use super::ROOT_FILES;
use super::layout::{OBJECT_DEPTH, is_tuple};

/// One thing met in a storage root. Paths are relative to the root.
#[derive(Debug)]
pub enum RootEntry {
    /// A folder where an object belongs; whether it is one, nobody has looked.
    Object(PathBuf),
    /// A file or folder that no storage root of ours has; folders are not entered.
    Unexpected(PathBuf),
    /// A folder or file that cannot be read.
    Unreadable(PathBuf, io::Error),
}

/// Iterator over a storage root. Holds one folder's names at a time, at each level.
pub struct RootWalk {
    root: PathBuf,
    walk: IntoIter,
}

impl RootWalk {
    pub(super) fn new(root: &Path) -> Self {
        let walk = WalkDir::new(root)
            .min_depth(1)
            .max_depth(OBJECT_DEPTH)
            .sort_by_file_name()
            .into_iter();
        Self {
            root: root.to_owned(),
            walk,
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }

    /// What an entry is; `None` for the root's own files and for folders on the way to objects.
    fn classify(&mut self, entry: &DirEntry) -> Option<RootEntry> {
        let path = self.relative(entry.path());
        let is_folder = entry.file_type().is_dir();
        let belongs = if is_folder {
            ROOT_FILES
                .iter()
                .any(|(file, _)| Path::new(file).starts_with(&path))
        } else {
            entry.file_type().is_file()
                && ROOT_FILES.iter().any(|(file, _)| Path::new(file) == path)
        };
        if belongs {
            return None;
        }
        if !is_folder {
            return Some(RootEntry::Unexpected(path));
        }
        if !leads_to_object(&path) || is_empty(entry.path()) {
            self.walk.skip_current_dir();
            return Some(RootEntry::Unexpected(path));
        }
        (entry.depth() == OBJECT_DEPTH).then_some(RootEntry::Object(path))
    }
}

impl Iterator for RootWalk {
    type Item = RootEntry;

    fn next(&mut self) -> Option<RootEntry> {
        loop {
            match self.walk.next()? {
                Ok(entry) => {
                    if let Some(found) = self.classify(&entry) {
                        return Some(found);
                    }
                }
                Err(error) => {
                    let path = self.relative(error.path().unwrap_or(&self.root));
                    return Some(RootEntry::Unreadable(path, error.into()));
                }
            }
        }
    }
}

/// Tuples of the right length, and at the end a name that repeats them.
fn leads_to_object(path: &Path) -> bool {
    let names: Option<Vec<&str>> = path.iter().map(|name| name.to_str()).collect();
    let Some(names) = names else { return false };
    let shapes_hold = names
        .iter()
        .zip(1..)
        .all(|(name, depth)| is_tuple(name, depth));
    let (Some(last), true) = (names.get(OBJECT_DEPTH - 1), shapes_hold) else {
        return shapes_hold;
    };
    let tuples = names.get(..OBJECT_DEPTH - 1).unwrap_or_default().concat();
    last.starts_with(&tuples)
}

/// An empty folder breaks E073. One that cannot be read is not called empty: the walk will say so.
fn is_empty(folder: &Path) -> bool {
    folder
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_none())
}

//! The index as a running program keeps it: made anew from the archive where it cannot be used.
//!
//! The index is a cache, so nobody needs to be called for it. One that is gone, damaged, of an older
//! version of the program, or empty beside an archive that is not, is rebuilt: when a program opens it,
//! and before a journey when an earlier one found it so. Until then documents wait; none is archived
//! twice because the index had forgotten it. Who only looks something up opens [`Index`] itself: a look-up writes nothing.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::archive::Archive;
use crate::config::Config;
use crate::error::Error;
use crate::index::{Index, IndexError, IndexRow, Query};
use crate::journal::CommitTurn;
use crate::record::{RecordDescription, RecordId, Sha256Digest};
use crate::reindex;

/// The open index, shared by all workers.
pub(crate) struct LiveIndex {
    path: PathBuf,
    opened: RwLock<Opened>,
    /// Somebody found that it cannot be used.
    is_broken: AtomicBool,
}

struct Opened {
    index: Index,
    /// Device and inode: another file of this name is another index.
    file: Option<(u64, u64)>,
}

impl LiveIndex {
    /// Opens the index, and makes it anew where it cannot be used.
    ///
    /// # Errors
    /// The archive's or the database's.
    pub(crate) fn open(config: &Config, archive: &Archive) -> Result<Self, Error> {
        let path = &config.folders.index;
        let index = match usable(path, archive)? {
            Some(index) => index,
            None => {
                // A record committed during the walk could be missed otherwise.
                let _turn = CommitTurn::take(&config.folders.work)?;
                // Another process may have made it meanwhile.
                match usable(path, archive)? {
                    Some(index) => index,
                    None => rebuild(config)?,
                }
            }
        };
        Ok(Self {
            opened: RwLock::new(Opened::new(index, path)),
            path: path.clone(),
            is_broken: AtomicBool::new(false),
        })
    }

    /// Makes it anew if an earlier journey found that it cannot be used, or if it is not the file any
    /// more that was opened. To be called before a journey, and never during one's turn to commit.
    ///
    /// # Errors
    /// The archive's or the database's; the document then waits and this is tried again.
    pub(crate) fn mend(&self, config: &Config, archive: &Archive) -> Result<(), Error> {
        let is_sound = |opened: &Opened| {
            !self.is_broken.load(Ordering::Relaxed) && opened.file == file_at(&self.path)
        };
        if is_sound(&self.opened.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        let _turn = CommitTurn::take(&config.folders.work)?;
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if is_sound(&opened) {
            return Ok(()); // another worker was faster
        }
        let is_another = opened.file != file_at(&self.path);
        let found = match is_another {
            true => usable(&self.path, archive)?,
            false => None,
        };
        let index = match found {
            Some(index) => index,
            None => rebuild(config)?,
        };
        *opened = Opened::new(index, &self.path);
        self.is_broken.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// As [`Index::insert`].
    pub(crate) fn insert(
        &self,
        description: &RecordDescription,
        text: Option<&str>,
    ) -> Result<(), IndexError> {
        self.ask(|index| index.insert(description, text))
    }

    /// As [`Index::with_content`].
    pub(crate) fn with_content(&self, content: &Sha256Digest) -> Result<Vec<RecordId>, IndexError> {
        self.ask(|index| index.with_content(content))
    }

    /// As [`Index::needing_attention`].
    pub(crate) fn needing_attention(&self, limit: u32) -> Result<Vec<IndexRow>, IndexError> {
        self.ask(|index| index.needing_attention(limit))
    }

    fn ask<T>(&self, ask: impl FnOnce(&Index) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        let answer = ask(&opened.index);
        if answer.as_ref().is_err_and(is_broken) {
            self.is_broken.store(true, Ordering::Relaxed);
        }
        answer
    }
}

impl Opened {
    fn new(index: Index, path: &Path) -> Self {
        let file = file_at(path);
        Self { index, file }
    }
}

fn file_at(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// `None`: it must be made anew.
fn usable(path: &Path, archive: &Archive) -> Result<Option<Index>, Error> {
    let opened = Index::open(path).and_then(|index| {
        let is_empty = index.find(&Query::default(), 1)?.is_empty();
        Ok((index, is_empty))
    });
    match opened {
        // One without rows may be new, in the place of one that went.
        Ok((_, true)) if archive.reader().objects().next().is_some() => Ok(None),
        Ok((index, _)) => Ok(Some(index)),
        Err(error) if is_broken(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the index must be made anew before it is of use.
fn is_broken(error: &IndexError) -> bool {
    matches!(error, IndexError::Unusable { .. }) || reindex::is_older(error)
}

fn rebuild(config: &Config) -> Result<Index, Error> {
    tracing::warn!("the index cannot be used; it is made anew from the archive");
    let (index, records) = reindex::rebuilt(config)?;
    tracing::info!(records, "the index is made anew");
    Ok(index)
}

//! The ledger's files: where they lie, how they are read within bounds, and how new ones get to the disk.
//!
//! It does not know what follows from what it reads.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, TreeHead};
use super::note::{NOTE_BYTES_MAX, NoteSignature, VerifierKey};
use super::tiles::{self, Rank, Tile};
use super::{LedgerError, NodeHash};
use crate::durable::{self, Cause, DurableError};

pub(super) const HEAD: &str = "tree";
pub(super) const LATEST: &str = "checkpoint";
pub(super) const KEYS: &str = "keys";
pub(super) const CHECKPOINTS: &str = "checkpoints";
/// Larger tiles are not of ours: 256 times the longest data of a leaf.
const TILE_BYTES_MAX: u64 = 256 * (2 + tiles::ENTRY_BYTES_MAX as u64);
/// No file of a ledger is longer.
pub(super) const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Files that are written at the same time.
const WRITERS: usize = 16;
/// Tokens have a few kilobytes.
const TOKEN_BYTES_MAX: u64 = 256 * 1024;

/// A leaf and what opens it, as they lie in a tile of openings: one JSON object a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpeningLine {
    /// The leaf's text.
    pub(super) leaf: String,
    /// The opening's text; not there where it was forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) opening: Option<String>,
}

/// A ledger's folder.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) folder: PathBuf,
}

impl Files {
    pub(super) fn read(&self, path: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        let path = self.folder.join(path);
        let mut bytes = Vec::new();
        let read = durable::open_regular(&path)
            .and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes));
        match read {
            Ok(length) if length as u64 > bytes_max => Err(LedgerError::unreadable(&path)(
                io::Error::from(io::ErrorKind::FileTooLarge),
            )),
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LedgerError::unreadable(&path)(error)),
        }
    }

    /// The tree as it was last appended to.
    pub(super) fn head(&self) -> Result<TreeHead, LedgerError> {
        let Some(bytes) = self.read(HEAD, NOTE_BYTES_MAX as u64)? else {
            return Err(LedgerError::NotThere {
                folder: self.folder.clone(),
            });
        };
        std::str::from_utf8(&bytes)
            .ok()
            .and_then(TreeHead::parse)
            .ok_or_else(|| LedgerError::TileDamaged {
                path: HEAD.to_owned(),
            })
    }

    pub(super) fn create(&self, head: &TreeHead, key: &VerifierKey) -> Result<(), LedgerError> {
        durable::create_folders(&self.folder.join(CHECKPOINTS))?;
        let key = format!("{key}\n");
        durable::write_new(&self.folder.join(KEYS), key.as_bytes())?;
        Ok(durable::write_new(
            &self.folder.join(HEAD),
            head.text().as_bytes(),
        )?)
    }

    pub(super) fn replace_head(&self, head: &TreeHead) -> Result<(), LedgerError> {
        let (path, text) = (self.folder.join(HEAD), head.text());
        Ok(durable::replace_keyed(&path, HEAD, text.as_bytes())?)
    }

    /// The keys that the ledger calls its own, the newest last.
    pub(super) fn keys(&self) -> Result<Vec<VerifierKey>, LedgerError> {
        let bytes = self.read(KEYS, NOTE_BYTES_MAX as u64)?.unwrap_or_default();
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(|text| text.lines().map(|line| line.parse().ok()).collect())
            .ok_or_else(|| LedgerError::TileDamaged {
                path: KEYS.to_owned(),
            })
    }

    pub(super) fn keep_key(&self, key: &VerifierKey) -> Result<(), LedgerError> {
        let mut keys = self.keys()?;
        if keys.contains(key) {
            return Ok(());
        }
        keys.push(key.clone());
        let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
        let path = self.folder.join(KEYS);
        Ok(durable::replace_keyed(&path, KEYS, text.as_bytes())?)
    }

    /// The hashes of a tile: of the file of that width, or the beginning of the full one.
    pub(super) fn hashes(&self, tile: Tile) -> Result<Vec<NodeHash>, LedgerError> {
        self.tile(tile, tiles::hashes_of_bytes)
    }

    /// The entries of a tile; see [`Self::hashes`].
    pub(super) fn entries(&self, tile: Tile) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.tile(tile, |bytes, width| {
            let entries = tiles::entries_of_bytes(bytes, width)?;
            Some(entries.into_iter().map(<[u8]>::to_vec).collect())
        })
    }

    fn tile<T>(
        &self,
        tile: Tile,
        parse: impl Fn(&[u8], u64) -> Option<Vec<T>>,
    ) -> Result<Vec<T>, LedgerError> {
        for found in [tile, tile.filled()] {
            let path = found.path();
            if let Some(bytes) = self.read(&path, TILE_BYTES_MAX)? {
                let mut held =
                    parse(&bytes, found.width).ok_or(LedgerError::TileDamaged { path })?;
                held.truncate(usize::try_from(tile.width).unwrap_or(usize::MAX));
                return Ok(held);
            }
        }
        Err(LedgerError::TileMissing { path: tile.path() })
    }

    /// The leaves of a tile: of the entries, or of the openings where those are not there or not whole.
    pub(super) fn leaves(&self, tile: Tile) -> Result<Vec<Vec<u8>>, LedgerError> {
        match self.entries(tile) {
            Err(LedgerError::TileMissing { .. } | LedgerError::TileDamaged { .. }) => {
                let lines = self.openings(tile)?;
                Ok(lines
                    .into_iter()
                    .map(|line| line.leaf.into_bytes())
                    .collect())
            }
            other => other,
        }
    }

    /// The leaves and openings of a tile, as many as its width; there may be more in the file, of an append that
    /// was cut short.
    pub(super) fn openings(&self, tile: Tile) -> Result<Vec<OpeningLine>, LedgerError> {
        let path = Tile {
            rank: Rank::Openings,
            ..tile
        }
        .path();
        let Some(bytes) = self.read(&path, TILE_BYTES_MAX)? else {
            return Err(LedgerError::TileMissing { path });
        };
        let width = usize::try_from(tile.width).unwrap_or(usize::MAX);
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(width);
        let lines: Result<Vec<OpeningLine>, _> = lines.map(serde_json::from_slice).collect();
        match lines {
            Ok(lines) if lines.len() == width => Ok(lines),
            Ok(_) | Err(_) => Err(LedgerError::TileDamaged { path }),
        }
    }

    /// Writes the whole of a tile of openings over what was there.
    pub(super) fn replace_openings(
        &self,
        number: u64,
        lines: &[OpeningLine],
    ) -> Result<(), LedgerError> {
        let path = self.folder.join(openings_path(number));
        Ok(durable::replace_keyed(
            &path,
            "openings",
            &lines_to_bytes(lines),
        )?)
    }

    /// Removes what a tile was before it was full: whoever needs it takes the full one.
    pub(super) fn discard_partial(&self, tile: &Tile) {
        durable::discard_tree(&self.folder.join(tile.partial_folder()));
    }

    /// Removes what a crash left unfinished: beside the head, the checkpoints, and the openings written last.
    pub(super) fn discard_unfinished(&self, size: u64) -> Result<(), LedgerError> {
        let last = self.folder.join(openings_path(size / tiles::WIDTH));
        let checkpoints = self.folder.join(CHECKPOINTS);
        let of_openings = last.parent().filter(|folder| folder.exists());
        let own = [self.folder.as_path(), checkpoints.as_path()];
        for folder in own.into_iter().chain(of_openings) {
            durable::remove_temporaries(folder)?;
        }
        Ok(())
    }

    /// The sizes of all checkpoints, rising.
    pub(super) fn checkpoint_sizes(&self) -> Result<Vec<u64>, LedgerError> {
        let folder = self.folder.join(CHECKPOINTS);
        let mut sizes = BTreeSet::new();
        for entry in fs::read_dir(&folder).map_err(LedgerError::unreadable(&folder))? {
            let name = entry.map_err(LedgerError::unreadable(&folder))?.file_name();
            let size = name.to_str().and_then(|name| name.strip_suffix(".note"));
            sizes.extend(size.and_then(|digits| digits.parse::<u64>().ok()));
        }
        Ok(sizes.into_iter().collect())
    }

    /// A checkpoint as it was signed here.
    pub(super) fn checkpoint(&self, size: u64) -> Result<Checkpoint, LedgerError> {
        let path = beside(size, "note");
        let bytes = self.read(&path, NOTE_BYTES_MAX as u64)?;
        bytes
            .and_then(|bytes| Checkpoint::parse(&bytes))
            .filter(|checkpoint| checkpoint.head().size == size)
            .ok_or(LedgerError::TileDamaged { path })
    }

    pub(super) fn keep_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let path = self.folder.join(beside(checkpoint.head().size, "note"));
        durable::write_new(&path, checkpoint.to_text().as_bytes())?;
        self.show_latest(checkpoint)
    }

    /// Writes the file that readers of a C2SP log ask for.
    pub(super) fn show_latest(&self, checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let path = self.folder.join(LATEST);
        let text = checkpoint.to_text();
        Ok(durable::replace_keyed(&path, LATEST, text.as_bytes())?)
    }

    /// What that file holds, if it is there; inner `None` for no checkpoint.
    pub(super) fn latest(&self) -> Result<Option<Option<Checkpoint>>, LedgerError> {
        let bytes = self.read(LATEST, NOTE_BYTES_MAX as u64)?;
        Ok(bytes.map(|bytes| Checkpoint::parse(&bytes)))
    }

    /// The token over a checkpoint, if it has one.
    pub(super) fn token(&self, size: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(&beside(size, "tst"), TOKEN_BYTES_MAX)
    }

    pub(super) fn keep_token(&self, size: u64, token: &[u8]) -> Result<(), LedgerError> {
        let path = self.folder.join(beside(size, "tst"));
        match durable::write_new(&path, token) {
            // The older one proves more.
            Err(error) if error.cause() == Cause::Exists => Ok(()),
            other => Ok(other?),
        }
    }

    /// Signatures of witnesses below a checkpoint, without those of the ledger.
    pub(super) fn cosignatures(&self, size: u64) -> Result<Vec<NoteSignature>, LedgerError> {
        let path = beside(size, "cosignatures");
        let Some(bytes) = self.read(&path, NOTE_BYTES_MAX as u64)? else {
            return Ok(Vec::new());
        };
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(|text| text.lines().map(NoteSignature::parse).collect())
            .ok_or(LedgerError::TileDamaged { path })
    }

    pub(super) fn keep_cosignatures(
        &self,
        size: u64,
        signatures: &[NoteSignature],
    ) -> Result<(), LedgerError> {
        let path = self.folder.join(beside(size, "cosignatures"));
        let text: String = signatures.iter().map(NoteSignature::line).collect();
        Ok(durable::replace_keyed(
            &path,
            "cosignatures",
            text.as_bytes(),
        )?)
    }
}

/// Where a file about a checkpoint lies. The digits make the names sort as the sizes do.
fn beside(size: u64, ending: &str) -> String {
    format!("{CHECKPOINTS}/{size:020}.{ending}")
}

fn openings_path(number: u64) -> String {
    Tile {
        rank: Rank::Openings,
        number,
        width: tiles::WIDTH,
    }
    .path()
}

fn lines_to_bytes(lines: &[OpeningLine]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(serde_json::to_vec(line).expect("text under text keys is always JSON"));
        bytes.push(b'\n');
    }
    bytes
}

/// New files of an append: written side by side, because a disk syncs many files in hardly more time than one, and
/// their names synced together.
pub(super) struct NewFiles<'a> {
    files: &'a Files,
    waiting: Vec<(PathBuf, Vec<u8>)>,
}

impl<'a> NewFiles<'a> {
    pub(super) fn of(files: &'a Files) -> Self {
        Self {
            files,
            waiting: Vec::new(),
        }
    }

    /// A tile that the tree did not have so far. What lies there is of an append that was cut short, and that nobody
    /// was told of.
    pub(super) fn write(&mut self, tile: &Tile, bytes: Vec<u8>) {
        let path = self.files.folder.join(tile.path());
        self.waiting.push((path, bytes));
    }

    pub(super) fn write_openings(&mut self, number: u64, lines: &[OpeningLine]) {
        let path = self.files.folder.join(openings_path(number));
        self.waiting.push((path, lines_to_bytes(lines)));
    }

    /// Writes them; they are on the disk when it answers.
    pub(super) fn finish(self) -> Result<(), DurableError> {
        let parents = self.waiting.iter().filter_map(|(path, _)| path.parent());
        let folders: BTreeSet<&Path> = parents.collect();
        for folder in &folders {
            durable::create_folders(folder)?;
        }
        let share = self.waiting.len().div_ceil(WRITERS).max(1);
        std::thread::scope(|scope| {
            let writers: Vec<_> = self
                .waiting
                .chunks(share)
                .map(|files| scope.spawn(|| files.iter().try_for_each(write_new)))
                .collect();
            writers.into_iter().try_for_each(|writer| {
                writer
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
        folders
            .iter()
            .try_for_each(|folder| durable::sync_folder(folder))
    }
}

fn write_new((path, bytes): &(PathBuf, Vec<u8>)) -> Result<(), DurableError> {
    match durable::stage_bytes(path, bytes) {
        Err(error) if error.cause() == Cause::Exists => durable::replace(path, bytes),
        other => other,
    }
}

/// The file that whoever writes holds; a crash lets go of it.
pub(super) fn lock_path(folder: &Path) -> PathBuf {
    folder.join("writer.lock")
}

//! A copy of the ledger in another folder, brought up to date: for replicas and backups.
//!
//! A copy is a ledger: whoever has it checks proofs and rebuilds tiles. It only ever continues what it was a copy of:
//! where the ledger was rolled back or forked since, the copy stays as it is and says so. As with an append, the file
//! `tree` comes last, so a copy that was cut short is the copy that was there before.
//!
//! What it does not do: it judges no signature, and it does not look at what it copied before; an audit does.

use std::fs;
use std::io;
use std::path::Path;

use super::checkpoint::TreeHead;
use super::files::{CHECKPOINTS, FILE_BYTES_MAX, Files, HEAD, KEYS, LATEST};
use super::tiles::{HEIGHT, Rank, Tile, WIDTH};
use super::{LedgerError, LedgerWriter, NodeHash};
use crate::durable;

/// The signing sessions that are entered; beside the ledger's own files.
const SESSIONS: &str = "sessions.json";

/// Brings the copy in `to` up to the ledger in `from`; nobody appends meanwhile. Answers how many leaves it has.
///
/// # Errors
/// [`LedgerError::KeyForeign`] where `to` is a copy of another ledger; [`LedgerError::RolledBack`],
/// [`LedgerError::Forked`] where the ledger does not continue its copy; what [`LedgerWriter::open`] says of the ledger;
/// what the machine said.
pub fn copy(from: &Path, to: &Path) -> Result<u64, LedgerError> {
    let source = Files {
        folder: from.to_owned(),
    };
    let target = Files {
        folder: to.to_owned(),
    };
    let writer = LedgerWriter::open(from)?;
    let head = writer.head().clone();
    let had = match target.head() {
        Ok(had) => had,
        Err(LedgerError::NotThere { .. }) => TreeHead {
            origin: head.origin.clone(),
            size: 0,
            root: NodeHash::of_nothing(),
        },
        Err(error) => return Err(error),
    };
    continues(&writer, &had)?;
    let copying = Copying {
        source: &source,
        target: &target,
    };
    durable::create_folders(&to.join(CHECKPOINTS))?;
    copying.tiles(had.size, head.size)?;
    copying.checkpoints()?;
    for name in [KEYS, SESSIONS, LATEST, HEAD] {
        copying.file(name)?;
    }
    Ok(head.size)
}

/// Makes sure that the ledger in `of` continues the copy in `copy`; answers how many leaves the copy has.
///
/// # Errors
/// As [`copy`].
pub fn require_prefix(copy: &Path, of: &Path) -> Result<u64, LedgerError> {
    let copied = Files {
        folder: copy.to_owned(),
    };
    let had = copied.head()?;
    continues(&LedgerWriter::open(of)?, &had)?;
    Ok(had.size)
}

fn continues(writer: &LedgerWriter, had: &TreeHead) -> Result<(), LedgerError> {
    let head = writer.head();
    if had.origin != head.origin {
        return Err(LedgerError::KeyForeign);
    }
    if had.size > head.size {
        return Err(LedgerError::RolledBack {
            signed: had.size,
            tree: head.size,
        });
    }
    if had.size > 0 && writer.root_at(had.size)? != had.root {
        return Err(LedgerError::Forked { size: had.size });
    }
    Ok(())
}

struct Copying<'a> {
    source: &'a Files,
    target: &'a Files,
}

impl Copying<'_> {
    /// The tiles of a tree of `size` leaves that were not full when it had `had`.
    fn tiles(&self, had: u64, size: u64) -> Result<(), LedgerError> {
        for level in 0..u64::BITS / HEIGHT {
            let hashes = size >> (HEIGHT * level);
            if hashes == 0 {
                break;
            }
            let first = (had >> (HEIGHT * level)) / WIDTH;
            for number in first..hashes.div_ceil(WIDTH) {
                let Some(tile) = Tile::of_hash(level, number * WIDTH, size) else {
                    continue;
                };
                self.tile(tile)?;
                if level == 0 {
                    for rank in [Rank::Entries, Rank::Openings] {
                        self.tile(Tile { rank, ..tile })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn tile(&self, tile: Tile) -> Result<(), LedgerError> {
        if tile.is_full() || tile.rank == Rank::Openings {
            self.file(&tile.path())?;
            self.target.discard_partial(&tile);
            return Ok(());
        }
        // Those that a checkpoint needs; a wider one is of an append that was cut short.
        let folder = tile.partial_folder();
        for name in names(&self.source.folder.join(&folder))? {
            if name.parse::<u64>().is_ok_and(|width| width <= tile.width) {
                self.file(&format!("{folder}/{name}"))?;
            }
        }
        Ok(())
    }

    /// Checkpoints, tokens and cosignatures: those that are not there, or grew.
    fn checkpoints(&self) -> Result<(), LedgerError> {
        for name in names(&self.source.folder.join(CHECKPOINTS))? {
            let path = format!("{CHECKPOINTS}/{name}");
            let length = |files: &Files| {
                let metadata = fs::symlink_metadata(files.folder.join(&path));
                metadata.ok().map(|metadata| metadata.len())
            };
            if length(self.source) != length(self.target) {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    /// One file, where the copy has another or none.
    fn file(&self, path: &str) -> Result<(), LedgerError> {
        let Some(bytes) = self.source.read(path, FILE_BYTES_MAX)? else {
            return Ok(());
        };
        if self
            .target
            .read(path, FILE_BYTES_MAX)
            .ok()
            .flatten()
            .as_ref()
            == Some(&bytes)
        {
            return Ok(());
        }
        let place = self.target.folder.join(path);
        if let Some(folder) = place.parent() {
            durable::create_folders(folder)?;
        }
        Ok(durable::replace_keyed(&place, "copy", &bytes)?)
    }
}

/// The names of the finished files in a folder; none where it is not there.
fn names(folder: &Path) -> Result<Vec<String>, LedgerError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(LedgerError::unreadable(folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(LedgerError::unreadable(folder))?.file_name();
        if !durable::is_temporary(&name) {
            names.extend(name.into_string());
        }
    }
    Ok(names)
}

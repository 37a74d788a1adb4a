//! Appends to the ledger and signs checkpoints; one writer at a time, whatever the number of processes.
//!
//! Durable order of an append: openings, from which the leaves can be made again, the tiles that are full now, and
//! those above level 0 that are not; last the file `tree`, which says how many leaves there are. Before that
//! nothing was appended, and what lies on the disk is written over by the next append. Tiles of level 0 and of
//! entries that are not full are written with a checkpoint: only then does anybody read them.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;

use super::checkpoint::{Checkpoint, TreeHead};
use super::files::{Files, NewFiles, OpeningLine, lock_path};
use super::leaf::{Event, Leaf, Opening};
use super::note::{LedgerKey, NoteSignature, VerifierKey};
use super::proof::Prover;
use super::tiles::{self, Rank, Tile, WIDTH};
use super::tree::{Frontier, HashTile};
use super::{LedgerError, NodeHash};
use crate::random;

/// Leaves that get to the disk together; a longer append happens in as many steps.
const STEP: usize = 64 * 256;

/// Something to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// When; kept to the second.
    pub time: Timestamp,
}

/// The right to append. It waits for another writer to end, so it should not be kept for long.
pub struct LedgerWriter {
    files: Files,
    head: TreeHead,
    frontier: Frontier,
    /// The leaves of the tile that is not full yet.
    tail: Vec<OpeningLine>,
    _turn: File,
}

impl LedgerWriter {
    /// Makes a ledger without leaves, named as the key that is to sign it. One of that name that is there stays as it
    /// is.
    ///
    /// # Errors
    /// [`LedgerError::KeyForeign`] where there is one of another name; what the machine said.
    pub fn create(folder: &Path, key: &VerifierKey) -> Result<(), LedgerError> {
        let files = Files {
            folder: folder.to_owned(),
        };
        match files.head() {
            Ok(head) if head.origin == *key.name() => return Ok(()),
            Ok(_) => return Err(LedgerError::KeyForeign),
            Err(LedgerError::NotThere { .. }) => {}
            Err(error) => return Err(error),
        }
        let head = TreeHead {
            origin: key.name().clone(),
            size: 0,
            root: NodeHash::of_nothing(),
        };
        files.create(&head, key)
    }

    /// Waits for the turn, and makes sure that the tree on the disk continues the one signed last.
    ///
    /// # Errors
    /// [`LedgerError::RolledBack`], [`LedgerError::Forked`]; a file is missing or damaged.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let files = Files {
            folder: folder.to_owned(),
        };
        files.head()?;
        let turn = wait_for_turn(folder)?;
        let head = files.head()?;
        let tail = match Tile::of_entry(head.size.saturating_sub(1), head.size) {
            Some(tile) if !tile.is_full() => files.openings(tile)?,
            Some(_) | None => Vec::new(),
        };
        let frontier = Frontier::load(head.size, |tile| match tile.rank {
            Rank::Hashes(0) => Ok(tail.iter().map(leaf_hash).collect()),
            Rank::Hashes(_) | Rank::Entries | Rank::Openings => files.hashes(tile),
        })?;
        let frontier = frontier.filter(|frontier| frontier.root() == head.root);
        let frontier = frontier.ok_or(LedgerError::TreeDiffers { size: head.size })?;
        let writer = Self {
            files,
            head,
            frontier,
            tail,
            _turn: turn,
        };
        writer.require_continuation()?;
        Ok(writer)
    }

    /// The tree as it is now.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// Removes the unfinished files that a crash left where the next append or checkpoint writes.
    ///
    /// # Errors
    /// What the machine said.
    pub fn discard_unfinished(&mut self) -> Result<(), LedgerError> {
        self.files.discard_unfinished(self.head.size)
    }

    /// Appends leaves, in this order; they are on the disk when it answers where they stand.
    ///
    /// After an error some of the first may stand in the ledger: look for them with
    /// [`super::Ledger::position`] before appending them again.
    ///
    /// # Errors
    /// No randomness; what the machine said.
    pub fn append_all(&mut self, entries: &[Entry]) -> Result<Range<u64>, LedgerError> {
        let first = self.head.size;
        for step in entries.chunks(STEP) {
            let lines: Result<Vec<_>, _> = step.iter().map(opened).collect();
            self.append_lines(lines?)?;
        }
        Ok(first..self.head.size)
    }

    fn append_lines(&mut self, lines: Vec<OpeningLine>) -> Result<(), LedgerError> {
        let first_tile = self.head.size / WIDTH;
        let had = self.tail.len();
        let mut held = self.tail.clone();
        held.extend(lines);
        let width = usize::try_from(WIDTH).unwrap_or(usize::MAX);
        let bundles = || (first_tile..).zip(held.chunks(width));

        let mut new = NewFiles::of(&self.files);
        for (number, bundle) in bundles() {
            if number == first_tile && had > 0 {
                self.files.replace_openings(number, bundle)?;
            } else {
                new.write_openings(number, bundle);
            }
        }

        let mut frontier = self.frontier.clone();
        let mut filled = Vec::new();
        for line in held.iter().skip(had) {
            filled.extend(frontier.push(leaf_hash(line)));
        }
        for (number, bundle) in bundles().filter(|(_, bundle)| bundle.len() == width) {
            write_entries(&mut new, number, bundle)?;
        }
        // Those above level 0 change only where one of level 0 is full.
        let above = frontier.partial_tiles(1).filter(|_| !filled.is_empty());
        for HashTile { tile, hashes } in filled.iter().cloned().chain(above) {
            new.write(&tile, tiles::hashes_to_bytes(&hashes));
        }
        new.finish()?;

        let head = TreeHead {
            origin: self.head.origin.clone(),
            size: frontier.size(),
            root: frontier.root(),
        };
        self.files.replace_head(&head)?;
        let kept = held.len() / width * width;
        self.tail = held.split_off(kept);
        (self.head, self.frontier) = (head, frontier);
        for HashTile { tile, .. } in &filled {
            self.files.discard_partial(tile);
            if tile.rank == Rank::Hashes(0) {
                let rank = Rank::Entries;
                self.files.discard_partial(&Tile { rank, ..*tile });
            }
        }
        Ok(())
    }

    /// Forgets what a leaf stands for: its salt and its opening are removed. The leaf stays, and with it every
    /// proof of others; nobody can show or guess any more what it was about. Copies of the ledger know it still.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchLeaf`]; what the machine said.
    pub fn forget(&mut self, index: u64) -> Result<(), LedgerError> {
        let no_leaf = || LedgerError::NoSuchLeaf { index };
        let tile = Tile::of_entry(index, self.head.size).ok_or_else(no_leaf)?;
        let mut lines = self.files.openings(tile)?;
        let place = usize::try_from(index % WIDTH).unwrap_or(usize::MAX);
        lines.get_mut(place).ok_or_else(no_leaf)?.opening = None;
        self.files.replace_openings(tile.number, &lines)?;
        if !tile.is_full() {
            self.tail = lines;
        }
        Ok(())
    }

    /// Signs the tree as it is. Where this tree was signed already, that checkpoint is the answer.
    ///
    /// # Errors
    /// [`LedgerError::KeyForeign`] where a key has another name than the ledger;
    /// [`LedgerError::SignedOtherwise`] where this tree was signed, and not by all of these keys;
    /// what the machine said.
    pub fn checkpoint(&mut self, keys: &[&LedgerKey]) -> Result<Checkpoint, LedgerError> {
        let verifiers: Vec<VerifierKey> = keys.iter().map(|key| key.verifier()).collect();
        if keys.is_empty() || verifiers.iter().any(|key| *key.name() != self.head.origin) {
            return Err(LedgerError::KeyForeign);
        }
        let size = self.head.size;
        if self.files.checkpoint_sizes()?.last() == Some(&size) {
            let signed = self.files.checkpoint(size)?;
            if !verifiers.iter().all(|key| signed.is_signed_by(key)) {
                return Err(LedgerError::SignedOtherwise { size });
            }
            // A crash may have come between the two.
            self.files
                .show_latest(&signed.with(&self.files.cosignatures(size)?))?;
            return Ok(signed);
        }
        let mut new = NewFiles::of(&self.files);
        if !self.tail.is_empty() {
            write_entries(&mut new, size / WIDTH, &self.tail)?;
        }
        for HashTile { tile, hashes } in self.frontier.partial_tiles(0) {
            new.write(&tile, tiles::hashes_to_bytes(&hashes));
        }
        new.finish()?;
        let signed = Checkpoint::sign(self.head.clone(), keys);
        self.files.keep_checkpoint(&signed)?;
        Ok(signed)
    }

    /// Goes over to another key: records it, and signs with both, so that whoever trusts the old one can trust the
    /// new one.
    ///
    /// # Errors
    /// As [`Self::append_all`] and [`Self::checkpoint`].
    pub fn rotate(
        &mut self,
        old: &LedgerKey,
        new: &LedgerKey,
        time: Timestamp,
    ) -> Result<Checkpoint, LedgerError> {
        let event = Event::KeyRotated {
            old: old.verifier(),
            new: new.verifier(),
        };
        self.append_all(&[Entry { event, time }])?;
        self.files.keep_key(&new.verifier())?;
        self.checkpoint(&[old, new])
    }

    /// Keeps an RFC 3161 token (DER) over the bytes of a checkpoint's [`Checkpoint::to_text`] as it was signed.
    /// The first one stays.
    ///
    /// # Errors
    /// What the machine said.
    pub fn keep_token(&mut self, size: u64, token: &[u8]) -> Result<(), LedgerError> {
        self.files.checkpoint(size)?;
        self.files.keep_token(size, token)
    }

    /// Keeps a witness's signature below a checkpoint, where it is one by this key and not there yet.
    ///
    /// # Errors
    /// [`LedgerError::KeyForeign`] where the witness did not sign this; what the machine said.
    pub fn keep_cosignature(
        &mut self,
        size: u64,
        line: &str,
        witness: &VerifierKey,
    ) -> Result<(), LedgerError> {
        let signed = self.files.checkpoint(size)?;
        let further = NoteSignature::parse(line.trim_end()).ok_or(LedgerError::KeyForeign)?;
        if !signed.with_only(further.clone()).is_signed_by(witness) {
            return Err(LedgerError::KeyForeign);
        }
        let mut kept = self.files.cosignatures(size)?;
        if kept.contains(&further) {
            return Ok(());
        }
        kept.push(further);
        self.files.keep_cosignatures(size, &kept)?;
        if self.files.checkpoint_sizes()?.last() == Some(&size) {
            self.files.show_latest(&signed.with(&kept))?;
        }
        Ok(())
    }

    /// The tree must be the one signed last, or begin with it: otherwise the ledger was restored from an old copy, or
    /// written by somebody else, and signing it would be the proof of a lie.
    fn require_continuation(&self) -> Result<(), LedgerError> {
        let Some(signed) = self.files.checkpoint_sizes()?.pop() else {
            return Ok(());
        };
        let tree = self.head.size;
        if signed > tree {
            return Err(LedgerError::RolledBack { signed, tree });
        }
        let last = self.files.checkpoint(signed)?;
        if last.head().origin == self.head.origin && self.root_at(signed)? == last.head().root {
            return Ok(());
        }
        Err(LedgerError::Forked { size: signed })
    }

    /// The root that the tree had when it had so many leaves.
    pub(super) fn root_at(&self, size: u64) -> Result<NodeHash, LedgerError> {
        let tree = self.head.size;
        let edge: Vec<HashTile> = self.frontier.partial_tiles(0).collect();
        let mut prover = Prover::new(tree, |tile| {
            match edge.iter().find(|edge| edge.tile == tile) {
                Some(edge) => Ok(edge.hashes.clone()),
                None => self.files.hashes(tile),
            }
        });
        prover.root_at(size)
    }
}

fn leaf_hash(line: &OpeningLine) -> NodeHash {
    NodeHash::of_leaf(line.leaf.as_bytes())
}

fn opened(entry: &Entry) -> Result<OpeningLine, LedgerError> {
    let salt = random::secret().map_err(LedgerError::Randomness)?;
    let opening = Opening::new(entry.event.clone(), salt);
    Ok(OpeningLine {
        leaf: Leaf::of(&opening, entry.time).text(),
        opening: Some(opening.text()),
    })
}

fn write_entries(
    new: &mut NewFiles<'_>,
    number: u64,
    lines: &[OpeningLine],
) -> Result<(), LedgerError> {
    let tile = Tile {
        rank: Rank::Entries,
        number,
        width: lines.len() as u64,
    };
    let entries = lines.iter().map(|line| line.leaf.as_bytes());
    let bytes = tiles::entries_to_bytes(entries)
        .ok_or_else(|| LedgerError::TileDamaged { path: tile.path() })?;
    new.write(&tile, bytes);
    Ok(())
}

pub(super) fn wait_for_turn(folder: &Path) -> Result<File, LedgerError> {
    let path = lock_path(folder);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(LedgerError::unreadable(&path))?;
    lock.lock().map_err(LedgerError::unreadable(&path))?;
    Ok(lock)
}

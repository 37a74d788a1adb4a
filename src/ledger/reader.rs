//! Reads the ledger: what stands where, and proofs of it. Needs no turn: whoever appends changes nothing that a
//! reader has seen.

use std::path::Path;

use data_encoding::BASE64;
use jiff::Timestamp;

use super::checkpoint::{Checkpoint, TreeHead};
use super::files::{Files, OpeningLine};
use super::leaf::{Event, Leaf, Opening};
use super::note::VerifierKey;
use super::proof::Prover;
use super::proof_file::{FORMAT, ProofFile};
use super::tiles::{Tile, WIDTH};
use super::{LedgerError, NodeHash};

const WIDTH_OF_TILE: usize = 256;

/// One leaf, and what it stands for if that was not forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place, from 0.
    pub index: u64,
    /// What everybody may see.
    pub leaf: Leaf,
    /// What it stands for.
    pub opening: Option<Opening>,
}

impl Recorded {
    fn read(index: u64, line: &OpeningLine) -> Option<Self> {
        let leaf = Leaf::parse(&line.leaf)?;
        let opening = match &line.opening {
            Some(text) => Some(Opening::parse(text).filter(|opening| leaf.is_opened_by(opening))?),
            None => None,
        };
        Some(Self {
            index,
            leaf,
            opening,
        })
    }
}

/// A ledger to read from.
pub struct Ledger {
    files: Files,
}

impl Ledger {
    /// The ledger in this folder.
    ///
    /// # Errors
    /// [`LedgerError::NotThere`]; what the machine said.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let files = Files {
            folder: folder.to_owned(),
        };
        files.head()?;
        Ok(Self { files })
    }

    /// The tree as it is now, signed or not.
    ///
    /// # Errors
    /// What the machine said.
    pub fn head(&self) -> Result<TreeHead, LedgerError> {
        self.files.head()
    }

    /// The keys that the ledger calls its own, the newest last. A claim: whoever checks must know them from elsewhere.
    ///
    /// # Errors
    /// What the machine said.
    pub fn keys(&self) -> Result<Vec<VerifierKey>, LedgerError> {
        self.files.keys()
    }

    /// The sizes of the trees that were signed, rising.
    ///
    /// # Errors
    /// What the machine said.
    pub fn checkpoints(&self) -> Result<Vec<u64>, LedgerError> {
        self.files.checkpoint_sizes()
    }

    /// The checkpoint over a tree of this size, as it was signed here.
    ///
    /// # Errors
    /// It is missing or damaged.
    pub fn checkpoint(&self, size: u64) -> Result<Checkpoint, LedgerError> {
        self.files.checkpoint(size)
    }

    /// The checkpoint signed last.
    ///
    /// # Errors
    /// It is damaged.
    pub fn latest(&self) -> Result<Option<Checkpoint>, LedgerError> {
        let size = self.files.checkpoint_sizes()?.pop();
        size.map(|size| self.files.checkpoint(size)).transpose()
    }

    /// The RFC 3161 token over a checkpoint, DER.
    ///
    /// # Errors
    /// What the machine said.
    pub fn token(&self, size: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        self.files.token(size)
    }

    /// What stands in the ledger from `first` on, in order; a tile is read at a time.
    ///
    /// # Errors
    /// What the machine said; each item too: its tile is missing or damaged, and the rest of it is left out.
    pub fn recorded_from(
        &self,
        first: u64,
    ) -> Result<impl Iterator<Item = Result<Recorded, LedgerError>>, LedgerError> {
        let size = self.files.head()?.size;
        let tiles = (first / WIDTH..size.div_ceil(WIDTH))
            .filter_map(move |number| Tile::of_entry(number * WIDTH, size));
        Ok(tiles
            .flat_map(|tile| {
                let lines = self.files.openings(tile);
                match lines.and_then(|lines| recorded(tile, &lines)) {
                    Ok(all) => all.into_iter().map(Ok).collect::<Vec<_>>(),
                    Err(error) => vec![Err(error)],
                }
            })
            .filter(move |item| item.as_ref().map_or(true, |found| found.index >= first)))
    }

    /// What stands at this place.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchLeaf`]; its tile is missing or damaged.
    pub fn recorded(&self, index: u64) -> Result<Recorded, LedgerError> {
        let no_leaf = || LedgerError::NoSuchLeaf { index };
        let tile = Tile::of_entry(index, self.files.head()?.size).ok_or_else(no_leaf)?;
        let lines = self.files.openings(tile)?;
        let place = usize::try_from(index % WIDTH).unwrap_or(usize::MAX);
        let found = lines
            .get(place)
            .and_then(|line| Recorded::read(index, line));
        found.ok_or_else(|| LedgerError::TileDamaged { path: tile.path() })
    }

    /// Where this event stands, looked for from `first` on. Reads everything from there: the index of the archive
    /// knows where to begin.
    ///
    /// # Errors
    /// A tile is missing or damaged.
    pub fn position(&self, event: &Event, first: u64) -> Result<Option<u64>, LedgerError> {
        for recorded in self.recorded_from(first)? {
            let recorded = recorded?;
            if recorded
                .opening
                .is_some_and(|opening| opening.event() == event)
            {
                return Ok(Some(recorded.index));
            }
        }
        Ok(None)
    }

    /// The signed tree to prove this leaf in: the newest that has a timestamp, or else the newest.
    fn covering(&self, index: u64) -> Result<u64, LedgerError> {
        let mut sizes = self.files.checkpoint_sizes()?;
        sizes.retain(|size| *size > index);
        let newest = *sizes.last().ok_or(LedgerError::NotSigned { index })?;
        for size in sizes.into_iter().rev() {
            if self.files.token(size)?.is_some() {
                return Ok(size);
            }
        }
        Ok(newest)
    }

    /// What stands in the ledger and happened about this time. The leaves of that time are looked through first, then
    /// all others: they lie in the order in which they were entered, which is nearly that of time.
    ///
    /// # Errors
    /// A tile is missing or damaged.
    pub fn find_near(
        &self,
        time: Timestamp,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<Option<Recorded>, LedgerError> {
        let tiles = self.files.head()?.size.div_ceil(WIDTH);
        let (mut low, mut high) = (0, tiles);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.recorded(middle * WIDTH)?.leaf.time <= time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let near = low.saturating_sub(1);
        // Those nearest to it, alternately before and behind.
        let around = (0..tiles).flat_map(|away| {
            let behind = near.checked_add(away).filter(|tile| *tile < tiles);
            let before = near.checked_sub(away).filter(|_| away > 0);
            behind.into_iter().chain(before)
        });
        for number in around {
            let in_tile = self.recorded_from(number * WIDTH)?.take(WIDTH_OF_TILE);
            for recorded in in_tile {
                let recorded = recorded?;
                let opening = recorded.opening.as_ref();
                if opening.is_some_and(|opening| is_it(opening.event())) {
                    return Ok(Some(recorded));
                }
            }
        }
        Ok(None)
    }

    /// Makes the proof of what stands at this place, in the newest tree that was signed and stamped; where none was
    /// stamped, in the newest that was signed. `inventory` goes into the file as it is.
    ///
    /// # Errors
    /// [`LedgerError::NotSigned`] where no checkpoint covers the leaf yet; [`LedgerError::Forgotten`];
    /// [`LedgerError::InventoryDiffers`]; a tile is missing or damaged.
    pub fn prove(&self, index: u64, inventory: Option<String>) -> Result<ProofFile, LedgerError> {
        let found = self.recorded(index)?;
        let opening = found.opening.ok_or(LedgerError::Forgotten { index })?;
        if let Some(inventory) = &inventory
            && opening.event().inventory()
                != Some(crate::record::Sha256Digest::of(inventory.as_bytes()))
        {
            return Err(LedgerError::InventoryDiffers { index });
        }
        let checkpoint = self.checkpoint(self.covering(index)?)?;
        let size = checkpoint.head().size;
        let cosignatures = self.files.cosignatures(size)?;
        let token = self.files.token(size)?;
        Ok(ProofFile {
            format: FORMAT.to_owned(),
            leaf: found.leaf.text(),
            opening: opening.text(),
            inventory,
            index,
            inclusion: self.prover(size).inclusion(index)?,
            checkpoint: checkpoint.to_text(),
            cosignatures: cosignatures
                .iter()
                .map(|signature| signature.line().trim_end().to_owned())
                .collect(),
            token: token.map(|token| BASE64.encode(&token)),
            keys: self.keys()?.iter().map(ToString::to_string).collect(),
        })
    }

    /// The path from an older signed tree to a newer one; see [`super::check::check_consistency`].
    ///
    /// # Errors
    /// [`LedgerError::NoSuchLeaf`] where the older one is larger; a tile is missing or damaged.
    pub fn consistency(&self, older: u64, newer: u64) -> Result<Vec<NodeHash>, LedgerError> {
        self.prover(newer).consistency(older)
    }

    fn prover(&self, size: u64) -> Prover<impl FnMut(Tile) -> Result<Vec<NodeHash>, LedgerError>> {
        Prover::new(size, |tile| self.files.hashes(tile))
    }
}

fn recorded(tile: Tile, lines: &[OpeningLine]) -> Result<Vec<Recorded>, LedgerError> {
    let damaged = || LedgerError::TileDamaged { path: tile.path() };
    (tile.number * WIDTH..)
        .zip(lines)
        .map(|(index, line)| Recorded::read(index, line).ok_or_else(damaged))
        .collect()
}

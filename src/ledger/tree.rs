//! The growing edge of the tree: on each level the hashes of the one tile that is not full yet. Pure.
//!
//! Enough to append and to know the root, whatever the size of the tree: never more than 255 hashes a level.

use super::NodeHash;
use super::tiles::{HEIGHT, Rank, Tile, WIDTH};

/// A tile and its hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HashTile {
    /// Which.
    pub(super) tile: Tile,
    /// As many as its width.
    pub(super) hashes: Vec<NodeHash>,
}

/// The edge of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frontier {
    size: u64,
    levels: Vec<Vec<NodeHash>>,
}

impl Frontier {
    /// Of the tree that has no leaf.
    #[must_use]
    pub(super) fn empty() -> Self {
        Self {
            size: 0,
            levels: Vec::new(),
        }
    }

    /// Of a tree of `size` leaves, from its tiles that are not full; `read` has the hashes of one. `None` where
    /// it hands out another number of hashes than it was asked for.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) fn load<E>(
        size: u64,
        mut read: impl FnMut(Tile) -> Result<Vec<NodeHash>, E>,
    ) -> Result<Option<Self>, E> {
        let mut levels = Vec::new();
        while let Some(last) = (size >> (HEIGHT * level_of(&levels))).checked_sub(1) {
            let level = level_of(&levels);
            let hashes = match Tile::of_hash(level, last, size) {
                Some(tile) if !tile.is_full() => {
                    let hashes = read(tile)?;
                    if u64::try_from(hashes.len()) != Ok(tile.width) {
                        return Ok(None);
                    }
                    hashes
                }
                Some(_) | None => Vec::new(),
            };
            levels.push(hashes);
            if level_of(&levels) * HEIGHT >= u64::BITS {
                break;
            }
        }
        Ok(Some(Self { size, levels }))
    }

    /// Leaves of the tree.
    #[must_use]
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; answers the tiles that it filled, the lowest first.
    pub(super) fn push(&mut self, leaf: NodeHash) -> Vec<HashTile> {
        let mut filled = Vec::new();
        let mut hash = leaf;
        for level in 0_usize.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            if u64::try_from(hashes.len()) != Ok(WIDTH) {
                break;
            }
            let hashes = std::mem::take(hashes);
            hash = NodeHash::of_perfect(&hashes);
            let rank = u32::try_from(level).unwrap_or(u32::MAX);
            let tile = Tile {
                rank: Rank::Hashes(rank),
                number: self.size >> (HEIGHT * (rank + 1)),
                width: WIDTH,
            };
            filled.push(HashTile { tile, hashes });
        }
        self.size += 1;
        filled
    }

    /// The tiles that are not full, from this level on.
    pub(super) fn partial_tiles(&self, from_level: u32) -> impl Iterator<Item = HashTile> {
        (0_u32..)
            .zip(&self.levels)
            .filter(move |(level, hashes)| *level >= from_level && !hashes.is_empty())
            .filter_map(|(level, hashes)| {
                let last = (self.size >> (HEIGHT * level)).checked_sub(1)?;
                Some(HashTile {
                    tile: Tile::of_hash(level, last, self.size)?,
                    hashes: hashes.clone(),
                })
            })
    }

    /// The root (RFC 9162 §2.1.1).
    #[must_use]
    pub(super) fn root(&self) -> NodeHash {
        let mut root: Option<NodeHash> = None;
        for hashes in &self.levels {
            // Perfect trees below this edge, the smallest, which is the last, first.
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let (before, peak) = rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                let peak = NodeHash::of_perfect(peak);
                root = Some(match root {
                    Some(right) => NodeHash::of_nodes(&peak, &right),
                    None => peak,
                });
                rest = before;
            }
        }
        root.unwrap_or_else(NodeHash::of_nothing)
    }
}

fn level_of(levels: &[Vec<NodeHash>]) -> u32 {
    u32::try_from(levels.len()).unwrap_or(u32::MAX)
}

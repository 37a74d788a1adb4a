//! Makes proofs from tiles (RFC 9162 §2.1.3.1, §2.1.4.1). Reads a handful of tiles, whatever the size of the
//! tree. What it makes is checked by [`super::check`], which shares no line with it.

use std::collections::BTreeMap;

use super::tiles::{HEIGHT, Tile, WIDTH};
use super::{LedgerError, NodeHash};

/// Makes proofs about one tree.
pub(super) struct Prover<R> {
    size: u64,
    read: R,
    seen: BTreeMap<Tile, Vec<NodeHash>>,
}

impl<R> Prover<R>
where
    R: FnMut(Tile) -> Result<Vec<NodeHash>, LedgerError>,
{
    /// About the tree of this size; `read` has the hashes of its tiles, as many as the tile is wide.
    pub(super) fn new(size: u64, read: R) -> Self {
        Self {
            size,
            read,
            seen: BTreeMap::new(),
        }
    }

    /// The hashes that lead from a leaf to the root, the lowest first.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchLeaf`]; a tile cannot be read.
    pub(super) fn inclusion(&mut self, index: u64) -> Result<Vec<NodeHash>, LedgerError> {
        if index >= self.size {
            return Err(LedgerError::NoSuchLeaf { index });
        }
        let (mut low, mut high) = (0, self.size);
        let mut path = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                path.push(self.range(middle, high)?);
                high = middle;
            } else {
                path.push(self.range(low, middle)?);
                low = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The hashes that lead from the root of an older, smaller tree to this one's. Empty where there is nothing
    /// to prove: the older tree has no leaf, or all.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchLeaf`] where the older tree is the larger one; a tile cannot be read.
    pub(super) fn consistency(&mut self, older: u64) -> Result<Vec<NodeHash>, LedgerError> {
        if older > self.size {
            return Err(LedgerError::NoSuchLeaf { index: older - 1 });
        }
        let mut path = Vec::new();
        if older == 0 {
            return Ok(path);
        }
        let (mut low, mut high) = (0, self.size);
        while older != high {
            let middle = low + split(high - low);
            if older <= middle {
                path.push(self.range(middle, high)?);
                high = middle;
            } else {
                path.push(self.range(low, middle)?);
                low = middle;
            }
        }
        // The older tree's root is known to whoever checks; a subtree of it is not.
        if low > 0 {
            path.push(self.range(low, high)?);
        }
        path.reverse();
        Ok(path)
    }

    /// The root above the first `size` leaves, as the tiles of this tree have them.
    ///
    /// # Errors
    /// As [`Self::consistency`].
    pub(super) fn root_at(&mut self, size: u64) -> Result<NodeHash, LedgerError> {
        match size {
            0 => Ok(NodeHash::of_nothing()),
            size => self.range(0, size),
        }
    }

    /// The root above the leaves from `low` to before `high`; `low` is where a subtree of that many begins.
    fn range(&mut self, low: u64, high: u64) -> Result<NodeHash, LedgerError> {
        let leaves = high - low;
        if leaves.is_power_of_two() {
            return self.node(leaves.trailing_zeros(), low / leaves);
        }
        let middle = low + split(leaves);
        let left = self.range(low, middle)?;
        let right = self.range(middle, high)?;
        Ok(NodeHash::of_nodes(&left, &right))
    }

    /// The root of the perfect tree of 2^`height` leaves with this number.
    fn node(&mut self, height: u32, number: u64) -> Result<NodeHash, LedgerError> {
        let below = height % HEIGHT;
        let count = 1_u64 << below;
        let first = number << below;
        let missing = LedgerError::NoSuchLeaf {
            index: number << height,
        };
        let tile = Tile::of_hash(height / HEIGHT, first + count - 1, self.size).ok_or(missing)?;
        if !self.seen.contains_key(&tile) {
            let hashes = (self.read)(tile)?;
            self.seen.insert(tile, hashes);
        }
        let place = |offset: u64| usize::try_from(offset % WIDTH).unwrap_or(usize::MAX);
        let (from, to) = (place(first), place(first + count - 1));
        let hashes = self.seen.get(&tile).and_then(|held| held.get(from..=to));
        hashes
            .map(NodeHash::of_perfect)
            .ok_or(LedgerError::TileDamaged { path: tile.path() })
    }
}

/// The largest power of two below `leaves`, of which there are two at least.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

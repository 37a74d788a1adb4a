//! Tiles: how the tree is cut into files (C2SP tlog-tiles). Pure: coordinates, paths and contents, no disk.
//!
//! A tile of level L holds 256 neighbouring hashes, each the root of 256^L leaves; `entries` tiles hold the
//! leaves' data. Path: `tile/<L>/<N>`, the number in groups of three digits, all but the last behind an `x`; a
//! tile that is not full has its width added: `tile/0/x001/234.p/17`.

use super::NodeHash;

/// Hashes of a full tile.
pub(super) const WIDTH: u64 = 256;
/// The binary levels of a tile.
pub(super) const HEIGHT: u32 = 8;
/// Levels that a tree of less than 2^64 leaves can have.
const LEVELS: u32 = 8;
/// Longest data of a leaf: its length stands in two bytes.
pub(super) const ENTRY_BYTES_MAX: usize = 0xffff;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The leaves' data.
    Entries,
    /// What opens the leaves. Not of the specification, and not for publication.
    Openings,
    /// Hashes of this level, from 0.
    Hashes(u32),
}

/// The coordinates of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tile {
    /// What it holds.
    pub(super) rank: Rank,
    /// Which of its level, from 0.
    pub(super) number: u64,
    /// How many it holds, 1 to 256.
    pub(super) width: u64,
}

impl Tile {
    /// The tile in which a hash of this level lies, as wide as it is in a tree of `size` leaves; `None` where
    /// that tree has no such hash.
    #[must_use]
    pub(super) fn of_hash(level: u32, index: u64, size: u64) -> Option<Self> {
        if level >= LEVELS {
            return None;
        }
        let held = size >> (HEIGHT * level);
        let number = index / WIDTH;
        (index < held).then(|| Self {
            rank: Rank::Hashes(level),
            number,
            width: WIDTH.min(held - number * WIDTH),
        })
    }

    /// The tile of entries in which a leaf lies, as wide as it is in a tree of `size` leaves.
    #[must_use]
    pub(super) fn of_entry(index: u64, size: u64) -> Option<Self> {
        Self::of_hash(0, index, size).map(|tile| Self {
            rank: Rank::Entries,
            ..tile
        })
    }

    /// Whether it can grow no more.
    #[must_use]
    pub(super) fn is_full(&self) -> bool {
        self.width == WIDTH
    }

    /// The same tile when it is full.
    #[must_use]
    pub(super) fn filled(self) -> Self {
        Self {
            width: WIDTH,
            ..self
        }
    }

    /// The path below the ledger's folder.
    #[must_use]
    pub(super) fn path(&self) -> String {
        // What is kept to itself grows in place: nobody reads it over a network.
        let end = if self.is_full() || self.rank == Rank::Openings {
            String::new()
        } else {
            format!("/{}", self.width)
        };
        let folder = if end.is_empty() { "" } else { ".p" };
        format!("{}{folder}{end}", self.stem())
    }

    /// The folder of what the tile was before it was full.
    #[must_use]
    pub(super) fn partial_folder(&self) -> String {
        format!("{}.p", self.stem())
    }

    fn stem(&self) -> String {
        let mut digits = format!("{:03}", self.number % 1000);
        let mut rest = self.number / 1000;
        while rest > 0 {
            digits = format!("x{:03}/{digits}", rest % 1000);
            rest /= 1000;
        }
        match self.rank {
            Rank::Entries => format!("tile/entries/{digits}"),
            Rank::Openings => format!("openings/{digits}"),
            Rank::Hashes(level) => format!("tile/{level}/{digits}"),
        }
    }
}

/// The bytes of a tile of hashes.
#[must_use]
pub(super) fn hashes_to_bytes(hashes: &[NodeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// The hashes of a tile; `None` where there are not so many exactly.
#[must_use]
pub(super) fn hashes_of_bytes(bytes: &[u8], width: u64) -> Option<Vec<NodeHash>> {
    let (chunks, rest) = bytes.as_chunks::<{ NodeHash::BYTES }>();
    let fits = rest.is_empty() && u64::try_from(chunks.len()) == Ok(width);
    fits.then(|| chunks.iter().copied().map(NodeHash::from_bytes).collect())
}

/// The bytes of a tile of entries: each behind its length, two bytes, the higher first. `None` where one is too
/// long.
#[must_use]
pub(super) fn entries_to_bytes<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).ok()?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Some(bytes)
}

/// The entries of a tile; `None` where there are not so many exactly.
#[must_use]
pub(super) fn entries_of_bytes(mut bytes: &[u8], width: u64) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        entries.push(entry);
        bytes = rest;
    }
    let fits = bytes.is_empty() && u64::try_from(entries.len()) == Ok(width);
    fits.then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let tile = |rank, number, width| Tile {
            rank,
            number,
            width,
        };
        for (tile, path) in [
            (tile(Rank::Hashes(0), 0, 256), "tile/0/000"),
            (tile(Rank::Hashes(1), 0, 7), "tile/1/000.p/7"),
            (
                tile(Rank::Hashes(4), 1_234_067, 256),
                "tile/4/x001/x234/067",
            ),
            (
                tile(Rank::Entries, 1_234_067, 1),
                "tile/entries/x001/x234/067.p/1",
            ),
            (tile(Rank::Openings, 1000, 3), "openings/x001/000"),
        ] {
            assert_eq!(tile.path(), path);
        }
    }

    #[test]
    fn a_tree_has_the_tiles_of_its_size() {
        let width = |level, index, size| Tile::of_hash(level, index, size).map(|tile| tile.width);
        assert_eq!(width(0, 0, 0), None);
        assert_eq!(width(0, 255, 256), Some(256));
        assert_eq!(width(0, 256, 256), None);
        assert_eq!(width(0, 256, 300), Some(44));
        assert_eq!(width(1, 0, 255), None);
        assert_eq!(width(1, 1, 70_000), Some(256));
        assert_eq!(width(1, 256, 70_000), Some(17));
        assert_eq!(width(2, 0, 70_000), Some(1));
        assert_eq!(width(7, 0, u64::MAX), Some(255));
        assert_eq!(width(8, 0, u64::MAX), None);
    }

    #[test]
    fn contents_that_do_not_fit_are_refused() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bytes = entries_to_bytes(entries.into_iter()).expect("short enough");
        assert_eq!(entries_of_bytes(&bytes, 3), Some(entries.to_vec()));
        assert_eq!(entries_of_bytes(&bytes, 2), None);
        assert_eq!(entries_of_bytes(&bytes[..bytes.len() - 1], 3), None);
        assert_eq!(entries_of_bytes(&[bytes, vec![0]].concat(), 3), None);
        let long = [0; ENTRY_BYTES_MAX + 1];
        assert_eq!(entries_to_bytes([&long[..]].into_iter()), None);
        let hash = NodeHash::of_nothing();
        let bytes = hashes_to_bytes(&[hash, hash]);
        assert_eq!(hashes_of_bytes(&bytes, 2), Some(vec![hash, hash]));
        assert_eq!(hashes_of_bytes(&bytes, 1), None);
        assert_eq!(hashes_of_bytes(&bytes[1..], 2), None);
    }
}

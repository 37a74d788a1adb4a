//! Makes the tiles anew from the leaves, where the leaves come to the root that was signed last. Mends a disk, never a
//! leaf: what was signed decides, and nothing is written before it agrees.

use std::path::Path;

use super::check;
use super::files::{Files, NewFiles};
use super::tiles::{self, Tile, WIDTH};
use super::tree::{Frontier, HashTile};
use super::writer::wait_for_turn;
use super::{LedgerError, NodeHash, VerifierKey};

/// Writes every tile that is missing or not what its leaves come to; answers how many.
///
/// The leaves are those of the tiles of entries, or of the openings where one is missing or damaged.
///
/// # Errors
/// [`LedgerError::Forked`] where the leaves do not come to the root signed last, or no trusted key signed it;
/// [`LedgerError::TreeDiffers`] where they do not come to the root that was written down since; leaves that are
/// nowhere; what the machine said.
pub fn rebuild(folder: &Path, trusted: &[VerifierKey]) -> Result<u64, LedgerError> {
    let files = Files {
        folder: folder.to_owned(),
    };
    files.head()?;
    let _turn = wait_for_turn(folder)?;
    let head = files.head()?;
    let mut signed = None;
    if let Some(size) = files.checkpoint_sizes()?.pop() {
        let last = files.checkpoint(size)?;
        let known = check::signers(&last, trusted).is_ok() && size <= head.size;
        signed = Some(last.head().clone()).filter(|_| known);
        signed.as_ref().ok_or(LedgerError::Forked { size })?;
    }
    let signed_size = signed.as_ref().map_or(0, |head| head.size);

    let mut signed_root = NodeHash::of_nothing();
    let tree = walk(&files, head.size, signed_size, &mut |step| {
        if let Step::Signed(frontier, _) = step {
            signed_root = frontier.root();
        }
        Ok(())
    })?;
    if signed.is_some_and(|signed| signed.root != signed_root || signed.origin != head.origin) {
        return Err(LedgerError::Forked { size: signed_size });
    }
    if tree.root() != head.root {
        return Err(LedgerError::TreeDiffers { size: head.size });
    }

    let mut written = 0;
    let tree = walk(&files, head.size, signed_size, &mut |step| {
        match step {
            Step::Entries(tile, leaves) => written += mend_entries(&files, tile, leaves)?,
            Step::Filled(tile) => written += mend_hashes(&files, tile)?,
            Step::Signed(frontier, leaves) => {
                for tile in frontier.partial_tiles(0) {
                    written += mend_hashes(&files, &tile)?;
                }
                if let Some(tile) = Tile::of_entry(signed_size.saturating_sub(1), signed_size) {
                    written += mend_entries(&files, tile, leaves)?;
                }
            }
        }
        Ok(())
    })?;
    for tile in tree.partial_tiles(1) {
        written += mend_hashes(&files, &tile)?;
    }
    Ok(written)
}

/// What comes up while a tree grows again.
enum Step<'a> {
    /// A full tile of entries.
    Entries(Tile, &'a [Vec<u8>]),
    /// A full tile of hashes.
    Filled(&'a HashTile),
    /// The tree that was signed last, and the leaves of its last tile.
    Signed(&'a Frontier, &'a [Vec<u8>]),
}

fn walk(
    files: &Files,
    size: u64,
    signed_size: u64,
    visit: &mut dyn FnMut(Step<'_>) -> Result<(), LedgerError>,
) -> Result<Frontier, LedgerError> {
    let mut frontier = Frontier::empty();
    for number in 0..size.div_ceil(WIDTH) {
        let Some(tile) = Tile::of_entry(number * WIDTH, size) else {
            break;
        };
        let leaves = files.leaves(tile)?;
        if tile.is_full() {
            visit(Step::Entries(tile, &leaves))?;
        }
        for (at, leaf) in leaves.iter().enumerate() {
            for filled in frontier.push(NodeHash::of_leaf(leaf)) {
                visit(Step::Filled(&filled))?;
            }
            if frontier.size() == signed_size {
                visit(Step::Signed(
                    &frontier,
                    leaves.get(..=at).unwrap_or_default(),
                ))?;
            }
        }
    }
    Ok(frontier)
}

fn mend_entries(files: &Files, tile: Tile, leaves: &[Vec<u8>]) -> Result<u64, LedgerError> {
    if files.entries(tile).is_ok_and(|found| found == leaves) {
        return Ok(0);
    }
    let bytes = tiles::entries_to_bytes(leaves.iter().map(Vec::as_slice));
    let damaged = || LedgerError::TileDamaged { path: tile.path() };
    mend(files, tile, bytes.ok_or_else(damaged)?)
}

fn mend_hashes(files: &Files, expected: &HashTile) -> Result<u64, LedgerError> {
    let found = files.hashes(expected.tile);
    if found.is_ok_and(|found| found == expected.hashes) {
        return Ok(0);
    }
    let bytes = tiles::hashes_to_bytes(&expected.hashes);
    mend(files, expected.tile, bytes)
}

fn mend(files: &Files, tile: Tile, bytes: Vec<u8>) -> Result<u64, LedgerError> {
    let mut new = NewFiles::of(files);
    new.write(&tile, bytes);
    new.finish()?;
    Ok(1)
}

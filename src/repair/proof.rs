//! What an object must be, and what vouches for it.
//!
//! The ledger has a leaf for each version, over the version's inventory. An inventory with that digest is the right one
//! wherever it lies, and everything else follows from it. Where the ledger has no leaf (a part of it is lost, or it is
//! not sound itself), the archive's own inventories are taken, if their sidecars hold, they agree with each other, and
//! a replica has the same bytes: then a content file can be mended, and an inventory never.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::archive::{INVENTORY, Proven, SIDECAR, read_metadata, sidecar_digest};
use crate::record::{RecordId, Sha256Digest, Sha512Digest};
use crate::verify::LedgerFacts;

/// What vouches for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// The ledger has a leaf for each version.
    Ledger,
    /// No leaf: the archive's own inventories, with their sidecars, and a replica that agrees.
    Sidecar,
    /// The same in every archive.
    Standard,
}

/// Why nothing vouches for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unproven {
    /// It was disposed of.
    Disposed,
    /// In words.
    Because(String),
}

/// What the record's object must be. `archive` is its folder there, `copies` those in the replicas.
pub(super) fn prove(
    record: RecordId,
    facts: Option<&LedgerFacts>,
    archive: &Path,
    copies: &[PathBuf],
) -> Result<(Proven, Proof), Unproven> {
    if facts.is_some_and(|facts| facts.is_disposed(record)) {
        return Err(Unproven::Disposed);
    }
    let latest = facts.and_then(|facts| Some((facts, facts.latest(record)?)));
    let (versions, proof) = match latest {
        Some((facts, latest)) => (
            by_ledger(record, facts, latest, archive, copies)?,
            Proof::Ledger,
        ),
        None => (by_agreement(archive, copies)?, Proof::Sidecar),
    };
    let proven = Proven::new(record, &versions);
    let proven = proven.map_err(|fault| Unproven::Because(fault.to_string()))?;
    Ok((proven, proof))
}

fn by_ledger(
    record: RecordId,
    facts: &LedgerFacts,
    latest: u32,
    archive: &Path,
    copies: &[PathBuf],
) -> Result<Vec<Vec<u8>>, Unproven> {
    let places = || std::iter::once(archive).chain(copies.iter().map(PathBuf::as_path));
    let mut versions = Vec::new();
    for number in 1..=latest {
        let because = |why: &str| Unproven::Because(format!("v{number}: {why}"));
        let digest = facts.agreed(record, number);
        let digest = digest.ok_or_else(|| because("the ledger lacks it or contradicts itself"))?;
        // The object's own inventory is that of its latest version.
        let files = places().flat_map(|folder| {
            [
                folder.join(format!("v{number}")).join(INVENTORY),
                folder.join(INVENTORY),
            ]
        });
        let bytes = files.filter_map(|file| read_metadata(&file).ok());
        let right = bytes
            .into_iter()
            .find(|bytes| Sha256Digest::of(bytes) == digest);
        versions.push(right.ok_or_else(|| because("no copy of its inventory is the ledger's"))?);
    }
    Ok(versions)
}

fn by_agreement(archive: &Path, copies: &[PathBuf]) -> Result<Vec<Vec<u8>>, Unproven> {
    let because = |why: &str| Unproven::Because(format!("no leaf in the ledger, and {why}"));
    let own = vouched_for(archive).ok_or_else(|| because("its own inventory is damaged"))?;
    let mut versions = Vec::new();
    for number in 1_u32.. {
        let folder = archive.join(format!("v{number}"));
        match fs::symlink_metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            _ => {}
        }
        let inventory = vouched_for(&folder);
        versions.push(inventory.ok_or_else(|| because("the inventory of a version is damaged"))?);
    }
    if versions.last() != Some(&own) {
        return Err(because("its inventories disagree"));
    }
    let agrees = |copy: &PathBuf| {
        (1_u32..).zip(&versions).all(|(number, bytes)| {
            vouched_for(&copy.join(format!("v{number}"))).as_ref() == Some(bytes)
        })
    };
    if !copies.iter().any(agrees) {
        return Err(because("no replica has the same inventories"));
    }
    Ok(versions)
}

/// An inventory whose sidecar holds.
fn vouched_for(folder: &Path) -> Option<Vec<u8>> {
    let bytes = read_metadata(&folder.join(INVENTORY)).ok()?;
    let sidecar = read_metadata(&folder.join(SIDECAR)).ok()?;
    let digest = sidecar_digest(&sidecar).ok()?;
    (digest == Sha512Digest::of(&bytes)).then_some(bytes)
}

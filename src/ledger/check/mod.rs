//! Checks proofs, with nothing but the proof and the keys that one trusts: no archive, no ledger, no network.
//!
//! What it does not do: the timestamp token is handed back with the bytes that it must be over, for those who
//! know about certificates.

mod flaw;
mod merkle;
#[cfg(test)]
mod tests;

use data_encoding::BASE64;

pub use flaw::{Flaw, Verdict};

use super::checkpoint::{Checkpoint, TreeHead};
use super::leaf::{Event, Leaf, Opening};
use super::note::NoteSignature;
use super::proof_file::{FORMAT, ProofFile};
use super::{NodeHash, VerifierKey};
use crate::record::Sha256Digest;

/// A proof with its inventory; more is not read.
pub const PROOF_BYTES_MAX: usize = 8 * 1024 * 1024;
/// No path in a tree of 2^64 leaves is longer.
const PATH_MAX: usize = 64;

/// What a proof has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The leaf.
    pub leaf: Leaf,
    /// What it stands for.
    pub event: Event,
    /// Its place in the ledger, from 0.
    pub index: u64,
    /// The tree that it is in.
    pub head: TreeHead,
    /// Which of the trusted keys signed the tree's head.
    pub signed_by: Vec<VerifierKey>,
    /// Further signatures, of witnesses; not checked, for they need the witnesses' keys.
    pub cosignatures: Vec<NoteSignature>,
    /// The checkpoint's bytes, which the token must be over.
    pub stamped: Vec<u8>,
    /// An RFC 3161 token (DER), not checked.
    pub token: Option<Vec<u8>>,
}

impl Proven {
    /// Whether the proof is about the document with this digest.
    #[must_use]
    pub fn is_about(&self, document: &Sha256Digest) -> bool {
        self.event.document().as_ref() == Some(document)
    }
}

/// Checks the bytes of a proof file against the keys that one trusts.
///
/// # Errors
/// The first thing that is wrong; [`Flaw::KeyUnknown`] where everything fits but nobody trusted signed it.
pub fn check(proof: &[u8], trusted: &[VerifierKey]) -> Result<Proven, Flaw> {
    if proof.len() > PROOF_BYTES_MAX {
        return Err(Flaw::Malformed { part: "proof" });
    }
    let file: ProofFile =
        serde_json::from_slice(proof).map_err(|_| Flaw::Malformed { part: "proof" })?;
    if file.format != FORMAT {
        return Err(Flaw::Malformed { part: "format" });
    }
    let malformed = |part| Flaw::Malformed { part };
    let leaf = Leaf::parse(&file.leaf).ok_or_else(|| malformed("leaf"))?;
    let opening = Opening::parse(&file.opening).ok_or_else(|| malformed("opening"))?;
    if !leaf.is_opened_by(&opening) {
        return Err(Flaw::OpeningDiffers);
    }
    let event = opening.event().clone();
    if let Some(inventory) = &file.inventory
        && event.inventory() != Some(Sha256Digest::of(inventory.as_bytes()))
    {
        return Err(Flaw::InventoryDiffers);
    }
    let stamped = file.checkpoint.into_bytes();
    let checkpoint = Checkpoint::parse(&stamped).ok_or_else(|| malformed("checkpoint"))?;
    let head = checkpoint.head();
    let path = raw(&file.inclusion).ok_or_else(|| malformed("inclusion"))?;
    let root = head.root.as_bytes();
    if !merkle::is_included(file.leaf.as_bytes(), file.index, head.size, &path, root) {
        return Err(Flaw::NotIncluded);
    }
    let token = file.token.map(|token| BASE64.decode(token.as_bytes()));
    let token = token.transpose().map_err(|_| malformed("token"))?;
    let cosignatures = file
        .cosignatures
        .iter()
        .map(|line| NoteSignature::parse(line));
    let cosignatures: Option<Vec<_>> = cosignatures.collect();
    let cosignatures = cosignatures.ok_or_else(|| malformed("cosignatures"))?;
    let signed_by = signers(&checkpoint, trusted)?;
    Ok(Proven {
        leaf,
        event,
        index: file.index,
        head: head.clone(),
        signed_by,
        cosignatures,
        stamped,
        token,
    })
}

/// Which of these keys signed a checkpoint of their own ledger.
///
/// # Errors
/// [`Flaw::SignatureInvalid`] where one of them is named below it and did not sign it; [`Flaw::KeyUnknown`] where
/// none is named.
pub fn signers(checkpoint: &Checkpoint, trusted: &[VerifierKey]) -> Result<Vec<VerifierKey>, Flaw> {
    let named = |key: &&VerifierKey| {
        let mut signatures = checkpoint.signatures().iter();
        signatures.any(|signature| signature.name == *key.name() && signature.key_id == key.id())
    };
    let origin = &checkpoint.head().origin;
    let named: Vec<_> = trusted
        .iter()
        .filter(|key| key.name() == origin)
        .filter(named)
        .collect();
    if named.iter().any(|key| !checkpoint.is_signed_by(key)) {
        return Err(Flaw::SignatureInvalid);
    }
    if named.is_empty() {
        return Err(Flaw::KeyUnknown);
    }
    Ok(named.into_iter().cloned().collect())
}

/// Whether one tree is the beginning of another of the same ledger.
///
/// # Errors
/// [`Flaw::NotConsistent`] where it is not.
pub fn check_consistency(
    older: &TreeHead,
    newer: &TreeHead,
    path: &[NodeHash],
) -> Result<(), Flaw> {
    let (first, second) = (older.root.as_bytes(), newer.root.as_bytes());
    let consistent = older.origin == newer.origin
        && raw(path).is_some_and(|path| {
            merkle::is_consistent(older.size, first, newer.size, second, &path)
        });
    if consistent {
        Ok(())
    } else {
        Err(Flaw::NotConsistent)
    }
}

fn raw(path: &[NodeHash]) -> Option<Vec<[u8; 32]>> {
    // A consistency path has one step more than the tree has levels.
    (path.len() <= PATH_MAX + 1).then(|| path.iter().map(|hash| *hash.as_bytes()).collect())
}

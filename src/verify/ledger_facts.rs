//! What the ledger says of the archive: which versions there are, by the digests of their inventories.
//!
//! Plain data. Where it comes from, [`crate::office_ledger`] knows.

use std::collections::{BTreeMap, BTreeSet};

use super::acts::Acts;
use crate::record::{RecordId, Sha256Digest};

/// The versions of each record that stand in the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerFacts {
    /// SHA-256 of the inventory of each version.
    versions: BTreeMap<(RecordId, u32), Sha256Digest>,
    /// Others for a version that has one: somebody entered it once more.
    contradictions: BTreeMap<(RecordId, u32), Sha256Digest>,
    disposed: BTreeSet<RecordId>,
    /// Acts about retention, and disposals in full.
    pub acts: Acts,
    /// Whether some entries could not be read: then what is not here may be in the ledger.
    pub is_partial: bool,
    /// Whether the ledger by itself proved good: then it vouches for the inventories that it has.
    pub is_proven: bool,
}

/// What the ledger says of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    /// It has this inventory.
    AsThis,
    /// It has another one.
    Otherwise(Sha256Digest),
    /// Nothing.
    Not,
}

impl LedgerFacts {
    /// Adds a version.
    pub fn record(&mut self, record: RecordId, version: u32, inventory: Sha256Digest) {
        let known = self.versions.entry((record, version)).or_insert(inventory);
        if *known != inventory {
            self.contradictions.insert((record, version), inventory);
        }
    }

    /// Adds that a record was disposed of: its versions may be gone.
    pub fn dispose(&mut self, record: RecordId) {
        self.disposed.insert(record);
    }

    /// What the ledger says of one record only.
    #[must_use]
    pub fn only(&self, record: RecordId) -> Self {
        let of = |all: &BTreeMap<(RecordId, u32), Sha256Digest>| {
            let its = all.range((record, 0)..=(record, u32::MAX));
            its.map(|(version, inventory)| (*version, *inventory))
                .collect()
        };
        Self {
            versions: of(&self.versions),
            contradictions: of(&self.contradictions),
            disposed: self
                .disposed
                .iter()
                .copied()
                .filter(|it| *it == record)
                .collect(),
            acts: Acts::default(),
            is_partial: self.is_partial,
            is_proven: self.is_proven,
        }
    }

    /// Whether a version stands in the ledger.
    #[must_use]
    pub fn has(&self, record: RecordId, version: u32) -> bool {
        self.versions.contains_key(&(record, version))
    }

    pub(super) fn of(&self, record: RecordId, version: u32, found: &Sha256Digest) -> Recorded {
        let Some(known) = self.versions.get(&(record, version)) else {
            return Recorded::Not;
        };
        let contradiction = self.contradictions.get(&(record, version));
        let mut all = std::iter::once(known).chain(contradiction);
        match all.find(|other| *other != found) {
            None => Recorded::AsThis,
            Some(other) => Recorded::Otherwise(*other),
        }
    }

    /// SHA-256 of a version's inventory, if all that the ledger says of the version is the same.
    #[must_use]
    pub fn agreed(&self, record: RecordId, version: u32) -> Option<Sha256Digest> {
        let key = (record, version);
        let is_contradicted = self.contradictions.contains_key(&key);
        self.versions
            .get(&key)
            .copied()
            .filter(|_| !is_contradicted)
    }

    /// Whether a record was disposed of.
    #[must_use]
    pub fn is_disposed(&self, record: RecordId) -> bool {
        self.disposed.contains(&record)
    }

    /// The records that were disposed of.
    pub(super) fn disposed(&self) -> impl Iterator<Item = RecordId> {
        self.disposed.iter().copied()
    }

    /// The latest version of a record that the archive should hold.
    #[must_use]
    pub fn latest(&self, record: RecordId) -> Option<u32> {
        if self.disposed.contains(&record) {
            return None;
        }
        let mut versions = self.versions.range((record, 0)..=(record, u32::MAX));
        versions.next_back().map(|((_, version), _)| *version)
    }

    /// The records that the archive should hold.
    pub(super) fn records(&self) -> impl Iterator<Item = RecordId> {
        let mut before = None;
        self.versions
            .keys()
            .map(|(record, _)| *record)
            .filter(move |record| before.replace(*record) != Some(*record))
            .filter(|record| !self.disposed.contains(record))
    }
}

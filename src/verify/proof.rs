//! Days of proof: until when the records' documents prove their signatures, counted and listed.
//!
//! Nothing is read here: what a document proves is told by the caller, who can read it. A proof that ends soon is
//! no damage, and one renewal mends it; one that has ended cannot be mended.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::record::{PadesLevel, RecordId, Severity, vietnam_time};

const SECONDS_A_DAY: i64 = 86_400;
/// Days below which records are counted together; those of whose proof more is left come last.
pub const BANDS: [i64; 5] = [0, 30, 90, 365, 1825];
const LEVELS: [PadesLevel; 4] = [
    PadesLevel::BB,
    PadesLevel::BT,
    PadesLevel::BLt,
    PadesLevel::BLta,
];

/// What one record's document proves. Ordered by its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProvenRecord {
    /// Until when, if nothing is done.
    pub until: Timestamp,
    /// Which record.
    pub record: RecordId,
    /// The lowest level of its signatures (EN 319 142-1).
    pub level: PadesLevel,
    /// What ends then; stable text.
    pub limit: &'static str,
}

impl ProvenRecord {
    /// Whole days left at this time; negative once it has ended.
    #[must_use]
    pub fn days_left(&self, at: Timestamp) -> i64 {
        (self.until.as_second() - at.as_second()).div_euclid(SECONDS_A_DAY)
    }
}

/// What there is to say about an end. The text form is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofCode {
    /// Fewer days are left than those within which proofs are renewed.
    EndsSoon,
    /// The document alone proves its signatures no longer.
    Ended,
}

impl ProofCode {
    /// The stable text, e.g. `PROOF_ENDED`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProofCode::EndsSoon => "PROOF_ENDS_SOON",
            ProofCode::Ended => "PROOF_ENDED",
        }
    }

    /// How bad it is: a warning is not damage.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            ProofCode::EndsSoon => Severity::Notice,
            ProofCode::Ended => Severity::Error,
        }
    }
}

impl Serialize for ProofCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The proofs of many records at one time: totals, and those that end first.
#[derive(Debug)]
pub struct Proofs {
    at: Timestamp,
    within_days: i64,
    kept_max: usize,
    levels: [u64; LEVELS.len()],
    bands: [u64; BANDS.len() + 1],
    ending: u64,
    unknown: u64,
    first: BTreeSet<ProvenRecord>,
}

impl Proofs {
    /// None yet. An end within `within_days` of `at` is soon; of the records, the first `kept_max` to end are kept.
    #[must_use]
    pub fn new(at: Timestamp, within_days: u32, kept_max: usize) -> Self {
        Self {
            at,
            within_days: i64::from(within_days),
            kept_max,
            levels: [0; LEVELS.len()],
            bands: [0; BANDS.len() + 1],
            ending: 0,
            unknown: 0,
            first: BTreeSet::new(),
        }
    }

    /// Counts a record.
    pub fn add(&mut self, proven: ProvenRecord) {
        let days = proven.days_left(self.at);
        let level = LEVELS.iter().position(|level| *level == proven.level);
        let band = BANDS.iter().position(|below| days < *below);
        let level = level.and_then(|place| self.levels.get_mut(place));
        let band = self.bands.get_mut(band.unwrap_or(BANDS.len()));
        for count in level.into_iter().chain(band) {
            *count += 1;
        }
        self.ending += u64::from(self.code(&proven) == Some(ProofCode::EndsSoon));
        self.first.insert(proven);
        if self.first.len() > self.kept_max {
            self.first.pop_last();
        }
    }

    /// Counts a record whose document does not say.
    pub fn add_unknown(&mut self) {
        self.unknown += 1;
    }

    /// What there is to say about a record; `None` where enough is left.
    #[must_use]
    pub fn code(&self, proven: &ProvenRecord) -> Option<ProofCode> {
        match proven.days_left(self.at) {
            ..0 => Some(ProofCode::Ended),
            days if days < self.within_days => Some(ProofCode::EndsSoon),
            _ => None,
        }
    }

    /// The same as part of a finding: expected and found, in English.
    #[must_use]
    pub fn detail(&self, proven: &ProvenRecord) -> String {
        let (level, until) = (proven.level, vietnam_time(proven.until));
        let (days, limit) = (proven.days_left(self.at), proven.limit);
        format!("{level} until {until} ({limit}), {days} days left")
    }

    /// The records of each level, lowest first.
    pub fn levels(&self) -> impl Iterator<Item = (PadesLevel, u64)> {
        LEVELS.into_iter().zip(self.levels)
    }

    /// The records with fewer days left than [`BANDS`] says, each counted once; with more, last.
    #[must_use]
    pub fn bands(&self) -> [u64; BANDS.len() + 1] {
        self.bands
    }

    /// Records whose proof ends soon.
    #[must_use]
    pub fn ending(&self) -> u64 {
        self.ending
    }

    /// Records whose proof has ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        let [ended, ..] = self.bands;
        ended
    }

    /// Records whose document does not say.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// All that were counted.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.levels.iter().sum::<u64>() + self.unknown
    }

    /// Those kept, the first to end first.
    pub fn first(&self) -> impl Iterator<Item = &ProvenRecord> {
        self.first.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn proven(number: u32, level: PadesLevel, until: &str) -> ProvenRecord {
        let record = format!("0192f0c1-0000-7000-8000-{number:012x}");
        ProvenRecord {
            until: at(until),
            record: record.parse().expect("a record"),
            level,
            limit: "timestamp-certificate",
        }
    }

    #[test]
    fn records_are_counted_by_level_and_by_days() {
        let mut proofs = Proofs::new(at("2026-11-23T00:00:00Z"), 90, 3);
        for (number, (level, until)) in (0..).zip([
            (PadesLevel::BB, "2026-11-22T23:59:59Z"),
            (PadesLevel::BT, "2026-11-23T00:00:00Z"),
            (PadesLevel::BLt, "2027-02-20T23:59:59Z"),
            (PadesLevel::BLta, "2027-02-21T00:00:00Z"),
            (PadesLevel::BLta, "2040-01-01T00:00:00Z"),
        ]) {
            proofs.add(proven(number, level, until));
        }
        proofs.add_unknown();
        assert_eq!(proofs.bands(), [1, 1, 1, 1, 0, 1]);
        let levels: Vec<u64> = proofs.levels().map(|(_, count)| count).collect();
        assert_eq!(levels, [1, 1, 1, 2]);
        let counts = (proofs.ending(), proofs.ended(), proofs.unknown());
        assert_eq!((counts, proofs.records()), ((2, 1, 1), 6));
        let codes: Vec<_> = proofs.first().map(|it| proofs.code(it)).collect();
        let soon = Some(ProofCode::EndsSoon);
        assert_eq!(
            codes,
            [Some(ProofCode::Ended), soon, soon],
            "no more are kept"
        );
        let last = proofs.first().last().expect("kept");
        assert!(proofs.detail(last).contains("89 days left"));
        let enough = proven(9, PadesLevel::BLta, "2027-02-21T00:00:00Z");
        assert_eq!(proofs.code(&enough), None);
    }
}

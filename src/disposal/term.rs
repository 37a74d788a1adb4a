//! Terms: which one is longer, and in which year it is over. Pure.

use serde::{Deserialize, Serialize};

use crate::reuse::procedure::{Retention, RetentionTerm};

/// A term, and the law that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// How long.
    pub term: RetentionTerm,
    /// Which law says so.
    pub source: String,
}

impl From<&Retention> for Term {
    fn from(retention: &Retention) -> Self {
        Self {
            term: retention.term,
            source: retention.source.clone(),
        }
    }
}

impl Term {
    /// Years that records are kept after the closing year; `None` where nothing may be destroyed.
    fn years(&self) -> Option<u16> {
        match self.term {
            RetentionTerm::Years(years) => Some(years),
            RetentionTerm::NotKept => Some(0),
            RetentionTerm::Permanent | RetentionTerm::Unsettled => None,
        }
    }

    /// The longer of two; for ever is the longest, and so is what is not known.
    #[must_use]
    pub fn or_longer(self, other: Self) -> Self {
        match (self.years(), other.years()) {
            (None, _) => self,
            (Some(_), None) => other,
            (Some(own), Some(its)) if its > own => other,
            (Some(_), Some(_)) => self,
        }
    }

    /// The first year in which records of a dossier closed in `closed` may go: whole years are counted, so none goes
    /// before the last of them is over.
    #[must_use]
    pub fn due(&self, closed: i16) -> Option<i16> {
        let years = i16::try_from(self.years()?).ok()?;
        closed.checked_add(years)?.checked_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(term: RetentionTerm) -> Term {
        let source = format!("{term:?}");
        Term { term, source }
    }

    #[test]
    fn records_go_only_after_whole_years_and_what_is_not_known_never_goes() {
        for (kept, closed, due) in [
            (RetentionTerm::Years(2), 2026, Some(2029)),
            (RetentionTerm::Years(70), 2026, Some(2097)),
            (RetentionTerm::NotKept, 2026, Some(2027)),
            (RetentionTerm::Permanent, 1990, None),
            (RetentionTerm::Unsettled, 1990, None),
            (RetentionTerm::Years(2), i16::MAX, None),
        ] {
            assert_eq!(term(kept).due(closed), due, "{kept:?}");
        }
    }

    #[test]
    fn the_longest_paper_counts() {
        let all = [
            RetentionTerm::NotKept,
            RetentionTerm::Years(2),
            RetentionTerm::Years(20),
            RetentionTerm::Unsettled,
        ];
        for (at, longer) in all.iter().enumerate() {
            for shorter in &all[..=at] {
                assert_eq!(term(*shorter).or_longer(term(*longer)).term, *longer);
                assert_eq!(term(*longer).or_longer(term(*shorter)).term, *longer);
            }
        }
        let kept = term(RetentionTerm::Years(2)).or_longer(term(RetentionTerm::Permanent));
        assert_eq!(kept.term, RetentionTerm::Permanent);
    }
}

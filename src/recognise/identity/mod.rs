//! Whose paper it is. A pure rule over what was found; it reads nothing itself.
//!
//! * A source that a machine or a person vouches for decides: a slip, the operator, the folder, the QR
//!   or the proved zone of a card, a code of our own.
//! * OCR changes digits, so what it reads never decides; it confirms, or it is a candidate for a person.
//!   Nor does it block: forms carry the numbers of parents, spouses and officers.
//! * Deciding sources that name different citizens decide nothing, however many stand on one side.
//!
//! A person who settles a worklist entry does not come through here: that decision is final.

use serde::{Deserialize, Serialize};

use crate::record::{Candidate, CitizenId, Confidence, Source};

/// Candidates shown to a person at most.
const CANDIDATES_MAX: usize = 20;

/// One number, found in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The citizen named.
    pub citizen: CitizenId,
    /// By what.
    pub source: Source,
    /// Page it was found on, from 1; `None` for what stands beside the scan.
    pub page: Option<u32>,
    /// How sure OCR was; `None` for the other sources.
    pub confidence: Option<Confidence>,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "identity")]
pub enum Decision {
    /// All sources that decide agree, and there is at least one.
    Certain {
        /// Whose paper it is.
        citizen: CitizenId,
        /// What says so, OCR included where it confirms.
        sources: Vec<Source>,
    },
    /// A person must choose: the sources disagree, or there is only OCR.
    Candidates {
        /// The best supported first; at most 20.
        candidates: Vec<Candidate>,
    },
    /// No number was found.
    Nothing,
}

/// Applies the rule. The order of the evidence does not matter.
#[must_use]
pub fn decide(evidence: &[Evidence]) -> Decision {
    let mut candidates = gathered(evidence);
    let mut decided = candidates
        .iter()
        .filter(|candidate| candidate.sources.iter().any(|source| source.decides()));
    match (decided.next(), decided.next()) {
        (Some(only), None) => Decision::Certain {
            citizen: only.citizen.clone(),
            sources: only.sources.clone(),
        },
        (None, _) if candidates.is_empty() => Decision::Nothing,
        _ => {
            candidates.truncate(CANDIDATES_MAX);
            Decision::Candidates { candidates }
        }
    }
}

/// One candidate a citizen, ordered: best source, number of sources, confidence, then the number.
fn gathered(evidence: &[Evidence]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for found in evidence {
        let known = candidates.iter_mut().find(|c| c.citizen == found.citizen);
        match known {
            Some(candidate) => add(candidate, found),
            None => candidates.push(Candidate {
                citizen: found.citizen.clone(),
                sources: vec![found.source],
                confidence: found.confidence,
            }),
        }
    }
    candidates.sort_by(|a, b| {
        let best = |c: &Candidate| c.sources.first().copied();
        let sure = |c: &Candidate| c.confidence.map_or(0.0, |confidence| confidence.0);
        best(a)
            .cmp(&best(b))
            .then(b.sources.len().cmp(&a.sources.len()))
            .then(sure(b).total_cmp(&sure(a)))
            .then(a.citizen.cmp(&b.citizen))
    });
    candidates
}

fn add(candidate: &mut Candidate, found: &Evidence) {
    if let Err(place) = candidate.sources.binary_search(&found.source) {
        candidate.sources.insert(place, found.source);
    }
    let higher = match (candidate.confidence, found.confidence) {
        (Some(old), Some(new)) if new.0 > old.0 => Some(new),
        (old, new) => old.or(new),
    };
    candidate.confidence = higher;
}

#[cfg(test)]
mod tests;

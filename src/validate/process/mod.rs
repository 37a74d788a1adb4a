//! The validation process (EN 319 102-1 §5.3, §5.5, §5.6): from containers that hold or do not to a verdict for each.
//!
//! Timestamps come first, the newest over the document before older ones: each that is believed proves that
//! everything in the bytes that it covers existed at its time. Then each signature is judged at the earliest time
//! that is proven for it, with nothing but the evidence at hand. Nothing is fetched unless the policy says so, and
//! what the document looks like is not asked here.

mod algorithms;
mod chain;
mod finding;
mod known;
mod material;
mod purpose;
mod revocation;
mod run;
#[cfg(test)]
mod slide_tests;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

pub use self::algorithms::{AlgorithmEnd, AlgorithmEnds};
pub use self::finding::{Finding, Whose};
pub use self::run::run;
use super::container::{Container, ContainerFault, IntegrityFault, Kind};
use super::{Indication, SubIndication};
use crate::record::PadesLevel;
use crate::trust::{Certificate, Evidence, Trust};

/// One signature or timestamp over the document.
#[derive(Debug, Clone)]
pub struct Item {
    /// Which of the two.
    pub kind: Kind,
    /// What its `/Contents` is.
    pub container: Result<Container, ContainerFault>,
    /// What [`Container::verify`] says of the bytes that it covers, after [`Container::look_among`] the certificates
    /// of the document where the signer's is not embedded.
    pub integrity: Result<(), IntegrityFault>,
    /// Where the bytes that it covers end, counted from the start of the file.
    pub end: u64,
    /// The evidence in the bytes that it covers, other containers apart.
    pub evidence: Evidence,
    /// The claimed time of signing (`/M`).
    pub claimed_time: Option<Timestamp>,
}

/// What must be known about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationRule {
    /// Without an answer that speaks for the time that matters nothing passes.
    Required,
    /// Who is known to be revoked fails; where nothing is known that is a finding only.
    AsFarAsKnown,
}

/// By what is judged.
#[derive(Debug, Clone)]
pub struct Policy<'a> {
    /// The office's roots.
    pub roots: Vec<Certificate>,
    /// Intermediates that the office installed.
    pub intermediates: Vec<Certificate>,
    /// Until when algorithms count.
    pub algorithms: AlgorithmEnds,
    /// What must be known about revocation.
    pub revocation: RevocationRule,
    /// The time of the validation.
    pub at: Timestamp,
    /// By how much clocks may differ.
    pub skew: SignedDuration,
    /// Asks services of authorities for what is missing; `None` asks nobody.
    pub fetch: Option<&'a Trust>,
}

/// What proves the best signature time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A timestamp in the signature: its place among [`Container::timestamps`].
    SignatureTimestamp(usize),
    /// A timestamp over the document: its place among the items.
    DocumentTimestamp(usize),
}

/// The verdict about one signature or timestamp.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// The main answer.
    pub indication: Indication,
    /// Why, where it is not passed.
    pub sub_indication: Option<SubIndication>,
    /// The earliest time at which it is proven to have existed (§3.1, "best signature time").
    pub best_signature_time: Option<Timestamp>,
    /// By what.
    pub proven_by: Option<Proof>,
    /// The time that the signer claims.
    pub claimed_time: Option<Timestamp>,
    /// The time that a timestamp gives.
    pub stamped_time: Option<Timestamp>,
    /// From the signer's certificate on, as far as the path leads.
    pub path: Vec<Certificate>,
    /// What was found, faults and remarks.
    pub findings: Vec<Finding>,
    /// Whether the certificate was in its validity at the best signature time, or now where none is proven.
    pub was_valid_then: Option<bool>,
    /// The level that a passed signature has (EN 319 142-1 §6).
    pub level: Option<PadesLevel>,
    /// From then on a validator without further proof will not pass it any more.
    pub provable_until: Option<Timestamp>,
    /// The verdicts about the timestamps in a signature, in their order.
    pub timestamps: Vec<Conclusion>,
}

impl Conclusion {
    /// Whether it passed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.indication == Indication::TotalPassed
    }

    fn pending() -> Self {
        Self {
            indication: Indication::Indeterminate,
            sub_indication: None,
            best_signature_time: None,
            proven_by: None,
            claimed_time: None,
            stamped_time: None,
            path: Vec::new(),
            findings: Vec::new(),
            was_valid_then: None,
            level: None,
            provable_until: None,
            timestamps: Vec::new(),
        }
    }

    /// The first fault is the verdict.
    fn fail(&mut self, fault: SubIndication, finding: Finding) {
        self.sub_indication.get_or_insert(fault);
        self.findings.push(finding);
    }

    fn close(&mut self) {
        self.indication = self
            .sub_indication
            .map_or(Indication::TotalPassed, SubIndication::indication);
    }
}

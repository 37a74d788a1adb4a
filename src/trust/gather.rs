//! Gathers what a document security store needs for a check without any network, years later.
//!
//! For each leaf (signer, timestamp authority) its path with the root, and for every certificate below a root
//! an OCSP response or a CRL; for appointed OCSP responders the same. Roots need no revocation data.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::error::TrustError;
use super::evidence::Evidence;
use super::office::{Case, Trust};
use super::path::{FaultKind, PathOutcome};
use super::status::{Attempt, Reason, Status};
use crate::record::Sha256Digest;

/// Answers that gathering may wait for in all.
const ANSWERS_MAX: u32 = 8;

/// What was gathered, and what could not be.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// What proves the paths; of use even where something is missing.
    pub evidence: Evidence,
    /// Certificates that are revoked. Whether before the proven time of a signature is for the caller to compare.
    pub revoked: Vec<RevokedCertificate>,
    /// What a check without network will lack.
    pub missing: Vec<Missing>,
}

/// A revoked certificate of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// SHA-256 of the certificate.
    pub certificate: Sha256Digest,
    /// Since when.
    pub when: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// Something that could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// SHA-256 of the certificate that it is missing for.
    pub certificate: Sha256Digest,
    /// What.
    pub what: MissingProof,
}

/// What could not be had for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingProof {
    /// It cannot be read.
    Certificate,
    /// A path to a root: further certificates are not known.
    Path,
    /// A valid path to a root.
    ValidPath(FaultKind),
    /// Whether it is revoked; who was asked.
    Status(Vec<Attempt>),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificate = self.certificate;
        match &self.what {
            MissingProof::Certificate => write!(f, "{certificate} cannot be read"),
            MissingProof::Path => write!(f, "{certificate} leads to no installed root"),
            MissingProof::ValidPath(fault) => {
                write!(f, "{certificate} has no valid path: {}", fault.as_str())
            }
            MissingProof::Status(tried) => {
                write!(f, "nobody says whether {certificate} is revoked")?;
                tried
                    .iter()
                    .try_for_each(|attempt| write!(f, "; {attempt}"))
            }
        }
    }
}

impl Gathered {
    /// Whether a check without network will find everything.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    fn miss(&mut self, certificate: &Certificate, what: MissingProof) {
        let certificate = certificate.fingerprint();
        let missing = Missing { certificate, what };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }
}

impl Trust {
    /// Gathers what proves these leaves at this time. `known` came with the document: certificates that may
    /// complete paths, and responses and lists, which are used again as long as they are in force.
    ///
    /// # Errors
    /// The trust store cannot be read. What is missing is no error.
    pub fn gather(
        &self,
        leaves: &[Vec<u8>],
        known: &Evidence,
        at: Timestamp,
    ) -> Result<Gathered, TrustError> {
        let mut case = self.case(known.certificates.iter(), at, ANSWERS_MAX)?;
        let mut gathered = Gathered::default();
        let mut done = BTreeSet::new();
        for der in leaves {
            let Some(leaf) = Certificate::from_der(der) else {
                gathered.missing.push(Missing {
                    certificate: Sha256Digest::of(der),
                    what: MissingProof::Certificate,
                });
                continue;
            };
            let outcome = self.path(&leaf, &mut case);
            match &outcome {
                PathOutcome::Found(_) => {}
                PathOutcome::NoPath { .. } => gathered.miss(&leaf, MissingProof::Path),
                PathOutcome::Invalid { fault, .. } => {
                    gathered.miss(&leaf, MissingProof::ValidPath(fault.kind));
                }
            }
            self.gather_chain(outcome.chain(), known, &case, &mut done, &mut gathered);
        }
        Ok(gathered)
    }

    fn gather_chain(
        &self,
        chain: &[Certificate],
        known: &Evidence,
        case: &Case,
        done: &mut BTreeSet<Sha256Digest>,
        gathered: &mut Gathered,
    ) {
        gathered.evidence.add(Evidence {
            certificates: chain.iter().map(|one| one.der().to_vec()).collect(),
            ..Evidence::default()
        });
        for pair in chain.windows(2) {
            let [certificate, issuer] = pair else {
                continue;
            };
            if !done.insert(certificate.fingerprint()) {
                continue;
            }
            let answer = self.status(certificate, issuer, known, case);
            gathered.evidence.add(answer.evidence);
            for (delegate, tried) in answer.unproven {
                gathered.miss(&delegate, MissingProof::Status(tried));
            }
            match answer.status {
                Status::Good { .. } => {}
                Status::Revoked { when, reason } => gathered.revoked.push(RevokedCertificate {
                    certificate: certificate.fingerprint(),
                    when,
                    reason,
                }),
                Status::Unknown { tried } => {
                    gathered.miss(certificate, MissingProof::Status(tried));
                }
            }
        }
    }
}

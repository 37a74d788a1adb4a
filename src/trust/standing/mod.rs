//! May this certificate sign now? Checked before every signature (TT 15/2025, annex II).
//!
//! Validity, key usage, a path to a root of the office, and revocation of the signer and of every authority
//! between. What was found is said with its consequence; what proves it goes into the document later.

mod finding;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::error::TrustError;
use super::evidence::Evidence;
use super::office::{Case, Trust};
use super::path::{Path, PathOutcome};
use super::status::{Attempt, Source, Status};
use crate::config::TrustConfig;
use crate::record::{ExitCode, Explain, Lang};
pub use finding::{Consequence, StandingFinding, Whose};

/// Answers that a check may wait for in all.
const ANSWERS_MAX: u32 = 4;

/// How a signer's certificate stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The path to a root of the office, if there is a valid one.
    pub path: Option<Path>,
    /// What there is to say; empty where everything was checked and is well.
    pub findings: Vec<StandingFinding>,
    /// What proves it.
    pub evidence: Evidence,
}

/// A certificate that must not sign now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", finding.text(Lang::En))]
pub struct MustNotSign {
    /// Why.
    pub finding: StandingFinding,
    /// Whether it may sign later.
    pub may_later: bool,
}

impl Standing {
    /// Whether a document may be signed now.
    ///
    /// # Errors
    /// [`TrustError::MustNotSign`] with the first finding that the office's policy does not let pass.
    pub fn permit(&self, config: &TrustConfig) -> Result<(), TrustError> {
        let weighed = |consequence| {
            self.findings
                .iter()
                .find(|finding| finding.consequence(config) == consequence)
        };
        let refusal = weighed(Consequence::Refuse).map(|finding| (finding, false));
        match refusal.or_else(|| weighed(Consequence::Wait).map(|finding| (finding, true))) {
            None => Ok(()),
            Some((finding, may_later)) => Err(TrustError::MustNotSign(Box::new(MustNotSign {
                finding: finding.clone(),
                may_later,
            }))),
        }
    }
}

impl Trust {
    /// Checks anew.
    pub(super) fn assess(
        &self,
        certificate: &[u8],
        chain: &[Vec<u8>],
        at: Timestamp,
    ) -> Result<Standing, TrustError> {
        let mut standing = Standing {
            path: None,
            findings: Vec::new(),
            evidence: Evidence::default(),
        };
        let Some(leaf) = Certificate::from_der(certificate) else {
            standing.findings.push(StandingFinding::Unreadable);
            return Ok(standing);
        };
        standing.findings.extend(own_findings(&leaf, at));
        if !standing.findings.is_empty() {
            return Ok(standing);
        }
        let mut case = self.case(chain.iter(), at, ANSWERS_MAX)?;
        let outcome = self.path(&leaf, &mut case);
        self.check_revocation(outcome.chain(), &case, &mut standing);
        if case.roots.is_empty() {
            standing.findings.push(StandingFinding::NoRoot);
            return Ok(standing);
        }
        match outcome {
            PathOutcome::Found(path) => standing.path = Some(path),
            PathOutcome::NoPath { chain } => {
                let issuer = chain.last().map(Certificate::issuer).unwrap_or_default();
                standing.findings.push(StandingFinding::NoPath {
                    issuer,
                    is_unreachable: case.is_unreachable,
                });
            }
            PathOutcome::Invalid { fault, .. } => {
                standing
                    .findings
                    .push(StandingFinding::PathInvalid { fault });
            }
        }
        Ok(standing)
    }

    /// Asks about every certificate of the chain that has its issuer beside it, with a root or without.
    fn check_revocation(&self, chain: &[Certificate], case: &Case, standing: &mut Standing) {
        let whose = |place: usize, certificate: &Certificate| match place {
            0 => Whose::Signer,
            _ => Whose::Authority(certificate.subject()),
        };
        if let [alone] = chain
            && !alone.is_self_issued()
        {
            let whose = Whose::Signer;
            let tried = without_issuer(alone);
            let unknown = StandingFinding::StatusUnknown { whose, tried };
            standing.findings.push(unknown);
        }
        for certificate in chain {
            standing
                .evidence
                .certificates
                .push(certificate.der().to_vec());
        }
        for (place, pair) in chain.windows(2).enumerate() {
            let [certificate, issuer] = pair else {
                continue;
            };
            let answer = self.status(certificate, issuer, &Evidence::default(), case);
            standing.evidence.add(answer.evidence);
            let whose = whose(place, certificate);
            standing.findings.extend(match answer.status {
                Status::Good { .. } => None,
                Status::Revoked { when, reason } => Some(StandingFinding::Revoked {
                    whose,
                    when,
                    reason,
                }),
                Status::Unknown { tried } => Some(StandingFinding::StatusUnknown { whose, tried }),
            });
        }
    }
}

/// Questions and lists name a certificate by its issuer: without it nobody can be asked.
fn without_issuer(certificate: &Certificate) -> Vec<Attempt> {
    let of = |source, addresses: Vec<String>| {
        addresses.into_iter().map(move |address| Attempt {
            source,
            address: Some(address),
            why: "the issuer's certificate is not known".to_owned(),
        })
    };
    of(Source::Ocsp, certificate.ocsp_addresses())
        .chain(of(Source::Crl, certificate.crl_addresses()))
        .collect()
}

/// What the certificate itself says against signing.
fn own_findings(leaf: &Certificate, at: Timestamp) -> Option<StandingFinding> {
    let (not_before, not_after) = (leaf.not_before(), leaf.not_after());
    let usage = leaf.key_usage();
    if at < not_before {
        Some(StandingFinding::NotYetValid { not_before })
    } else if at > not_after {
        Some(StandingFinding::Expired { not_after })
    } else if usage.is_some_and(|usage| usage.digital_signature() || usage.non_repudiation()) {
        None
    } else {
        Some(StandingFinding::KeyUsage)
    }
}

impl Explain for MustNotSign {
    fn code(&self) -> &'static str {
        self.finding.code()
    }

    fn message(&self, lang: Lang) -> String {
        self.finding.text(lang)
    }

    fn advice(&self, lang: Lang) -> String {
        self.finding.advice(lang).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Environment
    }

    fn is_retryable(&self) -> bool {
        self.may_later
    }
}

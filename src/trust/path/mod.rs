//! Certification paths (RFC 5280 §6): from a certificate over intermediates to a root of the office.
//!
//! The search follows names and proves every step by its signature before it goes on, so that a heap of
//! look-alikes cannot make it long; each whole path is then validated by `certval`. Certificates come from
//! the caller: nothing is fetched, and revocation is not looked at.

mod fault;
#[cfg(test)]
mod pkits_tests;
#[cfg(test)]
mod tests;
mod validation;

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::signature::{self, SignatureFault};
pub use fault::{FaultKind, PathFault};
use validation::Validator;

/// Certificates in a path, leaf and root included.
const LENGTH_MAX: usize = 10;
/// Steps that a search may try before it gives up.
const STEPS_MAX: usize = 400;

/// A valid path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// From the leaf to the root, both included; one certificate where the leaf is a root itself.
    pub certificates: Vec<Certificate>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathOutcome {
    /// A path is valid at the time asked for.
    Found(Path),
    /// No known certificates lead to a root.
    NoPath {
        /// As far as they lead, from the leaf on: each is signed by the next.
        chain: Vec<Certificate>,
    },
    /// They lead there, but no path is valid.
    Invalid {
        /// What is wrong with the first that was tried.
        fault: PathFault,
        /// That path, or as far as its signatures hold, from the leaf on.
        chain: Vec<Certificate>,
    },
}

impl PathOutcome {
    /// The certificates as far as each is signed by the next, from the leaf on.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        match self {
            PathOutcome::Found(path) => &path.certificates,
            PathOutcome::NoPath { chain } | PathOutcome::Invalid { chain, .. } => chain,
        }
    }
}

/// Searches a valid path at the time `at` from `leaf` over certificates of `pool` to one of `roots`.
#[must_use]
pub fn find(
    leaf: &Certificate,
    pool: &[Certificate],
    roots: &[Certificate],
    at: Timestamp,
) -> PathOutcome {
    search(leaf, pool, roots, &Validator::at(at, Algorithms::Accepted))
}

/// As [`find`], and certificates may be signed by any algorithm that is known here, SHA-1 among them, with keys
/// of any length. For documents of long ago; whether the algorithms were safe then is for the caller to ask.
#[must_use]
pub fn find_of_any_age(
    leaf: &Certificate,
    pool: &[Certificate],
    roots: &[Certificate],
    at: Timestamp,
) -> PathOutcome {
    search(leaf, pool, roots, &Validator::at(at, Algorithms::Known))
}

/// By which algorithms certificates may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithms {
    /// Those that are accepted today.
    Accepted,
    /// All that can be verified.
    Known,
}

fn search(
    leaf: &Certificate,
    pool: &[Certificate],
    roots: &[Certificate],
    validator: &Validator,
) -> PathOutcome {
    let mut search = Search {
        pool,
        roots,
        validator,
        steps: 0,
        fault: None,
        longest: vec![leaf.clone()],
    };
    let mut chain = vec![leaf.clone()];
    if let ControlFlow::Break(path) = search.extend(&mut chain) {
        return PathOutcome::Found(path);
    }
    let chain = search.longest;
    match search.fault {
        Some(fault) => PathOutcome::Invalid { fault, chain },
        None => PathOutcome::NoPath { chain },
    }
}

struct Search<'a> {
    pool: &'a [Certificate],
    roots: &'a [Certificate],
    validator: &'a Validator,
    steps: usize,
    /// Of the first whole path that is not valid, else of the first step that its signature forbids.
    fault: Option<PathFault>,
    longest: Vec<Certificate>,
}

impl Search<'_> {
    /// Tries every way on from the end of the chain.
    fn extend(&mut self, chain: &mut Vec<Certificate>) -> ControlFlow<Path> {
        let Some(end) = chain.last().cloned() else {
            return ControlFlow::Continue(());
        };
        if chain.len() > self.longest.len() {
            self.longest.clone_from(chain);
        }
        if self.roots.contains(&end) {
            return self.finish(chain);
        }
        if chain.len() >= LENGTH_MAX {
            return ControlFlow::Continue(());
        }
        let mut forged = None;
        let mut has_issuer = false;
        for issuer in self.issuers(&end, chain) {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                break;
            }
            let verified = match self.validator.algorithms {
                Algorithms::Accepted => end.verify_signed_by(&issuer),
                Algorithms::Known => signature::verify_certificate_of_any_age(&end, &issuer),
            };
            if let Err(fault) = verified {
                forged.get_or_insert(fault);
                continue;
            }
            has_issuer = true;
            chain.push(issuer);
            self.extend(chain)?;
            chain.pop();
        }
        if let Some(fault) = forged.filter(|_| !has_issuer) {
            self.fault
                .get_or_insert(PathFault::new(signature_fault(&fault), Some(end)));
        }
        ControlFlow::Continue(())
    }

    /// Those that may have issued a certificate: roots first, the key that it names before others.
    fn issuers(&self, end: &Certificate, chain: &[Certificate]) -> Vec<Certificate> {
        let candidates = self.roots.iter().chain(self.pool);
        let mut issuers: Vec<Certificate> = Vec::new();
        for candidate in candidates.filter(|candidate| end.names_as_issuer(candidate)) {
            let is_known = |known: &[Certificate]| {
                let same_key = |one: &Certificate| {
                    one == candidate
                        || (one.key() == candidate.key()
                            && one.subject_name() == candidate.subject_name())
                };
                known.iter().any(same_key)
            };
            if !is_known(chain) && !issuers.contains(candidate) {
                issuers.push(candidate.clone());
            }
        }
        let named = end.issuer_key_identifier();
        issuers.sort_by_key(|issuer| {
            let own = issuer.key_identifier();
            let is_other = own.is_some() && named.is_some() && own != named;
            (is_other, !self.roots.contains(issuer))
        });
        issuers
    }

    fn finish(&mut self, chain: &[Certificate]) -> ControlFlow<Path> {
        match self.validator.validate(chain) {
            Ok(()) => ControlFlow::Break(Path {
                certificates: chain.to_vec(),
            }),
            Err(fault) => {
                self.fault.get_or_insert(fault);
                ControlFlow::Continue(())
            }
        }
    }
}

fn signature_fault(fault: &SignatureFault) -> FaultKind {
    match fault {
        SignatureFault::Mismatch => FaultKind::Signature,
        SignatureFault::Algorithm(_) | SignatureFault::WeakKey => FaultKind::Algorithm,
    }
}

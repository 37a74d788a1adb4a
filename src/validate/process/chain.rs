//! Whether a certificate was good at a time: its path, revocation and algorithms (EN 319 102-1 §5.2.6, §5.5, §5.6.2).
//!
//! First as of now, with revocation compared with the proven time. Where that does not do, because certificates
//! ended or were revoked since, as of the past: the time up to which the path is proven slides back from now, root
//! first, to where each certificate is still known to be good by evidence that is proven to be as old.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::finding::{Finding, Whose};
use super::known::{Proofs, Store};
use super::revocation::{Admit, Revocation, Standing};
use super::{Policy, RevocationRule, purpose};
use crate::record::Sha256Digest;
use crate::trust::Certificate;
use crate::trust::path::{self, FaultKind, PathOutcome};
use crate::trust::signature;
use crate::validate::SubIndication;
use crate::validate::container::Kind;

/// The question about one certificate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) leaf: &'a Certificate,
    /// What it must be for.
    pub(super) kind: Kind,
    /// What was made with it is proven to exist at this time; the time of the validation where nothing is proven.
    pub(super) proven: Timestamp,
    pub(super) has_proof: bool,
    /// It is proven not to have existed before.
    pub(super) not_before: Option<Timestamp>,
    /// Up to when at least it must be known not to be revoked.
    pub(super) fresh_from: Timestamp,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Judgement {
    /// `None`: it was good.
    pub(super) fault: Option<SubIndication>,
    pub(super) findings: Vec<Finding>,
    /// From the leaf on, as far as it leads.
    pub(super) path: Vec<Certificate>,
}

/// Judges certificates with what is at hand.
pub(super) struct Judge<'a> {
    pub(super) policy: &'a Policy<'a>,
    pub(super) store: &'a Store,
    pub(super) revocation: Revocation<'a>,
    /// Searches that were made, by certificate and time.
    pub(super) paths: RefCell<BTreeMap<(Sha256Digest, Timestamp), PathOutcome>>,
}

impl Judge<'_> {
    pub(super) fn judge(&self, question: &Question<'_>, proofs: &Proofs) -> Judgement {
        let now = self.path(question.leaf, self.policy.at);
        let then = || self.path(question.leaf, question.proven);
        let mut judgement = match &now {
            PathOutcome::Found(path) => {
                let mut judgement = self.judge_now(question, &path.certificates, proofs);
                if judgement.fault.is_some() && question.has_proof {
                    self.judge_then(question, &then(), &mut judgement, proofs);
                }
                judgement
            }
            _ => match then() {
                PathOutcome::Found(path) if question.has_proof => {
                    let mut judgement = out_of_validity(question, &path.certificates);
                    self.judge_then(question, &PathOutcome::Found(path), &mut judgement, proofs);
                    judgement
                }
                _ => self.judge_without_path(question, &now),
            },
        };
        if judgement.fault.is_none() && !is_for(question.leaf, question.kind) {
            judgement.fault = Some(SubIndication::ChainConstraintsFailure);
            judgement.findings.push(Finding::Purpose);
        }
        judgement
    }

    fn path(&self, leaf: &Certificate, at: Timestamp) -> PathOutcome {
        let key = (leaf.fingerprint(), at);
        if let Some(known) = self.paths.borrow().get(&key) {
            return known.clone();
        }
        let outcome = path::find_of_any_age(leaf, &self.store.pool, &self.policy.roots, at);
        self.paths.borrow_mut().insert(key, outcome.clone());
        outcome
    }

    /// There is a path now.
    fn judge_now(
        &self,
        question: &Question<'_>,
        path: &[Certificate],
        proofs: &Proofs,
    ) -> Judgement {
        let mut judgement = Judgement {
            path: path.to_vec(),
            ..Judgement::default()
        };
        if question.proven < question.leaf.not_before() {
            judgement.fail(SubIndication::NotYetValid, validity_of(question.leaf));
        }
        for (index, pair) in path.windows(2).enumerate() {
            let [certificate, issuer] = pair else {
                continue;
            };
            let (whose, at) = (whose(index), self.policy.at);
            let standing = self
                .revocation
                .of(certificate, issuer, at, Admit::All, proofs);
            self.weigh(question, whose, standing, &mut judgement);
            if let Some((name, end)) = self.ended(certificate, issuer)
                && proofs.of(&certificate.fingerprint()) > end
            {
                let fault = SubIndication::CryptoConstraintsFailureNoPoe;
                judgement.fail(fault, Finding::Algorithm(name, end));
            }
        }
        judgement
    }

    fn weigh(
        &self,
        question: &Question<'_>,
        whose: Whose,
        standing: Standing,
        judgement: &mut Judgement,
    ) {
        if let Some((when, reason)) = standing.revoked {
            // An issuer's key may have been used to hide the revocation of others: that is for the past to decide.
            if whose == Whose::Own && question.has_proof && question.proven < when {
                let later = Finding::RevokedLater(whose, when, reason);
                judgement.findings.push(later);
                return;
            }
            let fault = match whose {
                Whose::Own if question.not_before.is_some_and(|earliest| when <= earliest) => {
                    SubIndication::Revoked
                }
                Whose::Own => SubIndication::RevokedNoPoe,
                Whose::Issuer => SubIndication::RevokedCaNoPoe,
            };
            judgement.fail(fault, Finding::Revoked(whose, when, reason));
            return;
        }
        let finding = match standing.good_until {
            Some(until) if until >= question.fresh_from => return,
            Some(until) => Finding::RevocationOld(whose, until),
            None => Finding::RevocationUnknown(whose),
        };
        match self.policy.revocation {
            RevocationRule::Required => judgement.fail(SubIndication::TryLater, finding),
            RevocationRule::AsFarAsKnown => judgement.findings.push(finding),
        }
    }

    /// Whether the path is proven for the past: then what was found as of now does not count.
    fn judge_then(
        &self,
        question: &Question<'_>,
        then: &PathOutcome,
        judgement: &mut Judgement,
        proofs: &Proofs,
    ) {
        let PathOutcome::Found(path) = then else {
            return;
        };
        let Some((control, later)) = self.slide(&path.certificates, proofs) else {
            return;
        };
        if question.proven <= control {
            *judgement = Judgement {
                fault: None,
                findings: later,
                path: path.certificates.clone(),
            };
        }
    }

    /// Up to when a path is proven (§5.6.2.2), and revocations since.
    fn slide(&self, path: &[Certificate], proofs: &Proofs) -> Option<(Timestamp, Vec<Finding>)> {
        let mut control = self.policy.at;
        let mut later = Vec::new();
        for (index, pair) in path.windows(2).enumerate().rev() {
            let [certificate, issuer] = pair else {
                continue;
            };
            if proofs.of(&certificate.fingerprint()) > control {
                return None;
            }
            let admit = Admit::Before(control);
            let standing = self
                .revocation
                .of(certificate, issuer, control, admit, proofs);
            let end = control.min(certificate.not_after());
            control = match (standing.revoked, standing.good_until) {
                (Some((when, reason)), _) => {
                    later.push(Finding::RevokedLater(whose(index), when, reason));
                    end.min(when)
                }
                (None, Some(until)) => end.min(until),
                (None, None) => match self.policy.revocation {
                    RevocationRule::Required => return None,
                    RevocationRule::AsFarAsKnown => end,
                },
            };
            if let Some((_, end)) = self.ended(certificate, issuer) {
                control = control.min(end);
            }
        }
        Some((control, later))
    }

    /// The algorithm by which an issuer signed a certificate, if it has ended.
    fn ended(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Option<(String, Timestamp)> {
        let key = signature::key_of(issuer);
        let algorithm = signature::algorithm_of(certificate)?;
        let end = self.policy.algorithms.of(algorithm, key)?;
        (end.end < self.policy.at).then(|| (end.name.to_owned(), end.end))
    }

    /// Neither now nor at the proven time is there a valid path.
    fn judge_without_path(&self, question: &Question<'_>, now: &PathOutcome) -> Judgement {
        let leaf = question.leaf;
        let within = self.policy.at.clamp(leaf.not_before(), leaf.not_after());
        let outcome = match now {
            PathOutcome::Invalid { fault, .. }
                if matches!(fault.kind, FaultKind::Expired | FaultKind::NotYetValid) =>
            {
                &self.path(leaf, within)
            }
            _ => now,
        };
        let mut judgement = Judgement {
            path: outcome.chain().to_vec(),
            ..Judgement::default()
        };
        match outcome {
            PathOutcome::Found(path) => return out_of_validity(question, &path.certificates),
            PathOutcome::NoPath { .. } => {
                judgement.fail(SubIndication::NoCertificateChainFound, Finding::NoChain);
            }
            PathOutcome::Invalid { fault, .. } => {
                let sub = match fault.kind {
                    // Others of the same name are there; the issuer itself is not.
                    FaultKind::Signature => SubIndication::NoCertificateChainFound,
                    FaultKind::Expired | FaultKind::NotYetValid => SubIndication::OutOfBoundsNoPoe,
                    FaultKind::Algorithm | FaultKind::Unreadable => {
                        SubIndication::CertificateChainGeneralFailure
                    }
                    FaultKind::Constraints
                    | FaultKind::KeyUsage
                    | FaultKind::Names
                    | FaultKind::Policy
                    | FaultKind::CriticalExtension => SubIndication::ChainConstraintsFailure,
                };
                judgement.fail(sub, Finding::Chain(fault.kind));
            }
        }
        judgement
    }
}

impl Judgement {
    /// The first fault counts.
    pub(super) fn fail(&mut self, fault: SubIndication, finding: Finding) {
        self.fault.get_or_insert(fault);
        self.findings.push(finding);
    }
}

fn whose(index: usize) -> Whose {
    if index == 0 {
        Whose::Own
    } else {
        Whose::Issuer
    }
}

fn validity_of(certificate: &Certificate) -> Finding {
    Finding::OutOfValidity(certificate.not_before(), certificate.not_after())
}

/// The path is valid, at another time.
fn out_of_validity(question: &Question<'_>, path: &[Certificate]) -> Judgement {
    let leaf = question.leaf;
    let fault = if question.has_proof && question.proven < leaf.not_before() {
        SubIndication::NotYetValid
    } else if question
        .not_before
        .is_some_and(|earliest| leaf.not_after() < earliest)
    {
        SubIndication::Expired
    } else {
        SubIndication::OutOfBoundsNoPoe
    };
    let mut judgement = Judgement {
        path: path.to_vec(),
        ..Judgement::default()
    };
    judgement.fail(fault, validity_of(leaf));
    judgement
}

fn is_for(leaf: &Certificate, kind: Kind) -> bool {
    match kind {
        Kind::Signature => purpose::may_sign(leaf),
        Kind::Timestamp => purpose::may_stamp(leaf),
    }
}

//! One run over all signatures and timestamps of a document.

use std::cell::RefCell;

use jiff::Timestamp;

use super::chain::{Judge, Judgement, Question};
use super::finding::Finding;
use super::known::{Proofs, Store};
use super::material::{self, Token};
use super::revocation::{Admit, Revocation};
use super::{AlgorithmEnd, Conclusion, Item, Policy, Proof};
use crate::record::PadesLevel;
use crate::trust::Evidence;
use crate::trust::signature;
use crate::validate::SubIndication;
use crate::validate::container::{Binding, Container, Kind};

/// A timestamp as it is judged: over the document, or in a signature.
#[derive(Clone, Copy)]
struct Stamp<'a> {
    container: &'a Container,
    /// Since when it is proven to exist itself.
    proven: Option<(Timestamp, Proof)>,
}

/// Judges all of a document, in the order of `items`. `whole` is the evidence in the whole file.
#[must_use]
pub fn run(items: &[Item], whole: &Evidence, policy: &Policy<'_>) -> Vec<Conclusion> {
    let tokens: Vec<Vec<Token>> = items.iter().map(material::tokens_of).collect();
    let mut store = Store::default();
    store.install(&policy.intermediates);
    material::collect(&mut store, items, &tokens, whole);
    let fetched = material::fetch(&store, items, &tokens, whole, policy);
    let is_fetched = fetched.is_ok();
    store.add(&fetched.unwrap_or_default(), false);
    let installed = policy.roots.iter().chain(&policy.intermediates);
    let proofs = Proofs::new(policy.at, installed.map(|one| one.fingerprint()));
    let judge = Judge {
        policy,
        store: &store,
        revocation: Revocation::new(&store, &policy.roots, policy.at),
        paths: RefCell::default(),
    };
    let mut run = Run {
        judge,
        items,
        tokens: &tokens,
        proofs,
        conclusions: vec![None; items.len()],
        token_conclusions: tokens.iter().map(|_| Vec::new()).collect(),
    };
    run.stamp();
    run.sign();
    let mut conclusions: Vec<Conclusion> = run
        .conclusions
        .into_iter()
        .map(|one| one.unwrap_or_else(Conclusion::pending))
        .collect();
    if !is_fetched {
        let all = conclusions.iter_mut().filter(|one| !one.is_passed());
        all.for_each(|one| one.findings.push(Finding::NotFetched));
    }
    conclusions
}

struct Run<'a> {
    judge: Judge<'a>,
    items: &'a [Item],
    tokens: &'a [Vec<Token>],
    proofs: Proofs,
    conclusions: Vec<Option<Conclusion>>,
    token_conclusions: Vec<Vec<Conclusion>>,
}

impl Run<'_> {
    /// Timestamps: those over the document from the newest on, then those in signatures.
    fn stamp(&mut self) {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(self.items.get(index).map(|item| item.end)));
        for index in order {
            let Some(item) = self.items.get(index) else {
                continue;
            };
            if item.kind == Kind::Timestamp {
                let conclusion = self.conclude_document_timestamp(index, item);
                if let Some(time) = conclusion.stamped_time.filter(|_| conclusion.is_passed()) {
                    self.prove_covered(item, time);
                }
                self.set(index, conclusion);
            }
        }
        for (index, tokens) in self.tokens.iter().enumerate() {
            let proven = self.covering(index);
            let conclusions = tokens.iter().map(|token| {
                let mut conclusion = Conclusion::pending();
                if let Some(fault) = &token.fault {
                    let finding = Finding::Integrity(fault.clone());
                    conclusion.fail(fault.sub_indication(), finding);
                }
                let stamp = Stamp {
                    container: &token.container,
                    proven,
                };
                self.conclude_stamp(stamp, None, conclusion)
            });
            let conclusions: Vec<Conclusion> = conclusions.collect();
            if let Some(place) = self.token_conclusions.get_mut(index) {
                *place = conclusions;
            }
        }
    }

    fn set(&mut self, index: usize, conclusion: Conclusion) {
        if let Some(place) = self.conclusions.get_mut(index) {
            *place = Some(conclusion);
        }
    }

    /// The earliest document timestamp that is believed and covers an item.
    fn covering(&self, index: usize) -> Option<(Timestamp, Proof)> {
        let end = self.items.get(index)?.end;
        let believed = self.items.iter().zip(&self.conclusions).enumerate();
        let times = believed.filter_map(|(place, (item, conclusion))| {
            let conclusion = conclusion.as_ref().filter(|one| one.is_passed())?;
            let is_over = item.kind == Kind::Timestamp && item.end > end;
            let time = conclusion.stamped_time.filter(|_| is_over)?;
            Some((time, Proof::DocumentTimestamp(place)))
        });
        times.min_by_key(|(time, _)| *time)
    }

    /// The latest time of a believed timestamp in the bytes that an item covers: it was made after that.
    fn covered_time(&self, index: usize) -> Option<Timestamp> {
        let end = self.items.get(index)?.end;
        let of_documents = self.conclusions.iter().zip(self.items);
        let of_documents = of_documents.filter_map(|(conclusion, item)| {
            let is_under = item.kind == Kind::Timestamp && item.end < end;
            let conclusion = conclusion
                .as_ref()
                .filter(|one| is_under && one.is_passed())?;
            conclusion.stamped_time
        });
        let of_signatures = self.token_conclusions.iter().zip(self.items);
        let of_signatures = of_signatures
            .filter(|(_, item)| item.end < end)
            .flat_map(|(conclusions, _)| conclusions)
            .filter_map(|one| one.stamped_time.filter(|_| one.is_passed()));
        of_documents.chain(of_signatures).max()
    }

    /// Everything in the bytes that a believed timestamp covers existed at its time.
    fn prove_covered(&mut self, stamp: &Item, time: Timestamp) {
        self.proofs.prove(&stamp.evidence, time);
        for (item, tokens) in self.items.iter().zip(self.tokens) {
            if item.end >= stamp.end {
                continue;
            }
            if let Ok(container) = &item.container {
                self.proofs.prove(container.evidence(), time);
            }
            for token in tokens {
                self.proofs.prove(token.container.evidence(), time);
            }
        }
    }

    fn conclude_document_timestamp(&self, index: usize, item: &Item) -> Conclusion {
        let mut conclusion = Conclusion::pending();
        let Some(container) = sound(item, &mut conclusion) else {
            conclusion.close();
            return conclusion;
        };
        let stamp = Stamp {
            container,
            proven: self.covering(index),
        };
        self.conclude_stamp(stamp, Some(index), conclusion)
    }

    fn conclude_stamp(
        &self,
        stamp: Stamp<'_>,
        index: Option<usize>,
        mut conclusion: Conclusion,
    ) -> Conclusion {
        let at = self.judge.policy.at;
        let token = stamp.container.token();
        let time = token.map_or(at, |token| token.time);
        conclusion.stamped_time = token.map(|token| token.time);
        conclusion.best_signature_time = stamp.proven.map(|(time, _)| time);
        conclusion.proven_by = stamp.proven.map(|(_, proof)| proof);
        if conclusion.sub_indication.is_none() {
            let proven = stamp.proven.map_or(at, |(time, _)| time);
            let not_before = index.and_then(|index| self.covered_time(index));
            let is_impossible = time > later(proven, self.judge.policy.skew)
                || not_before
                    .is_some_and(|earliest| later(time, self.judge.policy.skew) < earliest);
            if is_impossible {
                conclusion.fail(SubIndication::TimestampOrderFailure, Finding::TimeOrder);
            }
            self.judge_container(stamp.container, time, None, &mut conclusion);
            if let Some(leaf) = stamp.container.certificate()
                && !(leaf.not_before()..=leaf.not_after()).contains(&time)
            {
                let validity = Finding::OutOfValidity(leaf.not_before(), leaf.not_after());
                conclusion.fail(SubIndication::OutOfBoundsNoPoe, validity);
            }
        }
        conclusion.close();
        conclusion.provable_until = self.end_of(&conclusion, stamp.container);
        conclusion
    }

    /// Signatures, each at the earliest time that is proven for it.
    fn sign(&mut self) {
        for (index, item) in self.items.iter().enumerate() {
            if item.kind == Kind::Signature {
                let conclusion = self.conclude_signature(index, item);
                self.set(index, conclusion);
            }
        }
    }

    fn conclude_signature(&mut self, index: usize, item: &Item) -> Conclusion {
        let mut conclusion = Conclusion::pending();
        conclusion.claimed_time = item.claimed_time;
        if let Some(place) = self.token_conclusions.get(index) {
            conclusion.timestamps = place.clone();
        }
        let Some(container) = sound(item, &mut conclusion) else {
            conclusion.close();
            return conclusion;
        };
        conclusion.claimed_time = item.claimed_time.or(container.signing_time());
        let best = self.best_time(index);
        conclusion.best_signature_time = best.map(|(time, _)| time);
        conclusion.proven_by = best.map(|(_, proof)| proof);
        if let (Some((time, _)), Binding::Bound, Some(leaf)) =
            (best, container.binding(), container.certificate())
        {
            // The certificate's digest is signed: it existed when the signature did.
            self.proofs.prove_digest(leaf.fingerprint(), time);
        }
        let fresh_from = best.map_or(self.judge.policy.at, |(time, _)| time);
        let not_before = self.covered_time(index);
        self.judge_container(container, fresh_from, not_before, &mut conclusion);
        self.remark(container, &mut conclusion);
        conclusion.close();
        if conclusion.is_passed() {
            conclusion.level = Some(self.level_of(&conclusion));
        }
        conclusion.provable_until = self.end_of_signature(&conclusion, container);
        conclusion
    }

    /// The earliest time that a believed timestamp proves for a signature.
    fn best_time(&self, index: usize) -> Option<(Timestamp, Proof)> {
        let own = self.token_conclusions.get(index).into_iter().flatten();
        let own = own.enumerate().filter_map(|(place, one)| {
            let time = one.stamped_time.filter(|_| one.is_passed())?;
            Some((time, Proof::SignatureTimestamp(place)))
        });
        own.chain(self.covering(index))
            .min_by_key(|(time, _)| *time)
    }

    /// The certificate first, then the algorithms: a chain that cannot be proven is never called weak.
    fn judge_container(
        &self,
        container: &Container,
        fresh_from: Timestamp,
        not_before: Option<Timestamp>,
        conclusion: &mut Conclusion,
    ) {
        let Some(leaf) = container.certificate() else {
            return;
        };
        let at = self.judge.policy.at;
        let question = Question {
            leaf,
            kind: container.kind(),
            proven: conclusion.best_signature_time.unwrap_or(at),
            has_proof: conclusion.best_signature_time.is_some(),
            not_before,
            fresh_from,
        };
        let Judgement {
            fault,
            findings,
            path,
        } = self.judge.judge(&question, &self.proofs);
        conclusion.sub_indication = conclusion.sub_indication.or(fault);
        conclusion.findings.extend(findings);
        conclusion.path = path;
        let validity = leaf.not_before()..=leaf.not_after();
        conclusion.was_valid_then = Some(validity.contains(&question.proven));
        for end in self.ends_of(container) {
            if at > end.end && question.proven > end.end {
                let was_made_later = question.has_proof || leaf.not_before() > end.end;
                let fault = if was_made_later {
                    SubIndication::CryptoConstraintsFailure
                } else {
                    SubIndication::CryptoConstraintsFailureNoPoe
                };
                conclusion.fail(fault, Finding::Algorithm(end.name.to_owned(), end.end));
            }
        }
    }

    /// The ends of the algorithms of a container, each once.
    fn ends_of(&self, container: &Container) -> Vec<AlgorithmEnd> {
        let ends = &self.judge.policy.algorithms;
        let hashes = [
            container.hash(),
            container.signer_hash(),
            container.algorithm().map(|algorithm| algorithm.hash),
        ];
        let of_hashes = hashes
            .into_iter()
            .flatten()
            .filter_map(|hash| ends.of_hash(hash));
        let of_key = container.key().map(|key| ends.of_key(key));
        let mut all: Vec<AlgorithmEnd> = Vec::new();
        for end in of_hashes.chain(of_key) {
            if !all.contains(&end) {
                all.push(end);
            }
        }
        all
    }

    fn remark(&self, container: &Container, conclusion: &mut Conclusion) {
        if container.binding() == Binding::Absent {
            conclusion.findings.push(Finding::NotBound);
        }
        if let (Some(claimed), Some(proven)) =
            (conclusion.claimed_time, conclusion.best_signature_time)
            && claimed > later(proven, self.judge.policy.skew)
        {
            let finding = Finding::ClaimedAfterProof(claimed, proven);
            conclusion.findings.push(finding);
        }
        let doubted = conclusion.timestamps.iter().filter(|one| !one.is_passed());
        let doubted: Vec<Finding> = doubted
            .filter_map(|one| Some(Finding::TimestampNotBelieved(one.stamped_time?)))
            .collect();
        conclusion.findings.extend(doubted);
    }

    /// The level that evidence and timestamps in the document make (EN 319 142-1 §6.3).
    fn level_of(&self, conclusion: &Conclusion) -> PadesLevel {
        let Some(best) = conclusion.best_signature_time else {
            return PadesLevel::BB;
        };
        if !self.is_proven(conclusion, Admit::Documented, best) {
            return PadesLevel::BT;
        }
        let newest = self.conclusions.iter().flatten();
        let newest = newest.filter(|one| one.is_passed() && one.stamped_time.is_some());
        let covered = newest
            .filter_map(|one| one.stamped_time)
            .filter(|time| *time >= best)
            .max();
        match covered {
            Some(time) if self.is_proven(conclusion, Admit::DocumentedBefore(time), best) => {
                PadesLevel::BLta
            }
            _ => PadesLevel::BLt,
        }
    }

    /// Whether the document alone has what proves a path, for the time of the signature at least.
    fn is_proven(&self, conclusion: &Conclusion, admit: Admit, best: Timestamp) -> bool {
        conclusion.path.windows(2).all(|pair| {
            let [certificate, issuer] = pair else {
                return true;
            };
            let at = self.judge.policy.at;
            let revocation = &self.judge.revocation;
            let standing = revocation.of(certificate, issuer, at, admit, &self.proofs);
            let is_there = self.judge.store.is_documented(&certificate.fingerprint());
            is_there
                && (standing.good_until.is_some_and(|until| until >= best)
                    || standing.revoked.is_some())
        })
    }

    /// From when on a passed one does not pass any more without further proof.
    fn end_of(&self, conclusion: &Conclusion, container: &Container) -> Option<Timestamp> {
        if !conclusion.is_passed() {
            return None;
        }
        let certificates = conclusion.path.iter().map(|one| one.not_after());
        let algorithms = self.ends_of(container).into_iter().map(|end| end.end);
        let issuers = conclusion.path.iter().skip(1);
        let issuers = issuers
            .filter_map(signature::key_of)
            .map(|key| self.judge.policy.algorithms.of_key(key).end);
        certificates.chain(algorithms).chain(issuers).min()
    }

    fn end_of_signature(
        &self,
        conclusion: &Conclusion,
        container: &Container,
    ) -> Option<Timestamp> {
        if !conclusion.is_passed() {
            return None;
        }
        let of_documents = self.conclusions.iter().flatten();
        let stamped = of_documents
            .filter(|one| one.is_passed() && one.stamped_time >= conclusion.best_signature_time);
        match conclusion.level {
            Some(PadesLevel::BLta) => stamped.filter_map(|one| one.provable_until).max(),
            _ => self.end_of(conclusion, container),
        }
    }
}

/// The container of an item that holds; otherwise why it does not.
fn sound<'a>(item: &'a Item, conclusion: &mut Conclusion) -> Option<&'a Container> {
    match (&item.container, &item.integrity) {
        (Err(fault), _) => {
            conclusion.fail(fault.sub_indication(), Finding::Container(fault.clone()));
            None
        }
        (Ok(_), Err(fault)) => {
            conclusion.fail(fault.sub_indication(), Finding::Integrity(fault.clone()));
            None
        }
        (Ok(container), Ok(())) => Some(container),
    }
}

fn later(time: Timestamp, by: jiff::SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

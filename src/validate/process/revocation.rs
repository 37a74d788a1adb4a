//! What the evidence at hand says about the revocation of one certificate, and for which time it says so.
//!
//! An answer speaks for the time up to its next update, as at signing. EN 319 102-1 §5.6.2.2 would have an answer
//! speak only for the time at which it was made; authorities make CRLs before signatures, not after, and RFC 5280
//! §6.3 holds such a list to be good. What says "revoked" counts whenever it was made.

use std::cell::RefCell;
use std::collections::BTreeMap;

use der::Decode;
use jiff::Timestamp;
use x509_cert::certificate::{CertificateInner, Raw};

use super::known::{Proofs, Store};
use crate::record::Sha256Digest;
use crate::trust::crl::{Lists, Signers};
use crate::trust::ocsp::{self, OcspFault};
use crate::trust::path::{self, PathOutcome};
use crate::trust::{Certificate, OutOfTime, Reason, Status};

/// Times at which lists are asked, newest first.
const TIMES_MAX: usize = 24;
/// One who answers for an authority may be revoked himself; who says so is not asked about in turn.
const DELEGATES_MAX: u8 = 1;

/// Which pieces may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Admit {
    /// All at hand.
    All,
    /// Those in the document.
    Documented,
    /// Those in the document that are proven to exist at this time.
    DocumentedBefore(Timestamp),
    /// Those that are proven to exist at this time.
    Before(Timestamp),
}

/// What is known about one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// It is revoked since then.
    pub(super) revoked: Option<(Timestamp, Reason)>,
    /// It was not revoked up to here: the time asked about where that is known.
    pub(super) good_until: Option<Timestamp>,
}

type Key = (Sha256Digest, Sha256Digest, Timestamp, Admit);

/// Answers about certificates from the evidence at hand; each question is answered once.
pub(super) struct Revocation<'a> {
    store: &'a Store,
    lists: Lists<'a>,
    roots: &'a [Certificate],
    at: Timestamp,
    answered: RefCell<BTreeMap<Key, Standing>>,
}

impl<'a> Revocation<'a> {
    /// `at` is the time of the validation.
    pub(super) fn new(store: &'a Store, roots: &'a [Certificate], at: Timestamp) -> Self {
        Self {
            store,
            lists: Lists::parse(store.crls.iter().map(|(_, list)| list.as_slice())),
            roots,
            at,
            answered: RefCell::default(),
        }
    }

    /// What is known up to the time `control`, or up to the end of the certificate where that is before: lists drop
    /// certificates that have ended.
    pub(super) fn of(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        control: Timestamp,
        admit: Admit,
        proofs: &Proofs,
    ) -> Standing {
        let ids = (certificate.fingerprint(), issuer.fingerprint());
        let key = (ids.0, ids.1, control, admit);
        if let Some(known) = self.answered.borrow().get(&key) {
            return *known;
        }
        let standing = self.look((certificate, issuer), control, admit, proofs, DELEGATES_MAX);
        // What is proven grows with every timestamp; these answers do not depend on it.
        if matches!(admit, Admit::All | Admit::Documented) {
            self.answered.borrow_mut().insert(key, standing);
        }
        standing
    }

    fn look(
        &self,
        pair: (&Certificate, &Certificate),
        control: Timestamp,
        admit: Admit,
        proofs: &Proofs,
        delegates: u8,
    ) -> Standing {
        let latest = control.min(pair.0.not_after());
        let mut standing = Standing::default();
        let admits = |digest: &Sha256Digest| match admit {
            Admit::All => true,
            Admit::Documented => self.store.is_documented(digest),
            Admit::Before(time) => proofs.of(digest) <= time,
            Admit::DocumentedBefore(time) => {
                self.store.is_documented(digest) && proofs.of(digest) <= time
            }
        };
        let serial = serial_number(pair.0);
        let responses = self.store.ocsp_responses.iter();
        for (digest, response) in responses.filter(|(_, bytes)| mentions(bytes, &serial)) {
            let is_admitted = admits(digest);
            let is_believed = |delegate: &Certificate, time| {
                let about = delegates
                    .checked_sub(1)
                    .map(|left| self.look((delegate, pair.1), time, admit, proofs, left));
                about.is_none_or(|about| about.revoked.is_none())
            };
            // The same answer at both times: the later one is asked where the earlier is not in its window.
            let found = by_response(response, pair, latest, &is_believed)
                .or_else(|| by_response(response, pair, self.at, &is_believed));
            if let Some((status, time)) = found {
                standing.take(status, time, is_admitted && time <= latest);
            }
        }
        let times = self.list_times(latest);
        for time in times {
            let of_admitted = |index: usize| {
                let list = self.store.crls.get(index);
                list.is_some_and(|(digest, _)| admits(digest))
            };
            if let Some(status) = self.by_lists(pair, time, &of_admitted) {
                standing.take(status, time, time <= latest);
            }
            if let Some(revoked @ Status::Revoked { .. }) = self.by_lists(pair, time, &|_| true) {
                standing.take(revoked, time, false);
            }
        }
        standing
    }

    /// The times at which another answer may come out: now, the latest time of interest, and each end of a list
    /// before that.
    fn list_times(&self, latest: Timestamp) -> Vec<Timestamp> {
        let ends = self.lists.windows().filter_map(|(_, _, next)| next);
        let mut times: Vec<Timestamp> = ends.filter(|end| *end < latest).collect();
        times.extend([latest, self.at]);
        times.sort_by(|one, other| other.cmp(one));
        times.dedup();
        times.truncate(TIMES_MAX);
        if self.store.crls.is_empty() {
            times.clear();
        }
        times
    }

    fn by_lists(
        &self,
        (certificate, issuer): (&Certificate, &Certificate),
        time: Timestamp,
        admits: &dyn Fn(usize) -> bool,
    ) -> Option<Status> {
        let believes = |signer: &Certificate| {
            let path = path::find(signer, &self.store.pool, self.roots, time);
            matches!(path, PathOutcome::Found(_))
        };
        let signers = Signers {
            pool: &self.store.pool,
            believes: &believes,
        };
        let answer = self
            .lists
            .status(certificate, issuer, &signers, time, admits);
        answer.ok().map(|answer| answer.status)
    }
}

impl Standing {
    /// The earliest revocation counts, a hold that was taken back since included: it was one at some time.
    fn take(&mut self, status: Status, time: Timestamp, may_be_good: bool) {
        match status {
            Status::Good { .. } if may_be_good => {
                self.good_until = Some(self.good_until.map_or(time, |known| known.max(time)));
            }
            Status::Revoked { when, reason } => {
                let earlier = self.revoked.filter(|(known, _)| *known <= when);
                self.revoked = Some(earlier.unwrap_or((when, reason)));
            }
            Status::Good { .. } | Status::Unknown { .. } => {}
        }
    }
}

fn serial_number(certificate: &Certificate) -> Vec<u8> {
    let parsed = CertificateInner::<Raw>::from_der(certificate.der());
    parsed.map_or_else(
        |_| Vec::new(),
        |parsed| parsed.tbs_certificate().serial_number().as_bytes().to_vec(),
    )
}

/// Whether a response may be about a serial number: cheaper to ask than whether it holds.
fn mentions(response: &[u8], serial: &[u8]) -> bool {
    !serial.is_empty() && response.windows(serial.len()).any(|bytes| bytes == serial)
}

/// What a response says at a time or, where it ended before, at its end.
fn by_response(
    response: &[u8],
    (certificate, issuer): (&Certificate, &Certificate),
    time: Timestamp,
    is_believed: &dyn Fn(&Certificate, Timestamp) -> bool,
) -> Option<(Status, Timestamp)> {
    let mut time = time;
    let mut answer = ocsp::check(response, certificate, issuer, time);
    if let Err(OcspFault::Time(OutOfTime::Stale(until))) = answer {
        time = until;
        answer = ocsp::check(response, certificate, issuer, until);
    }
    let answer = answer.ok()?;
    let delegate = answer.delegate.filter(|_| answer.delegate_may_be_revoked);
    delegate
        .is_none_or(|delegate| is_believed(&delegate, time))
        .then_some((answer.status, time))
}

//! All certificates, OCSP responses and CRLs at hand, and since when each is proven to exist.
//!
//! What a timestamp covers existed at its time (EN 319 102-1 §5.6.2.3). What lies only in the file, or was fetched,
//! is known to exist now. Certificates that the office installed need no proof.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::record::Sha256Digest;
use crate::trust::{Certificate, Evidence};

/// Certificates that are looked at.
const POOL_MAX: usize = 600;

/// Pieces of evidence, each once.
#[derive(Default)]
pub(super) struct Store {
    pub(super) ocsp_responses: Vec<(Sha256Digest, Vec<u8>)>,
    pub(super) crls: Vec<(Sha256Digest, Vec<u8>)>,
    /// For paths: installed intermediates first.
    pub(super) pool: Vec<Certificate>,
    known: BTreeSet<Sha256Digest>,
    /// Those that are in the document.
    documented: BTreeSet<Sha256Digest>,
}

impl Store {
    /// `is_document` says that it came in the document.
    pub(super) fn add(&mut self, evidence: &Evidence, is_document: bool) {
        for der in &evidence.certificates {
            if let Some(digest) = self.note(der, is_document)
                && self.pool.len() < POOL_MAX
                && let Some(certificate) = Certificate::from_der(der)
            {
                debug_assert_eq!(certificate.fingerprint(), digest);
                self.pool.push(certificate);
            }
        }
        for response in &evidence.ocsp_responses {
            if let Some(digest) = self.note(response, is_document) {
                self.ocsp_responses.push((digest, response.clone()));
            }
        }
        for list in &evidence.crls {
            if let Some(digest) = self.note(list, is_document) {
                self.crls.push((digest, list.clone()));
            }
        }
    }

    pub(super) fn install(&mut self, certificates: &[Certificate]) {
        for certificate in certificates {
            if self.known.insert(certificate.fingerprint()) {
                self.pool.push(certificate.clone());
            }
        }
    }

    /// The digest of a piece that was not known yet.
    fn note(&mut self, piece: &[u8], is_document: bool) -> Option<Sha256Digest> {
        let digest = Sha256Digest::of(piece);
        if is_document {
            self.documented.insert(digest);
        }
        self.known.insert(digest).then_some(digest)
    }

    pub(super) fn is_documented(&self, digest: &Sha256Digest) -> bool {
        self.documented.contains(digest)
    }
}

/// Since when pieces are proven to exist.
pub(super) struct Proofs {
    /// The time of the validation: what is there now exists now.
    at: Timestamp,
    times: BTreeMap<Sha256Digest, Timestamp>,
}

impl Proofs {
    pub(super) fn new(at: Timestamp, installed: impl Iterator<Item = Sha256Digest>) -> Self {
        Self {
            at,
            times: installed.map(|digest| (digest, Timestamp::MIN)).collect(),
        }
    }

    pub(super) fn of(&self, piece: &Sha256Digest) -> Timestamp {
        self.times.get(piece).copied().unwrap_or(self.at)
    }

    /// These existed at this time.
    pub(super) fn prove(&mut self, evidence: &Evidence, time: Timestamp) {
        let all = [
            &evidence.certificates,
            &evidence.ocsp_responses,
            &evidence.crls,
        ];
        for piece in all.into_iter().flatten() {
            self.prove_digest(Sha256Digest::of(piece), time);
        }
    }

    pub(super) fn prove_digest(&mut self, piece: Sha256Digest, time: Timestamp) {
        let known = self.times.entry(piece).or_insert(time);
        *known = time.min(*known);
    }
}

//! The office's trust at work: its store, the services it may ask, and what it remembers of their answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::error::TrustError;
use super::evidence::Evidence;
use super::path::{self, PathOutcome};
use super::revocation::{Answer, Inquiry};
use super::services::{Budget, Services, held};
use super::standing::Standing;
use super::status::Status;
use super::store::Store;
use crate::config::TrustConfig;
use crate::record::Sha256Digest;

/// How often the search for a path may fetch a missing issuer.
const ISSUERS_FETCHED_MAX: usize = 4;
/// Certificates that a search looks at.
const POOL_MAX: usize = 300;
const KEPT_MAX: usize = 1000;
/// Of the lists and responses in what is remembered.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// For how long a standing with a doubt in it is kept: the service may be back soon.
const DOUBT_KEPT: Duration = Duration::from_secs(60);

/// Checks certificates and gathers what proves them, by the office's configuration. Shared by threads; calls
/// block, each for at most eight times `trust.seconds`.
pub struct Trust {
    pub(super) config: TrustConfig,
    services: Option<Services>,
    answers: Mutex<Memory<(Sha256Digest, Sha256Digest), Answer>>,
    standings: Mutex<Memory<Sha256Digest, Arc<Standing>>>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

/// What one search or inquiry works with.
pub(super) struct Case {
    pub(super) roots: Vec<Certificate>,
    pub(super) pool: Vec<Certificate>,
    pub(super) at: Timestamp,
    pub(super) budget: Budget,
    /// Whether an issuer could not be fetched from where its certificate says it is.
    pub(super) is_unreachable: bool,
}

impl Trust {
    /// Reads nothing yet: the store is read whenever it is needed, so that changes are seen.
    #[must_use]
    pub fn new(config: &TrustConfig) -> Self {
        Self {
            config: config.clone(),
            services: config.fetch.then(|| Services::new(config.timeout)),
            answers: Mutex::default(),
            standings: Mutex::default(),
        }
    }

    /// Whether the owner of a certificate may sign with it at this time, and what there is to say about it.
    ///
    /// `chain` are certificates that came with the key. The answer is kept for `trust.keep_minutes` (one
    /// minute, where it holds a doubt), so that a queue does not ask for every document.
    ///
    /// # Errors
    /// The trust store cannot be read.
    pub fn standing(
        &self,
        certificate: &[u8],
        chain: &[Vec<u8>],
        at: Timestamp,
    ) -> Result<Arc<Standing>, TrustError> {
        let key = Sha256Digest::of(certificate);
        if let Some((since, standing)) = held(&self.standings).find(&key) {
            let keep = if standing.findings.is_empty() {
                self.config.keep
            } else {
                self.config.keep.min(DOUBT_KEPT)
            };
            if is_within(since, keep, at) {
                return Ok(standing);
            }
        }
        let standing = Arc::new(self.assess(certificate, chain, at)?);
        for finding in &standing.findings {
            tracing::warn!(certificate = %key, code = finding.code(), "the signer's certificate");
        }
        let bytes = standing.evidence.bytes();
        held(&self.standings).keep(key, at, Arc::clone(&standing), bytes);
        Ok(standing)
    }

    /// The roots and intermediates of the store, and `known` certificates as far as they are any.
    pub(super) fn case<'a>(
        &self,
        known: impl Iterator<Item = &'a Vec<u8>>,
        at: Timestamp,
        answers: u32,
    ) -> Result<Case, TrustError> {
        let store = Store::open(&self.config.folder)?;
        let mut pool: Vec<Certificate> = Vec::new();
        let known = known.filter_map(|der| Certificate::from_der(der));
        let installed = store.intermediates().map(|entry| entry.certificate.clone());
        for certificate in installed.chain(known).take(POOL_MAX) {
            if !pool.contains(&certificate) {
                pool.push(certificate);
            }
        }
        Ok(Case {
            roots: store
                .roots()
                .map(|entry| entry.certificate.clone())
                .collect(),
            pool,
            at,
            budget: Budget::of(self.config.timeout.saturating_mul(answers)),
            is_unreachable: false,
        })
    }

    /// A path for `leaf`; issuers that are missing are fetched from where certificates say they are.
    pub(super) fn path(&self, leaf: &Certificate, case: &mut Case) -> PathOutcome {
        let mut outcome = path::find(leaf, &case.pool, &case.roots, case.at);
        for _ in 0..ISSUERS_FETCHED_MAX {
            let PathOutcome::NoPath { chain } = &outcome else {
                break;
            };
            let end = chain.last().filter(|end| !end.is_self_issued());
            let found = end.map_or_else(Vec::new, |end| self.fetch_issuers(end, case));
            if found.is_empty() || case.pool.len() >= POOL_MAX {
                break;
            }
            case.pool.extend(found);
            outcome = path::find(leaf, &case.pool, &case.roots, case.at);
        }
        outcome
    }

    fn fetch_issuers(&self, certificate: &Certificate, case: &mut Case) -> Vec<Certificate> {
        let Some(services) = &self.services else {
            return Vec::new();
        };
        for address in certificate.issuer_addresses() {
            let mut found = match services.issuers(&address, case.budget) {
                Ok(found) => found,
                Err(error) => {
                    tracing::debug!(address, %error, "no issuer's certificate");
                    case.is_unreachable = true;
                    continue;
                }
            };
            found.retain(|one| !case.pool.contains(one) && certificate.names_as_issuer(one));
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Whether a certificate is revoked: by what came along, by an answer of the last minutes, by asking.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        known: &Evidence,
        case: &Case,
    ) -> Answer {
        let inquiry = |known| Inquiry {
            services: self.services.as_ref(),
            budget: case.budget,
            known,
            pool: &case.pool,
            roots: &case.roots,
            at: case.at,
        };
        if let Some(answer) = inquiry(known).ask_known(certificate, issuer) {
            return answer;
        }
        let key = (certificate.fingerprint(), issuer.fingerprint());
        if let Some((since, answer)) = held(&self.answers).find(&key) {
            let is_current = match answer.status {
                Status::Good { until } => case.at <= until,
                Status::Revoked { .. } => true,
                Status::Unknown { .. } => false,
            };
            if is_current && is_within(since, self.config.keep, case.at) {
                return answer;
            }
        }
        // Without what came along: an old answer out of a document must not count for the next signature.
        let answer = inquiry(&Evidence::default()).ask(certificate, issuer);
        if !matches!(answer.status, Status::Unknown { .. }) {
            let bytes = answer.evidence.bytes();
            held(&self.answers).keep(key, case.at, answer.clone(), bytes);
        }
        answer
    }
}

/// Values that are remembered with the time when they were right; all are forgotten when they grow too many.
struct Memory<K, V> {
    values: BTreeMap<K, (Timestamp, V)>,
    bytes: usize,
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            bytes: 0,
        }
    }
}

impl<K: Ord, V: Clone> Memory<K, V> {
    fn find(&self, key: &K) -> Option<(Timestamp, V)> {
        self.values.get(key).cloned()
    }

    fn keep(&mut self, key: K, since: Timestamp, value: V, bytes: usize) {
        if self.values.len() >= KEPT_MAX || self.bytes + bytes > KEPT_BYTES_MAX {
            *self = Self::default();
        }
        if bytes <= KEPT_BYTES_MAX {
            self.values.insert(key, (since, value));
            self.bytes += bytes;
        }
    }
}

/// Whether `at` is not before `since`, and less than `keep` after it.
fn is_within(since: Timestamp, keep: Duration, at: Timestamp) -> bool {
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::ZERO);
    let age = at.duration_since(since);
    age >= SignedDuration::ZERO && age < keep
}

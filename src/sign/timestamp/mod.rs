//! Timestamps from the services of the configuration (RFC 3161 over HTTP, 3.4).
//!
//! The services are asked in their order; one that does not answer, refuses, or sends something else than
//! a timestamp of what was asked is passed over for the next. Nothing leaves this module that was not
//! checked: status, imprint, nonce, digest, signing certificate, its purpose and the signature; and, where the
//! office's trust was given along, that the authority's path leads to one of its roots: the answer may come over
//! plain HTTP, and a signature is stamped once. An authority that did so since the start is believed while its
//! issuer's certificate cannot be fetched.

mod error;
mod exchange;
mod pace;
#[cfg(test)]
pub(crate) mod test_tsa;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use self::error::TimestampError;
pub use self::token::TimestampToken;

use self::exchange::Request;
use self::pace::Pace;
use crate::config::TimestampConfig;
use crate::http::{Bounds, Client, HttpError};
use crate::record::{Hash, Sha256Digest};
use crate::trust::{StandingFinding, Trust};

/// Tokens have a few kilobytes; one with a long chain some tens.
const ANSWER_MAX: u64 = 256 * 1024;
/// A service has one authority, and a new one every few years.
const BELIEVED_MAX: usize = 100;
const MEDIA_TYPE: &str = "application/timestamp-query";

/// The timestamp services, in the order in which they are asked; shared by threads.
#[derive(Debug)]
pub struct TimestampServices {
    services: Vec<Service>,
    hash: Hash,
    bounds: Bounds,
    client: Client,
    trust: Option<Arc<Trust>>,
    /// Authorities that led to a root of the office, by their certificates.
    believed: Mutex<BTreeSet<Sha256Digest>>,
}

#[derive(Debug)]
struct Service {
    address: String,
    pace: Mutex<Pace>,
}

impl TimestampServices {
    /// The services of a configuration; there may be none.
    #[must_use]
    pub fn new(config: &TimestampConfig, client: Client) -> Self {
        let services = config.services.iter();
        Self {
            services: services
                .map(|address| Service {
                    address: address.clone(),
                    pace: Mutex::new(Pace::new(config.requests_per_minute)),
                })
                .collect(),
            hash: config.hash,
            bounds: Bounds {
                time: config.time,
                bytes: ANSWER_MAX,
            },
            client,
            trust: None,
            believed: Mutex::default(),
        }
    }

    /// The same, with authorities believed that lead to a root of the office.
    #[must_use]
    pub fn trusting(mut self, trust: Arc<Trust>) -> Self {
        self.trust = Some(trust);
        self
    }

    /// The hash of what is to be stamped.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// A timestamp of a digest made with [`Self::hash`].
    ///
    /// Waits for a turn, where all services were asked as often as they may be, not longer than for an answer.
    ///
    /// # Errors
    /// [`TimestampError`] of the last service asked.
    pub fn stamp(&self, digest: &[u8]) -> Result<TimestampToken, TimestampError> {
        let mut left: Vec<&Service> = self.services.iter().collect();
        let mut last = TimestampError::NoService;
        let deadline = Instant::now() + self.bounds.time;
        while !left.is_empty() {
            let service = match next_turn(&left, Instant::now()) {
                Ok(place) => left.remove(place),
                Err(wait) if Instant::now() + wait <= deadline => {
                    std::thread::sleep(wait);
                    continue;
                }
                // What a service said is more than that the others rest.
                Err(_) if !matches!(last, TimestampError::NoService) => break,
                Err(wait) => {
                    let seconds = wait.as_secs() + 1;
                    return Err(TimestampError::Resting { seconds });
                }
            };
            match self.ask(service, digest) {
                Ok(token) => return Ok(token),
                Err(error) => {
                    tracing::warn!(%error, "no timestamp from this service");
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn ask(&self, service: &Service, digest: &[u8]) -> Result<TimestampToken, TimestampError> {
        let unusable = |what| TimestampError::Unusable {
            service: service.address.clone(),
            what,
        };
        let request = Request::new(self.hash, digest).ok_or_else(|| unusable("no randomness"))?;
        let sent = self.client.post(
            &service.address,
            MEDIA_TYPE,
            &[],
            request.der(),
            self.bounds,
        );
        let answer = sent.map_err(|source| {
            if matches!(source, HttpError::Unreachable(_) | HttpError::TooSlow) {
                lock(&service.pace).rest(Instant::now());
            }
            TimestampError::Unanswered {
                service: service.address.clone(),
                source,
            }
        })?;
        let token = exchange::token_in(&answer).map_err(|refusal| match refusal {
            exchange::Refusal::Status(status) => TimestampError::Refused {
                service: service.address.clone(),
                status,
            },
            exchange::Refusal::Malformed => unusable("not a timestamp response"),
        })?;
        let token = TimestampToken::parse(token).map_err(|malformed| unusable(malformed.0))?;
        if !token.answers(request.nonce()) {
            return Err(unusable("another nonce"));
        }
        if !token.stamps(self.hash, digest) {
            return Err(unusable("another imprint"));
        }
        self.check_authority(&token).map_err(unusable)?;
        Ok(token)
    }

    /// Without a root in the store nobody can be told from anybody; that nobody says whether a certificate is
    /// revoked is a matter for later, when the evidence is gathered.
    fn check_authority(&self, token: &TimestampToken) -> Result<(), &'static str> {
        let Some(trust) = &self.trust else {
            return Ok(());
        };
        let chain: Vec<Vec<u8>> = token.certificates().map(<[u8]>::to_vec).collect();
        let standing = trust.standing(token.certificate(), &chain, token.time());
        let standing = standing.map_err(|_| "the trusted roots cannot be read")?;
        let authority = Sha256Digest::of(token.certificate());
        let mut believed = lock(&self.believed);
        let is_known = believed.contains(&authority);
        let fault = standing
            .findings
            .iter()
            .find(|it| !is_later_matter(it, is_known));
        if let Some(finding) = fault {
            tracing::warn!(code = finding.code(), "the authority of a timestamp");
            return Err("its authority is not trusted");
        }
        if standing.path.is_some() && believed.len() < BELIEVED_MAX {
            believed.insert(authority);
        }
        Ok(())
    }
}

/// Whether a finding about an authority can wait until the evidence is gathered. An issuer that cannot be fetched
/// now is no doubt about an authority that led to a root before; of another one anybody could say that its issuer is
/// somewhere else.
fn is_later_matter(finding: &StandingFinding, is_known: bool) -> bool {
    match finding {
        StandingFinding::NoRoot | StandingFinding::StatusUnknown { .. } => true,
        StandingFinding::NoPath { is_unreachable, .. } => *is_unreachable && is_known,
        StandingFinding::Unreadable
        | StandingFinding::NotYetValid { .. }
        | StandingFinding::Expired { .. }
        | StandingFinding::KeyUsage
        | StandingFinding::Revoked { .. }
        | StandingFinding::PathInvalid { .. } => false,
    }
}

/// The place of the first service that may be asked now, or how long until one may be.
fn next_turn(services: &[&Service], now: Instant) -> Result<usize, Duration> {
    let mut shortest = Duration::MAX;
    for (place, service) in services.iter().enumerate() {
        match lock(&service.pace).take_turn(now) {
            Ok(()) => return Ok(place),
            Err(wait) => shortest = shortest.min(wait),
        }
    }
    Err(shortest)
}

/// A panic elsewhere leaves values behind that are still right.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

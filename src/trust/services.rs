//! Asks the services of authorities over HTTP: OCSP responders, CRLs, certificates of issuers.
//!
//! Who does not answer is left alone for a minute, so that a queue of documents does not wait for it a
//! thousand times; CRLs and issuers' certificates are kept. What comes back is not judged here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::container::{certificates_in, pem_blocks};
use super::{crl, ocsp};
use crate::http::{Bounds, Client, HttpError};

const SILENCE: Duration = Duration::from_secs(60);
/// An authority may publish a list before the next is due.
const CRL_KEPT_MAX: SignedDuration = SignedDuration::from_hours(6);
const CRLS_KEPT_BYTES: usize = 64 * 1024 * 1024;
const ISSUERS_KEPT: Duration = Duration::from_secs(60 * 60);
const ADDRESSES_KEPT: usize = 500;
const ISSUER_BYTES_MAX: u64 = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchFault {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("no answer within the last minute")]
    Silent,
    #[error("no time left to ask")]
    OutOfTime,
}

/// The time that all questions together may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    ends: Instant,
}

impl Budget {
    pub(super) fn of(time: Duration) -> Self {
        Self {
            ends: Instant::now() + time,
        }
    }

    fn left(self) -> Option<Duration> {
        let left = self.ends.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

struct KeptCrl {
    address: String,
    list: Arc<Vec<u8>>,
    until: Timestamp,
}

/// The client, and what it remembers. Shared by threads.
pub(super) struct Services {
    client: Client,
    timeout: Duration,
    silent: Mutex<HashMap<String, Instant>>,
    /// The oldest first.
    crls: Mutex<Vec<KeptCrl>>,
    issuers: Mutex<HashMap<String, (Instant, Vec<Certificate>)>>,
}

impl Services {
    /// `timeout` is for one answer.
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            client: Client::new(&[]),
            timeout,
            silent: Mutex::default(),
            crls: Mutex::default(),
            issuers: Mutex::default(),
        }
    }

    /// What an OCSP responder answers.
    pub(super) fn ocsp(
        &self,
        address: &str,
        request: &[u8],
        budget: Budget,
    ) -> Result<Vec<u8>, FetchFault> {
        let media_type = "application/ocsp-request";
        self.ask(
            address,
            length(ocsp::RESPONSE_BYTES_MAX),
            budget,
            |bounds| {
                let client = &self.client;
                client.post(address, media_type, &[], request, bounds)
            },
        )
    }

    /// The CRL at an address, which may be an earlier one that is still in force at this time.
    pub(super) fn crl(
        &self,
        address: &str,
        at: Timestamp,
        budget: Budget,
    ) -> Result<Arc<Vec<u8>>, FetchFault> {
        if let Some(kept) = self.kept_crl(address, at) {
            return Ok(kept);
        }
        let bytes_max = length(crl::BYTES_MAX);
        let body = self.ask(address, bytes_max, budget, |bounds| {
            self.client.get(address, bounds)
        })?;
        let list = if body.starts_with(b"-----BEGIN") {
            pem_blocks(&body).into_iter().next().unwrap_or_default()
        } else {
            body
        };
        let list = Arc::new(list);
        if let Some(next) = crl::next_update(&list) {
            let latest = at.checked_add(CRL_KEPT_MAX).unwrap_or(at);
            self.keep_crl(KeptCrl {
                address: address.to_owned(),
                list: Arc::clone(&list),
                until: next.min(latest),
            });
        }
        Ok(list)
    }

    fn kept_crl(&self, address: &str, at: Timestamp) -> Option<Arc<Vec<u8>>> {
        let kept = held(&self.crls);
        let found = kept
            .iter()
            .find(|one| one.address == address && at < one.until)?;
        Some(Arc::clone(&found.list))
    }

    fn keep_crl(&self, crl: KeptCrl) {
        let mut kept = held(&self.crls);
        kept.retain(|one| one.address != crl.address);
        kept.push(crl);
        let mut bytes: usize = kept.iter().map(|one| one.list.len()).sum();
        while bytes > CRLS_KEPT_BYTES {
            bytes -= kept.remove(0).list.len();
        }
    }

    /// The certificates at an address; those that are none are left out.
    pub(super) fn issuers(
        &self,
        address: &str,
        budget: Budget,
    ) -> Result<Vec<Certificate>, FetchFault> {
        if let Some((since, known)) = held(&self.issuers).get(address)
            && since.elapsed() < ISSUERS_KEPT
        {
            return Ok(known.clone());
        }
        let body = self.ask(address, ISSUER_BYTES_MAX, budget, |bounds| {
            self.client.get(address, bounds)
        })?;
        let certificates: Vec<Certificate> = certificates_in(&body)
            .iter()
            .filter_map(|der| Certificate::from_der(der))
            .collect();
        let mut issuers = held(&self.issuers);
        if issuers.len() >= ADDRESSES_KEPT {
            issuers.clear();
        }
        issuers.insert(address.to_owned(), (Instant::now(), certificates.clone()));
        Ok(certificates)
    }

    fn ask(
        &self,
        address: &str,
        bytes: u64,
        budget: Budget,
        call: impl FnOnce(Bounds) -> Result<Vec<u8>, HttpError>,
    ) -> Result<Vec<u8>, FetchFault> {
        let since = held(&self.silent).get(address).copied();
        if since.is_some_and(|since| since.elapsed() < SILENCE) {
            return Err(FetchFault::Silent);
        }
        let left = budget.left().ok_or(FetchFault::OutOfTime)?;
        let time = left.min(self.timeout);
        call(Bounds { time, bytes }).map_err(|error| {
            tracing::debug!(address, %error, "a service of an authority does not answer");
            let mut silent = held(&self.silent);
            if silent.len() >= ADDRESSES_KEPT {
                silent.clear();
            }
            silent.insert(address.to_owned(), Instant::now());
            error.into()
        })
    }
}

/// What a panicking thread left behind is whole: every change is one call.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

//! Signing with the keys of officer, authority and agency: the certificate is checked before, the signature
//! stamped where a service answers. Who signs after whom, [`Turns`] tells.
//!
//! A key that is attended signs while a person has a session open ([`crate::session`]). Another is opened when it
//! is first needed: one that is missing or does not open makes documents wait and stops nothing, and once it does
//! open they are signed without a restart. A token that was pulled out is looked for by one thread ([`Sessions`]),
//! not by each document that waits for it. What a person should know of a signature that was made all the same
//! (nobody told whether the certificate is revoked, no timestamp was to be had) is said with it.

mod kept;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use self::kept::forget;
pub use self::turns::{Sealed, Turns};
use crate::capture::ScanBatch;
use crate::config::{Config, KeyConfig};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::http::Client;
use crate::record::{DocumentKind, Explain, Lang, RecordId};
use crate::session::line::{Answer, Queue, Request};
use crate::session::{self, Ending, Heard, Session, Sessions};
use crate::sign::keys::{self, Nobody, PinSource, Secret, SecretError, SecretKind, SecretRequest};
use crate::sign::{Deviation, RawSigner, SignError, SignedDocument, TimestampServices};
use crate::trust::{Standing, Trust};

/// The keys, whom the agency trusts, and who stamps its signatures.
pub struct Signing<'a> {
    config: &'a Config,
    /// Open keys that no person attends, by name.
    unattended: Mutex<BTreeMap<String, Arc<dyn RawSigner>>>,
    /// Which key's session documents were found to wait for.
    queue: Mutex<BTreeMap<RecordId, String>>,
    pub(crate) sessions: Sessions,
    pub(crate) trust: Arc<Trust>,
    pub(crate) timestamps: TimestampServices,
}

impl<'a> Signing<'a> {
    /// Opens nothing and asks nobody yet.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        let trust = Arc::new(Trust::new(&config.trust));
        let timestamps = TimestampServices::new(&config.timestamp, Client::new(&[]));
        Self {
            config,
            unattended: Mutex::default(),
            queue: Mutex::default(),
            sessions: Sessions::new(&config.data_folder.join(session::LOG), config.session_idle),
            timestamps: timestamps.trusting(Arc::clone(&trust)),
            trust,
        }
    }

    /// Whose turn it is to sign a document of this kind; what is kept of its signatures is taken up.
    ///
    /// # Errors
    /// [`JourneyError::NoKey`] where none is configured; the disk's.
    pub fn turns<'b>(
        &'b self,
        batch: &'b ScanBatch,
        kind: Option<&DocumentKind>,
    ) -> Result<Turns<'b>, Error> {
        let signing = self.config.signing.as_ref().ok_or(JourneyError::NoKey)?;
        let signers = signing.policy.signers(kind, &batch.station);
        Turns::take_up(self, batch.record, &batch.folder, signers)
    }

    /// The key of this name, if it may sign now.
    ///
    /// # Errors
    /// [`JourneyError::NoKey`] where none is configured, [`JourneyError::NoSession`] where it waits for a person,
    /// [`JourneyError::KeyAway`] for its token; that it does not open.
    pub fn key(&self, name: &str, now: Timestamp) -> Result<Arc<dyn RawSigner>, Error> {
        let configured = self.configured(name)?;
        if self.sessions.is_away(name) {
            let key = name.to_owned();
            return Err(JourneyError::KeyAway { key }.into());
        }
        if configured.attended {
            let key = name.to_owned();
            let open = self.sessions.key(name, now);
            return Ok(open.ok_or(JourneyError::NoSession { key })?);
        }
        if let Some(open) = locked(&self.unattended).get(name) {
            return Ok(Arc::clone(open));
        }
        // Workers run where nobody sits: what would have to be typed waits.
        let key = describe::open_named_key(self.config, name, None, &Nobody).map_err(|error| {
            let configured = configured.clone();
            self.unless_away(name, error, move || {
                let opened = keys::open(&configured, &Nobody);
                heard(&opened.map(drop))
            })
        })?;
        let mut unattended = locked(&self.unattended);
        let key = unattended.entry(name.to_owned()).or_insert(Arc::from(key));
        Ok(Arc::clone(key))
    }

    /// What became of signing with a key that is open: a token that is away is waited for.
    fn unless_gone(&self, name: &str, key: &Arc<dyn RawSigner>, error: Error) -> Error {
        // A session that is closed meanwhile takes its key along.
        let key = Arc::downgrade(key);
        self.unless_away(name, error, move || match key.upgrade() {
            Some(key) => heard(&key.is_there()),
            None => Heard::Unwanted,
        })
    }

    /// The error itself, or that the key is away and `ask` asks for it.
    fn unless_away(
        &self,
        name: &str,
        error: Error,
        ask: impl Fn() -> Heard + Send + 'static,
    ) -> Error {
        match error {
            Error::Sign(error) if error.is_key_away() => {
                tracing::debug!(key = name, cause = %error, "its token is away");
                self.sessions.wait_for(name, ask);
                let key = name.to_owned();
                JourneyError::KeyAway { key }.into()
            }
            other => other,
        }
    }

    /// Opens a session of the key of this name: `person` is asked for what opens it. A certificate that must not
    /// sign opens none.
    ///
    /// # Errors
    /// As [`Signing::key`]; the certificate's; that the session cannot be logged.
    pub fn open_session(
        &self,
        name: &str,
        by: &str,
        person: &dyn PinSource,
        now: Timestamp,
    ) -> Result<Session, Error> {
        let key = describe::open_named_key(self.config, name, None, person)?;
        self.permitted(key.as_ref(), now)?;
        Ok(self.sessions.open(name, by, key, now)?)
    }

    /// Notes which key's session a document waits for, if it does.
    pub fn note(&self, record: RecordId, key: Option<&str>) {
        let mut queue = locked(&self.queue);
        match key {
            Some(key) => queue.insert(record, key.to_owned()),
            None => queue.remove(&record),
        };
    }

    /// What a person asks over the line, done; `waiting` are the documents that wait for anything.
    pub fn answer(&self, request: Request, now: Timestamp, waiting: &BTreeSet<RecordId>) -> Answer {
        let sessions = match request {
            Request::Open { key, by, secret } => match self.open_as_told(&key, &by, secret, now) {
                Ok(session) => vec![session],
                Err(error) => return refused(&error),
            },
            Request::Status => self.sessions.status(now),
            Request::Close { key } => self.sessions.close(key.as_deref(), Ending::Closed, now),
        };
        Answer::Sessions {
            sessions,
            waiting: waiting.len() as u64,
            queues: self.queues(waiting),
        }
    }

    /// How many documents wait for which key. Others may have ended some meanwhile.
    fn queues(&self, waiting: &BTreeSet<RecordId>) -> Vec<Queue> {
        let mut queue = locked(&self.queue);
        queue.retain(|record, _| waiting.contains(record));
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for key in queue.values() {
            *counts.entry(key).or_default() += 1;
        }
        let counts = counts.into_iter();
        counts
            .map(|(key, documents)| Queue {
                key: key.to_owned(),
                documents,
            })
            .collect()
    }

    fn open_as_told(
        &self,
        name: &str,
        by: &str,
        secret: Option<Zeroizing<String>>,
        now: Timestamp,
    ) -> Result<Session, Error> {
        let kind = SecretRequest::of(self.configured(name)?).kind;
        self.open_session(name, by, &Told { kind, secret }, now)
    }

    /// How a key's certificate stands, if the office's policy lets it sign now (TT 15/2025/TT-BKHCN Đ5).
    ///
    /// # Errors
    /// [`crate::trust::TrustError`]: it must not sign, or the trust store cannot be read.
    pub fn permitted(&self, key: &dyn RawSigner, now: Timestamp) -> Result<Arc<Standing>, Error> {
        let standing = self.trust.standing(key.certificate(), key.chain(), now)?;
        standing.permit(&self.config.trust)?;
        Ok(standing)
    }

    fn configured(&self, name: &str) -> Result<&KeyConfig, JourneyError> {
        let keys = self.config.signing.as_ref();
        keys.and_then(|signing| signing.key(name))
            .ok_or(JourneyError::NoKey)
    }
}

fn heard(answer: &Result<(), SignError>) -> Heard {
    match answer {
        Err(error) if error.is_key_away() => Heard::Away,
        // Whatever else is wrong with it, the next document says.
        _ => Heard::Back,
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a person should know of a signature that was made all the same, each in both languages.
fn permitted_remarks(
    standing: &Standing,
    key: &dyn RawSigner,
    signed: &SignedDocument,
) -> Vec<String> {
    let findings = standing.findings.iter();
    let mut remarks: Vec<String> = findings
        .map(|finding| format!("{} / {}", finding.text(Lang::Vi), finding.text(Lang::En)))
        .collect();
    if signed.not_stamped.is_some() {
        remarks.push(NOT_STAMPED.to_owned());
    }
    match key.deviation() {
        Some(Deviation::PssNotOffered) => remarks.push(NO_PSS.to_owned()),
        None => {}
    }
    remarks
}

/// The one secret that came with a request. It answers its own question only: a PIN is no password.
struct Told {
    kind: SecretKind,
    secret: Option<Zeroizing<String>>,
}

impl PinSource for Told {
    fn ask(&self, request: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        let told = self.secret.as_deref().filter(|_| request.kind == self.kind);
        let told = told.ok_or(SecretError::NobodyToAsk)?;
        Ok(Secret::new(told.clone()))
    }
}

fn refused(error: &Error) -> Answer {
    let both = |say: &dyn Fn(Lang) -> String| [say(Lang::Vi), say(Lang::En)];
    tracing::warn!(code = error.code(), cause = %error, "no signing session was opened");
    Answer::Refused {
        code: error.code().to_owned(),
        message: both(&|lang| error.message(lang)),
        advice: both(&|lang| error.advice(lang)),
    }
}

/// The proof of time is to come; see [`crate::preservation`].
pub(crate) const NOT_STAMPED: &str = "chữ ký chưa có dấu thời gian, sẽ được bổ sung / \
     the signature has no timestamp yet, one will be added";

const NO_PSS: &str = "khóa không hỗ trợ RSA-PSS, đã ký RSA PKCS#1 v1.5 (TT 15/2025) / \
     the key offers no RSA-PSS, signed with RSA PKCS#1 v1.5";

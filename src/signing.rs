//! Signing with the agency's key: the certificate is checked before, the signature stamped where a service
//! answers.
//!
//! A key that is attended signs while a person has a session open ([`crate::session`]). Another is opened when it
//! is first needed: one that is missing or does not open makes documents wait and stops nothing, and once it does
//! open they are signed without a restart. What a person should know of a signature that was made all the same
//! (nobody told whether the certificate is revoked, no timestamp was to be had) is said with it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::config::signing::ORGANISATION;
use crate::config::{Config, KeyConfig};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::http::Client;
use crate::record::{Explain, Lang};
use crate::session::line::{Answer, Request};
use crate::session::{self, Ending, Session, Sessions};
use crate::sign::keys::{Nobody, PinSource, Secret, SecretError, SecretKind, SecretRequest};
use crate::sign::{
    self, Deviation, RawSigner, SignatureRequest, SignedDocument, TimestampServices,
};
use crate::trust::{Standing, Trust};

/// The agency's key, whom the agency trusts, and who stamps its signatures.
pub struct Signing<'a> {
    config: &'a Config,
    unattended: OnceLock<Arc<dyn RawSigner>>,
    pub(crate) sessions: Sessions,
    pub(crate) trust: Arc<Trust>,
    pub(crate) timestamps: TimestampServices,
}

/// A signed document, and what there is to say about how it was signed.
#[derive(Debug)]
pub struct Sealed {
    /// The document on disk, not yet synced.
    pub document: SignedDocument,
    /// For people, each in both languages.
    pub remarks: Vec<String>,
}

impl<'a> Signing<'a> {
    /// Opens nothing and asks nobody yet.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        let trust = Arc::new(Trust::new(&config.trust));
        let timestamps = TimestampServices::new(&config.timestamp, Client::new(&[]));
        Self {
            config,
            unattended: OnceLock::new(),
            sessions: Sessions::new(&config.data_folder.join(session::LOG), config.session_idle),
            timestamps: timestamps.trusting(Arc::clone(&trust)),
            trust,
        }
    }

    /// Signs `input` into `output`, which must not exist, in the agency's name.
    ///
    /// # Errors
    /// Where no key is ready ([`Signing::key`]); a certificate that must not sign now
    /// ([`crate::trust::TrustError`]); the key's, the document's or the disk's ([`crate::sign::SignError`]).
    pub fn seal(&self, input: &Path, output: &Path, now: Timestamp) -> Result<Sealed, Error> {
        let key = self.key(now)?;
        let standing = self.permitted(key.as_ref(), now)?;
        let is_stamped = !self.config.timestamp.services.is_empty();
        let request = SignatureRequest {
            appearance: Some(describe::appearance(self.config)),
            timestamps: is_stamped.then_some(&self.timestamps),
            ..SignatureRequest::at(now)
        };
        let document = sign::seal(input, output, key.as_ref(), &request)?;
        if self.configured()?.attended {
            self.sessions.count(now);
        }
        let both = |vi: &str, en: &str| format!("{vi} / {en}");
        let mut remarks: Vec<String> = standing
            .findings
            .iter()
            .map(|finding| both(&finding.text(Lang::Vi), &finding.text(Lang::En)))
            .collect();
        if let Some(away) = &document.not_stamped {
            tracing::warn!(code = away.code(), cause = %away, "a signature has no timestamp yet");
            remarks.push(NOT_STAMPED.to_owned());
        }
        match key.deviation() {
            Some(Deviation::PssNotOffered) => remarks.push(NO_PSS.to_owned()),
            None => {}
        }
        Ok(Sealed { document, remarks })
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// [`JourneyError::NoKey`] where none is configured, [`JourneyError::NoSession`] where it waits for a person;
    /// that it does not open.
    pub fn key(&self, now: Timestamp) -> Result<Arc<dyn RawSigner>, Error> {
        if self.configured()?.attended {
            return Ok(self.sessions.key(now).ok_or(JourneyError::NoSession)?);
        }
        if let Some(open) = self.unattended.get() {
            return Ok(Arc::clone(open));
        }
        // Workers run where nobody sits: what would have to be typed waits.
        let key = Arc::from(describe::open_key(self.config, None, &Nobody)?);
        Ok(Arc::clone(self.unattended.get_or_init(|| key)))
    }

    /// Opens a session: `person` is asked for what opens the key. A certificate that must not sign opens none.
    ///
    /// # Errors
    /// As [`Signing::key`]; the certificate's; that the session cannot be logged.
    pub fn open_session(
        &self,
        by: &str,
        person: &dyn PinSource,
        now: Timestamp,
    ) -> Result<Session, Error> {
        let key = describe::open_key(self.config, None, person)?;
        self.permitted(key.as_ref(), now)?;
        Ok(self.sessions.open(by, key, now)?)
    }

    /// What a person asks over the line, done; `waiting` counts the documents that wait.
    pub fn answer(&self, request: Request, now: Timestamp, waiting: u64) -> Answer {
        let session = match request {
            Request::Open { by, secret } => match self.open_as_told(&by, secret, now) {
                Ok(session) => Some(session),
                Err(error) => return refused(&error),
            },
            Request::Status => self.sessions.status(now),
            Request::Close => self.sessions.close(Ending::Closed, now),
        };
        Answer::Session { session, waiting }
    }

    fn open_as_told(
        &self,
        by: &str,
        secret: Option<Zeroizing<String>>,
        now: Timestamp,
    ) -> Result<Session, Error> {
        let kind = SecretRequest::of(self.configured()?).kind;
        self.open_session(by, &Told { kind, secret }, now)
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

    fn configured(&self) -> Result<&KeyConfig, JourneyError> {
        let keys = self.config.signing.as_ref();
        keys.and_then(|signing| signing.key(ORGANISATION))
            .ok_or(JourneyError::NoKey)
    }
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

//! Keys at remote signing services.
//!
//! Two ways to use one. As a [`RawSigner`] it signs at once, where the service does so ([`Csc`]: CSC API v1).
//! In two phases it survives that a person must confirm on a telephone first: [`RemoteKey::prepare`] keeps
//! the order on disk and places it, [`RemoteKey::complete`] fetches the signature, minutes or a restart later.
//! [`RawSigner::sign_or_order`] is both, for a caller that comes back with the same attributes until it is there.
//!
//! # A further adapter
//! is a [`RemoteService`]. What it must do:
//! - `credential`: fetch certificate and chain once, when it is opened, and say which RSA paddings it can.
//! - `order`: send [`Order::hash`] under [`Order::transaction`], or keep what the service calls the order as
//!   [`Answer::Pending`]'s reference. It may be called again with the same transaction after a crash: a
//!   service that knows the transaction must not ask its user twice.
//! - `ask_after`: one question, no waiting. [`Answer::Unknown`] only where the service says that it does not
//!   know the order: it is then placed anew.
//! - never send a PIN that was refused; bound every answer in time and size ([`crate::http`]).
//!
//! CSC API v2 fits: `signatures/signHash` with `operationMode: "A"` gives `responseID` (the reference), then
//! `signatures/signPolling`; hash and algorithm travel as `hashAlgorithmOID` and `signAlgo`. Services like
//! SmartCA fit: `v1/signatures/sign` takes the hash in hexadecimal and a transaction of the client's choice,
//! `v1/signatures/sign/{tran_code}/status` is asked after it; where they give a whole CMS it is an
//! [`SignedValue::Container`].

mod csc;
#[cfg(test)]
mod csc_tests;
mod error;
mod pending;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use self::csc::Csc;
pub use self::error::RemoteError;
pub use self::pending::{PendingSignature, PendingStore, SignedValue};

use super::{Deviation, RawSigner, confirm};
use crate::config::RsaPadding;
use crate::record::{Hash, Sha256Digest};
use crate::sign::SignError;
use crate::sign::algorithm::{Scheme, SignatureAlgorithm};
use crate::sign::certificate::{Certificate, KeyKind};

/// What a service says of its key.
#[derive(Debug, Clone, Default)]
pub struct Credential {
    /// The signing certificate, DER.
    pub certificate: Vec<u8>,
    /// Its issuers, DER, nearest first.
    pub chain: Vec<Vec<u8>>,
    /// Whether an RSA key can sign with PSS.
    pub rsa_pss: bool,
}

/// What is to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Digest of the signed attributes, by the algorithm's hash.
    pub hash: &'a [u8],
    /// How.
    pub algorithm: SignatureAlgorithm,
    /// Its name, the same whenever the same is ordered.
    pub transaction: &'a str,
}

/// What a service answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The signature.
    Signed(SignedValue),
    /// Taken; somebody must confirm.
    Pending {
        /// What the service calls it.
        reference: Option<String>,
    },
    /// It does not know this order.
    Unknown,
}

/// Where orders are kept, and until when they may be confirmed.
#[derive(Debug, Clone)]
pub struct Orders<'a> {
    /// Of one document alone: what is in it goes with the document's job.
    pub store: &'a PendingStore,
    /// The time of this question.
    pub now: Timestamp,
    /// For an order that is placed now.
    pub deadline: Timestamp,
}

/// A remote signing service; see the module's head for what an adapter must do.
pub trait RemoteService: Send + Sync {
    /// Its key.
    fn credential(&self) -> &Credential;

    /// Whether [`Self::order`] answers with the signature or not at all: then there is nothing to be asked after.
    fn answers_at_once(&self) -> bool {
        false
    }

    /// Places an order.
    ///
    /// # Errors
    /// [`RemoteError`]; the order may have arrived all the same.
    fn order(&self, order: &Order<'_>) -> Result<Answer, RemoteError>;

    /// Asks after an order, by its transaction and what the service calls it.
    ///
    /// # Errors
    /// [`RemoteError`].
    fn ask_after(&self, transaction: &str, reference: Option<&str>) -> Result<Answer, RemoteError>;
}

/// A key at a service.
#[derive(Debug)]
pub struct RemoteKey<S> {
    service: S,
    certificate: Certificate,
    algorithm: SignatureAlgorithm,
    deviation: Option<Deviation>,
}

impl<S: RemoteService> RemoteKey<S> {
    /// The key of this service, which pads as `padding` says where it is RSA.
    ///
    /// # Errors
    /// [`SignError::Certificate`], [`SignError::KeyKind`].
    pub fn open(service: S, padding: RsaPadding, hash: Option<Hash>) -> Result<Self, SignError> {
        let credential = service.credential();
        let certificate = Certificate::from_der(&credential.certificate)?;
        let (scheme, deviation) = match (certificate.key_kind()?, padding) {
            (KeyKind::P256, _) => (Scheme::EcdsaP256, None),
            (KeyKind::P384, _) => (Scheme::EcdsaP384, None),
            (KeyKind::RsaPssOnly, _) => (Scheme::RsaPss, None),
            (KeyKind::Rsa, RsaPadding::Pkcs1) => (Scheme::RsaPkcs1, None),
            (KeyKind::Rsa, RsaPadding::Pss) if credential.rsa_pss => (Scheme::RsaPss, None),
            (KeyKind::Rsa, RsaPadding::Pss) => (Scheme::RsaPkcs1, Some(Deviation::PssNotOffered)),
        };
        let hash = hash.unwrap_or_else(|| scheme.usual_hash());
        Ok(Self {
            service,
            certificate,
            algorithm: SignatureAlgorithm::of(scheme, hash),
            deviation,
        })
    }

    /// First phase: keeps the order on disk, then places it. What was prepared before, in this or an
    /// earlier life of the program, is given back as it is kept and not ordered again.
    ///
    /// # Errors
    /// [`SignError::Remote`]. The order stays in the store unless that failed: [`Self::complete`] goes on.
    pub fn prepare(
        &self,
        store: &PendingStore,
        signed_attributes: &[u8],
        deadline: Timestamp,
    ) -> Result<PendingSignature, SignError> {
        let certificate = &self.service.credential().certificate;
        let transaction = PendingSignature::transaction_of(certificate, signed_attributes);
        if let Some(kept) = store.find(&transaction) {
            return Ok(kept);
        }
        let mut pending = PendingSignature {
            transaction,
            certificate_sha256: Sha256Digest::of(certificate),
            signed_attributes: signed_attributes.to_vec(),
            hash: self.algorithm.hash.digest(signed_attributes),
            deadline,
            reference: None,
            value: None,
        };
        store.keep(&pending)?;
        let answer = self.place(&pending)?;
        self.take(store, &mut pending, answer)?;
        Ok(pending)
    }

    /// Second phase: the signature, as soon as it is there. It stays in the store until the caller, who
    /// has put it into the document, removes it.
    ///
    /// # Errors
    /// [`RemoteError::Waiting`] as long as nobody confirmed, [`RemoteError::Expired`] after the deadline.
    pub fn complete(
        &self,
        store: &PendingStore,
        transaction: &str,
        now: Timestamp,
    ) -> Result<SignedValue, SignError> {
        let kept = store.find(transaction);
        let mut pending = kept.ok_or(RemoteError::Answer {
            what: "no such order is kept",
        })?;
        if let Some(value) = pending.value {
            return Ok(value);
        }
        let reference = pending.reference.as_deref();
        let mut answer = self.service.ask_after(transaction, reference)?;
        let is_late = now > pending.deadline;
        if matches!(answer, Answer::Unknown) && !is_late {
            answer = self.place(&pending)?;
        }
        self.take(store, &mut pending, answer)?;
        pending.value.ok_or_else(|| {
            let waiting = if is_late {
                RemoteError::Expired
            } else {
                RemoteError::Waiting
            };
            waiting.into()
        })
    }

    /// Keeps a signature that the service sent by itself.
    ///
    /// # Errors
    /// [`RemoteError::WrongSignature`] where it is not the one that was ordered.
    pub fn accept(
        &self,
        store: &PendingStore,
        pending: &mut PendingSignature,
        value: SignedValue,
    ) -> Result<(), SignError> {
        // A container has signed attributes of its own: whoever puts it into the document reads it back.
        if let SignedValue::Raw(signature) = &value {
            self.check(&pending.signed_attributes, signature)?;
        }
        pending.value = Some(value);
        Ok(store.keep(pending)?)
    }

    fn place(&self, pending: &PendingSignature) -> Result<Answer, RemoteError> {
        self.service.order(&Order {
            hash: &pending.hash,
            algorithm: self.algorithm,
            transaction: &pending.transaction,
        })
    }

    fn take(
        &self,
        store: &PendingStore,
        pending: &mut PendingSignature,
        answer: Answer,
    ) -> Result<(), SignError> {
        match answer {
            Answer::Signed(value) => self.accept(store, pending, value),
            Answer::Pending { reference } if pending.reference != reference => {
                pending.reference = reference;
                Ok(store.keep(pending)?)
            }
            Answer::Pending { .. } | Answer::Unknown => Ok(()),
        }
    }

    fn check(&self, signed_attributes: &[u8], signature: &[u8]) -> Result<(), RemoteError> {
        let is_ours = confirm::is_by(
            &self.certificate,
            self.algorithm,
            signed_attributes,
            signature,
        );
        is_ours.then_some(()).ok_or(RemoteError::WrongSignature)
    }
}

impl<S: RemoteService> RawSigner for RemoteKey<S> {
    fn certificate(&self) -> &[u8] {
        &self.service.credential().certificate
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.service.credential().chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn deviation(&self) -> Option<Deviation> {
        self.deviation
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let certificate = &self.service.credential().certificate;
        let answer = self.service.order(&Order {
            hash: &self.algorithm.hash.digest(signed_attributes),
            algorithm: self.algorithm,
            transaction: &PendingSignature::transaction_of(certificate, signed_attributes),
        })?;
        match answer {
            Answer::Signed(SignedValue::Raw(signature)) => {
                self.check(signed_attributes, &signature)?;
                Ok(signature)
            }
            Answer::Signed(SignedValue::Container(_)) => Err(RemoteError::WholeContainer.into()),
            Answer::Pending { .. } | Answer::Unknown => Err(RemoteError::Waiting.into()),
        }
    }

    fn answers_at_once(&self) -> bool {
        self.service.answers_at_once()
    }

    fn sign_or_order(
        &self,
        signed_attributes: &[u8],
        orders: &Orders<'_>,
    ) -> Result<SignedValue, SignError> {
        if self.service.answers_at_once() {
            return self.sign(signed_attributes).map(SignedValue::Raw);
        }
        let pending = self.prepare(orders.store, signed_attributes, orders.deadline)?;
        if let Some(value) = pending.value {
            return Ok(value);
        }
        let done = self.complete(orders.store, &pending.transaction, orders.now);
        if matches!(done, Err(SignError::Remote(RemoteError::Expired))) {
            orders.store.remove(&pending.transaction)?;
        }
        done
    }
}

//! Keys on tokens and HSMs, by PKCS#11 (OASIS PKCS #11 v2.40 and later).
//!
//! The token is found by label and serial number, the key by the `CKA_ID` that it shares with its
//! certificate. A token that is pulled out makes documents wait; put back, it signs on without anyone
//! typing. A rejected PIN is never given to the token again while the program runs, and where the token's
//! flags tell of a wrong one, none is given at all: after a few wrong ones a token locks for good.
//!
//! What is not done here: PINs are neither set nor changed, keys neither made nor moved.

mod error;
mod mechanism;
mod module;
mod objects;
mod report;
mod session;

use std::path::Path;

use x509_parser::pem::Pem;

pub use self::error::{ObjectFault, PinState, TokenError};
pub use self::report::{HeldCertificate, KeyState, TokenReport, inspect};

use self::mechanism::Offered;
use self::module::Module;
use self::session::{Care, Identity};
use super::secret::{PinSource, SecretKind, SecretRequest, obtain};
use super::{Deviation, RawSigner, confirm};
use crate::config::{KeyConfig, TokenConfig};
use crate::sign::SignError;
use crate::sign::algorithm::SignatureAlgorithm;
use crate::sign::certificate::Certificate;

/// Chains are a few kilobytes.
const CHAIN_FILE_MAX: u64 = 1024 * 1024;

/// TT 15/2025/TT-BKHCN Phụ lục I.
const RSA_BITS_MIN: usize = 2048;

/// A token that one more key is open on; it is left when this is dropped.
struct Entered {
    module: Module,
    token: Identity,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let token = self.token.clone();
        self.module.tell(move |tokens| tokens.leave(&token));
    }
}

/// What was found on a token to sign with.
struct Pair {
    id: Vec<u8>,
    certificate: Vec<u8>,
    issuers: Vec<Vec<u8>>,
    offered: Offered,
}

/// A private key on a token, with its certificate and chain.
pub struct TokenKey {
    entered: Entered,
    id: Vec<u8>,
    certificate: Certificate,
    certificate_der: Vec<u8>,
    chain: Vec<Vec<u8>>,
    algorithm: SignatureAlgorithm,
    deviation: Option<Deviation>,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl TokenKey {
    /// Finds the token, asks for its PIN where it wants one, logs in and finds key and certificate.
    ///
    /// Nothing is asked for, and no login tried, where the token is not there or its flags tell of a
    /// wrong PIN.
    ///
    /// # Errors
    /// [`SignError::Token`], [`SignError::Secret`], [`SignError::KeyKind`] for a key that is too short,
    /// [`SignError::Certificate`] for a certificate that cannot be read.
    pub fn open(
        key: &KeyConfig,
        config: &TokenConfig,
        person: &dyn PinSource,
    ) -> Result<Self, SignError> {
        let module = Module::at(&config.module)?;
        let entered = enter(module, key, config, person)?;
        let token = entered.token.clone();
        let wanted = config.key_id.clone();
        let pair = entered
            .module
            .ask(move |tokens| find_pair(tokens, &token, wanted.as_deref()))?;

        let certificate = Certificate::from_der(&pair.certificate)?;
        let kind = certificate.key_kind()?;
        let bits = certificate.public_key().and_then(objects::rsa_bits);
        if bits.is_some_and(|bits| bits < RSA_BITS_MIN) {
            return Err(SignError::KeyKind);
        }
        let (algorithm, deviation) = mechanism::choose(kind, key.padding, key.hash, pair.offered)?;
        let mut pool = pair.issuers;
        if let Some(file) = &config.chain_file {
            pool.extend(read_chain(file)?);
        }
        Ok(Self {
            entered,
            id: pair.id,
            chain: objects::chain(&pair.certificate, &pool),
            certificate,
            certificate_der: pair.certificate,
            algorithm,
            deviation,
        })
    }
}

fn enter(
    module: Module,
    key: &KeyConfig,
    config: &TokenConfig,
    person: &dyn PinSource,
) -> Result<Entered, SignError> {
    let (label, serial) = (config.label.clone(), config.serial.clone());
    let (token, types_pin) = module.ask(move |tokens| {
        let (_, info) = tokens.find(label.as_deref(), serial.as_deref())?;
        if info.login_required() {
            session::check_flags(&info, Care::Program)?;
        }
        // A reader with keys of its own takes the PIN itself.
        let types_pin = info.login_required() && !info.protected_authentication_path();
        Ok((Identity::of(&info), types_pin))
    })?;
    let request = SecretRequest {
        key: &key.name,
        kind: SecretKind::Pin,
        token: Some(&token.label),
    };
    let pin = if types_pin {
        obtain(&config.pin, &request, person)?
    } else {
        None
    };
    let entering = token.clone();
    module.ask(move |tokens| tokens.enter(&entering, pin.as_ref(), Care::Program))?;
    Ok(Entered { module, token })
}

fn find_pair(
    tokens: &mut session::Tokens,
    token: &Identity,
    wanted: Option<&[u8]>,
) -> Result<Pair, TokenError> {
    let offered = tokens.offered(token)?;
    tokens.with(token, |logged_in| {
        let session = logged_in.session();
        let certificates = objects::certificates(session)?;
        let keys = objects::private_key_ids(session)?;
        let held = objects::choose(&certificates, &keys, wanted)?;
        if objects::belongs(session, held)? == Some(false) {
            return Err(TokenError::Objects(ObjectFault::OtherKey));
        }
        let others = certificates.iter().filter(|other| *other != held);
        Ok(Pair {
            id: held.id.clone(),
            certificate: held.der.clone(),
            issuers: others.map(|other| other.der.clone()).collect(),
            offered,
        })
    })
}

fn read_chain(path: &Path) -> Result<Vec<Vec<u8>>, TokenError> {
    let unusable = || TokenError::ChainFile {
        path: path.to_owned(),
    };
    let length = std::fs::metadata(path).map_err(|_| unusable())?.len();
    let bytes = (length <= CHAIN_FILE_MAX).then(|| std::fs::read(path).ok());
    let bytes = bytes.flatten().ok_or_else(unusable)?;
    let blocks: Result<Vec<Pem>, _> = Pem::iter_from_buffer(&bytes).collect();
    let certificates: Vec<Vec<u8>> = blocks
        .map_err(|_| unusable())?
        .into_iter()
        .filter(|block| block.label == "CERTIFICATE")
        .map(|block| block.contents)
        .collect();
    (!certificates.is_empty())
        .then_some(certificates)
        .ok_or_else(unusable)
}

impl RawSigner for TokenKey {
    fn certificate(&self) -> &[u8] {
        &self.certificate_der
    }

    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn deviation(&self) -> Option<Deviation> {
        self.deviation
    }

    fn is_there(&self) -> Result<(), SignError> {
        let (token, id) = (self.entered.token.clone(), self.id.clone());
        let work = move |tokens: &mut session::Tokens| tokens.has_key(&token, &id);
        Ok(self.entered.module.ask(work)?)
    }

    fn sign(&self, signed_attributes: &[u8]) -> Result<Vec<u8>, SignError> {
        let (token, id) = (self.entered.token.clone(), self.id.clone());
        let (algorithm, message) = (self.algorithm, signed_attributes.to_vec());
        let work =
            move |tokens: &mut session::Tokens| tokens.sign(&token, &id, algorithm, &message);
        let signature = self.entered.module.ask(work)?;
        if !confirm::is_by(&self.certificate, algorithm, signed_attributes, &signature) {
            return Err(TokenError::WrongSignature.into());
        }
        Ok(signature)
    }
}

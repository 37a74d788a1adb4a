//! The API of the Cloud Signature Consortium, version 1 (Architectures and protocols for remote signature
//! applications, v1.0.4): `credentials/list`, `credentials/info`, `credentials/authorize`,
//! `signatures/signHash`.
//!
//! Version 1 signs while the client waits and knows no transactions, so nothing can be asked after. An order
//! whose answer was lost is placed again: the same hash is signed twice then, the document is not.
//! Credentials that want a one-time password or OAuth at every signature are refused.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use der::Encode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Answer, Credential, Order, RemoteError, RemoteService, SignedValue};
use crate::config::{CscAccess, CscConfig};
use crate::http::{Bounds, Client, HttpError};
use crate::sign::SignError;
use crate::sign::cms;
use crate::sign::keys::secret::{PinSource, Secret, SecretKind, SecretRequest, obtain};

/// Services let the client wait while their user confirms.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(150),
    bytes: 256 * 1024,
};

/// The service shows its key without asking anyone.
const INFO_BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(30),
    bytes: 256 * 1024,
};

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

/// PINs that a service refused, as digests with address and credential; until the program ends.
static REFUSED: Mutex<BTreeSet<[u8; 32]>> = Mutex::new(BTreeSet::new());

/// An account at a service of CSC API v1, and its credential.
#[derive(Debug)]
pub struct Csc {
    client: Client,
    address: String,
    /// Value of the header `Authorization`.
    authorization: Option<Secret>,
    credential_id: String,
    pin: Option<Secret>,
    credential: Credential,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListRequest {
    max_results: u32,
}

#[derive(Deserialize)]
struct ListAnswer {
    #[serde(rename = "credentialIDs")]
    credential_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InfoRequest<'a> {
    #[serde(rename = "credentialID")]
    credential_id: &'a str,
    certificates: &'a str,
    cert_info: bool,
    auth_info: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InfoAnswer {
    key: KeyInfo,
    cert: CertInfo,
    auth_mode: Option<String>,
    #[serde(rename = "PIN")]
    pin: Option<Presence>,
    #[serde(rename = "OTP")]
    otp: Option<Presence>,
}

#[derive(Deserialize)]
struct KeyInfo {
    status: String,
    #[serde(default)]
    algo: Vec<String>,
}

#[derive(Deserialize)]
struct CertInfo {
    #[serde(default)]
    certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Presence {
    /// `true`, `false` or `optional`, as text or as a boolean.
    presence: serde_json::Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizeRequest<'a> {
    #[serde(rename = "credentialID")]
    credential_id: &'a str,
    num_signatures: u32,
    hash: [&'a str; 1],
    #[serde(rename = "PIN", skip_serializing_if = "Option::is_none")]
    pin: Option<&'a str>,
}

#[derive(Deserialize)]
struct AuthorizeAnswer {
    #[serde(rename = "SAD")]
    sad: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignHashRequest<'a> {
    #[serde(rename = "credentialID")]
    credential_id: &'a str,
    #[serde(rename = "SAD")]
    sad: &'a str,
    hash: [&'a str; 1],
    hash_algo: String,
    sign_algo: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_algo_params: Option<String>,
}

#[derive(Deserialize)]
struct SignHashAnswer {
    signatures: Vec<String>,
}

impl Csc {
    /// Asks for the secrets, finds the credential and fetches its certificates.
    ///
    /// # Errors
    /// [`SignError::Secret`], [`SignError::Remote`].
    pub fn open(name: &str, config: &CscConfig, person: &dyn PinSource) -> Result<Self, SignError> {
        let secret = |kind, source| {
            let request = SecretRequest {
                key: name,
                kind,
                token: None,
            };
            obtain(source, &request, person)
        };
        let authorization = match &config.access {
            CscAccess::Open => None,
            CscAccess::Bearer(source) => secret(SecretKind::AccessToken, source)?
                .map(|token| Secret::new(format!("Bearer {}", token.reveal()))),
            CscAccess::Basic { user, password } => {
                secret(SecretKind::Password, password)?.map(|password| {
                    let both = Zeroizing::new(format!("{user}:{}", password.reveal()));
                    Secret::new(format!("Basic {}", BASE64.encode(both.as_bytes())))
                })
            }
        };
        let mut csc = Self {
            client: Client::new(&[]),
            address: config.address.clone(),
            authorization,
            credential_id: config.credential.clone().unwrap_or_default(),
            pin: secret(SecretKind::Pin, &config.pin)?,
            credential: Credential::default(),
        };
        if config.credential.is_none() {
            csc.credential_id = csc.only_credential()?;
        }
        csc.credential = csc.fetch_credential()?;
        Ok(csc)
    }

    fn only_credential(&self) -> Result<String, RemoteError> {
        let request = ListRequest { max_results: 10 };
        let listed: ListAnswer = self.call("credentials/list", &request, INFO_BOUNDS)?;
        let found = listed.credential_ids.len();
        let mut ids = listed.credential_ids.into_iter();
        match (ids.next(), ids.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(RemoteError::Credential { found }),
        }
    }

    fn fetch_credential(&self) -> Result<Credential, RemoteError> {
        let request = InfoRequest {
            credential_id: &self.credential_id,
            certificates: "chain",
            cert_info: false,
            auth_info: true,
        };
        let info: InfoAnswer = self.call("credentials/info", &request, INFO_BOUNDS)?;
        if info.key.status != "enabled" {
            return Err(RemoteError::Unsupported {
                what: "its key to be enabled first",
            });
        }
        if info.auth_mode.as_deref() == Some("oauth2code") {
            return Err(RemoteError::Unsupported {
                what: "OAuth at every signature",
            });
        }
        if info.otp.is_some_and(|otp| otp.is_wanted()) {
            return Err(RemoteError::Unsupported {
                what: "a one-time password at every signature",
            });
        }
        if self.pin.is_none() && info.pin.is_some_and(|pin| pin.is_wanted()) {
            return Err(RemoteError::Unsupported {
                what: "a PIN, and the configuration gives none",
            });
        }
        let decoded = info.cert.certificates.iter().map(|text| decode(text));
        let mut certificates = decoded.collect::<Result<Vec<_>, _>>()?.into_iter();
        let certificate = certificates.next().ok_or(RemoteError::Answer {
            what: "no certificate",
        })?;
        Ok(Credential {
            certificate,
            chain: certificates.collect(),
            rsa_pss: info.key.algo.iter().any(|algo| algo == RSASSA_PSS),
        })
    }

    /// Signature activation data for this hash.
    fn authorize(&self, hash: &str) -> Result<Secret, RemoteError> {
        let known = self.pin.as_ref().map(|pin| self.fingerprint(pin));
        let refused = || REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_some_and(|known| refused().contains(&known)) {
            return Err(RemoteError::PinRejectedBefore);
        }
        let request = AuthorizeRequest {
            credential_id: &self.credential_id,
            num_signatures: 1,
            hash: [hash],
            pin: self.pin.as_ref().map(Secret::reveal),
        };
        let answer = self.call("credentials/authorize", &request, BOUNDS);
        match (answer, known) {
            // What was wrong is in no status: with a PIN in the question it may be the PIN.
            (Err(RemoteError::Http(HttpError::Status(400 | 401 | 403))), Some(known)) => {
                refused().insert(known);
                Err(RemoteError::PinRejected)
            }
            (answer, _) => answer.map(|answer: AuthorizeAnswer| Secret::new(answer.sad)),
        }
    }

    fn fingerprint(&self, pin: &Secret) -> [u8; 32] {
        let mut running = Sha256::new();
        for part in [&self.address, &self.credential_id] {
            running.update(part);
            running.update([0]);
        }
        running.update(pin.reveal());
        running.finalize().into()
    }

    fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        request: &impl Serialize,
        bounds: Bounds,
    ) -> Result<T, RemoteError> {
        // Plain structs: serialising them cannot fail. The PIN may be in it.
        let body = Zeroizing::new(serde_json::to_vec(request).unwrap_or_default());
        let mut headers = Vec::new();
        if let Some(authorization) = &self.authorization {
            headers.push(("authorization", authorization.reveal()));
        }
        let address = format!("{}/{method}", self.address);
        let post = self
            .client
            .post(&address, "application/json", &headers, &body, bounds);
        let answer = Zeroizing::new(post?);
        serde_json::from_slice(&answer).map_err(|_| RemoteError::Answer {
            what: "JSON of another shape",
        })
    }
}

impl Presence {
    fn is_wanted(&self) -> bool {
        self.presence == serde_json::Value::Bool(true) || self.presence == "true"
    }
}

fn decode(text: &str) -> Result<Vec<u8>, RemoteError> {
    BASE64
        .decode(text.as_bytes())
        .map_err(|_| RemoteError::Answer {
            what: "base64 that is none",
        })
}

impl RemoteService for Csc {
    fn credential(&self) -> &Credential {
        &self.credential
    }

    fn answers_at_once(&self) -> bool {
        true
    }

    fn order(&self, order: &Order<'_>) -> Result<Answer, RemoteError> {
        let unsayable = |_| RemoteError::Answer {
            what: "an algorithm that cannot be named",
        };
        let algorithm = cms::signature_identifier(order.algorithm).map_err(unsayable)?;
        // Only PSS has parameters that say something.
        let parameters = algorithm
            .parameters
            .filter(|parameters| !parameters.value().is_empty())
            .map(|parameters| parameters.to_der())
            .transpose()
            .map_err(unsayable)?;
        let hash = BASE64.encode(order.hash);
        let sad = self.authorize(&hash)?;
        let request = SignHashRequest {
            credential_id: &self.credential_id,
            sad: sad.reveal(),
            hash: [&hash],
            hash_algo: cms::digest_identifier(order.algorithm.hash).oid.to_string(),
            sign_algo: algorithm.oid.to_string(),
            sign_algo_params: parameters.map(|der| BASE64.encode(&der)),
        };
        let answer: SignHashAnswer = self.call("signatures/signHash", &request, BOUNDS)?;
        match answer.signatures.as_slice() {
            [signature] => Ok(Answer::Signed(SignedValue::Raw(decode(signature)?))),
            _ => Err(RemoteError::Answer {
                what: "not one signature",
            }),
        }
    }

    fn ask_after(&self, _: &str, _: Option<&str>) -> Result<Answer, RemoteError> {
        Ok(Answer::Unknown)
    }
}

//! What a module's tokens hold, for people: `sohoa doctor --token`. Nobody is logged in unless asked to.

use std::path::{Path, PathBuf};

use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};
use data_encoding::HEXLOWER;
use der::Decode;
use jiff::Timestamp;
use serde::Serialize;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::time::Time;

use super::module::Module;
use super::objects::{self, Held};
use super::session::{Care, Identity, Tokens, check_flags, pin_state};
use super::{PinState, TokenError};
use crate::record::Sha256Digest;
use crate::sign::SignError;
use crate::sign::keys::secret::{PinSource, SecretKind, SecretRequest};

const SECONDS_A_DAY: i64 = 86_400;

/// One token.
#[derive(Debug, Clone, Serialize)]
pub struct TokenReport {
    /// The PKCS#11 module.
    pub module: PathBuf,
    /// Number of the slot.
    pub slot: u64,
    /// `token_label` in the configuration.
    pub label: String,
    /// `token_serial` in the configuration.
    pub serial: String,
    /// Who made it.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// What its flags say of the PIN.
    pub pin: PinState,
    /// Whether the keys were looked at too, logged in.
    pub logged_in: bool,
    /// The mechanisms that sohoa signs with, of those that the token offers.
    pub mechanisms: Vec<&'static str>,
    /// Whether RSA keys can sign with PSS here.
    pub rsa_pss: bool,
    /// Its certificates.
    pub certificates: Vec<HeldCertificate>,
    /// `CKA_ID`s, hexadecimal, of keys without a certificate; known only when logged in.
    pub keys_without_certificate: Vec<String>,
}

/// A certificate on a token.
#[derive(Debug, Clone, Serialize)]
pub struct HeldCertificate {
    /// `CKA_ID`, hexadecimal; `key_id` in the configuration.
    pub key_id: String,
    /// Subject.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// SHA-256 of the DER.
    pub sha256: Sha256Digest,
    /// Start of its validity.
    pub not_before: Timestamp,
    /// End of its validity.
    pub not_after: Timestamp,
    /// Whole days until then; negative afterwards.
    pub days_left: i64,
    /// Key usages, named as in RFC 5280 §4.2.1.3; empty where there are none.
    pub key_usage: Vec<&'static str>,
    /// Whether it belongs to an authority.
    pub is_authority: bool,
    /// What is known of its key.
    pub key: KeyState,
}

/// What is known of a certificate's key on the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It is there.
    Fits,
    /// The key with its `CKA_ID` is another one.
    OtherKey,
    /// There is none.
    Missing,
    /// Not known without a login.
    Unknown,
}

/// All tokens behind a module. With `login`, each that wants a PIN is logged in to, after the person was
/// asked for it; a right PIN clears the mark that a wrong one left.
///
/// # Errors
/// [`SignError::Token`] where the module does not work, or a token rejects its PIN; [`SignError::Secret`].
pub fn inspect(
    module: &Path,
    login: Option<&dyn PinSource>,
    at: Timestamp,
) -> Result<Vec<TokenReport>, SignError> {
    let module = Module::at(module)?;
    let tokens = module.ask(|tokens| {
        let present = tokens.present()?.into_iter();
        Ok(present
            .map(|(slot, info)| (slot, Identity::of(&info)))
            .collect::<Vec<_>>())
    })?;
    let mut reports = Vec::new();
    for (slot, token) in tokens {
        let entered = match login {
            Some(person) => log_in(&module, slot, &token, person)?,
            None => false,
        };
        let path = module.path().to_owned();
        let looked = token.clone();
        let report = module.ask(move |tokens| report(tokens, path, slot, &looked, entered, at));
        if entered {
            module.tell(move |tokens| tokens.leave(&token));
        }
        reports.push(report?);
    }
    Ok(reports)
}

/// `false` where the token wants no login.
fn log_in(
    module: &Module,
    slot: Slot,
    token: &Identity,
    person: &dyn PinSource,
) -> Result<bool, SignError> {
    let info = module.ask(move |tokens| Ok(tokens.context()?.get_token_info(slot)?))?;
    if !info.login_required() {
        return Ok(false);
    }
    check_flags(&info, Care::Person)?;
    let request = SecretRequest {
        key: &token.label,
        kind: SecretKind::Pin,
        token: Some(&token.serial),
    };
    let pin = if info.protected_authentication_path() {
        None
    } else {
        Some(person.ask(&request)?)
    };
    let entering = token.clone();
    module.ask(move |tokens| tokens.enter(&entering, pin.as_ref(), Care::Person))?;
    Ok(true)
}

fn report(
    tokens: &mut Tokens,
    module: PathBuf,
    slot: Slot,
    token: &Identity,
    logged_in: bool,
    at: Timestamp,
) -> Result<TokenReport, TokenError> {
    let info: TokenInfo = tokens.context()?.get_token_info(slot)?;
    let offered = tokens.offered(token)?;
    let (certificates, keys_without_certificate) =
        tokens.look(slot, |session| objects_of(session, logged_in, at))?;
    Ok(TokenReport {
        module,
        slot: slot.id(),
        label: token.label.clone(),
        serial: token.serial.clone(),
        manufacturer: info.manufacturer_id().to_owned(),
        model: info.model().to_owned(),
        pin: pin_state(&info),
        logged_in,
        mechanisms: offered.names(),
        rsa_pss: offered.rsa_pss,
        certificates,
        keys_without_certificate,
    })
}

fn objects_of(
    session: &Session,
    logged_in: bool,
    at: Timestamp,
) -> Result<(Vec<HeldCertificate>, Vec<String>), TokenError> {
    let held = objects::certificates(session)?;
    let keys = objects::private_key_ids(session)?;
    let mut certificates = Vec::new();
    for one in &held {
        let key = match (objects::belongs(session, one)?, keys.contains(&one.id)) {
            (Some(false), _) => KeyState::OtherKey,
            (Some(true), _) | (None, true) if !logged_in || keys.contains(&one.id) => {
                KeyState::Fits
            }
            (_, false) if logged_in => KeyState::Missing,
            _ => KeyState::Unknown,
        };
        certificates.extend(described(one, key, at));
    }
    let alone = keys
        .iter()
        .filter(|id| !held.iter().any(|held| held.id == **id));
    let alone = alone.map(|id| HEXLOWER.encode(id)).collect();
    Ok((certificates, alone))
}

/// `None` for what is no certificate.
fn described(held: &Held, key: KeyState, at: Timestamp) -> Option<HeldCertificate> {
    let certificate = CertificateInner::<Raw>::from_der(&held.der).ok()?;
    let fields = certificate.tbs_certificate();
    let not_after = instant(&fields.validity().not_after);
    let usage = fields.get_extension::<KeyUsage>().ok().flatten();
    let authority = fields.get_extension::<BasicConstraints>().ok().flatten();
    Some(HeldCertificate {
        key_id: HEXLOWER.encode(&held.id),
        subject: fields.subject().to_string(),
        issuer: fields.issuer().to_string(),
        sha256: Sha256Digest::of(&held.der),
        not_before: instant(&fields.validity().not_before),
        not_after,
        days_left: (not_after.as_second() - at.as_second()).div_euclid(SECONDS_A_DAY),
        key_usage: usage.map_or_else(Vec::new, |(_, usage)| names(usage)),
        is_authority: authority.is_some_and(|(_, authority)| authority.ca),
        key,
    })
}

fn names(usage: KeyUsage) -> Vec<&'static str> {
    let all = [
        (KeyUsages::DigitalSignature, "digitalSignature"),
        (KeyUsages::NonRepudiation, "nonRepudiation"),
        (KeyUsages::KeyEncipherment, "keyEncipherment"),
        (KeyUsages::DataEncipherment, "dataEncipherment"),
        (KeyUsages::KeyAgreement, "keyAgreement"),
        (KeyUsages::KeyCertSign, "keyCertSign"),
        (KeyUsages::CRLSign, "cRLSign"),
    ];
    let set = all.into_iter().filter(|(bit, _)| usage.0.contains(*bit));
    set.map(|(_, name)| name).collect()
}

fn instant(time: &Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

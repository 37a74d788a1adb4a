//! What a signing certificate says about itself: names, validity, key usage, kind of key.
//!
//! No path is built and no revocation asked: that is validation, not signing.

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use super::SignError;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// The kind of key that a certificate certifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// RSA for any padding.
    Rsa,
    /// RSA for PSS only.
    RsaPssOnly,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

/// A parsed certificate.
#[derive(Debug, Clone)]
pub(super) struct Certificate(CertificateInner<Raw>);

impl Certificate {
    /// Parses DER.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, SignError> {
        CertificateInner::from_der(der)
            .map(Self)
            .map_err(|_| SignError::Certificate {
                what: "not an X.509 certificate",
            })
    }

    /// Refuses a certificate that must not sign at this time (EN 319 412-2, 4.3.2 asks for a key usage).
    pub(super) fn check(&self, at: Timestamp) -> Result<(), SignError> {
        let validity = self.0.tbs_certificate().validity();
        let (not_before, not_after) = (instant(&validity.not_before), instant(&validity.not_after));
        if at < not_before {
            return Err(SignError::NotYetValid { not_before });
        }
        if at > not_after {
            return Err(SignError::Expired { not_after });
        }
        match self.0.tbs_certificate().get_extension::<KeyUsage>() {
            Ok(Some((_, usage))) if usage.digital_signature() || usage.non_repudiation() => Ok(()),
            Ok(_) => Err(SignError::KeyUsage),
            Err(_) => Err(SignError::Certificate {
                what: "key usage is not readable",
            }),
        }
    }

    /// Subject, as RFC 4514 writes it.
    pub(super) fn subject(&self) -> String {
        self.0.tbs_certificate().subject().to_string()
    }

    /// Issuer, as it stands.
    pub(super) fn issuer(&self) -> Name {
        self.0.tbs_certificate().issuer().clone()
    }

    /// Serial number, as it stands.
    pub(super) fn serial_number(&self) -> SerialNumber<Raw> {
        self.0.tbs_certificate().serial_number().clone()
    }

    /// Which key it certifies.
    pub(super) fn key_kind(&self) -> Result<KeyKind, SignError> {
        let algorithm = &self.0.tbs_certificate().subject_public_key_info().algorithm;
        let curve = algorithm
            .parameters
            .as_ref()
            .and_then(|parameters| ObjectIdentifier::from_der(&parameters.to_der().ok()?).ok());
        match (algorithm.oid, curve) {
            (RSA_ENCRYPTION, _) => Ok(KeyKind::Rsa),
            (RSASSA_PSS, _) => Ok(KeyKind::RsaPssOnly),
            (EC_PUBLIC_KEY, Some(SECP256R1)) => Ok(KeyKind::P256),
            (EC_PUBLIC_KEY, Some(SECP384R1)) => Ok(KeyKind::P384),
            _ => Err(SignError::KeyKind),
        }
    }

    /// The key itself: PKCS#1 `RSAPublicKey` or an uncompressed point.
    pub(super) fn public_key(&self) -> Option<&[u8]> {
        self.0
            .tbs_certificate()
            .subject_public_key_info()
            .subject_public_key
            .as_bytes()
    }
}

fn instant(time: &Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

//! What a signing certificate says about itself: names, validity, key usage, kind of key.
//!
//! No path is built and no revocation asked: that is validation, not signing.

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use super::SignError;
use super::asn1::{INTEGER, SEQUENCE, Values};
use super::oid;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

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
        let (not_before, not_after) = self.validity();
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

    /// Content of the serial number's INTEGER.
    pub(super) fn serial_bytes(&self) -> Vec<u8> {
        self.serial_number().as_bytes().to_vec()
    }

    /// Name of the subject, as it stands.
    pub(super) fn subject_name(&self) -> Name {
        self.0.tbs_certificate().subject().clone()
    }

    /// Whether it names itself as its issuer: the end of a path.
    pub(super) fn is_self_issued(&self) -> bool {
        let certificate = self.0.tbs_certificate();
        certificate.subject() == certificate.issuer()
    }

    /// Start and end of its validity.
    pub(super) fn validity(&self) -> (Timestamp, Timestamp) {
        let validity = self.0.tbs_certificate().validity();
        (instant(&validity.not_before), instant(&validity.not_after))
    }

    /// The subject key identifier, where it has one.
    pub(super) fn key_identifier(&self) -> Option<Vec<u8>> {
        let extension = self.0.tbs_certificate().get_extension();
        let (_, identifier): (bool, SubjectKeyIdentifier) = extension.ok()??;
        Some(identifier.0.as_bytes().to_vec())
    }

    /// The key identifier of the issuer's key, where it names one.
    pub(super) fn issuer_key_identifier(&self) -> Option<Vec<u8>> {
        let extension = self.0.tbs_certificate().get_extension();
        let (_, identifier): (bool, AuthorityKeyIdentifier) = extension.ok()??;
        Some(identifier.key_identifier?.as_bytes().to_vec())
    }

    /// Whether it may sign timestamps and nothing else (RFC 3161, 2.3).
    pub(super) fn is_for_timestamps(&self) -> bool {
        let extension = self.0.tbs_certificate().get_extension::<ExtendedKeyUsage>();
        matches!(extension, Ok(Some((true, ExtendedKeyUsage(usages)))) if usages == [TIME_STAMPING])
    }

    /// Bits of an RSA modulus; `None` for other keys.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        if !matches!(self.key_kind(), Ok(KeyKind::Rsa | KeyKind::RsaPssOnly)) {
            return None;
        }
        let modulus = Values::of(self.public_key()?)
            .inside(SEQUENCE)?
            .take(INTEGER)?;
        let digits = modulus.iter().skip_while(|&&digit| digit == 0);
        let leading = usize::try_from(digits.clone().next()?.leading_zeros()).ok()?;
        Some(digits.count() * 8 - leading)
    }

    /// Which key it certifies.
    pub(super) fn key_kind(&self) -> Result<KeyKind, SignError> {
        let algorithm = &self.0.tbs_certificate().subject_public_key_info().algorithm;
        let curve = algorithm
            .parameters
            .as_ref()
            .and_then(|parameters| ObjectIdentifier::from_der(&parameters.to_der().ok()?).ok());
        match (algorithm.oid, curve) {
            (oid::RSA_ENCRYPTION, _) => Ok(KeyKind::Rsa),
            (oid::RSASSA_PSS, _) => Ok(KeyKind::RsaPssOnly),
            (oid::EC_PUBLIC_KEY, Some(oid::SECP256R1)) => Ok(KeyKind::P256),
            (oid::EC_PUBLIC_KEY, Some(oid::SECP384R1)) => Ok(KeyKind::P384),
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

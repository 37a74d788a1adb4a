//! An X.509 certificate (RFC 5280 §4) with what paths and revocation ask of it.
//!
//! It is kept byte for byte as it came. Nothing here says whether it is to be believed.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use certval::compare_names;
use der::asn1::{Any, ObjectIdentifier};
use der::{Decode, Header, Reader, SliceReader, Tag, Tagged};
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use super::signature::{self, SignatureFault};
use crate::record::Sha256Digest;

/// Certificates are one or two kilobytes; those with long lists of names a few more.
const BYTES_MAX: usize = 128 * 1024;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");

/// A certificate; cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    /// Where in `der` the signed part is.
    signed: std::ops::Range<usize>,
    inner: CertificateInner<Raw>,
    fingerprint: Sha256Digest,
}

impl Certificate {
    /// Parses DER; `None` for what is no certificate, or one of more than 128 KiB.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        if der.len() > BYTES_MAX {
            return None;
        }
        let inner = CertificateInner::from_der(der).ok()?;
        Some(Self(Arc::new(Parsed {
            der: der.to_vec(),
            signed: signed_part(der)?,
            inner,
            fingerprint: Sha256Digest::of(der),
        })))
    }

    /// The bytes, as they came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn fingerprint(&self) -> Sha256Digest {
        self.0.fingerprint
    }

    /// SHA-1 of the bytes, lower-case hexadecimal: what older lists of certificates print.
    #[must_use]
    pub fn sha1_fingerprint(&self) -> String {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.0.der);
        data_encoding::HEXLOWER.encode(digest.as_ref())
    }

    /// Subject, as RFC 4514 writes it. It may name a person: for screens, not for logs.
    #[must_use]
    pub fn subject(&self) -> String {
        self.subject_name().to_string()
    }

    /// Issuer, as RFC 4514 writes it.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer_name().to_string()
    }

    /// The subject's values of one attribute, as they stand in the name. They may name a person.
    #[must_use]
    pub fn subject_values(&self, attribute: NameAttribute) -> Vec<String> {
        values_of(self.subject_name(), attribute)
    }

    /// The issuer's values of one attribute, as they stand in the name.
    #[must_use]
    pub fn issuer_values(&self, attribute: NameAttribute) -> Vec<String> {
        values_of(self.issuer_name(), attribute)
    }

    /// Serial number, upper-case hexadecimal.
    #[must_use]
    pub fn serial(&self) -> String {
        data_encoding::HEXUPPER.encode(self.serial_number().as_bytes())
    }

    /// Start of validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        instant(&self.0.inner.tbs_certificate().validity().not_before)
    }

    /// End of validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        instant(&self.0.inner.tbs_certificate().validity().not_after)
    }

    /// Whether it may sign certificates: `cA` is set, and the key usage, where there is one, allows it.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        let constraints = self.extension::<BasicConstraints>();
        constraints.is_some_and(|basic| basic.ca)
            && self.key_usage().is_none_or(|usage| usage.key_cert_sign())
    }

    /// Whether subject and issuer are the same.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        compare_names(self.subject_name(), self.issuer_name())
    }

    /// Whether the subject of `issuer` is the issuer of this.
    #[must_use]
    pub fn names_as_issuer(&self, issuer: &Certificate) -> bool {
        compare_names(self.issuer_name(), issuer.subject_name())
    }

    /// Whether this was signed by the key of `issuer`. Names and rights are not looked at.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), SignatureFault> {
        self.verify_by_key(issuer.key(), signature::verify)
    }

    /// Whether a self-signed certificate is whole. SHA-1 passes: nobody relies on a root's own signature.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify_own_signature(&self) -> Result<(), SignatureFault> {
        self.verify_by_key(self.key(), signature::verify_of_root)
    }

    fn verify_by_key(
        &self,
        key: &SubjectPublicKeyInfoOwned,
        verify: signature::Verify,
    ) -> Result<(), SignatureFault> {
        let signed = self.0.der.get(self.0.signed.clone()).unwrap_or_default();
        let (inner, tbs) = (&self.0.inner, self.0.inner.tbs_certificate());
        if inner.signature_algorithm() != tbs.signature() {
            return Err(SignatureFault::Mismatch);
        }
        let value = inner.signature().as_bytes().unwrap_or_default();
        verify(key, tbs.signature(), signed, value)
    }

    /// Whether its own key is strong enough.
    ///
    /// # Errors
    /// [`SignatureFault::WeakKey`].
    pub fn check_key(&self) -> Result<(), SignatureFault> {
        signature::check_strength(self.key())
    }

    pub(super) fn key(&self) -> &SubjectPublicKeyInfoOwned {
        self.0.inner.tbs_certificate().subject_public_key_info()
    }

    pub(super) fn subject_name(&self) -> &Name {
        self.0.inner.tbs_certificate().subject()
    }

    pub(super) fn issuer_name(&self) -> &Name {
        self.0.inner.tbs_certificate().issuer()
    }

    pub(super) fn serial_number(&self) -> &SerialNumber<Raw> {
        self.0.inner.tbs_certificate().serial_number()
    }

    pub(super) fn has_extended_key_usage(&self, purpose: ObjectIdentifier) -> bool {
        let usage = self.extension::<ExtendedKeyUsage>();
        usage.is_some_and(|usage| usage.0.contains(&purpose))
    }

    pub(super) fn has_extension(&self, kind: ObjectIdentifier) -> bool {
        let extensions = self.0.inner.tbs_certificate().extensions();
        extensions.is_some_and(|all| all.iter().any(|one| one.extn_id == kind))
    }

    pub(super) fn key_usage(&self) -> Option<KeyUsage> {
        self.extension()
    }

    /// Subject key identifier, where it has one.
    pub(super) fn key_identifier(&self) -> Option<Vec<u8>> {
        let own = self.extension::<SubjectKeyIdentifier>()?;
        Some(own.0.as_bytes().to_vec())
    }

    /// The key identifier of the issuer's key, where it names one.
    pub(super) fn issuer_key_identifier(&self) -> Option<Vec<u8>> {
        let of_issuer = self.extension::<AuthorityKeyIdentifier>()?;
        Some(of_issuer.key_identifier?.as_bytes().to_vec())
    }

    /// An extension; `None` too where it cannot be read: path validation refuses such a certificate.
    pub(super) fn extension<'a, T>(&'a self) -> Option<T>
    where
        T: Decode<'a, Error = der::Error> + der::oid::AssociatedOid,
    {
        let extensions = self.0.inner.tbs_certificate().extensions()?;
        let found = extensions.iter().find(|one| one.extn_id == T::OID)?;
        T::from_der(found.extn_value.as_bytes()).ok()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.fingerprint == other.0.fingerprint
    }
}

impl Eq for Certificate {}

/// Without names: it may be a person's.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate")
            .field(&self.0.fingerprint)
            .finish()
    }
}

/// A part of a name that people read (RFC 4519 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameAttribute {
    /// `CN`.
    CommonName,
    /// `O`.
    Organisation,
    /// `OU`.
    Unit,
}

fn values_of(name: &Name, attribute: NameAttribute) -> Vec<String> {
    let kind = match attribute {
        NameAttribute::CommonName => COMMON_NAME,
        NameAttribute::Organisation => ORGANISATION,
        NameAttribute::Unit => UNIT,
    };
    let values = name.iter_rdn().flat_map(|part| part.iter());
    let values = values.filter(|value| value.oid == kind);
    values.filter_map(|value| text_of(&value.value)).collect()
}

/// `DirectoryString` (RFC 5280 §4.1.2.4) as text.
fn text_of(value: &Any) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        // T.61 was in practice always Latin-1.
        Tag::TeletexString => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        _ => None,
    }
}

/// The range of `tbsCertificate`: the first element of the outer sequence, header included.
fn signed_part(der: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut reader = SliceReader::new(der).ok()?;
    let _outer = Header::decode(&mut reader).ok()?;
    let start = usize::try_from(reader.position()).ok()?;
    let length = reader.tlv_bytes().ok()?.len();
    Some(start..start + length)
}

/// A time of a certificate or CRL.
pub(super) fn instant(time: &Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

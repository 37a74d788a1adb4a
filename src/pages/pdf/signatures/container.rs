//! Who signed, by the certificate in a signature's container: CMS `SignedData` (RFC 5652), BER as signers write
//! it, or a bare certificate.

use std::fmt::Write;

use der::Decode;
use x509_cert::name::Name;
use x509_parser::asn1_rs::{Any, Class, FromBer, Oid, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use crate::record::Sha256Digest;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// Certificates of a container that are looked at.
const CERTIFICATES_MAX: usize = 256;
/// Bytes of a name as text.
const NAME_BYTES_MAX: usize = 4096;

/// What a container says; what cannot be read is absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) signer: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) certificate_sha256: Option<Sha256Digest>,
    pub(super) digest_algorithm: Option<String>,
}

impl Container {
    /// Reads a CMS container; zeros behind it are padding.
    pub(super) fn of_cms(contents: &[u8], sub_filter: Option<&str>) -> Self {
        let Some(signed) = SignedData::parse(contents) else {
            return Self::default();
        };
        let digest_algorithm = match sub_filter {
            // The container signs a digest of the file, which is always this one.
            Some("adbe.pkcs7.sha1") => Some("SHA-1".to_owned()),
            _ => signed.digest_algorithm.as_deref().map(digest_name),
        };
        Self {
            digest_algorithm,
            ..Self::of_certificate(signed.certificate())
        }
    }

    /// Reads a certificate alone; its container is a bare signature value, which names no digest.
    pub(super) fn of_certificate(der: Option<&[u8]>) -> Self {
        let parsed = der.and_then(|der| {
            let (rest, certificate) = X509Certificate::from_der(der).ok()?;
            let own = der.get(..der.len().checked_sub(rest.len())?)?;
            Some((own, certificate))
        });
        let Some((own, certificate)) = parsed else {
            return Self::default();
        };
        Self {
            signer: name_text(certificate.subject().as_raw()),
            issuer: name_text(certificate.issuer().as_raw()),
            certificate_sha256: Some(Sha256Digest::of(own)),
            digest_algorithm: None,
        }
    }
}

/// A name as RFC 4514 writes it.
fn name_text(der: &[u8]) -> Option<String> {
    let name = Name::from_der(der).ok()?;
    let mut text = String::new();
    write!(text, "{name}").ok()?;
    (text.len() <= NAME_BYTES_MAX).then_some(text)
}

fn digest_name(oid: &str) -> String {
    match oid {
        "1.2.840.113549.2.5" => "MD5",
        "1.3.14.3.2.26" => "SHA-1",
        "1.3.36.3.2.1" => "RIPEMD-160",
        "2.16.840.1.101.3.4.2.4" => "SHA-224",
        "2.16.840.1.101.3.4.2.1" => "SHA-256",
        "2.16.840.1.101.3.4.2.2" => "SHA-384",
        "2.16.840.1.101.3.4.2.3" => "SHA-512",
        "2.16.840.1.101.3.4.2.8" => "SHA3-256",
        "2.16.840.1.101.3.4.2.9" => "SHA3-384",
        "2.16.840.1.101.3.4.2.10" => "SHA3-512",
        "2.16.840.1.101.3.4.2.12" => "SHAKE256",
        other => other,
    }
    .to_owned()
}

/// Values one after another.
#[derive(Clone, Copy)]
struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    /// The next value, and its bytes with its head.
    fn next(&mut self) -> Option<(Any<'a>, &'a [u8])> {
        let (rest, value) = Any::from_ber(self.0).ok()?;
        let length = self.0.len().checked_sub(rest.len())?;
        let whole = self.0.get(..length)?;
        self.0 = rest;
        Some((value, whole))
    }

    fn universal(&mut self, tag: Tag) -> Option<&'a [u8]> {
        let (value, _) = self.next()?;
        (value.class() == Class::Universal && value.tag() == tag).then_some(value.data)
    }

    fn sequence(&mut self) -> Option<Self> {
        self.universal(Tag::Sequence).map(Self)
    }

    fn set(&mut self) -> Option<Self> {
        self.universal(Tag::Set).map(Self)
    }

    fn oid(&mut self) -> Option<String> {
        let content = self.universal(Tag::Oid)?;
        (1..=64)
            .contains(&content.len())
            .then(|| Oid::new(content.into()).to_id_string())
    }

    /// The content of a context-specific value with this tag, if one is next.
    fn tagged(&mut self, tag: u32) -> Option<Self> {
        let mut ahead = *self;
        let (value, _) = ahead.next()?;
        let is_it = value.class() == Class::ContextSpecific && value.tag() == Tag(tag);
        is_it.then(|| {
            *self = ahead;
            Self(value.data)
        })
    }
}

/// Whom a `SignerInfo` names.
enum SignerIdentifier<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

/// What of `SignedData` tells the signer.
struct SignedData<'a> {
    certificates: Values<'a>,
    signer: SignerIdentifier<'a>,
    digest_algorithm: Option<String>,
}

impl<'a> SignedData<'a> {
    fn parse(contents: &'a [u8]) -> Option<Self> {
        let mut info = Values(contents).sequence()?;
        if info.oid()? != SIGNED_DATA {
            return None;
        }
        let mut data = info.tagged(0)?.sequence()?;
        data.universal(Tag::Integer)?;
        data.set()?;
        data.sequence()?;
        let certificates = data.tagged(0).unwrap_or(Values(&[]));
        let _revocations = data.tagged(1);
        // PDF allows one signer a container.
        let mut signer = data.set()?.sequence()?;
        signer.universal(Tag::Integer)?;
        let identifier = match signer.tagged(0) {
            Some(Values(key)) => SignerIdentifier::KeyIdentifier(key),
            None => {
                let mut identifier = signer.sequence()?;
                let (_, issuer) = identifier.next()?;
                let serial = identifier.universal(Tag::Integer)?;
                SignerIdentifier::IssuerAndSerial { issuer, serial }
            }
        };
        Some(Self {
            certificates,
            signer: identifier,
            digest_algorithm: signer.sequence().and_then(|mut algorithm| algorithm.oid()),
        })
    }

    /// The signer's certificate.
    fn certificate(&self) -> Option<&'a [u8]> {
        let mut certificates = self.certificates;
        (0..CERTIFICATES_MAX)
            .map_while(|_| certificates.next())
            .map(|(_, der)| der)
            .find(|der| self.names(der))
    }

    fn names(&self, der: &[u8]) -> bool {
        let Ok((_, certificate)) = X509Certificate::from_der(der) else {
            return false;
        };
        match self.signer {
            SignerIdentifier::IssuerAndSerial { issuer, serial } => {
                // Some signers write the issuer's strings as another type than the certificate has.
                let same_issuer = certificate.issuer().as_raw() == issuer
                    || name_text(issuer).is_some_and(|text| {
                        name_text(certificate.issuer().as_raw()).as_ref() == Some(&text)
                    });
                certificate.raw_serial() == serial && same_issuer
            }
            SignerIdentifier::KeyIdentifier(key) => {
                certificate.extensions().iter().any(|extension| {
                    matches!(extension.parsed_extension(),
                        ParsedExtension::SubjectKeyIdentifier(own) if own.0 == key)
                })
            }
        }
    }
}

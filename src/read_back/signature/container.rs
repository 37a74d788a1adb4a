//! The CMS container, walked value by value (RFC 5652) and verified.

use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid, Tag};
use x509_parser::certificate::X509Certificate;

use super::SignatureReadBackError;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const DATA: &str = "1.2.840.113549.1.7.1";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
/// The salt that goes with SHA-256 (RFC 4055).
const PSS_SALT: u32 = 32;

/// Digest of the signed ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DigestKind {
    Sha256,
    Sha384,
}

/// The signature algorithms of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    RsaPss,
    RsaPkcs1,
    EcdsaP256,
    EcdsaP384,
}

impl Algorithm {
    pub(super) fn name(self) -> &'static str {
        match self {
            Algorithm::RsaPss => "RSASSA-PSS-SHA256",
            Algorithm::RsaPkcs1 => "RSASSA-PKCS1-v1_5-SHA256",
            Algorithm::EcdsaP256 => "ECDSA-P256-SHA256",
            Algorithm::EcdsaP384 => "ECDSA-P384-SHA384",
        }
    }
}

/// The parts of a container with exactly one signer.
pub(super) struct Container<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) message_digest: &'a [u8],
    pub(super) certificate_hash: &'a [u8],
    /// The attributes as they were signed: tagged as a SET.
    signed: Vec<u8>,
    signature: &'a [u8],
    certificates: &'a [u8],
    issuer: &'a [u8],
    serial_number: &'a [u8],
}

type Outcome<T> = Result<T, SignatureReadBackError>;

fn wrong(what: &'static str) -> SignatureReadBackError {
    SignatureReadBackError::Container { what }
}

/// DER values one after the other.
struct Values<'a> {
    rest: &'a [u8],
    /// What is being read, for the error.
    what: &'static str,
}

impl<'a> Values<'a> {
    fn of(what: &'static str, rest: &'a [u8]) -> Self {
        Self { rest, what }
    }

    /// The next value and all its bytes.
    fn next(&mut self) -> Outcome<(Any<'a>, &'a [u8])> {
        let (rest, value) = Any::from_der(self.rest).map_err(|_| wrong(self.what))?;
        let length = self.rest.len() - rest.len();
        let whole = self.rest.get(..length).ok_or_else(|| wrong(self.what))?;
        self.rest = rest;
        Ok((value, whole))
    }

    fn expect(&mut self, class: Class, tag: u32) -> Outcome<&'a [u8]> {
        let (value, _) = self.next()?;
        if value.class() != class || value.tag() != Tag(tag) {
            return Err(wrong(self.what));
        }
        Ok(value.data)
    }

    fn universal(&mut self, tag: Tag) -> Outcome<&'a [u8]> {
        self.expect(Class::Universal, tag.0)
    }

    fn sequence(&mut self) -> Outcome<Values<'a>> {
        Ok(Self {
            rest: self.universal(Tag::Sequence)?,
            what: self.what,
        })
    }

    fn set(&mut self) -> Outcome<Values<'a>> {
        Ok(Self {
            rest: self.universal(Tag::Set)?,
            what: self.what,
        })
    }

    fn tagged(&mut self, tag: u32) -> Outcome<Values<'a>> {
        Ok(Self {
            rest: self.expect(Class::ContextSpecific, tag)?,
            what: self.what,
        })
    }

    fn oid(&mut self) -> Outcome<String> {
        let content = self.universal(Tag::Oid)?;
        Ok(Oid::new(content.into()).to_id_string())
    }

    fn next_is_tagged(&self, tag: u32) -> bool {
        Any::from_der(self.rest).is_ok_and(|(_, value)| {
            value.class() == Class::ContextSpecific && value.tag() == Tag(tag)
        })
    }

    fn end(&self) -> Outcome<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(wrong(self.what))
        }
    }
}

impl<'a> Container<'a> {
    /// Takes a container apart that zeros may follow.
    pub(super) fn parse(contents: &'a [u8]) -> Outcome<Self> {
        let mut outer = Values::of("ContentInfo", contents);
        let mut info = outer.sequence()?;
        if outer.rest.iter().any(|&byte| byte != 0) {
            return Err(wrong("padding"));
        }
        if info.oid()? != SIGNED_DATA {
            return Err(wrong("content type"));
        }
        let mut data = info.tagged(0)?.sequence()?;
        data.what = "SignedData";
        data.universal(Tag::Integer)?;
        data.set()?;
        let mut encapsulated = data.sequence()?;
        if encapsulated.oid()? != DATA || encapsulated.end().is_err() {
            return Err(wrong("encapsulated content"));
        }
        let certificates = data.tagged(0)?.rest;
        if data.next_is_tagged(1) {
            data.next()?;
        }
        let mut signers = data.set()?;
        data.end()?;
        let signer = signers.sequence()?;
        signers.end()?;
        Self::parse_signer(signer, certificates)
    }

    fn parse_signer(mut signer: Values<'a>, certificates: &'a [u8]) -> Outcome<Self> {
        signer.what = "SignerInfo";
        signer.universal(Tag::Integer)?;
        let mut identifier = signer.sequence()?;
        let (_, issuer) = identifier.next()?;
        let serial_number = identifier.universal(Tag::Integer)?;
        let digest = match signer.sequence()?.oid()?.as_str() {
            SHA256 => DigestKind::Sha256,
            SHA384 => DigestKind::Sha384,
            _ => return Err(wrong("digest algorithm")),
        };
        if !signer.next_is_tagged(0) {
            return Err(wrong("no signed attributes"));
        }
        let (attributes, whole) = signer.next()?;
        let mut signed = whole.to_vec();
        // Signed as a SET OF, stored under [0] (RFC 5652, 5.4).
        if let Some(tag) = signed.first_mut() {
            *tag = 0x31;
        }
        let attributes = Attributes::parse(attributes.data)?;
        let algorithm = parse_algorithm(signer.sequence()?, digest)?;
        let signature = signer.universal(Tag::OctetString)?;
        Ok(Self {
            algorithm,
            message_digest: attributes.message_digest,
            certificate_hash: attributes.certificate_hash,
            signed,
            signature,
            certificates,
            issuer,
            serial_number,
        })
    }

    /// Digest of the signed ranges.
    pub(super) fn digest(&self) -> DigestKind {
        match self.algorithm {
            Algorithm::RsaPss | Algorithm::RsaPkcs1 | Algorithm::EcdsaP256 => DigestKind::Sha256,
            Algorithm::EcdsaP384 => DigestKind::Sha384,
        }
    }

    /// The certificate that the signer names.
    pub(super) fn certificate(&self) -> Outcome<X509Certificate<'a>> {
        let mut certificates = Values::of("certificates", self.certificates);
        while certificates.end().is_err() {
            let (_, der) = certificates.next()?;
            let Ok((_, certificate)) = X509Certificate::from_der(der) else {
                continue;
            };
            if certificate.issuer().as_raw() == self.issuer
                && certificate.raw_serial() == self.serial_number
            {
                return Ok(certificate);
            }
        }
        Err(wrong("the signer's certificate is missing"))
    }

    /// Verifies the signature value over the signed attributes.
    pub(super) fn verify(&self, certificate: &X509Certificate<'_>) -> Outcome<()> {
        let key = certificate.public_key().subject_public_key.data.as_ref();
        let failed = |_| SignatureReadBackError::Signature;
        let rsa = || RsaPublicKey::from_pkcs1_der(key).map_err(|_| wrong("RSA key"));
        let digest = Sha256::digest(&self.signed);
        let ecdsa = |algorithm| {
            aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, key)
                .verify(&self.signed, self.signature)
                .map_err(|_| SignatureReadBackError::Signature)
        };
        match self.algorithm {
            Algorithm::RsaPss => rsa()?
                .verify(Pss::<Sha256>::new(), &digest, self.signature)
                .map_err(failed),
            Algorithm::RsaPkcs1 => rsa()?
                .verify(Pkcs1v15Sign::new::<Sha256>(), &digest, self.signature)
                .map_err(failed),
            Algorithm::EcdsaP256 => ecdsa(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1),
            Algorithm::EcdsaP384 => ecdsa(&aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1),
        }
    }
}

/// The signed attributes that PAdES B-B asks for.
struct Attributes<'a> {
    message_digest: &'a [u8],
    certificate_hash: &'a [u8],
}

impl<'a> Attributes<'a> {
    fn parse(bytes: &'a [u8]) -> Outcome<Self> {
        let (mut content_type, mut message_digest, mut certificate_hash) = (None, None, None);
        let mut attributes = Values::of("signed attributes", bytes);
        while attributes.end().is_err() {
            let mut attribute = attributes.sequence()?;
            let oid = attribute.oid()?;
            let mut values = attribute.set()?;
            let twice = match oid.as_str() {
                CONTENT_TYPE => content_type.replace(values.oid()?).is_some(),
                MESSAGE_DIGEST => message_digest
                    .replace(values.universal(Tag::OctetString)?)
                    .is_some(),
                SIGNING_CERTIFICATE_V2 => certificate_hash
                    .replace(first_certificate_hash(values)?)
                    .is_some(),
                // The claimed time is /M alone (EN 319 142-1, 6.3).
                SIGNING_TIME => return Err(wrong("signing-time")),
                _ => false,
            };
            if twice {
                return Err(wrong("an attribute twice"));
            }
        }
        match (content_type.as_deref(), message_digest, certificate_hash) {
            (Some(DATA), Some(message_digest), Some(certificate_hash)) => Ok(Self {
                message_digest,
                certificate_hash,
            }),
            _ => Err(wrong("an attribute is missing")),
        }
    }
}

/// The SHA-256 in the first ESSCertIDv2 (RFC 5035, 4).
fn first_certificate_hash<'a>(mut values: Values<'a>) -> Outcome<&'a [u8]> {
    values.what = "signing-certificate-v2";
    let mut id = values.sequence()?.sequence()?.sequence()?;
    let (first, _) = id.next()?;
    if first.class() == Class::Universal && first.tag() == Tag::OctetString {
        return Ok(first.data);
    }
    if Values::of(values.what, first.data).oid()? != SHA256 {
        return Err(wrong("signing-certificate-v2"));
    }
    id.universal(Tag::OctetString)
}

fn parse_algorithm(mut identifier: Values<'_>, digest: DigestKind) -> Outcome<Algorithm> {
    let oid = identifier.oid()?;
    match (oid.as_str(), digest) {
        (SHA256_WITH_RSA, DigestKind::Sha256) => Ok(Algorithm::RsaPkcs1),
        (ECDSA_SHA256, DigestKind::Sha256) => Ok(Algorithm::EcdsaP256),
        (ECDSA_SHA384, DigestKind::Sha384) => Ok(Algorithm::EcdsaP384),
        (RSASSA_PSS, DigestKind::Sha256) => {
            check_pss(identifier.sequence()?)?;
            Ok(Algorithm::RsaPss)
        }
        _ => Err(wrong("signature algorithm")),
    }
}

/// SHA-256, MGF1 with SHA-256, salt of 32 bytes; every default of RFC 4055 is SHA-1 and thus refused.
fn check_pss(mut parameters: Values<'_>) -> Outcome<()> {
    parameters.what = "PSS parameters";
    let hash = parameters.tagged(0)?.sequence()?.oid()?;
    let mut mask = parameters.tagged(1)?.sequence()?;
    let (function, mask_hash) = (mask.oid()?, mask.sequence()?.oid()?);
    let salt = parameters.tagged(2)?.universal(Tag::Integer)?;
    let salt = salt
        .iter()
        .fold(0u32, |salt, &byte| salt << 8 | u32::from(byte));
    let known = hash == SHA256 && function == MGF1 && mask_hash == SHA256 && salt == PSS_SALT;
    known.then_some(()).ok_or_else(|| wrong("PSS parameters"))
}

//! The CMS container, walked value by value (RFC 5652) and verified.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, UnparsedPublicKey,
};
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::{Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::{Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid, Tag};
use x509_parser::certificate::X509Certificate;

use super::SignatureReadBackError;
use super::field::Kind;
use crate::record::Hash;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const DATA: &str = "1.2.840.113549.1.7.1";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const TIMESTAMP_TOKEN: &str = "1.2.840.113549.1.9.16.2.14";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
const SHA512: &str = "2.16.840.1.101.3.4.2.3";
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const SHA256_WITH_RSA: &str = "1.2.840.113549.1.1.11";
const SHA384_WITH_RSA: &str = "1.2.840.113549.1.1.12";
const SHA512_WITH_RSA: &str = "1.2.840.113549.1.1.13";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
const ECDSA_SHA512: &str = "1.2.840.10045.4.3.4";
const SECP256R1: &str = "1.2.840.10045.3.1.7";
const SECP384R1: &str = "1.3.132.0.34";
/// The signature schemes of this program, as a container names them: the curve is the certificate's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    RsaPss,
    RsaPkcs1,
    Ecdsa,
}

/// The parts of a container with exactly one signer.
pub(super) struct Container<'a> {
    scheme: Scheme,
    /// Of the signed ranges and of the attributes.
    pub(super) hash: Hash,
    pub(super) message_digest: &'a [u8],
    /// Of the certificate in a signature; what a timestamp's authority says of its own is not asked.
    pub(super) certificate_hash: Option<&'a [u8]>,
    /// `TSTInfo`, of a timestamp.
    pub(super) content: Option<&'a [u8]>,
    /// The timestamp inside a signature.
    pub(super) timestamp: Option<&'a [u8]>,
    /// The attributes as they were signed: tagged as a SET.
    signed: Vec<u8>,
    pub(super) signature: &'a [u8],
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
    /// Takes the container of a signature apart; zeros may follow it.
    pub(super) fn parse(contents: &'a [u8]) -> Outcome<Self> {
        Self::parse_as(Kind::Signature, contents)
    }

    /// Takes the container of a signature or of a timestamp apart.
    pub(super) fn parse_as(kind: Kind, contents: &'a [u8]) -> Outcome<Self> {
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
        let content = match (kind, encapsulated.oid()?.as_str()) {
            (Kind::Signature, DATA) => None,
            (Kind::Timestamp, TST_INFO) => {
                Some(encapsulated.tagged(0)?.universal(Tag::OctetString)?)
            }
            _ => return Err(wrong("encapsulated content")),
        };
        if encapsulated.end().is_err() {
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
        let container = Self::parse_signer(kind, signer, certificates)?;
        Ok(Self {
            content,
            ..container
        })
    }

    fn parse_signer(kind: Kind, mut signer: Values<'a>, certificates: &'a [u8]) -> Outcome<Self> {
        signer.what = "SignerInfo";
        signer.universal(Tag::Integer)?;
        let mut identifier = signer.sequence()?;
        let (_, issuer) = identifier.next()?;
        let serial_number = identifier.universal(Tag::Integer)?;
        let hash = hash_of(&signer.sequence()?.oid()?).ok_or_else(|| wrong("digest algorithm"))?;
        if !signer.next_is_tagged(0) {
            return Err(wrong("no signed attributes"));
        }
        let (attributes, whole) = signer.next()?;
        let mut signed = whole.to_vec();
        // Signed as a SET OF, stored under [0] (RFC 5652, 5.4).
        if let Some(tag) = signed.first_mut() {
            *tag = 0x31;
        }
        let attributes = Attributes::parse(kind, attributes.data)?;
        let scheme = parse_algorithm(signer.sequence()?, hash)?;
        let signature = signer.universal(Tag::OctetString)?;
        let timestamp = if signer.next_is_tagged(1) {
            timestamp_in(signer.tagged(1)?)?
        } else {
            None
        };
        Ok(Self {
            scheme,
            hash,
            message_digest: attributes.message_digest,
            certificate_hash: attributes.certificate_hash,
            content: None,
            timestamp,
            signed,
            signature,
            certificates,
            issuer,
            serial_number,
        })
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

    /// Verifies the signature value over the signed attributes; gives the algorithm's name, as
    /// [`crate::record::SignatureRecord`] has it.
    pub(super) fn verify(&self, certificate: &X509Certificate<'_>) -> Outcome<String> {
        let key = certificate.public_key().subject_public_key.data.as_ref();
        let family = match self.scheme {
            Scheme::RsaPss | Scheme::RsaPkcs1 => {
                let key = RsaPublicKey::from_pkcs1_der(key).map_err(|_| wrong("RSA key"))?;
                self.verify_rsa(&key)
                    .map_err(|_| SignatureReadBackError::Signature)?;
                match self.scheme {
                    Scheme::RsaPss => "RSASSA-PSS",
                    _ => "RSASSA-PKCS1-v1_5",
                }
            }
            Scheme::Ecdsa => self.verify_ecdsa(certificate, key)?,
        };
        Ok(format!("{family}-{}", self.hash.name().replace('-', "")))
    }

    fn verify_rsa(&self, key: &RsaPublicKey) -> rsa::Result<()> {
        let digest = self.hash.digest(&self.signed);
        let (digest, value) = (digest.as_slice(), self.signature);
        match (self.scheme, self.hash) {
            (Scheme::RsaPss, Hash::Sha256) => key.verify(Pss::<Sha256>::new(), digest, value),
            (Scheme::RsaPss, Hash::Sha384) => key.verify(Pss::<Sha384>::new(), digest, value),
            (Scheme::RsaPss, Hash::Sha512) => key.verify(Pss::<Sha512>::new(), digest, value),
            (_, Hash::Sha256) => key.verify(Pkcs1v15Sign::new::<Sha256>(), digest, value),
            (_, Hash::Sha384) => key.verify(Pkcs1v15Sign::new::<Sha384>(), digest, value),
            (_, Hash::Sha512) => key.verify(Pkcs1v15Sign::new::<Sha512>(), digest, value),
        }
    }

    /// Gives the curve's name.
    fn verify_ecdsa(&self, certificate: &X509Certificate<'_>, key: &[u8]) -> Outcome<&'static str> {
        let parameters = certificate.public_key().algorithm.parameters.as_ref();
        let curve = parameters
            .and_then(|curve| curve.as_oid().ok())
            .map(|curve| curve.to_id_string());
        let (name, algorithm) = match (curve.as_deref(), self.hash) {
            (Some(SECP256R1), Hash::Sha256) => ("ECDSA-P256", &ECDSA_P256_SHA256_ASN1),
            (Some(SECP256R1), Hash::Sha384) => ("ECDSA-P256", &ECDSA_P256_SHA384_ASN1),
            (Some(SECP256R1), Hash::Sha512) => ("ECDSA-P256", &ECDSA_P256_SHA512_ASN1),
            (Some(SECP384R1), Hash::Sha256) => ("ECDSA-P384", &ECDSA_P384_SHA256_ASN1),
            (Some(SECP384R1), Hash::Sha384) => ("ECDSA-P384", &ECDSA_P384_SHA384_ASN1),
            (Some(SECP384R1), Hash::Sha512) => ("ECDSA-P384", &ECDSA_P384_SHA512_ASN1),
            _ => return Err(wrong("curve")),
        };
        UnparsedPublicKey::new(algorithm, key)
            .verify(&self.signed, self.signature)
            .map_err(|_| SignatureReadBackError::Signature)?;
        Ok(name)
    }
}

/// The signed attributes that PAdES B-B asks for.
struct Attributes<'a> {
    message_digest: &'a [u8],
    certificate_hash: Option<&'a [u8]>,
}

impl<'a> Attributes<'a> {
    fn parse(kind: Kind, bytes: &'a [u8]) -> Outcome<Self> {
        let (mut content_type, mut message_digest, mut certificate_hash) = (None, None, None);
        let mut attributes = Values::of("signed attributes", bytes);
        while attributes.end().is_err() {
            let mut attribute = attributes.sequence()?;
            let oid = attribute.oid()?;
            let mut values = attribute.set()?;
            let twice = match oid.as_str() {
                SIGNING_CERTIFICATE_V2 | SIGNING_TIME if kind == Kind::Timestamp => false,
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
        let is_whole = match (kind, content_type.as_deref()) {
            (Kind::Signature, Some(DATA)) => certificate_hash.is_some(),
            (Kind::Timestamp, Some(TST_INFO)) => true,
            _ => false,
        };
        match message_digest {
            Some(message_digest) if is_whole => Ok(Self {
                message_digest,
                certificate_hash,
            }),
            _ => Err(wrong("an attribute is missing")),
        }
    }
}

/// The first timestamp among unsigned attributes.
fn timestamp_in(mut attributes: Values<'_>) -> Outcome<Option<&[u8]>> {
    while attributes.end().is_err() {
        let mut attribute = attributes.sequence()?;
        if attribute.oid()? == TIMESTAMP_TOKEN {
            return Ok(Some(attribute.set()?.next()?.1));
        }
    }
    Ok(None)
}

/// What a `TSTInfo` stamps: the hash and the digest (RFC 3161, 2.4.2).
pub(super) fn imprint(info: &[u8]) -> Outcome<(Hash, &[u8])> {
    let mut info = Values::of("TSTInfo", info).sequence()?;
    info.universal(Tag::Integer)?;
    info.oid()?;
    let mut imprint = info.sequence()?;
    let hash = hash_of(&imprint.sequence()?.oid()?).ok_or_else(|| wrong("imprint"))?;
    Ok((hash, imprint.universal(Tag::OctetString)?))
}

fn hash_of(oid: &str) -> Option<Hash> {
    match oid {
        SHA256 => Some(Hash::Sha256),
        SHA384 => Some(Hash::Sha384),
        SHA512 => Some(Hash::Sha512),
        _ => None,
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

fn parse_algorithm(mut identifier: Values<'_>, hash: Hash) -> Outcome<Scheme> {
    let oid = identifier.oid()?;
    match (oid.as_str(), hash) {
        (SHA256_WITH_RSA, Hash::Sha256)
        | (SHA384_WITH_RSA, Hash::Sha384)
        | (SHA512_WITH_RSA, Hash::Sha512)
        // RFC 3370, 3.2: the hash is that of the digest algorithm.
        | (RSA_ENCRYPTION, _) => Ok(Scheme::RsaPkcs1),
        (ECDSA_SHA256, Hash::Sha256)
        | (ECDSA_SHA384, Hash::Sha384)
        | (ECDSA_SHA512, Hash::Sha512) => Ok(Scheme::Ecdsa),
        (RSASSA_PSS, _) => {
            check_pss(identifier.sequence()?, hash)?;
            Ok(Scheme::RsaPss)
        }
        _ => Err(wrong("signature algorithm")),
    }
}

/// One hash for message and mask, a salt of its length; every default of RFC 4055 is SHA-1 and thus refused.
fn check_pss(mut parameters: Values<'_>, expected: Hash) -> Outcome<()> {
    parameters.what = "PSS parameters";
    let hash = parameters.tagged(0)?.sequence()?.oid()?;
    let mut mask = parameters.tagged(1)?.sequence()?;
    let (function, mask_hash) = (mask.oid()?, mask.sequence()?.oid()?);
    let salt = parameters.tagged(2)?.universal(Tag::Integer)?;
    let salt = salt
        .iter()
        .fold(0usize, |salt, &byte| salt << 8 | usize::from(byte));
    let oid = match expected {
        Hash::Sha256 => SHA256,
        Hash::Sha384 => SHA384,
        Hash::Sha512 => SHA512,
    };
    let known = hash == oid && function == MGF1 && mask_hash == oid && salt == expected.length();
    known.then_some(()).ok_or_else(|| wrong("PSS parameters"))
}

//! A CMS container as it stands: of a signature in a PDF or of a timestamp (RFC 5652, 5; RFC 5816).
//!
//! Read value by value and kept as bytes, so that an attribute can be added without changing any other
//! byte. [`SignedData::check`] verifies it in itself; whether its certificate is to be believed is for
//! [`crate::trust`] to say.

use aws_lc_rs::digest;
use der::Decode;
use der::asn1::ObjectIdentifier;
use x509_cert::name::Name;

use super::algorithm::{Hash, Scheme, SignatureAlgorithm};
use super::asn1::{self, Element, INTEGER, OCTET_STRING, SEQUENCE, SET, Values, context};
use super::certificate::{Certificate, KeyKind};
use super::oid;

/// What is wrong with a container, in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub(super) &'static str);

/// A container with exactly one signer.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    /// Type of the content.
    pub(super) content_type: ObjectIdentifier,
    /// The content, where the container holds it.
    pub(super) content: Option<&'a [u8]>,
    /// The certificates, DER.
    pub(super) certificates: Vec<&'a [u8]>,
    /// The signature value.
    pub(super) signature: &'a [u8],
    /// The values of `SignedData` before `signerInfos`.
    head: &'a [u8],
    /// The values of `SignerInfo` before `unsignedAttrs`.
    signer: &'a [u8],
    identifier: Element<'a>,
    digest_algorithm: ObjectIdentifier,
    /// With its tag.
    signed_attributes: &'a [u8],
    signature_algorithm: Values<'a>,
    unsigned_attributes: &'a [u8],
}

impl<'a> SignedData<'a> {
    /// Takes a container apart; zeros may follow it.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Values::of(bytes);
        let info = outer.inside(SEQUENCE).ok_or(Malformed("no DER"))?;
        if outer.rest().iter().any(|&byte| byte != 0) {
            return Err(Malformed("bytes behind the container"));
        }
        Self::parse_info(info).ok_or(Malformed("not a signed-data container with one signer"))
    }

    fn parse_info(mut info: Values<'a>) -> Option<Self> {
        if info.oid()? != oid::SIGNED_DATA {
            return None;
        }
        let mut data = info.inside(context(0))?.inside(SEQUENCE)?;
        let whole = data.rest();
        data.take(INTEGER)?;
        data.take(SET)?;
        let mut encapsulated = data.inside(SEQUENCE)?;
        let content_type = encapsulated.oid()?;
        let content = match encapsulated.inside(context(0)) {
            Some(mut content) => Some(content.take(OCTET_STRING)?),
            None => None,
        };
        let mut certificates = Vec::new();
        if let Some(mut set) = data.inside(context(0)) {
            while let Some(certificate) = set.next() {
                // Other choices than an X.509 certificate have a tag of their own (10.2.2).
                certificates.extend((certificate.tag == SEQUENCE).then_some(certificate.whole));
            }
        }
        data.take(context(1));
        let head = whole.get(..whole.len() - data.rest().len())?;
        let mut signers = data.inside(SET)?;
        let mut signer = signers.inside(SEQUENCE)?;
        if !signers.is_empty() || !data.is_empty() {
            return None;
        }
        let whole = signer.rest();
        signer.take(INTEGER)?;
        let identifier = signer.next()?;
        let digest_algorithm = signer.inside(SEQUENCE)?.oid()?;
        let attributes = signer.next().filter(|it| it.tag == context(0))?;
        let signature_algorithm = signer.inside(SEQUENCE)?;
        let signature = signer.take(OCTET_STRING)?;
        let signed_part = whole.get(..whole.len() - signer.rest().len())?;
        let unsigned_attributes = signer.take(context(1)).unwrap_or_default();
        signer.is_empty().then_some(Self {
            content_type,
            content,
            certificates,
            signature,
            head,
            signer: signed_part,
            identifier,
            digest_algorithm,
            signed_attributes: attributes.whole,
            signature_algorithm,
            unsigned_attributes,
        })
    }

    /// The certificate that the signer is named by, if the container has it.
    pub(super) fn signer_certificate(&self) -> Option<(&'a [u8], Certificate)> {
        let all = self.certificates.iter();
        let mut parsed = all.filter_map(|der| Some((*der, Certificate::from_der(der).ok()?)));
        match self.identifier.tag {
            SEQUENCE => {
                let mut names = Values::of(self.identifier.content);
                let issuer = Name::from_der(names.next()?.whole).ok()?;
                let serial = names.take(INTEGER)?;
                parsed.find(|(_, it)| it.issuer() == issuer && it.serial_bytes() == serial)
            }
            // subjectKeyIdentifier
            _ => parsed
                .find(|(_, it)| it.key_identifier().as_deref() == Some(self.identifier.content)),
        }
    }

    /// The one value of a signed attribute.
    fn signed_attribute(&self, wanted: ObjectIdentifier) -> Option<Element<'a>> {
        let mut attributes = Values::of(self.signed_attributes).next()?.content;
        let mut found = None;
        while !attributes.is_empty() {
            let mut rest = Values::of(attributes);
            let mut attribute = rest.inside(SEQUENCE)?;
            attributes = rest.rest();
            if attribute.oid()? == wanted {
                let mut values = attribute.inside(SET)?;
                let value = values.next()?;
                if found.replace(value).is_some() || !values.is_empty() {
                    return None;
                }
            }
        }
        found
    }

    /// The timestamps of the signature value, as they stand.
    pub(super) fn timestamps(&self) -> Vec<&'a [u8]> {
        let mut attributes = Values::of(self.unsigned_attributes);
        let mut tokens = Vec::new();
        while let Some(mut attribute) = attributes.inside(SEQUENCE) {
            if attribute.oid() == Some(oid::TIMESTAMP_TOKEN) {
                let mut values = attribute.inside(SET).unwrap_or(Values::of(&[]));
                while let Some(token) = values.next() {
                    tokens.push(token.whole);
                }
            }
        }
        tokens
    }

    /// Verifies the container in itself: its digest is that of the content, its signing-certificate
    /// attribute names its certificate, and the signature is that certificate's over the attributes.
    /// Gives the certificate and the algorithm.
    pub(super) fn check(
        &self,
        digest_of: impl FnOnce(Hash) -> Vec<u8>,
    ) -> Result<(Certificate, SignatureAlgorithm), Malformed> {
        let hash = oid::hash(self.digest_algorithm).ok_or(Malformed("digest algorithm"))?;
        let content_type = self
            .signed_attribute(oid::CONTENT_TYPE)
            .ok_or(Malformed("content-type"))?;
        if Values::of(content_type.whole).oid() != Some(self.content_type) {
            return Err(Malformed("content-type"));
        }
        let digest = self.signed_attribute(oid::MESSAGE_DIGEST);
        let digest = digest.filter(|value| value.tag == OCTET_STRING);
        if digest.map(|value| value.content) != Some(&digest_of(hash)) {
            return Err(Malformed("message-digest"));
        }
        let (der, certificate) = self
            .signer_certificate()
            .ok_or(Malformed("the signer's certificate is missing"))?;
        if self.names_certificate(der) != Some(true) {
            return Err(Malformed("signing-certificate"));
        }
        let algorithm = self
            .algorithm(&certificate, hash)
            .ok_or(Malformed("signature algorithm"))?;
        let mut signed = self.signed_attributes.to_vec();
        // Signed as a SET OF, stored under [0] (RFC 5652, 5.4).
        if let Some(tag) = signed.first_mut() {
            *tag = SET;
        }
        let key = certificate.public_key().unwrap_or_default();
        if algorithm.verify(key, &signed, self.signature) {
            Ok((certificate, algorithm))
        } else {
            Err(Malformed("the signature does not hold"))
        }
    }

    /// How the signer signed, as far as this program knows the way.
    pub(super) fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        let (_, certificate) = self.signer_certificate()?;
        self.algorithm(&certificate, oid::hash(self.digest_algorithm)?)
    }

    fn algorithm(&self, certificate: &Certificate, hash: Hash) -> Option<SignatureAlgorithm> {
        let mut identifier = self.signature_algorithm;
        let kind = certificate.key_kind().ok()?;
        let named = identifier.oid()?;
        let scheme = match (kind, named) {
            (KeyKind::Rsa | KeyKind::RsaPssOnly, oid::RSASSA_PSS) => Scheme::RsaPss,
            (KeyKind::Rsa, _) => Scheme::RsaPkcs1,
            (KeyKind::P256, _) => Scheme::EcdsaP256,
            (KeyKind::P384, _) => Scheme::EcdsaP384,
            (KeyKind::RsaPssOnly, _) => return None,
        };
        // What a signature algorithm says of its hash must be what the digest algorithm says.
        let own = match named {
            // RFC 3370, 3.2: the hash is that of the digest algorithm.
            oid::RSA_ENCRYPTION => hash,
            oid::RSASSA_PSS => {
                let mut parameters = identifier.inside(SEQUENCE)?;
                let mut named = parameters.inside(context(0))?.inside(SEQUENCE)?;
                oid::hash(named.oid()?)?
            }
            oid::SHA256_WITH_RSA | oid::ECDSA_SHA256 => Hash::Sha256,
            oid::SHA384_WITH_RSA | oid::ECDSA_SHA384 => Hash::Sha384,
            oid::SHA512_WITH_RSA | oid::ECDSA_SHA512 => Hash::Sha512,
            _ => return None,
        };
        (own == hash).then_some(SignatureAlgorithm::of(scheme, hash))
    }

    /// Whether the signing-certificate attribute, of either version, names this certificate first.
    fn names_certificate(&self, certificate: &[u8]) -> Option<bool> {
        let first_of = |attribute: Element<'a>| {
            let mut attribute = Values::of(attribute.content);
            attribute.inside(SEQUENCE)?.inside(SEQUENCE)
        };
        if let Some(second) = self.signed_attribute(oid::SIGNING_CERTIFICATE_V2) {
            let mut id = first_of(second)?;
            let hash = match id.inside(SEQUENCE) {
                None => Hash::Sha256,
                Some(mut algorithm) => oid::hash(algorithm.oid()?)?,
            };
            return Some(id.take(OCTET_STRING)? == hash.digest(certificate));
        }
        let mut id = first_of(self.signed_attribute(oid::SIGNING_CERTIFICATE)?)?;
        // Only to find the certificate: the signature itself is not of SHA-1.
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
        Some(id.take(OCTET_STRING)? == sha1.as_ref())
    }

    /// The container with one unsigned attribute more; every other byte stays as it was.
    pub(super) fn with_unsigned_attribute(&self, kind: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
        let oid = asn1::value(asn1::OBJECT_IDENTIFIER, &[kind.as_bytes()]);
        let attribute = asn1::value(SEQUENCE, &[&oid, &asn1::value(SET, &[value])]);
        let unsigned = asn1::value(context(1), &[self.unsigned_attributes, &attribute]);
        let signer = asn1::value(SEQUENCE, &[self.signer, &unsigned]);
        let signers = asn1::value(SET, &[&signer]);
        let data = asn1::value(SEQUENCE, &[self.head, &signers]);
        let signed_data = asn1::value(asn1::OBJECT_IDENTIFIER, &[oid::SIGNED_DATA.as_bytes()]);
        asn1::value(
            SEQUENCE,
            &[&signed_data, &asn1::value(context(0), &[&data])],
        )
    }
}

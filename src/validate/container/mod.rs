//! The containers of signatures and timestamps: CMS `SignedData` (RFC 5652) and RFC 3161 tokens in it.
//!
//! Taken apart as signers write them, BER included, and verified over the bytes that were signed. One signer, no
//! content but that of a timestamp. Whether the certificate is good for anything is not asked here, nor whether
//! the algorithms are safe: outdated ones are verified and named.

mod ber;
#[cfg(test)]
mod corpus_tests;
mod fault;
mod signer;
#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;
mod time;
mod token;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use self::ber::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, Values, context};
pub use self::fault::{ContainerFault, IntegrityFault};
use self::signer::Signer;
pub use self::token::TokenInfo;
use crate::trust::signature::{
    self, HashFunction, KeyKind, SignatureAlgorithm, SignatureFault, Signed,
};
use crate::trust::{Certificate, Evidence};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const OCSP_RESPONSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.16.2");
/// A container with a large list for its only CRL.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Certificates of one container that are looked at.
const CERTIFICATES_MAX: usize = 256;

/// What a container is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of a signature: detached, over the document.
    Signature,
    /// Of a timestamp: over the `TSTInfo` in it.
    Timestamp,
}

/// Whether the signer signed which certificate is meant (ESS signing-certificate, RFC 5035).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// The certificate is the one whose digest was signed.
    Bound,
    /// Nothing was signed about it, as CMS allows and CAdES does not.
    Absent,
    /// Another one's digest was signed, or one by a hash function that is not known here.
    Mismatch,
}

/// A container, read.
#[derive(Debug, Clone)]
pub struct Container {
    kind: Kind,
    signer: Signer,
    certificate: Option<Certificate>,
    certificates: Vec<Certificate>,
    evidence: Evidence,
    /// `TSTInfo`, of a timestamp, as it was signed.
    content: Vec<u8>,
    token: Option<TokenInfo>,
}

impl Container {
    /// Reads a container; zeros may follow it.
    ///
    /// # Errors
    /// [`ContainerFault`]: it is none of the kind.
    pub fn parse(kind: Kind, bytes: &[u8]) -> Result<Self, ContainerFault> {
        if bytes.len() > BYTES_MAX {
            return Err(ContainerFault::TooLarge);
        }
        let broken = |what| move || ContainerFault::Malformed(what);
        let (whole, used) = ber::definite(bytes).ok_or_else(broken("ContentInfo"))?;
        let padding = bytes.get(used..).unwrap_or_default();
        if padding.iter().any(|&byte| byte != 0) {
            return Err(ContainerFault::TrailingBytes);
        }
        let mut data = signed_data(&whole)?;
        let content = encapsulated(&mut data, kind)?;
        let mut evidence = Evidence::default();
        if let Some(certificates) = data.optional(context(0)) {
            take_certificates(Values::of(certificates.content), &mut evidence);
        }
        if let Some(lists) = data.optional(context(1)) {
            take_revocation(Values::of(lists.content), &mut evidence);
        }
        let signers = data.expect(SET).ok_or_else(broken("SignedData"))?;
        if !data.is_empty() {
            return Err(ContainerFault::Malformed("SignedData"));
        }
        let signer = only_signer(Values::of(signers))?;
        let content_type = content_type(kind);
        let mut signer = Signer::parse(signer, content_type)?;
        evidence.add(Evidence {
            certificates: Vec::new(),
            ocsp_responses: std::mem::take(&mut signer.ocsp_responses),
            crls: std::mem::take(&mut signer.crls),
        });
        if kind == Kind::Timestamp && signer.signed.is_none() {
            return Err(ContainerFault::Attribute("content-type"));
        }
        let token = match kind {
            Kind::Signature => None,
            Kind::Timestamp => Some(TokenInfo::parse(content).ok_or_else(broken("TSTInfo"))?),
        };
        let certificates: Vec<Certificate> = evidence
            .certificates
            .iter()
            .filter_map(|der| Certificate::from_der(der))
            .collect();
        Ok(Self {
            kind,
            certificate: signer.certificate_among(&certificates),
            certificates,
            content: content.to_vec(),
            signer,
            evidence,
            token,
        })
    }

    /// Looks for the signer's certificate among others, where it is not embedded.
    pub fn look_among(&mut self, certificates: &[Certificate]) {
        if self.certificate.is_none() {
            self.certificate = self.signer.certificate_among(certificates);
        }
    }

    /// What it was read as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// By which hash function [`Container::verify`] wants the digest; `None` for one that is not known here, MD5
    /// among them.
    #[must_use]
    pub fn hash(&self) -> Option<HashFunction> {
        match &self.token {
            Some(token) => token.hash,
            None => self.signer_hash(),
        }
    }

    /// The hash function of the signer: of the document, or of the `TSTInfo`.
    #[must_use]
    pub fn signer_hash(&self) -> Option<HashFunction> {
        HashFunction::of(self.signer.digest_oid)
    }

    /// How it was signed; `None` for what is not known here.
    #[must_use]
    pub fn algorithm(&self) -> Option<SignatureAlgorithm> {
        let of_digest = self.signer_hash();
        SignatureAlgorithm::in_container(&self.signer.algorithm, of_digest?)
    }

    /// The algorithm, named as in [`crate::record::SignatureRecord`]; the identifier's numbers for one that is not
    /// known here.
    #[must_use]
    pub fn algorithm_name(&self) -> String {
        match self.algorithm() {
            Some(algorithm) => algorithm.name(self.key()),
            None => self.signer.algorithm.oid.to_string(),
        }
    }

    /// The kind and length of the signer's key.
    #[must_use]
    pub fn key(&self) -> Option<KeyKind> {
        signature::key_of(self.certificate.as_ref()?)
    }

    /// The signer's certificate, where it is there.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// All embedded certificates that can be read.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Certificates, CRLs and OCSP responses that came in it.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// When the signer says that it signed (the attribute; a PDF says it in `/M`).
    #[must_use]
    pub fn signing_time(&self) -> Option<Timestamp> {
        self.signer.signing_time
    }

    /// Whether there are signed attributes; without, the value is over the document itself.
    #[must_use]
    pub fn has_signed_attributes(&self) -> bool {
        self.signer.signed.is_some()
    }

    /// Whether the signer's certificate is the one that was signed for.
    #[must_use]
    pub fn binding(&self) -> Binding {
        let certificate = self.certificate.as_ref();
        certificate.map_or(Binding::Absent, |one| self.signer.binding(one))
    }

    /// Timestamps over the signature value, as they came; at most 16.
    #[must_use]
    pub fn timestamps(&self) -> &[Vec<u8>] {
        &self.signer.timestamps
    }

    /// The signature value: what those timestamps are of.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.signer.value
    }

    /// What a timestamp says.
    #[must_use]
    pub fn token(&self) -> Option<&TokenInfo> {
        self.token.as_ref()
    }

    /// Whether it is of what has this digest by [`Container::hash`], and the value is that of the signer's key.
    ///
    /// # Errors
    /// [`IntegrityFault`].
    pub fn verify(&self, digest: &[u8]) -> Result<(), IntegrityFault> {
        let unknown = |oid: &ObjectIdentifier| IntegrityFault::Algorithm(oid.to_string());
        let hash = self
            .signer_hash()
            .ok_or_else(|| unknown(&self.signer.digest_oid))?;
        let own_digest;
        let signed_digest = match &self.token {
            None => digest,
            Some(token) => {
                if token.imprint != digest {
                    return Err(IntegrityFault::Digest);
                }
                own_digest = hash.digest(&self.content);
                &own_digest
            }
        };
        let expected = self.signer.message_digest.as_deref();
        if expected.is_some_and(|expected| expected != signed_digest) {
            return Err(IntegrityFault::Digest);
        }
        let algorithm = self
            .algorithm()
            .ok_or_else(|| unknown(&self.signer.algorithm.oid))?;
        let certificate = self.certificate.as_ref();
        let certificate = certificate.ok_or(IntegrityFault::NoCertificate)?;
        if self.binding() == Binding::Mismatch {
            return Err(IntegrityFault::OtherCertificate);
        }
        let by = |signed| {
            let value = &self.signer.value;
            signature::verify_by_certificate(certificate, algorithm, signed, value)
        };
        let verdict = match &self.signer.signed {
            None => by(Signed::Digest(signed_digest)),
            Some((original, der)) => match (by(Signed::Message(original)), der) {
                (Err(SignatureFault::Mismatch), Some(der)) => by(Signed::Message(der)),
                (verdict, _) => verdict,
            },
        };
        verdict.map_err(|fault| match fault {
            SignatureFault::Mismatch => IntegrityFault::Value,
            SignatureFault::Algorithm(name) => IntegrityFault::Algorithm(name),
            SignatureFault::WeakKey => IntegrityFault::Algorithm(self.algorithm_name()),
        })
    }
}

fn content_type(kind: Kind) -> ObjectIdentifier {
    match kind {
        Kind::Signature => DATA,
        Kind::Timestamp => TST_INFO,
    }
}

/// What is in the `SignedData` of a `ContentInfo`, after version and digest algorithms.
fn signed_data(whole: &[u8]) -> Result<Values<'_>, ContainerFault> {
    let mut info = Values::of(whole)
        .inside(SEQUENCE)
        .ok_or(ContainerFault::Malformed("ContentInfo"))?;
    let oid = info.expect(OBJECT_IDENTIFIER);
    let oid = oid.and_then(|oid| ObjectIdentifier::from_bytes(oid).ok());
    if oid != Some(SIGNED_DATA) {
        return Err(ContainerFault::NotSignedData);
    }
    let data = info.inside(context(0)).and_then(|mut explicit| {
        let mut data = explicit.inside(SEQUENCE)?;
        data.expect(INTEGER)?;
        data.expect(SET)?;
        Some(data)
    });
    data.ok_or(ContainerFault::Malformed("SignedData"))
}

/// The content, which only a timestamp has.
fn encapsulated<'a>(data: &mut Values<'a>, kind: Kind) -> Result<&'a [u8], ContainerFault> {
    let broken = || ContainerFault::Malformed("EncapsulatedContentInfo");
    let mut info = data.inside(SEQUENCE).ok_or_else(broken)?;
    let oid = info.expect(OBJECT_IDENTIFIER).ok_or_else(broken)?;
    let oid = ObjectIdentifier::from_bytes(oid).map_err(|_| broken())?;
    if oid != content_type(kind) {
        return Err(ContainerFault::ContentType(oid.to_string()));
    }
    match (kind, info.optional(context(0))) {
        (Kind::Signature, None) => Ok(&[]),
        (Kind::Timestamp, Some(content)) => {
            let content = Values::of(content.content).expect(OCTET_STRING);
            content.ok_or_else(broken)
        }
        (Kind::Signature, Some(_)) | (Kind::Timestamp, None) => Err(ContainerFault::Content),
    }
}

/// X.509 certificates; others that CMS knows (§10.2.2) are passed over.
fn take_certificates(mut certificates: Values<'_>, evidence: &mut Evidence) {
    while let Some(one) = certificates.next() {
        let is_full = evidence.certificates.len() >= CERTIFICATES_MAX;
        if one.tag == SEQUENCE && !is_full {
            evidence.certificates.push(one.whole.to_vec());
        }
    }
}

/// CRLs, and OCSP responses as RFC 5940 §2 puts them.
fn take_revocation(mut lists: Values<'_>, evidence: &mut Evidence) {
    while let Some(one) = lists.next() {
        if one.tag == SEQUENCE {
            evidence.crls.push(one.whole.to_vec());
        } else if one.tag == context(1) {
            let mut other = Values::of(one.content);
            let oid = other.expect(OBJECT_IDENTIFIER);
            let oid = oid.and_then(|oid| ObjectIdentifier::from_bytes(oid).ok());
            if let (Some(OCSP_RESPONSE), Some(response)) = (oid, other.next()) {
                evidence.ocsp_responses.push(response.whole.to_vec());
            }
        }
    }
}

fn only_signer(mut signers: Values<'_>) -> Result<Values<'_>, ContainerFault> {
    let first = signers.next();
    let mut count = usize::from(first.is_some());
    while signers.next().is_some() {
        count += 1;
    }
    match first {
        Some(signer) if count == 1 && signer.tag == SEQUENCE => Ok(Values::of(signer.content)),
        _ => Err(ContainerFault::SignerCount(count)),
    }
}

//! A timestamp token (RFC 3161, 2.4.2): what it says, and whether it holds in itself.

use jiff::Timestamp;

use super::super::asn1::{GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE, Values};
use super::super::certificate::Certificate;
use super::super::oid;
use super::super::signed_data::{Malformed, SignedData};
use super::super::{Hash, SignatureAlgorithm};

/// A timestamp whose signature, certificate and attributes were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampToken {
    der: Vec<u8>,
    time: Timestamp,
    hash: Hash,
    imprint: Vec<u8>,
    nonce: Option<Vec<u8>>,
    certificate: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

impl TimestampToken {
    /// Takes a token apart and checks it: one signer, its certificate inside and named by the signed
    /// attributes, issued for timestamps only (critical) and valid at the token's time, and the signature.
    pub(in crate::sign) fn parse(der: &[u8]) -> Result<Self, Malformed> {
        let data = SignedData::parse(der)?;
        if data.content_type != oid::TST_INFO {
            return Err(Malformed("not a timestamp"));
        }
        let content = data.content.ok_or(Malformed("no TSTInfo"))?;
        let info = TstInfo::parse(content).ok_or(Malformed("TSTInfo"))?;
        let (certificate, algorithm) = data.check(|hash| hash.digest(content))?;
        if !certificate.is_for_timestamps() {
            return Err(Malformed("the certificate is not for timestamps"));
        }
        let (not_before, not_after) = certificate.validity();
        if info.time < not_before || info.time > not_after {
            return Err(Malformed("the certificate was not valid at its time"));
        }
        let (certificate, _) = data
            .signer_certificate()
            .ok_or(Malformed("the signer's certificate is missing"))?;
        Ok(Self {
            time: info.time,
            hash: info.hash,
            imprint: info.imprint.to_vec(),
            nonce: info.nonce.map(<[u8]>::to_vec),
            certificate: certificate.to_vec(),
            algorithm,
            der: der.to_vec(),
        })
    }

    /// The token, DER: a CMS `ContentInfo`.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The time that it proves.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The certificate of the authority that made it, DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// How the authority signed it.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The hash of what it stamps.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Whether it stamps this digest.
    pub(in crate::sign) fn stamps(&self, hash: Hash, digest: &[u8]) -> bool {
        self.hash == hash && self.imprint == digest
    }

    /// Whether it answers the request with this nonce (content of the INTEGER).
    pub(super) fn answers(&self, nonce: &[u8]) -> bool {
        self.nonce.as_deref() == Some(nonce)
    }

    /// The certificates that came with it, the authority's own first.
    pub(in crate::sign) fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        let data = SignedData::parse(&self.der);
        let others = data.map(|data| data.certificates).unwrap_or_default();
        let others = others.into_iter().filter(|der| *der != self.certificate);
        std::iter::once(self.certificate.as_slice()).chain(others)
    }

    /// The authority's certificate, parsed.
    pub(in crate::sign) fn authority(&self) -> Option<Certificate> {
        Certificate::from_der(&self.certificate).ok()
    }
}

/// The fields of `TSTInfo` that are used.
struct TstInfo<'a> {
    hash: Hash,
    imprint: &'a [u8],
    time: Timestamp,
    nonce: Option<&'a [u8]>,
}

impl<'a> TstInfo<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Values::of(bytes).inside(SEQUENCE)?;
        if info.take(INTEGER)? != [1] {
            return None;
        }
        let _policy = info.oid()?;
        let mut imprint = info.inside(SEQUENCE)?;
        let hash = oid::hash(imprint.inside(SEQUENCE)?.oid()?)?;
        let imprint = imprint.take(OCTET_STRING)?;
        let _serial_number = info.take(INTEGER)?;
        let time = info
            .next()
            .filter(|time| time.tag == GENERALIZED_TIME)?
            .time()?;
        let _accuracy = info.inside(SEQUENCE);
        let _ordering = info.take(0x01);
        let nonce = info.take(INTEGER);
        Some(Self {
            hash,
            imprint,
            time,
            nonce,
        })
    }
}

//! `TSTInfo`: what a timestamp says (RFC 3161 §2.4.2).

use der::Decode;
use der::asn1::ObjectIdentifier;
use jiff::{SignedDuration, Timestamp};
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::pkix::name::GeneralName;

use super::ber::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, Values, context};
use super::time;
use crate::trust::signature::HashFunction;

/// What a timestamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    /// When, with fractions of a second where the authority gives them.
    pub time: Timestamp,
    /// How far that may be off either way; zero where nothing is said.
    pub accuracy: SignedDuration,
    /// By which hash function what is stamped was hashed; `None` for one that is not known here.
    pub hash: Option<HashFunction>,
    /// Digest of what is stamped.
    pub imprint: Vec<u8>,
    /// The authority's policy.
    pub policy: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Name that the authority gives itself (RFC 4514 text), where it gives a directory name.
    pub authority: Option<String>,
}

impl TokenInfo {
    /// Parses definite lengths.
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let mut info = Values::of(content).inside(SEQUENCE)?;
        let _version = info.expect(INTEGER)?;
        let policy = ObjectIdentifier::from_bytes(info.expect(OBJECT_IDENTIFIER)?).ok()?;
        let mut imprint = info.inside(SEQUENCE)?;
        let algorithm = AlgorithmIdentifierOwned::from_der(imprint.next()?.whole).ok()?;
        let digest = imprint.expect(OCTET_STRING)?;
        let serial = info.expect(INTEGER)?;
        let time = info
            .next()
            .filter(|element| element.tag == ber::GENERALIZED_TIME)?;
        let accuracy = match info.optional(SEQUENCE) {
            Some(element) => accuracy(Values::of(element.content))?,
            None => SignedDuration::ZERO,
        };
        let _ordering = info.optional(0x01);
        let _nonce = info.optional(INTEGER);
        let authority = info.optional(context(0)).and_then(|element| {
            let name = GeneralName::from_der(element.content).ok()?;
            match name {
                GeneralName::DirectoryName(name) => Some(name.to_string()),
                _ => None,
            }
        });
        Some(Self {
            time: time::read(&time)?,
            accuracy,
            hash: HashFunction::of(algorithm.oid),
            imprint: digest.to_vec(),
            policy: policy.to_string(),
            serial: data_encoding::HEXLOWER.encode(serial),
            authority,
        })
    }
}

fn accuracy(mut parts: Values<'_>) -> Option<SignedDuration> {
    let mut part = |tag| match parts.optional(tag) {
        Some(element) => small(element.content),
        None => Some(0),
    };
    let (seconds, milliseconds, microseconds) = (part(INTEGER)?, part(0x80)?, part(0x81)?);
    parts
        .is_empty()
        .then(|| time::span(seconds, milliseconds, microseconds))
}

fn small(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0u32, |sum, &byte| {
        sum.checked_mul(256)?.checked_add(u32::from(byte))
    })
}

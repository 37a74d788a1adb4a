//! Request and response of the timestamp protocol (RFC 3161, 2.4.1 and 2.4.2).

use super::super::asn1::{self, INTEGER, OCTET_STRING, SEQUENCE, Values};
use super::super::oid;
use crate::record::Hash;

/// `BOOLEAN TRUE`.
const TRUE: [u8; 3] = [0x01, 0x01, 0xff];
/// `NULL`: some services want parameters with the hash (RFC 3161 leaves it open, RFC 5754 allows both).
const NULL: [u8; 2] = [0x05, 0x00];

/// `TimeStampReq` with a nonce, asking for the certificate.
pub(super) struct Request {
    der: Vec<u8>,
    nonce: [u8; 8],
}

impl Request {
    /// `None` where the machine has no randomness.
    pub(super) fn new(hash: Hash, digest: &[u8]) -> Option<Self> {
        let mut nonce = [0; 8];
        aws_lc_rs::rand::fill(&mut nonce).ok()?;
        // Positive, and never with a leading zero: one encoding only.
        nonce[0] = nonce[0] & 0x7f | 0x40;
        let algorithm = asn1::value(asn1::OBJECT_IDENTIFIER, &[oid::of_hash(hash).as_bytes()]);
        let algorithm = asn1::value(SEQUENCE, &[&algorithm, &NULL]);
        let digest = asn1::value(OCTET_STRING, &[digest]);
        let imprint = asn1::value(SEQUENCE, &[&algorithm, &digest]);
        let version = asn1::value(INTEGER, &[&[1]]);
        let number = asn1::value(INTEGER, &[&nonce]);
        Some(Self {
            der: asn1::value(SEQUENCE, &[&version, &imprint, &number, &TRUE]),
            nonce,
        })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn nonce(&self) -> &[u8] {
        &self.nonce
    }
}

/// Why a response has no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `PKIStatus` other than granted.
    Status(u8),
    /// Not a `TimeStampResp`.
    Malformed,
}

/// The token in a `TimeStampResp`: granted, or granted with changes that the checks would find.
pub(super) fn token_in(response: &[u8]) -> Result<&[u8], Refusal> {
    let mut outer = Values::of(response);
    let mut response = outer.inside(SEQUENCE).ok_or(Refusal::Malformed)?;
    let mut info = response.inside(SEQUENCE).ok_or(Refusal::Malformed)?;
    match info.take(INTEGER) {
        Some([0 | 1]) => {}
        Some(&[status]) => return Err(Refusal::Status(status)),
        _ => return Err(Refusal::Malformed),
    }
    let token = response.next().ok_or(Refusal::Malformed)?;
    Ok(token.whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_granted_response_has_a_token() {
        let response = |status: &[u8], token: &[u8]| {
            let info = asn1::value(SEQUENCE, &[&asn1::value(INTEGER, &[status])]);
            asn1::value(SEQUENCE, &[&info, token])
        };
        let token = asn1::value(SEQUENCE, &[b"token"]);
        for granted in [0, 1] {
            let response = response(&[granted], &token);
            assert_eq!(token_in(&response), Ok(token.as_slice()));
        }
        let refused = response(&[2], &[]);
        assert_eq!(token_in(&refused), Err(Refusal::Status(2)));
        for wrong in [
            response(&[0], &[]),
            response(&[], &token),
            b"<html>".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(token_in(&wrong), Err(Refusal::Malformed));
        }
    }

    #[test]
    fn nonces_differ() {
        let digest = Hash::Sha256.digest(b"a");
        let [one, other] = [0, 1].map(|_| Request::new(Hash::Sha256, &digest).expect("request"));
        assert_ne!(one.nonce(), other.nonce());
        assert_ne!(one.der(), other.der());
    }
}

//! How long algorithms are held to be safe: the last day that a timestamp made with them proves anything.
//!
//! From NIST SP 800-57 Part 1 Rev. 5, table 4 (112 bits of security until the end of 2030) and NIST IR 8547
//! ipd, table 2 (RSA and ECDSA of any size until the end of 2035). TT 15/2025/TT-BKHCN names algorithms
//! without an end. SHA-256, SHA-384 and SHA-512 have none in either.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::sign::algorithm::{Scheme, SignatureAlgorithm};
use crate::sign::certificate::Certificate;

/// An RSA key has 112 bits of security up to here, 128 from 3072 bits on (SP 800-57, table 2).
const RSA_128_BITS: usize = 3072;

/// The end of an algorithm with this certificate's key, and what ends it.
pub(super) fn of(
    algorithm: SignatureAlgorithm,
    certificate: &Certificate,
) -> (Timestamp, &'static str) {
    let bits = certificate.rsa_bits().unwrap_or_default();
    match algorithm.scheme {
        Scheme::RsaPss | Scheme::RsaPkcs1 if bits < RSA_128_BITS => {
            (end_of(2030), "RSA below 3072 bits")
        }
        Scheme::RsaPss | Scheme::RsaPkcs1 => (end_of(2035), "RSA"),
        Scheme::EcdsaP256 | Scheme::EcdsaP384 => (end_of(2035), "ECDSA"),
    }
}

fn end_of(year: i16) -> Timestamp {
    let end = date(year, 12, 31).at(23, 59, 59, 0);
    end.to_zoned(TimeZone::UTC)
        .map_or(Timestamp::MAX, |end| end.timestamp())
}

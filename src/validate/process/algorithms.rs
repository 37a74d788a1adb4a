//! Until when algorithms are held to be safe: a signature that is not proven to be older proves nothing.
//!
//! SHA-1 and RSA below 2048 bits until the end of 2013 (NIST SP 800-131A Rev. 2, §3 and §9), 112 bits of security
//! until the end of 2030 (SP 800-57 Part 1 Rev. 5, table 4), RSA and elliptic curves of any size until the end of
//! 2035 (NIST IR 8547 ipd, table 2). TT 15/2025/TT-BKHCN names algorithms without an end.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::trust::signature::{HashFunction, KeyKind, SignatureAlgorithm};

/// The last moments at which a signature by these counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmEnds {
    /// SHA-1.
    pub sha1: Timestamp,
    /// SHA-224.
    pub sha224: Timestamp,
    /// RSA below 2048 bits.
    pub rsa_below_2048: Timestamp,
    /// RSA from 2048 to below 3072 bits.
    pub rsa_below_3072: Timestamp,
    /// RSA of any size.
    pub rsa: Timestamp,
    /// Elliptic curves, Ed25519 among them.
    pub elliptic: Timestamp,
}

/// An algorithm and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmEnd {
    /// What ends: a hash function, or a kind of key.
    pub name: &'static str,
    /// When.
    pub end: Timestamp,
}

impl AlgorithmEnds {
    /// Those of the head of this module.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            sha1: end_of(2013),
            sha224: end_of(2030),
            rsa_below_2048: end_of(2013),
            rsa_below_3072: end_of(2030),
            rsa: end_of(2035),
            elliptic: end_of(2035),
        }
    }

    /// Of a hash function; `None` for one without an end.
    #[must_use]
    pub fn of_hash(&self, hash: HashFunction) -> Option<AlgorithmEnd> {
        let end = match hash {
            HashFunction::Sha1 => self.sha1,
            HashFunction::Sha224 => self.sha224,
            HashFunction::Sha256 | HashFunction::Sha384 | HashFunction::Sha512 => return None,
        };
        let name = hash.name();
        Some(AlgorithmEnd { name, end })
    }

    /// Of a key.
    #[must_use]
    pub fn of_key(&self, key: KeyKind) -> AlgorithmEnd {
        let (name, end) = match key {
            KeyKind::Rsa(..2048) => ("RSA < 2048", self.rsa_below_2048),
            KeyKind::Rsa(..3072) => ("RSA < 3072", self.rsa_below_3072),
            KeyKind::Rsa(_) => ("RSA", self.rsa),
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => ("ECDSA", self.elliptic),
            KeyKind::Ed25519 => ("Ed25519", self.elliptic),
        };
        AlgorithmEnd { name, end }
    }

    /// The first end among those of a signature; `None` for a kind of key that is not known, which proves nothing.
    #[must_use]
    pub fn of(&self, algorithm: SignatureAlgorithm, key: Option<KeyKind>) -> Option<AlgorithmEnd> {
        let key = self.of_key(key?);
        let hash = self.of_hash(algorithm.hash);
        Some(match hash {
            Some(hash) if hash.end <= key.end => hash,
            _ => key,
        })
    }
}

fn end_of(year: i16) -> Timestamp {
    let end = date(year, 12, 31).at(23, 59, 59, 0);
    end.to_zoned(TimeZone::UTC)
        .map_or(Timestamp::MAX, |end| end.timestamp())
}

//! The hash functions of signatures and timestamps (TT 15/2025/TT-BKHCN Phụ lục I; ETSI TS 119 312 §5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A hash function of the SHA-2 family. SHA-1 is none of them: nothing is made with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The name as standards write it: `SHA-256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
        }
    }

    /// Length of a digest, bytes.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    /// Digest of these bytes.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        let mut running = self.start();
        running.update(bytes);
        running.finish()
    }

    /// A digest that grows with the bytes.
    #[must_use]
    pub fn start(self) -> RunningHash {
        match self {
            Hash::Sha256 => RunningHash::Sha256(Sha256::new()),
            Hash::Sha384 => RunningHash::Sha384(Sha384::new()),
            Hash::Sha512 => RunningHash::Sha512(Sha512::new()),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that names no hash function of this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sha256, sha384 or sha512, not {0:?}")]
pub struct UnknownHash(String);

impl FromStr for Hash {
    type Err = UnknownHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sha256" => Ok(Hash::Sha256),
            "sha384" => Ok(Hash::Sha384),
            "sha512" => Ok(Hash::Sha512),
            other => Err(UnknownHash(other.to_owned())),
        }
    }
}

/// A digest of bytes seen so far.
#[derive(Debug, Clone)]
pub enum RunningHash {
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-384.
    Sha384(Sha384),
    /// SHA-512.
    Sha512(Sha512),
}

impl RunningHash {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            RunningHash::Sha256(running) => running.update(bytes),
            RunningHash::Sha384(running) => running.update(bytes),
            RunningHash::Sha512(running) => running.update(bytes),
        }
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        match self {
            RunningHash::Sha256(running) => running.finalize().to_vec(),
            RunningHash::Sha384(running) => running.finalize().to_vec(),
            RunningHash::Sha512(running) => running.finalize().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_their_length_and_names_are_read_back() {
        for (hash, name) in [
            (Hash::Sha256, "sha256"),
            (Hash::Sha384, "sha384"),
            (Hash::Sha512, "sha512"),
        ] {
            assert_eq!(hash.digest(b"abc").len(), hash.length());
            assert_eq!(name.parse(), Ok(hash));
        }
        assert!("sha1".parse::<Hash>().is_err());
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = Hash::Sha256.digest(b"abc");
        assert_eq!(data_encoding::HEXLOWER.encode(&digest), known);
    }
}

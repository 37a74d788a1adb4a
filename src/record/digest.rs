//! Digests of byte streams: SHA-256 (ledger, signatures, duplicates) and SHA-512 (OCFL), in one pass.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512};

macro_rules! digest_type {
    ($name:ident, $len:literal, $hasher:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name([u8; $len]);

        impl $name {
            /// Digest of bytes in memory.
            #[must_use]
            pub fn of(bytes: &[u8]) -> Self {
                Self(<$hasher>::digest(bytes).into())
            }

            /// The raw digest.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let wrong = || format!("not {} hexadecimal digits", $len * 2);
                if text.len() != $len * 2 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(wrong());
                }
                let mut bytes = [0; $len];
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong())?;
                }
                Ok(Self(bytes))
            }
        }

        impl From<$name> for String {
            fn from(digest: $name) -> Self {
                digest.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    };
}

/// Bytes that are read at once.
const PIECE: usize = 128 * 1024;

digest_type!(
    Sha256Digest,
    32,
    Sha256,
    "A SHA-256 digest, lower-case hexadecimal in text."
);
digest_type!(
    Sha512Digest,
    64,
    Sha512,
    "A SHA-512 digest, lower-case hexadecimal in text."
);

/// Both digests of one stream, and its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// Length of the stream.
    pub bytes: u64,
    /// For signatures, the ledger and duplicates.
    pub sha256: Sha256Digest,
    /// For OCFL inventories.
    pub sha512: Sha512Digest,
}

/// What a file is as it was written: SHA-512 is for the archive to compute, from the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Length of the file.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256Digest,
}

impl Written {
    /// Reads `source` to its end; costs less than half of what both digests do, and is computed by other code than wrote the
    /// file.
    ///
    /// # Errors
    /// Any error of `source`.
    pub fn of_reader(mut source: impl Read) -> io::Result<Self> {
        let mut bytes = 0;
        let mut sha256 = Context::new(&SHA256);
        let mut buffer = vec![0; PIECE];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => {
                    let mut digest = [0; 32];
                    digest.copy_from_slice(sha256.finish().as_ref());
                    let sha256 = Sha256Digest(digest);
                    return Ok(Self { bytes, sha256 });
                }
                Ok(n) => {
                    bytes += n as u64;
                    sha256.update(&buffer[..n]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl From<Digests> for Written {
    fn from(digests: Digests) -> Self {
        Self {
            bytes: digests.bytes,
            sha256: digests.sha256,
        }
    }
}

#[derive(Default)]
struct Running {
    bytes: u64,
    sha256: Sha256,
    sha512: Sha512,
}

impl Running {
    fn update(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        self.sha256.update(chunk);
        self.sha512.update(chunk);
    }

    fn finish(self) -> Digests {
        Digests {
            bytes: self.bytes,
            sha256: Sha256Digest(self.sha256.finalize().into()),
            sha512: Sha512Digest(self.sha512.finalize().into()),
        }
    }
}

impl Digests {
    /// Reads `source` to its end.
    ///
    /// # Errors
    /// Any error of `source`.
    pub fn of_reader(mut source: impl Read) -> io::Result<Self> {
        let mut running = Running::default();
        let mut buffer = vec![0; PIECE];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(running.finish()),
                Ok(n) => running.update(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A reader that digests what passes through it.
pub struct DigestingReader<R> {
    inner: R,
    running: Running,
}

impl<R: Read> DigestingReader<R> {
    /// Starts with nothing read.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            running: Running::default(),
        }
    }

    /// Digests of what was read so far.
    pub fn finish(self) -> Digests {
        self.running.finish()
    }
}

impl<R: Read> Read for DigestingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.running.update(&buffer[..n]);
        Ok(n)
    }
}

/// A writer that digests what passes through it, by SHA-256.
pub struct DigestingWriter<W> {
    inner: W,
    bytes: u64,
    sha256: Sha256,
}

impl<W: Write> DigestingWriter<W> {
    /// Starts with nothing written.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            bytes: 0,
            sha256: Sha256::new(),
        }
    }

    /// How many bytes were written so far.
    pub fn position(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 of what was written so far, to be gone on with elsewhere: a signature covers the same
    /// bytes as the file up to its own place.
    pub fn sha256_so_far(&self) -> Sha256 {
        self.sha256.clone()
    }

    /// The writer underneath and what was written.
    pub fn finish(self) -> (W, Written) {
        let written = Written {
            bytes: self.bytes,
            sha256: Sha256Digest(self.sha256.finalize().into()),
        };
        (self.inner, written)
    }
}

impl<W: Write> Write for DigestingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buffer)?;
        self.bytes += n as u64;
        self.sha256.update(&buffer[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vector_and_with_itself() {
        let abc = Sha256Digest::of(b"abc");
        assert_eq!(
            abc.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(abc.to_string().parse(), Ok(abc));
        let streamed = Digests::of_reader(&b"abc"[..]).expect("reads");
        assert_eq!((streamed.bytes, streamed.sha256), (3, abc));
        assert_eq!(streamed.sha512, Sha512Digest::of(b"abc"));
        assert_eq!(
            Written::of_reader(&b"abc"[..]).expect("reads"),
            streamed.into()
        );
        assert!("ba78".parse::<Sha256Digest>().is_err());
        assert!("+1".repeat(32).parse::<Sha256Digest>().is_err());
    }
}

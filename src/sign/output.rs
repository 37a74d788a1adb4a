//! The signed file while it is written: created new, digested as it grows, removed if signing fails.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::SignError;
use crate::record::{DigestingWriter, Hash, RunningHash, Written};

const PIECE: usize = 256 * 1024;

/// A file that exists only when [`Output::finish`] was reached.
pub(super) struct Output {
    writer: DigestingWriter<File>,
    abandoned: Abandoned,
}

/// What is known of the base once it is copied.
pub(super) struct CopiedBase {
    /// Digest of its bytes, for the signature to go on with.
    pub(super) range: RunningHash,
    /// Its SHA-256: identifies this revision of the file.
    pub(super) sha256: [u8; 32],
}

impl CopiedBase {
    /// Sixteen bytes for `/ID`.
    pub(super) fn identifier(&self) -> [u8; 16] {
        std::array::from_fn(|at| self.sha256.get(at).copied().unwrap_or_default())
    }
}

impl Output {
    /// Creates the file; one that exists is an error.
    pub(super) fn create(path: &Path) -> Result<Self, SignError> {
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(SignError::writing)?;
        let abandoned = Abandoned {
            path: Some(path.to_owned()),
        };
        Ok(Self {
            writer: DigestingWriter::new(file),
            abandoned,
        })
    }

    /// Copies the first `length` bytes of `base`, digesting them for the file and for the signature.
    pub(super) fn copy_base(
        &mut self,
        base: &File,
        length: u64,
        hash: Hash,
    ) -> Result<CopiedBase, SignError> {
        // The file's own digest is a SHA-256 already.
        let mut other = (hash != Hash::Sha256).then(|| hash.start());
        let mut piece = vec![0; PIECE];
        let mut offset = 0;
        while offset < length {
            let wanted = usize::try_from(length - offset).map_or(PIECE, |left| left.min(PIECE));
            let piece = piece.get_mut(..wanted).unwrap_or_default();
            base.read_exact_at(piece, offset)
                .map_err(SignError::reading)?;
            if let Some(other) = &mut other {
                other.update(piece);
            }
            self.writer.write_all(piece).map_err(SignError::writing)?;
            offset += wanted as u64;
        }
        let sha256 = self.writer.sha256_so_far();
        Ok(CopiedBase {
            sha256: sha256.clone().finalize().into(),
            range: other.unwrap_or(RunningHash::Sha256(sha256)),
        })
    }

    /// Writes the rest and keeps the file.
    pub(super) fn finish(mut self, tail: &[u8]) -> Result<Written, SignError> {
        self.writer.write_all(tail).map_err(SignError::writing)?;
        self.abandoned.path = None;
        Ok(self.writer.finish().1)
    }
}

/// Removes the file unless it was finished.
struct Abandoned {
    path: Option<PathBuf>,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // The error that led here is the one to report.
            let _ = std::fs::remove_file(path);
        }
    }
}

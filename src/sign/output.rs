//! The signed file while it is written: created new, digested as it grows, removed if signing fails.
//!
//! The base is read once. One thread copies, a second one digests what was copied, and for long files a third has the
//! disk begin meanwhile and go on while the key signs, so that whoever syncs the result waits for its end only. Memory:
//! a few pieces, whatever the length.

use std::fs::{File, OpenOptions};
use std::io::{self, Sink, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle, Scope};

use sha2::Digest;

use super::SignError;
use crate::record::{DigestingWriter, Hash, RunningHash, Written};

const PIECE: usize = 256 * 1024;
/// How far copying may be ahead of digesting.
const PIECES_AHEAD: usize = 4;
/// Bytes after which the disk is to write what was copied.
const WRITE_BACK_EVERY: u64 = 8 * 1024 * 1024;
/// From so many bytes on, it does so ahead of the end: for less, a sync more costs what is won.
const LONG: u64 = 4 * 1024 * 1024;

/// A file that exists only when [`Output::finish`] was reached.
pub(super) struct Output {
    file: File,
    digest: DigestingWriter<Sink>,
    writing: Option<JoinHandle<io::Result<()>>>,
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
            file,
            digest: DigestingWriter::new(io::sink()),
            writing: None,
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
        let (due, to_write) = sync_channel(1);
        if length >= LONG {
            let file = self.file.try_clone().map_err(SignError::writing)?;
            let started = thread::Builder::new().spawn(move || write_back(&file, &to_write));
            self.writing = Some(started.map_err(SignError::writing)?);
        }
        let (file, digest, second) = (&self.file, &mut self.digest, &mut other);
        thread::scope(|scope| {
            let (copied, to_digest) = sync_channel(PIECES_AHEAD);
            let (digested, free) = channel();
            start(scope, move || {
                digest_all(&to_digest, &digested, digest, second)
            })?;
            // The relay is gone with its channels afterwards, so the threads end.
            copy(base, file, length, Relay { copied, free, due })
        })?;
        let sha256 = self.digest.sha256_so_far();
        Ok(CopiedBase {
            sha256: sha256.clone().finalize().into(),
            range: other.unwrap_or(RunningHash::Sha256(sha256)),
        })
    }

    /// Writes the rest and keeps the file.
    pub(super) fn finish(mut self, tail: &[u8]) -> Result<Written, SignError> {
        self.file.write_all(tail).map_err(SignError::writing)?;
        match self.writing.take().map(JoinHandle::join) {
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            Some(Ok(written)) => written.map_err(SignError::writing)?,
            None => {}
        }
        self.digest.write_all(tail).map_err(SignError::writing)?;
        self.abandoned.path = None;
        Ok(self.digest.finish().1)
    }
}

/// What the copying thread passes on to the others.
struct Relay {
    copied: SyncSender<Vec<u8>>,
    /// Pieces to be filled again.
    free: Receiver<Vec<u8>>,
    due: SyncSender<()>,
}

fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() + Send + 'scope,
) -> Result<(), SignError> {
    let started = thread::Builder::new().spawn_scoped(scope, work);
    started.map(drop).map_err(SignError::writing)
}

fn copy(base: &File, mut file: &File, length: u64, relay: Relay) -> Result<(), SignError> {
    let mut offset = 0;
    while offset < length {
        let wanted = usize::try_from(length - offset).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = relay.free.try_recv().unwrap_or_default();
        piece.resize(wanted, 0);
        base.read_exact_at(&mut piece, offset)
            .map_err(SignError::reading)?;
        file.write_all(&piece).map_err(SignError::writing)?;
        let before = offset / WRITE_BACK_EVERY;
        offset += wanted as u64;
        if offset / WRITE_BACK_EVERY > before || offset == length {
            // One that waits for its turn already will come to these bytes, too.
            let _busy = relay.due.try_send(());
        }
        // The other end goes only by a panic, which ends the scope.
        let _gone = relay.copied.send(piece);
    }
    Ok(())
}

fn digest_all(
    pieces: &Receiver<Vec<u8>>,
    free: &Sender<Vec<u8>>,
    digest: &mut DigestingWriter<Sink>,
    second: &mut Option<RunningHash>,
) {
    for piece in pieces {
        // A sink takes everything.
        let _taken = digest.write_all(&piece);
        if let Some(second) = second {
            second.update(&piece);
        }
        let _done = free.send(piece);
    }
}

/// An error must not be dropped here: the kernel tells of a page that it could not write once, and whoever syncs the
/// file later under another handle would hear that all is well.
fn write_back(file: &File, due: &Receiver<()>) -> io::Result<()> {
    due.iter().try_for_each(|()| file.sync_data())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Sha256Digest;

    #[test]
    fn long_and_short_bases_are_copied_and_digested_whole() {
        let folder = tempfile::tempdir().expect("folder");
        let every = usize::try_from(WRITE_BACK_EVERY).expect("fits");
        for length in [0, 1, PIECE, 9 * PIECE + 7, 2 * every + 1] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251).to_le_bytes()[0]).collect();
            let (base, out) = (folder.path().join("base"), folder.path().join("out"));
            std::fs::write(&base, &bytes).expect("written");
            for hash in [Hash::Sha256, Hash::Sha384] {
                let mut output = Output::create(&out).expect("created");
                let copied =
                    output.copy_base(&File::open(&base).expect("opens"), length as u64, hash);
                let copied = copied.expect("copied");
                let digest = Sha256Digest::of(&bytes);
                assert_eq!(copied.sha256, *digest.as_bytes(), "{length}");
                assert_eq!(copied.range.finish(), hash.digest(&bytes), "{length}");
                let written = output.finish(b"tail").expect("finished");
                let whole = [bytes.as_slice(), b"tail"].concat();
                assert_eq!(std::fs::read(&out).expect("reads"), whole, "{length}");
                assert_eq!(written.sha256, Sha256Digest::of(&whole));
                assert_eq!(written.bytes, whole.len() as u64);
                std::fs::remove_file(&out).expect("removed");
            }
        }
    }

    #[test]
    fn a_base_that_is_cut_meanwhile_leaves_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let (base, out) = (folder.path().join("base"), folder.path().join("out"));
        std::fs::write(&base, vec![7; PIECE]).expect("written");
        let mut output = Output::create(&out).expect("created");
        let base = File::open(&base).expect("opens");
        let copied = output.copy_base(&base, WRITE_BACK_EVERY + 1, Hash::Sha256);
        assert!(matches!(copied, Err(SignError::Reading(_))));
        drop(output);
        assert!(!out.exists());
    }
}

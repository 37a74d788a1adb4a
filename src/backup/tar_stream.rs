//! A tar archive within an age stream, written and read piece by piece.
//!
//! What is read comes from a medium that anybody may have had: only regular files with plain relative names are taken,
//! and an end that is missing is an error.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use age::stream::StreamWriter;
use age::x25519;

use crate::durable;
use crate::record::{DigestingReader, DigestingWriter, Digests, Written};

type Encrypted<'a> = StreamWriter<DigestingWriter<BufWriter<&'a mut File>>>;

/// A tar archive that is being encrypted to a file.
pub(super) struct TarWriter<'a>(tar::Builder<Encrypted<'a>>);

impl<'a> TarWriter<'a> {
    /// Begins one.
    pub(super) fn begin(file: &'a mut File, recipient: &x25519::Recipient) -> io::Result<Self> {
        let recipients = std::iter::once(recipient as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let digesting = DigestingWriter::new(BufWriter::new(file));
        Ok(Self(tar::Builder::new(encryptor.wrap_output(digesting)?)))
    }

    /// Adds a small file.
    pub(super) fn bytes(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.stream(path, bytes.len() as u64, bytes)
    }

    /// Adds a file as long as it is now: what is appended meanwhile is of the next set.
    pub(super) fn file(&mut self, path: &str, source: &Path) -> io::Result<Digests> {
        let file = durable::open_regular(source)?;
        let length = file.metadata()?.len();
        let mut reading = DigestingReader::new(file.take(length));
        self.stream(path, length, &mut reading)?;
        let digests = reading.finish();
        if digests.bytes == length {
            return Ok(digests);
        }
        Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter",
        ))
    }

    fn stream(&mut self, path: &str, length: u64, data: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(length);
        header.set_mode(0o640);
        header.set_entry_type(tar::EntryType::Regular);
        self.0.append_data(&mut header, path, data)
    }

    /// Ends both archive and encryption; the length and digest of what was written.
    pub(super) fn finish(self) -> io::Result<Written> {
        let (mut file, written) = self.0.into_inner()?.finish()?.finish();
        file.flush()?;
        Ok(written)
    }
}

/// Hands out every file of an encrypted tar archive, in its order.
pub(super) fn read_all<E: From<io::Error>>(
    file: &Path,
    identities: &[Box<dyn age::Identity>],
    mut each: impl FnMut(PathBuf, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let file = BufReader::new(durable::open_regular(file)?);
    let decryptor = age::Decryptor::new_buffered(file).map_err(io::Error::other)?;
    let identities = identities.iter().map(Box::as_ref);
    let stream = decryptor.decrypt(identities).map_err(io::Error::other)?;
    let mut archive = tar::Archive::new(stream);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let is_plain = path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if entry.header().entry_type() != tar::EntryType::Regular
            || !is_plain
            || path.as_os_str().is_empty()
        {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a file of a set").into());
        }
        each(path, &mut entry)?;
    }
    // The last piece proves that nothing was cut off.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(())
}

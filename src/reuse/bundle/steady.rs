//! A new file that takes everything after its first error without a word, and tells that error at its end.
//!
//! The ZIP writer goes on when it is dropped, and ends the program where its file failed half-way.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// The file, as far as it could be written.
pub(super) struct SteadyFile {
    file: BufWriter<File>,
    failed: Option<io::Error>,
    at: u64,
    length: u64,
}

impl SteadyFile {
    /// Creates it; one that exists is an error.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(File::create_new(path)?),
            failed: None,
            at: 0,
            length: 0,
        })
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// The first of all.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.attempt(|file| file.flush());
        self.failed.map_or(Ok(()), Err)
    }

    fn attempt(&mut self, work: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = work(&mut self.file).err();
        }
    }
}

impl Write for SteadyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|file| file.write_all(bytes));
        self.at += bytes.len() as u64;
        self.length = self.length.max(self.at);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(|file| file.flush());
        Ok(())
    }
}

impl Seek for SteadyFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        let place = self.at;
        self.attempt(|file| file.seek(SeekFrom::Start(place)).map(drop));
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_told_at_the_end_and_places_stay_right() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = SteadyFile::create(&folder.path().join("a")).expect("created");
        file.write_all(b"0123456789").expect("taken");
        assert_eq!(file.seek(SeekFrom::End(-3)).expect("a place"), 7);
        file.failed = Some(io::ErrorKind::StorageFull.into());
        file.write_all(b"abcdef").expect("taken");
        assert_eq!(file.stream_position().expect("a place"), 13);
        assert_eq!(file.seek(SeekFrom::End(0)).expect("a place"), 13);
        assert!(file.seek(SeekFrom::Current(-14)).is_err());
        let error = file.finish().expect_err("told");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn what_is_written_is_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let mut file = SteadyFile::create(&path).expect("created");
        file.write_all(b"0123456789").expect("taken");
        file.seek(SeekFrom::Start(2)).expect("a place");
        file.write_all(b"ab").expect("taken");
        file.finish().expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), b"01ab456789");
        assert!(SteadyFile::create(&path).is_err());
    }
}

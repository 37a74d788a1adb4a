//! Witnesses: second places that keep checkpoints, so that this machine cannot take one back.
//!
//! A folder (another machine's share, a medium that is taken away) and a spool of mail that something else sends.
//! A page with a QR code is drawn elsewhere; [`qr_text`] says what stands in it. What a witness gives back is
//! compared by [`super::audit`].

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Checkpoint, KeyName, LedgerError};
use crate::durable::{self, Cause};

/// Copies of one folder that are read, the newest first.
const COPIES_MAX: usize = 20_000;
const COPY_BYTES_MAX: u64 = 64 * 1024;

/// A second place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// A folder of copies, `<origin>-<size>.note`.
    Folder(PathBuf),
    /// A folder in which mail waits to be sent, `<origin>-<size>.eml` (RFC 5322).
    MailSpool {
        /// Where.
        folder: PathBuf,
        /// The address that sends.
        from: String,
        /// The address that keeps.
        to: String,
    },
}

impl Witness {
    /// Gives the witness a checkpoint, once; a copy that is there already must be of the same tree.
    ///
    /// # Errors
    /// [`LedgerError::WitnessDiffers`] where the witness has another tree of this size; what the machine said: the
    /// medium may be away, and is tried again with the next checkpoint.
    pub fn keep(&self, checkpoint: &Checkpoint, at: Timestamp) -> Result<PathBuf, LedgerError> {
        let (folder, ending, text) = match self {
            Witness::Folder(folder) => (folder, "note", checkpoint.to_text()),
            Witness::MailSpool { folder, from, to } => {
                (folder, "eml", mail(checkpoint, from, to, at))
            }
        };
        let path = folder.join(format!("{}.{ending}", stem(checkpoint)));
        match durable::write_new(&path, text.as_bytes()) {
            Err(error) if error.cause() == Cause::Exists => {
                let theirs = read(&path)?.filter(|theirs| theirs.head() == checkpoint.head());
                theirs
                    .map(|_| ())
                    .ok_or(LedgerError::WitnessDiffers { path: path.clone() })?;
            }
            other => other?,
        }
        Ok(path)
    }
}

/// The checkpoints that a witness's folder holds, the newest at most; files of other names are passed over.
///
/// # Errors
/// [`LedgerError::WitnessDiffers`] where a file of ours holds no checkpoint; what the machine said.
pub fn copies(folder: &Path) -> Result<Vec<Checkpoint>, LedgerError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(LedgerError::unreadable(folder))? {
        let path = entry.map_err(LedgerError::unreadable(folder))?.path();
        if path.extension().is_some_and(|ending| ending == "note") {
            paths.push(path);
        }
    }
    paths.sort();
    let found = paths.into_iter().rev().take(COPIES_MAX);
    found
        .map(|path| read(&path)?.ok_or(LedgerError::WitnessDiffers { path }))
        .collect()
}

/// The size of the largest tree of this origin that a witness's folder has a copy of, by the names of the files.
///
/// # Errors
/// What the machine said.
pub fn newest(folder: &Path, origin: &KeyName) -> Result<Option<u64>, LedgerError> {
    let prefix = format!("{}-", plain(origin));
    let mut newest = None;
    for entry in fs::read_dir(folder).map_err(LedgerError::unreadable(folder))? {
        let name = entry.map_err(LedgerError::unreadable(folder))?.file_name();
        let digits = name.to_str().and_then(|name| {
            let size = name.strip_prefix(&prefix)?;
            size.strip_suffix(".note").or(size.strip_suffix(".eml"))
        });
        newest = newest.max(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    Ok(newest)
}

/// What stands in the QR code of a printed checkpoint: the signed note itself, some 200 letters.
#[must_use]
pub fn qr_text(checkpoint: &Checkpoint) -> String {
    checkpoint.to_text()
}

/// A file name of origin and size, which sorts by size. An origin has marks that file names do not like.
fn stem(checkpoint: &Checkpoint) -> String {
    let head = checkpoint.head();
    format!("{}-{:020}", plain(&head.origin), head.size)
}

fn plain(origin: &KeyName) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || letter == '-';
    let letters = origin.as_str().chars();
    letters
        .map(|letter| if plain(letter) { letter } else { '-' })
        .collect()
}

fn mail(checkpoint: &Checkpoint, from: &str, to: &str, at: Timestamp) -> String {
    let head = checkpoint.head();
    let one_line = |text: &str| text.replace(char::is_control, " ");
    format!(
        "From: {}\r\nTo: {}\r\nDate: {}\r\nSubject: checkpoint {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        one_line(from),
        one_line(to),
        at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        head.size,
        checkpoint.to_text().replace('\n', "\r\n"),
    )
}

/// A checkpoint in a file, also in a message; `None` where it holds something else.
fn read(path: &Path) -> Result<Option<Checkpoint>, LedgerError> {
    let mut text = Vec::new();
    durable::open_regular(path)
        .and_then(|file| file.take(COPY_BYTES_MAX).read_to_end(&mut text))
        .map_err(LedgerError::unreadable(path))?;
    let text = String::from_utf8_lossy(&text);
    if path.extension().is_some_and(|ending| ending == "eml") {
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
        let body = body.map(|body| body.replace("\r\n", "\n"));
        return Ok(body.and_then(|body| Checkpoint::parse(body.as_bytes())));
    }
    Ok(Checkpoint::parse(text.as_bytes()))
}

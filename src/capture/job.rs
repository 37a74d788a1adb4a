//! A job: one claimed document's folder under `work/`, and its `job.json`.
//!
//! ```text
//! work/<record-id>/job.json        what was to be taken from where; written before anything is moved
//! work/<record-id>/lock            locked by the process that works on the job
//! work/<record-id>/original-0001   the files as dropped, in page order
//! work/<record-id>/slip-0001       the slips that lay beside them
//! work/<record-id>/rearranged.json it becomes other jobs; see [`super::rearrange`]
//! work/<record-id>/decisions.json  what people decided of it; there from the first if it was made of other jobs
//! ```
//! Other stages may keep files of their own there; none of theirs begins with `original-` or `slip-`.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::complete::{self, Verdict};
use super::{CaptureError, ClaimedFile, Origin, ScanBatch, Slip, rearrange, scan, slip};
use crate::config::{Limits, ScannerProfile};
use crate::durable;
use crate::record::{Digests, RecordId, Sha256Digest, StationName};

const INTENT: &str = "job.json";
const LOCK: &str = "lock";
/// What people decided of the document: a list of [`crate::record::DecisionRecord`], oldest first.
pub const DECISIONS: &str = "decisions.json";
/// A folder of this name is finished; only its removal was interrupted.
pub(super) const DONE_PREFIX: &str = ".done-";

/// How the files came into the job's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taking {
    /// Moved out of a station's folder: the job holds the only copy.
    Moved,
    /// Copied from where an operator keeps them.
    Copied,
}

/// `job.json`. Members that came later are optional: jobs may wait while the program is updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Intent {
    pub(super) format: String,
    pub(super) record: RecordId,
    pub(super) station: StationName,
    pub(super) profile: String,
    pub(super) claimed: Timestamp,
    pub(super) taking: Taking,
    pub(super) files: Vec<JobFile>,
    pub(super) slips: Vec<JobFile>,
    /// What names and command line said, each source apart.
    pub(super) known: Vec<Slip>,
    /// As in [`ScanBatch`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) selection: Option<Vec<usize>>,
    /// As in [`ScanBatch`]. With it, the files were never this job's to take from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<Origin>,
}

/// One file of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobFile {
    /// Where it came from: inside the inbox if moved, absolute if copied.
    #[serde(with = "path_text")]
    pub source: PathBuf,
    /// Name as dropped, relative to the station's folder; bytes that are not UTF-8 appear as U+FFFD.
    pub dropped_as: String,
    /// Its name in the job's folder.
    pub stored: String,
    /// Length when it stood still.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Timestamp,
    /// Whether its structural end was seen before it was taken.
    pub complete: bool,
    /// Its digest when the job was made, where that was after it was taken out of the inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
}

impl Intent {
    pub(super) const FORMAT: &'static str = "sohoa-job/1";

    pub(super) fn write(&self, folder: &Path) -> Result<(), CaptureError> {
        let path = folder.join(INTENT);
        Ok(durable::write_new(&path, &to_json(&path, self)?)?)
    }

    /// Into a folder that is being staged.
    pub(super) fn stage(&self, folder: &Path) -> Result<(), CaptureError> {
        let path = folder.join(INTENT);
        Ok(durable::stage_bytes(&path, &to_json(&path, self)?)?)
    }

    /// `None`: the folder has no `job.json`.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, CaptureError> {
        let path = folder.join(INTENT);
        let intent: Option<Self> = read_json(&path)?;
        if let Some(intent) = &intent {
            intent.check(&path)?;
        }
        Ok(intent)
    }

    /// Nothing that a file says may lead out of the job's folder or the inbox.
    pub(super) fn check(&self, path: &Path) -> Result<(), CaptureError> {
        if self.format != Self::FORMAT {
            return Err(damaged(path, "unknown format"));
        }
        for file in self.everything() {
            let mut parts = file.source.components();
            let stays_inside = parts.all(|part| matches!(part, Component::Normal(_)));
            let is_followed = self.taking == Taking::Moved && self.origin.is_none();
            if is_followed && !stays_inside {
                return Err(damaged(path, "a source leads out of the inbox"));
            }
            if !is_stored_name(file.stored.as_bytes()) {
                return Err(damaged(path, "a stored name is not ours"));
            }
        }
        Ok(())
    }

    /// Scans and slips.
    pub(super) fn everything(&self) -> impl Iterator<Item = &JobFile> {
        self.files.iter().chain(&self.slips)
    }
}

pub(super) fn to_json(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, CaptureError> {
    serde_json::to_vec_pretty(value).map_err(|error| damaged(path, &error.to_string()))
}

/// `None`: there is no such file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, CaptureError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| damaged(path, &error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CaptureError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

pub(super) fn damaged(path: &Path, reason: &str) -> CaptureError {
    CaptureError::JobDamaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The `number`th scan's name in a job's folder, counted from 0.
pub(super) fn original_name(number: usize) -> String {
    format!("original-{:04}", number + 1)
}

/// The `number`th slip's name in a job's folder, counted from 0.
pub(super) fn slip_name(number: usize) -> String {
    format!("slip-{:04}", number + 1)
}

pub(super) fn is_stored_name(name: &[u8]) -> bool {
    let number = name
        .strip_prefix(b"original-")
        .or_else(|| name.strip_prefix(b"slip-"));
    number.is_some_and(|number| number.len() >= 4 && number.iter().all(u8::is_ascii_digit))
}

/// Held while a process works on a job; let go when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct JobLock(#[expect(dead_code, reason = "open means locked")] File);

impl JobLock {
    /// # Errors
    /// [`CaptureError::Locked`]; `Unreadable` with `NotFound` where the folder is gone.
    pub(super) fn take(folder: &Path) -> Result<Self, CaptureError> {
        let path = folder.join(LOCK);
        let unreadable = |source| CaptureError::Unreadable {
            path: path.clone(),
            source,
        };
        let options = File::options().create(true).append(true).clone();
        let file = options.open(&path).map_err(unreadable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CaptureError::Locked {
                    folder: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unreadable(source)),
        }
        // The folder may have been finished and removed between opening and locking.
        let ours = file.metadata().map_err(unreadable)?;
        let there = fs::metadata(&path).map_err(unreadable)?;
        if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
            return Err(unreadable(io::ErrorKind::NotFound.into()));
        }
        Ok(Self(file))
    }

    /// As [`Self::take`]; `None` where the folder is gone.
    pub(super) fn take_if_there(folder: &Path) -> Result<Option<Self>, CaptureError> {
        match Self::take(folder) {
            Err(CaptureError::Unreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                Ok(None)
            }
            taken => taken.map(Some),
        }
    }
}

/// A claimed document whose files all lie in its folder. Dropping it only unlocks the folder.
#[derive(Debug)]
pub struct Job {
    /// The identity that the record will have.
    pub record: RecordId,
    /// Where it came from.
    pub station: StationName,
    /// Name of the profile in force at the claim.
    pub profile: String,
    /// When it was claimed.
    pub claimed: Timestamp,
    /// Whether the job holds the only copy of its files.
    pub taking: Taking,
    /// The job's folder.
    pub folder: PathBuf,
    /// The scans, in page order.
    pub files: Vec<JobFile>,
    pub(super) slips: Vec<JobFile>,
    pub(super) known: Vec<Slip>,
    /// As in [`ScanBatch`].
    pub selection: Option<Vec<usize>>,
    /// As in [`ScanBatch`].
    pub origin: Option<Origin>,
    #[expect(dead_code, reason = "held for as long as the job is")]
    pub(super) lock: JobLock,
}

impl Job {
    pub(super) fn new(intent: Intent, folder: &Path, lock: JobLock) -> Self {
        Self {
            record: intent.record,
            station: intent.station,
            profile: intent.profile,
            claimed: intent.claimed,
            taking: intent.taking,
            folder: folder.to_owned(),
            files: intent.files,
            slips: intent.slips,
            known: intent.known,
            selection: intent.selection,
            origin: intent.origin,
            lock,
        }
    }

    /// Digests the files and reads the slips.
    ///
    /// # Errors
    /// [`CaptureError::SlipInvalid`], [`CaptureError::SlipConflict`] and [`CaptureError::FileTooLong`]
    /// refuse the batch. [`CaptureError::StillWritten`] asks for [`super::give_back`];
    /// [`CaptureError::Changed`] cannot be mended by it. [`CaptureError::Locked`]: it was given to
    /// [`super::rearrange()`], which did not end.
    pub fn open_batch(
        &self,
        profile: &ScannerProfile,
        limits: &Limits,
    ) -> Result<ScanBatch, CaptureError> {
        rearrange::refuse_if_planned(&self.folder)?;
        for file in &self.files {
            if file.bytes > limits.file_bytes() {
                return Err(CaptureError::FileTooLong {
                    name: file.dropped_as.clone(),
                    bytes: file.bytes,
                    limit: limits.file_bytes(),
                });
            }
        }
        let said = self.said()?;
        let files = self.files.iter().map(|file| self.digest(file));
        Ok(ScanBatch {
            record: self.record,
            station: self.station.clone(),
            profile: profile.clone(),
            claimed: self.claimed,
            folder: self.folder.clone(),
            files: files.collect::<Result<_, _>>()?,
            slip: slip::merge(said)?,
            selection: self.selection.clone(),
            origin: self.origin.clone(),
        })
    }

    /// What names, command line and slips say, each source apart.
    pub(super) fn said(&self) -> Result<Vec<Slip>, CaptureError> {
        let read = |file: &JobFile| slip::read(&self.folder.join(&file.stored), &file.dropped_as);
        let slips = self.slips.iter().map(read);
        let known = self.known.iter().cloned().map(Ok);
        let mut said = known.chain(slips).collect::<Result<Vec<Slip>, _>>()?;
        if self.origin.is_some() {
            // They counted the sheets of another pile.
            said.iter_mut().for_each(|slip| slip.pages = None);
        }
        Ok(said)
    }

    /// Reads one file to its end and makes sure that nobody wrote meanwhile.
    pub(super) fn digest(&self, file: &JobFile) -> Result<ClaimedFile, CaptureError> {
        let path = self.folder.join(&file.stored);
        let unreadable = |source| CaptureError::Unreadable {
            path: path.clone(),
            source,
        };
        let mut reader = durable::open_regular(&path).map_err(unreadable)?;
        let before = scan::file_state(&reader.metadata().map_err(unreadable)?);
        let verdict = complete::examine(&mut reader).map_err(unreadable)?;
        io::Seek::rewind(&mut reader).map_err(unreadable)?;
        let digests = Digests::of_reader(&reader).map_err(unreadable)?;
        let after = scan::file_state(&reader.metadata().map_err(unreadable)?);
        let lost_its_end = file.complete && matches!(verdict, Verdict::Incomplete(_));
        let is_the_same = match file.sha256 {
            // Another job's link to it may go meanwhile, which changes the inode and not the file.
            Some(sha256) => digests.sha256 == sha256,
            None => before == after && digests.bytes == file.bytes && !lost_its_end,
        };
        if !is_the_same {
            return Err(self.changed(file));
        }
        Ok(ClaimedFile {
            path,
            dropped_as: file.dropped_as.clone(),
            modified: file.modified,
            digests,
        })
    }

    /// A file is not what it was: it can go back to the inbox only if it came from there.
    pub(super) fn changed(&self, file: &JobFile) -> CaptureError {
        let name = file.dropped_as.clone();
        match self.origin {
            None => CaptureError::StillWritten { name },
            Some(_) => CaptureError::Changed { name },
        }
    }

    /// Ends a job whose files are in the archive: removes its folder and all in it.
    ///
    /// # Errors
    /// What the machine said; [`super::jobs`] removes the rest later.
    pub fn finish(self) -> Result<(), CaptureError> {
        remove(&self.folder)
    }
}

/// Removes a job's folder so that a crash on the way leaves nothing that looks like a job.
pub(super) fn remove(folder: &Path) -> Result<(), CaptureError> {
    Ok(durable::remove_tree(&set_aside(folder)?)?)
}

/// Ends a job's folder with one rename and returns what is left to remove, by anybody.
pub(super) fn set_aside(folder: &Path) -> Result<PathBuf, CaptureError> {
    let mut name = OsString::from(DONE_PREFIX);
    name.push(folder.file_name().unwrap_or_default());
    let done = folder.with_file_name(name);
    durable::rename_new(folder, &done)?;
    Ok(done)
}

/// A path as JSON text and back, whatever its bytes: `%` and what is no printable UTF-8 become `%XX`.
mod path_text {
    use std::fmt::Write;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{OsStrExt, OsString, OsStringExt, Path, PathBuf};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(path.as_os_str().as_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = decode(&text).ok_or_else(|| D::Error::custom("“%” without two digits"))?;
        Ok(OsString::from_vec(bytes).into())
    }

    pub(super) fn encode(bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                if letter == '%' || letter.is_control() {
                    let mut buffer = [0; 4];
                    escape(letter.encode_utf8(&mut buffer).as_bytes(), &mut text);
                } else {
                    text.push(letter);
                }
            }
            escape(chunk.invalid(), &mut text);
        }
        text
    }

    fn escape(bytes: &[u8], text: &mut String) {
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }

    pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'%' {
                bytes.push(byte);
                continue;
            }
            let (digits, after) = rest.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None; // the parser below would take a sign
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after;
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_file_name_survives_json(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let text = path_text::encode(&bytes);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(path_text::decode(&text), Some(bytes));
        }
    }

    #[test]
    fn vietnamese_names_stay_readable() {
        let text = path_text::encode("Quầy 1/Tờ khai 100%\n.jpg".as_bytes());
        assert_eq!(text, "Quầy 1/Tờ khai 100%25%0A.jpg");
        assert_eq!(path_text::decode("%4"), None);
        assert_eq!(path_text::decode("%+1"), None);
    }

    #[test]
    fn only_our_own_names_are_stored() {
        assert!(is_stored_name(original_name(0).as_bytes()));
        assert!(is_stored_name(slip_name(12_344).as_bytes()));
        for name in ["original-1", "original-000a", "slip-../x", "job.json", ""] {
            assert!(!is_stored_name(name.as_bytes()), "{name}");
        }
    }
}

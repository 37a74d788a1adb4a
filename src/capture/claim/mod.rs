//! Taking a group out of the inbox, and making whole what a crash left half taken.
//!
//! # Exactly once
//! 1. `work/<id>/` is made and locked, and `job.json`, which says what is to be taken, is on the disk.
//! 2. One file after the other is renamed into the folder; both folders are synced each time.
//!    Across file systems it is copied, synced and read back, and only then removed.
//! 3. When all lie there, it is a [`Job`].
//!
//! A crash before 1 is done leaves a folder without originals: [`recover`] removes it. After 1,
//! `job.json` tells [`recover`] where each file is: in the folder, still in the inbox (it goes on
//! with step 2), or, after a copy, in both with equal bytes (it removes the one in the inbox). If a
//! file that was not yet taken changed or vanished, everything goes back to the inbox instead.
//! Nothing is deleted of which there is no second copy with equal bytes, no name is taken over.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::group::Group;
use super::job::{self, Intent, Job, JobFile, JobLock, Taking};
use super::scan::{self, Candidate};
use super::{CaptureError, Slip, rearrange};
use crate::durable::{self, Cause, DurableError};
use crate::record::{Digests, RecordId, StationName};

/// What Linux allows for one name (`NAME_MAX`).
const NAME_BYTES_MAX: usize = 255;
/// What is behind the last full stop is an extension if it is not longer.
const EXTENSION_BYTES_MAX: usize = 32;

/// Where a claim goes and what it is called.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The inbox that the files are moved out of.
    pub inbox: &'a Path,
    /// Where jobs lie.
    pub work: &'a Path,
    /// The new record's identity.
    pub record: RecordId,
    /// Name of the profile in force.
    pub profile: &'a str,
    /// The present time.
    pub claimed: Timestamp,
}

/// What [`recover`] made of a job's folder.
#[derive(Debug)]
pub enum Recovered {
    /// All files lie in it: go on with the journey.
    Job(Box<Job>),
    /// It was being divided or merged, which is now done: go on with these, and it is removed. A
    /// document that somebody else took up meanwhile is not among them.
    Rearranged(Vec<Job>),
    /// The files are in the inbox again and will be found by the next scan.
    GivenBack(CaptureError),
    /// There was nothing in it that is not elsewhere; it is removed.
    Nothing,
}

/// Takes a group out of the inbox.
///
/// # Errors
/// [`CaptureError::StillWritten`], [`CaptureError::Vanished`]: all files are in the inbox again. On any
/// other error too, unless giving back failed as well; then the folder waits for [`recover`].
pub fn claim(group: &Group, order: &Order<'_>) -> Result<Job, CaptureError> {
    let complete = group.files.iter().map(|file| file.complete);
    let files = group.files.iter().map(|file| &file.candidate).zip(complete);
    let slips = group.slips.iter().map(|slip| (slip, false));
    let intent = Intent {
        format: Intent::FORMAT.to_owned(),
        record: order.record,
        station: group.station.clone(),
        profile: order.profile.to_owned(),
        claimed: order.claimed,
        taking: Taking::Moved,
        files: planned(files, job::original_name),
        slips: planned(slips, job::slip_name),
        known: group.known.clone(),
        selection: None,
        origin: None,
    };
    let (folder, lock) = begin(&intent, order.work)?;
    match take_all(&intent, &folder, order.inbox) {
        Ok(()) => Ok(Job::new(intent, &folder, lock)),
        Err(reason) => {
            put_back(&intent, &folder, order.inbox)?;
            Err(reason)
        }
    }
}

/// Copies files that an operator keeps elsewhere into a new job; theirs stay untouched.
///
/// # Errors
/// What the machine said; nothing is left in `work/` then, or only what [`jobs`] and [`recover`] remove.
pub fn adopt(
    files: &[PathBuf],
    station: StationName,
    slip: Slip,
    order: &Order<'_>,
) -> Result<Job, CaptureError> {
    let planned = files.iter().enumerate();
    let planned = planned.map(|(number, path)| plan_copy(path, number));
    let intent = Intent {
        format: Intent::FORMAT.to_owned(),
        record: order.record,
        station,
        profile: order.profile.to_owned(),
        claimed: order.claimed,
        taking: Taking::Copied,
        files: planned.collect::<Result<_, _>>()?,
        slips: Vec::new(),
        known: vec![slip],
        selection: None,
        origin: None,
    };
    let (folder, lock) = begin(&intent, order.work)?;
    for file in &intent.files {
        let copied = durable::copy_new(&file.source, &folder.join(&file.stored));
        let refused = match copied {
            Ok(digests) if digests.bytes == file.bytes => continue,
            Ok(_) => still_written(file),
            Err(error) => error.into(),
        };
        job::remove(&folder)?;
        return Err(refused);
    }
    Ok(Job::new(intent, &folder, lock))
}

/// Gives the files of a job back to the inbox, because they are not ready after all.
///
/// # Errors
/// What the machine said; the folder then waits for [`recover`]. [`CaptureError::JobDamaged`] for what
/// was divided from other scans: that has no place in the inbox.
pub fn give_back(job: Job, inbox: &Path) -> Result<(), CaptureError> {
    rearrange::refuse_if_planned(&job.folder)?;
    if job.origin.is_some() {
        return Err(job::damaged(&job.folder, "it was never in the inbox"));
    }
    let intent =
        Intent::read(&job.folder)?.ok_or_else(|| job::damaged(&job.folder, "job.json is gone"))?;
    put_back(&intent, &job.folder, inbox)
}

/// The jobs' folders under `work`, the oldest first; removes what finished jobs left.
///
/// # Errors
/// [`CaptureError::FolderUnreadable`].
pub fn jobs(work: &Path) -> Result<Vec<PathBuf>, CaptureError> {
    let unreadable = |source| CaptureError::FolderUnreadable {
        path: work.to_owned(),
        source,
    };
    let mut folders: Vec<(RecordId, PathBuf)> = Vec::new();
    for entry in fs::read_dir(work).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Ok(record) = name.parse() {
            folders.push((record, entry.path()));
        } else if name.starts_with(job::DONE_PREFIX) {
            durable::remove_tree(&entry.path())?;
        }
    }
    folders.sort();
    Ok(folders.into_iter().map(|(_, folder)| folder).collect())
}

/// Makes a job's folder whole, whatever a crash left; see the head of this module.
///
/// # Errors
/// [`CaptureError::Locked`]: another process, or another part of this one, works on it, or a division
/// that it has part in has to be ended first, by [`recover`] on another folder.
/// [`CaptureError::JobDamaged`]: it is not as this program leaves it, and was not touched.
pub fn recover(folder: &Path, inbox: &Path) -> Result<Recovered, CaptureError> {
    let Some(lock) = JobLock::take_if_there(folder)? else {
        return Ok(Recovered::Nothing);
    };
    let Some(intent) = Intent::read(folder)? else {
        if holds_originals(folder)? {
            return Err(job::damaged(folder, "originals without job.json"));
        }
        job::remove(folder)?;
        return Ok(Recovered::Nothing);
    };
    durable::remove_temporaries(folder)?;
    if let Some(children) = rearrange::resume(folder)? {
        return Ok(Recovered::Rearranged(children));
    }
    if intent.origin.is_some() {
        rearrange::check_child(&intent, folder)?;
        return Ok(Recovered::Job(Box::new(Job::new(intent, folder, lock))));
    }
    match (intent.taking, take_all(&intent, folder, inbox)) {
        (_, Ok(())) => Ok(Recovered::Job(Box::new(Job::new(intent, folder, lock)))),
        // It was never whole, so nobody was told that it had been taken in.
        (Taking::Copied, Err(CaptureError::Vanished { .. })) => {
            job::remove(folder)?;
            Ok(Recovered::Nothing)
        }
        (
            Taking::Moved,
            Err(reason @ (CaptureError::StillWritten { .. } | CaptureError::Vanished { .. })),
        ) => {
            put_back(&intent, folder, inbox)?;
            Ok(Recovered::GivenBack(reason))
        }
        (_, Err(trouble)) => Err(trouble),
    }
}

fn planned<'a>(
    candidates: impl Iterator<Item = (&'a Candidate, bool)>,
    name: fn(usize) -> String,
) -> Vec<JobFile> {
    let numbered = candidates.enumerate();
    let files = numbered.map(|(number, (candidate, complete))| JobFile {
        source: Path::new(candidate.station.as_str()).join(&candidate.inside),
        dropped_as: candidate.inside.to_string_lossy().into_owned(),
        stored: name(number),
        bytes: candidate.state.bytes,
        modified: candidate.state.modified,
        complete,
        sha256: None,
    });
    files.collect()
}

fn plan_copy(path: &Path, number: usize) -> Result<JobFile, CaptureError> {
    let unreadable = |source| CaptureError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // An operator may well name a link of theirs; what it points to is what is meant.
    let source = fs::canonicalize(path).map_err(unreadable)?;
    let metadata = fs::metadata(&source).map_err(unreadable)?;
    if let Some(what) = scan::oddity(metadata.file_type()) {
        let path = path.to_owned();
        return Err(CaptureError::NotAFile { path, what });
    }
    let name = path.file_name().or(source.file_name()).unwrap_or_default();
    Ok(JobFile {
        dropped_as: name.to_string_lossy().into_owned(),
        stored: job::original_name(number),
        bytes: metadata.len(),
        modified: scan::modified(&metadata),
        complete: false,
        sha256: None,
        source,
    })
}

/// Step 1: the folder, its lock, and the intent on the disk.
fn begin(intent: &Intent, work: &Path) -> Result<(PathBuf, JobLock), CaptureError> {
    let folder = work.join(intent.record.to_string());
    durable::create_folders(&folder)?;
    let lock = JobLock::take(&folder)?;
    match intent.write(&folder) {
        Ok(()) => Ok((folder, lock)),
        Err(error) => {
            // A full disk must not fill with empty jobs, one at each new attempt.
            job::remove(&folder)?;
            Err(error)
        }
    }
}

/// Step 2, from wherever it stopped.
fn take_all(intent: &Intent, folder: &Path, inbox: &Path) -> Result<(), CaptureError> {
    for file in intent.everything() {
        let stored = folder.join(&file.stored);
        match intent.taking {
            Taking::Moved => take(file, &inbox.join(&file.source), &stored)?,
            Taking::Copied if is_there(&stored, file)? => {}
            Taking::Copied => return Err(vanished(file)),
        }
    }
    Ok(())
}

fn take(file: &JobFile, source: &Path, stored: &Path) -> Result<(), CaptureError> {
    match (look_at(stored)?, look_at(source)?) {
        (None, None) => Err(vanished(file)),
        (None, Some(found)) if is_as_seen(&found, file) => transfer(file, source, stored),
        (None, Some(_)) => Err(still_written(file)),
        (Some(_), left) => {
            if left.is_some_and(|left| is_as_seen(&left, file)) && hold_the_same(source, stored)? {
                durable::remove_file(source)?;
            }
            match is_there(stored, file)? {
                true => Ok(()),
                false => Err(still_written(file)),
            }
        }
    }
}

fn transfer(file: &JobFile, source: &Path, stored: &Path) -> Result<(), CaptureError> {
    match durable::rename_new(source, stored) {
        Ok(()) => match look_at(stored)? {
            Some(taken) if is_as_seen(&taken, file) => Ok(()),
            // Somebody wrote, or put a link there, in the instant before.
            _ => Err(still_written(file)),
        },
        Err(error) if error.source.kind() == io::ErrorKind::CrossesDevices => {
            copy_across(file, source, stored)
        }
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Err(vanished(file)),
        Err(error) => Err(error.into()),
    }
}

fn copy_across(file: &JobFile, source: &Path, stored: &Path) -> Result<(), CaptureError> {
    let copied = durable::copy_new(source, stored)?;
    let unchanged = look_at(source)?.is_some_and(|found| is_as_seen(&found, file));
    if !unchanged || copied != digest(stored)? {
        // What was copied is not what is there now; the source keeps its place.
        durable::remove_file(stored)?;
        return Err(still_written(file));
    }
    Ok(durable::remove_file(source)?)
}

/// The way back: every file that lies in the folder returns to the inbox, then the folder goes.
fn put_back(intent: &Intent, folder: &Path, inbox: &Path) -> Result<(), CaptureError> {
    for file in intent.everything() {
        let (stored, source) = (folder.join(&file.stored), inbox.join(&file.source));
        if look_at(&stored)?.is_none() || intent.taking == Taking::Copied {
            continue;
        }
        let still_at_home = look_at(&source)?.is_some_and(|found| found.is_file());
        if still_at_home && hold_the_same(&source, &stored)? {
            durable::remove_file(&stored)?;
            continue;
        }
        durable::create_folders(source.parent().unwrap_or(inbox))?;
        return_to(&stored, &source)?;
    }
    job::remove(folder)
}

/// Under its old name, or `name (2).ext` and so on where a newer file has that by now.
fn return_to(stored: &Path, source: &Path) -> Result<(), DurableError> {
    let mut result = durable::move_new(stored, source);
    for number in 2..1000 {
        match result {
            Err(error) if error.cause() == Cause::Exists => {
                result = durable::move_new(stored, &numbered(source, number));
            }
            other => return other,
        }
    }
    result
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let extension = path
        .extension()
        .filter(|extension| extension.len() <= EXTENSION_BYTES_MAX);
    let stem = match extension {
        Some(_) => path.file_stem(),
        None => path.file_name(),
    };
    let stem = stem.unwrap_or_default();
    let mut ending = OsString::from(format!(" ({number})"));
    if let Some(extension) = extension {
        ending.push(".");
        ending.push(extension);
    }
    let room = NAME_BYTES_MAX - ending.len();
    let cut = match stem.to_str() {
        Some(text) => text.floor_char_boundary(room),
        None => room.min(stem.len()),
    };
    let mut name = OsStr::from_bytes(stem.as_bytes().get(..cut).unwrap_or_default()).to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Without following a link; `None` where nothing is.
pub(super) fn look_at(path: &Path) -> Result<Option<Metadata>, CaptureError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(source) => Err(CaptureError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn is_as_seen(found: &Metadata, file: &JobFile) -> bool {
    found.is_file() && found.len() == file.bytes && scan::modified(found) == file.modified
}

/// Whether the stored file is what was meant, as far as its length tells; a copy has a time of its own.
pub(super) fn is_there(stored: &Path, file: &JobFile) -> Result<bool, CaptureError> {
    let found = look_at(stored)?;
    Ok(found.is_some_and(|found| found.is_file() && found.len() == file.bytes))
}

fn hold_the_same(a: &Path, b: &Path) -> Result<bool, CaptureError> {
    Ok(digest(a)? == digest(b)?)
}

fn digest(path: &Path) -> Result<Digests, CaptureError> {
    durable::open_regular(path)
        .and_then(Digests::of_reader)
        .map_err(|source| CaptureError::Unreadable {
            path: path.to_owned(),
            source,
        })
}

fn holds_originals(folder: &Path) -> Result<bool, CaptureError> {
    let unreadable = |source| CaptureError::FolderUnreadable {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if job::is_stored_name(entry.file_name().as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn still_written(file: &JobFile) -> CaptureError {
    CaptureError::StillWritten {
        name: file.dropped_as.clone(),
    }
}

fn vanished(file: &JobFile) -> CaptureError {
    CaptureError::Vanished {
        name: file.dropped_as.clone(),
    }
}

//! Durable writes: the only place that creates, renames, removes and syncs what must survive a
//! power cut.
//!
//! A file gets its name only when its bytes are on the disk, and a function returns only when the
//! name is on the disk too. Names are taken, never taken over: nothing here overwrites, except
//! [`replace`], whose files belong to the program alone (receipts, journals), and [`rename_over`], for
//! the two files that say which version of an archived object is the latest.
//!
//! It knows nothing of archives or batches, and decides nothing: whether to try again is the
//! caller's affair.

mod error;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::record::{DigestingReader, Digests};

pub use error::{Action, Cause, DurableError};

const COPY_BUFFER_BYTES: usize = 128 * 1024;
const TEMPORARY_PREFIX: &str = ".sohoa-";
const TEMPORARY_SUFFIX: &str = ".part";

fn failed(action: Action, path: &Path) -> impl FnOnce(io::Error) -> DurableError {
    move |source| DurableError {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Writes a file that is not there yet. If it is there with the same bytes, that is a success too:
/// a step that is repeated after a crash must not fail on its own work.
///
/// # Errors
/// [`Cause::Exists`] where something else has the name; otherwise what the machine said.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let temporary = write_temporary(path, bytes)?;
    let Err(error) = rename_new(&temporary, path) else {
        return Ok(());
    };
    discard(&temporary);
    if error.cause() == Cause::Exists && holds_exactly(path, bytes) {
        return sync_parent(path);
    }
    Err(error)
}

/// Writes a file, in place of an older one of that name if there is one. A reader sees the old
/// bytes or the new ones, never a part.
///
/// # Errors
/// What the machine said; the older file is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let temporary = write_temporary(path, bytes)?;
    rename_over(&temporary, path).inspect_err(|_| discard(&temporary))
}

/// As [`replace`], by way of a temporary file that `key` names: what a crash leaves of it goes when
/// the same is written again. For folders that are too large to be swept. Nobody else may use the
/// key in this folder meanwhile.
///
/// # Errors
/// As [`replace`].
pub fn replace_keyed(path: &Path, key: &str, bytes: &[u8]) -> Result<(), DurableError> {
    let name = format!("{TEMPORARY_PREFIX}{key}{TEMPORARY_SUFFIX}");
    let temporary = parent_of(path).join(name);
    discard(&temporary);
    let file = File::create_new(&temporary).map_err(failed(Action::Write, path))?;
    fill(file, path, bytes).inspect_err(|_| discard(&temporary))?;
    rename_over(&temporary, path).inspect_err(|_| discard(&temporary))
}

/// Gives a file, whose bytes are synced already, the name of an older one on the same file system; the
/// older one is gone then. A reader sees one or the other.
///
/// # Errors
/// What the machine said. Where the sync failed, a power cut may bring the older file back.
pub fn rename_over(source: &Path, path: &Path) -> Result<(), DurableError> {
    fs::rename(source, path).map_err(failed(Action::Rename, path))?;
    sync_parent(path)
}

/// Writes a secret that is not there yet: only its owner may read it.
///
/// # Errors
/// As [`write_new`].
pub fn write_new_private(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    let (temporary, file) = create_temporary(path)?;
    let written = file
        .set_permissions(fs::Permissions::from_mode(0o600))
        .map_err(failed(Action::Write, path))
        .and_then(|()| fill(file, path, bytes))
        .and_then(|()| rename_new(&temporary, path));
    written.inspect_err(|_| discard(&temporary))
}

/// Copies a regular file to a name that is not there yet, or is there with the same bytes.
///
/// # Errors
/// As [`write_new`]; [`Action::Read`] where the source is the trouble (a link or a device is
/// refused).
pub fn copy_new(source: &Path, path: &Path) -> Result<Digests, DurableError> {
    let (temporary, file) = create_temporary(path)?;
    let named = copy_into(source, file, path).and_then(|digests| {
        rename_new(&temporary, path)?;
        Ok(digests)
    });
    let Err(error) = named else { return named };
    discard(&temporary);
    if error.cause() != Cause::Exists {
        return Err(error);
    }
    let ours = digest_file(source).map_err(failed(Action::Read, source))?;
    match digest_file(path) {
        Ok(theirs) if ours == theirs => sync_parent(path).map(|()| ours),
        Ok(_) | Err(_) => Err(error),
    }
}

/// Moves a file to a name that is not there yet: by renaming, or across file systems by copying,
/// reading the copy back and only then removing the source.
///
/// # Errors
/// As [`copy_new`]. The file is then still at its old place, perhaps also at the new one.
pub fn move_new(source: &Path, path: &Path) -> Result<(), DurableError> {
    match rename_new(source, path) {
        Err(error) if error.source.kind() == io::ErrorKind::CrossesDevices => {}
        other => return other,
    }
    let digests = copy_new(source, path)?;
    require_copied(path, &digests)?;
    fs::remove_file(source).map_err(failed(Action::Remove, source))?;
    sync_parent(source)
}

/// Gives a file or folder, whose content is synced already, a name that nothing else has, and syncs
/// both folders concerned. One rename: it happens wholly or not at all.
///
/// # Errors
/// [`Cause::Exists`] where the name is taken; `CrossesDevices` between file systems.
pub fn rename_new(source: &Path, path: &Path) -> Result<(), DurableError> {
    match renameat_with(CWD, source, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        // Some network file systems lack the flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            rename_without_flag(source, path).map_err(failed(Action::Rename, path))?;
        }
        Err(errno) => return Err(failed(Action::Rename, path)(errno.into())),
    }
    sync_parent(path)?;
    if source.parent() == path.parent() {
        return Ok(());
    }
    sync_parent(source)
}

/// A hard link refuses a taken name. A folder cannot be linked, but a rename refuses to put one in
/// the place of a folder that is not empty, and ours never are.
fn rename_without_flag(source: &Path, path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(source)?.is_dir() {
        return fs::rename(source, path);
    }
    fs::hard_link(source, path)?;
    fs::remove_file(source)
}

/// Makes a folder and those above it, unsynced: for a folder that is being staged.
///
/// # Errors
/// What the machine said.
pub fn stage_folders(folder: &Path) -> Result<(), DurableError> {
    fs::create_dir_all(folder).map_err(failed(Action::CreateFolder, folder))
}

/// Writes a file into a folder that is being staged: its bytes are synced, its name is not, until
/// [`sync_tree`] is called on the folder.
///
/// # Errors
/// [`Cause::Exists`] where the name is taken; otherwise what the machine said.
pub fn stage_bytes(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    fill(create_exclusive(path)?, path, bytes)
}

/// Writes a file piece by piece into a folder that is being staged; see [`stage_bytes`].
///
/// # Errors
/// As there; those of `fill`.
pub fn stage_stream<T, E: From<DurableError>>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let mut file = create_exclusive(path)?;
    let made = fill(&mut file)?;
    file.sync_all().map_err(failed(Action::Sync, path))?;
    Ok(made)
}

/// Copies a regular file into a folder that is being staged; see [`stage_bytes`].
///
/// # Errors
/// As [`copy_new`], except that a file of that name is an error whatever its bytes.
pub fn stage_copy(source: &Path, path: &Path) -> Result<Digests, DurableError> {
    copy_into(source, create_exclusive(path)?, path)
}

/// Gives a regular file a second name in a folder that is being staged; see [`stage_bytes`]. Where the
/// file system cannot, the file is copied, and the copy read back.
///
/// # Errors
/// As [`stage_copy`].
pub fn stage_link(source: &Path, path: &Path) -> Result<(), DurableError> {
    if fs::hard_link(source, path).is_ok() {
        return Ok(());
    }
    let digests = stage_copy(source, path)?;
    require_copied(path, &digests)
}

/// Syncs and digests a file that somebody else wrote into a folder that is being staged.
///
/// # Errors
/// [`Action::Read`] where it is not a regular file; otherwise what the machine said.
pub fn stage_written(path: &Path) -> Result<Digests, DurableError> {
    let file = open_regular(path).map_err(failed(Action::Read, path))?;
    file.sync_all().map_err(failed(Action::Sync, path))?;
    Digests::of_reader(file).map_err(failed(Action::Read, path))
}

/// Syncs a folder: the names in it are on the disk afterwards.
///
/// # Errors
/// What the machine said.
pub fn sync_folder(folder: &Path) -> Result<(), DurableError> {
    File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(failed(Action::Sync, folder))
}

/// Syncs every folder from `folder` down, the deepest first.
///
/// # Errors
/// What the machine said.
pub fn sync_tree(folder: &Path) -> Result<(), DurableError> {
    for entry in walkdir::WalkDir::new(folder).contents_first(true) {
        let entry = entry.map_err(|error| failed(Action::Sync, folder)(error.into()))?;
        if entry.file_type().is_dir() {
            sync_folder(entry.path())?;
        }
    }
    Ok(())
}

/// Makes a folder and those above it that are missing; each new one is synced in its parent, and so
/// is one that is there, because whoever made it may not have come so far.
///
/// # Errors
/// What the machine said, also where a file has one of the names.
pub fn create_folders(folder: &Path) -> Result<(), DurableError> {
    if folder.is_dir() {
        return sync_parent(folder);
    }
    if let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_folders(parent)?;
    }
    match fs::create_dir(folder) {
        // Another thread was faster; it may not have synced the parent yet.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        other => other.map_err(failed(Action::CreateFolder, folder))?,
    }
    sync_parent(folder)
}

/// Removes a file and syncs its folder. A file that is not there is a success.
///
/// # Errors
/// What the machine said.
pub fn remove_file(path: &Path) -> Result<(), DurableError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed(Action::Remove, path))?,
    }
    sync_parent(path)
}

/// Removes a folder and all in it, without following links. A folder that is not there is a
/// success.
///
/// # Errors
/// What the machine said; a part may be gone then.
pub fn remove_tree(folder: &Path) -> Result<(), DurableError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed(Action::Remove, folder))?,
    }
    sync_parent(folder)
}

/// Removes a folder in which nothing is left, and syncs the one above; whether it was empty. One that is not there was.
///
/// # Errors
/// What the machine said.
pub fn remove_empty(folder: &Path) -> Result<bool, DurableError> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Ok(false),
        other => other.map_err(failed(Action::Remove, folder))?,
    }
    sync_parent(folder)?;
    Ok(true)
}

/// Removes what is left of a staged folder, if it can: the next start removes it otherwise.
pub fn discard_tree(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

/// Whether a file name is one of our unfinished files; a crash may leave some behind.
#[must_use]
pub fn is_temporary(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|n| n.starts_with(TEMPORARY_PREFIX) && n.ends_with(TEMPORARY_SUFFIX))
}

/// Removes what a crash left unfinished in `folder` (not in the folders below it). Only for the
/// start of a program, before anything writes there.
///
/// # Errors
/// What the machine said.
pub fn remove_temporaries(folder: &Path) -> Result<(), DurableError> {
    for entry in fs::read_dir(folder).map_err(failed(Action::Remove, folder))? {
        let entry = entry.map_err(failed(Action::Remove, folder))?;
        if is_temporary(&entry.file_name()) {
            fs::remove_file(entry.path()).map_err(failed(Action::Remove, &entry.path()))?;
        }
    }
    sync_folder(folder)
}

/// The folder of a path; a bare name lies in the current folder.
fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

fn sync_parent(path: &Path) -> Result<(), DurableError> {
    sync_folder(parent_of(path))
}

fn create_exclusive(path: &Path) -> Result<File, DurableError> {
    File::create_new(path).map_err(failed(Action::Write, path))
}

/// A new file beside `path`. Its name is short whatever `path` is called, because a long name with
/// an ending added would not fit any more.
fn create_temporary(path: &Path) -> Result<(PathBuf, File), DurableError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let name = format!("{TEMPORARY_PREFIX}{process}-{count}{TEMPORARY_SUFFIX}");
        let temporary = parent_of(path).join(name);
        match File::create_new(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            // Left by a crash of an earlier process of the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(Action::Write, path)(error)),
        }
    }
}

fn write_temporary(path: &Path, bytes: &[u8]) -> Result<PathBuf, DurableError> {
    let (temporary, file) = create_temporary(path)?;
    fill(file, path, bytes).inspect_err(|_| discard(&temporary))?;
    Ok(temporary)
}

fn fill(mut file: File, path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    file.write_all(bytes).map_err(failed(Action::Write, path))?;
    file.sync_all().map_err(failed(Action::Sync, path))
}

fn copy_into(source: &Path, mut file: File, path: &Path) -> Result<Digests, DurableError> {
    let reading = open_regular(source).map_err(failed(Action::Read, source))?;
    let mut reading = DigestingReader::new(reading);
    let mut buffer = vec![0; COPY_BUFFER_BYTES];
    loop {
        let piece = match reading.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => buffer.get(..n).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(Action::Read, source)(error)),
        };
        file.write_all(piece).map_err(failed(Action::Write, path))?;
    }
    file.sync_all().map_err(failed(Action::Sync, path))?;
    Ok(reading.finish())
}

/// Opens a file for reading if it is a regular one; neither follows a link nor waits on a pipe.
///
/// # Errors
/// `InvalidInput` for anything but a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(refused());
    }
    // Once more on the open file: another may have taken the name since.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(refused());
    }
    Ok(file)
}

fn digest_file(path: &Path) -> io::Result<Digests> {
    Digests::of_reader(open_regular(path)?)
}

/// Reads a copy back.
fn require_copied(path: &Path, digests: &Digests) -> Result<(), DurableError> {
    let copied = digest_file(path).map_err(failed(Action::Read, path))?;
    if copied == *digests {
        return Ok(());
    }
    let differs = io::Error::new(
        io::ErrorKind::InvalidData,
        "the copy differs from its source",
    );
    Err(failed(Action::Write, path)(differs))
}

fn holds_exactly(path: &Path, bytes: &[u8]) -> bool {
    let Ok(file) = open_regular(path) else {
        return false;
    };
    let length = bytes.len() as u64;
    let mut found = Vec::new();
    // One byte more than wanted, so that a longer file shows.
    file.take(length.saturating_add(1))
        .read_to_end(&mut found)
        .is_ok()
        && found == bytes
}

/// Best effort: the error that led here is the one to tell, and the name marks it as rubbish.
fn discard(temporary: &Path) {
    let _ = fs::remove_file(temporary);
}

//! One look at the inbox: which files lie there, and what is refused on sight.
//!
//! Walks `inbox/<station>/**` without following links and without opening a file. It keeps nothing
//! from one look to the next; [`super::Scanner`] does.

use std::ffi::OsStr;
use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use walkdir::{DirEntry, WalkDir};

use super::error::Oddity;
use super::settle::{FileState, MAX_FILES};
use super::{CaptureError, slip};
use crate::record::StationName;

/// Folders below the station's that are looked into.
const MAX_DEPTH: usize = 8;

/// A file in a station's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where it lies.
    pub path: PathBuf,
    /// Whose folder.
    pub station: StationName,
    /// Its path inside the station's folder.
    pub inside: PathBuf,
    /// Its size and times.
    pub state: FileState,
}

/// Something in the inbox that is left where it is, and why.
#[derive(Debug)]
pub struct Refusal {
    /// What it is.
    pub path: PathBuf,
    /// Whose folder it lies in.
    pub station: Option<StationName>,
    /// Why.
    pub reason: CaptureError,
}

/// What one look found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files that may be scans, ordered by path.
    pub scans: Vec<Candidate>,
    /// Slips, ordered by path.
    pub slips: Vec<Candidate>,
    /// What is refused on sight.
    pub refusals: Vec<Refusal>,
}

/// Looks at the inbox once. Trouble is in [`Found::refusals`]; it hides nothing but the folder it is about.
#[must_use]
pub fn look(inbox: &Path) -> Found {
    let mut found = Found::default();
    let mut stations = Vec::new();
    let walk = WalkDir::new(inbox).min_depth(1).max_depth(1);
    for entry in walk.into_iter().take(MAX_FILES) {
        match entry {
            Ok(entry) if is_ignored(&entry) => {}
            Ok(entry) if entry.file_type().is_dir() => match station_of(&entry) {
                Some(station) => stations.push((station, entry.into_path())),
                None => found.refuse(None, entry.path(), |path| CaptureError::StationName {
                    path,
                }),
            },
            Ok(entry) => match oddity(entry.file_type()) {
                Some(what) => found.refuse(None, entry.path(), |path| CaptureError::NotAFile {
                    path,
                    what,
                }),
                None => found.refuse(None, entry.path(), |path| CaptureError::NoStation { path }),
            },
            Err(error) => found.unreadable(None, inbox, error.into()),
        }
    }
    let share = MAX_FILES / stations.len().max(1);
    for (station, folder) in stations {
        found.look_into(&station, &folder, share);
    }
    found.scans.sort_by(|a, b| a.path.cmp(&b.path));
    found.slips.sort_by(|a, b| a.path.cmp(&b.path));
    found.refusals.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn station_of(entry: &DirEntry) -> Option<StationName> {
    entry.file_name().to_str()?.parse().ok()
}

impl Found {
    fn look_into(&mut self, station: &StationName, folder: &Path, most: usize) {
        // Unsorted, because sorting would hold a folder of any length in memory.
        let walk = WalkDir::new(folder).min_depth(1).max_depth(MAX_DEPTH + 1);
        let walk = walk.into_iter().filter_entry(|entry| !is_ignored(entry));
        for (number, entry) in walk.enumerate() {
            if number == most {
                let too_many = |path| CaptureError::TooManyFiles { path };
                self.refuse(Some(station), folder, too_many);
                break;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.unreadable_unless_gone(station, folder, error);
                    continue;
                }
            };
            if entry.file_type().is_dir() {
                if entry.depth() > MAX_DEPTH {
                    let too_deep = |path| CaptureError::TooDeep { path };
                    self.refuse(Some(station), entry.path(), too_deep);
                }
            } else if let Some(what) = oddity(entry.file_type()) {
                let odd = |path| CaptureError::NotAFile { path, what };
                self.refuse(Some(station), entry.path(), odd);
            } else {
                self.take(station, folder, &entry);
            }
        }
    }

    fn take(&mut self, station: &StationName, folder: &Path, entry: &DirEntry) {
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.unreadable_unless_gone(station, entry.path(), error),
        };
        let path = entry.path().to_owned();
        let inside = path.strip_prefix(folder).unwrap_or(&path).to_owned();
        let candidate = Candidate {
            station: station.clone(),
            inside,
            state: file_state(&metadata),
            path,
        };
        match slip::scan_name(entry.file_name().as_bytes()) {
            Some(_) => self.slips.push(candidate),
            None => self.scans.push(candidate),
        }
    }

    fn refuse(
        &mut self,
        station: Option<&StationName>,
        path: &Path,
        reason: impl FnOnce(PathBuf) -> CaptureError,
    ) {
        self.refusals.push(Refusal {
            path: path.to_owned(),
            station: station.cloned(),
            reason: reason(path.to_owned()),
        });
    }

    /// What is taken away between the listing and the look is nothing to tell.
    fn unreadable_unless_gone(
        &mut self,
        station: &StationName,
        fallback: &Path,
        error: walkdir::Error,
    ) {
        let path = error.path().unwrap_or(fallback).to_owned();
        let source = io::Error::from(error);
        if source.kind() != io::ErrorKind::NotFound {
            self.unreadable(Some(station), &path, source);
        }
    }

    fn unreadable(&mut self, station: Option<&StationName>, path: &Path, source: io::Error) {
        self.refuse(station, path, |path| CaptureError::FolderUnreadable {
            path,
            source,
        });
    }
}

/// The state that [`super::settle`] compares.
pub(super) fn file_state(metadata: &Metadata) -> FileState {
    FileState {
        bytes: metadata.len(),
        modified: modified(metadata),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        identity: (metadata.dev(), metadata.ino()),
    }
}

/// Time of the last write; a time that no calendar has counts as 1970.
pub(super) fn modified(metadata: &Metadata) -> Timestamp {
    let nanoseconds = i32::try_from(metadata.mtime_nsec()).unwrap_or(0);
    Timestamp::new(metadata.mtime(), nanoseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `None` for a regular file.
pub(super) fn oddity(kind: FileType) -> Option<Oddity> {
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some(Oddity::Folder)
    } else if kind.is_symlink() {
        Some(Oddity::Link)
    } else if kind.is_fifo() {
        Some(Oddity::Pipe)
    } else if kind.is_socket() {
        Some(Oddity::Socket)
    } else {
        Some(Oddity::Device)
    }
}

fn is_ignored(entry: &DirEntry) -> bool {
    if entry.file_type().is_dir() {
        is_ignored_folder(entry.file_name())
    } else {
        is_ignored_file(entry.file_name())
    }
}

/// Folders that file servers and desktops make for themselves.
fn is_ignored_folder(name: &OsStr) -> bool {
    const NAMES: [&str; 7] = [
        "@eadir",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "__macosx",
    ];
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with('.') || NAMES.contains(&name.as_str())
}

/// Files of desktops and Office, and those whose name says that they are still being written.
fn is_ignored_file(name: &OsStr) -> bool {
    const NAMES: [&str; 4] = ["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"];
    const ENDINGS: [&str; 7] = [
        "~",
        ".part",
        ".tmp",
        ".temp",
        ".partial",
        ".filepart",
        ".crdownload",
    ];
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with('.')
        || name.starts_with("~$")
        || NAMES.contains(&name.as_str())
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::record::Explain;

    fn inbox_with(files: &[&str]) -> tempfile::TempDir {
        let inbox = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = inbox.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, b"x").expect("writes");
        }
        inbox
    }

    fn names(candidates: &[Candidate]) -> Vec<String> {
        let names = candidates.iter().map(|c| c.inside.to_string_lossy());
        names.map(std::borrow::Cow::into_owned).collect()
    }

    fn reasons(found: &Found) -> Vec<(&str, String)> {
        let told = found.refusals.iter().map(|refusal| {
            let name = refusal.path.file_name().unwrap_or_default();
            (refusal.reason.code(), name.to_string_lossy().into_owned())
        });
        told.collect()
    }

    #[test]
    fn what_others_are_writing_or_keep_for_themselves_is_ignored() {
        let inbox = inbox_with(&[
            "q/a.jpg.part",
            "q/b.tmp",
            "q/c.TMP",
            "q/d.pdf.crdownload",
            "q/~$e.docx",
            "q/f.jpg~",
            "q/.hidden",
            "q/._g.jpg",
            "q/Thumbs.db",
            "q/THUMBS.DB",
            "q/desktop.ini",
            "q/.DS_Store",
            "q/@eaDir/a.jpg",
            "q/#recycle/a.jpg",
            "q/$RECYCLE.BIN/a.jpg",
            "q/.trash/a.jpg",
            "q/h.filepart",
            "q/i.partial",
            ".stfolder/a.jpg",
            "@eaDir/a.jpg",
            "q/real.jpg",
        ]);
        let found = look(inbox.path());
        assert_eq!(names(&found.scans), ["real.jpg"]);
        assert!(found.slips.is_empty() && found.refusals.is_empty());
    }

    #[test]
    fn names_of_every_kind_are_found() {
        let files = [
            "q/Tờ khai.jpg",
            "q/To\u{302}\u{300} khai.jpg", // the same letters, decomposed
            "q/two\nlines.jpg",
            "q/sub/H36.105-261123-0007/x.tif",
            "q/x.jpg.phieu.toml",
        ];
        let inbox = inbox_with(&files);
        let raw = inbox
            .path()
            .join("q")
            .join(OsStr::from_bytes(b"\xFF\xFE.jpg"));
        fs::write(raw, b"x").expect("writes");
        let found = look(inbox.path());
        assert_eq!(found.scans.len(), 5, "{:?}", names(&found.scans));
        assert_eq!(names(&found.slips), ["x.jpg.phieu.toml"]);
    }

    #[test]
    fn what_is_no_file_is_refused_unopened() {
        let inbox = inbox_with(&["q/a.jpg", "target/b.jpg"]);
        let at = |name: &str| inbox.path().join("q").join(name);
        symlink(inbox.path().join("target"), at("folder-link")).expect("links");
        symlink("/etc/passwd", at("link.jpg")).expect("links");
        symlink("/nowhere", inbox.path().join("station-link")).expect("links");
        let _socket = UnixListener::bind(at("socket")).expect("binds");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("fifo.jpg"),
            rustix::fs::FileType::Fifo,
            mode,
            0,
        )
        .expect("makes a pipe");
        let found = look(inbox.path());
        assert_eq!(names(&found.scans), ["a.jpg", "b.jpg"]);
        let expected = [
            "fifo.jpg",
            "folder-link",
            "link.jpg",
            "socket",
            "station-link",
        ];
        let expected = expected.map(|name| ("capture.not_a_file", name.to_owned()));
        assert_eq!(reasons(&found), expected);
        assert!(at("fifo.jpg").exists() && at("socket").exists());
    }

    #[test]
    fn a_file_outside_every_station_and_a_bad_station_are_refused() {
        let inbox = inbox_with(&["lost.jpg", "a:b/x.jpg", "Quầy 1/a.jpg", "Thumbs.db"]);
        let found = look(inbox.path());
        assert_eq!(names(&found.scans), ["a.jpg"]);
        let expected = [
            ("capture.station_name", "a:b".to_owned()),
            ("capture.no_station", "lost.jpg".to_owned()),
        ];
        assert_eq!(reasons(&found), expected);
    }

    #[test]
    fn eight_folders_deep_and_no_deeper() {
        let inbox = inbox_with(&["q/1/2/3/4/5/6/7/8/a.jpg", "q/1/2/3/4/5/6/7/8/9/b.jpg"]);
        let found = look(inbox.path());
        assert_eq!(names(&found.scans), ["1/2/3/4/5/6/7/8/a.jpg"]);
        assert_eq!(reasons(&found), [("capture.too_deep", "9".to_owned())]);
    }

    #[test]
    fn an_unreadable_folder_hides_only_itself() {
        let inbox = inbox_with(&["q/closed/a.jpg", "q/open/b.jpg", "r/c.jpg"]);
        let closed = inbox.path().join("q/closed");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closes");
        if fs::read_dir(&closed).is_ok() {
            return; // run by root, whom no permission stops
        }
        let found = look(inbox.path());
        assert_eq!(names(&found.scans), ["open/b.jpg", "c.jpg"]);
        assert_eq!(
            reasons(&found),
            [("capture.folder_unreadable", "closed".to_owned())]
        );
        let missing = look(&inbox.path().join("not there"));
        assert_eq!(missing.refusals.len(), 1);
    }
}

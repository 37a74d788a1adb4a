//! What a power cut could still take away, followed call by call.
//!
//! A kill loses nothing that the kernel has, so kills alone cannot show a missing `fsync`. This model
//! can: bytes are safe after their file was synced, a name after its folder was. A file whose sync
//! failed is lost for good, because a later sync may succeed without writing the pages that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::strace::Call;

/// The state of the disk after some calls.
#[derive(Default)]
pub(super) struct PowerCut {
    /// Files with bytes that are not on the disk.
    unsynced: BTreeSet<PathBuf>,
    /// Files whose sync failed.
    spoilt: BTreeSet<PathBuf>,
    /// Names that are not on the disk.
    unnamed: BTreeSet<PathBuf>,
    /// Jobs that have an original; others may go at any time.
    jobs: BTreeSet<PathBuf>,
}

/// What must be safe when something is told or removed.
struct Rule {
    /// The moment: a rename to such a name, or from such a place.
    is_due: fn(from: &Path, to: &Path) -> bool,
    /// What must be on the disk by then.
    must_be_safe: fn(&Path) -> bool,
    /// In words.
    says: &'static str,
}

fn has_part(path: &Path, part: &str) -> bool {
    path.components()
        .any(|component| component.as_os_str() == part)
}

fn ends_with(path: &Path, suffix: &str) -> bool {
    path.to_string_lossy().ends_with(suffix)
}

/// What makes a job: its folder's name, what it is to be, its scans and slips.
fn is_of_a_job(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_folder = path.parent().is_some_and(|parent| parent.ends_with("work"));
    let is_file = name == "job.json" || name.starts_with("original-") || name.starts_with("slip-");
    has_part(path, "work") && (is_file || (is_folder && !name.starts_with('.')))
}

const RULES: [Rule; 7] = [
    Rule {
        is_due: |_, to| ends_with(to, ".OK.txt"),
        must_be_safe: |path| {
            // A temporary file that a kill left goes nowhere.
            let is_entered = has_part(path, "ledger") && !ends_with(path, ".part");
            has_part(path, "archive") || ends_with(path, "index.sqlite-wal") || is_entered
        },
        says: "a receipt says OK before archive and ledger are on the disk",
    },
    Rule {
        is_due: |_, to| has_part(to, "outbox"),
        must_be_safe: |path| ends_with(path, ".part") && has_part(path, "outbox"),
        says: "a receipt has its name before its bytes are on the disk",
    },
    Rule {
        is_due: |_, to| is_done(to),
        must_be_safe: |path| has_part(path, "outbox") || has_part(path, "archive"),
        says: "the claimed original goes before receipt and archive are on the disk",
    },
    Rule {
        is_due: |_, to| is_done(to),
        must_be_safe: is_of_a_job,
        says: "a job goes before those made of it are on the disk",
    },
    Rule {
        is_due: |_, to| ends_with(to, "rearranged.json"),
        must_be_safe: |path| {
            has_part(path, "work")
                && (ends_with(path, "rearranged.json") || ends_with(path, ".part"))
        },
        says: "a plan comes into force before all concerned have it on the disk",
    },
    Rule {
        is_due: |from, _| has_part(from, "inbox"),
        must_be_safe: |path| ends_with(path, "job.json"),
        says: "a scan leaves the inbox before its job is on the disk",
    },
    Rule {
        is_due: |_, to| has_part(to, "archive"),
        must_be_safe: |path| {
            let is_revision = |part: &Path| ends_with(part, ".revision");
            // A temporary file that a kill left goes nowhere.
            let is_staged = path.ancestors().any(is_revision) && !ends_with(path, ".part");
            // The note of a version that is to be entered in the ledger.
            has_part(path, "archive") || is_staged || ends_with(path, ".entry")
        },
        says: "the archive changes before the step before it is on the disk",
    },
];

/// The name under which the folder of a finished job is removed.
fn is_done(to: &Path) -> bool {
    to.to_string_lossy().contains("/.done-")
}

impl PowerCut {
    /// A disk with jobs on it that have their originals.
    pub(super) fn with_jobs(jobs: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            jobs: jobs.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Follows the calls, of one run or of several after another; returns the rules they broke.
    pub(super) fn follow(&mut self, calls: &[Call]) -> Vec<String> {
        calls.iter().filter_map(|call| self.step(call)).collect()
    }

    fn step(&mut self, call: &Call) -> Option<String> {
        let path = call.paths.first()?;
        if !call.succeeded {
            let is_sync = matches!(call.name.as_str(), "fsync" | "fdatasync");
            if is_sync && call.injected && self.unsynced.contains(path) {
                self.spoilt.insert(path.clone());
            }
            return None;
        }
        match call.name.as_str() {
            // Without O_EXCL it may have been there: locks, and the index's files.
            "openat" if call.text.contains("O_EXCL") => {
                self.unnamed.insert(path.clone());
            }
            "mkdir" | "mkdirat" => {
                self.unnamed.insert(path.clone());
            }
            "write" | "pwrite64" | "writev" | "ftruncate" | "fallocate" | "copy_file_range"
            | "sendfile" => {
                self.unsynced.insert(path.clone());
            }
            "fsync" | "fdatasync" => {
                self.unsynced.remove(path);
                self.unnamed.retain(|name| name.parent() != Some(path));
            }
            "unlink" | "unlinkat" | "rmdir" => self.forget(path),
            "link" | "linkat" => {
                self.unnamed.insert(call.paths.get(1)?.clone());
            }
            "rename" | "renameat" | "renameat2" => {
                let to = call.paths.get(1)?;
                let broken = self.broken_by(path, to);
                self.rename(path, to);
                return broken;
            }
            _ => {}
        }
        None
    }

    /// What the archive could still lose.
    pub(super) fn archive_at_risk(&self) -> Vec<String> {
        let all = [&self.unsynced, &self.spoilt, &self.unnamed];
        all.into_iter()
            .flatten()
            .filter(|path| has_part(path, "archive"))
            .map(|path| format!("not on the disk: {}", path.display()))
            .collect()
    }

    fn broken_by(&self, from: &Path, to: &Path) -> Option<String> {
        let in_danger: BTreeMap<&Path, &str> = [
            (&self.unnamed, "its name"),
            (&self.unsynced, "its bytes"),
            (&self.spoilt, "its bytes, for good"),
        ]
        .into_iter()
        .flat_map(|(paths, what)| paths.iter().map(move |path| (path.as_path(), what)))
        .collect();
        let is_empty_job = is_done(to) && !self.jobs.contains(from);
        let due = RULES
            .iter()
            .filter(|rule| (rule.is_due)(from, to) && !is_empty_job);
        let mut broken = due.flat_map(|rule| {
            let unsafe_ones = in_danger
                .iter()
                .filter(|(path, _)| (rule.must_be_safe)(path));
            // The name that this very rename gives a file is synced after it.
            let unsafe_ones =
                unsafe_ones.filter(|(path, what)| !(**path == from && **what == "its name"));
            // What goes with a job needs no name any more.
            let unsafe_ones =
                unsafe_ones.filter(|(path, _)| !(is_done(to) && path.starts_with(from)));
            unsafe_ones
                .map(|(path, what)| format!("{}: {} may lose {what}", rule.says, path.display()))
        });
        broken.next()
    }

    fn forget(&mut self, path: &Path) {
        for paths in [&mut self.unsynced, &mut self.spoilt, &mut self.unnamed] {
            paths.retain(|other| !other.starts_with(path));
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) {
        for paths in [&mut self.unsynced, &mut self.spoilt, &mut self.unnamed] {
            *paths = std::mem::take(paths)
                .into_iter()
                .map(|path| match path.strip_prefix(from) {
                    Ok(rest) if rest.as_os_str().is_empty() => to.to_owned(),
                    Ok(rest) => to.join(rest),
                    Err(_) => path,
                })
                .collect();
        }
        self.unnamed.insert(to.to_owned());
        let is_original = to.to_string_lossy().contains("/original-");
        self.jobs
            .extend(to.parent().filter(|_| is_original).map(Path::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::super::strace::parse;
    use super::*;

    const RECEIPT: &str = "7 rename(\"/d/outbox/t\", \"/d/outbox/a.OK.txt\") = 0\n";

    fn broken(calls: &str) -> Vec<String> {
        PowerCut::default().follow(&parse(calls, Path::new("/d")))
    }

    #[test]
    fn what_was_synced_in_its_place_is_safe() {
        let calls = "\
7 mkdir(\"/d/work/s/c1\", 0777) = 0
7 openat(AT_FDCWD</>, \"/d/work/s/c1/f\", O_RDWR|O_CREAT|O_EXCL, 0666) = 3</d/work/s/c1/f>
7 write(3</d/work/s/c1/f>, \"x\", 1) = 1
7 fsync(3</d/work/s/c1/f>) = 0
7 fsync(3</d/work/s/c1>) = 0
7 renameat2(AT_FDCWD</>, \"/d/work/s/c1\", AT_FDCWD</>, \"/d/archive/c1\", RENAME_NOREPLACE) = 0
7 fsync(3</d/archive>) = 0
";
        assert_eq!(broken(&format!("{calls}{RECEIPT}")), Vec::<String>::new());
        for (number, line) in calls
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains("fsync"))
        {
            let without: Vec<&str> = calls
                .lines()
                .enumerate()
                .filter(|(n, _)| *n != number)
                .map(|(_, l)| l)
                .collect();
            let found = broken(&format!("{}\n{RECEIPT}", without.join("\n")));
            assert_eq!(found.len(), 1, "without {line}: {found:?}");
        }
    }

    #[test]
    fn bytes_whose_sync_failed_are_not_saved_by_another_sync() {
        let calls = "\
7 write(3</d/archive/f>, \"x\", 1) = 1
7 fsync(3</d/archive/f>) = -1 EIO (Input/output error) (INJECTED)
7 fsync(3</d/archive/f>) = 0
";
        assert_eq!(broken(&format!("{calls}{RECEIPT}")).len(), 1);
        let removed = "7 unlink(\"/d/archive/f\") = 0\n";
        assert_eq!(broken(&format!("{calls}{removed}{RECEIPT}")).len(), 0);
    }
}

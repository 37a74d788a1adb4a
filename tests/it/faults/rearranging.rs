//! Dividing and merging jobs on a failing disk: each call of it fails, or is the last before a kill.
//! Then the work folder is taken up again, and every original is in each job that needs it, once.
//!
//! The process that suffers is this test itself, started with [`VICTIM`]: two jobs of two files and of
//! one become two others.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sohoa::capture::{self, CaptureError, Job, LeftOut, Order, Parent, Part, Recovered, Slip};
use sohoa::config::{Limits, profile};
use sohoa::record::{LeftOutReason, RecordId};

use super::power_cut::PowerCut;
use super::strace::{self, Fault, Run};
use super::{HANGS, IN_A_SHARE, report, suffer_share};

/// Set for the process that suffers: its folder.
const VICTIM: &str = "SOHOA_TEST_REARRANGE";
const TEST: &str = "jobs_rearranged_on_a_failing_disk_are_there_once";
/// The parents, and their files with the number of pages.
const PARENTS: [(u64, &[(&str, usize)]); 2] = [(1, &[("a", 2), ("b", 1)]), (2, &[("c", 2)])];
const CHILDREN: [Child; 2] = [
    Child {
        number: 11,
        pages: &[0, 3],
        left_out: Some(1),
        files: &["a", "c"],
    },
    Child {
        number: 12,
        pages: &[4, 2],
        left_out: None,
        files: &["b", "c"],
    },
];
/// More calls of a kind than the test's other thread makes before it starts the victim's: strace
/// counts each thread's apart, and would strike both.
const HARMLESS_CALLS: usize = 40;

/// A job to be made.
struct Child {
    number: u64,
    /// Counted over all files of the parents.
    pages: &'static [usize],
    left_out: Option<usize>,
    /// What it needs.
    files: &'static [&'static str],
}

fn record(number: u64) -> RecordId {
    RecordId::new_v7(1_700_000_000_000 + number, &[7; 10])
}

fn work(home: &Path) -> PathBuf {
    home.join("work")
}

/// The parents' jobs, in a folder of their own.
fn prepared() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    for name in ["inbox", "work", "kept"] {
        fs::create_dir(home.path().join(name)).expect("folders");
    }
    for (number, files) in PARENTS {
        let kept = files.iter().map(|(bytes, _)| {
            let path = home.path().join("kept").join(format!("{bytes}.jpg"));
            fs::write(&path, bytes).expect("written");
            path
        });
        let order = Order {
            inbox: &home.path().join("inbox"),
            work: &work(home.path()),
            record: record(number),
            profile: "generic",
            claimed: jiff::Timestamp::UNIX_EPOCH,
        };
        let station = "quay-01".parse().expect("a name");
        capture::adopt(&kept.collect::<Vec<_>>(), station, Slip::default(), &order).expect("a job");
    }
    home
}

/// Every job in the work folder, recovered until nothing is left to do: the main parent's after the
/// other's, which then must know by itself what it is.
fn settle(home: &Path) -> Result<BTreeMap<RecordId, Job>, CaptureError> {
    let mut taken = BTreeMap::<RecordId, Job>::new();
    for _ in 0..2 {
        for folder in capture::jobs(&work(home))?.into_iter().rev() {
            if taken.values().any(|job| job.folder == folder) {
                continue;
            }
            let came = match capture::recover(&folder, &home.join("inbox")) {
                Ok(Recovered::Job(job)) => vec![*job],
                Ok(Recovered::Rearranged(jobs)) => jobs,
                Ok(_) | Err(CaptureError::Locked { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            taken.extend(came.into_iter().map(|job| (job.record, job)));
        }
    }
    Ok(taken)
}

/// What the victim does: takes up what is there, and has it rearranged if it is not yet.
fn rearrange(home: &Path) -> Result<(), CaptureError> {
    let jobs = settle(home)?;
    let profile = profile::load_all(Path::new("/not there")).expect("shipped")["generic"].clone();
    let batches = jobs
        .values()
        .map(|job| job.open_batch(&profile, &Limits::default()));
    let batches = batches.collect::<Result<Vec<_>, _>>()?;
    if !jobs.contains_key(&record(1)) {
        return Ok(());
    }
    let counts =
        PARENTS.map(|(_, files)| files.iter().map(|(_, pages)| *pages).collect::<Vec<_>>());
    let opened = jobs.values().zip(&batches).zip(&counts);
    let parents = opened.map(|((job, batch), page_counts)| Parent {
        job,
        batch,
        page_counts,
    });
    let cover_sheet = |page| LeftOut {
        page,
        why: LeftOutReason::CoverSheet,
        sheet: None,
    };
    let parts = CHILDREN.map(|child| Part {
        record: record(child.number),
        pages: child.pages.to_vec(),
        left_out: child.left_out.into_iter().map(cover_sheet).collect(),
        sheet: None,
        sheet_without_pages: false,
        decisions: Vec::new(),
    });
    let made = capture::rearrange(&parents.collect::<Vec<_>>(), &parts)?;
    assert_eq!(made.len(), CHILDREN.len());
    Ok(())
}

/// An error and not a panic: there is no way to print one when nothing can be opened.
fn be_the_victim(home: &Path) -> Result<(), CaptureError> {
    use std::io::{Read as _, Write as _};

    for _ in 0..HARMLESS_CALLS {
        let mut null = fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .expect("opens");
        null.write_all(b"x").expect("writes");
        null.read_exact(&mut [0; 1]).expect_err("nothing there");
        fs::metadata("/dev/null").expect("there");
    }
    rearrange(home)
}

fn suffer_once(home: &Path, fault: Option<&Fault>) -> Run {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    let name = format!(
        "{}::{TEST}",
        module_path!().split_once("::").expect("a module").1
    );
    command
        .args(["--exact", &name, "--nocapture"])
        // Where cargo has the loader look for libraries, each of which it tries to open.
        .env_remove("LD_LIBRARY_PATH")
        .env(VICTIM, home);
    strace::run(&command, fault, home, HANGS)
}

/// The originals below the work folder, by job; what is no job's has the folder's name.
fn originals(home: &Path) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for entry in walkdir::WalkDir::new(work(home)).sort_by_file_name() {
        let path = entry.expect("lists").into_path();
        let inside = path
            .strip_prefix(work(home))
            .expect("below")
            .to_string_lossy()
            .into_owned();
        if let Some((job, name)) = inside.rsplit_once('/')
            && name.starts_with("original-")
        {
            let bytes = fs::read_to_string(&path).expect("reads");
            found.entry(job.to_owned()).or_default().push(bytes);
        }
    }
    found
}

fn nothing_is_lost(home: &Path, wrong: &mut Vec<String>) {
    let found = originals(home);
    for bytes in ["a", "b", "c"] {
        let is_there = |(job, held): (&String, &Vec<String>)| {
            !job.starts_with(".done-") && held.iter().any(|other| other == bytes)
        };
        if !found.iter().any(is_there) {
            wrong.push(format!("{bytes} is lost: {found:?}"));
        }
    }
}

/// The children, whole, and nothing else.
fn all_is_in_order(home: &Path, wrong: &mut Vec<String>) {
    let wanted = CHILDREN.map(|child| {
        let files = child.files.iter().map(|name| (*name).to_owned());
        (record(child.number).to_string(), files.collect::<Vec<_>>())
    });
    let found = originals(home);
    if found != BTreeMap::from(wanted) {
        wrong.push(format!("in the work folder: {found:?}"));
    }
    let known = ["job.json", "lock"];
    for entry in walkdir::WalkDir::new(work(home)).min_depth(2) {
        let name = entry
            .expect("lists")
            .file_name()
            .to_string_lossy()
            .into_owned();
        if !known.contains(&name.as_str()) && !name.starts_with("original-") {
            wrong.push(format!("litter: {name}"));
        }
    }
}

fn suffer(fault: &Fault) -> Result<&'static str, String> {
    let home = prepared();
    let home = home.path();
    let mut disk =
        PowerCut::with_jobs(PARENTS.map(|(number, _)| work(home).join(record(number).to_string())));
    let hit = suffer_once(home, Some(fault));
    let mut wrong = disk.follow(&hit.calls);
    nothing_is_lost(home, &mut wrong);
    let outcome = match hit.code {
        None => "killed",
        Some(0) => "done",
        Some(101) if !hit.complained.contains("panicked at") => "refused",
        Some(_) => {
            wrong.push("a bug came up".to_owned());
            "wrong"
        }
    };
    let again = suffer_once(home, None);
    wrong.extend(disk.follow(&again.calls));
    if again.code != Some(0) {
        wrong.push(format!("not done when called again: {}", again.complained));
    }
    nothing_is_lost(home, &mut wrong);
    all_is_in_order(home, &mut wrong);
    if wrong.is_empty() {
        return Ok(outcome);
    }
    Err(report("rearranging", fault, &hit, &wrong))
}

#[test]
fn jobs_rearranged_on_a_failing_disk_are_there_once() -> Result<(), CaptureError> {
    if let Some(home) = std::env::var_os(VICTIM) {
        return be_the_victim(Path::new(&home));
    }
    if !strace::ready(TEST) {
        return Ok(());
    }
    let home = prepared();
    let untouched = suffer_once(home.path(), None);
    let mut wrong = Vec::new();
    all_is_in_order(home.path(), &mut wrong);
    assert!(
        untouched.code == Some(0) && wrong.is_empty(),
        "{wrong:?} {}",
        untouched.complained
    );
    suffer_share("rearranging", &untouched.calls, IN_A_SHARE.0, suffer);
    Ok(())
}

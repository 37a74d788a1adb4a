//! A disk that fails: each file-system call of the journey is made to fail, or is the last before a
//! kill; then the program runs again, and everything must be as if nothing had happened.
//!
//! The calls are those that `strace` sees in a run without faults. `cargo test` takes a share of the
//! faults, the same in each run; `SOHOA_FAULTS=all` takes all, `SOHOA_FAULTS=<number>` another share,
//! `SOHOA_FAULTS=<call>:<number>` what can befall that one call, `SOHOA_FAULTS=at:<text>` what can befall calls
//! on paths with this text in them, e.g. `at:/ledger/`.

mod bundles;
mod commands;
mod copies;
mod disk_full;
mod disposing;
mod nights;
mod oracle;
mod power_cut;
mod pressure;
mod rearranging;
mod revision;
mod sets;
mod strace;
mod verifying;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::office::{Office, jpeg_page};
use crate::signers;
use crate::soak::write_fast_profile;
use oracle::Expected;
use power_cut::PowerCut;
use strace::{Call, Fault, Happening, Run};

const STATION: &str = "quay-01";
const SCAN: &str = "scan.jpg";
/// Faults in a share: for each way that a scan comes in, and for each other command.
const IN_A_SHARE: (usize, usize) = (16, 5);
/// A daemon whose disk stays broken goes on trying; it is killed after this.
const PATIENCE: Duration = Duration::from_secs(4);
/// Anything else ends long before this.
const HANGS: Duration = Duration::from_secs(60);

/// How the scan comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `sohoa ingest FILE`.
    Ingest,
    /// Dropped into the inbox, then `sohoa run --once`.
    Drop,
}

impl Way {
    fn station(self) -> &'static str {
        match self {
            Way::Ingest => "cli",
            Way::Drop => STATION,
        }
    }
}

/// One data folder before anything happened to it, and the scan.
struct Start {
    way: Way,
    office: Office,
    scan: Vec<u8>,
    /// How many sign it.
    signers: usize,
}

impl Start {
    fn new(way: Way) -> Self {
        let office = Office::new();
        office.configure(|text| {
            text.replace("poll_seconds = 1.0", "poll_seconds = 0.05")
                .replace("workers = 0", "workers = 1")
        });
        write_fast_profile(&office);
        let scan = jpeg_page(11);
        if way == Way::Drop {
            office.drop_scan(STATION, SCAN, &scan);
            let path = office.at("inbox").join(STATION).join(SCAN);
            let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
            let file = std::fs::File::options()
                .write(true)
                .open(path)
                .expect("the scan");
            file.set_modified(long_ago)
                .expect("an older scan, which settles at once");
        }
        Self {
            way,
            office,
            scan,
            signers: 1,
        }
    }

    /// The same, and every paper is signed by an officer first.
    fn with_two_signers(way: Way) -> Self {
        let mut start = Self::new(way);
        start.signers = 2;
        // Another demo's key is another person's.
        let other = Office::new();
        for (from, to) in [("demo.p12", "officer.p12"), ("demo.pass", "officer.pass")] {
            let (from, to) = (
                other.at("keys").join(from),
                start.office.at("keys").join(to),
            );
            std::fs::copy(from, to).expect("copied");
        }
        let root = other.root_ca();
        let root = root.to_str().expect("UTF-8 path");
        let added = start.office.sohoa(&["trust", "add", "--yes", root]);
        assert!(added.status.success(), "trust add");
        let key = |name: &str| PathBuf::from("keys").join(name);
        let (file, passphrase) = (key("officer.p12"), key("officer.pass"));
        signers::add_key(&start.office, "officer", &file, &passphrase, false);
        signers::add_policy(&start.office, "default", &["officer", "organisation"]);
        start
    }

    /// A copy to be spoilt, and where the operator keeps the scan.
    fn again(&self) -> (Office, PathBuf, tempfile::TempDir) {
        let desk = tempfile::tempdir().expect("a temporary folder");
        let kept = desk.path().join(SCAN);
        std::fs::write(&kept, &self.scan).expect("written");
        (self.office.copy(), kept, desk)
    }

    fn run(&self, office: &Office, kept: &std::path::Path, fault: Option<&Fault>) -> Run {
        let arguments = match self.way {
            Way::Ingest => vec![
                "--json",
                "--quiet",
                "ingest",
                kept.to_str().expect("UTF-8 path"),
            ],
            Way::Drop => vec!["run", "--once"],
        };
        let goes_on = fault.is_some_and(Fault::is_for_good) && self.way == Way::Drop;
        let patience = if goes_on { PATIENCE } else { HANGS };
        strace::run(&office.command(&arguments), fault, office.path(), patience)
    }
}

/// Each fault once: what is likely to befall the call, and a kill where something has changed.
fn faults_of(calls: &[Call]) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for call in calls {
        if !seen.insert((call.name.clone(), call.number)) {
            continue;
        }
        let mut add = |happening| {
            let (call, number) = (call.name.clone(), call.number);
            faults.push(Fault {
                call,
                number,
                happening,
            });
        };
        let changes = call.name != "openat" || call.opens_to_write();
        let errors: &[&'static str] = match call.name.as_str() {
            name if strace::LOOKS.contains(&name) => &["EIO"],
            "openat" if !changes => &["EIO", "EACCES"],
            "openat" | "rename" | "renameat" | "renameat2" | "link" | "linkat" | "mkdir"
            | "mkdirat" => &["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES"],
            "unlink" | "unlinkat" | "rmdir" | "fchmod" => &["EIO", "EROFS", "EACCES"],
            _ => &["EIO", "ENOSPC", "EDQUOT"],
        };
        errors.iter().for_each(|errno| add(Happening::Error(errno)));
        if changes && !strace::LOOKS.contains(&call.name.as_str()) {
            let for_good = if errors.contains(&"EROFS") {
                "EROFS"
            } else {
                "ENOSPC"
            };
            add(Happening::ErrorForGood(for_good));
            add(Happening::Kill);
        }
    }
    faults
}

/// Which share of the faults a test run takes.
const SHARE: u64 = 20_781;

/// Every n-th fault, the same in each test run, so that one that fails tells of what was changed; another number in
/// `SOHOA_FAULTS` is another share, and `make faults` all of them.
fn share(faults: Vec<Fault>, a_day: usize) -> Vec<Fault> {
    let policy = std::env::var("SOHOA_FAULTS").unwrap_or_default();
    if policy == "all" {
        return faults;
    }
    if let Some((call, number)) = policy.split_once(':') {
        let number: u32 = number.parse().expect("a call's number");
        let is_meant = |fault: &Fault| fault.call == call && fault.number == number;
        return faults.into_iter().filter(is_meant).collect();
    }
    let day = policy.parse().unwrap_or(SHARE);
    let stride = faults.len().div_ceil(a_day).max(1);
    let first = usize::try_from(day).expect("fits") % stride;
    faults.into_iter().skip(first).step_by(stride).collect()
}

/// One fault, from a fresh start to the end of the run after it.
fn suffer(start: &Start, fault: &Fault) -> Result<&'static str, String> {
    let (office, kept, _desk) = start.again();
    let mut disk = PowerCut::default();
    let run = start.run(&office, &kept, Some(fault));
    let struck = run.calls.iter().any(|call| call.injected) || run.code.is_none();
    let mut wrong = disk.follow(&run.calls);
    let told = oracle::told(start.way, &office, fault, &run, &mut wrong);
    oracle::nothing_is_lost(start, &office, &kept, &mut wrong);
    oracle::receipts_are_true(&office, &mut wrong);

    let again = strace::run(
        &office.command(&["run", "--once"]),
        None,
        office.path(),
        HANGS,
    );
    wrong.extend(disk.follow(&again.calls));
    if again.code != Some(0) {
        wrong.push(format!(
            "the run after it ends with {:?}: {}",
            again.code, again.complained
        ));
    }
    let expected = match (start.way, told) {
        (Way::Drop, _) | (Way::Ingest, "archived" | "waiting") => Expected::Archived,
        (Way::Ingest, _) => Expected::AtMostOnce,
    };
    oracle::all_is_in_order(start, &office, expected, &mut wrong);
    if start.way == Way::Ingest {
        let answer = office.ingest(&kept, &[]);
        if answer["status"] != "archived" && answer["status"] != "duplicate" {
            wrong.push(format!("taking it in once more: {answer}"));
        }
        oracle::all_is_in_order(start, &office, Expected::Archived, &mut wrong);
    }
    if wrong.is_empty() {
        return Ok(if struck { told } else { "not reached" });
    }
    Err(report(&format!("{:?}", start.way), fault, &run, &wrong))
}

fn report(what: &str, fault: &Fault, run: &Run, wrong: &[String]) -> String {
    let at = run
        .calls
        .iter()
        .rev()
        .find(|call| call.injected || run.code.is_none());
    format!(
        "{what} {fault:?} ended with {:?}\n  at {}\n  {}\n  it said: {}{}",
        run.code,
        at.map_or("", |call| &call.text),
        wrong.join("\n  "),
        run.said,
        run.complained
    )
}

/// Suffers a share of the faults that can befall `calls`, on as many threads as there are processors,
/// and prints what came of them.
fn suffer_share(
    what: &str,
    calls: &[Call],
    a_day: usize,
    suffer: impl Fn(&Fault) -> Result<&'static str, String> + Sync,
) {
    let policy = std::env::var("SOHOA_FAULTS").unwrap_or_default();
    let all = faults_of(calls).len();
    let faults = match policy.strip_prefix("at:") {
        Some(text) => {
            let mut there = calls.to_vec();
            there.retain(|call| call.text.contains(text));
            faults_of(&there)
        }
        None => share(faults_of(calls), a_day),
    };
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = suffer(fault);
                    results.lock().expect("no thread panicked").push(result);
                }
            });
        }
    });
    let results = results.into_inner().expect("no thread panicked");
    let mut outcomes = BTreeMap::<&str, usize>::new();
    for result in &results {
        *outcomes
            .entry(result.as_ref().map_or("WRONG", |told| *told))
            .or_default() += 1;
    }
    let line = format!(
        "faults: {what}: {} calls on the data folder, {} of {all} faults injected: {outcomes:?}\n",
        calls.len(),
        results.len(),
    );
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr");
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn a_scan_comes_in(way: Way, test: &str) {
    if strace::ready(test) {
        comes_in(Start::new(way), &format!("{way:?}"));
    }
}

fn comes_in(start: Start, what: &str) {
    let (office, kept, _desk) = start.again();
    let untouched = start.run(&office, &kept, None);
    let mut wrong = PowerCut::default().follow(&untouched.calls);
    oracle::all_is_in_order(&start, &office, Expected::Archived, &mut wrong);
    assert!(
        untouched.code == Some(0) && wrong.is_empty(),
        "without a fault: {wrong:#?} {}",
        untouched.complained
    );
    suffer_share(what, &untouched.calls, IN_A_SHARE.0, |fault| {
        suffer(&start, fault)
    });
}

#[test]
fn an_ingest_on_a_failing_disk_archives_once_or_says_so() {
    a_scan_comes_in(
        Way::Ingest,
        "an_ingest_on_a_failing_disk_archives_once_or_says_so",
    );
}

#[test]
fn a_dropped_scan_on_a_failing_disk_is_archived_once() {
    a_scan_comes_in(
        Way::Drop,
        "a_dropped_scan_on_a_failing_disk_is_archived_once",
    );
}

#[test]
fn two_signers_on_a_failing_disk_sign_once_each() {
    if !strace::ready("two_signers_on_a_failing_disk_sign_once_each") {
        return;
    }
    let start = Start::with_two_signers(Way::Drop);
    comes_in(start, "two signers");
}

/// Whether `test` can trace, as the tests of faults do; says so if not.
pub(crate) fn can_trace(test: &str) -> bool {
    strace::ready(test)
}

/// The finished document goes through a process of its own, which answers over a pipe.
#[test]
fn a_worker_whose_answer_is_torn_costs_no_scan() {
    if !strace::ready("a_worker_whose_answer_is_torn_costs_no_scan") {
        return;
    }
    let start = Start::new(Way::Drop);
    let happenings = [
        Happening::Error("ENOSPC"),
        Happening::ErrorForGood("EIO"),
        Happening::Kill,
    ];
    let faults = happenings.into_iter().flat_map(|happening| {
        (5..=7).map(move |number| Fault {
            call: "write".to_owned(),
            number,
            happening,
        })
    });
    for fault in faults {
        if let Err(wrong) = suffer(&start, &fault) {
            panic!("{wrong}");
        }
    }
}

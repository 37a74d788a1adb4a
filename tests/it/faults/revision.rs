//! A new version of an archived object on a failing disk: the object reads as the old one or the new
//! one, whole, and whoever comes next finishes the work.
//!
//! The program has no command that does nothing but revise, so this test binary runs itself: the child
//! is [`the_child`].

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use sohoa::record::FindingCode;

use super::power_cut::PowerCut;
use super::strace::{self, Fault, Run};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::broken_archives::sample::{DOCUMENT, SCAN, Sample, TEXT, open, record, revise};

const FOLDER: &str = "SOHOA_TEST_REVISE_IN";
const READ_TEXT: &str = "một trang\u{c}";
/// More than the calls of one kind that the child's main thread makes: `strace` counts each thread's
/// own, and a fault must not strike the loading of libraries.
const CALLS_BEFORE: usize = 150;

/// Not a test but what the tests below run under `strace`: a start of the program, and a revision.
#[test]
fn the_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    count_past_the_main_thread();
    let archive = open(Path::new(&folder));
    for left in archive.interrupted_revisions().expect("lists") {
        archive.finish_interrupted(left).expect("finishes");
    }
    revise(&archive, READ_TEXT).expect("revises");
}

fn count_past_the_main_thread() {
    let mut null = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .expect("/dev/null");
    for _ in 0..CALLS_BEFORE {
        drop(File::open("/dev/null"));
        let _nothing = null.read(&mut [0]).expect("reads");
        null.write_all(b"x").expect("writes");
        fs::metadata("/dev/null").expect("looks");
    }
}

fn run(sample: &Sample, fault: Option<&Fault>) -> Run {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    let this = "faults::revision::the_child";
    command
        .args([this, "--exact", "--nocapture", "--test-threads=1"])
        // A panic is one of its ways to say no; where it came from costs more than all else.
        .env("RUST_BACKTRACE", "0")
        .env(FOLDER, sample.path());
    strace::run(&command, fault, sample.path(), HANGS)
}

/// What is wrong with the first record, whose revision may have been interrupted.
fn faults_of_object(sample: &Sample, must_be_new: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let object = match sample.reader().object(record(1)) {
        Ok(Some(object)) => object,
        other => return vec![format!("it does not read: {other:?}")],
    };
    let mut expect = |logical: &str, bytes: &[u8]| {
        let found = object.content_path(logical).map(fs::read);
        if !matches!(&found, Some(Ok(found)) if found == bytes) {
            wrong.push(format!("{logical}: {found:?}"));
        }
    };
    expect("document.pdf", DOCUMENT);
    expect("original/0001.jpg", SCAN);
    let head = object.inventory().head().to_string();
    let described = object.description().expect("a description").text;
    if head == "v2" {
        expect(TEXT, READ_TEXT.as_bytes());
    }
    if (head == "v2") != described.is_some() || must_be_new && head != "v2" {
        wrong.push(format!("{head}, described with {described:?}"));
    }
    let findings = sample.verify().findings;
    let tolerated = |code| code == FindingCode::RevisionUnfinished && !must_be_new;
    wrong.extend(
        findings
            .iter()
            .filter(|finding| !tolerated(finding.code))
            .map(|finding| format!("{finding:?}")),
    );
    wrong
}

fn suffer(start: &dyn Fn() -> Sample, fault: &Fault) -> Result<&'static str, String> {
    let sample = start();
    let mut disk = PowerCut::default();
    let hit = run(&sample, Some(fault));
    let mut wrong = disk.follow(&hit.calls);
    let is_done = hit.code == Some(0);
    wrong.extend(faults_of_object(&sample, is_done));
    if is_done {
        wrong.extend(disk.archive_at_risk());
    }
    let again = run(&sample, None);
    if again.code != Some(0) {
        wrong.push(format!("the repeat: {}{}", again.said, again.complained));
    }
    wrong.extend(disk.follow(&again.calls));
    wrong.extend(disk.archive_at_risk());
    wrong.extend(faults_of_object(&sample, true));
    let staging = fs::read_dir(sample.path().join("work")).expect("lists");
    wrong.extend(staging.map(|entry| format!("left: {entry:?}")));
    let was_struck = hit.calls.iter().any(|call| call.injected);
    match (wrong.is_empty(), hit.code) {
        (false, _) => Err(report("revise", fault, &hit, &wrong)),
        (true, None) => Ok("killed"),
        (true, Some(_)) if !was_struck => Ok("not reached"),
        (true, Some(0)) => Ok("done"),
        (true, Some(_)) => Ok("refused"),
    }
}

fn on_a_failing_disk(what: &str, start: impl Fn() -> Sample + Sync) {
    if !strace::ready(what) {
        return;
    }
    let sample = start();
    let untouched = run(&sample, None);
    let mut disk = PowerCut::default();
    let mut wrong = disk.follow(&untouched.calls);
    wrong.extend(disk.archive_at_risk());
    wrong.extend(faults_of_object(&sample, true));
    assert!(
        untouched.code == Some(0) && wrong.is_empty(),
        "without a fault: {wrong:#?} {}{}",
        untouched.said,
        untouched.complained
    );
    suffer_share(what, &untouched.calls, IN_A_SHARE.1, |fault| {
        suffer(&start, fault)
    });
}

#[test]
fn a_revision_on_a_failing_disk_is_made_once() {
    on_a_failing_disk("revise", Sample::new);
}

#[test]
fn a_version_ahead_is_finished_on_a_failing_disk() {
    on_a_failing_disk("revise, a version ahead", || {
        let sample = Sample::new();
        sample.interrupt_revision(READ_TEXT, true);
        sample
    });
}

#[test]
fn a_sidecar_behind_is_finished_on_a_failing_disk() {
    on_a_failing_disk("revise, a sidecar behind", || {
        let sample = Sample::new();
        sample.interrupt_revision(READ_TEXT, false);
        sample
    });
}

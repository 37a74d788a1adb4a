//! Backup and restore on a failing disk: a set, and a restored office, is whole or not there.

use std::fs;
use std::path::{Path, PathBuf};

use super::strace::{self, Fault, Run};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::backups::Backed;
use crate::office::Office;

fn run(office: &Office, arguments: &[&str], folder: &Path, fault: Option<&Fault>) -> Run {
    strace::run(&office.command(arguments), fault, folder, HANGS)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8 path")
}

/// The folders in a folder, sets or not.
fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.path()).collect()
}

#[test]
fn backup_on_a_failing_disk() {
    if !strace::ready("backup") {
        return;
    }
    let start = Backed::new();
    let office = start.office();
    let fresh = || tempfile::tempdir().expect("a folder");
    let make =
        |to: &Path, fault: Option<&Fault>| run(office, &["backup", "--to", text(to)], to, fault);
    let untouched = make(fresh().path(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    suffer_share("backup", &untouched.calls, IN_A_SHARE.1, |fault| {
        let to = fresh();
        let hit = make(to.path(), Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5 | 127)) {
            wrong.push("a bug came up".to_owned());
        }
        let is_whole = |set: &PathBuf| start.restores(to.path(), set);
        let made: Vec<PathBuf> = names(to.path());
        let sets = made.iter().filter(|it| it.join("set.json").exists());
        let named = |it: &&PathBuf| !text(it).contains(".sohoa-");
        if !sets.clone().filter(named).all(is_whole) {
            wrong.push("a set that restores nothing".to_owned());
        }
        if hit.code == Some(0) && sets.filter(named).count() != 1 {
            wrong.push("no set, and it said so".to_owned());
        }
        let again = make(to.path(), None);
        if again.code != Some(0) {
            wrong.push(format!("not done when called again: {}", again.complained));
        }
        if names(to.path())
            .iter()
            .any(|it| text(it).contains(".sohoa-"))
        {
            wrong.push("litter".to_owned());
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("backup", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

#[test]
fn restore_on_a_failing_disk() {
    if !strace::ready("restore") {
        return;
    }
    let start = Backed::new();
    let office = start.office();
    let (sets, key) = (start.sets(), start.identity());
    let made = office.sohoa(&["backup", "--to", text(&sets)]);
    assert!(made.status.success(), "{made:?}");
    let restore = |into: &Path, folder: &Path, fault: Option<&Fault>| {
        let from = ["restore", "--from", text(&sets), "--identity", text(&key)];
        let arguments = [&from[..], &["--into", text(into)]].concat();
        run(office, &arguments, folder, fault)
    };
    let fresh = || tempfile::tempdir().expect("a folder");
    let whole = fresh();
    let untouched = restore(&whole.path().join("new"), whole.path(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    let archive = crate::replicas::tree(&office.at("archive"));
    suffer_share("restore", &untouched.calls, IN_A_SHARE.1, |fault| {
        let home = fresh();
        let into = home.path().join("new");
        let hit = restore(&into, home.path(), Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5 | 127)) {
            wrong.push("a bug came up".to_owned());
        }
        let is_whole = || crate::replicas::tree(&into.join("archive")) == archive;
        if into.exists() && !is_whole() {
            wrong.push("a part has the name of the whole".to_owned());
        }
        if hit.code == Some(0) && !into.exists() {
            wrong.push("nothing, and it said so".to_owned());
        }
        if !into.exists() {
            let again = restore(&into, home.path(), None);
            if again.code != Some(0) || !is_whole() {
                wrong.push(format!("not done when called again: {}", again.complained));
            }
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("restore", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

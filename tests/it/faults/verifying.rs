//! `verify` on a failing disk: what could not be read is never called well, and never called damaged either.

use std::fs;

use serde_json::Value;

use super::strace::{self, Fault, Run};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::office::{Office, jpeg_page};

fn summary_of(run: &Run) -> Value {
    let last = run.said.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_default()
}

/// The codes of the findings.
fn findings_of(run: &Run) -> impl Iterator<Item = String> {
    let lines = run.said.lines();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| Some(line["code"].as_str()?.to_owned()))
}

#[test]
fn verify_on_a_failing_disk_neither_reassures_nor_accuses() {
    if !strace::ready("verify") {
        return;
    }
    let office = Office::new();
    for number in 0..2 {
        fs::write(office.at("scan.jpg"), jpeg_page(number)).expect("written");
        office.archive(&office.at("scan.jpg"), &[]);
    }
    let run = |office: &Office, fault: Option<&Fault>| {
        let command = office.command(&["--json", "--quiet", "verify"]);
        strace::run(&command, fault, office.path(), HANGS)
    };
    let untouched = run(&office.copy(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    let all = summary_of(&untouched);
    suffer_share("verify", &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = office.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        let summary = summary_of(&hit);
        // Whatever failed, it was made good: nothing is left out.
        let is_complete = ["records", "files", "bytes"]
            .iter()
            .all(|it| summary[it] == all[it]);
        let only_the_index = findings_of(&hit).all(|code| code == "INDEX_MISSING");
        let outcome = match (hit.code, summary["verdict"].as_str()) {
            (None, _) => "killed",
            (Some(0), Some("ok")) if is_complete => "ok, with every byte",
            (Some(1), Some("indeterminate")) => "indeterminate",
            // An index that does not open holds nothing; the archive is not accused.
            (Some(1), Some("failed")) if is_complete && only_the_index => "no index",
            // It says why, and nothing of the archive. 127: the program was not even loaded.
            (Some(3 | 5 | 127), None) => "refused",
            (code, verdict) => {
                wrong.push(format!("{code:?}, {verdict:?}, complete: {is_complete}"));
                "wrong"
            }
        };
        if run(&office, None).code != Some(0) {
            wrong.push("not well when asked again".to_owned());
        }
        match wrong.is_empty() {
            true => Ok(outcome),
            false => Err(report("verify", fault, &hit, &wrong)),
        }
    });
}

//! `verify` on a failing disk: what could not be read is never called well, and never called damaged either.

use std::fs;

use serde_json::Value;

use super::strace::{self, Fault};
use super::{A_DAY, HANGS, report, suffer_share};
use crate::office::{Office, jpeg_page};

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
    suffer_share("verify", &untouched.calls, A_DAY.1, |fault| {
        let office = office.copy();
        let archive = office.at("archive");
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        let mut struck = hit.calls.iter().filter(|call| call.injected);
        let in_archive =
            struck.any(|call| call.paths.iter().any(|path| path.starts_with(&archive)));
        let last = hit.said.lines().last().unwrap_or_default();
        let summary: Value = serde_json::from_str(last).unwrap_or_default();
        let outcome = match (hit.code, summary["verdict"].as_str()) {
            (None, _) => "killed",
            (Some(0), Some("ok")) if !in_archive => "ok",
            (Some(1), Some("indeterminate")) => "indeterminate",
            // It says why, and nothing of the archive.
            (Some(3 | 5), _) => "refused",
            (code, verdict) => {
                wrong.push(format!(
                    "{code:?}, {verdict:?}, and a read failed: {in_archive}"
                ));
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

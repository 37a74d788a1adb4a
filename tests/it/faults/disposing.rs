//! Acts about retention, and disposal itself, on a failing disk: an act is kept or it is not, a record is whole or gone with
//! its tombstone as soon as somebody goes on, and until then `verify` names what is not finished.

use super::strace::{self, Fault};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::disposal::Keeping;

fn command(keeping: &Keeping, by: &str, words: &[&str]) -> std::process::Command {
    let password = keeping.office.at("password");
    let mut all = vec!["--json", "--quiet"];
    all.extend(words);
    all.extend(["--by", by, "--password-file"]);
    let mut command = keeping.office.command(&all);
    command.arg(password);
    command
}

#[test]
fn a_hold_on_a_failing_disk_stands_or_does_not() {
    if !strace::ready("hold set") {
        return;
    }
    let start = Keeping::new();
    let record = start.record.clone();
    let set = ["hold", "set", record.as_str(), "--reason", "thanh tra"];
    let run = |keeping: &Keeping, fault: Option<&Fault>| {
        let command = command(keeping, "lan", &set);
        strace::run(&command, fault, keeping.office.path(), HANGS)
    };
    let untouched = run(&start.copy(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.said);
    suffer_share("hold set", &untouched.calls, IN_A_SHARE.1, |fault| {
        let keeping = start.copy();
        let hit = run(&keeping, Some(fault));
        let mut wrong = Vec::new();
        let holds = || keeping.office.json(&["hold", "list"]).1.len();
        let outcome = match hit.code {
            None => "killed",
            Some(0) if holds() == 1 => "done",
            Some(1 | 3 | 5) => "refused",
            code => {
                wrong.push(format!("{code:?} with {} holds", holds()));
                "wrong"
            }
        };
        let before = holds();
        if run(&keeping, None).code != Some(0) || holds() != before + 1 {
            wrong.push("not done when called again".to_owned());
        }
        keeping.office.assert_verified();
        match wrong.is_empty() {
            true => Ok(outcome),
            false => Err(report("hold set", fault, &hit, &wrong)),
        }
    });
}

#[test]
fn a_disposal_on_a_failing_disk_is_finished_when_it_is_called_again() {
    if !strace::ready("dispose carry-out") {
        return;
    }
    let start = Keeping::due();
    let number = start.approved();
    let carry_out = ["dispose", "carry-out", number.as_str()];
    let run = |keeping: &Keeping, fault: Option<&Fault>| {
        let command = command(keeping, "lan", &carry_out);
        strace::run(&command, fault, keeping.office.path(), HANGS)
    };
    let untouched = run(&start.copy(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.said);
    suffer_share(
        "dispose carry-out",
        &untouched.calls,
        IN_A_SHARE.0,
        |fault| {
            let keeping = start.copy();
            let hit = run(&keeping, Some(fault));
            let mut wrong = Vec::new();
            let found = keeping.found();
            let outcome = match (hit.code, keeping.object().exists(), found.is_empty()) {
                (None, true, true) => "killed, whole",
                (None, _, false) => "killed, and named",
                (None, false, true) => "killed, gone",
                (Some(0), false, true) => "done",
                (Some(1 | 3 | 5), true, true) => "refused, whole",
                (Some(1 | 3 | 5), _, false) => "refused, and named",
                (Some(1 | 3 | 5), false, true) => "refused, gone",
                (code, is_there, _) => {
                    wrong.push(format!("{code:?}, there: {is_there}, {found:?}"));
                    "wrong"
                }
            };
            // Never gone without a word.
            if !keeping.object().exists() && !keeping.tombstone().exists() {
                wrong.push("gone without its tombstone".to_owned());
            }
            let again = run(&keeping, None);
            if again.code != Some(0) || keeping.object().exists() || !keeping.tombstone().exists() {
                wrong.push(format!("not finished when called again: {}", again.said));
            }
            if keeping.office.assert_verified() != 0 {
                wrong.push("a record is left".to_owned());
            }
            if !keeping.office.files("work/staging").is_empty() {
                wrong.push("something is left in staging".to_owned());
            }
            match wrong.is_empty() {
                true => Ok(outcome),
                false => Err(report("dispose carry-out", fault, &hit, &wrong)),
            }
        },
    );
}

//! The nightly run on a failing disk: it says good of nothing that it could not read, and the next one is whole.

use super::strace::{self, Fault};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::office::{Office, jpeg_page};

#[test]
fn a_night_on_a_failing_disk() {
    if !strace::ready("verify --nightly") {
        return;
    }
    let office = Office::new();
    std::fs::write(office.at("scan.jpg"), jpeg_page(1)).expect("written");
    office.archive(&office.at("scan.jpg"), &[]);
    let run = |office: &Office, fault: Option<&Fault>| {
        let command = office.command(&["verify", "--nightly"]);
        strace::run(&command, fault, office.path(), HANGS)
    };
    let untouched = run(&office.copy(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    suffer_share("nightly", &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = office.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5 | 127)) {
            wrong.push("a bug came up".to_owned());
        }
        let signed = |office: &Office| {
            let reports = office.files("nightly/reports");
            reports
                .iter()
                .filter(|it| it.ends_with("report.note"))
                .count()
        };
        if hit.code == Some(0) && signed(&office) != 1 {
            wrong.push("no signed report, and it said so".to_owned());
        }
        let again = run(&office, None);
        if again.code != Some(0) {
            wrong.push(format!("not good when made again: {}", again.complained));
        }
        let (code, lines) = office.json(&["verify"]);
        if code != 0 {
            wrong.push(format!("the office is damaged: {lines:?}"));
        }
        if office.files("work").iter().any(|it| !it.ends_with(".lock")) {
            wrong.push("litter".to_owned());
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("nightly", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("ok"),
            (true, Some(1)) => Ok("not ok"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

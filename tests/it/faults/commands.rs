//! The commands that write apart from the journey, on a failing disk: each says so, leaves nothing that
//! looks like a result, and does its work when it is called again.

use std::fs;
use std::path::Path;

use super::strace::{self, Fault};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::office::{Office, jpeg_page};

/// A command that makes a file somewhere in the data folder, `out.pdf`.
fn makes_a_file(name: &str, arguments: impl Fn(&Office) -> Vec<String> + Sync) {
    if !strace::ready(name) {
        return;
    }
    let start = Office::new();
    fs::write(start.at("scan.jpg"), jpeg_page(21)).expect("written");
    start.archive(&start.at("scan.jpg"), &[]);
    let normalised = [
        "normalise".to_owned(),
        path(&start, "scan.jpg"),
        "-o".to_owned(),
    ];
    let made = start
        .command(&[])
        .args(normalised)
        .arg(start.at("in.pdf"))
        .output();
    assert!(made.expect("runs").status.success(), "a PDF to work on");
    let run = |office: &Office, fault: Option<&Fault>| {
        let arguments = arguments(office);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        strace::run(&office.command(&arguments), fault, office.path(), HANGS)
    };
    let is_whole = |office: &Office| {
        fs::read(office.at("out.pdf")).is_ok_and(|bytes| bytes.trim_ascii_end().ends_with(b"%%EOF"))
    };
    let office = start.copy();
    let untouched = run(&office, None);
    assert!(
        untouched.code == Some(0) && is_whole(&office),
        "{}",
        untouched.complained
    );
    suffer_share(name, &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = start.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        let outcome = match hit.code {
            None => "killed",
            Some(0) if is_whole(&office) => "done",
            // 3: its configuration could not be read.
            Some(3 | 5) if !office.at("out.pdf").exists() => "refused",
            code => {
                wrong.push(format!(
                    "{code:?}, and a result: {}",
                    office.at("out.pdf").exists()
                ));
                "wrong"
            }
        };
        let _absent = fs::remove_file(office.at("out.pdf"));
        if run(&office, None).code != Some(0) || !is_whole(&office) {
            wrong.push("not done when called again".to_owned());
        }
        office.assert_verified();
        if wrong.is_empty() {
            Ok(outcome)
        } else {
            Err(report(name, fault, &hit, &wrong))
        }
    });
}

fn path(office: &Office, inside: &str) -> String {
    office.at(inside).to_str().expect("UTF-8 path").to_owned()
}

fn words(office: &Office, command: &[&str]) -> Vec<String> {
    let command = command.iter().map(|word| match word.strip_prefix('@') {
        Some(inside) => path(office, inside),
        None => (*word).to_owned(),
    });
    command.collect()
}

#[test]
fn normalise_on_a_failing_disk() {
    makes_a_file("normalise", |office| {
        words(office, &["normalise", "@scan.jpg", "-o", "@out.pdf"])
    });
}

#[test]
fn sign_on_a_failing_disk() {
    makes_a_file("sign", |office| {
        words(office, &["sign", "@in.pdf", "-o", "@out.pdf"])
    });
}

#[test]
fn get_on_a_failing_disk() {
    makes_a_file("get", |office| {
        let (_, rows) = office.json(&["find", "--station", "cli"]);
        words(
            office,
            &[
                "get",
                rows[0]["record"].as_str().expect("a record"),
                "-o",
                "@out.pdf",
            ],
        )
    });
}

#[test]
fn reindex_on_a_failing_disk_keeps_the_old_rows_or_has_the_new_ones() {
    if !strace::ready("reindex") {
        return;
    }
    let start = Office::new();
    for number in 0..3 {
        fs::write(start.at("scan.jpg"), jpeg_page(number)).expect("written");
        start.archive(&start.at("scan.jpg"), &[]);
    }
    let run = |office: &Office, fault: Option<&Fault>| {
        strace::run(&office.command(&["reindex"]), fault, office.path(), HANGS)
    };
    let untouched = run(&start.copy(), None);
    suffer_share("reindex", &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = start.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5)) {
            wrong.push("a bug came up".to_owned());
        }
        if office.json(&["find", "--station", "cli"]).1.len() != 3 {
            wrong.push("rows are lost".to_owned());
        }
        if run(&office, None).code != Some(0) {
            wrong.push("not done when called again".to_owned());
        }
        office.assert_verified();
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("reindex", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

#[test]
fn init_on_a_failing_disk_can_be_repeated() {
    if !strace::ready("init") {
        return;
    }
    let start = Office::new();
    let run = |folder: &Path, fault: Option<&Fault>| {
        let arguments = ["init", "--demo", folder.to_str().expect("UTF-8 path")];
        strace::run(&start.command(&arguments), fault, folder, HANGS)
    };
    let fresh = || tempfile::tempdir().expect("a temporary folder");
    let untouched = run(fresh().path(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    suffer_share("init", &untouched.calls, IN_A_SHARE.1, |fault| {
        let home = fresh();
        let hit = run(home.path(), Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 3 | 5)) {
            wrong.push("a bug came up".to_owned());
        }
        let again = run(home.path(), None);
        if again.code != Some(0) {
            wrong.push(format!(
                "not done when called again: {:?} {}{}",
                again.code, again.said, again.complained
            ));
        } else {
            let office = Office::at_home_in(home);
            fs::write(office.at("scan.jpg"), jpeg_page(1)).expect("written");
            office.archive(&office.at("scan.jpg"), &[]);
            office.assert_verified();
            let parts = office
                .files("")
                .into_iter()
                .filter(|name| name.contains(".sohoa-"));
            wrong.extend(parts.map(|name| format!("litter: {name}")));
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("init", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

#[test]
fn rotate_key_on_a_failing_disk_leaves_a_ledger_that_goes_on() {
    if !strace::ready("rotate-key") {
        return;
    }
    let start = Office::new();
    fs::write(start.at("scan.jpg"), jpeg_page(1)).expect("written");
    start.archive(&start.at("scan.jpg"), &[]);
    let run = |office: &Office, fault: Option<&Fault>| {
        strace::run(
            &office.command(&["rotate-key"]),
            fault,
            office.path(),
            HANGS,
        )
    };
    let untouched = run(&start.copy(), None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    suffer_share("rotate-key", &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = start.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5 | 127)) {
            wrong.push("a bug came up".to_owned());
        }
        // Documents come in before anybody calls it again.
        fs::write(office.at("scan.jpg"), jpeg_page(2)).expect("written");
        office.archive(&office.at("scan.jpg"), &[]);
        let again = run(&office, None);
        if again.code != Some(0) {
            wrong.push(format!("not done when called again: {}", again.complained));
        }
        let (code, lines) = office.json(&["verify"]);
        if code != 0 {
            wrong.push(format!("the office is damaged: {lines:?}"));
        }
        if !office.files("keys").iter().all(|it| !it.ends_with(".next")) {
            wrong.push("litter".to_owned());
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("rotate-key", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

#[test]
fn clients_on_a_failing_disk_are_the_old_ones_or_the_new() {
    if !strace::ready("client") {
        return;
    }
    let start = Office::new();
    let first = start.sohoa(&["client", "add", "cu", "--scope", "lookup"]);
    assert!(first.status.success(), "{first:?}");
    let run = |office: &Office, fault: Option<&Fault>| {
        let command = office.command(&["client", "add", "moi", "--scope", "ingest"]);
        strace::run(&command, fault, office.path(), HANGS)
    };
    let known = |office: &Office| {
        let (code, rows) = office.json(&["client", "list"]);
        (code, rows.len())
    };
    let office = start.copy();
    let untouched = run(&office, None);
    assert!(untouched.code == Some(0) && known(&office) == (0, 2));
    suffer_share("client", &untouched.calls, IN_A_SHARE.1, |fault| {
        let office = start.copy();
        let hit = run(&office, Some(fault));
        let mut wrong = Vec::new();
        let found = known(&office);
        let outcome = match (hit.code, found) {
            (None, (0, 1 | 2)) => "killed",
            (Some(0), (0, 2)) => "done",
            // The name may be there although the folder could not be synced: then nobody has its token.
            (Some(3 | 5), (0, 1 | 2)) => "refused",
            (code, found) => {
                wrong.push(format!("{code:?}, and then {found:?}"));
                "wrong"
            }
        };
        for name in ["cu", "moi"].iter().take(found.1) {
            if !office.sohoa(&["client", "renew", name]).status.success() {
                wrong.push(format!("{name} cannot be given another token"));
            }
        }
        if wrong.is_empty() {
            Ok(outcome)
        } else {
            Err(report("client", fault, &hit, &wrong))
        }
    });
}

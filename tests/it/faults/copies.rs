//! Replicas and repairs on a failing disk: a copy is whole or not there, a repair leaves what was good, and both are
//! done when they are called again.

use std::fs;

use sohoa::record::RecordId;

use super::strace::{self, Fault, Run};
use super::{HANGS, IN_A_SHARE, report, suffer_share};
use crate::office::{Office, jpeg_page};
use crate::replicas::{section, tree};

/// An office whose replica lies inside its temporary folder, where the tracer looks; the data folder beside it.
fn office() -> (Office, RecordId) {
    let office = Office::new();
    office.configure(|text| text + &section("a", &place(&office)));
    assert_eq!(office.json(&["replicate", "a", "--begin"]).0, 0);
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(21)).expect("written");
    let record = office.archive(&scan, &[]).parse().expect("a record");
    (office, record)
}

/// Beside the data folder: a replica may not lie in it.
fn place(office: &Office) -> std::path::PathBuf {
    office.path().with_extension("replica")
}

/// A copy of data folder and replica to be spoilt.
fn again(start: &Office) -> Spoilt {
    let office = start.copy();
    let (old, new) = (place(start), place(&office));
    crate::replicas::copy_tree(&old, &new);
    office.configure(|text| text.replace(&old.display().to_string(), &new.display().to_string()));
    Spoilt(office)
}

struct Spoilt(Office);

impl Drop for Spoilt {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(place(&self.0));
    }
}

fn run(office: &Office, command: &str, fault: Option<&Fault>) -> Run {
    // The tracer follows what happens in the folder above both.
    let above = place(office);
    let folder = if command == "replicate" {
        above.as_path()
    } else {
        office.path()
    };
    strace::run(&office.command(&[command]), fault, folder, HANGS)
}

#[test]
fn replicate_on_a_failing_disk() {
    if !strace::ready("replicate") {
        return;
    }
    let start = Spoilt(office().0);
    let untouched = run(&again(&start.0).0, "replicate", None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    suffer_share("replicate", &untouched.calls, IN_A_SHARE.1, |fault| {
        let spoilt = again(&start.0);
        let office = &spoilt.0;
        let hit = run(office, "replicate", Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5 | 127)) {
            wrong.push("a bug came up".to_owned());
        }
        // A version is in the replica whole or not at all.
        let copied = tree(&place(office).join("archive"));
        let of_objects = copied.iter().filter(|(path, _)| path.contains("/v1/"));
        let archived = tree(&office.at("archive"));
        if of_objects
            .clone()
            .any(|(path, bytes)| archived.get(path) != Some(bytes))
        {
            wrong.push("a part of a version".to_owned());
        }
        if of_objects.count() > 0 && copied != archived {
            wrong.push("not all of a version".to_owned());
        }
        let again = run(office, "replicate", None);
        if again.code != Some(0) || tree(&place(office).join("archive")) != archived {
            wrong.push(format!("not done when called again: {}", again.complained));
        }
        let (code, lines) = office.json(&["verify"]);
        if code != 0 {
            wrong.push(format!("{lines:?}"));
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("replicate", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

#[test]
fn repair_on_a_failing_disk() {
    if !strace::ready("repair") {
        return;
    }
    let (start, record) = office();
    let start = Spoilt(start);
    assert_eq!(start.0.json(&["replicate"]).0, 0);
    let whole = tree(&start.0.at("archive"));
    let object = sohoa::archive::object_folder(record);
    let document = start
        .0
        .at("archive")
        .join(object)
        .join("v1/content/document.pdf");
    let damaged = b"%PDF-1.7 damaged";
    fs::write(&document, damaged).expect("written");
    let untouched = run(&again(&start.0).0, "repair", None);
    assert_eq!(untouched.code, Some(0), "{}", untouched.complained);
    suffer_share("repair", &untouched.calls, IN_A_SHARE.1, |fault| {
        let spoilt = again(&start.0);
        let office = &spoilt.0;
        let hit = run(office, "repair", Some(fault));
        let mut wrong = Vec::new();
        if !matches!(hit.code, None | Some(0 | 1 | 3 | 5 | 127)) {
            wrong.push("a bug came up".to_owned());
        }
        for (path, bytes) in tree(&office.at("archive")) {
            let is_right = whole.get(&path) == Some(&bytes);
            if !is_right && bytes != damaged {
                wrong.push(format!(
                    "{path} is neither what it was nor what it should be"
                ));
            }
        }
        let again = run(office, "repair", None);
        if again.code != Some(0) || tree(&office.at("archive")) != whole {
            wrong.push(format!("not done when called again: {}", again.complained));
        }
        // The damaged bytes are somewhere, and the repair is in the ledger.
        let kept = tree(&office.at("quarantine"));
        if !kept.values().any(|bytes| bytes == damaged) {
            wrong.push("the damaged bytes are lost".to_owned());
        }
        if crate::replicas::repairs::entered(office, record) != 1 {
            wrong.push("not entered once".to_owned());
        }
        let (code, lines) = office.json(&["verify"]);
        if code != 0 {
            wrong.push(format!("{lines:?}"));
        }
        match (wrong.is_empty(), hit.code) {
            (false, _) => Err(report("repair", fault, &hit, &wrong)),
            (true, None) => Ok("killed"),
            (true, Some(0)) => Ok("done"),
            (true, Some(_)) => Ok("refused"),
        }
    });
}

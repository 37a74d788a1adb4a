//! What must hold after a fault, and what after the run that follows it. Judged from the files alone,
//! and by `verify`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::strace::{Fault, Run};
use super::{SCAN, Start, Way};
use crate::office::Office;

/// How often the scan must be in the archive in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Once.
    Archived,
    /// Once or not at all: the program said that it did not take the scan in.
    AtMostOnce,
}

/// What a run with a fault said of the scan, in one word. Notes what no fault excuses.
pub(super) fn told(
    way: Way,
    office: &Office,
    fault: &Fault,
    run: &Run,
    wrong: &mut Vec<String>,
) -> &'static str {
    // Calls are counted for each thread, so a fault may strike a second thread as well, and the runtime
    // ends the process where its own wake-up fails.
    if run.struck_beside || run.complained.contains("failed to wake I/O driver") {
        return "struck beside";
    }
    if run.complained.contains("panicked at") || matches!(run.code, Some(70 | 101)) {
        wrong.push(format!("a bug came up: {}", run.complained));
    }
    if run.ran_on {
        if !fault.is_for_good() || way == Way::Ingest {
            wrong.push("it hangs".to_owned());
        }
        return "went on trying";
    }
    let told = match way {
        Way::Ingest => told_by_answer(run, wrong),
        Way::Drop => told_by_receipt(office),
    };
    match (told, run.code) {
        (_, None) | ("archived" | "duplicate", Some(0)) | ("waiting", Some(5)) => {}
        ("nothing", Some(code)) if code != 0 || way == Way::Drop => {}
        ("waiting", Some(0)) if way == Way::Drop => {}
        ("archived", Some(_)) if way == Way::Drop => {}
        (told, code) => wrong.push(format!("told {told}, and ended with {code:?}")),
    }
    if told == "archived" && archived(office).len() != 1 {
        wrong.push("told archived, but the archive does not hold it".to_owned());
    }
    if run.code.is_none() { "killed" } else { told }
}

fn told_by_answer(run: &Run, wrong: &mut Vec<String>) -> &'static str {
    let answers: Vec<Value> = run
        .said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let status = answers.first().and_then(|answer| answer["status"].as_str());
    match status {
        Some("archived") => "archived",
        Some("waiting") => "waiting",
        // It never came to a journey; the exit code says so.
        Some("unreadable") | None => "nothing",
        Some(other) => {
            wrong.push(format!("a good scan was told to be {other}"));
            "nothing"
        }
    }
}

fn told_by_receipt(office: &Office) -> &'static str {
    let receipts = office.files("outbox");
    let any = |suffix: &str| receipts.iter().any(|name| name.ends_with(suffix));
    match () {
        () if any(".OK.txt") => "archived",
        () if any(".CHO.txt") => "waiting",
        () if any(".LOI.txt") => "refused",
        () => "nothing",
    }
}

/// The operator's file is as it was; a dropped scan lies somewhere, whole.
pub(super) fn nothing_is_lost(
    start: &Start,
    office: &Office,
    kept: &Path,
    wrong: &mut Vec<String>,
) {
    let is_whole = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes == start.scan);
    if !is_whole(kept) {
        wrong.push("the operator's file was touched".to_owned());
    }
    let places = ["inbox", "work", "quarantine", "archive"];
    let somewhere = places.iter().any(|place| {
        let files = office.files(place);
        files
            .iter()
            .any(|name| !name.ends_with(".part") && is_whole(&office.at(place).join(name)))
    });
    if start.way == Way::Drop && !somewhere {
        wrong.push("the dropped scan is lost".to_owned());
    }
}

/// Whoever reads OK finds the record in the archive.
pub(super) fn receipts_are_true(office: &Office, wrong: &mut Vec<String>) {
    let archived = archived(office);
    for receipt in office
        .files("outbox")
        .iter()
        .filter(|name| name.ends_with(".OK.txt"))
    {
        let text = fs::read_to_string(office.at("outbox").join(receipt)).unwrap_or_default();
        let record = text.lines().find_map(|line| line.strip_prefix("Record: "));
        if !record.is_some_and(|record| archived.contains_key(record)) {
            wrong.push(format!(
                "{receipt} says OK for what the archive does not hold"
            ));
        }
    }
}

/// After the run that follows: once in the archive, index and receipts agree, nothing lies about.
pub(super) fn all_is_in_order(
    start: &Start,
    office: &Office,
    expected: Expected,
    wrong: &mut Vec<String>,
) {
    let archived = archived(office);
    let count = archived.len();
    let is_right = count == 1 || (count == 0 && expected == Expected::AtMostOnce);
    if !is_right || archived.values().any(|name| name != SCAN) {
        wrong.push(format!("in the archive: {archived:?}; {expected:?}"));
    }
    for (record, signatures) in signatures(office) {
        if signatures != start.signers {
            wrong.push(format!("{record} has {signatures} signatures"));
        }
    }
    let (code, lines) = office.json(&["verify"]);
    let summary = lines.last().unwrap_or(&Value::Null);
    if (code, &summary["verdict"], &summary["records"]) != (0, &"ok".into(), &count.into()) {
        wrong.push(format!("verify: {code} {lines:?}"));
    }
    let (_, rows) = office.json(&["find", "--station", start.way.station()]);
    if rows.len() != count {
        wrong.push(format!("found: {rows:?}"));
    }
    receipts_are_true(office, wrong);
    let receipts = office.files("outbox");
    if receipts.len() != count {
        wrong.push(format!("receipts: {receipts:?}"));
    }
    for folder in ["inbox", "quarantine"] {
        let left = office.files(folder);
        if !left.is_empty() {
            wrong.push(format!("left in {folder}: {left:?}"));
        }
    }
    wrong.extend(litter(office).map(|path| format!("litter: {path}")));
}

/// What a finished data folder does not have: jobs, staged objects, temporary files.
fn litter(office: &Office) -> impl Iterator<Item = String> {
    let root = office.path().to_owned();
    let entries = walkdir::WalkDir::new(&root).min_depth(1).into_iter();
    entries.filter_map(move |entry| {
        let entry = entry.expect("lists");
        let path = entry.path().strip_prefix(&root).expect("below").to_owned();
        let name = path.to_string_lossy().into_owned();
        let belongs_in_work = name == "work/staging" || name.ends_with(".lock");
        let is_litter = (path.starts_with("work/") && path.iter().count() > 1 && !belongs_in_work)
            || name.contains("/.sohoa-")
            || name.contains("/.done-");
        is_litter.then_some(name)
    })
}

/// The archive's records and the name that their first original was dropped under.
fn archived(office: &Office) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let described = descriptions(office).into_iter();
    described
        .map(|it| (text(&it["record"]), text(&it["originals"][0]["dropped_as"])))
        .collect()
}

/// The archive's records and how many signatures they name; `verify` holds the documents to it.
fn signatures(office: &Office) -> Vec<(Value, usize)> {
    let count = |it: &Value| it["signatures"].as_array().map_or(0, Vec::len);
    let described = descriptions(office).into_iter();
    described
        .map(|it| (it["record"].clone(), count(&it)))
        .collect()
}

fn descriptions(office: &Office) -> Vec<Value> {
    let files = office.files("archive");
    let descriptions = files
        .iter()
        .filter(|name| name.ends_with("/v1/content/record.json"));
    let described = descriptions.map(|name| {
        let bytes = fs::read(office.at("archive").join(name)).expect("reads");
        serde_json::from_slice(&bytes).expect("JSON")
    });
    described.collect()
}

//! The nightly run: what it reads and when, what it reports, and whether anybody hears of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::{Date, date};
use serde_json::Value;
use sohoa::ledger::{Event, Ledger, LedgerKey, read_statement};
use sohoa::nightly::{self, State};
use sohoa::office_ledger::open_key;
use sohoa::record::{RecordId, Sha256Digest};

use crate::judge::{self, Flavour};
use crate::replicas::{Kept, flip};

const DOCUMENT: &str = "v1/content/document.pdf";

/// The night's run by hand: how it ended, and its report's line.
fn night(kept: &Kept) -> (i32, Value) {
    let (code, mut lines) = kept.office.json(&["verify", "--nightly"]);
    (code, lines.pop().expect("a report"))
}

fn codes(report: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(report["found"].clone()).expect("counts")
}

fn alarms(kept: &Kept) -> Vec<Value> {
    let paths = nightly::alarm::standing(&kept.config());
    let read = |path| serde_json::from_slice(&fs::read(path).expect("reads")).expect("JSON");
    paths.iter().map(read).collect()
}

/// SHA-256 of the reports that the ledger tells of.
fn entered(kept: &Kept) -> BTreeSet<Sha256Digest> {
    let ledger = Ledger::open(&kept.office.at("ledger")).expect("opens");
    let openings = ledger.recorded_from(0).expect("reads");
    let openings = openings.filter_map(|it| it.expect("reads").opening);
    openings
        .filter_map(|opening| match opening.event() {
            Event::Verified { report } => Some(*report),
            _ => None,
        })
        .collect()
}

#[test]
fn a_good_night_is_signed_entered_and_readable() {
    let (kept, _) = Kept::with_a_record();
    kept.archive(2);
    kept.replicate();
    let (code, report) = night(&kept);
    assert_eq!((code, &report["verdict"]), (0, &"ok".into()), "{report:#}");
    assert_eq!(report["canary"]["is_reported"], true);
    assert_eq!(report["slices"][0], "1/30");
    // Both are new.
    assert!(
        report["counts"]["records"].as_u64() >= Some(2),
        "{report:#}"
    );
    let folder = kept
        .office
        .at(report["written"].as_str().expect("a folder"));
    let note = fs::read(folder.join("report.note")).expect("a report");
    let key: LedgerKey = open_key(&kept.config()).expect("the key");
    let text = String::from_utf8(note.clone()).expect("text");
    let text = read_statement(&text, &key.verifier()).expect("signed");
    let signed: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(signed["verdict"], "ok");
    for (name, digest) in [("report.html", "html_sha256"), ("report.pdf", "pdf_sha256")] {
        let bytes = fs::read(folder.join(name)).expect("a face");
        assert_eq!(signed[digest], Sha256Digest::of(&bytes).to_string());
    }
    assert_eq!(entered(&kept), BTreeSet::from([Sha256Digest::of(&note)]));
    assert!(alarms(&kept).is_empty());
    kept.office.assert_verified();
    let left = kept.office.files("work");
    assert!(left.iter().all(|it| it.ends_with(".lock")), "{left:?}");
    let (_, checks) = kept.office.json(&["doctor"]);
    let check = checks.iter().find(|it| it["check"] == "nightly");
    let detail = check.expect("a check")["detail"].to_string();
    assert!(
        detail.contains("off"),
        "the test's office has it off: {detail}"
    );
    if judge::ready("a night's report") {
        judge::verapdf(Flavour::A2u, &[folder.join("report.pdf")]).expect("PDF/A-2u");
    }
}

#[test]
fn each_damage_of_the_canary_is_reported_in_its_turn() {
    let (kept, _) = Kept::with_a_record();
    let mut damages = BTreeSet::new();
    for _ in 0..6 {
        let (code, report) = night(&kept);
        assert_eq!(code, 0, "{report:#}");
        assert_eq!(report["canary"]["is_reported"], true, "{report:#}");
        damages.insert(report["canary"]["damage"].to_string());
    }
    assert_eq!(damages.len(), 6, "{damages:?}");
    assert_eq!(entered(&kept).len(), 6);
    kept.office.assert_verified();
}

#[test]
fn an_empty_office_is_told_that_nothing_could_be_tried() {
    let kept = Kept::new();
    let (code, report) = night(&kept);
    assert_eq!((code, &report["verdict"]), (0, &"ok".into()), "{report:#}");
    assert_eq!(report["canary"], Value::Null);
    // With a record, a check that was not checked is in doubt: here, because there is nothing good to copy.
    let record = kept.archive(1);
    fs::remove_file(kept.in_archive(record, DOCUMENT)).expect("removed");
    let (code, report) = night(&kept);
    assert_eq!((code, &report["verdict"]), (1, &"failed".into()));
    assert_eq!(report["canary"], Value::Null);
    // It is not new any more, and not in this night's slice; that it is not fit to be copied is reason to look.
    let (_, report) = night(&kept);
    assert_eq!(codes(&report)["CONTENT_MISSING"], 1, "{report:#}");
}

#[test]
fn damage_is_mended_reported_and_heard_of() {
    let (kept, record) = Kept::with_a_record();
    let heard = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = heard.local_addr().expect("an address");
    let letters = tempfile::tempdir().expect("a folder");
    let spool = letters.path().display().to_string();
    kept.office.configure(|text| {
        let asked = format!(
            "folder = \"alarms\"\nwebhook = \"http://{address}/sohoa\"\nmail_folder = \"{spool}\"\n\
             mail = {{ from = \"sohoa@mau.example\", to = \"quan-tri@mau.example\" }}\n"
        );
        text.replace("folder = \"alarms\"\n", &asked)
    });
    let listener = std::thread::spawn(move || {
        let (mut stream, _) = heard.accept().expect("somebody");
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            .expect("answered");
        serde_json::from_slice::<Value>(&body).expect("JSON")
    });
    flip(&kept.in_archive(record, DOCUMENT));
    let (code, report) = night(&kept);
    assert_eq!((code, &report["verdict"]), (1, &"failed".into()));
    assert_eq!(codes(&report)["CONTENT_CHANGED"], 1, "{report:#}");
    assert_eq!(
        report["repair"]["repaired"][0]["record"],
        record.to_string()
    );
    assert_eq!(report["repair"]["left"], Value::Array(Vec::new()));
    kept.office.assert_verified();
    let alarms = alarms(&kept);
    assert_eq!(alarms.len(), 1, "{alarms:#?}");
    assert_eq!(alarms[0]["code"], "nightly.found");
    assert_eq!(alarms[0]["report"], report["written"]);
    assert_eq!(listener.join().expect("heard"), alarms[0]);
    let letter = fs::read_dir(letters.path()).expect("lists").next();
    let letter = fs::read_to_string(letter.expect("a letter").expect("a file").path());
    assert!(
        letter
            .expect("text")
            .contains("Subject: [sohoa] nightly.found")
    );
    // The next night is good, and says nothing more.
    let (code, report) = night(&kept);
    assert_eq!((code, &report["verdict"]), (0, &"ok".into()), "{report:#}");
    assert_eq!(self::alarms(&kept).len(), 1);
}

#[test]
fn without_leave_nothing_is_mended() {
    let (kept, record) = Kept::with_a_record();
    kept.office
        .configure(|text| text.replace("repair = true", "repair = false"));
    flip(&kept.in_archive(record, DOCUMENT));
    let (code, report) = night(&kept);
    assert_eq!((code, &report["verdict"]), (1, &"failed".into()));
    assert_eq!(report["repair"], Value::Null);
    assert_eq!(kept.office.json(&["verify"]).0, 1);
}

/// A run of a night, never stopped.
fn run(kept: &Kept, night: Date) -> Vec<String> {
    let kept = nightly::run(&kept.config(), night, &|| true).expect("runs");
    kept.expect("to its end").report.slices
}

#[test]
fn slices_follow_each_other_and_missed_nights_are_caught_up() {
    let kept = Kept::new();
    let records: Vec<RecordId> = (0..6).map(|number| kept.archive(number)).collect();
    kept.office
        .configure(|text| text.replace("nights = 30", "nights = 4"));
    assert_eq!(run(&kept, date(2026, 11, 1)), ["1/4"]);
    assert_eq!(run(&kept, date(2026, 11, 2)), ["2/4"]);
    // Two nights nobody was there.
    assert_eq!(run(&kept, date(2026, 11, 5)), ["3/4", "4/4", "1/4"]);
    assert_eq!(run(&kept, date(2026, 11, 6)), ["2/4"]);
    assert_eq!(run(&kept, date(2026, 12, 6)), ["3/4", "4/4", "1/4", "2/4"]);
    // Nothing is new any more: each damage is found in the night of its slice, and within four nights all are.
    records
        .iter()
        .for_each(|record| flip(&kept.in_archive(*record, DOCUMENT)));
    let mut found = BTreeSet::new();
    for day in 7..11 {
        let night = nightly::run(&kept.config(), date(2026, 12, day), &|| true).expect("runs");
        let report = night.expect("to its end").report;
        assert_eq!(report.slices.len(), 1);
        let changed = report.findings.iter();
        let changed = changed.filter(|it| it.code.as_str() == "CONTENT_CHANGED");
        found.extend(changed.filter_map(|it| it.record));
    }
    assert_eq!(found, records.into_iter().collect());
}

#[test]
fn a_run_that_is_stopped_goes_on_where_it_was() {
    const RECORDS: usize = 8;
    let kept = Kept::new();
    for number in 0..8 {
        kept.archive(number);
    }
    kept.office.configure(|text| {
        text.replace("nights = 30", "nights = 1")
            .replace("workers = 0", "workers = 1")
    });
    let config = kept.config();
    // What is new is read first; from then on it is the slice that is stopped.
    let first = run(&kept, date(2026, 11, 1));
    assert_eq!(first, ["1/1"]);
    let mut stops = 0;
    let report = loop {
        // The walk asks for each object, also for those that are done.
        let left = AtomicUsize::new(5 + 2 * stops);
        let goes_on = || {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| it.checked_sub(1))
                .is_ok()
        };
        match nightly::run(&config, date(2026, 11, 2), &goes_on).expect("runs") {
            Some(kept) => break kept.report,
            None => stops += 1,
        }
        assert!(stops < 100, "it never comes to its end");
    };
    assert!(stops >= 2, "{stops}");
    assert_eq!(report.verdict, "ok");
    let counted = usize::try_from(report.counts.records).expect("fits");
    assert!((RECORDS..=RECORDS + stops).contains(&counted), "{counted}");
    assert!(State::read(&config).finished.is_some());
}

#[test]
fn the_daemon_makes_one_run_a_night_and_misses_one_that_does_not_come() {
    let (kept, _) = Kept::with_a_record();
    let always = |text: String| {
        text.replace("\nrun = false\n", "\nrun = true\n")
            .replace("from = \"20:00\"", "from = \"00:00\"")
            .replace("to = \"05:00\"", "to = \"00:00\"")
    };
    kept.office.configure(always);
    let daemon = kept.office.start(&[]);
    let is_done = || State::read(&kept.config()).finished.is_some();
    kept.office.wait_until("a night's run", is_done);
    let state = State::read(&kept.config());
    assert_eq!(state.finished.map(|it| it.verdict).as_deref(), Some("ok"));
    std::thread::sleep(std::time::Duration::from_secs(8));
    assert_eq!(entered(&kept).len(), 1, "one a night");
    assert_eq!(daemon.stop(), 0);
    // A run that is long ago, and a window that never comes.
    let path = kept.office.at("nightly/state.json");
    let mut state: Value = serde_json::from_slice(&fs::read(&path).expect("reads")).expect("JSON");
    state["finished"]["ended"] = "2026-01-01T00:00:00Z".into();
    state["last_night"] = "9999-01-01".into();
    fs::write(&path, state.to_string()).expect("written");
    let daemon = kept.office.start(&[]);
    kept.office
        .wait_until("an alarm", || !alarms(&kept).is_empty());
    std::thread::sleep(std::time::Duration::from_secs(8));
    let alarms = alarms(&kept);
    assert_eq!(alarms.len(), 1, "once: {alarms:#?}");
    assert_eq!(alarms[0]["code"], "nightly.overdue");
    assert_eq!(daemon.stop(), 0);
    let (code, checks) = kept.office.json(&["doctor"]);
    let of = |name: &str| {
        let check = checks.iter().find(|it| it["check"] == name);
        check.expect("a check")["verdict"].clone()
    };
    assert_eq!(
        (of("nightly"), of("alarms")),
        ("error".into(), "warning".into())
    );
    assert_ne!(code, 0);
}

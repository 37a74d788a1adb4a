//! The ledger in the journey: every version entered once, whatever happens between; proofs that others can check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sohoa::ledger::{Event, Ledger, LedgerKey, Recorded};
use sohoa::record::RecordId;

use crate::judge;
use crate::ledger::{go_judge, said};
use crate::office::{Office, jpeg_page};
use crate::pki::Pki;

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8 path")
}

fn archive(office: &Office, seed: u32) -> String {
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(seed)).expect("written");
    office.archive(&scan, &[])
}

fn recorded(office: &Office) -> Vec<Recorded> {
    let ledger = Ledger::open(&office.at("ledger")).expect("a ledger");
    let all = ledger.recorded_from(0).expect("read");
    all.map(|it| it.expect("an entry")).collect()
}

/// Kind, record and version of every entry.
fn entries(office: &Office) -> Vec<(String, Option<RecordId>, u32)> {
    let told = |it: &Recorded| {
        let event = it.opening.as_ref().expect("an opening").event().clone();
        let version = match &event {
            Event::Archived(it) | Event::Corrected(it) => it.version,
            _ => 0,
        };
        (event.kind().to_owned(), event.record(), version)
    };
    recorded(office).iter().map(told).collect()
}

fn prove(office: &Office, record: &str) -> PathBuf {
    let path = office.at(&format!("{record}.proof.json"));
    let (code, lines) = office.json(&["prove", record, "-o", text(&path)]);
    assert_eq!(code, 0, "{lines:?}");
    path
}

fn check(office: &Office, arguments: &[&str]) -> (i32, Value) {
    let (code, mut lines) = office.json(&[&["check-proof"][..], arguments].concat());
    (code, lines.pop().unwrap_or_default())
}

fn key(office: &Office) -> String {
    let key = LedgerKey::open(&office.at("keys/ledger.key")).expect("a key");
    key.verifier().to_string()
}

/// What a release without a ledger would have left.
fn take_ledger_away(office: &Office) {
    fs::remove_dir_all(office.at("ledger")).expect("removed");
    fs::remove_file(office.at("keys/ledger.key")).expect("removed");
}

fn run_once(office: &Office) {
    let ran = office.sohoa(&["run", "--once"]);
    let complaint = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{complaint}");
}

#[test]
fn a_record_is_proved_to_whoever_has_the_key() {
    let office = Office::new();
    let records: Vec<String> = (1..=3).map(|seed| archive(&office, seed)).collect();
    let proof = prove(&office, &records[1]);
    let document = office.signed_pdf(&records[1]);
    let (code, told) = check(&office, &[text(&proof), "--document", text(&document)]);
    assert_eq!((code, &told["verdict"]), (0, &json!("proved")), "{told:#}");
    assert_eq!(
        (&told["record"], &told["version"], &told["kind"]),
        (&json!(records[1]), &json!(1), &json!("archived"))
    );
    assert_eq!(
        (&told["index"], &told["document"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(told["signed_by"], json!([key(&office)]));
    let again = office.sohoa(&["prove", &records[1], "-o", text(&proof)]);
    assert_eq!(again.status.code(), Some(2), "there already");

    // Another document; another office; nobody's key.
    let other = office.signed_pdf(&records[0]);
    let (code, told) = check(&office, &[text(&proof), "--document", text(&other)]);
    assert_eq!((code, &told["code"]), (1, &json!("proof.other_document")));
    let stranger = Office::new();
    let (code, told) = check(&stranger, &[text(&proof)]);
    let found = (code, &told["verdict"], &told["code"]);
    assert_eq!(
        found,
        (1, &json!("indeterminate"), &json!("proof.key_unknown"))
    );
    assert_eq!(told["keys"], json!([key(&office)]));
    let (code, _) = check(&stranger, &[text(&proof), "--key", &key(&office)]);
    assert_eq!(code, 0);
    let spoilt = office.at("spoilt.json");
    let changed = fs::read_to_string(&proof).expect("reads");
    fs::write(&spoilt, changed.replace("version 1", "version 2")).expect("written");
    let (code, told) = check(&office, &[text(&spoilt)]);
    assert_eq!((code, &told["code"]), (1, &json!("proof.opening_differs")));

    // Neither archive nor configuration, and nobody's program.
    let place = tempfile::tempdir().expect("a folder");
    let alone = place.path().join("proof.json");
    fs::copy(&proof, &alone).expect("copied");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sohoa"));
    command.current_dir(&place).env_remove("SOHOA_CONFIG");
    let checked = command.args(["check-proof", "proof.json", "--key", &key(&office)]);
    assert!(checked.status().expect("it starts").success());
    let by_hand = judge::script("ledger_check.sh")
        .arg(&proof)
        .arg(key(&office))
        .output();
    let by_hand = by_hand.expect("it starts");
    assert!(
        by_hand.status.success(),
        "{}",
        String::from_utf8_lossy(&by_hand.stdout)
    );
    match go_judge() {
        Ok(go) => {
            let mut command = Command::new(go);
            command.arg("proof").arg(&proof).arg(key(&office));
            assert_eq!(said(&mut command), Ok("PROVED 1 OF 3\n".to_owned()));
            let mut command = Command::new(go);
            command
                .arg("ledger")
                .arg(office.at("ledger"))
                .arg(key(&office));
            said(&mut command).expect("Go believes the whole ledger");
        }
        Err(why) => judge::skip("a_record_is_proved_to_whoever_has_the_key", why),
    }
}

#[test]
fn an_older_data_folder_gets_its_ledger_at_the_next_start() {
    let office = Office::new();
    let records: Vec<String> = (1..=3).map(|seed| archive(&office, seed)).collect();
    take_ledger_away(&office);
    let (code, lines) = office.json(&["verify"]);
    assert_eq!(
        (code, &lines[0]["code"]),
        (1, &json!("LEDGER_UNCHECKED")),
        "{lines:#?}"
    );
    run_once(&office);
    let expected: Vec<_> = records
        .iter()
        .map(|record| ("archived".to_owned(), record.parse().ok(), 1))
        .collect();
    assert_eq!(entries(&office), expected, "in the order of time");
    assert_eq!(office.assert_verified(), 3);
    prove(&office, &records[0]);

    // A crash before the note of it was removed, and one in the middle.
    fs::write(office.at("work/ledger.unfinished"), "").expect("written");
    run_once(&office);
    assert_eq!(entries(&office), expected);
    take_ledger_away(&office);
    fs::write(office.at("work/ledger.unfinished"), "").expect("written");
    assert_eq!(
        archive(&office, 4).parse::<RecordId>().ok(),
        entries(&office)[3].1
    );
    assert_eq!(office.assert_verified(), 4);
    assert!(!office.at("work/ledger.unfinished").exists());
}

#[test]
fn what_a_crash_left_between_archive_and_ledger_is_entered_once() {
    let office = Office::new();
    let first = archive(&office, 1);
    let before = office.at("before");
    let copy = |from: &Path, to: &Path| {
        let copied = Command::new("cp").arg("-a").args([from, to]).status();
        assert!(copied.expect("cp runs").success());
    };
    copy(&office.at("ledger"), &before);
    let second = archive(&office, 2);
    let note = office.at(&format!("work/{second}.entry"));
    fs::remove_dir_all(office.at("ledger")).expect("removed");
    copy(&before, &office.at("ledger"));
    for say in ["{\"version\":1,\"from\":1}", "{\"ver"] {
        fs::write(&note, say).expect("written");
        run_once(&office);
        let found: Vec<_> = entries(&office).into_iter().map(|(_, it, _)| it).collect();
        assert_eq!(found, [first.parse().ok(), second.parse().ok()], "{say}");
        assert!(!note.exists(), "{say}");
        assert_eq!(office.assert_verified(), 2);
    }
    // One of a record that never entered the archive.
    let nobody = RecordId::new_v7(1, &[1; 10]);
    let note = office.at(&format!("work/{nobody}.entry"));
    fs::write(&note, "{\"version\":1,\"from\":2}").expect("written");
    run_once(&office);
    assert_eq!((entries(&office).len(), note.exists()), (2, false));
}

#[test]
fn a_correction_that_lacks_its_entry_is_entered_and_found() {
    let office = Office::new();
    let record = archive(&office, 1);
    let before = office.copy();
    let assign = [
        "worklist",
        "assign",
        &record,
        "--citizen",
        "079203000001",
        "--by",
        "A",
    ];
    assert!(office.sohoa(&assign).status.success());
    for part in ["ledger", "index.sqlite"] {
        let (old, new) = (before.at(part), office.at(part));
        let copied = Command::new("sh")
            .args(["-c", "rm -rf \"$1\"* && cp -a \"$0\" \"$1\""])
            .args([old, new])
            .status();
        assert!(copied.expect("sh runs").success());
    }
    let (_, lines) = office.json(&["verify"]);
    assert_eq!(lines[0]["code"], "LEDGER_MISSING", "{lines:#?}");
    let note = office.at(&format!("work/{record}.entry"));
    fs::write(note, "{\"version\":2,\"from\":1}").expect("written");
    run_once(&office);
    let kinds: Vec<_> = entries(&office)
        .into_iter()
        .map(|(kind, _, v)| (kind, v))
        .collect();
    assert_eq!(
        kinds,
        [("archived".to_owned(), 1), ("corrected".to_owned(), 2)]
    );
    let (_, rows) = office.json(&["find", "--citizen", "079203000001"]);
    assert_eq!(rows.len(), 1);
    assert_eq!(office.assert_verified(), 1);
}

#[test]
fn a_damaged_or_lost_ledger_makes_documents_wait_unarchived() {
    let office = Office::new();
    archive(&office, 1);
    let scan = office.at("scan.jpg");
    let mut waiting = Vec::new();
    type Damage = fn(&Office);
    let damages: [(Damage, &str); 3] = [
        (
            |o| fs::write(o.at("ledger/tree"), "x").expect("written"),
            "ledger.tile_damaged",
        ),
        (
            |o| fs::write(o.at("ledger/openings/000"), "").expect("written"),
            "ledger.tile_damaged",
        ),
        (
            |o| fs::remove_dir_all(o.at("ledger")).expect("removed"),
            "ledger.lost",
        ),
    ];
    let kept = office.copy();
    for (seed, (damage, reason)) in (2..).zip(damages) {
        damage(&office);
        fs::write(&scan, jpeg_page(seed)).expect("written");
        let answer = office.ingest(&scan, &[]);
        assert_eq!(
            (&answer["status"], &answer["reason"]),
            (&json!("waiting"), &json!(reason))
        );
        waiting.push(answer["record"].clone());
        let told = office.files("outbox");
        assert!(
            told.iter().any(|name| name.ends_with(".CHO.txt")),
            "{told:?}"
        );
        let archived = office.files("archive");
        let count = archived
            .iter()
            .filter(|it| it.ends_with("v1/inventory.json"));
        assert_eq!(count.count(), 1, "nothing of it is archived");
        // A folder that has a ledger's key gets no other ledger.
        let folder = text(office.path());
        let init = office.sohoa(&["init", folder]);
        assert_ne!(init.status.code(), Some(0));
        let _ = fs::remove_dir_all(office.at("ledger"));
        let restored = Command::new("cp")
            .arg("-a")
            .args([kept.at("ledger"), office.at("ledger")])
            .status();
        assert!(restored.expect("cp runs").success());
    }
    run_once(&office);
    assert_eq!(office.assert_verified(), 4);
    let entered: Vec<_> = entries(&office)
        .into_iter()
        .filter_map(|(_, it, _)| it)
        .collect();
    for record in waiting {
        let record: RecordId = serde_json::from_value(record).expect("a number");
        assert_eq!(entered.iter().filter(|it| **it == record).count(), 1);
    }
}

#[test]
fn decisions_re_use_and_sessions_have_their_entries() {
    let office = Office::new();
    let record = archive(&office, 1);
    let decided = office.sohoa(&[
        "worklist",
        "assign",
        &record,
        "--citizen",
        "079203000001",
        "--by",
        "Văn thư",
    ]);
    let complaint = String::from_utf8_lossy(&decided.stderr).into_owned();
    assert!(decided.status.success(), "{complaint}");
    let out = office.at("goi");
    let (code, lines) = office.json(&[
        "bundle",
        "--dossier",
        "H36.105-261123-0007",
        "--procedure",
        "1.001193",
        "--by",
        "A",
        "-o",
        text(&out),
        &record,
    ]);
    assert_eq!(code, 0, "{lines:?}");
    let log = json!({"key": "organisation", "by": "Văn thư", "certificate_sha256": "0".repeat(64),
        "opened": "2026-11-23T01:00:00Z", "last_used": "2026-11-23T01:00:00Z", "documents": 0});
    let mut ended = log.clone();
    ended["closed"] = json!("2026-11-23T02:00:00Z");
    ended["ending"] = json!("closed");
    fs::create_dir_all(office.at("signing-sessions")).expect("made");
    for (name, log) in [("a.json", &ended), ("b.json", &log)] {
        let path = office.at("signing-sessions").join(name);
        fs::write(path, log.to_string()).expect("written");
    }
    run_once(&office);
    // Also where a crash came before it was noted that the session is entered.
    fs::remove_file(office.at("ledger/sessions.json")).expect("removed");
    run_once(&office);
    let kinds: Vec<_> = entries(&office)
        .into_iter()
        .map(|(kind, _, v)| (kind, v))
        .collect();
    let expected = [
        ("archived", 1),
        ("corrected", 2),
        ("reused", 0),
        ("signing-session", 0),
    ];
    assert_eq!(
        kinds,
        expected.map(|(kind, version)| (kind.to_owned(), version))
    );
    assert_eq!(office.assert_verified(), 1);

    let names = fs::read_dir(&out).expect("listed");
    let proof = names
        .map(|entry| entry.expect("entry").path())
        .find(|path| path.to_string_lossy().ends_with(".proof.json"))
        .expect("a proof in the bundle");
    let document = text(&proof).replace(".proof.json", ".pdf");
    let (code, told) = check(&office, &[text(&proof), "--document", &document]);
    assert_eq!((code, &told["kind"]), (0, &json!("corrected")), "{told:#}");
}

#[test]
fn a_checkpoint_is_stamped_when_a_service_answers_again() {
    if !judge::ready("a_checkpoint_is_stamped_when_a_service_answers_again") {
        return;
    }
    let pki = Pki::start(&[]);
    let office = Office::new();
    let root = pki.root();
    let added = office.sohoa(&["trust", "add", "--yes", text(&root)]);
    assert!(added.status.success());
    let services = format!("services = [ {:?} ]", pki.tsa("tsa"));
    office.configure(|text| {
        text.replace("services = []", &services)
            .replace("seconds = 20.0", "seconds = 5.0")
    });
    pki.control(&json!({"outages": ["tsa"]}));
    let record = archive(&office, 1);
    let (_, told) = check(&office, &[text(&prove(&office, &record))]);
    assert_eq!(
        (&told["verdict"], &told["stamp"]),
        (&json!("proved"), &Value::Null)
    );
    pki.control(&json!({"outages": []}));
    run_once(&office);
    let path = office.at("stamped.json");
    let (code, _) = office.json(&["prove", &record, "-o", text(&path)]);
    let (checked, told) = check(&office, &[text(&path)]);
    assert_eq!((code, checked), (0, 0), "{told:#}");
    assert_eq!(told["stamp"]["indication"], "TOTAL-PASSED", "{told:#}");
    assert!(told["stamp"]["time"].is_string());

    // The roots of nobody believe it no more, and a token over something else is refused.
    let demo = office.root_ca();
    let (_, told) = check(&office, &[text(&path), "--trust", text(&demo)]);
    assert_eq!(told["stamp"]["indication"], "INDETERMINATE", "{told:#}");
    let mut proof: Value = serde_json::from_slice(&fs::read(&path).expect("reads")).expect("JSON");
    archive(&office, 2);
    let other = office.at("other.json");
    let (_, lines) = office.json(&["prove", &record, "-o", text(&other)]);
    assert_eq!(lines[0]["stamped"], json!(true), "{lines:?}");
    let other: Value = serde_json::from_slice(&fs::read(other).expect("reads")).expect("JSON");
    proof["token"] = other["token"].clone();
    fs::write(&path, proof.to_string()).expect("written");
    let (code, told) = check(&office, &[text(&path)]);
    assert_eq!(
        (code, &told["code"]),
        (1, &json!("proof.stamp_invalid")),
        "{told:#}"
    );
}

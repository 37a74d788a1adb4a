//! A program hands scans in, and asks what became of them.

use std::fs;

use serde_json::{Value, json};

use super::{CITIZEN, DOSSIER, Program, json as body, problem};
use crate::office::{Office, jpeg_page};
use crate::web::{Answer, Desk};

const DROPS: &str = "/api/v1/stations/quay-01/drops";
const BOUNDARY: &str = "----a-boundary";

/// A form with these parts.
pub(super) fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in parts {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"Nguyễn Văn A.jpg\"\r\n\r\n"
        );
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(content);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    bytes
}

pub(super) fn send(program: &Program, place: &str, parts: &[(&str, &[u8])]) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("Content-Type", kind.as_str())];
    program.ask("POST", place, &headers, Some(&form(parts)))
}

/// An office with a station and a daemon, and a program that may hand in and look up.
fn desk() -> (Desk, Program) {
    let office = Office::new();
    fs::create_dir_all(office.at("inbox/quay-01")).expect("a station");
    let desk = Desk::of(office);
    let program = Program::of(&desk, "mot-cua", &["ingest", "lookup"]);
    (desk, program)
}

/// Asks until it is what it is to be.
fn wait(desk: &Desk, program: &Program, place: &str, wanted: &str) -> Value {
    let mut last = Value::Null;
    desk.office.wait_until(wanted, || {
        last = body(&program.get(place), 200);
        last["state"] == wanted
    });
    last
}

#[test]
fn a_scan_that_is_handed_in_is_archived_like_one_that_is_dropped() {
    let (desk, program) = desk();
    let slip = json!({"citizen": CITIZEN, "dossier": DOSSIER, "kind": "khai-sinh", "pages": 2});
    let (one, two) = (jpeg_page(1), jpeg_page(2));
    let parts = [
        ("slip", slip.to_string().into_bytes()),
        ("file", one.clone()),
        ("file", two.clone()),
    ];
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, it)| (*name, it.as_slice()))
        .collect();
    let answer = send(&program, DROPS, &parts);
    let taken = body(&answer, 202);
    assert_eq!(taken["state"], "taken-in");
    let place = taken["place"].as_str().expect("a place").to_owned();
    assert_eq!(answer.header("location"), Some(place.as_str()));
    let done = wait(&desk, &program, &place, "archived");
    assert_eq!(
        (&done["record"], &done["reason"]),
        (&taken["drop"], &Value::Null)
    );
    let record = done["record"].as_str().expect("a record");
    let known = body(&program.get(&program.place_of(record)), 200);
    assert_eq!(
        (
            &known["citizen"],
            &known["dossier"],
            &known["station"],
            &known["pages"]
        ),
        (
            &CITIZEN.into(),
            &DOSSIER.into(),
            &"quay-01".into(),
            &2.into()
        )
    );
    let original = program.get(&format!("{}/originals/2", program.place_of(record)));
    assert!(original.body == two);
    // An answer that was lost: the same again is no second record.
    let again = body(&send(&program, DROPS, &parts), 202);
    let place = again["place"].as_str().expect("a place");
    let held = wait(&desk, &program, place, "duplicate");
    assert_eq!(held["record"], record);
    assert!(again["drop"] != record);
    let left = desk.office.files("work");
    assert!(!left.iter().any(|it| it.contains("uploads/0/")), "{left:?}");
    let all = format!("{:?}{}", desk.office.files("outbox"), desk.office.log());
    assert!(!all.contains("Nguyễn") && !all.contains(CITIZEN), "{all}");
    desk.office.assert_verified();
}

#[test]
fn what_is_refused_or_waits_says_why_in_both_languages() {
    let (desk, program) = desk();
    let refused = body(&send(&program, DROPS, &[("file", b"no scan at all")]), 202);
    let state = wait(
        &desk,
        &program,
        refused["place"].as_str().expect("a place"),
        "refused",
    );
    for name in ["message_vi", "message_en", "advice_vi", "advice_en"] {
        assert!(
            state["reason"][name]
                .as_str()
                .is_some_and(|it| it.len() > 5),
            "{state}"
        );
    }
    let slip = json!({"citizen": CITIZEN, "pages": 9}).to_string();
    let page = jpeg_page(3);
    let waits = send(
        &program,
        DROPS,
        &[("slip", slip.as_bytes()), ("file", &page)],
    );
    let waits = body(&waits, 202);
    let state = wait(
        &desk,
        &program,
        waits["place"].as_str().expect("a place"),
        "waiting",
    );
    assert_eq!(state["record"], Value::Null);
    for unknown in ["01a20a38-f5d4-71ea-87b7-607ebad00dc4", "x", "..%2fx"] {
        let place = format!("{DROPS}/{unknown}");
        assert_eq!(
            problem(&program.get(&place), 404),
            "api.not_found",
            "{unknown}"
        );
    }
    // Of another station nothing is told.
    fs::create_dir_all(desk.office.at("inbox/quay-02")).expect("a station");
    let drop = waits["drop"].as_str().expect("a drop");
    let elsewhere = format!("/api/v1/stations/quay-02/drops/{drop}");
    let told = program.get(&elsewhere);
    assert!(told.status == 404 || body(&told, 200)["reason"].is_null());
}

#[test]
fn what_cannot_be_meant_is_told_and_leaves_nothing() {
    let office = Office::new();
    fs::create_dir_all(office.at("inbox/quay-01")).expect("a station");
    office.configure(|text| text.replace("file_mib = 512", "file_mib = 1"));
    let desk = Desk::of(office);
    let program = Program::of(&desk, "mot-cua", &["ingest"]);
    let page = jpeg_page(1);
    let slip = |text: &str| {
        send(
            &program,
            DROPS,
            &[("slip", text.as_bytes()), ("file", &page)],
        )
    };
    for (text, status, code) in [
        ("{", 422, "api.slip"),
        ("{\"citizen\": \"07920300000\"}", 422, "api.slip"),
        ("{\"citizn\": \"079203000001\"}", 422, "api.slip"),
        (&"x".repeat(70_000), 413, "api.too_large"),
    ] {
        assert_eq!(problem(&slip(text), status), code, "{text:.40}");
    }
    let parts = |parts: &[(&str, &[u8])]| send(&program, DROPS, parts);
    assert_eq!(problem(&parts(&[]), 422), "api.no_file");
    assert_eq!(problem(&parts(&[("file", b"")]), 422), "api.no_file");
    assert_eq!(problem(&parts(&[("scan", &page)]), 422), "api.part");
    assert_eq!(
        problem(&parts(&[("slip", b"{}"), ("slip", b"{}")]), 422),
        "api.part"
    );
    let huge = vec![7; 1024 * 1024 + 1];
    assert_eq!(problem(&parts(&[("file", &huge)]), 413), "api.too_large");
    let huge = vec![7; 3 * 1024 * 1024];
    let long = parts(&[("file", &huge)]);
    assert_eq!(problem(&long, 413), "api.too_large");
    let plain = [("Content-Type", "application/pdf")];
    let raw = program.ask("POST", DROPS, &plain, Some(&page));
    assert_eq!(problem(&raw, 415), "api.not_a_form");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let cut = form(&[("file", &page)]);
    let headers = [("Content-Type", kind.as_str())];
    let cut = program.ask("POST", DROPS, &headers, Some(&cut[..cut.len() - 30]));
    assert_eq!(problem(&cut, 400), "api.malformed");
    for station in ["quay-09", "..", "..%2finbox", "%00"] {
        let place = format!("/api/v1/stations/{station}/drops");
        let answer = send(&program, &place, &[("file", &page)]);
        assert!(
            [400, 404].contains(&answer.status),
            "{station}: {}",
            answer.status
        );
    }
    let nobody = Program {
        token: String::new(),
        ..program.clone()
    };
    assert_eq!(
        problem(&send(&nobody, DROPS, &[("file", &page)]), 401),
        "api.no_token"
    );
    let left = desk.office.files("work");
    assert!(
        !left
            .iter()
            .any(|it| it.contains("original-") || it.contains("part-")),
        "{left:?}"
    );
}

#[test]
fn what_was_taken_in_outlives_the_daemon_that_took_it() {
    let (desk, program) = desk();
    let taken = body(&send(&program, DROPS, &[("file", &jpeg_page(4))]), 202);
    let Desk { office, daemon, .. } = desk;
    daemon.kill();
    // The next one says in its log where it listens.
    fs::remove_file(office.at("sohoa.log")).expect("a log");
    let desk = Desk::open(office);
    let program = Program {
        address: desk.address,
        ..program
    };
    let place = taken["place"].as_str().expect("a place");
    wait(&desk, &program, place, "archived");
    assert_eq!(desk.office.assert_verified(), 1);
}

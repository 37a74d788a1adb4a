//! Every look-up by the program is kept with its purpose, and auditors can ask for it.

use serde_json::{Value, json};

use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";
const MASKED: &str = "079*******01";
const BY: &str = "Nguyễn Văn Thử";

fn office_with_a_paper() -> (Office, String) {
    let office = Office::new();
    let scan = office.at("scan.jpg");
    std::fs::write(&scan, jpeg_page(1)).expect("scan written");
    let record = office.archive(&scan, &["--citizen", CITIZEN, "--kind", "khai-sinh"]);
    (office, record)
}

fn whats(events: &[Value]) -> Vec<&str> {
    let whats = events.iter().map(|event| event["what"].as_str());
    whats.map(|what| what.expect("a kind")).collect()
}

#[test]
fn find_show_and_get_keep_who_looked_at_whom_and_why() {
    let (office, record) = office_with_a_paper();
    let out = office.at("out.pdf");
    let out = out.to_str().expect("UTF-8 path");
    let why = ["--purpose", "khai sinh cho con", "--by", BY];
    for command in [
        &["find", "--citizen", CITIZEN][..],
        &["show", &record],
        &["get", &record, "-o", out],
    ] {
        let (code, lines) = office.json(&[command, &why].concat());
        assert_eq!(code, 0, "{lines:?}");
    }
    let events = office.events();
    assert_eq!(whats(&events), ["search", "view", "download"]);
    for event in &events {
        assert_eq!(event["by"], BY);
        assert_eq!(event["purpose"], json!({"text": "khai sinh cho con"}));
        assert_eq!(event["citizens"][0], CITIZEN);
        assert_eq!(event["records"], json!([record]));
        let from = event["from"].as_str().expect("from");
        assert!(from.starts_with("cli@"), "{from}");
        assert!(event["account"].is_string());
    }
    assert_eq!(events[0]["query"], format!("citizen: {CITIZEN}"));
}

#[test]
fn without_a_purpose_the_event_says_so_and_nothing_found_is_an_event_too() {
    let (office, record) = office_with_a_paper();
    let output = office.sohoa(&["find", "--kind", "khai-sinh"]);
    assert!(output.status.success());
    assert_eq!(office.json(&["find", "--citizen", "079203000002"]).0, 1);
    let events = office.events();
    assert_eq!(events[0]["purpose"], json!({}));
    assert_eq!(events[0]["citizens"], json!([]), "people see no number");
    assert_eq!(events[0]["listed"], json!([CITIZEN]));
    assert_eq!(events[1]["citizens"], json!(["079203000002"]));
    assert_eq!(events[1]["records"], json!([]));

    let (code, lines) = office.json(&["report", "access", "--citizen", CITIZEN]);
    let [found, summary] = &lines[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!(code, 0);
    assert_eq!(found["purpose"], "not stated");
    assert_eq!(found["listed"], json!([MASKED]));
    assert_eq!(found["records"], json!([record]));
    assert_eq!(
        (&summary["events"], &summary["flaws"]),
        (&1.into(), &0.into())
    );
    let said = office.sohoa(&["report", "access", "--citizen", CITIZEN]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("not stated"), "{said}");
    assert!(said.contains("audit"), "{said}");
    assert!(!said.contains(CITIZEN), "{said}");
}

#[test]
fn auditors_ask_by_citizen_by_name_and_by_day() {
    let (office, record) = office_with_a_paper();
    let look = |by| assert_eq!(office.json(&["show", &record, "--by", by]).0, 0);
    look(BY);
    look("Người Khác");
    let report = |arguments: &[&str]| {
        let (code, mut lines) = office.json(&[&["report", "access"], arguments].concat());
        lines.pop();
        (code, lines)
    };
    assert_eq!(report(&["--by", BY]).1.len(), 1);
    let (_, full) = report(&["--citizen", CITIZEN, "--by", BY, "--full"]);
    assert_eq!(full[0]["citizens"], json!([CITIZEN]));
    assert_eq!(report(&["--by", BY, "--to", "2020-01-01"]).1.len(), 0);
    assert_eq!(report(&["--by", BY, "--from", "2020-01-01"]).1.len(), 1);
    assert_eq!(report(&[]).0, 2, "about whom?");
    assert_eq!(report(&["--from", "2020-01-01"]).0, 2, "about whom?");
    let audits = office.events();
    let audits = audits.iter().filter(|event| event["what"] == "audit");
    assert_eq!(audits.count(), 4, "auditors are seen, too");

    // A line that somebody changed is told, and the others are still read.
    let days = office.files("access");
    let path = office.at("access").join(&days[0]);
    let text = std::fs::read_to_string(&path).expect("read");
    let changed = text.replacen("Người Khác", "Người khác", 1);
    assert_ne!(text, changed);
    std::fs::write(&path, changed).expect("written");
    let (code, lines) = office.json(&["report", "access", "--by", BY]);
    assert_eq!(code, 1);
    let flaws = lines.iter().filter(|line| line["error"] == "access.flaw");
    assert_eq!(flaws.count(), 1, "{lines:#?}");
    assert_eq!(lines.last().expect("a summary")["events"], 1);
}

#[test]
fn bulk_looks_are_an_alarm_when_they_happen_and_afterwards() {
    let office = Office::new();
    office.configure(|text| text.replace("bulk_per_hour = 60", "bulk_per_hour = 2"));
    let look = |number: u8| {
        let citizen = format!("0792030000{number:02}");
        let output = office.sohoa(&["find", "--citizen", &citizen]);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said: Vec<bool> = [1, 2, 2, 3, 4]
        .map(look)
        .map(|said| {
            assert!(!said.contains("07920"), "{said}");
            said.contains("bulk_per_hour")
        })
        .into();
    assert_eq!(said, [false, false, false, true, false]);
    let (code, lines) = office.json(&["report", "access", "--bulk"]);
    let [alarm, summary] = &lines[..] else {
        panic!("{lines:#?}")
    };
    assert_eq!((code, &alarm["persons"]), (1, &4.into()));
    assert_eq!(summary["alarms"], 1);
    office.configure(|text| text.replace("bulk_per_hour = 2", "bulk_per_hour = 4"));
    assert_eq!(office.json(&["report", "access", "--bulk"]).0, 0);
}

#[test]
fn what_cannot_be_logged_is_not_shown() {
    let (office, record) = office_with_a_paper();
    std::fs::write(office.at("access"), b"in the way").expect("written");
    for command in [
        &["find", "--citizen", CITIZEN][..],
        &["show", &record],
        &["get", &record],
        &["report", "access", "--citizen", CITIZEN],
    ] {
        let (code, lines) = office.json(command);
        assert_eq!((code, lines.len()), (5, 1), "{lines:?}");
        assert!(lines[0]["error"].is_string());
    }
}

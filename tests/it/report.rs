//! For how long the archive's documents prove their signatures: told by `verify` and `report proof` alike.

use std::process::Command;

use serde_json::{Value, json};

use crate::judge;
use crate::office::{Office, jpeg_page};

fn office_with(documents: u32) -> (Office, Vec<String>) {
    let office = Office::new();
    let archive = |number| {
        let scan = office.at(&format!("{number}.jpg"));
        std::fs::write(&scan, jpeg_page(number)).expect("scan written");
        office.archive(&scan, &[])
    };
    let mut records: Vec<String> = (0..documents).map(archive).collect();
    records.sort();
    (office, records)
}

fn renew_within(office: &Office, days: u32) {
    office.configure(|text| text.replace("renew_days = 90", &format!("renew_days = {days}")));
}

/// The records of lines that have this member.
fn records_with(lines: &[Value], member: &str) -> Vec<String> {
    let has = lines.iter().filter(|line| line.get(member).is_some());
    let records = has.filter_map(|line| Some(line["record"].as_str()?.to_owned()));
    let mut records: Vec<String> = records.collect();
    records.sort();
    records
}

#[test]
fn a_proof_that_ends_soon_is_said_and_is_no_damage() {
    let (office, records) = office_with(2);
    let (code, lines) = office.json(&["verify"]);
    let summary = lines.last().expect("a summary");
    assert_eq!((code, &summary["verdict"]), (0, &json!("ok")), "{lines:#?}");
    let proof = json!({
        "levels": {"B-B": 2, "B-T": 0, "B-LT": 0, "B-LTA": 0},
        "ending": 0, "ended": 0, "unknown": 0,
    });
    assert_eq!(summary["proof"], proof);
    assert_eq!(records_with(&lines, "proof"), records, "each record's days");
    assert_eq!(records_with(&lines, "code"), [""; 0]);
    let shown = &office.json(&["show", &records[0]]).1[0]["proof"];
    let told = lines
        .iter()
        .find(|line| line["record"] == records[0].as_str());
    let told = &told.expect("a line")["proof"];
    for member in ["level", "until", "days_left"] {
        assert_eq!(told[member], shown[member], "{member}");
    }
    assert_eq!(told["limit"], "signer-certificate");

    let days = told["days_left"].as_u64().expect("days");
    renew_within(&office, u32::try_from(days + 1).expect("days"));
    let (code, lines) = office.json(&["verify"]);
    let summary = lines.last().expect("a summary");
    assert_eq!((code, &summary["verdict"]), (0, &json!("ok")), "{lines:#?}");
    assert_eq!(summary["proof"]["ending"], 2);
    assert_eq!(lines[0]["code"], "PROOF_ENDS_SOON");
    assert_eq!(lines[0]["severity"], "notice");
    assert_eq!(records_with(&lines, "code"), records);
}

#[test]
fn a_report_counts_all_and_lists_those_that_end_first() {
    let (office, records) = office_with(3);
    let (code, lines) = office.json(&["report", "proof"]);
    let [summary] = lines.as_slice() else {
        panic!("nothing ends soon: {lines:#?}");
    };
    let counts = ["records", "ending", "ended", "unknown", "within"].map(|name| &summary[name]);
    assert_eq!(
        counts,
        [&json!(3), &json!(0), &json!(0), &json!(0), &json!(90)]
    );
    assert_eq!((code, &summary["report"]), (0, &json!("proof")));
    let bands = summary["days_left"].as_array().expect("bands");
    let counted: u64 = bands
        .iter()
        .filter_map(|band| band["records"].as_u64())
        .sum();
    assert_eq!((counted, bands.len()), (3, 6), "each once");

    let (code, lines) = office.json(&["report", "proof", "--within", "100000"]);
    assert_eq!(code, 0);
    assert_eq!(records_with(&lines, "days_left")[..3], records);
    let untils: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["until"].as_str())
        .collect();
    assert!(untils.is_sorted() && untils.len() == 3, "{untils:?}");

    // A document that does not say is counted, and named.
    let mut files = office.files("archive").into_iter();
    let path = files.find(|name| name.ends_with("document.pdf"));
    let path = office.at("archive").join(path.expect("stored"));
    std::fs::write(path, b"changed").expect("written");
    let (code, lines) = office.json(&["report", "proof"]);
    let summary = lines.last().expect("a summary");
    assert_eq!(
        (code, &summary["unknown"], &summary["records"]),
        (1, &json!(1), &json!(3))
    );
    assert_eq!(records_with(&lines, "error").len(), 1);
    for (lang, word) in [("vi", "Còn chứng minh được"), ("en", "Proof left")] {
        let said = Command::new(env!("CARGO_BIN_EXE_sohoa"))
            .args(["--lang", lang, "report", "proof"])
            .env("SOHOA_CONFIG", office.at("sohoa.toml"))
            .output();
        let said = said.expect("the program starts").stdout;
        assert!(String::from_utf8_lossy(&said).contains(word), "{lang}");
    }
}

#[test]
fn a_proof_that_has_ended_is_an_error() {
    if Command::new("faketime").arg("--version").output().is_err() {
        judge::skip("a proof that has ended", "there is no faketime");
        return;
    }
    let (office, records) = office_with(1);
    let years_later = |arguments: &[&str]| {
        let output = Command::new("faketime")
            .args([
                "+40 years",
                env!("CARGO_BIN_EXE_sohoa"),
                "--json",
                "--quiet",
            ])
            .args(arguments)
            .env("SOHOA_CONFIG", office.at("sohoa.toml"))
            .output()
            .expect("faketime runs");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        let lines = said
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        (output.status.code(), lines.collect::<Vec<Value>>())
    };
    let (code, lines) = years_later(&["verify"]);
    assert_eq!(code, Some(1), "{lines:#?}");
    assert_eq!(lines[0]["code"], "PROOF_ENDED");
    assert_eq!(lines[0]["severity"], "error");
    let summary = lines.last().expect("a summary");
    assert_eq!(
        (&summary["verdict"], &summary["errors"]),
        (&json!("failed"), &json!(1))
    );
    let (code, lines) = years_later(&["report", "proof"]);
    let ended = lines.last().map(|summary| summary["ended"].clone());
    assert_eq!((code, ended), (Some(1), Some(json!(1))));
    assert_eq!(records_with(&lines, "days_left")[0], records[0]);
}

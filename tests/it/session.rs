//! The registrar's session: what waits for it, who opened it, and archived signatures lifted when services are back.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::judge::{self, Flavour, Level};
use crate::office::{Office, jpeg_page};
use crate::pki::{LASTING, Pki};

fn attended() -> Office {
    let office = Office::new();
    office.configure(|text| text.replace("attended = false", "attended = true"));
    office
}

fn session(office: &Office, action: &[&str]) -> (i32, Value) {
    let mut arguments = vec!["sign-session"];
    arguments.extend_from_slice(action);
    let (code, mut lines) = office.json(&arguments);
    assert_eq!(lines.len(), 1, "{lines:?}");
    (code, lines.remove(0))
}

fn archived(office: &Office) -> usize {
    let (_, lines) = office.json(&["find", "--station", "quay-01"]);
    lines.len()
}

#[test]
fn what_is_dropped_waits_for_a_session_and_is_signed_in_it() {
    let office = attended();
    let (code, refused) = session(&office, &["status"]);
    assert_eq!(
        (code, refused["error"].as_str()),
        (5, Some("run.no_daemon"))
    );

    let daemon = office.start(&[]);
    for number in 0..3_u32 {
        office.drop_scan("quay-01", &format!("{number}.jpg"), &jpeg_page(number));
    }
    let waiting = |office: &Office| {
        let receipts = office.files("outbox");
        receipts
            .iter()
            .filter(|name| name.ends_with(".CHO.txt"))
            .count()
    };
    office.wait_until("three wait for a session", || waiting(&office) == 3);
    assert_eq!(archived(&office), 0, "nothing is signed without a session");
    let (code, state) = session(&office, &["status"]);
    assert_eq!(
        (code, &state["open"], &state["waiting"]),
        (0, &json!(false), &json!(3))
    );

    let (code, state) = session(&office, &["open", "--by", "Văn thư"]);
    assert_eq!(
        (code, &state["open"], &state["by"]),
        (0, &json!(true), &json!("Văn thư")),
        "{state}"
    );
    office.wait_until("three are archived", || archived(&office) == 3);
    // One that comes while it is open does not wait.
    office.drop_scan("quay-01", "later.jpg", &jpeg_page(9));
    office.wait_until("the fourth is archived", || archived(&office) == 4);

    let (code, state) = session(&office, &["close"]);
    assert_eq!(
        (code, &state["open"], &state["documents"]),
        (0, &json!(false), &json!(4)),
        "{state}"
    );
    let logged = office.files("signing-sessions");
    assert_eq!(logged.len(), 1, "{logged:?}");
    let log = fs::read_to_string(office.at("signing-sessions").join(&logged[0])).expect("log");
    let log: Value = serde_json::from_str(&log).expect("JSON");
    assert_eq!(
        (&log["by"], &log["documents"], &log["ending"]),
        (&json!("Văn thư"), &json!(4), &json!("closed"))
    );
    assert_eq!(daemon.stop(), 0);
    assert!(!office.at("work/signing.sock").exists());
    assert_eq!(office.assert_verified(), 4);
}

#[test]
fn a_restart_ends_the_session_and_loses_nothing() {
    let office = attended();
    let daemon = office.start(&[]);
    office.wait_until("the daemon answers", || {
        session(&office, &["status"]).0 == 0
    });
    assert_eq!(session(&office, &["open", "--by", "A"]).0, 0);
    daemon.kill();
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(1));
    let daemon = office.start(&[]);
    office.wait_until("it waits again", || {
        office
            .files("outbox")
            .iter()
            .any(|name| name.ends_with(".CHO.txt"))
    });
    let (_, state) = session(&office, &["status"]);
    assert_eq!(
        (&state["open"], &state["waiting"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(session(&office, &["open", "--by", "B"]).0, 0);
    office.wait_until("it is archived", || archived(&office) == 1);
    assert_eq!(daemon.stop(), 0);
    let logs = office.files("signing-sessions").len();
    assert_eq!(logs, 2, "each session has its log");
}

#[test]
fn the_queue_keeps_its_order_and_no_bad_document_stops_it() {
    let office = attended();
    office.configure(|text| {
        text.replace("workers = 0", "workers = 1")
            .replace("poll_seconds = 1.0", "poll_seconds = 0.1")
    });
    let daemon = office.start(&[]);
    let receipts = |ending: &str| {
        let names = office.files("outbox");
        names.iter().filter(|name| name.ends_with(ending)).count()
    };
    for number in 0..5_u32 {
        office.drop_scan("quay-01", &format!("{number}.jpg"), &jpeg_page(number));
        let waiting = number as usize + 1;
        office.wait_until("it waits", || receipts(".CHO.txt") == waiting);
    }
    // What is put together of the second one is not to be had: it goes on waiting.
    let jobs = office.files("work");
    let mut jobs: Vec<&str> = jobs
        .iter()
        .filter_map(|name| name.strip_suffix("/job.json"))
        .collect();
    jobs.sort_unstable();
    assert_eq!(jobs.len(), 5);
    fs::create_dir(office.at("work").join(jobs[1]).join("composed.pdf")).expect("in its way");
    assert_eq!(session(&office, &["open", "--by", "A"]).0, 0);
    office.wait_until("four are archived", || archived(&office) == 4);
    let (_, mut lines) = office.json(&["find", "--station", "quay-01"]);
    lines.sort_by_key(|line| line["archived"].as_str().expect("a time").to_owned());
    let order: Vec<&str> = lines
        .iter()
        .map(|line| line["record"].as_str().expect("a record"))
        .collect();
    assert_eq!(order, [jobs[0], jobs[2], jobs[3], jobs[4]]);
    fs::remove_dir(office.at("work").join(jobs[1]).join("composed.pdf")).expect("mended");
    office.wait_until("the fifth, too", || archived(&office) == 5);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.assert_verified(), 5);
}

#[test]
fn a_key_that_does_not_open_opens_no_session() {
    let office = attended();
    fs::write(office.at("keys/wrong.pass"), "wrong\n").expect("written");
    office.configure(|text| {
        let start = text.find("passphrase_file = ").expect("a key");
        let end = start + text[start..].find('\n').expect("a line");
        format!(
            "{}passphrase_file = \"keys/wrong.pass\"{}",
            &text[..start],
            &text[end..]
        )
    });
    let daemon = office.start(&[]);
    office.wait_until("the daemon answers", || {
        session(&office, &["status"]).0 == 0
    });
    let (code, refused) = session(&office, &["open", "--by", "A"]);
    assert_eq!(
        (code, refused["error"].as_str()),
        (5, Some("session.refused")),
        "{refused}"
    );
    assert_eq!(session(&office, &["status"]).1["open"], json!(false));
    assert_eq!(daemon.stop(), 0);
}

/// An office whose key, roots and timestamps are those of the test CA.
fn with_services(pki: &Pki, signer: &str) -> Office {
    let office = Office::new();
    let root = pki.root();
    let added = office.sohoa(&["trust", "add", "--yes", root.to_str().expect("UTF-8 path")]);
    assert!(
        added.status.success(),
        "{}",
        String::from_utf8_lossy(&added.stderr)
    );
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let (key, passphrase) = (quoted(&pki.pkcs12(signer)), quoted(&pki.passphrase()));
    office.configure(|text| {
        let line = |text: String, name: &str, value: &str| {
            let start = text
                .find(&format!("\n{name} = "))
                .expect("the key is there")
                + 1;
            let end = start + text[start..].find('\n').expect("a line");
            format!("{}{name} = {value}{}", &text[..start], &text[end..])
        };
        let text = line(text, "key", &key);
        let text = line(text, "passphrase_file", &passphrase);
        line(text, "services", &format!("[ {:?} ]", pki.tsa(LASTING)))
    });
    office
}

#[test]
fn an_outage_costs_a_level_and_no_document_and_is_made_good() {
    if !judge::ready("archived signatures are lifted") {
        return;
    }
    let pki = Pki::start(&["--outage", "tsa"]);
    let office = with_services(&pki, "organisation");
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(3)).expect("scan");
    let record = office.archive(&scan, &["--station", "quay-01"]);
    let level = || office.json(&["show", &record]).1[0]["signatures"][0]["level"].clone();
    assert_eq!(level(), json!("B-B"), "no timestamp was to be had");

    let (code, lines) = office.json(&["augment", "--due"]);
    assert_eq!((code, &lines[0]["level"]), (1, &json!("B-B")), "{lines:?}");
    assert!(lines[0]["reason"]["code"].is_string(), "{lines:?}");

    pki.control(&json!({"outages": [], "seed": 0}));
    let (code, lines) = office.json(&["augment", "--due"]);
    assert_eq!(
        (code, &lines[0]["level"]),
        (0, &json!("B-LTA")),
        "{lines:?}"
    );
    assert_eq!(level(), json!("B-LTA"));
    let (code, lines) = office.json(&["augment", "--due"]);
    assert_eq!(
        (code, lines.len()),
        (0, 0),
        "nothing is due any more: {lines:?}"
    );

    let lifted = office.signed_pdf(&record);
    judge::ades(&pki.root(), Level::BLta, std::slice::from_ref(&lifted)).expect("B-LTA");
    judge::verapdf(Flavour::A2b, std::slice::from_ref(&lifted)).expect("PDF/A-2b");
    judge::qpdf_check(&lifted).expect("sound");
    judge::ocfl_root(&office.at("archive")).expect("OCFL");
    let versions = office
        .files("archive")
        .iter()
        .filter(|name| name.contains("/v2/"))
        .count();
    assert!(versions > 0, "a version of its own");
    assert_eq!(office.assert_verified(), 1);
}

#[test]
fn a_certificate_that_must_not_sign_signs_nothing() {
    if !judge::ready("certificates that must not sign") {
        return;
    }
    let pki = Pki::shared();
    for (signer, code) in [
        ("revoked", "standing.revoked"),
        ("stranger", "standing.no_path"),
    ] {
        let office = with_services(pki, signer);
        let scan = office.at("scan.jpg");
        fs::write(&scan, jpeg_page(4)).expect("scan");
        let answer = office.ingest(&scan, &["--station", "quay-01"]);
        assert_eq!(answer["status"], "waiting", "{signer}: {answer}");
        assert_eq!(answer["reason"], code, "{signer}: {answer}");
        let (plain, signed) = (office.at("plain.pdf"), office.at("signed.pdf"));
        let text = |path: &Path| path.to_str().expect("UTF-8 path").to_owned();
        let made = office.sohoa(&["normalise", &text(&scan), "-o", &text(&plain)]);
        assert!(made.status.success());
        let (exit, lines) = office.json(&["sign", &text(&plain), "-o", &text(&signed)]);
        assert_eq!(lines[0]["error"], code, "{signer}: {lines:?}");
        assert!(exit != 0 && !signed.exists(), "{signer}: {exit}");
    }
}

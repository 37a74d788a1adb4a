//! The journey through the real program, judged by programs of others.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::judge::{self, Flavour};
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";
const DOSSIER: &str = "H36.105-261123-0007";

fn scan(office: &Office, name: &str, bytes: &[u8]) -> PathBuf {
    let path = office.at("scans").join(name);
    fs::create_dir_all(path.parent().expect("folder")).expect("folder made");
    fs::write(&path, bytes).expect("scan written");
    path
}

#[test]
fn a_scan_becomes_a_signed_record_that_everybody_accepts() {
    let office = Office::new();
    let jpeg = scan(&office, "to-khai.jpg", &jpeg_page(1));
    let record = office.archive(
        &jpeg,
        &[
            "--citizen",
            CITIZEN,
            "--dossier",
            DOSSIER,
            "--kind",
            "khai-sinh",
        ],
    );
    assert!(jpeg.exists(), "ingest leaves the user's file alone");

    for by in [
        ["--citizen", CITIZEN],
        ["--dossier", DOSSIER],
        ["--record", &record],
        ["--station", "cli"],
    ] {
        let (code, rows) = office.json(&["find", by[0], by[1]]);
        assert_eq!((code, rows.len()), (0, 1), "{by:?}: {rows:?}");
        assert_eq!(rows[0]["record"], record.as_str());
        assert_eq!(rows[0]["kind"], "khai-sinh");
    }
    let (code, rows) = office.json(&["find", "--citizen", "001203000009"]);
    assert_eq!((code, rows.len()), (1, 0), "another citizen has none");
    assert_eq!(office.assert_verified(), 1);

    let signed = office.signed_pdf(&record);
    let originals = office.at("original.jpg");
    let got = office.sohoa(&[
        "get",
        &record,
        "--original",
        "-o",
        originals.to_str().expect("path"),
    ]);
    assert!(got.status.success());
    assert_eq!(
        fs::read(&originals).expect("read"),
        fs::read(&jpeg).expect("read"),
        "the original came back"
    );
    assert_no_personal_data_in_names(&office);

    if !judge::ready("a_scan_becomes_a_signed_record_that_everybody_accepts") {
        return;
    }
    let files = [signed.clone()];
    judge::verapdf(Flavour::A2b, &files).expect("veraPDF");
    judge::pyhanko(&office.root_ca(), &files).expect("pyHanko");
    judge::qpdf_check(&signed).expect("qpdf");
    judge::pdfsig_valid(&signed).expect("pdfsig");
    judge::openssl_cms(&office.root_ca(), &signed).expect("openssl");
    judge::extracted_jpegs_equal(&signed, &[jpeg]).expect("pdfimages");
    assert_eq!(judge::ocfl_root(&office.at("archive")).expect("ocfl-py"), 1);
}

fn assert_no_personal_data_in_names(office: &Office) {
    let names = office.files("");
    assert!(
        names.iter().all(|name| !name.contains(CITIZEN)),
        "{names:?}"
    );
    for name in names
        .iter()
        .filter(|name| name.ends_with(".txt") || name.ends_with(".log"))
    {
        let text = fs::read_to_string(office.at(name)).expect("text");
        assert!(!text.contains(CITIZEN), "{name}");
    }
}

#[test]
fn normalise_makes_pdfa_without_an_office() {
    let folder = tempfile::tempdir().expect("folder");
    let (input, output) = (folder.path().join("a.jpg"), folder.path().join("a.pdf"));
    fs::write(&input, jpeg_page(2)).expect("written");
    let run = |expected: i32| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sohoa"));
        command
            .current_dir(folder.path())
            .env_remove("SOHOA_CONFIG");
        let done = command
            .args(["--json", "normalise", "a.jpg", "-o", "a.pdf"])
            .output()
            .expect("runs");
        assert_eq!(
            done.status.code(),
            Some(expected),
            "{}",
            String::from_utf8_lossy(&done.stdout)
        );
        serde_json::from_slice::<Value>(&done.stdout).expect("one JSON line")
    };
    assert_eq!(run(0)["conformance"], "PDF/A-2b");
    assert_eq!(run(2)["error"], "output.exists", "nothing is overwritten");
    fs::remove_file(&output).expect("removed");
    fs::write(&input, &jpeg_page(2)[..5000]).expect("truncated");
    assert_eq!(run(4)["error"], "pages.truncated");
    assert!(!output.exists(), "no half result");
    if judge::ready("normalise_makes_pdfa_without_an_office") {
        fs::write(&input, jpeg_page(2)).expect("written");
        run(0);
        judge::verapdf(Flavour::A2b, &[output]).expect("veraPDF before any signature");
    }
}

#[test]
fn the_same_content_twice_is_one_record() {
    let office = Office::new();
    let first = office.archive(&scan(&office, "a.jpg", &jpeg_page(3)), &[]);
    let again = office.ingest(&scan(&office, "b.jpg", &jpeg_page(3)), &[]);
    assert_eq!(
        (&again["status"], &again["record"]),
        (&"duplicate".into(), &first.as_str().into()),
        "{again}"
    );
    assert_eq!(office.assert_verified(), 1);
    let receipt = fs::read_to_string(office.at("outbox/cli/b.jpg.OK.txt")).expect("receipt");
    assert!(
        receipt.contains("ĐÃ CÓ TRONG KHO") && receipt.contains(&first),
        "{receipt}"
    );

    // A record whose stored original went bad is no reason to drop a good copy.
    let stored = office
        .files("archive")
        .into_iter()
        .find(|name| name.ends_with("original/0001.jpg"))
        .expect("stored");
    fs::write(office.at("archive").join(stored), b"rotten").expect("spoilt");
    let third = office.ingest(&scan(&office, "c.jpg", &jpeg_page(3)), &[]);
    assert_eq!(third["status"], "archived", "{third}");
}

#[test]
fn bad_input_is_refused_with_a_reason_and_kept() {
    let office = Office::new();
    let good = jpeg_page(4);
    let cases: [(&str, Vec<u8>); 4] = [
        ("zero.jpg", Vec::new()),
        ("truncated.jpg", good[..good.len() / 2].to_vec()),
        ("letter.txt", b"not a scan at all".to_vec()),
        ("huge.png", huge_png_header()),
    ];
    for (name, bytes) in &cases {
        let path = scan(&office, name, bytes);
        let answer = office.ingest(&path, &[]);
        assert_eq!(answer["status"], "quarantined", "{name}: {answer}");
        let record = answer["record"].as_str().expect("a number");
        let folder = office.at("quarantine").join(record);
        let reason: Value =
            serde_json::from_slice(&fs::read(folder.join("reason.json")).expect("reason"))
                .expect("JSON");
        for field in ["code", "message_vi", "advice_vi", "message_en", "advice_en"] {
            assert!(
                reason[field].as_str().is_some_and(|text| !text.is_empty()),
                "{name}: {field}: {reason}"
            );
        }
        let kept = walkdir::WalkDir::new(&folder)
            .into_iter()
            .filter_map(Result::ok)
            .any(|entry| {
                entry.file_type().is_file()
                    && fs::read(entry.path()).is_ok_and(|kept| kept == *bytes)
                    && entry.file_name() != "lock"
            });
        assert!(kept, "{name}: the original is not in quarantine");
        let receipt =
            fs::read_to_string(office.at(&format!("outbox/cli/{name}.LOI.txt"))).expect("receipt");
        assert!(receipt.starts_with("KHÔNG NHẬN"), "{receipt}");
    }
    let (code, _) = office.json(&[
        "ingest",
        office.at("scans/zero.jpg").to_str().expect("path"),
    ]);
    assert_eq!(code, 4);
    assert_eq!(office.assert_verified(), 0);
}

fn huge_png_header() -> Vec<u8> {
    let mut png =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\x02\0\0\0".to_vec();
    png.extend_from_slice(&[0x4a, 0x5c, 0x4b, 0x5f]);
    png.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

#[test]
fn without_a_key_documents_wait_and_are_signed_later() {
    let office = Office::new();
    office.configure(|text| {
        text.replace("\nkey = ", "\n#away key = ")
            .replace("\npassphrase_file", "\n#away passphrase_file")
    });
    let path = scan(&office, "a.jpg", &jpeg_page(5));
    let answer = office.ingest(&path, &["--citizen", CITIZEN]);
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&"waiting".into(), &"journey.no_key".into()),
        "{answer}"
    );
    assert!(office.at("outbox/cli/a.jpg.CHO.txt").exists());
    assert_eq!(
        office.json(&["find", "--citizen", CITIZEN]).0,
        1,
        "nothing is findable before it is signed"
    );

    office.configure(|text| text.replace("\n#away ", "\n"));
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    assert_eq!(
        office.json(&["find", "--citizen", CITIZEN]).1.len(),
        1,
        "{}",
        office.log()
    );
    let receipts = office.files("outbox");
    assert_eq!(
        receipts,
        ["cli/a.jpg.OK.txt"],
        "the waiting receipt is gone"
    );
}

#[test]
fn a_key_that_does_not_open_stops_nothing_and_is_tried_again() {
    let office = Office::new();
    let passphrase = office.at("keys/demo.pass");
    let right = fs::read(&passphrase).expect("passphrase");
    fs::write(&passphrase, b"wrong").expect("written");
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.1"));
    let daemon = office.start(&[]);
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(9));
    office.wait_until("the waiting receipt", || {
        office.at("outbox/quay-01/a.jpg.CHO.txt").exists()
    });
    fs::write(&passphrase, right).expect("written");
    office.wait_until("the receipt", || {
        office.at("outbox/quay-01/a.jpg.OK.txt").exists()
    });
    assert_eq!(daemon.stop(), 0, "{}", office.log());
    assert_eq!(office.assert_verified(), 1);
}

#[test]
fn a_lost_index_comes_back_from_the_archive_alone() {
    let office = Office::new();
    let record = office.archive(
        &scan(&office, "a.jpg", &jpeg_page(6)),
        &["--citizen", CITIZEN],
    );
    for suffix in ["", "-wal", "-shm"] {
        let _may_be_absent = fs::remove_file(office.at(&format!("index.sqlite{suffix}")));
    }
    let (code, lines) = office.json(&["verify"]);
    assert_eq!(
        (code, &lines[0]["code"]),
        (1, &"INDEX_MISSING".into()),
        "{lines:?}"
    );
    let (code, lines) = office.json(&["reindex"]);
    assert_eq!((code, &lines[0]["records"]), (0, &1.into()));
    assert_eq!(
        office.json(&["find", "--citizen", CITIZEN]).1[0]["record"],
        record.as_str()
    );
    assert_eq!(office.assert_verified(), 1);
}

#[test]
fn verify_names_a_changed_byte() {
    let office = Office::new();
    let record = office.archive(&scan(&office, "a.jpg", &jpeg_page(7)), &[]);
    let document = office
        .files("archive")
        .into_iter()
        .find(|name| name.ends_with("document.pdf"))
        .expect("stored");
    let path = office.at("archive").join(document);
    let mut bytes = fs::read(&path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).expect("written");
    let (code, lines) = office.json(&["verify"]);
    assert_eq!(code, 1);
    assert!(
        lines
            .iter()
            .any(|line| line["code"] == "CONTENT_CHANGED" && line["record"] == record.as_str()),
        "{lines:#?}"
    );
    let got = office.sohoa(&[
        "get",
        &record,
        "-o",
        office.at("x.pdf").to_str().expect("path"),
    ]);
    assert_eq!(
        got.status.code(),
        Some(1),
        "a damaged document is not handed out"
    );
    assert!(!office.at("x.pdf").exists());
}

#[test]
fn a_promised_page_count_that_does_not_hold_waits_for_a_person() {
    let office = Office::new();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.05"));
    office.drop_scan("quay-01", "a.jpg.phieu.toml", b"pages = 2\n");
    office.drop_scan("quay-01", "a.jpg", &jpeg_page(8));
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    let receipt = fs::read_to_string(office.at("outbox/quay-01/a.jpg.CHO.txt")).expect("waits");
    assert!(
        receipt.contains("Phiếu ghi 2 trang nhưng bản quét có 1 trang."),
        "{receipt}"
    );
}

#[test]
fn the_doctor_sees_a_missing_folder_and_a_missing_key() {
    let office = Office::new();
    let (code, checks) = office.json(&["doctor"]);
    assert_eq!(code, 0, "{checks:#?}");
    assert!(
        checks.len() >= 7
            && checks.iter().all(|check| check["verdict"] == "ok"
                // The machine's, and services that a demo has none of.
                || ["disk", "reading", "chain", "timestamp", "nightly"].map(Value::from).contains(&check["check"])),
        "{checks:#?}"
    );
    fs::remove_file(office.at("keys/demo.p12")).expect("removed");
    let (code, checks) = office.json(&["doctor"]);
    assert_eq!(code, 5);
    assert!(
        checks
            .iter()
            .any(|check| check["check"] == "key" && check["verdict"] == "error"),
        "{checks:#?}"
    );
}

#[test]
fn usage_and_configuration_errors_have_their_exit_codes() {
    let office = Office::new();
    assert_eq!(office.sohoa(&["find"]).status.code(), Some(2));
    assert_eq!(
        office.sohoa(&["find", "--citizen", "12"]).status.code(),
        Some(2)
    );
    assert_eq!(
        office
            .sohoa(&["show", "0193aaaa-0000-7000-8000-000000000000"])
            .status
            .code(),
        Some(1)
    );
    office.configure(|text| text.replace("[capture]", "[kapture]"));
    let refused = office.sohoa(&["doctor"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("line "),
        "{refused:?}"
    );
}

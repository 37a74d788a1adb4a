//! Documents whose pages are read on their way, at once or later: whose they are, what is found again,
//! and what waits for a person. Few pages, because each costs the engine most of a second.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use image::{GrayImage, Luma};
use serde_json::{Value, json};

use crate::judge::{self, Flavour};
use crate::office::{Office, remarks, tiff_of};
use crate::reading::recognisers;
use crate::soak::write_fast_profile;

/// A card, without a slip.
const CARD: &str = "quay-01/IMG_20261123_0006.jpg";
const CARD_HOLDER: &str = "020303990738";
/// A form with the numbers of three people, in print only; 200 dpi.
const FORM: &str = "quay-01/20261123_162210_001.jpg";
const ON_FORM: [&str; 3] = ["020068990052", "020098990171", "020170990055"];
/// A case slip with its code.
const CASE_SLIP: &str = "quay-02/Scan_20261124.png";
const CASE: &str = "H36.105-261124-0005";
const CLERK: &str = "Trần Thị Văn Thư";

fn sample(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples/scans")
        .join(path)
}

/// An office that reads; `None`, said aloud, where the engine is not installed.
fn reading_office(test: &str) -> Option<Office> {
    recognisers(test, 1)?;
    let office = Office::that_reads();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.1"));
    Some(office)
}

fn show(office: &Office, record: &str) -> Value {
    let (code, mut shown) = office.json(&["show", record]);
    assert_eq!((code, shown.len()), (0, 1), "{shown:?}");
    shown.remove(0)
}

/// The records that a look-up finds.
fn found(office: &Office, by: &[&str]) -> Vec<String> {
    let (_, rows) = office.json(&[&["find"], by].concat());
    let record = |row: &Value| row["record"].as_str().expect("a number").to_owned();
    rows.iter().map(record).collect()
}

/// The archived file of a record, in the newest version that has it.
fn archived(office: &Office, name: &str) -> Option<(String, Vec<u8>)> {
    let files = office.files("archive");
    let newest = files.into_iter().rfind(|file| file.ends_with(name))?;
    let bytes = fs::read(office.at("archive").join(&newest)).expect("read");
    Some((newest, bytes))
}

/// No receipt and no log names one of these numbers.
fn assert_nobody_is_named(office: &Office, numbers: &[&str]) {
    let receipts = office.files("outbox").into_iter();
    let receipts = receipts.map(|name| fs::read_to_string(office.at("outbox").join(name)));
    for text in receipts
        .map(|text| text.expect("text"))
        .chain([office.log()])
    {
        let named = numbers.iter().find(|number| text.contains(**number));
        assert_eq!(named, None, "{text}");
    }
}

/// The index says the same when it is made anew, and nobody finds a fault with the archive.
fn assert_sound(office: &Office, records: u64) {
    // By record: which of two records of one millisecond comes first is not promised.
    let everything = || {
        let (code, mut rows) = office.json(&["find", "--from", "2000-01-01"]);
        rows.sort_by_key(|row| row["record"].to_string());
        (code, rows)
    };
    let before = everything();
    let waiting = office.json(&["worklist"]);
    assert_eq!(office.json(&["reindex"]).0, 0);
    assert_eq!(everything(), before);
    assert_eq!(office.json(&["worklist"]), waiting);
    assert_eq!(office.assert_verified(), records);
    if judge::ready("an archive of read documents") {
        let objects = judge::ocfl_root(&office.at("archive"));
        assert_eq!(objects.map(|count| count as u64), Ok(records));
    }
}

#[test]
fn a_card_says_by_itself_whose_it_is() {
    let Some(office) = reading_office("a_card_says_by_itself_whose_it_is") else {
        return;
    };
    let record = office.archive(&sample(CARD), &[]);
    assert_eq!(found(&office, &["--citizen", CARD_HOLDER]), [&*record]);
    assert_eq!(found(&office, &["--name", "luong quynh"]), [&*record]);
    assert_eq!(found(&office, &["--text", "can cuoc cong dan"]), [&*record]);
    let shown = show(&office, &record);
    assert_eq!(shown["citizen_sources"][0], "card-qr", "{shown}");
    assert_eq!(shown["candidates"], json!([]));
    assert_eq!(shown["kind"], "cccd");
    assert_eq!(shown["conformance"], "PDF/A-2u");
    assert_eq!(shown["pages"][0]["reading"], "ok", "{}", shown["pages"]);
    let fields = shown["fields"].as_array().expect("fields");
    let born = fields
        .iter()
        .find(|field| field["name"] == "date-of-birth" && field["source"] == "card-qr");
    let born = born.expect("the card's code says it");
    assert_eq!(
        (&born["value"], &born["page"]),
        (&"2003-12-17".into(), &1.into())
    );
    let (_, text) = archived(&office, "/text.txt").expect("text in the object");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.contains("CĂN CƯỚC CÔNG DÂN"), "{text}");
    assert!(text.ends_with('\u{c}') && text.matches('\u{c}').count() == 1);
    assert_nobody_is_named(&office, &[CARD_HOLDER]);
    assert_sound(&office, 1);

    if !judge::ready("a_card_says_by_itself_whose_it_is") {
        return;
    }
    let signed = office.signed_pdf(&record);
    judge::verapdf(Flavour::A2u, std::slice::from_ref(&signed)).expect("veraPDF");
    judge::pdfsig_valid(&signed).expect("pdfsig");
    judge::extracted_jpegs_equal(&signed, &[sample(CARD)]).expect("the scanner's own picture");
    let words = Command::new("pdftotext").arg(&signed).arg("-").output();
    let words = String::from_utf8(words.expect("pdftotext runs").stdout).expect("UTF-8");
    assert!(words.contains("CĂN CƯỚC CÔNG DÂN"), "{words}");
}

#[test]
fn printed_numbers_name_nobody_until_a_person_does() {
    let Some(office) = reading_office("printed_numbers_name_nobody_until_a_person_does") else {
        return;
    };
    write_fast_profile(&office);
    let daemon = office.start(&[]);
    office.drop_scan(
        "quay-01",
        "don.jpg",
        &fs::read(sample(FORM)).expect("a sample"),
    );
    office.wait_until("the receipt", || {
        office.at("outbox/quay-01/don.jpg.CHO.txt").exists()
    });
    let (code, listed) = office.json(&["worklist", "list"]);
    assert_eq!((code, listed.len()), (0, 1), "{listed:?}");
    let entry = &listed[0];
    let record = entry["record"].as_str().expect("a number");
    assert_eq!(
        entry["questions"],
        json!([{"question": "citizen-only-read"}])
    );
    let candidates = entry["candidates"].as_array().expect("candidates");
    let read: BTreeSet<_> = candidates
        .iter()
        .inspect(|candidate| assert_eq!(candidate["sources"], json!(["ocr"])))
        .filter_map(|candidate| candidate["citizen"].as_str())
        .collect();
    assert_eq!(read, BTreeSet::from(ON_FORM));
    assert_eq!(
        office.json(&["worklist", "show", record]),
        (0, listed.clone())
    );
    for number in ON_FORM {
        assert_eq!(office.json(&["find", "--citizen", number]), (1, Vec::new()));
    }
    assert_nobody_is_named(&office, &ON_FORM);
    assert_eq!(office.assert_verified(), 0);

    let (code, answers) = assign(&office, record, ON_FORM[1]);
    assert_eq!(
        (code, &answers[0]["status"]),
        (0, &"archived".into()),
        "{answers:?}"
    );
    let shown = show(&office, record);
    assert_eq!(shown["citizen"], ON_FORM[1]);
    assert_eq!(shown["citizen_sources"], json!(["person", "ocr"]));
    assert_eq!(shown["candidates"], json!([]));
    let decision = &shown["decisions"][0];
    assert_eq!(
        (&decision["decision"], &decision["citizen"], &decision["by"]),
        (&"assign".into(), &ON_FORM[1].into(), &CLERK.into())
    );
    assert_eq!(found(&office, &["--citizen", ON_FORM[1]]), [record]);
    assert_eq!(office.files("outbox"), ["quay-01/don.jpg.OK.txt"]);
    assert_eq!(office.json(&["worklist"]), (0, Vec::new()));

    // The daemon that had it may look once more, and so may the next one.
    assert_eq!(daemon.stop(), 0, "{}", office.log());
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    assert_eq!(found(&office, &["--from", "2000-01-01"]), [record]);
    let mut left = [office.files("inbox"), office.files("work")].concat();
    left.retain(|name| !name.ends_with(".lock"));
    assert!(left.is_empty(), "{left:?}");
    assert_nobody_is_named(&office, &ON_FORM);
    assert_sound(&office, 1);
}

/// `worklist assign`, again for as long as the daemon has its hands on the document.
fn assign(office: &Office, record: &str, citizen: &str) -> (i32, Vec<Value>) {
    let typed = [
        "worklist",
        "assign",
        record,
        "--citizen",
        citizen,
        "--by",
        CLERK,
    ];
    let mut decided = office.json(&typed);
    office.wait_until("the daemon to let go", || {
        let is_busy = decided.1[0]["error"] == "worklist.busy";
        if is_busy {
            decided = office.json(&typed);
        }
        !is_busy
    });
    decided
}

#[test]
fn pages_that_were_not_read_are_read_later_beside_the_signed_document() {
    if recognisers("pages_that_were_not_read_are_read_later", 1).is_none() {
        return;
    }
    let office = Office::new();
    let record = office.archive(&sample(FORM), &[]);
    let (_, checks) = office.json(&["doctor"]);
    let reading = checks.iter().find(|check| check["check"] == "reading");
    let reading = reading.expect("a check");
    assert_eq!(reading["verdict"], "warning");
    assert!(
        reading["detail"]
            .as_str()
            .is_some_and(|told| told.contains("switched off")),
        "{reading}"
    );
    let before = show(&office, &record);
    assert_eq!(before["pages"][0]["reading"], "pending");
    assert_eq!(
        (&before["text"], &before["conformance"]),
        (&Value::Null, &"PDF/A-2b".into())
    );
    let attention = |office: &Office| {
        let (_, listed) = office.json(&["worklist", "list"]);
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(
            (&listed[0]["state"], &listed[0]["record"]),
            (&"archived".into(), &(*record).into())
        );
        listed[0]["attention"].clone()
    };
    assert_eq!(attention(&office), json!(["pages-pending"]));
    let signed = fs::read(office.signed_pdf(&record)).expect("read");

    office.configure(|text| text.replace("text = \"off\"", "text = \"auto\""));
    let (code, lines) = office.json(&["read", "--pending"]);
    let expected = json!({"record": record, "pages": 1, "unread": 0, "error": null});
    assert_eq!((code, lines), (0, vec![expected]));
    assert_eq!(
        office.json(&["read", "--pending"]),
        (0, Vec::new()),
        "nothing is left to read"
    );
    let by_name = office.json(&["read", "--pending", "--record", &record]);
    let expected = json!({"record": record, "pages": 0, "unread": 0, "error": null});
    assert_eq!(by_name, (0, vec![expected]), "nor in this one");
    let (path, text) = archived(&office, "/text.txt").expect("text");
    assert!(path.contains("/v2/content/"), "{path}");
    assert!(text.ends_with(b"\x0c"));
    assert!(
        !office
            .files("archive")
            .iter()
            .any(|name| name.contains("/v3/"))
    );

    let after = show(&office, &record);
    assert_eq!(
        (&after["pages"][0]["reading"], &after["text"]),
        (&"ok".into(), &"text.txt".into())
    );
    assert_eq!(after["citizen"], Value::Null, "read numbers name nobody");
    let remarks = after["remarks"].to_string();
    assert!(
        !remarks.contains("pending") && remarks.contains("filed under no citizen"),
        "{remarks}"
    );
    assert_eq!(attention(&office), json!(["identity-open"]));
    for query in [
        "xác nhận thông tin về cư trú",
        "xac nhan thong tin ve cu tru",
    ] {
        let (_, rows) = office.json(&["find", "--text", query]);
        assert_eq!(rows.len(), 1, "{query}");
        assert_eq!(
            (&rows[0]["record"], &rows[0]["hits"][0]["page"]),
            (&(*record).into(), &1.into())
        );
    }
    fs::remove_file(office.signed_pdf(&record)).expect("removed");
    assert_eq!(fs::read(office.signed_pdf(&record)).expect("read"), signed);
    assert_eq!(after["document_sha256"], before["document_sha256"]);
    assert_sound(&office, 1);
}

#[test]
fn an_office_may_archive_at_once_and_settle_whose_it_is_later() {
    let Some(office) = reading_office("an_office_may_archive_at_once") else {
        return;
    };
    let form = sample(FORM);
    let (code, answers) = office.json(&["ingest", form.to_str().expect("path")]);
    assert_eq!(
        (code, &answers[0]["status"], &answers[0]["reason"]),
        (1, &"waiting".into(), &"worklist.needs_person".into())
    );
    let record = answers[0]["record"].as_str().expect("a number");
    office.configure(|text| text.replace("unsettled = \"wait\"", "unsettled = \"archive\""));
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());

    let receipts = office.files("outbox");
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    let receipt = fs::read_to_string(office.at("outbox").join(&receipts[0])).expect("receipt");
    assert!(
        receipts[0].ends_with(".OK.txt") && receipt.contains("filed under no citizen"),
        "{receipt}"
    );
    let shown = show(&office, record);
    assert_eq!(
        (&shown["citizen"], &shown["dossier"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown["candidates"].as_array().map(Vec::len), Some(3));
    let (_, listed) = office.json(&["worklist"]);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["attention"]),
        (&"archived".into(), &json!(["identity-open"]))
    );
    assert_eq!(office.json(&["find", "--citizen", ON_FORM[0]]).0, 1);
    assert_sound(&office, 1);

    let turned = [
        "worklist",
        "rotate",
        record,
        "--page",
        "1",
        "--degrees",
        "90",
        "--by",
        CLERK,
    ];
    let (code, lines) = office.json(&turned);
    assert_eq!((code, &lines[0]["error"]), (2, &"worklist.sealed".into()));
    let (code, answers) = assign(&office, record, ON_FORM[0]);
    assert_eq!((code, &answers[0]["status"]), (0, &"archived".into()));
    let settled = show(&office, record);
    assert_eq!(settled["citizen"], ON_FORM[0]);
    assert_eq!(settled["citizen_sources"], json!(["person", "ocr"]));
    assert_eq!(settled["candidates"], json!([]));
    assert_eq!(remarks(&settled), [""; 0]);
    assert_eq!(settled["decisions"][0]["by"], CLERK);
    assert_eq!(settled["document_sha256"], shown["document_sha256"]);
    let (path, _) = archived(&office, "/record.json").expect("described");
    assert!(path.contains("/v2/content/"), "{path}");
    assert_eq!(found(&office, &["--citizen", ON_FORM[0]]), [record]);
    assert_eq!(office.json(&["worklist"]), (0, Vec::new()));
    assert_nobody_is_named(&office, &ON_FORM);
    assert_sound(&office, 1);
}

#[test]
fn a_profile_that_drops_blank_pages_names_them() {
    let Some(office) = reading_office("a_profile_that_drops_blank_pages_names_them") else {
        return;
    };
    write_fast_profile(&office);
    let profile = office.at("scanner-profiles/fast.toml");
    let text = fs::read_to_string(&profile).expect("the profile");
    fs::write(&profile, format!("{text}[blank]\npages = \"drop\"\n")).expect("written");
    let form = image::open(sample(FORM)).expect("a sample").to_luma8();
    let blank = GrayImage::from_pixel(1654, 2339, Luma([250]));
    let bytes = tiff_of(&[blank.clone(), form, blank], 200);
    let scan = office.at("hai-mat.tif");
    fs::write(&scan, &bytes).expect("written");

    let options = ["--station", "quay-01", "--citizen", ON_FORM[0]];
    let answer = office.ingest(&scan, &options);
    assert_eq!(
        (&answer["pages_in"], &answer["pages"]),
        (&3.into(), &1.into()),
        "{answer}"
    );
    let record = answer["record"].as_str().expect("a number");
    let shown = show(&office, record);
    let gone = |page| json!({"original": 0, "original_page": page, "why": "blank"});
    assert_eq!(shown["left_out"], json!([gone(0), gone(2)]));
    assert_eq!(shown["pages"][0]["original_page"], 1);
    let ids = shown["fields"].as_array().expect("fields").iter();
    let mut ids = ids.filter(|field| field["name"] == "citizen-id");
    assert!(
        ids.all(|field| field["page"] == 1),
        "as the document counts"
    );
    let receipt = office.at("outbox/quay-01/hai-mat.tif.OK.txt");
    let receipt = fs::read_to_string(receipt).expect("receipt");
    assert!(receipt.contains("blank pages left out: 1, 3"), "{receipt}");
    let (_, original) = archived(&office, "/original/0001.tif").expect("kept");
    assert!(original == bytes, "the original has all its pages");
    assert_sound(&office, 1);
}

/// What a scanner sees of a printed sheet.
fn scanned_sheet(office: &Office, name: &str, options: &[&str]) -> (GrayImage, String) {
    let pdf = office.at(name);
    let (code, lines) =
        office.json(&[&["coversheet", "-o", pdf.to_str().expect("path")], options].concat());
    assert_eq!(code, 0, "{lines:?}");
    let rendered = Command::new("pdftoppm")
        .args(["-gray", "-png", "-singlefile", "-r", "200"])
        .args([&pdf, &pdf.with_extension("")])
        .status();
    assert!(rendered.expect("pdftoppm runs").success());
    let picture = image::open(pdf.with_extension("png")).expect("rendered");
    let number = lines[0]["sheet"].as_str().expect("a number").to_owned();
    (picture.to_luma8(), number)
}

#[test]
fn a_batch_is_divided_at_its_cover_sheets() {
    let Some(office) = reading_office("a_batch_is_divided_at_its_cover_sheets") else {
        return;
    };
    write_fast_profile(&office);
    const OTHER_CASE: &str = "H36.105-261123-0007";
    let one = [
        "--dossier",
        OTHER_CASE,
        "--citizen",
        ON_FORM[2],
        "--kind",
        "khai-sinh",
    ];
    let (one, first_number) = scanned_sheet(&office, "mot.pdf", &one);
    let (two, second_number) = scanned_sheet(&office, "hai.pdf", &["--dossier", CASE]);
    let page = |path| image::open(sample(path)).expect("a sample").to_luma8();
    let bytes = tiff_of(&[one, page(FORM), two, page(CASE_SLIP)], 200);
    office.drop_scan("quay-01", "tap.tif", &bytes);
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());

    let receipts = office.files("outbox");
    let expected = [
        "tap.tif (1).OK.txt",
        "tap.tif (2).OK.txt",
        "tap.tif.CHIA.txt",
    ];
    assert_eq!(
        receipts,
        expected.map(|name| format!("quay-01/{name}")),
        "{}",
        office.log()
    );
    let divided = fs::read_to_string(office.at("outbox/quay-01/tap.tif.CHIA.txt")).expect("text");
    let first = found(&office, &["--citizen", ON_FORM[2]]);
    let second = found(&office, &["--dossier", CASE]);
    assert_eq!((first.len(), second.len()), (1, 1));
    assert!(
        divided.contains(&first[0]) && divided.contains(&second[0]),
        "{divided}"
    );
    assert_eq!(found(&office, &["--dossier", OTHER_CASE]), first);

    let parts = [&first[0], &second[0]].map(|record| show(&office, record));
    for (number, (part, sheet)) in (0..).zip(parts.iter().zip([&first_number, &second_number])) {
        let sheet = json!({"original": 0, "original_page": 2 * number, "why": "cover-sheet", "sheet": sheet});
        assert_eq!(part["left_out"], json!([sheet]));
        assert_eq!(part["pages"].as_array().map(Vec::len), Some(1));
        assert_eq!(part["pages"][0]["original_page"], 2 * number + 1);
        assert_eq!(part["originals"][0]["bytes"], bytes.len());
        assert_eq!(part["divided_from"], parts[0]["divided_from"]);
        assert!(divided.contains(part["divided_from"][0].as_str().expect("a number")));
    }
    assert_eq!(parts[0]["citizen_sources"], json!(["cover-sheet", "ocr"]));
    assert_eq!(parts[0]["kind"], "khai-sinh");
    assert_nobody_is_named(&office, &ON_FORM);
    assert_sound(&office, 2);
}

//! What waits for a person, and what people decide, through the real program.
//!
//! The documents wait because their slip promises other pages than they have, so text is hardly ever read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::judge;
use crate::office::{Office, jpeg_page, remarks, tiff_of};
use crate::reading::recognisers;
use crate::soak::write_fast_profile;

const CITIZEN: &str = "079203000001";
const DOSSIER: &str = "H36.105-261123-0007";
const CLERK: &str = "Trần Thị Văn Thư";

fn quick_office() -> Office {
    let office = Office::new();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.05"));
    write_fast_profile(&office);
    office
}

/// A scan of so many pages that differ, two of a kind where the numbers are equal.
fn scan(pages: &[u32]) -> Vec<u8> {
    let picture = |page: &u32| {
        let jpeg = jpeg_page(*page);
        image::load_from_memory(&jpeg).expect("our own").to_luma8()
    };
    tiff_of(&pages.iter().map(picture).collect::<Vec<_>>(), 60)
}

/// Drops a scan beside a slip, lets the daemon look once, and answers under which number it waits.
fn waits(office: &Office, name: &str, bytes: &[u8], slip: &str) -> String {
    office.drop_scan("quay-01", &format!("{name}.phieu.toml"), slip.as_bytes());
    office.drop_scan("quay-01", name, bytes);
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    let (_, listed) = office.json(&["worklist", "list"]);
    let entry = listed.iter().find(|entry| entry["dropped_as"] == name);
    let entry = entry.unwrap_or_else(|| panic!("{name} does not wait: {listed:#?}"));
    assert_eq!(entry["state"], "waiting");
    let record = entry["record"].as_str().expect("a number").to_owned();
    assert_eq!(
        office.json(&["worklist", "show", &record]).1,
        std::slice::from_ref(entry)
    );
    record
}

/// `sohoa worklist …` by the clerk.
fn decide(office: &Office, decision: &[&str]) -> (i32, Vec<Value>) {
    office.json(&[&["worklist"], decision, &["--by", CLERK]].concat())
}

/// What `decide` archived: the numbers of the records.
fn archived(decided: &(i32, Vec<Value>)) -> Vec<String> {
    let (code, answers) = decided;
    assert_eq!(*code, 0, "{answers:#?}");
    let record = |answer: &Value| {
        assert_eq!(answer["status"], "archived", "{answer}");
        answer["record"].as_str().expect("a number").to_owned()
    };
    answers.iter().map(record).collect()
}

fn show(office: &Office, record: &str) -> Value {
    let (code, mut shown) = office.json(&["show", record]);
    assert_eq!((code, shown.len()), (0, 1), "{shown:?}");
    shown.remove(0)
}

/// What was decided and by whom, without the time.
fn decisions(record: &Value) -> Vec<Value> {
    let timeless = |taken: &Value| {
        let mut taken = taken.as_object().expect("an object").clone();
        let at = taken.remove("at").expect("a time");
        assert!(at.as_str().is_some_and(|at| at.ends_with('Z')), "{at}");
        assert_eq!(taken.remove("by").expect("a name"), CLERK);
        Value::from(taken)
    };
    let decisions = record["decisions"].as_array().expect("decisions");
    decisions.iter().map(timeless).collect()
}

/// File and page inside it of each page of a record.
fn sources(record: &Value) -> Vec<(u64, u64)> {
    let pages = record["pages"].as_array().expect("pages").iter();
    pages
        .map(|page| {
            let number = |key: &str| page[key].as_u64().expect("a number");
            (number("original"), number("original_page"))
        })
        .collect()
}

/// The originals as the archive gives them back.
fn originals(office: &Office, record: &str) -> Vec<Vec<u8>> {
    let place = office.at(&format!("originals-{record}"));
    let got = office.sohoa(&[
        "get",
        record,
        "--original",
        "-o",
        place.to_str().expect("path"),
    ]);
    assert!(got.status.success(), "{got:?}");
    if place.is_file() {
        return vec![fs::read(&place).expect("read")];
    }
    let files = office.files(&format!("originals-{record}"));
    files
        .iter()
        .map(|name| fs::read(place.join(name)).expect("read"))
        .collect()
}

fn receipt(office: &Office, name: &str) -> String {
    let path = office.at("outbox/quay-01").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_person_approves_a_page_count_or_rejects_it() {
    let office = quick_office();
    let one = waits(&office, "mot.jpg", &jpeg_page(1), "pages = 2\n");
    let two = waits(&office, "hai.jpg", &jpeg_page(2), "pages = 3\n");
    let (_, listed) = office.json(&["worklist"]);
    let numbers: Vec<_> = listed.iter().map(|entry| &entry["record"]).collect();
    assert_eq!(numbers, [&one, &two], "the longest waiting first");
    assert_eq!(
        listed[0]["questions"],
        json!([{"question": "page-count", "promised": 2, "found": 1}])
    );
    assert_eq!(office.assert_verified(), 0);

    let nameless = office
        .command(&["--json", "worklist", "approve", &one])
        .env_remove("USER")
        .output()
        .expect("runs");
    assert_eq!(nameless.status.code(), Some(2), "{nameless:?}");

    assert_eq!(
        archived(&decide(&office, &["approve", &one])),
        std::slice::from_ref(&one)
    );
    let record = show(&office, &one);
    assert_eq!(decisions(&record), [json!({"decision": "approve"})]);
    assert!(receipt(&office, "mot.jpg.OK.txt").contains(&one));

    let (code, answers) = decide(&office, &["reject", &two, "--reason", "quét thiếu trang"]);
    assert_eq!((code, &answers[0]["status"]), (4, &"quarantined".into()));
    assert_eq!(answers[0]["reason"], "worklist.rejected");
    let folder = office.at("quarantine").join(&two);
    let reason = fs::read_to_string(folder.join("reason.json")).expect("reason");
    assert!(reason.contains("quét thiếu trang"), "{reason}");
    let kept = fs::read(folder.join("original-0001")).expect("kept");
    assert_eq!(kept, jpeg_page(2));
    assert!(receipt(&office, "hai.jpg.LOI.txt").contains("quét thiếu trang"));

    let receipts = office.files("outbox");
    assert_eq!(
        receipts,
        ["quay-01/hai.jpg.LOI.txt", "quay-01/mot.jpg.OK.txt"]
    );
    assert_eq!(office.json(&["worklist", "show", &two]).0, 1);
    assert_eq!(decide(&office, &["approve", &two]).0, 1, "it waits no more");
    assert_eq!(office.assert_verified(), 1);
}

#[test]
fn pages_are_turned_put_in_order_and_left_out_and_the_original_is_not_touched() {
    let office = quick_office();
    // Blank pages are found by looking, which needs no engine.
    office.configure(|text| text.replace("text = \"off\"", "text = \"auto\""));
    let bytes = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/scans/quay-01/Scan0001.pdf"
    ))
    .expect("a sample");
    let record = waits(&office, "Scan0001.pdf", &bytes, "pages = 9\n");
    let (_, entry) = office.json(&["worklist", "show", &record]);
    assert_eq!(entry[0]["pages"][1]["reading"], "blank", "{entry:?}");

    for unfit in [
        &["rotate", &record, "--page", "3", "--degrees", "45"][..],
        &["rotate", &record, "--page", "5", "--degrees", "90"],
        &["order", &record, "--pages", "1,1,2"],
        &["drop-blank", &record, "--pages", "1"],
        &["split", &record, "--at", "1"],
    ] {
        let (code, lines) = decide(&office, unfit);
        assert_eq!((code, &lines[0]["error"]), (2, &"worklist.unfit".into()));
    }
    for fits in [
        &["rotate", &record, "--page", "3", "--degrees", "90"][..],
        &["order", &record, "--pages", "4,3,1,2"],
        &["drop-blank", &record],
    ] {
        let (code, answers) = decide(&office, fits);
        assert_eq!(code, 1, "the page count is still open: {answers:?}");
    }
    archived(&decide(&office, &["approve", &record]));

    let shown = show(&office, &record);
    assert_eq!(sources(&shown), [(0, 3), (0, 2), (0, 0)]);
    assert_eq!(
        shown["left_out"],
        json!([{"original": 0, "original_page": 1, "why": "blank"}])
    );
    let turns: Vec<_> = (0..3)
        .map(|page| &shown["pages"][page]["rotation"])
        .collect();
    assert_eq!(turns, [0, 90, 0]);
    assert_eq!(
        decisions(&shown),
        [
            json!({"decision": "rotate", "page": 3, "degrees": 90}),
            json!({"decision": "order", "pages": [4, 3, 1, 2]}),
            json!({"decision": "drop-blank", "pages": [2]}),
            json!({"decision": "approve"}),
        ]
    );
    for field in shown["fields"].as_array().expect("fields") {
        if field["source"] == "card-qr" {
            assert_eq!(field["page"], 1, "the card lies in front now: {field}");
        }
    }
    assert_eq!(shown["citizen"], "020068990052", "its code says so");
    assert!(receipt(&office, "Scan0001.pdf.OK.txt").contains("blank pages left out: 2"));
    assert_eq!(originals(&office, &record), [bytes]);
    assert_eq!(office.assert_verified(), 1);
    assert_eq!(turns_in(&office.signed_pdf(&record)), [0, 90, 0]);
}

/// `/Rotate` of each page, as poppler sees it.
fn turns_in(pdf: &Path) -> Vec<u32> {
    let told = Command::new("pdfinfo")
        .args(["-f", "1", "-l", "9"])
        .arg(pdf)
        .output()
        .expect("pdfinfo runs");
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    text.lines()
        .filter_map(|line| line.strip_prefix("Page ")?.split_once("rot:"))
        .map(|(_, degrees)| degrees.trim().parse().expect("degrees"))
        .collect()
}

#[test]
fn a_scan_is_split_into_documents_that_have_each_page_once() {
    let office = quick_office();
    let bytes = scan(&[1, 2, 3, 4]);
    let slip = format!("pages = 9\ndossier = \"{DOSSIER}\"\n");
    let parent = waits(&office, "tap.tif", &bytes, &slip);
    // What was said of the whole, and of a page, holds for the parts.
    let assigned = decide(&office, &["assign", &parent, "--citizen", CITIZEN]);
    assert_eq!(assigned.0, 1, "the page count is open: {assigned:?}");
    let turned = ["rotate", &parent, "--page", "3", "--degrees", "180"];
    assert_eq!(decide(&office, &turned).0, 1);

    let children = archived(&decide(&office, &["split", &parent, "--at", "2,4"]));
    assert_eq!(children.len(), 3);
    let mut pages = Vec::new();
    for (number, child) in (1..).zip(&children) {
        let record = show(&office, child);
        pages.push(sources(&record));
        assert_eq!(record["divided_from"], json!([parent]));
        assert_eq!(record["citizen"], CITIZEN);
        assert_eq!(record["dossier"], DOSSIER);
        assert_eq!(originals(&office, child), std::slice::from_ref(&bytes));
        let mut expected = vec![json!({"decision": "assign", "citizen": CITIZEN})];
        if number == 2 {
            expected.push(json!({"decision": "rotate", "page": 2, "degrees": 180}));
        }
        expected.push(json!({"decision": "split", "first_pages": [2, 4]}));
        assert_eq!(decisions(&record), expected);
        let told = receipt(&office, &format!("tap.tif ({number}).OK.txt"));
        assert!(told.contains(child), "{told}");
        assert!(!told.contains(CITIZEN), "{told}");
    }
    assert_eq!(pages, [vec![(0, 0)], vec![(0, 1), (0, 2)], vec![(0, 3)]]);
    assert_eq!(show(&office, &children[1])["pages"][1]["rotation"], 180);
    let told = receipt(&office, "tap.tif.CHIA.txt");
    assert!(children.iter().all(|child| told.contains(child)), "{told}");
    assert_eq!(office.files("outbox").len(), 4, "no other receipt is left");
    assert_ends_well(&office, &children);
    assert_eq!(
        office.json(&["find", "--citizen", CITIZEN]).1.len(),
        3,
        "all three are found"
    );
}

/// A form that names people in print, and a case slip with its code, in one scan.
#[test]
fn what_was_read_of_a_page_goes_where_the_page_goes() {
    let test = "what_was_read_of_a_page_goes_where_the_page_goes";
    if recognisers(test, 1).is_none() {
        return;
    }
    let office = quick_office();
    office.configure(|text| text.replace("text = \"off\"", "text = \"auto\""));
    let page = |path: &str| {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scans");
        image::open(samples.join(path))
            .expect("a sample")
            .to_luma8()
    };
    let pages = [
        page("quay-01/20261123_162210_001.jpg"),
        page("quay-02/Scan_20261124.png"),
    ];
    let parent = waits(&office, "tap.tif", &tiff_of(&pages, 200), "pages = 9\n");
    let (_, entry) = office.json(&["worklist", "show", &parent]);
    assert_eq!(entry[0]["dossiers"], json!(["H36.105-261124-0005"]));

    // The slip has its dossier; the form is without one now, and who its numbers are is open.
    let (code, answers) = decide(&office, &["split", &parent, "--at", "2"]);
    let statuses: Vec<_> = answers.iter().map(|answer| &answer["status"]).collect();
    assert_eq!(
        (code, statuses),
        (1, vec![&"waiting".into(), &"archived".into()])
    );
    let number = |answer: &Value| answer["record"].as_str().expect("a number").to_owned();
    let (form, slip) = (number(&answers[0]), number(&answers[1]));
    let (_, entry) = office.json(&["worklist", "show", &form]);
    assert_eq!(
        entry[0]["questions"],
        json!([{"question": "citizen-only-read"}])
    );
    assert_eq!(entry[0]["dossiers"], json!([]));
    receipt(&office, "tap.tif (1).CHO.txt");
    let record = show(&office, &slip);
    assert_eq!(record["dossier"], "H36.105-261124-0005");
    let read = |words: &str| office.json(&["find", "--text", words]).1;
    assert_eq!(read("giấy tiếp nhận hồ sơ")[0]["record"], slip.as_str());
    assert!(read("thành viên trong hộ gia đình").is_empty());

    // Approved is settled: whose the numbers on the slip are, nobody need say any more.
    assert_eq!(
        read("giấy tiếp nhận hồ sơ")[0]["attention"],
        json!(["identity-open"])
    );
    archived(&decide(&office, &["approve", &slip]));
    assert_eq!(read("giấy tiếp nhận hồ sơ")[0]["attention"], json!([]));
    assert_eq!(remarks(&show(&office, &slip)), [""; 0]);
    archived(&decide(
        &office,
        &["assign", &form, "--citizen", "020068990052"],
    ));
    assert_eq!(
        read("thành viên trong hộ gia đình")[0]["record"],
        form.as_str()
    );
    assert_eq!(
        office.files("outbox/quay-01"),
        [
            "tap.tif (1).OK.txt",
            "tap.tif (2).OK.txt",
            "tap.tif.CHIA.txt"
        ]
    );
    assert_ends_well(&office, &[form, slip]);
}

#[test]
fn two_scans_are_merged_into_one_document() {
    let office = quick_office();
    let (front, back) = (jpeg_page(1), scan(&[2, 3]));
    let first = waits(&office, "truoc.jpg", &front, "pages = 3\n");
    let second = waits(&office, "sau.tif", &back, "pages = 3\n");
    let turned = ["rotate", &second, "--page", "2", "--degrees", "90"];
    assert_eq!(decide(&office, &turned).0, 1);

    let myself = decide(&office, &["merge", &first, "--with", &first]);
    assert_eq!(
        (myself.0, &myself.1[0]["error"]),
        (2, &"worklist.unfit".into())
    );
    let merged = archived(&decide(&office, &["merge", &first, "--with", &second]));
    assert_eq!(merged.len(), 1);
    let record = show(&office, &merged[0]);
    assert_eq!(sources(&record), [(0, 0), (1, 0), (1, 1)]);
    assert_eq!(
        decisions(&record),
        [
            json!({"decision": "rotate", "page": 3, "degrees": 90}),
            json!({"decision": "merge", "with": second}),
        ]
    );
    assert_eq!(record["pages"][2]["rotation"], 90);
    assert_eq!(record["divided_from"], json!([first, second]));
    assert_eq!(originals(&office, &merged[0]), [front, back]);
    let told = receipt(&office, "truoc.jpg.OK.txt");
    assert!(told.contains(&merged[0]), "{told}");
    for parent in [
        receipt(&office, &format!("truoc.jpg ({first}).CHIA.txt")),
        receipt(&office, "sau.tif.CHIA.txt"),
    ] {
        assert!(parent.contains(&merged[0]), "{parent}");
    }
    assert_eq!(office.files("outbox").len(), 3, "no other receipt is left");
    assert_ends_well(&office, &merged);
}

#[test]
fn scans_whose_slips_differ_are_not_merged() {
    let office = quick_office();
    let of = |citizen: &str| format!("pages = 2\ncitizen = \"{citizen}\"\n");
    let first = waits(&office, "a.jpg", &jpeg_page(1), &of(CITIZEN));
    let second = waits(&office, "b.jpg", &jpeg_page(2), &of("001203000009"));
    let (code, lines) = decide(&office, &["merge", &first, "--with", &second]);
    assert_eq!(
        (code, &lines[0]["error"]),
        (4, &"capture.slip_conflict".into())
    );
    let (_, listed) = office.json(&["worklist"]);
    assert_eq!(listed.len(), 2, "both wait as before");
    for record in [first, second] {
        archived(&decide(&office, &["approve", &record]));
        assert_eq!(
            decisions(&show(&office, &record)),
            [json!({"decision": "approve"})]
        );
    }
    assert_eq!(office.assert_verified(), 2);
}

/// Exactly these records, nothing left behind, and the index says the same once it is made anew.
fn assert_ends_well(office: &Office, records: &[String]) {
    let numbers = |rows: &[Value]| -> BTreeSet<String> {
        rows.iter()
            .filter_map(|row| row["record"].as_str().map(str::to_owned))
            .collect()
    };
    let expected: BTreeSet<String> = records.iter().cloned().collect();
    // By record: which of two records of one millisecond comes first is not promised.
    let everything = || {
        let (_, mut rows) = office.json(&["find", "--from", "2000-01-01"]);
        rows.sort_by_key(|row| row["record"].to_string());
        rows
    };
    let before = everything();
    assert_eq!(numbers(&before), expected);
    assert_eq!(office.json(&["reindex"]).0, 0);
    assert_eq!(before, everything());
    assert_eq!(office.assert_verified(), records.len() as u64);
    let mut left = [office.files("inbox"), office.files("work")].concat();
    left.retain(|name| !name.ends_with(".lock"));
    assert!(left.is_empty(), "{left:?}");
    if judge::ready("the archive after decisions") {
        assert_eq!(judge::ocfl_root(&office.at("archive")), Ok(records.len()));
    }
}

/// Killed when the decision is on the disk and the document is signed, but not yet in the archive.
#[test]
fn a_decision_that_was_cut_short_is_finished_once() {
    let office = quick_office();
    let record = waits(&office, "a.jpg", &jpeg_page(1), "pages = 2\n");
    let turn = File::create(office.at("work/commit.lock")).expect("the lock");
    turn.lock().expect("our turn, and nobody else's");
    let folder = office.at("work").join(&record);
    let mut clerk = office
        .command(&["worklist", "approve", &record, "--by", CLERK])
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    office.wait_until("the document to be signed", || {
        folder.join("composed.pdf").exists() && !folder.join("worklist.json").exists()
    });
    let busy = decide(&office, &["reject", &record, "--reason", "x"]);
    assert_eq!((busy.0, &busy.1[0]["error"]), (5, &"worklist.busy".into()));
    clerk.kill().expect("killed");
    clerk.wait().expect("gone");
    assert!(folder.join("decisions.json").exists(), "it was decided");
    assert_eq!(office.assert_verified(), 0, "it is not archived");
    drop(turn);

    let daemon = office.start(&[]);
    office.wait_until("the receipt", || {
        office.at("outbox/quay-01/a.jpg.OK.txt").exists()
    });
    assert_eq!(daemon.stop(), 0, "{}", office.log());
    let shown = show(&office, &record);
    assert_eq!(decisions(&shown), [json!({"decision": "approve"})]);
    assert_eq!(office.files("outbox"), ["quay-01/a.jpg.OK.txt"]);
    assert_ends_well(&office, &[record]);
}

//! Papers used again at the desk: the checklist, the bundle, data for a form; and what is kept of it.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::papers::Paper;
use super::{Answer, Browser, Desk};
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";
const DOSSIER: &str = "H36.105-261123-0007";
const MARRIAGE: &str = "1.000894";

fn archived(office: &Office, seed: u32, kind: &str, dossier: &str) -> String {
    let scan = office.at("scan.jpg");
    fs::write(&scan, jpeg_page(seed)).expect("written");
    let options = ["--citizen", CITIZEN, "--kind", kind, "--dossier", dossier];
    office.archive(&scan, &options)
}

fn body_of(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.text()
}

/// What a bundle's ZIP has, by name.
fn unzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).expect("a ZIP");
    let mut files = Vec::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).expect("a file");
        let name = file.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("reads");
        files.push((name, bytes));
    }
    files.sort();
    files
}

/// What was kept of the desk's own, in order.
fn told(desk: &Desk) -> Vec<String> {
    let events = desk.events();
    let of_desk = events.iter().filter(|it| it["from"] == "web@127.0.0.1");
    let what = of_desk.map(|it| it["what"].as_str().expect("a kind").to_owned());
    what.collect()
}

fn no_scratch(desk: &Desk) -> bool {
    let folder = desk.office.at("work/desk");
    fs::read_dir(folder).map_or(true, |mut left| left.next().is_none())
}

/// Looks the citizen up and opens the checklist of a procedure: its address.
fn checklist(browser: &mut Browser, procedure: &str, purpose: &str) -> (String, Answer) {
    let (person, page) = browser.look_up(CITIZEN, purpose);
    let choose = format!("{person}/procedures");
    assert!(page.links(&choose).contains(&choose), "{}", page.text());
    let choice = browser.get(&choose);
    let place = format!("{choose}/{procedure}");
    assert!(choice.links(&choose).contains(&place), "{}", choice.text());
    let shown = browser.get(&place);
    (place, shown)
}

#[test]
fn papers_are_taken_along_as_the_command_does() {
    let office = Office::new();
    let old = archived(&office, 1, "hon-nhan", "H36.105-261001-0003");
    let newer = archived(&office, 2, "hon-nhan", "H36.105-261115-0001");
    let other = archived(&office, 3, "giay-tiep-nhan", "H36.105-261115-0001");
    let out = office.at("goi");
    let out = out.to_str().expect("path");
    let fixed = ["bundle", "--dossier", DOSSIER, "--procedure", MARRIAGE];
    let rest = ["--by", "Lan", "-o", out, &newer, &other];
    assert!(office.sohoa(&[&fixed[..], &rest].concat()).status.success());
    let desk = Desk::of(office);
    let mut browser = desk.signed_in("officer");
    let (place, page) = checklist(&mut browser, MARRIAGE, DOSSIER);
    let text = body_of(&page, 200);
    for said in [
        "Cần yêu cầu công dân nộp",
        "CÓ, dùng lại được",
        "CHƯA CÓ",
        "đã có giấy mới hơn",
        "079*******01",
        "Giấy tờ khác đang lưu",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(!text.contains(CITIZEN), "masked");
    assert!(
        text.contains("<button class=\"main\" form=\"take\""),
        "one click: {text}"
    );
    let is_ticked =
        |record: &str| text.contains(&format!("name=\"{record}\" value=\"take\" checked"));
    assert!(is_ticked(&newer) && !is_ticked(&old) && !is_ticked(&other));
    let taken = browser.post(
        &format!("{place}/bundle"),
        &[(newer.as_str(), "take"), (other.as_str(), "take")],
    );
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(taken.header("content-type"), Some("application/zip"));
    let name = format!("attachment; filename=\"goi-{DOSSIER}.zip\"");
    assert_eq!(taken.header("content-disposition"), Some(name.as_str()));
    let files = unzipped(&taken.body);
    let of_command = desk.office.files("goi");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, of_command, "the same files");
    for (name, bytes) in &files {
        let is_paper = name.ends_with("nhan.pdf");
        let same = fs::read(desk.office.at("goi").join(name)).expect("reads") == *bytes;
        assert!(same || !is_paper, "{name}");
        fs::write(desk.office.at("goi").join(name), bytes).expect("written");
    }
    let sums = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(desk.office.at("goi"))
        .output();
    assert!(sums.expect("runs").status.success());
    let proof = desk.office.at("goi/001-hon-nhan.proof.json");
    let proof = proof.to_str().expect("path").to_owned();
    assert!(desk.office.sohoa(&["check-proof", &proof]).status.success());
    let kept = told(&desk);
    assert_eq!(
        kept,
        ["search", "view", "checklist", "bundle-begun", "bundle"]
    );
    let events = desk.events();
    let event = events.last().expect("an event");
    assert_eq!(
        (&event["purpose"]["dossier"], &event["procedure"]),
        (&DOSSIER.into(), &MARRIAGE.into())
    );
    assert_eq!(event["records"], serde_json::json!([newer, other]));
    assert_eq!(event["citizens"], serde_json::json!([CITIZEN]));
    let manifest: Value = serde_json::from_slice(&files[6].1).expect("a manifest");
    assert_eq!(manifest["bundle"], event["bundle"]);
    assert_eq!(manifest["by"], "<b>Người officer</b> (officer)");
    desk.office.wait_until("no scratch", || no_scratch(&desk));
}

#[test]
fn the_dossier_is_asked_for_where_the_purpose_is_none() {
    let office = Office::new();
    let record = archived(&office, 1, "hon-nhan", "H36.105-261001-0003");
    let desk = Desk::of(office);
    let mut browser = desk.signed_in("officer");
    let (place, page) = checklist(&mut browser, MARRIAGE, "đăng ký kết hôn");
    assert!(page.text().contains("name=\"dossier\""), "{}", page.text());
    let bundle = format!("{place}/bundle");
    let take = (record.as_str(), "take");
    for (fields, said) in [
        (&[take][..], "mã hồ sơ mới"),
        (&[take, ("dossier", "12")], "mã hồ sơ mới"),
        (&[("dossier", DOSSIER)], "Chưa chọn"),
        (
            &[take, ("dossier", DOSSIER), ("received", "23/11")],
            "Ngày tiếp nhận phải",
        ),
        (
            &[take, ("dossier", DOSSIER), ("received", "1990-01-01")],
            "không có bản nào có hiệu lực",
        ),
        (
            &[take, ("dossier", "H36.105-269999-0007")],
            "không cho biết ngày",
        ),
        (
            &[
                ("019aaaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa", "take"),
                ("dossier", DOSSIER),
            ],
            "Chưa chọn",
        ),
    ] {
        let answer = browser.post(&bundle, fields);
        let text = body_of(&answer, 422);
        assert!(text.contains(said), "{said}\n{text}");
        assert!(
            !fields.contains(&take) || text.contains("checked"),
            "the tick stays: {text}"
        );
    }
    assert!(!told(&desk).iter().any(|what| what.starts_with("bundle")));
    let fields = [take, ("dossier", DOSSIER), ("received", "2026-11-20")];
    let taken = browser.post(&bundle, &fields);
    assert_eq!(taken.status, 200, "{}", taken.text());
    let files = unzipped(&taken.body);
    let manifest = files.iter().find(|(name, _)| name == "manifest.json");
    let manifest: Value = serde_json::from_slice(&manifest.expect("there").1).expect("JSON");
    assert_eq!(
        (&manifest["received"], &manifest["dossier"]),
        (&"2026-11-20".into(), &DOSSIER.into())
    );
    let events = desk.events();
    let purpose = &events.last().expect("an event")["purpose"];
    assert_eq!(
        (&purpose["dossier"], &purpose["text"]),
        (&DOSSIER.into(), &"đăng ký kết hôn".into())
    );
}

#[test]
fn identity_cards_are_taken_and_read_only_by_those_who_may() {
    let office = Office::that_reads();
    let card = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/scans/quay-01/H36.105-261123-0007/20261123_081733_001.jpg"
    );
    let citizen = "020091990417";
    let record = office.archive(Path::new(card), &["--citizen", citizen, "--kind", "cccd"]);
    let desk = Desk::of(office);
    let take = [(record.as_str(), "take")];
    let mut officer = desk.signed_in("officer");
    let (person, _) = officer.look_up(citizen, DOSSIER);
    let place = format!("{person}/procedures/1.001193");
    let page = body_of(&officer.get(&place), 200);
    assert!(
        page.contains("cần vai trò riêng") && !page.contains("value=\"take\""),
        "{page}"
    );
    assert_eq!(officer.post(&format!("{place}/bundle"), &take).status, 403);
    let sheet = body_of(&officer.get(&format!("{place}/prefill")), 200);
    assert!(
        sheet.contains("không được dùng để điền") && !sheet.contains("Nông Văn Thử"),
        "{sheet}"
    );
    let json = body_of(&officer.get(&format!("{place}/prefill.json")), 200);
    assert!(!json.contains("Nông"), "{json}");

    let mut registrar = desk.signed_in("registrar");
    let (person, _) = registrar.look_up(citizen, DOSSIER);
    let place = format!("{person}/procedures/1.001193");
    let sheet = body_of(&registrar.get(&format!("{place}/prefill")), 200);
    for said in [
        "Nông Văn Thử",
        "14/03/1991",
        "Nam",
        "mã QR trên thẻ",
        DOSSIER,
    ] {
        assert!(sheet.contains(said), "{said}\n{sheet}");
    }
    let answer = registrar.get(&format!("{place}/prefill.json"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(
        answer
            .header("content-disposition")
            .is_some_and(|it| !it.contains(citizen))
    );
    let json: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let fields = json["fields"].as_array().expect("fields");
    let name = fields.iter().find(|it| it["field"] == "full-name");
    let name = name.expect("a name");
    assert_eq!(
        (&name["value"], &name["source"], &name["record"]),
        (
            &"Nông Văn Thử".into(),
            &"card-qr".into(),
            &record.as_str().into()
        )
    );
    let events = desk.events();
    let event = events.last().expect("an event");
    assert_eq!(
        (&event["what"], &event["event"]),
        (&"prefill".into(), &json["event"])
    );
    assert_eq!(
        (&event["records"][0], &event["by"]),
        (&record.as_str().into(), &"registrar".into())
    );
    let taken = registrar.post(&format!("{place}/bundle"), &take);
    assert_eq!((taken.status, unzipped(&taken.body).len()), (200, 5));
}

#[test]
fn a_paper_is_proven_at_the_desk_as_by_the_command() {
    let office = Office::new();
    let record = archived(&office, 1, "hon-nhan", "H36.105-261001-0003");
    let own = office.at("own.proof.json");
    let own = own.to_str().expect("path").to_owned();
    assert!(
        office
            .sohoa(&["prove", &record, "-o", &own])
            .status
            .success()
    );
    let paper = Paper {
        number: 1,
        citizen: Some(CITIZEN),
        kind: Some("khai-sinh"),
        title: "không có mục trong sổ",
        name: "Nguyễn Văn Thử",
        text: "",
    };
    let unknown = paper.archive(&office).to_string();
    assert!(office.sohoa(&["reindex"]).status.success());
    let desk = Desk::of(office);
    let mut browser = desk.signed_in("officer");
    let (person, _) = browser.look_up(CITIZEN, DOSSIER);
    let place = person.split("/people").next().expect("a look-up");
    let page = body_of(&browser.get(&format!("{place}/records/{record}")), 200);
    assert!(
        page.contains("Có trong sổ cái, mục 0") && page.contains("/proof.json"),
        "{page}"
    );
    let answer = browser.get(&format!("{place}/records/{record}/proof.json"));
    assert_eq!(
        body_of(&answer, 200),
        fs::read_to_string(&own).expect("reads")
    );
    let name = format!("attachment; filename=\"{record}.proof.json\"");
    assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
    assert_eq!(told(&desk).last().map(String::as_str), Some("download"));
    let page = body_of(&browser.get(&format!("{place}/records/{unknown}")), 200);
    assert!(
        page.contains("Chưa có trong sổ cái") && !page.contains("/proof.json"),
        "{page}"
    );
    let kept = told(&desk).len();
    let answer = browser.get(&format!("{place}/records/{unknown}/proof.json"));
    assert_eq!((answer.status, told(&desk).len()), (404, kept));
}

#[test]
fn what_cannot_be_kept_is_neither_shown_nor_given() {
    let office = Office::new();
    let record = archived(&office, 1, "hon-nhan", "H36.105-261001-0003");
    let desk = Desk::of(office);
    let mut browser = desk.signed_in("officer");
    let (place, _) = checklist(&mut browser, MARRIAGE, DOSSIER);
    let mut other = desk.signed_in("registrar");
    for part in ["", "/prefill", "/prefill.json"] {
        assert_eq!(other.get(&format!("{place}{part}")).status, 404, "{part}");
    }
    let take = [(record.as_str(), "take")];
    assert_eq!(other.post(&format!("{place}/bundle"), &take).status, 404);
    for nothing in ["1.999999", "x", "..%2f", "%00"] {
        let person = place.split("/procedures").next().expect("a person");
        let answer = browser.get(&format!("{person}/procedures/{nothing}"));
        assert_eq!(answer.status, 404, "{nothing}");
    }
    fs::rename(desk.office.at("access"), desk.office.at("access.away")).expect("renamed");
    fs::write(desk.office.at("access"), "in the way").expect("written");
    for part in ["", "/prefill", "/prefill.json"] {
        let answer = browser.get(&format!("{place}{part}"));
        let text = body_of(&answer, 503);
        assert!(!text.contains(&record), "{part}");
    }
    browser.get("/");
    let answer = browser.post(&format!("{place}/bundle"), &take);
    assert!(answer.status == 503 && !answer.body.starts_with(b"PK"));
    assert!(no_scratch(&desk));
}

#[test]
fn hostile_papers_are_only_letters_and_are_not_taken() {
    let office = Office::new();
    let title = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>";
    let paper = Paper {
        number: 1,
        citizen: Some(CITIZEN),
        kind: Some("hon-nhan"),
        title,
        name: title,
        text: title,
    };
    let record = paper.archive(&office).to_string();
    assert!(office.sohoa(&["reindex"]).status.success());
    let desk = Desk::of(office);
    let mut browser = desk.signed_in("registrar");
    let (place, page) = checklist(&mut browser, MARRIAGE, title);
    let bundle = format!("{place}/bundle");
    let fields = [
        (record.as_str(), "take"),
        ("dossier", title),
        ("received", title),
    ];
    let refused = browser.post(&bundle, &fields);
    let unsigned = browser.post(&bundle, &[(record.as_str(), "take"), ("dossier", DOSSIER)]);
    let person = place.split("/procedures").next().expect("a person");
    let typed: String = form_urlencoded::byte_serialize(title.as_bytes()).collect();
    let choice = browser.get(&format!("{person}/procedures?words={typed}"));
    let sheet = browser.get(&format!("{place}/prefill"));
    for (status, answer) in [
        (200, page),
        (422, refused),
        (422, unsigned),
        (200, choice),
        (200, sheet),
    ] {
        let text = body_of(&answer, status);
        assert!(text.contains("&lt;script&gt;"), "{text}");
        for bad in ["<script", "<img", "\"'>"] {
            assert!(!text.contains(bad), "{bad}\n{text}");
        }
    }
    assert!(!told(&desk).iter().any(|what| what.starts_with("bundle")));
}

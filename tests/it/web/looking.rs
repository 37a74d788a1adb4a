//! The way of an officer: search, the citizen's page, the paper, its bytes; and what is kept of it.

use std::fs;

use super::papers::Paper;
use super::{Answer, Desk};
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";
const PURPOSE: &str = "Đăng ký khai sinh";

/// A desk with one signed record of a citizen, and the record's number.
fn desk_with_a_paper(kind: &str) -> (Desk, String) {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    let options = [
        "--citizen",
        CITIZEN,
        "--kind",
        kind,
        "--dossier",
        "H36.105-261123-0007",
    ];
    let record = office.archive(&scan, &options);
    (Desk::of(office), record)
}

fn body_of(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.text()
}

#[test]
fn an_officer_finds_a_citizen_and_opens_the_paper() {
    let (desk, record) = desk_with_a_paper("khai-sinh");
    let mut browser = desk.signed_in("officer");
    let (place, person) = browser.look_up(CITIZEN, PURPOSE);
    let text = body_of(&person, 200);
    assert!(
        place.contains("/people/1") && text.contains("079*******01"),
        "{place}\n{text}"
    );
    for shown in [
        "Khai sinh",
        "H36.105-261123-0007",
        "quay",
        "Đã ký số: cơ quan",
        "Còn chứng minh",
        PURPOSE,
    ] {
        assert!(text.contains(shown) || shown == "quay", "{shown}\n{text}");
    }
    let links = person.links("/look-ups/");
    let paper = links
        .iter()
        .find(|link| link.ends_with(&record))
        .expect("a link");
    let text = body_of(&browser.get(paper), 200);
    assert!(
        text.contains("document.pdf") && text.contains("PDF/A-2b"),
        "{text}"
    );
    let signatures = body_of(&browser.get(&format!("{paper}/validation")), 200);
    assert!(
        signatures.contains("nguyên vẹn") && signatures.contains("TRY_LATER"),
        "{signatures}"
    );
    let log = desk.office.log();
    assert!(!log.contains(CITIZEN) && !log.contains(PURPOSE), "{log}");
    let what: Vec<String> = desk
        .events()
        .iter()
        .map(|it| it["what"].to_string())
        .collect();
    assert_eq!(what, ["\"search\"", "\"view\"", "\"view\"", "\"view\""]);
    for event in desk.events() {
        assert_eq!(
            (&event["by"], &event["from"]),
            (&"officer".into(), &"web@127.0.0.1".into())
        );
        assert_eq!(
            (&event["purpose"]["text"], &event["citizens"][0]),
            (&PURPOSE.into(), &CITIZEN.into())
        );
        assert_eq!(event["records"][0], record.as_str());
    }
}

#[test]
fn every_way_to_ask_finds_the_same_paper() {
    let (desk, record) = desk_with_a_paper("khai-sinh");
    let mut browser = desk.signed_in("registrar");
    let card = format!("{CITIZEN}||Nguyễn Văn A|01022003|Nam|Thôn Mẫu|15082021");
    for sought in ["079 203 000 001", &card, "h36.105-261123-0007", &record] {
        let (_, found) = browser.look_up(sought, PURPOSE);
        let text = body_of(&found, 200);
        assert!(
            text.contains(&record) && !text.contains(&card),
            "{sought}\n{text}"
        );
    }
    let (_, nothing) = browser.look_up("001203000009", PURPOSE);
    assert!(body_of(&nothing, 200).contains("chưa lưu giấy tờ nào"));
    let events = desk.events();
    let asked_for = &events.last().expect("an event")["citizens"];
    assert_eq!(
        asked_for[0], "001203000009",
        "kept although nothing was found"
    );
}

#[test]
fn without_a_purpose_nobody_is_looked_up() {
    let (desk, _) = desk_with_a_paper("khai-sinh");
    let mut browser = desk.signed_in("officer");
    for (sought, purpose, status) in [
        (CITIZEN, "", 422),
        (CITIZEN, "..", 422),
        ("nguyễn", "", 422),
        ("07920300000", PURPOSE, 422),
        ("", PURPOSE, 422),
        ("H36.105-261123-0007", "", 303),
    ] {
        browser.get("/");
        let answer = browser.post("/look-ups", &[("sought", sought), ("purpose", purpose)]);
        assert_eq!(answer.status, status, "{sought} {purpose}");
        let place = answer.header("location").unwrap_or_default();
        assert!(!place.contains("H36") && !place.contains("0792"), "{place}");
    }
    assert!(desk.events().is_empty(), "nothing was shown yet");
}

#[test]
fn the_document_comes_whole_and_in_stretches_as_it_was_signed() {
    let (desk, record) = desk_with_a_paper("khai-sinh");
    let signed = fs::read(desk.office.signed_pdf(&record)).expect("reads");
    let mut browser = desk.signed_in("officer");
    let (place, _) = browser.look_up(&record, PURPOSE);
    let before = desk.events().len();
    let paper = format!("{place}/records/{record}");
    let document = format!("{paper}/document.pdf");
    let whole = browser.get(&document);
    assert_eq!((whole.status, whole.body == signed), (200, true));
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-disposition", "inline"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(whole.header(name), Some(value));
    }
    let part = browser.get_with(&document, &[("Range", "bytes=100-199")]);
    assert_eq!((part.status, &part.body[..]), (206, &signed[100..200]));
    let range = format!("bytes 100-199/{}", signed.len());
    assert_eq!(part.header("content-range"), Some(range.as_str()));
    let other = [("Range", "bytes=100-199"), ("If-Range", "\"another\"")];
    assert_eq!(browser.get_with(&document, &other).status, 200);
    let beyond = browser.get_with(&document, &[("Range", "bytes=99999999-")]);
    assert_eq!((beyond.status, beyond.body.len()), (416, 0));
    assert_eq!(
        desk.events().len() - before,
        2,
        "the whole one, twice; stretches go on with it"
    );
    let copy = browser.get(&format!("{paper}/copy"));
    let name = format!("attachment; filename=\"{record}.pdf\"");
    assert_eq!(
        (copy.body == signed, copy.header("content-disposition")),
        (true, Some(name.as_str()))
    );
    let original = browser.get(&format!("{paper}/originals/1"));
    assert_eq!(
        (original.status, original.body == jpeg_page(1)),
        (200, true)
    );
    assert_eq!(
        original.header("content-type"),
        Some("application/octet-stream")
    );
    for nothing in ["0", "2", "x", "-1", "99999999999999999999"] {
        assert_eq!(
            browser.get(&format!("{paper}/originals/{nothing}")).status,
            404,
            "{nothing}"
        );
    }
    let events = desk.events();
    assert_eq!(
        events
            .iter()
            .filter(|it| it["what"] == "download" && it["from"] == "web@127.0.0.1")
            .count(),
        2,
        "the test's own look at the archive is another one"
    );
}

#[test]
fn a_look_up_opens_only_what_it_showed_and_only_to_its_own_session() {
    let (desk, record) = desk_with_a_paper("khai-sinh");
    let mut browser = desk.signed_in("officer");
    let (found, _) = browser.look_up(&record, PURPOSE);
    let (nothing, _) = browser.look_up("001203000009", PURPOSE);
    let events = desk.events().len();
    let paper = |place: &str| format!("{place}/records/{record}");
    assert_eq!(browser.get(&paper(&nothing)).status, 404);
    assert_eq!(
        browser
            .get(&format!("{}/document.pdf", paper(&nothing)))
            .status,
        404
    );
    assert_eq!(browser.get(&format!("{found}/people/2")).status, 404);
    let mut other = desk.signed_in("registrar");
    for place in [found.clone(), paper(&found), format!("{found}/people/1")] {
        assert_eq!(other.get(&place).status, 404, "{place}");
    }
    assert_eq!(desk.events().len(), events, "nothing was shown");
    assert_eq!(browser.get(&paper(&found)).status, 200);
}

#[test]
fn identity_cards_need_a_role_of_their_own() {
    let (desk, record) = desk_with_a_paper("cccd");
    let mut officer = desk.signed_in("officer");
    let (place, _) = officer.look_up(CITIZEN, PURPOSE);
    let place = place.split("/people").next().expect("a place").to_owned();
    let paper = format!("{place}/records/{record}");
    let page = body_of(&officer.get(&paper), 200);
    assert!(
        !page.contains("document.pdf") && page.contains("dữ liệu nhạy cảm"),
        "{page}"
    );
    for part in ["document.pdf", "copy", "text", "originals/1"] {
        let refused = officer.get(&format!("{paper}/{part}"));
        assert_eq!(refused.status, 403, "{part}");
    }
    let mut registrar = desk.signed_in("registrar");
    let (place, _) = registrar.look_up(&record, PURPOSE);
    for part in ["document.pdf", "copy", "text", "originals/1"] {
        let shown = registrar.get(&format!("{place}/records/{record}/{part}"));
        assert_eq!(shown.status, 200, "{part}");
    }
}

#[test]
fn a_card_that_nobody_named_is_guarded_and_its_text_is_not_cited() {
    let office = Office::new();
    let paper = Paper {
        number: 1,
        citizen: None,
        kind: None,
        title: "Chưa rõ",
        name: "Nguyễn Văn Thử",
        text: "dòng chữ riêng tư trên thẻ",
    };
    paper.archive(&office);
    assert!(office.sohoa(&["reindex"]).status.success());
    let desk = Desk::of(office);
    let (_, guarded) = desk.signed_in("officer").look_up("riêng tư", PURPOSE);
    let text = body_of(&guarded, 200);
    assert!(
        text.contains("cần vai trò riêng") && !text.contains("trên thẻ"),
        "{text}"
    );
    let (_, cited) = desk.signed_in("registrar").look_up("riêng tư", PURPOSE);
    assert!(body_of(&cited, 200).contains("trên thẻ"));
}

#[test]
fn what_cannot_be_kept_is_not_shown() {
    let (desk, record) = desk_with_a_paper("khai-sinh");
    let mut browser = desk.signed_in("officer");
    let (place, _) = browser.look_up(&record, PURPOSE);
    // A file where the folder of the events should be: nothing can be kept, whoever we are.
    fs::rename(desk.office.at("access"), desk.office.at("access.away")).expect("renamed");
    fs::write(desk.office.at("access"), "in the way").expect("written");
    for part in [
        "",
        "/document.pdf",
        "/copy",
        "/originals/1",
        "/text",
        "/validation",
    ] {
        let answer = browser.get(&format!("{place}/records/{record}{part}"));
        assert_eq!(answer.status, 503, "{part}");
        assert!(answer.text().contains("Không ghi được lượt xem"), "{part}");
    }
    browser.get("/");
    let begun = browser.post("/look-ups", &[("sought", CITIZEN), ("purpose", PURPOSE)]);
    let (_, answer) = browser.follow(begun);
    assert!(
        answer.status == 503 && !answer.text().contains("079*"),
        "{}",
        answer.text()
    );
}

#[test]
fn damaged_bytes_are_never_handed_out() {
    let (desk, record) = desk_with_a_paper("khai-sinh");
    let mut browser = desk.signed_in("officer");
    let (place, _) = browser.look_up(&record, PURPOSE);
    let document = format!("{place}/records/{record}/document.pdf");
    assert_eq!(browser.get(&document).status, 200);
    let files = desk.office.files("archive");
    let stored = files
        .iter()
        .find(|name| name.ends_with("document.pdf"))
        .expect("stored");
    let stored = desk.office.at("archive").join(stored);
    let mut bytes = fs::read(&stored).expect("reads");
    *bytes.last_mut().expect("a byte") ^= 1;
    fs::write(&stored, bytes).expect("written");
    let answer = browser.get(&document);
    assert_eq!(answer.status, 500);
    assert!(
        answer.text().contains("không còn nguyên vẹn"),
        "{}",
        answer.text()
    );
}

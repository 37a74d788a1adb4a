//! The worklist's face: from a dropped scan that nobody can be sure about to a settled record, as browsers ask.

use std::fs;

use serde_json::json;

use super::{Answer, Browser, Desk};
use crate::office::{Office, jpeg_page, tiff_of};
use crate::soak::write_fast_profile;

/// Whom the slip names, and whom the card in the sample.
const SAID: &str = "079203000001";
const ON_CARD: &str = "020068990052";

fn office() -> Office {
    let office = Office::new();
    office.configure(|text| {
        let text = text.replace("poll_seconds = 1.0", "poll_seconds = 0.05");
        // Codes are found by looking, which needs no engine.
        text.replace("text = \"off\"", "text = \"auto\"")
    });
    write_fast_profile(&office);
    office
}

fn sample() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/samples/scans/quay-01/Scan0001.pdf"
    );
    fs::read(path).expect("a sample")
}

/// Pages that differ.
fn pages(numbers: &[u32]) -> Vec<u8> {
    let picture = |page: &u32| {
        let jpeg = jpeg_page(*page);
        image::load_from_memory(&jpeg).expect("our own").to_luma8()
    };
    tiff_of(&numbers.iter().map(picture).collect::<Vec<_>>(), 60)
}

/// Drops a scan beside a slip and waits until it waits; its number.
fn drop_waiting(desk: &Desk, name: &str, bytes: &[u8], slip: &str) -> String {
    let office = &desk.office;
    office.drop_scan("quay-01", &format!("{name}.phieu.toml"), slip.as_bytes());
    office.drop_scan("quay-01", name, bytes);
    let entry = || {
        let (_, listed) = office.json(&["worklist", "list"]);
        let found = listed.into_iter().find(|it| it["dropped_as"] == name)?;
        Some(found["record"].as_str()?.to_owned())
    };
    office.wait_until(name, || entry().is_some());
    entry().expect("it waits")
}

/// Sends a decision.
fn decide(browser: &mut Browser, item: &str, fields: &[(&str, &str)]) -> Answer {
    browser.get(&format!("/worklist/{item}"));
    browser.post(&format!("/worklist/{item}/decisions"), fields)
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").expect("a place")
}

fn record(desk: &Desk, number: &str) -> serde_json::Value {
    let shown = || desk.office.json(&["show", number]);
    desk.office.wait_until("the record", || shown().0 == 0);
    shown().1.remove(0)
}

/// Longest side of a picture.
fn longest(picture: &Answer) -> u32 {
    assert_eq!(picture.status, 200, "{}", picture.text());
    assert_eq!(picture.header("content-type"), Some("image/jpeg"));
    assert_eq!(picture.header("cache-control"), Some("no-store"));
    let picture = image::load_from_memory(&picture.body).expect("a picture");
    picture.width().max(picture.height())
}

#[test]
fn a_doubtful_scan_goes_from_drop_to_settled_in_a_browser() {
    let desk = Desk::of(office());
    let slip = format!("citizen = \"{SAID}\"\nkind = \"khai-sinh\"\n");
    let item = drop_waiting(&desk, "Scan0001.pdf", &sample(), &slip);
    let next = drop_waiting(&desk, "hai.tif", &pages(&[1, 2]), "pages = 3\n");

    let mut officer = desk.signed_in("officer");
    let list = officer.get("/worklist").text();
    assert!(
        list.contains("Các nguồn nêu số định danh khác nhau"),
        "{list}"
    );
    assert!(list.contains("079*******01") && list.contains("020*******52"));
    assert!(!list.contains(SAID) && !list.contains(ON_CARD), "masked");
    let listed = desk.events().pop().expect("an event");
    assert_eq!(
        (&listed["what"], &listed["citizens"]),
        (&json!("search"), &json!([]))
    );
    let masked = listed["listed"].as_array().expect("a list");
    assert!(masked.contains(&json!(SAID)) && masked.contains(&json!(ON_CARD)));

    let page = officer.get(&format!("/worklist/{item}")).text();
    assert!(page.contains(SAID) && page.contains(ON_CARD), "{page}");
    assert!(
        page.contains("<polygon points=") && page.contains("<svg"),
        "marked"
    );
    let viewed = desk.events().pop().expect("an event");
    assert_eq!(viewed["what"], "view");
    assert_eq!(viewed["records"], json!([item]));
    let named = viewed["citizens"].as_array().expect("citizens");
    assert!(named.contains(&json!(SAID)) && named.contains(&json!(ON_CARD)));
    let before = desk.events().len();
    let place = format!("/worklist/{item}/pages/1");
    assert_eq!(longest(&officer.get(&place)), 1200);
    assert!(longest(&officer.get(&format!("{place}?size=small"))) <= 240);
    assert_eq!(
        officer.get(&format!("/worklist/{item}/pages/9")).status,
        404
    );
    assert_eq!(desk.events().len(), before, "one look, one event");
    let mut other = desk.signed_in("registrar");
    longest(&other.get(&place));
    assert_eq!(
        desk.events().len(),
        before + 1,
        "a picture by itself is a look"
    );

    let undecided = decide(&mut officer, &item, &[("decision", "accept")]);
    assert_eq!(undecided.status, 422, "{}", undecided.text());
    let turned = [("decision", "turn"), ("page", "3"), ("degrees", "90")];
    let turned = decide(&mut officer, &item, &turned);
    assert_eq!(location(&turned), format!("/worklist/{item}?page=3"));
    let chosen = [
        ("decision", "accept"),
        ("citizen", ON_CARD),
        ("dossier", "h36.105-261123-0007"),
        ("kind", "ket-hon"),
    ];
    let accepted = decide(&mut officer, &item, &chosen);
    assert_eq!(location(&accepted), format!("/worklist/{next}?done=1"));

    let settled = record(&desk, &item);
    assert_eq!(settled["citizen"], ON_CARD);
    assert_eq!(
        (&settled["kind"], &settled["dossier"]),
        (&json!("ket-hon"), &json!("H36.105-261123-0007"))
    );
    let by = |taken: &serde_json::Value| (taken["decision"].clone(), taken["by"].clone());
    let taken: Vec<_> = settled["decisions"]
        .as_array()
        .expect("decisions")
        .iter()
        .map(by)
        .collect();
    let officer_took = |what: &str| (json!(what), json!("officer"));
    assert_eq!(taken, ["rotate", "assign", "approve"].map(officer_took));

    let late = decide(
        &mut other,
        &item,
        &[("decision", "accept"), ("citizen", SAID)],
    );
    assert_eq!(late.status, 404, "it waits no more");
    let last = decide(
        &mut other,
        &next,
        &[("decision", "reject"), ("reason", "thiếu trang")],
    );
    assert_eq!(location(&last), "/worklist?done=1");
    desk.office
        .wait_until("the receipt", || desk.office.receipts("LOI.txt") == 1);
    assert!(
        other
            .get("/worklist")
            .text()
            .contains("Không có tài liệu nào chờ")
    );
    assert_eq!(desk.office.assert_verified(), 1);
    assert_eq!(desk.daemon.stop(), 0);
}

#[test]
fn pages_are_left_out_divided_and_merged_and_decisions_that_do_not_fit_say_so() {
    let desk = Desk::of(office());
    let one = drop_waiting(&desk, "mot.tif", &pages(&[1, 2]), "pages = 9\n");
    let two = drop_waiting(&desk, "hai.tif", &pages(&[3]), "pages = 9\n");
    let mut registrar = desk.signed_in("registrar");
    for (fields, status, says) in [
        (vec![("decision", "split"), ("at", "7")], 409, "không khớp"),
        (
            vec![("decision", "split"), ("at", "hai")],
            422,
            "Không hiểu",
        ),
        (
            vec![("decision", "turn"), ("page", "1"), ("degrees", "45")],
            409,
            "không khớp",
        ),
        (
            vec![("decision", "merge"), ("with", &one)],
            409,
            "không khớp",
        ),
        (
            vec![("decision", "reject"), ("reason", " . ")],
            422,
            "lý do",
        ),
        (
            vec![("decision", "accept"), ("citizen", "123")],
            422,
            "12 chữ số",
        ),
        (
            vec![("decision", "accept"), ("dossier", "x")],
            422,
            "Mã hồ sơ",
        ),
        (vec![], 422, "Không hiểu"),
    ] {
        let answer = decide(&mut registrar, &one, &fields);
        assert_eq!(answer.status, status, "{fields:?}: {}", answer.text());
        assert!(answer.text().contains(says), "{fields:?}");
    }
    let merged = decide(
        &mut registrar,
        &one,
        &[("decision", "merge"), ("with", &two)],
    );
    assert_eq!(merged.status, 303, "{}", merged.text());
    desk.office.wait_until("the merged document", || {
        desk.office.receipts("OK.txt") == 1
    });
    let three = drop_waiting(&desk, "ba.tif", &pages(&[4, 5, 6]), "pages = 9\n");
    let split = decide(
        &mut registrar,
        &three,
        &[("decision", "split"), ("at", "2")],
    );
    assert_eq!(location(&split), "/worklist?done=1");
    desk.office
        .wait_until("both documents", || desk.office.receipts("OK.txt") == 3);
    assert_eq!(desk.office.assert_verified(), 3);
}

#[test]
fn cards_are_for_those_who_may_see_them_and_others_see_no_list() {
    let desk = Desk::of(office());
    let slip = format!("citizen = \"{SAID}\"\nkind = \"cccd\"\n");
    let item = drop_waiting(&desk, "Scan0001.pdf", &sample(), &slip);
    let mut officer = desk.signed_in("officer");
    let list = officer.get("/worklist").text();
    assert!(
        list.contains("cần vai trò riêng") && !list.contains(&format!("href=\"/worklist/{item}\""))
    );
    let before = desk.events().len();
    for place in ["", "/pages/1", "/pages/1?size=small"] {
        assert_eq!(
            officer.get(&format!("/worklist/{item}{place}")).status,
            403,
            "{place}"
        );
    }
    let forced = officer.post(
        &format!("/worklist/{item}/decisions"),
        &[("decision", "accept"), ("citizen", SAID)],
    );
    assert_eq!(forced.status, 403);
    assert_eq!(desk.events().len(), before, "nothing was shown");
    let mut registrar = desk.signed_in("registrar");
    assert_eq!(registrar.get(&format!("/worklist/{item}")).status, 200);
    for role in ["station", "auditor", "administrator"] {
        let mut browser = desk.signed_in(role);
        assert_eq!(browser.get("/worklist").status, 403, "{role}");
        assert_eq!(
            browser.get(&format!("/worklist/{item}/pages/1")).status,
            403,
            "{role}"
        );
    }
}

#[test]
fn the_command_keeps_its_looks_too() {
    let office = office();
    office.drop_scan(
        "quay-01",
        "a.pdf.phieu.toml",
        format!("citizen = \"{SAID}\"\n").as_bytes(),
    );
    office.drop_scan("quay-01", "a.pdf", &sample());
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    assert!(office.sohoa(&["worklist"]).status.success());
    assert!(office.events().is_empty(), "lines for people name nobody");
    let (_, listed) = office.json(&["worklist", "list"]);
    let item = listed[0]["record"].as_str().expect("a number");
    let show = [
        "worklist",
        "show",
        item,
        "--by",
        "Lan",
        "--purpose",
        "kiểm tra",
    ];
    assert!(office.sohoa(&show).status.success());
    let events = office.events();
    let [search, view] = events.as_slice() else {
        panic!("two looks: {events:#?}");
    };
    assert_eq!(
        (&search["what"], &view["what"]),
        (&json!("search"), &json!("view"))
    );
    for event in [search, view] {
        let citizens = event["citizens"].as_array().expect("citizens");
        assert!(citizens.contains(&json!(SAID)) && citizens.contains(&json!(ON_CARD)));
    }
    assert_eq!(
        (&view["by"], &view["purpose"]["text"]),
        (&json!("Lan"), &json!("kiểm tra"))
    );
    assert_eq!(view["records"], json!([item]));
}

#[test]
fn hostile_names_and_words_stay_words() {
    let desk = Desk::of(office());
    let name = "<img src=x onerror=alert(1)>\"'&.tif";
    let item = drop_waiting(
        &desk,
        name,
        &pages(&[1]),
        "pages = 9\ntitle = \"<script>alert(2)</script>\"\n",
    );
    let mut registrar = desk.signed_in("registrar");
    let hostile = "\"><svg onload=alert(3)>";
    let refused = decide(
        &mut registrar,
        &item,
        &[
            ("decision", "accept"),
            ("dossier", hostile),
            ("kind", hostile),
        ],
    );
    let pages = [
        registrar.get("/worklist").text(),
        registrar.get(&format!("/worklist/{item}")).text(),
        registrar
            .get(&format!("/worklist/{item}?page={}", "%22%3E%3Cscript%3E"))
            .text(),
        refused.text(),
    ];
    for page in &pages {
        for raw in ["<img src=x", "<script", "<svg onload", "onload=alert(3)>"] {
            assert!(!page.contains(raw), "{raw}: {page}");
        }
    }
    assert!(pages[0].contains("&lt;img src=x"), "{}", pages[0]);
}

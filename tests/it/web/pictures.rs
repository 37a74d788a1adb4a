//! Pictures of archived pages, small and large.

use std::fs;

use super::Desk;
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";

/// The addresses of the pictures on a page.
fn pictures(page: &str) -> Vec<String> {
    let sources = page.split("<img").skip(1);
    let sources = sources.filter_map(|rest| rest.split("src=\"").nth(1)?.split('"').next());
    sources.map(str::to_owned).collect()
}

#[test]
fn papers_show_their_pages_small_and_a_card_only_to_whom_it_may() {
    let office = Office::new();
    for (number, kind) in [(1, "khai-sinh"), (2, "cccd")] {
        let scan = office.at(&format!("{number}.jpg"));
        fs::write(&scan, jpeg_page(number)).expect("written");
        office.archive(&scan, &["--citizen", CITIZEN, "--kind", kind]);
    }
    let desk = Desk::of(office);
    let mut officer = desk.signed_in("officer");
    let (_, person) = officer.look_up(CITIZEN, "thử nghiệm");
    let shown = pictures(&person.text());
    let [own] = shown.as_slice() else {
        panic!("of two papers one is a card: {shown:?}");
    };
    let before = desk.events().len();
    let small = officer.get(own);
    assert_eq!(
        (small.status, small.header("cache-control")),
        (200, Some("no-store"))
    );
    let picture = image::load_from_memory(&small.body).expect("a picture");
    assert!(picture.width().max(picture.height()) <= 240);
    let large = own.trim_end_matches("?size=small");
    let picture = officer.get(large).body;
    let picture = image::load_from_memory(&picture).expect("a picture");
    assert!((241..=1200).contains(&picture.width().max(picture.height())));
    assert_eq!(
        desk.events().len(),
        before,
        "part of the view of the person"
    );
    assert_eq!(
        officer.get(&large.replace("pages/1", "pages/2")).status,
        404
    );

    let mut registrar = desk.signed_in("registrar");
    let (_, person) = registrar.look_up(CITIZEN, "thử nghiệm");
    let both = pictures(&person.text());
    assert_eq!(both.len(), 2);
    let records = |place: &str| place.split('/').nth(4).expect("a record").to_owned();
    let card = both
        .iter()
        .find(|it| records(it) != records(own))
        .expect("the card");
    assert_eq!(registrar.get(card).status, 200);
    let as_officer = own.replace(&records(own), &records(card));
    assert_eq!(officer.get(&as_officer).status, 403);

    assert_eq!(
        officer
            .get(&own.replace("/look-ups/", "/look-ups/x"))
            .status,
        404
    );
    assert_eq!(desk.daemon.stop(), 0);
}

#[test]
fn a_damaged_scan_has_no_picture() {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    office.archive(&scan, &["--citizen", CITIZEN, "--kind", "khai-sinh"]);
    let original = office.files("archive");
    let original = original
        .iter()
        .find(|it| it.contains("original/"))
        .expect("an original");
    let original = office.at("archive").join(original);
    let mut bytes = fs::read(&original).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&original, bytes).expect("written");
    let desk = Desk::of(office);
    let mut officer = desk.signed_in("officer");
    let (_, person) = officer.look_up(CITIZEN, "thử nghiệm");
    let answer = officer.get(&pictures(&person.text())[0]);
    assert_eq!(answer.status, 500);
    assert!(
        answer.text().contains("không còn nguyên vẹn"),
        "{}",
        answer.text()
    );
}

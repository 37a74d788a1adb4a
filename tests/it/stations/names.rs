//! Names: of two stations alike, and of every kind that a file system takes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use super::{STATION, archived_names, nothing_is_left, quick_office};
use crate::office::jpeg_page;

#[test]
fn one_name_at_two_stations_is_two_papers() {
    let office = quick_office();
    let daemon = office.start(&[]);
    for (station, number) in [("quay-01", 1), ("quay-02", 2)] {
        office.drop_scan(station, "Scan0001.jpg", &jpeg_page(number));
    }
    for station in ["quay-01", "quay-02"] {
        let receipt = office
            .at("outbox")
            .join(station)
            .join("Scan0001.jpg.OK.txt");
        office.wait_until(station, || receipt.exists());
    }
    assert_eq!(daemon.stop(), 0);
    assert_eq!(archived_names(&office), ["Scan0001.jpg", "Scan0001.jpg"]);
    assert_eq!(office.assert_verified(), 2);
    nothing_is_left(&office);
}

#[test]
fn every_name_that_a_file_system_takes_is_answered() {
    let office = quick_office();
    let long = "d".repeat(251) + ".jpg";
    let other = "d".repeat(250) + "e.jpg";
    let names: [&[u8]; 13] = [
        "Tờ khai.jpg".as_bytes(),
        "To\u{31b}\u{300} khai.jpg".as_bytes(),
        b"scan.jpg",
        b"SCAN.JPG",
        b"two\nlines.jpg",
        b"tab\t and \x1b[31m colour.jpg",
        b"\xFF\xFE.jpg",
        b"\xFF\xFD.jpg",
        "\u{202e}gpj.nacs.jpg".as_bytes(),
        b"-rf *.jpg",
        b"100% \"sure\" $(reboot).jpg",
        long.as_bytes(),
        other.as_bytes(),
    ];
    for (number, name) in (0_u32..).zip(names) {
        let path = office
            .at("inbox")
            .join(STATION)
            .join(OsStr::from_bytes(name));
        fs::write(path, jpeg_page(number)).expect("written");
    }
    let daemon = office.start(&[]);
    office.wait_until("all receipts", || {
        let files = office.files("outbox");
        files
            .iter()
            .filter(|name| name.ends_with(".OK.txt"))
            .count()
            == names.len()
    });
    assert_eq!(daemon.stop(), 0);
    let shown: BTreeSet<String> = archived_names(&office).into_iter().collect();
    // The two that are no text look alike; the archive has both all the same.
    assert_eq!(shown.len(), names.len() - 1, "{shown:?}");
    assert_eq!(office.assert_verified(), names.len() as u64);
    nothing_is_left(&office);
    let log = office.log();
    assert!(
        !log.contains("lines.jpg") && !log.contains('\u{1b}'),
        "{log}"
    );
    for receipt in office.files("outbox") {
        assert!(!receipt.chars().any(char::is_control), "{receipt:?}");
    }
}

#[test]
fn a_slip_in_another_spelling_is_its_scans() {
    let office = quick_office();
    let daemon = office.start(&[]);
    let slip = b"citizen = \"079203000001\"\n";
    office.drop_scan(STATION, "SCAN7.JPG.phieu.toml", slip);
    office.drop_scan(STATION, "scan7.jpg", &jpeg_page(7));
    office.drop_scan(STATION, "to\u{31b}\u{300}.jpg.phieu.toml", slip);
    office.drop_scan(STATION, "tờ.jpg", &jpeg_page(8));
    office.wait_until("both receipts", || office.receipts(".OK.txt") == 2);
    assert_eq!(daemon.stop(), 0);
    let (_, found) = office.json(&["find", "--citizen", "079203000001"]);
    assert_eq!(found.len(), 2);
    nothing_is_left(&office);
}

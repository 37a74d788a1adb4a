//! Those who write: in place and with pauses, under one name and then another, twice, or not to the end.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::time::Duration;

use super::{STATION, archived_names, nothing_is_left, quick_office};
use crate::judge::say_skipped;
use crate::office::{Office, jpeg_page};

fn wait_for_start(office: &Office) {
    office.wait_until("the daemon to watch", || {
        office.log().contains("watching the inbox")
    });
}

/// The archived original of the only record.
fn the_original(office: &Office) -> Vec<u8> {
    let files = office.files("archive");
    let mut originals = files.iter().filter(|name| name.contains("/original/"));
    let path = originals.next().expect("an original");
    assert_eq!(originals.next(), None, "one record, one file");
    fs::read(office.at("archive").join(path)).expect("read")
}

/// How long a writer pauses: for minutes where there is time (`SOHOA_SLOW=1`).
fn pause() -> Duration {
    match std::env::var_os("SOHOA_SLOW") {
        Some(_) => Duration::from_secs(150),
        None => Duration::from_secs(2),
    }
}

#[test]
fn a_file_held_open_is_taken_when_it_is_closed_and_as_it_is_then() {
    let office = quick_office();
    let daemon = office.start(&[]);
    wait_for_start(&office);
    let (first, second) = (jpeg_page(1), jpeg_page(2));
    let path = office.at("inbox/quay-01/pages.jpg");
    let mut file = File::create(&path).expect("created");
    file.write_all(&first).expect("written");
    // Whole as it looks, and still for much longer than the settle time.
    std::thread::sleep(pause());
    assert!(
        path.exists(),
        "taken from under its writer\n{}",
        office.log()
    );
    file.rewind().expect("rewound");
    file.set_len(0).expect("emptied");
    file.write_all(&second).expect("written");
    std::thread::sleep(Duration::from_millis(700));
    assert!(
        path.exists(),
        "taken from under its writer\n{}",
        office.log()
    );
    drop(file);
    office.wait_until("the receipt", || office.receipts(".OK.txt") == 1);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(the_original(&office), second);
    assert_eq!(office.assert_verified(), 1);
    nothing_is_left(&office);
}

#[test]
fn a_writer_that_pauses_in_the_middle_loses_nothing() {
    let office = quick_office();
    let daemon = office.start(&[]);
    wait_for_start(&office);
    let page = jpeg_page(3);
    let mut file = File::create(office.at("inbox/quay-01/slow.jpg")).expect("created");
    let (half, rest) = page.split_at(page.len() / 2);
    file.write_all(half).expect("written");
    std::thread::sleep(pause());
    file.write_all(rest).expect("written");
    drop(file);
    office.wait_until("the receipt", || office.receipts(".OK.txt") == 1);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(the_original(&office), page);
    assert_eq!(
        (office.receipts(".LOI.txt"), office.assert_verified()),
        (0, 1)
    );
}

#[test]
fn what_changes_after_it_was_taken_is_a_paper_of_its_own() {
    let office = quick_office();
    let daemon = office.start(&[]);
    for number in [4, 5, 4] {
        let path = office.at("inbox/quay-01/again.jpg");
        fs::write(&path, jpeg_page(number)).expect("written");
        office.wait_until("it is taken", || !path.exists());
    }
    office.wait_until("both are archived", || {
        archived_names(&office) == ["again.jpg", "again.jpg"]
    });
    office.wait_until("the third is known", || {
        office.log().contains("already held")
    });
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.assert_verified(), 2, "the third is the first");
    nothing_is_left(&office);
}

#[test]
fn names_given_late_and_files_taken_away_disturb_nobody() {
    let office = quick_office();
    let mut daemon = office.start(&[]);
    wait_for_start(&office);
    let at = |name: &str| office.at("inbox").join(STATION).join(name);
    for number in 0..24_u32 {
        fs::write(at("vanishing.jpg"), jpeg_page(1000 + number)).expect("written");
        let (early, late) = (
            format!("early-{number:02}.jpg"),
            format!("late-{number:02}.jpg"),
        );
        fs::write(at(&early), jpeg_page(number)).expect("written");
        // Some before they settle, some while they are claimed, some after.
        std::thread::sleep(Duration::from_millis(u64::from(number) * 17 % 230));
        // Gone, if the daemon was faster.
        let _named = fs::rename(at(&early), at(&late));
        let _taken_away = fs::remove_file(at("vanishing.jpg"));
    }
    office.wait_until("all are answered", || {
        let is_one = |name: &String| name.starts_with("early") || name.starts_with("late");
        archived_names(&office)
            .iter()
            .filter(|name| is_one(name))
            .count()
            == 24
    });
    assert!(daemon.is_alive());
    assert_eq!(daemon.stop(), 0);
    let names = archived_names(&office);
    for number in 0..24 {
        let same = names
            .iter()
            .filter(|name| name.ends_with(&format!("-{number:02}.jpg")));
        assert_eq!(
            same.count(),
            1,
            "{number} once, under either name: {names:?}"
        );
    }
    assert_eq!(
        office.receipts(".LOI.txt"),
        0,
        "{:?}",
        office.files("outbox")
    );
    office.assert_verified();
    nothing_is_left(&office);
}

#[test]
fn a_clock_that_jumps_makes_nothing_wait_for_it_and_nothing_twice() {
    let test = "a_clock_that_jumps_makes_nothing_wait_for_it_and_nothing_twice";
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    if !fs::exists(library).unwrap_or(false) {
        return say_skipped(test, "no libfaketime");
    }
    let office = quick_office();
    let clock = office.at("clock");
    fs::write(&clock, "+0").expect("written");
    let daemon = office.start_with(&[], |command| {
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &clock)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    });
    // The demo's certificate is good for the days between.
    for (number, jump) in (0_u32..).zip(["+0", "+20d", "+1h", "+0", "-40s", "+3d", "+0"]) {
        fs::write(&clock, jump).expect("written");
        office.drop_scan(STATION, &format!("{number}.jpg"), &jpeg_page(number));
        let expected = usize::try_from(number).expect("fits") + 1;
        office.wait_until(jump, || office.receipts(".OK.txt") == expected);
    }
    // One that was dropped before: known, however its day compares with today's.
    office.drop_scan(STATION, "once-more.jpg", &jpeg_page(1));
    office.wait_until("the eighth receipt", || office.receipts(".OK.txt") == 8);
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.assert_verified(), 7);
    nothing_is_left(&office);
}

//! The log through its public face.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::bulk::alarms;
use super::event::NAMED_MAX;
use super::*;
use crate::durable;
use crate::record::{CitizenId, Explain, Lang, RecordId};

const CITIZEN: &str = "079203000001";
const DAY: &str = "access/2026-11/2026-11-23.jsonl";

fn event(number: u8, at: &str) -> Event {
    let at: Timestamp = at.parse().expect("a time");
    let person = Person {
        by: "Nguyễn Văn Thử".to_owned(),
        account: "thu".to_owned(),
        from: "cli@test".to_owned(),
    };
    let millis = at.as_millisecond().unsigned_abs();
    let id = RecordId::new_v7(millis, &[number; 10]);
    let mut event = Event::new(id, at, EventKind::View, person, Purpose::default());
    event.citizens = vec![citizen(1)];
    event
}

fn citizen(number: u32) -> CitizenId {
    format!("079203{number:06}").parse().expect("a number")
}

fn log(folder: &Path) -> AccessLog {
    AccessLog::of(folder, 60)
}

fn all(folder: &Path) -> Vec<Event> {
    let all = events(folder, Reading::default());
    all.map(|event| event.expect("as written")).collect()
}

/// The codes of what cannot be read, and the numbers of what can.
fn read(folder: &Path) -> (Vec<&'static str>, usize) {
    let all: Vec<_> = events(folder, Reading::default()).collect();
    let errors = all.iter().filter_map(|it| it.as_ref().err());
    let codes: Vec<_> = errors.map(Explain::code).collect();
    let good = all.len() - codes.len();
    (codes, good)
}

#[test]
fn events_are_kept_in_order_in_private_files_of_their_day() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(all(folder.path()), []);
    // 17:00 UTC is the next day, and here the next month, in Vietnam.
    let kept = [
        event(2, "2026-11-30T16:59:59Z"),
        event(1, "2026-11-30T17:00:00Z"),
        event(3, "2026-11-30T17:00:01Z"),
    ];
    for event in &kept {
        log(folder.path()).keep(event).expect("kept");
    }
    assert_eq!(all(folder.path()), kept);
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder.path().join(FOLDER)).sort_by_file_name() {
        let entry = entry.expect("listed");
        let name = entry.path().to_string_lossy().into_owned();
        assert!(!name.contains(CITIZEN), "{name}");
        if entry.file_type().is_file() {
            let mode = entry.metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}");
            files.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    assert_eq!(files, ["2026-11-30.jsonl", "2026-12-01.jsonl"]);
    let only = Reading {
        from: "2026-12-01".parse().ok(),
        ..Reading::default()
    };
    assert_eq!(events(folder.path(), only).count(), 2);
    let others = Reading {
        citizen: Some(citizen(7)),
        ..Reading::default()
    };
    assert_eq!(events(folder.path(), others).count(), 0);
}

#[test]
fn events_of_the_first_format_are_read_before_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let month = folder.path().join("reuse/2026-11");
    durable::create_folders(&month).expect("made");
    let old = r#"{"format":"sohoa-event/1","event":"019ab000-0000-7000-8000-000000000001","at":"2026-11-20T01:00:00Z","what":"bundle","by":"Thử","from":"cli@test","purpose":{"dossier":"H36.105-261123-0007"},"citizens":["079203000001"],"procedure":"1.001193","records":[],"bundle":"019ab000-0000-7000-8000-000000000002"}"#;
    durable::write_new(&month.join("1.json"), old.as_bytes()).expect("written");
    durable::write_new(&month.join("x.json"), b"{\"by\": 079203000001").expect("written");
    log(folder.path())
        .keep(&event(1, "2026-11-23T01:00:00Z"))
        .expect("kept");
    let read: Vec<_> = events(folder.path(), Reading::default()).collect();
    let first = read[0].as_ref().expect("the old one");
    assert_eq!((first.what, first.account()), (EventKind::Bundle, "Thử"));
    let told = read[1].as_ref().expect_err("damaged");
    assert!(!told.message(Lang::En).contains("0792"), "{told}");
    assert!(read[2].is_ok());
    let december = Reading {
        from: "2026-12-01".parse().ok(),
        ..Reading::default()
    };
    assert_eq!(events(folder.path(), december).count(), 0);
}

#[test]
fn what_was_changed_removed_or_put_in_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 1..=4 {
        log(folder.path())
            .keep(&event(number, "2026-11-23T01:00:00Z"))
            .expect("kept");
    }
    let path = folder.path().join(DAY);
    let written = fs::read_to_string(&path).expect("read");
    let lines: Vec<&str> = written.split_inclusive('\n').collect();
    let spoilt = [
        written.replacen("079203000001", "079203000002", 1),
        [lines[0], lines[2], lines[3]].concat(),
        [lines[1], lines[2], lines[3]].concat(),
        [lines[0], lines[1], lines[1], lines[2], lines[3]].concat(),
        [lines[0], lines[2], lines[1], lines[3]].concat(),
        [lines[0], "{}\n", lines[1]].concat(),
        [lines[0], &"x".repeat(600_000), "\n", lines[1]].concat(),
        [lines[0], "\0\0\n"].concat(),
    ];
    for text in &spoilt {
        fs::write(&path, text).expect("written");
        let (codes, _) = read(folder.path());
        assert!(!codes.is_empty(), "{}", &text[..text.len().min(3000)]);
        assert!(codes.iter().all(|code| *code == "access.flaw"));
    }
    // Behind a spoilt line the log goes on.
    log(folder.path())
        .keep(&event(9, "2026-11-23T02:00:00Z"))
        .expect("kept");
    assert_eq!(read(folder.path()), (vec!["access.flaw"], 2));
}

#[test]
fn a_line_torn_by_a_crash_is_passed_over_and_taken_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(DAY);
    let kept = [1, 2, 3].map(|number| event(number, "2026-11-23T01:00:00Z"));
    log(folder.path()).keep(&kept[0]).expect("kept");
    let one = fs::read(&path).expect("read");
    log(folder.path()).keep(&kept[1]).expect("kept");
    let two = fs::read(&path).expect("read");
    for length in one.len()..two.len() {
        fs::write(&path, &two[..length]).expect("torn");
        assert_eq!(all(folder.path()), kept[..1]);
        log(folder.path()).keep(&kept[2]).expect("kept");
        assert_eq!(all(folder.path()), [kept[0].clone(), kept[2].clone()]);
    }
    fs::write(&path, [&one[..], &[0; 200_000]].concat()).expect("torn");
    log(folder.path()).keep(&kept[2]).expect("kept");
    assert_eq!(all(folder.path()).len(), 2);
    fs::write(&path, &one[..50]).expect("torn");
    log(folder.path()).keep(&kept[2]).expect("kept");
    assert_eq!(all(folder.path()), kept[2..]);
}

#[test]
fn writers_take_turns() {
    let folder = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            let folder = folder.path();
            scope.spawn(move || {
                let log = log(folder);
                for number in 0..25 {
                    let event = event(writer * 25 + number, "2026-11-23T01:00:00Z");
                    log.keep(&event).expect("kept");
                }
            });
        }
    });
    let mut numbers: Vec<_> = all(folder.path()).iter().map(|it| it.event).collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 100);
}

#[test]
fn a_look_at_very_many_is_kept_in_parts_none_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut event = event(1, "2026-11-23T01:00:00Z").asking(&"đ".repeat(10_000));
    let count = 3 * NAMED_MAX + 7;
    event.citizens = (1..).map(citizen).take(count).collect();
    event.records = (1..)
        .map(|number| RecordId::new_v7(number, &[1; 10]))
        .take(2 * NAMED_MAX)
        .collect();
    log(folder.path()).keep(&event).expect("kept");
    let parts = all(folder.path());
    assert_eq!(parts.len(), 4);
    assert!(parts.iter().all(|part| part.event == event.event));
    let named = |of: fn(&Event) -> usize| parts.iter().map(of).sum::<usize>();
    assert_eq!(named(|part| part.citizens.len()), count);
    assert_eq!(named(|part| part.records.len()), 2 * NAMED_MAX);
    let asked = parts[0].query.as_ref().map(|text| text.chars().count());
    assert_eq!(asked, Some(500));
}

/// Looks of one account at one new person each, so many seconds apart.
fn looks(count: u32, seconds: i64) -> Vec<Event> {
    let at: Timestamp = "2026-11-23T01:00:00Z".parse().expect("a time");
    let look = |number: u32| {
        let mut event = event(1, "2026-11-23T01:00:00Z");
        event.at = at + SignedDuration::from_secs(i64::from(number) * seconds);
        event.citizens = vec![citizen(number + 1)];
        event
    };
    (0..count).map(look).collect()
}

#[test]
fn more_persons_than_allowed_within_an_hour_are_one_alarm() {
    assert_eq!(alarms(&looks(60, 10), 60), []);
    assert_eq!(alarms(&looks(300, 61), 60), [], "one a minute, all day");
    let fast = looks(100, 10);
    let found = alarms(&fast, 60);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].account.as_str(), found[0].persons), ("thu", 100));
    assert_eq!((found[0].from, found[0].to), (fast[0].at, fast[99].at));
    let same: Vec<Event> = fast
        .iter()
        .map(|it| Event {
            citizens: vec![citizen(1)],
            ..it.clone()
        })
        .collect();
    assert_eq!(alarms(&same, 1), [], "one person, however often");
    let listed: Vec<Event> = fast
        .iter()
        .map(|it| Event {
            listed: it.citizens.clone(),
            citizens: Vec::new(),
            ..it.clone()
        })
        .collect();
    assert_eq!(alarms(&listed, 1), [], "a masked list shows nobody");
    let others: Vec<Event> = (0..)
        .zip(&fast)
        .map(|(number, it)| Event {
            account: Some(format!("account {}", number % 2)),
            ..it.clone()
        })
        .collect();
    assert_eq!(alarms(&others, 60), [], "fifty each");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_file_is_read_and_written_behind(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'"'), any::<u8>()], 0..400)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(DAY);
        durable::create_folders(path.parent().expect("a folder")).expect("made");
        durable::write_new(&path, &bytes).expect("written");
        let before = events(folder.path(), Reading::default()).count();
        prop_assert_eq!(before, bytes.iter().filter(|byte| **byte == b'\n').count());
        let event = event(1, "2026-11-23T01:00:00Z");
        log(folder.path()).keep(&event).expect("kept");
        let last = events(folder.path(), Reading::default()).last().expect("one");
        prop_assert_eq!(last.expect("as written"), event);
    }
}

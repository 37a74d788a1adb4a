//! What is found again: an entry by its time, the checkpoint to prove it in, the newest copy of a witness, and what a
//! crash left.

use jiff::{SignedDuration, Timestamp};

use super::super::*;
use super::{entry, key};

fn at(hours: i64) -> Timestamp {
    let start: Timestamp = "2026-11-23T00:00:00Z".parse().expect("time");
    start + SignedDuration::from_hours(hours)
}

/// A ledger of entries of these hours.
fn made(hours: &[i64]) -> (tempfile::TempDir, Vec<Entry>) {
    let folder = tempfile::tempdir().expect("folder");
    LedgerWriter::create(folder.path(), &key(1).verifier()).expect("created");
    let timed = |(number, hours): (u64, &i64)| Entry {
        time: at(*hours),
        ..entry(number)
    };
    let entries: Vec<Entry> = (0..).zip(hours).map(timed).collect();
    let mut writer = LedgerWriter::open(folder.path()).expect("opens");
    writer.append_all(&entries).expect("appended");
    writer.checkpoint(&[&key(1)]).expect("signed");
    (folder, entries)
}

#[test]
fn an_entry_is_found_by_its_time_and_also_where_clocks_went_wrong() {
    let mut hours: Vec<i64> = (0..1500).collect();
    hours[3] = 40_000;
    hours[1400] = -9;
    hours[700..1000].reverse();
    let (folder, entries) = made(&hours);
    let ledger = Ledger::open(folder.path()).expect("opens");
    for index in [0, 3, 255, 256, 700, 999, 1000, 1400, 1499] {
        let wanted = &entries[index];
        let found = ledger.find_near(wanted.time, |event| *event == wanted.event);
        let found = found.expect("read").expect("found");
        assert_eq!(found.index, index as u64);
        let nowhere = ledger.find_near(wanted.time, |_| false);
        assert_eq!(nowhere.expect("read"), None);
    }
    let (empty, _) = made(&[]);
    let ledger = Ledger::open(empty.path()).expect("opens");
    assert_eq!(ledger.find_near(at(0), |_| true).expect("read"), None);
}

#[test]
fn a_proof_is_made_in_the_newest_tree_that_was_stamped() {
    let (folder, _) = made(&[0, 1]);
    let grow = || {
        let mut writer = LedgerWriter::open(folder.path()).expect("opens");
        writer.append_all(&[entry(9)]).expect("appended");
        writer.checkpoint(&[&key(1)]).expect("signed");
        writer
    };
    grow().keep_token(3, b"token").expect("kept");
    grow();
    let ledger = Ledger::open(folder.path()).expect("opens");
    let size_for = |index| {
        let proof = ledger.prove(index, None).expect("a proof");
        let size = proof.checkpoint.lines().nth(1).expect("a size").to_owned();
        (size, proof.token.is_some())
    };
    assert_eq!(size_for(0), ("3".to_owned(), true));
    assert_eq!(size_for(2), ("3".to_owned(), true));
    assert_eq!(size_for(3), ("4".to_owned(), false), "no other covers it");
}

#[test]
fn a_witness_s_newest_copy_is_known_by_its_name() {
    let place = tempfile::tempdir().expect("folder");
    let origin = key(1).verifier().name().clone();
    let newest = || witness::newest(place.path(), &origin).expect("listed");
    assert_eq!(newest(), None);
    let folder = witness::Witness::Folder(place.path().to_owned());
    for hours in [&[0, 1, 2][..], &[0]] {
        let (ledger, _) = made(hours);
        let signed = Ledger::open(ledger.path()).expect("opens").latest();
        let signed = signed.expect("read").expect("signed");
        folder.keep(&signed, at(0)).expect("kept");
    }
    std::fs::write(place.path().join("another-00000000000000000099.note"), "x").expect("written");
    assert_eq!(newest(), Some(3));
    assert!(witness::newest(&place.path().join("away"), &origin).is_err());
}

#[test]
fn what_a_crash_left_unfinished_is_removed() {
    let (folder, _) = made(&[0, 1]);
    let left =
        ["", "checkpoints", "openings"].map(|it| folder.path().join(it).join(".sohoa-1.part"));
    for path in &left {
        std::fs::write(path, "x").expect("written");
    }
    let mut writer = LedgerWriter::open(folder.path()).expect("opens");
    writer.discard_unfinished().expect("removed");
    assert!(left.iter().all(|path| !path.exists()));
    assert_eq!(writer.head().size, 2);
}

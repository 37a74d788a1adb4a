//! Repair: from what proves good, and from nothing else.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sohoa::ledger::{Event, Ledger};
use sohoa::record::RecordId;

use super::{Kept, copy_tree, flip, forge, remove_object, section, tree};
use crate::judge;
use crate::office::Office;

const DOCUMENT: &str = "v1/content/document.pdf";

/// What `sohoa repair` printed, and how it ended.
fn repair(kept: &Kept) -> (i32, Vec<Value>) {
    kept.office.json(&["repair"])
}

fn summary(lines: &[Value]) -> (u64, u64) {
    let last = lines.last().expect("a summary");
    let count = |name: &str| last[name].as_u64().expect("a count");
    (count("repaired"), count("left"))
}

/// How many entries of the ledger tell of a repair of the record.
pub(crate) fn entered(office: &Office, of: RecordId) -> usize {
    let ledger = Ledger::open(&office.at("ledger")).expect("opens");
    let all = ledger.recorded_from(0).expect("reads");
    let openings = all.filter_map(|it| it.expect("reads").opening);
    openings
        .filter(|it| matches!(it.event(), Event::Repaired { record, .. } if *record == of))
        .count()
}

#[test]
fn what_is_damaged_comes_back_and_the_bad_bytes_are_kept() {
    type Damage = fn(&Kept, RecordId);
    let ways: [(&str, Damage); 9] = [
        ("a bit", |k, r| flip(&k.in_archive(r, DOCUMENT))),
        ("cut", |k, r| {
            fs::write(k.in_archive(r, DOCUMENT), b"%PDF").expect("writes")
        }),
        ("gone", |k, r| {
            fs::remove_file(k.in_archive(r, DOCUMENT)).expect("removes")
        }),
        ("an inventory", |k, r| {
            flip(&k.in_archive(r, "inventory.json"))
        }),
        ("all inventories", |k, r| {
            for part in [
                "inventory.json",
                "v1/inventory.json",
                "inventory.json.sha512",
                "0=ocfl_object_1.1",
            ] {
                fs::remove_file(k.in_archive(r, part)).expect("removes");
            }
        }),
        ("a link", |k, r| {
            let path = k.in_archive(r, DOCUMENT);
            fs::remove_file(&path).expect("removes");
            std::os::unix::fs::symlink("/etc/hostname", path).expect("links");
        }),
        ("a folder in its place", |k, r| {
            let path = k.in_archive(r, DOCUMENT);
            fs::remove_file(&path).expect("removes");
            fs::create_dir(path).expect("makes");
        }),
        ("the whole object", |k, r| {
            remove_object(&k.in_archive(r, ""))
        }),
        ("a consistent forgery", |k, r| forge(&k.in_archive(r, ""))),
    ];
    for (way, damage) in ways {
        let (kept, record) = Kept::with_a_record();
        let before = tree(&kept.office.at("archive"));
        damage(&kept, record);
        let damaged = tree(&kept.office.at("archive"));
        let (code, lines) = kept.office.json(&["repair", "--dry-run"]);
        assert_eq!((code, summary(&lines)), (0, (1, 0)), "{way}: {lines:#?}");
        assert_eq!(
            tree(&kept.office.at("archive")),
            damaged,
            "{way}: only said"
        );
        let (code, lines) = repair(&kept);
        assert_eq!((code, summary(&lines)), (0, (1, 0)), "{way}: {lines:#?}");
        assert_eq!(tree(&kept.office.at("archive")), before, "{way}");
        kept.office.assert_verified();
        assert_eq!(entered(&kept.office, record), 1, "{way}");
        // What was damaged is kept, as it was.
        let aside = lines[0]["aside"].as_str().expect("a place");
        let aside = kept.office.at("quarantine").join(aside);
        let reason: Value =
            serde_json::from_slice(&fs::read(aside.join("reason.json")).expect("reads"))
                .expect("JSON");
        assert_eq!(reason["record"], record.to_string());
        for (path, bytes) in &damaged {
            if before.get(path) != Some(bytes) {
                let inside = Path::new(path)
                    .components()
                    .skip(4)
                    .collect::<std::path::PathBuf>();
                assert_eq!(
                    fs::read(aside.join(&inside)).ok().as_ref(),
                    Some(bytes),
                    "{way}: {path}"
                );
            }
        }
        assert_eq!(
            summary(&repair(&kept).1),
            (0, 0),
            "{way}: nothing is left to do"
        );
        assert_eq!(entered(&kept.office, record), 1, "{way}: once");
    }
}

#[test]
fn a_version_that_was_taken_back_comes_again() {
    let (kept, record) = Kept::with_a_record();
    let object = kept.in_archive(record, "");
    let before = object.with_extension("before");
    copy_tree(&object, &before);
    kept.revise(record, "later");
    kept.replicate();
    let latest = tree(&object);
    fs::remove_dir_all(&object).expect("removes");
    fs::rename(&before, &object).expect("replays the older state");
    let (code, lines) = repair(&kept);
    assert_eq!((code, summary(&lines)), (0, (1, 0)), "{lines:#?}");
    assert_eq!(tree(&object), latest);
    kept.office.assert_verified();
    if judge::ready("a_version_that_was_taken_back_comes_again") {
        assert_eq!(judge::ocfl_root(&kept.office.at("archive")), Ok(1));
    }
}

/// Damages the archive's document, does something to the replica, and expects that nothing is touched.
fn assert_unproven(way: &str, spoil: impl Fn(&Kept, RecordId), damage: impl Fn(&Kept, RecordId)) {
    let (kept, record) = Kept::with_a_record();
    spoil(&kept, record);
    damage(&kept, record);
    let before = (
        tree(&kept.office.at("archive")),
        tree(&kept.replica().join("archive")),
    );
    let (code, lines) = repair(&kept);
    let (repaired, left) = summary(&lines);
    assert!(code == 1 && repaired == 0 && left > 0, "{way}: {lines:#?}");
    let after = (
        tree(&kept.office.at("archive")),
        tree(&kept.replica().join("archive")),
    );
    assert!(before == after, "{way}: something was touched");
    assert_eq!(entered(&kept.office, record), 0, "{way}");
    let (code, _) = kept.office.json(&["verify"]);
    assert_eq!(code, 1, "{way}: and it is still told");
}

#[test]
fn nothing_is_repaired_from_what_is_not_proven() {
    let flip_own = |k: &Kept, r| flip(&k.in_archive(r, DOCUMENT));
    assert_unproven(
        "damaged alike",
        |k, r| flip(&k.in_replica(r, DOCUMENT)),
        flip_own,
    );
    assert_unproven(
        "damaged otherwise",
        |k, r| fs::write(k.in_replica(r, DOCUMENT), b"").expect("writes"),
        flip_own,
    );
    assert_unproven(
        "the object is gone and the copy is forged",
        |k, r| forge(&k.in_replica(r, "")),
        |k, r| remove_object(&k.in_archive(r, "")),
    );
    assert_unproven(
        "both inventories are forged alike",
        |k, r| forge(&k.in_replica(r, "")),
        |k, r| forge(&k.in_archive(r, "")),
    );
    assert_unproven(
        "the replica is away",
        |k, _| {
            let away = k.replica().with_extension("away");
            fs::rename(k.replica(), &away).expect("pulls");
            fs::create_dir_all(k.replica().join("archive")).expect("a mount point");
        },
        flip_own,
    );
}

#[test]
fn an_older_state_of_a_copy_gives_no_newer_inventory() {
    let (kept, record) = Kept::with_a_record();
    let copied = kept.in_replica(record, "");
    let older = copied.with_extension("older");
    copy_tree(&copied, &older);
    kept.revise(record, "later");
    kept.replicate();
    fs::remove_dir_all(&copied).expect("removes");
    fs::rename(&older, &copied).expect("replays");
    // What only the second version has is nowhere else.
    flip(&kept.in_archive(record, "v2/content/note.txt"));
    flip(&kept.in_archive(record, DOCUMENT));
    let (code, lines) = repair(&kept);
    assert_eq!(code, 1, "{lines:#?}");
    let left = lines
        .iter()
        .find(|it| it["status"] == "left" && it["place"] == "archive");
    assert!(
        left.expect("left")["detail"]
            .as_str()
            .expect("text")
            .contains("v2/content/note.txt")
    );
    // The first version's document is proven by itself, in a copy however old.
    let document = |path| fs::read(path).expect("reads");
    assert_eq!(
        document(kept.in_archive(record, DOCUMENT)),
        document(kept.in_replica(record, DOCUMENT))
    );
}

#[test]
fn a_replica_is_mended_from_the_proven_archive_and_another_replica() {
    let (kept, record) = Kept::with_a_record();
    let second = kept.replica().with_extension("second");
    kept.office.configure(|text| text + &section("b", &second));
    assert_eq!(kept.office.json(&["replicate", "b", "--begin"]).0, 0);
    let before = tree(&kept.replica().join("archive"));
    flip(&kept.in_replica(record, DOCUMENT));
    flip(&kept.in_archive(record, "v1/content/record.json"));
    flip(&kept.replica().join("ledger/openings/000"));
    let (code, lines) = repair(&kept);
    assert_eq!((code, summary(&lines)), (0, (3, 0)), "{lines:#?}");
    assert_eq!(tree(&kept.replica().join("archive")), before);
    assert_eq!(tree(&kept.office.at("archive")), before);
    assert_eq!(kept.office.json(&["verify"]).0, 0);
    assert_eq!(entered(&kept.office, record), 1, "of the archive's object");
}

#[test]
fn without_a_leaf_only_content_is_mended_and_only_where_all_agree() {
    // The ledger is damaged, so it vouches for nothing.
    let lose_ledger = |k: &Kept| flip(&k.office.at("ledger/openings/000"));
    let (kept, record) = Kept::with_a_record();
    lose_ledger(&kept);
    flip(&kept.in_archive(record, DOCUMENT));
    let (_, lines) = kept.office.json(&["repair", "--dry-run"]);
    assert_eq!(lines[0]["proof"], "sidecar", "{lines:#?}");
    let (kept, record) = Kept::with_a_record();
    lose_ledger(&kept);
    flip(&kept.in_archive(record, "inventory.json"));
    let (code, lines) = kept.office.json(&["repair", "--dry-run"]);
    assert_eq!(
        (code, &lines[0]["code"]),
        (1, &"repair.unproven".into()),
        "{lines:#?}"
    );
}

#[test]
fn the_index_is_made_anew_only_from_an_archive_that_is_whole() {
    let (kept, _) = Kept::with_a_record();
    let lost = kept.archive(2);
    fs::remove_file(kept.office.at("index.sqlite")).expect("removes");
    let (code, lines) = repair(&kept);
    let last = lines.last().expect("a summary");
    assert_eq!((code, &last["reindexed"]), (0, &2.into()), "{lines:#?}");
    kept.office.assert_verified();
    // Its only copy is gone: the index still knows that there was one.
    remove_object(&kept.in_archive(lost, ""));
    let (code, lines) = repair(&kept);
    let last = lines.last().expect("a summary");
    assert_eq!((code, &last["reindexed"]), (1, &Value::Null), "{lines:#?}");
    let (_, found) = kept.office.json(&["find", "--record", &lost.to_string()]);
    assert_eq!(found.len(), 1);
}

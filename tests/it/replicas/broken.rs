//! A replica broken in one named way each, and exactly the code reported that this means.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sohoa::record::{FindingCode, RecordId, Severity};

use super::{Kept, copy_tree, flip, forge};

type Break = (&'static str, fn(&Kept, RecordId));

fn breaks(code: FindingCode) -> Vec<Break> {
    match code {
        FindingCode::ReplicaDamaged => vec![
            ("a bit of the document", |k, r| {
                flip(&k.in_replica(r, "v1/content/document.pdf"));
            }),
            ("no document", |k, r| {
                remove(&k.in_replica(r, "v1/content/document.pdf"));
            }),
            ("an inventory", |k, r| {
                flip(&k.in_replica(r, "inventory.json"))
            }),
            ("a strange file", |k, r| {
                fs::write(k.in_replica(r, "x"), "").expect("writes");
            }),
            ("the root's declaration", |k, _| {
                remove(&k.replica().join("archive/0=ocfl_1.1"));
            }),
            ("the copy of the ledger", |k, _| {
                flip(&k.replica().join("ledger/openings/000"));
            }),
        ],
        FindingCode::ReplicaDiffers => vec![("a consistent forgery", |k, r| {
            forge(&k.in_replica(r, ""));
        })],
        FindingCode::ReplicaMissing => vec![
            ("no object", |k, r| {
                let tuple = k.in_replica(r, "");
                fs::remove_dir_all(tuple.ancestors().nth(3).expect("tuples")).expect("removes");
            }),
            ("an older state", |k, r| {
                let object = k.in_replica(r, "");
                let before = object.with_extension("before");
                copy_tree(&object, &before);
                k.revise(r, "later");
                assert_eq!(k.replicate()["versions"], 1);
                fs::remove_dir_all(&object).expect("removes");
                fs::rename(&before, &object).expect("replays");
            }),
        ],
        FindingCode::ReplicaLedgerDiffers => vec![("another tree", |k, _| {
            let path = k.replica().join("ledger/tree");
            let text = fs::read_to_string(&path).expect("reads");
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let first = if lines[2].starts_with('A') { "B" } else { "A" };
            lines[2].replace_range(..1, first);
            fs::write(path, lines.join("\n") + "\n").expect("writes");
        })],
        FindingCode::ReplicaForeign => vec![("the marker", |k, _| {
            fs::write(k.replica().join("replica.json"), "{}").expect("writes");
        })],
        FindingCode::ReplicaAway => vec![("pulled out", |k, _| {
            fs::rename(k.replica(), k.replica().with_extension("away")).expect("pulls");
        })],
        FindingCode::ReplicaBehind => vec![("not caught up", |k, _| {
            k.archive(9);
        })],
        _ => Vec::new(),
    }
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("removes");
}

#[test]
fn each_break_of_a_replica_gives_its_code() {
    let whole = Kept::with_a_record();
    let (code, lines) = whole.0.office.json(&["verify"]);
    assert_eq!(code, 0, "{lines:?}");
    let mut tried = 0;
    for &code in FindingCode::ALL {
        for (way, damage) in breaks(code) {
            let (kept, record) = Kept::with_a_record();
            damage(&kept, record);
            let (exit, lines) = kept.office.json(&["verify"]);
            let found: BTreeSet<&str> = lines
                .iter()
                .filter_map(|line| line["code"].as_str())
                .filter(|it| it.starts_with("REPLICA_"))
                .collect();
            assert_eq!(found, BTreeSet::from([code.as_str()]), "{way}: {lines:#?}");
            let is_fault = code.severity() == Severity::Error;
            assert_eq!(exit != 0, is_fault, "{way}: {lines:#?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 13);
}

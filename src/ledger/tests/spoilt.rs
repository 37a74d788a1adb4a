//! Ledgers that were spoilt, rolled back or cut short.

use std::fs;

use super::*;
use crate::ledger::audit::LedgerFinding;
use crate::record::{Explain, Lang};

/// Changes a file of a ledger by hand.
fn spoil(made: &Made, path: &str, change: impl Fn(&mut Vec<u8>)) {
    let path = made.file(path);
    let mut bytes = fs::read(&path).expect("there");
    change(&mut bytes);
    fs::write(&path, bytes).expect("written");
}

fn flip(bytes: &mut [u8]) {
    // Not in the middle, where the length of an entry stands.
    let place = bytes.len() / 2 + 9;
    bytes[place] ^= 1;
}

#[test]
fn each_spoilt_file_is_found_by_its_name() {
    for (path, code) in [
        ("tile/entries/000", "LEDGER_OPENING_DIFFERS"),
        ("tile/entries/001.p/44", "LEDGER_ENTRIES_INVALID"),
        ("tile/0/000", "LEDGER_TILE_DIFFERS"),
        ("tile/0/001.p/44", "LEDGER_TILE_DIFFERS"),
        ("tile/1/000.p/1", "LEDGER_TILE_DIFFERS"),
        ("openings/000", "LEDGER_OPENING"),
        ("checkpoints/00000000000000000300.note", "LEDGER_"),
        ("checkpoint", "LEDGER_"),
    ] {
        let made = Made::of(&[200, 100]);
        spoil(&made, path, |bytes| flip(bytes));
        let codes: Vec<_> = made.audit(&[]).iter().map(LedgerFinding::code).collect();
        assert!(
            codes.iter().any(|found| found.starts_with(code)),
            "{path}: {codes:?}"
        );
        fs::remove_file(made.file(path)).expect("removed");
        let missing = made.audit(&[]);
        // Of checkpoints, the newest: it is what readers are shown.
        assert!(!missing.is_empty(), "{path}");
    }
}

#[test]
fn a_leaf_that_was_changed_everywhere_is_betrayed_by_the_checkpoint() {
    let made = Made::of(&[5]);
    let signed = made.sign();
    // Somebody who may write every file makes the ledger anew, with one event less, and signs it with a stolen key.
    let forged = Made::of(&[4]);
    forged.append(1);
    let copy = |path: &str| fs::copy(forged.file(path), made.file(path)).expect("copied");
    for path in ["tree", "openings/000"] {
        copy(path);
    }
    let error = LedgerWriter::open(made.path())
        .map(|_| ())
        .expect_err("forked");
    assert!(matches!(error, LedgerError::Forked { size: 5 }), "{error}");
    assert!(error.message(Lang::En).contains("does not continue"));
    fs::remove_file(made.file("checkpoints/00000000000000000005.note")).expect("removed");
    for path in ["tile/0/000.p/5", "tile/entries/000.p/5"] {
        fs::remove_file(made.file(path)).expect("removed");
    }
    made.sign();
    assert_eq!(made.audit(&[]), [], "nothing betrays it without a witness");
    let size = 5;
    assert_eq!(
        made.audit(&[signed]),
        [LedgerFinding::RootDiffers {
            size,
            witnessed: true
        }]
    );
}

#[test]
fn a_ledger_from_an_old_copy_signs_nothing() {
    let made = Made::of(&[5]);
    let old = fs::read(made.file("tree")).expect("there");
    made.append(2);
    let witnessed = made.sign();
    fs::write(made.file("tree"), old).expect("written");
    let error = LedgerWriter::open(made.path())
        .map(|_| ())
        .expect_err("rolled back");
    assert!(
        matches!(error, LedgerError::RolledBack { signed: 7, tree: 5 }),
        "{error}"
    );
    let shorter = |witnessed| LedgerFinding::TreeShorter { size: 7, witnessed };
    assert_eq!(made.audit(&[witnessed]), [shorter(false), shorter(true)]);
}

#[test]
fn an_append_that_was_cut_short_is_as_if_it_had_not_been() {
    let made = Made::of(&[200]);
    let tree = fs::read(made.file("tree")).expect("there");
    made.append(700);
    fs::write(made.file("tree"), &tree).expect("the last step did not happen");
    // And the disk has only halves of some files.
    for path in [
        "openings/001",
        "tile/entries/001",
        "tile/0/001",
        "tile/1/000.p/3",
    ] {
        spoil(&made, path, |bytes| bytes.truncate(bytes.len() / 2));
    }
    fs::remove_file(made.file("openings/003")).expect("removed");
    let ledger = made.ledger();
    assert_eq!(ledger.head().expect("head").size, 200);
    assert_eq!(ledger.recorded_from(0).expect("read").count(), 200);
    assert!(ledger.prove(199, Some(inventory(199))).is_ok());
    assert_eq!(made.audit(&[]), []);
    made.append(800);
    made.sign();
    assert_eq!(made.audit(&[]), []);
    for index in [0, 199, 200, 511, 999] {
        let proof = ledger
            .prove(index, Some(inventory(index)))
            .expect("a proof");
        assert!(check(&proof.to_bytes(), &[key(1).verifier()]).is_ok());
    }
}

#[test]
fn a_crash_before_the_newest_checkpoint_is_shown_is_mended() {
    let made = Made::of(&[5]);
    let shown = fs::read(made.file("checkpoint")).expect("there");
    made.append(1);
    let signed = made.sign();
    fs::write(made.file("checkpoint"), shown).expect("written");
    assert_eq!(made.sign(), signed);
    let shown = fs::read(made.file("checkpoint")).expect("there");
    assert_eq!(Checkpoint::parse(&shown), Some(signed));
}

#[test]
fn tiles_are_made_again_from_the_leaves_that_were_signed() {
    let made = Made::of(&[200, 700]);
    made.append(3);
    let trusted = [key(1).verifier()];
    assert_eq!(rebuild(made.path(), &trusted).expect("whole"), 0);
    fs::remove_dir_all(made.file("tile")).expect("removed");
    assert!(LedgerWriter::open(made.path()).is_err());
    // Three full tiles of entries and hashes, one of each that is not full, one above.
    assert_eq!(rebuild(made.path(), &trusted).expect("mended"), 9);
    assert_eq!(made.audit(&[]), []);
    assert!(made.ledger().prove(899, Some(inventory(899))).is_ok());

    let error = rebuild(made.path(), &[key(2).verifier()]).expect_err("signed by nobody known");
    assert!(
        matches!(error, LedgerError::Forked { size: 900 }),
        "{error}"
    );
    spoil(&made, "tile/entries/001", |bytes| flip(bytes));
    spoil(&made, "tile/0/001", |bytes| flip(bytes));
    let error = rebuild(made.path(), &trusted).expect_err("a leaf was changed");
    assert!(
        matches!(error, LedgerError::Forked { size: 900 }),
        "{error}"
    );
}

#[test]
fn writers_take_turns() {
    let made = Made::of(&[]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut writer = made.writer();
                    let number = writer.head().size;
                    writer.append_all(&[entry(number)]).expect("appended");
                }
            });
        }
    });
    made.sign();
    assert_eq!(made.ledger().head().expect("head").size, 20);
    assert_eq!(made.audit(&[]), []);
    assert!(made.ledger().prove(13, Some(inventory(13))).is_ok());
}

#[test]
fn parts_of_a_proof_cannot_be_exchanged() {
    let made = Made::of(&[9]);
    let trusted = [key(1).verifier()];
    let proof = made.ledger().prove(3, Some(inventory(3))).expect("a proof");
    let other = made.ledger().prove(4, Some(inventory(4))).expect("a proof");
    let forged = Made::of(&[9]).ledger().prove(3, None).expect("a proof");
    let spoilt = |change: &dyn Fn(&mut ProofFile)| {
        let mut spoilt = proof.clone();
        change(&mut spoilt);
        check(&spoilt.to_bytes(), &trusted).expect_err("spoilt")
    };
    assert!(check(&proof.to_bytes(), &trusted).is_ok());
    assert_eq!(
        spoilt(&|p| p.opening = other.opening.clone()),
        Flaw::OpeningDiffers
    );
    assert_eq!(
        spoilt(&|p| p.leaf = other.leaf.clone()),
        Flaw::OpeningDiffers
    );
    assert_eq!(
        spoilt(&|p| p.inventory = other.inventory.clone()),
        Flaw::InventoryDiffers
    );
    assert_eq!(spoilt(&|p| p.index = 4), Flaw::NotIncluded);
    assert_eq!(
        spoilt(&|p| p.inclusion = other.inclusion.clone()),
        Flaw::NotIncluded
    );
    assert_eq!(
        spoilt(&|p| p.checkpoint = forged.checkpoint.clone()),
        Flaw::NotIncluded
    );
    let root = forged.checkpoint.lines().nth(2).expect("root").to_owned();
    let ours = proof.checkpoint.lines().nth(2).expect("root");
    let exchanged = forged.clone();
    let mut exchanged_bytes = exchanged;
    exchanged_bytes.checkpoint = proof.checkpoint.replace(ours, &root);
    assert_eq!(
        check(&exchanged_bytes.to_bytes(), &trusted),
        Err(Flaw::SignatureInvalid)
    );
    assert_eq!(
        spoilt(&|p| p.format.push('0')),
        Flaw::Malformed { part: "format" }
    );
    assert_eq!(
        spoilt(&|p| p.token = Some("?".to_owned())),
        Flaw::Malformed { part: "token" }
    );
    assert_eq!(
        spoilt(&|p| p.leaf.push('\n')),
        Flaw::Malformed { part: "leaf" }
    );
    assert_eq!(
        spoilt(&|p| p.opening = p.opening.replace("version 1", "version 01")),
        Flaw::Malformed { part: "opening" }
    );
    for flaw in [Flaw::NotIncluded, Flaw::KeyUnknown] {
        assert_ne!(flaw.message(Lang::Vi), flaw.message(Lang::En));
    }
}

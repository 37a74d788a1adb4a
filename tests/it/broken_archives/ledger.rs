//! A ledger broken in one named way each, and exactly the codes reported that this means.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use sohoa::ledger::{ArchivedVersion, Entry, Event, LedgerKey, LedgerWriter};
use sohoa::record::{FindingCode, Severity, Sha256Digest};

use super::sample::record;
use crate::office::{Office, jpeg_page};

const ENTRIES: &str = "ledger/tile/entries/000.p/3";
const OPENINGS: &str = "ledger/openings/000";

/// An office of three records, each signed off by itself, and a witness.
fn office() -> Office {
    static MADE: OnceLock<Office> = OnceLock::new();
    let make = || {
        let office = Office::new();
        fs::create_dir(office.at("witness")).expect("a folder");
        office.configure(|text| {
            text.replace(
                "[cover_sheets]",
                "[[ledger.witnesses]]\nfolder = \"witness\"\n\n[cover_sheets]",
            )
        });
        for seed in 1..=3 {
            let scan = office.at("scan.jpg");
            fs::write(&scan, jpeg_page(seed)).expect("written");
            office.archive(&scan, &[]);
            let copy = office.at(&format!("ledger.{seed}"));
            copy_tree(&office.at("ledger"), &copy);
        }
        office
    };
    MADE.get_or_init(make).copy()
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status();
    assert!(copied.expect("cp runs").success());
}

fn note(office: &Office, size: u64) -> PathBuf {
    office.at(&format!("ledger/checkpoints/{size:020}.note"))
}

fn edit(path: PathBuf, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(&path).expect("reads");
    let changed = change(text.clone());
    assert_ne!(text, changed, "{}", path.display());
    fs::write(path, changed).expect("writes");
}

fn flip(path: PathBuf, place: usize) {
    let mut bytes = fs::read(&path).expect("reads");
    bytes[place] ^= 1;
    fs::write(path, bytes).expect("writes");
}

fn opening_lines(change: impl FnOnce(&mut Vec<Value>)) -> impl FnOnce(String) -> String {
    |text| {
        let mut lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        change(&mut lines);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn key(office: &Office) -> LedgerKey {
    LedgerKey::open(&office.at("keys/ledger.key")).expect("the key")
}

/// A checkpoint over two other entries, by the office's own key.
fn forged_by_the_key(office: &Office) -> String {
    let place = tempfile::tempdir().expect("a folder");
    LedgerWriter::create(place.path(), &key(office).verifier()).expect("made");
    let mut writer = LedgerWriter::open(place.path()).expect("opens");
    let entry = |number: u8| {
        let version = ArchivedVersion {
            record: record(number),
            version: 1,
            inventory: Sha256Digest::of(&[number]),
            document: Sha256Digest::of(&[number]),
        };
        Entry {
            event: Event::Archived(version),
            time: "2026-11-23T10:15:30Z".parse().expect("a time"),
        }
    };
    writer.append_all(&[entry(1), entry(2)]).expect("appended");
    let forged = writer.checkpoint(&[&key(office)]).expect("signed");
    forged.to_text()
}

type Break = (&'static str, fn(&Office), &'static [&'static str]);

/// The ways to break a ledger for each code of the audit, and all codes that it means.
fn breaks(code: FindingCode) -> Vec<Break> {
    use FindingCode as C;
    match code {
        C::LedgerLost => vec![(
            "the ledger is removed, and its key is not",
            |o| fs::remove_dir_all(o.at("ledger")).expect("removed"),
            &["LEDGER_LOST"],
        )],
        C::LedgerEntriesInvalid => vec![
            (
                "an entry is changed",
                |o| flip(o.at(ENTRIES), 30),
                &["LEDGER_ENTRIES_INVALID"],
            ),
            (
                "a tile of entries is removed",
                |o| fs::remove_file(o.at(ENTRIES)).expect("removed"),
                &["LEDGER_ENTRIES_INVALID"],
            ),
        ],
        C::LedgerOpeningsInvalid => vec![(
            "the openings are cut",
            |o| edit(o.at(OPENINGS), |text| text[..text.len() / 2].to_owned()),
            &["LEDGER_OPENINGS_INVALID"],
        )],
        C::LedgerLeavesLost => vec![(
            "entries and openings are removed",
            |o| {
                fs::remove_dir_all(o.at("ledger/tile/entries")).expect("removed");
                fs::remove_file(o.at(OPENINGS)).expect("removed");
            },
            &["LEDGER_LEAVES_LOST", "LEDGER_OPENINGS_INVALID"],
        )],
        C::LedgerOpeningDiffers => vec![(
            "two entries change what they stand for",
            |o| {
                let swap = |lines: &mut Vec<Value>| {
                    let first = lines[0]["opening"].take();
                    lines[0]["opening"] = lines[1]["opening"].take();
                    lines[1]["opening"] = first;
                };
                edit(o.at(OPENINGS), opening_lines(swap));
            },
            &["LEDGER_OPENING_DIFFERS"],
        )],
        C::LedgerOpeningErased => vec![(
            "what an entry stands for is erased",
            |o| {
                let erase = |lines: &mut Vec<Value>| {
                    lines[1]
                        .as_object_mut()
                        .expect("an object")
                        .remove("opening");
                };
                edit(o.at(OPENINGS), opening_lines(erase));
            },
            &["LEDGER_OPENING_ERASED"],
        )],
        C::LedgerTileDiffers => vec![
            (
                "a hash is changed",
                |o| flip(o.at("ledger/tile/0/000.p/3"), 40),
                &["LEDGER_TILE_DIFFERS"],
            ),
            (
                "a tile of hashes is removed",
                |o| fs::remove_file(o.at("ledger/tile/0/000.p/2")).expect("removed"),
                &["LEDGER_TILE_DIFFERS"],
            ),
        ],
        C::LedgerTreeDiffers => vec![
            (
                "another root is written down",
                |o| {
                    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
                    edit(o.at("ledger/tree"), |text| {
                        let root = text.lines().nth(2).expect("a root").to_owned();
                        text.replace(&root, other)
                    });
                },
                &["LEDGER_TREE_DIFFERS"],
            ),
            (
                "what was written down is no tree",
                |o| fs::write(o.at("ledger/tree"), "x").expect("written"),
                &["LEDGER_TREE_DIFFERS"],
            ),
        ],
        C::LedgerCheckpointInvalid => vec![(
            "a checkpoint is cut",
            |o| edit(note(o, 2), |text| text[..40].to_owned()),
            &["LEDGER_CHECKPOINT_INVALID"],
        )],
        C::LedgerRootDiffers => vec![
            (
                "a witness saw other entries",
                |o| {
                    let name = fs::read_dir(o.at("witness"))
                        .expect("listed")
                        .map(|entry| entry.expect("entry").path())
                        .find(|path| path.to_string_lossy().ends_with("2.note"));
                    fs::write(name.expect("a copy"), forged_by_the_key(o)).expect("written");
                },
                &["LEDGER_ROOT_DIFFERS"],
            ),
            (
                "a forged checkpoint, signed with the stolen key",
                |o| fs::write(note(o, 2), forged_by_the_key(o)).expect("written"),
                &["LEDGER_ROOT_DIFFERS"],
            ),
            (
                "two entries are put in another order",
                |o| {
                    edit(o.at(OPENINGS), opening_lines(|lines| lines.swap(0, 1)));
                    fs::remove_dir_all(o.at("ledger/tile/entries")).expect("removed");
                },
                &[
                    "LEDGER_ENTRIES_INVALID",
                    "LEDGER_ROOT_DIFFERS",
                    "LEDGER_TILE_DIFFERS",
                    "LEDGER_TREE_DIFFERS",
                ],
            ),
        ],
        C::LedgerTreeShorter => vec![(
            "an older ledger is put back, and a record stays",
            |o| {
                fs::remove_dir_all(o.at("ledger")).expect("removed");
                fs::rename(o.at("ledger.2"), o.at("ledger")).expect("put back");
            },
            &["LEDGER_MISSING", "LEDGER_TREE_SHORTER"],
        )],
        C::LedgerSignatureInvalid => vec![(
            "a signature is changed",
            |o| {
                edit(note(o, 3), |text| {
                    let (rest, last) = text.split_at(text.len() - 20);
                    let other = if last.starts_with('A') { 'B' } else { 'A' };
                    format!("{rest}{other}{}", &last[1..])
                });
            },
            &["LEDGER_SIGNATURE_INVALID"],
        )],
        C::LedgerWitnessDiffers => vec![(
            "a witness's copy is none",
            |o| fs::write(o.at("witness/x.note"), "x").expect("written"),
            &["LEDGER_WITNESS_DIFFERS"],
        )],
        C::LedgerKeyUnknown => vec![(
            "another key of the same name",
            |o| {
                let name = key(o).verifier().name().clone();
                let other = LedgerKey::from_seed(name, &[9; 32]).expect("a key");
                let secret = other.to_secret_text();
                fs::write(o.at("keys/ledger.key"), secret.as_bytes()).expect("written");
            },
            &["LEDGER_KEY_UNKNOWN"],
        )],
        C::LedgerUnchecked => vec![
            (
                "a witness is away",
                |o| fs::remove_dir_all(o.at("witness")).expect("removed"),
                &["LEDGER_UNCHECKED"],
            ),
            (
                "the key is gone",
                |o| fs::remove_file(o.at("keys/ledger.key")).expect("removed"),
                &["LEDGER_KEY_UNKNOWN", "LEDGER_UNCHECKED"],
            ),
        ],
        C::ContentChanged
        | C::ContentMissing
        | C::FileUnexpected
        | C::InventoryInvalid
        | C::InventoryChanged
        | C::ObjectInvalid
        | C::RootInvalid
        | C::DescriptionInvalid
        | C::SignatureInvalid
        | C::DocumentInvalid
        | C::ArchiveMissing
        | C::IndexMissing
        | C::IndexDiffers
        | C::RevisionUnfinished
        | C::LedgerMissing
        | C::LedgerDiffers
        | C::VersionMissing
        | C::Unreadable
        | C::ReplicaDamaged
        | C::ReplicaDiffers
        | C::ReplicaMissing
        | C::ReplicaLedgerDiffers
        | C::ReplicaForeign
        | C::ReplicaAway
        | C::ReplicaBehind
        | C::DisposedPresent
        | C::TombstoneMissing
        | C::TombstoneDiffers
        | C::TombstoneForeign
        | C::RetentionDiffers
        | C::RetentionUnentered => Vec::new(),
    }
}

#[test]
fn each_break_of_the_ledger_gives_its_codes_and_no_other() {
    assert_eq!(office().assert_verified(), 3);
    for &code in FindingCode::ALL {
        for (way, damage, expected) in breaks(code) {
            let office = office();
            damage(&office);
            let (exit, lines) = office.json(&["verify"]);
            let found: BTreeSet<&str> = lines.iter().filter_map(|it| it["code"].as_str()).collect();
            let all: BTreeSet<&str> = expected.iter().copied().collect();
            assert_eq!(found, all, "{}: {way}: {lines:#?}", code.as_str());
            assert!(all.contains(code.as_str()), "{way}");
            let verdict = match code.severity() {
                Severity::Error => "failed",
                Severity::Indeterminate | Severity::Notice => "indeterminate",
            };
            let summary = lines.last().expect("a summary");
            assert_eq!((exit, &summary["verdict"]), (1, &verdict.into()), "{way}");
        }
    }
}

#[test]
fn a_ledger_that_was_rolled_back_behind_its_witness_is_not_signed() {
    let office = office();
    fs::remove_dir_all(office.at("ledger")).expect("removed");
    fs::rename(office.at("ledger.2"), office.at("ledger")).expect("put back");
    // The rest of the way back: what was signed since is only with the witness.
    assert_eq!(office.sohoa(&["run", "--once"]).status.code(), Some(0));
    assert!(!note(&office, 3).exists(), "it was not signed");
    let (code, lines) = office.json(&["verify"]);
    let found: BTreeSet<&str> = lines.iter().filter_map(|it| it["code"].as_str()).collect();
    assert_eq!(code, 1);
    assert!(found.contains("LEDGER_TREE_SHORTER"), "{lines:#?}");
}

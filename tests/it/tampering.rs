//! What somebody with write access could do to an office, one way each: `verify` must find and name it, and where a
//! replica is good, `repair` must bring back every byte.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sohoa::ledger::LedgerKey;
use sohoa::record::RecordId;

use crate::replicas::{Kept, copy_tree, flip, forge, remove_object, tree};

const DOCUMENT: &str = "v1/content/document.pdf";
const RECORD: &str = "v1/content/record.json";
const ORIGINAL: &str = "v1/content/original";

/// An office with two records that a replica has, the second in two versions; kept as it was before that.
struct Office {
    kept: Kept,
    first: RecordId,
    second: RecordId,
    /// The office's folder before the second record got its second version.
    earlier: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let kept = Kept::new();
        let (first, second) = (kept.archive(1), kept.archive(2));
        let earlier = tempfile::tempdir().expect("a folder");
        copy_tree(kept.office.path(), &earlier.path().join("office"));
        kept.revise(second, "later");
        let third = kept.archive(3);
        assert_ne!(third, first);
        assert_eq!(kept.replicate()["versions"], 4);
        assert_eq!(kept.office.json(&["reindex"]).0, 0);
        Self {
            kept,
            first,
            second,
            earlier,
        }
    }
}

/// What a way is done to.
struct Victim<'a> {
    kept: Kept,
    of: &'a Office,
}

impl Victim<'_> {
    fn first(&self, path: &str) -> std::path::PathBuf {
        self.kept.in_archive(self.of.first, path)
    }

    fn second(&self, path: &str) -> std::path::PathBuf {
        self.kept.in_archive(self.of.second, path)
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.kept.office.at(path)
    }

    /// As it was before the second record got its second version.
    fn earlier(&self, path: &str) -> std::path::PathBuf {
        self.of.earlier.path().join("office").join(path)
    }

    /// Puts an earlier state of something back.
    fn replay(&self, path: &str) {
        let to = self.at(path);
        if to.is_dir() {
            fs::remove_dir_all(&to).expect("removes");
            copy_tree(&self.earlier(path), &to);
        } else {
            fs::copy(self.earlier(path), to).expect("copies");
        }
    }
}

fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("reads");
    how(&mut bytes);
    fs::write(path, bytes).expect("writes");
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("removes");
}

fn swap(one: &Path, other: &Path) {
    let bytes = fs::read(one).expect("reads");
    fs::copy(other, one).expect("copies");
    fs::write(other, bytes).expect("writes");
}

/// The only file in a folder.
fn only(folder: &Path) -> std::path::PathBuf {
    let entry = fs::read_dir(folder).expect("lists").next();
    entry.expect("a file").expect("a file").path()
}

fn link(path: &Path, to: &str) {
    remove(path);
    std::os::unix::fs::symlink(to, path).expect("links");
}

fn reindex(victim: &Victim<'_>) {
    assert_eq!(victim.kept.office.json(&["reindex"]).0, 0);
}

fn make_fifo(path: &Path) {
    remove(path);
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo runs").success());
}

/// The name, codes of which one must be found, and what is done.
type Way = (&'static str, &'static [&'static str], fn(&Victim<'_>));

/// Against bytes and places of objects: all of it comes back from the replica.
const OBJECTS: &[Way] = &[
    ("first bit", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), |b| b[0] ^= 1)
    }),
    ("last bit", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), |b| *b.last_mut().expect("bytes") ^= 128);
    }),
    ("a bit in the middle", &["CONTENT_CHANGED"], |v| {
        flip(&v.first(DOCUMENT))
    }),
    ("cut in half", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), |b| b.truncate(b.len() / 2));
    }),
    ("cut by one byte", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), |b| b.truncate(b.len() - 1));
    }),
    ("emptied", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), Vec::clear)
    }),
    ("a byte more", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), |b| b.push(b'\n'))
    }),
    ("a block of zeros", &["CONTENT_CHANGED"], |v| {
        change(&v.first(DOCUMENT), |b| b[512..1024].fill(0));
    }),
    ("documents swapped", &["CONTENT_CHANGED"], |v| {
        swap(&v.first(DOCUMENT), &v.second(DOCUMENT));
    }),
    ("another's document", &["CONTENT_CHANGED"], |v| {
        fs::copy(v.second(DOCUMENT), v.first(DOCUMENT)).expect("copies");
    }),
    ("document removed", &["CONTENT_MISSING"], |v| {
        remove(&v.first(DOCUMENT))
    }),
    ("document renamed", &["CONTENT_MISSING"], |v| {
        fs::rename(v.first(DOCUMENT), v.first("v1/content/Document.pdf")).expect("renames");
    }),
    ("document is a link", &["CONTENT_MISSING"], |v| {
        link(&v.first(DOCUMENT), "/etc/hostname")
    }),
    ("document is a link to a copy", &["CONTENT_MISSING"], |v| {
        let copy = v.at("copy.pdf");
        fs::copy(v.first(DOCUMENT), &copy).expect("copies");
        link(&v.first(DOCUMENT), copy.to_str().expect("UTF-8"));
    }),
    ("document is a folder", &["CONTENT_MISSING"], |v| {
        remove(&v.first(DOCUMENT));
        fs::create_dir(v.first(DOCUMENT)).expect("makes");
    }),
    ("document is a pipe", &["CONTENT_MISSING"], |v| {
        make_fifo(&v.first(DOCUMENT))
    }),
    ("description edited", &["CONTENT_CHANGED"], |v| {
        change(&v.first(RECORD), |b| b.push(b' '));
    }),
    ("description removed", &["CONTENT_MISSING"], |v| {
        remove(&v.first(RECORD))
    }),
    ("descriptions swapped", &["CONTENT_CHANGED"], |v| {
        swap(&v.first(RECORD), &v.second(RECORD))
    }),
    ("original changed", &["CONTENT_CHANGED"], |v| {
        flip(&only(&v.first(ORIGINAL)))
    }),
    ("original removed", &["CONTENT_MISSING"], |v| {
        remove(&only(&v.first(ORIGINAL)))
    }),
    (
        "a strange file among the contents",
        &["FILE_UNEXPECTED"],
        |v| {
            fs::write(v.first("v1/content/more.txt"), "x").expect("writes");
        },
    ),
    ("a strange file in the object", &["FILE_UNEXPECTED"], |v| {
        fs::write(v.first("more.txt"), "x").expect("writes");
    }),
    ("a link in the object", &["FILE_UNEXPECTED"], |v| {
        std::os::unix::fs::symlink("/etc", v.first("etc")).expect("links");
    }),
    ("inventory changed", &["INVENTORY_CHANGED"], |v| {
        flip(&v.first("inventory.json"))
    }),
    ("inventory removed", &["INVENTORY_INVALID"], |v| {
        remove(&v.first("inventory.json"))
    }),
    ("sidecar removed", &["INVENTORY_INVALID"], |v| {
        remove(&v.first("inventory.json.sha512"));
    }),
    (
        "sidecar changed",
        &["INVENTORY_CHANGED", "INVENTORY_INVALID"],
        |v| {
            change(&v.first("inventory.json.sha512"), |b| b[0] ^= 1);
        },
    ),
    (
        "inventories swapped",
        &["OBJECT_INVALID", "INVENTORY_INVALID", "CONTENT_MISSING"],
        |v| {
            for file in ["inventory.json", "inventory.json.sha512"] {
                swap(&v.first(file), &v.second(file));
            }
        },
    ),
    (
        "a version's inventory removed",
        &["INVENTORY_INVALID"],
        |v| {
            remove(&v.second("v1/inventory.json"));
        },
    ),
    (
        "a version's inventory changed",
        &["INVENTORY_CHANGED"],
        |v| {
            flip(&v.second("v1/inventory.json"));
        },
    ),
    (
        "a version removed",
        &["INVENTORY_INVALID", "CONTENT_MISSING"],
        |v| {
            fs::remove_dir_all(v.second("v1")).expect("removes");
        },
    ),
    ("declaration removed", &["OBJECT_INVALID"], |v| {
        remove(&v.first("0=ocfl_object_1.1"))
    }),
    ("declaration changed", &["OBJECT_INVALID"], |v| {
        fs::write(v.first("0=ocfl_object_1.1"), "ocfl_object_1.0\n").expect("writes");
    }),
    (
        "a forgery with inventory and sidecar",
        &["LEDGER_DIFFERS"],
        |v| forge(&v.first("")),
    ),
    (
        "the same, and an index that agrees",
        &["LEDGER_DIFFERS"],
        |v| {
            forge(&v.first(""));
            reindex(v);
        },
    ),
    ("object removed", &["ARCHIVE_MISSING"], |v| {
        remove_object(&v.first(""))
    }),
    (
        "object removed with its index row",
        &["VERSION_MISSING"],
        |v| {
            remove_object(&v.first(""));
            reindex(v);
        },
    ),
    ("an older state put back", &["VERSION_MISSING"], |v| {
        let object = v.kept.of(v.of.second, "");
        v.replay(&format!("archive/{}", object.display()));
    }),
    (
        "the same, and an index that agrees",
        &["VERSION_MISSING"],
        |v| {
            let object = v.kept.of(v.of.second, "");
            v.replay(&format!("archive/{}", object.display()));
            reindex(v);
        },
    ),
    ("root declaration removed", &["ROOT_INVALID"], |v| {
        remove(&v.at("archive/0=ocfl_1.1"))
    }),
    ("layout changed", &["ROOT_INVALID"], |v| {
        change(&v.at("archive/ocfl_layout.json"), |b| b.push(b' '));
    }),
    ("index removed", &["INDEX_MISSING"], |v| {
        remove(&v.at("index.sqlite"))
    }),
    (
        "an older index put back",
        &["INDEX_MISSING", "INDEX_DIFFERS"],
        |v| {
            for file in ["index.sqlite-wal", "index.sqlite-shm"] {
                let _ = fs::remove_file(v.at(file));
            }
            v.replay("index.sqlite");
        },
    ),
];

/// What must be told, and is for a person to settle: nothing proves what belongs there, or the ledger is not sound.
const OTHERS: &[Way] = &[
    ("an object in another's place", &["OBJECT_INVALID"], |v| {
        remove_object(&v.first(""));
        copy_tree(&v.second(""), &v.at("copy"));
        fs::create_dir_all(v.first("").parent().expect("tuples")).expect("makes");
        fs::rename(v.at("copy"), v.first("")).expect("renames");
    }),
    (
        "a strange version",
        &["FILE_UNEXPECTED", "OBJECT_INVALID"],
        |v| {
            copy_tree(&v.first("v1"), &v.first("v2"));
        },
    ),
    ("a strange file in the root", &["FILE_UNEXPECTED"], |v| {
        fs::write(v.at("archive/more.txt"), "x").expect("writes");
    }),
    ("a strange folder in the root", &["FILE_UNEXPECTED"], |v| {
        fs::create_dir_all(v.at("archive/more/stuff")).expect("makes");
    }),
    ("a link in the root", &["FILE_UNEXPECTED"], |v| {
        std::os::unix::fs::symlink("/etc", v.at("archive/000")).expect("links");
    }),
    (
        "ledger rolled back",
        &["LEDGER_MISSING", "REPLICA_LEDGER_DIFFERS"],
        |v| v.replay("ledger"),
    ),
    ("ledger removed", &["LEDGER_LOST"], |v| {
        fs::remove_dir_all(v.at("ledger")).expect("removes");
    }),
    (
        "an entry changed",
        &[
            "LEDGER_ENTRIES_INVALID",
            "LEDGER_TREE_DIFFERS",
            "LEDGER_ROOT_DIFFERS",
        ],
        |v| {
            flip(&newest(&v.at("ledger/tile/entries")));
        },
    ),
    ("a hash tile changed", &["LEDGER_TILE_DIFFERS"], |v| {
        flip(&newest(&v.at("ledger/tile/0")))
    }),
    (
        "entries in another order",
        &[
            "LEDGER_TREE_DIFFERS",
            "LEDGER_ROOT_DIFFERS",
            "LEDGER_ENTRIES_INVALID",
        ],
        |v| {
            change(&newest(&v.at("ledger/tile/entries")), |b| reorder(b));
        },
    ),
    (
        "what entries stand for changed",
        &["LEDGER_OPENINGS_INVALID", "LEDGER_OPENING_DIFFERS"],
        |v| {
            flip(&newest(&v.at("ledger/openings")));
        },
    ),
    (
        "what entries stand for removed",
        &["LEDGER_OPENINGS_INVALID", "LEDGER_OPENING_ERASED"],
        |v| {
            remove(&newest(&v.at("ledger/openings")));
        },
    ),
    (
        "a checkpoint changed",
        &[
            "LEDGER_CHECKPOINT_INVALID",
            "LEDGER_SIGNATURE_INVALID",
            "LEDGER_ROOT_DIFFERS",
        ],
        |v| {
            flip(&v.at("ledger/checkpoint"));
        },
    ),
    (
        "a checkpoint of another key",
        &[
            "LEDGER_KEY_UNKNOWN",
            "LEDGER_SIGNATURE_INVALID",
            "LEDGER_CHECKPOINT_INVALID",
        ],
        |v| {
            let path = v.at("keys/ledger.key");
            let name = LedgerKey::open(&path)
                .expect("opens")
                .verifier()
                .name()
                .clone();
            remove(&path);
            let other = LedgerKey::from_seed(name, &[7; 32]).expect("a key");
            other.write_new(&path).expect("written");
        },
    ),
    (
        "the root that was written down",
        &["LEDGER_TREE_DIFFERS", "LEDGER_UNCHECKED"],
        |v| {
            change(&v.at("ledger/tree"), |b| {
                let at = b.len() / 2;
                b[at] = if b[at] == b'A' { b'B' } else { b'A' };
            });
        },
    ),
];

/// The last file below a folder: of tiles, the one that counts.
fn newest(folder: &Path) -> std::path::PathBuf {
    let files = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let files = files
        .map(|it| it.expect("lists"))
        .filter(|it| it.file_type().is_file());
    files.last().expect("a file").into_path()
}

/// Swaps the first two entries of a tile: each has its length, in two bytes, before it.
fn reorder(bytes: &mut [u8]) {
    let entry = |from: usize| {
        let length = u16::from_be_bytes([bytes[from], bytes[from + 1]]);
        from + 2 + usize::from(length)
    };
    let (first, second) = (entry(0), entry(entry(0)));
    bytes[..second].rotate_left(first);
}

/// The codes of what `verify` finds, which must not call the office good.
fn found(kept: &Kept) -> BTreeSet<String> {
    let (code, lines) = kept.office.json(&["verify"]);
    if code == 0 {
        return BTreeSet::new();
    }
    let codes = lines.iter().filter_map(|line| line["code"].as_str());
    codes.map(str::to_owned).collect()
}

/// Does it, and looks for what must be told of it.
fn suffer<'a>(office: &'a Office, (name, codes, how): &Way, wrong: &mut Vec<String>) -> Victim<'a> {
    let victim = Victim {
        kept: office.kept.copy(),
        of: office,
    };
    how(&victim);
    let found = found(&victim.kept);
    if !codes.iter().any(|code| found.contains(*code)) {
        wrong.push(format!("{name}: {found:?}, not {codes:?}"));
    }
    victim
}

#[test]
fn whatever_is_done_to_objects_is_found_named_and_repaired() {
    let office = Office::new();
    let before = tree(&office.kept.office.at("archive"));
    office.kept.office.assert_verified();
    let mut wrong = Vec::new();
    for way in OBJECTS {
        let victim = suffer(&office, way, &mut wrong);
        let (code, lines) = victim.kept.office.json(&["repair"]);
        if code != 0 || tree(&victim.at("archive")) != before {
            wrong.push(format!("{}: not repaired: {lines:?}", way.0));
        }
        let (code, lines) = victim.kept.office.json(&["verify"]);
        if code != 0 {
            wrong.push(format!("{}: found after the repair: {lines:?}", way.0));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(OBJECTS.len() + OTHERS.len() >= 40);
}

#[test]
fn what_only_a_person_can_settle_is_found_and_named() {
    let office = Office::new();
    let mut wrong = Vec::new();
    for way in OTHERS {
        suffer(&office, way, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

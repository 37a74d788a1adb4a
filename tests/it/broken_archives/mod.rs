//! One archive broken in one named way for each finding code, and exactly that code reported.

mod ledger;
pub(crate) mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sohoa::archive::ArchivedObject;
use sohoa::record::{
    Finding, FindingCode, RecordDescription, RecordId, Severity, Sha256Digest, Sha512Digest,
};
use sohoa::verify::{VerifyReport, Vouched, verify};

use sample::{DOCUMENT, SCAN, Sample, description, record};

fn remove(path: &Path) {
    fs::remove_file(path).expect("removes");
}

fn append(path: &Path) {
    let mut bytes = fs::read(path).expect("reads");
    bytes.push(b' ');
    fs::write(path, bytes).expect("writes");
}

type Break = (&'static str, fn(&mut Sample));

/// The ways to break an archive so that exactly this code is found. Adding a code to the vocabulary
/// means adding a way here, or naming who else reports it.
fn breaks(code: FindingCode) -> Vec<Break> {
    match code {
        FindingCode::ContentChanged => vec![
            ("document grows", |s| {
                append(&s.of_first("v1/content/document.pdf"))
            }),
            ("document is cut", |s| {
                fs::write(s.of_first("v1/content/document.pdf"), &DOCUMENT[..9]).expect("writes");
            }),
            ("one bit of a scan", |s| {
                let mut bytes = SCAN.to_vec();
                bytes[4] ^= 1;
                fs::write(s.of_first("v1/content/original/0001.jpg"), bytes).expect("writes");
            }),
            ("description is edited", |s| {
                append(&s.of_first("v1/content/record.json"))
            }),
        ],
        FindingCode::ContentMissing => vec![
            ("no document", |s| {
                remove(&s.of_first("v1/content/document.pdf"))
            }),
            ("no description", |s| {
                remove(&s.of_first("v1/content/record.json"))
            }),
            ("no originals", |s| {
                fs::remove_dir_all(s.of_first("v1/content/original")).expect("removes");
            }),
            ("a link in place of a scan", |s| {
                let scan = s.of_first("v1/content/original/0001.jpg");
                remove(&scan);
                symlink(s.folder.path().join("scan.jpg"), scan).expect("links");
            }),
        ],
        FindingCode::FileUnexpected => vec![
            ("in the content", |s| {
                fs::write(s.of_first("v1/content/x"), "").expect("writes")
            }),
            ("in the object", |s| {
                fs::write(s.of_first("Thumbs.db"), "").expect("writes")
            }),
            ("a second version", |s| {
                fs::create_dir(s.of_first("v2")).expect("makes")
            }),
            ("a second version that is not whole", |s| {
                s.interrupt_revision("a page", true);
                remove(&s.of_first("v2/inventory.json.sha512"));
            }),
            ("an empty folder", |s| {
                fs::create_dir(s.of_first("v1/content/x")).expect("makes")
            }),
            ("in the root", |s| {
                fs::write(s.root().join("x"), "").expect("writes")
            }),
            ("a folder in the root", |s| {
                fs::create_dir(s.root().join("lost+found")).expect("makes")
            }),
            ("an empty tuple", |s| {
                fs::create_dir(s.root().join("abc")).expect("makes")
            }),
            ("in a tuple", |s| {
                let tuple = s.of_first("").parent().map(|folder| folder.join("x"));
                fs::write(tuple.expect("has a parent"), "").expect("writes");
            }),
            ("an extension", |s| {
                fs::create_dir(s.root().join("extensions/x")).expect("makes")
            }),
        ],
        FindingCode::InventoryInvalid => vec![
            ("not JSON", |s| s.rewrite_inventory(|_| "{".to_owned())),
            ("another head", |s| {
                s.rewrite_inventory(|text| text.replace(r#""head": "v1""#, r#""head": "v2""#));
            }),
            ("no sidecar", |s| {
                remove(&s.of_first("inventory.json.sha512"))
            }),
            ("no inventory", |s| remove(&s.of_first("inventory.json"))),
            ("no inventory in the version", |s| {
                remove(&s.of_first("v1/inventory.json"))
            }),
            ("another fixity digest", |s| {
                let digest = Sha256Digest::of(DOCUMENT).to_string();
                s.rewrite_inventory(|text| text.replace(&digest, &"0".repeat(64)));
            }),
        ],
        FindingCode::InventoryChanged => vec![
            ("the object's", |s| append(&s.of_first("inventory.json"))),
            ("the version's", |s| {
                append(&s.of_first("v1/inventory.json"))
            }),
            ("both differ, each with its sidecar", |s| {
                let path = s.of_first("v1/inventory.json");
                append(&path);
                let digest = Sha512Digest::of(&fs::read(path).expect("reads"));
                let sidecar = s.of_first("v1/inventory.json.sha512");
                fs::write(sidecar, format!("{digest} inventory.json\n")).expect("writes");
            }),
        ],
        FindingCode::ObjectInvalid => vec![
            ("no declaration", |s| {
                remove(&s.of_first("0=ocfl_object_1.1"))
            }),
            ("another declaration", |s| {
                append(&s.of_first("0=ocfl_object_1.1"))
            }),
            ("a copy in another place", |s| {
                let place = s.reader().folder_of(record(9));
                fs::create_dir_all(place.parent().expect("parent")).expect("makes");
                s.index.remove(&record(1));
                fs::rename(s.of_first(""), &place).expect("renames");
                fs::remove_dir_all(s.first_tuple()).expect("removes");
            }),
        ],
        FindingCode::RootInvalid => vec![
            ("no declaration", |s| remove(&s.root().join("0=ocfl_1.1"))),
            ("another layout", |s| {
                append(&s.root().join("ocfl_layout.json"))
            }),
            ("no parameters", |s| {
                fs::remove_dir_all(s.root().join("extensions")).expect("removes");
            }),
        ],
        FindingCode::DescriptionInvalid => vec![
            ("of another record", |s| {
                s.add(record(4), &description(record(5)))
            }),
            ("another document", |s| {
                let mut wrong = description(record(4));
                wrong.document_bytes += 1;
                s.add(record(4), &wrong);
            }),
            ("an original that is not there", |s| {
                let mut wrong = description(record(4));
                wrong.originals[1].stored_as = "original/0003.jpg".to_owned();
                s.add(record(4), &wrong);
            }),
            ("another original", |s| {
                let mut wrong = description(record(4));
                wrong.originals[1].sha256 = Sha256Digest::of(b"");
                s.add(record(4), &wrong);
            }),
            ("of another format", |s| {
                let mut wrong = description(record(4));
                wrong.format = "sohoa-record/0".to_owned();
                s.add(record(4), &wrong);
            }),
        ],
        FindingCode::ArchiveMissing => vec![
            ("never archived", |s| {
                s.index.insert(record(4), Sha256Digest::of(DOCUMENT));
            }),
            ("removed", |s| {
                fs::remove_dir_all(s.first_tuple()).expect("removes")
            }),
        ],
        FindingCode::IndexMissing => vec![("never indexed", |s| {
            s.index.remove(&record(1));
        })],
        FindingCode::IndexDiffers => vec![("another digest", |s| {
            s.index.insert(record(1), Sha256Digest::of(b""));
        })],
        FindingCode::Unreadable => vec![
            ("a scan", |s| {
                s.forbid(s.of_first("v1/content/original/0001.jpg"))
            }),
            ("a description", |s| {
                s.forbid(s.of_first("v1/content/record.json"))
            }),
            ("an inventory", |s| s.forbid(s.of_first("inventory.json"))),
            ("a folder of the object", |s| {
                s.forbid(s.of_first("v1/content/original"))
            }),
            ("a version that may be ahead", |s| {
                s.interrupt_revision("a page", true);
                s.forbid(s.of_first("v2"));
            }),
            ("a tuple", |s| s.forbid(s.first_tuple())),
            ("the layout", |s| {
                s.forbid(s.root().join("ocfl_layout.json"))
            }),
        ],
        FindingCode::RevisionUnfinished => vec![
            ("a version ahead", |s| s.interrupt_revision("a page", true)),
            ("a sidecar behind", |s| {
                s.interrupt_revision("a page", false)
            }),
        ],
        FindingCode::LedgerMissing => vec![
            ("a record that was never entered", |s| {
                s.enter_all();
                s.add(record(4), &description(record(4)));
            }),
            ("a version that was never entered", |s| {
                s.enter_all();
                sample::revise(s.archive(), "a page").expect("revised");
            }),
        ],
        FindingCode::LedgerDiffers => vec![
            ("inventory, copy and sidecars of another", |s| {
                s.enter_all();
                s.rewrite_inventory(|text| text.replace("archived", "altered"));
            }),
            ("entered a second time with other content", |s| {
                s.enter_all();
                let facts = s.ledger.as_mut().expect("entered");
                facts.record(record(1), 1, Sha256Digest::of(b""));
            }),
        ],
        FindingCode::VersionMissing => vec![
            ("object and row are deleted", |s| {
                s.enter_all();
                s.index.remove(&record(1));
                fs::remove_dir_all(s.first_tuple()).expect("removes");
            }),
            ("an older version is put back", |s| {
                let own = ["inventory.json", "inventory.json.sha512"].map(|it| s.of_first(it));
                let old = own.clone().map(|path| fs::read(path).expect("reads"));
                sample::revise(s.archive(), "a page").expect("revised");
                s.enter_all();
                fs::remove_dir_all(s.of_first("v2")).expect("removes");
                for (path, bytes) in own.iter().zip(old) {
                    fs::write(path, bytes).expect("writes");
                }
            }),
        ],
        // `disposal` breaks these.
        FindingCode::DisposedPresent
        | FindingCode::TombstoneMissing
        | FindingCode::TombstoneDiffers
        | FindingCode::TombstoneForeign
        | FindingCode::RetentionDiffers
        | FindingCode::RetentionUnentered => Vec::new(),
        // Of the ledger by itself; see `ledger`.
        FindingCode::LedgerLost
        | FindingCode::LedgerEntriesInvalid
        | FindingCode::LedgerOpeningsInvalid
        | FindingCode::LedgerLeavesLost
        | FindingCode::LedgerOpeningDiffers
        | FindingCode::LedgerTileDiffers
        | FindingCode::LedgerTreeDiffers
        | FindingCode::LedgerCheckpointInvalid
        | FindingCode::LedgerRootDiffers
        | FindingCode::LedgerTreeShorter
        | FindingCode::LedgerSignatureInvalid
        | FindingCode::LedgerWitnessDiffers
        | FindingCode::LedgerOpeningErased
        | FindingCode::LedgerKeyUnknown
        | FindingCode::LedgerUnchecked => Vec::new(),
        // Of replicas; see `crate::replicas::broken`.
        FindingCode::ReplicaDamaged
        | FindingCode::ReplicaDiffers
        | FindingCode::ReplicaMissing
        | FindingCode::ReplicaLedgerDiffers
        | FindingCode::ReplicaForeign
        | FindingCode::ReplicaAway
        | FindingCode::ReplicaBehind => Vec::new(),
        // From the caller's check; see `what_the_caller_finds_is_in_the_report`.
        FindingCode::SignatureInvalid | FindingCode::DocumentInvalid => Vec::new(),
    }
}

/// Without the administrator's right to read everything, in this thread and those it starts.
fn as_an_ordinary_user<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let mut sets = rustix::thread::capabilities(None).expect("capabilities");
            sets.effective = rustix::thread::CapabilitySet::empty();
            rustix::thread::set_capabilities(None, sets).expect("gives rights up");
            act()
        });
        thread.join().expect("no panic")
    })
}

fn codes(report: &VerifyReport) -> Vec<FindingCode> {
    let mut codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

#[test]
fn a_good_archive_has_no_finding() {
    let mut sample = Sample::new();
    sample.enter_all();
    let report = sample.verify();
    assert_eq!(report.findings, []);
    assert_eq!(report.worst(), None);
    assert_eq!((report.records_checked, report.files_checked), (3, 3 * 9));
}

#[test]
fn each_break_gives_its_code_and_no_other() {
    for &code in FindingCode::ALL {
        for (way, damage) in breaks(code) {
            let mut sample = Sample::new();
            damage(&mut sample);
            let report = as_an_ordinary_user(|| sample.verify());
            assert_eq!(
                codes(&report),
                [code],
                "{}: {way}: {:#?}",
                code.as_str(),
                report.findings
            );
            assert_eq!(report.worst(), Some(code.severity()));
            let again = as_an_ordinary_user(|| sample.verify());
            assert_eq!(
                again.findings, report.findings,
                "{way}: the order is always the same"
            );
        }
    }
}

#[test]
fn damage_names_the_record_and_hides_nothing_else() {
    let sample = Sample::new();
    fs::write(sample.of_first("inventory.json"), "gone").expect("writes");
    append(
        &sample
            .reader()
            .folder_of(record(2))
            .join("v1/content/document.pdf"),
    );
    let report = sample.verify();
    let of = |wanted: RecordId| -> Vec<_> {
        let mine = report
            .findings
            .iter()
            .filter(|finding| finding.record == Some(wanted));
        mine.map(|finding| finding.code).collect()
    };
    assert_eq!(
        of(record(1)),
        [FindingCode::InventoryChanged],
        "known by its place alone"
    );
    assert_eq!(of(record(2)), [FindingCode::ContentChanged]);
    assert_eq!(report.findings.len(), 2);
    assert_eq!(report.records_checked, 3);
}

#[test]
fn what_the_caller_finds_is_in_the_report() {
    let sample = Sample::new();
    append(&sample.of_first("v1/content/document.pdf"));
    let check = |object: &ArchivedObject, description: &RecordDescription, _: Vouched| {
        assert_eq!(object.record(), description.record);
        vec![Finding {
            code: FindingCode::SignatureInvalid,
            record: Some(object.record()),
            path: None,
            detail: "as asked".to_owned(),
        }]
    };
    let report = sample.verify_with(&check);
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code, finding.record))
        .collect();
    let expected = [
        (FindingCode::SignatureInvalid, Some(record(2))),
        (FindingCode::SignatureInvalid, Some(record(3))),
        (FindingCode::ContentChanged, Some(record(1))),
    ];
    assert_eq!(
        found, expected,
        "a changed document is not asked for its signature"
    );
    assert_eq!(report.worst(), Some(Severity::Error));
}

#[test]
fn a_check_that_panics_stops_nothing() {
    let sample = Sample::new();
    let report = sample.verify_with(&|object, _, _| {
        assert_ne!(object.record(), record(2), "a parser's bug");
        Vec::new()
    });
    assert_eq!(codes(&report), [FindingCode::Unreadable]);
    assert_eq!(report.findings[0].record, Some(record(2)));
    assert_eq!(report.records_checked, 3);
}

#[test]
fn slices_together_find_what_one_run_finds() {
    let mut sample = Sample::new();
    for seed in 10..40 {
        let record = record(seed);
        sample.add(record, &description(record));
        if seed % 3 == 0 {
            append(
                &sample
                    .reader()
                    .folder_of(record)
                    .join("v1/content/document.pdf"),
            );
        } else if seed % 7 == 0 {
            sample.index.remove(&record);
        }
    }
    sample.index.insert(record(99), Sha256Digest::of(b""));
    let whole = sample.verify();
    let mut parts = BTreeMap::new();
    let mut records = 0;
    for number in 1..=5 {
        let slice = format!("{number}/5").parse().expect("slice");
        let report = verify(
            sample.reader(),
            sample.accounts(),
            slice,
            &|_, _, _| Vec::new(),
            1,
        )
        .expect("runs");
        records += report.records_checked;
        for finding in report.findings {
            let key = (finding.path.clone(), finding.code);
            assert!(
                parts.insert(key, finding).is_none(),
                "found in one slice only"
            );
        }
    }
    assert_eq!(records, whole.records_checked);
    assert_eq!(parts.into_values().collect::<Vec<_>>(), whole.findings);
}

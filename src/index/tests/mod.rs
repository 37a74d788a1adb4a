//! The index through its public face.

mod people;
mod speed;
mod words;

use crate::index::test_support::{description, full_name, number};
use crate::index::{Index, IndexError, Query};
use crate::record::*;

const CITIZEN: &str = "079203000001";

/// Records 1 (20 Nov) and 2 (23 Nov in Vietnam) of one citizen, 3 (21 Nov) of nobody known.
fn three_records(folder: &std::path::Path) -> Index {
    let index = Index::open(&folder.join("index.sqlite")).expect("opens");
    let nobodys = description(3, None, "2026-11-21T01:00:00Z");
    for record in [
        description(1, Some(CITIZEN), "2026-11-20T01:00:00Z"),
        // 20:00 UTC on the 22nd is the 23rd in Vietnam.
        description(2, Some(CITIZEN), "2026-11-22T20:00:00Z"),
        nobodys.clone(),
        nobodys,
    ] {
        index.insert(&record, None).expect("inserts");
    }
    index
}

#[track_caller]
fn assert_found(index: &Index, query: Query, expected: &[u8]) {
    let rows = index.find(&query, 100).expect("finds");
    let found: Vec<RecordId> = rows.iter().map(|row| row.record).collect();
    let expected: Vec<RecordId> = expected.iter().copied().map(number).collect();
    assert_eq!(found, expected);
}

#[test]
fn finds_by_every_key_newest_first() {
    let folder = tempfile::tempdir().expect("folder");
    let index = three_records(folder.path());
    let all = Query::default;
    assert_found(
        &index,
        Query {
            citizen: CITIZEN.parse().ok(),
            ..all()
        },
        &[2, 1],
    );
    assert_found(
        &index,
        Query {
            dossier: "H36.105-261123-0007".parse().ok(),
            ..all()
        },
        &[2, 3, 1],
    );
    assert_found(
        &index,
        Query {
            from: "2026-11-23".parse().ok(),
            ..all()
        },
        &[2],
    );
    assert_found(
        &index,
        Query {
            to: "2026-11-20".parse().ok(),
            ..all()
        },
        &[1],
    );
    assert_found(
        &index,
        Query {
            station: "quay-02".parse().ok(),
            ..all()
        },
        &[],
    );
    assert_eq!(index.facts().expect("facts").len(), 3);
    let content = Sha256Digest::of(&[3]);
    let held = index.with_content(&content).expect("answers");
    assert_eq!(held, [number(3)]);
}

#[test]
fn a_damaged_file_is_said_to_be_damaged_and_rebuilt() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("index.sqlite");
    std::fs::write(&path, b"this is not a database, it is a sentence long enough to be read as a header......................").expect("writes");
    assert!(matches!(
        Index::open(&path),
        Err(IndexError::Unusable { .. })
    ));
    let record = description(1, None, "2026-11-20T01:00:00Z");
    let rows = [Ok::<_, IndexError>((record, None))];
    let (index, count) = Index::rebuild(&path, rows.into_iter()).expect("rebuilds");
    assert_eq!((count, index.facts().expect("facts").len()), (1, 1));
    assert!(folder.path().join("index.sqlite.damaged").exists());
}

#[test]
fn a_failing_rebuild_keeps_the_old_rows() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("index.sqlite");
    Index::open(&path)
        .expect("opens")
        .insert(&description(1, None, "2026-11-20T01:00:00Z"), None)
        .expect("inserts");
    let fails = [Err(IndexError::Unusable {
        path: path.clone(),
        reason: "test".to_owned(),
    })];
    assert!(Index::rebuild(&path, fails.into_iter()).is_err());
    assert_eq!(
        Index::open(&path)
            .expect("opens")
            .facts()
            .expect("facts")
            .len(),
        1
    );
}

#[test]
fn an_index_of_another_version_says_so_and_is_rebuilt_in_place() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("index.sqlite");
    let old = rusqlite::Connection::open(&path).expect("opens");
    old.execute_batch(
        "CREATE TABLE record (id TEXT PRIMARY KEY); INSERT INTO record VALUES ('1');
         CREATE VIRTUAL TABLE other USING fts5 (a); PRAGMA user_version = 1;",
    )
    .expect("made");
    let refused = Index::open(&path).err().expect("refuses");
    assert_eq!(refused.code(), "index.other_version");
    assert!(refused.advice(Lang::Vi).contains("sohoa reindex"));
    assert_ne!(refused.message(Lang::Vi), refused.message(Lang::En));

    let fails = [Err(IndexError::NoWords)];
    assert!(Index::rebuild(&path, fails.into_iter()).is_err());
    let kept = old.query_row("SELECT count(*) FROM record", [], |row| row.get(0));
    assert_eq!(kept, Ok(1), "a failing rebuild keeps the old rows");

    let record = description(2, Some(CITIZEN), "2026-11-20T01:00:00Z");
    let rows = [Ok::<_, IndexError>((record, Some("Đất đai".to_owned())))];
    let (index, count) = Index::rebuild(&path, rows.into_iter()).expect("rebuilds");
    assert_eq!(count, 1);
    let query = Query {
        text: Some("dat".to_owned()),
        ..Query::default()
    };
    assert_found(&index, query.clone(), &[2]);
    assert_found(&Index::open(&path).expect("opens"), query, &[2]);
    assert!(!folder.path().join("index.sqlite.damaged").exists());
}

#[test]
fn records_of_one_instant_all_have_a_place() {
    let folder = tempfile::tempdir().expect("folder");
    let index = Index::open(&folder.path().join("index.sqlite")).expect("opens");
    let long_ago = "-009999-01-02T01:59:59Z";
    for id in 0..40 {
        let at = ["2026-11-20T01:00:00Z", long_ago][usize::from(id % 2)];
        index
            .insert(&description(id, None, at), None)
            .expect("inserts");
    }
    assert_eq!(index.facts().expect("facts").len(), 40);
    let newest = index.find(&Query::default(), 20).expect("finds");
    assert!(newest.iter().all(|row| row.archived.starts_with("2026")));
}

#[test]
fn what_waits_is_listed_oldest_first() {
    let folder = tempfile::tempdir().expect("folder");
    let index = Index::open(&folder.path().join("index.sqlite")).expect("opens");
    let page = |reading| PageRecord {
        original: 0,
        original_page: 0,
        width_px: 1,
        height_px: 1,
        dpi_x: 300.0,
        dpi_y: 300.0,
        dpi_source: "file".to_owned(),
        rotation: 0,
        treatment: PageTreatment::PassedThrough,
        treatment_reason: String::new(),
        stream_sha256: Sha256Digest::of(b""),
        reading,
        confidence: None,
        doubts: Vec::new(),
    };
    let candidate = Candidate {
        citizen: CITIZEN.parse().expect("citizen"),
        sources: vec![Source::Ocr],
        confidence: None,
    };
    let mut unread = description(1, Some(CITIZEN), "2026-11-23T01:00:00Z");
    unread.pages = vec![
        page(PageReading::Ok),
        page(PageReading::Pending),
        page(PageReading::Failed),
    ];
    let mut open = description(2, None, "2026-11-21T01:00:00Z");
    open.pages = vec![page(PageReading::LowConfidence), page(PageReading::Blank)];
    open.candidates = vec![candidate];
    let mut fine = description(3, None, "2026-11-22T01:00:00Z");
    fine.pages = vec![page(PageReading::Ok)];
    for record in [&unread, &open, &fine] {
        index.insert(record, None).expect("inserts");
    }
    let waiting = |limit| {
        let rows = index.needing_attention(limit).expect("answers");
        serde_json::to_value(
            rows.into_iter()
                .map(|row| (row.record, row.attention))
                .collect::<Vec<_>>(),
        )
        .expect("serialises")
    };
    let expected = serde_json::json!([
        [number(2), ["pages-low", "identity-open"]],
        [number(1), ["pages-pending", "pages-failed"]],
    ]);
    assert_eq!(waiting(9), expected);
    assert_eq!(waiting(1)[0], expected[0]);

    open.citizen = CITIZEN.parse().ok();
    open.candidates.clear();
    open.pages.truncate(0);
    open.decisions.push(DecisionRecord {
        at: open.archived,
        by: "văn thư".to_owned(),
        decision: Decision::Approve,
    });
    index.insert(&open, None).expect("settled");
    assert_eq!(waiting(9)[0], expected[1]);
}

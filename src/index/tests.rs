use crate::index::{Index, IndexError, Query};
use crate::record::*;

fn description(id: u8, citizen: Option<&str>, archived: &str) -> RecordDescription {
    let digest = Sha256Digest::of(&[id]);
    RecordDescription {
        format: RecordDescription::FORMAT.to_owned(),
        record: RecordId::new_v7(u64::from(id), &[id; 10]),
        archived: archived.parse().expect("time"),
        claimed: archived.parse().expect("time"),
        station: "quay-01".parse().expect("station"),
        profile: "generic".to_owned(),
        citizen: citizen.map(|digits| digits.parse().expect("citizen")),
        citizen_sources: Vec::new(),
        aliases: Vec::new(),
        candidates: Vec::new(),
        dossier: Some("H36.105-261123-0007".parse().expect("dossier")),
        kind: None,
        title: None,
        copy_form: CopyForm::SaoY,
        agency: "UBND xã Mẫu".to_owned(),
        converter: "sohoa".to_owned(),
        conformance: "PDF/A-2b".to_owned(),
        document: "document.pdf".to_owned(),
        document_bytes: 10,
        document_sha256: digest,
        content_sha256: digest,
        originals: Vec::new(),
        pages: Vec::new(),
        left_out: Vec::new(),
        divided_from: None,
        text: None,
        fields: Vec::new(),
        decisions: Vec::new(),
        signatures: Vec::new(),
        remarks: Vec::new(),
    }
}

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
        index.insert(&record).expect("inserts");
    }
    index
}

#[track_caller]
fn assert_found(index: &Index, query: Query, expected: &[u8]) {
    let rows = index.find(&query, 100).expect("finds");
    let found: Vec<RecordId> = rows.iter().map(|row| row.record).collect();
    let expected: Vec<RecordId> = expected
        .iter()
        .map(|id| RecordId::new_v7(u64::from(*id), &[*id; 10]))
        .collect();
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
    assert_eq!(held, [RecordId::new_v7(3, &[3; 10])]);
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
    let rows = [Ok::<_, IndexError>(description(
        1,
        None,
        "2026-11-20T01:00:00Z",
    ))];
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
        .insert(&description(1, None, "2026-11-20T01:00:00Z"))
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

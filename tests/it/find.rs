//! Look-ups through the program, over archive objects made by the library, and after `reindex`.

use serde_json::Value;
use sohoa::archive::{Archive, User};
use sohoa::config::Config;
use sohoa::record::{
    Candidate, CopyForm, Field, FieldName, PageReading, PageRecord, PageTreatment,
    RecordDescription, RecordId, Sha256Digest, Source,
};

use crate::office::Office;

const CITIZEN: &str = "079203000001";
const OTHER: &str = "001203000009";
const CMND: &str = "012345678";

/// A record archived on that day of November 2026, of two pages, one with low confidence.
fn description(id: u8, citizen: Option<&str>) -> RecordDescription {
    let archived = format!("2026-11-{:02}T01:00:00Z", 10 + id);
    let digest = Sha256Digest::of(&[id]);
    let page = |reading| PageRecord {
        original: 0,
        original_page: 0,
        width_px: 10,
        height_px: 10,
        dpi_x: 300.0,
        dpi_y: 300.0,
        dpi_source: "file".to_owned(),
        rotation: 0,
        treatment: PageTreatment::PassedThrough,
        treatment_reason: String::new(),
        stream_sha256: digest,
        reading,
        confidence: None,
        doubts: Vec::new(),
    };
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
        dossier: "H36.105-261123-0007".parse().ok(),
        kind: "khai-sinh".parse().ok(),
        title: None,
        copy_form: CopyForm::SaoY,
        agency: "UBND xã Mẫu".to_owned(),
        converter: "sohoa".to_owned(),
        conformance: "PDF/A-2u".to_owned(),
        document: "document.pdf".to_owned(),
        document_bytes: 1,
        document_sha256: digest,
        content_sha256: digest,
        originals: Vec::new(),
        pages: vec![page(PageReading::Ok), page(PageReading::LowConfidence)],
        left_out: Vec::new(),
        divided_from: Vec::new(),
        text: None,
        fields: Vec::new(),
        decisions: Vec::new(),
        signatures: Vec::new(),
        original_signatures: Vec::new(),
        rendition_of: Vec::new(),
        remarks: Vec::new(),
    }
}

fn named(mut description: RecordDescription, name: &str) -> RecordDescription {
    description.fields.push(Field {
        name: FieldName::FullName,
        value: name.to_owned(),
        source: Source::CardQr,
        page: Some(1),
        place: None,
        confidence: None,
        doubt: None,
    });
    description
}

fn archive(office: &Office, mut description: RecordDescription, pages: &[&str]) {
    let config = Config::load(&office.at("sohoa.toml")).expect("configuration");
    let archive = Archive::open(&config.folders.archive, &config.staging()).expect("opens");
    let mut object = archive.stage(description.record).expect("stages");
    object.write("document.pdf", b"%PDF").expect("written");
    if !pages.is_empty() {
        let text: String = pages.iter().map(|page| format!("{page}\u{c}")).collect();
        object.write("text.txt", text.as_bytes()).expect("written");
        description.text = Some("text.txt".to_owned());
    }
    let json = serde_json::to_vec(&description).expect("serialises");
    object.write("record.json", &json).expect("written");
    let user = User {
        name: "test".to_owned(),
        address: None,
    };
    object
        .commit(description.archived, "archived", &user)
        .expect("commits");
}

/// Records 1 to 4: two of one citizen, of whom one names a former number; one of another citizen
/// with the same former number; one of whom nothing certain is known.
fn office() -> Office {
    let office = Office::new();
    let mut first = named(description(1, Some(CITIZEN)), "Lê Thị Hòa");
    first.aliases = vec![CMND.to_owned()];
    archive(
        &office,
        first,
        &[
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Thửa đất ở thôn Thuý Lĩnh",
        ],
    );
    archive(
        &office,
        named(description(2, Some(CITIZEN)), "LE THI HOA"),
        &[],
    );
    let mut third = description(3, Some(OTHER));
    third.aliases = vec![CMND.to_owned()];
    third.kind = "ket-hon".parse().ok();
    archive(&office, third, &["thua dat o thon thuy linh"]);
    let mut fourth = description(4, None);
    fourth.candidates.push(Candidate {
        citizen: OTHER.parse().expect("citizen"),
        sources: vec![Source::Ocr],
        confidence: None,
    });
    archive(&office, fourth, &["không có gì"]);
    let (code, lines) = office.json(&["reindex"]);
    assert_eq!((code, &lines[0]["records"]), (0, &Value::from(4)));
    office
}

/// The numbers of the records found, in order, and the rows.
fn find(office: &Office, arguments: &[&str]) -> (Vec<u64>, Vec<Value>) {
    let (code, rows) = office.json(&[&["find"], arguments].concat());
    assert_eq!(code, i32::from(rows.is_empty()), "{arguments:?}: {rows:?}");
    let numbers = (1..=4).map(|id: u8| RecordId::new_v7(u64::from(id), &[id; 10]).to_string());
    let numbers: Vec<String> = numbers.collect();
    let found = rows.iter().map(|row| {
        let place = numbers
            .iter()
            .position(|number| row["record"] == number.as_str());
        place.expect("one of the four") as u64 + 1
    });
    (found.collect(), rows)
}

#[test]
fn words_names_and_former_numbers_are_found_from_the_archive_alone() {
    let office = office();
    let looked_up = [
        (vec!["--text", "thôn Thúy Lĩnh"], vec![1, 3]),
        (vec!["--text", "THUY LINH dat"], vec![3, 1]),
        (vec!["--text", "xa\u{303} ho\u{302}\u{323}i đất"], vec![1]),
        (vec!["--name", "Lê Thị Hoà"], vec![1, 2]),
        (vec!["--name", "thi hoa"], vec![2, 1]),
        (vec!["--citizen", CMND], vec![3, 2, 1]),
        (vec!["--citizen", CITIZEN], vec![2, 1]),
        (vec!["--citizen", CMND, "--kind", "ket-hon"], vec![3]),
        (
            vec!["--citizen", CMND, "--text", "dat", "--name", "hoa"],
            vec![1],
        ),
        (
            vec![
                "--text",
                "dat",
                "--to",
                "2026-11-11",
                "--station",
                "quay-01",
            ],
            vec![1],
        ),
        (vec!["--text", "dat\" OR \"khong"], vec![]),
    ];
    let before: Vec<_> = looked_up
        .iter()
        .map(|(arguments, _)| find(&office, arguments))
        .collect();
    for ((arguments, expected), (found, rows)) in looked_up.iter().zip(&before) {
        assert_eq!(found, expected, "{arguments:?}: {rows:#?}");
    }
    let hits = &before[0].1[0]["hits"];
    assert_eq!(hits[0]["page"], 2);
    assert_eq!(hits[0]["snippet"], "Thửa đất ở thôn Thuý Lĩnh");
    assert_eq!(before[3].1[0]["matched_name"], "Lê Thị Hòa");
    for row in &before[5].1 {
        assert_eq!(row["matched_alias"]["citizens"], 2, "{row}");
    }
    let unsettled = &find(&office, &["--text", "không có"]).1[0]["attention"];
    assert_eq!(
        *unsettled,
        serde_json::json!(["pages-low", "identity-open"])
    );

    std::fs::remove_file(office.at("index.sqlite")).expect("thrown away");
    let _none = std::fs::remove_file(office.at("index.sqlite-wal"));
    let _none = std::fs::remove_file(office.at("index.sqlite-shm"));
    assert_eq!(office.json(&["reindex"]).0, 0);
    let after: Vec<_> = looked_up
        .iter()
        .map(|(arguments, _)| find(&office, arguments))
        .collect();
    assert_eq!(after, before);
}

#[test]
fn people_are_told_why_a_record_is_there() {
    let office = office();
    let said = |arguments: &[&str]| {
        let output = office.sohoa(&[&["find"], arguments].concat());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(said(&["--text", "thuý"]).contains("    page 2: Thửa đất ở thôn Thuý Lĩnh\n"));
    assert!(said(&["--name", "hoà"]).contains("    name: Lê Thị Hòa\n"));
    assert!(said(&["--citizen", CMND]).contains("which 2 people have: look whose it is\n"));
}

#[test]
fn a_query_without_words_and_an_index_of_old_are_answered_with_advice() {
    let office = office();
    for arguments in [["--text", "!?"], ["--name", " "]] {
        let (code, lines) = office.json(&[&["find"], &arguments[..]].concat());
        assert_eq!(
            (code, &lines[0]["error"]),
            (2, &Value::from("index.no_words"))
        );
    }
    assert_eq!(office.json(&["find", "--citizen", "1234"]).0, 2);
    assert_eq!(office.json(&["find", "--purpose", "x"]).0, 2, "for what?");

    let of_version = |version| {
        let index = rusqlite::Connection::open(office.at("index.sqlite")).expect("opens");
        index
            .pragma_update(None, "user_version", version)
            .expect("written");
    };
    // What an older program made is made anew, what a newer one made is left alone.
    of_version(1);
    assert_eq!(find(&office, &["--text", "đất"]).0, [1, 3]);
    of_version(1);
    let folder = office.path().to_str().expect("UTF-8");
    assert_eq!(office.json(&["init", folder]).0, 0, "again, by a newer one");
    assert_eq!(find(&office, &["--text", "đất"]).0, [1, 3]);
    of_version(1_000);
    let (code, lines) = office.json(&["find", "--text", "đất"]);
    assert_eq!(
        (code, &lines[0]["error"]),
        (5, &Value::from("index.other_version"))
    );
    assert!(
        lines[0]["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("sohoa reindex"))
    );
    assert_eq!(office.json(&["reindex"]).0, 0);
    assert_eq!(find(&office, &["--text", "đất"]).0, [1, 3]);
}

#[test]
fn a_line_is_understood_and_leafed_through() {
    let office = office();
    let (code, lines) = office.json(&["find", CITIZEN, "--limit", "1"]);
    let (last, rows) = lines.split_last().expect("lines");
    assert_eq!((code, rows.len()), (0, 1), "{lines:#?}");
    assert_eq!(last["understood"]["as"], "number");
    assert_eq!(last["understood"]["value"], "079*******01");
    let next = last["next"].as_str().expect("there is more");
    let (_, more) = office.json(&["find", CITIZEN, "--limit", "1", "--after", next]);
    assert_ne!(more[0]["record"], rows[0]["record"]);
    let text = office.sohoa(&["find", "chữ: đất"]);
    let said = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(said.starts_with("text: đất\n"), "{said}");
    assert_eq!(office.json(&["find", "--after", "1"]).0, 2);
    let searched = office.events();
    assert_eq!(searched[0]["citizens"], serde_json::json!([CITIZEN]));
}

use super::*;
use crate::record::Confidence;
use crate::reuse::checklist::{Doubt, PaperDate};

const CITIZEN: &str = "079203000001";
const OTHER: &str = "079203000002";

fn field(name: FieldName, value: &str, source: Source, page: u32) -> Field {
    Field {
        name,
        value: value.to_owned(),
        source,
        page: Some(page),
        place: None,
        confidence: (source == Source::Ocr).then_some(Confidence(91.0)),
        doubt: None,
    }
}

fn record(of: u8, kind: &str, date: &str, fields: Vec<Field>) -> HeldRecord {
    HeldRecord {
        record: RecordId::new_v7(u64::from(of), &[of; 10]),
        kind: kind.parse().ok(),
        dossier: None,
        title: None,
        archived: "2026-11-23T03:00:00Z".parse().expect("a time"),
        date: PaperDate {
            day: date.parse().expect("a day"),
            source: None,
        },
        citizen_sources: Vec::new(),
        fields,
        doubts: Vec::new(),
    }
}

fn card(of: u8, date: &str, name: &str, address: &str) -> HeldRecord {
    let say = |field_name, value| field(field_name, value, Source::CardQr, 1);
    let fields = vec![
        say(FieldName::CitizenId, CITIZEN),
        say(FieldName::FullName, name),
        say(FieldName::Address, address),
    ];
    record(of, "cccd", date, fields)
}

/// The fields of a marriage (1.000894), which takes names from confirmations of marital status, too.
fn filled(held: &[HeldRecord]) -> Vec<FilledField> {
    let nowhere = tempfile::tempdir().expect("a folder");
    let catalogue = Catalogue::load(nowhere.path()).expect("the shipped one");
    let code = "1.000894".parse().expect("a code");
    let on = "2026-11-23".parse().expect("a day");
    let procedure = catalogue.in_force(&code, on).expect("in force");
    prefill(
        &catalogue,
        procedure,
        &CITIZEN.parse().expect("a number"),
        held,
    )
}

fn of(fields: &[FilledField], name: FieldName) -> Option<&FilledField> {
    fields.iter().find(|field| field.field == name)
}

#[test]
fn the_newest_card_wins_and_what_others_say_is_told() {
    let fields = filled(&[
        card(1, "2016-08-15", "Nguyễn Văn Thử", "Thôn Cũ"),
        card(2, "2024-08-15", "Nguyễn Văn Thử", "Thôn Mới"),
    ]);
    let address = of(&fields, FieldName::Address).expect("an address");
    assert_eq!((address.value.as_str(), address.check), ("Thôn Mới", false));
    assert_eq!(address.others.len(), 1);
    assert_eq!(address.others[0].value, "Thôn Cũ");
    let name = of(&fields, FieldName::FullName).expect("a name");
    assert!(name.others.is_empty(), "{name:?}");
}

#[test]
fn a_card_decides_over_newer_read_text_which_is_to_be_checked() {
    let read = vec![
        field(FieldName::CitizenId, CITIZEN, Source::Ocr, 1),
        field(FieldName::FullName, "Nguyên Văn Thủ", Source::Ocr, 1),
    ];
    let newer = record(3, "hon-nhan", "2026-11-01", read);
    let fields = filled(&[
        newer.clone(),
        card(1, "2016-08-15", "Nguyễn Văn Thử", "Thôn"),
    ]);
    let name = of(&fields, FieldName::FullName).expect("a name");
    assert_eq!(
        (name.value.as_str(), name.source),
        ("Nguyễn Văn Thử", Source::CardQr)
    );
    assert_eq!(name.others[0].value, "Nguyên Văn Thủ");
    let alone = filled(&[newer]);
    assert!(of(&alone, FieldName::FullName).expect("a name").check);
}

#[test]
fn nothing_is_taken_from_a_page_of_somebody_else_or_of_several_people() {
    let others_card = record(
        1,
        "cccd",
        "2021-01-01",
        vec![
            field(FieldName::CitizenId, OTHER, Source::CardQr, 1),
            field(FieldName::FullName, "Trần Thị Khác", Source::CardQr, 1),
        ],
    );
    let of_two = record(
        2,
        "hon-nhan",
        "2021-01-01",
        vec![
            field(FieldName::CitizenId, CITIZEN, Source::Ocr, 1),
            field(FieldName::FullName, "Nguyễn Văn Thử", Source::Ocr, 1),
            field(FieldName::FullName, "Trần Thị Khác", Source::Ocr, 1),
            // Another page does not say whose address it is.
            field(FieldName::Address, "Thôn Khác", Source::Ocr, 2),
        ],
    );
    let both_numbers = record(
        3,
        "hon-nhan",
        "2021-01-01",
        vec![
            field(FieldName::CitizenId, CITIZEN, Source::Ocr, 1),
            field(FieldName::CitizenId, OTHER, Source::Ocr, 1),
            field(FieldName::FullName, "Trần Thị Khác", Source::Ocr, 1),
        ],
    );
    let fields = filled(&[others_card, of_two, both_numbers]);
    assert!(of(&fields, FieldName::FullName).is_none(), "{fields:?}");
    assert!(of(&fields, FieldName::Address).is_none(), "{fields:?}");
}

#[test]
fn other_kinds_and_records_in_doubt_say_nothing() {
    let mut doubted = card(1, "2021-08-15", "Nguyễn Văn Thử", "Thôn");
    doubted.doubts = vec![Doubt::ArchiveDamaged];
    let mut stranger = card(2, "2021-08-15", "Nguyễn Văn Thử", "Thôn");
    stranger.kind = "hoa-don".parse().ok();
    assert_eq!(filled(&[doubted, stranger]), []);
}

#[test]
fn the_number_is_certain_where_a_person_filed_the_paper_under_it() {
    let mut filed = record(1, "cccd", "2021-08-15", Vec::new());
    filed.citizen_sources = vec![Source::Person];
    let fields = filled(&[filed]);
    let number = of(&fields, FieldName::CitizenId).expect("the number");
    assert_eq!(
        (number.value.as_str(), number.source),
        (CITIZEN, Source::Person)
    );
    assert_eq!(fields.len(), 1);
}

use super::*;
use crate::reuse::procedure::Catalogue;

const TABLE: &str = r#"
format = "sohoa-procedures/1"
[identity]
kinds = []
prefills = []
[kinds.cccd]
name = "Thẻ căn cước"
[kinds.cmnd]
name = "CMND"
void_from = "2025-01-01"
[kinds.hon-nhan]
name = "Xác nhận tình trạng hôn nhân"
[kinds.quyet-dinh]
name = "Quyết định"
several = true
[kinds.to-khai]
name = "Tờ khai"
[[procedures]]
code = "1.000894"
name = "Kết hôn"
from = "2025-07-01"
retention = { term = "unsettled", source = "s" }
[[procedures.papers]]
name = "Tờ khai"
kinds = ["to-khai"]
own_dossier = true
[[procedures.papers]]
name = "Giấy tờ tùy thân"
kinds = ["cccd", "cmnd"]
[[procedures.papers]]
name = "Tình trạng hôn nhân"
kinds = ["hon-nhan"]
valid_days = 180
[[procedures.papers]]
name = "Quyết định"
kinds = ["quyet-dinh"]
count = 2
optional = true
"#;

fn catalogue() -> Catalogue {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("procedures.toml"), TABLE).expect("written");
    Catalogue::load(folder.path()).expect("sound")
}

fn number(of: u8) -> RecordId {
    RecordId::new_v7(u64::from(of), &[of; 10])
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A record of a kind, by the date on the paper, or (without) by the day on which it was archived.
fn record(of: u8, kind: &str, paper: Option<&str>, archived: &str) -> HeldRecord {
    HeldRecord {
        record: number(of),
        kind: kind.parse().ok(),
        dossier: None,
        title: None,
        archived: format!("{archived}T03:00:00Z").parse().expect("a time"),
        date: PaperDate {
            day: day(paper.unwrap_or(archived)),
            source: paper.map(|_| Source::Ocr),
        },
        citizen_sources: vec![Source::Slip],
        fields: Vec::new(),
        doubts: Vec::new(),
    }
}

fn from_dossier(held: HeldRecord, code: &str) -> HeldRecord {
    HeldRecord {
        dossier: code.parse().ok(),
        ..held
    }
}

/// State and standings of the paper at this place.
fn of_paper(
    at: usize,
    held: &[HeldRecord],
    dossier: Option<&str>,
) -> (PaperState, Vec<(RecordId, Standing)>) {
    let catalogue = catalogue();
    let code = "1.000894".parse().expect("a code");
    let on = day("2026-11-23");
    let procedure = catalogue.in_force(&code, on).expect("in force");
    let dossier = dossier.map(|code| code.parse().expect("a dossier"));
    let list = checklist(&catalogue, procedure, held, dossier.as_ref(), on);
    let item = &list.items[at];
    let records = item
        .records
        .iter()
        .map(|it| (it.held.record, it.standing.clone()));
    (item.state, records.collect())
}

#[test]
fn nothing_held_is_missing_and_a_good_paper_is_held() {
    assert_eq!(of_paper(1, &[], None), (PaperState::Missing, vec![]));
    let held = [record(1, "cccd", Some("2021-08-15"), "2026-01-01")];
    let valid = vec![(number(1), Standing::Valid)];
    assert_eq!(of_paper(1, &held, None), (PaperState::Held, valid));
}

#[test]
fn the_newest_by_the_date_on_the_paper_counts_not_the_newest_scan() {
    let held = [
        record(1, "cccd", Some("2024-08-15"), "2026-01-01"),
        record(2, "cccd", Some("2016-08-15"), "2026-10-01"),
    ];
    let expected = vec![
        (number(1), Standing::Valid),
        (number(2), Standing::Superseded { by: number(1) }),
    ];
    assert_eq!(of_paper(1, &held, None), (PaperState::Held, expected));
}

#[test]
fn two_sides_that_came_with_one_dossier_are_one_paper() {
    let dossier = "H36.105-261123-0007";
    let held = [
        from_dossier(record(1, "cccd", Some("2021-08-15"), "2026-11-23"), dossier),
        from_dossier(record(2, "cccd", None, "2026-11-23"), dossier),
        record(3, "cccd", Some("2022-01-01"), "2022-02-02"),
    ];
    let (state, records) = of_paper(1, &held, None);
    assert_eq!(state, PaperState::Held);
    let both = Standing::Superseded { by: number(3) };
    assert_eq!(records[0], (number(3), Standing::Valid));
    assert!(
        records[1..].iter().all(|(_, standing)| *standing == both),
        "{records:?}"
    );
    let (state, records) = of_paper(1, &held[..2], None);
    assert!(
        records
            .iter()
            .all(|(_, standing)| *standing == Standing::Valid),
        "{records:?}"
    );
    assert_eq!((state, records.len()), (PaperState::Held, 2));
}

#[test]
fn validity_ends_after_its_last_day() {
    // 180 days before 2026-11-23.
    for (issued, standing) in [
        ("2026-05-27", Standing::Valid),
        (
            "2026-05-26",
            Standing::Expired {
                last: day("2026-11-22"),
            },
        ),
    ] {
        let held = [record(1, "hon-nhan", Some(issued), "2026-06-01")];
        let state = match standing {
            Standing::Valid => PaperState::Held,
            _ => PaperState::NotUsable,
        };
        assert_eq!(
            of_paper(2, &held, None),
            (state, vec![(number(1), standing)]),
            "{issued}"
        );
    }
}

#[test]
fn a_void_kind_neither_counts_nor_supersedes() {
    let held = [
        record(1, "cccd", Some("2021-08-15"), "2026-01-01"),
        record(2, "cmnd", Some("2022-08-15"), "2026-10-01"),
    ];
    let void = Standing::Void {
        from: day("2025-01-01"),
    };
    let (state, records) = of_paper(1, &held, None);
    assert_eq!(state, PaperState::Held);
    assert_eq!(records, [(number(2), void), (number(1), Standing::Valid)]);
    assert_eq!(of_paper(1, &held[1..], None).0, PaperState::NotUsable);
}

#[test]
fn a_newest_paper_in_doubt_does_not_bring_the_older_one_back() {
    let doubts = vec![Doubt::SignatureInvalid];
    let newest = HeldRecord {
        doubts: doubts.clone(),
        ..record(1, "cccd", Some("2024-08-15"), "2026-01-01")
    };
    let older = record(2, "cccd", Some("2016-08-15"), "2026-10-01");
    let (state, records) = of_paper(1, &[newest.clone(), older.clone()], None);
    assert_eq!(state, PaperState::NotUsable);
    assert_eq!(records[0], (number(1), Standing::InDoubt(doubts)));
    assert_eq!(records[1].1, Standing::Superseded { by: number(1) });
    // One that may be another citizen's says nothing about this one's.
    let somebodys = HeldRecord {
        doubts: vec![Doubt::IdentityOpen],
        ..newest
    };
    assert_eq!(of_paper(1, &[somebodys, older], None).0, PaperState::Held);
}

#[test]
fn a_declaration_counts_for_its_own_dossier_only() {
    let (own, other) = ("H36.105-261123-0007", "H36.105-261123-0008");
    let held = [from_dossier(record(1, "to-khai", None, "2026-11-23"), own)];
    assert_eq!(of_paper(0, &held, Some(own)).0, PaperState::Held);
    assert_eq!(of_paper(0, &held, Some(other)).0, PaperState::Missing);
    assert_eq!(of_paper(0, &held, None).0, PaperState::Missing);
}

#[test]
fn papers_of_which_several_stand_do_not_replace_each_other_and_are_counted() {
    let held = [
        record(1, "quyet-dinh", Some("2020-01-01"), "2020-01-01"),
        record(2, "quyet-dinh", Some("2023-01-01"), "2023-01-01"),
    ];
    assert_eq!(of_paper(3, &held[..1], None).0, PaperState::NotUsable);
    let (state, records) = of_paper(3, &held, None);
    assert_eq!(state, PaperState::Held);
    assert!(
        records
            .iter()
            .all(|(_, standing)| *standing == Standing::Valid)
    );
}

#[test]
fn what_is_optional_does_not_make_it_incomplete() {
    let catalogue = catalogue();
    let code = "1.000894".parse().expect("a code");
    let on = day("2026-11-23");
    let procedure = catalogue.in_force(&code, on).expect("in force");
    let dossier = "H36.105-261123-0007".parse().expect("a dossier");
    let mut held = vec![
        from_dossier(
            record(1, "to-khai", None, "2026-11-23"),
            "H36.105-261123-0007",
        ),
        record(2, "cccd", None, "2026-11-23"),
        record(3, "hon-nhan", None, "2026-11-23"),
    ];
    assert!(checklist(&catalogue, procedure, &held, Some(&dossier), on).is_complete());
    held.pop();
    let list = checklist(&catalogue, procedure, &held, Some(&dossier), on);
    assert!(!list.is_complete());
    let (paper, standing) = list.use_of(number(2)).expect("a use");
    assert_eq!(
        (paper.name.as_str(), standing),
        ("Giấy tờ tùy thân", &Standing::Valid)
    );
    assert!(list.use_of(number(9)).is_none());
}

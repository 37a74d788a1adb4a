//! Look-ups of people: numbers, former numbers, names.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;
use crate::index::{IndexRow, MatchedAlias};

const OTHER: &str = "001203000009";
const CMND: &str = "012345678";

fn by_number(index: &Index, digits: &str) -> Vec<IndexRow> {
    let query = Query {
        citizen: Some(digits.parse().expect("a number")),
        ..Query::default()
    };
    index.find(&query, 100).expect("finds")
}

fn by_name(index: &Index, name: &str) -> Vec<(RecordId, Option<String>)> {
    let query = Query {
        name: Some(name.to_owned()),
        ..Query::default()
    };
    let rows = index.find(&query, 100).expect("finds");
    rows.into_iter()
        .map(|row| (row.record, row.matched_name))
        .collect()
}

fn empty(folder: &tempfile::TempDir) -> Index {
    Index::open(&folder.path().join("index.sqlite")).expect("opens")
}

#[test]
fn a_former_number_finds_all_papers_of_its_citizen() {
    let folder = tempfile::tempdir().expect("folder");
    let index = empty(&folder);
    let mut says_so = description(1, Some(CITIZEN), "2026-11-20T01:00:00Z");
    says_so.aliases = vec!["012 345 678".to_owned(), "rubbish".to_owned()];
    let silent = description(2, Some(CITIZEN), "2026-11-21T01:00:00Z");
    let mut nobodys = description(3, None, "2026-11-22T01:00:00Z");
    nobodys.aliases = vec![CMND.to_owned()];
    let others = description(4, Some(OTHER), "2026-11-23T01:00:00Z");
    for record in [&says_so, &silent, &nobodys, &others] {
        index.insert(record, None).expect("inserts");
    }
    let found = by_number(&index, "012.345.678");
    assert_eq!(
        found.iter().map(|row| row.record).collect::<Vec<_>>(),
        [number(2), number(1)]
    );
    let alias = MatchedAlias {
        number: CMND.to_owned(),
        citizens: 1,
    };
    assert!(
        found
            .iter()
            .all(|row| row.matched_alias.as_ref() == Some(&alias))
    );
    assert!(
        by_number(&index, CITIZEN)
            .iter()
            .all(|row| row.matched_alias.is_none())
    );
    assert_eq!(by_number(&index, "876543210"), []);

    says_so.aliases.clear();
    index.insert(&says_so, None).expect("corrected");
    assert_eq!(
        by_number(&index, CMND),
        [],
        "the alias went with the correction"
    );
}

#[test]
fn a_number_of_two_citizens_finds_both_and_says_so() {
    let folder = tempfile::tempdir().expect("folder");
    let index = empty(&folder);
    for (id, citizen) in [(1, CITIZEN), (2, OTHER)] {
        let mut record = description(id, Some(citizen), "2026-11-20T01:00:00Z");
        record.aliases = vec![CMND.to_owned(), CITIZEN.to_owned()];
        index.insert(&record, None).expect("inserts");
    }
    let shared = by_number(&index, CMND);
    assert_eq!(shared.len(), 2);
    for row in shared {
        assert_eq!(row.matched_alias.map(|alias| alias.citizens), Some(2));
    }
    // The one's own number is a former one of the other.
    let own_and_former = by_number(&index, CITIZEN);
    let said: Vec<_> = own_and_former
        .iter()
        .map(|row| {
            (
                row.citizen.as_deref(),
                row.matched_alias.as_ref().map(|alias| alias.citizens),
            )
        })
        .collect();
    assert_eq!(said, [(Some(OTHER), Some(2)), (Some(CITIZEN), None)]);
}

#[test]
fn a_name_is_found_in_every_spelling_and_the_exact_one_comes_first() {
    let folder = tempfile::tempdir().expect("folder");
    let index = empty(&folder);
    let named = |id, day: &str, names: &[&str]| {
        let mut record = description(id, None, &format!("2026-11-{day}T01:00:00Z"));
        record.fields = names
            .iter()
            .map(|name| full_name(name, Source::Ocr))
            .collect();
        record
    };
    for record in [
        named(1, "20", &["Lê Thị Hòa", "LÊ THỊ HOÀ", "Trần Văn Đức"]),
        named(2, "21", &["le thi hoa"]),
        named(3, "22", &["Lê Thị Hoa"]),
        named(4, "23", &["Lê Văn An", "Trần Thị Hoà"]),
    ] {
        index.insert(&record, None).expect("inserts");
    }
    let found = |name| {
        by_name(&index, name)
            .into_iter()
            .map(|(record, _)| record)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("lê thị hoà"), [number(1), number(3), number(2)]);
    assert_eq!(found("Le Thi Hoa"), [number(3), number(2), number(1)]);
    assert_eq!(found("Hòa Lê"), [number(1), number(3), number(2)]);
    assert_eq!(found("hoà"), [number(4), number(1), number(3), number(2)]);
    assert_eq!(found("DUC TRAN"), [number(1)]);
    assert_eq!(found("Lê Đức"), [], "two people's words are nobody's name");
    let longer = named(5, "24", &["Lê Thị Hoà Bình"]);
    index.insert(&longer, None).expect("inserts");
    assert_eq!(found("le thi hoa"), [number(3), number(2), number(1)]);
    assert_eq!(
        found("thị hoà"),
        [number(5), number(4), number(1), number(3), number(2)]
    );
    let begun = Query {
        name: Some("le thi hoa b".to_owned()),
        begun: true,
        ..Query::default()
    };
    assert_found(&index, begun, &[5]);
    index.insert(&named(5, "24", &[]), None).expect("corrected");
    assert_eq!(
        by_name(&index, "thi hoa le")[2].1.as_deref(),
        Some("Lê Thị Hòa")
    );

    index
        .insert(&named(1, "20", &["Phạm Thị Ý"]), None)
        .expect("corrected");
    assert_eq!(found("duc"), []);
    assert_eq!(found("pham y"), [number(1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_name_is_found_by_any_of_its_forms(
        name in "(Nguyễn|Lê|Đặng|Trần) (Thị|Văn|Hữu) [ĐHTN][aăâeêioôơuưàáảãạ](à|oà|uý|oẻ|ương)?n?",
    ) {
        let folder = tempfile::tempdir().expect("folder");
        let index = empty(&folder);
        let mut record = description(1, None, "2026-11-20T01:00:00Z");
        record.fields = vec![full_name(&name, Source::CardQr)];
        index.insert(&record, None).expect("inserts");
        let old_placement = name.replace("oà", "òa").replace("uý", "úy").replace("oẻ", "ỏe");
        for form in [
            name.clone(),
            name.nfd().collect(),
            name.to_uppercase(),
            old_placement.clone(),
            old_placement.nfd().collect(),
            crate::index::fold::fold(&name).plain,
            crate::index::fold::fold(&name).marked,
        ] {
            let expected = vec![(number(1), Some(name.clone()))];
            prop_assert_eq!(by_name(&index, &form), expected, "{}", form);
        }
    }
}

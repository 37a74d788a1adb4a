//! Look-ups of words in the pages' text.

use proptest::prelude::*;

use super::*;
use crate::index::{Hit, IndexRow};

fn with_texts(folder: &tempfile::TempDir, texts: &[&str]) -> Index {
    let index = Index::open(&folder.path().join("index.sqlite")).expect("opens");
    for (id, text) in (1..).zip(texts) {
        let at = format!("2026-11-{:02}T01:00:00Z", 10 + id);
        let record = description(id, None, &at);
        index.insert(&record, Some(text)).expect("inserts");
    }
    index
}

fn query(text: &str) -> Query {
    Query {
        text: Some(text.to_owned()),
        ..Query::default()
    }
}

fn only(index: &Index, text: &str) -> IndexRow {
    let mut rows = index.find(&query(text), 9).expect("finds");
    assert_eq!(rows.len(), 1, "{text}: {rows:?}");
    rows.remove(0)
}

#[test]
fn exact_marks_come_first_then_words_side_by_side_then_the_newest() {
    let folder = tempfile::tempdir().expect("folder");
    let index = with_texts(
        &folder,
        &[
            "Bà Lê Thị Hòa ở thôn Mẫu",
            "Hoà gặp Thị và Lê",
            "ba le thi hoa",
            "Lê Thị Hóa",
            "hoa, Lê và Thi",
            "chỉ có Lê Thị",
        ],
    );
    assert_found(&index, query("LÊ THỊ HOÀ"), &[1, 2, 4, 3, 5]);
    assert_found(&index, query("le thi hoa"), &[4, 3, 1, 5, 2]);
    let rows = index.find(&query("Lê Thị Hòa"), 1).expect("finds");
    assert_eq!(rows[0].record, number(1), "the limit keeps the closest");
}

#[test]
fn hits_name_the_page_and_show_what_it_says() {
    let folder = tempfile::tempdir().expect("folder");
    let pages = [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nTờ khai đăng ký khai sinh",
        "",
        "Kính gửi: Ủy ban nhân dân xã Mẫu.\nTôi đề nghị cấp giấy\u{7}\u{202e} chứng nhận quyền sử dụng đất          cho thửa đất số 12 tờ bản đồ số 34, tại thôn Mẫu, xã Mẫu, tỉnh Mẫu.",
        "đất",
    ];
    let text: String = pages.iter().map(|page| format!("{page}\u{c}")).collect();
    let index = with_texts(&folder, &[&text, "không liên quan"]);
    assert_eq!(
        only(&index, "quyen su dung DAT").hits,
        [
            Hit {
                page: 3,
                snippet: "… Mẫu. Tôi đề nghị cấp giấy chứng nhận quyền sử dụng đất cho thửa đất số 12 tờ bản đồ …".to_owned(),
            },
            Hit {
                page: 4,
                snippet: "đất".to_owned(),
            },
        ]
    );
    // Words on different pages; marks that are not those of the page.
    let pages: Vec<u32> = only(&index, "khai sinh thưa đat")
        .hits
        .iter()
        .map(|hit| hit.page)
        .collect();
    assert_eq!(pages, [1, 3, 4]);
    assert_eq!(index.find(&query("khai sinh xyz"), 9).expect("finds"), []);
    let other = Query {
        kind: "khai-sinh".parse().ok(),
        ..query("dat")
    };
    assert_found(&index, other, &[]);
}

/// Records 1 to 3, archived on 21 to 23 November in Vietnam, all with one name and one text.
fn alike(folder: &tempfile::TempDir) -> Index {
    let index = Index::open(&folder.path().join("index.sqlite")).expect("opens");
    let facts = [
        (1, Some(CITIZEN), "khai-sinh"),
        (2, Some(CITIZEN), "ket-hon"),
        (3, None, "khai-sinh"),
    ];
    for (id, citizen, kind) in facts {
        // 18:00 UTC is the day after in Vietnam.
        let mut record = description(id, citizen, &format!("2026-11-{}T18:00:00Z", 19 + id));
        record.kind = kind.parse().ok();
        record.fields = vec![full_name("Lê Thị Hoà", Source::Mrz)];
        index.insert(&record, Some("Thôn Mẫu")).expect("inserts");
    }
    index
}

fn hoa_of_mau() -> Query {
    Query {
        name: Some("hoa".to_owned()),
        ..query("mau")
    }
}

#[test]
fn conditions_combine() {
    let folder = tempfile::tempdir().expect("folder");
    let index = alike(&folder);
    type Change = fn(&mut Query);
    let cases: [(Change, &[u8]); 6] = [
        (|_| {}, &[3, 2, 1]),
        (|query| query.citizen = CITIZEN.parse().ok(), &[2, 1]),
        (|query| query.record = Some(number(2)), &[2]),
        (|query| query.kind = "khai-sinh".parse().ok(), &[3, 1]),
        (|query| query.station = "quay-02".parse().ok(), &[]),
        (|query| query.name = Some("an".to_owned()), &[]),
    ];
    for (change, expected) in cases {
        let mut query = hoa_of_mau();
        change(&mut query);
        assert_found(&index, query.clone(), expected);
        query.dossier = "H36.105-261123-0007".parse().ok();
        assert_found(&index, query, expected);
    }
}

#[test]
fn days_bound_every_search() {
    let folder = tempfile::tempdir().expect("folder");
    let index = alike(&folder);
    let cases: [(&str, &str, &[u8]); 5] = [
        ("2026-11-22", "2026-11-22", &[2]),
        ("2026-11-20", "2026-11-21", &[1]),
        ("2026-11-22", "9999-12-31", &[3, 2]),
        ("2026-11-24", "2026-11-20", &[]),
        ("-009999-01-01", "2026-11-21", &[1]),
    ];
    for (from, to, expected) in cases {
        for mut query in [hoa_of_mau(), query("mau"), Query::default()] {
            query.from = Some(from.parse().expect("a day"));
            query.to = Some(to.parse().expect("a day"));
            assert_found(&index, query, expected);
        }
    }
}

#[test]
fn the_same_record_again_replaces_its_words() {
    let folder = tempfile::tempdir().expect("folder");
    let index = with_texts(&folder, &["đọc sai"]);
    let again = description(1, None, "2026-11-12T01:00:00Z");
    index.insert(&again, Some("đọc đúng")).expect("inserts");
    assert_found(&index, query("sai"), &[]);
    assert_found(&index, query("dung"), &[1]);
    index.insert(&again, None).expect("inserts");
    assert_found(&index, query("doc"), &[]);
    assert_eq!(index.facts().expect("facts").len(), 1);
}

#[test]
fn a_query_without_words_is_a_mistake_of_the_user() {
    let folder = tempfile::tempdir().expect("folder");
    let index = with_texts(&folder, &["x"]);
    for nothing in ["", " ", "\"*\"", "´"] {
        let by_name = Query {
            name: Some(nothing.to_owned()),
            ..Query::default()
        };
        for query in [query(nothing), by_name] {
            let error = index.find(&query, 9).expect_err("refuses");
            assert_eq!(
                (error.code(), error.exit_code()),
                ("index.no_words", ExitCode::Usage)
            );
            assert!(error.message(Lang::Vi) != error.message(Lang::En));
        }
    }
}

#[test]
fn a_whole_page_can_be_looked_for() {
    let folder = tempfile::tempdir().expect("folder");
    let page: String = (0..2000).map(|n| format!("đất{n} ")).collect();
    let index = with_texts(&folder, &[&page, "đất0"]);
    assert_found(&index, query(&page), &[1]);
}

#[test]
fn only_the_beginning_of_an_endless_text_is_taken() {
    let folder = tempfile::tempdir().expect("folder");
    let page = format!("{}\u{c}", "ế ".repeat(64 * 1024));
    let text = format!("đầu {}cuối", page.repeat(32 * 1024 * 1024 / page.len() + 1));
    let index = with_texts(&folder, &[&text]);
    assert_found(&index, query("đầu"), &[1]);
    assert_found(&index, query("cuối"), &[]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_typed_is_no_syntax(
        typed in "([a-zđ\"'*^:(){}+-]|plain|marked| AND | OR | NOT | NEAR|\\PC){0,30}",
        text in "\\PC{0,80}",
    ) {
        let folder = tempfile::tempdir().expect("folder");
        let index = with_texts(&folder, &[&text, "plain marked and or not near"]);
        for query in [query(&typed), Query { name: Some(typed.clone()), ..Query::default() }] {
            match index.find(&query, 9) {
                Ok(_) => {}
                Err(error) => prop_assert_eq!(error.code(), "index.no_words"),
            }
        }
        // Every text is found by itself, where it has words.
        if let Ok(rows) = index.find(&query(&text), 9) {
            prop_assert_eq!(rows[0].record, number(1));
            prop_assert_eq!(rows[0].hits.len(), 1);
        }
    }
}

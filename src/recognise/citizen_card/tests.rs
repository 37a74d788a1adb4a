use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const CARD: &str =
    "020091990417|080990417|Nông Văn Thử|14031991|Nam|Thôn Pò Mẫu, Mẫu Sơn Thử|15082021";

#[test]
fn reads_all_fields() {
    let card = CitizenCard::parse(CARD).expect("a card");
    assert_eq!(card.id.expose(), "020091990417");
    assert_eq!(card.former_id.as_deref(), Some("080990417"));
    assert_eq!(card.name, "Nông Văn Thử");
    assert_eq!(card.birth, date(1991, 3, 14));
    assert_eq!(card.sex, Sex::Male);
    assert_eq!(card.address, "Thôn Pò Mẫu, Mẫu Sơn Thử");
    assert_eq!(card.issued, Some(date(2021, 8, 15)));
    assert_eq!(card.warnings(), []);
}

#[test]
fn former_number_may_be_empty_and_fields_may_follow() {
    let card = CitizenCard::parse(
        "020303990738||Lường Thị Giả Quỳnh|17122003|Nữ|Thôn Bản Mẫu|19012022|0|x||y\r\n",
    )
    .expect("a card");
    assert_eq!(card.former_id, None);
    assert_eq!(card.sex, Sex::Female);
    assert_eq!(card.warnings(), []);
}

#[test]
fn six_fields_are_enough() {
    let card = CitizenCard::parse("020131990001||A|01021931|Nữ|").expect("a card");
    assert_eq!(card.issued, None);
}

#[test]
fn names_the_field_that_is_wrong() {
    use CitizenCardError as E;
    for (text, error) in [
        ("", E::Fields),
        ("https://example.org/?a|b|c", E::Fields),
        ("020091990417||A|14031991|Nam", E::Fields),
        ("02009199041||A|14031991|Nam|x|15082021", E::Id),
        ("020 091 990 417||A|14031991|Nam|x|15082021", E::Id),
        ("020091990417|12345|A|14031991|Nam|x|15082021", E::FormerId),
        ("020091990417|| |14031991|Nam|x|15082021", E::Name),
        ("020091990417||A1|14031991|Nam|x|15082021", E::Name),
        ("020091990417||A|31021991|Nam|x|15082021", E::Birth),
        ("020091990417||A|1403199|Nam|x|15082021", E::Birth),
        ("020091990417||A|14031991|X|x|15082021", E::Sex),
        ("020091990417||A|14031991|Nam|x|15132021", E::Issued),
        ("020091990417||A|+1+31991|Nam|x|15082021", E::Birth),
    ] {
        assert_eq!(CitizenCard::parse(text), Err(error), "{text}");
    }
}

#[test]
fn a_number_that_contradicts_the_card_is_a_warning() {
    for (text, warnings) in [
        ("020191990417||A|14031991|Nam|x", vec![CardWarning::Sex]),
        ("020291990417||A|14031991|Nam|x", vec![CardWarning::Century]),
        ("020092990417||A|14031991|Nam|x", vec![CardWarning::Year]),
        (
            "020304990417||A|14031991|Nam|x",
            vec![CardWarning::Sex, CardWarning::Century, CardWarning::Year],
        ),
    ] {
        let card = CitizenCard::parse(text).expect("read all the same");
        assert_eq!(card.warnings(), warnings, "{text}");
    }
}

#[test]
fn debug_shows_no_personal_data() {
    let shown = format!("{:?}", CitizenCard::parse(CARD).expect("a card"));
    assert_eq!(shown, "CitizenCard { id: CitizenId(020*******17), .. }");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = CitizenCard::parse(&text);
    }

    #[test]
    fn near_cards_are_read_or_refused(
        text in "[0-9]{12}\\|[0-9]{0,12}\\|[A-Zđưỗ ]{0,9}\\|[0-9ữ]{8}\\|(Nam|Nữ)\\|[a-z ]{0,9}\\|[0-9]{0,8}",
    ) {
        if let Ok(card) = CitizenCard::parse(&text) {
            prop_assert!(text.starts_with(card.id.expose()));
        }
    }
}

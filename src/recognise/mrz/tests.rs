use jiff::civil::date as day;
use proptest::prelude::*;

use super::*;

/// Made up after the layout of a chip card.
const ZONE: [&str; 3] = [
    "IDVNM2030000018079203000001<<8",
    "0302014M2802013VNM<<<<<<<<<<<8",
    "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<",
];

const SAMPLES: [[&str; 3]; 5] = [
    [
        "IDVNM1949902839020194990283<<5",
        "9409020F3409028VNM<<<<<<<<<<<6",
        "HOANG<<THI<MAU<DIEM<<<<<<<<<<<",
    ],
    [
        "IDVNM0999906145004099990614<<9",
        "9907087M3907085VNM<<<<<<<<<<<2",
        "TRIEU<<QUANG<THU<NGHIEM<<<<<<<",
    ],
    [
        "IDVNM0689900523020068990052<<9",
        "6805300M2805302VNM<<<<<<<<<<<6",
        "VI<<DUC<MAU<<<<<<<<<<<<<<<<<<<",
    ],
    [
        "IDVNM3039907380020303990738<<6",
        "0312174F2812173VNM<<<<<<<<<<<2",
        "LUONG<<THI<GIA<QUYNH<<<<<<<<<<",
    ],
    ZONE,
];

#[test]
fn icao_example_of_a_check_digit() {
    // ICAO 9303-3, §4.9, examples 1 and 2.
    assert_eq!(check_digit(b"520727"), Some(b'3'));
    assert_eq!(check_digit(b"AB2134<<<"), Some(b'5'));
    assert_eq!(check_digit(b"a"), None);
}

#[test]
fn reads_a_zone() {
    let mrz = Mrz::parse(ZONE).expect("a zone");
    assert_eq!(mrz.id.expose(), "079203000001");
    assert_eq!(mrz.birth, day(2003, 2, 1));
    assert_eq!(mrz.expires, day(2028, 2, 1));
    assert_eq!(mrz.sex, Some(Sex::Male));
    assert_eq!(mrz.name, "NGUYEN VAN A");
    assert_eq!((mrz.repaired, mrz.warnings()), (0, vec![]));
    assert_eq!(
        format!("{mrz:?}"),
        "Mrz { id: CitizenId(079*******01), repaired: 0, .. }"
    );
}

#[test]
fn reads_the_cards_of_the_samples() {
    for zone in SAMPLES {
        let mrz = Mrz::parse(zone).expect("a zone");
        assert_eq!(mrz.warnings(), [], "{}", zone[2]);
    }
}

#[test]
fn letters_read_for_digits_are_undone() {
    let mrz = Mrz::parse([
        "1DVNM2O3OOOOOIB0792030OOOO1 <<8",
        "0302O14M28020I3VNM<<<<<<<<<<8",
        "NGUYEN<<VAN<A<<<<<",
    ]);
    assert_eq!(mrz, Err(MrzError::Shape), "the last line is too short");
    let mrz = Mrz::parse([
        "1DVNM2O3OOOOOIB0792030OOOO1 <<8",
        "0302O14M28020I3VNM<<<<K<<«<8",
        ZONE[2],
    ])
    .expect("repaired");
    assert_eq!(mrz.id.expose(), "079203000001");
    assert_eq!(mrz.repaired, 14);
}

#[test]
fn names_the_check_that_fails() {
    for (place, line, error) in [
        (
            0,
            "IDVNM2030000019079203000001<<8",
            MrzError::CheckDigit("the nine digits"),
        ),
        (
            0,
            "IDVNM2030000018079203000001<<7",
            MrzError::CheckDigit("the number"),
        ),
        (0, "IDVNM2030000018079203000010<<0", MrzError::Number),
        (
            1,
            "0302024M2802013VNM<<<<<<<<<<<8",
            MrzError::CheckDigit("the date of birth"),
        ),
        (
            1,
            "0302014M2802023VNM<<<<<<<<<<<8",
            MrzError::CheckDigit("the expiry"),
        ),
        (
            1,
            "0302014M2802013VNM<<<<<<<<<<<7",
            MrzError::CheckDigit("everything"),
        ),
        (1, "0302014M2802013USA<<<<<<<<<<<8", MrzError::Shape),
        (0, "P<VNMNGUYEN<<VAN<A<<<<<<<<<<<<", MrzError::Shape),
    ] {
        let mut zone = ZONE;
        zone[place] = line;
        assert_eq!(Mrz::parse(zone), Err(error), "{line}");
    }
}

#[test]
fn finds_zones_among_the_lines_of_a_page() {
    let lines = ["CƠ QUAN CẤP: MẪU THỬ", ZONE[0], ZONE[1], ZONE[2], "trang 1"];
    assert_eq!(Mrz::find(&lines).len(), 1);
    let two: Vec<&str> = SAMPLES[..2].concat();
    assert_eq!(Mrz::find(&two).len(), 2);
    assert_eq!(
        Mrz::find(&[ZONE, ZONE].concat()).len(),
        1,
        "the same card twice"
    );
    assert_eq!(Mrz::find(&ZONE[..2]), []);
}

/// A zone of any citizen, from its parts.
fn zone(number: &str, birth: &str, expiry: &str) -> [String; 3] {
    let check = |text: &str| char::from(check_digit(text.as_bytes()).expect("digits"));
    let short = &number[3..];
    let first = format!("IDVNM{short}{}{number}<<{}", check(short), check(number));
    let (b, e) = (check(birth), check(expiry));
    let all = format!("{}{birth}{b}{expiry}{e}", &first[5..]);
    let second = format!("{birth}{b}F{expiry}{e}VNM<<<<<<<<<<<{}", check(&all));
    [first, second, "A<<B<<<<<<<<<<<<<<<<<<<<<<<<<<".to_owned()]
}

proptest! {
    #[test]
    fn any_zone_is_read_back(number in "[0-9]{11}[1-9]", day in 10u8..29, month in 10u8..13) {
        let lines = zone(&number, &format!("{}{month}{day}", &number[4..6]), "301231");
        let mrz = Mrz::parse([&lines[0], &lines[1], &lines[2]]).expect("a zone");
        prop_assert_eq!(mrz.id.expose(), number.as_str());
    }

    /// One misread digit of the number never passes: it stands twice, each time under a check digit.
    #[test]
    fn one_wrong_digit_of_the_number_is_noticed(
        number in "[0-9]{11}[1-9]", place in 5usize..27, other in 1u8..10,
    ) {
        let [mut first, second, third] = zone(&number, "901231", "301231");
        let wrong = (first.as_bytes()[place] - b'0' + other) % 10;
        first.replace_range(place..=place, &wrong.to_string());
        prop_assert!(Mrz::parse([&first, &second, &third]).is_err());
    }

    #[test]
    fn any_lines_are_read_or_refused(lines in prop::collection::vec("\\PC{0,50}", 3..6)) {
        let _ = Mrz::find(&lines);
    }
}

//! What speaks against a citizen ID: texts for a person, in English, never a reason to reject.
//!
//! The number is built of province of registration, century and sex, year of birth and a serial
//! (NĐ 137/2015 Đ13); it has no check digit, and registers hold numbers that break the rule.

use crate::recognise::citizen_card::{CardWarning, Sex, id_warnings};
use crate::record::CitizenId;

pub(super) const TWO_READINGS: &str = "two readings of its digits differ";
const PROVINCE: &str = "its first three digits are no province's";

/// The provinces' codes before the mergers of 2025; numbers never changed with them. Countries of
/// people born abroad have codes of their own, so an unknown one is a doubt and no more.
const PROVINCES: &[u16] = &[
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37,
    38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77,
    79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

fn has_province(id: &CitizenId) -> bool {
    let code = id.expose().get(..3).and_then(|digits| digits.parse().ok());
    code.is_some_and(|code: u16| PROVINCES.contains(&code))
}

/// Whether a number that no label of its own vouches for may be one: a province's, and of a holder
/// born between 1900 and 2099.
pub(super) fn is_plausible(id: &CitizenId) -> bool {
    let century = id.expose().as_bytes().get(3);
    has_province(id) && century.is_some_and(|digit| (b'0'..=b'3').contains(digit))
}

/// What does not fit the number, against what the same person's year of birth and sex are said to be.
pub(super) fn of_number(
    id: &CitizenId,
    birth_year: Option<i16>,
    sex: Option<Sex>,
) -> Option<String> {
    let province = (!has_province(id)).then_some(PROVINCE);
    // Without a year of birth the number's own is as good as any: only the sex is compared then.
    let warnings = birth_year.map_or_else(
        || {
            let mut warnings = id_warnings(id, 1900, sex);
            warnings.retain(|warning| *warning == CardWarning::Sex);
            warnings
        },
        |year| id_warnings(id, year, sex),
    );
    let texts = province.into_iter().chain(warnings.into_iter().map(text));
    texts
        .map(str::to_owned)
        .reduce(|all, one| format!("{all}; {one}"))
}

fn text(warning: CardWarning) -> &'static str {
    match warning {
        CardWarning::Sex => "its fourth digit is of the other sex",
        CardWarning::Century => "its fourth digit is of another century of birth",
        CardWarning::Year => "its fifth and sixth digits are of another year of birth",
    }
}

/// Two doubts as one text.
pub(super) fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}; {other}")),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digits: &str) -> CitizenId {
        digits.parse().expect("twelve digits")
    }

    #[test]
    fn names_everything_that_does_not_fit() {
        let of = |digits, year, sex| of_number(&id(digits), year, sex);
        assert_eq!(of("020091990417", Some(1991), Some(Sex::Male)), None);
        assert_eq!(of("020091990417", None, None), None);
        assert_eq!(
            of("020091990417", None, Some(Sex::Female)).as_deref(),
            Some("its fourth digit is of the other sex")
        );
        assert_eq!(
            of("000391990417", Some(1990), Some(Sex::Female)).as_deref(),
            Some(
                "its first three digits are no province's; its fourth digit is of another century of birth; \
                 its fifth and sixth digits are of another year of birth"
            )
        );
        assert_eq!(both(None, Some("a".to_owned())).as_deref(), Some("a"));
    }

    #[test]
    fn a_number_without_label_must_look_like_one() {
        assert!(is_plausible(&id("020091990417")));
        for digits in [
            "003091990417",
            "100091990417",
            "020491990417",
            "999999999999",
        ] {
            assert!(!is_plausible(&id(digits)), "{digits}");
        }
    }
}

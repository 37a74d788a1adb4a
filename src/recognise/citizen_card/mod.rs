//! The text of the QR on a citizen's card (căn cước công dân with chip, thẻ căn cước of 2024).
//!
//! UTF-8, fields parted by `|`: number, former CMND (often empty), full name, date of birth
//! `ddMMyyyy`, sex, address, date of issue `ddMMyyyy`; newer cards append fields, which are ignored.
//! The layout is not published: it is what readers of the card agree on. The QR has no signature, so
//! a card proves nothing by being read; a number that contradicts the card's own date of birth or sex
//! is a [`CardWarning`] for a person, never a refusal, because registers hold such numbers.

use std::fmt;

use jiff::civil::Date;

use crate::record::CitizenId;

/// No card holds more; longer text is somebody else's.
const TEXT_BYTES_MAX: usize = 1024;

/// Sex as the card states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// `Nam`, `M`.
    Male,
    /// `Nữ`, `F`.
    Female,
}

/// What a card says about its holder. `Debug` shows only the masked number.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenCard {
    /// The 12-digit number.
    pub id: CitizenId,
    /// The number of the CMND before it, 9 or 12 digits, an alias of the citizen.
    pub former_id: Option<String>,
    /// Full name, as on the card.
    pub name: String,
    /// Date of birth.
    pub birth: Date,
    /// Sex.
    pub sex: Sex,
    /// Place of residence, as on the card.
    pub address: String,
    /// Date of issue; a card's text may end before it.
    pub issued: Option<Date>,
}

/// The text is not that of a citizen's card. Names the field, never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CitizenCardError {
    /// Fewer fields than a card has, or far too much text.
    #[error("not the fields of a citizen's card")]
    Fields,
    /// The first field is not a citizen ID.
    #[error("the first field is not a citizen ID")]
    Id,
    /// The former number is neither empty nor 9 or 12 digits.
    #[error("the former number is not one")]
    FormerId,
    /// No name, or one with digits or control characters.
    #[error("the name is not one")]
    Name,
    /// The date of birth does not exist.
    #[error("the date of birth does not exist")]
    Birth,
    /// Neither `Nam` nor `Nữ`.
    #[error("the sex is not one")]
    Sex,
    /// The date of issue does not exist.
    #[error("the date of issue does not exist")]
    Issued,
}

/// The number does not fit what stands beside it (NĐ 137/2015 Đ13: century and sex, year of birth).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardWarning {
    /// Digit 4 stands for another sex.
    Sex,
    /// Digit 4 stands for another century.
    Century,
    /// Digits 5 and 6 are another year.
    Year,
}

impl CitizenCard {
    /// Reads the text of a card's QR.
    ///
    /// # Errors
    /// [`CitizenCardError`] names the first field that is not a card's.
    pub fn parse(text: &str) -> Result<Self, CitizenCardError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(CitizenCardError::Fields);
        }
        let fields: Vec<&str> = text.trim().split('|').map(str::trim).collect();
        let [id, former, name, birth, sex, address, rest @ ..] = fields.as_slice() else {
            return Err(CitizenCardError::Fields);
        };
        Ok(Self {
            id: plain_id(id).ok_or(CitizenCardError::Id)?,
            former_id: former_id(former)?,
            name: person_name(name).ok_or(CitizenCardError::Name)?,
            birth: date(birth).ok_or(CitizenCardError::Birth)?,
            sex: sex_of(sex).ok_or(CitizenCardError::Sex)?,
            address: (*address).to_owned(),
            issued: issue_date(rest.first().copied().unwrap_or_default())?,
        })
    }

    /// Where the number contradicts the card's own date of birth and sex.
    #[must_use]
    pub fn warnings(&self) -> Vec<CardWarning> {
        id_warnings(&self.id, self.birth.year(), Some(self.sex))
    }
}

impl fmt::Debug for CitizenCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CitizenCard")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Checks the structure of a number against a year of birth and a sex: the fourth digit is twice the
/// centuries since 1900, plus one for a woman; the two digits after it are the year.
#[must_use]
pub fn id_warnings(id: &CitizenId, birth_year: i16, sex: Option<Sex>) -> Vec<CardWarning> {
    let digits: Vec<i16> = id
        .expose()
        .bytes()
        .map(|b| i16::from(b.wrapping_sub(b'0')))
        .collect();
    let &[_, _, _, century_and_sex, tens, ones, ..] = digits.as_slice() else {
        return Vec::new();
    };
    let said = match century_and_sex % 2 {
        0 => Sex::Male,
        _ => Sex::Female,
    };
    let mut warnings = Vec::new();
    if sex.is_some_and(|sex| sex != said) {
        warnings.push(CardWarning::Sex);
    }
    if 19 + century_and_sex / 2 != birth_year.div_euclid(100) {
        warnings.push(CardWarning::Century);
    }
    if tens * 10 + ones != birth_year.rem_euclid(100) {
        warnings.push(CardWarning::Year);
    }
    warnings
}

/// A card's QR has the digits and nothing else; the spaces that a person may type are not for it.
fn plain_id(text: &str) -> Option<CitizenId> {
    let digits_only = text.bytes().all(|b| b.is_ascii_digit());
    digits_only.then(|| text.parse().ok()).flatten()
}

fn former_id(text: &str) -> Result<Option<String>, CitizenCardError> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match (digits, text.len()) {
        (_, 0) => Ok(None),
        (true, 9 | 12) => Ok(Some(text.to_owned())),
        _ => Err(CitizenCardError::FormerId),
    }
}

fn person_name(text: &str) -> Option<String> {
    let has_letter = text.chars().any(char::is_alphabetic);
    let clean = !text.chars().any(|c| c.is_control() || c.is_numeric());
    (has_letter && clean).then(|| text.to_owned())
}

fn sex_of(text: &str) -> Option<Sex> {
    match text.to_lowercase().as_str() {
        "nam" => Some(Sex::Male),
        // One letter, and the letter with its mark apart.
        "nữ" | "nư\u{303}" | "nu\u{31b}\u{303}" => Some(Sex::Female),
        _ => None,
    }
}

fn issue_date(text: &str) -> Result<Option<Date>, CitizenCardError> {
    if text.is_empty() {
        return Ok(None);
    }
    date(text).map(Some).ok_or(CitizenCardError::Issued)
}

/// `ddMMyyyy`, of a day that exists between 1800 and 2299.
fn date(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(2)?;
    let (month, year) = rest.split_at_checked(2)?;
    let all_digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (all_digits && (1800..=2299).contains(&date.year())).then_some(date)
}

#[cfg(test)]
mod tests;

//! The machine-readable zone on the back of a citizen's card: ICAO 9303-5, TD1, three lines of 30.
//!
//! Line 1 is `IDVNM`, the last nine digits of the number, their check digit, the whole number, `<<`
//! and a check digit of the whole number; line 2 the date of birth, sex and expiry with check digits,
//! `VNM` and a composite check digit; line 3 the names without marks. The number is thus proved twice
//! over, once by its repetition and once by check digits, which is why a zone that reached us through
//! OCR may decide whose paper a page is where plain OCR may not.
//!
//! OCR is met half way, and only where the answer is one: a letter where a digit must stand becomes the
//! one digit that looks like it, and runs of `<`, which OCR miscounts, may have any length. No digit is
//! ever exchanged for another, and what then fails one check is an [`MrzError`].

use std::fmt;

use jiff::civil::Date;

use super::citizen_card::{CardWarning, Sex, id_warnings};
use crate::record::CitizenId;

/// Fewest signs of a line that may still be one: all but its fillers.
const LINE_SIGNS_MIN: usize = 20;
/// Most signs of a line whose fillers were counted double.
const LINE_SIGNS_MAX: usize = 44;

/// A zone all of whose check digits hold. `Debug` shows only the masked number.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    /// The 12-digit number.
    pub id: CitizenId,
    /// Date of birth, its century taken from the number's fourth digit.
    pub birth: Date,
    /// Sex; no check digit guards it. `None` where it is neither `M` nor `F`.
    pub sex: Option<Sex>,
    /// Last day of validity; 31 December 2099 on cards without one.
    pub expires: Date,
    /// Surname and given names in ASCII capitals; read without a check digit, so never proof.
    pub name: String,
    /// Digits that OCR had read as letters: 0 is a clean reading.
    pub repaired: usize,
}

/// The lines are not a zone whose check digits all hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Not three lines laid out as on a citizen's card.
    #[error("not the three lines of a citizen's card")]
    Shape,
    /// A check digit does not fit what it guards.
    #[error("check digit of {0} does not hold")]
    CheckDigit(&'static str),
    /// The nine digits and the twelve differ, or are not a citizen ID.
    #[error("the number and its repetition differ")]
    Number,
    /// A date that does not exist.
    #[error("a date does not exist")]
    Date,
}

impl Mrz {
    /// Reads three lines, top to bottom. Spaces inside them are dropped, since OCR puts some between
    /// signs that stand wide.
    ///
    /// # Errors
    /// [`MrzError`] names the first check that fails.
    pub fn parse(lines: [&str; 3]) -> Result<Self, MrzError> {
        let mut repaired = 0;
        let first = FirstLine::read(&signs(lines[0])?, &mut repaired).ok_or(MrzError::Shape)?;
        let second = SecondLine::read(&signs(lines[1])?, &mut repaired).ok_or(MrzError::Shape)?;
        let id = first.number()?;
        check("the date of birth", &second.birth, second.birth_check)?;
        check("the expiry", &second.expiry, second.expiry_check)?;
        check(
            "everything",
            &composite(&first, &second),
            second.composite_check,
        )?;
        Ok(Self {
            birth: date(&second.birth, century(&id)).ok_or(MrzError::Date)?,
            sex: match second.sex {
                b'M' => Some(Sex::Male),
                b'F' => Some(Sex::Female),
                _ => None,
            },
            // The chip card came in 2021 and none is valid for a hundred years.
            expires: date(&second.expiry, 2000).ok_or(MrzError::Date)?,
            name: names(&signs(lines[2])?),
            id,
            repaired,
        })
    }

    /// Looks for zones in the lines of a page, top to bottom: three neighbours that [`Mrz::parse`]
    /// accepts. A page may hold several cards; each number is given once.
    #[must_use]
    pub fn find<S: AsRef<str>>(lines: &[S]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for three in lines.windows(3) {
            let [first, second, third] = three else {
                continue;
            };
            let read = Self::parse([first.as_ref(), second.as_ref(), third.as_ref()]);
            if let Ok(mrz) = read
                && !found.iter().any(|known| known.id == mrz.id)
            {
                found.push(mrz);
            }
        }
        found
    }

    /// Where the number contradicts the zone's own date of birth and sex.
    #[must_use]
    pub fn warnings(&self) -> Vec<CardWarning> {
        id_warnings(&self.id, self.birth.year(), self.sex)
    }
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mrz")
            .field("id", &self.id)
            .field("repaired", &self.repaired)
            .finish_non_exhaustive()
    }
}

/// `IDVNM`, short number, check, number, fillers, check.
struct FirstLine {
    short: [u8; 9],
    short_check: u8,
    number: [u8; 12],
    number_check: u8,
}

impl FirstLine {
    fn read(signs: &[u8], repaired: &mut usize) -> Option<Self> {
        let (prefix, rest) = signs.split_first_chunk::<5>()?;
        let (short, rest) = rest.split_first_chunk::<9>()?;
        let (short_check, rest) = rest.split_first()?;
        let (number, rest) = rest.split_first_chunk::<12>()?;
        let (number_check, fillers) = rest.split_last()?;
        let [i, d, b'V', b'N', b'M'] = *prefix else {
            return None;
        };
        // What OCR-B's I and D are taken for; the Vietnamese model makes a T of every I.
        let begins =
            matches!(i, b'I' | b'1' | b'L' | b'|' | b'T') && matches!(d, b'D' | b'O' | b'0');
        (begins && are_fillers(fillers)).then_some(())?;
        Some(Self {
            short: digits(*short, repaired)?,
            short_check: digit(*short_check, repaired)?,
            number: digits(*number, repaired)?,
            number_check: digit(*number_check, repaired)?,
        })
    }

    fn number(&self) -> Result<CitizenId, MrzError> {
        check("the nine digits", &self.short, self.short_check)?;
        check("the number", &self.number, self.number_check)?;
        let number = std::str::from_utf8(&self.number).map_err(|_| MrzError::Number)?;
        if !self.number.ends_with(&self.short) {
            return Err(MrzError::Number);
        }
        number.parse().map_err(|_| MrzError::Number)
    }
}

/// Birth, check, sex, expiry, check, `VNM`, fillers, check over all.
struct SecondLine {
    birth: [u8; 6],
    birth_check: u8,
    sex: u8,
    expiry: [u8; 6],
    expiry_check: u8,
    composite_check: u8,
}

impl SecondLine {
    fn read(signs: &[u8], repaired: &mut usize) -> Option<Self> {
        let (birth, rest) = signs.split_first_chunk::<6>()?;
        let (birth_check, rest) = rest.split_first()?;
        let (sex, rest) = rest.split_first()?;
        let (expiry, rest) = rest.split_first_chunk::<6>()?;
        let (expiry_check, rest) = rest.split_first()?;
        let (composite_check, fillers) = rest.strip_prefix(b"VNM")?.split_last()?;
        are_fillers(fillers).then_some(())?;
        Some(Self {
            birth: digits(*birth, repaired)?,
            birth_check: digit(*birth_check, repaired)?,
            sex: *sex,
            expiry: digits(*expiry, repaired)?,
            expiry_check: digit(*expiry_check, repaired)?,
            composite_check: digit(*composite_check, repaired)?,
        })
    }
}

/// ICAO 9303-5 §4.2.4: places 6 to 30 of line 1; 1 to 7, 9 to 15 and 19 to 29 of line 2. Fillers count
/// nothing, so those of line 2's end are left out.
fn composite(first: &FirstLine, second: &SecondLine) -> Vec<u8> {
    [
        first.short.as_slice(),
        &[first.short_check],
        &first.number,
        b"<<",
        &[first.number_check],
        &second.birth,
        &[second.birth_check],
        &second.expiry,
        &[second.expiry_check],
    ]
    .concat()
}

/// ICAO 9303-3 §4.9: weights 7, 3, 1; a letter counts from 10, the filler 0. `None` for other signs.
#[must_use]
pub fn check_digit(signs: &[u8]) -> Option<u8> {
    let mut sum = 0u32;
    for (sign, weight) in signs.iter().zip([7u32, 3, 1].into_iter().cycle()) {
        let value = match sign {
            b'<' => 0,
            b'0'..=b'9' => sign - b'0',
            b'A'..=b'Z' => sign - b'A' + 10,
            _ => return None,
        };
        sum = (sum + u32::from(value) * weight) % 10;
    }
    u8::try_from(sum).ok().map(|digit| b'0' + digit)
}

fn check(what: &'static str, signs: &[u8], digit: u8) -> Result<(), MrzError> {
    let holds = check_digit(signs) == Some(digit);
    holds.then_some(()).ok_or(MrzError::CheckDigit(what))
}

/// The signs of a line in capitals, without spaces; marks that OCR makes of `<` become `<`.
fn signs(line: &str) -> Result<Vec<u8>, MrzError> {
    let signs: Vec<u8> = line
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(LINE_SIGNS_MAX + 1)
        .map(|c| match c {
            '«' | '‹' | '≤' | '(' | '{' | '[' => Some(b'<'),
            c if c.is_ascii_graphic() => u8::try_from(c.to_ascii_uppercase()).ok(),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or(MrzError::Shape)?;
    let length_holds = (LINE_SIGNS_MIN..=LINE_SIGNS_MAX).contains(&signs.len());
    length_holds.then_some(signs).ok_or(MrzError::Shape)
}

/// A run of `<` of any length, and what OCR makes of single ones.
fn are_fillers(signs: &[u8]) -> bool {
    let all = signs
        .iter()
        .all(|s| matches!(s, b'<' | b'K' | b'C' | b'E' | b'S'));
    all && signs.contains(&b'<')
}

fn digits<const N: usize>(mut signs: [u8; N], repaired: &mut usize) -> Option<[u8; N]> {
    for sign in &mut signs {
        *sign = digit(*sign, repaired)?;
    }
    Some(signs)
}

/// A digit, or the only one that the letter looks like.
fn digit(sign: u8, repaired: &mut usize) -> Option<u8> {
    let digit = match sign {
        b'0'..=b'9' => return Some(sign),
        b'O' | b'Q' | b'D' | b'U' => b'0',
        b'I' | b'L' | b'|' | b'!' => b'1',
        b'Z' => b'2',
        b'A' => b'4',
        b'S' => b'5',
        b'G' => b'6',
        b'T' => b'7',
        b'B' => b'8',
        _ => return None,
    };
    *repaired += 1;
    Some(digit)
}

/// First year of the century in which the number's holder was born.
fn century(id: &CitizenId) -> i16 {
    let sign = id.expose().as_bytes().get(3).copied().unwrap_or(b'0');
    1900 + 100 * i16::from(sign.saturating_sub(b'0') / 2)
}

/// `YYMMDD` in the century that begins with the given year.
fn date(digits: &[u8; 6], century: i16) -> Option<Date> {
    let text = std::str::from_utf8(digits).ok()?;
    let (year, rest) = text.split_at_checked(2)?;
    let (month, day) = rest.split_at_checked(2)?;
    let year: i16 = year.parse().ok()?;
    Date::new(century + year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// `SURNAME<<GIVEN<NAMES` as words.
fn names(signs: &[u8]) -> String {
    let words: Vec<_> = signs
        .split(|sign| !sign.is_ascii_uppercase())
        .filter(|word| !word.is_empty())
        .map(String::from_utf8_lossy)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;

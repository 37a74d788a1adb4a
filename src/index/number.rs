//! A number that a citizen is looked up by: the citizen ID, or a former one.

use std::fmt;
use std::str::FromStr;

/// Twelve digits (citizen ID, or a CMND of 2012 to 2015) or nine (older CMND). As sensitive as a
/// [`CitizenId`](crate::record::CitizenId): `Debug` and `Display` show a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenNumber(String);

/// The text was neither nine nor twelve digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a citizen ID has 12 digits, a former number (CMND) 9 or 12")]
pub struct CitizenNumberError;

impl CitizenNumber {
    /// The digits themselves. Never for logs, paths or file names.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What stands before the nine digits of a stored number, which could be those of a citizen ID that begins with zeros.
const NINE: i64 = 1_000_000_000_000;

/// The number as the tables hold it: the twelve digits, or the nine with a one and three zeros before them.
pub(super) fn stored(digits: &str) -> Option<i64> {
    let number: i64 = digits.parse().ok()?;
    match digits.len() {
        9 => Some(NINE + number),
        12 => Some(number),
        _ => None,
    }
}

/// The digits of a stored number.
pub(super) fn digits_of(stored: i64) -> String {
    if stored >= NINE {
        format!("{:09}", stored - NINE)
    } else {
        format!("{stored:012}")
    }
}

impl fmt::Display for CitizenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.len() - 2;
        write!(
            f,
            "{}{}{}",
            &self.0[..3],
            "*".repeat(end - 3),
            &self.0[end..]
        )
    }
}

impl fmt::Debug for CitizenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenNumber({self})")
    }
}

impl FromStr for CitizenNumber {
    type Err = CitizenNumberError;

    /// Spaces and dots between the digits are left out.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
        let shape_holds =
            matches!(digits.len(), 9 | 12) && digits.bytes().all(|byte| byte.is_ascii_digit());
        shape_holds
            .then_some(Self(digits))
            .ok_or(CitizenNumberError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stored_and_come_back() {
        for digits in ["000000001", "000000000001", "999999999", "999999999999"] {
            assert_eq!(stored(digits).map(digits_of).as_deref(), Some(digits));
        }
        assert_ne!(stored("012345678"), stored("000012345678"));
        assert_eq!(stored("1"), None);
    }

    #[test]
    fn takes_both_lengths_and_shows_a_mask() {
        for (text, mask) in [
            ("012 345 678", "012****78"),
            ("079.203.000001", "079*******01"),
        ] {
            let number: CitizenNumber = text.parse().expect("valid");
            assert_eq!(
                format!("{number} {number:?}"),
                format!("{mask} CitizenNumber({mask})")
            );
        }
        for text in [
            "",
            "12345678",
            "0123456789",
            "01234567a",
            "０１２３４５６７８",
        ] {
            assert_eq!(
                text.parse::<CitizenNumber>(),
                Err(CitizenNumberError),
                "{text}"
            );
        }
    }
}

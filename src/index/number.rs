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

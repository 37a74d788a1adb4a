//! One of several equal parts of the archive, so that each night can take its own.

use std::fmt;
use std::str::FromStr;

use crate::archive::object_hash;
use crate::record::{RecordId, Sha256Digest};

/// Part `number` of `of`, from 1. A record is always in the same part, and all parts cover
/// everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    number: u64,
    of: u64,
}

/// The text is not a slice.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” is not a slice such as 3/30")]
pub struct SliceError(String);

impl Slice {
    /// The whole archive.
    pub const ALL: Self = Self { number: 1, of: 1 };

    /// Part `number` of `of`; both are brought into range.
    #[must_use]
    pub fn nth(number: u64, of: u64) -> Self {
        let of = of.max(1);
        Self {
            number: number.clamp(1, of),
            of,
        }
    }

    /// Whether a record is in this part.
    #[must_use]
    pub fn contains(self, record: RecordId) -> bool {
        self.contains_hash(&object_hash(record))
    }

    /// The same for the digest that names an object's folder, whatever is in the folder.
    #[must_use]
    pub fn contains_hash(self, hash: &Sha256Digest) -> bool {
        let start = hash.as_bytes().iter().take(8);
        let number = start.fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
        number % self.of == self.number - 1
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Slice {
    type Err = SliceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (number, of) = text.split_once('/')?;
            let (number, of): (u64, u64) = (number.parse().ok()?, of.parse().ok()?);
            (1..=of).contains(&number).then_some(Self { number, of })
        };
        parse().ok_or_else(|| SliceError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_in_exactly_one_part() {
        let parts: Vec<Slice> = (1..=7)
            .map(|n| format!("{n}/7").parse().expect("slice"))
            .collect();
        let mut sizes = vec![0; parts.len()];
        for seed in 0..=255 {
            let record = RecordId::new_v7(u64::from(seed), &[seed; 10]);
            assert!(Slice::ALL.contains(record));
            assert_eq!(parts.iter().filter(|part| part.contains(record)).count(), 1);
            for (part, size) in parts.iter().zip(&mut sizes) {
                *size += i32::from(part.contains(record));
            }
        }
        assert!(
            sizes.iter().all(|size| (20..=55).contains(size)),
            "{sizes:?}"
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1", "0/3", "4/3", "1/0", "a/b", "-1/3", "1/3/5"] {
            assert!(text.parse::<Slice>().is_err(), "{text}");
        }
        assert_eq!("3/30".parse::<Slice>().expect("slice").to_string(), "3/30");
    }
}

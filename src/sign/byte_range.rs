//! Which bytes a signature covers: the whole file but `/Contents` (ISO 32000-1, 12.8.1; EN 319 142-1, 5.5).
//!
//! The numbers stand inside the range that they describe, so they are written into a field of fixed
//! width: its length, and with it every offset, is known before the numbers are.

use super::SignError;

/// Width of the array with its padding: four numbers of 20 digits fit with their brackets and spaces.
pub(super) const ARRAY_WIDTH: usize = 68;

/// The two parts of a file that a signature covers, around the hexadecimal string of `/Contents`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ByteRange {
    /// Offset of the string's `<`; the first part runs from 0 to here.
    pub(super) gap_start: u64,
    /// Offset behind the string's `>`; the second part starts here.
    pub(super) gap_end: u64,
    /// Length of the file.
    pub(super) file_length: u64,
}

impl ByteRange {
    /// Around a string of `reserve` bytes (two digits each) at `gap_start` in a file of `file_length`.
    pub(super) fn around(gap_start: u64, reserve: usize, file_length: u64) -> Option<Self> {
        let width = u64::try_from(reserve)
            .ok()?
            .checked_mul(2)?
            .checked_add(2)?;
        let gap_end = gap_start.checked_add(width)?;
        (gap_end <= file_length).then_some(Self {
            gap_start,
            gap_end,
            file_length,
        })
    }

    /// The array, padded with spaces to [`ARRAY_WIDTH`].
    pub(super) fn array(self) -> Vec<u8> {
        let tail = self.file_length - self.gap_end;
        let array = format!("[0 {} {} {tail}]", self.gap_start, self.gap_end);
        format!("{array:<ARRAY_WIDTH$}").into_bytes()
    }
}

/// The string of `/Contents`: the signature in hexadecimal, filled with zeros to `reserve` bytes.
pub(super) fn contents(signature: &[u8], reserve: usize) -> Result<Vec<u8>, SignError> {
    if signature.len() > reserve {
        return Err(SignError::Reserve {
            needed: signature.len(),
            reserved: reserve,
        });
    }
    let mut string = Vec::with_capacity(2 * reserve + 2);
    string.push(b'<');
    for byte in signature {
        string.extend(format!("{byte:02x}").bytes());
    }
    string.resize(2 * reserve + 1, b'0');
    string.push(b'>');
    Ok(string)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_numbers_fit() {
        let range = ByteRange {
            gap_start: u64::MAX,
            gap_end: 0,
            file_length: u64::MAX,
        };
        assert_eq!(range.array().len(), ARRAY_WIDTH);
    }

    #[test]
    fn refuses_a_signature_that_does_not_fit() {
        assert!(contents(&[1; 9], 8).is_err());
        assert_eq!(contents(&[0xab, 1], 3).expect("fits"), b"<ab0100>");
    }

    proptest! {
        #[test]
        fn the_parts_and_the_gap_are_the_file(
            gap_start in 0u64..1 << 40,
            reserve in 0usize..1 << 20,
            behind in 0u64..1 << 40,
        ) {
            let gap = contents(&[], reserve.min(64)).expect("fits").len() as u64;
            prop_assert_eq!(gap, 2 * reserve.min(64) as u64 + 2);
            let length = gap_start + 2 * reserve as u64 + 2 + behind;
            let range = ByteRange::around(gap_start, reserve, length).expect("fits");
            prop_assert_eq!(range.gap_end - range.gap_start, 2 * reserve as u64 + 2);

            let array = String::from_utf8(range.array()).expect("ASCII");
            prop_assert_eq!(array.len(), ARRAY_WIDTH);
            let numbers: Vec<u64> = array
                .trim_end()
                .trim_matches(['[', ']'])
                .split(' ')
                .map(|number| number.parse().expect("a number"))
                .collect();
            let [zero, first, second, rest] = numbers.as_slice() else {
                return Err(TestCaseError::fail("not four numbers"));
            };
            prop_assert_eq!((*zero, *first, second + rest), (0, gap_start, length));
        }

        #[test]
        fn a_gap_outside_the_file_is_refused(gap_start: u64, reserve: usize, missing in 1u64..100) {
            if let Some(range) = ByteRange::around(gap_start, reserve, u64::MAX) {
                let short = range.gap_end.saturating_sub(missing);
                prop_assert!(ByteRange::around(gap_start, reserve, short).is_none());
            }
        }
    }
}

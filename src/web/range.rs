//! One stretch of bytes of a file, as RFC 9110 §14 asks for it.

/// First and last byte, both inside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Nothing of what is asked for is inside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsatisfiable;

impl Range {
    /// Reads the header `Range` for a file of this length. `None` where it is to be ignored (RFC 9110 §14.2): another
    /// unit, several stretches, nonsense.
    ///
    /// # Errors
    /// [`Unsatisfiable`].
    pub(super) fn parse(text: &str, length: u64) -> Result<Option<Self>, Unsatisfiable> {
        let Some((first, last)) = text
            .strip_prefix("bytes=")
            .and_then(|it| it.split_once('-'))
        else {
            return Ok(None);
        };
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
        };
        let end = length.checked_sub(1).ok_or(Unsatisfiable)?;
        let (first, last) = match (number(first), number(last)) {
            (Some(first), None) if last.is_empty() => (first, end),
            (Some(first), Some(last)) if first <= last => (first, last.min(end)),
            (None, Some(0)) if first.is_empty() => return Err(Unsatisfiable),
            (None, Some(suffix)) if first.is_empty() => (length.saturating_sub(suffix), end),
            _ => return Ok(None),
        };
        if first > end {
            return Err(Unsatisfiable);
        }
        Ok(Some(Self { first, last }))
    }

    /// How many bytes.
    pub(super) fn length(self) -> u64 {
        self.last - self.first + 1
    }

    /// The header `Content-Range`.
    pub(super) fn header(self, length: u64) -> String {
        format!("bytes {}-{}/{length}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        let range = |first, last| Ok(Some(Range { first, last }));
        for (text, expected) in [
            ("bytes=0-0", range(0, 0)),
            ("bytes=10-", range(10, 99)),
            ("bytes=10-1000", range(10, 99)),
            ("bytes=-10", range(90, 99)),
            ("bytes=-1000", range(0, 99)),
            ("bytes=99-99999999999999999999999", range(99, 99)),
            ("bytes=100-", Err(Unsatisfiable)),
            ("bytes=99999999999999999999999-", Err(Unsatisfiable)),
            ("bytes=-0", Err(Unsatisfiable)),
            ("bytes=5-4", Ok(None)),
            ("bytes=0-1,5-6", Ok(None)),
            ("bytes=", Ok(None)),
            ("bytes=-", Ok(None)),
            ("bytes=+1-2", Ok(None)),
            ("lines=0-1", Ok(None)),
            ("", Ok(None)),
        ] {
            assert_eq!(Range::parse(text, 100), expected, "{text}");
        }
        assert_eq!(Range::parse("bytes=0-", 0), Err(Unsatisfiable));
        let whole = Range { first: 0, last: 99 };
        assert_eq!(
            (whole.length(), whole.header(100)),
            (100, "bytes 0-99/100".to_owned())
        );
    }
}

//! What a form sent (`application/x-www-form-urlencoded`), or what stands behind the question mark of an address.

use zeroize::Zeroize as _;

/// More fields than any form of ours has.
const FIELDS_MAX: usize = 64;

/// Names and values in the order in which they came; those beyond the bound are left out.
/// Passwords and PINs come by forms: the values are wiped when the request is over.
#[derive(Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Drop for Form {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

impl Form {
    /// Reads it; bytes that are not UTF-8 become U+FFFD.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(bytes)
                .into_owned()
                .take(FIELDS_MAX)
                .collect(),
        )
    }

    /// The first value of this name; nothing where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_counts_and_nonsense_is_harmless() {
        let form = Form::parse(b"q=Nguy%E1%BB%85n+V%C4%83n&q=x&%FF=%&empty=&=y&&");
        assert_eq!(form.value("q"), "Nguyễn Văn");
        assert_eq!((form.value("empty"), form.value("none")), ("", ""));
        let many = "a=1&".repeat(10_000) + "late=1";
        assert_eq!(Form::parse(many.as_bytes()).value("late"), "");
    }
}

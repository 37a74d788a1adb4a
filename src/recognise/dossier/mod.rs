//! The dossier code in the text of a code on the page.
//!
//! Receipt slips carry it bare or inside the address of a look-up page. Shape is all that can be
//! checked; text with two different codes names no dossier.

use std::sync::LazyLock;

use regex::Regex;

use crate::record::DossierCode;

/// Longest text looked at: no slip's address is longer, and a QR can hold 4,296 signs.
const TEXT_BYTES_MAX: usize = 2048;

/// Runs of the signs that a code is made of; `DossierCode` decides which is one.
static RUNS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9A-Za-z.\-]{10,64}").ok());

/// The one dossier code that `text` holds: bare, or a whole part of an address, its path or query.
#[must_use]
pub fn from_code_text(text: &str) -> Option<DossierCode> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let decoded = percent_decoded(text);
    let mut codes = RUNS
        .as_ref()?
        .find_iter(&decoded)
        .filter_map(|run| run.as_str().trim_matches('.').parse::<DossierCode>().ok());
    let first = codes.next()?;
    codes.all(|other| other == first).then_some(first)
}

/// `%2D` and its like as the sign they stand for; anything else as it is.
fn percent_decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let sign = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match sign.filter(u8::is_ascii_graphic) {
            Some(sign) => {
                out.push(char::from(sign));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_code_bare_and_in_addresses() {
        for text in [
            "H36.105-261123-0007",
            " h36.105-261123-0007\n",
            "https://dichvucong.example.vn/tra-cuu?ma=H36.105-261123-0007",
            "https://example.vn/hs/H36.105-261123-0007/xem?x=1&ma=H36.105-261123-0007#a",
            "https://example.vn/?ma_ho_so=H36%2E105%2d261123-0007&lang=vi",
            "Mã hồ sơ: H36.105-261123-0007.",
            "100%H36.105-261123-0007",
        ] {
            let code = from_code_text(text).expect(text);
            assert_eq!(code.as_str(), "H36.105-261123-0007");
        }
    }

    #[test]
    fn gives_none_for_none_and_for_two() {
        for text in [
            "",
            "https://example.vn/tra-cuu",
            "079203000001",
            "H36.105-261123-0007 H36.105-261123-0008",
            "XH36.105-261123-0007",
            "H36.105-261123-00071-9",
            "020091990417||Nông Văn Thử|14031991|Nam|Thôn Pò Mẫu|15082021",
        ] {
            assert_eq!(from_code_text(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[%0-9A-Hg./?&=é-]{0,80}") {
            let _ = from_code_text(&text);
        }
    }
}

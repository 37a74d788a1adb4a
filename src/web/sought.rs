//! What somebody typed, or a scanner of codes typed for them, into the one field: whose number, which dossier, which
//! words.

use std::fmt;

use crate::index::CitizenNumber;
use crate::recognise::citizen_card::CitizenCard;
use crate::record::{DossierCode, Lang, RecordId};

/// Nobody types more; a card's code has at most 1,024 bytes.
const TYPED_BYTES_MAX: usize = 1024;
/// A run of digits of this length is meant as a number of a person.
const DIGITS_MEANT: std::ops::RangeInclusive<usize> = 7..=14;

/// What is looked for. As sensitive as what was typed: `Debug` shows only the form.
#[derive(Clone, PartialEq)]
pub(super) enum Sought {
    /// A person by number, 12 digits or a former one.
    Number(CitizenNumber),
    /// A person by the code of the card.
    Card(CitizenNumber),
    /// A dossier.
    Dossier(DossierCode),
    /// One record.
    Record(RecordId),
    /// Words of a name, or, where nobody has them, of the text.
    Words(String),
    /// Words of a name.
    Name(String),
    /// Words of the pages.
    Text(String),
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Among {
    /// In names first.
    #[default]
    Everything,
    /// In names only.
    Names,
    /// In the text only.
    Texts,
}

/// Why nothing can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotSought {
    /// Nothing with a letter or a digit was typed.
    Nothing,
    /// Much more than anybody means.
    TooLong,
    /// Digits, but not as many as a number has.
    Digits,
    /// It looks like the code of a card, and is not.
    Card,
}

impl NotSought {
    /// What to do, for people.
    pub(super) fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::Nothing => (
                "Nhập số định danh, mã hồ sơ, họ tên hoặc quét mã QR trên thẻ.",
                "Type a citizen ID, a dossier code or a name, or scan the card's QR code.",
            ),
            Self::TooLong => (
                "Nội dung quá dài. Nhập vài từ là đủ.",
                "That is too long. A few words are enough.",
            ),
            Self::Digits => (
                "Số định danh có 12 chữ số, số CMND có 9 chữ số. Hãy kiểm tra lại.",
                "A citizen ID has 12 digits, a former number (CMND) 9. Look at it again.",
            ),
            Self::Card => (
                "Mã QR đọc chưa đủ. Hãy quét lại, hoặc nhập 12 chữ số trên thẻ.",
                "The QR code was not read whole. Scan it again, or type the 12 digits of the card.",
            ),
        };
        lang.pick(vi, en)
    }
}

impl Sought {
    /// Understands what was typed.
    ///
    /// # Errors
    /// [`NotSought`] says what to type instead.
    pub(super) fn read(typed: &str, among: Among) -> Result<Self, NotSought> {
        let typed = typed.trim();
        if typed.len() > TYPED_BYTES_MAX {
            return Err(NotSought::TooLong);
        }
        if !typed.chars().any(char::is_alphanumeric) {
            return Err(NotSought::Nothing);
        }
        if typed.matches('|').count() >= 2 {
            let card = CitizenCard::parse(typed).map_err(|_| NotSought::Card)?;
            let number = card.id.expose().parse().map_err(|_| NotSought::Card)?;
            return Ok(Self::Card(number));
        }
        if let Ok(number) = typed.parse() {
            return Ok(Self::Number(number));
        }
        if let Ok(dossier) = typed.parse() {
            return Ok(Self::Dossier(dossier));
        }
        if let Ok(record) = typed.parse() {
            return Ok(Self::Record(record));
        }
        let digits = typed.chars().filter(char::is_ascii_digit).count();
        let is_number = typed
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-'));
        if is_number && DIGITS_MEANT.contains(&digits) {
            return Err(NotSought::Digits);
        }
        let words = typed.to_owned();
        Ok(match among {
            Among::Everything => Self::Words(words),
            Among::Names => Self::Name(words),
            Among::Texts => Self::Text(words),
        })
    }

    /// The number of the person, where a number is sought.
    pub(super) fn number(&self) -> Option<&CitizenNumber> {
        match self {
            Self::Number(number) | Self::Card(number) => Some(number),
            Self::Dossier(_) | Self::Record(_) | Self::Words(_) | Self::Name(_) | Self::Text(_) => {
                None
            }
        }
    }

    /// For the page of what was found; numbers masked.
    pub(super) fn words(&self, lang: Lang) -> String {
        match self {
            Self::Number(number) => format!("{} {number}", lang.pick("số", "number")),
            Self::Card(number) => format!("{} {number}", lang.pick("mã QR của thẻ", "card")),
            Self::Dossier(code) => format!("{} {code}", lang.pick("hồ sơ", "dossier")),
            Self::Record(record) => format!("{} {record}", lang.pick("bản ghi", "record")),
            Self::Words(words) => format!("“{words}”"),
            Self::Name(words) => format!("{} “{words}”", lang.pick("họ tên", "name")),
            Self::Text(words) => format!("{} “{words}”", lang.pick("nội dung", "text")),
        }
    }
}

impl fmt::Debug for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number(_) => "Number",
            Self::Card(_) => "Card",
            Self::Dossier(_) => "Dossier",
            Self::Record(_) => "Record",
            Self::Words(_) => "Words",
            Self::Name(_) => "Name",
            Self::Text(_) => "Text",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<Sought, NotSought> {
        Sought::read(typed, Among::Everything)
    }

    #[test]
    fn one_field_understands_what_the_desk_has() {
        let number = |digits: &str| digits.parse().expect("a number");
        let card = "079203000001|012345678|Nguyễn Văn A|01022003|Nam|Thôn Mẫu, Xã Mẫu|15082021";
        for (typed, sought) in [
            ("079203000001", Sought::Number(number("079203000001"))),
            (" 079 203 000 001 ", Sought::Number(number("079203000001"))),
            ("012345678", Sought::Number(number("012345678"))),
            (card, Sought::Card(number("079203000001"))),
            (
                "h36.105-261123-0007",
                Sought::Dossier("H36.105-261123-0007".parse().expect("a code")),
            ),
            ("Nguyễn Văn A", Sought::Words("Nguyễn Văn A".to_owned())),
            ("hoa", Sought::Words("hoa".to_owned())),
            ("12/UBND-TP", Sought::Words("12/UBND-TP".to_owned())),
            ("thửa 123", Sought::Words("thửa 123".to_owned())),
        ] {
            assert_eq!(read(typed), Ok(sought), "{typed}");
        }
        let record = RecordId::new_v7(1, &[1; 10]);
        assert_eq!(read(&record.to_string()), Ok(Sought::Record(record)));
        assert_eq!(
            Sought::read("hòa", Among::Texts),
            Ok(Sought::Text("hòa".to_owned()))
        );
    }

    #[test]
    fn mistakes_are_told_instead_of_searched() {
        for (typed, why) in [
            ("", NotSought::Nothing),
            (" – ? ", NotSought::Nothing),
            ("07920300000", NotSought::Digits),
            ("0792-0300-0001", NotSought::Digits),
            ("079203000001|012345678|Nguyễn", NotSought::Card),
            ("079203000001|012345678|Nguyễn|0102", NotSought::Card),
        ] {
            assert_eq!(read(typed), Err(why), "{typed}");
        }
        assert_eq!(read(&"a".repeat(1025)), Err(NotSought::TooLong));
    }

    #[test]
    fn what_is_shown_and_logged_has_no_number() {
        let sought = read("079203000001").expect("understood");
        for lang in [Lang::Vi, Lang::En] {
            assert!(!sought.words(lang).contains("079203000001"));
        }
        assert_eq!(format!("{sought:?}"), "Number");
    }
}

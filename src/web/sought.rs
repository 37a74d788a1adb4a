//! What somebody typed, or a scanner of codes typed for them, into the one field: a line for [`crate::look_up`], which
//! understands it; and what to say where it cannot be meant.

use std::fmt;

use crate::index::CitizenNumber;
use crate::look_up::{self, Search, Understood};
use crate::recognise::citizen_card::CitizenCard;
use crate::record::Lang;

/// Nobody types more; a card's code has at most 1,024 bytes.
const TYPED_BYTES_MAX: usize = 1024;
/// A run of digits of this length is meant as a number of a person.
const DIGITS_MEANT: std::ops::RangeInclusive<usize> = 7..=14;

/// What is looked for. As sensitive as what was typed: `Debug` shows only the form.
#[derive(Clone, PartialEq)]
pub(super) struct Sought {
    line: String,
    /// What it means.
    pub(super) understood: Understood,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
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
        if typed.matches('|').count() >= 2 && CitizenCard::parse(typed).is_err() {
            return Err(NotSought::Card);
        }
        let line = match (look_up::understand(typed), among) {
            (Some(Understood::Name(_) | Understood::Text(_)), Among::Names) => {
                format!("name:{typed}")
            }
            (Some(Understood::Name(_) | Understood::Text(_)), Among::Texts) => {
                format!("text:{typed}")
            }
            _ => typed.to_owned(),
        };
        match look_up::understand(&line) {
            Some(Understood::Text(words)) if is_number_of_a_person(&words) => {
                Err(NotSought::Digits)
            }
            Some(understood) => Ok(Self { line, understood }),
            None => Err(NotSought::Nothing),
        }
    }

    /// The search for it, its first page.
    pub(super) fn search(&self, limit: u32) -> Search {
        Search {
            line: self.line.clone(),
            limit,
            ..Search::default()
        }
    }

    /// The number of the person, where a number is sought.
    pub(super) fn number(&self) -> Option<&CitizenNumber> {
        match &self.understood {
            Understood::Number(number) | Understood::Card(number) => Some(number),
            _ => None,
        }
    }
}

/// Digits that cannot be one as they are.
fn is_number_of_a_person(words: &str) -> bool {
    let digits = words.chars().filter(char::is_ascii_digit).count();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-');
    words.chars().all(is_number) && DIGITS_MEANT.contains(&digits)
}

impl fmt::Debug for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.understood {
            Understood::Number(_) => "Number",
            Understood::Card(_) => "Card",
            Understood::Dossier(_) => "Dossier",
            Understood::Record(_) => "Record",
            Understood::Name(_) => "Name",
            Understood::Text(_) => "Text",
            Understood::Phrase(_) => "Phrase",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordId;

    fn read(typed: &str) -> Result<Understood, NotSought> {
        Sought::read(typed, Among::Everything).map(|sought| sought.understood)
    }

    #[test]
    fn one_field_understands_what_the_desk_has() {
        use Understood::{Card, Dossier, Name, Number, Record, Text};
        let number = |digits: &str| digits.parse().expect("a number");
        let card = "079203000001|012345678|Nguyễn Văn A|01022003|Nam|Thôn Mẫu, Xã Mẫu|15082021";
        let code = "H36.105-261123-0007".parse().expect("a code");
        for (typed, understood) in [
            ("079203000001", Number(number("079203000001"))),
            (" 079 203 000 001 ", Number(number("079203000001"))),
            ("012345678", Number(number("012345678"))),
            (card, Card(number("079203000001"))),
            ("h36.105-261123-0007", Dossier(code)),
            ("Nguyễn Văn A", Name("Nguyễn Văn A".to_owned())),
            ("12/UBND-TP", Text("12/UBND-TP".to_owned())),
            ("thửa 123", Text("thửa 123".to_owned())),
        ] {
            assert_eq!(read(typed), Ok(understood), "{typed}");
        }
        let record = RecordId::new_v7(1, &[1; 10]);
        assert_eq!(read(&record.to_string()), Ok(Record(record)));
        for (among, understood) in [
            (Among::Texts, Text("hòa".to_owned())),
            (Among::Names, Name("hòa".to_owned())),
        ] {
            let sought = Sought::read("hòa", among).expect("words");
            assert_eq!(sought.understood, understood);
        }
        let number = Sought::read("079203000001", Among::Names).expect("a number");
        assert!(number.number().is_some(), "a number is no name");
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
        let sought = Sought::read("079203000001", Among::default()).expect("understood");
        for lang in [Lang::Vi, Lang::En] {
            assert!(!sought.understood.words(lang).contains("079203000001"));
        }
        assert_eq!(format!("{sought:?}"), "Number");
    }
}

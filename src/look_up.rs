//! The one search box: a line that an officer types or scans, what it means, and the records that answer it.
//!
//! `sohoa find` and the desk ask here, so that both understand the same. The answer says how the line was
//! understood, so that whoever typed it can see why they get what they get. Pages of answers are asked for one after
//! the other with a [`Cursor`].
//!
//! Not here: keeping the event of the look-up ([`crate::access`]), masking, deciding who may look.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::index::{CitizenNumber, Index, IndexError, IndexRow, Query};
use crate::recognise::citizen_card::CitizenCard;
use crate::recognise::dossier::from_code_text;
use crate::record::{DossierCode, Lang, RecordId};

/// Of a longer line the beginning counts.
const LINE_CHARS_MAX: usize = 1000;

/// A person's name has no more words.
const NAME_WORDS_MAX: usize = 7;

/// Rows of one page.
const PAGE_ROWS_MAX: u32 = 200;

/// Nobody leafs through more; who has so many answers asks more closely.
const ROWS_MAX: u32 = 1000;

/// How a line was understood. Numbers in it are masked when shown ([`Understood::words`], JSON); [`Query`] has them in
/// full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "as", content = "value", rename_all = "kebab-case")]
pub enum Understood {
    /// The code of a citizen's card was scanned: papers of its number.
    #[serde(serialize_with = "masked")]
    Card(CitizenNumber),
    /// A citizen ID (12 digits) or a former number (CMND, 9 digits).
    #[serde(serialize_with = "masked")]
    Number(CitizenNumber),
    /// A dossier code, also within the address that a receipt slip carries.
    Dossier(DossierCode),
    /// A record's number.
    Record(RecordId),
    /// A person's name, with or without marks; the last word may be only begun.
    Name(String),
    /// Words of the pages' text, the last of which may be only begun.
    Text(String),
    /// Words of the pages' text, side by side: the line was in quotation marks.
    Phrase(String),
}

/// One search.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// What was typed or scanned.
    pub line: String,
    /// What must hold besides: kind, station, days. What the line says takes the place of the same here.
    pub within: Query,
    /// Rows of a page, 1 to 200.
    pub limit: u32,
    /// Where the page begins; `None` for the first.
    pub after: Option<Cursor>,
}

/// A page of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How the line was understood.
    pub understood: Understood,
    /// The closest answers first, each kind newest first.
    pub rows: Vec<IndexRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Where a page of answers begins. Records archived meanwhile can move a row onto two pages, never away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cursor {
    offset: u32,
    /// The line looks like a name, but no name answered.
    as_text: bool,
}

/// The text is no cursor.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a place in a list of answers")]
pub struct CursorError;

/// Looks up what a line asks for. A line that looks like a name is looked up as text where no name answers.
///
/// # Errors
/// [`IndexError::NoWords`] where there is nothing to look for in the line; the database's.
pub fn look_up(index: &Index, search: &Search) -> Result<Found, IndexError> {
    let understood = understand(&search.line).ok_or(IndexError::NoWords)?;
    let after = search.after.unwrap_or(Cursor {
        offset: 0,
        as_text: false,
    });
    let as_text = match (&understood, after.as_text) {
        (Understood::Name(words), true) => Some(Understood::Text(words.clone())),
        _ => None,
    };
    let found = page(index, search, as_text.unwrap_or(understood), after)?;
    match &found.understood {
        // Behind `name:` it is meant as one.
        Understood::Name(words)
            if found.rows.is_empty() && after.offset == 0 && looks_like_a_name(&search.line) =>
        {
            let after = Cursor {
                as_text: true,
                ..after
            };
            let text = page(index, search, Understood::Text(words.clone()), after)?;
            // Nothing answers either way: it is a name for all that is known.
            Ok(if text.rows.is_empty() { found } else { text })
        }
        _ => Ok(found),
    }
}

fn page(
    index: &Index,
    search: &Search,
    understood: Understood,
    after: Cursor,
) -> Result<Found, IndexError> {
    let limit = search.limit.clamp(1, PAGE_ROWS_MAX);
    let offset = after.offset.min(ROWS_MAX);
    let query = understood.query(&search.within);
    let mut rows = index.find(&query, offset + limit + 1)?;
    let rows: Vec<IndexRow> = rows.drain(rows.len().min(offset as usize)..).collect();
    let more = rows.len() > limit as usize && offset + limit < ROWS_MAX;
    let next = more.then_some(Cursor {
        offset: offset + limit,
        ..after
    });
    Ok(Found {
        understood,
        rows: rows.into_iter().take(limit as usize).collect(),
        next,
    })
}

/// What a line means; `None` where there is nothing to look for in it. `name:` or `tên:`, `text:` or `chữ:`, and
/// quotation marks say so themselves.
#[must_use]
pub fn understand(line: &str) -> Option<Understood> {
    let line: String = line.trim().chars().take(LINE_CHARS_MAX).collect();
    if let Ok(card) = CitizenCard::parse(&line) {
        return card.id.expose().parse().ok().map(Understood::Card);
    }
    if let Ok(number) = line.parse() {
        return Some(Understood::Number(number));
    }
    if let Some(dossier) = line.parse().ok().or_else(|| from_code_text(&line)) {
        return Some(Understood::Dossier(dossier));
    }
    if let Ok(record) = line.parse() {
        return Some(Understood::Record(record));
    }
    if !line.chars().any(char::is_alphanumeric) {
        return None;
    }
    let words = |text: &str| text.trim().to_owned();
    if let Some(name) = behind(&line, &["name:", "tên:", "ten:"]) {
        return Some(Understood::Name(words(name)));
    }
    if let Some(text) = behind(&line, &["text:", "chữ:", "chu:"]) {
        return Some(Understood::Text(words(text)));
    }
    if let Some(phrase) = quoted(&line) {
        return Some(Understood::Phrase(words(phrase)));
    }
    Some(if looks_like_a_name(&line) {
        Understood::Name(line)
    } else {
        Understood::Text(line)
    })
}

/// The rest of a line that begins with one of these words, in whatever case, and has something behind it.
fn behind<'a>(line: &'a str, words: &[&str]) -> Option<&'a str> {
    let (word, rest) = line.split_at(line.find(':')? + 1);
    let begins = words.contains(&word.to_lowercase().as_str());
    (begins && rest.chars().any(char::is_alphanumeric)).then_some(rest)
}

fn quoted(line: &str) -> Option<&str> {
    [('"', '"'), ('“', '”'), ('«', '»')]
        .into_iter()
        .find_map(|(open, close)| line.strip_prefix(open)?.strip_suffix(close))
}

fn looks_like_a_name(line: &str) -> bool {
    let is_mark = |letter: char| matches!(letter, '\u{300}'..='\u{36f}' | '\'' | '.' | '-');
    line.split_whitespace().count() <= NAME_WORDS_MAX
        && line
            .chars()
            .all(|letter| letter.is_alphabetic() || letter.is_whitespace() || is_mark(letter))
}

impl Understood {
    /// The query that it is, with what must hold besides.
    #[must_use]
    pub fn query(&self, within: &Query) -> Query {
        let mut query = within.clone();
        match self {
            Self::Card(number) | Self::Number(number) => query.citizen = Some(number.clone()),
            Self::Dossier(dossier) => query.dossier = Some(dossier.clone()),
            Self::Record(record) => query.record = Some(*record),
            Self::Name(words) => {
                query.name = Some(words.clone());
                query.begun = true;
            }
            Self::Text(words) => {
                query.text = Some(words.clone());
                query.begun = true;
            }
            Self::Phrase(words) => {
                query.text = Some(words.clone());
                query.phrase = true;
            }
        }
        query
    }

    /// For people; numbers are masked.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let (vi, en, value) = match self {
            Self::Card(number) => ("mã QR trên thẻ căn cước", "card", number.to_string()),
            Self::Number(number) if number.expose().len() == 9 => {
                ("số CMND", "former number (CMND)", number.to_string())
            }
            Self::Number(number) => ("số định danh", "citizen ID", number.to_string()),
            Self::Dossier(dossier) => ("mã hồ sơ", "dossier", dossier.to_string()),
            Self::Record(record) => ("số bản ghi", "record", record.to_string()),
            Self::Name(words) => ("họ tên", "name", words.clone()),
            Self::Text(words) => ("chữ trong giấy tờ", "text", words.clone()),
            Self::Phrase(words) => ("cụm từ trong giấy tờ", "phrase", words.clone()),
        };
        format!("{}: {value}", lang.pick(vi, en))
    }
}

fn masked<S: serde::Serializer>(number: &CitizenNumber, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(number)
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.as_text { "t" } else { "" };
        write!(f, "{kind}{}", self.offset)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (as_text, digits) = match text.strip_prefix('t') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let offset = digits.parse().ok().filter(|it| plain && *it <= ROWS_MAX);
        let offset = offset.ok_or(CursorError)?;
        Ok(Self { offset, as_text })
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::test_support::{description, full_name};
    use crate::record::Source;

    const CITIZEN: &str = "079203000001";

    /// Records 1 to `count`, the later the newer, of one citizen of that name, with a text.
    fn office(folder: &tempfile::TempDir, count: u8) -> Index {
        let index = Index::open(&folder.path().join("index.sqlite")).expect("opens");
        for id in 1..=count {
            let at = format!("2026-11-20T01:00:{id:02}Z");
            let mut record = description(id, Some(CITIZEN), &at);
            record.fields = vec![full_name("Lê Thị Hoà", Source::CardQr)];
            let text = "Ủy ban nhân dân xã Mẫu chứng nhận quyền sử dụng đất";
            index.insert(&record, Some(text)).expect("inserts");
        }
        index
    }

    fn asked(index: &Index, line: &str) -> Found {
        let search = Search {
            line: line.to_owned(),
            limit: 20,
            ..Search::default()
        };
        look_up(index, &search).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    fn code(line: &str) -> String {
        let understood = understand(line).unwrap_or_else(|| panic!("{line}: nothing"));
        let json = serde_json::to_value(&understood).expect("serialises");
        json["as"].as_str().expect("a kind").to_owned()
    }

    #[test]
    fn each_form_of_a_line_is_understood() {
        for (line, expected) in [
            (" 079203000001\n", "number"),
            ("079 203 000 001", "number"),
            ("012345678", "number"),
            ("H36.105-261123-0007", "dossier"),
            ("h36.105-261123-0007", "dossier"),
            ("https://dvc.example.vn/?ma=H36.105-261123-0007", "dossier"),
            ("019ab000-0000-7000-8000-000000000001", "record"),
            ("urn:uuid:019ab000-0000-7000-8000-000000000001", "record"),
            (
                "079203000001|012345678|Lê Thị Hoà|01022003|Nữ|Thôn Mẫu|15082021",
                "card",
            ),
            ("079203000001||Lê Thị Hoà|01022003|Nữ|Thôn Mẫu", "card"),
            ("Lê Thị Hoà", "name"),
            ("le thi h", "name"),
            ("LÊ THI\u{323} HO\u{300}A", "name"),
            ("Tên: 12", "name"),
            ("thửa đất số 12", "text"),
            ("chữ: giấy chứng nhận", "text"),
            ("\"quyền sử dụng\"", "phrase"),
            ("“quyền sử dụng”", "phrase"),
            ("Nguyễn Văn A ở thôn Mẫu xã Mẫu tỉnh", "text"),
            ("07920300000", "text"),
            ("079203000001|x", "text"),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
        for nothing in ["", "  ", "\"\"", "|||", "-–—", "\u{301}"] {
            assert_eq!(understand(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn numbers_are_masked_when_shown() {
        for line in [CITIZEN, "079203000001||Lê Thị Hoà|01022003|Nữ|Thôn Mẫu"] {
            let understood = understand(line).expect("understood");
            let json = serde_json::to_string(&understood).expect("serialises");
            for shown in [json, understood.words(Lang::Vi), format!("{understood:?}")] {
                assert!(!shown.contains(CITIZEN), "{shown}");
                assert!(shown.contains("079*******01"), "{shown}");
            }
        }
    }

    #[test]
    fn a_line_finds_what_it_asks_for() {
        let folder = tempfile::tempdir().expect("folder");
        let index = office(&folder, 3);
        for line in [
            CITIZEN,
            "079203000001||Lê Thị Hoà|01022003|Nữ|Thôn Mẫu",
            "H36.105-261123-0007",
            "lê thị hòa",
            "le thi h",
            "LE THI HOA",
            "hoa",
            "quyen su dung dat 2",
            "\"sử dụng đất\"",
        ] {
            let found = asked(&index, line);
            let expected = if line.ends_with('2') { 0 } else { 3 };
            assert_eq!(found.rows.len(), expected, "{line}: {found:?}");
            assert_eq!(found.next, None);
        }
        // It looks like a name, but nobody is called so.
        let found = asked(&index, "quyền sử dụn");
        assert_eq!(
            found.understood,
            Understood::Text("quyền sử dụn".to_owned())
        );
        assert!(found.rows[0].hits[0].snippet.contains("quyền sử dụng"));
        assert_eq!(asked(&index, "\"dụng sử\"").rows, []);
        assert_eq!(
            asked(&index, "trần văn x").understood,
            Understood::Name("trần văn x".to_owned())
        );
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_end_in_sight() {
        let folder = tempfile::tempdir().expect("folder");
        let index = office(&folder, 45);
        for line in ["le thi hoa", "quyền sử dụng", CITIZEN] {
            let mut search = Search {
                line: line.to_owned(),
                limit: 20,
                ..Search::default()
            };
            let mut seen = Vec::new();
            let mut sizes = Vec::new();
            loop {
                let found = look_up(&index, &search).expect("found");
                sizes.push(found.rows.len());
                seen.extend(found.rows.into_iter().map(|row| row.record));
                let Some(next) = found.next else { break };
                search.after = Some(next.to_string().parse().expect("a cursor"));
            }
            assert_eq!(sizes, [20, 20, 5], "{line}");
            assert!(seen.windows(2).all(|two| two[0] > two[1]), "newest first");
        }
        for wrong in ["", "t", "-1", "+1", "1001", "99999999999", "x"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(CursorError), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_line_is_answered(
            line in "(\\PC{0,40}|[0-9 .|-]{0,30}|[\"'*^:(){}“”|a-zđ +-]{0,30}|(name|text|tên):\\PC{0,9})",
            after in 0_u32..1001,
        ) {
            let folder = tempfile::tempdir().expect("folder");
            let index = office(&folder, 1);
            let after = Some(Cursor { offset: after, as_text: after % 2 == 1 });
            let search = Search { line, after, limit: after.map_or(0, |it| it.offset), ..Search::default() };
            match look_up(&index, &search) {
                Ok(found) => { let _ = found.understood.words(Lang::Vi); }
                Err(error) => prop_assert!(matches!(error, IndexError::NoWords)),
            }
        }
    }
}

//! The words of a query, and how closely a record may answer them.
//!
//! What a person typed is data: it is folded to letters and digits, and each word is quoted, so that
//! nothing in it is syntax of the full-text search.

use super::fold::{each_word, fold};
use super::query::Query;

/// More words of one query do not count.
const TERMS_MAX: usize = 64;

/// With fewer letters the beginning of a word says nothing in a text.
const BEGUN_MIN: usize = 3;

/// Which of the two folded forms is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Without marks.
    Plain,
    /// With them.
    Marked,
}

/// How closely a record answers. Records of a closer answer come first, each kind newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closeness {
    /// The marks are those of the query, or need not be.
    pub(super) form: Form,
    /// Where the words stand.
    pub(super) extent: Extent,
}

/// Where the words of a query stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// They are the whole name; in a text as `SideBySide`.
    Whole,
    /// Side by side, in the order of the query.
    SideBySide,
    /// Anywhere.
    Apart,
    /// Anywhere, and the last may be only the beginning of one.
    Begun,
}

/// The words of a query; at least one.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    plain: Vec<String>,
    marked: Vec<String>,
}

impl Terms {
    /// The words of what was typed; `None` where there is no letter and no digit in it.
    pub(super) fn of(typed: &str) -> Option<Self> {
        let (mut plain, mut marked) = (Vec::new(), Vec::new());
        each_word(typed, |word| {
            if plain.len() < TERMS_MAX {
                plain.push(word.plain.to_owned());
                marked.push(word.marked.to_owned());
            }
        });
        (!plain.is_empty()).then_some(Self { plain, marked })
    }

    /// Who types marks means them; who types none means any.
    fn has_marks(&self) -> bool {
        self.plain != self.marked
    }

    /// Whether few enough words of texts begin as the last word does.
    fn begins_something(&self) -> bool {
        self.plain
            .last()
            .is_some_and(|word| word.len() >= BEGUN_MIN)
    }

    /// The form in which these words are compared when marks matter as in `asked`.
    pub(super) fn form(&self, asked: Form) -> Form {
        if self.has_marks() { asked } else { Form::Plain }
    }

    /// The words in a form.
    pub(super) fn words(&self, form: Form) -> &[String] {
        match form {
            Form::Plain => &self.plain,
            Form::Marked => &self.marked,
        }
    }

    /// The words without marks, as `name.plain` has them.
    pub(super) fn whole(&self) -> String {
        self.plain.join(" ")
    }

    /// Whether a name answers this closely.
    pub(super) fn is_answered(&self, name: &str, closeness: Closeness) -> bool {
        let form = self.form(closeness.form);
        let folded = fold(name);
        let text = match form {
            Form::Plain => &folded.plain,
            Form::Marked => &folded.marked,
        };
        let (words, wanted): (Vec<&str>, _) = (text.split(' ').collect(), self.words(form));
        let holds = |wanted: &[String]| wanted.iter().all(|word| words.contains(&word.as_str()));
        match closeness.extent {
            Extent::Whole => words == *wanted,
            Extent::SideBySide => words.windows(wanted.len()).any(|some| some == wanted),
            Extent::Apart => holds(wanted),
            Extent::Begun => wanted.split_last().is_some_and(|(last, others)| {
                holds(others) && words.iter().any(|word| word.starts_with(last.as_str()))
            }),
        }
    }

    /// The words as an FTS5 expression over the words of names.
    pub(super) fn name_expression(&self, closeness: Closeness) -> String {
        let form = self.form(closeness.form);
        let (column, words) = (form.column(), self.words(form));
        // No word has a quotation mark in it.
        match closeness.extent {
            Extent::Whole | Extent::SideBySide => format!("{column} : \"{}\"", words.join(" ")),
            Extent::Apart => format!("{column} : (\"{}\")", words.join("\" AND \"")),
            Extent::Begun => format!("{column} : (\"{}\" *)", words.join("\" AND \"")),
        }
    }

    /// The words as an FTS5 expression over the columns of the texts' words, with what else must
    /// hold as `facts`.
    pub(super) fn text_expression(&self, closeness: Closeness, facts: &[String]) -> String {
        let form = self.form(closeness.form);
        let pairs = if matches!(closeness.extent, Extent::Whole | Extent::SideBySide) {
            self.plain
                .windows(2)
                .map(|two| pair(&two[0], &two[1]))
                .collect()
        } else {
            Vec::new()
        };
        // The pairs say it all where marks do not matter.
        let words = match form {
            Form::Plain if !pairs.is_empty() => &[][..],
            form => self.words(form),
        };
        let begun = if closeness.extent == Extent::Begun {
            " *"
        } else {
            ""
        };
        [
            (form.column(), words, begun),
            ("pairs", &pairs, ""),
            ("facts", facts, ""),
        ]
        .into_iter()
        .filter(|(_, tokens, _)| !tokens.is_empty())
        // No token has a quotation mark in it.
        .map(|(column, tokens, end)| format!("{column} : (\"{}\"{end})", tokens.join("\" AND \"")))
        .collect::<Vec<_>>()
        .join(" AND ")
    }
}

impl Closeness {
    /// Whether the words are the whole name.
    pub(super) fn is_whole(self) -> bool {
        self.extent == Extent::Whole
    }

    /// Whether the last word may be only the beginning of one.
    pub(super) fn is_begun(self) -> bool {
        self.extent == Extent::Begun
    }
}

impl Form {
    /// Its column in the words' tables.
    fn column(self) -> &'static str {
        match self {
            Form::Plain => "plain",
            Form::Marked => "marked",
        }
    }
}

/// Joins what the tokenizer shall not part: it takes every character beyond ASCII for a letter.
const JOINT: char = '·';

/// Two neighbouring words as one token.
fn pair(one: &str, next: &str) -> String {
    format!("{one}{JOINT}{next}")
}

/// All neighbours in a folded text, as a text of tokens. Common words side by side are rare, so that
/// they are found as fast as rare words.
pub(super) fn pairs(plain: &str) -> String {
    let words = plain.split(' ');
    let pairs = words.clone().zip(words.skip(1));
    pairs.map(|(one, next)| pair(one, next) + " ").collect()
}

/// A value of a record as one token, so that a search for words meets it on its way. Values that
/// differ in punctuation only have the same token.
pub(super) fn fact(column: &str, value: &str) -> String {
    let value = value.replace(
        |letter: char| letter.is_ascii() && !letter.is_ascii_alphanumeric(),
        "·",
    );
    format!("{column}{JOINT}{value}")
}

/// From the closest answer to the loosest one that a query asks for: marks before neighbourhood.
pub(super) fn closenesses(query: &Query, words: &QueryTerms) -> Vec<Closeness> {
    let all = || words.name.iter().chain(&words.text);
    if all().next().is_none() {
        return Vec::new();
    }
    let marks = all().any(Terms::has_marks);
    let several = all().any(|terms| terms.plain.len() > 1);
    let is_begun = words.text.as_ref().is_none_or(Terms::begins_something);
    let mut closenesses = Vec::new();
    for form in [Form::Marked, Form::Plain] {
        for extent in [
            Extent::Whole,
            Extent::SideBySide,
            Extent::Apart,
            Extent::Begun,
        ] {
            let asked = match extent {
                Extent::Whole => words.name.is_some(),
                Extent::SideBySide => several || query.phrase,
                Extent::Apart => !query.phrase,
                // Marks stand behind all letters of a folded word, so its beginning has none.
                Extent::Begun => query.begun && !query.phrase && form == Form::Plain && is_begun,
            };
            if asked && (form == Form::Plain || marks) {
                closenesses.push(Closeness { form, extent });
            }
        }
    }
    closenesses
}

/// The words of a query, folded.
pub(super) struct QueryTerms {
    pub(super) name: Option<Terms>,
    pub(super) text: Option<Terms>,
}

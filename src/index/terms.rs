//! The words of a query, and how closely a record may answer them.
//!
//! What a person typed is data: it is folded to letters and digits, and each word is quoted, so that
//! nothing in it is syntax of the full-text search.

use super::fold::each_word;

/// More words of one query do not count.
const TERMS_MAX: usize = 64;

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
    /// The words stand side by side in the order of the query, or anywhere.
    pub(super) side_by_side: bool,
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

    /// The words as an FTS5 expression over the columns of the words' tables, with what else must
    /// hold as `facts`.
    pub(super) fn expression(&self, closeness: Closeness, facts: &[String]) -> String {
        let form = self.form(closeness.form);
        let pairs = if closeness.side_by_side {
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
        let column = match form {
            Form::Plain => "plain",
            Form::Marked => "marked",
        };
        [(column, words), ("pairs", &pairs), ("facts", facts)]
            .into_iter()
            .filter(|(_, tokens)| !tokens.is_empty())
            // No token has a quotation mark in it.
            .map(|(column, tokens)| format!("{column} : (\"{}\")", tokens.join("\" AND \"")))
            .collect::<Vec<_>>()
            .join(" AND ")
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

/// From the closest answer to the loosest one that these queries ask for: marks before neighbourhood.
pub(super) fn closenesses(queries: &[&Terms]) -> Vec<Closeness> {
    let marks = queries.iter().any(|terms| terms.has_marks());
    let several = queries.iter().any(|terms| terms.plain.len() > 1);
    let mut all = Vec::new();
    for form in [Form::Marked, Form::Plain] {
        for side_by_side in [true, false] {
            if (form == Form::Plain || marks) && (!side_by_side || several) {
                all.push(Closeness { form, side_by_side });
            }
        }
    }
    all
}

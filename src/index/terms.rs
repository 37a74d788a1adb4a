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

    /// The words as an FTS5 expression over the columns `plain` and `marked`.
    pub(super) fn expression(&self, closeness: Closeness) -> String {
        let form = self.form(closeness.form);
        let column = match form {
            Form::Plain => "plain",
            Form::Marked => "marked",
        };
        // A folded word has no quotation mark in it.
        let between = if closeness.side_by_side {
            " "
        } else {
            "\" AND \""
        };
        format!("{column} : (\"{}\")", self.words(form).join(between))
    }
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

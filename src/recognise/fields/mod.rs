//! What a document says, value by value: whose it is, what it is, when and by whom it was issued.
//!
//! Codes say it exactly. Words say it behind the labels of forms, in the head of official papers and in
//! titles; OCR misreads letters and marks, so labels are compared without marks and with some letters
//! wrong. A number is a citizen ID only where a label, a column's head or the card around it says so:
//! 12 digits are also accounts, customers, parcels and garbage. Nothing is decided here, and no value
//! is corrected: [`super::identity`] decides, and a [`Field::doubt`] is for a person.

mod card;
mod codes;
mod doubt;
mod fold;
mod form;
mod heading;
mod labels;
mod layout;
mod person;
mod table;
mod title;
mod value;

use std::ops::Range;

use self::labels::{Label, Mark};
use self::layout::Layout;
use self::value::Found;
use super::identity::Evidence;
use super::{ReadPage, RecognisedPage};
use crate::record::{Confidence, DocumentKind, DossierCode, Field, FieldName, Source};

/// Most fields of a page; a crowded form has some forty.
pub const FIELDS_OF_PAGE_MAX: usize = 200;

/// Everything that the pages say, page by page: first what codes say, then what the paper is, then its
/// people, each one's values together. Pages are numbered from 1 in the order given.
#[must_use]
pub fn find(pages: &[ReadPage]) -> Vec<Field> {
    let numbered = (1..).zip(pages);
    numbered
        .flat_map(|(number, page)| of_page(page, number))
        .collect()
}

/// What one page says, as page `number`. At most [`FIELDS_OF_PAGE_MAX`].
#[must_use]
pub fn of_page(page: &ReadPage, number: u32) -> Vec<Field> {
    let layout = Layout::of(&page.page);
    let mut fields = codes::fields(&page.codes);
    fields.extend(codes::of_zones(&layout));
    let says_kind = fields
        .iter()
        .any(|field| field.name == FieldName::DocumentKind);
    let titled = title::fields(&layout);
    // The title of a page outranks the card that is copied on it.
    if says_kind
        && titled
            .iter()
            .any(|field| field.name == FieldName::DocumentKind)
    {
        fields.retain(|field| field.name != FieldName::DocumentKind);
    }
    fields.extend(titled);
    fields.extend(heading::fields(&layout));
    let marks = labels::marks(&layout);
    fields.extend(labelled_dossiers(&layout, &marks));
    let (mut people, table) = table::people(&layout, &marks);
    people.extend(form::people(&layout, &marks, &table));
    people.sort_by_key(|person| person.at);
    fields.extend(people.into_iter().flat_map(person::Person::into_fields));
    fields.truncate(FIELDS_OF_PAGE_MAX);
    for field in &mut fields {
        field.page = Some(number);
    }
    fields
}

/// Whether a line of the page is this text, as well as OCR may have read it.
#[must_use]
pub fn has_line(page: &RecognisedPage, text: &str) -> bool {
    let wanted = fold::letters(text);
    let most = fold::forgiven(wanted.len());
    page.words
        .chunk_by(|one, next| one.line == next.line)
        .any(|line| {
            let found: String = line.iter().map(|word| fold::letters(&word.text)).collect();
            fold::distance(&found, &wanted, most).is_some()
        })
}

/// The citizen IDs among the fields, as [`super::identity::decide`] wants them.
#[must_use]
pub fn evidence(fields: &[Field]) -> Vec<Evidence> {
    let numbers = fields
        .iter()
        .filter(|field| field.name == FieldName::CitizenId);
    let evidence = numbers.filter_map(|field| {
        Some(Evidence {
            citizen: field.value.parse().ok()?,
            source: field.source,
            page: field.page,
            confidence: field.confidence,
        })
    });
    evidence.collect()
}

/// The dossier that the codes on the pages name, if they name one and no other.
#[must_use]
pub fn dossier(fields: &[Field]) -> Option<DossierCode> {
    let mut named = fields
        .iter()
        .filter(|field| field.name == FieldName::DossierCode && field.source.decides());
    let first = named.next()?;
    named
        .all(|other| other.value == first.value)
        .then(|| first.value.parse().ok())?
}

/// What kind of paper the document is: what the first page says that says any.
#[must_use]
pub fn kind(fields: &[Field]) -> Option<DocumentKind> {
    let mut kinds = fields
        .iter()
        .filter(|field| field.name == FieldName::DocumentKind);
    kinds.find_map(|field| field.value.parse().ok())
}

/// The title of the document, as printed on the first page that has one.
#[must_use]
pub fn title(fields: &[Field]) -> Option<&str> {
    let mut titles = fields.iter().filter(|field| field.name == FieldName::Title);
    titles.next().map(|field| field.value.as_str())
}

/// Dossier codes behind their label; a code of the right shape alone may be one misread.
fn labelled_dossiers(layout: &Layout<'_>, marks: &[Mark]) -> Vec<Field> {
    let labelled = marks.iter().filter(|mark| mark.label == Label::DossierCode);
    let codes = labelled.filter_map(|mark| {
        let token = layout.tokens.get(mark.value_from)?;
        let text = token.text.trim_end_matches(['.', ',', ';']);
        let value = text.parse::<DossierCode>().ok()?.to_string();
        let tokens = mark.value_from..mark.value_from + 1;
        Some(ocr_field(
            layout,
            FieldName::DossierCode,
            Found { value, tokens },
        ))
    });
    codes.collect()
}

/// A value read as text; the page is filled in at the end.
fn ocr_field(layout: &Layout<'_>, name: FieldName, found: Found<String>) -> Field {
    ocr_field_of_pieces(layout, name, found.value, &[found.tokens])
}

/// The same for a value that is set in several lines.
fn ocr_field_of_pieces(
    layout: &Layout<'_>,
    name: FieldName,
    value: String,
    pieces: &[Range<usize>],
) -> Field {
    Field {
        name,
        value,
        source: Source::Ocr,
        page: None,
        place: Some(layout.corners(pieces)),
        confidence: Some(Confidence(layout.confidence(pieces))),
        doubt: None,
    }
}

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;

//! One person on a page: the values that belong together, and what does not fit.

use std::ops::Range;

use jiff::civil::Date;

use super::layout::Layout;
use super::value::Found;
use super::{doubt, ocr_field};
use crate::recognise::citizen_card::Sex;
use crate::record::{CitizenId, Field, FieldName};

/// One person as a page shows them.
#[derive(Debug, Default)]
pub(super) struct Person {
    /// First token that speaks of them.
    pub(super) at: usize,
    /// What the form calls them: a mother, a husband.
    pub(super) role: Option<Sex>,
    /// Whether the label of their name was seen.
    pub(super) is_begun: bool,
    /// In reading order.
    fields: Vec<Field>,
    birth_year: Option<i16>,
    sex: Option<Sex>,
    id: Option<CitizenId>,
}

impl Person {
    pub(super) fn at(token: usize) -> Self {
        Self {
            at: token,
            ..Self::default()
        }
    }

    /// Whether a value of this name is known already.
    pub(super) fn has(&self, name: FieldName) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Whether the page says who this is.
    pub(super) fn is_named(&self) -> bool {
        self.has(FieldName::FullName) || self.id.is_some()
    }

    pub(super) fn text(&mut self, layout: &Layout<'_>, name: FieldName, found: Found<String>) {
        self.fields.push(ocr_field(layout, name, found));
    }

    pub(super) fn born(&mut self, layout: &Layout<'_>, found: Found<Date>) {
        self.birth_year = Some(found.value.year());
        self.text(
            layout,
            FieldName::DateOfBirth,
            found.map(|date| date.to_string()),
        );
    }

    /// A year alone is no date of birth, but the number is compared with it.
    pub(super) fn born_in(&mut self, year: i16) {
        self.birth_year = Some(year);
    }

    pub(super) fn sex(&mut self, layout: &Layout<'_>, found: Found<Sex>) {
        self.sex = Some(found.value);
        self.text(
            layout,
            FieldName::Sex,
            found.map(|sex| sex_value(sex).to_owned()),
        );
    }

    pub(super) fn id(&mut self, layout: &Layout<'_>, found: Found<CitizenId>) {
        let differs = |range: Range<usize>| {
            let mut tokens = layout.slice(range).iter();
            tokens.any(|token| token.digits_agreed == Some(false))
        };
        let doubt = differs(found.tokens.clone()).then(|| doubt::TWO_READINGS.to_owned());
        self.id = Some(found.value.clone());
        self.fields.push(Field {
            doubt,
            ..ocr_field(layout, FieldName::CitizenId, found.map(String::from))
        });
    }

    /// All fields, the number with what speaks against it.
    pub(super) fn into_fields(mut self) -> Vec<Field> {
        let sex = self.sex.or(self.role);
        let against = self
            .id
            .as_ref()
            .and_then(|id| doubt::of_number(id, self.birth_year, sex));
        for field in &mut self.fields {
            if field.name == FieldName::CitizenId {
                field.doubt = doubt::both(field.doubt.take(), against.clone());
            }
        }
        self.fields
    }
}

/// As [`FieldName::Sex`] says.
pub(super) fn sex_value(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
    }
}

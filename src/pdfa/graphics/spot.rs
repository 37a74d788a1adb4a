//! Clause 6.2.4.4: a colorant means the same throughout the file.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object};

use super::same::are_same;
use crate::pdf_object::{dictionary, value};

/// Colorants of one space (§6.1.13).
pub(super) const COLORANTS_MAX: usize = 32;

/// The first definition of each colorant met so far.
#[derive(Default)]
pub(super) struct Spots<'a> {
    defined: BTreeMap<&'a [u8], (&'a Object, &'a Object)>,
}

impl<'a> Spots<'a> {
    /// Whether a Separation space agrees with those of the same colorant before.
    pub(super) fn agrees(&mut self, document: &'a Document, space: &'a [Object]) -> bool {
        let [_, colorant, alternate, tint, ..] = space else {
            return false;
        };
        let Some(colorant) = document
            .dereference(colorant)
            .ok()
            .and_then(|(_, colorant)| colorant.as_name().ok())
        else {
            return false;
        };
        let (first_alternate, first_tint) =
            *self.defined.entry(colorant).or_insert((alternate, tint));
        are_same(document, first_alternate, alternate) && are_same(document, first_tint, tint)
    }
}

/// Whether each colorant of a DeviceN space is defined in its attributes, or is a process colour.
pub(super) fn are_defined(
    document: &Document,
    colorants: &[Object],
    attributes: Option<&Dictionary>,
) -> bool {
    let spots = attributes.and_then(|own| dictionary(document, own, b"Colorants"));
    let process = attributes
        .and_then(|own| dictionary(document, own, b"Process"))
        .and_then(|process| value(document, process, b"Components"))
        .and_then(|names| names.as_array().ok());
    colorants.iter().all(|colorant| {
        let Some(colorant) = document
            .dereference(colorant)
            .ok()
            .and_then(|(_, colorant)| colorant.as_name().ok())
        else {
            return false;
        };
        matches!(
            colorant,
            b"Cyan" | b"Magenta" | b"Yellow" | b"Black" | b"None"
        ) || spots.is_some_and(|spots| spots.has(colorant))
            || process.is_some_and(|names| {
                names
                    .iter()
                    .any(|name| name.as_name().is_ok_and(|name| name == colorant))
            })
    })
}

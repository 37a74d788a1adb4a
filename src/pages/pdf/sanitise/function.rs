//! Functions (ISO 32000-1 §7.10).

use lopdf::Object;

use super::copier::{Copier, Kind, entries};
use super::{Outcome, obstacle};
use crate::pdf_object::integer;

const SAMPLED: &[&str] = &[
    "FunctionType",
    "Domain",
    "Range",
    "Size",
    "BitsPerSample",
    "Order",
    "Encode",
    "Decode",
];
const EXPONENTIAL: &[&str] = &["FunctionType", "Domain", "Range", "C0", "C1", "N"];
const STITCHING: &[&str] = &["FunctionType", "Domain", "Range", "Bounds", "Encode"];
const CALCULATOR: &[&str] = &["FunctionType", "Domain", "Range"];

impl<'a> Copier<'a> {
    /// One function.
    pub(super) fn function(&mut self, source: &'a Object) -> Outcome<Object> {
        self.shared(source, Kind::Function, true, |copier, object| {
            let unknown = || obstacle("an unknown function");
            let dictionary = entries(object).ok_or_else(unknown)?;
            let kind = integer(copier.document, dictionary, b"FunctionType");
            let keys = match kind {
                Some(0) => SAMPLED,
                Some(2) => EXPONENTIAL,
                Some(3) => STITCHING,
                Some(4) => CALCULATOR,
                _ => return Err(unknown()),
            };
            let mut copy = copier.plain_entries(dictionary, keys)?;
            match (kind, object) {
                (Some(0 | 4), Object::Stream(stream)) => copier.stream(copy, stream),
                (Some(2), _) => Ok(copy.into()),
                (Some(3), _) => {
                    let parts = copier.raw(dictionary, b"Functions").ok_or_else(unknown)?;
                    copy.set("Functions", copier.functions(parts)?);
                    Ok(copy.into())
                }
                _ => Err(unknown()),
            }
        })
    }

    /// One function, or an array of them.
    pub(super) fn functions(&mut self, source: &'a Object) -> Outcome<Object> {
        match self.resolved(source) {
            Some(Object::Array(items)) => items
                .iter()
                .map(|item| self.function(item))
                .collect::<Outcome<Vec<Object>>>()
                .map(Object::Array),
            _ => self.function(source),
        }
    }
}

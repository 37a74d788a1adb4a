//! Signature dictionaries that no field of the form leads to: taken out of the form, or put beside it.
//!
//! They are searched for in the bytes, in every revision. What stands in the data of a stream is none: an attached
//! PDF has signatures of its own.

use super::objects::Objects;
use super::section::Location;
use super::signature::SignatureField;
use super::syntax::Value;
use super::{FormatFinding, form};

/// Places named.
const NAMED_MAX: usize = 16;
/// Places looked at.
const LOOKED_AT_MAX: usize = 10_000;
const BYTE_RANGE: &str = "/ByteRange";

/// A finding for each, in the order of the file.
pub(super) fn findings(objects: &Objects, fields: &[SignatureField]) -> Vec<FormatFinding> {
    let Ok(pattern) = regex::bytes::Regex::new(BYTE_RANGE) else {
        return Vec::new();
    };
    let is_of_a_field = |at: usize| {
        let mut spans = fields.iter().filter_map(|field| field.span.as_ref());
        spans.any(|span| span.contains(&at))
    };
    let mut places = pattern.find_iter(&objects.bytes).map(|found| found.start());
    let unknown: Vec<usize> = places
        .by_ref()
        .take(LOOKED_AT_MAX)
        .filter(|at| !is_of_a_field(*at))
        .collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    let rights = usage_rights(objects);
    let all = starts(objects);
    let mut found = Vec::new();
    for at in unknown {
        if rights.as_ref().is_some_and(|span| span.contains(&at)) {
            found.push(FormatFinding::UsageRights);
        } else if !is_in_data(objects, &all, at) {
            let offset = u64::try_from(at).unwrap_or(u64::MAX);
            found.push(FormatFinding::SignatureUnreached { offset });
        }
        if found.len() >= NAMED_MAX {
            break;
        }
    }
    found
}

/// Where objects of any revision begin: offset, number, generation, and the revision that first has it there.
fn starts(objects: &Objects) -> Vec<(usize, u32, u16, usize)> {
    let mut starts = Vec::new();
    for (revision, section) in objects.chain.iter().enumerate() {
        for (number, location) in &section.entries {
            if let Location::Offset(offset, generation) = location {
                starts.push((*offset, *number, *generation, revision));
            }
        }
    }
    starts.sort_unstable();
    starts
}

fn is_in_data(objects: &Objects, starts: &[(usize, u32, u16, usize)], at: usize) -> bool {
    let before = starts.partition_point(|(offset, ..)| *offset <= at);
    let Some((_, number, generation, revision)) =
        before.checked_sub(1).and_then(|it| starts.get(it))
    else {
        return false;
    };
    let object = objects.object(*revision, (*number, *generation));
    object.is_some_and(|object| object.data.as_ref().is_some_and(|data| data.contains(&at)))
}

/// Where the signature of usage rights stands (ISO 32000-1 §12.8.4).
fn usage_rights(objects: &Objects) -> Option<std::ops::Range<usize>> {
    let catalogue = objects.catalogue(0)?;
    let Value::Dictionary(permissions) = objects.value(0, catalogue.dictionary()?, b"Perms")?
    else {
        return None;
    };
    let rights = permissions
        .reference(b"UR3")
        .or(permissions.reference(b"UR"))?;
    // One that a field has too is that field's.
    let form = form::read(objects, 0);
    let is_field = form
        .fields
        .iter()
        .any(|it| it.value.as_ref().and_then(|it| it.reference()) == Some(rights));
    if is_field {
        None
    } else {
        objects.object(0, rights)?.span.clone()
    }
}

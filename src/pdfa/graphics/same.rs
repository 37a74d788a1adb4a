//! Whether two objects say the same, references followed.

use lopdf::{Dictionary, Document, Object};

/// Objects compared in one question; what is larger counts as different.
const OBJECTS_MAX: usize = 20_000;

pub(super) fn are_same<'a>(document: &'a Document, one: &'a Object, other: &'a Object) -> bool {
    let mut open = vec![(one, other)];
    let mut compared = 0_usize;
    while let Some((one, other)) = open.pop() {
        compared += 1;
        if compared > OBJECTS_MAX {
            return false;
        }
        let (Ok((id, one)), Ok((other_id, other))) =
            (document.dereference(one), document.dereference(other))
        else {
            return false;
        };
        if id.is_some() && id == other_id {
            continue;
        }
        let is_same = match (one, other) {
            (Object::Array(ours), Object::Array(theirs)) => {
                open.extend(ours.iter().zip(theirs));
                ours.len() == theirs.len()
            }
            (Object::Dictionary(ours), Object::Dictionary(theirs)) => {
                push_entries(ours, theirs, &mut open)
            }
            (Object::Stream(ours), Object::Stream(theirs)) => {
                ours.content == theirs.content && push_entries(&ours.dict, &theirs.dict, &mut open)
            }
            (Object::Integer(_) | Object::Real(_), Object::Integer(_) | Object::Real(_)) => {
                one.as_float().ok() == other.as_float().ok()
            }
            (Object::String(ours, _), Object::String(theirs, _)) => ours == theirs,
            _ => one == other,
        };
        if !is_same {
            return false;
        }
    }
    true
}

fn push_entries<'a>(
    ours: &'a Dictionary,
    theirs: &'a Dictionary,
    open: &mut Vec<(&'a Object, &'a Object)>,
) -> bool {
    if ours.len() != theirs.len() {
        return false;
    }
    ours.iter().all(|(key, value)| {
        let other = theirs.get(key).ok();
        open.extend(other.map(|other| (value, other)));
        other.is_some()
    })
}

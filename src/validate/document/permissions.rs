//! What a signer allows to be changed afterwards (ISO 32000-1 §12.8.2, ISO 32000-2 §12.8.2).

use super::objects::{Objects, Revision};
use super::syntax::{Dictionary, Value};

/// What may still be done to a document by the will of one of its signers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowed {
    /// Nothing but evidence and timestamps.
    Nothing,
    /// Forms may be filled in and signed.
    Forms,
    /// As [`Allowed::Forms`], and notes made.
    Annotations,
}

/// The fields that must stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldLock {
    /// All.
    All,
    /// These, with the fields below them.
    Only(Vec<String>),
    /// All but these and the fields below them.
    AllBut(Vec<String>),
}

impl FieldLock {
    /// Whether the field of this name is locked.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        let is_named = |names: &[String]| {
            names.iter().any(|named| {
                let below = name.strip_prefix(named.as_str());
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self {
            FieldLock::All => true,
            FieldLock::Only(names) => is_named(names),
            FieldLock::AllBut(names) => !is_named(names),
        }
    }
}

/// What one signature says about later changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// DocMDP, or the `/P` of a field lock: the most that may be done.
    pub document: Option<Allowed>,
    /// Whether it certifies the document: the catalogue's `/Perms` names it. Only then does it grant anything.
    pub certifies: bool,
    /// FieldMDP, and the lock of the field itself.
    pub locks: Vec<FieldLock>,
}

impl Permissions {
    /// Whether a field must stay as it was at this signature.
    #[must_use]
    pub fn is_locked(&self, name: &str) -> bool {
        self.locks.iter().any(|lock| lock.holds(name))
    }
}

/// Reads what a signature dictionary and its field say.
pub(super) fn read(
    objects: &Objects,
    revision: Revision,
    signature: &Dictionary,
    field: &Dictionary,
) -> Permissions {
    let mut permissions = Permissions::default();
    let references = match objects.value(revision, signature, b"Reference") {
        Some(Value::Array(references)) => references,
        _ => Vec::new(),
    };
    for reference in &references {
        let reference = objects.resolve(revision, reference);
        let Some(Value::Dictionary(reference)) = reference else {
            continue;
        };
        let parameters = objects.value(revision, &reference, b"TransformParams");
        let parameters = parameters.as_ref().and_then(Value::dictionary);
        let method = objects.value(revision, &reference, b"TransformMethod");
        match method.as_ref().and_then(Value::name) {
            Some(b"DocMDP") => {
                let level = parameters.and_then(|it| level(objects, revision, it));
                permissions.restrict(level.unwrap_or(Allowed::Forms));
            }
            Some(b"FieldMDP") => {
                let lock = parameters.and_then(|it| lock(objects, revision, it));
                permissions.locks.push(lock.unwrap_or(FieldLock::All));
            }
            _ => {}
        }
    }
    if let Some(Value::Dictionary(own)) = objects.value(revision, field, b"Lock") {
        let lock = lock(objects, revision, &own);
        permissions.locks.push(lock.unwrap_or(FieldLock::All));
        if let Some(level) = level(objects, revision, &own) {
            permissions.restrict(level);
        }
    }
    permissions
}

impl Permissions {
    fn restrict(&mut self, level: Allowed) {
        self.document = Some(self.document.map_or(level, |known| known.min(level)));
    }
}

fn level(objects: &Objects, revision: Revision, parameters: &Dictionary) -> Option<Allowed> {
    match objects.value(revision, parameters, b"P")?.integer()? {
        1 => Some(Allowed::Nothing),
        2 => Some(Allowed::Forms),
        3 => Some(Allowed::Annotations),
        _ => Some(Allowed::Nothing),
    }
}

/// `None` where it cannot be understood: then everything is locked.
fn lock(objects: &Objects, revision: Revision, parameters: &Dictionary) -> Option<FieldLock> {
    let names = || -> Option<Vec<String>> {
        let Some(Value::Array(names)) = objects.value(revision, parameters, b"Fields") else {
            return None;
        };
        let name = |name: &Value| match objects.resolve(revision, name)? {
            Value::Text(text) => Some(super::text::decode(&text)),
            _ => None,
        };
        names.iter().map(name).collect()
    };
    match objects.value(revision, parameters, b"Action")?.name()? {
        b"Include" => Some(FieldLock::Only(names()?)),
        b"Exclude" => Some(FieldLock::AllBut(names()?)),
        _ => Some(FieldLock::All),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_holds_the_fields_below_a_name_too() {
        let lock = FieldLock::Only(vec!["a.b".to_owned()]);
        for (name, held) in [
            ("a.b", true),
            ("a.b.c", true),
            ("a.bc", false),
            ("a", false),
        ] {
            assert_eq!(lock.holds(name), held, "{name}");
            assert_eq!(FieldLock::AllBut(vec!["a.b".to_owned()]).holds(name), !held);
        }
    }
}

//! Fields that were there: an empty signature field may be signed, others filled in where the signer granted it.

use super::Part;
use super::comparison::{Comparison, differing_keys};
use super::kind::{ChangeKind, ObjectClass};
use crate::validate::document::form::Field;
use crate::validate::document::syntax::{Dictionary, ObjectId, Value};

/// What signing an empty field may change in it.
const BY_SIGNING: [&[u8]; 9] = [b"V", b"AP", b"AS", b"DA", b"DR", b"F", b"M", b"MK", b"Type"];
/// What filling in another field may change in it (ISO 32000-1 §12.7.4).
const BY_FILLING: [&[u8]; 7] = [b"V", b"AP", b"AS", b"I", b"M", b"RV", b"TI"];

impl Comparison<'_> {
    /// Explains the changes of a field that was there, if it may have them.
    pub(super) fn fill(&mut self, field: &Field) {
        let part = Part::Object(field.id.0, field.id.1);
        let was_empty = match field.value.as_deref() {
            None | Some(Value::Null) => true,
            Some(value) => self
                .objects
                .resolve(self.then, value)
                .is_none_or(|it| it == Value::Null),
        };
        let known: &[&[u8]] = match (field.is_signature(), was_empty) {
            (true, true) => &BY_SIGNING,
            (true, false) => return,
            (false, _) if self.may_fill(&field.name) => &BY_FILLING,
            (false, _) => return self.refuse_filling(field),
        };
        let ids: Vec<ObjectId> = std::iter::once(field.id)
            .chain(field.widgets.iter().copied())
            .collect();
        let all_known = ids.iter().all(|id| self.take_changes(*id, known));
        if !all_known {
            return;
        }
        let name = field.name.clone();
        if !field.is_signature() {
            return self.allow(part, ChangeKind::FormFilled { name });
        }
        if self.field.permissions.is_locked(&name) {
            self.forbid(part.clone(), ChangeKind::Locked { name: name.clone() });
        }
        let visible = self.show(&name, &part, &ids);
        let now = self.now(field.id);
        let value = now.and_then(|it| self.objects.value(self.latest, it.dictionary()?, b"V"));
        let what = self.signing(
            name,
            value.as_ref().and_then(Value::dictionary),
            visible,
            true,
        );
        self.allow(part, what);
    }

    fn refuse_filling(&mut self, field: &Field) {
        if self.field.permissions.is_locked(&field.name) {
            let name = field.name.clone();
            self.forbid(
                Part::Object(field.id.0, field.id.1),
                ChangeKind::Locked { name },
            );
        }
    }

    /// Whether one object of a field differs in these entries only; explains it and what they lead to.
    fn take_changes(&mut self, id: ObjectId, known: &[&[u8]]) -> bool {
        let (Some(before), Some(now)) = (self.before(id), self.now(id)) else {
            return false;
        };
        let (Some(old), Some(new)) = (before.dictionary(), now.dictionary()) else {
            return false;
        };
        let unknown: Vec<Vec<u8>> = differing_keys(old, new)
            .into_iter()
            .filter(|key| !known.contains(&key.as_slice()))
            .collect();
        for key in &unknown {
            self.forbid_entry(id, ObjectClass::Annotation, key);
        }
        self.explain(id.0);
        // An appearance that something else showed too is not this field's to replace.
        let replaced = old.reference(b"AP");
        let replaced = replaced.filter(|_| old.get(b"AP") != new.get(b"AP"));
        if let Some(shared) = replaced.filter(|it| !self.is_referred_to_by_only(it.0, &[id.0])) {
            let part = Part::Object(shared.0, shared.1);
            self.forbid(part, ChangeKind::Shared(ObjectClass::FormXObject));
        }
        for key in known {
            if let Some(value) = new.get(key) {
                self.explain_added(value);
            }
        }
        self.explain_appearances(id, new);
        unknown.is_empty()
    }

    /// Appearances that were there may be drawn anew in place, if nothing but this field shows them.
    fn explain_appearances(&mut self, owner: ObjectId, field: &Dictionary) {
        let Some(appearances) = field.get(b"AP") else {
            return;
        };
        let mut owners = vec![owner.0];
        // The dictionary, its states, and the streams at their ends (ISO 32000-1 §12.5.5).
        let mut level = vec![appearances.clone()];
        for _ in 0..3 {
            let mut below = Vec::new();
            for value in level {
                if let Value::Reference(id) = value {
                    self.explain_appearance(id, &owners);
                    // What else uses this one would show what is below it too.
                    if self.is_referred_to_by_only(id.0, &owners) {
                        owners.push(id.0);
                    }
                }
                let resolved = value.reference().and_then(|id| self.now(id));
                let inner = match (&value, &resolved) {
                    (Value::Dictionary(inner), _) => Some(inner),
                    (_, Some(object)) if object.data.is_none() => object.dictionary(),
                    _ => None,
                };
                below.extend(
                    inner
                        .into_iter()
                        .flat_map(Dictionary::entries)
                        .map(|(_, it)| it.clone()),
                );
            }
            level = below;
        }
    }

    fn explain_appearance(&mut self, id: ObjectId, owners: &[u32]) {
        if !self.is_redefined(id.0) {
            return;
        }
        if !self.is_referred_to_by_only(id.0, owners) {
            let class = self.class(id.0);
            return self.forbid(self.part(id.0), ChangeKind::Shared(class));
        }
        self.explain(id.0);
        if let Some(now) = self.now(id) {
            self.explain_added(&now.value);
        }
    }
}

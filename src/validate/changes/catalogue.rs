//! The catalogue and the form, entry by entry (ISO 32000-1 §7.7.2, §12.7.2).

use super::Part;
use super::comparison::{Comparison, differing_keys, shown};
use super::kind::{ChangeKind, ObjectClass};
use crate::validate::document::Allowed;
use crate::validate::document::syntax::{Dictionary, ObjectId, Value};

/// Dictionaries inside the resources of a form.
const RESOURCE_DEPTH: usize = 2;

impl Comparison<'_> {
    /// The catalogue may lead to another form, store and list of extensions, and else be what it was.
    pub(super) fn compare_catalogues(&mut self) {
        let root = |revision| {
            self.objects
                .trailer(revision)
                .and_then(|it| it.reference(b"Root"))
        };
        let (Some(then_id), Some(now_id)) = (root(self.then), root(self.latest)) else {
            return self.forbid(Part::Document, ChangeKind::Unreadable);
        };
        let (Some(before), Some(now)) = (self.before(then_id), self.now(now_id)) else {
            return self.forbid(Part::Document, ChangeKind::Unreadable);
        };
        let (Some(before), Some(now)) = (before.dictionary(), now.dictionary()) else {
            return self.forbid(Part::Document, ChangeKind::Unreadable);
        };
        for key in differing_keys(before, now) {
            if ![&b"AcroForm"[..], b"DSS", b"Extensions"].contains(&key.as_slice()) {
                self.forbid_entry(now_id, ObjectClass::Catalogue, &key);
            }
        }
        self.explain(now_id.0);
        self.compare_forms(now_id, before, now);
        self.compare_extensions(now_id, before, now);
        self.compare_stores(now_id, before, now);
    }

    pub(super) fn forbid_entry(&mut self, id: ObjectId, of: ObjectClass, key: &[u8]) {
        let key = shown(key);
        self.forbid(Part::Object(id.0, id.1), ChangeKind::Entry { of, key });
    }

    fn compare_forms(&mut self, root: ObjectId, before: &Dictionary, now: &Dictionary) {
        self.explain_part(Some(now), b"AcroForm", &[root.0]);
        let own = now.reference(b"AcroForm").unwrap_or(root);
        let (old, new) = self.values(b"AcroForm", Some(before), Some(now));
        let empty = Dictionary::default();
        let old = old.as_ref().and_then(Value::dictionary).unwrap_or(&empty);
        let Some(new) = new.as_ref().and_then(Value::dictionary) else {
            return self.forbid_entry(root, ObjectClass::Catalogue, b"AcroForm");
        };
        for key in differing_keys(old, new) {
            let is_fine = match key.as_slice() {
                b"Fields" | b"DR" => true,
                b"SigFlags" => are_more_flags(old.get(&key), new.get(&key)),
                b"DA" => {
                    old.get(&key).is_none() && new.get(&key).is_some_and(|it| it.text().is_some())
                }
                b"NeedAppearances" => self.grants(Allowed::Forms),
                _ => false,
            };
            if !is_fine {
                self.forbid_entry(own, ObjectClass::Annotation, &key);
            }
        }
        self.explain_part(Some(new), b"DR", &[own.0]);
        let (old_resources, new_resources) = self.values(b"DR", Some(old), Some(new));
        if old_resources != new_resources {
            let is_fine = self.only_more(
                old_resources.as_ref(),
                new_resources.as_ref(),
                own.0,
                RESOURCE_DEPTH,
            );
            if is_fine {
                self.allow(Part::Object(own.0, own.1), ChangeKind::FormResources);
            } else {
                self.forbid_entry(own, ObjectClass::Annotation, b"DR");
            }
        }
        self.explain_part(Some(new), b"Fields", &[own.0]);
        self.compare_fields(own, old, new);
    }

    /// Whether a dictionary holds all that it held, and more only at `depth` or above; explains what is more.
    fn only_more(
        &mut self,
        old: Option<&Value>,
        new: Option<&Value>,
        owner: u32,
        depth: usize,
    ) -> bool {
        let empty = Dictionary::default();
        let old = match old {
            None => &empty,
            Some(Value::Dictionary(old)) => old,
            Some(_) => return false,
        };
        let Some(Value::Dictionary(new)) = new else {
            return false;
        };
        for (key, value) in new.entries() {
            match old.get(key) {
                None => self.explain_added(value),
                Some(known) if known == value && value.reference().is_none() => {}
                Some(_) if depth == 0 => {
                    if old.get(key) != Some(value) {
                        return false;
                    }
                }
                Some(_) => {
                    self.explain_part(Some(new), key, &[owner]);
                    let (old_part, new_part) = self.values(key, Some(old), Some(new));
                    let is_same = old_part == new_part;
                    let inner = value.reference().map_or(owner, |id| id.0);
                    if !is_same
                        && !self.only_more(old_part.as_ref(), new_part.as_ref(), inner, depth - 1)
                    {
                        return false;
                    }
                }
            }
        }
        old.entries().all(|(key, _)| new.get(key).is_some())
    }

    /// Developer extensions (ISO 32000-1 §7.12): prefixes may be added and their levels rise.
    fn compare_extensions(&mut self, root: ObjectId, before: &Dictionary, now: &Dictionary) {
        self.explain_part(Some(now), b"Extensions", &[root.0]);
        let own = now.reference(b"Extensions").unwrap_or(root);
        let (old, new) = self.values(b"Extensions", Some(before), Some(now));
        let (old, new) = match (old, new) {
            (None, None) => return,
            (None, Some(Value::Dictionary(new))) => (Dictionary::default(), new),
            (Some(Value::Dictionary(old)), Some(Value::Dictionary(new))) => (old, new),
            _ => return self.forbid_entry(root, ObjectClass::Catalogue, b"Extensions"),
        };
        let mut is_changed = false;
        for (key, value) in new.entries() {
            if old.get(key).is_none() {
                self.explain_added(value);
                is_changed = true;
                continue;
            }
            self.explain_part(Some(&new), key, &[own.0]);
            let (old_one, new_one) = self.values(key, Some(&old), Some(&new));
            if old_one == new_one {
                continue;
            }
            is_changed = true;
            if !is_higher_level(old_one.as_ref(), new_one.as_ref()) {
                self.forbid_entry(own, ObjectClass::Catalogue, b"Extensions");
            }
        }
        if old.entries().any(|(key, _)| new.get(key).is_none()) {
            self.forbid_entry(own, ObjectClass::Catalogue, b"Extensions");
        }
        if is_changed {
            self.allow(Part::Object(own.0, own.1), ChangeKind::ExtensionsNamed);
        }
    }
}

/// `/SigFlags` may say more than it said: bits 1 and 2 (ISO 32000-1 table 219).
fn are_more_flags(old: Option<&Value>, new: Option<&Value>) -> bool {
    let flags = |value: Option<&Value>| value.map_or(Some(0), Value::integer);
    match (flags(old), flags(new)) {
        (Some(old), Some(new)) => old & !new == 0 && (0..=3).contains(&new),
        _ => false,
    }
}

fn is_higher_level(old: Option<&Value>, new: Option<&Value>) -> bool {
    let (Some(Value::Dictionary(old)), Some(Value::Dictionary(new))) = (old, new) else {
        return false;
    };
    let level = |of: &Dictionary| of.get(b"ExtensionLevel").and_then(Value::integer);
    let known: [&[u8]; 5] = [
        b"Type",
        b"BaseVersion",
        b"ExtensionLevel",
        b"URL",
        b"ExtensionRevision",
    ];
    let differ = differing_keys(old, new);
    level(old) <= level(new) && differ.iter().all(|key| known.contains(&key.as_slice()))
}

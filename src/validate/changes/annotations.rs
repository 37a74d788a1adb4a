//! Pages: what is listed on them may grow by the widgets of new signatures; notes where the signer granted them.

use std::collections::BTreeSet;

use super::Part;
use super::comparison::{Comparison, differing_keys, shown};
use super::kind::{ChangeKind, ObjectClass};
use crate::validate::document::Allowed;
use crate::validate::document::syntax::{ObjectId, Value};

/// Kinds of annotations that are notes and do nothing (ISO 32000-1 §12.5.6).
const NOTES: [&[u8]; 14] = [
    b"Text",
    b"FreeText",
    b"Line",
    b"Square",
    b"Circle",
    b"Polygon",
    b"PolyLine",
    b"Highlight",
    b"Underline",
    b"Squiggly",
    b"StrikeOut",
    b"Stamp",
    b"Ink",
    b"Popup",
];

impl Comparison<'_> {
    /// Every page that was written again, and every list of annotations.
    pub(super) fn compare_pages(&mut self) {
        let numbers: Vec<u32> = self.changed.keys().copied().collect();
        for number in numbers {
            if !self.is_redefined(number) {
                continue;
            }
            let Part::Object(_, generation) = self.part(number) else {
                continue;
            };
            let id = (number, generation);
            let Some(before) = self.before(id) else {
                continue;
            };
            if before
                .dictionary()
                .is_some_and(|it| it.name(b"Type") == Some(b"Page"))
            {
                self.compare_page(id);
            } else if before.value.array().is_some() {
                self.compare_list(id);
            }
        }
    }

    fn compare_page(&mut self, id: ObjectId) {
        let (Some(before), Some(now)) = (self.before(id), self.now(id)) else {
            return;
        };
        let (Some(old), Some(new)) = (before.dictionary(), now.dictionary()) else {
            return;
        };
        if before.data.is_some() || now.data.is_some() {
            return;
        }
        self.explain(id.0);
        for key in differing_keys(old, new) {
            if key != b"Annots" {
                self.forbid_entry(id, ObjectClass::Page, &key);
            }
        }
        self.explain_part(Some(new), b"Annots", &[id.0]);
        let (old, new) = self.values(b"Annots", Some(old), Some(new));
        self.compare_annotations(id, old.as_ref(), new.as_ref());
    }

    /// A list of annotations that is an object of its own, written again where the page was not.
    fn compare_list(&mut self, id: ObjectId) {
        let owners: BTreeSet<u32> = self.referrers(id.0).collect();
        let is_list_of = |owner: &u32| {
            let page = self.before((*owner, 0));
            let page = page.as_ref().and_then(|it| it.dictionary());
            page.is_some_and(|it| it.reference(b"Annots") == Some(id))
        };
        if owners.is_empty() || !owners.iter().all(is_list_of) {
            return;
        }
        let (Some(before), Some(now)) = (self.before(id), self.now(id)) else {
            return;
        };
        self.explain(id.0);
        self.compare_annotations(id, Some(&before.value), Some(&now.value));
    }

    fn compare_annotations(&mut self, owner: ObjectId, old: Option<&Value>, new: Option<&Value>) {
        let list = |value: Option<&Value>| match value {
            None => Some(Vec::new()),
            Some(Value::Array(items)) => Some(items.clone()),
            Some(_) => None,
        };
        let (Some(old), Some(new)) = (list(old), list(new)) else {
            return self.forbid_entry(owner, ObjectClass::Page, b"Annots");
        };
        let part = Part::Object(owner.0, owner.1);
        let added = match new.strip_prefix(old.as_slice()) {
            Some(added) => added.to_vec(),
            None if self.grants(Allowed::Annotations) && self.keeps_widgets(&old, &new) => {
                self.allow(part, ChangeKind::AnnotationsRemoved);
                new.into_iter().filter(|it| !old.contains(it)).collect()
            }
            None => return self.forbid_entry(owner, ObjectClass::Page, b"Annots"),
        };
        for annotation in added {
            match annotation.reference() {
                Some(id) if self.widgets.contains(&id) => {}
                Some(id) => self.add_annotation(id),
                None => self.forbid_entry(owner, ObjectClass::Page, b"Annots"),
            }
        }
    }

    /// Whether what was taken from a list are notes: fields and links stay.
    fn keeps_widgets(&self, old: &[Value], new: &[Value]) -> bool {
        let mut gone = old.iter().filter(|it| !new.contains(it));
        gone.all(|it| it.reference().is_some_and(|id| self.is_note(id, self.then)))
    }

    fn is_note(&self, id: ObjectId, revision: usize) -> bool {
        let object = self.objects.object(revision, id);
        let dictionary = object.as_ref().and_then(|it| it.dictionary());
        dictionary.is_some_and(|it| {
            let is_kind = it
                .name(b"Subtype")
                .is_some_and(|kind| NOTES.contains(&kind));
            is_kind && it.get(b"A").is_none() && it.get(b"AA").is_none()
        })
    }

    fn add_annotation(&mut self, id: ObjectId) {
        let object = self.now(id);
        let subtype = object
            .as_ref()
            .and_then(|it| it.dictionary()?.name(b"Subtype").map(shown));
        let what = ChangeKind::AnnotationAdded {
            subtype: subtype.unwrap_or_default(),
        };
        let part = Part::Object(id.0, id.1);
        let may = self.grants(Allowed::Annotations)
            && self.is_added(id.0)
            && self.is_note(id, self.latest);
        if !may {
            return self.forbid(part, what);
        }
        self.explain_added(&Value::Reference(id));
        self.allow(part, what);
    }
}

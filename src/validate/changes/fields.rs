//! New fields of the form: signature fields with what they show, and nothing else.

use std::collections::BTreeSet;

use super::Part;
use super::comparison::{Comparison, shown};
use super::kind::{ChangeKind, ObjectClass};
use crate::validate::document::form::{self, Form};
use crate::validate::document::syntax::{Dictionary, ObjectId, Value};
use crate::validate::document::{Allowed, rectangle};

/// Entries of a signature field and its widget (ISO 32000-1 tables 164, 168, 188, 220, 232).
const OF_A_FIELD: [&[u8]; 24] = [
    b"AP", b"AS", b"BS", b"Border", b"DA", b"DR", b"F", b"FT", b"Ff", b"H", b"Kids", b"Lock", b"M",
    b"MK", b"NM", b"P", b"Q", b"Rect", b"SV", b"Subtype", b"T", b"TU", b"Type", b"V",
];
/// Entries of a widget that is an object of its own.
const OF_A_WIDGET: [&[u8]; 17] = [
    b"AP", b"AS", b"BS", b"Border", b"DA", b"F", b"FT", b"Ff", b"H", b"M", b"MK", b"NM", b"P",
    b"Parent", b"Rect", b"Subtype", b"Type",
];
/// Where a field leads to what was there before it.
const UPWARDS: [&[u8]; 2] = [b"P", b"Parent"];
/// What of its page a new field may cover at most. Smaller ones can hide something too, so all are remarked on.
const SHARE_OF_A_PAGE_MAX: f64 = 0.5;

impl Comparison<'_> {
    /// The list of fields may grow at its end; empty signature fields may be signed.
    pub(super) fn compare_fields(&mut self, owner: ObjectId, old: &Dictionary, new: &Dictionary) {
        let list = |value: Option<Value>| match value {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let (before, now) = self.values(b"Fields", Some(old), Some(new));
        let (before, now) = (list(before), list(now));
        let form = form::read(self.objects, self.then);
        if !form.is_complete {
            self.forbid(Part::Document, ChangeKind::Unreadable);
        }
        let mut names: BTreeSet<String> = form.fields.iter().map(|it| it.name.clone()).collect();
        match now.strip_prefix(before.as_slice()) {
            Some(added) => {
                for field in added {
                    match field.reference() {
                        Some(id) if self.is_added(id.0) => self.add_field(id, &mut names),
                        _ => self.forbid_entry(owner, ObjectClass::Annotation, b"Fields"),
                    }
                }
            }
            None => self.forbid_entry(owner, ObjectClass::Annotation, b"Fields"),
        }
        self.compare_known_fields(&form);
    }

    fn compare_known_fields(&mut self, form: &Form) {
        for field in &form.fields {
            let touched = std::iter::once(&field.id).chain(&field.widgets);
            if touched
                .into_iter()
                .any(|id| self.changed.contains_key(&id.0))
            {
                self.fill(field);
            }
        }
    }

    fn add_field(&mut self, id: ObjectId, names: &mut BTreeSet<String>) {
        let Some(object) = self.now(id) else {
            return;
        };
        let Some(dictionary) = object
            .dictionary()
            .filter(|it| it.name(b"FT") == Some(b"Sig"))
        else {
            return;
        };
        let part = Part::Object(id.0, id.1);
        let text = self.objects.value(self.latest, dictionary, b"T");
        let name = text
            .as_ref()
            .and_then(Value::text)
            .map(|it| String::from_utf8_lossy(it).into_owned());
        let name = self.name_of(id).or(name).unwrap_or_default();
        if !names.insert(name.clone()) {
            self.forbid(part.clone(), ChangeKind::NameTwice { name: name.clone() });
        }
        self.explain(id.0);
        self.take_entries(id, dictionary, &OF_A_FIELD);
        let kids = match self.objects.value(self.latest, dictionary, b"Kids") {
            Some(Value::Array(kids)) => kids,
            _ => Vec::new(),
        };
        let list = dictionary
            .reference(b"Kids")
            .filter(|list| self.is_added(list.0));
        list.into_iter().for_each(|list| self.explain(list.0));
        let mut widgets = vec![id];
        for kid in kids.iter().filter_map(Value::reference) {
            let kid_object = self.now(kid).filter(|_| self.is_added(kid.0));
            let kid_object = kid_object.as_ref().and_then(|it| it.dictionary());
            let is_own = |it: &&Dictionary| {
                it.get(b"Parent")
                    .is_none_or(|it| it.reference() == Some(id))
            };
            if let Some(kid_dictionary) = kid_object.filter(is_own) {
                self.explain(kid.0);
                self.take_entries(kid, kid_dictionary, &OF_A_WIDGET);
                widgets.push(kid);
            }
        }
        let visible = self.show(&name, &part, &widgets);
        let value = self.objects.value(self.latest, dictionary, b"V");
        let value = value.as_ref().and_then(Value::dictionary);
        let what = self.signing(name, value, visible, false);
        self.allow(part, what);
    }

    /// What a signature in a field is, whether it may be there, and for an empty field that it is one.
    pub(super) fn signing(
        &mut self,
        name: String,
        signature: Option<&Dictionary>,
        visible: bool,
        was_there: bool,
    ) -> ChangeKind {
        let filter = signature.and_then(|it| it.name(b"SubFilter"));
        if filter == Some(b"ETSI.RFC3161") && !visible {
            return ChangeKind::TimestampAdded { name };
        }
        if self.forbids_signatures() {
            self.forbid(
                Part::Document,
                ChangeKind::NotGranted { name: name.clone() },
            );
        }
        match (signature, was_there) {
            (None, _) => ChangeKind::FieldAdded { name, visible },
            (Some(_), false) => ChangeKind::SignatureAdded { name, visible },
            (Some(_), true) => ChangeKind::FieldSigned { name, visible },
        }
    }

    fn name_of(&self, id: ObjectId) -> Option<String> {
        let text = self.now(id)?;
        let text = self.objects.value(self.latest, text.dictionary()?, b"T")?;
        Some(crate::validate::document::decode_text(text.text()?))
    }

    /// Explains what the entries of a new field or widget need; forbids entries that it may not have.
    fn take_entries(&mut self, id: ObjectId, dictionary: &Dictionary, known: &[&[u8]]) {
        for (key, value) in dictionary.entries() {
            if !known.contains(&key) {
                let key = shown(key);
                let part = Part::Object(id.0, id.1);
                self.forbid(part, ChangeKind::FieldBeyondSignature { key });
            } else if !UPWARDS.contains(&key) && key != b"Kids" {
                self.explain_added(value);
            }
        }
    }

    /// Notes the widgets of a field, and whether one shows something; forbids one that hides a good part of a page.
    pub(super) fn show(&mut self, name: &str, part: &Part, widgets: &[ObjectId]) -> bool {
        let mut visible = false;
        for widget in widgets {
            self.widgets.insert(*widget);
            let Some([left, bottom, right, top]) = rectangle(self.objects, self.latest, *widget)
            else {
                continue;
            };
            visible = true;
            let own = self.now(*widget);
            let page = own.and_then(|it| it.dictionary()?.reference(b"P"));
            // The size of a page that is not named is that of A4, points.
            let area = page
                .and_then(|page| self.page_area(page))
                .unwrap_or(595.0 * 842.0);
            if (right - left) * (top - bottom) > area * SHARE_OF_A_PAGE_MAX {
                let name = name.to_owned();
                self.forbid(part.clone(), ChangeKind::CoversPage { name });
            }
        }
        visible
    }

    /// Square points of a page's media box, own or inherited (ISO 32000-1 §7.7.3.4).
    fn page_area(&self, page: ObjectId) -> Option<f64> {
        const ANCESTORS_MAX: usize = 64;
        let mut node = page;
        for _ in 0..ANCESTORS_MAX {
            let object = self.now(node)?;
            let dictionary = object.dictionary()?;
            if let Some(Value::Array(corners)) =
                self.objects.value(self.latest, dictionary, b"MediaBox")
            {
                let corner = |item: &Value| self.objects.resolve(self.latest, item)?.number();
                let corners: Option<Vec<f64>> = corners.iter().map(corner).collect();
                let [left, bottom, right, top] = *corners?.as_slice() else {
                    return None;
                };
                return Some(((right - left) * (top - bottom)).abs());
            }
            node = dictionary.reference(b"Parent")?;
        }
        None
    }

    /// Whether the signer locked this field, or any where `grants` is asked for and not given.
    pub(super) fn may_fill(&self, name: &str) -> bool {
        self.grants(Allowed::Forms) && !self.field.permissions.is_locked(name)
    }
}

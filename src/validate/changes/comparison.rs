//! One comparison: which objects differ, which of the differences are explained, and what is left over.
//!
//! An object is explained by what leads to it from the catalogue by a way that is allowed. New objects may be
//! explained by being part of something new; one that existed may only be changed where its changes are known entry
//! by entry and nothing else in the signed revision uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kind::{ChangeKind, ObjectClass};
use super::surroundings::Surroundings;
use super::{Change, Changes, Part, class};
use crate::validate::document::objects::{Objects, Parsed, Revision};
use crate::validate::document::section::Location;
use crate::validate::document::syntax::{Dictionary, ObjectId, Value};
use crate::validate::document::{Allowed, SignatureField};

/// Changes named; a file with more has been changed, and nobody reads so long a list.
const NAMED_MAX: usize = 1000;

/// Number of the trailer among those that refer to objects: no object has it.
pub(super) const TRAILER: u32 = 0;

/// See the module.
pub(super) struct Comparison<'a> {
    pub(super) objects: &'a Objects,
    pub(super) surroundings: &'a Surroundings,
    pub(super) field: &'a SignatureField,
    /// The signed revision, and where it ends.
    pub(super) then: Revision,
    pub(super) end: usize,
    /// The revision that it is compared with.
    pub(super) latest: Revision,
    /// Every object that does not stand where it stood: where it stood, and where it stands.
    pub(super) changed: BTreeMap<u32, (Location, Location)>,
    explained: BTreeSet<u32>,
    /// Widgets that may appear on pages.
    pub(super) widgets: BTreeSet<ObjectId>,
    allowed: BTreeSet<Change>,
    forbidden: BTreeSet<Change>,
}

impl<'a> Comparison<'a> {
    /// `None` where the signed revision has no catalogue that can be read.
    pub(super) fn new(
        objects: &'a Objects,
        surroundings: &'a Surroundings,
        field: &'a SignatureField,
        then: Revision,
        latest: Revision,
    ) -> Option<Self> {
        objects.catalogue(then)?;
        let newer = objects.chain.get(latest..then)?;
        let numbers: BTreeSet<u32> = newer
            .iter()
            .flat_map(|it| it.entries.keys().copied())
            .collect();
        let places = numbers.into_iter().map(|number| {
            let places = (objects.locate(then, number), objects.locate(latest, number));
            (number, places)
        });
        Some(Self {
            objects,
            surroundings,
            field,
            then,
            end: usize::try_from(field.end).ok()?,
            latest,
            changed: places.filter(|(_, (then, now))| then != now).collect(),
            explained: BTreeSet::new(),
            widgets: BTreeSet::new(),
            allowed: BTreeSet::new(),
            forbidden: BTreeSet::new(),
        })
    }

    /// Compares everything.
    pub(super) fn run(mut self) -> Changes {
        self.compare();
        self.explain_superseded();
        self.name_the_rest();
        if self.objects.is_exhausted() {
            self.forbid(Part::Document, ChangeKind::TooMuch);
        }
        let list = |changes: BTreeSet<Change>| changes.into_iter().take(NAMED_MAX).collect();
        Changes {
            allowed: list(self.allowed),
            forbidden: list(self.forbidden),
        }
    }

    fn compare(&mut self) {
        self.compare_structure();
        self.compare_information();
        self.compare_catalogues();
        self.compare_metadata();
        self.compare_pages();
    }

    /// Objects that an earlier update needed and a later one replaced lead nowhere any more: they are explained by
    /// the revision in between, if that only did what is allowed.
    fn explain_superseded(&mut self) {
        let numbers = self.changed.keys().filter(|it| self.is_added(**it));
        let mut left: BTreeSet<u32> = numbers.copied().collect();
        left.retain(|number| !self.explained.contains(number));
        for between in self.latest + 1..self.then {
            if left.is_empty() || self.objects.is_exhausted() {
                return;
            }
            let place = |number: u32, revision| self.objects.locate(revision, number);
            let is_there = |number: &&u32| place(**number, between) == place(**number, self.latest);
            let there: Vec<u32> = left.iter().filter(is_there).copied().collect();
            if there.is_empty() {
                continue;
            }
            let step = Self::new(
                self.objects,
                self.surroundings,
                self.field,
                self.then,
                between,
            );
            let Some(mut step) = step else {
                continue;
            };
            step.compare();
            if step.forbidden.is_empty() {
                for number in there.into_iter().filter(|it| step.explained.contains(it)) {
                    self.explained.insert(number);
                    left.remove(&number);
                }
            }
        }
    }

    pub(super) fn allow(&mut self, part: Part, what: ChangeKind) {
        self.allowed.insert(Change { part, what });
    }

    pub(super) fn forbid(&mut self, part: Part, what: ChangeKind) {
        self.forbidden.insert(Change { part, what });
    }

    /// Whether the signer's certification lets this be done.
    pub(super) fn grants(&self, wanted: Allowed) -> bool {
        let permissions = &self.field.permissions;
        permissions.certifies
            && permissions
                .document
                .is_some_and(|granted| granted >= wanted)
    }

    /// Whether the signer wants no further signatures.
    pub(super) fn forbids_signatures(&self) -> bool {
        self.field.permissions.document == Some(Allowed::Nothing)
    }

    /// The object as it was when it was signed.
    pub(super) fn before(&self, id: ObjectId) -> Option<Arc<Parsed>> {
        self.objects.object(self.then, id)
    }

    /// The object as it is.
    pub(super) fn now(&self, id: ObjectId) -> Option<Arc<Parsed>> {
        self.objects.object(self.latest, id)
    }

    /// Whether the number was not in use when it was signed, and is now.
    pub(super) fn is_added(&self, number: u32) -> bool {
        matches!(self.changed.get(&number), Some((Location::Free, now)) if *now != Location::Free)
    }

    /// Whether the object was there and stands elsewhere now.
    pub(super) fn is_redefined(&self, number: u32) -> bool {
        let places = self.changed.get(&number);
        places.is_some_and(|(then, now)| *then != Location::Free && *now != Location::Free)
    }

    /// The values of a key, then and now, references followed.
    pub(super) fn values(
        &self,
        key: &[u8],
        then: Option<&Dictionary>,
        now: Option<&Dictionary>,
    ) -> (Option<Value>, Option<Value>) {
        (
            then.and_then(|it| self.objects.value(self.then, it, key)),
            now.and_then(|it| self.objects.value(self.latest, it, key)),
        )
    }

    /// Takes one object as explained.
    pub(super) fn explain(&mut self, number: u32) {
        self.explained.insert(number);
    }

    /// Takes every new object as explained that a value leads to through new objects.
    pub(super) fn explain_added(&mut self, value: &Value) {
        let mut open = Vec::new();
        value.references(&mut open);
        while let Some(id) = open.pop() {
            if self.is_added(id.0)
                && self.explained.insert(id.0)
                && let Some(object) = self.now(id)
            {
                object.value.references(&mut open);
            }
        }
    }

    /// Takes an object under a key as explained, whose entries are compared elsewhere: a new one, or one that was
    /// changed and that only `owners` referred to.
    pub(super) fn explain_part(&mut self, holder: Option<&Dictionary>, key: &[u8], owners: &[u32]) {
        let Some(id) = holder.and_then(|it| it.reference(key)) else {
            return;
        };
        self.explain_owned(id, owners);
    }

    /// As [`Comparison::explain_part`], by reference. A stream is never explained so: its data are not compared.
    pub(super) fn explain_owned(&mut self, id: ObjectId, owners: &[u32]) {
        if self.is_redefined(id.0) {
            let is_plain = |object: Option<Arc<Parsed>>| object.is_some_and(|it| it.data.is_none());
            if !is_plain(self.before(id)) || !is_plain(self.now(id)) {
                return;
            }
            if !self.is_referred_to_by_only(id.0, owners) {
                let class = self.class(id.0);
                self.forbid(self.part(id.0), ChangeKind::Shared(class));
            }
        }
        self.explain(id.0);
    }

    /// Whether, in the signed revision, nothing but these objects refers to this one.
    pub(super) fn is_referred_to_by_only(&self, number: u32, owners: &[u32]) -> bool {
        self.referrers(number).all(|owner| owners.contains(&owner))
    }

    /// The objects of the signed revision that refer to this one; [`TRAILER`] stands for its trailer.
    pub(super) fn referrers(&self, number: u32) -> impl Iterator<Item = u32> {
        let all = self
            .surroundings
            .referrers
            .get(&number)
            .into_iter()
            .flatten();
        let alive = all.filter(|(owner, place)| self.objects.locate(self.then, *owner) == *place);
        let mut in_trailer = Vec::new();
        let trailer = self.objects.trailer(self.then).into_iter();
        for (_, value) in trailer.flat_map(Dictionary::entries) {
            value.references(&mut in_trailer);
        }
        let of_trailer = in_trailer
            .iter()
            .any(|id| id.0 == number)
            .then_some(TRAILER);
        alive.map(|(owner, _)| *owner).chain(of_trailer)
    }

    /// Where an object is, for a report.
    pub(super) fn part(&self, number: u32) -> Part {
        let generation = |location: &Location| match location {
            Location::Offset(_, generation) => Some(*generation),
            Location::Member(..) => Some(0),
            Location::Free => None,
        };
        let places = self.changed.get(&number);
        let found = places.and_then(|(then, now)| generation(now).or(generation(then)));
        Part::Object(number, found.unwrap_or(0))
    }

    /// What an object is for: as it was, else as it is.
    pub(super) fn class(&self, number: u32) -> ObjectClass {
        let Part::Object(number, generation) = self.part(number) else {
            return ObjectClass::Other;
        };
        let id = (number, generation);
        let known = self.before(id).or_else(|| self.now(id));
        known.map_or(ObjectClass::Other, |object| class::of(&object))
    }

    /// Everything that was changed and that nothing explained; and new objects that were waited for.
    fn name_the_rest(&mut self) {
        let changed: Vec<(u32, (Location, Location))> = self
            .changed
            .iter()
            .map(|(number, places)| (*number, *places))
            .collect();
        for (number, (then, now)) in changed {
            let class = || self.class(number);
            let part = self.part(number);
            let is_explained = self.explained.contains(&number);
            if self.is_added(number) && self.referrers(number).next().is_some() {
                self.forbid(part, ChangeKind::Prepared(class()));
            } else if is_explained {
                continue;
            } else if then == Location::Free {
                self.forbid(part, ChangeKind::Added(class()));
            } else if now == Location::Free {
                self.forbid(part, ChangeKind::Removed(class()));
            } else if self.is_rewritten(&part) {
                self.forbid(part, ChangeKind::Rewritten(class()));
            } else {
                self.forbid(part, ChangeKind::Redefined(class()));
            }
        }
    }

    fn is_rewritten(&self, part: &Part) -> bool {
        let Part::Object(number, generation) = part else {
            return false;
        };
        let id = (*number, *generation);
        let (Some(before), Some(now)) = (self.before(id), self.now(id)) else {
            return false;
        };
        let data = |object: &Parsed| {
            object
                .data
                .clone()
                .and_then(|it| self.objects.bytes.get(it))
        };
        before.value == now.value && data(&before) == data(&now)
    }
}

/// The keys whose values differ, as they stand.
pub(super) fn differing_keys(then: &Dictionary, now: &Dictionary) -> Vec<Vec<u8>> {
    let keys: BTreeSet<&[u8]> = then
        .entries()
        .chain(now.entries())
        .map(|(key, _)| key)
        .collect();
    let differ = keys.into_iter().filter(|key| then.get(key) != now.get(key));
    differ.map(<[u8]>::to_vec).collect()
}

/// A key for a report.
pub(super) fn shown(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

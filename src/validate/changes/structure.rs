//! Cross-reference data and trailers of the updates behind a signature.

use std::collections::BTreeSet;

use super::Part;
use super::comparison::{Comparison, TRAILER, differing_keys, shown};
use super::kind::ChangeKind;
use crate::validate::document::section::{Form, Location, Section};
use crate::validate::document::syntax::{Dictionary, Reader, Value};

/// Trailer entries that say how the update itself is written.
const OF_THE_UPDATE: [&[u8]; 9] = [
    b"Prev",
    b"Size",
    b"Type",
    b"W",
    b"Index",
    b"Filter",
    b"DecodeParms",
    b"Length",
    b"XRefStm",
];

impl Comparison<'_> {
    /// Updates must be where updates are, and lead to nothing but what they bring.
    pub(super) fn compare_structure(&mut self) {
        let objects = self.objects;
        let newer = objects
            .chain
            .get(self.latest..self.then)
            .unwrap_or_default();
        for section in newer {
            if section.form == Form::Hybrid {
                self.forbid(Part::Trailer, ChangeKind::Hybrid);
            }
            if section.offset < self.end {
                self.forbid(Part::Trailer, ChangeKind::Redirected);
            }
            self.compare_places(section);
            self.compare_trailer(section);
        }
        self.explain_sections(newer);
        self.explain_containers(newer);
        self.find_stray_bytes();
    }

    fn compare_places(&mut self, section: &Section) {
        for (number, location) in &section.entries {
            let leads_back = match location {
                Location::Offset(offset, _) => *offset < self.end,
                Location::Member(container, _) => !self.is_added(*container),
                Location::Free => false,
            };
            if leads_back && self.objects.locate(self.then, *number) != *location {
                self.forbid(Part::Object(*number, 0), ChangeKind::Redirected);
            }
        }
    }

    fn compare_trailer(&mut self, section: &Section) {
        let Some(then) = self.objects.trailer(self.then) else {
            return;
        };
        for key in differing_keys(then, &section.trailer) {
            let (before, now) = (then.get(&key), section.trailer.get(&key));
            let is_fine = match key.as_slice() {
                // Compared by its entries.
                b"Info" => now.is_none_or(|now| now.reference().is_some()),
                b"ID" => {
                    first_identifier(before).is_none_or(|it| Some(it) == first_identifier(now))
                }
                key if OF_THE_UPDATE.contains(&key) => true,
                // One that is not repeated shows nothing and hides nothing.
                b"Root" => false,
                _ => now.is_none(),
            };
            if !is_fine {
                let key = shown(&key);
                self.forbid(Part::Trailer, ChangeKind::Trailer { key });
            }
        }
    }

    /// A cross-reference stream is an object, and it may take the number of an older one.
    fn explain_sections(&mut self, newer: &[Section]) {
        let older: BTreeSet<usize> = self.objects.chain.iter().map(|it| it.offset).collect();
        for section in newer.iter().filter(|it| it.form == Form::Stream) {
            let header = Reader::new(&self.objects.bytes, section.offset).object_header();
            let Some((number, _)) = header else {
                continue;
            };
            let was_section = match self.objects.locate(self.then, number) {
                Location::Free => true,
                Location::Offset(offset, _) => older.contains(&offset),
                Location::Member(..) => false,
            };
            let is_section = matches!(self.objects.locate(self.latest, number), Location::Offset(offset, _) if older.contains(&offset));
            if was_section && is_section {
                self.explain(number);
            }
        }
    }

    /// An object stream is fine if every member of it is named by the cross-reference data.
    fn explain_containers(&mut self, newer: &[Section]) {
        let mut containers = BTreeSet::new();
        for (index, section) in newer.iter().enumerate() {
            for location in section.entries.values() {
                if let Location::Member(container, _) = location {
                    containers.insert((self.latest + index, *container));
                }
            }
        }
        for (revision, container) in containers {
            if !self.is_added(container) {
                continue;
            }
            let Some(members) = self.objects.members(revision, container) else {
                continue;
            };
            self.explain(container);
            let is_named = |(index, (number, _)): (usize, &(u32, usize))| {
                let place = Location::Member(container, index);
                newer
                    .iter()
                    .any(|it| it.entries.get(number) == Some(&place))
            };
            if !members.places.iter().enumerate().all(is_named) {
                self.forbid(Part::Object(container, 0), ChangeKind::HiddenMember);
            }
        }
    }

    fn find_stray_bytes(&mut self) {
        if self.surroundings.straddles(self.end) {
            self.forbid(Part::Document, ChangeKind::Straddles);
        }
        let end = self.end;
        for stray in self.surroundings.stray.iter().filter(|it| it.end > end) {
            let number = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
            let part = Part::Bytes {
                offset: number(stray.start),
                length: number(stray.len()),
            };
            self.forbid(part, ChangeKind::StrayBytes);
        }
    }

    /// The information dictionary (ISO 32000-1 §14.3.3): a signing program may note its name and the time, no more.
    pub(super) fn compare_information(&mut self) {
        const NOTED: [&[u8]; 2] = [b"Producer", b"ModDate"];
        let reference = |trailer: Option<&Dictionary>| trailer.and_then(|it| it.reference(b"Info"));
        let then = reference(self.objects.trailer(self.then));
        let now = reference(self.objects.trailer(self.latest));
        let Some(now) = now.filter(|it| self.changed.contains_key(&it.0) || then != Some(*it))
        else {
            return;
        };
        let before = then.and_then(|id| self.before(id));
        let after = self.now(now);
        let empty = Dictionary::default();
        let old = before
            .as_ref()
            .and_then(|it| it.dictionary())
            .unwrap_or(&empty);
        let Some(new) = after.as_ref().and_then(|it| it.dictionary()) else {
            return;
        };
        let is_note = |key: &Vec<u8>| {
            let text = new.get(key).and_then(Value::text);
            NOTED.contains(&key.as_slice()) && text.is_some()
        };
        let differing = differing_keys(old, new);
        if differing.iter().all(is_note) && self.is_referred_to_by_only(now.0, &[TRAILER]) {
            self.explain(now.0);
            self.allow(self.part(now.0), ChangeKind::ProducerNoted);
        }
    }
}

fn first_identifier(value: Option<&Value>) -> Option<&Value> {
    value.and_then(Value::array).and_then(<[Value]>::first)
}

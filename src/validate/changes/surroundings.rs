//! What every comparison of two revisions needs to know about the whole file, found out once.
//!
//! Three questions that the changed objects themselves do not answer: who refers to them, are there bytes between
//! them, and do objects of a signed revision reach beyond its end. References are read as tokens, so that an object
//! that cannot be parsed hides none.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::validate::document::objects::{Objects, Revision};
use crate::validate::document::section::{Location, Section, Tail};
use crate::validate::document::syntax::{ObjectId, Reader, scan_references};

/// An object by its number and where it stands.
pub(in crate::validate) type Owner = (u32, Location);

/// See the module.
#[derive(Debug, Default)]
pub(in crate::validate) struct Surroundings {
    /// For each object that was touched after some signature, every object that ever referred to its number.
    pub(super) referrers: BTreeMap<u32, BTreeSet<Owner>>,
    /// Bytes behind the first signed revision that belong to nothing.
    pub(super) stray: Vec<Range<usize>>,
    /// Objects that are streams, from their number to `endobj`.
    streams: Vec<Range<usize>>,
}

impl Surroundings {
    /// Looks at everything that was appended behind `first_end`, by the sections newer than `oldest`.
    pub(super) fn read(objects: &Objects, oldest: Revision, first_end: usize) -> Self {
        let newer = objects.chain.get(..oldest).unwrap_or_default();
        let touched = touched(objects, newer);
        let mut surroundings = Self::default();
        surroundings.read_references(objects, &touched);
        surroundings.stray = stray(objects, oldest, first_end);
        surroundings
    }

    /// Whether an object begins before this offset and ends behind it.
    pub(super) fn straddles(&self, offset: usize) -> bool {
        let mut streams = self.streams.iter();
        streams.any(|span| span.start < offset && offset < span.end)
    }

    fn read_references(&mut self, objects: &Objects, touched: &BTreeSet<u32>) {
        let mut containers = BTreeSet::new();
        for (revision, section) in objects.chain.iter().enumerate() {
            for (number, location) in &section.entries {
                match *location {
                    Location::Offset(offset, generation) => {
                        let id = (*number, generation);
                        if !self.read_object(objects, touched, revision, id, offset) {
                            return;
                        }
                    }
                    Location::Member(container, _) => {
                        if containers.insert((revision, container)) {
                            self.read_members(objects, touched, revision, container);
                        }
                    }
                    Location::Free => {}
                }
            }
        }
    }

    /// False once there is no allowance left.
    fn read_object(
        &mut self,
        objects: &Objects,
        touched: &BTreeSet<u32>,
        revision: Revision,
        id: ObjectId,
        offset: usize,
    ) -> bool {
        let mut found = BTreeSet::new();
        let stop = scan_references(&objects.bytes, offset, |to| {
            if touched.contains(&to) {
                found.insert(to);
            }
        });
        if !objects.spend(stop.saturating_sub(offset)) {
            return false;
        }
        let rest = objects.bytes.get(stop..).unwrap_or_default();
        if rest.starts_with(b"stream") {
            let stream = objects.object(revision, id);
            let dictionary = stream.as_ref().and_then(|it| it.dictionary());
            // A cross-reference stream refers as a trailer, and only that of the newest section does.
            if dictionary.is_some_and(|it| it.name(b"Type") == Some(b"XRef")) {
                return true;
            }
            self.streams.extend(stream.and_then(|it| it.span.clone()));
        }
        let owner = (id.0, Location::Offset(offset, id.1));
        for to in found {
            self.referrers.entry(to).or_default().insert(owner);
        }
        true
    }

    fn read_members(
        &mut self,
        objects: &Objects,
        touched: &BTreeSet<u32>,
        revision: Revision,
        container: u32,
    ) {
        let Some(members) = objects.members(revision, container) else {
            return;
        };
        let mut starts: Vec<usize> = members.places.iter().map(|(_, at)| *at).collect();
        starts.sort_unstable();
        for (index, (number, at)) in members.places.iter().enumerate() {
            let next = starts.partition_point(|start| start <= at);
            let end = starts.get(next).copied().unwrap_or(members.text.len());
            let text = members.text.get(..end).unwrap_or_default();
            let owner = (*number, Location::Member(container, index));
            let stop = scan_references(text, *at, |to| {
                if touched.contains(&to) {
                    self.referrers.entry(to).or_default().insert(owner);
                }
            });
            if !objects.spend(stop.saturating_sub(*at)) {
                return;
            }
        }
    }
}

/// The numbers that updates gave to objects, and those that these objects led to in any revision.
fn touched(objects: &Objects, newer: &[Section]) -> BTreeSet<u32> {
    let own: BTreeSet<u32> = newer
        .iter()
        .flat_map(|it| it.entries.keys().copied())
        .collect();
    let mut led_to = Vec::new();
    for (revision, section) in objects.chain.iter().enumerate() {
        for number in &own {
            let generation = match section.entries.get(number) {
                Some(Location::Offset(_, generation)) => *generation,
                Some(Location::Member(..)) => 0,
                Some(Location::Free) | None => continue,
            };
            if let Some(object) = objects.object(revision, (*number, generation)) {
                object.value.references(&mut led_to);
            }
        }
    }
    own.into_iter()
        .chain(led_to.into_iter().map(|id| id.0))
        .collect()
}

/// The bytes behind `first_end` that are neither object nor cross-reference data nor white space.
fn stray(objects: &Objects, oldest: Revision, first_end: usize) -> Vec<Range<usize>> {
    let sections: BTreeSet<usize> = objects.chain.iter().map(|it| it.offset).collect();
    let mut parts: Vec<Range<usize>> = Vec::new();
    for (revision, section) in objects.chain.iter().enumerate().take(oldest) {
        let mut reader = Reader::new(&objects.bytes, section.end);
        reader.skip_space();
        let tail = Tail::at(&objects.bytes, reader.at);
        parts.push(section.offset..tail.map_or(section.end, |tail| tail.end));
        for (number, location) in &section.entries {
            if let Location::Offset(offset, generation) = *location {
                // That of a cross-reference stream is the section itself.
                if offset >= first_end && !sections.contains(&offset) {
                    let object = objects.object(revision, (*number, generation));
                    parts.extend(object.and_then(|it| it.span.clone()));
                }
            }
        }
    }
    parts.retain(|part| part.start >= first_end);
    parts.sort_unstable_by_key(|part| (part.start, part.end));
    parts.dedup();
    let mut found = Vec::new();
    let mut at = first_end;
    for part in parts {
        let mut reader = Reader::new(&objects.bytes, at);
        reader.skip_space();
        if part.start < at {
            // One inside another: two ways to read the same bytes.
            found.push(part.clone());
        } else if reader.at < part.start {
            found.push(at..part.start);
        }
        at = at.max(part.end);
    }
    let mut reader = Reader::new(&objects.bytes, at);
    reader.skip_space();
    if reader.at < objects.bytes.len() {
        found.push(at..objects.bytes.len());
    }
    found
}

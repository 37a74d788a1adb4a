//! The revisions of a file that were signed: each must be a PDF by itself, and the file must follow from it.

use super::FormatFinding;
use super::objects::{Objects, Revision};
use super::section::{self, Form, Location, Tail};

/// How far what each revision is made of reaches into the file.
pub(super) struct Revisions {
    /// For each section, the largest offset that it or an older one names, or ends at.
    reach: Vec<usize>,
    is_sound: bool,
}

impl Revisions {
    pub(super) fn of(objects: &Objects, is_sound: bool) -> Self {
        let mut furthest = 0;
        let mut reach: Vec<usize> = Vec::with_capacity(objects.chain.len());
        for section in objects.chain.iter().rev() {
            let offsets = section.entries.values().map(|location| match location {
                Location::Offset(offset, _) => *offset,
                Location::Free | Location::Member(..) => 0,
            });
            let hybrid = match section.form {
                Form::Hybrid => section.trailer.get(b"XRefStm"),
                Form::Table | Form::Stream => None,
            };
            let hybrid = hybrid.and_then(|value| usize::try_from(value.integer()?).ok());
            let own = offsets.chain(hybrid).max().unwrap_or(0).max(section.end);
            furthest = furthest.max(own);
            reach.push(furthest);
        }
        reach.reverse();
        Self { reach, is_sound }
    }

    /// The revision that ends here.
    pub(super) fn ending_at(
        &self,
        objects: &Objects,
        end: usize,
    ) -> Result<Revision, FormatFinding> {
        let signed = objects.bytes.get(..end).unwrap_or_default();
        let tail = Tail::last(signed).filter(|tail| tail.end == end);
        let tail = tail.ok_or(FormatFinding::RevisionEnd)?;
        let mut sections = objects.chain.iter();
        let found = sections.position(|section| section.offset == tail.section);
        match found.filter(|_| self.is_sound) {
            Some(revision) => {
                let reach = self.reach.get(revision).copied().unwrap_or(usize::MAX);
                // What a revision is made of may not lie behind its end.
                let is_whole = reach <= tail.start;
                is_whole
                    .then_some(revision)
                    .ok_or(FormatFinding::RevisionUnreadable)
            }
            None if section::chain(signed, tail.section).is_some() => {
                Err(FormatFinding::RevisionAbandoned)
            }
            None => Err(FormatFinding::RevisionUnreadable),
        }
    }
}

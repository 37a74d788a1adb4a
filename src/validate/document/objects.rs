//! The objects of every revision of one file, read when asked for and shared by all revisions they belong to.
//!
//! A revision is the chain of cross-reference sections from one of them to the oldest, as a reader of the file cut
//! off behind that section would see it. Work is counted: a file that makes this go round in circles runs out of its
//! allowance, and from then on nothing is found in it, which nobody may take for "nothing changed".

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::section::{self, Location, Section};
use super::stream;
use super::syntax::{Dictionary, ObjectId, Reader, Value};

/// The text of one object.
const OBJECT_MAX: usize = 8 * 1024 * 1024;
/// The text of all objects that are kept; more are read again when asked for.
const KEPT_MAX: usize = 32 * 1024 * 1024;
/// One decoded object stream.
const MEMBERS_MAX: usize = 64 * 1024 * 1024;
/// References followed from one value to the next.
const FOLLOWED_MAX: usize = 16;
/// Objects that are needed to read one another: the length of a stream, in an object stream, with a length.
const NESTING_MAX: u8 = 8;
/// What may be read in all, on top of a multiple of the file: bytes of text, and steps.
const ALLOWANCE: u64 = 128 * 1024 * 1024;

/// A revision by its newest section: an index into [`Objects::chain`], 0 the file as it is now.
pub(in crate::validate) type Revision = usize;

/// An indirect object as it stands in the file.
#[derive(Debug)]
pub(in crate::validate) struct Parsed {
    pub(in crate::validate) value: Value,
    /// Where the data of a stream stand, as coded.
    pub(in crate::validate) data: Option<Range<usize>>,
    /// Where the whole object stands, from its number to behind `endobj`; `None` in an object stream.
    pub(in crate::validate) span: Option<Range<usize>>,
}

impl Parsed {
    /// The dictionary that it is, or that of the stream that it is.
    pub(in crate::validate) fn dictionary(&self) -> Option<&Dictionary> {
        self.value.dictionary()
    }
}

/// An object stream: its text, and where each member with its number stands in it.
#[derive(Debug)]
pub(in crate::validate) struct Members {
    pub(in crate::validate) text: Vec<u8>,
    pub(in crate::validate) places: Vec<(u32, usize)>,
}

/// A place that identifies an object's text in the whole file: an offset, and the index in an object stream there.
type Key = (usize, Option<usize>);

/// See the module.
#[derive(Debug)]
pub(in crate::validate) struct Objects {
    pub(in crate::validate) bytes: Vec<u8>,
    /// Newest first.
    pub(in crate::validate) chain: Vec<Section>,
    kept: RefCell<BTreeMap<Key, Option<Arc<Parsed>>>>,
    kept_bytes: Cell<usize>,
    members: RefCell<BTreeMap<usize, Option<Arc<Members>>>>,
    allowance: Cell<u64>,
    expansion: Cell<usize>,
    /// How many objects are being read at this moment.
    nesting: Cell<u8>,
}

impl Objects {
    /// `expansion_max`: bytes of all streams together that may be decoded.
    pub(super) fn new(bytes: Vec<u8>, chain: Vec<Section>, expansion_max: usize) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self {
            bytes,
            chain,
            kept: RefCell::default(),
            kept_bytes: Cell::new(0),
            members: RefCell::default(),
            allowance: Cell::new(length.saturating_mul(4).saturating_add(ALLOWANCE)),
            expansion: Cell::new(expansion_max),
            nesting: Cell::new(0),
        }
    }

    /// Counts work; false once the allowance is used up.
    pub(in crate::validate) fn spend(&self, steps: usize) -> bool {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let left = self.allowance.get().saturating_sub(steps);
        self.allowance.set(left);
        left > 0
    }

    /// Whether answers are no longer complete.
    pub(in crate::validate) fn is_exhausted(&self) -> bool {
        self.allowance.get() == 0
    }

    /// Where an object stands in a revision.
    pub(in crate::validate) fn locate(&self, revision: Revision, number: u32) -> Location {
        let sections = self.chain.get(revision..).unwrap_or_default();
        self.spend(sections.len().min(64) + 1);
        let mut found = sections.iter().map(|section| section.entries.get(&number));
        let found = found.find_map(|entry| entry.copied());
        found.unwrap_or(Location::Free)
    }

    /// The trailer of a revision.
    pub(in crate::validate) fn trailer(&self, revision: Revision) -> Option<&Dictionary> {
        self.chain.get(revision).map(|section| &section.trailer)
    }

    /// The catalogue of a revision (§7.7.2).
    pub(in crate::validate) fn catalogue(&self, revision: Revision) -> Option<Arc<Parsed>> {
        let root = self.trailer(revision)?.reference(b"Root")?;
        self.object(revision, root)
    }

    /// The object that a reference names in a revision; `None` where it is not in use or cannot be read.
    pub(in crate::validate) fn object(
        &self,
        revision: Revision,
        (number, generation): ObjectId,
    ) -> Option<Arc<Parsed>> {
        match self.locate(revision, number) {
            Location::Offset(offset, at_generation) if at_generation == generation => self
                .kept((offset, None), || {
                    self.parse_at(revision, offset, (number, generation))
                }),
            Location::Member(container, index) if generation == 0 => {
                let Location::Offset(offset, 0) = self.locate(revision, container) else {
                    return None;
                };
                self.kept((offset, Some(index)), || {
                    let members = self.members(revision, container)?;
                    let (own, at) = *members.places.get(index)?;
                    let mut reader = Reader::new(&members.text, at);
                    let value = (own == number).then(|| reader.value())??;
                    self.spend(reader.at - at);
                    Some(Parsed {
                        value,
                        data: None,
                        span: None,
                    })
                })
            }
            _ => None,
        }
    }

    fn kept(&self, key: Key, read: impl FnOnce() -> Option<Parsed>) -> Option<Arc<Parsed>> {
        if let Some(known) = self.kept.borrow().get(&key) {
            return known.clone();
        }
        let nesting = self.nesting.get();
        if self.is_exhausted() || nesting >= NESTING_MAX {
            return None;
        }
        let before = self.allowance.get();
        self.nesting.set(nesting + 1);
        let parsed = read().map(Arc::new);
        self.nesting.set(nesting);
        let cost = usize::try_from(before - self.allowance.get()).unwrap_or(usize::MAX);
        let kept = self
            .kept_bytes
            .get()
            .saturating_add(cost.saturating_add(64));
        if kept <= KEPT_MAX {
            self.kept_bytes.set(kept);
            self.kept.borrow_mut().insert(key, parsed.clone());
        }
        parsed
    }

    fn parse_at(&self, revision: Revision, offset: usize, id: ObjectId) -> Option<Parsed> {
        let end = self.bytes.len().min(offset.saturating_add(OBJECT_MAX));
        let mut reader = Reader::new(self.bytes.get(..end)?, offset);
        let found = reader.object_header();
        let value = (found == Some(id)).then(|| reader.value()).flatten();
        self.spend(reader.at - offset + 1);
        let value = value?;
        let text_end = reader.at;
        let mut reader = Reader::new(&self.bytes, text_end);
        let data = match (&value, section::data_start(&self.bytes, &mut reader)) {
            (Value::Dictionary(dictionary), Some(start)) => {
                let length = self.resolve(revision, dictionary.get(b"Length")?)?;
                let end = start.checked_add(usize::try_from(length.integer()?).ok()?)?;
                self.bytes.get(start..end)?;
                reader.at = end;
                reader.keyword(b"endstream")?;
                Some(start..end)
            }
            (_, Some(_)) => return None,
            (_, None) => None,
        };
        if data.is_none() {
            reader.at = text_end;
        }
        reader.keyword(b"endobj")?;
        Some(Parsed {
            value,
            data,
            span: Some(offset..reader.at),
        })
    }

    /// A value with references followed; the null object where they lead nowhere.
    pub(in crate::validate) fn resolve(&self, revision: Revision, value: &Value) -> Option<Value> {
        let Value::Reference(id) = value else {
            return Some(value.clone());
        };
        let mut id = *id;
        for _ in 0..FOLLOWED_MAX {
            match &self.object(revision, id)?.value {
                Value::Reference(next) => id = *next,
                value => return Some(value.clone()),
            }
        }
        None
    }

    /// The value under a key with references followed; null and what cannot be read count as absent.
    pub(in crate::validate) fn value(
        &self,
        revision: Revision,
        dictionary: &Dictionary,
        key: &[u8],
    ) -> Option<Value> {
        self.resolve(revision, dictionary.get(key)?)
            .filter(|value| *value != Value::Null)
    }

    /// The object stream with this number.
    pub(in crate::validate) fn members(
        &self,
        revision: Revision,
        container: u32,
    ) -> Option<Arc<Members>> {
        let Location::Offset(offset, 0) = self.locate(revision, container) else {
            return None;
        };
        if let Some(known) = self.members.borrow().get(&offset) {
            return known.clone();
        }
        let members = self.read_members(revision, container).map(Arc::new);
        self.members.borrow_mut().insert(offset, members.clone());
        members
    }

    fn read_members(&self, revision: Revision, container: u32) -> Option<Members> {
        let object = self.object(revision, (container, 0))?;
        let dictionary = object.dictionary()?;
        if dictionary.name(b"Type") != Some(b"ObjStm") {
            return None;
        }
        let text = self.decoded(&object, MEMBERS_MAX)?;
        let size = |key: &[u8]| {
            let number = self.resolve(revision, dictionary.get(key)?)?.integer()?;
            usize::try_from(number).ok()
        };
        let first = size(b"First")?;
        let mut reader = Reader::new(text.get(..first)?, 0);
        let mut places = Vec::new();
        for _ in 0..size(b"N")? {
            let (number, offset) = (reader.unsigned()?, reader.unsigned()?);
            let at = first.checked_add(usize::try_from(offset).ok()?)?;
            places.push((u32::try_from(number).ok()?, at));
        }
        self.spend(text.len());
        Some(Members { text, places })
    }

    /// The decoded data of a stream of at most `limit` bytes, taken from what may be decoded in all.
    pub(in crate::validate) fn decoded(&self, object: &Parsed, limit: usize) -> Option<Vec<u8>> {
        let coded = self.bytes.get(object.data.clone()?)?;
        let limit = limit.min(self.expansion.get());
        let plain = stream::decode(object.dictionary()?, coded, limit)?;
        self.expansion.set(self.expansion.get() - plain.len());
        self.spend(coded.len());
        Some(plain)
    }

    /// Where objects of the file as it is now do not stand where their section says, in the order of their numbers.
    pub(super) fn misplaced(&self) -> Vec<u32> {
        let mut now: BTreeMap<u32, Location> = BTreeMap::new();
        for section in &self.chain {
            for (number, location) in &section.entries {
                now.entry(*number).or_insert(*location);
            }
        }
        let is_misplaced = |(number, location): (&u32, &Location)| match *location {
            Location::Offset(offset, generation) => {
                let end = self.bytes.len().min(offset.saturating_add(64));
                let head = self.bytes.get(..end).unwrap_or_default();
                let found = Reader::new(head, offset).object_header();
                (found != Some((*number, generation))).then_some(*number)
            }
            Location::Member(container, _) => {
                let held = now.get(&container);
                (!matches!(held, Some(Location::Offset(_, 0)))).then_some(*number)
            }
            Location::Free => None,
        };
        now.iter().filter_map(is_misplaced).collect()
    }
}

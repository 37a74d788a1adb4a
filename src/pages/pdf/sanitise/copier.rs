//! Who copies: numbers of the new objects, what was copied already, and the bounds of it all.
//!
//! An object gets its number when all that it refers to has been copied; so there are no gaps, no circles,
//! and objects of equal bytes become one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use lopdf::{Dictionary, Document, Object, ObjectId};
use sha2::{Digest, Sha256};

use super::super::objects::value;
use super::{Outcome, obstacle, write};

/// Objects looked at, and bytes expanded and written, for one copy.
const VISITS_MAX: usize = 1_000_000;
const BYTES_MAX: usize = 256 << 20;

/// Objects that refer to each other in a chain.
const DEPTH_MAX: usize = 40;

/// Entries that are not copied, or nothing lost with them: their objects may be missing.
const DISPENSABLE: &[&[u8]] = &[
    b"A",
    b"AA",
    b"AF",
    b"Alternates",
    b"B",
    b"CIDSet",
    b"CharSet",
    b"Dest",
    b"IRT",
    b"Metadata",
    b"OPI",
    b"P",
    b"Parent",
    b"PieceInfo",
    b"Popup",
    b"PresSteps",
    b"StructParent",
    b"StructParents",
    b"Thumb",
    b"Trans",
    b"VP",
];

/// What a source object is copied as; one that is used in two ways becomes two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ColourSpace,
    Profile,
    Function,
    Shading,
    Pattern,
    GraphicsState,
    Font,
    Descriptor,
    FontProgram,
    CharacterMap,
    Bytes,
    Image,
    Form,
}

pub(super) struct Copier<'a> {
    pub(super) document: &'a Document,
    /// Where image bytes are read; `None` on trial, when nothing is kept.
    pub(super) path: Option<&'a Path>,
    /// Alternate space and tint transform of each colorant (ISO 19005-2 §6.2.4.4).
    pub(super) colorants: BTreeMap<Vec<u8>, Vec<u8>>,
    first: u32,
    count: u32,
    bodies: Vec<Vec<u8>>,
    copied: BTreeMap<(ObjectId, Kind), Object>,
    under_way: BTreeSet<(ObjectId, Kind)>,
    numbers: HashMap<[u8; 32], u32>,
    visits: usize,
    bytes: usize,
    depth: usize,
}

impl<'a> Copier<'a> {
    pub(super) fn new(document: &'a Document, path: Option<&'a Path>, first: u32) -> Self {
        Self {
            document,
            path,
            colorants: BTreeMap::new(),
            first,
            count: 0,
            bodies: Vec::new(),
            copied: BTreeMap::new(),
            under_way: BTreeSet::new(),
            numbers: HashMap::new(),
            visits: 0,
            bytes: 0,
            depth: 0,
        }
    }

    /// All objects with their numbers.
    pub(super) fn finish(self) -> Vec<(u32, Vec<u8>)> {
        (self.first..).zip(self.bodies).collect()
    }

    /// Copies what stands at `source`; an indirect object once, if `cached`.
    pub(super) fn shared(
        &mut self,
        source: &'a Object,
        kind: Kind,
        cached: bool,
        copy: impl FnOnce(&mut Self, &'a Object) -> Outcome<Object>,
    ) -> Outcome<Object> {
        let Object::Reference(id) = source else {
            return self.deeper(|copier| copy(copier, source));
        };
        let key = (*id, kind);
        if let Some(done) = self.copied.get(&key) {
            return Ok(done.clone());
        }
        let (_, object) = self
            .document
            .dereference(source)
            .map_err(|_| obstacle("an object that does not exist"))?;
        if !self.under_way.insert(key) {
            return Err(obstacle("an object that contains itself"));
        }
        let made = self.deeper(|copier| copy(copier, object));
        self.under_way.remove(&key);
        let placed = match made? {
            made @ (Object::Array(_) | Object::Dictionary(_) | Object::Stream(_)) => {
                self.place(&made)?
            }
            small => small,
        };
        if cached {
            self.copied.insert(key, placed.clone());
        }
        Ok(placed)
    }

    fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth >= DEPTH_MAX {
            return Err(obstacle("objects nested too deeply"));
        }
        self.visit(1)?;
        self.depth += 1;
        let made = step(self);
        self.depth -= 1;
        made
    }

    fn visit(&mut self, objects: usize) -> Outcome<()> {
        self.visits = self.visits.saturating_add(objects);
        if self.visits > VISITS_MAX {
            return Err(obstacle("too many objects"));
        }
        Ok(())
    }

    /// Bytes that may still be expanded.
    pub(super) fn budget(&self) -> usize {
        BYTES_MAX.saturating_sub(self.bytes)
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Outcome<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > BYTES_MAX {
            return Err(obstacle("more bytes than are copied"));
        }
        Ok(())
    }

    /// Gives an object a number, that of its equal if there is one.
    pub(super) fn place(&mut self, object: &Object) -> Outcome<Object> {
        let body = write::body(object)?;
        let digest: [u8; 32] = Sha256::digest(&body).into();
        if let Some(&number) = self.numbers.get(&digest) {
            return Ok(Object::Reference((number, 0)));
        }
        let number = self.keep(body)?;
        self.numbers.insert(digest, number);
        Ok(Object::Reference((number, 0)))
    }

    /// Gives an object a number of its own.
    pub(super) fn place_alone(&mut self, object: &Object) -> Outcome<u32> {
        let body = write::body(object)?;
        self.keep(body)
    }

    fn keep(&mut self, body: Vec<u8>) -> Outcome<u32> {
        self.spend(body.len())?;
        let number = self
            .first
            .checked_add(self.count)
            .ok_or_else(|| obstacle("too many objects"))?;
        self.count = self.count.saturating_add(1);
        if self.path.is_some() {
            self.bodies.push(body);
        }
        Ok(number)
    }

    /// The value of a key as it stands there, perhaps a reference; null counts as absent.
    pub(super) fn raw(&self, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        value(self.document, dictionary, key)?;
        dictionary.get(key).ok()
    }

    /// What stands behind an object.
    pub(super) fn resolved(&self, object: &'a Object) -> Option<&'a Object> {
        let (_, object) = self.document.dereference(object).ok()?;
        (!object.is_null()).then_some(object)
    }

    /// An object that is missing counts as null (ISO 32000-1 §7.3.10), but in a damaged file it may have
    /// been something to see.
    pub(super) fn refuse_missing(&self, dictionary: &Dictionary) -> Outcome<()> {
        for (key, object) in dictionary {
            if self.is_missing(object) && !DISPENSABLE.contains(&key.as_slice()) {
                return Err(obstacle("an object that does not exist"));
            }
        }
        Ok(())
    }

    pub(super) fn is_missing(&self, object: &Object) -> bool {
        self.document.dereference(object).is_err()
    }

    /// Numbers, names, strings, truths and arrays of them, references followed.
    pub(super) fn plain(&mut self, object: &'a Object) -> Outcome<Object> {
        if self.is_missing(object) {
            return Err(obstacle("an object that does not exist"));
        }
        let resolved = self.resolved(object).unwrap_or(&Object::Null);
        match resolved {
            Object::Array(items) => {
                self.visit(items.len())?;
                self.deeper(|copier| {
                    items
                        .iter()
                        .map(|item| copier.plain(item))
                        .collect::<Outcome<Vec<Object>>>()
                })
                .map(Object::Array)
            }
            Object::Dictionary(_) | Object::Stream(_) | Object::Reference(_) => {
                Err(obstacle("a dictionary where a plain value belongs"))
            }
            scalar => Ok(scalar.clone()),
        }
    }

    /// The plain values of these keys, and no others.
    pub(super) fn plain_entries(
        &mut self,
        source: &'a Dictionary,
        keys: &[&str],
    ) -> Outcome<Dictionary> {
        self.refuse_missing(source)?;
        let mut copy = Dictionary::new();
        for key in keys {
            if let Some(object) = self.raw(source, key.as_bytes()) {
                let object = self.plain(object)?;
                copy.set(*key, object);
            }
        }
        Ok(copy)
    }
}

/// A dictionary, or that of a stream.
pub(super) fn entries(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// ISO 19005-2 §6.1.8 wants names of fonts and colorants in UTF-8; other bytes are spelled out.
pub(super) fn utf8_name(name: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(name).is_ok() {
        return name.to_vec();
    }
    let mut spelled = String::new();
    for &byte in name {
        if byte.is_ascii_graphic() {
            spelled.push(char::from(byte));
        } else {
            spelled.push_str(&format!("x{byte:02X}"));
        }
    }
    spelled.into_bytes()
}

//! An incremental update (ISO 32000-1, 7.5.6): new and changed objects, one cross-reference section of the
//! kind that the file already has, and a trailer that points back.
//!
//! The update is a few tens of kilobytes and is laid out in memory; the file in front of it is only copied.
//! One object is special: the signature dictionary, whose `/ByteRange` and `/Contents` offsets are noted.

use std::collections::BTreeMap;
use std::ops::Range;

use super::SignError;
use super::base::syntax::{Reference, Value};
use super::base::{Base, Object, XrefKind};
use super::byte_range::{self, ARRAY_WIDTH, ByteRange};
use crate::record::RunningHash;

/// Offset and generation of each object.
type Places = BTreeMap<u32, (u64, u16)>;

/// The objects that an update adds or replaces.
pub(super) struct Increment<'a> {
    base: &'a Base,
    objects: BTreeMap<u32, (u16, Vec<u8>)>,
    next_number: u32,
}

/// The signature dictionary before it is placed.
pub(super) struct SignatureDictionary {
    /// Where it goes.
    pub(super) reference: Reference,
    /// Its entries other than `/ByteRange` and `/Contents`, as PDF.
    pub(super) entries: Vec<u8>,
    /// Bytes kept for the signature.
    pub(super) reserve: usize,
}

/// An update ready to be appended, its `/Contents` still empty.
#[derive(Debug)]
pub(super) struct Tail {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Where the string of `/Contents` stands in `bytes`: all that the signature does not cover.
    gap: Range<usize>,
}

impl Tail {
    /// Goes on with the digest of the base over everything but `/Contents`.
    pub(super) fn digest(&self, mut base: RunningHash) -> Vec<u8> {
        base.update(self.bytes.get(..self.gap.start).unwrap_or_default());
        base.update(self.bytes.get(self.gap.end..).unwrap_or_default());
        base.finish()
    }

    /// Puts the container into its place.
    pub(super) fn fill(&mut self, container: &[u8], reserve: usize) -> Result<(), SignError> {
        let contents = byte_range::contents(container, reserve)?;
        if let Some(gap) = self.bytes.get_mut(self.gap.clone()) {
            gap.copy_from_slice(&contents);
        }
        Ok(())
    }
}

impl<'a> Increment<'a> {
    /// An empty update of `base`.
    pub(super) fn new(base: &'a Base) -> Self {
        Self {
            base,
            objects: BTreeMap::new(),
            next_number: base.trailer().next_number,
        }
    }

    /// The catalogue's reference.
    pub(super) fn root(&self) -> Reference {
        self.base.trailer().root
    }

    /// An object as it stands after the changes so far.
    pub(super) fn object(&self, reference: Reference) -> Result<Object, SignError> {
        match self.objects.get(&reference.number) {
            Some((generation, bytes)) if *generation == reference.generation => {
                Ok(Object::from(bytes.clone()))
            }
            _ => self.base.object(reference),
        }
    }

    /// The value itself, or what it refers to after the changes so far.
    pub(super) fn resolve(&self, value: Value<'_>) -> Result<Object, SignError> {
        match value.reference() {
            Some(reference) => self.object(reference),
            None => Ok(Object::from(value.raw().to_vec())),
        }
    }

    /// A number for a new object.
    pub(super) fn reserve(&mut self) -> Reference {
        let reference = Reference {
            number: self.next_number,
            generation: 0,
        };
        self.next_number += 1;
        reference
    }

    /// Writes an object, new or in the place of the one with this reference.
    pub(super) fn put(&mut self, reference: Reference, body: Vec<u8>) {
        self.objects
            .insert(reference.number, (reference.generation, body));
    }

    /// Writes a new object.
    pub(super) fn add(&mut self, body: Vec<u8>) -> Reference {
        let reference = self.reserve();
        self.put(reference, body);
        reference
    }

    /// Lays an update without a signature out behind the base. `new_id` becomes the second element of
    /// `/ID` (14.4).
    pub(super) fn finish(mut self, new_id: [u8; 16]) -> Result<Vec<u8>, SignError> {
        let (mut bytes, mut places) = self.write_objects();
        self.write_end(&mut bytes, &mut places, &new_id)?;
        Ok(bytes)
    }

    /// The same with a signature dictionary, placed last.
    pub(super) fn finish_signed(
        mut self,
        signature: &SignatureDictionary,
        new_id: [u8; 16],
    ) -> Result<Tail, SignError> {
        let before = self.base.length();
        let (mut bytes, mut places) = self.write_objects();
        let number = signature.reference.number;
        places.insert(number, (before + bytes.len() as u64, 0));
        bytes.extend(format!("{number} 0 obj\n<<").bytes());
        bytes.extend(&signature.entries);
        bytes.extend(b"/ByteRange ");
        let array_at = bytes.len();
        bytes.extend([b' '; ARRAY_WIDTH]);
        bytes.extend(b"/Contents ");
        let contents_at = bytes.len();
        bytes.extend(byte_range::contents(&[], signature.reserve)?);
        let gap = contents_at..bytes.len();
        bytes.extend(b">>\nendobj\n");

        let length = self.write_end(&mut bytes, &mut places, &new_id)?;
        let range = ByteRange::around(before + contents_at as u64, signature.reserve, length)
            .ok_or(SignError::Unsupported {
                what: "a file of this size",
            })?;
        if let Some(place) = bytes.get_mut(array_at..array_at + ARRAY_WIDTH) {
            place.copy_from_slice(&range.array());
        }
        Ok(Tail { bytes, gap })
    }

    /// All objects, and where they stand in the file.
    fn write_objects(&mut self) -> (Vec<u8>, Places) {
        let before = self.base.length();
        let mut bytes = b"\n".to_vec();
        let mut places = Places::new();
        for (number, (generation, body)) in std::mem::take(&mut self.objects) {
            places.insert(number, (before + bytes.len() as u64, generation));
            bytes.extend(format!("{number} {generation} obj\n").bytes());
            bytes.extend(body);
            bytes.extend(b"\nendobj\n");
        }
        (bytes, places)
    }

    /// The cross-reference section and the end; gives the length of the file.
    fn write_end(
        &mut self,
        bytes: &mut Vec<u8>,
        places: &mut Places,
        new_id: &[u8],
    ) -> Result<u64, SignError> {
        let before = self.base.length();
        let start = before + bytes.len() as u64;
        self.write_section(bytes, places, new_id);
        bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
        let length = before + bytes.len() as u64;
        // An offset in a cross-reference table has ten digits.
        if length > 9_999_999_999 {
            return Err(SignError::Unsupported {
                what: "a file of this size",
            });
        }
        Ok(length)
    }

    fn write_section(&mut self, bytes: &mut Vec<u8>, places: &mut Places, new_id: &[u8]) {
        match self.base.trailer().kind {
            XrefKind::Table => {
                bytes.extend(b"xref\n");
                for run in runs(places) {
                    bytes.extend(format!("{} {}\n", run.first, run.places.len()).bytes());
                    for (offset, generation) in run.places {
                        bytes.extend(format!("{offset:010} {generation:05} n \n").bytes());
                    }
                }
                bytes.extend(b"trailer\n<<");
                self.write_trailer_entries(bytes, new_id);
                bytes.extend(b">>\n");
            }
            XrefKind::Stream => {
                let own = self.reserve();
                places.insert(own.number, (self.base.length() + bytes.len() as u64, 0));
                let mut index = String::new();
                let mut data = Vec::new();
                for run in runs(places) {
                    index.push_str(&format!("{} {} ", run.first, run.places.len()));
                    for (offset, generation) in run.places {
                        data.push(1);
                        data.extend(offset.to_be_bytes());
                        data.extend(generation.to_be_bytes());
                    }
                }
                bytes.extend(format!("{} 0 obj\n<</Type/XRef/W[1 8 2]", own.number).bytes());
                bytes.extend(format!("/Index[{}]/Length {}", index.trim_end(), data.len()).bytes());
                self.write_trailer_entries(bytes, new_id);
                bytes.extend(b">>\nstream\n");
                bytes.extend(data);
                bytes.extend(b"\nendstream\nendobj\n");
            }
        }
    }

    fn write_trailer_entries(&self, bytes: &mut Vec<u8>, new_id: &[u8]) {
        let trailer = self.base.trailer();
        bytes.extend(format!("/Size {}/Prev {}", self.next_number, trailer.start).bytes());
        bytes.extend(format!("/Root {}", trailer.root).bytes());
        if let Some(info) = &trailer.info {
            bytes.extend(b"/Info ");
            bytes.extend(info);
        }
        let new_id = hex_string(new_id);
        bytes.extend(b"/ID[");
        bytes.extend(trailer.permanent_id.as_ref().unwrap_or(&new_id));
        bytes.extend(&new_id);
        bytes.extend(b"]");
    }
}

/// Consecutive object numbers.
struct Run {
    first: u32,
    places: Vec<(u64, u16)>,
}

fn runs(places: &Places) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut next = None;
    for (&number, &place) in places {
        match runs.last_mut() {
            Some(run) if next == Some(number) => run.places.push(place),
            _ => runs.push(Run {
                first: number,
                places: vec![place],
            }),
        }
        next = number.checked_add(1);
    }
    runs
}

/// Bytes as a hexadecimal string.
pub(super) fn hex_string(bytes: &[u8]) -> Vec<u8> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("<{digits}>").into_bytes()
}

/// A text string (7.9.2.2): ASCII as it is, anything else as UTF-16BE.
pub(super) fn text_string(text: &str) -> Vec<u8> {
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        return hex_string(&units.flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    }
    let mut pdf = b"(".to_vec();
    for byte in text.bytes() {
        if matches!(byte, b'(' | b')' | b'\\') {
            pdf.push(b'\\');
        }
        pdf.push(byte);
    }
    pdf.push(b')');
    pdf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_consecutive_numbers() {
        let places = BTreeMap::from([(3, (30, 0)), (4, (40, 0)), (9, (90, 1))]);
        let runs: Vec<(u32, usize)> = runs(&places)
            .iter()
            .map(|run| (run.first, run.places.len()))
            .collect();
        assert_eq!(runs, [(3, 2), (9, 1)]);
    }

    #[test]
    fn text_strings_round_trip() {
        for text in ["Ký (1) \\ 2", "plain (a) \\"] {
            let pdf = text_string(text);
            let (value, _) = Value::starting_at(&pdf, 0).expect("value");
            let bytes = value.string().expect("string");
            let plain = match bytes.strip_prefix(b"\xfe\xff") {
                Some(units) => String::from_utf16(
                    &units
                        .chunks(2)
                        .map(|unit| {
                            unit.iter()
                                .fold(0, |unit, &byte| unit << 8 | u16::from(byte))
                        })
                        .collect::<Vec<u16>>(),
                )
                .expect("UTF-16"),
                None => String::from_utf8(bytes).expect("ASCII"),
            };
            assert_eq!(plain, text);
        }
    }
}

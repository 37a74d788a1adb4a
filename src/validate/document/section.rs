//! Cross-reference sections (ISO 32000-1 §7.5.4, §7.5.8): where each object of a revision stands.
//!
//! Every update of a file appends one and links it to the one before, so the sections newer than a signature name
//! exactly the objects that were changed after it. A section is read where it stands and as it stands; what does not
//! parse is damage, never repaired here.

use std::collections::BTreeMap;

use super::stream;
use super::syntax::{Dictionary, Reader, Value};

/// Entries of all sections of a file.
const ENTRIES_MAX: usize = 2_000_000;
/// Sections of a file: more updates than any document has.
const SECTIONS_MAX: usize = 1024;
/// A decoded cross-reference stream.
const DECODED_MAX: usize = 64 * 1024 * 1024;

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::validate) enum Location {
    /// Nowhere: the number is not in use.
    Free,
    /// At this offset, with this generation.
    Offset(usize, u16),
    /// In this object stream, as the member at this index.
    Member(u32, usize),
}

/// Where the entries of a section were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::validate) enum Form {
    /// A table and a trailer.
    Table,
    /// A table that also names a stream, for readers older than PDF 1.5 and newer ones (§7.5.8.4).
    Hybrid,
    /// A stream, that is an object itself.
    Stream,
}

/// One section with its trailer.
#[derive(Debug)]
pub(in crate::validate) struct Section {
    /// Offset of `xref`, or of the stream's object.
    pub(in crate::validate) offset: usize,
    /// Offset behind the trailer's dictionary, or behind the stream's `endobj`.
    pub(in crate::validate) end: usize,
    pub(in crate::validate) form: Form,
    pub(in crate::validate) entries: BTreeMap<u32, Location>,
    pub(in crate::validate) trailer: Dictionary,
}

impl Section {
    fn previous(&self) -> Option<Option<usize>> {
        match self.trailer.get(b"Prev") {
            None => Some(None),
            Some(value) => Some(Some(offset(value)?)),
        }
    }
}

/// The sections from the one at `first` to the oldest, newest first; `None` where one cannot be read.
pub(super) fn chain(bytes: &[u8], first: usize) -> Option<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let (mut next, mut entries) = (Some(first), 0_usize);
    while let Some(offset) = next {
        let known = sections.iter().any(|section| section.offset == offset);
        if known || sections.len() >= SECTIONS_MAX {
            return None;
        }
        let section = read(bytes, offset)?;
        entries += section.entries.len();
        if entries > ENTRIES_MAX {
            return None;
        }
        next = section.previous()?;
        sections.push(section);
    }
    Some(sections)
}

fn read(bytes: &[u8], offset: usize) -> Option<Section> {
    let mut reader = Reader::new(bytes, offset);
    if bytes.get(offset)?.is_ascii_digit() {
        return read_stream(bytes, offset);
    }
    // Some writers count from the end of line in front of the keyword; a comment there could hide anything.
    let ahead = bytes.get(offset..)?.iter();
    reader.at += ahead
        .take_while(|byte| b"\r\n ".contains(byte))
        .take(4)
        .count();
    bytes.get(reader.at..)?.strip_prefix(b"xref")?;
    reader.keyword(b"xref")?;
    let mut section = read_table(&mut reader, offset)?;
    if let Some(hybrid) = section.trailer.get(b"XRefStm") {
        let hidden = read_stream(bytes, self::offset(hybrid)?)?;
        section.form = Form::Hybrid;
        for (number, location) in hidden.entries {
            let entry = section.entries.entry(number).or_insert(location);
            // Objects that old readers must not see are free in the table (§7.5.8.4).
            if *entry == Location::Free {
                *entry = location;
            }
        }
    }
    Some(section)
}

fn offset(value: &Value) -> Option<usize> {
    usize::try_from(value.integer()?).ok()
}

fn read_table(reader: &mut Reader<'_>, offset: usize) -> Option<Section> {
    let mut entries = BTreeMap::new();
    while reader.keyword(b"trailer").is_none() {
        let (first, count) = (reader.unsigned()?, reader.unsigned()?);
        for number in first..first.checked_add(count)? {
            let (at, generation) = (reader.unsigned()?, reader.unsigned()?);
            let in_use = reader.keyword(b"n").is_some();
            if !in_use {
                reader.keyword(b"f")?;
            }
            // Some producers mark unused numbers as in use at offset 0.
            let location = if in_use && at != 0 {
                Location::Offset(usize::try_from(at).ok()?, u16::try_from(generation).ok()?)
            } else {
                Location::Free
            };
            let twice = entries.insert(u32::try_from(number).ok()?, location);
            if twice.is_some_and(|other| other != location) || entries.len() > ENTRIES_MAX {
                return None;
            }
        }
    }
    let Value::Dictionary(trailer) = reader.value()? else {
        return None;
    };
    Some(Section {
        offset,
        end: reader.at,
        form: Form::Table,
        entries,
        trailer,
    })
}

fn read_stream(bytes: &[u8], offset: usize) -> Option<Section> {
    let mut reader = Reader::new(bytes, offset);
    reader.object_header()?;
    let Value::Dictionary(trailer) = reader.value()? else {
        return None;
    };
    if trailer.name(b"Type") != Some(b"XRef") {
        return None;
    }
    // Its length must not need other objects, which are found by it (§7.5.8.2).
    let length = usize::try_from(trailer.get(b"Length")?.integer()?).ok()?;
    let data = data_start(bytes, &mut reader)?;
    let coded = bytes.get(data..data.checked_add(length)?)?;
    reader.at = data + length;
    reader.keyword(b"endstream")?;
    reader.keyword(b"endobj")?;
    let plain = stream::decode(&trailer, coded, DECODED_MAX)?;
    Some(Section {
        offset,
        end: reader.at,
        form: Form::Stream,
        entries: stream_entries(&trailer, &plain)?,
        trailer,
    })
}

/// Behind `stream` and its end of line (§7.3.8.1); consumes nothing where there is none.
pub(super) fn data_start(bytes: &[u8], reader: &mut Reader<'_>) -> Option<usize> {
    reader.keyword(b"stream")?;
    match bytes.get(reader.at..)? {
        [b'\r', b'\n', ..] => Some(reader.at + 2),
        [b'\n', ..] => Some(reader.at + 1),
        _ => None,
    }
}

/// Entries of a decoded cross-reference stream (§7.5.8.2).
fn stream_entries(dictionary: &Dictionary, plain: &[u8]) -> Option<BTreeMap<u32, Location>> {
    let numbers = |key: &[u8]| -> Option<Vec<u64>> {
        let items = dictionary.get(key)?.array()?;
        let number = |item: &Value| u64::try_from(item.integer()?).ok();
        items.iter().map(number).collect()
    };
    let widths = numbers(b"W")?;
    let [kind_width, second_width, third_width] = *widths.as_slice() else {
        return None;
    };
    if widths.iter().any(|width| *width > 8) || second_width == 0 {
        return None;
    }
    let index = match dictionary.get(b"Index") {
        Some(_) => numbers(b"Index")?,
        None => vec![0, u64::try_from(dictionary.get(b"Size")?.integer()?).ok()?],
    };
    let mut rest = plain;
    let mut field = |width: u64| -> Option<u64> {
        let (bytes, after) = rest.split_at_checked(usize::try_from(width).ok()?)?;
        rest = after;
        let add = |number, byte: &u8| number << 8 | u64::from(*byte);
        Some(bytes.iter().fold(0, add))
    };
    let mut entries = BTreeMap::new();
    for range in index.chunks(2) {
        let [first, count] = *range else {
            return None;
        };
        for number in first..first.checked_add(count)? {
            let kind = field(kind_width)?;
            let (second, third) = (field(second_width)?, field(third_width)?);
            let location = match if kind_width == 0 { 1 } else { kind } {
                1 if second != 0 => {
                    Location::Offset(usize::try_from(second).ok()?, u16::try_from(third).ok()?)
                }
                2 => Location::Member(u32::try_from(second).ok()?, usize::try_from(third).ok()?),
                // Other types mean the null object (table 18).
                _ => Location::Free,
            };
            let twice = entries.insert(u32::try_from(number).ok()?, location);
            if twice.is_some_and(|other| other != location) || entries.len() > ENTRIES_MAX {
                return None;
            }
        }
    }
    Some(entries)
}

/// How a revision ends (§7.5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::validate) struct Tail {
    /// Offset of the section that `startxref` names.
    pub(super) section: usize,
    /// Offset of `startxref`.
    pub(super) start: usize,
    /// Offset behind `%%EOF` and its end of line.
    pub(in crate::validate) end: usize,
}

impl Tail {
    /// The last one in these bytes; `None` where the last `startxref` is not followed as it must be.
    pub(super) fn last(bytes: &[u8]) -> Option<Self> {
        const WORD: &[u8] = b"startxref";
        let start = bytes
            .windows(WORD.len())
            .rposition(|window| window == WORD)?;
        Self::at(bytes, start)
    }

    /// The one whose `startxref` stands here.
    pub(in crate::validate) fn at(bytes: &[u8], start: usize) -> Option<Self> {
        let mut reader = Reader::new(bytes, start);
        reader.keyword(b"startxref")?;
        let section = usize::try_from(reader.unsigned()?).ok()?;
        let rest = bytes.get(reader.at..)?;
        let space = rest
            .iter()
            .take_while(|byte| b" \r\n".contains(byte))
            .count();
        let rest = rest.get(space..)?.strip_prefix(b"%%EOF")?;
        let line = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        Some(Self {
            section,
            start,
            end: bytes.len() - rest.len() + line,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_a_number_in_it_twice_is_damage() {
        let table = b"xref\n0 1\n0000000000 65535 f \n3 2\n0000000017 00000 n\r\n0000000000 00001 n \ntrailer\n<</Size 5/Prev 9>>\nstartxref\n0\n%%EOF\n";
        let section = read(table, 0).expect("a section");
        let expected = [
            (0, Location::Free),
            (3, Location::Offset(17, 0)),
            (4, Location::Free),
        ];
        assert_eq!(section.entries, BTreeMap::from(expected));
        assert_eq!(section.previous(), Some(Some(9)));
        assert_eq!(
            Tail::last(table).map(|tail| (tail.section, tail.end)),
            Some((0, table.len()))
        );
        let twice = b"xref\n3 1\n0000000017 00000 n \n3 1\n0000000018 00000 n \ntrailer<<>>";
        assert!(read(twice, 0).is_none());
        assert!(read(b"xref\n0 99999999999\n", 0).is_none());
    }

    #[test]
    fn a_chain_that_returns_to_itself_is_damage() {
        let circle = b"xref\n0 0\ntrailer<</Prev 30>>\n  xref\n0 0\ntrailer<</Prev 0>>";
        assert!(chain(circle, 0).is_none());
        assert!(chain(b"xref\n0 0\ntrailer<<>>", 0).is_some());
        assert!(chain(b"xref\n0 0\ntrailer<</Prev (x)>>", 0).is_none());
    }

    #[test]
    fn the_last_end_must_be_whole() {
        assert_eq!(Tail::last(b"startxref 5 %%EOF startxref x"), None);
        assert_eq!(
            Tail::last(b"startxref\n5\n%%EOFjunk").map(|tail| tail.end),
            Some(17)
        );
    }
}

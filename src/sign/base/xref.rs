//! Cross-reference tables and streams, and the chain of `/Prev` that joins them (ISO 32000-1, 7.5.4 to 7.5.8).
//!
//! Nothing is repaired. Every entry is checked to point at its own object before the file is signed.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::{Dictionary, Reference, Value, keyword, skip_space, unsigned};
use super::{MAX_OBJECT, Source, object_at, object_header, stream};
use crate::pdf_object::is_space;
use crate::sign::SignError;

/// More objects than any scan has; bounds memory to tens of megabytes.
const MAX_ENTRIES: usize = 1_000_000;
/// One section per incremental update.
const MAX_SECTIONS: usize = 1024;
/// `%%EOF` stands within the last 1024 bytes (Annex H, note 18 to 7.5.5).
const TAIL: usize = 1024;

/// How the newest section is written; an update must use the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sign) enum XrefKind {
    /// `xref` … `trailer`.
    Table,
    /// A stream of type `/XRef`.
    Stream,
}

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Location {
    /// Nowhere: freed.
    Free,
    /// In the file itself.
    Offset { offset: u64, generation: u16 },
    /// In an object stream.
    Member { container: u32 },
}

/// What the newest trailer says.
#[derive(Debug, Clone)]
pub(in crate::sign) struct Trailer {
    /// Kind of the newest section.
    pub(in crate::sign) kind: XrefKind,
    /// Where the newest section starts.
    pub(in crate::sign) start: u64,
    /// The first object number that is free to use.
    pub(in crate::sign) next_number: u32,
    /// The catalogue.
    pub(in crate::sign) root: Reference,
    /// `/Info` as it stands.
    pub(in crate::sign) info: Option<Vec<u8>>,
    /// The first element of `/ID` as it stands.
    pub(in crate::sign) permanent_id: Option<Vec<u8>>,
}

/// The merged table and the newest trailer.
#[derive(Debug)]
pub(super) struct Xref {
    pub(super) entries: BTreeMap<u32, Location>,
    pub(super) trailer: Trailer,
}

type Entries = BTreeMap<u32, Location>;

/// One section as read: its entries and its trailer dictionary.
struct Section {
    kind: XrefKind,
    entries: Entries,
    trailer: Vec<u8>,
}

fn damaged() -> SignError {
    SignError::Damaged {
        what: "cross-reference data",
    }
}

/// Reads the whole chain, newest first.
pub(super) fn read(source: &Source) -> Result<Xref, SignError> {
    if !source.window(0, 5)?.starts_with(b"%PDF-") {
        return Err(SignError::NotPdf);
    }
    let start = start_of_newest(source)?;
    let newest = section_at(source, start)?;
    let trailer_bytes = newest.trailer.clone();
    let kind = newest.kind;
    let entries = merge_chain(source, start, newest)?;
    check_offsets(source, &entries)?;

    let trailer = parse_dictionary(&trailer_bytes)?;
    if trailer.value(b"Encrypt").is_some() {
        return Err(SignError::Encrypted);
    }
    let root = trailer
        .value(b"Root")
        .and_then(Value::reference)
        .ok_or_else(damaged)?;
    let size = trailer.value(b"Size").and_then(Value::integer).unwrap_or(0);
    let highest = entries.keys().next_back().copied().unwrap_or(0);
    let next_number = u32::try_from(size)
        .map_err(|_| damaged())?
        .max(highest.saturating_add(1));
    if next_number > 8_388_607 {
        return Err(SignError::Unsupported {
            what: "more than 8388607 objects",
        });
    }
    let permanent_id = trailer
        .value(b"ID")
        .and_then(Value::array)
        .and_then(|pair| {
            let first = *pair.first()?;
            first.string().map(|_| first.raw().to_vec())
        });
    Ok(Xref {
        trailer: Trailer {
            kind,
            start,
            next_number,
            root,
            info: trailer.value(b"Info").map(|info| info.raw().to_vec()),
            permanent_id,
        },
        entries,
    })
}

/// `startxref` in front of the last `%%EOF`, behind which only white space may stand.
fn start_of_newest(source: &Source) -> Result<u64, SignError> {
    let tail_offset = source.length.saturating_sub(TAIL as u64);
    let tail = source.window(tail_offset, TAIL)?;
    let end = tail
        .iter()
        .rposition(|&byte| !is_space(byte))
        .map_or(0, |at| at + 1);
    let tail = tail.get(..end).unwrap_or_default();
    let tail = tail.strip_suffix(b"%%EOF").ok_or(SignError::NoEnd)?;
    let word = b"startxref";
    let at = tail
        .windows(word.len())
        .rposition(|window| window == word)
        .ok_or(SignError::NoEnd)?;
    let (start, end) = unsigned(tail, skip_space(tail, at + word.len())).ok_or_else(damaged)?;
    let clean = skip_space(tail, end) == tail.len() && start < source.length;
    clean.then_some(start).ok_or_else(damaged)
}

fn merge_chain(source: &Source, start: u64, newest: Section) -> Result<Entries, SignError> {
    let mut merged = Entries::new();
    let mut seen = BTreeSet::from([start]);
    let mut section = newest;
    loop {
        let trailer = parse_dictionary(&section.trailer)?;
        let offset = |key: &[u8]| match trailer.value(key) {
            None => Ok(None),
            Some(value) => match value.integer().and_then(|at| u64::try_from(at).ok()) {
                Some(at) if at < source.length => Ok(Some(at)),
                _ => Err(damaged()),
            },
        };
        let (hybrid, previous) = (offset(b"XRefStm")?, offset(b"Prev")?);
        let mut entries = section.entries;
        if let Some(at) = hybrid {
            // The stream names objects that the table calls free, for readers of PDF 1.5 (7.5.8.4).
            let hidden = section_at(source, at)?.entries;
            entries.retain(|number, own| *own != Location::Free || !hidden.contains_key(number));
            for (number, location) in hidden {
                entries.entry(number).or_insert(location);
            }
        }
        for (number, location) in entries {
            merged.entry(number).or_insert(location);
        }
        if merged.len() > MAX_ENTRIES {
            return Err(SignError::Unsupported {
                what: "more than a million objects",
            });
        }
        let Some(previous) = previous else {
            return Ok(merged);
        };
        if !seen.insert(previous) || seen.len() > MAX_SECTIONS {
            return Err(damaged());
        }
        section = section_at(source, previous)?;
    }
}

fn section_at(source: &Source, offset: u64) -> Result<Section, SignError> {
    let head = source.window(offset, 64)?;
    if keyword(&head, 0, b"xref").is_some() {
        let table = source.parse_at(offset, parse_table)?;
        let (entries, trailer) = table.ok_or_else(damaged)?;
        return Ok(Section {
            kind: XrefKind::Table,
            entries,
            trailer,
        });
    }
    let (reference, _) = object_header(&head).ok_or_else(damaged)?;
    let (trailer, data) = object_at(source, offset, reference).map_err(|error| match error {
        SignError::Damaged { .. } => damaged(),
        other => other,
    })?;
    let dictionary = parse_dictionary(&trailer)?;
    let is_xref = dictionary
        .value(b"Type")
        .is_some_and(|kind| kind.is_name(b"XRef"));
    let length = dictionary
        .value(b"Length")
        .and_then(Value::integer)
        .and_then(|length| usize::try_from(length).ok())
        .filter(|&length| length <= MAX_OBJECT);
    let (true, Some(data), Some(length)) = (is_xref, data, length) else {
        return Err(damaged());
    };
    let entries = stream::decode(&dictionary, &source.window(data, length)?)
        .and_then(|plain| parse_stream(&dictionary, &plain))
        .ok_or_else(damaged)?;
    Ok(Section {
        kind: XrefKind::Stream,
        entries,
        trailer,
    })
}

/// `xref`, subsections, `trailer` and its dictionary; `None` also where the window ends too early.
fn parse_table(window: &[u8]) -> Option<(Entries, Vec<u8>)> {
    let mut entries = Entries::new();
    let mut at = keyword(window, 0, b"xref")?;
    loop {
        if let Some(end) = keyword(window, at, b"trailer") {
            let (trailer, _) = Value::starting_at(window, end)?;
            return Some((entries, trailer.raw().to_vec()));
        }
        let (first, end) = unsigned(window, skip_space(window, at))?;
        let (count, end) = unsigned(window, skip_space(window, end))?;
        at = end;
        for number in first..first.checked_add(count)? {
            let (offset, end) = unsigned(window, skip_space(window, at))?;
            let (generation, end) = unsigned(window, skip_space(window, end))?;
            let flag = skip_space(window, end);
            at = flag + 1;
            let location = match window.get(flag)? {
                // Some producers mark unused numbers as in use at offset 0.
                b'n' if offset == 0 => Location::Free,
                b'n' => Location::Offset {
                    offset,
                    generation: u16::try_from(generation).ok()?,
                },
                b'f' => Location::Free,
                _ => return None,
            };
            entries.insert(u32::try_from(number).ok()?, location);
            if entries.len() > MAX_ENTRIES {
                return None;
            }
        }
    }
}

/// Entries of a decoded cross-reference stream (7.5.8.2).
fn parse_stream(dictionary: &Dictionary<'_>, plain: &[u8]) -> Option<Entries> {
    let numbers = |key: &[u8]| -> Option<Vec<u64>> {
        let array = dictionary.value(key)?.array()?;
        array
            .iter()
            .map(|value| u64::try_from(value.integer()?).ok())
            .collect()
    };
    let widths = numbers(b"W")?;
    let [kind_width, second_width, third_width] = *widths.as_slice() else {
        return None;
    };
    if widths.iter().any(|&width| width > 8) || second_width == 0 {
        return None;
    }
    let index = match dictionary.value(b"Index") {
        Some(_) => numbers(b"Index")?,
        None => vec![
            0,
            u64::try_from(dictionary.value(b"Size")?.integer()?).ok()?,
        ],
    };
    let mut entries = Entries::new();
    let mut rest = plain;
    let mut field = |width: u64| -> Option<u64> {
        let (bytes, after) = rest.split_at_checked(usize::try_from(width).ok()?)?;
        rest = after;
        Some(
            bytes
                .iter()
                .fold(0, |number, &byte| number << 8 | u64::from(byte)),
        )
    };
    for range in index.chunks(2) {
        let [first, count] = *range else {
            return None;
        };
        for number in first..first.checked_add(count)? {
            let kind = field(kind_width)?;
            let (second, third) = (field(second_width)?, field(third_width)?);
            let location = match if kind_width == 0 { 1 } else { kind } {
                0 => Location::Free,
                1 if second == 0 => Location::Free,
                1 => Location::Offset {
                    offset: second,
                    generation: u16::try_from(third).ok()?,
                },
                2 => Location::Member {
                    container: u32::try_from(second).ok()?,
                },
                // Other types mean the null object (table 18).
                _ => Location::Free,
            };
            entries.insert(u32::try_from(number).ok()?, location);
            if entries.len() > MAX_ENTRIES {
                return None;
            }
        }
    }
    Some(entries)
}

/// Every object in the file must stand where its entry says.
fn check_offsets(source: &Source, entries: &Entries) -> Result<(), SignError> {
    for (&number, location) in entries {
        if let Location::Offset { offset, generation } = *location {
            let window = source.window(offset, 48)?;
            let found = object_header(&window).map(|(reference, _)| reference);
            if found != Some(Reference { number, generation }) {
                return Err(damaged());
            }
        }
    }
    Ok(())
}

fn parse_dictionary(bytes: &[u8]) -> Result<Dictionary<'_>, SignError> {
    Value::starting_at(bytes, 0)
        .and_then(|(value, _)| value.dictionary())
        .ok_or_else(damaged)
}

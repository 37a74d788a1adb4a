//! What stands behind a signature: nothing, or updates that add signatures, evidence and timestamps and nothing else.
//!
//! The document as it was signed and as it is now are compared by their cross-reference data: every object of
//! then must still be where it was, but for those that lead to a store and to the fields of signatures and
//! timestamps, and of these only the entries that do may differ. What page 1 gained must be such fields.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, Object};

use super::SignatureReadBackError;
use super::field::{broken, skeleton};

const UNCOVERED: SignatureReadBackError = SignatureReadBackError::Coverage;

/// Checks what was appended to each of the revisions that end at `ends`, oldest first.
pub(super) fn check(document: &Path, ends: &[u64]) -> Result<(), SignatureReadBackError> {
    let mut file = File::open(document)?;
    let length = file.metadata()?.len();
    if ends.iter().any(|end| *end > length) {
        return Err(UNCOVERED);
    }
    let newest = ends.last().copied().unwrap_or(length);
    if newest < length && !ends_properly(&mut file, length)? {
        return Err(UNCOVERED);
    }
    let mut before = ends.iter().filter(|end| **end < length).peekable();
    if before.peek().is_none() {
        return Ok(());
    }
    let now = skeleton(document, length)?;
    // Bytes that belong to no revision are not covered by anything.
    if newest < length && (now.xref_start as u64) < newest {
        return Err(UNCOVERED);
    }
    before.try_for_each(|end| compare(&skeleton(document, *end)?, &now))
}

/// An update ends with its end marker and a line feed, and nothing behind it.
fn ends_properly(file: &mut File, length: u64) -> Result<bool, SignatureReadBackError> {
    let mut tail = [0; 7];
    file.seek(SeekFrom::Start(length.saturating_sub(tail.len() as u64)))?;
    file.read_exact(&mut tail)?;
    Ok(&tail == b"\n%%EOF\n")
}

fn compare(signed: &Document, now: &Document) -> Result<(), SignatureReadBackError> {
    let root = |pdf: &Document| pdf.trailer.get(b"Root").and_then(Object::as_reference).ok();
    let (before, after) = (catalogue(signed)?, catalogue(now)?);
    let page = |pdf: &Document| pdf.get_pages().pop_first().map(|(_, id)| id);
    let mut free: BTreeSet<u32> = BTreeSet::new();
    free.extend(root(signed).map(|id| id.0));
    free.extend(page(signed).map(|id| id.0));
    if root(signed) != root(now) || page(signed) != page(now) {
        return Err(UNCOVERED);
    }

    same_but(before, after, &[b"AcroForm", b"DSS", b"Extensions"])?;
    let mut refer = |owner: &Dictionary, key: &[u8]| {
        free.extend(owner.get(key).and_then(Object::as_reference).map(|id| id.0));
    };
    for key in [&b"AcroForm"[..], b"DSS", b"Extensions"] {
        refer(before, key);
    }
    let (form, form_now) = (
        part(signed, before, b"AcroForm"),
        part(now, after, b"AcroForm"),
    );
    if let (Some(form), Some(form_now)) = (form, form_now) {
        same_but(form, form_now, &[b"Fields", b"SigFlags"])?;
        refer(form, b"Fields");
        only_longer(signed, form, now, form_now, b"Fields")?;
    }
    if let Some(store) = part(signed, before, b"DSS") {
        refer(store, b"VRI");
        let store_now = part(now, after, b"DSS").ok_or(UNCOVERED)?;
        for key in [&b"Certs"[..], b"OCSPs", b"CRLs"] {
            only_longer(signed, store, now, store_now, key)?;
        }
    }
    let first = |pdf: &'_ Document| page(pdf).and_then(|id| pdf.get_dictionary(id).ok().cloned());
    let (Some(first_then), Some(first_now)) = (first(signed), first(now)) else {
        return Err(broken("first page"));
    };
    same_but(&first_then, &first_now, &[b"Annots"])?;
    refer(&first_then, b"Annots");
    let annotations = only_longer(signed, &first_then, now, &first_now, b"Annots")?;
    if !annotations.iter().all(|it| is_signature_field(now, it)) {
        return Err(UNCOVERED);
    }

    let entries = &signed.reference_table.entries;
    let moved = entries.iter().any(|(number, entry)| {
        let entry_now = now.reference_table.entries.get(number);
        let stays = entry_now.is_some_and(|now| is_same_place(entry, now));
        !stays && !free.contains(number)
    });
    if moved { Err(UNCOVERED) } else { Ok(()) }
}

fn is_same_place(one: &XrefEntry, other: &XrefEntry) -> bool {
    use XrefEntry::{Compressed, Free, Normal, UnusableFree};
    match (one, other) {
        (Free | UnusableFree, Free | UnusableFree) => true,
        (
            Normal { offset, generation },
            Normal {
                offset: other,
                generation: other_generation,
            },
        ) => (offset, generation) == (other, other_generation),
        (
            Compressed { container, index },
            Compressed {
                container: other,
                index: other_index,
            },
        ) => (container, index) == (other, other_index),
        _ => false,
    }
}

fn catalogue(pdf: &Document) -> Result<&Dictionary, SignatureReadBackError> {
    pdf.catalog().map_err(|_| broken("catalogue"))
}

/// A dictionary inside another, direct or not.
fn part<'a>(pdf: &'a Document, owner: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    let (_, value) = pdf.dereference(owner.get(key).ok()?).ok()?;
    value.as_dict().ok()
}

/// Equal but for these entries.
fn same_but(
    before: &Dictionary,
    after: &Dictionary,
    free: &[&[u8]],
) -> Result<(), SignatureReadBackError> {
    let of = |dictionary: &Dictionary| {
        let mut rest = dictionary.clone();
        for key in free {
            rest.remove(key);
        }
        rest
    };
    if of(before) == of(after) {
        Ok(())
    } else {
        Err(UNCOVERED)
    }
}

/// Whether this is the widget of a signature or timestamp, merged with its field.
fn is_signature_field(pdf: &Document, annotation: &Object) -> bool {
    let widget = pdf.dereference(annotation);
    let Some(widget) = widget.ok().and_then(|(_, value)| value.as_dict().ok()) else {
        return false;
    };
    let is = |key: &[u8], name: &[u8]| {
        let value = widget.get(key).and_then(Object::as_name);
        value.is_ok_and(|value| value == name)
    };
    is(b"Subtype", b"Widget") && is(b"FT", b"Sig")
}

/// What an array has more than it had; it must begin with that.
fn only_longer(
    signed: &Document,
    before: &Dictionary,
    now: &Document,
    after: &Dictionary,
    key: &[u8],
) -> Result<Vec<Object>, SignatureReadBackError> {
    let array = |pdf: &Document, owner: &Dictionary| {
        let value = owner
            .get(key)
            .ok()
            .and_then(|value| pdf.dereference(value).ok());
        value
            .and_then(|(_, value)| value.as_array().ok().cloned())
            .unwrap_or_default()
    };
    let (before, mut after) = (array(signed, before), array(now, after));
    if !after.starts_with(&before) {
        return Err(UNCOVERED);
    }
    Ok(after.split_off(before.len()))
}

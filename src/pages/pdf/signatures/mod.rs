//! The digital signatures of an incoming PDF, described (ISO 32000-1 §12.8): whose, over which bytes, when as
//! they claim.
//!
//! A dictionary with a byte range is a signature, whether a form field holds it or not. Nothing is validated
//! here. What is odd stays absent from the description and stops nothing: the original is kept as it came.

mod container;
mod time;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use lopdf::{Dictionary, Document, Object, ObjectId, decode_text_string};

use self::container::Container;
use super::objects::value;
use crate::pdf_object::{dictionary, name};
use crate::record::{OriginalSignatureKind, OriginalValidation, SignatureDescription};

/// Values inside values that are searched for a signature.
const DEPTH_MAX: usize = 16;
/// So many signatures are described; files with more are no files that people signed.
const SIGNATURES_MAX: usize = 1000;
/// Ancestors of a field that give it its full name.
const FIELD_DEPTH_MAX: usize = 32;
/// Bytes of a field's full name and of a name in the dictionary.
const NAME_BYTES_MAX: usize = 1024;
/// Bytes of all containers of a file that are read.
const CONTAINER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What all signatures of a file say, in the order of the bytes that they end with.
pub(super) fn describe(path: &Path, bytes: u64, document: &Document) -> Vec<SignatureDescription> {
    let mut found = Vec::new();
    for (id, object) in &document.objects {
        search(object, (Some(*id), None), 0, &mut found);
    }
    if found.is_empty() {
        return Vec::new();
    }
    let holders = holders(document);
    let mut source = Source {
        file: File::open(path).ok(),
        bytes,
        left: CONTAINER_BYTES_MAX,
    };
    let mut described: Vec<SignatureDescription> = found
        .iter()
        .map(|found| {
            let by_reference = found.id.and_then(|id| holders.get(&id).copied());
            let field = found.holder.or(by_reference);
            let field = field.map(|field| full_name(document, field));
            one(
                document,
                found.signature,
                field.unwrap_or_default(),
                &mut source,
            )
        })
        .collect();
    described.sort_by_key(|signature| signature.revision_end);
    described
}

/// A signature dictionary.
struct Found<'a> {
    /// Its number, where it is an object of its own.
    id: Option<ObjectId>,
    /// The dictionary whose value it is, where it is none.
    holder: Option<&'a Dictionary>,
    signature: &'a Dictionary,
}

/// Finds the dictionaries with a byte range in an object.
fn search<'a>(
    object: &'a Object,
    (id, holder): (Option<ObjectId>, Option<&'a Dictionary>),
    depth: usize,
    found: &mut Vec<Found<'a>>,
) {
    if depth > DEPTH_MAX || found.len() >= SIGNATURES_MAX {
        return;
    }
    match object {
        Object::Dictionary(dictionary) if dictionary.has(b"ByteRange") => found.push(Found {
            id,
            holder,
            signature: dictionary,
        }),
        Object::Dictionary(dictionary) => {
            for (key, value) in dictionary {
                let holder = (key == b"V").then_some(dictionary);
                search(value, (None, holder), depth + 1, found);
            }
        }
        Object::Array(items) => {
            for item in items {
                search(item, (None, None), depth + 1, found);
            }
        }
        _ => {}
    }
}

/// The fields by the objects that are their values; the first field of several.
fn holders(document: &Document) -> BTreeMap<ObjectId, &Dictionary> {
    let mut holders = BTreeMap::new();
    for object in document.objects.values() {
        if let Object::Dictionary(field) = object
            && let Ok(value) = field.get(b"V").and_then(Object::as_reference)
        {
            holders.entry(value).or_insert(field);
        }
    }
    holders
}

/// Partial names joined by full stops (ISO 32000-1 §12.7.3.2).
fn full_name(document: &Document, field: &Dictionary) -> String {
    let mut names = Vec::new();
    let mut node = Some(field);
    for _ in 0..FIELD_DEPTH_MAX {
        let Some(field) = node else { break };
        if let Some(part) = value(document, field, b"T").and_then(text) {
            names.push(part);
        }
        node = dictionary(document, field, b"Parent");
    }
    names.reverse();
    names.join(".")
}

/// A text string that is not too long.
fn text(object: &Object) -> Option<String> {
    let bytes = object.as_str().ok()?;
    let short = bytes.len() <= NAME_BYTES_MAX;
    short.then(|| decode_text_string(object).ok()).flatten()
}

fn one(
    document: &Document,
    signature: &Dictionary,
    field: String,
    source: &mut Source,
) -> SignatureDescription {
    let sub_filter = name(document, signature, b"SubFilter")
        .filter(|name| name.len() <= NAME_BYTES_MAX)
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let range = byte_range(document, signature);
    let stated = value(document, signature, b"Contents").and_then(|object| object.as_str().ok());
    let gap = source.gap(&range);
    // Only the dictionary's own container may be left out of the signed bytes; lopdf spoils that of a
    // protected file, where strings are encrypted and this one is not.
    let is_own = gap
        .as_deref()
        .is_some_and(|gap| document.was_encrypted() || stated.is_some_and(|stated| gap == stated));
    let cms = gap.as_deref().filter(|_| is_own).or(stated);
    let read = match sub_filter.as_deref() {
        Some("adbe.x509.rsa_sha1") => {
            Container::of_certificate(first_certificate(document, signature))
        }
        sub_filter => Container::of_cms(cms.unwrap_or_default(), sub_filter),
    };
    SignatureDescription {
        field,
        kind: kind(document, signature, sub_filter.as_deref()),
        byte_range_covers_file: is_own && source.is_covered_by(&range),
        revision_end: range
            .last()
            .and_then(|(start, length)| start.checked_add(*length)),
        sub_filter,
        signer: read.signer,
        issuer: read.issuer,
        certificate_sha256: read.certificate_sha256,
        claimed_time: value(document, signature, b"M")
            .and_then(|object| object.as_str().ok())
            .and_then(time::iso8601),
        digest_algorithm: read.digest_algorithm,
        validation: OriginalValidation::NotValidated,
        sub_indication: None,
    }
}

/// Start and length of each signed part; empty where one is none.
fn byte_range(document: &Document, signature: &Dictionary) -> Vec<(u64, u64)> {
    let Some(Object::Array(items)) = value(document, signature, b"ByteRange") else {
        return Vec::new();
    };
    let number = |item: &Object| {
        let (_, object) = document.dereference(item).ok()?;
        u64::try_from(object.as_i64().ok()?).ok()
    };
    let parts = items.chunks(2).map(|part| match part {
        [start, length] => Some((number(start)?, number(length)?)),
        _ => None,
    });
    parts.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn kind(
    document: &Document,
    signature: &Dictionary,
    sub_filter: Option<&str>,
) -> OriginalSignatureKind {
    let is_timestamp = name(document, signature, b"Type") == Some(b"DocTimeStamp");
    if is_timestamp || sub_filter == Some("ETSI.RFC3161") {
        return OriginalSignatureKind::DocumentTimestamp;
    }
    let Some(Object::Array(references)) = value(document, signature, b"Reference") else {
        return OriginalSignatureKind::Signature;
    };
    let methods = references.iter().filter_map(|reference| {
        let (_, reference) = document.dereference(reference).ok()?;
        name(document, reference.as_dict().ok()?, b"TransformMethod")
    });
    let mut kinds = methods.filter_map(|method| match method {
        b"DocMDP" => Some(OriginalSignatureKind::Certification),
        b"UR" | b"UR3" => Some(OriginalSignatureKind::UsageRights),
        _ => None,
    });
    kinds.next().unwrap_or(OriginalSignatureKind::Signature)
}

/// `/Cert`: the signer's certificate, or an array that begins with it.
fn first_certificate<'a>(document: &'a Document, signature: &'a Dictionary) -> Option<&'a [u8]> {
    match value(document, signature, b"Cert")? {
        Object::Array(chain) => document.dereference(chain.first()?).ok()?.1.as_str().ok(),
        single => single.as_str().ok(),
    }
}

/// The file's own bytes, of which only containers are read.
struct Source {
    file: Option<File>,
    bytes: u64,
    left: u64,
}

impl Source {
    /// What the gap between two signed parts holds, if that is one hexadecimal string.
    fn gap(&mut self, range: &[(u64, u64)]) -> Option<Vec<u8>> {
        let &[(start, length), (after, _)] = range else {
            return None;
        };
        let from = start.checked_add(length)?;
        let between = after.checked_sub(from)?;
        if after > self.bytes || between > self.left {
            return None;
        }
        self.left -= between;
        let file = self.file.as_mut()?;
        file.seek(SeekFrom::Start(from)).ok()?;
        let mut gap = Vec::new();
        file.take(between).read_to_end(&mut gap).ok()?;
        match gap.as_slice() {
            [b'<', digits @ .., b'>'] => from_hex(digits),
            _ => None,
        }
    }

    /// Whether two parts begin and end with the file.
    fn is_covered_by(&self, range: &[(u64, u64)]) -> bool {
        matches!(range, &[(0, _), (start, length)] if start.checked_add(length) == Some(self.bytes))
    }
}

/// A hexadecimal string's bytes (ISO 32000-1 §7.3.4.3).
fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut high = None;
    for digit in digits.iter().filter(|digit| !digit.is_ascii_whitespace()) {
        let digit = u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
        match high.take() {
            None => high = Some(digit << 4),
            Some(high) => bytes.push(high | digit),
        }
    }
    bytes.extend(high);
    Some(bytes)
}

#[cfg(test)]
mod tests;

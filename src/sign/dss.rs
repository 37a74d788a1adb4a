//! The document security store: certificates, OCSP responses and CRLs inside the file (EN 319 142-1, 5.4.2).
//!
//! What is there stays there: arrays only grow, and a stream that the store has already is not written twice.

use std::collections::BTreeMap;

use aws_lc_rs::digest;

use super::SignError;
use super::append::Increment;
use super::base::syntax::{Dictionary, Reference, Value};
use super::base::{Base, Object};
use super::font::compressed_stream;
use super::signatures::SignatureField;
use crate::record::Sha256Digest;
use crate::trust::Evidence;

/// Streams of one kind; a store with more was not made by renewing timestamps.
const MAX_STREAMS: usize = 10_000;
/// Bytes of a whole store once expanded: large CRLs have some megabytes.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Smaller ones gain nothing by compression.
const COMPRESS_FROM: usize = 2048;

fn damaged() -> SignError {
    SignError::Damaged {
        what: "document security store",
    }
}

/// The three arrays of a store.
const KINDS: [&str; 3] = ["Certs", "OCSPs", "CRLs"];
/// What the entry for one signature calls them.
const VRI_KINDS: [&str; 3] = ["Cert", "OCSP", "CRL"];

/// What the store of a file, or of one of its revisions, holds.
pub(super) fn read(base: &Base) -> Result<Evidence, SignError> {
    let file = Increment::new(base);
    let Some((_, store)) = store_of(&file)? else {
        return Ok(Evidence::default());
    };
    let store = store.value().dictionary().ok_or_else(damaged)?;
    let mut left = MAX_BYTES;
    let mut streams = |key: &str| -> Result<Vec<Vec<u8>>, SignError> {
        let mut streams = Vec::new();
        for reference in references(&file, &store, key)? {
            let stream = base.stream(reference)?;
            left = left
                .checked_sub(stream.len())
                .ok_or(SignError::Unsupported {
                    what: "a document security store of this size",
                })?;
            streams.push(stream);
        }
        Ok(streams)
    };
    let [certificates, ocsp_responses, crls] = KINDS;
    Ok(Evidence {
        certificates: streams(certificates)?,
        ocsp_responses: streams(ocsp_responses)?,
        crls: streams(crls)?,
    })
}

/// Adds evidence to the store of `increment`, with an entry for each of these signatures.
pub(super) fn add(
    increment: &mut Increment<'_>,
    base: &Base,
    evidence: &Evidence,
    signatures: &[SignatureField],
) -> Result<(), SignError> {
    let store = store_of(increment)?;
    let (place, object) = match store {
        Some((place, object)) => (place, object),
        None => (None, Object::from(b"<<>>".to_vec())),
    };
    let dictionary = object.value().dictionary().ok_or_else(damaged)?;
    let items = [
        &evidence.certificates,
        &evidence.ocsp_responses,
        &evidence.crls,
    ];
    let mut changes = Vec::new();
    let mut named = Vec::new();
    for (key, items) in KINDS.into_iter().zip(items) {
        let held = references(increment, &dictionary, key)?;
        let mut known = BTreeMap::new();
        for &reference in &held {
            known.insert(Sha256Digest::of(&base.stream(reference)?), reference);
        }
        let mut all = held;
        let mut own = Vec::new();
        for item in items {
            let digest = Sha256Digest::of(item);
            let reference = match known.get(&digest) {
                Some(&reference) => reference,
                None => {
                    let reference = increment.add(stream(item)?);
                    known.insert(digest, reference);
                    all.push(reference);
                    reference
                }
            };
            own.push(reference);
        }
        if !all.is_empty() {
            changes.push((key, array(&all)));
        }
        named.push(own);
    }
    let vri = vri(increment, &dictionary, signatures, &named)?;
    changes.push(("VRI", vri));
    let store = dictionary.with(&changes);
    let place = match place {
        Some(place) => {
            increment.put(place, store);
            place
        }
        None => increment.add(store),
    };
    let root = increment.root();
    let catalogue = increment.object(root)?;
    let catalogue = catalogue.value().dictionary().ok_or_else(damaged)?;
    increment.put(
        root,
        catalogue.with(&[("DSS", place.to_string().into_bytes())]),
    );
    Ok(())
}

/// Says in the catalogue that the file uses what ISO 32000-1 does not know (EN 319 142-1, 5.6).
pub(super) fn declare_extension(increment: &mut Increment<'_>) -> Result<(), SignError> {
    const LEVEL: i64 = 5;
    let damaged = || SignError::Damaged { what: "catalogue" };
    let root = increment.root();
    let catalogue = increment.object(root)?;
    let catalogue = catalogue.value().dictionary().ok_or_else(damaged)?;
    let value = catalogue.value(b"Extensions").unwrap_or_else(Value::null);
    let object = increment.resolve(value)?;
    let object = if object.value().is_null() {
        Object::from(b"<<>>".to_vec())
    } else {
        object
    };
    let extensions = object.value().dictionary().ok_or_else(damaged)?;
    let declared = extensions.value(b"ESIC").unwrap_or_else(Value::null);
    let declared = increment.resolve(declared)?;
    let level = declared.value().dictionary();
    let level = level.and_then(|it| it.value(b"ExtensionLevel")?.integer());
    if level.is_some_and(|level| level >= LEVEL) {
        return Ok(());
    }
    let own = format!("<</BaseVersion/1.7/ExtensionLevel {LEVEL}>>").into_bytes();
    let extensions = extensions.with(&[("ESIC", own)]);
    match value.reference() {
        Some(reference) => increment.put(reference, extensions),
        None => increment.put(root, catalogue.with(&[("Extensions", extensions)])),
    }
    Ok(())
}

/// The store and its reference, if the catalogue refers to it.
fn store_of(file: &Increment<'_>) -> Result<Option<(Option<Reference>, Object)>, SignError> {
    let catalogue = file.object(file.root())?;
    let catalogue = catalogue.value().dictionary();
    let catalogue = catalogue.ok_or(SignError::Damaged { what: "catalogue" })?;
    let Some(value) = catalogue.value(b"DSS") else {
        return Ok(None);
    };
    let object = file.resolve(value)?;
    Ok((!object.value().is_null()).then_some((value.reference(), object)))
}

fn references(
    file: &Increment<'_>,
    owner: &Dictionary<'_>,
    key: &str,
) -> Result<Vec<Reference>, SignError> {
    let Some(value) = owner.value(key.as_bytes()) else {
        return Ok(Vec::new());
    };
    let array = file.resolve(value)?;
    let values = array.value().array().ok_or_else(damaged)?;
    if values.len() > MAX_STREAMS {
        return Err(damaged());
    }
    let references = values.iter().map(|value| value.reference());
    references.collect::<Option<_>>().ok_or_else(damaged)
}

fn array(references: &[Reference]) -> Vec<u8> {
    let items: Vec<String> = references.iter().map(ToString::to_string).collect();
    format!("[{}]", items.join(" ")).into_bytes()
}

fn stream(content: &[u8]) -> Result<Vec<u8>, SignError> {
    if content.len() >= COMPRESS_FROM {
        return compressed_stream("", content);
    }
    let mut stream = format!("<</Length {}>>\nstream\n", content.len()).into_bytes();
    stream.extend_from_slice(content);
    stream.extend(b"\nendstream");
    Ok(stream)
}

/// `/VRI`: which streams each signature was proved with; entries that are there only grow.
fn vri(
    file: &Increment<'_>,
    store: &Dictionary<'_>,
    signatures: &[SignatureField],
    named: &[Vec<Reference>],
) -> Result<Vec<u8>, SignError> {
    let value = store.value(b"VRI").unwrap_or_else(Value::null);
    let object = file.resolve(value)?;
    let object = if object.value().is_null() {
        Object::from(b"<<>>".to_vec())
    } else {
        object
    };
    let before = object.value().dictionary().ok_or_else(damaged)?;
    let mut changes: Vec<(String, Vec<u8>)> = Vec::new();
    for signature in signatures {
        let key = key_of(&signature.contents);
        let own = before.value(key.as_bytes()).unwrap_or_else(Value::null);
        let own = file.resolve(own)?;
        let own = if own.value().is_null() {
            Object::from(b"<<>>".to_vec())
        } else {
            own
        };
        let own = own.value().dictionary().ok_or_else(damaged)?;
        let mut kinds = Vec::new();
        for (kind, named) in VRI_KINDS.into_iter().zip(named) {
            let mut all = references(file, &own, kind)?;
            for reference in named {
                if !all.contains(reference) {
                    all.push(*reference);
                }
            }
            if !all.is_empty() {
                kinds.push((kind, array(&all)));
            }
        }
        changes.push((key, own.with(&kinds)));
    }
    let changes: Vec<(&str, Vec<u8>)> = changes
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    Ok(before.with(&changes))
}

/// SHA-1 of `/Contents` as it stands in the file, upper case: the name that the format asks for
/// (ISO 32000-2, 12.8.4.3). Nothing is proved by it.
fn key_of(contents: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, contents);
    data_encoding::HEXUPPER.encode(digest.as_ref())
}

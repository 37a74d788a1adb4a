//! The signature fields, found as a viewer finds them: catalogue, form, fields, value.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use lopdf::xref::XrefRecovery;
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::SignatureReadBackError;

/// Fields looked at; forms with more are no scans.
const MAX_FIELDS: usize = 100_000;
/// The only format of PAdES baseline signatures.
const SIGNATURE: &[u8] = b"ETSI.CAdES.detached";
/// The format of document timestamps.
const TIMESTAMP: &[u8] = b"ETSI.RFC3161";

/// What a signature dictionary holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Signature,
    Timestamp,
}

/// A signature dictionary and the name of its field.
pub(super) struct SignatureField {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where its ranges end.
    pub(super) end: u64,
    /// Offset of the `<` of `/Contents`.
    pub(super) gap_start: u64,
    /// Offset behind its `>`.
    pub(super) gap_end: u64,
    /// `/Contents` as `lopdf` reads it, padding included.
    pub(super) contents: Vec<u8>,
}

impl SignatureField {
    pub(super) fn gap_length(&self) -> usize {
        usize::try_from(self.gap_end - self.gap_start).unwrap_or(0)
    }
}

pub(super) fn broken(what: &'static str) -> SignatureReadBackError {
    SignatureReadBackError::Document { what }
}

/// All signatures and document timestamps, oldest first.
pub(super) fn all(document: &Path) -> Result<Vec<SignatureField>, SignatureReadBackError> {
    let pdf = skeleton(document, std::fs::metadata(document)?.len())?;
    let fields = signatures(&pdf)?;
    let fields = fields.into_iter().map(|(name, value)| read(name, value));
    let mut fields = fields.collect::<Result<Vec<_>, _>>()?;
    fields.sort_by_key(|field| field.end);
    Ok(fields)
}

/// The first `length` bytes of a document, without its streams: page contents and images are dropped while
/// loading. The file is in memory once, and only meanwhile.
pub(super) fn skeleton(document: &Path, length: u64) -> Result<Document, SignatureReadBackError> {
    let file = File::open(document)?;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(length).read_to_end(&mut bytes)?;
    let options = LoadOptions::with_filter(without_streams);
    let pdf = Document::load_mem_with_options(&bytes, options).map_err(|_| broken("structure"))?;
    // A section found a few bytes beside its offset is common in old files; a rebuilt table is damage.
    if pdf.xref_recovery == Some(XrefRecovery::Reconstructed) {
        return Err(broken("cross-reference data"));
    }
    Ok(pdf)
}

fn without_streams(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let droppable = object
        .as_stream()
        .is_ok_and(|stream| !stream.dict.has_type(b"ObjStm"));
    // Both the object itself and the returned one are used, depending on where it comes from.
    (!droppable).then(|| (id, object.clone()))
}

/// Every field of type `/Sig` that has a value, with its partial name.
fn signatures(pdf: &Document) -> Result<Vec<(String, &Dictionary)>, SignatureReadBackError> {
    let follow = |object| pdf.dereference(object).map(|(_, object)| object);
    let form = pdf
        .catalog()
        .and_then(|catalogue| catalogue.get(b"AcroForm"))
        .and_then(follow)
        .and_then(Object::as_dict);
    let Ok(form) = form else {
        return Ok(Vec::new());
    };
    let roots = form
        .get(b"Fields")
        .and_then(follow)
        .and_then(Object::as_array);
    let mut open: Vec<&Object> = roots.map_err(|_| broken("form fields"))?.iter().collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(object) = open.pop() {
        let (id, object) = pdf.dereference(object).map_err(|_| broken("form fields"))?;
        if id.is_some_and(|id| !seen.insert(id)) {
            continue;
        }
        if seen.len() + open.len() > MAX_FIELDS {
            return Err(broken("form fields"));
        }
        let Ok(field) = object.as_dict() else {
            continue;
        };
        if let Ok(kids) = field
            .get(b"Kids")
            .and_then(follow)
            .and_then(Object::as_array)
        {
            open.extend(kids);
        }
        let is_signature = field
            .get(b"FT")
            .and_then(Object::as_name)
            .is_ok_and(|kind| kind == b"Sig");
        let value = field.get(b"V").and_then(follow).and_then(Object::as_dict);
        if let (true, Ok(value)) = (is_signature, value) {
            let name = field
                .get(b"T")
                .and_then(lopdf::decode_text_string)
                .unwrap_or_default();
            found.push((name, value));
        }
    }
    Ok(found)
}

/// Reads one signature dictionary.
fn read(name: String, signature: &Dictionary) -> Result<SignatureField, SignatureReadBackError> {
    let name_of = |key: &[u8]| {
        signature
            .get(key)
            .and_then(Object::as_name)
            .unwrap_or_default()
    };
    let numbers: Option<Vec<u64>> = signature
        .get(b"ByteRange")
        .and_then(Object::as_array)
        .ok()
        .and_then(|array| {
            array
                .iter()
                .map(|n| u64::try_from(n.as_i64().ok()?).ok())
                .collect()
        });
    let Some([0, gap_start, gap_end, rest]) = numbers.as_deref() else {
        return Err(SignatureReadBackError::Coverage);
    };
    let end = gap_end.checked_add(*rest).filter(|_| gap_start < gap_end);
    let end = end.ok_or(SignatureReadBackError::Coverage)?;
    let contents = signature.get(b"Contents").and_then(Object::as_str);
    let contents = contents
        .map_err(|_| SignatureReadBackError::Missing)?
        .to_vec();
    if gap_end - gap_start != contents.len() as u64 * 2 + 2 {
        return Err(SignatureReadBackError::Coverage);
    }
    let kind = match name_of(b"SubFilter") {
        SIGNATURE => Kind::Signature,
        TIMESTAMP => Kind::Timestamp,
        _ => return Err(SignatureReadBackError::Container { what: "SubFilter" }),
    };
    Ok(SignatureField {
        name,
        kind,
        end,
        gap_start: *gap_start,
        gap_end: *gap_end,
        contents,
    })
}

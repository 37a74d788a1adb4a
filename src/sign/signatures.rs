//! The signatures and document timestamps that a PDF has, oldest first (ISO 32000-1, 12.8.1; EN 319 142-1, 5).
//!
//! They are read, not judged: a later step builds upon them.

use std::collections::BTreeSet;

use super::SignError;
use super::append::Increment;
use super::base::Base;
use super::base::syntax::{Dictionary, Reference, Value};
use super::byte_range::ByteRange;

/// Signatures that this program looks at in one file.
const MAX_SIGNATURES: usize = 256;
/// Levels of fields; real forms have two.
const MAX_DEPTH: usize = 16;

/// What a signature dictionary holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person's or an agency's signature.
    Signature,
    /// A document timestamp (EN 319 142-1, 5.4.3).
    Timestamp,
}

/// A signature dictionary with its field.
#[derive(Debug, Clone)]
pub(super) struct SignatureField {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// What it covers; `file_length` is the end of the revision that it signs.
    pub(super) range: ByteRange,
    /// `/Contents` with the zeros behind the container.
    pub(super) contents: Vec<u8>,
}

fn damaged() -> SignError {
    SignError::Damaged {
        what: "signature field",
    }
}

/// All signatures, by the revisions that they sign.
pub(super) fn all(base: &Base) -> Result<Vec<SignatureField>, SignError> {
    let file = Increment::new(base);
    let catalogue = file.object(file.root())?;
    let form = match catalogue.value().dictionary() {
        Some(catalogue) => entry(&file, &catalogue, b"AcroForm")?,
        None => return Err(SignError::Damaged { what: "catalogue" }),
    };
    let Some(form) = form else {
        return Ok(Vec::new());
    };
    let mut search = Search {
        file: &file,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    let form = form.value().dictionary().ok_or_else(damaged)?;
    if let Some(fields) = entry(&file, &form, b"Fields")? {
        search.fields(fields.value(), 0)?;
    }
    let mut found = search.found;
    found.sort_by_key(|field| field.range.file_length);
    Ok(found)
}

/// The value of an entry, followed where it is a reference.
fn entry(
    file: &Increment<'_>,
    dictionary: &Dictionary<'_>,
    key: &[u8],
) -> Result<Option<super::base::Object>, SignError> {
    let Some(value) = dictionary.value(key) else {
        return Ok(None);
    };
    let object = file.resolve(value)?;
    Ok((!object.value().is_null()).then_some(object))
}

struct Search<'a> {
    file: &'a Increment<'a>,
    seen: BTreeSet<Reference>,
    found: Vec<SignatureField>,
}

impl Search<'_> {
    fn fields(&mut self, fields: Value<'_>, depth: usize) -> Result<(), SignError> {
        if depth > MAX_DEPTH || self.found.len() > MAX_SIGNATURES {
            return Err(SignError::Unsupported {
                what: "a form of this size",
            });
        }
        for field in fields.array().ok_or_else(damaged)? {
            if field
                .reference()
                .is_some_and(|reference| !self.seen.insert(reference))
            {
                continue;
            }
            let object = self.file.resolve(field)?;
            let Some(field) = object.value().dictionary() else {
                continue;
            };
            let is_signature = field.value(b"FT").is_some_and(|kind| kind.is_name(b"Sig"));
            if let (true, Some(value)) = (is_signature, entry(self.file, &field, b"V")?) {
                let name = entry(self.file, &field, b"T")?;
                let name = name.and_then(|name| name.value().string());
                let name = name.map(|name| super::fields::text(&name));
                let value = value.value().dictionary().ok_or_else(damaged)?;
                self.found.push(read(name.unwrap_or_default(), &value)?);
            } else if let Some(kids) = entry(self.file, &field, b"Kids")? {
                self.fields(kids.value(), depth + 1)?;
            }
        }
        Ok(())
    }
}

fn read(name: String, dictionary: &Dictionary<'_>) -> Result<SignatureField, SignError> {
    let sub_filter = dictionary.value(b"SubFilter").and_then(Value::name);
    let kind = match sub_filter.as_deref() {
        Some(b"ETSI.CAdES.detached" | b"adbe.pkcs7.detached") => Kind::Signature,
        Some(b"ETSI.RFC3161") => Kind::Timestamp,
        _ => {
            return Err(SignError::Unsupported {
                what: "a signature that is no PAdES signature",
            });
        }
    };
    let numbers = dictionary.value(b"ByteRange").and_then(Value::array);
    let numbers: Option<Vec<u64>> = numbers.ok_or_else(damaged)?.iter().map(unsigned).collect();
    let Some(&[0, gap_start, gap_end, rest]) = numbers.as_deref() else {
        return Err(damaged());
    };
    let file_length = gap_end.checked_add(rest).filter(|_| gap_start < gap_end);
    let contents = dictionary.value(b"Contents").and_then(Value::string);
    Ok(SignatureField {
        name,
        kind,
        range: ByteRange {
            gap_start,
            gap_end,
            file_length: file_length.ok_or_else(damaged)?,
        },
        contents: contents.ok_or_else(damaged)?,
    })
}

fn unsigned(value: &Value<'_>) -> Option<u64> {
    u64::try_from(value.integer()?).ok()
}

//! Clause 6.4.3, digital signatures: what they cover and what they carry. Whether they are valid is another
//! question, for `verify`.

use der::{AnyRef, Decode, SliceReader, Tag, Tagged};
use lopdf::{Dictionary, Object};

use super::super::{PdfFile, Violation};
use super::{at, forms};
use crate::pdf_object::{dictionary, value};

const CLAUSE: &str = "6.4.3";

/// Certificates and signers that are looked at.
const ELEMENTS_MAX: usize = 1_000;

pub(super) fn check(file: PdfFile<'_>, catalog: &Dictionary, found: &mut Vec<Violation>) {
    // The clause is about the form: a signature that only the permissions name is of 6.1.12.
    for (id, field) in forms::fields(file.document, catalog) {
        let Some(signature) = dictionary(file.document, field, b"V") else {
            continue;
        };
        if forms::inherited_type(file.document, field) != Some(b"Sig") {
            continue;
        }
        let Some(range) = value(file.document, signature, b"ByteRange") else {
            at(CLAUSE, "a signature without its byte range", id, found);
            continue;
        };
        let Some(Object::String(contents, _)) = value(file.document, signature, b"Contents") else {
            at(CLAUSE, "a signature without contents", id, found);
            continue;
        };
        if !covers_its_revision(file.bytes, range, contents) {
            let what = "a signature that does not cover the whole file";
            at(CLAUSE, what, id, found);
        }
        if one_signer_with_certificate(contents).is_none() {
            let what = "a signature without its certificate, or of several signers";
            at(CLAUSE, what, id, found);
        }
    }
}

/// All bytes but the hexadecimal string of the contents, up to the end of the file or of a revision:
/// later signatures and their proofs are appended.
fn covers_its_revision(bytes: &[u8], range: &Object, contents: &[u8]) -> bool {
    let numbers: Option<Vec<usize>> = range.as_array().ok().and_then(|items| {
        let number = |item: &Object| usize::try_from(item.as_i64().ok()?).ok();
        items.iter().map(number).collect()
    });
    let Some([0, before, after, length]) = numbers.as_deref() else {
        return false;
    };
    let Some(end) = after.checked_add(*length) else {
        return false;
    };
    let gap = bytes.get(*before..*after).unwrap_or_default();
    let digits = gap
        .strip_prefix(b"<")
        .and_then(|gap| gap.strip_suffix(b">"));
    let is_contents = digits.is_some_and(|digits| {
        let pairs = digits.chunks(2).map(|pair| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        });
        digits.len() % 2 == 0 && pairs.eq(contents.iter().map(|byte| Some(*byte)))
    });
    let is_end = bytes
        .get(..end)
        .is_some_and(|covered| end == bytes.len() || covered.trim_ascii_end().ends_with(b"%%EOF"));
    is_contents && is_end
}

/// RFC 5652 `SignedData` with one signer, whose certificate is in it. Zeros may follow.
fn one_signer_with_certificate(contents: &[u8]) -> Option<()> {
    let mut reader = SliceReader::new(contents).ok()?;
    let content_info = elements(AnyRef::decode(&mut reader).ok()?.value())?;
    let [_type, content] = content_info.as_slice() else {
        return None;
    };
    let content = elements(content.value())?;
    let signed_data = elements(content.first()?.value())?;
    let certificates = signed_data
        .iter()
        .find(|part| is_context(part.tag(), 0))
        .and_then(|part| elements(part.value()))?;
    let signers = signed_data
        .last()
        .filter(|part| part.tag() == Tag::Set)
        .and_then(|part| elements(part.value()))?;
    let [signer] = signers.as_slice() else {
        return None;
    };
    let signer = elements(signer.value())?;
    let identifier = signer.get(1).filter(|id| id.tag() == Tag::Sequence)?;
    let identifier = elements(identifier.value())?;
    let [issuer, serial] = identifier.as_slice() else {
        return None;
    };
    let is_signers = |certificate: &AnyRef<'_>| {
        let to_be_signed = elements(elements(certificate.value())?.first()?.value())?;
        let mut parts = to_be_signed.into_iter().peekable();
        parts.next_if(|part| is_context(part.tag(), 0));
        let is_serial = parts.next()? == *serial;
        let _algorithm = parts.next()?;
        Some(is_serial && parts.next()? == *issuer)
    };
    certificates
        .iter()
        .any(|certificate| is_signers(certificate) == Some(true))
        .then_some(())
}

fn is_context(tag: Tag, number: u32) -> bool {
    matches!(tag, Tag::ContextSpecific { number: is, .. } if is.value() == number)
}

/// The values inside a constructed one.
fn elements(value: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(value).ok()?;
    let mut elements = Vec::new();
    while !der::Reader::is_finished(&reader) {
        elements.push(AnyRef::decode(&mut reader).ok()?);
        if elements.len() > ELEMENTS_MAX {
            return None;
        }
    }
    Some(elements)
}

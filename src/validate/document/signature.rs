//! One signature field: what it says, and whether its form lets it be of anything.

use std::ops::Range;

use jiff::Timestamp;

use super::form::Field;
use super::objects::{Objects, Parsed};
use super::permissions::{self, Permissions};
use super::syntax::{Dictionary, ObjectId, Reader, Value};
use super::{FormatFinding, Revisions, text};

/// What a signature dictionary holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody's signature (ISO 32000-1 §12.8.1).
    Signature,
    /// A timestamp over the document (EN 319 142-1 §5.4.3).
    DocumentTimestamp,
}

/// What a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The whole file but its own value.
    WholeFile,
    /// A whole revision but its own value; more was appended afterwards.
    Revision,
    /// Nothing that can be relied on: its form says why.
    Unclear,
}

/// Where a signature can be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Number of the page, from 1.
    pub page: usize,
    /// Left, bottom, right and top on it, points in the page's coordinates.
    pub rectangle: [f64; 4],
}

/// `/ByteRange` of the usual form: from 0 to the gap, and from behind it to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranges {
    /// Where the gap begins, offset.
    pub gap_start: u64,
    /// Where it ends, offset.
    pub gap_end: u64,
    /// Where what is covered ends, offset.
    pub end: u64,
}

/// A field of the form with a signature in it.
#[derive(Debug, Clone)]
pub struct SignatureField {
    /// Its full name.
    pub name: String,
    /// Signature or timestamp.
    pub kind: Kind,
    /// `/SubFilter`; empty where there is none.
    pub sub_filter: String,
    /// `/M`: the time that the signer claims.
    pub claimed_time: Option<Timestamp>,
    /// `/Reason`.
    pub reason: Option<String>,
    /// `/Location`.
    pub location: Option<String>,
    /// `/ContactInfo`.
    pub contact: Option<String>,
    /// `/Name`: who the signer claims to be.
    pub signer_name: Option<String>,
    /// `/Contents`, decoded, with the zeros that pad it; empty where there is none.
    pub contents: Vec<u8>,
    /// What it says to cover; `None` where that is not said as it must be.
    pub ranges: Option<Ranges>,
    /// Where what it covers ends, offset; 0 where that is not known.
    pub end: u64,
    /// What it covers.
    pub coverage: Coverage,
    /// What is wrong with it.
    pub findings: Vec<FormatFinding>,
    /// Where it can be seen; `None` where it is invisible, or on no page.
    pub place: Option<Place>,
    /// What its signer allows afterwards.
    pub permissions: Permissions,
    /// The field's object.
    pub(in crate::validate) id: ObjectId,
    /// The signature dictionary's object, where it is one of its own.
    pub(in crate::validate) value_id: Option<ObjectId>,
    /// The signature dictionary's place in the file.
    pub(super) span: Option<Range<usize>>,
    /// The revision that it covers.
    pub(in crate::validate) revision: Option<usize>,
}

impl SignatureField {
    /// Whether something is wrong that is more than a remark.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let mut grave = self
            .findings
            .iter()
            .filter_map(FormatFinding::sub_indication);
        grave.next().is_none()
    }

    fn empty(field: &Field) -> Self {
        Self {
            name: field.name.clone(),
            kind: Kind::Signature,
            sub_filter: String::new(),
            claimed_time: None,
            reason: None,
            location: None,
            contact: None,
            signer_name: None,
            contents: Vec::new(),
            ranges: None,
            end: 0,
            coverage: Coverage::Unclear,
            findings: Vec::new(),
            place: None,
            permissions: Permissions::default(),
            id: field.id,
            value_id: field.value.as_ref().and_then(|it| it.reference()),
            span: None,
            revision: None,
        }
    }
}

/// Reads a field; `None` where it has no signature.
pub(super) fn read(
    objects: &Objects,
    revisions: &Revisions,
    field: &Field,
) -> Option<SignatureField> {
    let value = field.value.as_deref()?;
    let holder = match value {
        Value::Reference(id) => objects.object(0, *id),
        _ => Some(std::sync::Arc::clone(&field.object)),
    };
    let dictionary = match value {
        Value::Reference(_) => holder.as_ref().and_then(|it| it.dictionary()),
        value => value.dictionary(),
    };
    let is_signature_like = dictionary.is_some_and(|it| it.get(b"ByteRange").is_some());
    if !field.is_signature() && !is_signature_like {
        return None;
    }
    let mut read = SignatureField::empty(field);
    if !field.is_signature() {
        read.findings.push(FormatFinding::FieldNotSignature);
    }
    let (Some(holder), Some(dictionary)) = (&holder, dictionary) else {
        // A field whose value is null has none (§7.3.10): it waits for its signature.
        let is_null = matches!(value, Value::Reference(id) if objects.locate(0, id.0) == super::section::Location::Free);
        if is_null || *value == Value::Null {
            return None;
        }
        read.findings.push(FormatFinding::SignatureUnreadable);
        return Some(read);
    };
    read.describe(objects, dictionary);
    read.kind_of(objects, dictionary);
    read.span.clone_from(&holder.span);
    if let Some(field) = field.object.dictionary() {
        read.permissions = permissions::read(objects, 0, dictionary, field);
    }
    let contents = contents_place(objects, holder, read.value_id.is_none());
    read.cover(objects, revisions, dictionary, contents);
    Some(read)
}

impl SignatureField {
    fn describe(&mut self, objects: &Objects, dictionary: &Dictionary) {
        let text = |key: &[u8]| {
            let value = objects.value(0, dictionary, key)?;
            value.text().map(text::decode).filter(|it| !it.is_empty())
        };
        self.reason = text(b"Reason");
        self.location = text(b"Location");
        self.contact = text(b"ContactInfo");
        self.signer_name = text(b"Name");
        let time = objects.value(0, dictionary, b"M");
        self.claimed_time = time.and_then(|it| text::date(it.text()?));
    }

    fn kind_of(&mut self, objects: &Objects, dictionary: &Dictionary) {
        let name = |key: &[u8]| {
            let value = objects.value(0, dictionary, key);
            value.and_then(|it| it.name().map(|it| String::from_utf8_lossy(it).into_owned()))
        };
        self.sub_filter = name(b"SubFilter").unwrap_or_default();
        self.kind = match self.sub_filter.as_str() {
            "ETSI.RFC3161" => Kind::DocumentTimestamp,
            "ETSI.CAdES.detached" | "adbe.pkcs7.detached" => Kind::Signature,
            other => {
                let name = other.to_owned();
                self.findings.push(FormatFinding::SubFilterUnknown { name });
                Kind::Signature
            }
        };
        let expected = match self.kind {
            Kind::Signature => "Sig",
            Kind::DocumentTimestamp => "DocTimeStamp",
        };
        if name(b"Type").is_some_and(|found| found != expected) {
            self.findings.push(FormatFinding::TypeContradicts);
        }
    }

    fn cover(
        &mut self,
        objects: &Objects,
        revisions: &Revisions,
        dictionary: &Dictionary,
        contents: Option<Range<usize>>,
    ) {
        match dictionary.get(b"Contents").and_then(Value::text) {
            Some(value) if value.iter().any(|byte| *byte != 0) => {
                self.contents = value.to_vec();
            }
            _ => self.findings.push(FormatFinding::ContentsMissing),
        }
        let ranges = match read_ranges(dictionary, objects.bytes.len()) {
            Ok(ranges) => ranges,
            Err(finding) => return self.findings.push(finding),
        };
        let (gap_start, gap_end, end) = ranges;
        let offset = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
        self.end = offset(end);
        self.ranges = Some(Ranges {
            gap_start: offset(gap_start),
            gap_end: offset(gap_end),
            end: offset(end),
        });
        self.findings
            .extend(gap_finding(&objects.bytes, gap_start..gap_end, contents));
        match revisions.ending_at(objects, end) {
            Ok(revision) => {
                self.revision = Some(revision);
                if !self.is_in(objects, revision) {
                    self.findings.push(FormatFinding::NotInRevision);
                }
            }
            Err(finding) => self.findings.push(finding),
        }
        if self.is_well_formed() {
            self.coverage = if end == objects.bytes.len() {
                Coverage::WholeFile
            } else {
                Coverage::Revision
            };
        }
    }

    /// Whether the field had this very dictionary as its value in a revision.
    fn is_in(&self, objects: &Objects, revision: usize) -> bool {
        let same_place = |id: ObjectId| objects.locate(revision, id.0) == objects.locate(0, id.0);
        match self.value_id {
            None => same_place(self.id),
            Some(value) => {
                let then = objects.object(revision, self.id);
                let parent_or_own = then.and_then(|it| it.dictionary().cloned());
                let named = parent_or_own.and_then(|it| it.reference(b"V"));
                same_place(value) && named.is_none_or(|named| named == value)
            }
        }
    }
}

/// The two ranges as `(gap_start, gap_end, end)`.
fn read_ranges(
    dictionary: &Dictionary,
    length: usize,
) -> Result<(usize, usize, usize), FormatFinding> {
    let value = dictionary.get(b"ByteRange");
    let numbers = value.ok_or(FormatFinding::ByteRangeMissing)?.array();
    let numbers: Option<Vec<usize>> = numbers.and_then(|items| {
        let number = |item: &Value| usize::try_from(item.integer()?).ok();
        items.iter().map(number).collect()
    });
    let Some([0, gap_start, gap_end, rest]) = numbers.as_deref() else {
        return Err(FormatFinding::ByteRangeMalformed);
    };
    let end = gap_end.checked_add(*rest);
    match end.filter(|end| gap_start < gap_end && *rest > 0 && *end <= length) {
        Some(end) => Ok((*gap_start, *gap_end, end)),
        None => Err(FormatFinding::ByteRangeOutside),
    }
}

/// What is wrong with the gap: it must be the very string that is `/Contents`, and nothing else.
fn gap_finding(
    bytes: &[u8],
    gap: Range<usize>,
    contents: Option<Range<usize>>,
) -> Option<FormatFinding> {
    let Some(contents) = contents else {
        return Some(FormatFinding::ContentsElsewhere);
    };
    let string = bytes.get(contents.clone()).unwrap_or_default();
    let digits = string
        .strip_prefix(b"<")
        .and_then(|it| it.strip_suffix(b">"));
    let is_plain =
        |digits: &[u8]| digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    if !digits.is_some_and(is_plain) {
        return Some(FormatFinding::ContentsNotHexadecimal);
    }
    if contents == gap {
        return None;
    }
    let holds = gap.start <= contents.start && contents.end <= gap.end;
    Some(if holds {
        FormatFinding::GapTooLarge
    } else {
        FormatFinding::ContentsElsewhere
    })
}

/// Where the string of `/Contents` stands in the file; `None` where it stands in an object stream.
///
/// `is_direct`: the signature dictionary is the value itself of the field that is `holder`.
fn contents_place(objects: &Objects, holder: &Parsed, is_direct: bool) -> Option<Range<usize>> {
    let mut reader = Reader::new(&objects.bytes, holder.span.clone()?.start);
    reader.object_header()?;
    if is_direct {
        let mut inner = entry_places(reader, b"V")?;
        reader.at = inner.pop().filter(|_| inner.is_empty())?.start;
    }
    let mut found = entry_places(reader, b"Contents")?;
    found.pop().filter(|_| found.is_empty())
}

/// Where the values of a key stand in the dictionary in front of the reader.
fn entry_places(mut reader: Reader<'_>, key: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    reader.entries_of_dictionary(|own, reader| {
        let start = reader.at;
        reader.value()?;
        if own == key {
            found.push(start..reader.at);
        }
        Some(())
    })?;
    Some(found)
}

/// Marks signatures that two fields share, and ranges that do not lie inside one another.
///
/// `fields` are in the order of what they cover.
pub(super) fn compare(fields: &mut [SignatureField]) {
    for at in 1..fields.len() {
        let (before, rest) = fields.split_at_mut(at);
        let (Some(earlier), Some(later)) = (before.last_mut(), rest.first_mut()) else {
            continue;
        };
        let mut mark = |finding: fn(String) -> FormatFinding| {
            later.findings.push(finding(earlier.name.clone()));
            earlier.findings.push(finding(later.name.clone()));
            later.coverage = Coverage::Unclear;
            earlier.coverage = Coverage::Unclear;
        };
        let (Some(inner), Some(outer)) = (earlier.ranges, later.ranges) else {
            continue;
        };
        if inner == outer {
            mark(|other| FormatFinding::SignatureShared { other });
        } else if outer.gap_start < inner.end {
            mark(|other| FormatFinding::RangesOverlap { other });
        }
    }
}

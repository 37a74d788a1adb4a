//! What is signed in a PDF (ISO 32000-1 §12.8, EN 319 142-1): signature fields, the bytes they cover, the evidence kept.
//!
//! A file is read once and strictly. [`SignedDocument::fields`] walks the form as a viewer would, so a signature whose
//! byte range was taken away is a field with a finding and not a file without signatures. Each signed revision is read
//! from its own bytes by its own cross-reference data, and the file as it is now must follow from it.
//!
//! No container is opened here, no certificate looked at and no digest compared ([`SignedDocument::digest`] computes
//! it). What was changed after a signature is for [`super::changes`] to say. Page content is never decoded.

mod digest;
mod evidence;
mod fault;
mod finding;
pub(in crate::validate) mod form;
pub(in crate::validate) mod objects;
pub(in crate::validate) mod pages;
mod permissions;
mod rebuild;
mod revisions;
pub(in crate::validate) mod section;
mod signature;
mod stream;
pub(in crate::validate) mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod unreached;

use std::cell::OnceCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use self::fault::DocumentFault;
pub use self::finding::FormatFinding;
use self::objects::Objects;
pub use self::permissions::{Allowed, FieldLock, Permissions};
use self::revisions::Revisions;
use self::section::{Section, Tail};
pub use self::signature::{Coverage, Kind, Place, Ranges, SignatureField};
use crate::config::Limits;
use crate::record::Sha256Digest;
use crate::trust::Evidence;
use crate::trust::signature::HashFunction;
use crate::validate::changes::Surroundings;

/// Signatures looked at; beyond, the file is refused as a whole by a finding.
const SIGNATURES_MAX: usize = 256;
/// In how many bytes from its start a reader looks for the header (ISO 32000-1 annex H, note 13).
const HEADER_WITHIN: usize = 1024;

/// A PDF with its signatures, kept in memory as it was read.
#[derive(Debug)]
pub struct SignedDocument {
    pub(in crate::validate) objects: Objects,
    fields: Vec<SignatureField>,
    findings: Vec<FormatFinding>,
    /// Whether the cross-reference data could be read as they stand.
    pub(in crate::validate) is_sound: bool,
    prefixes: digest::Prefixes,
    /// What all comparisons of revisions need, made with the first.
    pub(in crate::validate) surroundings: OnceCell<Surroundings>,
}

impl SignedDocument {
    /// Reads a file of at most `limits.pdf_mib`.
    ///
    /// # Errors
    /// [`DocumentFault`] where no signature can be looked for: unreadable, too large, no PDF, encrypted.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, DocumentFault> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let bytes_max = limits.pdf_bytes();
        if bytes > bytes_max {
            return Err(DocumentFault::TooLarge { bytes, bytes_max });
        }
        let mut read = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        // It may have grown since.
        (&mut file).take(bytes_max).read_to_end(&mut read)?;
        Self::read(read, limits)
    }

    /// Takes the bytes of a file; their number is for the caller to bound.
    ///
    /// # Errors
    /// As [`SignedDocument::open`].
    pub fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Self, DocumentFault> {
        let mut findings = Vec::new();
        findings.extend(header(&bytes)?);
        let (chain, is_sound) = match sections(&bytes, &mut findings) {
            Some(chain) => (chain, true),
            None => {
                findings.push(FormatFinding::XrefUnreadable);
                let found = rebuild::section(&bytes).ok_or(DocumentFault::NoCatalogue)?;
                (vec![found], false)
            }
        };
        if chain.iter().any(|it| it.trailer.get(b"Encrypt").is_some()) {
            return Err(DocumentFault::Encrypted);
        }
        let expansion = limits.pdf_expansion_mib.saturating_mul(1024 * 1024);
        let expansion = usize::try_from(expansion).unwrap_or(usize::MAX);
        let mut document = Self {
            objects: Objects::new(bytes, chain, expansion),
            fields: Vec::new(),
            findings,
            is_sound,
            prefixes: digest::Prefixes::default(),
            surroundings: OnceCell::new(),
        };
        let misplaced = document.objects.misplaced();
        if let Some(first) = misplaced.first() {
            document.findings.push(FormatFinding::ObjectsMisplaced {
                first: *first,
                count: misplaced.len(),
            });
        }
        document.read_fields();
        Ok(document)
    }

    fn read_fields(&mut self) {
        let form = form::read(&self.objects, 0);
        if !form.is_complete {
            self.findings.push(FormatFinding::FormUnreadable);
        }
        let revisions = Revisions::of(&self.objects, self.is_sound);
        let fields = form.fields.iter();
        let fields = fields.filter_map(|it| signature::read(&self.objects, &revisions, it));
        let mut fields: Vec<SignatureField> = fields.take(SIGNATURES_MAX + 1).collect();
        if fields.len() > SIGNATURES_MAX {
            fields.truncate(SIGNATURES_MAX);
            self.findings.push(FormatFinding::TooManySignatures);
        }
        self.place(&form.fields, &mut fields);
        self.certify(&mut fields);
        fields.sort_by_key(|field| (field.end, field.ranges.map(|it| it.gap_start)));
        signature::compare(&mut fields);
        self.findings
            .extend(unreached::findings(&self.objects, &fields));
        self.fields = fields;
    }

    /// Says of each visible field where it is.
    fn place(&self, all: &[form::Field], fields: &mut [SignatureField]) {
        let mut pages = None;
        for field in fields {
            let Some(node) = all.iter().find(|node| node.id == field.id) else {
                continue;
            };
            let widget = node.widgets.first().copied().unwrap_or(node.id);
            let Some(rectangle) = rectangle(&self.objects, 0, widget) else {
                continue;
            };
            let pages = pages.get_or_insert_with(|| pages::read(&self.objects, 0));
            let page = pages.of_annotation.get(&widget);
            let page = page.and_then(|page| pages.numbers.get(page));
            field.place = page.map(|page| Place {
                page: *page,
                rectangle,
            });
        }
    }

    /// Marks the signature that the catalogue of its revision names as the certifying one (ISO 32000-1 §12.8.4).
    fn certify(&self, fields: &mut [SignatureField]) {
        for field in fields {
            let named = field.revision.and_then(|revision| {
                let catalogue = self.objects.catalogue(revision)?;
                let value = self
                    .objects
                    .value(revision, catalogue.dictionary()?, b"Perms")?;
                value.dictionary()?.reference(b"DocMDP")
            });
            field.permissions.certifies = named.is_some() && named == field.value_id;
        }
    }

    /// The signatures of the form, in the order of what they cover; those that cover nothing come first.
    #[must_use]
    pub fn fields(&self) -> &[SignatureField] {
        &self.fields
    }

    /// What is wrong with the file as a whole; it is wrong for each of its signatures.
    #[must_use]
    pub fn findings(&self) -> &[FormatFinding] {
        &self.findings
    }

    /// Length of the file, bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        u64::try_from(self.objects.bytes.len()).unwrap_or(u64::MAX)
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> Sha256Digest {
        Sha256Digest::of(&self.objects.bytes)
    }

    /// Digest of what a field covers; `None` where its ranges are unusable, or malformed in too many fields.
    ///
    /// The file is hashed once for all fields if they are asked for in their order.
    #[must_use]
    pub fn digest(&self, field: &SignatureField, algorithm: HashFunction) -> Option<Vec<u8>> {
        let ranges = field.ranges?;
        // Only ranges that lie inside one another share what is hashed.
        if !field.is_well_formed() && !self.objects.spend(self.objects.bytes.len()) {
            return None;
        }
        let at = |offset: u64| usize::try_from(offset).ok();
        let ranges = (at(ranges.gap_start)?, at(ranges.gap_end)?, at(ranges.end)?);
        self.prefixes.digest(&self.objects.bytes, algorithm, ranges)
    }

    /// The document security store as it stands in what a field covers; in the whole file with `None`.
    ///
    /// Empty where the field covers no revision.
    #[must_use]
    pub fn evidence(&self, covered_by: Option<&SignatureField>) -> Evidence {
        match covered_by.map(|field| field.revision) {
            None => evidence::read(&self.objects, 0),
            Some(Some(revision)) => evidence::read(&self.objects, revision),
            Some(None) => Evidence::default(),
        }
    }
}

fn header(bytes: &[u8]) -> Result<Option<FormatFinding>, DocumentFault> {
    if bytes.starts_with(b"%PDF-") {
        return Ok(None);
    }
    let start = bytes.get(..HEADER_WITHIN).unwrap_or(bytes);
    let is_pdf = start.windows(5).any(|window| window == b"%PDF-");
    let finding = is_pdf.then_some(FormatFinding::HeaderNotFirst);
    finding.map(Some).ok_or(DocumentFault::NotAPdf)
}

/// The sections of the file as it is now, and what is wrong with its end.
fn sections(bytes: &[u8], findings: &mut Vec<FormatFinding>) -> Option<Vec<Section>> {
    let tail = Tail::last(bytes)?;
    let behind = bytes.get(tail.end..)?;
    if !behind.is_empty() {
        let is_space = behind.iter().all(|byte| crate::pdf_object::is_space(*byte));
        findings.push(if is_space {
            FormatFinding::TrailingSpace
        } else {
            FormatFinding::TrailingBytes {
                offset: u64::try_from(tail.end).ok()?,
                length: u64::try_from(behind.len()).ok()?,
            }
        });
    }
    let chain = section::chain(bytes, tail.section)?;
    let has_root = chain.first()?.trailer.reference(b"Root").is_some();
    has_root.then_some(chain)
}

/// A widget's rectangle, corners in order; `None` where it has no area, or is hidden (ISO 32000-1 §12.5.3).
pub(in crate::validate) fn rectangle(
    objects: &Objects,
    revision: objects::Revision,
    widget: syntax::ObjectId,
) -> Option<[f64; 4]> {
    const INVISIBLE_HIDDEN_OR_NO_VIEW: i64 = 1 | 2 | 32;
    let object = objects.object(revision, widget)?;
    let dictionary = object.dictionary()?;
    let flags = objects
        .value(revision, dictionary, b"F")
        .and_then(|it| it.integer());
    if flags.unwrap_or(0) & INVISIBLE_HIDDEN_OR_NO_VIEW != 0 {
        return None;
    }
    let corners = objects.value(revision, dictionary, b"Rect")?;
    let corner = |item: &syntax::Value| objects.resolve(revision, item)?.number();
    let corners: Option<Vec<f64>> = corners.array()?.iter().map(corner).collect();
    let [one, two, three, four] = *corners?.as_slice() else {
        return None;
    };
    let rectangle = [one.min(three), two.min(four), one.max(three), two.max(four)];
    let [left, bottom, right, top] = rectangle;
    (right > left && top > bottom).then_some(rectangle)
}

/// A text string for people.
pub(in crate::validate) fn decode_text(bytes: &[u8]) -> String {
    text::decode(bytes)
}

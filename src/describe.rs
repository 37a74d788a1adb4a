//! From what the stages made to what the record says of itself: `record.json`, XMP, the visible text.

use jiff::Timestamp;
use serde::Serialize;

use crate::capture::{ClaimedFile, ScanBatch, Taking};
use crate::compose::{Digitised, PdfaDocument, PdfaMetadata};
use crate::config::Config;
use crate::config::signing::ORGANISATION;
use crate::error::{Error, JourneyError};
use crate::recognise::ReadPage;
use crate::record::{
    DecisionRecord, Field, Hash, OriginalFile, RecordDescription, RecordId, Sha256Digest, Source,
};
use crate::second_look::Looked;
use crate::sign::keys::{self, PinSource};
use crate::sign::{Appearance, RawSigner};
use crate::signed_originals::SignedOriginals;
use crate::signing::Sealed;
use crate::worklist::{PlannedPage, Settled};

/// The signed PDF inside an object.
pub const DOCUMENT: &str = "document.pdf";

/// The text of the pages inside an object: UTF-8, a form feed after each page.
pub const TEXT: &str = "text.txt";

/// The record's description inside an object.
pub const DESCRIPTION: &str = "record.json";

/// Conversion mark: the program and its version.
pub const CONVERTER: &str = concat!("sohoa ", env!("CARGO_PKG_VERSION"));

/// What is known of a document before it is put together.
pub struct Known {
    /// Whose it is and which pages it has.
    pub settled: Settled,
    /// What was read, a page of the scan each; empty where nothing was.
    pub reading: Vec<ReadPage>,
    /// What speaks against pages that were drawn.
    pub looked: Looked,
    /// What the document's pages say, by their numbers in it.
    pub fields: Vec<Field>,
    /// What people decided.
    pub decisions: Vec<DecisionRecord>,
    /// The signatures that its originals carry.
    pub signed_originals: SignedOriginals,
}

/// What the pages of a scan say, by the numbers that the pages have in the document; what stands on a
/// page that the document leaves out is left out too.
#[must_use]
pub fn fields_of_document(fields: Vec<Field>, pages: &[PlannedPage]) -> Vec<Field> {
    let number_of = |scanned: u32| {
        let place = pages
            .iter()
            .position(|page| page.number + 1 == scanned as usize)?;
        u32::try_from(place + 1).ok()
    };
    let renumbered = fields.into_iter().filter_map(|field| {
        let page = match field.page {
            Some(scanned) => Some(number_of(scanned)?),
            None => None,
        };
        Some(Field { page, ..field })
    });
    renumbered.collect()
}

/// What goes into XMP. Without a title from a person, the kind or the dossier names the document.
#[must_use]
pub fn metadata<'a>(
    batch: &'a ScanBatch,
    known: &'a Known,
    config: &'a Config,
    converted: Timestamp,
) -> PdfaMetadata<'a> {
    let settled = &known.settled;
    PdfaMetadata {
        record: batch.record,
        title: batch.slip.title.as_deref().unwrap_or("Tài liệu số hóa"),
        dossier: settled.dossier.as_ref(),
        kind: settled.kind.as_ref(),
        digitised: Some(Digitised {
            agency: &config.agency.name,
            copy_form: config.copy_form,
        }),
        converter: CONVERTER,
        converted,
        rendition_of: &known.signed_originals.rendition_of,
    }
}

/// The text of the document's pages, in their order; `None` where none has a word.
#[must_use]
pub fn text(known: &Known) -> Option<String> {
    let pages = known.settled.pages.iter();
    let texts: Vec<String> = pages
        .map(|page| {
            known
                .reading
                .get(page.number)
                .map(|read| read.page.text())
                .unwrap_or_default()
        })
        .collect();
    joined(&texts)
}

/// Pages' texts as one, each followed by a form feed; `None` where none has a word.
#[must_use]
pub fn joined(texts: &[String]) -> Option<String> {
    texts.iter().any(|text| !text.is_empty()).then(|| {
        texts
            .iter()
            .flat_map(|text| [text.as_str(), "\u{000C}"])
            .collect()
    })
}

/// XMP for a document that belongs to no office: `sohoa normalise`.
#[must_use]
pub fn bare_metadata<'a>(
    record: RecordId,
    title: &'a str,
    converted: Timestamp,
    rendition_of: &'a [Sha256Digest],
) -> PdfaMetadata<'a> {
    PdfaMetadata {
        record,
        title,
        dossier: None,
        kind: None,
        digitised: None,
        converter: CONVERTER,
        converted,
        rendition_of,
    }
}

/// The text at the top right of page 1 (NĐ 30/2020 Phụ lục I, Phần II.I.3).
#[must_use]
pub fn appearance(config: &Config) -> Appearance<'_> {
    Appearance::of_copy(config.copy_form, &config.agency.name)
}

/// Opens the organisation's key, to sign with this hash if it is not to be the configured one. `person` is
/// asked for its PIN or passphrase where the configuration says so.
///
/// # Errors
/// [`JourneyError::NoKey`] where none is configured; [`crate::sign::SignError`]: the key, its token or
/// service, its secret, or its certificate.
pub fn open_key(
    config: &Config,
    hash: Option<Hash>,
    person: &dyn PinSource,
) -> Result<Box<dyn RawSigner>, Error> {
    open_named_key(config, ORGANISATION, hash, person)
}

/// Opens the key of this name; see [`open_key`].
///
/// # Errors
/// As [`open_key`].
pub fn open_named_key(
    config: &Config,
    name: &str,
    hash: Option<Hash>,
    person: &dyn PinSource,
) -> Result<Box<dyn RawSigner>, Error> {
    let keys = config.signing.as_ref();
    let key = keys.and_then(|signing| signing.key(name));
    let mut key = key.ok_or(JourneyError::NoKey)?.clone();
    key.hash = hash.or(key.hash);
    Ok(keys::open(&key, person)?)
}

/// `record.json`, or another description in the object, as text: indented, for people in thirty years.
#[must_use]
pub fn to_json(description: &impl Serialize) -> Vec<u8> {
    // Plain data with text keys: serialising it cannot fail.
    serde_json::to_vec_pretty(description).unwrap_or_default()
}

/// Where an original lies inside the object: `original/0001.jpg`. The dropped name may hold anything,
/// so only a plain ending is taken from it.
#[must_use]
pub fn stored_as(number: usize, file: &ClaimedFile) -> String {
    let ending = file
        .dropped_as
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .filter(|ending| {
            (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric())
        })
        .unwrap_or_else(|| "bin".to_owned());
    format!("original/{:04}.{ending}", number + 1)
}

/// One digest over all originals in order: the file's own for a single file, else that of the
/// digests' text, one a line; a document that has only some of their pages adds a line that names them.
#[must_use]
pub fn content_digest(batch: &ScanBatch) -> Sha256Digest {
    match (batch.files.as_slice(), &batch.selection) {
        ([only], None) => only.digests.sha256,
        (files, selection) => {
            let mut lines: String = files
                .iter()
                .map(|file| format!("{}\n", file.digests.sha256))
                .collect();
            if let Some(pages) = selection {
                let numbers: Vec<String> = pages.iter().map(ToString::to_string).collect();
                lines.push_str(&format!("pages {}\n", numbers.join(" ")));
            }
            Sha256Digest::of(lines.as_bytes())
        }
    }
}

/// All that `record.json` is made of.
pub struct Made<'a> {
    /// What was claimed.
    pub batch: &'a ScanBatch,
    /// The configuration in force.
    pub config: &'a Config,
    /// What is known of it.
    pub known: Known,
    /// The document.
    pub document: &'a PdfaDocument,
    /// The same, signed.
    pub sealed: Sealed,
    /// Whether the object has the pages' text.
    pub text: bool,
    /// What a person should see although all is well.
    pub remarks: Vec<String>,
}

/// The whole of `record.json`.
#[must_use]
pub fn record(made: Made<'_>, archived: Timestamp) -> RecordDescription {
    let Made {
        batch,
        config,
        known,
        document,
        sealed,
        text,
        mut remarks,
    } = made;
    remarks.extend(sealed.remarks);
    let settled = known.settled;
    RecordDescription {
        format: RecordDescription::FORMAT.to_owned(),
        record: batch.record,
        archived,
        claimed: batch.claimed,
        station: batch.station.clone(),
        profile: batch.profile.name.clone(),
        citizen: settled.citizen,
        citizen_sources: settled.citizen_sources,
        aliases: settled.aliases,
        candidates: settled.candidates,
        dossier: settled.dossier,
        kind: settled.kind,
        title: batch.slip.title.clone(),
        copy_form: config.copy_form,
        agency: config.agency.name.clone(),
        converter: CONVERTER.to_owned(),
        conformance: document.conformance.as_str().to_owned(),
        document: DOCUMENT.to_owned(),
        document_bytes: sealed.digests.bytes,
        document_sha256: sealed.digests.sha256,
        content_sha256: content_digest(batch),
        originals: batch
            .files
            .iter()
            .enumerate()
            .map(|(n, file)| original(n, file))
            .collect(),
        pages: document.pages.clone(),
        left_out: settled.left_out,
        divided_from: batch
            .origin
            .as_ref()
            .map(|origin| origin.divided_from.clone())
            .unwrap_or_default(),
        text: text.then(|| TEXT.to_owned()),
        fields: known.fields,
        decisions: known.decisions,
        signatures: sealed.signatures,
        original_signatures: known.signed_originals.signatures,
        rendition_of: known.signed_originals.rendition_of,
        remarks,
    }
}

/// Who said whose paper it is: a file or folder of the station, or the operator of `ingest`.
#[must_use]
pub fn source_of_slip(taking: Taking) -> Source {
    match taking {
        Taking::Moved => Source::Slip,
        Taking::Copied => Source::Operator,
    }
}

fn original(number: usize, file: &ClaimedFile) -> OriginalFile {
    OriginalFile {
        dropped_as: file.dropped_as.clone(),
        stored_as: stored_as(number, file),
        bytes: file.digests.bytes,
        sha256: file.digests.sha256,
        modified: file.modified,
    }
}

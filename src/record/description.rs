//! `record.json`: what the archive knows of a record, enough to rebuild the index from it alone.
//!
//! The only place beside the index where a citizen ID is written in full.

use serde::{Deserialize, Serialize};

use super::{
    Candidate, CitizenId, Confidence, DecisionRecord, DocumentKind, DossierCode, Field,
    LeftOutPage, OriginalSignature, PageReading, RecordId, RenderDoubt, Sha256Digest, SignerRole,
    Source, StationName,
};

/// The form of the copy, printed in the visible signature and kept in XMP (NĐ 30/2020 Đ25; NĐ 45/2020).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyForm {
    /// Full copy of an original, made by digitising and signing it.
    SaoY,
    /// Copy of a `SAO Y`.
    SaoLuc,
    /// Extract.
    TrichSao,
    /// A scan attested by the counter's officer, not a copy in the sense of NĐ 30/2020.
    ScanAttested,
}

impl CopyForm {
    /// The words of the law, as they are printed.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            CopyForm::SaoY => "SAO Y",
            CopyForm::SaoLuc => "SAO LỤC",
            CopyForm::TrichSao => "TRÍCH SAO",
            CopyForm::ScanAttested => "BẢN SỐ HÓA",
        }
    }
}

/// One file as the station dropped it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalFile {
    /// Name as dropped, with its sub-folders, `/` between them; bytes that are not UTF-8 appear as U+FFFD.
    pub dropped_as: String,
    /// Logical path inside the archived object, e.g. `original/0001.jpg`.
    pub stored_as: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Digest of the file.
    pub sha256: Sha256Digest,
    /// When the station last wrote it (file time), ISO 8601 UTC.
    pub modified: jiff::Timestamp,
}

/// What happened to a page's pixels between the scan and the PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageTreatment {
    /// The scanner's own compressed bytes are in the PDF, unchanged.
    PassedThrough,
    /// Decoded and compressed again without loss.
    Recompressed,
    /// Converted to another colour space or precision, so pixels changed.
    Converted,
    /// The incoming PDF is PDF/A-2 already; its page is in the document as it came.
    Kept,
    /// The PDF page's own text and drawing, without what PDF/A forbids.
    Sanitised,
    /// Drawn from a PDF page as a picture.
    Rendered,
}

/// One page of the document, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageRecord {
    /// Index into [`RecordDescription::originals`].
    pub original: usize,
    /// Page (or image) number inside that file, from 0.
    pub original_page: usize,
    /// Pixels across and down, as stored (before `rotation`).
    pub width_px: u32,
    /// See `width_px`.
    pub height_px: u32,
    /// Dots an inch across.
    pub dpi_x: f64,
    /// Dots an inch down.
    pub dpi_y: f64,
    /// Where the resolution came from: `file`, `profile`, `paper-size`; `nominal` for a page of text and drawing,
    /// which has no pixels.
    pub dpi_source: String,
    /// Clockwise turn for display, degrees: 0, 90, 180, 270.
    pub rotation: u16,
    /// What was done to the pixels.
    pub treatment: PageTreatment,
    /// Why it was not passed through, in English; empty when it was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub treatment_reason: String,
    /// Digest of the image stream as embedded (the JPEG file itself when passed through), of the expanded content
    /// stream of a sanitised page, of the whole original where it is kept.
    pub stream_sha256: Sha256Digest,
    /// How reading it ended.
    #[serde(default)]
    pub reading: PageReading,
    /// Mean confidence of its words; absent without words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What spoke against a rendered page; a person approved it all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<RenderDoubt>,
}

/// A signature as made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureRecord {
    /// Name of the signature field.
    pub field: String,
    /// PAdES level reached, e.g. `B-B`.
    pub level: String,
    /// Algorithm, e.g. `RSASSA-PSS-SHA256`.
    pub algorithm: String,
    /// Subject of the signing certificate (RFC 4514 text).
    pub signer: String,
    /// SHA-256 of the DER certificate.
    pub certificate_sha256: Sha256Digest,
    /// Claimed time of signing, as printed.
    pub claimed_time: String,
    /// How the signature differs from what the rules prefer, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<Deviation>,
    /// In what capacity its signer signed; absent in old records, where it was the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<SignerRole>,
}

/// How a signature differs from what TT 15/2025/TT-BKHCN Phụ lục I asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviation {
    /// The token or service offers no RSASSA-PSS: RSASSA-PKCS1-v1_5 was used.
    PssNotOffered,
}

/// Everything about one record. Field names are part of the archive's format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordDescription {
    /// `sohoa-record/1`.
    pub format: String,
    /// Identity, also the OCFL object's.
    pub record: RecordId,
    /// When it was archived, ISO 8601 UTC.
    pub archived: jiff::Timestamp,
    /// When the daemon claimed the files.
    pub claimed: jiff::Timestamp,
    /// Where it came from.
    pub station: StationName,
    /// The scanner profile in force.
    pub profile: String,
    /// Whose paper it is, where known.
    pub citizen: Option<CitizenId>,
    /// What names `citizen`, the most trustworthy first; OCR only where it confirms another.
    #[serde(default)]
    pub citizen_sources: Vec<Source>,
    /// Former numbers of `citizen`, from the code of their card or from a person.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Whom it may belong to, where nothing certain says so; a person chooses.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
    /// The dossier it was handed in for, where known.
    pub dossier: Option<DossierCode>,
    /// What kind of paper, where known.
    pub kind: Option<DocumentKind>,
    /// A human title, where given.
    pub title: Option<String>,
    /// The form of the copy.
    pub copy_form: CopyForm,
    /// The agency that converted it from paper.
    pub agency: String,
    /// Conversion mark (Luật GDĐT 2023 Đ12): which program converted it.
    pub converter: String,
    /// PDF/A part and level of the document, e.g. `PDF/A-2b`.
    pub conformance: String,
    /// The document inside the object: `document.pdf`.
    pub document: String,
    /// Length of the signed document.
    pub document_bytes: u64,
    /// Digest of the signed document.
    pub document_sha256: Sha256Digest,
    /// One digest over all originals in order; equal content has an equal digest.
    pub content_sha256: Sha256Digest,
    /// The files as dropped.
    pub originals: Vec<OriginalFile>,
    /// The pages, in order.
    pub pages: Vec<PageRecord>,
    /// Pages of the originals that are no pages of the document, and why.
    #[serde(default)]
    pub left_out: Vec<LeftOutPage>,
    /// The claimed batches that it was divided from, or put together of; empty for most.
    #[serde(default)]
    pub divided_from: Vec<RecordId>,
    /// The text of the pages inside the object, `text.txt`; absent as long as no page has text.
    #[serde(default)]
    pub text: Option<String>,
    /// What the pages say, each value with its source.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// What people decided, oldest first.
    #[serde(default)]
    pub decisions: Vec<DecisionRecord>,
    /// The signatures on the document, in the order in which they were made.
    pub signatures: Vec<SignatureRecord>,
    /// The signatures that the originals carry; the document has none of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub original_signatures: Vec<OriginalSignature>,
    /// The signed originals that the document only shows: they are what was signed, the document is a rendition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rendition_of: Vec<Sha256Digest>,
    /// Remarks that a person should see (unusual resolution, certificate about to expire).
    #[serde(default)]
    pub remarks: Vec<String>,
}

impl RecordDescription {
    /// The value of `format` that this program writes.
    pub const FORMAT: &'static str = "sohoa-record/1";
}

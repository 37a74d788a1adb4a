//! From what the stages made to what the record says of itself: `record.json`, XMP, the visible text.

use jiff::Timestamp;

use crate::capture::{ClaimedFile, ScanBatch, Taking};
use crate::compose::{PdfaDocument, PdfaMetadata};
use crate::config::{Config, SigningConfig};
use crate::read_back::SignatureFacts;
use crate::read_back::raster::NotCompared;
use crate::record::{CopyForm, OriginalFile, RecordDescription, RecordId, Sha256Digest, Source};
use crate::sign::{Appearance, RsaPadding, SignError, SignedDocument, SoftwareKey};

/// The signed PDF inside an object.
pub const DOCUMENT: &str = "document.pdf";

/// The record's description inside an object.
pub const DESCRIPTION: &str = "record.json";

/// Conversion mark: the program and its version.
pub const CONVERTER: &str = concat!("sohoa ", env!("CARGO_PKG_VERSION"));

/// What goes into XMP. Without a title from a person, the kind or the dossier names the document.
#[must_use]
pub fn metadata<'a>(
    batch: &'a ScanBatch,
    config: &'a Config,
    converted: Timestamp,
) -> PdfaMetadata<'a> {
    PdfaMetadata {
        record: batch.record,
        title: batch.slip.title.as_deref().unwrap_or("Tài liệu số hóa"),
        dossier: batch.slip.dossier.as_ref(),
        kind: batch.slip.kind.as_ref(),
        copy_form: config.copy_form,
        agency: &config.agency.name,
        converter: CONVERTER,
        converted,
    }
}

/// XMP for a document that belongs to no office: `sohoa normalise`.
#[must_use]
pub fn bare_metadata(record: RecordId, title: &str, converted: Timestamp) -> PdfaMetadata<'_> {
    PdfaMetadata {
        record,
        title,
        dossier: None,
        kind: None,
        copy_form: CopyForm::ScanAttested,
        agency: "",
        converter: CONVERTER,
        converted,
    }
}

/// The text at the top right of page 1 (NĐ 30/2020 Phụ lục I, Phần II.I.3).
#[must_use]
pub fn appearance(config: &Config) -> Appearance<'_> {
    Appearance {
        copy_form: config.copy_form,
        agency: &config.agency.name,
    }
}

/// Opens the configured key; RSA signs with PSS (TT 15/2025/TT-BKHCN Phụ lục I).
///
/// # Errors
/// [`SignError`]: the file, its passphrase, or what is in it.
pub fn open_key(signing: &SigningConfig) -> Result<SoftwareKey, SignError> {
    SoftwareKey::open(&signing.key, &signing.passphrase, RsaPadding::Pss)
}

/// `record.json` as text: indented, for people in thirty years.
#[must_use]
pub fn to_json(description: &RecordDescription) -> Vec<u8> {
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
/// digests' text, one a line.
#[must_use]
pub fn content_digest(batch: &ScanBatch) -> Sha256Digest {
    match batch.files.as_slice() {
        [only] => only.digests.sha256,
        files => {
            let lines: String = files
                .iter()
                .map(|file| format!("{}\n", file.digests.sha256))
                .collect();
            Sha256Digest::of(lines.as_bytes())
        }
    }
}

/// The whole of `record.json`.
#[must_use]
pub fn record(
    batch: &ScanBatch,
    taking: Taking,
    config: &Config,
    document: &PdfaDocument,
    signed: &SignedDocument,
    remarks: Vec<String>,
    archived: Timestamp,
) -> RecordDescription {
    RecordDescription {
        format: RecordDescription::FORMAT.to_owned(),
        record: batch.record,
        archived,
        claimed: batch.claimed,
        station: batch.station.clone(),
        profile: batch.profile.name.clone(),
        citizen: batch.slip.citizen.clone(),
        citizen_sources: batch
            .slip
            .citizen
            .iter()
            .map(|_| source_of_slip(taking))
            .collect(),
        aliases: Vec::new(),
        candidates: Vec::new(),
        dossier: batch.slip.dossier.clone(),
        kind: batch.slip.kind.clone(),
        title: batch.slip.title.clone(),
        copy_form: config.copy_form,
        agency: config.agency.name.clone(),
        converter: CONVERTER.to_owned(),
        conformance: document.conformance.as_str().to_owned(),
        document: DOCUMENT.to_owned(),
        document_bytes: signed.digests.bytes,
        document_sha256: signed.digests.sha256,
        content_sha256: content_digest(batch),
        originals: batch
            .files
            .iter()
            .enumerate()
            .map(|(n, file)| original(n, file))
            .collect(),
        pages: document.pages.clone(),
        left_out: Vec::new(),
        divided_from: None,
        text: None,
        fields: Vec::new(),
        decisions: Vec::new(),
        signatures: vec![signed.signature.clone()],
        remarks,
    }
}

/// Who said whose paper it is: a file or folder of the station, or the operator of `ingest`.
fn source_of_slip(taking: Taking) -> Source {
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

/// What a person at the station should see although the document was taken.
#[must_use]
pub fn remarks(
    batch: &ScanBatch,
    config: &Config,
    document: &PdfaDocument,
    facts: &SignatureFacts,
    not_compared: &[NotCompared],
) -> Vec<String> {
    let mut remarks = Vec::new();
    let lowest = f64::from(batch.profile.image.lowest_dpi);
    let coarse = document
        .pages
        .iter()
        .filter(|page| page.dpi_x.min(page.dpi_y) < lowest - 1.0)
        .count();
    if coarse > 0 {
        remarks.push(format!(
            "{coarse} trang dưới {lowest} dpi / pages below {lowest} dpi"
        ));
    }
    if let Some(warning_days) = config
        .signing
        .as_ref()
        .map(|signing| signing.expiry_warning_days)
        && facts.days_left < i64::from(warning_days)
    {
        remarks.push(format!(
            "chứng thư còn {0} ngày / certificate ends in {0} days",
            facts.days_left
        ));
    }
    remarks.extend(not_compared_remark(not_compared));
    remarks
}

/// One remark for all pages whose pixels only one decoder has seen.
fn not_compared_remark(pages: &[NotCompared]) -> Option<String> {
    let NotCompared { page, why } = pages.first()?;
    let count = pages.len();
    Some(format!(
        "{count} trang chưa được đối chiếu bằng bộ giải mã khác / \
         pages not compared with another decoder: {count} (page {page}: {why})"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_not_compared_make_one_remark() {
        assert_eq!(not_compared_remark(&[]), None);
        let pages = [3, 7].map(|page| NotCompared {
            page,
            why: "CCITT G3".to_owned(),
        });
        assert_eq!(
            not_compared_remark(&pages).as_deref(),
            Some(
                "2 trang chưa được đối chiếu bằng bộ giải mã khác / \
                 pages not compared with another decoder: 2 (page 3: CCITT G3)"
            )
        );
    }
}

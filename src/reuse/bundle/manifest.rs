//! `manifest.json` of a bundle: what is in it, by which digests, and what is known of each signature.
//!
//! Citizens' numbers are masked: who is meant, the documents themselves say.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::super::checklist::PaperDate;
use super::super::procedure::ProcedureCode;
use super::{Chosen, Order};
use crate::record::{
    CopyForm, DocumentKind, DossierCode, Lang, RecordId, Sha256Digest, Sha512Digest,
    SignatureRecord,
};

/// The whole manifest. Field names are part of the format.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// `sohoa-bundle/1`.
    pub format: &'static str,
    /// The bundle's number.
    pub bundle: RecordId,
    /// When it was made, ISO 8601 UTC.
    pub made: Timestamp,
    /// Who made it.
    pub by: String,
    /// For which agency.
    pub agency: String,
    /// Program and version.
    pub program: String,
    /// The dossier that it is for.
    pub dossier: DossierCode,
    /// The day on which that was received.
    pub received: Date,
    /// The procedure.
    pub procedure: ProcedureCode,
    /// Its name.
    pub procedure_name: String,
    /// First day of the version that binds the dossier.
    pub procedure_from: Date,
    /// The records, in the order chosen.
    pub records: Vec<ManifestRecord>,
    /// The cover page.
    pub cover: Option<ManifestFile>,
}

/// A file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestFile {
    /// Its name.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256Digest,
    /// Its digest.
    pub sha512: Sha512Digest,
}

/// A record of the bundle.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestRecord {
    /// Its number in the archive.
    pub record: RecordId,
    /// Whose it is, masked.
    pub citizen: String,
    /// Its kind.
    pub kind: Option<DocumentKind>,
    /// What people call that kind.
    pub kind_name: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The dossier that it once came with.
    pub from_dossier: Option<DossierCode>,
    /// The day of the paper.
    pub date: PaperDate,
    /// When it was archived, ISO 8601 UTC.
    pub archived: Timestamp,
    /// The form of the copy.
    pub copy_form: CopyForm,
    /// PDF/A part and level.
    pub conformance: String,
    /// Pages.
    pub pages: usize,
    /// For which required paper it stands; absent where the procedure asks for no such paper.
    pub paper: Option<String>,
    /// How it stands: `valid`, `in-doubt`, `void`, `expired`, `superseded`.
    pub standing: Option<&'static str>,
    /// Vietnamese and English: why it stands so.
    pub explanation: [String; 2],
    /// The signed PDF.
    pub document: ManifestFile,
    /// The signed files that the PDF only shows.
    pub originals: Vec<ManifestFile>,
    /// What was found of the office's signature when the bundle was made.
    pub signature: ManifestSignature,
    /// The signatures as they were made.
    pub signatures: Vec<SignatureRecord>,
    /// Proof that the record is in the ledger; `null` without a ledger.
    pub proof: Option<ManifestFile>,
}

/// What the check of a signature found. The path to a root and revocation were not asked.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestSignature {
    /// `intact`: it is over all of the document, and its value holds. Others are not put into bundles.
    pub verdict: &'static str,
    /// Name of the field.
    pub field: String,
    /// Algorithm.
    pub algorithm: String,
    /// Subject of the certificate.
    pub signer: String,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Sha256Digest,
    /// Start of the certificate's validity.
    pub not_before: Timestamp,
    /// End of the certificate's validity.
    pub not_after: Timestamp,
}

impl Manifest {
    /// The value of `format` that this program writes.
    pub const FORMAT: &'static str = "sohoa-bundle/1";

    pub(super) fn of(order: &Order<'_>, records: Vec<ManifestRecord>) -> Self {
        Self {
            format: Self::FORMAT,
            bundle: order.number,
            made: order.at,
            by: order.by.to_owned(),
            agency: order.agency.to_owned(),
            program: order.program.to_owned(),
            dossier: order.dossier.clone(),
            received: order.received,
            procedure: order.procedure.code.clone(),
            procedure_name: order.procedure.name.clone(),
            procedure_from: order.procedure.from,
            records,
            cover: None,
        }
    }

    /// Every file that the manifest names.
    pub(super) fn files(&self) -> impl Iterator<Item = &ManifestFile> {
        let of_records = self.records.iter().flat_map(|record| {
            std::iter::once(&record.document)
                .chain(&record.originals)
                .chain(&record.proof)
        });
        of_records.chain(&self.cover)
    }
}

impl ManifestRecord {
    pub(super) fn of(
        order: &Order<'_>,
        chosen: &Chosen,
        document: ManifestFile,
        originals: Vec<ManifestFile>,
    ) -> Self {
        let description = &chosen.description;
        let facts = &chosen.signature;
        let kind = description.kind.clone();
        Self {
            record: chosen.record(),
            citizen: chosen.citizen.to_string(),
            kind_name: kind
                .as_ref()
                .map(|kind| order.catalogue.kind_name(kind).to_owned()),
            kind,
            title: description.title.clone(),
            from_dossier: description.dossier.clone(),
            date: chosen.date,
            archived: description.archived,
            copy_form: description.copy_form,
            conformance: description.conformance.clone(),
            pages: description.pages.len(),
            paper: chosen.purpose.as_ref().map(|(paper, _)| paper.clone()),
            standing: chosen.purpose.as_ref().map(|(_, standing)| standing.code()),
            explanation: [Lang::Vi, Lang::En].map(|lang| explanation(chosen, lang)),
            document,
            originals,
            signature: ManifestSignature {
                verdict: "intact",
                field: facts.field.clone(),
                algorithm: facts.algorithm.clone(),
                signer: facts.subject.clone(),
                certificate_sha256: facts.certificate_sha256,
                not_before: facts.not_before,
                not_after: facts.not_after,
            },
            signatures: description.signatures.clone(),
            proof: None,
        }
    }
}

fn explanation(chosen: &Chosen, lang: Lang) -> String {
    match &chosen.purpose {
        Some((_, standing)) => standing.text(lang),
        None => lang
            .pick(
                "thủ tục không yêu cầu loại giấy này",
                "the procedure asks for no such paper",
            )
            .to_owned(),
    }
}

//! Originals that come signed: what their signatures are worth, judged once when they come in.
//!
//! A file whose signature does not hold waits for a person, who returns or accepts it (NĐ 30/2020/NĐ-CP Đ21.2).
//! One that cannot be decided (no root of its authority is installed, nobody tells whether its certificate is
//! revoked) is taken in, and the record says so. The whole report is archived beside the file. Nothing is fetched,
//! and the original is never changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{ArchiveError, StagedObject};
use crate::capture::ScanBatch;
use crate::describe;
use crate::pages::Scans;
use crate::record::{Explain, OriginalSignature, OriginalValidation, Sha256Digest};
use crate::validate::report::{Report, SignatureReport};
use crate::validate::{Indication, Validator};
use crate::worklist::PlannedPage;

/// Folder of the reports inside an object.
const FOLDER: &str = "validation";

/// The signed files of a batch, judged.
#[derive(Debug, Default)]
pub struct SignedOriginals {
    /// What their signatures say, and what was said about them.
    pub signatures: Vec<OriginalSignature>,
    /// Digests of those that the document shows pages of: it is their rendition.
    pub rendition_of: Vec<Sha256Digest>,
    /// By the file's place in the batch.
    reports: BTreeMap<usize, Report>,
}

impl SignedOriginals {
    /// Judges each signed file of a batch, if there is one. One that cannot be judged stays `not-validated`.
    ///
    /// # Errors
    /// There is no validator.
    pub fn judge<E>(
        batch: &ScanBatch,
        scans: &Scans,
        validator: impl FnOnce() -> Result<Validator, E>,
    ) -> Result<Self, E> {
        let mut signatures = scans.signatures();
        if signatures.is_empty() {
            return Ok(Self::default());
        }
        let validator = validator()?;
        let signed: BTreeSet<usize> = signatures.iter().map(|found| found.original).collect();
        let mut reports = BTreeMap::new();
        for (number, file) in batch.files.iter().enumerate() {
            if !signed.contains(&number) {
                continue;
            }
            match validator.validate(&file.path) {
                Ok(mut report) => {
                    report.file = describe::stored_as(number, file);
                    reports.insert(number, report);
                }
                Err(error) => {
                    let code = error.code();
                    tracing::warn!(code, number, "a signed original was not judged");
                }
            }
        }
        for found in &mut signatures {
            let Some(report) = reports.get(&found.original) else {
                continue;
            };
            let described = &mut found.signature;
            let same = |one: &&SignatureReport| {
                one.field == described.field && Some(one.signed_bytes) == described.revision_end
            };
            if let Some(judged) = report.signatures.iter().find(same) {
                described.validation = match judged.indication {
                    Indication::TotalPassed => OriginalValidation::TotalPassed,
                    Indication::Indeterminate => OriginalValidation::Indeterminate,
                    Indication::TotalFailed => OriginalValidation::TotalFailed,
                };
                described.sub_indication = judged.sub_indication.map(|sub| sub.as_str().to_owned());
            }
        }
        Ok(Self {
            signatures,
            rendition_of: Vec::new(),
            reports,
        })
    }

    /// The files, from 0, that are not what was signed, or not signed by whom they say.
    #[must_use]
    pub fn failed(&self) -> Vec<usize> {
        let failed = |report: &Report| report.indication == Some(Indication::TotalFailed);
        let reports = self.reports.iter();
        reports
            .filter(|(_, report)| failed(report))
            .map(|(file, _)| *file)
            .collect()
    }

    /// With the digests of the files that pages of the document come from.
    #[must_use]
    pub fn shown_by(self, batch: &ScanBatch, scans: &Scans, pages: &[PlannedPage]) -> Self {
        let file_of = |page: &PlannedPage| scans.source_of(page.number).map(|(file, _)| file);
        let shown: BTreeSet<usize> = pages.iter().filter_map(file_of).collect();
        let is_signed = |file: &usize| self.signatures.iter().any(|found| found.original == *file);
        let signed = shown.into_iter().filter(is_signed);
        let digest = |file: usize| Some(batch.files.get(file)?.digests.sha256);
        let rendition_of = signed.filter_map(digest).collect();
        Self {
            rendition_of,
            ..self
        }
    }

    /// Puts the reports into the object, `validation/0001.json` for the first file.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep(&self, object: &mut StagedObject<'_>) -> Result<(), ArchiveError> {
        for (file, report) in &self.reports {
            let logical = format!("{FOLDER}/{:04}.json", file + 1);
            object.write(&logical, &describe::to_json(report))?;
        }
        Ok(())
    }
}

//! What is asked of a document beyond its digests: PDF/A before it is archived; structure, page images and
//! signature by `verify`, read by other code than wrote them.

use std::path::Path;

use crate::archive::ArchivedObject;
use crate::config::Limits;
use crate::error::{Error, JourneyError};
use crate::pages;
use crate::read_back;
use crate::record::{Explain, Finding, FindingCode, Lang, RecordDescription};
use crate::validate::report::Report;
use crate::validate::{Indication, SubIndication, Validator};

/// Our own check of PDF/A on a finished document, signed or not (`crate::pdfa`): no file is archived that
/// breaks a clause known to us.
///
/// # Errors
/// [`JourneyError::NotPdfA`]; the file cannot be read.
pub fn require_pdfa(document: &Path, limits: &Limits) -> Result<(), Error> {
    let broken = pages::check_document(document, limits)?;
    match broken.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(JourneyError::NotPdfA { first }.into()),
    }
}

/// Findings on a record's signed document; empty where everything holds. What cannot be read at this
/// moment is `UNREADABLE`, neither good nor bad.
#[must_use]
pub fn check_document(
    object: &ArchivedObject,
    description: &RecordDescription,
    validator: &Validator,
) -> Vec<Finding> {
    let Some(document) = object.content_path(&description.document) else {
        return Vec::new();
    };
    let finding = |code: FindingCode, error: &dyn Explain| Finding {
        code: if error.is_retryable() {
            FindingCode::Unreadable
        } else {
            code
        },
        record: Some(object.record()),
        path: Some(description.document.clone()),
        detail: error.message(Lang::En),
    };
    let structure = read_back::structure::check(&document, &description.pages)
        .err()
        .map(|error| finding(FindingCode::DocumentInvalid, &error));
    let recorded = &description.signatures;
    let at = description.archived;
    let signature = read_back::signature::check_recorded(&document, recorded, at)
        .err()
        .map(|error| finding(FindingCode::SignatureInvalid, &error));
    // What fails the one reading of the signatures is not asked the other.
    let validation = match signature {
        Some(_) => None,
        None => match validator.validate(&document) {
            Ok(report) => failed(&report).map(|detail| Finding {
                code: FindingCode::SignatureInvalid,
                record: Some(object.record()),
                path: Some(description.document.clone()),
                detail,
            }),
            Err(error) => Some(finding(FindingCode::SignatureInvalid, &error)),
        },
    };
    structure
        .into_iter()
        .chain(signature)
        .chain(validation)
        .collect()
}

/// Why signatures fail, in codes: a report names persons, a finding nobody. What cannot be decided, for want of
/// a root or of revocation data, is no finding: the record was archived with that remark.
fn failed(report: &Report) -> Option<String> {
    if report.indication != Some(Indication::TotalFailed) {
        return None;
    }
    let of_signatures = report.signatures.iter().flat_map(|signature| {
        let changes = signature.forbidden_changes.iter();
        changes.chain(&signature.findings)
    });
    let mut codes: Vec<&str> = report
        .findings
        .iter()
        .chain(of_signatures)
        .map(|remark| remark.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let sub = report.sub_indication.map_or("", SubIndication::as_str);
    Some(format!("validation: {sub} ({})", codes.join(", ")))
}

//! What is asked of a document beyond its digests: PDF/A and its signatures before it is archived; structure,
//! page images and signatures by `verify`, read by other code than wrote them.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::archive::ArchivedObject;
use crate::config::{Config, Limits};
use crate::error::{Error, JourneyError};
use crate::pages;
use crate::read_back::{self, Streams};
use crate::record::{Explain, Finding, FindingCode, Lang, RecordDescription};
use crate::validate::report::Report;
use crate::validate::{Indication, Question, SubIndication, Validator};
use crate::verify::Vouched;

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

/// Every signature and timestamp of a finished document, judged as a court would (`crate::validate`): none is
/// archived that fails. What cannot be decided, for want of a root or of revocation data, is for its remarks.
///
/// # Errors
/// [`JourneyError::SealFails`]; the trust store or the file cannot be read.
pub fn require_valid(document: &Path, config: &Config, now: Timestamp) -> Result<(), Error> {
    let unreadable = |source| JourneyError::Io {
        path: document.to_owned(),
        source,
    };
    let bytes = fs::metadata(document).map_err(unreadable)?.len();
    let limits = config.limits.admitting(bytes);
    let validator = Validator::of_office(&config.trust, limits, Question::at(now))?;
    let failing = match validator.validate(document) {
        Ok(report) => failed(&report),
        Err(error) if error.is_retryable() => return Err(error.into()),
        Err(error) => Some(error.code().to_owned()),
    };
    match failing {
        None => Ok(()),
        Some(codes) => Err(JourneyError::SealFails { codes }.into()),
    }
}

/// Findings on a record's signed document; empty where everything holds. What cannot be read at this
/// moment is `UNREADABLE`, neither good nor bad. Of a document that the ledger vouches for the bytes are not digested
/// for each reader anew: its whole digest and the validation do that.
#[must_use]
pub fn check_document(
    object: &ArchivedObject,
    description: &RecordDescription,
    validator: &Validator,
    vouched: Vouched,
) -> Vec<Finding> {
    let streams = match vouched {
        Vouched::ByLedger => Streams::Proven,
        Vouched::ByNobody => Streams::Digested,
    };
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
    let structure = read_back::structure::check(&document, &description.pages, streams)
        .err()
        .map(|error| finding(FindingCode::DocumentInvalid, &error));
    let recorded = &description.signatures;
    let at = description.archived;
    let signature = read_back::signature::check_recorded(&document, recorded, at, streams)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::test_support::{Desk, Sample, bytes_of, now, quick_key, visible};

    fn config(desk: &Desk) -> Config {
        let text = "[agency]\nname = \"UBND xã Thử Nghiệm\"\n[limits]\npdf_mib = 1\n";
        Config::load(&desk.put("sohoa.toml", text.as_bytes())).expect("valid")
    }

    #[test]
    fn a_seal_is_judged_before_it_is_archived() {
        let desk = Desk::new();
        let config = config(&desk);
        let padding = format!("<</Padding({})>>", "x".repeat(1_200_000));
        let sample = Sample {
            objects: &[&padding],
            ..Sample::default()
        };
        let signed = desk.sign(&sample.pdf(), &quick_key(), &visible());
        let signed = signed.expect("signed").path;
        // Its chain leads to no root, and it is longer than what may come in: neither is its fault.
        require_valid(&signed, &config, now()).expect("it holds");

        let mut bytes = bytes_of(&signed);
        let place = bytes.len() / 2;
        bytes[place] ^= 1;
        let error = require_valid(&desk.put("flipped.pdf", &bytes), &config, now());
        let error = error.expect_err("it was changed");
        assert_eq!(error.code(), "journey.seal_fails");
        assert!(error.is_retryable(), "the document waits, whole");
        assert!(error.to_string().contains("HASH_FAILURE"), "{error}");

        bytes.truncate(place);
        let error = require_valid(&desk.put("cut.pdf", &bytes), &config, now());
        assert_eq!(error.expect_err("half").code(), "journey.seal_fails");
    }
}

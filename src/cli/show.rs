//! `sohoa show`: everything about one record, from the archive itself.

use jiff::Timestamp;
use serde::Serialize;

use super::arguments::Show;
use super::asking::{keep, look};
use super::get::object_of;
use super::output::Output;
use crate::access::EventKind;
use crate::archive::ArchivedObject;
use crate::config::Config;
use crate::describe;
use crate::error::Error;
use crate::record::{
    Clock, ExitCode, OriginalValidation, RecordDescription, SignerRole, SystemClock, vietnam_time,
};
use crate::sign::augment::inspect;

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    description: &'a RecordDescription,
    folder: String,
    /// What its document proves now; absent where it cannot be read.
    proof: Option<ProofNow>,
}

#[derive(Serialize)]
struct ProofNow {
    level: &'static str,
    until: Timestamp,
    days_left: i64,
}

/// Read from the document itself: `record.json` says what was reached when it was written.
fn proof_of(object: &ArchivedObject) -> Option<ProofNow> {
    let proof = inspect(&object.content_path(describe::DOCUMENT)?).ok()?;
    Some(ProofNow {
        level: proof.level.as_str(),
        until: proof.until,
        days_left: proof.days_left(SystemClock.now()),
    })
}

pub(super) fn run(arguments: &Show, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let object = object_of(arguments.record, config)?;
    let description = object.description()?;
    let mut event = look(EventKind::View, &arguments.looking);
    let candidates = description.candidates.iter().map(|it| &it.citizen);
    let shown = description.citizen.iter().chain(candidates);
    event.citizens = shown.cloned().collect();
    event.records.push(description.record);
    keep(&event, config)?;
    let proof = proof_of(&object);
    let proven = proof.as_ref().map(|proof| {
        let until = vietnam_time(proof.until);
        (proof.level, until, proof.days_left)
    });
    output.object(&Shown {
        description: &description,
        folder: object.folder().display().to_string(),
        proof,
    });
    for (vi, en, value) in lines_of(&description) {
        output.say(&format!("{vi}: {value}"), &format!("{en}: {value}"));
    }
    if let Some((level, until, days)) = proven {
        output.say(
            &format!("Chứng minh được: {level}, đến {until} (còn {days} ngày)"),
            &format!("Provable: {level}, until {until} ({days} days left)"),
        );
    }
    let folder = object.folder().display();
    output.say(
        &format!("Trong kho: {folder}"),
        &format!("In the archive: {folder}"),
    );
    Ok(ExitCode::Ok)
}

fn lines_of(record: &RecordDescription) -> Vec<(&'static str, &'static str, String)> {
    let optional = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let mut lines = vec![
        ("Số bản ghi", "Record", record.record.to_string()),
        ("Tên", "Title", optional(record.title.clone())),
        (
            "Loại giấy tờ",
            "Kind",
            optional(record.kind.as_ref().map(ToString::to_string)),
        ),
        (
            "Mã hồ sơ",
            "Dossier",
            optional(record.dossier.as_ref().map(ToString::to_string)),
        ),
        (
            "Số định danh",
            "Citizen ID",
            optional(record.citizen.as_ref().map(|id| id.expose().to_owned())),
        ),
        ("Quầy", "Station", record.station.to_string()),
        ("Lưu lúc", "Archived", vietnam_time(record.archived)),
        (
            "Tài liệu",
            "Document",
            format!(
                "{}, {} B, {}",
                record.conformance, record.document_bytes, record.document_sha256
            ),
        ),
        ("Số trang", "Pages", record.pages.len().to_string()),
    ];
    for signature in &record.signatures {
        let text = format!(
            "{} {} {} {}",
            signature.level, signature.algorithm, signature.claimed_time, signature.signer
        );
        let (vi, en) = match signature.role {
            None => ("Chữ ký", "Signature"),
            Some(SignerRole::Officer) => ("Chữ ký của cán bộ", "Officer's signature"),
            Some(SignerRole::Authority) => {
                ("Chữ ký của người có thẩm quyền", "Authority's signature")
            }
            Some(SignerRole::Organisation) => ("Chữ ký của cơ quan", "Organisation's signature"),
        };
        lines.push((vi, en, text));
    }
    lines.extend(signed_originals(record));
    for original in &record.originals {
        let text = format!(
            "{} ({} B, SHA-256 {})",
            original.dropped_as, original.bytes, original.sha256
        );
        lines.push(("Bản gốc", "Original", text));
    }
    lines.extend(
        record
            .remarks
            .iter()
            .map(|remark| ("Lưu ý", "Note", remark.clone())),
    );
    lines
}

/// What the originals were signed with, none of it validated, and that the document is a rendition of them.
fn signed_originals(record: &RecordDescription) -> Vec<(&'static str, &'static str, String)> {
    let renditions = record.rendition_of.iter().map(|digest| {
        (
            "Bản thể hiện của tệp đã ký số",
            "Rendition of the signed file",
            format!("SHA-256 {digest}"),
        )
    });
    let signatures = record.original_signatures.iter().map(|original| {
        let signature = &original.signature;
        let said = |value: &Option<String>| printable(value.as_deref().unwrap_or("–"));
        let verdict = match signature.validation {
            OriginalValidation::NotValidated => "not validated",
            OriginalValidation::TotalPassed => "TOTAL-PASSED",
            OriginalValidation::Indeterminate => "INDETERMINATE",
            OriginalValidation::TotalFailed => "TOTAL-FAILED",
        };
        let text = format!(
            "{} {} {} {}: {verdict} {}",
            original.original + 1,
            said(&signature.sub_filter),
            said(&signature.claimed_time),
            said(&signature.signer),
            signature.sub_indication.as_deref().unwrap_or_default()
        );
        (
            "Chữ ký trên bản gốc",
            "Signature on the original",
            text.trim_end().to_owned(),
        )
    });
    renditions.chain(signatures).collect()
}

/// Without characters that would steer a terminal; a foreign certificate may hold anything.
fn printable(text: &str) -> String {
    let replaced = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    text.chars().map(replaced).collect()
}

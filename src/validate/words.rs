//! A report said to people: per signature what TT 15/2025/TT-BKHCN Đ6 asks to show, as rows of a name and what
//! it is. The same rows are on the screen and on paper.

use super::report::{Integrity, Remark, Report, SignatureKind, SignatureReport, Signer};
use super::verdict::{Indication, SubIndication};
use crate::record::{Lang, vietnam_time};

/// What a thing is called, and what it is.
pub type Row = (&'static str, String);

/// The verdict in one line: the word for people, the standard's words, and why.
#[must_use]
pub fn verdict(indication: Indication, why: Option<SubIndication>, lang: Lang) -> String {
    let (word, standard) = (indication.text(lang), indication.as_str());
    match why {
        None => format!("{word} ({standard})"),
        Some(sub) => {
            let (reason, code) = (sub.text(lang), sub.as_str());
            format!("{word}: {reason} ({standard} / {code})")
        }
    }
}

/// The verdict on a whole file.
#[must_use]
pub fn summary(report: &Report, lang: Lang) -> String {
    match report.indication {
        Some(indication) => verdict(indication, report.sub_indication, lang),
        None => lang
            .pick("không có chữ ký số", "there is no digital signature")
            .to_owned(),
    }
}

/// What a signature is called in a list.
#[must_use]
pub fn heading(number: usize, signature: &SignatureReport, lang: Lang) -> String {
    let kind = match signature.kind {
        SignatureKind::Signature => lang.pick("Chữ ký", "Signature"),
        SignatureKind::DocumentTimestamp => lang.pick("Dấu thời gian", "Timestamp"),
    };
    let field = &signature.field;
    format!("{kind} {number} ({field})")
}

/// Everything to be said about a signature.
#[must_use]
pub fn rows(signature: &SignatureReport, lang: Lang) -> Vec<Row> {
    let say = |vi: &'static str, en: &'static str| lang.pick(vi, en);
    let mut rows = vec![(
        say("Kết quả", "Result"),
        verdict(signature.indication, signature.sub_indication, lang),
    )];
    if let Some(signer) = &signature.signer {
        rows.extend(signer_rows(signer, lang));
    }
    rows.extend(time_rows(signature, lang));
    rows.push((
        say("Tính toàn vẹn", "Integrity"),
        integrity(signature, lang),
    ));
    rows.push((say("Phạm vi ký", "Coverage"), coverage(signature, lang)));
    let mut algorithm: Vec<&str> = signature.algorithm.iter().map(String::as_str).collect();
    algorithm.extend(signature.level);
    if !algorithm.is_empty() {
        rows.push((
            say("Thuật toán, mức", "Algorithm, level"),
            algorithm.join(", "),
        ));
    }
    let remarks = |label, remarks: &[Remark]| -> Vec<Row> {
        let text = |remark: &Remark| (label, remark.text(lang).to_owned());
        remarks.iter().map(text).collect()
    };
    rows.extend(remarks(
        say("Thay đổi bị cấm", "Forbidden change"),
        &signature.forbidden_changes,
    ));
    rows.extend(remarks(
        say("Thay đổi được phép", "Allowed change"),
        &signature.allowed_changes,
    ));
    rows.extend(remarks(say("Ghi chú", "Remark"), &signature.findings));
    rows
}

fn signer_rows(signer: &Signer, lang: Lang) -> Vec<Row> {
    let say = |vi: &'static str, en: &'static str| lang.pick(vi, en);
    let name = signer.name.as_ref().unwrap_or(&signer.subject);
    let mut rows = vec![(say("Người ký", "Signer"), name.clone())];
    if let Some(unit) = &signer.managing_unit {
        rows.push((say("Cơ quan quản lý", "Managing unit"), unit.clone()));
    }
    let (from, to) = (
        vietnam_time(signer.not_before),
        vietnam_time(signer.not_after),
    );
    let at_signing = match signer.valid_at_signing {
        Some(true) => say("còn hạn khi ký", "valid at signing"),
        Some(false) => say("hết hạn khi ký", "not valid at signing"),
        None => say("không rõ khi ký", "unknown at signing"),
    };
    rows.push((say("Tổ chức cấp", "Issuer"), signer.issuer.clone()));
    rows.push((
        say("Chứng thư", "Certificate"),
        format!("{from} – {to}, {at_signing}"),
    ));
    rows.push((say("Số sê-ri", "Serial number"), signer.serial.clone()));
    rows
}

fn time_rows(signature: &SignatureReport, lang: Lang) -> Vec<Row> {
    let say = |vi: &'static str, en: &'static str| lang.pick(vi, en);
    let mut rows = Vec::new();
    if let Some(claimed) = signature.claimed_time {
        let own = say("người ký tự khai", "as the signer says");
        let text = format!("{} ({own})", vietnam_time(claimed));
        rows.push((say("Thời gian ký", "Signing time"), text));
    }
    let proven = match (signature.proven_time, &signature.proven_by) {
        (Some(time), Some(by)) => format!("{} ({by})", vietnam_time(time)),
        (Some(time), None) => vietnam_time(time),
        (None, _) => say("chưa có", "none").to_owned(),
    };
    rows.push((say("Thời gian chứng minh", "Proven time"), proven));
    rows
}

fn integrity(signature: &SignatureReport, lang: Lang) -> String {
    let (vi, en) = match signature.integrity {
        Integrity::Intact if !signature.forbidden_changes.is_empty() => (
            "phần đã ký nguyên vẹn, nhưng tài liệu bị thay đổi sau khi ký",
            "what was signed is intact, but the document was changed afterwards",
        ),
        Integrity::Intact => ("nguyên vẹn", "intact"),
        Integrity::Broken => ("không nguyên vẹn", "broken"),
        Integrity::Unchecked => ("chưa kiểm tra được", "could not be checked"),
    };
    lang.pick(vi, en).to_owned()
}

fn coverage(signature: &SignatureReport, lang: Lang) -> String {
    if signature.covers_whole_file {
        return lang.pick("toàn bộ tệp", "the whole file").to_owned();
    }
    let bytes = signature.signed_bytes;
    match lang {
        Lang::Vi => format!("phiên bản đầu {bytes} byte của tệp"),
        Lang::En => format!("the revision that is the file's first {bytes} bytes"),
    }
}

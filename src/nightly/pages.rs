//! A night's report for people: a page of HTML, and PDF/A-2u for the files. Vietnamese first.

use std::path::Path;

use maud::{DOCTYPE, html};

use super::report::NightReport;
use crate::compose::PrintError;
use crate::compose::printed_report::{self, PrintedReport, ReportPart};
use crate::record::{Finding, vietnam_time};

const TITLE: &str = "BIÊN BẢN KIỂM TRA KHO LƯU TRỮ ĐIỆN TỬ HẰNG ĐÊM";
/// Findings that a page lists.
const LISTED: usize = 200;

/// What a verdict means.
pub(super) fn verdict_of(report: &NightReport) -> (&'static str, &'static str) {
    match report.verdict {
        "ok" => ("nguyên vẹn", "intact"),
        "indeterminate" => (
            "có phần chưa kiểm tra được",
            "part of it could not be checked",
        ),
        _ => ("CÓ SAI HỎNG", "DAMAGE FOUND"),
    }
}

/// What is called how, and what it is; in Vietnamese with English beside.
fn rows(report: &NightReport) -> Vec<(&'static str, String)> {
    let (vi, en) = verdict_of(report);
    let counts = report.counts;
    let mut rows = vec![
        ("Đêm / night", report.night.to_string()),
        ("Bắt đầu / began", vietnam_time(report.started)),
        ("Kết thúc / ended", vietnam_time(report.ended)),
        (
            "Kết luận / verdict",
            format!("{vi} / {en} ({})", report.verdict),
        ),
        ("Phần đã đọc / slices", report.slices.join(", ")),
        (
            "Đã đọc / read",
            format!(
                "{} bản ghi, {} tệp, {} byte / records, files, bytes",
                counts.records, counts.files, counts.bytes
            ),
        ),
        (
            "Sổ cái / ledger",
            format!(
                "{} mục, {} lần ký / entries, checkpoints",
                report.ledger.entries, report.ledger.checkpoints
            ),
        ),
        (
            "Giá trị chứng minh / proof",
            format!(
                "{} đã hết, {} sắp hết, {} chưa rõ / ended, ending, unknown",
                report.proof.ended, report.proof.ending, report.proof.unknown
            ),
        ),
        ("Vật mẫu thử / canary", canary(report)),
    ];
    if report.repair.is_some() {
        let (repaired, left) = report.mended();
        let text = format!("{repaired} đã khôi phục, {left} còn nguyên trạng / mended, left");
        rows.push(("Khôi phục / repair", text));
    }
    rows
}

fn canary(report: &NightReport) -> String {
    match &report.canary {
        None => "không có đối tượng để thử / no object to try".to_owned(),
        Some(canary) => {
            let said = if canary.is_reported {
                "đã phát hiện / reported"
            } else {
                "KHÔNG PHÁT HIỆN / NOT REPORTED"
            };
            format!("{} → {}: {said}", canary.damage, canary.expected.as_str())
        }
    }
}

fn line(finding: &Finding) -> String {
    let path = finding.path.as_deref().unwrap_or("–");
    format!("{path}: {}", finding.detail)
}

/// How many findings there are beyond those that a page lists.
fn beyond(report: &NightReport) -> u64 {
    let all: u64 = report.found.values().sum();
    all.saturating_sub(report.findings.len().min(LISTED) as u64)
}

/// The page; needs nothing from elsewhere.
pub(super) fn html(report: &NightReport) -> String {
    let beyond = beyond(report);
    let page = html! {
        (DOCTYPE)
        html lang="vi" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (TITLE) " – " (report.night) }
                style {
                    "body{font-family:serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
                    "table{border-collapse:collapse;width:100%}"
                    "th,td{border:1px solid #888;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
                    "th{width:14rem}"
                }
            }
            body {
                p { (report.agency) }
                h1 { (TITLE) }
                table {
                    @for (name, value) in rows(report) { tr { th scope="row" { (name) } td { (value) } } }
                }
                @if !report.findings.is_empty() {
                    h2 { "Phát hiện / findings" }
                    table {
                        @for finding in report.findings.iter().take(LISTED) {
                            tr { th scope="row" { (finding.code.as_str()) } td { (line(finding)) } }
                        }
                    }
                    @if beyond > 0 { p { "+ " (beyond) } }
                }
                p { (report.program) }
            }
        }
    };
    page.into_string()
}

/// The same as a new PDF/A file; flushed, not synced.
///
/// # Errors
/// `out` must not exist.
pub(super) fn pdf(report: &NightReport, out: &Path) -> Result<(), PrintError> {
    let mut parts: Vec<ReportPart> = rows(report)
        .into_iter()
        .map(|(name, value)| ReportPart::Row(name, value))
        .collect();
    if !report.findings.is_empty() {
        parts.push(ReportPart::Heading("Phát hiện / findings".to_owned()));
    }
    for finding in report.findings.iter().take(LISTED) {
        parts.push(ReportPart::Row(finding.code.as_str(), line(finding)));
    }
    if beyond(report) > 0 {
        parts.push(ReportPart::Text(format!("+ {}", beyond(report))));
    }
    let number = format!("night-{}-{}", report.night, report.ended);
    let printed = PrintedReport {
        number: &number,
        title: TITLE,
        agency: &report.agency,
        program: report.program,
        made: report.ended,
        parts,
    };
    printed_report::write(&printed, out)
}

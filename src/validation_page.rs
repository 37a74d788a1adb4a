//! A validation report on paper, for the dossier (TT 15/2025/TT-BKHCN Đ6: results are kept): PDF/A-2u, in
//! Vietnamese with the standard's own words beside.
//!
//! One page for a file with a few signatures; more go on to further pages.

use std::path::Path;

use crate::compose::PrintError;
use crate::compose::printed_report::{self, PrintedReport, ReportPart};
use crate::describe::CONVERTER;
use crate::record::{Lang, vietnam_time};
use crate::validate::report::Report;
use crate::validate::words;

const TITLE: &str = "KẾT QUẢ KIỂM TRA CHỮ KÝ SỐ";

/// Writes the report as a new file at `out`; flushed, not synced. `agency` is who checked.
///
/// # Errors
/// `out` must not exist, and stays behind, incomplete, when writing fails.
pub fn write(report: &Report, agency: &str, out: &Path) -> Result<(), PrintError> {
    let printed = PrintedReport {
        number: &report.sha256.to_string(),
        title: TITLE,
        agency,
        program: CONVERTER,
        made: report.validated,
        parts: parts(report),
    };
    printed_report::write(&printed, out)
}

fn parts(report: &Report) -> Vec<ReportPart> {
    let lang = Lang::Vi;
    // Where it lay on this machine is nothing to a dossier.
    let name = Path::new(&report.file).file_name().unwrap_or_default();
    let mut parts = vec![
        ReportPart::Row("Tệp", name.to_string_lossy().into_owned()),
        ReportPart::Row("SHA-256", report.sha256.to_string()),
        ReportPart::Row("Kiểm tra lúc", vietnam_time(report.validated)),
        ReportPart::Row("Kết luận", words::summary(report, lang)),
    ];
    let findings = report.findings.iter();
    parts.extend(findings.map(|finding| ReportPart::Row("Ghi chú", finding.vi.clone())));
    for (number, signature) in (1..).zip(&report.signatures) {
        parts.push(ReportPart::Heading(words::heading(number, signature, lang)));
        let rows = words::rows(signature, lang).into_iter();
        parts.extend(rows.map(|(label, value)| ReportPart::Row(label, value)));
    }
    parts
}

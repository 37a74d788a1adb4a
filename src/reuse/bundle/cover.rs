//! The cover page: what a person reads before opening anything, PDF/A-2u, Vietnamese.

use std::path::Path;

use super::super::ReuseError;
use super::super::procedure::day_text;
use super::manifest::{Manifest, ManifestFile, ManifestRecord};
use super::{Order, file_of};
use crate::compose::printed_report::{self, PrintedReport, ReportPart};
use crate::record::{Lang, vietnam_time};

const FILE: &str = "cover.pdf";
const TITLE: &str = "BÌA GÓI GIẤY TỜ DÙNG LẠI";

pub(super) fn write(
    order: &Order<'_>,
    manifest: &Manifest,
    folder: &Path,
) -> Result<ManifestFile, ReuseError> {
    let row = |label, value: String| ReportPart::Row(label, value);
    let procedure = format!("{} – {}", manifest.procedure, manifest.procedure_name);
    let mut parts = vec![
        row("Hồ sơ", manifest.dossier.to_string()),
        row("Tiếp nhận ngày", day_text(manifest.received, Lang::Vi)),
        row("Thủ tục", procedure),
        row("Số gói", manifest.bundle.to_string()),
        row("Người lập", manifest.by.clone()),
        row("Lập lúc", vietnam_time(manifest.made)),
        row("Số giấy tờ", manifest.records.len().to_string()),
    ];
    for (number, record) in (1..).zip(&manifest.records) {
        let heading = record.kind_name.as_deref().unwrap_or("Giấy tờ");
        parts.push(ReportPart::Heading(format!("{number}. {heading}")));
        parts.extend(rows(record).map(|(label, value)| ReportPart::Row(label, value)));
    }
    parts.push(ReportPart::Heading("Kiểm tra".to_owned()));
    parts.push(ReportPart::Text(
        "Mã băm của mọi tệp ở trong manifest.json; kiểm tra bằng lệnh: sha256sum -c SHA256SUMS"
            .to_owned(),
    ));
    let report = PrintedReport {
        number: &manifest.bundle.to_string(),
        title: TITLE,
        agency: order.agency,
        program: order.program,
        made: order.at,
        parts,
    };
    printed_report::write(&report, &folder.join(FILE))?;
    file_of(FILE, folder)
}

fn rows(record: &ManifestRecord) -> impl Iterator<Item = (&'static str, String)> {
    let date = day_text(record.date.day, Lang::Vi);
    let date = match record.date.source {
        Some(_) => date,
        None => format!("{date} (ngày lưu vào kho)"),
    };
    let signature = &record.signature;
    let [explanation, _] = &record.explanation;
    let originals = record
        .originals
        .iter()
        .map(|file| ("Bản gốc đã ký số", file.file.clone()));
    let rows = [
        ("Tệp", record.document.file.clone()),
        (
            "Tên",
            record.title.clone().unwrap_or_else(|| "–".to_owned()),
        ),
        ("Của công dân", record.citizen.clone()),
        ("Ngày của giấy tờ", date),
        (
            "Dùng làm",
            record.paper.clone().unwrap_or_else(|| "–".to_owned()),
        ),
        ("Tình trạng", explanation.clone()),
        ("Hình thức bản sao", record.copy_form.label().to_owned()),
        ("Chữ ký số", format!("nguyên vẹn; {}", signature.signer)),
        ("SHA-256", record.document.sha256.to_string()),
        ("Số bản ghi", record.record.to_string()),
    ];
    rows.into_iter().chain(originals)
}

//! `sohoa verify --nightly`: the night's run now, whatever the hour.

use serde::Serialize;

use super::output::Output;
use super::verify::line_of;
use crate::config::{Config, preflight};
use crate::error::Error;
use crate::nightly::{self, NightReport};
use crate::record::{Clock, ExitCode, SystemClock, vietnam_clock};

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    report: &'a NightReport,
    /// Folder of the report, below the data folder.
    written: &'a str,
    is_signed: bool,
}

pub(super) fn run(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    preflight::check(config)?;
    let today = vietnam_clock(SystemClock.now()).date();
    let Some(kept) = nightly::run(config, today, &|| true)? else {
        // Only somebody who says so ends a run before its end.
        return Ok(ExitCode::No);
    };
    let report = &kept.report;
    for finding in &report.findings {
        let line = line_of(finding);
        output.say(&line, &line);
    }
    let (mended, left) = report.mended();
    let (counts, place) = (report.counts, &kept.place.told);
    let (verdict, slices) = (report.verdict, report.slices.join(", "));
    output.say(
        &format!("Phần {slices}: đã kiểm {} bản ghi, {} tệp; {mended} đã khôi phục, {left} còn nguyên trạng; kết quả: {verdict}. Biên bản: {place}", counts.records, counts.files),
        &format!("Slice {slices}: checked {} records, {} files; {mended} mended, {left} left as they are; verdict: {verdict}. Report: {place}", counts.records, counts.files),
    );
    if !kept.place.is_signed {
        output.say(
            "Biên bản KHÔNG có chữ ký: không mở được khóa của sổ cái.",
            "The report is NOT signed: the ledger's key does not open.",
        );
    }
    output.object(&Line {
        report,
        written: place,
        is_signed: kept.place.is_signed,
    });
    Ok(match verdict {
        "ok" => ExitCode::Ok,
        _ => ExitCode::No,
    })
}

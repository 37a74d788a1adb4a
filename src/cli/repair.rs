//! `sohoa repair`: what is damaged or missing in archive and replicas, restored from copies that prove good.

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::error::Error;
use crate::record::{Clock, ExitCode, SystemClock};
use crate::repair::look::look;
use crate::repair::{Left, Order, RepairReport, Repaired, repair};

#[derive(Args)]
pub(super) struct Repair {
    /// Only say what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Serialize)]
struct RepairedLine<'a> {
    status: &'static str,
    #[serde(flatten)]
    repaired: &'a Repaired,
}

#[derive(Serialize)]
struct LeftLine<'a> {
    status: &'static str,
    #[serde(flatten)]
    left: &'a Left,
}

#[derive(Serialize)]
struct Summary {
    repaired: usize,
    left: usize,
    reindexed: Option<u64>,
    dry_run: bool,
}

pub(super) fn run(arguments: &Repair, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let findings = look(config)?;
    let order = Order {
        dry_run: arguments.dry_run,
        now: SystemClock.now(),
    };
    let report = repair(config, &findings, order)?;
    tell(&report, arguments.dry_run, output);
    Ok(if report.left.is_empty() {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

fn tell(report: &RepairReport, dry_run: bool, output: &Output) {
    let status = if dry_run { "repairable" } else { "repaired" };
    for repaired in &report.repaired {
        output.object(&RepairedLine { status, repaired });
        let Repaired {
            record,
            place,
            files,
            aside,
            ..
        } = repaired;
        let record = record.map_or_else(|| "–".to_owned(), |record| record.to_string());
        let files = files.join(", ");
        output.say(
            &format!(
                "{}  {record}  {place}  {files}  (bản hỏng giữ ở {aside})",
                if dry_run {
                    "SỬA ĐƯỢC"
                } else {
                    "ĐÃ SỬA"
                }
            ),
            &format!(
                "{}  {record}  {place}  {files}  (what was damaged is kept in {aside})",
                status.to_uppercase()
            ),
        );
    }
    for left in &report.left {
        output.object(&LeftLine {
            status: "left",
            left,
        });
        let record = left
            .record
            .map_or_else(|| "–".to_owned(), |record| record.to_string());
        let rest = format!("{record}  {}  {}  {}", left.place, left.code, left.detail);
        output.say(&format!("ĐỂ NGUYÊN  {rest}"), &format!("LEFT  {rest}"));
    }
    let summary = Summary {
        repaired: report.repaired.len(),
        left: report.left.len(),
        reindexed: report.reindexed,
        dry_run,
    };
    output.object(&summary);
    let Summary { repaired, left, .. } = summary;
    output.say(
        &format!("{repaired} bản ghi sửa được, {left} chỗ để nguyên; chỉ dùng bản sao đã được chứng minh."),
        &format!("{repaired} objects mended, {left} left as they are; only copies that are proven were used."),
    );
}

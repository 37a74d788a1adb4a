//! `sohoa report`: figures about the archive. `proof`: for how long its documents prove their signatures yet; `access`,
//! who looked at whom, has its own file.
//!
//! It reads what each document says of itself, some kilobytes a file, and verifies nothing: that is `verify`.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::output::Output;
use super::report_access::{self, Access};
use crate::archive::{ArchiveReader, ArchivedObject};
use crate::config::Config;
use crate::error::Error;
use crate::inspection::proven;
use crate::record::{Clock, ExitCode, Explain, RecordId, SystemClock, vietnam_time};
use crate::verify::proof::{BANDS, Proofs, ProvenRecord};

/// Records that a report lists; it counts all.
const LISTED_MAX: usize = 1_000;

/// What the user typed.
#[derive(Args)]
pub(super) struct Report {
    #[command(subcommand)]
    about: About,
}

#[derive(Subcommand)]
enum About {
    /// How many records prove their signatures for how long, and those whose proof ends first
    Proof {
        /// List records whose proof ends within so many days [default: renew_days of the configuration]
        #[arg(long, value_name = "DAYS")]
        within: Option<u32>,
    },
    /// Who looked at a citizen, or at whom somebody looked; who looked at people in bulk
    Access(Access),
}

/// A level, and how long it proves something.
#[derive(Serialize)]
pub(super) struct Days {
    level: &'static str,
    until: Timestamp,
    /// What ends then.
    limit: &'static str,
    days_left: i64,
}

impl Days {
    pub(super) fn of(proven: &ProvenRecord) -> Self {
        Self {
            level: proven.level.as_str(),
            until: proven.until,
            limit: proven.limit,
            days_left: proven.days_left(SystemClock.now()),
        }
    }
}

/// Records of each level.
#[derive(Serialize)]
pub(super) struct Levels(std::collections::BTreeMap<&'static str, u64>);

impl Levels {
    pub(super) fn of(proofs: &Proofs) -> Self {
        let levels = proofs.levels();
        Self(
            levels
                .map(|(level, count)| (level.as_str(), count))
                .collect(),
        )
    }
}

#[derive(Serialize)]
struct Line {
    record: RecordId,
    #[serde(flatten)]
    days: Days,
}

#[derive(Serialize)]
struct Unread {
    record: Option<RecordId>,
    error: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Band {
    /// Days; absent for the last.
    below: Option<i64>,
    records: u64,
}

#[derive(Serialize)]
struct Summary {
    report: &'static str,
    records: u64,
    levels: Levels,
    days_left: Vec<Band>,
    within: u32,
    ending: u64,
    ended: u64,
    unknown: u64,
}

pub(super) fn run(report: &Report, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    match &report.about {
        About::Access(access) => report_access::run(access, config, output),
        About::Proof { within } => {
            let within = within.unwrap_or(config.timestamp.renew_days);
            proof(within, config, output)
        }
    }
}

fn proof(within: u32, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let now = SystemClock.now();
    let mut proofs = Proofs::new(now, within, LISTED_MAX);
    for object in ArchiveReader::at(&config.folders.archive).objects() {
        let object = object.map_err(Error::from);
        let record = object.as_ref().ok().map(ArchivedObject::record);
        match object.and_then(|object| proven(&object)) {
            Ok(proven) => proofs.add(proven),
            Err(error) => {
                proofs.add_unknown();
                tell_unread(record, &error, output);
            }
        }
    }
    for proven in proofs.first().filter(|it| proofs.code(it).is_some()) {
        tell(proven, output);
    }
    let days_left = BANDS.into_iter().map(Some).chain([None]);
    let days_left = days_left.zip(proofs.bands());
    let summary = Summary {
        report: "proof",
        records: proofs.records(),
        levels: Levels::of(&proofs),
        days_left: days_left
            .map(|(below, records)| Band { below, records })
            .collect(),
        within,
        ending: proofs.ending(),
        ended: proofs.ended(),
        unknown: proofs.unknown(),
    };
    output.object(&summary);
    say(&summary, output);
    Ok(if summary.ended == 0 && summary.unknown == 0 {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

fn tell(proven: &ProvenRecord, output: &Output) {
    let (record, level, until) = (proven.record, proven.level, vietnam_time(proven.until));
    let (days, limit) = (proven.days_left(SystemClock.now()), proven.limit);
    output.object(&Line {
        record,
        days: Days::of(proven),
    });
    output.say(
        &format!("{record}  {level}  đến {until} (còn {days} ngày; {limit})"),
        &format!("{record}  {level}  until {until} ({days} days left; {limit})"),
    );
}

fn tell_unread(record: Option<RecordId>, error: &Error, output: &Output) {
    let message = error.message(output.lang());
    let whose = record.map_or_else(|| "–".to_owned(), |record| record.to_string());
    output.say(
        &format!("{whose}  {message}"),
        &format!("{whose}  {message}"),
    );
    output.object(&Unread {
        record,
        error: error.code(),
        message,
    });
}

fn say(summary: &Summary, output: &Output) {
    let Summary {
        records,
        within,
        ending,
        ended,
        unknown,
        ..
    } = summary;
    let levels = summary.levels.0.iter();
    let levels: Vec<String> = levels
        .map(|(level, count)| format!("{level} {count}"))
        .collect();
    let levels = levels.join(", ");
    output.say(
        &format!("{records} bản ghi theo mức: {levels}; không đọc được {unknown}"),
        &format!("{records} records by level: {levels}; not readable {unknown}"),
    );
    let band = |vi: bool| {
        let words = summary.days_left.iter().map(|band| {
            let count = band.records;
            match (band.below, vi) {
                (Some(0), true) => format!("đã hết {count}"),
                (Some(0), false) => format!("ended {count}"),
                (Some(days), true) => format!("dưới {days} ngày {count}"),
                (Some(days), false) => format!("under {days} days {count}"),
                (None, true) => format!("lâu hơn {count}"),
                (None, false) => format!("longer {count}"),
            }
        });
        words.collect::<Vec<_>>().join(", ")
    };
    output.say(
        &format!("Còn chứng minh được: {}", band(true)),
        &format!("Proof left: {}", band(false)),
    );
    output.say(
        &format!(
            "Hết trong {within} ngày tới: {ending}; đã hết: {ended}. `sohoa augment --due` gia hạn."
        ),
        &format!(
            "Ending within {within} days: {ending}; ended: {ended}. `sohoa augment --due` renews."
        ),
    );
}

//! `sohoa augment --due`: the archive's signatures lifted and renewed, as far as services answer.

use jiff::Timestamp;
use serde::Serialize;

use super::augment::{Reason, name_of};
use super::output::Output;
use crate::config::Config;
use crate::error::{Error, JourneyError};
use crate::pipeline::Pipeline;
use crate::preservation::Preserved;
use crate::record::{Clock, ExitCode, Explain, RecordId, SystemClock};

#[derive(Serialize)]
struct Line {
    record: RecordId,
    level_before: &'static str,
    level: &'static str,
    steps: Vec<&'static str>,
    until: Timestamp,
    days_left: i64,
    /// Why it did not come as far as it should.
    reason: Option<Reason>,
}

#[derive(Serialize)]
struct Failed {
    record: RecordId,
    error: &'static str,
    message: String,
}

pub(super) fn run(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    if config.timestamp.services.is_empty() {
        return Err(JourneyError::NoTimestampService.into());
    }
    let clock = SystemClock;
    let pipeline = Pipeline::open(config, &clock)?;
    let (mut lifted, mut left) = (0_u64, 0_u64);
    let seen = pipeline.preserve_due(&mut |record, preserved| {
        let is_well = matches!(&preserved, Ok(preserved) if preserved.short.is_none());
        *(if is_well { &mut lifted } else { &mut left }) += 1;
        tell(record, preserved, output);
    })?;
    output.say(
        &format!("Đã xem {seen} bản ghi: {lifted} được nâng hoặc gia hạn, {left} chưa được."),
        &format!("Looked at {seen} records: {lifted} lifted or renewed, {left} not yet."),
    );
    Ok(if left == 0 {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

fn tell(record: RecordId, preserved: Result<Preserved, Error>, output: &Output) {
    let lang = output.lang();
    match preserved {
        Ok(preserved) => {
            let (before, proof) = (preserved.before, &preserved.proof);
            let days = proof.days_left(SystemClock.now());
            let short = preserved.short.as_ref();
            output.object(&Line {
                record,
                level_before: before.as_str(),
                level: proof.level.as_str(),
                steps: preserved.steps.iter().copied().map(name_of).collect(),
                until: proof.until,
                days_left: days,
                reason: short.map(|short| Reason::of(short, lang)),
            });
            let why = short.map_or_else(String::new, |short| format!(": {}", short.message(lang)));
            output.say(
                &format!("{record}: {before} → {}, còn {days} ngày{why}", proof.level),
                &format!(
                    "{record}: {before} → {}, {days} days left{why}",
                    proof.level
                ),
            );
        }
        Err(error) => {
            let message = error.message(lang);
            output.say(
                &format!("{record}: {message}"),
                &format!("{record}: {message}"),
            );
            output.object(&Failed {
                record,
                error: error.code(),
                message,
            });
        }
    }
}

//! `sohoa augment`: lifts a signed PDF to a higher level, or renews its archive timestamp, in a new file.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::error::{Error, JourneyError};
use crate::lift::{self, Lifted, Shortfall, Wanted};
use crate::record::{Clock, ExitCode, Explain, Lang, SystemClock, vietnam_time};
use crate::sign::PadesLevel;
use crate::sign::augment::{Step, inspect};
use crate::signing::Signing;

/// What a signed file proves, as commands print it.
#[derive(Serialize)]
pub(super) struct Standing {
    pub(super) level: &'static str,
    pub(super) wanted: &'static str,
    /// Why the wanted level was not reached.
    pub(super) reason: Option<Reason>,
    /// Until when the file proves its signatures.
    pub(super) until: Timestamp,
    pub(super) days_left: i64,
}

/// Why a level was not reached.
#[derive(Serialize)]
pub(super) struct Reason {
    code: &'static str,
    message: String,
}

impl Reason {
    pub(super) fn of(short: &Shortfall, lang: Lang) -> Self {
        Self {
            code: short.code(),
            message: short.message(lang),
        }
    }
}

#[derive(Serialize)]
struct Augmented {
    /// Absent where nothing was done.
    file: Option<String>,
    level_before: &'static str,
    steps: Vec<&'static str>,
    limit: &'static str,
    #[serde(flatten)]
    standing: Standing,
}

pub(super) fn run(
    (file, out): (&Path, &Path),
    to: Option<PadesLevel>,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    if out.exists() {
        return Err(JourneyError::OutputExists {
            path: out.to_owned(),
        }
        .into());
    }
    let before = inspect(file)?.level;
    let wanted = match to {
        Some(level) => Wanted::Level(level),
        None if before == PadesLevel::BLta => Wanted::Renewal,
        None => Wanted::Level(PadesLevel::BLta),
    };
    let signing = Signing::new(config);
    let gather = |paths: &[_]| lift::gather(&signing.trust, paths, SystemClock.now());
    let lifted = lift::lift(file, out, wanted, &signing.timestamps, &gather)?;
    report(out, before, wanted, &lifted, output);
    Ok(match lifted.short {
        None => ExitCode::Ok,
        Some(_) => ExitCode::No,
    })
}

fn report(out: &Path, before: PadesLevel, wanted: Wanted, lifted: &Lifted, output: &Output) {
    let proof = &lifted.proof;
    let days = proof.days_left(SystemClock.now());
    let file = out.display().to_string();
    let is_written = !lifted.steps.is_empty();
    let wanted = match wanted {
        Wanted::Level(level) => level,
        Wanted::Renewal => PadesLevel::BLta,
    };
    output.object(&Augmented {
        file: is_written.then(|| file.clone()),
        level_before: before.as_str(),
        steps: lifted.steps.iter().copied().map(name_of).collect(),
        limit: proof.limit.as_str(),
        standing: Standing {
            level: proof.level.as_str(),
            wanted: wanted.as_str(),
            reason: lifted
                .short
                .as_ref()
                .map(|short| Reason::of(short, output.lang())),
            until: proof.until,
            days_left: days,
        },
    });
    let (level, until) = (proof.level, vietnam_time(proof.until));
    if is_written {
        output.say(
            &format!("Đã ghi {file}: {before} → {level}"),
            &format!("Wrote {file}: {before} → {level}"),
        );
    } else {
        output.say(
            &format!("Không ghi tệp mới: chữ ký ở mức {level}"),
            &format!("No new file: the signatures are at level {level}"),
        );
    }
    output.say(
        &format!("Chứng minh được đến {until} (còn {days} ngày)"),
        &format!("Provable until {until} ({days} days left)"),
    );
    if let Some(short) = &lifted.short {
        let (message, advice) = (short.message(output.lang()), short.advice(output.lang()));
        output.say(
            &format!("Chưa đạt mức {wanted}: {message}\n{advice}"),
            &format!("Level {wanted} is not reached: {message}\n{advice}"),
        );
    }
}

pub(super) fn name_of(step: Step) -> &'static str {
    match step {
        Step::Refill => "refill",
        Step::DocumentTimestamp => "document-timestamp",
        Step::Store => "store",
        Step::ArchiveTimestamp => "archive-timestamp",
        Step::Renew => "renew",
    }
}

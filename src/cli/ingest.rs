//! `sohoa ingest`: the daemon's journey, once, in the foreground. The user's files stay where they are.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde::Serialize;

use super::arguments::Ingest;
use super::output::Output;
use crate::answer::{Answer, Outcome};
use crate::capture::{self, Order, Slip};
use crate::config::{Config, preflight};
use crate::decide;
use crate::error::{Error, JourneyError};
use crate::pipeline::Pipeline;
use crate::random;
use crate::record::{Clock, ExitCode, Explain, RecordId, SystemClock};

/// The JSON of one document; the names are a contract.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    status: &'static str,
    record: Option<RecordId>,
    pages: Option<usize>,
    pages_in: Option<usize>,
    reason: Option<&'static str>,
    message: Option<String>,
    seconds: f64,
}

pub(super) fn run(arguments: &Ingest, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    preflight::check(config)?;
    let clock = SystemClock;
    let pipeline = Pipeline::open(config, &clock)?;
    let bar = if output.wants_progress() && arguments.files.len() > 1 {
        ProgressBar::new(arguments.files.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    let mut worst = ExitCode::Ok;
    for file in &arguments.files {
        let (name, code) = (
            file.to_string_lossy(),
            take_in(file, arguments, config, &pipeline, output),
        );
        let code = code.unwrap_or_else(|error| {
            unreadable(&name, &error, output);
            error.exit_code()
        });
        if worst == ExitCode::Ok || code == ExitCode::Environment {
            worst = code;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Err(error) = pipeline.sign_off() {
        tracing::warn!(code = error.code(), cause = %error, "the ledger is not signed yet");
    }
    Ok(worst)
}

fn take_in(
    file: &Path,
    arguments: &Ingest,
    config: &Config,
    pipeline: &Pipeline<'_>,
    output: &Output,
) -> Result<ExitCode, Error> {
    let now = SystemClock.now();
    let order = Order {
        inbox: &config.folders.inbox,
        work: &config.folders.work,
        record: random::record_id(now),
        profile: &config.profile_of(&arguments.station).name,
        claimed: now,
    };
    let slip = Slip {
        citizen: arguments.citizen.clone(),
        dossier: arguments.dossier.clone(),
        kind: arguments.kind.clone(),
        ..Slip::default()
    };
    if !file.is_file() {
        let source = std::io::Error::other("not a file");
        return Err(JourneyError::Io {
            path: PathBuf::from(file),
            source,
        }
        .into());
    }
    let job = capture::adopt(&[file.to_owned()], arguments.station.clone(), slip, &order)?;
    let answers = decide::to_the_end(pipeline, job);
    Ok(tell_all(&file.to_string_lossy(), &answers, output))
}

/// Prints how every document's journey ended; returns the weightiest exit code. A batch that was divided
/// is told by its documents.
pub(super) fn tell_all(file: &str, answers: &[Answer], output: &Output) -> ExitCode {
    let documents = answers
        .iter()
        .filter(|answer| !matches!(answer.outcome, Outcome::Divided(_)));
    let codes = documents.map(|answer| tell(file, answer, output));
    codes.max_by_key(|code| *code as u8).unwrap_or(ExitCode::Ok)
}

/// Prints how one document's journey ended; returns what it means for the exit code.
fn tell(file: &str, answer: &Answer, output: &Output) -> ExitCode {
    let lang = output.lang();
    let (status, record, code, error) = match &answer.outcome {
        Outcome::Archived(_) => ("archived", answer.record, ExitCode::Ok, None),
        Outcome::Duplicate(held) => ("duplicate", *held, ExitCode::Ok, None),
        Outcome::Waiting(error) => {
            let code = if answer.needs_person() {
                ExitCode::No
            } else {
                ExitCode::Environment
            };
            ("waiting", answer.record, code, Some(error))
        }
        Outcome::GivenBack | Outcome::StoppedByABug | Outcome::Divided(_) => {
            ("waiting", answer.record, ExitCode::Bug, None)
        }
        Outcome::Quarantined(error) => {
            ("quarantined", answer.record, ExitCode::Refused, Some(error))
        }
    };
    let pages = match &answer.outcome {
        Outcome::Archived(description) => Some(description.pages.len()),
        _ => None,
    };
    output.object(&Line {
        file,
        status,
        record: Some(record),
        pages,
        pages_in: answer.pages_in,
        reason: error.map(|error| error.code()),
        message: error.map(|error| error.message(lang)),
        seconds: answer.seconds,
    });
    let reason = error.map_or_else(String::new, |error| {
        format!("\n    {}\n    {}", error.message(lang), error.advice(lang))
    });
    let vi = match status {
        "archived" => "đã lưu trữ",
        "duplicate" => "đã có trong kho",
        "waiting" => "đang chờ",
        _ => "không nhận",
    };
    output.say(
        &format!("{file}: {vi}  {record}{reason}"),
        &format!("{file}: {status}  {record}{reason}"),
    );
    code
}

/// A file that could not even be copied into `work/`.
fn unreadable(file: &str, error: &Error, output: &Output) {
    output.object(&Line {
        file,
        status: "unreadable",
        record: None,
        pages: None,
        pages_in: None,
        reason: Some(error.code()),
        message: Some(error.message(output.lang())),
        seconds: 0.0,
    });
    if !output.is_json() {
        output.error(error);
    }
}

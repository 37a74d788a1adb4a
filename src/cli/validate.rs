//! `sohoa validate`: whether signed PDFs are what was signed, by whom and when. Needs no data folder where the
//! roots are named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;
use serde::Serialize;
use walkdir::WalkDir;

use super::arguments::Validate;
use super::get::keep_printed;
use super::output::Output;
use super::trust;
use crate::config::{Config, ConfigError};
use crate::error::{Error, JourneyError};
use crate::record::{Clock, ExitCode, Explain, SystemClock};
use crate::trust::Evidence;
use crate::validate::report::Report;
use crate::validate::{Question, Validator, words};
use crate::validation_page;

/// A CRL of a large authority.
const KNOWN_BYTES_MAX: u64 = 32 * 1024 * 1024;

#[derive(Serialize)]
struct NotRead {
    file: String,
    reason: &'static str,
    message: String,
}

pub(super) fn run(
    arguments: &Validate,
    config_path: &Path,
    output: &Output,
) -> Result<ExitCode, Error> {
    let config = config_of(arguments, config_path)?;
    let validator = validator(arguments, config.as_ref())?;
    let files = files_of(&arguments.files)?;
    if arguments.report.is_some() && files.len() != 1 {
        let why = format!("--report: {} files, not one", files.len());
        return Err(JourneyError::Usage(why).into());
    }
    let bar = if output.wants_progress() && files.len() > 1 {
        ProgressBar::new(files.len() as u64)
    } else {
        ProgressBar::hidden()
    };
    let mut worst = ExitCode::Ok;
    let mut result = Ok(());
    each(&files, &validator, |file, answer| {
        let code = bar.suspend(|| say(file, &answer, output));
        if worst == ExitCode::Ok || code == ExitCode::Refused {
            worst = code;
        }
        if let (Ok(report), Some(out)) = (&answer, &arguments.report) {
            result = print(report, config.as_ref(), out);
        }
        bar.inc(1);
    });
    bar.finish_and_clear();
    result.map(|()| worst)
}

/// With roots of its own it needs no office.
fn config_of(arguments: &Validate, path: &Path) -> Result<Option<Config>, ConfigError> {
    if !arguments.trust.is_empty() && !path.exists() {
        return Ok(None);
    }
    Config::load(path).map(Some)
}

fn validator(arguments: &Validate, config: Option<&Config>) -> Result<Validator, Error> {
    let mut known = Evidence::default();
    for file in &arguments.known {
        known.add(Evidence::in_file(&trust::read(file, KNOWN_BYTES_MAX)?));
    }
    let question = Question {
        at: arguments.at.unwrap_or_else(|| SystemClock.now()),
        fetch: arguments.fetch,
        known,
    };
    let limits = config.map(|config| config.limits).unwrap_or_default();
    if let (Some(config), true) = (config, arguments.trust.is_empty()) {
        return Ok(Validator::of_office(&config.trust, limits, question)?);
    }
    let mut named = Vec::new();
    for file in &arguments.trust {
        named.extend(trust::certificates(file)?);
    }
    Ok(Validator::trusting(named, limits, question))
}

/// Files as they were named; of folders, the PDFs below them.
fn files_of(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| JourneyError::Io {
                path: path.clone(),
                source: error.into(),
            })?;
            let is_pdf = entry
                .path()
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"));
            if is_pdf && entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
    }
    Ok(files)
}

/// Validates on all cores and hands the answers over in the order of the files.
fn each(
    files: &[PathBuf],
    validator: &Validator,
    mut take: impl FnMut(&Path, Result<Report, Error>) + Send,
) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let queue = Mutex::new(files.iter().enumerate());
    let done = Mutex::new((0, BTreeMap::new(), &mut take));
    std::thread::scope(|scope| {
        for _ in 0..cores.min(files.len()) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, file)) = next else { return };
                    let answer = validator.validate(file).map_err(Error::from);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    let (turn, waiting, take) = &mut *done;
                    waiting.insert(number, (file, answer));
                    while let Some((file, answer)) = waiting.remove(turn) {
                        *turn += 1;
                        take(file, answer);
                    }
                }
            });
        }
    });
}

fn say(file: &Path, answer: &Result<Report, Error>, output: &Output) -> ExitCode {
    let lang = output.lang();
    let report = match answer {
        Ok(report) => report,
        Err(error) => {
            let message = error.message(lang);
            output.object(&NotRead {
                file: file.display().to_string(),
                reason: error.code(),
                message: message.clone(),
            });
            let line = format!("{}: {message} {}", file.display(), error.advice(lang));
            output.say(&line, &line);
            return ExitCode::Refused;
        }
    };
    output.object(report);
    let line = format!("{}: {}", report.file, words::summary(report, lang));
    output.say(&line, &line);
    for finding in &report.findings {
        let line = format!("  {}", finding.text(lang));
        output.say(&line, &line);
    }
    for (number, signature) in (1..).zip(&report.signatures) {
        let line = format!("  {}", words::heading(number, signature, lang));
        output.say(&line, &line);
        for (label, value) in words::rows(signature, lang) {
            let line = format!("    {label}: {value}");
            output.say(&line, &line);
        }
    }
    if report.is_passed() {
        ExitCode::Ok
    } else {
        ExitCode::No
    }
}

fn print(report: &Report, config: Option<&Config>, out: &Path) -> Result<(), Error> {
    let agency = config.map_or("", |config| config.agency.name.as_str());
    keep_printed(validation_page::write(report, agency, out), out)
}

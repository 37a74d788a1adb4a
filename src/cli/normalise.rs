//! `sohoa normalise`: a scan as PDF/A, without signature or archive. Needs no data folder.

use std::path::Path;

use serde::Serialize;

use super::arguments::Normalise;
use super::get::{sync, take_back};
use super::output::Output;
use crate::compose;
use crate::config::{Config, ConfigError, Limits, ScannerProfile, profile};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::pages::{PagePool, Scans};
use crate::random;
use crate::read_back;
use crate::record::{Clock, ExitCode, PageRecord, SystemClock};

#[derive(Serialize)]
struct Normalised<'a> {
    file: String,
    conformance: &'static str,
    pages: &'a [PageRecord],
}

pub(super) fn run(
    arguments: &Normalise,
    config_path: &Path,
    output: &Output,
) -> Result<ExitCode, Error> {
    let (limits, profile, workers) = settings(arguments, config_path)?;
    if arguments.output.exists() {
        return Err(JourneyError::OutputExists {
            path: arguments.output.clone(),
        }
        .into());
    }
    let scans = Scans::open(std::iter::once(&arguments.input), &profile, &limits)?;
    let now = SystemClock.now();
    let title = arguments
        .input
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default();
    let metadata = describe::bare_metadata(random::record_id(now), &title, now);
    let made = compose::compose(
        scans.in_order(&PagePool::new(workers)),
        &metadata,
        &arguments.output,
    )
    .map_err(Error::from)
    .and_then(|document| {
        read_back::structure::check(&document.path, &document.pages)?;
        sync(&document.path)?;
        Ok(document)
    });
    let document = made.inspect_err(|_| take_back(&arguments.output))?;
    output.object(&Normalised {
        file: arguments.output.display().to_string(),
        conformance: document.conformance.as_str(),
        pages: &document.pages,
    });
    let (file, count) = (arguments.output.display(), document.pages.len());
    output.say(
        &format!(
            "Đã ghi {file}: {}, {count} trang",
            document.conformance.as_str()
        ),
        &format!(
            "Wrote {file}: {}, {count} pages",
            document.conformance.as_str()
        ),
    );
    Ok(ExitCode::Ok)
}

fn settings(
    arguments: &Normalise,
    config_path: &Path,
) -> Result<(Limits, ScannerProfile, usize), Error> {
    let (limits, folder, workers) = if config_path.exists() {
        let config = Config::load(config_path)?;
        (
            config.limits,
            config.data_folder.join("scanner-profiles"),
            config.workers,
        )
    } else {
        (Limits::default(), "scanner-profiles".into(), 1)
    };
    let mut profiles = profile::load_all(&folder)?;
    let known = profiles.keys().cloned().collect();
    let profile = profiles
        .remove(&arguments.profile)
        .ok_or(ConfigError::UnknownProfile {
            name: arguments.profile.clone(),
            known,
        })?;
    Ok((limits, profile, workers))
}

//! `sohoa normalise`: a scan as PDF/A, without signature or archive. Needs no data folder.

use std::fs::File;
use std::path::Path;

use serde::Serialize;

use super::arguments::Normalise;
use super::get::{sync, take_back};
use super::output::Output;
use super::words;
use crate::compose::PdfaDocument;
use crate::config::{Config, ConfigError, Limits, ScannerProfile, profile};
use crate::contents::{self, LateDoubts, Material};
use crate::describe;
use crate::error::{Error, JourneyError};
use crate::pages::{PageError, PagePool, Scans};
use crate::random;
use crate::read_back;
use crate::recognise::Reader;
use crate::record::{Clock, Digests, ExitCode, PageRecord, Sha256Digest, SystemClock};
use crate::second_look;
use crate::second_opinion;
use crate::worklist::PlannedPage;

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
    let Settings {
        limits,
        profile,
        workers,
    } = settings(&arguments.profile, config_path)?;
    let reader = arguments
        .read
        .then(|| Reader::start(workers, &profile.languages));
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
    let rendition_of = signed_original(&scans, &arguments.input)?;
    let metadata = describe::bare_metadata(random::record_id(now), &title, now, &rendition_of);
    let pool = PagePool::new(workers);
    let looked = second_look::look(&scans, &pool, None, describe::CONVERTER)?;
    let scans = looked.apply(scans);
    let reading = match &reader {
        Some(reader) => scans.each(&pool, |image| reader.read_or_fail(&image))?,
        None => Vec::new(),
    };
    let planned: Vec<PlannedPage> = (0..scans.page_count())
        .map(|number| PlannedPage { number, turned: 0 })
        .collect();
    let out = &arguments.output;
    let material = Material {
        planned: &planned,
        reading: &reading,
        looked: &looked,
        late_doubts: LateDoubts::Tell,
    };
    let made = contents::compose(&scans, &material, &pool, &metadata, out)
        .map_err(Error::from)
        .and_then(|document| {
            read_back::structure::check(
                &document.path,
                &document.pages,
                read_back::Streams::Digested,
            )?;
            second_opinion::require_pdfa(&document.path, &limits)?;
            sync(&document.path)?;
            Ok(document)
        });
    let document = made.inspect_err(|_| take_back(&arguments.output))?;
    if arguments.explain {
        explain(&scans, &document, output);
    }
    Ok(say_what_was_made(&document, arguments, output))
}

/// The result, and which of its pages to compare with the original.
fn say_what_was_made(document: &PdfaDocument, arguments: &Normalise, output: &Output) -> ExitCode {
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
    let doubtful = || {
        (1..)
            .zip(&document.pages)
            .filter(|(_, page)| !page.doubts.is_empty())
    };
    for (page, _) in doubtful() {
        output.say(
            &format!("Trang {page} có thể thiếu nội dung: so với tệp gốc"),
            &format!("Page {page} may lack something: compare it with the original"),
        );
    }
    if doubtful().next().is_none() {
        ExitCode::Ok
    } else {
        ExitCode::No
    }
}

/// The input's digest, if it carries signatures, which the output does not.
fn signed_original(scans: &Scans, input: &Path) -> Result<Vec<Sha256Digest>, Error> {
    if scans.signatures().is_empty() {
        return Ok(Vec::new());
    }
    let digests = File::open(input)
        .and_then(Digests::of_reader)
        .map_err(|source| PageError::Unreadable { source })?;
    Ok(vec![digests.sha256])
}

/// The way of each page, and why.
fn explain(scans: &Scans, document: &PdfaDocument, output: &Output) {
    if let Some((pdf, _)) = scans.pdf_of(0)
        && !pdf.not_kept.is_empty()
    {
        let why = &pdf.not_kept;
        output.say(
            &format!("Không giữ nguyên tệp: {why}"),
            &format!("The file is not kept as it is: {why}"),
        );
    }
    for (number, page) in (1..).zip(&document.pages) {
        let (vi, en) = words::treatment(page.treatment);
        let why = match page.treatment_reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        output.say(
            &format!("Trang {number}: {vi}{why}"),
            &format!("Page {number}: {en}{why}"),
        );
    }
}

/// What commands without a data folder need to know.
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) profile: ScannerProfile,
    pub(super) workers: usize,
}

/// From the configuration where there is one, else the defaults.
pub(super) fn settings(profile: &str, config_path: &Path) -> Result<Settings, Error> {
    let (limits, folder, workers) = if config_path.exists() {
        let config = Config::load(config_path)?;
        let folder = config.data_folder.join("scanner-profiles");
        (config.limits, folder, config.workers)
    } else {
        (Limits::default(), "scanner-profiles".into(), 1)
    };
    let mut profiles = profile::load_all(&folder)?;
    let known = profiles.keys().cloned().collect();
    let name = profile.to_owned();
    let profile = profiles
        .remove(profile)
        .ok_or(ConfigError::UnknownProfile { name, known })?;
    Ok(Settings {
        limits,
        profile,
        workers,
    })
}

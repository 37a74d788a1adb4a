//! `sohoa backup`: an encrypted set of everything, while the daemon runs.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::archive::ArchiveReader;
use crate::backup::{Kind, Made, Wanted, backup};
use crate::config::Config;
use crate::error::Error;
use crate::office_ledger::OfficeLedger;
use crate::record::{Clock, ExitCode, SystemClock};

#[derive(Args)]
pub(super) struct Backup {
    /// Folder of the sets, on another disk
    #[arg(long, value_name = "DIR")]
    pub(super) to: PathBuf,
    /// daily, monthly or three-yearly [default: what is due]
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<Kind>,
    /// Put the office's keys into the set too
    #[arg(long)]
    pub(super) with_keys: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    set: &'a str,
    kind: &'a str,
    base: Option<&'a str>,
    versions: u64,
    missing: usize,
    entries: u64,
    bytes: u64,
    removed: &'a [String],
}

pub(super) fn run(arguments: &Backup, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    // A data folder that nothing was archived in has no ledger yet.
    OfficeLedger::new(config).prepare(&ArchiveReader::at(&config.folders.archive))?;
    let wanted = Wanted {
        kind: arguments.kind,
        with_keys: arguments.with_keys,
        now: SystemClock.now(),
    };
    let Made { manifest, removed } = backup(config, &arguments.to, wanted)?;
    let bytes = manifest.files.iter().map(|file| file.bytes).sum();
    let missing = manifest.missing.len();
    let (set, versions) = (&manifest.set, manifest.versions);
    output.object(&Line {
        set,
        kind: manifest.kind.as_str(),
        base: manifest.base.as_deref(),
        versions,
        missing,
        entries: manifest.to,
        bytes,
        removed: &removed,
    });
    output.say(
        &format!("Bộ {set}: {versions} phiên bản, đã đọc lại; {missing} phiên bản hỏng không có trong bộ, xem `sohoa verify`."),
        &format!("Set {set}: {versions} versions, read back; {missing} damaged versions are not in it, see `sohoa verify`."),
    );
    Ok(if missing == 0 {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

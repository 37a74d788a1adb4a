//! `sohoa replicate`: brings replicas up to date, and begins new ones.

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::archive::ArchiveReader;
use crate::config::{Config, ReplicaConfig};
use crate::error::Error;
use crate::office_ledger::OfficeLedger;
use crate::record::{ExitCode, Explain, Lang};
use crate::replica::{Copied, Replica, named};

#[derive(Args)]
pub(super) struct Replicate {
    /// Only this replica [default: all]
    #[arg(value_name = "NAME", required_if_eq("begin", "true"))]
    pub(super) name: Option<String>,
    /// Make its empty or missing folder a replica first; the disk must be in place
    #[arg(long)]
    pub(super) begin: bool,
    /// Go through the ledger from its first entry: for a replica that lost records
    #[arg(long)]
    pub(super) anew: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    replica: &'a str,
    status: &'static str,
    versions: u64,
    failed: u64,
    entries: u64,
}

pub(super) fn run(
    arguments: &Replicate,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let chosen: Vec<&ReplicaConfig> = match &arguments.name {
        Some(name) => vec![named(config, name)?],
        None => config.replicas.iter().collect(),
    };
    // A data folder that nothing was archived in has no ledger yet.
    OfficeLedger::new(config).prepare(&ArchiveReader::at(&config.folders.archive))?;
    let mut worst = ExitCode::Ok;
    for replica in chosen {
        let opened = match arguments.begin {
            true => Replica::begin(config, replica),
            false => Replica::open(config, replica),
        };
        let name = replica.name.as_str();
        match opened.and_then(|mut opened| opened.copy(config, arguments.anew, &|| true)) {
            Ok(copied) => {
                tell(name, copied, output);
                if copied.failed > 0 {
                    worst = ExitCode::No;
                }
            }
            // The other replicas have their turn all the same.
            Err(error) if arguments.name.is_none() => {
                output.object(&Line {
                    replica: name,
                    status: error.code(),
                    versions: 0,
                    failed: 0,
                    entries: 0,
                });
                output.say(&error.message(Lang::Vi), &error.message(Lang::En));
                worst = error.exit_code();
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(worst)
}

fn tell(name: &str, copied: Copied, output: &Output) {
    let Copied {
        versions,
        failed,
        entries,
    } = copied;
    output.object(&Line {
        replica: name,
        status: if failed == 0 { "ok" } else { "incomplete" },
        versions,
        failed,
        entries,
    });
    output.say(
        &format!("Bản sao “{name}”: chép thêm {versions} phiên bản, {failed} không chép được; sổ cái {entries} mục."),
        &format!("Replica “{name}”: {versions} versions copied, {failed} could not be; ledger of {entries} entries."),
    );
}

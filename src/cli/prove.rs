//! `sohoa prove`: a file with which anybody can check, offline, that a record stands in the office's ledger.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::get::object_of;
use super::output::Output;
use crate::config::Config;
use crate::durable::{self, Cause};
use crate::error::{Error, JourneyError};
use crate::hand_out::proof;
use crate::record::{ExitCode, RecordId};

#[derive(Args)]
pub(super) struct Prove {
    /// Record number
    pub(super) record: RecordId,
    /// Proof to write, JSON; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[derive(Serialize)]
struct Proved<'a> {
    record: RecordId,
    file: String,
    index: u64,
    stamped: bool,
    keys: &'a [String],
}

pub(super) fn run(arguments: &Prove, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let (record, path) = (arguments.record, &arguments.output);
    let exists = || Error::from(JourneyError::OutputExists { path: path.clone() });
    if path.exists() {
        return Err(exists());
    }
    let object = object_of(record, config)?;
    let proof = proof(config, &object)?;
    durable::write_new(path, &proof.to_bytes()).map_err(|error| match error.cause() {
        Cause::Exists => exists(),
        _ => error.into(),
    })?;
    let file = path.display().to_string();
    output.say(
        &format!(
            "Đã ghi {file}: bản ghi {record} là mục số {} của sổ cái.",
            proof.index
        ),
        &format!(
            "Wrote {file}: record {record} is entry {} of the ledger.",
            proof.index
        ),
    );
    output.object(&Proved {
        record,
        file,
        index: proof.index,
        stamped: proof.token.is_some(),
        keys: &proof.keys,
    });
    Ok(ExitCode::Ok)
}

//! `sohoa reindex`: the index anew, from the archive alone.

use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::error::Error;
use crate::record::ExitCode;
use crate::reindex::rebuild_index;

#[derive(Serialize)]
struct Rebuilt {
    records: u64,
}

pub(super) fn run(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let records = rebuild_index(config)?;
    output.object(&Rebuilt { records });
    output.say(
        &format!("Đã dựng lại chỉ mục: {records} bản ghi."),
        &format!("Rebuilt the index: {records} records."),
    );
    Ok(ExitCode::Ok)
}

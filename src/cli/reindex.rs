//! `sohoa reindex`: the index anew, from the archive alone.

use serde::Serialize;

use super::output::Output;
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::error::Error;
use crate::index::Index;
use crate::journal::CommitTurn;
use crate::record::ExitCode;

#[derive(Serialize)]
struct Rebuilt {
    records: u64,
}

pub(super) fn run(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let archive = ArchiveReader::at(&config.folders.archive);
    // A record committed during the walk could be missed otherwise.
    let _turn = CommitTurn::take(&config.folders.work)?;
    let described = archive.objects().map(|object| {
        let object = object?;
        let description = object.description()?;
        let text = object.text(&description)?;
        Ok::<_, Error>((description, text))
    });
    let (_, records) = Index::rebuild(&config.folders.index, described)?;
    output.object(&Rebuilt { records });
    output.say(
        &format!("Đã dựng lại chỉ mục: {records} bản ghi."),
        &format!("Rebuilt the index: {records} records."),
    );
    Ok(ExitCode::Ok)
}

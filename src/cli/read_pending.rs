//! `sohoa read --pending`: reads what the archive holds unread, and leaves the text beside the document.

use serde::Serialize;

use super::arguments::Read;
use super::output::Output;
use crate::config::Config;
use crate::error::Error;
use crate::index::Attention;
use crate::pipeline::Pipeline;
use crate::record::{ExitCode, Explain, PageReading, RecordId, SystemClock};

#[derive(Serialize)]
struct Line {
    record: RecordId,
    /// Pages looked at now.
    pages: usize,
    /// Pages that are still without text.
    unread: usize,
    error: Option<&'static str>,
}

pub(super) fn run(arguments: &Read, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let clock = SystemClock;
    let pipeline = Pipeline::open(config, &clock)?;
    let mut code = ExitCode::Ok;
    for record in records(arguments, &pipeline)? {
        // A record that is asked for by name is read again where a person may doubt it, too.
        let low_too = arguments.record.is_some();
        let read = pipeline.read_again(record, |reading| match reading {
            PageReading::Pending | PageReading::Failed => true,
            PageReading::LowConfidence => low_too,
            PageReading::Ok | PageReading::Blank => false,
        });
        match read {
            Ok(read) => {
                let unread = read
                    .description
                    .pages
                    .iter()
                    .filter(|page| page.reading.is_unread())
                    .count();
                tell(record, read.pages, unread, None, output);
                if unread > 0 && code == ExitCode::Ok {
                    code = ExitCode::No;
                }
            }
            // Without an engine every other record would say the same.
            Err(error) if error.code() == "journey.no_engine" => return Err(error),
            Err(error) => {
                tell(record, 0, 0, Some(&error), output);
                code = error.exit_code();
            }
        }
    }
    Ok(code)
}

fn records(arguments: &Read, pipeline: &Pipeline<'_>) -> Result<Vec<RecordId>, Error> {
    if let Some(record) = arguments.record {
        return Ok(vec![record]);
    }
    let unread =
        |code: &Attention| matches!(code, Attention::PagesPending | Attention::PagesFailed);
    let rows = pipeline.index.needing_attention(u32::MAX)?;
    Ok(rows
        .into_iter()
        .filter(|row| row.attention.iter().any(unread))
        .map(|row| row.record)
        .collect())
}

fn tell(record: RecordId, pages: usize, unread: usize, error: Option<&Error>, output: &Output) {
    output.object(&Line {
        record,
        pages,
        unread,
        error: error.map(|error| error.code()),
    });
    let why = error.map_or_else(String::new, |error| {
        format!(": {}", error.message(output.lang()))
    });
    output.say(
        &format!("{record}: đã đọc {pages} trang, còn {unread} trang chưa có chữ{why}"),
        &format!("{record}: {pages} pages read, {unread} still without text{why}"),
    );
}

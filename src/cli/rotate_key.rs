//! `sohoa rotate-key`: another key for the ledger, signed over by the old one.

use serde::Serialize;

use super::output::Output;
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::error::Error;
use crate::office_ledger::OfficeLedger;
use crate::record::{Clock, ExitCode, SystemClock};

#[derive(Serialize)]
struct Line {
    old: String,
    new: String,
}

pub(super) fn run(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let archive = ArchiveReader::at(&config.folders.archive);
    let rotated = OfficeLedger::new(config).rotate(&archive, SystemClock.now())?;
    let (old, new) = (rotated.old.to_string(), rotated.new.to_string());
    output.say(
        &format!("Sổ cái từ nay ký bằng khóa {new}; khóa cũ {old} đã xác nhận. Hãy ghi khóa mới ở nơi khác và sao lưu tệp khóa."),
        &format!("The ledger is signed by {new} from now on; the old key {old} signed that. Write the new key down elsewhere, and keep a copy of its file."),
    );
    output.object(&Line { old, new });
    Ok(ExitCode::Ok)
}

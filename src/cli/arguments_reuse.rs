//! What the user typed, of the commands by which papers are used again.

use std::path::PathBuf;

use clap::Args;

use crate::record::{CitizenId, DossierCode, RecordId};
use crate::reuse::procedure::ProcedureCode;

/// Who looks a citizen up, for which procedure, and why; kept as an event.
#[derive(Args)]
pub(super) struct Asking {
    /// Whose papers
    #[arg(long, value_name = "12 DIGITS")]
    pub(super) citizen: CitizenId,
    /// Code of the procedure, e.g. 1.001193
    #[arg(long, value_name = "CODE")]
    pub(super) procedure: ProcedureCode,
    /// Why: the dossier that it is for
    #[arg(long, value_name = "CODE", required_unless_present = "purpose")]
    pub(super) dossier: Option<DossierCode>,
    /// Why, in words
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub(super) purpose: Option<String>,
    /// Who asks
    #[arg(long, env = "USER", value_name = "NAME", value_parser = some_text)]
    pub(super) by: String,
    /// Day whose rules count [default: that of the dossier's code, else today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) on: Option<jiff::civil::Date>,
}

#[derive(Args)]
pub(super) struct Checklist {
    #[command(flatten)]
    pub(super) asking: Asking,
}

#[derive(Args)]
pub(super) struct Prefill {
    #[command(flatten)]
    pub(super) asking: Asking,
    /// PDF/A to write, a plain sheet of the data; must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Bundle {
    /// The new dossier
    #[arg(long, value_name = "CODE")]
    pub(super) dossier: DossierCode,
    /// Code of its procedure, e.g. 1.001193
    #[arg(long, value_name = "CODE")]
    pub(super) procedure: ProcedureCode,
    /// Who puts it together
    #[arg(long, env = "USER", value_name = "NAME", value_parser = some_text)]
    pub(super) by: String,
    /// Why, in words, besides the dossier
    #[arg(long, value_name = "TEXT", value_parser = some_text)]
    pub(super) purpose: Option<String>,
    /// Day on which the dossier was received [default: that of its code]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) on: Option<jiff::civil::Date>,
    /// Folder to make, or a file that ends in .zip; must not exist
    #[arg(short, long, value_name = "FOLDER|FILE.zip")]
    pub(super) output: PathBuf,
    /// Record numbers, in the order in which they are to lie
    #[arg(required = true, value_name = "RECORD")]
    pub(super) records: Vec<RecordId>,
}

/// Spaces say nothing, and an event is no place for a novel.
pub(super) fn some_text(typed: &str) -> Result<String, String> {
    let text = typed.trim();
    match text.chars().count() {
        1..=500 => Ok(text.to_owned()),
        count => Err(format!("1 to 500 characters, not {count}")),
    }
}

//! `sohoa dispose`: what is due, and the steps by which it goes: one person proposes, another approves, then it is carried
//! out.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::disposal::due::{Due, Judge, Judged, NotDue};
use crate::disposal::register::Register;
use crate::disposal::standing::Standing;
use crate::error::Error;
use crate::record::{Clock, ExitCode, RecordId, SystemClock};

#[derive(Args)]
pub(super) struct Dispose {
    #[command(subcommand)]
    action: DisposeAction,
}

#[derive(Subcommand)]
enum DisposeAction {
    /// Records of closed dossiers whose time is over, with the law and the year
    List {
        /// Those of closed dossiers that are not due, too, and why
        #[arg(long)]
        all: bool,
    },
}

#[derive(Serialize)]
struct DueLine<'a> {
    status: &'static str,
    #[serde(flatten)]
    due: &'a Due,
}

#[derive(Serialize)]
struct KeptLine {
    status: &'static str,
    record: RecordId,
    reason: &'static str,
    from: Option<i16>,
    hold: Option<u64>,
}

pub(super) fn run(
    arguments: &Dispose,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    match &arguments.action {
        DisposeAction::List { all } => list(*all, config, output),
    }
}

fn list(all: bool, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let register = Register::read(&config.data_folder)?;
    let standing = Standing::of(register.lines());
    let judged = Judge::new(config, &standing, SystemClock.now())?.all()?;
    let Judged { due, kept } = judged;
    for due in &due {
        tell_due(due, output);
    }
    if all {
        for (record, why) in &kept {
            tell_kept(*record, why, output);
        }
    }
    let (due, kept) = (due.len(), kept.len());
    output.say(
        &format!("{due} bản ghi đến hạn, {kept} bản ghi của hồ sơ đã kết thúc chưa đến hạn. Hồ sơ chưa kết thúc và thời hạn chưa rõ: không bao giờ đến hạn."),
        &format!("{due} records due, {kept} of closed dossiers not due. What is not closed, or has no known term, never is."),
    );
    Ok(ExitCode::Ok)
}

fn tell_due(due: &Due, output: &Output) {
    output.object(&DueLine { status: "due", due });
    let Due {
        record,
        dossier,
        closed,
        term,
        due,
        ..
    } = due;
    let source = &term.source;
    output.say(
        &format!("{record}  {dossier}  kết thúc {closed}, đến hạn từ {due}  {source}"),
        &format!("{record}  {dossier}  closed in {closed}, due from {due}  {source}"),
    );
}

fn tell_kept(record: RecordId, why: &NotDue, output: &Output) {
    let from = match why {
        NotDue::NotYet(year) => Some(*year),
        _ => None,
    };
    let hold = match why {
        NotDue::Held(hold) => Some(*hold),
        _ => None,
    };
    let reason = why.code();
    output.object(&KeptLine {
        status: "kept",
        record,
        reason,
        from,
        hold,
    });
    let (vi, en) = words(why);
    output.say(&format!("{record}  {vi}"), &format!("{record}  {en}"));
}

fn words(why: &NotDue) -> (String, String) {
    let (vi, en) = match why {
        NotDue::NoDossier => ("không thuộc hồ sơ nào", "belongs to no dossier"),
        NotDue::NotClosed => ("hồ sơ chưa kết thúc", "its dossier is not closed"),
        NotDue::Permanent => ("lưu vĩnh viễn", "kept for ever"),
        NotDue::Unsettled => (
            "chưa rõ thời hạn: không được hủy",
            "its term is not known: it is kept",
        ),
        NotDue::Gone => ("không có trong kho", "not in the archive"),
        NotDue::NotYet(year) => {
            return (format!("đến hạn từ {year}"), format!("due from {year}"));
        }
        NotDue::Held(hold) => {
            return (format!("bị giữ, số {hold}"), format!("held, number {hold}"));
        }
    };
    (vi.to_owned(), en.to_owned())
}

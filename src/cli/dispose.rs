//! `sohoa dispose`: what is due, and the steps by which it goes: one person proposes, another approves, then it is carried
//! out.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments_reuse::some_text;
use super::output::Output;
use super::signed_in::{KEEPERS, SignedIn};
use crate::config::Config;
use crate::disposal::DisposalError;
use crate::disposal::carry_out::{Carried, ReplicaLeft, carry_out};
use crate::disposal::decide::Doing;
use crate::disposal::due::{Due, Judge, Judged, NotDue};
use crate::disposal::proposal::{Proposal, approve, propose, refuse};
use crate::disposal::register::Register;
use crate::disposal::standing::{Proposed, Standing};
use crate::error::Error;
use crate::record::{Clock, DossierCode, ExitCode, RecordId, SystemClock};

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
    /// Propose what is due and not proposed yet
    Propose {
        /// Only records of this dossier; several may be given
        #[arg(long, value_name = "CODE")]
        dossier: Vec<DossierCode>,
        #[command(flatten)]
        by: SignedIn,
    },
    /// The proposals, and where they are; the records of one
    Proposals {
        /// Number of the proposal whose records are listed
        proposal: Option<RecordId>,
    },
    /// Approve a proposal; not whoever proposed it
    Approve {
        /// Number of the proposal
        proposal: RecordId,
        #[command(flatten)]
        by: SignedIn,
    },
    /// Refuse a proposal, also one that was approved and is not carried out
    Refuse {
        /// Number of the proposal
        proposal: RecordId,
        /// Why
        #[arg(long, value_name = "TEXT", value_parser = some_text)]
        reason: String,
        #[command(flatten)]
        by: SignedIn,
    },
    /// Destroy the records of an approved proposal, each judged again; after a crash or a failure it goes on
    CarryOut {
        /// Number of the proposal
        proposal: RecordId,
        #[command(flatten)]
        by: SignedIn,
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
        DisposeAction::Propose { dossier, by } => {
            let by = by.require(&KEEPERS, config, output)?;
            let proposal = propose(config, dossier, now(by))?;
            proposal
                .records
                .iter()
                .for_each(|due| tell_due(due, output));
            tell(&proposal, "proposed", output);
            Ok(ExitCode::Ok)
        }
        DisposeAction::Proposals { proposal } => proposals(*proposal, config, output),
        DisposeAction::Approve { proposal, by } => {
            let by = by.require(&KEEPERS, config, output)?;
            let proposal = approve(config, *proposal, now(by))?;
            tell(&proposal, "approved", output);
            Ok(ExitCode::Ok)
        }
        DisposeAction::Refuse {
            proposal,
            reason,
            by,
        } => {
            let by = by.require(&KEEPERS, config, output)?;
            refuse(config, *proposal, reason, now(by))?;
            proposals(Some(*proposal), config, output)
        }
        DisposeAction::CarryOut { proposal, by } => {
            let by = by.require(&KEEPERS, config, output)?;
            let carried = carry_out(config, *proposal, now(by))?;
            Ok(tell_carried(&carried, output))
        }
    }
}

fn now(by: &str) -> Doing<'_> {
    let at = SystemClock.now();
    Doing { by, at }
}

#[derive(Serialize)]
struct ProposalLine<'a> {
    proposal: RecordId,
    status: &'static str,
    by: &'a str,
    records: u64,
}

fn tell(proposal: &Proposal, status: &'static str, output: &Output) {
    let records = proposal.records.len() as u64;
    tell_proposal((proposal.proposal, &proposal.by, records), status, output);
}

fn tell_proposal(
    (proposal, by, records): (RecordId, &str, u64),
    status: &'static str,
    output: &Output,
) {
    output.object(&ProposalLine {
        proposal,
        status,
        by,
        records,
    });
    let vi = match status {
        "approved" => "đã phê duyệt",
        "refused" => "đã từ chối",
        _ => "chờ phê duyệt",
    };
    output.say(
        &format!("Đề nghị hủy {proposal}: {records} bản ghi, người đề nghị {by}, {vi}."),
        &format!("Proposal {proposal}: {records} records, proposed by {by}, {status}."),
    );
}

fn proposals(
    wanted: Option<RecordId>,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let register = Register::read(&config.data_folder)?;
    let standing = Standing::of(register.lines());
    let of_wanted = |number: &RecordId| wanted.is_none_or(|wanted| wanted == *number);
    let mut is_known = wanted.is_none();
    for (number, proposed) in standing.proposals.iter().filter(|it| of_wanted(it.0)) {
        is_known = true;
        if wanted.is_some() {
            let proposal = Proposal::read(&config.data_folder, *number, proposed.digest)?;
            proposal
                .records
                .iter()
                .for_each(|due| tell_due(due, output));
        }
        let told = (*number, proposed.by.as_str(), proposed.records);
        tell_proposal(told, status_of(proposed), output);
    }
    match wanted {
        Some(wanted) if !is_known => Err(DisposalError::NoSuchProposal(wanted).into()),
        _ => Ok(ExitCode::Ok),
    }
}

fn status_of(proposed: &Proposed) -> &'static str {
    match (proposed.is_refused, &proposed.approved) {
        (true, _) => "refused",
        (false, Some(_)) => "approved",
        (false, None) => "proposed",
    }
}

#[derive(Serialize)]
struct RecordLine {
    status: &'static str,
    record: RecordId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Summary<'a> {
    disposed: usize,
    kept: usize,
    replicas_left: &'a [ReplicaLeft],
}

fn tell_carried(carried: &Carried, output: &Output) -> ExitCode {
    let Carried {
        disposed,
        kept,
        replicas,
    } = carried;
    for record in disposed {
        output.object(&RecordLine {
            status: "disposed",
            record: *record,
            reason: None,
        });
        output.say(
            &format!("{record}  đã hủy"),
            &format!("{record}  disposed of"),
        );
    }
    for (record, reason) in kept {
        output.object(&RecordLine {
            status: "kept",
            record: *record,
            reason: Some(reason),
        });
        output.say(
            &format!("{record}  giữ lại: {reason}"),
            &format!("{record}  kept: {reason}"),
        );
    }
    for ReplicaLeft { replica, code } in replicas {
        output.say(
            &format!("Bản sao {replica} chưa cập nhật ({code}): chạy `sohoa replicate {replica}` khi có ổ đĩa."),
            &format!("Replica {replica} has not followed ({code}): run `sohoa replicate {replica}` once its disk is there."),
        );
    }
    let (gone, left) = (disposed.len(), kept.len());
    output.object(&Summary {
        disposed: gone,
        kept: left,
        replicas_left: replicas,
    });
    output.say(
        &format!("{gone} bản ghi đã hủy, {left} giữ lại. Các bộ sao lưu còn giữ nội dung cho đến khi hết hạn."),
        &format!("{gone} records disposed of, {left} kept. Backup sets have them until they are over."),
    );
    match kept.is_empty() && replicas.is_empty() {
        true => ExitCode::Ok,
        false => ExitCode::No,
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

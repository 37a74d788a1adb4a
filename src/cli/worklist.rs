//! `sohoa worklist`: what waits for a person, and what the person says.

use serde::Serialize;

use super::decisions::{About, Worklist, WorklistCommand};
use super::ingest;
use super::output::Output;
use crate::config::Config;
use crate::decide;
use crate::error::{Error, JourneyError};
use crate::pipeline::Pipeline;
use crate::record::{
    Decision, ExitCode, Lang, PageReading, RecordId, Source, SystemClock, vietnam_time,
};
use crate::worklist::{self, Desk, Entry, WorklistError};

pub(super) fn run(
    arguments: &Worklist,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    match arguments.command.as_ref() {
        None | Some(WorklistCommand::List) => list(config, output),
        Some(WorklistCommand::Show(show)) => {
            tell_fully(&waiting(config, show.record)?, output);
            Ok(ExitCode::Ok)
        }
        Some(typed) => match typed.decision() {
            Some((about, decision)) => take(about, decision, config, output),
            None => list(config, output),
        },
    }
}

#[derive(Serialize)]
struct Line<'a> {
    state: &'static str,
    #[serde(flatten)]
    entry: &'a Entry,
}

fn list(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let entries = worklist::entries(&config.folders.work)?;
    for entry in &entries {
        output.object(&Line {
            state: "waiting",
            entry,
        });
        output.say(&summary(entry, Lang::Vi), &summary(entry, Lang::En));
    }
    if entries.is_empty() {
        output.say(
            "Không có tài liệu nào chờ cán bộ.",
            "Nothing waits for a person.",
        );
    }
    Ok(ExitCode::Ok)
}

fn summary(entry: &Entry, lang: Lang) -> String {
    let questions: Vec<String> = entry
        .questions
        .iter()
        .map(|question| question.sentence(lang))
        .collect();
    format!(
        "{}  {}  {}  {}  {} {}\n    {}",
        entry.record,
        vietnam_time(entry.since),
        entry.station,
        one_line(&entry.dropped_as),
        entry.pages.len(),
        lang.pick("tr.", "p."),
        questions.join(" ")
    )
}

fn one_line(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect()
}

fn waiting(config: &Config, record: RecordId) -> Result<Entry, Error> {
    let folder = config.folders.work.join(record.to_string());
    Ok(Desk::of(&folder)
        .entry()?
        .ok_or(WorklistError::NotWaiting)?)
}

fn tell_fully(entry: &Entry, output: &Output) {
    output.object(&Line {
        state: "waiting",
        entry,
    });
    output.say(&details(entry, Lang::Vi), &details(entry, Lang::En));
}

fn details(entry: &Entry, lang: Lang) -> String {
    let mut text = summary(entry, lang);
    for candidate in &entry.candidates {
        let sources: Vec<_> = candidate
            .sources
            .iter()
            .map(|source| source_name(*source, lang))
            .collect();
        let label = lang.pick("có thể của", "perhaps of");
        let number = candidate.citizen.expose();
        text.push_str(&format!("\n    {label} {number} ({})", sources.join(", ")));
    }
    for dossier in &entry.dossiers {
        text.push_str(&format!(
            "\n    {} {dossier}",
            lang.pick("hồ sơ", "dossier")
        ));
    }
    if let Some(kind) = &entry.kind {
        text.push_str(&format!("\n    {} {kind}", lang.pick("loại", "kind")));
    }
    for page in &entry.pages {
        let reading = reading_name(page.reading, lang);
        let label = lang.pick("trang", "page");
        text.push_str(&format!("\n    {label} {}: {reading}", page.page));
    }
    text
}

fn source_name(source: Source, lang: Lang) -> &'static str {
    let (vi, en) = match source {
        Source::Person => ("cán bộ", "a person"),
        Source::Operator => ("người nhập", "the operator"),
        Source::Slip => ("phiếu kèm", "the slip"),
        Source::CoverSheet => ("tờ phân cách", "the cover sheet"),
        Source::CaseSlip => ("giấy tiếp nhận", "the case slip"),
        Source::Folder => ("thư mục", "the folder"),
        Source::CardQr => ("mã QR trên thẻ", "a card's QR"),
        Source::Mrz => ("dòng MRZ trên thẻ", "a card's MRZ"),
        Source::Ocr => ("chữ đọc được", "read text"),
    };
    lang.pick(vi, en)
}

fn reading_name(reading: PageReading, lang: Lang) -> &'static str {
    let (vi, en) = match reading {
        PageReading::Ok => ("đọc tốt", "read"),
        PageReading::LowConfidence => ("đọc chưa chắc", "read with low confidence"),
        PageReading::Blank => ("trắng", "blank"),
        PageReading::Failed => ("không đọc được", "could not be read"),
        PageReading::Pending => ("chưa đọc", "not read yet"),
    };
    lang.pick(vi, en)
}

fn take(
    about: &About,
    decision: Decision,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    let by = about.by.as_deref().ok_or_else(|| {
        let lang = output.lang();
        let question = lang.pick(
            "Ai quyết định? Thêm --by TÊN.",
            "Who decides? Add --by NAME.",
        );
        JourneyError::Usage(question.to_owned())
    })?;
    let decision = match decision {
        Decision::DropBlank { pages } if pages.is_empty() => Decision::DropBlank {
            pages: blank_pages(&waiting(config, about.record)?),
        },
        decision => decision,
    };
    let clock = SystemClock;
    let pipeline = Pipeline::open(config, &clock)?;
    let answers = decide::decide(&pipeline, config, &clock, about.record, decision, by)?;
    let codes = answers
        .iter()
        .map(|answer| ingest::tell(&answer.record.to_string(), answer, output));
    Ok(codes.max_by_key(|code| *code as u8).unwrap_or(ExitCode::Ok))
}

fn blank_pages(entry: &Entry) -> Vec<u32> {
    entry
        .pages
        .iter()
        .filter(|page| page.reading == PageReading::Blank)
        .filter_map(|page| u32::try_from(page.page).ok())
        .collect()
}

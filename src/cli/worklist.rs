//! `sohoa worklist`: what waits for a person, and what the person says.

use serde::Serialize;

use super::arguments::Looking;
use super::asking::{keep, look};
use super::decisions::{About, Worklist, WorklistCommand};
use super::ingest;
use super::output::Output;
use super::words;
use crate::access::EventKind;
use crate::config::Config;
use crate::decide::Decider;
use crate::error::{Error, JourneyError};
use crate::index::{Attention, Index, IndexRow};
use crate::pipeline::Pipeline;
use crate::receipt::one_line;
use crate::record::{
    CitizenId, Decision, ExitCode, FieldName, Lang, PageReading, RecordId, SystemClock,
    vietnam_time,
};
use crate::second_look;
use crate::worklist::{self, Desk, Entry, Question, WorklistError};

pub(super) fn run(
    arguments: &Worklist,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Error> {
    match arguments.command.as_ref() {
        None | Some(WorklistCommand::List) => list(config, output),
        Some(WorklistCommand::Show(show)) => {
            let entry = waiting(config, show.record)?;
            let mut event = look(EventKind::View, &show.looking);
            event.citizens = citizens(&entry);
            event.records.push(entry.record);
            keep(&event, config)?;
            tell_fully(&entry, config, output);
            Ok(ExitCode::Ok)
        }
        Some(typed) => match typed.decision() {
            Some((about, decision)) => take(about, decision, config, output),
            None => list(config, output),
        },
    }
}

/// Everybody whose number an entry names.
fn citizens(entry: &Entry) -> Vec<CitizenId> {
    let numbers = entry
        .fields
        .iter()
        .filter(|field| field.name == FieldName::CitizenId);
    let named = entry.candidates.iter().map(|it| it.citizen.clone());
    named
        .chain(numbers.filter_map(|field| field.value.parse().ok()))
        .collect()
}

#[derive(Serialize)]
struct Line<'a> {
    state: &'static str,
    #[serde(flatten)]
    entry: &'a Entry,
}

fn list(config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let entries = worklist::entries(&config.folders.work)?;
    let shown: Vec<CitizenId> = entries.iter().flat_map(citizens).collect();
    // Lines for people name nobody; those for machines have everything.
    if output.is_json() && !shown.is_empty() {
        let mut event = look(EventKind::Search, &Looking::default());
        event.citizens = shown;
        keep(&event, config)?;
    }
    for entry in &entries {
        output.object(&Line {
            state: "waiting",
            entry,
        });
        output.say(&summary(entry, Lang::Vi), &summary(entry, Lang::En));
    }
    let archived = Index::open(&config.folders.index)?.needing_attention(LISTED_MAX)?;
    for row in &archived {
        output.object(&ArchivedLine {
            state: "archived",
            row,
        });
        output.say(
            &archived_summary(row, Lang::Vi),
            &archived_summary(row, Lang::En),
        );
    }
    if entries.is_empty() && archived.is_empty() {
        output.say(
            "Không có tài liệu nào chờ cán bộ.",
            "Nothing waits for a person.",
        );
    }
    Ok(ExitCode::Ok)
}

/// Records shown at most.
const LISTED_MAX: u32 = 1000;

#[derive(Serialize)]
struct ArchivedLine<'a> {
    state: &'static str,
    #[serde(flatten)]
    row: &'a IndexRow,
}

fn archived_summary(row: &IndexRow, lang: Lang) -> String {
    let why: Vec<&str> = row
        .attention
        .iter()
        .map(|code| attention_name(*code, lang))
        .collect();
    let archived = lang.pick("đã lưu trữ", "archived");
    format!(
        "{}  {}  {}  {archived}\n    {}",
        row.record,
        row.archived.get(..16).unwrap_or(&row.archived),
        row.station,
        why.join(", ")
    )
}

fn attention_name(code: Attention, lang: Lang) -> &'static str {
    let (vi, en) = match code {
        Attention::PagesPending => ("có trang chưa đọc chữ", "pages whose text is pending"),
        Attention::PagesFailed => ("có trang không đọc được", "pages that could not be read"),
        Attention::PagesLow => ("có trang đọc chưa chắc", "pages read with low confidence"),
        Attention::IdentityOpen => ("chưa rõ của công dân nào", "whose it is, is open"),
    };
    lang.pick(vi, en)
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

fn waiting(config: &Config, record: RecordId) -> Result<Entry, Error> {
    let folder = config.folders.work.join(record.to_string());
    Ok(Desk::of(&folder)
        .entry()?
        .ok_or(WorklistError::NotWaiting)?)
}

fn tell_fully(entry: &Entry, config: &Config, output: &Output) {
    output.object(&Line {
        state: "waiting",
        entry,
    });
    output.say(&details(entry, Lang::Vi), &details(entry, Lang::En));
    let folder = config.folders.work.join(entry.record.to_string());
    let doubtful = entry.questions.iter().flat_map(Question::drawn_pages);
    let pictures = doubtful.flat_map(|page| second_look::pictures(&folder, page - 1));
    for picture in pictures.filter(|picture| picture.exists()) {
        let picture = picture.display();
        output.say(
            &format!("    ảnh {picture}"),
            &format!("    picture {picture}"),
        );
    }
}

fn details(entry: &Entry, lang: Lang) -> String {
    let mut text = summary(entry, lang);
    for candidate in &entry.candidates {
        let label = lang.pick("có thể của", "perhaps of");
        let number = candidate.citizen.expose();
        let by = words::sources(&candidate.sources, lang);
        text.push_str(&format!("\n    {label} {number} ({by})"));
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
        let reading = words::reading(page.reading, lang);
        let label = lang.pick("trang", "page");
        text.push_str(&format!("\n    {label} {}: {reading}", page.page));
    }
    for field in &entry.fields {
        text.push_str(&format!("\n    {}", words::field(field, lang)));
    }
    text
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
    let decider = Decider {
        pipeline: &pipeline,
        config,
        clock: &clock,
        by,
    };
    let answers = decider.decide(about.record, decision)?;
    Ok(ingest::tell_all(
        &about.record.to_string(),
        &answers,
        output,
    ))
}

fn blank_pages(entry: &Entry) -> Vec<u32> {
    entry
        .pages
        .iter()
        .filter(|page| page.reading == PageReading::Blank)
        .filter_map(|page| u32::try_from(page.page).ok())
        .collect()
}

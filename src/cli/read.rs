//! `sohoa read`: recognition only. What each page says, as text or as JSON with every word's place, and
//! after the pages what the document is and whose.

use std::path::Path;

use serde::Serialize;

use super::normalise::{Settings, settings};
use super::output::Output;
use super::words;
use crate::error::Error;
use crate::pages::{PagePool, Scans};
use crate::recognise::identity::{self, Decision};
use crate::recognise::{ReadPage, Reader, RecognisedPage, dossier, fields};
use crate::record::{DocumentKind, DossierCode, ExitCode, Explain, Field, Lang};

#[derive(Serialize)]
struct PageLine<'a> {
    file: &'a str,
    page: u32,
    #[serde(flatten)]
    read: &'a RecognisedPage,
    text: String,
    codes: Vec<CodeLine<'a>>,
    fields: &'a [Field],
}

#[derive(Serialize)]
struct CodeLine<'a> {
    kind: String,
    text: &'a str,
    dossier: Option<String>,
    corners: [[f32; 2]; 4],
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    file: &'a str,
    pages: u32,
    fields: &'a [Field],
    dossier: Option<DossierCode>,
    identity: Decision,
    kind: Option<DocumentKind>,
    title: Option<&'a str>,
}

pub(super) fn run(
    path: &Path,
    profile: &str,
    config: &Path,
    output: &Output,
) -> Result<ExitCode, Error> {
    let Settings {
        limits,
        profile,
        workers,
    } = settings(profile, config)?;
    let scans = Scans::open(std::iter::once(&path.to_owned()), &profile, &limits)?;
    let reader = Reader::start(workers, &profile.languages);
    if let Some(lacking) = reader.lacks() {
        tracing::warn!(code = lacking.code(), "{}", lacking.message(output.lang()));
    }
    let file = path.display().to_string();
    let (mut pages, mut unread, mut found) = (0, 0, Vec::new());
    for read in scans.each(&PagePool::new(workers), |image| reader.read_or_fail(&image))? {
        pages += 1;
        unread += u32::from(read.page.reading.is_unread());
        let fields = fields::of_page(&read, pages);
        tell_page(&file, pages, &read, &fields, output);
        found.extend(fields);
    }
    tell_document(&file, pages, &found, output);
    match reader.lacks() {
        Some(lacking) if unread > 0 => {
            output.say(
                &lacking.advice(output.lang()),
                &lacking.advice(output.lang()),
            );
            Ok(ExitCode::Environment)
        }
        _ if unread > 0 => Ok(ExitCode::No),
        _ => Ok(ExitCode::Ok),
    }
}

fn tell_page(file: &str, number: u32, read: &ReadPage, fields: &[Field], output: &Output) {
    let codes = read.codes.iter().map(|code| CodeLine {
        kind: format!("{:?}", code.kind).to_lowercase(),
        text: &code.text,
        dossier: dossier::from_code_text(&code.text).map(|code| code.to_string()),
        corners: code.place.corners,
    });
    let line = PageLine {
        file,
        page: number,
        read: &read.page,
        text: read.page.text(),
        codes: codes.collect(),
        fields,
    };
    output.object(&line);
    let head = |page, turned| {
        format!(
            "── {page} {number} · {:?} · {turned} {}°",
            read.page.reading, read.page.upright
        )
    };
    output.say(&head("trang", "xoay"), &head("page", "turn"));
    for code in &line.codes {
        let found = format!("[{}] {}", code.kind, code.text);
        output.say(&found, &found);
    }
    output.say(&line.text, &line.text);
    for field in fields {
        let line = |lang| format!("• {}", words::field(field, lang));
        output.say(&line(Lang::Vi), &line(Lang::En));
    }
}

fn tell_document(file: &str, pages: u32, found: &[Field], output: &Output) {
    let line = DocumentLine {
        file,
        pages,
        fields: found,
        dossier: fields::dossier(found),
        identity: identity::decide(&fields::evidence(found)),
        kind: fields::kind(found),
        title: fields::title(found),
    };
    output.object(&line);
    output.say("── cả tài liệu", "── the document");
    if let Some(title) = line.title {
        let kind = line.kind.as_ref().map_or("–", DocumentKind::as_str);
        output.say(
            &format!("• tên gọi: {title} ({kind})"),
            &format!("• title: {title} ({kind})"),
        );
    }
    if let Some(code) = &line.dossier {
        output.say(
            &format!("• mã hồ sơ: {code}"),
            &format!("• dossier: {code}"),
        );
    }
    match &line.identity {
        Decision::Certain { citizen, sources } => {
            let by = |lang| format!("{} ({})", citizen.expose(), words::sources(sources, lang));
            output.say(
                &format!("• của: {}", by(Lang::Vi)),
                &format!("• belongs to: {}", by(Lang::En)),
            );
        }
        Decision::Candidates { candidates } => {
            let ids: Vec<&str> = candidates.iter().map(|c| c.citizen.expose()).collect();
            let ids = ids.join(", ");
            output.say(
                &format!("• cần người chọn: {ids}"),
                &format!("• a person must choose: {ids}"),
            );
        }
        Decision::Nothing => output.say(
            "• chưa rõ của ai: không thấy số định danh nào",
            "• nobody named: no citizen ID was found",
        ),
    }
}

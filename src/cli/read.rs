//! `sohoa read`: recognition only. What each page says, as text or as JSON with every word's place.

use std::path::PathBuf;

use serde::Serialize;

use super::normalise::{Settings, settings};
use super::output::Output;
use crate::error::Error;
use crate::pages::{PagePool, Scans};
use crate::recognise::{PageReading, ReadPage, Reader, RecognisedPage, dossier};
use crate::record::{ExitCode, Explain};

#[derive(Serialize)]
struct PageLine<'a> {
    file: String,
    page: usize,
    #[serde(flatten)]
    read: &'a RecognisedPage,
    text: String,
    codes: Vec<CodeLine<'a>>,
}

#[derive(Serialize)]
struct CodeLine<'a> {
    kind: String,
    text: &'a str,
    dossier: Option<String>,
    corners: [[f32; 2]; 4],
}

pub(super) fn run(
    file: &std::path::Path,
    profile: &str,
    config: &std::path::Path,
    output: &Output,
) -> Result<ExitCode, Error> {
    let Settings {
        limits,
        profile,
        workers,
    } = settings(profile, config)?;
    let scans = Scans::open(std::iter::once(&file.to_owned()), &profile, &limits)?;
    let reader = Reader::start(1, &profile.languages);
    if let Some(lacking) = reader.lacks() {
        tracing::warn!(code = lacking.code(), "{}", lacking.message(output.lang()));
    }
    let mut unread = 0;
    for (number, image) in scans.in_order(&PagePool::new(workers)).enumerate() {
        let read = reader.read(&image?)?;
        unread += usize::from(matches!(
            read.page.reading,
            PageReading::Pending | PageReading::Failed
        ));
        tell(file, number + 1, &read, output);
    }
    match reader.lacks() {
        Some(lacking) if unread > 0 => {
            output.say(
                &lacking.advice(output.lang()),
                &lacking.advice(output.lang()),
            );
            Ok(ExitCode::Environment)
        }
        _ => Ok(if unread > 0 {
            ExitCode::No
        } else {
            ExitCode::Ok
        }),
    }
}

fn tell(file: &std::path::Path, number: usize, read: &ReadPage, output: &Output) {
    let text = text_of(&read.page);
    let codes = read.codes.iter().map(|code| CodeLine {
        kind: format!("{:?}", code.kind).to_lowercase(),
        text: &code.text,
        dossier: dossier::from_code_text(&code.text).map(|code| code.to_string()),
        corners: code.place.corners,
    });
    let line = PageLine {
        file: PathBuf::from(file).display().to_string(),
        page: number,
        read: &read.page,
        text,
        codes: codes.collect(),
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
}

/// The words of a page, one line a line.
fn text_of(page: &RecognisedPage) -> String {
    let mut text = String::new();
    let mut line = None;
    for word in &page.words {
        match line {
            Some(before) if before == word.line => text.push(' '),
            Some(_) => text.push('\n'),
            None => {}
        }
        text.push_str(&word.text);
        line = Some(word.line);
    }
    text
}

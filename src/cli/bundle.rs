//! `sohoa bundle`: chosen records put together for a new dossier, and the re-use recorded.

use serde::Serialize;

use super::arguments_reuse::Bundle;
use super::asking::{event, keep};
use super::output::Output;
use crate::access::{EventKind, Purpose};
use crate::config::Config;
use crate::error::Error;
use crate::hand_out::{Wanted, make};
use crate::record::{Clock, DossierCode, ExitCode, Lang, RecordId, SystemClock};
use crate::reuse::bundle::Manifest;
use crate::reuse::procedure::ProcedureCode;

#[derive(Serialize)]
struct Made<'a> {
    bundle: RecordId,
    file: String,
    dossier: &'a DossierCode,
    procedure: &'a ProcedureCode,
    records: Vec<Reused<'a>>,
    event: RecordId,
}

#[derive(Serialize)]
struct Reused<'a> {
    record: RecordId,
    file: &'a str,
    paper: Option<&'a str>,
    standing: Option<&'static str>,
    explanation: &'a str,
}

pub(super) fn run(arguments: &Bundle, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let now = SystemClock.now();
    let wanted = Wanted {
        records: &arguments.records,
        dossier: &arguments.dossier,
        received: arguments.on,
        procedure: &arguments.procedure,
        by: &arguments.by,
        bytes_max: u64::MAX,
    };
    let made = make(config, &wanted, now, &arguments.output)?;
    let purpose = || Purpose {
        dossier: Some(arguments.dossier.clone()),
        text: arguments.purpose.clone(),
    };
    let events = [EventKind::BundleBegun, EventKind::Bundle];
    let (manifest, event) = made.give(
        config,
        events.map(|what| event(what, now, (&arguments.by, purpose()))),
        |event| keep(event, config),
        |staged, keep| staged.deliver(keep),
    )?;
    report(&manifest, arguments, event, output);
    Ok(ExitCode::Ok)
}

fn report(manifest: &Manifest, arguments: &Bundle, event: RecordId, output: &Output) {
    let file = arguments.output.display();
    let lang = usize::from(output.lang() == Lang::En);
    let records = manifest.records.iter().map(|record| Reused {
        record: record.record,
        file: &record.document.file,
        paper: record.paper.as_deref(),
        standing: record.standing,
        explanation: record.explanation.get(lang).map_or("", String::as_str),
    });
    output.object(&Made {
        bundle: manifest.bundle,
        file: file.to_string(),
        dossier: &manifest.dossier,
        procedure: &manifest.procedure,
        records: records.collect(),
        event,
    });
    let count = manifest.records.len();
    output.say(
        &format!(
            "Đã ghi {file}: gói {} gồm {count} giấy tờ cho hồ sơ {}.",
            manifest.bundle, manifest.dossier
        ),
        &format!(
            "Wrote {file}: bundle {} with {count} papers for dossier {}.",
            manifest.bundle, manifest.dossier
        ),
    );
    for record in &manifest.records {
        let line = |explanation: &String| format!("    {}: {explanation}", record.document.file);
        let [vi, en] = &record.explanation;
        output.say(&line(vi), &line(en));
    }
}

//! `sohoa bundle`: chosen records put together for a new dossier, and the re-use recorded.

use std::collections::BTreeMap;

use serde::Serialize;

use super::arguments_reuse::Bundle;
use super::asking::{day_of, event, held_of, keep};
use super::output::Output;
use crate::access::{Event, EventKind, Purpose};
use crate::archive::ArchiveReader;
use crate::config::Config;
use crate::describe::CONVERTER;
use crate::error::Error;
use crate::ledger::LedgerError;
use crate::office_ledger::{OfficeLedger, prove};
use crate::random;
use crate::record::{CitizenId, Clock, DossierCode, ExitCode, Lang, RecordId, SystemClock};
use crate::reuse::ReuseError;
use crate::reuse::bundle::{Chosen, Manifest, Order, choose, stage};
use crate::reuse::checklist::{Checklist, HeldRecord, checklist};
use crate::reuse::procedure::{Catalogue, ProcedureCode};
use crate::signing::Signing;

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
    let received = day_of(&arguments.dossier, arguments.on)?;
    let catalogue = Catalogue::load(&config.data_folder)?;
    let procedure = catalogue.in_force(&arguments.procedure, received)?;
    let archive = ArchiveReader::at(&config.folders.archive);
    let mut chosen = choose(&arguments.records, &archive)?;
    let citizens = held_of_each(&chosen, config)?;
    let lists: BTreeMap<&CitizenId, Checklist<'_>> = citizens
        .iter()
        .map(|(citizen, held)| {
            let dossier = Some(&arguments.dossier);
            (
                citizen,
                checklist(&catalogue, procedure, held, dossier, received),
            )
        })
        .collect();
    for it in &mut chosen {
        let list = lists.get(it.citizen());
        let purpose = list.and_then(|list| list.use_of(it.record()));
        it.purpose = purpose.map(|(paper, standing)| (paper.name.clone(), standing.clone()));
    }
    let order = Order {
        number: random::record_id(now),
        at: now,
        by: &arguments.by,
        dossier: &arguments.dossier,
        received,
        procedure,
        catalogue: &catalogue,
        agency: &config.agency.name,
        program: CONVERTER,
    };
    let ledger = OfficeLedger::new(config);
    ledger.prepare(&archive)?;
    prove_all(&mut chosen, &ledger, config)?;
    let staged = stage(&order, &chosen, &arguments.output)?;
    let event_of = |what| event_of(what, arguments, &order, (&citizens, &chosen));
    keep(&event_of(EventKind::BundleBegun), config)?;
    let digest = staged.manifest_sha256();
    let entries: Result<Vec<_>, Error> = chosen
        .iter()
        .map(|it| prove::reuse(it.object(), digest))
        .collect();
    ledger.enter(entries?, now, &archive)?;
    let given = event_of(EventKind::Bundle);
    let manifest = staged.deliver(|| Ok(keep(&given, config)?))?;
    report(&manifest, arguments, given.event, output);
    Ok(ExitCode::Ok)
}

/// The proof of each record. One that the ledger does not know as it is was changed behind our back, and is not handed
/// out.
fn prove_all(
    chosen: &mut [Chosen],
    ledger: &OfficeLedger<'_>,
    config: &Config,
) -> Result<(), Error> {
    let prove_each = |chosen: &mut [Chosen]| -> Result<(), Error> {
        for it in chosen {
            it.proof = Some(prove::prove(config, it.object())?.to_bytes());
        }
        Ok(())
    };
    let first = prove_each(chosen);
    if let Err(Error::Ledger(LedgerError::NotSigned { .. })) = first {
        ledger.sign_off(&Signing::new(config).timestamps, SystemClock.now())?;
        return prove_each(chosen);
    }
    first
}

/// All that is held of each citizen whose records were chosen: what supersedes what can be told only so.
fn held_of_each(
    chosen: &[Chosen],
    config: &Config,
) -> Result<BTreeMap<CitizenId, Vec<HeldRecord>>, ReuseError> {
    let mut citizens = BTreeMap::new();
    for it in chosen {
        if !citizens.contains_key(it.citizen()) {
            citizens.insert(it.citizen().clone(), held_of(it.citizen(), config)?);
        }
    }
    Ok(citizens)
}

fn event_of(
    what: EventKind,
    arguments: &Bundle,
    order: &Order<'_>,
    (citizens, chosen): (&BTreeMap<CitizenId, Vec<HeldRecord>>, &[Chosen]),
) -> Event {
    let purpose = Purpose {
        dossier: Some(arguments.dossier.clone()),
        text: arguments.purpose.clone(),
    };
    Event {
        citizens: citizens.keys().cloned().collect(),
        records: chosen.iter().map(Chosen::record).collect(),
        bundle: Some(order.number),
        ..event(what, order.at, (order.by, purpose), order.procedure)
    }
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

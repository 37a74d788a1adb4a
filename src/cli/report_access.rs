//! `sohoa report access`: who looked at a citizen and why, at whom somebody looked, who looked at people in bulk.
//!
//! For auditors; asking about a citizen is an event itself. Numbers are masked unless `--full` is given.

use clap::{ArgGroup, Args};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::arguments::Looking;
use super::asking::{keep, look};
use super::output::Output;
use crate::access::audit::Audit;
use crate::access::bulk::Alarm;
use crate::access::{AccessError, Event, EventKind, Purpose};
use crate::config::Config;
use crate::error::Error;
use crate::record::Clock;
use crate::record::{
    CitizenId, DossierCode, ExitCode, Explain, Lang, RecordId, SystemClock, vietnam_time,
};

/// What the user typed.
#[derive(Args)]
#[group(skip)]
#[command(group(ArgGroup::new("about").required(true).multiple(true).args(["citizen", "by", "bulk"])))]
pub(super) struct Access {
    /// Who looked at this citizen
    #[arg(long, value_name = "12 DIGITS", conflicts_with = "bulk")]
    citizen: Option<CitizenId>,
    /// What this person did: a name, or an account
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Who looked at more persons an hour than `[access] bulk_per_hour`, in the last month if no days are given
    #[arg(long)]
    bulk: bool,
    /// From this day on (Vietnam's calendar)
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// To this day, inclusive
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,
    /// Show numbers in full
    #[arg(long)]
    full: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    event: RecordId,
    at: Timestamp,
    what: EventKind,
    by: &'a str,
    account: &'a str,
    from: &'a str,
    dossier: Option<&'a DossierCode>,
    purpose: String,
    procedure: Option<&'a str>,
    citizens: Vec<String>,
    listed: Vec<String>,
    records: &'a [RecordId],
}

#[derive(Serialize)]
struct Flaw {
    error: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Summary {
    report: &'static str,
    citizen: Option<String>,
    events: u64,
    alarms: Option<usize>,
    flaws: u64,
    /// The event of this report itself.
    event: RecordId,
}

pub(super) fn run(access: &Access, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let audit = Audit {
        citizen: access.citizen.clone(),
        by: access.by.clone(),
        bulk: access.bulk,
        from: access.from,
        to: access.to,
    };
    let looking = Looking {
        purpose: None,
        by: None,
    };
    let event = audit.told_in(look(EventKind::Audit, &looking));
    keep(&event, config)?;
    let mut told = Told {
        access,
        output,
        events: 0,
        flaws: 0,
    };
    let alarms = if access.bulk {
        Some(told.bulk(&audit, config))
    } else {
        told.looks(&audit, config, event.event);
        None
    };
    let summary = Summary {
        report: "access",
        citizen: access.citizen.as_ref().map(ToString::to_string),
        events: told.events,
        alarms,
        flaws: told.flaws,
        event: event.event,
    };
    output.object(&summary);
    say(&summary, output);
    let fine = summary.flaws == 0 && summary.alarms.unwrap_or(0) == 0;
    Ok(if fine { ExitCode::Ok } else { ExitCode::No })
}

struct Told<'a> {
    access: &'a Access,
    output: &'a Output,
    events: u64,
    flaws: u64,
}

impl Told<'_> {
    /// Tells every event that was asked for, but not the report's own.
    fn looks(&mut self, audit: &Audit, config: &Config, own: RecordId) {
        for event in audit.looks(&config.data_folder, own) {
            match event {
                Err(error) => self.flaw(&error),
                Ok(event) => {
                    self.events += 1;
                    self.tell(&event);
                }
            }
        }
    }

    /// Tells who went through people in bulk; how many times.
    fn bulk(&mut self, audit: &Audit, config: &Config) -> usize {
        let until = (config.bulk_per_hour, SystemClock.now());
        let found = audit.in_bulk(&config.data_folder, until, |error| self.flaw(error));
        self.events += found.events;
        for alarm in &found.alarms {
            self.output.object(alarm);
            self.output
                .say(&alarm_line(alarm, Lang::Vi), &alarm_line(alarm, Lang::En));
        }
        found.alarms.len()
    }

    fn flaw(&mut self, error: &AccessError) {
        self.flaws += 1;
        let message = error.message(self.output.lang());
        self.output.say(&message, &message);
        self.output.object(&Flaw {
            error: error.code(),
            message,
        });
    }

    fn tell(&self, event: &Event) {
        let number = |citizen: &CitizenId| match self.access.full {
            true => citizen.expose().to_owned(),
            false => citizen.to_string(),
        };
        let line = Line {
            event: event.event,
            at: event.at,
            what: event.what,
            by: &event.by,
            account: event.account(),
            from: &event.from,
            dossier: event.purpose.dossier.as_ref(),
            purpose: purpose_text(&event.purpose, self.output.lang()),
            procedure: event.procedure.as_deref(),
            citizens: event.citizens.iter().map(number).collect(),
            listed: event.listed.iter().map(number).collect(),
            records: &event.records,
        };
        self.output.object(&line);
        let text = |lang| event_line(event, &line, lang);
        self.output.say(&text(Lang::Vi), &text(Lang::En));
    }
}

/// What was said beside the dossier; where nothing was, that.
fn purpose_text(purpose: &Purpose, lang: Lang) -> String {
    match &purpose.text {
        Some(text) => text.clone(),
        None => purpose.words(lang),
    }
}

fn event_line(event: &Event, line: &Line<'_>, lang: Lang) -> String {
    let Line {
        by, account, from, ..
    } = line;
    let at = vietnam_time(event.at);
    let what = event.what.words(lang);
    let why = event.purpose.words(lang);
    let records = event.records.len();
    let whom = match (line.citizens.len(), line.listed.len()) {
        (0, 0) => "–".to_owned(),
        (1..=3, 0) => line.citizens.join(", "),
        (shown, listed) => format!("{} {}", shown + listed, lang.pick("người", "persons")),
    };
    let unit = lang.pick("bản ghi", "records");
    format!("{at}  {by} ({account})  {from}  {what}  {whom}  {records} {unit}  {why}")
}

fn alarm_line(alarm: &Alarm, lang: Lang) -> String {
    let Alarm {
        account, persons, ..
    } = alarm;
    let (from, to) = (vietnam_time(alarm.from), vietnam_time(alarm.to));
    let unit = lang.pick("người trong một giờ", "persons within an hour");
    format!("{from} – {to}  {account}  {persons} {unit}")
}

fn say(summary: &Summary, output: &Output) {
    let Summary { events, flaws, .. } = summary;
    match summary.alarms {
        Some(alarms) => output.say(
            &format!("{alarms} lần xem hàng loạt trong {events} sự kiện; {flaws} chỗ nhật ký không còn nguyên."),
            &format!("{alarms} times in bulk among {events} events; {flaws} flaws of the log."),
        ),
        None => output.say(
            &format!("{events} sự kiện; {flaws} chỗ nhật ký không còn nguyên."),
            &format!("{events} events; {flaws} flaws of the log."),
        ),
    }
}

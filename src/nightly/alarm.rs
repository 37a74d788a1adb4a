//! Alarms: a file each, which stays until a person takes it away; sent on as JSON and as a letter where that is asked.
//!
//! The file comes first and is on the disk before anything else is tried. What could not be sent is tried again; what
//! was sent has a mark beside it. An alarm says what, when and where to look, and nothing about any person.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::pages::verdict_of;
use super::report::NightReport;
use super::state::State;
use crate::archive::read_metadata;
use crate::config::{Config, MailSection};
use crate::durable::{self, Cause, DurableError};
use crate::error::Error;
use crate::http::{Bounds, Client};
use crate::record::{Explain, Lang, vietnam_time};

const FORMAT: &str = "sohoa-alarm/1";
/// More are not looked at: a person has not been there for long.
const ALARMS_MAX: usize = 1_000;
const WEBHOOK: Bounds = Bounds {
    time: Duration::from_secs(20),
    bytes: 64 * 1024,
};
/// Marks beside an alarm.
const POSTED: &str = "posted";
const MAILED: &str = "mailed";

/// Something that a person must hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    format: String,
    /// Stable text: `nightly.found`, `nightly.blind`, `nightly.overdue`, `nightly.failed`.
    pub code: String,
    /// When.
    pub time: Timestamp,
    /// Whose archive it is.
    pub agency: String,
    /// What it is about.
    pub vi: String,
    /// The same in English.
    pub en: String,
    /// Folder of the report, below the data folder.
    pub report: Option<String>,
}

impl Alarm {
    fn new(config: &Config, code: &str, time: Timestamp, (vi, en): (String, String)) -> Self {
        Self {
            format: FORMAT.to_owned(),
            code: code.to_owned(),
            time,
            agency: config.agency.name.clone(),
            vi,
            en,
            report: None,
        }
    }

    /// Of a report that is not good; `None` for one that is.
    #[must_use]
    pub fn of_report(config: &Config, report: &NightReport, place: &str) -> Option<Self> {
        if report.verdict == "ok" {
            return None;
        }
        let is_blind = report.canary.as_ref().is_some_and(|it| !it.is_reported);
        let code = if is_blind {
            "nightly.blind"
        } else {
            "nightly.found"
        };
        let night = report.night;
        let ((vi, en), (mended, left)) = (verdict_of(report), report.mended());
        let found: u64 = report.found.values().sum();
        let texts = if is_blind {
            (
                format!(
                    "Đêm {night}: phép kiểm tra KHÔNG phát hiện vật mẫu bị làm hỏng, kết quả của nó không dùng được. Xem {place}."
                ),
                format!(
                    "Night {night}: the check did NOT report the object that was damaged on purpose; its result says nothing. See {place}."
                ),
            )
        } else {
            (
                format!(
                    "Đêm {night}: kho lưu trữ {vi}: {found} phát hiện, {mended} đã khôi phục, {left} còn nguyên trạng. Xem {place}."
                ),
                format!(
                    "Night {night}: archive: {en}: {found} findings, {mended} mended, {left} left as they are. See {place}."
                ),
            )
        };
        Some(Self {
            report: Some(place.to_owned()),
            ..Self::new(config, code, report.ended, texts)
        })
    }

    /// Of a run that an error ended.
    #[must_use]
    pub fn failed(config: &Config, night: Date, error: &Error, now: Timestamp) -> Self {
        let text = |lang| format!("{} {}", error.message(lang), error.advice(lang));
        let texts = (
            format!(
                "Đêm {night}: không kiểm tra được kho lưu trữ. {}",
                text(Lang::Vi)
            ),
            format!(
                "Night {night}: the archive could not be verified. {}",
                text(Lang::En)
            ),
        );
        Self::new(config, "nightly.failed", now, texts)
    }

    /// Of no run that came to its end for too long.
    #[must_use]
    pub fn overdue(config: &Config, state: &State, now: Timestamp) -> Self {
        let since = vietnam_time(state.last_end());
        let texts = (
            format!("Không có lần kiểm tra kho nào hoàn tất kể từ {since}."),
            format!("No verification of the archive came to its end since {since}."),
        );
        Self::new(config, "nightly.overdue", now, texts)
    }

    fn file(&self, config: &Config) -> PathBuf {
        let stamp = self.time.strftime("%Y%m%dT%H%M%S%fZ");
        config
            .alarm
            .folder
            .join(format!("{stamp}-{}.json", self.code))
    }
}

/// Writes the alarm down; once, however often it is raised.
///
/// # Errors
/// The disk's.
pub fn raise(config: &Config, alarm: &Alarm) -> Result<(), DurableError> {
    durable::create_folders(&config.alarm.folder)?;
    // Plain text: serialising it cannot fail.
    let text = serde_json::to_vec_pretty(alarm).unwrap_or_default();
    match durable::write_new(&alarm.file(config), &text) {
        Err(error) if error.cause() == Cause::Exists => Ok(()),
        other => other,
    }
}

/// The same where nobody can be told of an error but the log; whether it is written down.
pub(super) fn raise_or_log(config: &Config, alarm: &Alarm) -> bool {
    tracing::error!(code = alarm.code, what = alarm.en, "ALARM");
    raise(config, alarm)
        .inspect_err(|error| {
            tracing::error!(code = error.code(), cause = %error, "the alarm is not written down");
        })
        .is_ok()
}

/// The alarms that nobody took away, oldest first; none where there is no folder.
#[must_use]
pub fn standing(config: &Config) -> Vec<PathBuf> {
    let entries = match fs::read_dir(&config.alarm.folder) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::error!(cause = %error, "the folder of alarms cannot be read");
            }
            return Vec::new();
        }
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut alarms: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .take(ALARMS_MAX)
        .collect();
    alarms.sort();
    alarms
}

/// Sends on what was not sent yet. What fails is tried at the next time.
pub(super) fn send_unsent(config: &Config) {
    if config.alarm.webhook.is_none() && config.alarm.mail.is_none() {
        return;
    }
    for path in standing(config) {
        let read = read_metadata(&path).ok();
        let Some(alarm) = read.and_then(|it| serde_json::from_slice::<Alarm>(&it).ok()) else {
            continue;
        };
        if let Some(address) = &config.alarm.webhook {
            once(&path, POSTED, || post(address, &alarm));
        }
        if let Some((folder, mail)) = &config.alarm.mail {
            once(&path, MAILED, || write_letter(folder, mail, &alarm, &path));
        }
    }
}

/// Does something that has no mark yet, and marks it.
fn once(alarm: &Path, mark: &str, send: impl FnOnce() -> Result<(), String>) {
    let marked = alarm.with_extension(mark);
    if marked.exists() {
        return;
    }
    let sent = send()
        .and_then(|()| durable::write_new(&marked, b"").map_err(|error| error.message(Lang::En)));
    if let Err(cause) = sent {
        tracing::warn!(mark, cause, "an alarm is not sent yet");
    }
}

fn post(address: &str, alarm: &Alarm) -> Result<(), String> {
    // Plain text: serialising it cannot fail.
    let text = serde_json::to_vec(alarm).unwrap_or_default();
    let posted = Client::new(&[]).post(address, "application/json", &[], &text, WEBHOOK);
    posted.map(|_| ()).map_err(|error| error.to_string())
}

fn write_letter(
    folder: &Path,
    mail: &MailSection,
    alarm: &Alarm,
    path: &Path,
) -> Result<(), String> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let file = folder.join(format!("{stem}.eml"));
    match durable::write_new(&file, letter(mail, alarm).as_bytes()) {
        Err(error) if error.cause() == Cause::Exists => Ok(()),
        other => other.map_err(|error| error.message(Lang::En)),
    }
}

/// RFC 5322.
fn letter(mail: &MailSection, alarm: &Alarm) -> String {
    let one_line = |text: &str| text.replace(char::is_control, " ");
    format!(
        "From: {}\r\nTo: {}\r\nDate: {}\r\nSubject: [sohoa] {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         {}\r\n\r\n{}\r\n\r\n{}\r\n",
        one_line(&mail.from),
        one_line(&mail.to),
        alarm.time.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        one_line(&alarm.code),
        one_line(&alarm.vi),
        one_line(&alarm.en),
        one_line(&alarm.agency),
    )
}

//! `sohoa doctor`: is everything here that a working day needs? One line a check, three verdicts.

use std::path::Path;

use serde::Serialize;

use super::arguments::Doctor;
use super::output::Output;
use super::{
    doctor_keys, doctor_nightly, doctor_policy, doctor_replicas, doctor_services, doctor_token,
};
use crate::archive::Archive;
use crate::capture;
use crate::config::{Config, TextReading, preflight};
use crate::error::Error;
use crate::index::Index;
use crate::recognise::tesseract::Recognisers;
use crate::record::{Clock, ExitCode, Explain, Lang, SystemClock};

/// Free space below which scanning should stop: ten of the largest files.
const LOW_SPACE_BYTES: u64 = 5 << 30;

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Ok,
    Warning,
    Error,
}

#[derive(Serialize)]
pub(super) struct Check {
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    pub(super) detail: String,
}

pub(super) fn run(arguments: &Doctor, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    if arguments.token {
        return doctor_token::run(arguments, config, output);
    }
    let lang = output.lang();
    let mut checks = vec![
        folders(config, lang),
        space(&config.folders.archive, lang),
        archive(config, lang),
        index(config, lang),
    ];
    checks.extend(doctor_keys::checks(config, lang));
    checks.extend(doctor_policy::checks(config, lang));
    checks.extend(doctor_services::checks(config, lang));
    checks.extend(doctor_replicas::checks(config, lang));
    checks.extend(doctor_nightly::checks(config, lang));
    checks.extend([engine(config, lang), clock(lang), queue(config, lang)]);
    checks.iter().for_each(|check| tell(check, output));
    let sound = checks.iter().all(|check| check.verdict != Verdict::Error);
    Ok(if sound {
        ExitCode::Ok
    } else {
        ExitCode::Environment
    })
}

pub(super) fn tell(check: &Check, output: &Output) {
    output.object(check);
    let (vi, en) = match check.verdict {
        Verdict::Ok => ("tốt", "ok"),
        Verdict::Warning => ("LƯU Ý", "WARNING"),
        Verdict::Error => ("LỖI", "ERROR"),
    };
    let line = |word| format!("{word:8} {:10} {}", check.check, check.detail);
    output.say(&line(vi), &line(en));
}

fn result<E: Explain>(check: &'static str, lang: Lang, result: Result<String, E>) -> Check {
    match result {
        Ok(detail) => Check {
            check,
            verdict: Verdict::Ok,
            detail,
        },
        Err(error) => {
            let detail = format!("{} {}", error.message(lang), error.advice(lang));
            Check {
                check,
                verdict: Verdict::Error,
                detail,
            }
        }
    }
}

fn folders(config: &Config, lang: Lang) -> Check {
    let place = config.data_folder.display().to_string();
    result("folders", lang, preflight::check(config).map(|()| place))
}

fn space(folder: &Path, lang: Lang) -> Check {
    let (verdict, detail) = match rustix::fs::statvfs(folder) {
        Err(errno) => (Verdict::Error, errno.to_string()),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let verdict = if free < LOW_SPACE_BYTES {
                Verdict::Warning
            } else {
                Verdict::Ok
            };
            (
                verdict,
                format!(
                    "{:.1} GB {}",
                    free as f64 / 1e9,
                    lang.pick("còn trống", "free")
                ),
            )
        }
    };
    Check {
        check: "disk",
        verdict,
        detail,
    }
}

fn archive(config: &Config, lang: Lang) -> Check {
    let opened = Archive::open(&config.folders.archive, &config.staging());
    result("archive", lang, opened.map(|_| "OCFL 1.1".to_owned()))
}

fn index(config: &Config, lang: Lang) -> Check {
    let counted = Index::open(&config.folders.index).and_then(|index| index.facts());
    let unit = lang.pick("bản ghi", "records");
    result(
        "index",
        lang,
        counted.map(|facts| format!("{} {unit}", facts.len())),
    )
}

/// The text engine and its models; without one documents are archived and their text waits.
fn engine(config: &Config, lang: Lang) -> Check {
    let warning = |detail| Check {
        check: "reading",
        verdict: Verdict::Warning,
        detail,
    };
    if config.text == TextReading::Off {
        let detail = lang.pick(
            "tắt trong sohoa.toml; chữ được đọc sau bằng `sohoa read --pending`",
            "switched off in sohoa.toml; text is read later by `sohoa read --pending`",
        );
        return warning(detail.to_owned());
    }
    let languages = config.languages();
    match Recognisers::start(1, &languages) {
        Err(lacking) => warning(format!(
            "{} {}",
            lacking.message(lang),
            lacking.advice(lang)
        )),
        Ok(engine) => Check {
            check: "reading",
            verdict: Verdict::Ok,
            detail: format!(
                "Tesseract {}: {}",
                engine.available().version,
                languages.join(", ")
            ),
        },
    }
}

fn clock(lang: Lang) -> Check {
    let now = SystemClock.now();
    // The program was written in 2026: an earlier year is a machine without a clock battery.
    let verdict = if now.as_second() > 1_767_225_600 {
        Verdict::Ok
    } else {
        Verdict::Error
    };
    let detail = format!(
        "{} ({})",
        crate::record::vietnam_time(now),
        lang.pick("giờ Việt Nam", "Vietnam time")
    );
    Check {
        check: "clock",
        verdict,
        detail,
    }
}

fn queue(config: &Config, lang: Lang) -> Check {
    let count = |folder: &Path| capture::jobs(folder).map(|jobs| jobs.len());
    let counted =
        count(&config.folders.work).and_then(|work| Ok((work, count(&config.folders.quarantine)?)));
    let words = (
        lang.pick("đang chờ hoặc đang xử lý", "waiting or in work"),
        lang.pick("ở khu cách ly", "in quarantine"),
    );
    result(
        "queue",
        lang,
        counted.map(|(work, refused)| format!("{work} {}, {refused} {}", words.0, words.1)),
    )
}

//! The nightly run's part of `sohoa doctor`: when it last came to its end, and which alarms nobody took away.

use super::doctor::{Check, Verdict};
use crate::config::Config;
use crate::nightly::{State, alarm};
use crate::record::{Clock, Lang, SystemClock, vietnam_time};

pub(super) fn checks(config: &Config, lang: Lang) -> [Check; 2] {
    [nightly(config, lang), alarms(config, lang)]
}

fn nightly(config: &Config, lang: Lang) -> Check {
    let state = State::read(config);
    let is_overdue = state.is_overdue(config, SystemClock.now());
    let (verdict, detail) = match (&state.finished, lang) {
        (Some(last), lang) => {
            let (ended, verdict) = (vietnam_time(last.ended), &last.verdict);
            let detail = match lang {
                Lang::Vi => format!("lần cuối {ended}: {verdict} ({})", last.report),
                Lang::En => format!("last {ended}: {verdict} ({})", last.report),
            };
            let is_good = verdict == "ok" && !is_overdue;
            let verdict = if is_good { Verdict::Ok } else { Verdict::Error };
            (verdict, detail)
        }
        (None, Lang::Vi) => (
            not_yet(is_overdue),
            "chưa có lần kiểm tra nào hoàn tất".to_owned(),
        ),
        (None, Lang::En) => (not_yet(is_overdue), "no run came to its end yet".to_owned()),
    };
    if config.nightly.run {
        return Check {
            check: "nightly",
            verdict,
            detail,
        };
    }
    Check {
        check: "nightly",
        verdict: Verdict::Warning,
        detail: lang
            .pick("đã tắt ([nightly] run)", "switched off ([nightly] run)")
            .to_owned(),
    }
}

/// A new office has no night behind it.
fn not_yet(is_overdue: bool) -> Verdict {
    if is_overdue {
        Verdict::Error
    } else {
        Verdict::Ok
    }
}

fn alarms(config: &Config, lang: Lang) -> Check {
    let standing = alarm::standing(config);
    let folder = config.alarm.folder.display();
    let (verdict, detail) = match (standing.len(), lang) {
        (0, Lang::Vi) => (Verdict::Ok, "không có".to_owned()),
        (0, Lang::En) => (Verdict::Ok, "none".to_owned()),
        (count, Lang::Vi) => (
            Verdict::Warning,
            format!("{count} báo động trong {folder}; xem xong thì xóa"),
        ),
        (count, Lang::En) => (
            Verdict::Warning,
            format!("{count} in {folder}; remove them once seen"),
        ),
    };
    Check {
        check: "alarms",
        verdict,
        detail,
    }
}

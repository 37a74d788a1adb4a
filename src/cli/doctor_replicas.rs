//! The replicas' part of `sohoa doctor`: are they there, how far do they go, and would they outlive the disk?

use super::doctor::{Check, Verdict};
use crate::config::Config;
use crate::record::{Explain, Lang};
use crate::replica::{Standing, open_all};

/// One check a replica.
pub(super) fn checks(config: &Config, lang: Lang) -> Vec<Check> {
    let opened = open_all(config).into_iter();
    opened
        .map(|(replica, opened)| {
            let standing = opened.and_then(|opened| opened.standing(config));
            let (verdict, detail) = match standing {
                Ok(standing) => judged(&standing, lang),
                // One that is away is shown, and nothing waits for it.
                Err(error) => {
                    let verdict = if error.is_retryable() {
                        Verdict::Warning
                    } else {
                        Verdict::Error
                    };
                    let text = format!("{} {}", error.message(lang), error.advice(lang));
                    (verdict, text)
                }
            };
            Check {
                check: "replica",
                verdict,
                detail: format!("{}: {detail}", replica.name),
            }
        })
        .collect()
}

fn judged(standing: &Standing, lang: Lang) -> (Verdict, String) {
    let Standing {
        entries,
        of,
        failed,
        is_same_disk,
    } = standing;
    let mut detail = match lang {
        Lang::Vi => format!("đã chép {entries}/{of} mục của sổ cái"),
        Lang::En => format!("{entries} of {of} entries of the ledger are copied"),
    };
    let mut verdict = Verdict::Ok;
    if *failed > 0 {
        verdict = Verdict::Warning;
        detail += &match lang {
            Lang::Vi => format!("; {failed} phiên bản không chép được, chạy `sohoa verify`"),
            Lang::En => format!("; {failed} versions could not be copied, run `sohoa verify`"),
        };
    }
    if *is_same_disk {
        verdict = Verdict::Warning;
        detail += lang.pick(
            "; nằm cùng ổ đĩa với kho, hỏng ổ là mất cả hai",
            "; it lies on the archive's own disk and would be lost with it",
        );
    }
    (verdict, detail)
}

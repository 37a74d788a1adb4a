//! The part of `sohoa doctor` about others: the roots that the office installed, whether the key's certificate
//! leads to one and is good, and whether a timestamp service answers.

use super::doctor::{Check, Verdict};
use crate::config::Config;
use crate::describe;
use crate::http::Client;
use crate::record::{Clock, Explain, Lang, SystemClock, vietnam_time};
use crate::sign::TimestampServices;
use crate::sign::keys::Nobody;
use crate::trust::{Consequence, Store, Trust};

/// One check for each.
pub(super) fn checks(config: &Config, lang: Lang) -> Vec<Check> {
    let mut checks = vec![roots(config, lang)];
    checks.extend(standing(config, lang));
    checks.push(timestamp(config, lang));
    checks
}

fn roots(config: &Config, lang: Lang) -> Check {
    let (verdict, detail) = match Store::open(&config.trust.folder) {
        Ok(store) => match store.roots().count() {
            0 => (
                Verdict::Warning,
                lang.pick(
                    "chưa cài chứng thư gốc nào (`sohoa trust add`)",
                    "no root is installed (`sohoa trust add`)",
                )
                .to_owned(),
            ),
            count => (
                Verdict::Ok,
                format!("{count} {}", lang.pick("chứng thư gốc", "roots")),
            ),
        },
        Err(error) => failed(&error, lang),
    };
    Check {
        check: "trust",
        verdict,
        detail,
    }
}

/// Of the key that opens without a person; a token's shows with `--token`, and when a session is opened.
fn standing(config: &Config, lang: Lang) -> Option<Check> {
    let key = describe::open_key(config, None, &Nobody).ok()?;
    let trust = Trust::new(&config.trust);
    let standing = trust.standing(key.certificate(), key.chain(), SystemClock.now());
    let (verdict, detail) = match standing {
        Err(error) => failed(&error, lang),
        Ok(standing) => {
            let found = standing.findings.iter();
            let stops = |it| {
                found
                    .clone()
                    .any(|finding| finding.consequence(&config.trust) == it)
            };
            let said: Vec<String> = found.clone().map(|finding| finding.text(lang)).collect();
            let good = lang.pick(
                "chứng thư ký dẫn tới chứng thư gốc và chưa bị thu hồi",
                "the certificate leads to a root and is not revoked",
            );
            let verdict = match () {
                () if stops(Consequence::Refuse) || stops(Consequence::Wait) => Verdict::Error,
                () if said.is_empty() => Verdict::Ok,
                () => Verdict::Warning,
            };
            let detail = if said.is_empty() {
                good.to_owned()
            } else {
                said.join(" ")
            };
            (verdict, detail)
        }
    };
    Some(Check {
        check: "chain",
        verdict,
        detail,
    })
}

fn timestamp(config: &Config, lang: Lang) -> Check {
    let none = lang.pick(
        "chưa khai báo dịch vụ; chữ ký ở mức B-B",
        "no service is configured; signatures stay at B-B",
    );
    let (verdict, detail) = if config.timestamp.services.is_empty() {
        (Verdict::Warning, none.to_owned())
    } else {
        let services = TimestampServices::new(&config.timestamp, Client::new(&[]));
        // Nothing of the office's: the hash of nothing.
        match services.stamp(&services.hash().digest(b"")) {
            Ok(token) => (Verdict::Ok, vietnam_time(token.time())),
            Err(error) => failed(&error, lang),
        }
    };
    Check {
        check: "timestamp",
        verdict,
        detail,
    }
}

fn failed(error: &dyn Explain, lang: Lang) -> (Verdict, String) {
    let detail = format!("{} {}", error.message(lang), error.advice(lang));
    (Verdict::Error, detail)
}

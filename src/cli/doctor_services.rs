//! The part of `sohoa doctor` about others: the roots that the office installed, whether the key's certificate
//! leads to one and is good, and whether a timestamp service answers.

use super::doctor::{Check, Verdict};
use crate::config::Config;
use crate::describe;
use crate::record::{Clock, Explain, Lang, SystemClock, vietnam_time};
use crate::sign::RawSigner;
use crate::sign::keys::Nobody;
use crate::signing::Signing;
use crate::trust::{Consequence, Store, Trust};

/// One check for each.
pub(super) fn checks(config: &Config, lang: Lang) -> Vec<Check> {
    let key = describe::open_key(config, None, &Nobody).ok();
    let standing = key.map(|key| standing(key.as_ref(), config, lang));
    let [roots, timestamp] = others(config, lang);
    std::iter::once(roots)
        .chain(standing)
        .chain([timestamp])
        .collect()
}

/// Whom the office trusts, and whether a timestamp service answers.
pub(super) fn others(config: &Config, lang: Lang) -> [Check; 2] {
    [roots(config, lang), timestamp(config, lang)]
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

/// Whether a key's certificate leads to a root, and whether anybody says that it is revoked.
pub(super) fn standing(key: &dyn RawSigner, config: &Config, lang: Lang) -> Check {
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
    Check {
        check: "chain",
        verdict,
        detail,
    }
}

fn timestamp(config: &Config, lang: Lang) -> Check {
    let none = lang.pick(
        "chưa khai báo dịch vụ; chữ ký ở mức B-B",
        "no service is configured; signatures stay at B-B",
    );
    let (verdict, detail) = if config.timestamp.services.is_empty() {
        (Verdict::Warning, none.to_owned())
    } else {
        // As the journey asks: an authority that leads to no root gives no timestamp.
        let services = Signing::new(config).timestamps;
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

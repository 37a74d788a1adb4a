//! The keys' part of `sohoa doctor`: does each open, and how long is its certificate good for? A token is
//! looked at only: logging in is for `sohoa doctor --token --login`.

use super::doctor::{Check, Verdict};
use crate::config::{Config, KeyConfig, KeyPlace, TokenConfig};
use crate::error::Error;
use crate::read_back;
use crate::record::{Clock, Explain, Lang, SystemClock};
use crate::sign::SignError;
use crate::sign::keys::token::{self, TokenReport};
use crate::sign::keys::{self, Nobody, SecretError, TokenError};

/// One check a key.
pub(super) fn checks(config: &Config, lang: Lang) -> Vec<Check> {
    let Some(signing) = &config.signing else {
        let detail = lang.pick(
            "chưa khai báo khóa ký; tài liệu sẽ chờ",
            "no signing key; documents will wait",
        );
        return vec![check(Verdict::Warning, detail.to_owned())];
    };
    let warning_days = i64::from(signing.expiry_warning_days);
    let each = |key| one(key, warning_days, lang);
    signing.keys().map(each).collect()
}

fn check(verdict: Verdict, detail: String) -> Check {
    Check {
        check: "key",
        verdict,
        detail,
    }
}

fn one(key: &KeyConfig, warning_days: i64, lang: Lang) -> Check {
    let facts = match &key.place {
        KeyPlace::Pkcs11(config) => on_token(config).map_err(Error::from),
        KeyPlace::Pkcs12 { .. } | KeyPlace::Csc(_) => opened(key),
    };
    match facts {
        Ok((subject, days_left)) => {
            let verdict = match days_left {
                ..0 => Verdict::Error,
                _ if days_left < warning_days => Verdict::Warning,
                _ => Verdict::Ok,
            };
            let days = lang.pick("ngày", "days left");
            check(
                verdict,
                format!("{}: {subject}, {days_left} {days}", key.name),
            )
        }
        Err(error) => {
            // A key that wants its owner is no fault of the machine.
            let wants_owner = matches!(
                error,
                Error::Sign(SignError::Secret(SecretError::NobodyToAsk))
            );
            let verdict = if wants_owner {
                Verdict::Warning
            } else {
                Verdict::Error
            };
            let (what, how) = (error.message(lang), error.advice(lang));
            check(verdict, format!("{}: {what} {how}", key.name))
        }
    }
}

/// Subject and days left of the certificate.
fn opened(key: &KeyConfig) -> Result<(String, i64), Error> {
    let opened = keys::open(key, &Nobody)?;
    let now = SystemClock.now();
    let facts = read_back::signature::certificate_facts(opened.certificate(), now)?;
    Ok((facts.subject, facts.days_left))
}

fn on_token(config: &TokenConfig) -> Result<(String, i64), SignError> {
    let reports = token::inspect(&config.module, None, SystemClock.now())?;
    let report = reports.into_iter().find(|report| is_meant(config, report));
    let report = report.ok_or(TokenError::Absent)?;
    let wanted = config.key_id.as_ref();
    let mut own = report.certificates.into_iter().filter(|held| {
        let id = wanted.map(|id| data_encoding::HEXLOWER.encode(id));
        !held.is_authority && id.is_none_or(|id| id == held.key_id)
    });
    let held = own
        .next()
        .ok_or(TokenError::Objects(token::ObjectFault::Empty))?;
    Ok((held.subject, held.days_left))
}

/// Whether a key's configuration means this token.
pub(super) fn is_meant(config: &TokenConfig, report: &TokenReport) -> bool {
    let fits = |wanted: &Option<String>, is: &str| {
        let wanted = wanted.as_deref();
        wanted.is_none_or(|wanted| wanted == is)
    };
    fits(&config.label, &report.label) && fits(&config.serial, &report.serial)
}

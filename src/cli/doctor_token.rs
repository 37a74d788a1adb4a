//! `sohoa doctor --token`: the tokens that are plugged in, what they hold, and what is wrong with it; and, as far as
//! a key is opened (`--login`), whether its certificate leads to a root of the office and is good. Last whether the
//! services answer that a signature needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::arguments::Doctor;
use super::doctor::{Check, Verdict, tell};
use super::doctor_keys::{is_meant, is_signer};
use super::doctor_services::{others, standing};
use super::output::Output;
use crate::config::{Config, KeyPlace};
use crate::error::{Error, JourneyError};
use crate::record::{Clock, ExitCode, Explain, Lang, SystemClock, vietnam_time};
use crate::sign::keys::token::{self, HeldCertificate, KeyState, PinState, TokenReport};
use crate::sign::keys::{
    self, PinSource, Secret, SecretError, SecretRequest, Terminal, TokenError,
};

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    token: &'a TokenReport,
    /// Names of the configured keys that mean this token.
    keys: Vec<&'a str>,
    findings: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    code: &'static str,
    is_fault: bool,
    message: String,
}

pub(super) fn run(arguments: &Doctor, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let mut modules: BTreeSet<PathBuf> = arguments.module.iter().cloned().collect();
    modules.extend(token_keys(config).map(|(_, key)| key.module.clone()));
    if modules.is_empty() {
        let lacking = output.lang().pick(
            "chưa có mô-đun PKCS#11: thêm --module, hoặc khai báo khóa kind = \"pkcs11\" trong sohoa.toml",
            "no PKCS#11 module: give --module, or a key of kind = \"pkcs11\" in sohoa.toml",
        );
        return Err(JourneyError::Usage(lacking.to_owned()).into());
    }
    let person = Attentive::to(Terminal {
        lang: output.lang(),
    });
    let login = arguments.login.then_some(&person as &dyn PinSource);
    let mut sound = true;
    let mut reports = Vec::new();
    for module in &modules {
        match token::inspect(module, login, SystemClock.now()) {
            Ok(found) => reports.extend(found),
            Err(error) => {
                sound = false;
                output.error(&error);
            }
        }
    }
    for report in &reports {
        let shown = shown(report, config, output.lang());
        sound &= shown.findings.iter().all(|found| !found.is_fault);
        output.object(&shown);
        print(&shown, output);
    }
    for (name, key) in token_keys(config) {
        if !reports.iter().any(|report| is_meant(key, report)) {
            sound = false;
            print_absent(name, output);
        }
    }
    // A PIN that a token refused a moment ago is not tried again.
    let checks = if arguments.login && sound {
        standings(&reports, config, &person, output.lang())
    } else {
        not_opened(config, output.lang()).into_iter().collect()
    };
    for check in checks.iter().chain(&others(config, output.lang())) {
        sound &= check.verdict != Verdict::Error;
        tell(check, output);
    }
    Ok(if sound && !reports.is_empty() {
        ExitCode::Ok
    } else {
        ExitCode::Environment
    })
}

/// How the certificate of each configured key stands; the key is opened as for a session.
fn standings(
    reports: &[TokenReport],
    config: &Config,
    person: &Attentive,
    lang: Lang,
) -> Vec<Check> {
    let keys = config.signing.iter().flat_map(|signing| signing.keys());
    let here = keys.filter_map(|key| match &key.place {
        KeyPlace::Pkcs11(token) => {
            let report = reports.iter().find(|report| is_meant(token, report));
            report.map(|report| (key, report))
        }
        KeyPlace::Pkcs12 { .. } | KeyPlace::Csc(_) => None,
    });
    let each = here.map(|(key, report)| {
        let mut check = match keys::open(key, &person.told(&report.serial)) {
            Ok(opened) => standing(opened.as_ref(), config, lang),
            Err(error) => Check {
                check: "chain",
                verdict: Verdict::Error,
                detail: format!("{} {}", error.message(lang), error.advice(lang)),
            },
        };
        check.detail = format!("{}: {}", key.name, check.detail);
        check
    });
    each.collect()
}

fn not_opened(config: &Config, lang: Lang) -> Option<Check> {
    token_keys(config).next()?;
    let detail = lang.pick(
        "chưa kiểm tra chứng thư có dẫn tới chứng thư gốc không; thêm --login",
        "not checked whether certificates lead to a root; give --login",
    );
    Some(Check {
        check: "chain",
        verdict: Verdict::Warning,
        detail: detail.to_owned(),
    })
}

/// Asks a person, and remembers the answer: a token's report and its key want the same PIN.
struct Attentive {
    person: Terminal,
    /// By the token's serial number.
    told: Mutex<BTreeMap<String, Secret>>,
}

/// A PIN that was told already; nobody is asked again.
struct Told(Option<Secret>);

impl Attentive {
    fn to(person: Terminal) -> Self {
        Self {
            person,
            told: Mutex::default(),
        }
    }

    fn told(&self, serial: &str) -> Told {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Told(told.get(serial).cloned())
    }
}

impl PinSource for Attentive {
    fn ask(&self, request: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        let secret = self.person.ask(request)?;
        if let Some(serial) = request.token {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.insert(serial.to_owned(), secret.clone());
        }
        Ok(secret)
    }
}

impl PinSource for Told {
    fn ask(&self, _: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        self.0.clone().ok_or(SecretError::NobodyToAsk)
    }
}

fn token_keys(config: &Config) -> impl Iterator<Item = (&str, &crate::config::TokenConfig)> {
    let keys = config.signing.iter().flat_map(|signing| signing.keys());
    keys.filter_map(|key| match &key.place {
        KeyPlace::Pkcs11(token) => Some((key.name.as_str(), token)),
        KeyPlace::Pkcs12 { .. } | KeyPlace::Csc(_) => None,
    })
}

fn shown<'a>(token: &'a TokenReport, config: &'a Config, lang: Lang) -> Shown<'a> {
    let meant = token_keys(config).filter(|(_, key)| is_meant(key, token));
    let warning_days = config
        .signing
        .as_ref()
        .map_or(60, |signing| signing.expiry_warning_days);
    let mut findings = of_token(token, lang);
    for held in token.certificates.iter().filter(|held| is_signer(held)) {
        findings.extend(of_certificate(held, i64::from(warning_days), lang));
    }
    Shown {
        keys: meant.map(|(name, _)| name).collect(),
        token,
        findings,
    }
}

fn of_token(token: &TokenReport, lang: Lang) -> Vec<Found> {
    let mut findings = Vec::new();
    if token.pin != PinState::Fine {
        let error = TokenError::PinState(token.pin);
        findings.push(Found {
            code: error.code(),
            is_fault: true,
            message: format!("{} {}", error.message(lang), error.advice(lang)),
        });
    }
    if !token.rsa_pss {
        let (vi, en) = (
            "Token không có RSA-PSS: khóa RSA sẽ ký bằng PKCS#1 v1.5 và hồ sơ ghi rõ điều đó.",
            "The token offers no RSA-PSS: RSA keys sign with PKCS#1 v1.5, and records say so.",
        );
        findings.push(found("sign.no_pss", false, lang.pick(vi, en).to_owned()));
    }
    for id in &token.keys_without_certificate {
        let text = lang.pick(
            "khóa không có chứng thư: key_id",
            "a key without certificate: key_id",
        );
        findings.push(found("sign.token_objects", true, format!("{text} {id}")));
    }
    findings
}

fn found(code: &'static str, is_fault: bool, message: String) -> Found {
    Found {
        code,
        is_fault,
        message,
    }
}

fn of_certificate(held: &HeldCertificate, warning_days: i64, lang: Lang) -> Vec<Found> {
    let mut findings = Vec::new();
    let mut add = |code, is_fault, vi: &str, en: &str| {
        let message = format!("{}: {}", held.key_id, lang.pick(vi, en));
        findings.push(found(code, is_fault, message));
    };
    match held.days_left {
        ..0 => add(
            "sign.expired",
            true,
            "chứng thư đã hết hạn.",
            "the certificate has ended.",
        ),
        days if days < warning_days => add(
            "sign.ends_soon",
            false,
            "chứng thư sắp hết hạn; xin gia hạn.",
            "the certificate ends soon; have it renewed.",
        ),
        _ => {}
    }
    let signs = |usage: &&str| ["digitalSignature", "nonRepudiation"].contains(usage);
    if !held.key_usage.iter().any(signs) {
        add(
            "sign.key_usage",
            true,
            "chứng thư này không được cấp để ký số.",
            "the certificate was not issued for signing.",
        );
    }
    match held.key {
        KeyState::Fits | KeyState::Unknown => {}
        KeyState::OtherKey => add(
            "sign.token_objects",
            true,
            "khóa cùng key_id không phải là khóa của chứng thư.",
            "the key of this key_id is not the certificate's.",
        ),
        KeyState::Missing => add(
            "sign.token_objects",
            true,
            "không có khóa của chứng thư này.",
            "the certificate's key is not on the token.",
        ),
    }
    findings
}

fn print(shown: &Shown<'_>, output: &Output) {
    let token = shown.token;
    let (label, serial, slot) = (&token.label, &token.serial, token.slot);
    let (maker, model) = (&token.manufacturer, &token.model);
    let module = token.module.display();
    output.say(
        &format!("Token “{label}”, số sê-ri {serial}, khe {slot} ({maker} {model}; {module})"),
        &format!("Token “{label}”, serial {serial}, slot {slot} ({maker} {model}; {module})"),
    );
    if !shown.keys.is_empty() {
        let names = shown.keys.join(", ");
        output.say(
            &format!("  dùng cho khóa: {names}"),
            &format!("  used by key: {names}"),
        );
    }
    let (pin_vi, pin_en) = match token.pin {
        PinState::Fine => ("bình thường", "fine"),
        PinState::CountLow => ("đã có lần nhập sai", "a wrong one was given"),
        PinState::FinalTry => ("chỉ còn một lần thử", "one try left"),
        PinState::Locked => ("đã bị khóa", "locked"),
        PinState::NotSet => ("chưa đặt", "not set"),
    };
    output.say(&format!("  mã PIN: {pin_vi}"), &format!("  PIN: {pin_en}"));
    let mechanisms = token.mechanisms.join(", ");
    output.say(
        &format!("  cơ chế ký: {mechanisms}"),
        &format!("  signs with: {mechanisms}"),
    );
    for held in &token.certificates {
        print_certificate(held, output);
    }
    for found in &shown.findings {
        let (vi, en) = if found.is_fault {
            ("LỖI", "ERROR")
        } else {
            ("LƯU Ý", "WARNING")
        };
        let line = |word| format!("  {word} {}", found.message);
        output.say(&line(vi), &line(en));
    }
}

/// A key whose token is not plugged in.
fn print_absent(key: &str, output: &Output) {
    let (error, lang) = (TokenError::Absent, output.lang());
    let message = format!("{} {}", error.message(lang), error.advice(lang));
    output.say(
        &format!("LỖI khóa {key}: {message}"),
        &format!("ERROR key {key}: {message}"),
    );
    output.object(&serde_json::json!({
        "keys": [key],
        "findings": [found(error.code(), true, message)],
    }));
}

fn print_certificate(held: &HeldCertificate, output: &Output) {
    let (id, subject, issuer) = (&held.key_id, &held.subject, &held.issuer);
    let (from, until) = (vietnam_time(held.not_before), vietnam_time(held.not_after));
    let (days, usage) = (held.days_left, held.key_usage.join(", "));
    let (key_vi, key_en) = match held.key {
        KeyState::Fits => ("có khóa", "its key is there"),
        KeyState::OtherKey => ("khóa không khớp", "another key"),
        KeyState::Missing => ("không có khóa", "no key"),
        KeyState::Unknown => (
            "chưa đăng nhập nên chưa biết có khóa không",
            "key not seen without a login",
        ),
    };
    output.say(
        &format!("  chứng thư, key_id {id}: {subject}; cấp bởi {issuer}; hiệu lực {from} – {until} (còn {days} ngày); {usage}; {key_vi}"),
        &format!("  certificate, key_id {id}: {subject}; issued by {issuer}; valid {from} – {until} ({days} days left); {usage}; {key_en}"),
    );
}

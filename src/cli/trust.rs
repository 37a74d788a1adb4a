//! `sohoa trust`: installs, lists and removes the authorities that the office trusts.
//!
//! A person compares fingerprints with what the authority published; without that, nothing is installed.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use serde::Serialize;

use super::arguments::{Trust, TrustAction, TrustAdd};
use super::output::Output;
use crate::config::Config;
use crate::durable;
use crate::error::Error;
use crate::record::{Clock, ExitCode, SystemClock, vietnam_time};
use crate::trust::{Certificate, Entry, Role, Store, TrustError, certificates_in};

/// Bundles of authorities are some hundred kilobytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Serialize)]
struct Shown<'a> {
    fingerprint: String,
    sha1: String,
    role: &'static str,
    kind: &'static str,
    label: Option<&'a str>,
    subject: String,
    issuer: String,
    not_before: String,
    not_after: String,
    /// Whether it is within its validity now.
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<&'static str>,
}

pub(super) fn run(arguments: &Trust, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let mut store = Store::open(&config.trust.folder)?;
    match &arguments.action {
        TrustAction::Add(arguments) => add(arguments, &mut store, output),
        TrustAction::List => {
            for entry in store.entries() {
                output.object(&shown(entry, None));
                describe(entry, output);
            }
            if store.entries().is_empty() {
                output.say("Kho tin cậy trống.", "The trust store is empty.");
            }
            Ok(ExitCode::Ok)
        }
        TrustAction::Remove { fingerprint } => {
            let removed = store.remove(fingerprint)?;
            output.object(&shown(&removed, Some("removed")));
            let fingerprint = removed.certificate.fingerprint();
            output.say(
                &format!("Đã bỏ {fingerprint}."),
                &format!("Removed {fingerprint}."),
            );
            Ok(ExitCode::Ok)
        }
    }
}

fn add(arguments: &TrustAdd, store: &mut Store, output: &Output) -> Result<ExitCode, Error> {
    let now = SystemClock.now();
    let label = arguments.label.as_deref();
    let entries = certificates(&arguments.file)?
        .into_iter()
        .map(|certificate| Entry::examined(certificate, arguments.kind, label, now))
        .collect::<Result<Vec<_>, _>>()?;
    for entry in &entries {
        describe(entry, output);
    }
    if !arguments.yes && !is_confirmed(output) {
        return Err(TrustError::NotConfirmed.into());
    }
    for entry in entries {
        let is_new = store.add(entry.clone())?;
        let done = if is_new { "added" } else { "known" };
        output.object(&shown(&entry, Some(done)));
        let fingerprint = entry.certificate.fingerprint();
        if is_new {
            output.say(
                &format!("Đã thêm {fingerprint}."),
                &format!("Added {fingerprint}."),
            );
        } else {
            output.say(
                &format!("{fingerprint} đã có trong kho."),
                &format!("{fingerprint} was there already."),
            );
        }
    }
    Ok(ExitCode::Ok)
}

/// A file of certificates or what proves them, as far as it is of a length that such files have.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, TrustError> {
    let reading = |source| TrustError::Reading {
        path: path.to_owned(),
        source,
    };
    let file = durable::open_regular(path).map_err(reading)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(bytes_max);
    bounded.read_to_end(&mut bytes).map_err(reading)?;
    Ok(bytes)
}

/// The certificates of a file.
pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate>, TrustError> {
    let bytes = read(path, FILE_BYTES_MAX)?;
    let parsed: Option<Vec<Certificate>> = certificates_in(&bytes)
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect();
    parsed
        .filter(|found| !found.is_empty())
        .ok_or_else(|| TrustError::NoCertificate {
            path: path.to_owned(),
        })
}

/// Asks on a terminal; nobody there means no.
fn is_confirmed(output: &Output) -> bool {
    if output.is_json() || !io::stdin().is_terminal() {
        return false;
    }
    output.say(
        "Dấu vân tay có đúng như nguồn chính thức công bố không? Gõ “co” để thêm:",
        "Are the fingerprints those that the authority published? Type “yes” to add:",
    );
    let _closed = io::stdout().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().take(100).read_line(&mut answer);
    read.is_ok() && ["co", "có", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

fn shown<'a>(entry: &'a Entry, done: Option<&'static str>) -> Shown<'a> {
    let certificate = &entry.certificate;
    let now = SystemClock.now();
    Shown {
        fingerprint: certificate.fingerprint().to_string(),
        sha1: certificate.sha1_fingerprint(),
        role: entry.role.as_str(),
        kind: entry.kind.as_str(),
        label: entry.label.as_deref(),
        subject: certificate.subject(),
        issuer: certificate.issuer(),
        not_before: vietnam_time(certificate.not_before()),
        not_after: vietnam_time(certificate.not_after()),
        valid: (certificate.not_before()..=certificate.not_after()).contains(&now),
        done,
    }
}

fn describe(entry: &Entry, output: &Output) {
    let shown = shown(entry, None);
    let label = shown.label.unwrap_or("–");
    let (role_vi, role_en) = match entry.role {
        Role::Root => ("gốc", "root"),
        Role::Intermediate => ("trung gian", "intermediate"),
    };
    let (expired_vi, expired_en) = if shown.valid {
        ("", "")
    } else {
        (" (NGOÀI HẠN)", " (NOT VALID NOW)")
    };
    let Shown {
        fingerprint,
        sha1,
        kind,
        subject,
        issuer,
        not_before,
        not_after,
        ..
    } = &shown;
    output.say(
        &format!("{label} [{role_vi}, {kind}]\n  chủ thể   {subject}\n  nơi cấp   {issuer}\n  hiệu lực  {not_before} … {not_after}{expired_vi}\n  SHA-256   {fingerprint}\n  SHA-1     {sha1}"),
        &format!("{label} [{role_en}, {kind}]\n  subject   {subject}\n  issuer    {issuer}\n  valid     {not_before} … {not_after}{expired_en}\n  SHA-256   {fingerprint}\n  SHA-1     {sha1}"),
    );
}

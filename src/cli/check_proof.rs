//! `sohoa check-proof`: whether a proof proves what it should. Needs the file and the keys that one trusts: no archive,
//! no network.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::output::Output;
use super::trust;
use crate::config::Config;
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::ledger::check::{self, Flaw, PROOF_BYTES_MAX, Proven, Verdict};
use crate::ledger::{ProofFile, VerifierKey};
use crate::office_ledger::{open_key, stamp};
use crate::record::{
    Clock, Digests, ExitCode, Lang, RecordId, Sha256Digest, SystemClock, vietnam_time,
};
use crate::trust::{Certificate, Store};
use crate::validate::Indication;

#[derive(Args)]
pub(super) struct CheckProof {
    /// The proof
    pub(super) file: PathBuf,
    /// The document that it should be about
    #[arg(long, value_name = "PDF")]
    pub(super) document: Option<PathBuf>,
    /// Trust this key of a ledger, name+number+base64 [default: the office's own]
    #[arg(long, value_name = "KEY")]
    pub(super) key: Vec<VerifierKey>,
    /// Judge the timestamp by these roots instead of the office's (DER, PEM, P7B)
    #[arg(long, value_name = "PEM")]
    pub(super) trust: Vec<PathBuf>,
}

/// The JSON of a check; the names are a contract.
#[derive(Default, Serialize)]
struct Checked {
    file: String,
    verdict: &'static str,
    code: Option<&'static str>,
    message: Option<String>,
    kind: Option<&'static str>,
    record: Option<RecordId>,
    version: Option<u32>,
    time: Option<Timestamp>,
    document_sha256: Option<Sha256Digest>,
    inventory_sha256: Option<Sha256Digest>,
    /// Whether the proof is about the document named.
    document: Option<bool>,
    index: Option<u64>,
    origin: Option<String>,
    size: Option<u64>,
    root: Option<String>,
    signed_by: Vec<String>,
    witnesses: Vec<String>,
    stamp: Option<Stamp>,
    /// What the file calls the ledger's keys: a claim.
    keys: Vec<String>,
}

#[derive(Serialize)]
struct Stamp {
    time: Option<Timestamp>,
    indication: &'static str,
    sub_indication: Option<&'static str>,
    authority: Option<String>,
    findings: Vec<String>,
}

pub(super) fn run(
    arguments: &CheckProof,
    config_path: &Path,
    output: &Output,
) -> Result<ExitCode, Error> {
    // Who names keys and roots needs no office.
    let config = Config::load(config_path).ok();
    let bytes = read(&arguments.file)?;
    let keys = keys_of(arguments, config.as_ref());
    let document = arguments.document.as_deref().map(digest_of).transpose()?;
    let claimed = serde_json::from_slice::<ProofFile>(&bytes).map(|proof| proof.keys);
    let mut checked = match check::check(&bytes, &keys) {
        Ok(proven) => {
            let roots = roots_of(arguments, config.as_ref())?;
            proved(&proven, document.as_ref(), &roots, output.lang())
        }
        Err(flaw) => refused(&flaw, output.lang()),
    };
    checked.file = arguments.file.display().to_string();
    checked.keys = claimed.unwrap_or_default();
    output.object(&checked);
    say(&checked, output);
    Ok(if checked.verdict == "proved" {
        ExitCode::Ok
    } else {
        ExitCode::No
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let most = u64::try_from(PROOF_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    durable::open_regular(path)
        .and_then(|file| {
            let mut bounded = std::io::Read::take(file, most.saturating_add(1));
            std::io::Read::read_to_end(&mut bounded, &mut bytes)
        })
        .map_err(failed(path))?;
    Ok(bytes)
}

fn digest_of(path: &Path) -> Result<Sha256Digest, Error> {
    let digests = durable::open_regular(path).and_then(Digests::of_reader);
    Ok(digests.map_err(failed(path))?.sha256)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> JourneyError {
    move |source| JourneyError::Io {
        path: path.to_owned(),
        source,
    }
}

/// The keys that were named, or else the office's own.
fn keys_of(arguments: &CheckProof, config: Option<&Config>) -> Vec<VerifierKey> {
    if !arguments.key.is_empty() {
        return arguments.key.clone();
    }
    let own = config.and_then(|config| open_key(config).ok());
    own.iter().map(|key| key.verifier()).collect()
}

fn roots_of(arguments: &CheckProof, config: Option<&Config>) -> Result<Vec<Certificate>, Error> {
    let mut roots = Vec::new();
    for file in &arguments.trust {
        roots.extend(trust::certificates(file)?);
    }
    if let (true, Some(config)) = (roots.is_empty(), config) {
        let store = Store::open(&config.trust.folder)?;
        roots.extend(store.entries().iter().map(|it| it.certificate.clone()));
    }
    Ok(roots)
}

fn proved(
    proven: &Proven,
    document: Option<&Sha256Digest>,
    roots: &[Certificate],
    lang: Lang,
) -> Checked {
    let now = SystemClock.now();
    let judged = proven
        .token
        .as_ref()
        .map(|token| stamp::judge(token, &proven.stamped, roots, now, lang));
    let is_forged = judged
        .as_ref()
        .is_some_and(|it| it.indication == Indication::TotalFailed);
    let is_about = document.map(|digest| proven.is_about(digest));
    let flaw = match (is_about, is_forged) {
        (Some(false), _) => Some((
            "proof.other_document",
            lang.pick(
                "Tệp chứng minh nói về tài liệu khác.",
                "The proof is about another document.",
            ),
        )),
        (_, true) => Some((
            "proof.stamp_invalid",
            lang.pick(
                "Dấu thời gian của sổ cái không đúng.",
                "The ledger's timestamp does not hold.",
            ),
        )),
        (Some(true) | None, false) => None,
    };
    Checked {
        verdict: if flaw.is_some() { "failed" } else { "proved" },
        code: flaw.map(|(code, _)| code),
        message: flaw.map(|(_, message)| message.to_owned()),
        kind: Some(proven.event.kind()),
        record: proven.event.record(),
        version: proven.event.version(),
        time: Some(proven.leaf.time),
        document_sha256: proven.event.document(),
        inventory_sha256: proven.event.inventory(),
        document: is_about,
        index: Some(proven.index),
        origin: Some(proven.head.origin.to_string()),
        size: Some(proven.head.size),
        root: Some(proven.head.root.to_string()),
        signed_by: proven.signed_by.iter().map(ToString::to_string).collect(),
        witnesses: proven
            .cosignatures
            .iter()
            .map(|it| it.name.to_string())
            .collect(),
        stamp: judged.map(|it| Stamp {
            time: it.time,
            indication: it.indication.as_str(),
            sub_indication: it.sub_indication.map(|why| why.as_str()),
            authority: it.authority,
            findings: it.findings,
        }),
        ..Checked::default()
    }
}

fn refused(flaw: &Flaw, lang: Lang) -> Checked {
    Checked {
        verdict: match flaw.verdict() {
            Verdict::Failed => "failed",
            Verdict::Indeterminate => "indeterminate",
        },
        code: Some(flaw.code()),
        message: Some(flaw.message(lang)),
        ..Checked::default()
    }
}

fn say(checked: &Checked, output: &Output) {
    let file = &checked.file;
    if let Some(message) = &checked.message {
        let line = format!("{file}: {message}");
        output.say(&line, &line);
        for key in &checked.keys {
            output.say(
                &format!("    khóa mà tệp nêu: {key}"),
                &format!("    key that the file names: {key}"),
            );
        }
        return;
    }
    let record = checked
        .record
        .map_or_else(|| "–".to_owned(), |it| it.to_string());
    let (index, size) = (
        checked.index.unwrap_or_default(),
        checked.size.unwrap_or_default(),
    );
    let origin = checked.origin.as_deref().unwrap_or_default();
    output.say(
        &format!("{file}: đúng. Bản ghi {record} là mục số {index} trong {size} mục của {origin}."),
        &format!("{file}: proved. Record {record} is entry {index} of the {size} of {origin}."),
    );
    match &checked.stamp {
        Some(stamp) => {
            let time = stamp.time.map_or_else(|| "–".to_owned(), vietnam_time);
            let indication = stamp.indication;
            output.say(
                &format!("    dấu thời gian {time}: {indication}"),
                &format!("    timestamp {time}: {indication}"),
            );
        }
        None => output.say("    không có dấu thời gian", "    no timestamp"),
    }
}

//! `sohoa restore`: a backup set into a new folder, all of it checked; or a drill, which leaves a certificate.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::Output;
use crate::backup::Certificate;
use crate::backup::restore::{RestoreOrder, Restored, restore};
use crate::config::Config;
use crate::durable;
use crate::error::Error;
use crate::ledger::{LedgerKey, VerifierKey, sign_statement};
use crate::office_ledger::open_key;
use crate::record::{Clock, ExitCode, SystemClock};

/// Certificates of drills, in the data folder.
const DRILLS: &str = "drills";

#[derive(Args)]
pub(super) struct Restore {
    /// Folder of the sets
    #[arg(long, value_name = "DIR")]
    pub(super) from: PathBuf,
    /// File with the identity (AGE-SECRET-KEY-1…) that the sets are encrypted to
    #[arg(long, value_name = "FILE")]
    pub(super) identity: PathBuf,
    /// Which set [default: the newest]
    #[arg(long, value_name = "SET")]
    pub(super) set: Option<String>,
    /// New folder to restore into; must not exist
    #[arg(long, value_name = "NEWDIR", required_unless_present = "drill")]
    pub(super) into: Option<PathBuf>,
    /// Restore to scratch, check everything, write a certificate to `drills/` of the data folder, and remove it again
    #[arg(long, conflicts_with = "into")]
    pub(super) drill: bool,
    /// Public key of the office's ledger, as written down elsewhere
    #[arg(long, value_name = "KEY")]
    pub(super) key: Vec<VerifierKey>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    certificate: &'a Certificate,
    /// The certificate's file, of a drill.
    written: Option<PathBuf>,
    is_signed: bool,
    elsewhere: &'a [PathBuf],
}

pub(super) fn run(
    arguments: &Restore,
    config: &dyn Fn() -> Result<Config, Error>,
    output: &Output,
) -> Result<ExitCode, Error> {
    let order = RestoreOrder {
        from: &arguments.from,
        identity: &arguments.identity,
        set: arguments.set.as_deref(),
        into: Path::new(""),
        keys: &arguments.key,
        now: SystemClock.now(),
    };
    let Some(into) = &arguments.into else {
        return drill(order, &config()?, output);
    };
    let into = &std::path::absolute(into).unwrap_or_else(|_| into.clone());
    let restored = restore(RestoreOrder { into, ..order })?;
    tell(&restored, None, false, output);
    Ok(exit_code(&restored))
}

/// The scratch is on the data folder's disk, and gone afterwards.
fn drill(order: RestoreOrder<'_>, config: &Config, output: &Output) -> Result<ExitCode, Error> {
    let scratch = config.staging().join("drill");
    durable::remove_tree(&scratch)?;
    // The office's own key is known on this machine from elsewhere than the set.
    let key = open_key(config).ok();
    let mut keys = order.keys.to_vec();
    keys.extend(key.as_ref().map(LedgerKey::verifier));
    let into = &scratch.join("office");
    let restored = restore(RestoreOrder {
        into,
        keys: &keys,
        ..order
    });
    durable::remove_tree(&scratch)?;
    let restored = restored?;
    // Plain text and numbers: serialising them cannot fail.
    let text = serde_json::to_string_pretty(&restored.certificate).unwrap_or_default();
    let folder = config.data_folder.join(DRILLS);
    durable::create_folders(&folder)?;
    let name = order.now.strftime("%Y%m%dT%H%M%S%fZ");
    let (path, text) = match &key {
        Some(key) => (
            folder.join(format!("{name}.note")),
            sign_statement(&text, key),
        ),
        None => (folder.join(format!("{name}.json")), text),
    };
    durable::write_new(&path, text.as_bytes())?;
    tell(&restored, Some(path), key.is_some(), output);
    Ok(exit_code(&restored))
}

fn exit_code(restored: &Restored) -> ExitCode {
    match restored.certificate.verdict.as_str() {
        "ok" => ExitCode::Ok,
        _ => ExitCode::No,
    }
}

fn tell(restored: &Restored, written: Option<PathBuf>, is_signed: bool, output: &Output) {
    let Restored {
        certificate,
        elsewhere,
        findings,
    } = restored;
    for finding in findings {
        let place = finding.path.as_deref().unwrap_or("–");
        let line = format!("{}  {place}  {}", finding.code.as_str(), finding.detail);
        output.say(&line, &line);
    }
    let Certificate {
        set,
        verdict,
        records,
        files,
        entries,
        ..
    } = certificate;
    output.say(
        &format!("Khôi phục bộ {set}: {records} bản ghi, {files} tệp, {entries} mục sổ cái đã kiểm; kết quả: {verdict}."),
        &format!("Restored set {set}: {records} records, {files} files, {entries} ledger entries checked; verdict: {verdict}."),
    );
    if !certificate.is_key_known {
        output.say(
            "Chữ ký của sổ cái mới chỉ đối chiếu với khóa nằm trong bộ; hãy so với khóa đã ghi lại (--key).",
            "The ledger's signatures were checked with the set's own keys only; compare them with the key that was written down (--key).",
        );
    }
    for path in elsewhere {
        let path = path.display();
        output.say(
            &format!("sohoa.toml còn trỏ đến {path}: sửa trước khi chạy."),
            &format!("sohoa.toml names {path}: mend it before it is run."),
        );
    }
    if let Some(path) = &written {
        let (vi, en) = if is_signed {
            ("có chữ ký của khóa sổ cái", "signed with the ledger's key")
        } else {
            ("KHÔNG có chữ ký", "NOT signed")
        };
        let path = path.display();
        output.say(
            &format!("Giấy chứng nhận diễn tập ({vi}): {path}"),
            &format!("Certificate of the drill ({en}): {path}"),
        );
    }
    output.object(&Line {
        certificate,
        written,
        is_signed,
        elsewhere,
    });
}

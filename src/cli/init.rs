//! `sohoa init`: makes a data folder. What is there already stays as it is.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Serialize;

use super::arguments::Init;
use super::output::Output;
use crate::archive::{Archive, ArchiveReader};
use crate::config::{Config, file, preflight};
use crate::durable;
use crate::error::{Error, JourneyError};
use crate::journal::CommitTurn;
use crate::office_ledger::OfficeLedger;
use crate::random;
use crate::recognise::cover_sheet::Key;
use crate::record::{Clock, ExitCode, SystemClock};
use crate::reindex;
use crate::reuse::procedure;
use crate::sign::demo_pki;
use crate::trust::{Certificate, Entry, Kind, Store, TrustError, certificates_in};

const DEMO_KEY: &str = "keys/demo.p12";
const DEMO_PASSPHRASE: &str = "keys/demo.pass";
const DEMO_CA: &str = "keys/demo-ca.pem";
const DEMO_STATIONS: [(&str, &str); 2] = [("quay-01", "generic"), ("quay-02", "generic")];

#[derive(Serialize)]
struct Made<'a> {
    folder: &'a Path,
    config: &'a Path,
    demo: bool,
}

pub(super) fn run(arguments: &Init, output: &Output) -> Result<ExitCode, Error> {
    let folder =
        std::path::absolute(&arguments.folder).unwrap_or_else(|_| arguments.folder.clone());
    let config_path = folder.join("sohoa.toml");
    // A disk that does not answer has not said no: new keys would take the place of old ones.
    let is_made = config_path.try_exists().map_err(failed(&config_path))?;
    if !is_made {
        refuse_foreign(&folder)?;
    }
    durable::create_folders(&folder)?;
    if !is_made {
        durable::remove_temporaries(&folder)?;
        let (key, stations) = if arguments.demo {
            make_demo_keys(&folder, &arguments.agency)?;
            (Some((DEMO_KEY, DEMO_PASSPHRASE)), &DEMO_STATIONS[..])
        } else {
            (None, &[][..])
        };
        let procedures = folder.join(procedure::FILE);
        durable::write_new(&procedures, procedure::SHIPPED.as_bytes())?;
        let text = file::new_text(&arguments.agency, key, stations);
        durable::write_new(&config_path, text.as_bytes())?;
    }
    let config = Config::load(&config_path)?;
    make_folders(&config)?;
    if arguments.demo {
        trust_demo(&folder.join(DEMO_CA), &config.trust.folder)?;
    }
    let secret = random::secret().map_err(failed(&folder))?;
    Key::open_or_make_file(&config.cover_sheet_key, &secret)?;
    preflight::check(&config)?;
    reindex::open_index(&config)?;
    let turn = CommitTurn::take(&config.folders.work)?;
    OfficeLedger::new(&config).make(&ArchiveReader::at(&config.folders.archive), &turn)?;
    drop(turn);
    report(&folder, &config_path, arguments.demo, output);
    Ok(ExitCode::Ok)
}

/// A folder with other people's files in it is not ours to fill.
fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    // An interrupted `init --demo` leaves only `keys/`, the catalogue, and perhaps a part of `sohoa.toml`.
    let is_ours =
        |name: &OsStr| name == "keys" || name == procedure::FILE || durable::is_temporary(name);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(folder)(error).into()),
    };
    for entry in entries {
        if !is_ours(&entry.map_err(failed(folder))?.file_name()) {
            return Err(JourneyError::NotADataFolder {
                path: folder.to_owned(),
            }
            .into());
        }
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> JourneyError {
    move |source| JourneyError::Io {
        path: path.to_owned(),
        source,
    }
}

fn make_folders(config: &Config) -> Result<(), Error> {
    let folders = &config.folders;
    for folder in [
        &folders.inbox,
        &folders.outbox,
        &folders.work,
        &folders.quarantine,
    ] {
        durable::create_folders(folder)?;
    }
    for station in config.stations() {
        durable::create_folders(&folders.inbox.join(station.as_str()))?;
        durable::create_folders(&folders.outbox.join(station.as_str()))?;
    }
    Archive::create(&folders.archive)?;
    Ok(())
}

fn make_demo_keys(folder: &Path, agency: &str) -> Result<(), Error> {
    let demo = demo_pki::make(
        agency,
        SystemClock.now(),
        &random::secret().map_err(failed(folder))?,
    )?;
    let keys = folder.join("keys");
    // Left by an interrupted `init`: without `sohoa.toml` nothing was signed with them.
    durable::remove_tree(&keys)?;
    durable::create_folders(&keys)?;
    durable::write_new(&folder.join(DEMO_CA), demo.ca_pem.as_bytes())?;
    durable::write_new_private(&folder.join(DEMO_PASSPHRASE), demo.passphrase.as_bytes())?;
    durable::write_new_private(&folder.join(DEMO_KEY), &demo.pkcs12)?;
    Ok(())
}

/// The demo's own root, so that its signer leads to one that is trusted.
fn trust_demo(path: &Path, folder: &Path) -> Result<(), Error> {
    let mut store = Store::open(folder)?;
    if !path.exists() || !store.entries().is_empty() {
        return Ok(());
    }
    let pem = std::fs::read(path).map_err(failed(path))?;
    for der in certificates_in(&pem) {
        let root = Certificate::from_der(&der).ok_or(TrustError::NotAnAuthority)?;
        let label = Some("DEMO");
        store.add(Entry::examined(
            root,
            Kind::Other,
            label,
            SystemClock.now(),
        )?)?;
    }
    Ok(())
}

fn report(folder: &Path, config: &Path, demo: bool, output: &Output) {
    output.object(&Made {
        folder,
        config,
        demo,
    });
    let place = folder.display();
    output.say(
        &format!("Đã tạo thư mục dữ liệu {place}. Thả bản quét vào {place}/inbox/<quầy>/, rồi chạy: sohoa --config {} run", config.display()),
        &format!("Made the data folder {place}. Drop scans into {place}/inbox/<station>/, then: sohoa --config {} run", config.display()),
    );
    if demo {
        output.say(
            "Khóa DEMO chỉ để thử, không có giá trị pháp lý.",
            "The DEMO key is for trying out only and has no legal value.",
        );
    }
}

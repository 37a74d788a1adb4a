//! The configuration in force: every path absolute, every profile loaded, immutable from here on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::backup::{self, BackupConfig};
use super::file::{
    ConfigFile, FoldersSection, InDoubt, TextReading, TimestampSection, TrustSection, Unsettled,
};
use super::ledger::{self, LedgerConfig};
use super::nightly::{self, AlarmConfig, NightlyConfig};
use super::replica::{self, ReplicaConfig};
use super::signing::{self, SigningConfig};
use super::web::{self, WebConfig};
use super::{BlankPages, ConfigError, Limits, ScannerProfile, profile};
use crate::record::{CopyForm, Hash, PadesLevel, StationName};

/// The agency that converts and signs.
#[derive(Debug, Clone)]
pub struct Agency {
    /// Name as it stands in the visible signature.
    pub name: String,
    /// Where it can be reached, a URI.
    pub address: Option<String>,
}

/// The data folder's parts, absolute.
#[derive(Debug, Clone)]
pub struct Folders {
    /// What stations drop.
    pub inbox: PathBuf,
    /// Receipts.
    pub outbox: PathBuf,
    /// Claimed batches, one folder a job.
    pub work: PathBuf,
    /// Refused batches.
    pub quarantine: PathBuf,
    /// OCFL storage root.
    pub archive: PathBuf,
    /// The index database.
    pub index: PathBuf,
}

/// The timestamp services.
#[derive(Debug, Clone)]
pub struct TimestampConfig {
    /// Their addresses, in the order in which they are asked; may be empty.
    pub services: Vec<String>,
    /// How long one may take to answer.
    pub time: Duration,
    /// Hash of what is stamped.
    pub hash: Hash,
    /// How often one service is asked at most.
    pub requests_per_minute: usize,
    /// The level that archived signatures are lifted to; without services, none is.
    pub level: PadesLevel,
    /// An archive timestamp is renewed when its proof ends within so many days.
    pub renew_days: u32,
}

/// Whom the office trusts, and how it asks.
#[derive(Debug, Clone)]
pub struct TrustConfig {
    /// Folder of the roots and intermediates that the office installed.
    pub folder: PathBuf,
    /// Whether anybody is asked over the network.
    pub fetch: bool,
    /// For one answer.
    pub timeout: Duration,
    /// For how long a certificate that was found good is not asked about again.
    pub keep: Duration,
    /// Neither OCSP nor CRL answers for the signer.
    pub when_unknown: InDoubt,
    /// The signer's certificate leads to none of the roots.
    pub when_untrusted: InDoubt,
}

/// Everything that a command needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where `sohoa.toml` lies.
    pub data_folder: PathBuf,
    /// The agency.
    pub agency: Agency,
    /// Form of the copy.
    pub copy_form: CopyForm,
    /// Folders.
    pub folders: Folders,
    /// Pause between polling scans.
    pub poll_interval: Duration,
    /// Documents worked on at once, at least 1.
    pub workers: usize,
    /// Whether pages are read.
    pub text: TextReading,
    /// What to do with a document whose citizen or dossier is not certain.
    pub unsettled: Unsettled,
    /// The keys, where there are some.
    pub signing: Option<SigningConfig>,
    /// After how long without a signature a session closes.
    pub session_idle: Duration,
    /// Timestamp services.
    pub timestamp: TimestampConfig,
    /// Whom the office trusts.
    pub trust: TrustConfig,
    /// More different persons that one account looks at within an hour are an alarm.
    pub bulk_per_hour: u32,
    /// The ledger.
    pub ledger: LedgerConfig,
    /// Second places that keep archive and ledger.
    pub replicas: Vec<ReplicaConfig>,
    /// How backup sets are made and kept.
    pub backup: BackupConfig,
    /// When the archive is verified, and how.
    pub nightly: NightlyConfig,
    /// Whom an alarm reaches.
    pub alarm: AlarmConfig,
    /// File of the key for cover sheets; may not be there yet.
    pub cover_sheet_key: PathBuf,
    /// The web desk, where there is one.
    pub web: Option<WebConfig>,
    /// Bounds on input.
    pub limits: Limits,
    stations: BTreeMap<StationName, ScannerProfile>,
    default_profile: ScannerProfile,
}

impl Config {
    /// Reads `path` and everything it names.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line and what to do.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let path = std::path::absolute(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let file: ConfigFile = toml::from_str(&text).map_err(|source| ConfigError::Invalid {
            path: path.clone(),
            source: Box::new(source),
        })?;
        let data_folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Self::resolve(file, data_folder)
    }

    fn resolve(file: ConfigFile, data_folder: PathBuf) -> Result<Self, ConfigError> {
        let profiles = profile::load_all(&data_folder.join(&file.folders.scanner_profiles))?;
        let profile_named = |wanted: &str| {
            profiles
                .get(wanted)
                .cloned()
                .ok_or_else(|| ConfigError::UnknownProfile {
                    name: wanted.to_owned(),
                    known: profiles.keys().cloned().collect(),
                })
        };
        let officers = file
            .stations
            .iter()
            .filter_map(|(station, section)| Some((station.clone(), section.officer.clone()?)));
        let officers = officers.collect();
        let stations = file
            .stations
            .into_iter()
            .map(|(station, section)| Ok((station, profile_named(&section.profile)?)))
            .collect::<Result<BTreeMap<StationName, ScannerProfile>, ConfigError>>()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if !(0.05..=3600.0).contains(&file.capture.poll_seconds) {
            return Err(ConfigError::OutOfRange {
                key: "capture.poll_seconds",
                allowed: "0.05 … 3600",
            });
        }
        let default_profile = profile_named(&file.capture.default_profile)?;
        if file.reading.text == TextReading::Off {
            require_no_dropping(std::iter::once(&default_profile).chain(stations.values()))?;
        }
        Ok(Self {
            agency: Agency {
                name: file.agency.name,
                address: file.agency.address,
            },
            copy_form: file.document.copy_form,
            folders: resolve_folders(&file.folders, &data_folder),
            poll_interval: Duration::from_secs_f64(file.capture.poll_seconds),
            workers: if file.capture.workers == 0 {
                cores
            } else {
                file.capture.workers.min(64)
            },
            text: file.reading.text,
            unsettled: file.worklist.unsettled,
            timestamp: resolve_timestamp(file.timestamp)?,
            trust: resolve_trust(file.trust, &data_folder)?,
            session_idle: signing::resolve_idle(&file.signing)?,
            signing: signing::resolve(file.signing, officers, &data_folder)?,
            bulk_per_hour: file.access.bulk_per_hour,
            ledger: ledger::resolve(file.ledger, &data_folder)?,
            replicas: replica::resolve(file.replica, &data_folder)?,
            backup: backup::resolve(file.backup)?,
            nightly: nightly::resolve(file.nightly)?,
            alarm: nightly::resolve_alarm(file.alarm, &data_folder)?,
            cover_sheet_key: data_folder.join(file.cover_sheets.key),
            web: match file.web {
                Some(section) => Some(web::resolve(section, &data_folder)?),
                None => None,
            },
            limits: file.limits,
            default_profile,
            stations,
            data_folder,
        })
    }

    /// The profile of a station; stations that the file does not name have the default one.
    #[must_use]
    pub fn profile_of(&self, station: &StationName) -> &ScannerProfile {
        self.stations.get(station).unwrap_or(&self.default_profile)
    }

    /// Where objects are put together before they enter the archive; on the archive's file system.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.folders.work.join("staging")
    }

    /// The languages of all profiles in force, each once, the default profile's first.
    #[must_use]
    pub fn languages(&self) -> Vec<String> {
        let profiles = std::iter::once(&self.default_profile).chain(self.stations.values());
        let mut languages: Vec<String> = Vec::new();
        for language in profiles.flat_map(|profile| &profile.languages) {
            if !languages.contains(language) {
                languages.push(language.clone());
            }
        }
        languages
    }

    /// The stations that the file names.
    pub fn stations(&self) -> impl Iterator<Item = &StationName> {
        self.stations.keys()
    }
}

/// Which pages are blank is known only where pages are read.
fn require_no_dropping<'a>(
    mut profiles: impl Iterator<Item = &'a ScannerProfile>,
) -> Result<(), ConfigError> {
    match profiles.find(|profile| profile.blank.pages == BlankPages::Drop) {
        None => Ok(()),
        Some(profile) => Err(ConfigError::BlankUnread {
            profile: profile.name.clone(),
        }),
    }
}

fn resolve_folders(section: &FoldersSection, data_folder: &Path) -> Folders {
    Folders {
        inbox: data_folder.join(&section.inbox),
        outbox: data_folder.join(&section.outbox),
        work: data_folder.join(&section.work),
        quarantine: data_folder.join(&section.quarantine),
        archive: data_folder.join(&section.archive),
        index: data_folder.join(&section.index),
    }
}

fn resolve_timestamp(section: TimestampSection) -> Result<TimestampConfig, ConfigError> {
    let out_of_range = |key, allowed| Err(ConfigError::OutOfRange { key, allowed });
    let is_address = |text: &String| text.starts_with("http://") || text.starts_with("https://");
    if !section.services.iter().all(is_address) {
        return out_of_range("timestamp.services", "http://… , https://…");
    }
    if !(0.1..=300.0).contains(&section.seconds) {
        return out_of_range("timestamp.seconds", "0.1 … 300");
    }
    if !(1..=100_000).contains(&section.requests_per_minute) {
        return out_of_range("timestamp.requests_per_minute", "1 … 100000");
    }
    Ok(TimestampConfig {
        services: section.services,
        time: Duration::from_secs_f64(section.seconds),
        hash: section.hash,
        requests_per_minute: section.requests_per_minute,
        level: section.level,
        renew_days: section.renew_days,
    })
}

fn resolve_trust(section: TrustSection, data_folder: &Path) -> Result<TrustConfig, ConfigError> {
    if !(1.0..=120.0).contains(&section.seconds) {
        return Err(ConfigError::OutOfRange {
            key: "trust.seconds",
            allowed: "1 … 120",
        });
    }
    if section.keep_minutes > 24 * 60 {
        return Err(ConfigError::OutOfRange {
            key: "trust.keep_minutes",
            allowed: "0 … 1440",
        });
    }
    Ok(TrustConfig {
        folder: data_folder.join(section.folder),
        fetch: section.fetch,
        timeout: Duration::from_secs_f64(section.seconds),
        keep: Duration::from_secs(u64::from(section.keep_minutes) * 60),
        when_unknown: section.when_unknown,
        when_untrusted: section.when_untrusted,
    })
}

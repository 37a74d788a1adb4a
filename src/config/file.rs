//! `sohoa.toml` as it is written: a serde mirror without any look-ups.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Limits;
use super::backup::BackupSection;
use super::ledger::LedgerSection;
use super::nightly::{AlarmSection, NightlySection};
use super::replica::{ReplicaName, ReplicaSection};
use super::signing::SigningSection;
use super::web::WebSection;
use crate::record::{CopyForm, Hash, PadesLevel, StationName};

/// The text that `sohoa init` writes; every key is explained in it. `@AGENCY@`, `@KEY@` and
/// `@STATIONS@` are filled in.
const TEMPLATE: &str = include_str!("sohoa.toml");

/// A new `sohoa.toml` for `agency`, with a PKCS#12 key and its passphrase file (relative to the
/// data folder) and stations with their profiles.
#[must_use]
pub fn new_text(agency: &str, key: Option<(&str, &str)>, stations: &[(&str, &str)]) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let key = match key {
        Some((key, passphrase_file)) => {
            format!("key = {}\npassphrase_file = {}\nattended = false", quoted(key), quoted(passphrase_file))
        }
        None => "# key = \"keys/agency.p12\"\n# passphrase_file = \"keys/agency.pass\"   # hoặc/or passphrase_env = \"SOHOA_PASSPHRASE\"".to_owned(),
    };
    let stations: Vec<String> = match stations {
        [] => vec!["# [stations.quay-01]\n# profile = \"ricoh-fi\"".to_owned()],
        named => named
            .iter()
            .map(|(name, profile)| {
                format!("[stations.{}]\nprofile = {}", quoted(name), quoted(profile))
            })
            .collect(),
    };
    TEMPLATE
        .replace("\"@AGENCY@\"", &quoted(agency))
        .replace("@KEY@", &key)
        .replace("@STATIONS@", &stations.join("\n\n"))
}

/// The whole file. Unknown keys are errors with their line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// `[agency]`
    pub agency: AgencySection,
    /// `[folders]`
    #[serde(default)]
    pub folders: FoldersSection,
    /// `[capture]`
    #[serde(default)]
    pub capture: CaptureSection,
    /// `[document]`
    #[serde(default)]
    pub document: DocumentSection,
    /// `[reading]`
    #[serde(default)]
    pub reading: ReadingSection,
    /// `[worklist]`
    #[serde(default)]
    pub worklist: WorklistSection,
    /// `[signing]`
    #[serde(default)]
    pub signing: SigningSection,
    /// `[timestamp]`
    #[serde(default)]
    pub timestamp: TimestampSection,
    /// `[trust]`
    #[serde(default)]
    pub trust: TrustSection,
    /// `[access]`
    #[serde(default)]
    pub access: AccessSection,
    /// `[ledger]`
    #[serde(default)]
    pub ledger: LedgerSection,
    /// `[replica.<name>]`
    #[serde(default)]
    pub replica: BTreeMap<ReplicaName, ReplicaSection>,
    /// `[backup]`
    #[serde(default)]
    pub backup: BackupSection,
    /// `[nightly]`
    #[serde(default)]
    pub nightly: NightlySection,
    /// `[alarm]`
    #[serde(default)]
    pub alarm: AlarmSection,
    /// `[cover_sheets]`
    #[serde(default)]
    pub cover_sheets: CoverSheetsSection,
    /// `[web]`; without it there is no desk.
    pub web: Option<WebSection>,
    /// `[limits]`
    #[serde(default)]
    pub limits: Limits,
    /// `[stations.<name>]`
    #[serde(default)]
    pub stations: BTreeMap<StationName, StationSection>,
}

/// Section `[agency]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencySection {
    /// Name as it stands in the visible signature.
    pub name: String,
    /// Where the agency can be reached, a URI (`mailto:…`, `https://…`); goes into the archive's inventories.
    pub address: Option<String>,
}

/// Section `[folders]`; relative paths are relative to the file itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FoldersSection {
    /// What stations drop.
    pub inbox: PathBuf,
    /// Receipts.
    pub outbox: PathBuf,
    /// Claimed batches.
    pub work: PathBuf,
    /// Refused batches.
    pub quarantine: PathBuf,
    /// OCFL storage root; same file system as `work`.
    pub archive: PathBuf,
    /// The index database.
    pub index: PathBuf,
    /// Scanner profiles of the office; the shipped ones are built in.
    pub scanner_profiles: PathBuf,
}

impl Default for FoldersSection {
    fn default() -> Self {
        Self {
            inbox: "inbox".into(),
            outbox: "outbox".into(),
            work: "work".into(),
            quarantine: "quarantine".into(),
            archive: "archive".into(),
            index: "index.sqlite".into(),
            scanner_profiles: "scanner-profiles".into(),
        }
    }
}

/// Section `[capture]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaptureSection {
    /// Pause between two polling scans of the inbox, seconds.
    pub poll_seconds: f64,
    /// Documents worked on at once; 0 = one a processor core.
    pub workers: usize,
    /// Profile of stations that name none.
    pub default_profile: String,
}

impl Default for CaptureSection {
    fn default() -> Self {
        Self {
            poll_seconds: 1.0,
            workers: 0,
            default_profile: "generic".to_owned(),
        }
    }
}

/// Section `[document]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentSection {
    /// Form of the copy.
    pub copy_form: CopyForm,
}

impl Default for DocumentSection {
    fn default() -> Self {
        Self {
            copy_form: CopyForm::SaoY,
        }
    }
}

/// Section `[reading]`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingSection {
    /// Whether pages are read.
    pub text: TextReading,
}

/// Whether pages are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextReading {
    /// Codes always, text where the machine has an engine.
    #[default]
    Auto,
    /// Neither; `sohoa read --pending` reads later.
    Off,
}

/// Section `[worklist]`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorklistSection {
    /// What to do with a document whose citizen or dossier is not certain.
    pub unsettled: Unsettled,
}

/// What to do with a document whose citizen or dossier is not certain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsettled {
    /// It waits for a person, unsigned.
    #[default]
    Wait,
    /// It is archived under nobody's name, and the record stays in the worklist.
    Archive,
}

/// Section `[timestamp]`; without services, signatures have no timestamp (level B-B).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimestampSection {
    /// Addresses of RFC 3161 services, in the order in which they are asked.
    pub services: Vec<String>,
    /// How long one may take to answer.
    pub seconds: f64,
    /// Hash of what is stamped.
    pub hash: Hash,
    /// How often one service is asked at most.
    pub requests_per_minute: usize,
    /// The level that archived signatures are lifted to.
    pub level: PadesLevel,
    /// An archive timestamp is renewed when its proof ends within so many days.
    pub renew_days: u32,
}

impl Default for TimestampSection {
    fn default() -> Self {
        Self {
            services: Vec::new(),
            seconds: 20.0,
            hash: Hash::Sha256,
            requests_per_minute: 120,
            level: PadesLevel::BLta,
            renew_days: 90,
        }
    }
}

/// Section `[trust]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustSection {
    /// Folder of the roots and intermediates that the office installed.
    pub folder: PathBuf,
    /// Whether OCSP responders, CRLs and issuers' certificates are asked for over the network.
    pub fetch: bool,
    /// For one answer, seconds.
    pub seconds: f64,
    /// For how long a certificate that was found good is not asked about again, minutes.
    pub keep_minutes: u32,
    /// Neither OCSP nor CRL answers for the signer.
    pub when_unknown: InDoubt,
    /// The signer's certificate leads to none of the roots.
    pub when_untrusted: InDoubt,
}

impl Default for TrustSection {
    fn default() -> Self {
        Self {
            folder: "trust".into(),
            fetch: true,
            seconds: 10.0,
            keep_minutes: 10,
            when_unknown: InDoubt::Sign,
            when_untrusted: InDoubt::Wait,
        }
    }
}

/// What to do with a document whose signer could not be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InDoubt {
    /// It is signed, and the doubt recorded.
    Sign,
    /// It waits.
    Wait,
}

/// Section `[access]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessSection {
    /// More different persons that one account looks at within an hour are an alarm.
    pub bulk_per_hour: u32,
}

impl Default for AccessSection {
    fn default() -> Self {
        Self { bulk_per_hour: 60 }
    }
}

/// Section `[cover_sheets]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CoverSheetsSection {
    /// File of the key that proves the office's own sheets; made when the first sheet is.
    pub key: PathBuf,
}

impl Default for CoverSheetsSection {
    fn default() -> Self {
        Self {
            key: "keys/cover-sheets.key".into(),
        }
    }
}

/// Section `[stations.<name>]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationSection {
    /// Name of a scanner profile.
    pub profile: String,
    /// Name of the key of the officer who scans here.
    pub officer: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_what_the_program_reads() {
        let bare: ConfigFile =
            toml::from_str(&new_text("UBND “xã” \"Mẫu\"", None, &[])).expect("parses");
        assert_eq!(bare.agency.name, "UBND “xã” \"Mẫu\"");
        assert!(bare.signing.key.is_none() && bare.stations.is_empty());
        assert_eq!(bare.limits, Limits::default());
        let full: ConfigFile = toml::from_str(&new_text(
            "A",
            Some(("keys/k.p12", "keys/k.pass")),
            &[("quay 01", "generic")],
        ))
        .expect("parses");
        assert_eq!(full.signing.key, Some(PathBuf::from("keys/k.p12")));
        assert_eq!(full.stations.len(), 1);
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let text = new_text("A", None, &[]).replace("poll_seconds", "pole_seconds");
        let error = toml::from_str::<ConfigFile>(&text)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("pole_seconds") && error.contains("line "),
            "{error}"
        );
    }
}

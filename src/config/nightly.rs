//! The sections `[nightly]` and `[alarm]`, as written and as resolved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Time;
use serde::Deserialize;

use super::ConfigError;
use super::ledger::MailSection;

/// Section `[nightly]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NightlySection {
    /// Whether the daemon verifies at night.
    pub run: bool,
    /// When it may begin, in Vietnam's time.
    pub from: Time,
    /// When it must pause; earlier than `from`: the next morning.
    pub to: Time,
    /// In how many nights every byte is read once.
    pub nights: u32,
    /// What it reads a second at most, MiB; 0 is no limit.
    pub mib_per_second: u64,
    /// Whether it restores from replicas what is damaged.
    pub repair: bool,
    /// An alarm is raised when no run came to its end for so many hours.
    pub overdue_hours: u32,
}

impl Default for NightlySection {
    fn default() -> Self {
        Self {
            run: true,
            from: Time::constant(20, 0, 0, 0),
            to: Time::constant(5, 0, 0, 0),
            nights: 30,
            mib_per_second: 0,
            repair: true,
            overdue_hours: 48,
        }
    }
}

/// Section `[alarm]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlarmSection {
    /// Each alarm is a file here, until a person takes it away.
    pub folder: PathBuf,
    /// Address that alarms are sent to, as JSON.
    pub webhook: Option<String>,
    /// Folder of letters that something else sends.
    pub mail_folder: Option<PathBuf>,
    /// From whom and to whom the letters are.
    pub mail: Option<MailSection>,
}

impl Default for AlarmSection {
    fn default() -> Self {
        Self {
            folder: "alarms".into(),
            webhook: None,
            mail_folder: None,
            mail: None,
        }
    }
}

/// When the archive is verified, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NightlyConfig {
    /// Whether the daemon verifies at night.
    pub run: bool,
    /// When it may begin, in Vietnam's time.
    pub from: Time,
    /// When it must pause; not after `from`: the next morning.
    pub to: Time,
    /// In how many nights every byte is read once.
    pub nights: u32,
    /// What it reads a second at most, bytes.
    pub bytes_per_second: Option<u64>,
    /// Whether it restores from replicas what is damaged.
    pub repair: bool,
    /// An alarm is raised when no run came to its end for so long.
    pub overdue: Duration,
}

/// Whom an alarm reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmConfig {
    /// Each alarm is a file here; absolute.
    pub folder: PathBuf,
    /// Address that alarms are sent to.
    pub webhook: Option<String>,
    /// Folder of letters, and from whom and to whom they are.
    pub mail: Option<(PathBuf, MailSection)>,
}

pub(super) fn resolve(section: NightlySection) -> Result<NightlyConfig, ConfigError> {
    let out_of_range = |key, allowed| Err(ConfigError::OutOfRange { key, allowed });
    if !(1..=366).contains(&section.nights) {
        return out_of_range("nightly.nights", "1 … 366");
    }
    if section.mib_per_second > 100_000 {
        return out_of_range("nightly.mib_per_second", "0 … 100000");
    }
    if !(24..=24 * 366).contains(&section.overdue_hours) {
        return out_of_range("nightly.overdue_hours", "24 … 8784");
    }
    let bytes = section.mib_per_second.saturating_mul(1 << 20);
    Ok(NightlyConfig {
        run: section.run,
        from: section.from,
        to: section.to,
        nights: section.nights,
        bytes_per_second: (bytes > 0).then_some(bytes),
        repair: section.repair,
        overdue: Duration::from_hours(section.overdue_hours.into()),
    })
}

pub(super) fn resolve_alarm(
    section: AlarmSection,
    data_folder: &Path,
) -> Result<AlarmConfig, ConfigError> {
    let out_of_range = |key, allowed| Err(ConfigError::OutOfRange { key, allowed });
    let is_address = |text: &String| text.starts_with("http://") || text.starts_with("https://");
    if !section.webhook.iter().all(is_address) {
        return out_of_range("alarm.webhook", "http://… , https://…");
    }
    let mail = match (section.mail_folder, section.mail) {
        (None, None) => None,
        (Some(folder), Some(mail)) => Some((data_folder.join(folder), mail)),
        _ => return out_of_range("alarm.mail", "mail_folder + mail"),
    };
    Ok(AlarmConfig {
        folder: data_folder.join(section.folder),
        webhook: section.webhook,
        mail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused() {
        let nightly = |text: &str| toml::from_str(text).map(resolve);
        let good = nightly("from = \"22:30\"\nto = \"04:00\"\nnights = 7\nmib_per_second = 2");
        let good = good.expect("parses").expect("resolves");
        assert_eq!((good.from.hour(), good.from.minute()), (22, 30));
        assert_eq!(good.bytes_per_second, Some(2 << 20));
        for wrong in ["nights = 0", "overdue_hours = 3", "mib_per_second = 100001"] {
            assert!(nightly(wrong).expect("parses").is_err(), "{wrong}");
        }
        assert!(nightly("from = \"25:00\"").is_err());
        let alarm = |text: &str| toml::from_str(text).map(|it| resolve_alarm(it, Path::new("/d")));
        let mail = "mail_folder = \"m\"\nmail = { from = \"a@b\", to = \"c@d\" }";
        assert!(
            alarm(mail)
                .expect("parses")
                .expect("resolves")
                .mail
                .is_some()
        );
        for wrong in ["webhook = \"ftp://a\"", "mail_folder = \"m\""] {
            assert!(alarm(wrong).expect("parses").is_err(), "{wrong}");
        }
    }
}

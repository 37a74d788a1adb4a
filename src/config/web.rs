//! `[web]`: where the desk is served, with which certificate, and its bounds. Without the section there is no desk.
//!
//! Plain HTTP is for this machine alone: on any other address passwords and papers would cross the network readable,
//! so it is refused unless a proxy in front of the desk is said to encrypt.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;
use crate::record::{DocumentKind, Lang};

/// Section `[web]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSection {
    /// Address and port.
    pub listen: SocketAddr,
    /// The desk's certificate and those of its issuers, PEM.
    pub certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub key: Option<PathBuf>,
    /// A proxy in front of the desk encrypts, and says who asks.
    #[serde(default)]
    pub behind_proxy: bool,
    /// A session ends when nothing was asked for so many minutes.
    #[serde(default = "session_idle_minutes")]
    pub session_idle_minutes: u32,
    /// A session ends after so many hours, whatever is asked.
    #[serde(default = "session_hours")]
    pub session_hours: u32,
    /// Kinds of papers that show identity cards.
    #[serde(default = "identity_kinds")]
    pub identity_kinds: BTreeSet<DocumentKind>,
    /// Roles that may see papers of these kinds.
    #[serde(default = "identity_roles")]
    pub identity_roles: BTreeSet<WebRole>,
    /// Connections at once; further ones wait.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Requests that read the archive or the index at once; further ones wait.
    #[serde(default = "readers")]
    pub readers: usize,
}

/// What an account may do at the desk. Rights are those of all roles of an account together.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum WebRole {
    /// A scanning counter: sees what became of its own drops.
    Station,
    /// An officer at the counter (cán bộ một cửa): looks people up.
    Officer,
    /// The registrar (văn thư): an officer who signs, and may see identity cards.
    Registrar,
    /// Reads who looked at whom; sees no papers.
    Auditor,
    /// Keeps accounts and the machine; sees no papers.
    Administrator,
}

impl WebRole {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Station,
        Self::Officer,
        Self::Registrar,
        Self::Auditor,
        Self::Administrator,
    ];

    /// As files and commands write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Station => "station",
            Self::Officer => "officer",
            Self::Registrar => "registrar",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// For people.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Station => lang.pick("quầy quét", "scanning station"),
            Self::Officer => lang.pick("cán bộ một cửa", "officer"),
            Self::Registrar => lang.pick("văn thư", "registrar"),
            Self::Auditor => lang.pick("kiểm tra, giám sát", "auditor"),
            Self::Administrator => lang.pick("quản trị", "administrator"),
        }
    }
}

impl fmt::Display for WebRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for WebRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|role| role.as_str() == text);
        named.ok_or_else(|| Self::ALL.map(Self::as_str).join(", "))
    }
}

/// The desk, resolved.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Files of its certificate and key; without them it speaks plain HTTP.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether a proxy encrypts, and names who asks in `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// After how long without a request a session ends.
    pub session_idle: Duration,
    /// After how long a session ends.
    pub session: Duration,
    /// Kinds of papers that show identity cards.
    pub identity_kinds: BTreeSet<DocumentKind>,
    /// Roles that may see them.
    pub identity_roles: BTreeSet<WebRole>,
    /// Connections at once.
    pub connections: usize,
    /// Requests at once that read the disk.
    pub readers: usize,
}

impl WebConfig {
    /// Whether browsers reach the desk over TLS, by itself or by its proxy.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some() || self.behind_proxy
    }
}

/// What is wrong with `[web]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebFault {
    /// Plain HTTP on an address that others reach.
    Plain,
    /// A certificate without key, or a key without certificate.
    HalfTls,
}

impl WebFault {
    pub(super) fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            WebFault::Plain => (
                "HTTP không mã hóa chỉ được dùng trên 127.0.0.1; hãy khai báo certificate và key, hoặc behind_proxy = true nếu có máy chủ proxy mã hóa phía trước",
                "plain HTTP is for 127.0.0.1 only; name certificate and key, or set behind_proxy = true where a proxy encrypts",
            ),
            WebFault::HalfTls => (
                "phải khai báo cả certificate và key",
                "name both certificate and key",
            ),
        };
        lang.pick(vi, en)
    }
}

impl fmt::Display for WebFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(Lang::En))
    }
}

pub(super) fn resolve(section: WebSection, data_folder: &Path) -> Result<WebConfig, ConfigError> {
    let tls = match (section.certificate, section.key) {
        (Some(certificate), Some(key)) => {
            Some((data_folder.join(certificate), data_folder.join(key)))
        }
        (None, None) => None,
        _ => return Err(ConfigError::Web(WebFault::HalfTls)),
    };
    if tls.is_none() && !section.behind_proxy && !section.listen.ip().is_loopback() {
        return Err(ConfigError::Web(WebFault::Plain));
    }
    let within = |holds: bool, key, allowed| {
        holds
            .then_some(())
            .ok_or(ConfigError::OutOfRange { key, allowed })
    };
    within(
        (1..=480).contains(&section.session_idle_minutes),
        "web.session_idle_minutes",
        "1 … 480",
    )?;
    within(
        (1..=24).contains(&section.session_hours),
        "web.session_hours",
        "1 … 24",
    )?;
    within(
        (8..=4096).contains(&section.connections),
        "web.connections",
        "8 … 4096",
    )?;
    within((1..=64).contains(&section.readers), "web.readers", "1 … 64")?;
    Ok(WebConfig {
        listen: section.listen,
        tls,
        behind_proxy: section.behind_proxy,
        session_idle: Duration::from_secs(u64::from(section.session_idle_minutes) * 60),
        session: Duration::from_secs(u64::from(section.session_hours) * 3600),
        identity_kinds: section.identity_kinds,
        identity_roles: section.identity_roles,
        connections: section.connections,
        readers: section.readers,
    })
}

fn session_idle_minutes() -> u32 {
    20
}

fn session_hours() -> u32 {
    10
}

fn identity_kinds() -> BTreeSet<DocumentKind> {
    let kinds = ["cccd", "cmnd", "ho-chieu"];
    kinds.iter().filter_map(|kind| kind.parse().ok()).collect()
}

fn identity_roles() -> BTreeSet<WebRole> {
    BTreeSet::from([WebRole::Registrar])
}

fn connections() -> usize {
    256
}

/// More than processors: each look-up waits for the disk until its event is synced.
fn readers() -> usize {
    16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<WebConfig, String> {
        let section = toml::from_str(text).map_err(|error| error.to_string())?;
        resolve(section, Path::new("/data")).map_err(|error| error.to_string())
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for fine in [
            "listen = \"127.0.0.1:8443\"",
            "listen = \"[::1]:8443\"",
            "listen = \"0.0.0.0:8443\"\nbehind_proxy = true",
            "listen = \"0.0.0.0:8443\"\ncertificate = \"a.pem\"\nkey = \"a.key\"",
        ] {
            assert!(resolved(fine).is_ok(), "{fine}");
        }
        for (refused, why) in [
            ("listen = \"0.0.0.0:8443\"", "plain HTTP"),
            ("listen = \"192.168.1.2:80\"", "plain HTTP"),
            ("listen = \"127.0.0.1:1\"\nkey = \"a.key\"", "both"),
            ("listen = \"127.0.0.1:1\"\nreaders = 0", "web.readers"),
            ("listen = \"localhost\"", "listen"),
            ("listen = \"127.0.0.1:1\"\nwatch = 1", "watch"),
        ] {
            let said = resolved(refused).expect_err(refused);
            assert!(said.contains(why), "{refused}: {said}");
        }
    }

    #[test]
    fn what_init_writes_explains_every_key_with_its_default() {
        let template = include_str!("sohoa.toml");
        let section = template.split("# [web]\n").nth(1).expect("a section");
        let section = section.split("\n[limits]").next().expect("its end");
        let keys: Vec<&str> = section
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                let key = line.split(" = ").next().unwrap_or_default();
                let is_key = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
                line.contains(" = ") && key.bytes().all(is_key)
            })
            .collect();
        assert_eq!(keys.len(), 10, "{keys:#?}");
        let written = resolved(&keys.join("\n")).expect("parses");
        let bare =
            "listen = \"127.0.0.1:8443\"\ncertificate = \"keys/desk.pem\"\nkey = \"keys/desk.key\"";
        let bare = resolved(bare).expect("parses");
        assert_eq!(format!("{written:?}"), format!("{bare:?}"));
    }

    #[test]
    fn paths_start_at_the_data_folder_and_defaults_guard_identity_cards() {
        let text = "listen = \"0.0.0.0:1\"\ncertificate = \"k/a.pem\"\nkey = \"k/a.key\"";
        let web = resolved(text).expect("fine");
        assert_eq!(
            web.tls,
            Some(("/data/k/a.pem".into(), "/data/k/a.key".into()))
        );
        assert!(web.is_encrypted() && web.identity_roles.contains(&WebRole::Registrar));
        assert!(
            web.identity_kinds
                .iter()
                .any(|kind| kind.as_str() == "cccd")
        );
    }
}

//! `[signing]`: the keys that sign, where each is kept and how it is opened. No secret stands here, only
//! where one comes from.
//!
//! `key = …` is the short form: one PKCS#12 file, the key named [`ORGANISATION`]. `[signing.keys.<name>]`
//! names more of them. Who signs what, and in which order, is the policy's ([`SigningPolicy`]).

mod fault;
mod policy;
mod section;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use self::fault::KeyFault;
pub use self::policy::{Place, PolicyFault, Signer, SigningPolicy};
pub use self::section::SigningSection;
use self::section::{CscSection, KeySection, Pkcs11Section, SecretSection};
pub use self::text::{VisibleFacts, VisibleText};
use super::ConfigError;
use crate::record::{Hash, StationName};

/// Name of the key that seals in the agency's name.
pub const ORGANISATION: &str = "organisation";

/// How an RSA key pads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RsaPadding {
    /// RSASSA-PSS.
    #[default]
    Pss,
    /// RSASSA-PKCS1-v1_5, for recipients that cannot verify PSS.
    Pkcs1,
}

/// The signing keys, not yet opened.
#[derive(Debug, Clone)]
pub struct SigningConfig {
    keys: BTreeMap<String, KeyConfig>,
    /// Who signs what.
    pub policy: SigningPolicy,
    /// Remark when a certificate ends within so many days.
    pub expiry_warning_days: u32,
}

impl SigningConfig {
    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&KeyConfig> {
        self.keys.get(name)
    }

    /// All keys, by name.
    pub fn keys(&self) -> impl Iterator<Item = &KeyConfig> {
        self.keys.values()
    }
}

/// One key.
#[derive(Debug, Clone)]
pub struct KeyConfig {
    /// Its name.
    pub name: String,
    /// Whether it signs only while a person has a session open; the default.
    pub attended: bool,
    /// How it pads if it is RSA.
    pub padding: RsaPadding,
    /// The hash; `None`: SHA-256, with P-384 SHA-384.
    pub hash: Option<Hash>,
    /// Where it is kept.
    pub place: KeyPlace,
}

impl KeyConfig {
    /// Whether a person must type what opens it.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.place
            .secrets()
            .any(|source| *source == PassphraseSource::Prompt)
    }
}

/// Where a key is kept.
#[derive(Debug, Clone)]
pub enum KeyPlace {
    /// In a PKCS#12 file.
    Pkcs12 {
        /// The file.
        file: PathBuf,
        /// What opens it.
        passphrase: PassphraseSource,
    },
    /// On a token.
    Pkcs11(TokenConfig),
    /// At a remote service.
    Csc(CscConfig),
}

/// A key on a token.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// The PKCS#11 module, a shared library.
    pub module: PathBuf,
    /// Label of the token; `None`: any.
    pub label: Option<String>,
    /// Serial number of the token; `None`: any.
    pub serial: Option<String>,
    /// `CKA_ID` of key and certificate; `None`: the only pair on the token.
    pub key_id: Option<Vec<u8>>,
    /// PEM certificates of issuers, where the token does not hold them.
    pub chain_file: Option<PathBuf>,
    /// Where the PIN comes from.
    pub pin: PassphraseSource,
}

/// A key at a remote service.
#[derive(Debug, Clone)]
pub struct CscConfig {
    /// Base address, up to and with `/csc/v1`.
    pub address: String,
    /// `credentialID`; `None`: the only one of the account.
    pub credential: Option<String>,
    /// How the account proves itself.
    pub access: CscAccess,
    /// Where the credential's PIN comes from.
    pub pin: PassphraseSource,
}

/// How an account proves itself to a remote service (RFC 6750, RFC 7617).
#[derive(Debug, Clone)]
pub enum CscAccess {
    /// It need not.
    Open,
    /// A bearer token.
    Bearer(PassphraseSource),
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: PassphraseSource,
    },
}

/// Where a passphrase, PIN or access token comes from; never the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassphraseSource {
    /// First line of a file; software keys only.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A systemd credential, a file below `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// A person is asked.
    Prompt,
    /// There is none.
    Empty,
}

/// The keys with absolute paths, and who signs with them; `None` where there is none. `officers` are the keys that
/// stations name.
pub(super) fn resolve(
    section: SigningSection,
    officers: BTreeMap<StationName, String>,
    data_folder: &Path,
) -> Result<Option<SigningConfig>, ConfigError> {
    let mut keys = BTreeMap::new();
    for (name, section) in section.keys {
        let refused = |fault| ConfigError::SigningKey {
            name: name.clone(),
            fault,
        };
        if !is_name(&name) {
            return Err(refused(KeyFault::Name));
        }
        let key = key(&name, section, data_folder).map_err(refused)?;
        keys.insert(name, key);
    }
    let passphrase = match (section.passphrase_file, section.passphrase_env) {
        (Some(_), Some(_)) => return Err(ConfigError::TwoPassphrases),
        (Some(file), None) => PassphraseSource::File(data_folder.join(file)),
        (None, Some(variable)) => PassphraseSource::Environment(variable),
        (None, None) => PassphraseSource::Empty,
    };
    if let Some(file) = section.key {
        let key = KeyConfig {
            name: ORGANISATION.to_owned(),
            attended: section.attended.unwrap_or(true),
            padding: RsaPadding::Pss,
            hash: None,
            place: KeyPlace::Pkcs12 {
                file: data_folder.join(file),
                passphrase,
            },
        };
        if keys.insert(key.name.clone(), key).is_some() {
            return Err(ConfigError::SigningKey {
                name: ORGANISATION.to_owned(),
                fault: KeyFault::Twice,
            });
        }
    }
    let policy = policy::resolve(section.policy, officers, &keys)?;
    Ok((!keys.is_empty()).then_some(SigningConfig {
        keys,
        policy,
        expiry_warning_days: section.expiry_warning_days.unwrap_or(60),
    }))
}

/// How long a session may be idle.
pub(super) fn resolve_idle(section: &SigningSection) -> Result<Duration, ConfigError> {
    let minutes = section.session_idle_minutes.unwrap_or(15);
    if !(1..=480).contains(&minutes) {
        return Err(ConfigError::OutOfRange {
            key: "signing.session_idle_minutes",
            allowed: "1 … 480",
        });
    }
    Ok(Duration::from_secs(u64::from(minutes) * 60))
}

fn is_name(name: &str) -> bool {
    let fits =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(fits)
}

fn key(name: &str, section: KeySection, data_folder: &Path) -> Result<KeyConfig, KeyFault> {
    let (attended, padding, hash, place) = match section {
        KeySection::Pkcs12(section) => {
            let passphrase = match section.passphrase {
                SecretSection::File(file) => PassphraseSource::File(data_folder.join(file)),
                other => without_file(other)?,
            };
            let file = data_folder.join(section.file);
            let place = KeyPlace::Pkcs12 { file, passphrase };
            (section.attended, section.padding, section.hash, place)
        }
        KeySection::Pkcs11(section) => {
            let (attended, padding, hash) = (section.attended, section.padding, section.hash);
            let place = KeyPlace::Pkcs11(token(section, data_folder)?);
            (attended, padding, hash, place)
        }
        KeySection::Csc(section) => {
            let (attended, padding, hash) = (section.attended, section.padding, section.hash);
            (attended, padding, hash, KeyPlace::Csc(csc(section)?))
        }
    };
    let key = KeyConfig {
        name: name.to_owned(),
        attended: attended.unwrap_or(true),
        padding,
        hash,
        place,
    };
    if !key.attended && key.is_typed() {
        return Err(KeyFault::UnattendedPrompt);
    }
    Ok(key)
}

impl KeyPlace {
    fn secrets(&self) -> impl Iterator<Item = &PassphraseSource> {
        let (first, second) = match self {
            KeyPlace::Pkcs12 { passphrase, .. } => (passphrase, None),
            KeyPlace::Pkcs11(token) => (&token.pin, None),
            KeyPlace::Csc(csc) => match &csc.access {
                CscAccess::Open => (&csc.pin, None),
                CscAccess::Bearer(secret) => (&csc.pin, Some(secret)),
                CscAccess::Basic { password, .. } => (&csc.pin, Some(password)),
            },
        };
        std::iter::once(first).chain(second)
    }
}

fn token(section: Pkcs11Section, data_folder: &Path) -> Result<TokenConfig, KeyFault> {
    let key_id = section.key_id.map(|text| {
        let digits = text.replace([':', ' '], "");
        let id = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
        id.ok().filter(|id| !id.is_empty()).ok_or(KeyFault::KeyId)
    });
    Ok(TokenConfig {
        module: section.module,
        label: section.token_label,
        serial: section.token_serial,
        key_id: key_id.transpose()?,
        chain_file: section.chain_file.map(|file| data_folder.join(file)),
        pin: without_file(section.pin.unwrap_or(SecretSection::Prompt))?,
    })
}

fn csc(section: CscSection) -> Result<CscConfig, KeyFault> {
    if !is_secure(&section.address) {
        return Err(KeyFault::NotHttps);
    }
    let access = match (section.access_token, section.user, section.password) {
        (None, None, None) => CscAccess::Open,
        (Some(secret), None, None) => CscAccess::Bearer(without_file(secret)?),
        (None, Some(user), Some(password)) => CscAccess::Basic {
            user,
            password: without_file(password)?,
        },
        _ => return Err(KeyFault::Access),
    };
    Ok(CscConfig {
        address: section.address.trim_end_matches('/').to_owned(),
        credential: section.credential,
        access,
        pin: without_file(section.pin)?,
    })
}

/// TLS, or this machine itself, where nobody is in between.
fn is_secure(address: &str) -> bool {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_local = |host: &str| {
        let rest = address.strip_prefix(host);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    address.starts_with("https://") || local.into_iter().any(is_local)
}

fn without_file(secret: SecretSection) -> Result<PassphraseSource, KeyFault> {
    match secret {
        SecretSection::None => Ok(PassphraseSource::Empty),
        SecretSection::Prompt => Ok(PassphraseSource::Prompt),
        SecretSection::Env(variable) => Ok(PassphraseSource::Environment(variable)),
        SecretSection::Credential(name) => {
            let plain = !name.is_empty() && !name.starts_with('.') && !name.contains('/');
            plain
                .then_some(PassphraseSource::Credential(name))
                .ok_or(KeyFault::CredentialName)
        }
        SecretSection::File(_) => Err(KeyFault::PinFile),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> Result<Option<SigningConfig>, String> {
        let section: SigningSection = toml::from_str(text).map_err(|error| error.to_string())?;
        resolve(section, BTreeMap::new(), Path::new("/data")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_short_form_is_the_organisations_key() {
        assert!(resolved("").expect("fine").is_none());
        let signing = resolved("key = \"k.p12\"\npassphrase_env = \"P\"\n");
        let signing = signing.expect("fine").expect("a key");
        let key = signing.key(ORGANISATION).expect("there");
        assert!(key.attended, "unattended only where it is said");
        let KeyPlace::Pkcs12 { file, passphrase } = &key.place else {
            panic!("{key:?}");
        };
        assert_eq!(file, Path::new("/data/k.p12"));
        assert_eq!(*passphrase, PassphraseSource::Environment("P".to_owned()));
    }

    #[test]
    fn three_keys_of_three_kinds() {
        let text = "
            [keys.officer]
            kind = \"pkcs11\"
            module = \"/usr/lib/m.so\"
            token_label = \"T\"
            key_id = \"0A:ff\"
            chain_file = \"chain.pem\"
            [keys.authority]
            kind = \"csc\"
            address = \"https://sign.example/csc/v1/\"
            access_token = { env = \"TOKEN\" }
            pin = { credential = \"authority-pin\" }
            [keys.organisation]
            kind = \"pkcs12\"
            file = \"o.p12\"
            passphrase = { file = \"o.pass\" }
            attended = false
            padding = \"pkcs1\"
            hash = \"sha512\"
        ";
        let signing = resolved(text).expect("fine").expect("keys");
        let names: Vec<&str> = signing.keys().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["authority", "officer", "organisation"]);
        let KeyPlace::Pkcs11(token) = &signing.key("officer").expect("there").place else {
            panic!("not a token");
        };
        assert_eq!(token.key_id.as_deref(), Some(&[0x0a, 0xff][..]));
        assert_eq!(token.pin, PassphraseSource::Prompt);
        assert_eq!(token.chain_file, Some("/data/chain.pem".into()));
        let KeyPlace::Csc(csc) = &signing.key("authority").expect("there").place else {
            panic!("not remote");
        };
        assert_eq!(csc.address, "https://sign.example/csc/v1");
        let organisation = signing.key(ORGANISATION).expect("there");
        assert!(!organisation.attended);
        assert_eq!(organisation.padding, RsaPadding::Pkcs1);
        assert_eq!(organisation.hash, Some(Hash::Sha512));
    }

    #[test]
    fn what_is_unsafe_or_makes_no_sense_is_refused() {
        let token = "kind = \"pkcs11\"\nmodule = \"m.so\"\n";
        let remote = "kind = \"csc\"\naddress = \"https://a/csc/v1\"\n";
        let cases = [
            (
                format!("[keys.k]\n{token}pin = {{ file = \"pin\" }}"),
                "file",
            ),
            (format!("[keys.k]\n{token}attended = false"), "attended"),
            (format!("[keys.k]\n{token}key_id = \"xy\""), "hexadecimal"),
            (
                format!("[keys.k]\n{token}pin = {{ credential = \"../x\" }}"),
                "file name",
            ),
            (
                format!("[keys.k]\n{token}pin = \"1234\""),
                "where it comes from",
            ),
            (format!("[keys.K]\n{token}"), "name"),
            (format!("[keys.k]\n{token}colour = 1"), "colour"),
            (format!("[keys.k]\n{remote}user = \"u\""), "password"),
            (
                "[keys.k]\nkind = \"csc\"\naddress = \"http://a/csc/v1\"".to_owned(),
                "https",
            ),
            (
                "[keys.k]\nkind = \"csc\"\naddress = \"http://localhost.example\"".to_owned(),
                "https",
            ),
            ("[keys.k]\nkind = \"card\"".to_owned(), "card"),
            (
                "key = \"k.p12\"\n[keys.organisation]\nkind = \"pkcs12\"\nfile = \"o.p12\""
                    .to_owned(),
                "already",
            ),
        ];
        for (text, word) in cases {
            let error = resolved(&text).expect_err(&text);
            assert!(error.contains(word), "{text}: {error}");
            assert!(!error.contains("1234"), "a PIN is not repeated: {error}");
        }
    }
}

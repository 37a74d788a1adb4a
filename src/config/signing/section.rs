//! `[signing]` as it is written: a serde mirror without any look-ups.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::RsaPadding;
use super::policy::PolicySection;
use crate::record::Hash;

/// Section `[signing]` as it is written; without a key, documents wait.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SigningSection {
    /// PKCS#12 file with the organisation's key and its chain.
    pub key: Option<PathBuf>,
    /// File whose first line is the passphrase.
    pub passphrase_file: Option<PathBuf>,
    /// Environment variable that holds the passphrase.
    pub passphrase_env: Option<String>,
    /// Whether a person must have opened a session before this key signs.
    pub attended: Option<bool>,
    /// Remark when the certificate ends within so many days.
    pub expiry_warning_days: Option<u32>,
    /// A session closes by itself when nothing was signed for so many minutes.
    pub session_idle_minutes: Option<u32>,
    /// `[signing.keys.<name>]`
    pub keys: BTreeMap<String, KeySection>,
    /// `[[signing.policy.<kind>]]`
    pub(super) policy: PolicySection,
}

/// Section `[signing.keys.<name>]`, told apart by `kind`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum KeySection {
    /// A PKCS#12 file.
    Pkcs12(Pkcs12Section),
    /// A token or HSM behind a PKCS#11 module.
    Pkcs11(Pkcs11Section),
    /// A remote service of the CSC API v1.
    Csc(CscSection),
}

/// `kind = "pkcs12"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs12Section {
    /// The file.
    pub file: PathBuf,
    /// Its passphrase; `none` where this is left out.
    #[serde(default)]
    pub passphrase: SecretSection,
    /// See [`super::KeyConfig::attended`].
    pub attended: Option<bool>,
    /// See [`super::KeyConfig::padding`].
    #[serde(default)]
    pub padding: RsaPadding,
    /// See [`super::KeyConfig::hash`].
    pub hash: Option<Hash>,
}

/// `kind = "pkcs11"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Section {
    /// See [`super::TokenConfig::module`].
    pub module: PathBuf,
    /// See [`super::TokenConfig::label`].
    pub token_label: Option<String>,
    /// See [`super::TokenConfig::serial`].
    pub token_serial: Option<String>,
    /// `CKA_ID` of key and certificate, hexadecimal.
    pub key_id: Option<String>,
    /// See [`super::TokenConfig::chain_file`].
    pub chain_file: Option<PathBuf>,
    /// The PIN; `prompt` where this is left out.
    pub pin: Option<SecretSection>,
    /// See [`super::KeyConfig::attended`].
    pub attended: Option<bool>,
    /// See [`super::KeyConfig::padding`].
    #[serde(default)]
    pub padding: RsaPadding,
    /// See [`super::KeyConfig::hash`].
    pub hash: Option<Hash>,
}

/// `kind = "csc"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CscSection {
    /// See [`super::CscConfig::address`].
    pub address: String,
    /// See [`super::CscConfig::credential`].
    pub credential: Option<String>,
    /// Bearer token.
    pub access_token: Option<SecretSection>,
    /// Name for basic authentication.
    pub user: Option<String>,
    /// Password for basic authentication.
    pub password: Option<SecretSection>,
    /// The credential's PIN; `none` where this is left out.
    #[serde(default)]
    pub pin: SecretSection,
    /// See [`super::KeyConfig::attended`].
    pub attended: Option<bool>,
    /// See [`super::KeyConfig::padding`].
    #[serde(default)]
    pub padding: RsaPadding,
    /// See [`super::KeyConfig::hash`].
    pub hash: Option<Hash>,
}

/// Where a secret comes from, as it is written: `"prompt"`, `"none"`, `{ credential = "NAME" }`,
/// `{ env = "VARIABLE" }` or `{ file = "PATH" }`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum SecretSection {
    /// There is none.
    #[default]
    None,
    /// A person types it.
    Prompt,
    /// A systemd credential.
    Credential(String),
    /// An environment variable.
    Env(String),
    /// First line of a file.
    File(PathBuf),
}

/// By hand, because serde would repeat what was written, and that may be the secret itself.
impl TryFrom<toml::Value> for SecretSection {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let only = match &value {
            toml::Value::String(text) if text == "none" => return Ok(SecretSection::None),
            toml::Value::String(text) if text == "prompt" => return Ok(SecretSection::Prompt),
            toml::Value::Table(table) if table.len() == 1 => table.iter().next(),
            _ => None,
        };
        let named = only.and_then(|(key, value)| Some((key.as_str(), value.as_str()?.to_owned())));
        match named {
            Some(("credential", name)) => Ok(SecretSection::Credential(name)),
            Some(("env", variable)) => Ok(SecretSection::Env(variable)),
            Some(("file", path)) => Ok(SecretSection::File(path.into())),
            _ => Err(
                "no secret stands here, only where it comes from: \"prompt\", \"none\", \
                 { credential = \"NAME\" }, { env = \"VARIABLE\" } or { file = \"PATH\" }",
            ),
        }
    }
}

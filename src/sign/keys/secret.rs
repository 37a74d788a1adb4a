//! PINs, passphrases and access tokens: where they come from, and that they leave no trace.
//!
//! A secret is read when a key is opened, held in memory that is overwritten when it is let go, and never
//! printed. Whether a person can be asked depends on who runs the program, so the caller says who asks:
//! [`Terminal`] at a desk, [`Nobody`] in a daemon.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::{KeyConfig, KeyPlace, PassphraseSource};
use crate::record::{ExitCode, Explain, Lang};

/// Secrets are short; a longer file is another file.
const SECRET_BYTES_MAX: usize = 4096;

/// A secret in memory; overwritten when dropped, never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret as text that is overwritten when dropped, to be told to the process that opens the key.
    #[must_use]
    pub fn into_text(self) -> Zeroizing<String> {
        self.0
    }

    /// The secret itself, for the call that needs it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// PIN of a token or of a remote credential.
    Pin,
    /// Passphrase of a key file.
    Passphrase,
    /// Password of an account.
    Password,
    /// Access token of an account.
    AccessToken,
}

/// A question to a person.
#[derive(Debug, Clone, Copy)]
pub struct SecretRequest<'a> {
    /// Name of the key in the configuration.
    pub key: &'a str,
    /// What is asked for.
    pub kind: SecretKind,
    /// Label of the token, where it is one's.
    pub token: Option<&'a str>,
}

impl<'a> SecretRequest<'a> {
    /// For what opens a key itself: the PIN or passphrase, not what an account proves itself with.
    #[must_use]
    pub fn of(key: &'a KeyConfig) -> Self {
        let (kind, token) = match &key.place {
            KeyPlace::Pkcs12 { .. } => (SecretKind::Passphrase, None),
            KeyPlace::Pkcs11(token) => (SecretKind::Pin, token.label.as_deref()),
            KeyPlace::Csc(_) => (SecretKind::Pin, None),
        };
        Self {
            key: &key.name,
            kind,
            token,
        }
    }
}

/// Someone who can be asked for a secret.
pub trait PinSource {
    /// The secret.
    ///
    /// # Errors
    /// [`SecretError::NobodyToAsk`], or that the terminal failed.
    fn ask(&self, request: &SecretRequest<'_>) -> Result<Secret, SecretError>;
}

/// Nobody is there: what would have to be typed is refused.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl PinSource for Nobody {
    fn ask(&self, _: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        Err(SecretError::NobodyToAsk)
    }
}

/// The person at the controlling terminal, who types without being shown the letters.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Language of the question.
    pub lang: Lang,
}

impl PinSource for Terminal {
    fn ask(&self, request: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        let question = question(request, self.lang);
        match rpassword::prompt_password(question) {
            Ok(text) => Ok(Secret::new(text)),
            // No controlling terminal: a service, or a pipe in its place.
            Err(error) if error.raw_os_error().is_some() => Err(SecretError::NobodyToAsk),
            Err(error) => Err(SecretError::Terminal(error)),
        }
    }
}

fn question(request: &SecretRequest<'_>, lang: Lang) -> String {
    let what = match request.kind {
        SecretKind::Pin => lang.pick("Mã PIN", "PIN"),
        SecretKind::Passphrase => lang.pick("Mật khẩu tệp khóa", "Passphrase"),
        SecretKind::Password => lang.pick("Mật khẩu tài khoản", "Password"),
        SecretKind::AccessToken => lang.pick("Mã truy cập", "Access token"),
    };
    let of = lang.pick("cho khóa", "of key");
    let token = request.token.map(|label| format!(" (token “{label}”)"));
    format!(
        "{what} {of} “{}”{}: ",
        request.key,
        token.unwrap_or_default()
    )
}

/// A secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It would have to be typed, and nobody is there.
    #[error("nobody is there to type it")]
    NobodyToAsk,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(io::Error),
    /// The environment variable or systemd credential is not set.
    #[error("{name} is not set")]
    Unset {
        /// Its name.
        name: String,
    },
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The secret behind `source`; `None` where the configuration says that there is none.
pub(super) fn obtain(
    source: &PassphraseSource,
    request: &SecretRequest<'_>,
    person: &dyn PinSource,
) -> Result<Option<Secret>, SecretError> {
    match source {
        PassphraseSource::Empty => Ok(None),
        PassphraseSource::Prompt => person.ask(request).map(Some),
        PassphraseSource::File(path) => first_line(path).map(Some),
        PassphraseSource::Environment(variable) => {
            let unset = |_| SecretError::Unset {
                name: variable.clone(),
            };
            std::env::var(variable)
                .map(|text| Some(Secret::new(text)))
                .map_err(unset)
        }
        PassphraseSource::Credential(name) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
            let folder = folder.ok_or_else(|| SecretError::Unset {
                name: "CREDENTIALS_DIRECTORY".to_owned(),
            })?;
            first_line(&Path::new(&folder).join(name)).map(Some)
        }
    }
}

fn first_line(path: &Path) -> Result<Secret, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES_MAX + 1));
    let mut file = File::open(path)
        .map_err(unreadable)?
        .take(SECRET_BYTES_MAX as u64 + 1);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).ok();
    let text = text.filter(|text| text.len() <= SECRET_BYTES_MAX);
    let text = text.ok_or_else(|| unreadable(io::ErrorKind::InvalidData.into()))?;
    Ok(Secret::new(
        text.lines().next().unwrap_or_default().to_owned(),
    ))
}

impl Explain for SecretError {
    fn code(&self) -> &'static str {
        match self {
            SecretError::NobodyToAsk => "sign.nobody_to_ask",
            SecretError::Terminal(_) => "sign.terminal",
            SecretError::Unset { .. } => "sign.secret_unset",
            SecretError::Unreadable { .. } => "sign.secret_unreadable",
        }
    }

    fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (SecretError::NobodyToAsk, Lang::Vi) => {
                "Cần người nhập mã PIN hoặc mật khẩu của khóa ký.".to_owned()
            }
            (SecretError::NobodyToAsk, Lang::En) => {
                "The signing key's PIN or passphrase must be typed by a person.".to_owned()
            }
            (SecretError::Terminal(source), Lang::Vi) => {
                format!("Không đọc được từ bàn phím: {source}.")
            }
            (SecretError::Terminal(source), Lang::En) => {
                format!("Cannot read from the terminal: {source}.")
            }
            (SecretError::Unset { name }, Lang::Vi) => format!("Chưa đặt {name}."),
            (SecretError::Unset { name }, Lang::En) => format!("{name} is not set."),
            (SecretError::Unreadable { path, source }, Lang::Vi) => {
                format!("Không đọc được {}: {source}.", path.display())
            }
            (SecretError::Unreadable { path, source }, Lang::En) => {
                format!("Cannot read {}: {source}.", path.display())
            }
        }
    }

    fn advice(&self, lang: Lang) -> String {
        let (vi, en) = match self {
            SecretError::NobodyToAsk | SecretError::Terminal(_) => (
                "Ký tại một cửa sổ dòng lệnh, hoặc khai báo credential hay env cho khóa này.",
                "Sign at a terminal, or give the key a credential or env source.",
            ),
            SecretError::Unset { .. } | SecretError::Unreadable { .. } => (
                "Kiểm tra mục [signing] trong sohoa.toml và dịch vụ systemd.",
                "Check [signing] in sohoa.toml and the systemd unit.",
            ),
        };
        lang.pick(vi, en).to_owned()
    }

    fn exit_code(&self) -> ExitCode {
        match self {
            SecretError::NobodyToAsk | SecretError::Terminal(_) => ExitCode::Environment,
            SecretError::Unset { .. } | SecretError::Unreadable { .. } => ExitCode::Configuration,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: SecretRequest<'static> = SecretRequest {
        key: "officer",
        kind: SecretKind::Pin,
        token: Some("CANBO01"),
    };

    fn of(source: &PassphraseSource) -> Result<Option<Secret>, SecretError> {
        obtain(source, &REQUEST, &Nobody)
    }

    #[test]
    fn a_secret_is_the_first_line_and_is_never_shown() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("pin");
        std::fs::write(&path, "12 34\r\nsecond\n").expect("written");
        let secret = of(&PassphraseSource::File(path.clone()))
            .expect("read")
            .expect("there");
        assert_eq!(secret.reveal(), "12 34");
        assert_eq!(format!("{secret:?}"), "Secret");
        std::fs::write(&path, "1".repeat(SECRET_BYTES_MAX + 1)).expect("written");
        let long = of(&PassphraseSource::File(path));
        assert!(matches!(long, Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn nobody_can_be_asked_and_nothing_is_no_secret() {
        let prompt = of(&PassphraseSource::Prompt);
        assert!(matches!(prompt, Err(SecretError::NobodyToAsk)));
        assert!(of(&PassphraseSource::Empty).expect("fine").is_none());
        let unset = of(&PassphraseSource::Environment(
            "SOHOA_TEST_UNSET".to_owned(),
        ));
        assert!(matches!(unset, Err(SecretError::Unset { name }) if name == "SOHOA_TEST_UNSET"));
    }

    #[test]
    fn the_question_names_the_key_and_the_token() {
        assert_eq!(
            question(&REQUEST, Lang::Vi),
            "Mã PIN cho khóa “officer” (token “CANBO01”): "
        );
    }
}

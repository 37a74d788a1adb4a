//! The office's key for cover sheets, and its file.
//!
//! The file holds 64 hexadecimal digits, so that a person can copy it by hand; only its owner may read
//! it. It is made once and never replaced: sheets printed with a lost key can no longer be proved.

use std::fmt;
use std::io;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::HEXLOWER_PERMISSIVE;
use zeroize::Zeroizing;

use super::CoverSheetError;
use crate::durable::{self, Cause};

/// Longest key file read; anything longer is another file.
const FILE_BYTES_MAX: usize = 1024;

/// The key: AES-256-GCM, 32 bytes.
pub struct Key(LessSafeKey);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// The key of these bytes.
    ///
    /// # Errors
    /// [`CoverSheetError::Sealing`] if the cipher refuses.
    pub fn new(secret: &[u8; 32]) -> Result<Self, CoverSheetError> {
        let unbound =
            UnboundKey::new(&AES_256_GCM, secret).map_err(|_| CoverSheetError::Sealing)?;
        Ok(Self(LessSafeKey::new(unbound)))
    }

    /// Opens the office's key; `None` if it has none yet.
    ///
    /// # Errors
    /// The file cannot be read, or holds no key.
    pub fn open_file(path: &Path) -> Result<Option<Self>, CoverSheetError> {
        let text = match read_bounded(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|source| CoverSheetError::KeyUnreadable {
                path: path.to_owned(),
                source,
            })?,
        };
        let invalid = || CoverSheetError::KeyInvalid {
            path: path.to_owned(),
        };
        let digits = text.trim_ascii();
        let bytes = HEXLOWER_PERMISSIVE.decode(digits).map_err(|_| invalid())?;
        let bytes = Zeroizing::new(bytes);
        let secret = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| invalid())?;
        Self::new(secret).map(Some)
    }

    /// Opens the office's key, made of `secret` if there is none yet. Two processes that do so at once
    /// get the same key.
    ///
    /// # Errors
    /// As [`Self::open_file`]; or the file cannot be written.
    pub fn open_or_make_file(path: &Path, secret: &[u8; 32]) -> Result<Self, CoverSheetError> {
        if let Some(key) = Self::open_file(path)? {
            return Ok(key);
        }
        if let Some(folder) = path.parent() {
            durable::create_folders(folder)?;
        }
        let text = Zeroizing::new(format!("{}\n", HEXLOWER_PERMISSIVE.encode(secret)));
        match durable::write_new_private(path, text.as_bytes()) {
            // Another process was faster, or something else has the name; then it holds no key.
            Err(error) if error.cause() == Cause::Exists => {
                Self::open_file(path)?.ok_or_else(|| error.into())
            }
            Err(error) => Err(error.into()),
            Ok(()) => Self::new(secret),
        }
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(
        &self,
        mut plain: [u8; 5],
        authenticated: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Vec<u8>, CoverSheetError> {
        let once = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(once, Aad::from(authenticated), &mut plain)
            .map_err(|_| CoverSheetError::Sealing)?;
        Ok([nonce.as_slice(), &plain, tag.as_ref()].concat())
    }

    /// The plaintext, if `sealed` was made with this key over the same `authenticated` bytes.
    pub(super) fn open(&self, sealed: &[u8], authenticated: &[u8]) -> Option<[u8; 5]> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut rest = rest.to_vec();
        let plain = self
            .0
            .open_in_place(nonce, Aad::from(authenticated), &mut rest)
            .ok()?;
        (&*plain).try_into().ok()
    }
}

fn read_bounded(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    use io::Read as _;

    let file = durable::open_regular(path)?;
    // Reserved at once, so that no copy of the secret is left behind by growing.
    let mut text = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX + 1));
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut text)?;
    Ok(text)
}

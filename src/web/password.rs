//! Passwords: argon2id (RFC 9106) with 19 MiB, two passes, one lane, the least that OWASP asks for; the hash says so
//! itself (PHC string), so that a later, stronger choice leaves old hashes usable.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use super::AccountError;
use crate::random;

/// Shorter ones are guessed; NIST SP 800-63B asks for 8 where nothing else is asked.
const LETTERS: std::ops::RangeInclusive<usize> = 10..=256;

/// 32 of them: five bits each.
const LETTERS_TO_READ: &str = "abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 5;
const GROUP: usize = 4;
/// For names of two letters, which are in one of fifty.
const TRIES: usize = 16;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Whether an account of this name may have this password.
///
/// # Errors
/// [`AccountError::Password`].
pub(super) fn accept(password: &str, account: &str) -> Result<(), AccountError> {
    let is_fine =
        LETTERS.contains(&password.chars().count()) && !password.to_lowercase().contains(account);
    is_fine.then_some(()).ok_or(AccountError::Password)
}

/// A password that nobody chose: a hundred bits in letters and digits that nobody takes for each other.
///
/// # Errors
/// [`AccountError::Hash`]: no randomness.
pub(super) fn invented(account: &str) -> Result<String, AccountError> {
    for _ in 0..TRIES {
        let random = random::secret().map_err(|_| AccountError::Hash)?;
        let letters = random.iter().take(GROUPS * GROUP);
        let letters: Vec<char> = letters
            .filter_map(|byte| LETTERS_TO_READ.chars().nth(usize::from(byte % 32)))
            .collect();
        let groups: Vec<String> = letters.chunks(GROUP).map(String::from_iter).collect();
        let password = groups.join("-");
        // By chance it may hold a short name.
        if accept(&password, account).is_ok() {
            return Ok(password);
        }
    }
    Err(AccountError::Hash)
}

/// The hash to keep.
///
/// # Errors
/// [`AccountError::Hash`]: no memory, or no randomness for the salt.
pub(super) fn hash(password: &str) -> Result<String, AccountError> {
    let random = random::secret().map_err(|_| AccountError::Hash)?;
    let salt = SaltString::encode_b64(random.get(..16).unwrap_or_default())
        .map_err(|_| AccountError::Hash)?;
    let hash = argon2()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(|_| AccountError::Hash)?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed. Without a hash it takes as long and says no, so that nobody learns
/// from the time whether there is such an account.
pub(super) fn is_right(password: &str, hash: Option<&str>) -> bool {
    static NOBODYS: LazyLock<Option<String>> =
        LazyLock::new(|| self::hash("nobody's password").ok());
    let known = hash.or(NOBODYS.as_deref()).unwrap_or_default();
    let Ok(parsed) = PasswordHash::new(known) else {
        return false;
    };
    let verified = Argon2::default().verify_password(password.as_bytes(), &parsed);
    verified.is_ok() && hash.is_some()
}

fn argon2() -> Result<Argon2<'static>, AccountError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| AccountError::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_is_right_and_no_hash_is_like_another() {
        let (one, other) = (
            hash("một câu dài").expect("hashes"),
            hash("một câu dài").expect("hashes"),
        );
        assert!(
            one != other && one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{one}"
        );
        assert!(is_right("một câu dài", Some(&one)) && is_right("một câu dài", Some(&other)));
        for wrong in ["một câu dà", "một câu dài ", ""] {
            assert!(!is_right(wrong, Some(&one)), "{wrong}");
        }
        assert!(!is_right("nobody's password", None));
        assert!(!is_right("x", Some("$argon2id$broken")));
    }

    #[test]
    fn invented_ones_are_long_plain_and_never_the_same() {
        assert_eq!(LETTERS_TO_READ.len(), 32);
        let (one, other) = (
            invented("ab").expect("one"),
            invented("ab").expect("another"),
        );
        assert!(
            one != other && one.len() == 24 && accept(&one, "ab").is_ok(),
            "{one}"
        );
        let is_plain = |c: char| LETTERS_TO_READ.contains(c) || c == '-';
        assert!(one.chars().all(is_plain), "{one}");
    }

    #[test]
    fn short_ones_and_the_name_itself_are_refused() {
        for refused in ["", "123456789", "Lan.Nguyen-1990"] {
            assert!(accept(refused, "lan.nguyen").is_err(), "{refused}");
        }
        assert!(accept("ngựa đi đường", "lan.nguyen").is_ok());
    }
}

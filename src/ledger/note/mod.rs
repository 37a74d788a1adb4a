//! Signed notes (C2SP signed-note), signed with Ed25519: a text, an empty line, and a line for each signature.
//!
//! The texts of keys are those of Go's `sumdb/note`, which therefore can check everything here. Nothing here
//! knows what a note says.

mod key;

use std::fmt::Write as _;

use data_encoding::BASE64;

pub use key::{KeyName, LedgerKey, VerifierKey};

/// Longer notes are not of ours.
pub(super) const NOTE_BYTES_MAX: usize = 64 * 1024;
/// More signatures are nobody's.
const SIGNATURES_MAX: usize = 100;
const DASH: &str = "— ";

/// One line of a signature, by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name that the signer's key has.
    pub name: KeyName,
    /// The key's number: the first bytes of a digest of name and key.
    pub key_id: [u8; 4],
    /// The signature's bytes; their meaning depends on the key.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// The line, with its line feed.
    #[must_use]
    pub fn line(&self) -> String {
        let bytes = [&self.key_id[..], &self.bytes].concat();
        format!("{DASH}{} {}\n", self.name, BASE64.encode(&bytes))
    }

    /// Reads a line without its line feed.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = BASE64.decode(signature.as_bytes()).ok()?;
        let (key_id, bytes) = bytes.split_first_chunk::<4>()?;
        Some(Self {
            name: name.parse().ok()?,
            key_id: *key_id,
            bytes: bytes.to_vec(),
        })
    }
}

/// A text and its signatures, of which nothing is known before [`SignedNote::is_signed_by`] says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedNote {
    /// What is signed: lines, each with its line feed.
    pub(super) text: String,
    /// By whom.
    pub(super) signatures: Vec<NoteSignature>,
}

impl SignedNote {
    /// Signs a text of whole lines.
    #[must_use]
    pub(super) fn sign(text: String, keys: &[&LedgerKey]) -> Self {
        let signatures = keys.iter().map(|key| key.sign(text.as_bytes()));
        Self {
            signatures: signatures.collect(),
            text,
        }
    }

    /// The note as it is written to files.
    #[must_use]
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.text);
        for signature in &self.signatures {
            let _ = write!(text, "{}", signature.line());
        }
        text
    }

    /// Reads a note; `None` for anything else.
    #[must_use]
    pub(super) fn parse(note: &str) -> Option<Self> {
        let control = |letter: char| letter != '\n' && letter.is_control();
        if note.len() > NOTE_BYTES_MAX || note.contains(control) {
            return None;
        }
        let end = note.rfind("\n\n")?;
        let (text, signatures) = (note.get(..=end)?, note.get(end + 2..)?);
        let lines = signatures.strip_suffix('\n')?.split('\n');
        let signatures: Option<Vec<_>> = lines
            .take(SIGNATURES_MAX + 1)
            .map(NoteSignature::parse)
            .collect();
        let signatures = signatures.filter(|found| found.len() <= SIGNATURES_MAX)?;
        Some(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Whether this key signed the text: there is a signature of its name and number, and it is right.
    #[must_use]
    pub(super) fn is_signed_by(&self, key: &VerifierKey) -> bool {
        self.signatures
            .iter()
            .any(|signature| key.verifies(self.text.as_bytes(), signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> LedgerKey {
        LedgerKey::from_seed("sohoa.example".parse().expect("name"), &[seed; 32]).expect("key")
    }

    #[test]
    fn a_note_is_signed_and_read() {
        let (old, new) = (key(1), key(2));
        let note = SignedNote::sign("Phường Mẫu\n1\n".to_owned(), &[&old, &new]);
        let read = SignedNote::parse(&note.to_text()).expect("a note");
        assert_eq!(read, note);
        assert!(read.is_signed_by(&old.verifier()) && read.is_signed_by(&new.verifier()));
        assert!(!read.is_signed_by(&key(3).verifier()));
        let mut other = read;
        other.text.push('2');
        assert!(!other.is_signed_by(&old.verifier()));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let note = SignedNote::sign("a\n".to_owned(), &[&key(1)]).to_text();
        assert!(SignedNote::parse(&note).is_some());
        for spoilt in [
            note.replace("\n\n", "\n"),
            note.replace('—', "-"),
            note.trim_end().to_owned(),
            note.replace("a\n", "a\r\n"),
            note.replace('=', ""),
            "a\n\n".to_owned(),
            note.clone() + "\n",
            note.clone() + &note.lines().last().expect("a line").repeat(1000),
        ] {
            assert_eq!(SignedNote::parse(&spoilt), None, "{spoilt:?}");
        }
        let many =
            note.clone() + &format!("{}\n", note.lines().last().expect("a line")).repeat(100);
        assert_eq!(SignedNote::parse(&many), None);
    }

    #[test]
    fn keys_have_the_texts_of_go() {
        // The example of Go's `sumdb/note`.
        let secret =
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key = LedgerKey::parse(secret).expect("a key");
        assert_eq!(key.verifier().to_string(), public);
        assert_eq!(public.parse(), Ok(key.verifier()));
        assert_eq!(key.to_secret_text().as_str(), secret);
        for wrong in [
            public.replace("c74f20a3", "c74f20a4"),
            public.replace("+AR", "+BR"),
            public.replace("Peter", "P ter"),
            public.replace("W", ""),
            String::new(),
        ] {
            assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
        }
        assert!(LedgerKey::parse(&secret.replace("c74f20a3", "c74f20a4")).is_none());
    }
}

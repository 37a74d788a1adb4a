//! A statement: a text that the ledger's key signs besides checkpoints, as a C2SP signed note.
//!
//! Its first line says what it is, so that nobody takes one for a checkpoint, whose first line is the ledger's name.

use super::note::SignedNote;
use super::{LedgerKey, VerifierKey};

const FIRST_LINE: &str = "sohoa-statement/1";

/// The signed note; `text` gets a line feed at its end where it has none.
#[must_use]
pub fn sign_statement(text: &str, key: &LedgerKey) -> String {
    let text = format!("{FIRST_LINE}\n{}\n", text.trim_end_matches('\n'));
    SignedNote::sign(text, &[key]).to_text()
}

/// The text of a statement that this key signed; `None` for anything else.
#[must_use]
pub fn read_statement(note: &str, key: &VerifierKey) -> Option<String> {
    let note = SignedNote::parse(note)?;
    let text = note.text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?;
    note.is_signed_by(key).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_its_signers_and_no_checkpoint() {
        let key = |seed: u8| {
            let name = "phuong-mau.gov.example/so-cai".parse().expect("name");
            LedgerKey::from_seed(name, &[seed; 32]).expect("key")
        };
        let note = sign_statement("{\n  \"a\": 1\n}", &key(1));
        let text = read_statement(&note, &key(1).verifier());
        assert_eq!(text.as_deref(), Some("{\n  \"a\": 1\n}\n"));
        assert_eq!(read_statement(&note, &key(2).verifier()), None);
        let changed = note.replace("\"a\": 1", "\"a\": 2");
        assert_eq!(read_statement(&changed, &key(1).verifier()), None);
        assert!(crate::ledger::Checkpoint::parse(note.as_bytes()).is_none());
    }
}

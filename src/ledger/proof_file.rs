//! The proof file: one JSON object with stable names, which needs no archive to be checked.
//!
//! Only the form. [`super::Ledger::prove`] fills it, [`super::check`] judges it; the README shows how to do that
//! with `sha256sum`, `openssl` and Go's `sumdb`.

use serde::{Deserialize, Serialize};

use super::NodeHash;

/// The format's name.
pub(super) const FORMAT: &str = "sohoa-proof/1";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// `sohoa-proof/1`.
    pub format: String,
    /// The leaf's text.
    pub leaf: String,
    /// The opening's text.
    pub opening: String,
    /// The `inventory.json` that the opening names, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<String>,
    /// Place of the leaf, from 0.
    pub index: u64,
    /// The hashes from the leaf to the root, the lowest first; base64.
    pub inclusion: Vec<NodeHash>,
    /// The signed checkpoint as it was stamped.
    pub checkpoint: String,
    /// Witnesses' lines that came later, without line feeds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cosignatures: Vec<String>,
    /// The RFC 3161 token over `checkpoint`: DER in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Keys that the ledger says are its own. A claim; whoever checks must know them from elsewhere.
    pub keys: Vec<String>,
}

impl ProofFile {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("text under text keys is always JSON");
        bytes.push(b'\n');
        bytes
    }
}

//! The ledger: what happened to the archive, in an order that nobody can change afterwards without being seen.
//!
//! A Merkle tree (RFC 9162) in tiles (C2SP tlog-tiles), to which leaves are only ever added. A signed checkpoint
//! stands for all leaves before it; an RFC 3161 token says since when it exists, and witnesses keep copies, because
//! what never left the machine can be made anew on the machine. With a proof file anybody checks, without archive
//! and network, that a document stands in the ledger.
//!
//! ```text
//! checkpoint                  the newest, with its witnesses' signatures   ┐
//! tile/<L>/<N>[.p/<W>]        hashes of level L                            ├ C2SP tlog-tiles, fit for publication
//! tile/entries/<N>[.p/<W>]    the leaves: kind, time and a commitment      ┘
//! checkpoints/<size>.note     every checkpoint as it was signed; .tst its token, .cosignatures its witnesses'
//! keys                        the ledger's own keys, the newest last
//! tree                        how many leaves there are, and their root
//! openings/<N>                leaves, and what they stand for: 256 JSON lines a file; for the office alone
//! ```
//!
//! A leaf gives away nothing about a person: record, digests and all are in its opening, behind a random salt
//! ([`leaf`]). Openings lie here and not in the archive, because the leaf commits to the archive's inventory, and
//! because one of them can be forgotten ([`LedgerWriter::forget`]) when a person's papers are disposed of.
//!
//! What it does not do: it knows no archive, asks no timestamp service and judges no token; it opens no socket.

pub mod audit;
pub mod check;
mod checkpoint;
mod copy;
mod error;
mod files;
mod hash;
pub mod leaf;
mod note;
mod proof;
mod proof_file;
mod reader;
mod rebuild;
mod retention_act;
mod statement;
#[cfg(test)]
mod tests;
mod tiles;
mod tree;
pub mod witness;
mod writer;

pub use checkpoint::{Checkpoint, TreeHead};
pub use copy::{copy, require_prefix};
pub use error::LedgerError;
pub use hash::{NodeHash, NodeHashError};
pub use leaf::{ArchivedVersion, Event, Leaf, Opening};
pub use note::{KeyName, LedgerKey, NoteSignature, VerifierKey};
pub use proof_file::ProofFile;
pub use reader::{Ledger, Recorded};
pub use rebuild::rebuild;
pub use retention_act::RetentionAct;
pub use statement::{read_statement, sign_statement};
pub use writer::{Entry, LedgerWriter};

//! Backups: encrypted sets from which a whole office is restored, and the drill that proves it.
//!
//! ```text
//! <set>/archive.tar.age   OCFL versions, in the ledger's order; all of them in a full set, the new ones in a daily one
//! <set>/office.tar.age    the ledger up to where the set goes, configuration, accounts, access log, trusted roots
//! <set>/set.json          kind, from which entry of the ledger to which, the set before it, digests of the two files
//! ```
//!
//! TT 05/2025/TT-BNV asks for a daily incremental, a monthly full and a three-yearly full set. A set is consistent while
//! the daemon runs: the ledger is copied first, and then the versions that it names, which nothing changes any more.
//! It comes into place by one rename after it was read back. Sets are files of age and tar: `age -d | tar x` restores
//! the archive without this program. The index is not in them: it is made anew. Keys are in them only where asked.
//!
//! What it does not do: it encrypts to a public key, so it can read none of its sets; `restore` has the identity.

mod certificate;
mod error;
pub mod restore;
mod set;
mod sweep;
mod tar_stream;
mod write;

pub use certificate::Certificate;
pub use error::BackupError;
pub use set::{Kind, SetManifest, sets};
pub use write::{Made, Wanted, backup};

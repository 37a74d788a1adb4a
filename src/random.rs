//! Randomness, drawn in one place and passed in from there.
//!
//! Straight from the operating system: a generator of a cryptographic library gathers entropy of its own first,
//! which takes longer than a page.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::RecordId;

/// A new record number for something claimed `at` this time.
///
/// The ten bytes come from the operating system; should that fail, from a counter, the process number and the
/// clock: a record number must be new, not secret.
#[must_use]
pub fn record_id(at: jiff::Timestamp) -> RecordId {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 10];
    if getrandom::fill(&mut bytes).is_err() {
        let count = DRAWN.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = at.subsec_nanosecond().unsigned_abs();
        bytes[..4].copy_from_slice(&std::process::id().to_be_bytes());
        bytes[4..8].copy_from_slice(&nanoseconds.to_be_bytes());
        bytes[8..].copy_from_slice(&count.to_be_bytes()[6..]);
    }
    RecordId::new_v7(at.as_millisecond().unsigned_abs(), &bytes)
}

/// Thirty-two bytes that nobody can guess.
///
/// # Errors
/// The operating system has none to give.
pub fn secret() -> Result<[u8; 32], std::io::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::from)?;
    Ok(bytes)
}

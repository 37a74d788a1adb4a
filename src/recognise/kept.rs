//! What was read of a document, kept in its job's folder, so that a document that waits is not read again.
//!
//! A cache: a file that is missing, damaged or of another program's making is no error, the pages are
//! read once more.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{PageReading, ReadPage};
use crate::durable::{self, DurableError};

const FILE: &str = "reading.json";
/// 2,000 pages of 1,000 words each stay below it.
const BYTES_MAX: u64 = 512 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Which program read, because another version may read better.
    converter: String,
    pages: Vec<ReadPage>,
}

/// The pages as `converter` read them, if all `count` of them were; with `has_engine` only if none is pending.
#[must_use]
pub fn load(
    folder: &Path,
    converter: &str,
    count: usize,
    has_engine: bool,
) -> Option<Vec<ReadPage>> {
    let mut bytes = Vec::new();
    let file = durable::open_regular(&folder.join(FILE)).ok()?;
    file.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let is_whole = kept.converter == converter && kept.pages.len() == count;
    let pending = kept
        .pages
        .iter()
        .any(|read| read.page.reading == PageReading::Pending);
    (is_whole && !(has_engine && pending)).then_some(kept.pages)
}

/// Keeps them.
///
/// # Errors
/// The disk's.
pub fn save(folder: &Path, converter: &str, pages: &[ReadPage]) -> Result<(), DurableError> {
    #[derive(Serialize)]
    struct Keep<'a> {
        converter: &'a str,
        pages: &'a [ReadPage],
    }
    // Plain data with text keys: serialising it cannot fail.
    let bytes = serde_json::to_vec(&Keep { converter, pages }).unwrap_or_default();
    durable::replace(&folder.join(FILE), &bytes)
}

//! Where an object lies: OCFL extension 0004, hashed n-tuple storage layout. Pure functions.
//!
//! The SHA-256 of the object's identifier, in hexadecimal, gives three folders of three digits
//! each and a last one with all 64; no folder gets more than 4,096 entries that way.

use std::path::PathBuf;

use crate::record::{RecordId, Sha256Digest};

const TUPLE_DIGITS: usize = 3;
const TUPLES: usize = 3;

/// How many folders lie between the storage root and an object's content, its own included.
pub(super) const OBJECT_DEPTH: usize = TUPLES + 1;

/// Digest of the object's identifier, on which its place depends.
#[must_use]
pub fn object_hash(record: RecordId) -> Sha256Digest {
    Sha256Digest::of(record.urn().as_bytes())
}

/// The object's folder, relative to the storage root: `3c0/ff4/240/3c0ff4240c1e…`.
#[must_use]
pub fn object_folder(record: RecordId) -> PathBuf {
    folder_of_hash(&object_hash(record).to_string())
}

fn folder_of_hash(digits: &str) -> PathBuf {
    let mut folder: PathBuf = (0..TUPLES)
        .filter_map(|i| digits.get(i * TUPLE_DIGITS..(i + 1) * TUPLE_DIGITS))
        .collect();
    folder.push(digits);
    folder
}

/// Whether a folder name can stand at `depth` (1 to [`OBJECT_DEPTH`]) in a storage root.
#[must_use]
pub(super) fn is_tuple(name: &str, depth: usize) -> bool {
    let digits = if depth == OBJECT_DEPTH {
        64
    } else {
        TUPLE_DIGITS
    };
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (1..=OBJECT_DEPTH).contains(&depth) && name.len() == digits && name.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_example_of_the_extension() {
        // Extension 0004, example 1: the identifier `object-01`.
        let digits = Sha256Digest::of(b"object-01").to_string();
        assert_eq!(
            folder_of_hash(&digits).to_string_lossy(),
            "3c0/ff4/240/3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4"
        );
    }

    #[test]
    fn knows_which_names_can_stand_where() {
        let long = "0".repeat(64);
        for (name, depth, fits) in [
            ("3c0", 1, true),
            ("3c0", 3, true),
            ("3c0", 4, false),
            ("3C0", 1, false),
            ("3c", 1, false),
            ("extensions", 1, false),
            (long.as_str(), 4, true),
            (long.as_str(), 5, false),
        ] {
            assert_eq!(is_tuple(name, depth), fits, "{name} at {depth}");
        }
    }
}

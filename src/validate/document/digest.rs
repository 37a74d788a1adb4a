//! Digests of what each signature covers, in one pass over the file for all signatures.
//!
//! Every signature covers the file from its start, so what was hashed for one is the beginning of the next.

use std::cell::RefCell;

use aws_lc_rs::digest::Context;

use crate::trust::signature::HashFunction;

/// How far each hash function has come.
#[derive(Default)]
pub(super) struct Prefixes(RefCell<Vec<(HashFunction, usize, Context)>>);

impl std::fmt::Debug for Prefixes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prefixes")
    }
}

impl Prefixes {
    /// Digest of `bytes` up to `gap_start` and from `gap_end` to `end`, which lie in this order in them.
    ///
    /// Costs little where signatures are asked for in the order of what they cover.
    pub(super) fn digest(
        &self,
        bytes: &[u8],
        algorithm: HashFunction,
        (gap_start, gap_end, end): (usize, usize, usize),
    ) -> Option<Vec<u8>> {
        let tail = bytes.get(gap_end..end)?;
        let mut prefixes = self.0.borrow_mut();
        let known = prefixes
            .iter()
            .filter(|(of, length, _)| *of == algorithm && *length <= gap_start)
            .max_by_key(|(_, length, _)| *length);
        let (hashed, mut running) = match known {
            Some((_, length, running)) => (*length, running.clone()),
            None => (0, algorithm.start()),
        };
        running.update(bytes.get(hashed..gap_start)?);
        prefixes.push((algorithm, gap_start, running.clone()));
        running.update(tail);
        Some(running.finish().as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Hash;

    #[test]
    fn what_was_hashed_for_one_signature_serves_the_next() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let prefixes = Prefixes::default();
        for (start, gap, end) in [
            (10, 20, 30),
            (300, 400, 500),
            (700, 900, 1000),
            (10, 20, 1000),
        ] {
            let covered = [&bytes[..start], &bytes[gap..end]].concat();
            let digest = prefixes.digest(&bytes, HashFunction::Sha256, (start, gap, end));
            assert_eq!(digest, Some(Hash::Sha256.digest(&covered)));
            let other = prefixes.digest(&bytes, HashFunction::Sha1, (start, gap, end));
            assert_eq!(other.map(|digest| digest.len()), Some(20));
        }
        assert_eq!(
            prefixes.digest(&bytes, HashFunction::Sha256, (1, 2, 1001)),
            None
        );
    }
}

//! Whether what a file holds is sound before more is put over it: a timestamp would make damage look proven.
//!
//! Each signature and timestamp must be over the bytes that it names, and hold in itself. What was appended
//! between them is for [`crate::read_back`] to look at, and whom to believe for [`crate::trust`].

use std::os::unix::fs::FileExt;

use crate::record::Hash;
use crate::sign::SignError;
use crate::sign::base::Base;
use crate::sign::byte_range::{self, ByteRange};
use crate::sign::signatures::{Kind, SignatureField};
use crate::sign::signed_data::SignedData;
use crate::sign::timestamp::TimestampToken;

const PIECE: usize = 256 * 1024;

const BROKEN: SignError = SignError::Damaged { what: "signature" };

/// Checks all signatures and timestamps of a file, in one pass over it for each.
///
/// # Errors
/// [`SignError::Damaged`] where one does not hold; what the disk says.
pub(super) fn check(base: &Base, fields: &[SignatureField]) -> Result<(), SignError> {
    for field in fields {
        check_gap(base, field)?;
        match field.kind {
            Kind::Timestamp => {
                let token = parse(super::container(&field.contents))?;
                let digest = digest(base, field.range, token.hash())?;
                require(token.stamps(token.hash(), &digest))?;
            }
            Kind::Signature => check_signature(base, field)?,
        }
    }
    Ok(())
}

fn check_signature(base: &Base, field: &SignatureField) -> Result<(), SignError> {
    let data = SignedData::parse(&field.contents).map_err(|_| BROKEN)?;
    let mut reading = Ok(());
    let holds = data.check(|hash| match digest(base, field.range, hash) {
        Ok(digest) => digest,
        Err(error) => {
            reading = Err(error);
            Vec::new()
        }
    });
    reading?;
    holds.map_err(|_| BROKEN)?;
    for token in data.timestamps() {
        let token = parse(token)?;
        require(token.stamps(token.hash(), &token.hash().digest(data.signature)))?;
    }
    Ok(())
}

fn parse(token: &[u8]) -> Result<TimestampToken, SignError> {
    TimestampToken::parse(token).map_err(|_| BROKEN)
}

fn require(holds: bool) -> Result<(), SignError> {
    holds.then_some(()).ok_or(BROKEN)
}

/// What is left out must be the one string that the dictionary has as `/Contents`, and lie in the file.
fn check_gap(base: &Base, field: &SignatureField) -> Result<(), SignError> {
    let range = field.range;
    let expected = byte_range::contents(&field.contents, field.contents.len())?;
    require(range.gap_end - range.gap_start == expected.len() as u64)?;
    require(range.file_length <= base.length())?;
    let mut gap = vec![0; expected.len()];
    let read = base.file().read_exact_at(&mut gap, range.gap_start);
    read.map_err(SignError::reading)?;
    require(gap.eq_ignore_ascii_case(&expected))
}

fn digest(base: &Base, range: ByteRange, hash: Hash) -> Result<Vec<u8>, SignError> {
    let mut running = hash.start();
    let mut piece = vec![0; PIECE];
    for (from, to) in [(0, range.gap_start), (range.gap_end, range.file_length)] {
        let mut at = from;
        while at < to {
            let wanted = usize::try_from(to - at).map_or(PIECE, |left| left.min(PIECE));
            let piece = piece.get_mut(..wanted).unwrap_or_default();
            let read = base.file().read_exact_at(piece, at);
            read.map_err(SignError::reading)?;
            running.update(piece);
            at += wanted as u64;
        }
    }
    Ok(running.finish())
}

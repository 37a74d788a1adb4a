//! A signature gets its timestamp in the place that was kept for it: B-B becomes B-T without a new revision.
//!
//! `/Contents` is the one string that a signature does not cover, so that its container may gain an unsigned
//! attribute as long as nothing has been appended that would cover it. The input is never changed; in the new
//! file every byte but those of `/Contents` is the same.

use std::os::unix::fs::FileExt;
use std::path::Path;

use super::augment::AugmentedDocument;
use super::base::Base;
use super::byte_range;
use super::oid;
use super::output::Output;
use super::signatures::{self, Kind, SignatureField};
use super::signed_data::SignedData;
use super::{SignError, TimestampServices};

/// What stands behind `/Contents` is the end of one update: some kilobytes.
const MAX_REST: u64 = 16 * 1024 * 1024;

/// Room that a timestamp with its chain takes; with less left, a document timestamp is the way.
const TOKEN_ROOM: usize = 8 * 1024;

/// The signature that can be refilled: the file ends with the revision that it signs, it has no timestamp
/// yet, and there is room for one.
pub(super) fn candidate(signatures: &[SignatureField], length: u64) -> Option<&SignatureField> {
    let last = signatures.last()?;
    let data = SignedData::parse(&last.contents).ok()?;
    let is_newest = last.kind == Kind::Signature && last.range.file_length == length;
    let filled = last.contents.iter().rposition(|&byte| byte != 0);
    let has_room = last.contents.len() >= filled.unwrap_or_default() + TOKEN_ROOM;
    (is_newest && has_room && data.timestamps().is_empty()).then_some(last)
}

/// Writes `output`, which must not exist, with a timestamp in the newest signature of `input`.
///
/// # Errors
/// [`SignError::Step`] where there is no such signature or something was appended to it,
/// [`SignError::Timestamp`], [`SignError::Reserve`], or what the disk says. No `output` is left behind.
pub(super) fn refill(
    input: &Path,
    output: &Path,
    services: &TimestampServices,
) -> Result<AugmentedDocument, SignError> {
    let base = Base::open(input)?;
    let all = signatures::all(&base)?;
    let signature = candidate(&all, base.length()).ok_or(SignError::Step {
        what: "no signature at the end of the file waits for its timestamp",
    })?;
    let data = SignedData::parse(&signature.contents).map_err(|_| broken())?;
    let algorithm = data.signature_algorithm().ok_or_else(broken)?;
    let (range, reserve) = (signature.range, signature.contents.len());
    let rest = length_of_rest(&signature.range)?;
    let mut behind = vec![0; rest];
    let file = base.file();
    file.read_exact_at(&mut behind, range.gap_end)
        .map_err(SignError::reading)?;
    check_gap(&base, signature)?;

    let mut out = Output::create(output)?;
    let copied = out.copy_base(file, range.gap_start, algorithm.hash)?;
    let mut digest = copied.range;
    digest.update(&behind);
    let digest = digest.finish();
    // A document that changed on the disk gets no timestamp that would make it look sound.
    data.check(|_| digest).map_err(|_| broken())?;
    let token = services.stamp(&services.hash().digest(data.signature))?;
    let container = data.with_unsigned_attribute(oid::TIMESTAMP_TOKEN, token.der());
    let mut tail = byte_range::contents(&container, reserve)?;
    tail.extend(behind);
    let digests = out.finish(&tail)?;
    Ok(AugmentedDocument {
        path: output.to_owned(),
        digests,
        timestamp: Some(token.time()),
    })
}

fn broken() -> SignError {
    SignError::Damaged { what: "signature" }
}

fn length_of_rest(range: &byte_range::ByteRange) -> Result<usize, SignError> {
    let rest = range.file_length - range.gap_end;
    let rest = Some(rest).filter(|&rest| rest <= MAX_REST);
    let unsupported = SignError::Unsupported {
        what: "a signature so far from the end of the file",
    };
    rest.and_then(|rest| usize::try_from(rest).ok())
        .ok_or(unsupported)
}

/// The gap must be the one string that the dictionary has as `/Contents`, and nothing else.
fn check_gap(base: &Base, signature: &SignatureField) -> Result<(), SignError> {
    let range = &signature.range;
    let wanted = signature.contents.len() as u64 * 2 + 2;
    if range.gap_end - range.gap_start != wanted {
        return Err(broken());
    }
    let mut gap = vec![0; signature.contents.len() * 2 + 2];
    base.file()
        .read_exact_at(&mut gap, range.gap_start)
        .map_err(SignError::reading)?;
    let expected = byte_range::contents(&signature.contents, signature.contents.len())?;
    gap.eq_ignore_ascii_case(&expected)
        .then_some(())
        .ok_or_else(broken)
}

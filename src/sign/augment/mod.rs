//! Keeping signatures provable: from B-B to B-LTA, and the renewal of B-LTA (EN 319 142-1, 5.5 and 6).
//!
//! [`inspect`] says what a file proves and what it needs next; [`perform`] does one step and writes a new
//! file. The input is never changed. Nothing is fetched here but timestamps: certificates and revocation
//! data come from [`crate::trust`].

mod coverage;
mod proof;
mod soundness;
mod sunset;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use self::proof::{Limit, PathPurpose, PathToProve, Proof, ProvenSignature, Step, inspect};

use super::append::{Increment, SignatureDictionary};
use super::base::Base;
use super::output::Output;
use super::signatures::{self, Kind, SignatureField};
use super::{SignError, TimestampServices, dss, fields, page, refill};
use crate::record::{Hash, Written};
use crate::trust::Evidence;

/// Room for a token with its chain; it varies by a few bytes with the nonce.
const TOKEN_RESERVE: usize = 16 * 1024;
/// Beginning of the names of document timestamps' fields.
const FIELD_NAME: &str = "Timestamp";

/// A lifted document on disk, not yet synced.
#[derive(Debug, Clone)]
pub struct AugmentedDocument {
    /// Where it is.
    pub path: PathBuf,
    /// Digest of the whole file.
    pub digests: Written,
    /// The time of the new timestamp, if the step added one.
    pub timestamp: Option<Timestamp>,
}

/// Does one step on `input` and writes `output`, which must not exist.
///
/// `evidence` is what proves the paths of [`Proof::paths_for`] this step; others ignore it. Costs one pass
/// over the file. On an error no `output` is left behind.
///
/// # Errors
/// [`SignError::Timestamp`] where a timestamp is needed and none is to be had, [`SignError::Step`] where the
/// step does not fit the file or lacks its evidence, or what is wrong with file or disk.
pub fn perform(
    step: Step,
    input: &Path,
    output: &Path,
    services: &TimestampServices,
    evidence: &Evidence,
) -> Result<AugmentedDocument, SignError> {
    let has_evidence = *evidence != Evidence::default();
    let required = |has: bool| {
        has.then_some(evidence).ok_or(SignError::Step {
            what: "the evidence is missing",
        })
    };
    match step {
        Step::Refill => refill::refill(input, output, services),
        Step::DocumentTimestamp | Step::ArchiveTimestamp => {
            append(input, output, None, Some(services))
        }
        Step::Store => append(input, output, Some(required(has_evidence)?), None),
        Step::Renew => append(input, output, Some(required(has_evidence)?), Some(services)),
    }
}

/// Appends one update: evidence for what is in the file, a document timestamp over all, or both. Nothing is put
/// over signatures that do not hold.
///
/// # Errors
/// As [`perform`]; [`SignError::Damaged`] where a signature or timestamp of the file does not hold.
pub fn append(
    input: &Path,
    output: &Path,
    evidence: Option<&Evidence>,
    services: Option<&TimestampServices>,
) -> Result<AugmentedDocument, SignError> {
    let base = Base::open(input)?;
    let signatures = signatures::all(&base)?;
    if !signatures.iter().any(|it| it.kind == Kind::Signature) {
        return Err(SignError::Unsigned);
    }
    soundness::check(&base, &signatures)?;
    let mut increment = Increment::new(&base);
    dss::declare_extension(&mut increment)?;
    if let Some(evidence) = evidence {
        dss::add(&mut increment, &base, evidence, entries(&signatures))?;
    }
    match services {
        Some(services) => append_timestamp(&base, increment, output, services),
        None => {
            let mut file = Output::create(output)?;
            let copied = file.copy_base(base.file(), base.length(), Hash::Sha256)?;
            let tail = increment.finish(copied.identifier())?;
            Ok(AugmentedDocument {
                path: output.to_owned(),
                digests: file.finish(&tail)?,
                timestamp: None,
            })
        }
    }
}

/// The signatures that evidence is for: those since the last document timestamp, and it.
fn entries(signatures: &[SignatureField]) -> &[SignatureField] {
    let last = signatures
        .iter()
        .rposition(|it| it.kind == Kind::Timestamp)
        .unwrap_or_default();
    signatures.get(last..).unwrap_or_default()
}

/// The container without the zeros behind it.
fn container(contents: &[u8]) -> &[u8] {
    let whole = super::asn1::Values::of(contents).next();
    whole.map_or(contents, |element| element.whole)
}

fn append_timestamp(
    base: &Base,
    mut increment: Increment<'_>,
    output: &Path,
    services: &TimestampServices,
) -> Result<AugmentedDocument, SignError> {
    let catalogue = increment.object(increment.root())?;
    let catalogue = catalogue
        .value()
        .dictionary()
        .ok_or(SignError::Damaged { what: "catalogue" })?;
    let page = page::first(&increment, &catalogue)?;
    let reference = increment.reserve();
    fields::attach(
        &mut increment,
        &catalogue,
        &page,
        reference,
        FIELD_NAME,
        None,
    )?;
    let dictionary = SignatureDictionary {
        reference,
        entries: b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161".to_vec(),
        reserve: TOKEN_RESERVE,
    };
    let mut file = Output::create(output)?;
    let copied = file.copy_base(base.file(), base.length(), services.hash())?;
    let mut tail = increment.finish_signed(&dictionary, copied.identifier())?;
    let digest = tail.digest(copied.range);
    let token = services.stamp(&digest)?;
    tail.fill(token.der(), dictionary.reserve)?;
    Ok(AugmentedDocument {
        path: output.to_owned(),
        digests: file.finish(&tail.bytes)?,
        timestamp: Some(token.time()),
    })
}

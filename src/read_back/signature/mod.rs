//! A finished document's signature, checked from disk by other code than made it.
//!
//! `lopdf` finds the field as a viewer would, the ranges are hashed in one streaming pass with `sha2`, the
//! container is walked with `asn1-rs`, the certificate read by `x509-parser`, and RSA values are verified by
//! `rsa` (public-key operations only). ECDSA values are verified by `aws-lc-rs`, which also made them: there
//! the second opinion covers everything but the curve arithmetic.
//!
//! Of a document of ours all signatures are looked at ([`check_recorded`]), of another the newest ([`check`]); and
//! every timestamp in them or over the document after them: that each is of these bytes and its own signature
//! holds. Behind a signature nothing may have been appended but further signatures, evidence and timestamps.
//! Whether a path or revocation data prove anything is not asked here.

mod container;
mod error;
mod field;
mod later;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use self::container::Container;
pub use self::error::SignatureReadBackError;
use self::field::{Kind, SignatureField};
use super::Streams;
use crate::record::{Hash, RunningHash, Sha256Digest, SignatureRecord};

const SECONDS_A_DAY: i64 = 86_400;

/// What a signature on a document turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFacts {
    /// Name of the field.
    pub field: String,
    /// Algorithm, named as in [`crate::record::SignatureRecord`].
    pub algorithm: String,
    /// Subject of the signing certificate.
    pub subject: String,
    /// SHA-256 of the signing certificate.
    pub certificate_sha256: Sha256Digest,
    /// Start of the certificate's validity.
    pub not_before: Timestamp,
    /// End of the certificate's validity.
    pub not_after: Timestamp,
    /// Whole days from the time of the check to `not_after`.
    pub days_left: i64,
}

/// What a signing certificate says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Subject.
    pub subject: String,
    /// SHA-256 of the DER.
    pub sha256: Sha256Digest,
    /// Start of its validity.
    pub not_before: Timestamp,
    /// End of its validity.
    pub not_after: Timestamp,
    /// Whole days from the time of the check to `not_after`; negative once it has ended.
    pub days_left: i64,
}

/// Checks the newest signature of `document`, and its certificate at the time `at`.
///
/// # Errors
/// [`SignatureReadBackError`] says which check failed first.
pub fn check(document: &Path, at: Timestamp) -> Result<SignatureFacts, SignatureReadBackError> {
    let mut fields = field::all(document)?;
    let newest = fields.iter().rposition(|it| it.kind == Kind::Signature);
    let later = fields.split_off(newest.ok_or(SignatureReadBackError::Missing)? + 1);
    let field = fields.pop().ok_or(SignatureReadBackError::Missing)?;
    later::check(document, &[field.end])?;
    let facts = check_field(document, field, at, at, Streams::Digested)?;
    check_timestamps(document, &later, Streams::Digested)?;
    Ok(facts)
}

/// Checks that the signatures of `document` are those that its record names, in their order, and holds each of them
/// with its certificate at the time that it claims. Days are counted from `at`.
///
/// # Errors
/// [`SignatureReadBackError`] says which check failed first.
pub fn check_recorded(
    document: &Path,
    recorded: &[SignatureRecord],
    at: Timestamp,
    streams: Streams,
) -> Result<Vec<SignatureFacts>, SignatureReadBackError> {
    let fields = field::all(document)?.into_iter();
    let (signatures, timestamps): (Vec<_>, Vec<_>) =
        fields.partition(|field| field.kind == Kind::Signature);
    if signatures.is_empty() {
        return Err(SignatureReadBackError::Missing);
    }
    if signatures.len() != recorded.len() {
        return Err(SignatureReadBackError::OtherSignatures);
    }
    let ends: Vec<u64> = signatures.iter().map(|field| field.end).collect();
    later::check(document, &ends)?;
    let mut all = Vec::new();
    for (field, record) in signatures.into_iter().zip(recorded) {
        let claimed = record.claimed_time.parse();
        let claimed = claimed.map_err(|_| SignatureReadBackError::OtherSignatures)?;
        let facts = check_field(document, field, claimed, at, streams)?;
        if (&facts.field, facts.certificate_sha256) != (&record.field, record.certificate_sha256) {
            return Err(SignatureReadBackError::OtherSignatures);
        }
        all.push(facts);
    }
    check_timestamps(document, &timestamps, streams)?;
    Ok(all)
}

/// One signature, whose certificate must be valid at `valid_at`; days are counted from `at`.
fn check_field(
    document: &Path,
    field: SignatureField,
    valid_at: Timestamp,
    at: Timestamp,
    streams: Streams,
) -> Result<SignatureFacts, SignatureReadBackError> {
    let container = Container::parse(&field.contents)?;
    let digest = digest_ranges(document, &field, container.hash, streams)?;
    if digest.is_some_and(|digest| digest != container.message_digest) {
        return Err(SignatureReadBackError::Digest);
    }
    let certificate = container.certificate()?;
    let facts = facts_of(&certificate, at)?;
    if container.certificate_hash != Some(facts.sha256.as_bytes()) {
        return Err(SignatureReadBackError::Container {
            what: "signing-certificate-v2",
        });
    }
    let algorithm = container.verify(&certificate)?;
    if let Some(token) = container.timestamp {
        check_timestamp(token, |hash| Ok(Some(hash.digest(container.signature))))?;
    }
    let CertificateFacts {
        not_before,
        not_after,
        ..
    } = facts;
    if valid_at < not_before || valid_at > not_after {
        return Err(SignatureReadBackError::Validity {
            not_before,
            not_after,
        });
    }
    Ok(SignatureFacts {
        field: field.name,
        algorithm,
        subject: facts.subject,
        certificate_sha256: facts.sha256,
        not_before,
        not_after,
        days_left: facts.days_left,
    })
}

fn check_timestamps(
    document: &Path,
    timestamps: &[SignatureField],
    streams: Streams,
) -> Result<(), SignatureReadBackError> {
    timestamps.iter().try_for_each(|timestamp| {
        check_timestamp(&timestamp.contents, |hash| {
            digest_ranges(document, timestamp, hash, streams)
        })
    })
}

/// Whether a timestamp is of the bytes with this digest, and holds in itself.
fn check_timestamp(
    token: &[u8],
    digest_of: impl FnOnce(Hash) -> Result<Option<Vec<u8>>, SignatureReadBackError>,
) -> Result<(), SignatureReadBackError> {
    let container = Container::parse_as(Kind::Timestamp, token)?;
    let info = container.content.unwrap_or_default();
    let (hash, imprint) = container::imprint(info)?;
    let is_of_others = digest_of(hash)?.is_some_and(|digest| digest != imprint);
    if is_of_others || container.hash.digest(info) != container.message_digest {
        return Err(SignatureReadBackError::Container { what: "timestamp" });
    }
    container.verify(&container.certificate()?).map(|_| ())
}

/// Reads a signing certificate (DER); whether it is valid at `at` is for the caller to say.
///
/// # Errors
/// [`SignatureReadBackError::Container`] when it is no certificate, [`SignatureReadBackError::KeyUsage`] when
/// it was not issued for signatures.
pub fn certificate_facts(
    der: &[u8],
    at: Timestamp,
) -> Result<CertificateFacts, SignatureReadBackError> {
    let (_, certificate) =
        X509Certificate::from_der(der).map_err(|_| SignatureReadBackError::Container {
            what: "certificate",
        })?;
    facts_of(&certificate, at)
}

/// One pass over the file, leaving out the gap, unless its bytes are proven; also proves that the gap is one hexadecimal
/// string.
fn digest_ranges(
    document: &Path,
    field: &SignatureField,
    hash: Hash,
    streams: Streams,
) -> Result<Option<Vec<u8>>, SignatureReadBackError> {
    let mut file = File::open(document)?;
    let mut gap = vec![0; field.gap_length()];
    file.seek(SeekFrom::Start(field.gap_start))?;
    file.read_exact(&mut gap)?;
    let hex = gap
        .strip_prefix(b"<")
        .and_then(|rest| rest.strip_suffix(b">"));
    let decoded = hex.and_then(decode_hex);
    if decoded.as_deref() != Some(&field.contents) {
        return Err(SignatureReadBackError::Coverage);
    }
    if streams == Streams::Proven {
        return Ok(None);
    }
    file.rewind()?;
    Ok(Some(digest_around(file, field, hash)?))
}

fn digest_around(mut file: File, field: &SignatureField, hash: Hash) -> io::Result<Vec<u8>> {
    let mut digest = hash.start();
    update(&mut digest, (&mut file).take(field.gap_start))?;
    file.seek(SeekFrom::Start(field.gap_end))?;
    update(&mut digest, file.take(field.end - field.gap_end))?;
    Ok(digest.finish())
}

fn update(digest: &mut RunningHash, mut source: impl Read) -> io::Result<()> {
    let mut piece = vec![0; 256 * 1024];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => digest.update(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

fn facts_of(
    certificate: &X509Certificate<'_>,
    at: Timestamp,
) -> Result<CertificateFacts, SignatureReadBackError> {
    let unreadable = || SignatureReadBackError::Container {
        what: "certificate",
    };
    let usage = certificate.key_usage().map_err(|_| unreadable())?;
    if !usage.is_some_and(|usage| usage.value.digital_signature() || usage.value.non_repudiation())
    {
        return Err(SignatureReadBackError::KeyUsage);
    }
    let instant = |time: ASN1Time| Timestamp::from_second(time.timestamp());
    let not_before = instant(certificate.validity().not_before).map_err(|_| unreadable())?;
    let not_after = instant(certificate.validity().not_after).map_err(|_| unreadable())?;
    Ok(CertificateFacts {
        subject: certificate.subject().to_string(),
        sha256: Sha256Digest::of(certificate.as_raw()),
        not_before,
        not_after,
        days_left: (not_after.as_second() - at.as_second()).div_euclid(SECONDS_A_DAY),
    })
}

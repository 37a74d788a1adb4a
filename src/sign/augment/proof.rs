//! What a signed file proves, until when, and what the next step is.
//!
//! The signatures' containers are read, not verified: that is validation, and what puts a timestamp over them checks
//! them first. Certificates and revocation data count only where their signatures hold. Levels follow EN 319 142-1,
//! 6.3; the time that is left is that of the last timestamp, since it proves what stands before it.

use std::path::Path;

use jiff::Timestamp;

use super::coverage::Coverage;
use super::sunset;
use crate::sign::algorithm::SignatureAlgorithm;
use crate::sign::base::Base;
use crate::sign::certificate::Certificate;
use crate::sign::signatures::{self, Kind, SignatureField};
use crate::sign::signed_data::SignedData;
use crate::sign::timestamp::TimestampToken;
use crate::sign::{PadesLevel, SignError, dss, refill};
use crate::trust;

const SECONDS_A_DAY: i64 = 86_400;

/// What ends a proof first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// A certificate on the signer's path: there is no proof of time yet.
    SignerCertificate,
    /// A certificate on the path of the timestamp's authority.
    TimestampCertificate,
    /// The algorithm of the signature or timestamp, named in English.
    Algorithm(&'static str),
}

impl Limit {
    /// The stable text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Limit::SignerCertificate => "signer-certificate",
            Limit::TimestampCertificate => "timestamp-certificate",
            Limit::Algorithm(name) => name,
        }
    }
}

/// The next thing that a file needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// B-B → B-T: a timestamp into the place kept in the signature.
    Refill,
    /// B-B → B-T where the place can no longer be used: a document timestamp.
    DocumentTimestamp,
    /// B-T → B-LT: certificates and revocation data.
    Store,
    /// B-LT → B-LTA: a document timestamp over them.
    ArchiveTimestamp,
    /// B-LTA: the last timestamp's own evidence and a new document timestamp.
    Renew,
}

/// Whose path is to be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathPurpose {
    /// A signer's.
    Signature,
    /// A timestamp authority's.
    Timestamp,
}

/// A certificate whose path needs certificates and revocation data in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathToProve {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Certificates that came along or are stored: perhaps its issuers, DER.
    pub companions: Vec<Vec<u8>>,
    /// Whose it is.
    pub purpose: PathPurpose,
    /// When it must have been valid: a proven time.
    pub time: Timestamp,
}

/// One signature of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenSignature {
    /// Name of its field.
    pub field: String,
    /// Its level.
    pub level: PadesLevel,
    /// The earliest proof of when it existed.
    pub time: Option<Timestamp>,
}

/// What a signed file proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The lowest level of its signatures.
    pub level: PadesLevel,
    /// Until when it proves them, if nothing is done.
    pub until: Timestamp,
    /// What ends then.
    pub limit: Limit,
    /// The signatures, oldest first; document timestamps are not among them.
    pub signatures: Vec<ProvenSignature>,
    refillable: bool,
    to_store: Vec<PathToProve>,
    to_renew: Vec<PathToProve>,
}

impl Proof {
    /// Whole days left at this time; negative once it has ended.
    #[must_use]
    pub fn days_left(&self, at: Timestamp) -> i64 {
        (self.until.as_second() - at.as_second()).div_euclid(SECONDS_A_DAY)
    }

    /// The step towards this level; `None` where it is reached.
    #[must_use]
    pub fn step_to(&self, wanted: PadesLevel) -> Option<Step> {
        (self.level < wanted).then(|| self.next_step())
    }

    /// The next step, whatever level is wanted.
    #[must_use]
    pub fn next_step(&self) -> Step {
        match self.level {
            PadesLevel::BB if self.refillable => Step::Refill,
            PadesLevel::BB => Step::DocumentTimestamp,
            PadesLevel::BT => Step::Store,
            PadesLevel::BLt => Step::ArchiveTimestamp,
            PadesLevel::BLta => Step::Renew,
        }
    }

    /// The paths whose evidence a step puts into the file; empty where it puts none.
    #[must_use]
    pub fn paths_for(&self, step: Step) -> &[PathToProve] {
        match step {
            Step::Refill | Step::DocumentTimestamp | Step::ArchiveTimestamp => &[],
            Step::Store => &self.to_store,
            Step::Renew => &self.to_renew,
        }
    }
}

/// Reads what a signed file proves.
///
/// # Errors
/// [`SignError`]: the file cannot be read as it is, [`SignError::Unsigned`] where it has no signature.
pub fn inspect(file: &Path) -> Result<Proof, SignError> {
    let base = Base::open(file)?;
    let fields = signatures::all(&base)?;
    let items = fields
        .iter()
        .map(Item::read)
        .collect::<Result<Vec<_>, _>>()?;
    let all: Vec<&[u8]> = items.iter().flat_map(Item::certificates).collect();
    let now = Coverage::of(dss::read(&base)?, &all);
    let timestamps = || items.iter().filter(|item| item.kind == Kind::Timestamp);
    let last = timestamps().next_back();
    let before_last = match last {
        None => Coverage::default(),
        Some(last) => {
            let revision = Base::open_revision(file, last.end)?;
            Coverage::of(dss::read(&revision)?, &all)
        }
    };
    let mut signatures = Vec::new();
    let mut to_store = Vec::new();
    let mut ends = Vec::new();
    for item in items.iter().filter(|item| item.kind == Kind::Signature) {
        let first_after = timestamps().find(|it| it.end > item.end);
        let basis = Basis::of(item, first_after);
        let is_archived = last.is_some_and(|last| {
            let other = basis.document_timestamp.is_none_or(|end| end != last.end);
            last.end > item.end && other && basis.is_covered(&before_last)
        });
        let level = match basis.time {
            None => PadesLevel::BB,
            Some(_) if is_archived => PadesLevel::BLta,
            Some(_) if basis.is_covered(&now) => PadesLevel::BLt,
            Some(_) => PadesLevel::BT,
        };
        if level == PadesLevel::BT {
            to_store.extend(basis.to_prove());
        }
        if last.is_none_or(|last| last.end < item.end) {
            ends.push(item.end_of_proof(&now));
        }
        signatures.push(ProvenSignature {
            field: item.field.clone(),
            level,
            time: basis.time,
        });
    }
    ends.extend(last.map(|last| last.end_of_proof(&now)));
    let level = signatures.iter().map(|signature| signature.level).min();
    let level = level.ok_or(SignError::Unsigned)?;
    let (until, limit) = ends
        .into_iter()
        .min_by_key(|(until, _)| *until)
        .ok_or(SignError::Unsigned)?;
    let untimed = signatures.iter().filter(|it| it.time.is_none()).count();
    Ok(Proof {
        level,
        until,
        limit,
        refillable: untimed == 1 && refill::candidate(&fields, base.length()).is_some(),
        signatures,
        to_store,
        to_renew: last.map_or_else(Vec::new, |last| {
            last.tokens.iter().filter_map(path_of_token).collect()
        }),
    })
}

/// A signature or a document timestamp, as far as its level depends on it.
struct Item {
    field: String,
    kind: Kind,
    /// Where the revision ends that it signs.
    end: u64,
    /// The signer's path; of a document timestamp the path is that of its token.
    signer: Option<(Certificate, SignatureAlgorithm)>,
    certificates: Vec<Vec<u8>>,
    /// The document timestamp itself, or the timestamps inside a signature.
    tokens: Vec<TimestampToken>,
}

impl Item {
    fn read(field: &SignatureField) -> Result<Self, SignError> {
        let damaged = |_| SignError::Damaged { what: "signature" };
        let data = SignedData::parse(&field.contents).map_err(damaged)?;
        let token = |der| TimestampToken::parse(der).map_err(damaged);
        let (signer, tokens) = match field.kind {
            Kind::Timestamp => (None, vec![token(super::container(&field.contents))?]),
            Kind::Signature => {
                let (_, certificate) = data.signer_certificate().ok_or(SignError::Damaged {
                    what: "signature: its certificate is missing",
                })?;
                let algorithm = data.signature_algorithm().ok_or(SignError::Unsupported {
                    what: "the algorithm of a signature",
                })?;
                let tokens = data.timestamps().into_iter().map(token);
                (
                    Some((certificate, algorithm)),
                    tokens.collect::<Result<_, _>>()?,
                )
            }
        };
        Ok(Self {
            field: field.name.clone(),
            kind: field.kind,
            end: field.range.file_length,
            signer,
            certificates: own_first(&data),
            tokens,
        })
    }

    fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        let own = self.certificates.iter().map(Vec::as_slice);
        own.chain(self.tokens.iter().flat_map(TimestampToken::certificates))
    }

    /// Until when it proves what it covers: the latest of its timestamps, or the signer's own path.
    fn end_of_proof(&self, known: &Coverage) -> (Timestamp, Limit) {
        let by_tokens = self.tokens.iter().filter_map(|token| {
            let authority = token.authority()?;
            let (end, name) = sunset::of(token.algorithm(), &authority);
            Some(earliest(
                known,
                token.certificate(),
                Limit::TimestampCertificate,
                (end, name),
            ))
        });
        if let Some(latest) = by_tokens.max_by_key(|(until, _)| *until) {
            return latest;
        }
        match (&self.signer, self.certificates.first()) {
            (Some((certificate, algorithm)), Some(own)) => {
                let algorithm = sunset::of(*algorithm, certificate);
                earliest(known, own, Limit::SignerCertificate, algorithm)
            }
            _ => (Timestamp::MIN, Limit::TimestampCertificate),
        }
    }
}

/// The certificates of a container, the signer's own first.
fn own_first(data: &SignedData<'_>) -> Vec<Vec<u8>> {
    let own = data.signer_certificate().map(|(der, _)| der);
    let others = data.certificates.iter().copied();
    let others = others.filter(|der| Some(*der) != own);
    own.into_iter().chain(others).map(<[u8]>::to_vec).collect()
}

/// The first end on a certificate's path; a root has none that counts (RFC 5280, 6.1.1 d), unless it stands alone.
fn earliest(
    known: &Coverage,
    leaf: &[u8],
    limit: Limit,
    (sunset, algorithm): (Timestamp, &'static str),
) -> (Timestamp, Limit) {
    let path = known.path(leaf);
    let above = path.iter().skip(1).filter(|it| !it.is_self_issued());
    let ends = path.iter().take(1).chain(above);
    let end = ends.map(trust::Certificate::not_after).min();
    match end {
        Some(end) if end > sunset => (sunset, Limit::Algorithm(algorithm)),
        end => (end.unwrap_or(Timestamp::MIN), limit),
    }
}

/// What a signature's level rests on: its signer and the first proof of its time.
struct Basis<'a> {
    signer: Option<PathToProve>,
    tokens: Vec<&'a TimestampToken>,
    time: Option<Timestamp>,
    /// End of the document timestamp that gives the time, where no timestamp inside the signature does.
    document_timestamp: Option<u64>,
}

impl<'a> Basis<'a> {
    fn of(item: &'a Item, first_after: Option<&'a Item>) -> Self {
        let by_document = first_after.filter(|_| item.tokens.is_empty());
        let mut tokens: Vec<_> = item.tokens.iter().collect();
        tokens.extend(by_document.into_iter().flat_map(|it| &it.tokens));
        let time = tokens.iter().map(|token| token.time()).min();
        let signer = time.zip(item.certificates.split_first());
        Self {
            signer: signer.map(|(time, (own, others))| PathToProve {
                certificate: own.clone(),
                companions: others.to_vec(),
                purpose: PathPurpose::Signature,
                time,
            }),
            tokens,
            time,
            document_timestamp: by_document.map(|it| it.end),
        }
    }

    fn to_prove(&self) -> impl Iterator<Item = PathToProve> {
        let tokens = self.tokens.iter().filter_map(|token| path_of_token(token));
        self.signer.clone().into_iter().chain(tokens)
    }

    fn is_covered(&self, known: &Coverage) -> bool {
        self.to_prove()
            .all(|path| known.covers(&path.certificate, path.time))
    }
}

fn path_of_token(token: &TimestampToken) -> Option<PathToProve> {
    let mut certificates = token.certificates();
    let own = certificates.next()?;
    Some(PathToProve {
        certificate: own.to_vec(),
        companions: certificates.map(<[u8]>::to_vec).collect(),
        purpose: PathPurpose::Timestamp,
        time: token.time(),
    })
}

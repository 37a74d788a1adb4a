//! One file judged: the document's form and changes, each container, and the process over all of them, joined to
//! one report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::changes::{self, Change};
use super::container::{Container, IntegrityFault, Kind as ContainerKind};
use super::document::{
    Coverage, DocumentFault, FormatFinding, Kind, SignatureField, SignedDocument,
};
use super::process::{
    self, AlgorithmEnds, Conclusion, Finding, Item, Policy, Proof, RevocationRule,
};
use super::report::{Integrity, Remark, Report, SignatureKind, SignatureReport, Signer};
use super::verdict::{Indication, SubIndication};
use crate::config::{InDoubt, Limits, TrustConfig};
use crate::record::{Lang, PadesLevel};
use crate::trust::{Certificate, Evidence, NameAttribute, Store, Trust, TrustError};

/// By how much the clocks of signers and authorities may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// As of when.
    pub at: Timestamp,
    /// Whether services may be asked for what the file lacks.
    pub fetch: bool,
    /// What is known besides the file: certificates, CRLs, OCSP responses.
    pub known: Evidence,
}

impl Question {
    /// As of this time, with nothing but the file.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self {
            at,
            fetch: false,
            known: Evidence::default(),
        }
    }
}

/// Judges files by the same roots, at the same time. Shared by threads.
#[derive(Debug)]
pub struct Validator {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    limits: Limits,
    at: Timestamp,
    known: Evidence,
    services: Option<Trust>,
}

impl Validator {
    /// With the roots and intermediates that the office installed.
    ///
    /// # Errors
    /// The trust store cannot be read.
    pub fn of_office(
        trust: &TrustConfig,
        limits: Limits,
        question: Question,
    ) -> Result<Self, TrustError> {
        let store = Store::open(&trust.folder)?;
        let fetching = TrustConfig {
            fetch: true,
            ..trust.clone()
        };
        Ok(Self {
            roots: store.roots().map(|one| one.certificate.clone()).collect(),
            intermediates: store
                .intermediates()
                .map(|one| one.certificate.clone())
                .collect(),
            limits,
            at: question.at,
            known: question.known,
            services: question.fetch.then(|| Trust::new(&fetching)),
        })
    }

    /// With these roots, and over these intermediates: who issued itself is a root.
    #[must_use]
    pub fn trusting(certificates: Vec<Certificate>, limits: Limits, question: Question) -> Self {
        let (roots, intermediates) = certificates
            .into_iter()
            .partition(Certificate::is_self_issued);
        Self {
            roots,
            intermediates,
            limits,
            at: question.at,
            known: question.known,
            services: question.fetch.then(|| Trust::new(&without_store())),
        }
    }

    /// Judges all signatures and timestamps of a file.
    ///
    /// # Errors
    /// [`DocumentFault`]: no signature can be looked for in it.
    pub fn validate(&self, file: &Path) -> Result<Report, DocumentFault> {
        let document = SignedDocument::open(file, &self.limits)?;
        let items: Vec<Item> = document
            .fields()
            .iter()
            .map(|field| item(&document, field))
            .collect();
        let mut whole = document.evidence(None);
        whole.add(self.known.clone());
        let conclusions = process::run(&items, &whole, &self.policy());
        let of_file = document.findings().iter();
        let own = worst(of_file.filter_map(FormatFinding::sub_indication));
        let signatures: Vec<SignatureReport> = document
            .fields()
            .iter()
            .zip(&items)
            .zip(&conclusions)
            .map(|((field, item), conclusion)| {
                let judged = Judged {
                    field,
                    item,
                    conclusion,
                    of_file: own,
                };
                judged.report(&document, (&items, &conclusions))
            })
            .collect();
        let of_signatures = signatures
            .iter()
            .map(|signature| (signature.indication, signature.sub_indication));
        let (indication, sub_indication) = own
            .map(|sub| (sub.indication(), Some(sub)))
            .into_iter()
            .chain(of_signatures)
            .max_by_key(|(indication, _)| *indication)
            .unzip();
        Ok(Report {
            file: file.display().to_string(),
            sha256: document.sha256(),
            bytes: document.length(),
            validated: self.at,
            indication,
            sub_indication: sub_indication.flatten(),
            findings: document.findings().iter().map(of_format).collect(),
            signatures,
        })
    }

    fn policy(&self) -> Policy<'_> {
        Policy {
            roots: self.roots.clone(),
            intermediates: self.intermediates.clone(),
            algorithms: AlgorithmEnds::standard(),
            revocation: RevocationRule::Required,
            at: self.at,
            skew: SKEW,
            fetch: self.services.as_ref(),
        }
    }
}

/// How services are asked where there is no office.
fn without_store() -> TrustConfig {
    TrustConfig {
        // No folder has no name: nothing is installed.
        folder: PathBuf::new(),
        fetch: true,
        timeout: Duration::from_secs(10),
        keep: Duration::from_secs(600),
        when_unknown: InDoubt::Wait,
        when_untrusted: InDoubt::Wait,
    }
}

/// The container, and whether it is of the bytes that the field covers.
fn item(document: &SignedDocument, field: &SignatureField) -> Item {
    let kind = match field.kind {
        Kind::Signature => ContainerKind::Signature,
        Kind::DocumentTimestamp => ContainerKind::Timestamp,
    };
    let container = Container::parse(kind, &field.contents);
    let integrity = match &container {
        // What covers nothing that can be relied on proves nothing, whatever its digest.
        Ok(container) if field.is_well_formed() => match container.hash() {
            Some(hash) => match document.digest(field, hash) {
                Some(digest) => container.verify(&digest),
                None => Err(IntegrityFault::Digest),
            },
            // It says by itself what it cannot verify.
            None => container.verify(&[]),
        },
        _ => Err(IntegrityFault::Digest),
    };
    Item {
        kind,
        container,
        integrity,
        end: field.end,
        evidence: document.evidence(Some(field)),
        claimed_time: field.claimed_time,
    }
}

/// A signature and everything about it.
struct Judged<'a> {
    field: &'a SignatureField,
    item: &'a Item,
    conclusion: &'a Conclusion,
    /// What is wrong with the file as a whole.
    of_file: Option<SubIndication>,
}

impl Judged<'_> {
    fn report(&self, document: &SignedDocument, all: (&[Item], &[Conclusion])) -> SignatureReport {
        let changes = changes::after(document, self.field);
        let of_form = self.field.findings.iter();
        let of_form = of_form.filter_map(FormatFinding::sub_indication);
        let changed =
            (!changes.forbidden.is_empty()).then_some(SubIndication::SigConstraintsFailure);
        let others = [self.of_file, self.conclusion.sub_indication, changed];
        let sub_indication = worst(of_form.chain(others.into_iter().flatten()));
        SignatureReport {
            field: self.field.name.clone(),
            kind: match self.field.kind {
                Kind::Signature => SignatureKind::Signature,
                Kind::DocumentTimestamp => SignatureKind::DocumentTimestamp,
            },
            indication: sub_indication.map_or(Indication::TotalPassed, SubIndication::indication),
            sub_indication,
            signer: self.signer(),
            claimed_time: self.claimed_time(),
            proven_time: self.conclusion.best_signature_time,
            proven_by: self.proven_by(all),
            level: self.conclusion.level.map(PadesLevel::as_str),
            sub_filter: self.field.sub_filter.clone(),
            algorithm: self.container().map(Container::algorithm_name),
            integrity: self.integrity(),
            covers_whole_file: self.field.coverage == Coverage::WholeFile,
            signed_bytes: self.field.end,
            allowed_changes: changes.allowed.iter().map(of_change).collect(),
            forbidden_changes: changes.forbidden.iter().map(of_change).collect(),
            path: self
                .conclusion
                .path
                .iter()
                .map(Certificate::subject)
                .collect(),
            findings: self.findings(),
        }
    }

    fn container(&self) -> Option<&Container> {
        self.item.container.as_ref().ok()
    }

    /// What the dictionary says, or else the container.
    fn claimed_time(&self) -> Option<Timestamp> {
        let stamped = self.conclusion.stamped_time;
        let in_container = self.container().and_then(Container::signing_time);
        self.field.claimed_time.or(in_container).or(stamped)
    }

    fn signer(&self) -> Option<Signer> {
        let certificate = self.container()?.certificate()?;
        let first = |values: Vec<String>| values.into_iter().next();
        let mut units = certificate.subject_values(NameAttribute::Unit);
        units.extend(certificate.subject_values(NameAttribute::Organisation));
        let time = self.conclusion.best_signature_time.or(self.claimed_time());
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        Some(Signer {
            name: first(certificate.subject_values(NameAttribute::CommonName)),
            managing_unit: (!units.is_empty()).then(|| units.join(", ")),
            subject: certificate.subject(),
            issuer: first(certificate.issuer_values(NameAttribute::CommonName))
                .unwrap_or_else(|| certificate.issuer()),
            serial: certificate.serial(),
            certificate_sha256: certificate.fingerprint(),
            not_before,
            not_after,
            valid_at_signing: time.map(|time| (not_before..=not_after).contains(&time)),
        })
    }

    /// The name of the authority whose timestamp proves the time.
    fn proven_by(&self, (items, conclusions): (&[Item], &[Conclusion])) -> Option<String> {
        let (path, certificate) = match self.conclusion.proven_by? {
            Proof::SignatureTimestamp(number) => {
                (&self.conclusion.timestamps.get(number)?.path, None)
            }
            Proof::DocumentTimestamp(number) => {
                let container = items.get(number)?.container.as_ref().ok()?;
                (&conclusions.get(number)?.path, container.certificate())
            }
        };
        let certificate = path.first().or(certificate)?;
        let mut names = certificate.subject_values(NameAttribute::CommonName);
        Some(names.pop().unwrap_or_else(|| certificate.subject()))
    }

    fn integrity(&self) -> Integrity {
        match &self.item.integrity {
            _ if self.item.container.is_err() || !self.field.is_well_formed() => {
                Integrity::Unchecked
            }
            Ok(()) => Integrity::Intact,
            Err(fault) if fault.sub_indication().indication() == Indication::TotalFailed => {
                Integrity::Broken
            }
            Err(_) => Integrity::Unchecked,
        }
    }

    fn findings(&self) -> Vec<Remark> {
        // The form says better why nothing was hashed.
        let is_moot = |finding: &&Finding| {
            matches!(finding, Finding::Integrity(_)) && !self.field.is_well_formed()
        };
        let form = self.field.findings.iter().map(of_format);
        let process = self.conclusion.findings.iter();
        let process = process.filter(|finding| !is_moot(finding)).map(of_process);
        form.chain(process).collect()
    }
}

/// The one that weighs most; of equals the first.
fn worst(faults: impl Iterator<Item = SubIndication>) -> Option<SubIndication> {
    faults.fold(None, |worst: Option<SubIndication>, fault| match worst {
        Some(worst) if worst.indication() >= fault.indication() => Some(worst),
        _ => Some(fault),
    })
}

fn of_format(finding: &FormatFinding) -> Remark {
    remark(finding.code(), |lang| finding.text(lang))
}

fn of_change(change: &Change) -> Remark {
    remark(change.what.code(), |lang| change.text(lang))
}

fn of_process(finding: &Finding) -> Remark {
    remark(finding.code(), |lang| finding.text(lang))
}

fn remark(code: &str, text: impl Fn(Lang) -> String) -> Remark {
    Remark {
        code: code.to_owned(),
        vi: text(Lang::Vi),
        en: text(Lang::En),
    }
}

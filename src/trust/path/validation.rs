//! One path, validated by `certval` (RFC 5280 §6.1) with our own verification of signatures.
//!
//! `certval` is young: a panic of its is caught and counts as a certificate that cannot be read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, Error, PDVCertificate,
    PDVTrustAnchorChoice, PathValidationStatus, PkiEnvironment, TimeOfInterest,
    validate_path_rfc5280,
};
use der::asn1::BitString;
use jiff::Timestamp;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::{Algorithms, Certificate, FaultKind, PathFault};
use crate::trust::signature;

/// Validates paths at one time.
pub(super) struct Validator {
    pub(super) algorithms: Algorithms,
    environment: PkiEnvironment,
    settings: CertificationPathSettings,
}

impl Validator {
    pub(super) fn at(at: Timestamp, algorithms: Algorithms) -> Self {
        let mut settings = CertificationPathSettings::new();
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        if let Ok(time) = TimeOfInterest::from_unix_secs(seconds) {
            settings.set_time_of_interest(time);
        }
        Self::with(settings, algorithms)
    }

    /// With other inputs of RFC 5280 §6.1.1, policies for example.
    pub(super) fn with(mut settings: CertificationPathSettings, algorithms: Algorithms) -> Self {
        // The anchors are the caller's own; there is no second list of them.
        settings.set_require_ta_store(false);
        let mut environment = PkiEnvironment::new();
        environment.add_validate_path_callback(validate_path_rfc5280);
        environment.add_verify_signature_message_callback(match algorithms {
            Algorithms::Accepted => verify,
            Algorithms::Known => verify_of_any_age,
        });
        Self {
            algorithms,
            environment,
            settings,
        }
    }

    /// Whether a chain from leaf to root is a valid path.
    pub(super) fn validate(&self, chain: &[Certificate]) -> Result<(), PathFault> {
        let validate = AssertUnwindSafe(|| self.validate_unfenced(chain));
        catch_unwind(validate).unwrap_or_else(|_| {
            tracing::error!("the path validation broke down on a certificate");
            Err(PathFault::new(FaultKind::Unreadable, None))
        })
    }

    pub(super) fn validate_unfenced(&self, chain: &[Certificate]) -> Result<(), PathFault> {
        let unreadable = || PathFault::new(FaultKind::Unreadable, None);
        let (leaf, root) = match chain {
            [] => return Err(unreadable()),
            // A root vouches for itself: only its validity is left to ask.
            [root] => (root, root),
            [leaf, .., root] => (leaf, root),
        };
        let between = chain.get(1..chain.len().saturating_sub(1));
        let intermediates = between
            .unwrap_or_default()
            .iter()
            .rev()
            .map(|one| PDVCertificate::try_from(one.der()));
        let path = CertificationPath::new(
            PDVTrustAnchorChoice::try_from(root.der()).map_err(|_| unreadable())?,
            intermediates
                .collect::<Result<_, _>>()
                .map_err(|_| unreadable())?,
            PDVCertificate::try_from(leaf.der()).map_err(|_| unreadable())?,
        );
        let mut results = CertificationPathResults::new();
        let validated =
            self.environment
                .validate_path(&self.environment, &self.settings, &path, &mut results);
        validated.map_err(|error| {
            // Counted from the root on.
            let index = results.get_failure_index().and_then(|index| {
                let index = usize::try_from(index).ok()?;
                chain.len().checked_sub(index + 1)
            });
            let certificate = index.and_then(|index| chain.get(index)).cloned();
            PathFault::new(fault_of(error), certificate)
        })
    }
}

fn verify(
    _: &PkiEnvironment,
    message: &[u8],
    value: &BitString,
    algorithm: &AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfoOwned,
) -> certval::Result<()> {
    let value = value.as_bytes().unwrap_or_default();
    signature::verify(key, algorithm, message, value)
        .map_err(|_| Error::PathValidation(PathValidationStatus::SignatureVerificationFailure))
}

fn verify_of_any_age(
    _: &PkiEnvironment,
    message: &[u8],
    value: &BitString,
    algorithm: &AlgorithmIdentifierOwned,
    key: &SubjectPublicKeyInfoOwned,
) -> certval::Result<()> {
    let value = value.as_bytes().unwrap_or_default();
    signature::verify_of_any_age(key, algorithm, message, value)
        .map_err(|_| Error::PathValidation(PathValidationStatus::SignatureVerificationFailure))
}

fn fault_of(error: Error) -> FaultKind {
    use PathValidationStatus as Status;
    let Error::PathValidation(status) = error else {
        return FaultKind::Unreadable;
    };
    match status {
        Status::InvalidNotBeforeDate => FaultKind::NotYetValid,
        Status::InvalidNotAfterDate => FaultKind::Expired,
        Status::SignatureVerificationFailure => FaultKind::Signature,
        Status::InsufficientKeySize => FaultKind::Algorithm,
        Status::MissingBasicConstraints
        | Status::InvalidBasicConstraints
        | Status::InvalidPathLength => FaultKind::Constraints,
        Status::InvalidKeyUsage => FaultKind::KeyUsage,
        Status::NameChainingFailure | Status::NameConstraintsViolation => FaultKind::Names,
        Status::NullPolicySet | Status::InvalidPolicyMapping => FaultKind::Policy,
        Status::UnprocessedCriticalExtension => FaultKind::CriticalExtension,
        _ => FaultKind::Unreadable,
    }
}

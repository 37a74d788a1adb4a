//! Which certificates, and which reasons, a list is for (RFC 5280 §5.2.5 and §6.3.3 (b), (d)).

use der::flagset::FlagSet;
use der::{Decode, Encode};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::ext::pkix::crl::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::{DistributionPoint, IssuingDistributionPoint, Reasons};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::list::List;
use crate::trust::certificate::Certificate;

/// Points of one certificate that are looked at.
const POINTS_MAX: usize = 16;

/// Reasons that lists speak for.
pub(super) type ReasonSet = FlagSet<Reasons>;

/// All that a list can be for; `unused` is none.
pub(super) fn all_reasons() -> ReasonSet {
    FlagSet::full() - Reasons::Unused
}

/// A place where a certificate's issuer says that lists about it are.
pub(super) struct Point {
    names: Vec<GeneralName>,
    reasons: ReasonSet,
    /// Who signs them, where that is not the issuer of the certificate.
    signers: Option<Vec<GeneralName>>,
}

impl Point {
    /// Those that a certificate names, and last the one that every certificate has: the name of its issuer.
    pub(super) fn all_of(certificate: &Certificate) -> Vec<Self> {
        let named = certificate.extension::<CrlDistributionPoints>();
        let named = named.map(|points| points.0).unwrap_or_default();
        let mut points: Vec<Self> = named
            .into_iter()
            .take(POINTS_MAX)
            .map(|point| Self::named(point, certificate))
            .collect();
        points.push(Self {
            names: vec![GeneralName::DirectoryName(
                certificate.issuer_name().clone(),
            )],
            reasons: all_reasons(),
            signers: None,
        });
        points
    }

    fn named(point: DistributionPoint, certificate: &Certificate) -> Self {
        let base = match point.crl_issuer.as_deref() {
            Some([GeneralName::DirectoryName(name)]) => name,
            _ => certificate.issuer_name(),
        };
        let names = match point.distribution_point {
            Some(name) => full_names(name, base),
            None => point.crl_issuer.clone().unwrap_or_default(),
        };
        Self {
            names,
            reasons: point.reasons.map_or_else(all_reasons, only_known),
            signers: point.crl_issuer,
        }
    }

    /// Whether a list is by whom this point says.
    pub(super) fn is_issuer(&self, list: &List<'_>, certificate: &Certificate) -> bool {
        match &self.signers {
            None => certificate.is_issued_by_name(&list.issuer),
            Some(signers) => {
                let is_named = |name: &GeneralName| {
                    same_name(name, &GeneralName::DirectoryName(list.issuer.clone()))
                };
                list.is_indirect() && signers.iter().any(is_named)
            }
        }
    }

    /// The reasons for which a list speaks about the certificate here; none where it does not at all.
    pub(super) fn reasons_of(&self, list: &List<'_>, certificate: &Certificate) -> ReasonSet {
        let Some(of_list) = &list.point else {
            return self.reasons;
        };
        let is_authority = certificate
            .extension::<BasicConstraints>()
            .is_some_and(|basic| basic.ca);
        let excludes = of_list.only_contains_attribute_certs
            || (of_list.only_contains_user_certs && is_authority)
            || (of_list.only_contains_ca_certs && !is_authority);
        if excludes || !self.is_named_by(of_list, &list.issuer) {
            return ReasonSet::default();
        }
        let only = of_list
            .only_some_reasons
            .map_or_else(all_reasons, only_known);
        self.reasons & only
    }

    fn is_named_by(&self, of_list: &IssuingDistributionPoint, issuer: &Name) -> bool {
        let Some(name) = &of_list.distribution_point else {
            return true;
        };
        let names = full_names(name.clone(), issuer);
        names
            .iter()
            .any(|name| self.names.iter().any(|own| same_name(own, name)))
    }
}

fn only_known(reasons: ReasonSet) -> ReasonSet {
    reasons & all_reasons()
}

/// The names of a point; a relative one continues the name of the issuer of the list.
fn full_names(name: DistributionPointName, issuer: &Name) -> Vec<GeneralName> {
    match name {
        DistributionPointName::FullName(names) => names,
        DistributionPointName::NameRelativeToCRLIssuer(last) => {
            let full = continued(issuer, last).map(GeneralName::DirectoryName);
            full.into_iter().collect()
        }
    }
}

fn continued(name: &Name, last: RelativeDistinguishedName) -> Option<Name> {
    let mut sequence = RdnSequence::from_der(&name.to_der().ok()?).ok()?;
    sequence.push(last);
    Name::from_der(&sequence.to_der().ok()?).ok()
}

fn same_name(left: &GeneralName, right: &GeneralName) -> bool {
    match (left, right) {
        (GeneralName::DirectoryName(left), GeneralName::DirectoryName(right)) => {
            certval::compare_names(left, right)
        }
        _ => left == right,
    }
}

//! Where a certificate says that others answer for it: OCSP responders, its issuer's certificate, CRLs.

use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::AuthorityInfoAccessSyntax;
use x509_cert::ext::pkix::crl::CrlDistributionPoints;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::certificate::Certificate;

/// Addresses of one kind that are looked at in one certificate.
const ADDRESSES_MAX: usize = 4;

const AD_OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const AD_CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");

impl Certificate {
    /// Where an OCSP responder answers for it.
    pub(super) fn ocsp_addresses(&self) -> Vec<String> {
        self.access_addresses(AD_OCSP)
    }

    /// Where its issuer's certificate is.
    pub(super) fn issuer_addresses(&self) -> Vec<String> {
        self.access_addresses(AD_CA_ISSUERS)
    }

    fn access_addresses(&self, method: ObjectIdentifier) -> Vec<String> {
        let access = self.extension::<AuthorityInfoAccessSyntax>();
        let descriptions = access.map(|access| access.0).unwrap_or_default();
        let of_method = descriptions
            .into_iter()
            .filter(|one| one.access_method == method);
        web_addresses(of_method.map(|one| one.access_location))
    }

    /// Where CRLs that cover it are.
    pub(super) fn crl_addresses(&self) -> Vec<String> {
        web_addresses(self.crl_names().into_iter())
    }

    /// Full names of its CRL distribution points, of whatever kind.
    pub(super) fn crl_names(&self) -> Vec<GeneralName> {
        let points = self.extension::<CrlDistributionPoints>();
        let points = points.map(|points| points.0).unwrap_or_default();
        let names = points
            .into_iter()
            .filter_map(|point| match point.distribution_point? {
                DistributionPointName::FullName(names) => Some(names),
                DistributionPointName::NameRelativeToCRLIssuer(_) => None,
            });
        names.flatten().collect()
    }
}

fn web_addresses(names: impl Iterator<Item = GeneralName>) -> Vec<String> {
    let mut addresses = Vec::new();
    for name in names {
        let GeneralName::UniformResourceIdentifier(address) = name else {
            continue;
        };
        let address = address.to_string();
        let is_web = address.starts_with("http://") || address.starts_with("https://");
        if is_web && !addresses.contains(&address) && addresses.len() < ADDRESSES_MAX {
            addresses.push(address);
        }
    }
    addresses
}

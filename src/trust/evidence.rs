//! What proves a certificate path long after the services that answered for it are gone.

use super::certificate::Certificate;
use super::container::certificates_in;

/// Certificates and revocation data, as they came, DER; each once. What a document security store keeps
/// (EN 319 142-1 §5.4.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// X.509 certificates: issuers of the signer, of the timestamps and of whoever answered.
    pub certificates: Vec<Vec<u8>>,
    /// `OCSPResponse` (RFC 6960 §4.2.1).
    pub ocsp_responses: Vec<Vec<u8>>,
    /// `CertificateList` (RFC 5280 §5.1).
    pub crls: Vec<Vec<u8>>,
}

impl Evidence {
    /// What a file holds, DER or PEM: certificates, and what may be a CRL or an OCSP response. Which of the two
    /// shows when it is read; as the other it says nothing.
    #[must_use]
    pub fn in_file(bytes: &[u8]) -> Self {
        let mut evidence = Self::default();
        for der in certificates_in(bytes) {
            if Certificate::from_der(&der).is_some() {
                evidence.certificates.push(der);
            } else {
                evidence.crls.push(der.clone());
                evidence.ocsp_responses.push(der);
            }
        }
        evidence
    }

    /// The length of all together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let all = [&self.certificates, &self.ocsp_responses, &self.crls];
        all.iter().copied().flatten().map(Vec::len).sum()
    }

    /// Takes what the other has and this has not.
    pub fn add(&mut self, other: Evidence) {
        let pairs = [
            (&mut self.certificates, other.certificates),
            (&mut self.ocsp_responses, other.ocsp_responses),
            (&mut self.crls, other.crls),
        ];
        for (own, more) in pairs {
            for item in more {
                if !own.contains(&item) {
                    own.push(item);
                }
            }
        }
    }
}

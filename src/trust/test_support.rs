//! A small PKI for tests: root → intermediate → signers, all on P-256, and what its services answer.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm, date_time_ymd,
};

use super::Certificate;

/// All test certificates are valid from 2026-01-01 to 2027-12-31.
pub(crate) fn now() -> Timestamp {
    at("2026-11-23T01:15:30Z")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("timestamp")
}

pub(crate) fn key(algorithm: &'static SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).expect("key")
}

pub(crate) fn parameters(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2027, 12, 31);
    parameters.distinguished_name.remove(DnType::CommonName);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.use_authority_key_identifier_extension = true;
    parameters
}

pub(crate) fn authority_parameters(name: &str) -> CertificateParams {
    let mut authority = parameters(name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority
}

pub(crate) fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("certificate")
}

/// One that issues.
pub(crate) struct Authority(pub(crate) CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let key = key(&PKCS_ECDSA_P256_SHA256);
        let issuer = CertifiedIssuer::self_signed(authority_parameters(name), key);
        Self(issuer.expect("root"))
    }

    pub(crate) fn under(&self, parameters: CertificateParams) -> Self {
        let key = key(&PKCS_ECDSA_P256_SHA256);
        let issuer = CertifiedIssuer::signed_by(parameters, key, &self.0);
        Self(issuer.expect("authority"))
    }

    /// A root with a key of a kind that is not accepted.
    pub(crate) fn weak() -> Certificate {
        let parameters = authority_parameters("Weak");
        let made = parameters.self_signed(&key(&PKCS_ED25519));
        certificate(made.expect("certificate").der())
    }

    pub(crate) fn certificate(&self) -> Certificate {
        certificate(self.0.der())
    }

    pub(crate) fn issue(&self, parameters: &CertificateParams) -> Certificate {
        let made = parameters.signed_by(&key(&PKCS_ECDSA_P256_SHA256), &self.0);
        certificate(made.expect("certificate").der())
    }
}

/// Root → intermediate.
pub(crate) struct Pki {
    pub(crate) root: Authority,
    pub(crate) intermediate: Authority,
}

impl Pki {
    pub(crate) fn new() -> Self {
        let root = Authority::root("Gốc thử");
        let intermediate = root.under(authority_parameters("CA thử"));
        Self { root, intermediate }
    }

    /// A signer under the intermediate, with what a test changes about it.
    pub(crate) fn signer(&self, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut signer = parameters("Người ký thử");
        signer.key_usages = vec![KeyUsagePurpose::ContentCommitment];
        change(&mut signer);
        self.intermediate.issue(&signer)
    }
}

//! What a certificate's key may be used for (RFC 5280 §4.2.1.3, §4.2.1.12; RFC 3161 §2.3).

use der::Decode;
use der::asn1::ObjectIdentifier;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage};

use crate::trust::Certificate;

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");

/// Whether the key may sign documents: where its usage is limited, to signatures or commitments.
pub(super) fn may_sign(certificate: &Certificate) -> bool {
    let Ok(parsed) = CertificateInner::<Raw>::from_der(certificate.der()) else {
        return false;
    };
    match parsed.tbs_certificate().get_extension::<KeyUsage>() {
        Ok(None) => true,
        Ok(Some((_, usage))) => usage.digital_signature() || usage.non_repudiation(),
        Err(_) => false,
    }
}

/// Whether the key may stamp times, and nothing else: the authority says so, critically.
pub(super) fn may_stamp(certificate: &Certificate) -> bool {
    let Ok(parsed) = CertificateInner::<Raw>::from_der(certificate.der()) else {
        return false;
    };
    match parsed.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
        Ok(Some((is_critical, usage))) => is_critical && usage.0 == [TIME_STAMPING],
        Ok(None) | Err(_) => false,
    }
}

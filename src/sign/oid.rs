//! The object identifiers of signature containers, timestamps and certificates.

use der::asn1::ObjectIdentifier;

use super::algorithm::Hash;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

pub(super) const DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.1");
pub(super) const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
/// Content of a timestamp token (RFC 3161, 2.4.2).
pub(super) const TST_INFO: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.4");

pub(super) const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
pub(super) const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
/// ESS, with SHA-1 (RFC 5035, 5); timestamp authorities still write it.
pub(super) const SIGNING_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.12");
pub(super) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");
/// Unsigned attribute: a timestamp of the signature value (RFC 3161, appendix A).
pub(super) const TIMESTAMP_TOKEN: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.14");

const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");

pub(super) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(super) const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(super) const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
pub(super) const SHA256_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
pub(super) const SHA384_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
pub(super) const SHA512_WITH_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
pub(super) const ECDSA_SHA256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
pub(super) const ECDSA_SHA384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
pub(super) const ECDSA_SHA512: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
pub(super) const SECP256R1: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
pub(super) const SECP384R1: ObjectIdentifier = oid("1.3.132.0.34");

/// The identifier of a hash function.
pub(super) fn of_hash(hash: Hash) -> ObjectIdentifier {
    match hash {
        Hash::Sha256 => SHA256,
        Hash::Sha384 => SHA384,
        Hash::Sha512 => SHA512,
    }
}

/// The hash function of an identifier, where it is one that this program trusts.
pub(super) fn hash(oid: ObjectIdentifier) -> Option<Hash> {
    let all = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
    all.into_iter().find(|&hash| of_hash(hash) == oid)
}

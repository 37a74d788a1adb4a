//! A signature value made elsewhere is checked against the certificate before it goes into a document:
//! a token with two keys of one ID, or a service that answers for another account, shows here and not in
//! thirty years.

use crate::sign::algorithm::SignatureAlgorithm;
use crate::sign::certificate::Certificate;

/// Whether `signature` over `message` was made by the key of this certificate.
pub(super) fn is_by(
    certificate: &Certificate,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    certificate
        .public_key()
        .is_some_and(|key| algorithm.verify(key, message, signature))
}

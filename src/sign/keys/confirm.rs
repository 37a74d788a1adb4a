//! A signature value made elsewhere is checked against the certificate before it goes into a document:
//! a token with two keys of one ID, or a service that answers for another account, shows here and not in
//! thirty years.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::record::Hash;
use crate::sign::algorithm::{Scheme, SignatureAlgorithm};
use crate::sign::certificate::Certificate;

/// Whether `signature` over `message` was made by the key of this certificate.
pub(super) fn is_by(
    certificate: &Certificate,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    certificate.public_key().is_some_and(|key| {
        let key = UnparsedPublicKey::new(verification(algorithm), key);
        key.verify(message, signature).is_ok()
    })
}

fn verification(algorithm: SignatureAlgorithm) -> &'static dyn VerificationAlgorithm {
    match (algorithm.scheme, algorithm.hash) {
        (Scheme::RsaPss, Hash::Sha256) => &RSA_PSS_2048_8192_SHA256,
        (Scheme::RsaPss, Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
        (Scheme::RsaPss, Hash::Sha512) => &RSA_PSS_2048_8192_SHA512,
        (Scheme::RsaPkcs1, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
        (Scheme::RsaPkcs1, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
        (Scheme::RsaPkcs1, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        (Scheme::EcdsaP256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
        (Scheme::EcdsaP256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
        (Scheme::EcdsaP256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
        (Scheme::EcdsaP384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
        (Scheme::EcdsaP384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
        (Scheme::EcdsaP384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
    }
}

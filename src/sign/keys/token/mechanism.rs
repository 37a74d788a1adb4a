//! How a token is told to sign: the digest is made here, the token does the private-key operation.
//!
//! `CKM_RSA_PKCS_PSS`, `CKM_RSA_PKCS` over a `DigestInfo` and `CKM_ECDSA` are what tokens have in common;
//! the mechanisms that hash on the token are slower and often missing. They are used for keys that want
//! their PIN at every signature, because only they can sign in several parts (see `session`).

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use der::asn1::{ObjectIdentifier, OctetString, UintRef};
use der::{Encode, Sequence};
use spki::AlgorithmIdentifierOwned;

use super::TokenError;
use crate::config::RsaPadding;
use crate::record::Hash;
use crate::sign::algorithm::{Scheme, SignatureAlgorithm};
use crate::sign::certificate::KeyKind;
use crate::sign::keys::Deviation;

/// What is offered to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Offered {
    /// `CKM_RSA_PKCS_PSS`.
    pub(super) rsa_pss: bool,
    /// `CKM_RSA_PKCS`.
    pub(super) rsa_pkcs: bool,
    /// `CKM_ECDSA`.
    pub(super) ecdsa: bool,
}

impl Offered {
    /// By their PKCS#11 names.
    pub(super) fn names(self) -> Vec<&'static str> {
        let all = [
            (self.rsa_pss, "CKM_RSA_PKCS_PSS"),
            (self.rsa_pkcs, "CKM_RSA_PKCS"),
            (self.ecdsa, "CKM_ECDSA"),
        ];
        let offered = all.into_iter().filter(|(offered, _)| *offered);
        offered.map(|(_, name)| name).collect()
    }
}

/// PSS where the token can, PKCS#1 v1.5 and a remark where it cannot.
pub(super) fn choose(
    kind: KeyKind,
    padding: RsaPadding,
    hash: Option<Hash>,
    offered: Offered,
) -> Result<(SignatureAlgorithm, Option<Deviation>), TokenError> {
    let (scheme, deviation) = match kind {
        KeyKind::P256 if offered.ecdsa => (Scheme::EcdsaP256, None),
        KeyKind::P384 if offered.ecdsa => (Scheme::EcdsaP384, None),
        KeyKind::RsaPssOnly if offered.rsa_pss => (Scheme::RsaPss, None),
        KeyKind::Rsa => match padding {
            RsaPadding::Pss if offered.rsa_pss => (Scheme::RsaPss, None),
            RsaPadding::Pss if offered.rsa_pkcs => {
                (Scheme::RsaPkcs1, Some(Deviation::PssNotOffered))
            }
            RsaPadding::Pkcs1 if offered.rsa_pkcs => (Scheme::RsaPkcs1, None),
            RsaPadding::Pss | RsaPadding::Pkcs1 => return Err(TokenError::NoMechanism),
        },
        KeyKind::P256 | KeyKind::P384 | KeyKind::RsaPssOnly => return Err(TokenError::NoMechanism),
    };
    let hash = hash.unwrap_or_else(|| scheme.usual_hash());
    Ok((SignatureAlgorithm::of(scheme, hash), deviation))
}

/// The mechanism over a digest.
pub(super) fn raw(algorithm: SignatureAlgorithm) -> Mechanism<'static> {
    match algorithm.scheme {
        Scheme::RsaPkcs1 => Mechanism::RsaPkcs,
        Scheme::EcdsaP256 | Scheme::EcdsaP384 => Mechanism::Ecdsa,
        Scheme::RsaPss => Mechanism::RsaPkcsPss(pss(algorithm.hash)),
    }
}

/// The mechanism over the message itself.
pub(super) fn hashing(algorithm: SignatureAlgorithm) -> Mechanism<'static> {
    let hash = algorithm.hash;
    match (algorithm.scheme, hash) {
        (Scheme::RsaPkcs1, Hash::Sha256) => Mechanism::Sha256RsaPkcs,
        (Scheme::RsaPkcs1, Hash::Sha384) => Mechanism::Sha384RsaPkcs,
        (Scheme::RsaPkcs1, Hash::Sha512) => Mechanism::Sha512RsaPkcs,
        (Scheme::RsaPss, Hash::Sha256) => Mechanism::Sha256RsaPkcsPss(pss(hash)),
        (Scheme::RsaPss, Hash::Sha384) => Mechanism::Sha384RsaPkcsPss(pss(hash)),
        (Scheme::RsaPss, Hash::Sha512) => Mechanism::Sha512RsaPkcsPss(pss(hash)),
        (Scheme::EcdsaP256 | Scheme::EcdsaP384, Hash::Sha256) => Mechanism::EcdsaSha256,
        (Scheme::EcdsaP256 | Scheme::EcdsaP384, Hash::Sha384) => Mechanism::EcdsaSha384,
        (Scheme::EcdsaP256 | Scheme::EcdsaP384, Hash::Sha512) => Mechanism::EcdsaSha512,
    }
}

/// The same parameters as in the CMS: MGF1 with the hash, a salt as long as a digest.
fn pss(hash: Hash) -> PkcsPssParams {
    let (hash_alg, mgf, salt) = match hash {
        Hash::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32_u64),
        Hash::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        Hash::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    PkcsPssParams {
        hash_alg,
        mgf,
        s_len: salt.into(),
    }
}

/// RFC 8017, A.2.4.
#[derive(Sequence)]
struct DigestInfo {
    algorithm: AlgorithmIdentifierOwned,
    digest: OctetString,
}

/// What [`raw`] signs for this message.
pub(super) fn input(algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, TokenError> {
    let digest = algorithm.hash.digest(message);
    if algorithm.scheme != Scheme::RsaPkcs1 {
        return Ok(digest);
    }
    let oid = match algorithm.hash {
        Hash::Sha256 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        Hash::Sha384 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        Hash::Sha512 => ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
    };
    let info = OctetString::new(digest.as_slice()).and_then(|digest| {
        // NULL parameters, as RFC 8017 §9.2 note 1 writes them out.
        let algorithm = AlgorithmIdentifierOwned {
            oid,
            parameters: Some(der::asn1::Null.into()),
        };
        DigestInfo { algorithm, digest }.to_der()
    });
    info.map_err(|error| TokenError::Refused(error.to_string()))
}

/// RFC 3279, 2.2.3.
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// The token's value as CMS wants it: `r ‖ s` of ECDSA becomes DER.
pub(super) fn output(scheme: Scheme, raw: Vec<u8>) -> Result<Vec<u8>, TokenError> {
    match scheme {
        Scheme::RsaPss | Scheme::RsaPkcs1 => Ok(raw),
        Scheme::EcdsaP256 | Scheme::EcdsaP384 => {
            if raw.is_empty() || !raw.len().is_multiple_of(2) {
                return Err(TokenError::WrongSignature);
            }
            let (r, s) = raw.split_at(raw.len() / 2);
            let value = UintRef::new(r).and_then(|r| {
                let s = UintRef::new(s)?;
                EcdsaSigValue { r, s }.to_der()
            });
            value.map_err(|_| TokenError::WrongSignature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Offered = Offered {
        rsa_pss: true,
        rsa_pkcs: true,
        ecdsa: true,
    };

    #[test]
    fn pss_is_chosen_where_it_is_offered_and_missed_where_it_is_not() {
        let without_pss = Offered {
            rsa_pss: false,
            ..ALL
        };
        let rsa = |offered, padding| choose(KeyKind::Rsa, padding, None, offered);
        let chosen = rsa(ALL, RsaPadding::Pss).expect("offered");
        assert_eq!(chosen, (SignatureAlgorithm::RSA_PSS_SHA256, None));
        let chosen = rsa(without_pss, RsaPadding::Pss).expect("offered");
        let deviation = Some(Deviation::PssNotOffered);
        assert_eq!(chosen, (SignatureAlgorithm::RSA_PKCS1_SHA256, deviation));
        // What the configuration asks for is no deviation.
        let chosen = rsa(ALL, RsaPadding::Pkcs1).expect("offered");
        assert_eq!(chosen, (SignatureAlgorithm::RSA_PKCS1_SHA256, None));
        assert!(rsa(Offered::default(), RsaPadding::Pss).is_err());
        let only_pss = choose(KeyKind::RsaPssOnly, RsaPadding::Pss, None, without_pss);
        assert!(matches!(only_pss, Err(TokenError::NoMechanism)));
        let (p384, _) = choose(KeyKind::P384, RsaPadding::Pss, None, ALL).expect("offered");
        assert_eq!(p384, SignatureAlgorithm::ECDSA_P384_SHA384);
    }

    #[test]
    fn a_digest_info_is_the_prefix_of_rfc_8017_and_the_digest() {
        let digest = Hash::Sha256.digest(b"abc");
        let info = input(SignatureAlgorithm::RSA_PKCS1_SHA256, b"abc").expect("encodes");
        let (prefix, behind) = info.split_at(info.len() - digest.len());
        let expected = "3031300d060960864801650304020105000420";
        assert_eq!(data_encoding::HEXLOWER.encode(prefix), expected);
        assert_eq!(behind, digest);
        let plain = input(SignatureAlgorithm::RSA_PSS_SHA256, b"abc").expect("as it is");
        assert_eq!(plain, digest);
    }

    #[test]
    fn ecdsa_values_are_encoded_without_needless_zeros() {
        let raw = [&[0, 0, 1][..], &[0x80, 0, 2]].concat();
        let value = output(Scheme::EcdsaP256, raw).expect("encodes");
        assert_eq!(value, [0x30, 9, 2, 1, 1, 2, 4, 0, 0x80, 0, 2]);
        assert!(output(Scheme::EcdsaP256, vec![1; 63]).is_err());
        assert!(output(Scheme::EcdsaP256, Vec::new()).is_err());
    }
}

//! Keys and certificates on a token, and which of them belong together.

use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use der::asn1::UintRef;
use der::{Decode, Encode, Sequence};
use x509_cert::certificate::{CertificateInner, Raw};

use super::{ObjectFault, TokenError};
use crate::sign::certificate::Certificate;

/// Certificates on a token are few; one that is full of them is broken.
const OBJECTS_MAX: usize = 64;

/// A chain longer than this is none.
const CHAIN_MAX: usize = 8;

/// A certificate as it lies on the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// `CKA_ID`; empty where the token gives none.
    pub(super) id: Vec<u8>,
    /// DER.
    pub(super) der: Vec<u8>,
}

/// All X.509 certificates that the session sees.
pub(super) fn certificates(session: &Session) -> Result<Vec<Held>, TokenError> {
    let wanted = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    let mut held = Vec::new();
    for object in session.find_objects(&wanted)?.into_iter().take(OBJECTS_MAX) {
        let mut found = Held {
            id: Vec::new(),
            der: Vec::new(),
        };
        for attribute in
            session.get_attributes(object, &[AttributeType::Id, AttributeType::Value])?
        {
            match attribute {
                Attribute::Id(id) => found.id = id,
                Attribute::Value(der) => found.der = der,
                _ => {}
            }
        }
        held.push(found);
    }
    Ok(held)
}

/// The `CKA_ID`s of all private keys that the session sees: none before the login.
pub(super) fn private_key_ids(session: &Session) -> Result<Vec<Vec<u8>>, TokenError> {
    let keys = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])?;
    let mut ids = Vec::new();
    for key in keys.into_iter().take(OBJECTS_MAX) {
        for attribute in session.get_attributes(key, &[AttributeType::Id])? {
            if let Attribute::Id(id) = attribute {
                ids.push(id);
            }
        }
    }
    Ok(ids)
}

/// The private key with this `CKA_ID`. It is gone from a session that is not logged in any more.
pub(super) fn private_key(session: &Session, id: &[u8]) -> Result<ObjectHandle, TokenError> {
    let wanted = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Id(id.to_vec()),
    ];
    let found = session.find_objects(&wanted)?.into_iter().next();
    found.ok_or_else(|| TokenError::Gone("no private key with this ID is seen".to_owned()))
}

/// `CKA_ALWAYS_AUTHENTICATE`; tokens that do not know it do not want it.
pub(super) fn wants_pin_each_time(
    session: &Session,
    key: ObjectHandle,
) -> Result<bool, TokenError> {
    let attributes = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate])?;
    Ok(attributes.contains(&Attribute::AlwaysAuthenticate(true)))
}

/// RFC 8017, A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// Whether the key of this `CKA_ID` is the certificate's; `None` where the token does not show it.
///
/// The modulus may be read of private and of public keys, the point of public keys only.
pub(super) fn belongs(session: &Session, held: &Held) -> Result<Option<bool>, TokenError> {
    let Ok(certificate) = Certificate::from_der(&held.der) else {
        return Ok(None);
    };
    let Some(certified) = certificate.public_key() else {
        return Ok(None);
    };
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        let wanted = [Attribute::Class(class), Attribute::Id(held.id.clone())];
        for key in session.find_objects(&wanted)?.into_iter().take(OBJECTS_MAX) {
            let shown = [AttributeType::Modulus, AttributeType::EcPoint];
            // Tokens answer this one with errors where an attribute does not suit the key.
            let attributes = shown.iter().filter_map(|attribute| {
                let read = session.get_attributes(key, std::slice::from_ref(attribute));
                read.ok()?.into_iter().next()
            });
            for attribute in attributes {
                if let Some(same) = is_same(&attribute, certified) {
                    return Ok(Some(same));
                }
            }
        }
    }
    Ok(None)
}

fn is_same(attribute: &Attribute, certified: &[u8]) -> Option<bool> {
    match attribute {
        Attribute::Modulus(modulus) if !modulus.is_empty() => {
            let key = RsaPublicKey::from_der(certified).ok()?;
            Some(UintRef::new(modulus).ok()?.as_bytes() == key.modulus.as_bytes())
        }
        // An octet string with the point in it, or, from some tokens, the bare point.
        Attribute::EcPoint(point) if !point.is_empty() => Some(point.ends_with(certified)),
        _ => None,
    }
}

/// Bits of an RSA key; `None` for other keys.
pub(super) fn rsa_bits(certified: &[u8]) -> Option<usize> {
    let key = RsaPublicKey::from_der(certified).ok()?;
    let modulus = key.modulus.as_bytes();
    let leading = modulus.first()?.leading_zeros() as usize;
    Some(modulus.len() * 8 - leading)
}

/// The pair to sign with: of this `CKA_ID`, else the only one.
pub(super) fn choose<'a>(
    certificates: &'a [Held],
    keys: &[Vec<u8>],
    wanted: Option<&[u8]>,
) -> Result<&'a Held, TokenError> {
    let fits = |id: &[u8]| wanted.is_none_or(|wanted| wanted == id);
    let has_key = |held: &&Held| keys.contains(&held.id);
    // Issuers lie on tokens too; theirs are no keys of ours.
    let mut own = certificates.iter().filter(|held| fits(&held.id)).peekable();
    let mut pairs = certificates
        .iter()
        .filter(|held| fits(&held.id))
        .filter(has_key);
    match (pairs.next(), pairs.next()) {
        (Some(pair), None) => Ok(pair),
        (Some(_), Some(_)) => Err(TokenError::Objects(ObjectFault::SeveralPairs)),
        (None, _) => Err(TokenError::Objects(
            match (own.peek().is_some(), keys.iter().any(|id| fits(id))) {
                (_, true) => ObjectFault::KeyWithoutCertificate,
                (true, false) => ObjectFault::CertificateWithoutKey,
                (false, false) => ObjectFault::Empty,
            },
        )),
    }
}

/// The issuers of a certificate, nearest first, as far as they are in `pool`.
pub(super) fn chain(certificate: &[u8], pool: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let names = |der: &[u8]| {
        let certificate = CertificateInner::<Raw>::from_der(der).ok()?;
        let fields = certificate.tbs_certificate();
        Some((
            fields.subject().to_der().ok()?,
            fields.issuer().to_der().ok()?,
        ))
    };
    let mut chain: Vec<Vec<u8>> = Vec::new();
    let mut wanted = names(certificate);
    while let Some((subject, issuer)) = wanted
        && subject != issuer
        && chain.len() < CHAIN_MAX
    {
        let issued = |der: &&Vec<u8>| names(der).is_some_and(|(subject, _)| subject == issuer);
        let Some(found) = pool.iter().find(issued) else {
            break;
        };
        wanted = names(found);
        chain.push(found.clone());
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(id: &[u8]) -> Held {
        Held {
            id: id.to_vec(),
            der: vec![1],
        }
    }

    fn fault(certificates: &[Held], keys: &[Vec<u8>], wanted: Option<&[u8]>) -> ObjectFault {
        match choose(certificates, keys, wanted) {
            Err(TokenError::Objects(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_only_pair_is_chosen_and_every_gap_is_named() {
        let (one, two, issuer) = (held(&[1]), held(&[2]), held(&[]));
        let keys = vec![vec![1], vec![2]];
        let all = [one.clone(), two.clone(), issuer.clone()];
        let with_issuer = [issuer, one.clone()];
        let only = choose(&with_issuer, &keys[..1], None).expect("one pair");
        assert_eq!(*only, one);
        let named = choose(&all, &keys, Some(&[2])).expect("named");
        assert_eq!(*named, two);
        assert_eq!(fault(&all, &keys, None), ObjectFault::SeveralPairs);
        assert_eq!(fault(&[], &keys, None), ObjectFault::KeyWithoutCertificate);
        assert_eq!(fault(&all, &[], None), ObjectFault::CertificateWithoutKey);
        assert_eq!(fault(&[], &[], None), ObjectFault::Empty);
        let other = fault(&all, &keys, Some(&[3]));
        assert_eq!(other, ObjectFault::Empty, "nothing of this ID");
    }

    #[test]
    fn bits_of_rsa_keys_are_counted_from_the_highest_one() {
        let key = [0x30, 7, 2, 2, 1, 0xff, 2, 1, 3];
        assert_eq!(rsa_bits(&key), Some(9));
        assert_eq!(rsa_bits(&[4, 1, 2]), None);
    }
}

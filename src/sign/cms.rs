//! The signature container: CMS `SignedData` as CAdES asks of a PAdES baseline signature
//! (RFC 5652, RFC 5035, RFC 4056, RFC 5754; EN 319 122-1; EN 319 142-1, 6.3).
//!
//! Signed attributes are content-type, message-digest and signing-certificate-v2. Signing-time is left out:
//! PAdES forbids it, the claimed time is `/M` of the signature dictionary. Certificates go in as the bytes
//! they are, because encoding them again could change them.

use der::asn1::{Any, Null, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, ValueOrd};
use sha2::{Digest, Sha256};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;
use x509_cert::certificate::Raw;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use super::SignError;
use super::algorithm::{Hash, Scheme, SignatureAlgorithm};
use super::certificate::Certificate;
use super::keys::{Orders, RawSigner, SignedValue};
use super::oid;

#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

#[derive(Sequence)]
struct SignedData {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    encapsulated: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    certificates: SetOfVec<Any>,
    signers: SetOfVec<SignerInfo>,
}

/// Without content: the signature is detached.
#[derive(Sequence)]
struct EncapsulatedContentInfo {
    content_type: ObjectIdentifier,
}

#[derive(Clone, Sequence, ValueOrd)]
struct IssuerAndSerialNumber {
    issuer: Name,
    serial_number: SerialNumber<Raw>,
}

#[derive(Sequence, ValueOrd)]
struct SignerInfo {
    version: u8,
    signer: IssuerAndSerialNumber,
    digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    signed_attributes: SetOfVec<Attribute>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: OctetString,
}

/// RFC 5035; `hashAlgorithm` is left out because SHA-256 is its default.
#[derive(Sequence)]
struct EssCertIdV2 {
    hash: OctetString,
}

#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertIdV2>,
}

/// RFC 4055, 3.1; `trailerField` is left out because 1 is its default.
#[derive(Sequence)]
struct PssParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    salt_length: u8,
}

/// Signs a detached content of this digest and gives the DER of the container.
///
/// `digest` is of the kind that the signer's algorithm names; `certificate` is the signer's. With `orders`, the
/// signature may come later: the same call again asks after it.
pub(super) fn sign_detached(
    digest: &[u8],
    signer: &dyn RawSigner,
    certificate: &Certificate,
    orders: Option<&Orders<'_>>,
) -> Result<Vec<u8>, SignError> {
    let attributes = signed_attributes(digest, signer.certificate()).map_err(encoding)?;
    let to_be_signed = attributes.to_der().map_err(encoding)?;
    let value = match orders {
        None => SignedValue::Raw(signer.sign(&to_be_signed)?),
        Some(orders) => signer.sign_or_order(&to_be_signed, orders)?,
    };
    match value {
        SignedValue::Raw(signature) => {
            container(attributes, &signature, signer, certificate).map_err(encoding)
        }
        SignedValue::Container(container) => Ok(container),
    }
}

/// Encoding own structures fails only for certificates that are no DER.
fn encoding(_: der::Error) -> SignError {
    SignError::Certificate {
        what: "not valid DER",
    }
}

fn signed_attributes(digest: &[u8], certificate: &[u8]) -> der::Result<SetOfVec<Attribute>> {
    let hash = OctetString::new(Sha256::digest(certificate).as_slice())?;
    let signing_certificate = SigningCertificateV2 {
        certificates: vec![EssCertIdV2 { hash }],
    };
    let attribute = |oid, value: Any| -> der::Result<Attribute> {
        Ok(Attribute {
            oid,
            values: SetOfVec::try_from(vec![value])?,
        })
    };
    SetOfVec::try_from(vec![
        attribute(oid::CONTENT_TYPE, Any::encode_from(&oid::DATA)?)?,
        attribute(
            oid::MESSAGE_DIGEST,
            Any::encode_from(&OctetString::new(digest)?)?,
        )?,
        attribute(
            oid::SIGNING_CERTIFICATE_V2,
            Any::encode_from(&signing_certificate)?,
        )?,
    ])
}

fn container(
    attributes: SetOfVec<Attribute>,
    signature: &[u8],
    signer: &dyn RawSigner,
    certificate: &Certificate,
) -> der::Result<Vec<u8>> {
    let digest_algorithm = digest_identifier(signer.algorithm().hash);
    let signer_info = SignerInfo {
        version: 1,
        signer: IssuerAndSerialNumber {
            issuer: certificate.issuer(),
            serial_number: certificate.serial_number(),
        },
        digest_algorithm: digest_algorithm.clone(),
        signed_attributes: attributes,
        signature_algorithm: signature_identifier(signer.algorithm())?,
        signature: OctetString::new(signature)?,
    };
    let mut certificates = SetOfVec::new();
    let own = std::iter::once(signer.certificate());
    for der in own.chain(signer.chain().iter().map(Vec::as_slice)) {
        certificates.insert(Any::from_der(der)?)?;
    }
    ContentInfo {
        content_type: oid::SIGNED_DATA,
        content: SignedData {
            version: 1,
            digest_algorithms: SetOfVec::try_from(vec![digest_algorithm])?,
            encapsulated: EncapsulatedContentInfo {
                content_type: oid::DATA,
            },
            certificates,
            signers: SetOfVec::try_from(vec![signer_info])?,
        },
    }
    .to_der()
}

/// RFC 5754, 2: parameters absent.
pub(super) fn digest_identifier(hash: Hash) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: oid::of_hash(hash),
        parameters: None,
    }
}

/// RFC 5754, 3.2 and 3.3; RFC 4055, 3 and 5: NULL parameters for RSA, none for ECDSA.
pub(super) fn signature_identifier(
    algorithm: SignatureAlgorithm,
) -> der::Result<AlgorithmIdentifierOwned> {
    let null = || Any::encode_from(&Null).map(Some);
    let hash = algorithm.hash;
    let (oid, parameters) = match algorithm.scheme {
        Scheme::RsaPss => (
            oid::RSASSA_PSS,
            Some(Any::encode_from(&pss_parameters(hash)?)?),
        ),
        Scheme::RsaPkcs1 => match hash {
            Hash::Sha256 => (oid::SHA256_WITH_RSA, null()?),
            Hash::Sha384 => (oid::SHA384_WITH_RSA, null()?),
            Hash::Sha512 => (oid::SHA512_WITH_RSA, null()?),
        },
        Scheme::EcdsaP256 | Scheme::EcdsaP384 => match hash {
            Hash::Sha256 => (oid::ECDSA_SHA256, None),
            Hash::Sha384 => (oid::ECDSA_SHA384, None),
            Hash::Sha512 => (oid::ECDSA_SHA512, None),
        },
    };
    Ok(AlgorithmIdentifierOwned { oid, parameters })
}

fn pss_parameters(hash: Hash) -> der::Result<PssParameters> {
    let salt_length = match hash {
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    };
    let hash = AlgorithmIdentifierOwned {
        oid: oid::of_hash(hash),
        parameters: Some(Any::encode_from(&Null)?),
    };
    let mask = AlgorithmIdentifierOwned {
        oid: oid::MGF1,
        parameters: Some(Any::encode_from(&hash)?),
    };
    Ok(PssParameters {
        hash,
        mask,
        salt_length,
    })
}

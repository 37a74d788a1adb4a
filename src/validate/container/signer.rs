//! `SignerInfo` (RFC 5652 §5.3): who signed, by what, and the attributes.

use der::Decode;
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::name::Name;

use super::ber::{self, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, Values, context};
use super::fault::ContainerFault;
use super::{Binding, time};
use crate::trust::Certificate;
use crate::trust::signature::HashFunction;

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIMESTAMP_TOKEN: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const REVOCATION_ARCHIVAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.8");
/// Attributes of one signer, signed or not.
const ATTRIBUTES_MAX: usize = 64;
/// Timestamps that are looked at in one signature.
const TIMESTAMPS_MAX: usize = 16;

/// How a signer names the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Identifier {
    /// Name and serial number, DER.
    Issuer(Vec<u8>, Vec<u8>),
    Key(Vec<u8>),
}

/// One ESSCertID (RFC 2634 §5.4) or ESSCertIDv2 (RFC 5035 §4): the first is of the signer.
#[derive(Debug, Clone)]
struct CertificateId {
    hash: Option<HashFunction>,
    digest: Vec<u8>,
}

/// The parts of a `SignerInfo`.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    identifier: Identifier,
    pub(super) digest_oid: ObjectIdentifier,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) value: Vec<u8>,
    /// What the value is over, where there are attributes: as they came, and as DER where that is something else.
    pub(super) signed: Option<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) message_digest: Option<Vec<u8>>,
    pub(super) signing_time: Option<Timestamp>,
    certificate_ids: Vec<CertificateId>,
    pub(super) timestamps: Vec<Vec<u8>>,
    pub(super) crls: Vec<Vec<u8>>,
    pub(super) ocsp_responses: Vec<Vec<u8>>,
}

type Outcome<T> = Result<T, ContainerFault>;

fn broken() -> ContainerFault {
    ContainerFault::Malformed("SignerInfo")
}

impl Signer {
    pub(super) fn parse(mut info: Values<'_>, content_type: ObjectIdentifier) -> Outcome<Self> {
        info.expect(INTEGER).ok_or_else(broken)?;
        let identifier = identifier(&mut info).ok_or_else(broken)?;
        let digest = info.next().ok_or_else(broken)?;
        let digest = AlgorithmIdentifierOwned::from_der(digest.whole).map_err(|_| broken())?;
        let signed = info.optional(context(0));
        let algorithm = info.next().ok_or_else(broken)?;
        let algorithm =
            AlgorithmIdentifierOwned::from_der(algorithm.whole).map_err(|_| broken())?;
        let value = info.expect(OCTET_STRING).ok_or_else(broken)?.to_vec();
        let unsigned = info.optional(context(1));
        if !info.is_empty() {
            return Err(broken());
        }
        let mut signer = Self {
            identifier,
            digest_oid: digest.oid,
            algorithm,
            value,
            signed: None,
            message_digest: None,
            signing_time: None,
            certificate_ids: Vec::new(),
            timestamps: Vec::new(),
            crls: Vec::new(),
            ocsp_responses: Vec::new(),
        };
        if let Some(signed) = signed {
            // Signed is the SET, not the implicit tag that stands for it (§5.4).
            let original = [&[SET], signed.whole.get(1..).unwrap_or_default()].concat();
            let mut as_set = Values::of(&original);
            let der = as_set.next().as_ref().and_then(ber::der);
            let der = der.filter(|der| *der != original);
            signer.take_signed(Values::of(signed.content), content_type)?;
            signer.signed = Some((original, der));
        }
        if let Some(unsigned) = unsigned {
            signer.take_unsigned(Values::of(unsigned.content))?;
        }
        Ok(signer)
    }

    fn take_signed(&mut self, attributes: Values<'_>, expected: ObjectIdentifier) -> Outcome<()> {
        let mut content_type = None;
        for (oid, mut values) in attributes_of(attributes)? {
            match oid {
                CONTENT_TYPE => {
                    let kind = values.expect(OBJECT_IDENTIFIER);
                    let kind = kind.and_then(|kind| ObjectIdentifier::from_bytes(kind).ok());
                    once(&mut content_type, kind, values, "content-type")?;
                }
                MESSAGE_DIGEST => {
                    let digest = values.expect(OCTET_STRING).map(<[u8]>::to_vec);
                    once(&mut self.message_digest, digest, values, "message-digest")?;
                }
                SIGNING_TIME => {
                    let time = values.next().and_then(|time| time::read(&time));
                    once(&mut self.signing_time, time, values, "signing-time")?;
                }
                SIGNING_CERTIFICATE | SIGNING_CERTIFICATE_V2 => {
                    let is_first = oid == SIGNING_CERTIFICATE;
                    let id = certificate_id(values, is_first)
                        .ok_or(ContainerFault::Attribute("signing-certificate"))?;
                    self.certificate_ids.push(id);
                }
                REVOCATION_ARCHIVAL => self.take_archival(values),
                _ => {}
            }
        }
        if content_type != Some(expected) {
            return Err(ContainerFault::Attribute("content-type"));
        }
        if self.message_digest.is_none() {
            return Err(ContainerFault::Attribute("message-digest"));
        }
        Ok(())
    }

    fn take_unsigned(&mut self, attributes: Values<'_>) -> Outcome<()> {
        for (oid, mut values) in attributes_of(attributes)? {
            match oid {
                TIMESTAMP_TOKEN => {
                    while !values.is_empty() && self.timestamps.len() < TIMESTAMPS_MAX {
                        let token = values.next().ok_or_else(broken)?;
                        self.timestamps.push(token.whole.to_vec());
                    }
                }
                REVOCATION_ARCHIVAL => self.take_archival(values),
                _ => {}
            }
        }
        Ok(())
    }

    /// Adobe's `RevocationInfoArchival`: CRLs in [0], OCSP responses in [1]. What cannot be read proves nothing.
    fn take_archival(&mut self, mut values: Values<'_>) {
        let Some(mut archival) = values.inside(SEQUENCE) else {
            return;
        };
        for (tag, kept) in [
            (context(0), &mut self.crls),
            (context(1), &mut self.ocsp_responses),
        ] {
            let found = archival.optional(tag);
            let Some(mut items) =
                found.and_then(|found| Values::of(found.content).inside(SEQUENCE))
            else {
                continue;
            };
            while let Some(item) = items.next() {
                kept.push(item.whole.to_vec());
            }
        }
    }

    /// The signer's certificate among these; of several that are named the one that the attributes are bound to.
    pub(super) fn certificate_among(&self, certificates: &[Certificate]) -> Option<Certificate> {
        let named: Vec<&Certificate> = certificates
            .iter()
            .filter(|one| self.identifier.names(one))
            .collect();
        let bound = named
            .iter()
            .find(|one| self.binding(one) == Binding::Bound)
            .or_else(|| named.first());
        bound.map(|one| (*one).clone())
    }

    /// Whether the signed attributes name this certificate by its digest; all of them must.
    pub(super) fn binding(&self, certificate: &Certificate) -> Binding {
        if self.certificate_ids.is_empty() {
            return Binding::Absent;
        }
        let is_own = |id: &CertificateId| {
            let digest = id.hash.map(|hash| hash.digest(certificate.der()));
            digest.as_ref() == Some(&id.digest)
        };
        if self.certificate_ids.iter().all(is_own) {
            Binding::Bound
        } else {
            Binding::Mismatch
        }
    }
}

impl Identifier {
    fn names(&self, certificate: &Certificate) -> bool {
        let Ok(parsed) = CertificateInner::<Raw>::from_der(certificate.der()) else {
            return false;
        };
        let tbs = parsed.tbs_certificate();
        match self {
            Identifier::Issuer(name, serial) => {
                tbs.serial_number().as_bytes() == serial.as_slice()
                    && Name::from_der(name)
                        .is_ok_and(|name| certval::compare_names(&name, tbs.issuer()))
            }
            Identifier::Key(key) => {
                let own = tbs.get_extension::<SubjectKeyIdentifier>().ok().flatten();
                own.is_some_and(|(_, own)| own.0.as_bytes() == key.as_slice())
            }
        }
    }
}

fn identifier(info: &mut Values<'_>) -> Option<Identifier> {
    if let Some(key) = info.optional(0x80) {
        return Some(Identifier::Key(key.content.to_vec()));
    }
    let mut named = info.inside(SEQUENCE)?;
    let name = named.next()?.whole.to_vec();
    let serial = named.expect(INTEGER)?.to_vec();
    named.is_empty().then_some(Identifier::Issuer(name, serial))
}

/// Attributes by their kind, with their values.
fn attributes_of(mut attributes: Values<'_>) -> Outcome<Vec<(ObjectIdentifier, Values<'_>)>> {
    let mut all = Vec::new();
    while !attributes.is_empty() && all.len() < ATTRIBUTES_MAX {
        let attribute = attributes.inside(SEQUENCE);
        let parts = attribute.and_then(|mut attribute| {
            let oid = ObjectIdentifier::from_bytes(attribute.expect(OBJECT_IDENTIFIER)?).ok()?;
            Some((oid, attribute.inside(SET)?))
        });
        all.push(parts.ok_or_else(broken)?);
    }
    if attributes.is_empty() {
        Ok(all)
    } else {
        Err(broken())
    }
}

/// Keeps the only value of the only attribute of a kind.
fn once<T>(
    place: &mut Option<T>,
    value: Option<T>,
    rest: Values<'_>,
    name: &'static str,
) -> Outcome<()> {
    if value.is_none() || !rest.is_empty() || place.is_some() {
        return Err(ContainerFault::Attribute(name));
    }
    *place = value;
    Ok(())
}

fn certificate_id(mut values: Values<'_>, is_first_version: bool) -> Option<CertificateId> {
    let mut id = values
        .inside(SEQUENCE)?
        .inside(SEQUENCE)?
        .inside(SEQUENCE)?;
    let hash = if is_first_version {
        Some(HashFunction::Sha1)
    } else {
        match id.optional(SEQUENCE) {
            // SHA-256 is the default of version 2.
            None => Some(HashFunction::Sha256),
            Some(algorithm) => {
                let algorithm = AlgorithmIdentifierOwned::from_der(algorithm.whole).ok()?;
                HashFunction::of(algorithm.oid)
            }
        }
    };
    let digest = id.expect(OCTET_STRING)?.to_vec();
    Some(CertificateId { hash, digest })
}

//! One CRL (RFC 5280 §5.1), taken apart where it lies: lists run to tens of megabytes.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode, Header, Reader, SliceReader, Tag};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlReason};
use x509_cert::name::Name;

use super::{BYTES_MAX, CrlFault};
use crate::trust::certificate::Certificate;
use crate::trust::time::{self, Window};

const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const DELTA_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// A list, its entries not looked at yet.
pub(super) struct List<'a> {
    pub(super) signed: &'a [u8],
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: &'a [u8],
    pub(super) issuer: Name,
    pub(super) window: Window,
    entries: &'a [u8],
    /// `cRLNumber`, without leading zeros.
    pub(super) number: Option<Vec<u8>>,
    /// The number of the list that this one brings up to date, of a delta list.
    pub(super) base: Option<Vec<u8>>,
    pub(super) point: Option<IssuingDistributionPoint>,
    /// Key identifier of the issuer.
    pub(super) key: Option<Vec<u8>>,
    pub(super) has_unknown_critical: bool,
}

/// What a list says of one that is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) when: Timestamp,
    pub(super) reason: Option<CrlReason>,
}

impl<'a> List<'a> {
    pub(super) fn parse(crl: &'a [u8]) -> Option<Self> {
        if crl.len() > BYTES_MAX {
            return None;
        }
        let mut reader = SliceReader::new(crl).ok()?;
        let whole = Header::decode(&mut reader).ok()?;
        if whole.tag() != Tag::Sequence || whole.length() != reader.remaining_len() {
            return None;
        }
        let signed = reader.tlv_bytes().ok()?;
        let algorithm = AlgorithmIdentifierOwned::decode(&mut reader).ok()?;
        let signature = BitStringRef::decode(&mut reader).ok()?.as_bytes()?;

        let mut reader = SliceReader::new(signed).ok()?;
        let _sequence = Header::decode(&mut reader).ok()?;
        if Tag::peek(&reader).ok()? == Tag::Integer {
            let _version = reader.tlv_bytes().ok()?;
        }
        if AlgorithmIdentifierOwned::decode(&mut reader).ok()? != algorithm {
            return None;
        }
        let issuer = Name::decode(&mut reader).ok()?;
        let this_update = read_time(&mut reader)?;
        let next_update = if has_next(&reader, &[Tag::UtcTime, Tag::GeneralizedTime]) {
            Some(read_time(&mut reader)?)
        } else {
            None
        };
        let entries = if has_next(&reader, &[Tag::Sequence]) {
            AnyRef::decode(&mut reader).ok()?.value()
        } else {
            &[]
        };
        let extensions = if reader.is_finished() {
            Extensions::new()
        } else {
            // [0] EXPLICIT
            let explicit = AnyRef::decode(&mut reader).ok()?;
            Extensions::from_der(explicit.value()).ok()?
        };
        let mut list = Self {
            signed,
            algorithm,
            signature,
            issuer,
            window: Window {
                this_update,
                next_update,
            },
            entries,
            number: None,
            base: None,
            point: None,
            key: None,
            has_unknown_critical: false,
        };
        list.take_extensions(&extensions)?;
        Some(list)
    }

    fn take_extensions(&mut self, extensions: &Extensions) -> Option<()> {
        for extension in extensions {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                CRL_NUMBER => self.number = Some(number(value)?),
                DELTA_INDICATOR => self.base = Some(number(value)?),
                DISTRIBUTION_POINT => {
                    self.point = Some(IssuingDistributionPoint::from_der(value).ok()?);
                }
                AUTHORITY_KEY => {
                    let key = AuthorityKeyIdentifier::from_der(value).ok();
                    self.key = key.and_then(|key| Some(key.key_identifier?.as_bytes().to_vec()));
                }
                _ => self.has_unknown_critical |= extension.critical,
            }
        }
        Some(())
    }

    /// Whether it may have entries about certificates of other issuers (§5.2.5).
    pub(super) fn is_indirect(&self) -> bool {
        self.point.as_ref().is_some_and(|point| point.indirect_crl)
    }

    /// The entry of a certificate, if it is on the list; every entry is looked at.
    pub(super) fn entry_of(&self, certificate: &Certificate) -> Result<Option<Entry>, CrlFault> {
        let serial = certificate.serial_number().to_der();
        let serial = serial.map_err(|_| CrlFault::Unreadable)?;
        // Each entry is about the issuer of the one before it, unless it names another (§5.3.3).
        let mut is_of_issuer = certificate.is_issued_by_name(&self.issuer);
        let mut found = None;
        let mut rest = SliceReader::new(self.entries).map_err(|_| CrlFault::Unreadable)?;
        while !rest.is_finished() {
            let entry = AnyRef::decode(&mut rest).map_err(|_| CrlFault::Unreadable)?;
            let mut entry = SliceReader::new(entry.value()).map_err(|_| CrlFault::Unreadable)?;
            let has_serial = entry.tlv_bytes().map_err(|_| CrlFault::Unreadable)? == serial;
            let when = AnyRef::decode(&mut entry).map_err(|_| CrlFault::Unreadable)?;
            let extensions = if entry.is_finished() {
                EntryExtensions::default()
            } else {
                let bytes = entry.tlv_bytes().map_err(|_| CrlFault::Unreadable)?;
                if !has_serial && !may_be_critical(bytes) {
                    continue;
                }
                EntryExtensions::read(bytes, self.is_indirect())?
            };
            if let Some(issuer) = &extensions.issuer {
                is_of_issuer = names_issuer(issuer, certificate);
            }
            if has_serial && is_of_issuer {
                let when = time::read(when.header().tag(), when.value());
                found = Some(Entry {
                    when: when.ok_or(CrlFault::Unreadable)?,
                    reason: extensions.reason,
                });
            }
        }
        Ok(found)
    }
}

impl Certificate {
    pub(super) fn is_issued_by_name(&self, name: &Name) -> bool {
        certval::compare_names(self.issuer_name(), name)
    }
}

fn names_issuer(names: &GeneralNames, certificate: &Certificate) -> bool {
    names.iter().any(|name| match name {
        GeneralName::DirectoryName(name) => certificate.is_issued_by_name(name),
        _ => false,
    })
}

#[derive(Default)]
struct EntryExtensions {
    reason: Option<CrlReason>,
    issuer: Option<GeneralNames>,
}

impl EntryExtensions {
    /// An unknown critical extension makes the list useless (§5.3); the issuer of the certificate is one where the
    /// list is the issuer's own.
    fn read(bytes: &[u8], is_indirect: bool) -> Result<Self, CrlFault> {
        let extensions = Extensions::from_der(bytes).map_err(|_| CrlFault::Unreadable)?;
        let mut known = Self::default();
        for extension in extensions {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                REASON_CODE => known.reason = CrlReason::from_der(value).ok(),
                CERTIFICATE_ISSUER if is_indirect => {
                    let names = GeneralNames::from_der(value);
                    known.issuer = Some(names.map_err(|_| CrlFault::Unreadable)?);
                }
                INVALIDITY_DATE => {}
                _ if extension.critical => return Err(CrlFault::CriticalExtension),
                _ => {}
            }
        }
        Ok(known)
    }
}

/// Whether DER's TRUE stands anywhere in it: cheap, and no critical extension is without.
fn may_be_critical(extensions: &[u8]) -> bool {
    extensions.windows(3).any(|three| three == [1, 1, 0xff])
}

fn has_next(reader: &SliceReader<'_>, tags: &[Tag]) -> bool {
    !reader.is_finished() && Tag::peek(reader).is_ok_and(|tag| tags.contains(&tag))
}

fn read_time(reader: &mut SliceReader<'_>) -> Option<Timestamp> {
    let any = AnyRef::decode(reader).ok()?;
    time::read(any.header().tag(), any.value())
}

fn number(der: &[u8]) -> Option<Vec<u8>> {
    Some(UintRef::from_der(der).ok()?.as_bytes().to_vec())
}

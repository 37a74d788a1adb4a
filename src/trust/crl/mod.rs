//! CRLs (RFC 5280 §5 and §6.3): whether a list is the issuer's, in force, and has a certificate on it.
//!
//! Lists run to tens of megabytes, so entries are walked over where they lie. Only whole lists signed in
//! the issuer's name count: delta and indirect lists, and lists for some reasons only, say nothing here.

#[cfg(test)]
mod tests;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode, Header, Reader, SliceReader, Tag};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::CrlReason;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::name::Name;

use super::certificate::Certificate;
use super::signature::{self, SignatureFault};
use super::status::Status;
use super::time::{self, OutOfTime, Window};

/// A list with three quarters of a million entries.
pub(super) const BYTES_MAX: usize = 32 * 1024 * 1024;

const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const DELTA_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// Why a list says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrlFault {
    /// Not a CRL.
    #[error("not a CRL")]
    Unreadable,
    /// It is another issuer's.
    #[error("it is another issuer's list")]
    OtherIssuer,
    /// The issuer's key is not for CRLs.
    #[error("the issuer's key is not for signing CRLs")]
    KeyUsage,
    /// Its signature proves nothing.
    #[error(transparent)]
    Signature(#[from] SignatureFault),
    /// Not for this time.
    #[error(transparent)]
    Time(#[from] OutOfTime),
    /// It does not cover the certificate, or not for all reasons.
    #[error("it does not cover this certificate")]
    Scope,
    /// It has a critical extension that is not known here (§5.2: then it must not be used).
    #[error("it has an unknown critical extension")]
    CriticalExtension,
}

/// The parts of a list.
struct Crl<'a> {
    signed: &'a [u8],
    algorithm: AlgorithmIdentifierOwned,
    signature: &'a [u8],
    issuer: Name,
    window: Window,
    entries: &'a [u8],
    extensions: Extensions,
}

/// What a list that `signer` signed says about a certificate at a time.
///
/// The signer has the name of the certificate's issuer, and mostly is it; an authority may have another key
/// for its lists (§6.3.3 (f)). Whether the signer is to be believed is the caller's to say.
///
/// # Errors
/// [`CrlFault`]: it says nothing that can be believed.
pub fn check(
    crl: &[u8],
    certificate: &Certificate,
    signer: &Certificate,
    at: Timestamp,
) -> Result<Status, CrlFault> {
    let crl = parse(crl).ok_or(CrlFault::Unreadable)?;
    let names_issuer = certval::compare_names(&crl.issuer, signer.subject_name());
    if !names_issuer || !certificate.names_as_issuer(signer) {
        return Err(CrlFault::OtherIssuer);
    }
    if signer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
        return Err(CrlFault::KeyUsage);
    }
    let until = crl.window.check(at)?;
    let covers_all_reasons = check_scope(&crl.extensions, certificate)?;
    signature::verify(signer.key(), &crl.algorithm, crl.signed, crl.signature)?;
    match entry_of(crl.entries, certificate)? {
        Some(revoked) => Ok(revoked),
        None if covers_all_reasons => Ok(Status::Good { until }),
        None => Err(CrlFault::Scope),
    }
}

/// When the next list is due; `None` for what is no list or names no time.
pub(super) fn next_update(crl: &[u8]) -> Option<Timestamp> {
    parse(crl)?.window.next_update
}

fn parse(crl: &[u8]) -> Option<Crl<'_>> {
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
    let has_next = |reader: &SliceReader<'_>, tags: &[Tag]| {
        !reader.is_finished() && Tag::peek(reader).is_ok_and(|tag| tags.contains(&tag))
    };
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
    Some(Crl {
        signed,
        algorithm,
        signature,
        issuer,
        window: Window {
            this_update,
            next_update,
        },
        entries,
        extensions,
    })
}

fn read_time(reader: &mut SliceReader<'_>) -> Option<Timestamp> {
    let any = AnyRef::decode(reader).ok()?;
    time::read(any.header().tag(), any.value())
}

/// Whether the list covers the certificate (§5.2.5); `false` where only for some reasons.
fn check_scope(extensions: &Extensions, certificate: &Certificate) -> Result<bool, CrlFault> {
    let mut covers_all_reasons = true;
    for extension in extensions {
        match extension.extn_id {
            DELTA_INDICATOR => return Err(CrlFault::Scope),
            DISTRIBUTION_POINT => {
                let point = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes())
                    .map_err(|_| CrlFault::Unreadable)?;
                if !is_for(&point, certificate) {
                    return Err(CrlFault::Scope);
                }
                covers_all_reasons = point.only_some_reasons.is_none();
            }
            CRL_NUMBER | AUTHORITY_KEY => {}
            _ if extension.critical => return Err(CrlFault::CriticalExtension),
            _ => {}
        }
    }
    Ok(covers_all_reasons)
}

fn is_for(point: &IssuingDistributionPoint, certificate: &Certificate) -> bool {
    let is_authority = certificate.is_authority();
    let excludes = point.indirect_crl
        || point.only_contains_attribute_certs
        || (point.only_contains_user_certs && is_authority)
        || (point.only_contains_ca_certs && !is_authority);
    let names_it = match &point.distribution_point {
        None => true,
        Some(DistributionPointName::FullName(names)) => {
            let own = certificate.crl_names();
            names.iter().any(|name| own.contains(name))
        }
        Some(DistributionPointName::NameRelativeToCRLIssuer(_)) => false,
    };
    !excludes && names_it
}

/// The entry of a certificate, if it is on the list.
fn entry_of(entries: &[u8], certificate: &Certificate) -> Result<Option<Status>, CrlFault> {
    let serial = certificate.serial_number().to_der();
    let serial = serial.map_err(|_| CrlFault::Unreadable)?;
    let mut found = None;
    let mut rest = SliceReader::new(entries).map_err(|_| CrlFault::Unreadable)?;
    while !rest.is_finished() {
        let entry = AnyRef::decode(&mut rest).map_err(|_| CrlFault::Unreadable)?;
        let mut entry = SliceReader::new(entry.value()).map_err(|_| CrlFault::Unreadable)?;
        let is_meant = entry.tlv_bytes().map_err(|_| CrlFault::Unreadable)? == serial;
        let when = AnyRef::decode(&mut entry).map_err(|_| CrlFault::Unreadable)?;
        let extensions = if entry.is_finished() {
            Extensions::new()
        } else {
            let bytes = entry.tlv_bytes().map_err(|_| CrlFault::Unreadable)?;
            if !is_meant && !may_be_critical(bytes) {
                continue;
            }
            Extensions::from_der(bytes).map_err(|_| CrlFault::Unreadable)?
        };
        let reason = reason(&extensions)?;
        if is_meant {
            let when = time::read(when.header().tag(), when.value());
            found = Some(Status::Revoked {
                when: when.ok_or(CrlFault::Unreadable)?,
                reason: reason.into(),
            });
        }
    }
    Ok(found)
}

/// Whether DER's TRUE stands anywhere in it: cheap, and no critical extension is without.
fn may_be_critical(extensions: &[u8]) -> bool {
    extensions.windows(3).any(|three| three == [1, 1, 0xff])
}

/// The reason among the extensions of an entry; an unknown critical one makes the list useless (§5.3).
fn reason(extensions: &Extensions) -> Result<Option<CrlReason>, CrlFault> {
    let mut reason = None;
    for extension in extensions {
        match extension.extn_id {
            REASON_CODE => reason = CrlReason::from_der(extension.extn_value.as_bytes()).ok(),
            INVALIDITY_DATE => {}
            _ if extension.critical => return Err(CrlFault::CriticalExtension),
            _ => {}
        }
    }
    Ok(reason)
}

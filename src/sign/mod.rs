//! Sealing: a PDF gets a PAdES signature (EN 319 142-1) by an incremental update that our own writer appends.
//!
//! [`seal`] tells the order: read the base where needed, lay out the update, copy and digest the base in one
//! pass, sign, write the update. The base's bytes stay as they are. `/Contents` is reserved generously so
//! that a timestamp which is not to be had now fits into the same place later. [`augment`] lifts what was signed. Nothing is validated here
//! beyond what must be true before a key is used; [`crate::read_back`] checks the result with other code.

mod algorithm;
mod appearance;
mod append;
mod asn1;
pub mod augment;
mod base;
mod byte_range;
mod certificate;
mod cms;
pub mod demo_pki;
mod dss;
mod error;
mod fields;
mod fit;
mod font;
pub mod keys;
mod oid;
mod output;
mod page;
mod refill;
mod signatures;
mod signed_data;
#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;
pub mod timestamp;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};
use unicode_normalization::UnicodeNormalization;

pub use self::algorithm::{Hash, Scheme, SignatureAlgorithm};
pub use self::appearance::{Appearance, Place};
pub use self::augment::AugmentedDocument;
pub use self::error::SignError;
pub use self::fit::{Fit, fit_letter};
pub use self::keys::{Deviation, Orders, RawSigner, RsaPadding, SoftwareKey};
pub use self::timestamp::{TimestampError, TimestampServices, TimestampToken};

use self::append::{Increment, SignatureDictionary, text_string};
use self::base::Base;
use self::base::syntax::Reference;
use self::certificate::Certificate;
use self::output::Output;
use self::signed_data::SignedData;
pub use crate::record::PadesLevel;
use crate::record::{Sha256Digest, SignatureRecord, Written, vietnam_time};
use crate::typeface::Typeface;

/// How a document is to be signed.
#[derive(Debug, Clone)]
pub struct SignatureRequest<'a> {
    /// The time that the signature claims (`/M`) and shows.
    pub claimed_time: Timestamp,
    /// What page 1 shows; `None` for an invisible signature.
    pub appearance: Option<Appearance<'a>>,
    /// Bytes kept for the signature container.
    pub contents_reserve: usize,
    /// Beginning of the field's name; a number that makes it unique follows.
    pub field_name_hint: &'a str,
    /// Who gives the signature its timestamp; without, it stays at level B-B.
    pub timestamps: Option<&'a TimestampServices>,
    /// `/Reason`, where one is to be given.
    pub reason: Option<&'a str>,
    /// Where an order is kept with a signer that does not answer at once. The signature then comes with a later call
    /// for the same input and the same request; until then, [`keys::RemoteError::Waiting`].
    pub orders: Option<&'a Orders<'a>>,
}

impl SignatureRequest<'_> {
    /// Room for a timestamp, its chain and the revocation data of a later refill.
    pub const CONTENTS_RESERVE: usize = 32 * 1024;

    /// An invisible signature with the usual reserve.
    #[must_use]
    pub fn at(claimed_time: Timestamp) -> Self {
        Self {
            claimed_time,
            appearance: None,
            contents_reserve: Self::CONTENTS_RESERVE,
            field_name_hint: "Signature",
            timestamps: None,
            reason: None,
            orders: None,
        }
    }
}

/// A signed document on disk, not yet synced.
#[derive(Debug)]
pub struct SignedDocument {
    /// Where it is.
    pub path: PathBuf,
    /// Digest of the whole file.
    pub digests: Written,
    /// The signature as made.
    pub signature: SignatureRecord,
    /// Why it has no timestamp although one was asked for: it can be refilled later.
    pub not_stamped: Option<TimestampError>,
}

/// Signs `input` and writes the result to `output`, which must not exist.
///
/// Memory stays at a few megabytes whatever the size of `input`. On an error no `output` is left behind.
///
/// # Errors
/// [`SignError`]: the input is not signed as it is, the certificate must not sign at the claimed time, the
/// key refuses, or the disk does.
pub fn seal(
    input: &Path,
    output: &Path,
    signer: &dyn RawSigner,
    request: &SignatureRequest<'_>,
) -> Result<SignedDocument, SignError> {
    let certificate = Certificate::from_der(signer.certificate())?;
    certificate.check(request.claimed_time)?;

    let base = Base::open(input)?;
    let (increment, dictionary, field) = lay_out(&base, request)?;
    let mut file = Output::create(output)?;
    let copied = file.copy_base(base.file(), base.length(), signer.algorithm().hash)?;
    let mut tail = increment.finish_signed(&dictionary, copied.identifier())?;
    let digest = tail.digest(copied.range);
    let container = cms::sign_detached(&digest, signer, &certificate, request.orders)?;
    let (container, level, not_stamped) = match request.timestamps {
        None => (container, PadesLevel::BB, None),
        Some(services) => stamp(container, services),
    };
    tail.fill(&container, dictionary.reserve)?;
    let digests = file.finish(&tail.bytes)?;
    Ok(SignedDocument {
        path: output.to_owned(),
        digests,
        signature: SignatureRecord {
            field,
            level: level.as_str().to_owned(),
            algorithm: signer.algorithm().name().to_owned(),
            signer: certificate.subject(),
            certificate_sha256: Sha256Digest::of(signer.certificate()),
            claimed_time: vietnam_time(request.claimed_time),
            deviation: signer.deviation(),
            role: None,
        },
        not_stamped,
    })
}

/// The name in a signing certificate, to be shown: its common name, or else its whole subject; `?` for letters that
/// visible text cannot show, so that no document waits for a name.
///
/// # Errors
/// [`SignError::Certificate`]: it is none; that the embedded font cannot be read.
pub fn signer_name(certificate: &[u8]) -> Result<String, SignError> {
    let certificate = Certificate::from_der(certificate)?;
    let name = certificate.subject_name().common_name().ok().flatten();
    let name = name.map_or_else(|| certificate.subject(), |name| name.value().into_owned());
    let typeface = Typeface::liberation_serif()?;
    let shown = |letter: char| {
        let has_glyph = typeface.width(letter.encode_utf8(&mut [0; 4])).is_ok();
        if has_glyph { letter } else { '?' }
    };
    Ok(name.nfc().map(shown).collect())
}

/// The container with a timestamp, or as it was and why: an outage costs a level, not a document.
fn stamp(
    container: Vec<u8>,
    services: &TimestampServices,
) -> (Vec<u8>, PadesLevel, Option<TimestampError>) {
    let Ok(data) = SignedData::parse(&container) else {
        // It was made a moment ago; what cannot be read back is caught by whoever checks the result.
        return (container, PadesLevel::BB, None);
    };
    match services.stamp(&services.hash().digest(data.signature)) {
        Ok(token) => {
            let stamped = data.with_unsigned_attribute(oid::TIMESTAMP_TOKEN, token.der());
            (stamped, PadesLevel::BT, None)
        }
        Err(error) => (container, PadesLevel::BB, Some(error)),
    }
}

/// All objects of the update but the signature dictionary, which is placed last; and the field's name.
fn lay_out<'a>(
    base: &'a Base,
    request: &SignatureRequest<'_>,
) -> Result<(Increment<'a>, SignatureDictionary, String), SignError> {
    let mut increment = Increment::new(base);
    let catalogue = increment.object(increment.root())?;
    let catalogue = catalogue
        .value()
        .dictionary()
        .ok_or(SignError::Damaged { what: "catalogue" })?;
    fields::check_permission(&increment, &catalogue)?;
    let page = page::first(&increment, &catalogue)?;
    let reference = increment.reserve();
    let shown = match &request.appearance {
        None => None,
        Some(appearance) => {
            let time = vietnam_time(request.claimed_time);
            Some(appearance::draw(&mut increment, appearance, &time, &page)?)
        }
    };
    let hint = request.field_name_hint;
    let field = fields::attach(&mut increment, &catalogue, &page, reference, hint, shown)?;
    let dictionary = signature_dictionary(reference, request);
    Ok((increment, dictionary, field))
}

fn signature_dictionary(
    reference: Reference,
    request: &SignatureRequest<'_>,
) -> SignatureDictionary {
    let mut entries = b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached".to_vec();
    entries.extend(format!("/M({})", pdf_date(request.claimed_time)).bytes());
    if let Some(reason) = request.reason {
        entries.extend(b"/Reason");
        entries.extend(text_string(reason));
    }
    SignatureDictionary {
        reference,
        entries,
        reserve: request.contents_reserve,
    }
}

/// `D:20261123081530+07'00'` (ISO 32000-1, 7.9.4).
fn pdf_date(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::fixed(tz::offset(7)));
    local.strftime("D:%Y%m%d%H%M%S+07'00'").to_string()
}

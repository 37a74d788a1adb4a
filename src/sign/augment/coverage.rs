//! Whether a store holds what proves a path: each certificate's issuer, by its signature, and revocation data that
//! say by a signature of the issuer's that it was good at the proven time.
//!
//! It tells what still has to be gathered. Whether the path leads to a root of the office is for
//! [`crate::trust`] to say, when the evidence is gathered and whenever a document is validated.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::sign::asn1::{ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, Values, context};
use crate::sign::certificate::Certificate as Named;
use crate::trust::{Certificate, Evidence, Status, crl, ocsp};

/// Paths are three or four certificates long.
const MAX_PATH: usize = 10;
/// One who answers for an authority needs revocation data himself, and who vouches for him; more is a circle.
const DELEGATES_MAX: u8 = 2;

/// A certificate by its names, and ready to be verified with.
#[derive(Debug, Clone)]
struct Known {
    named: Named,
    certificate: Certificate,
}

impl Known {
    fn from_der(der: &[u8]) -> Option<Self> {
        Some(Self {
            named: Named::from_der(der).ok()?,
            certificate: Certificate::from_der(der)?,
        })
    }
}

/// Evidence, ready to be asked.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    certificates: Vec<Known>,
    /// Each with its `thisUpdate`.
    crls: Vec<(Timestamp, Vec<u8>)>,
    /// Each with the latest `thisUpdate` of its answers.
    ocsp: Vec<(Timestamp, Vec<u8>)>,
}

impl Coverage {
    /// Of a store and the certificates that came with the signatures.
    pub(super) fn of(evidence: Evidence, certificates: &[&[u8]]) -> Self {
        let dated = |data: Vec<Vec<u8>>, date: fn(&[u8]) -> Option<Timestamp>| {
            let dated = data.into_iter().filter_map(|der| Some((date(&der)?, der)));
            dated.collect()
        };
        let stored = evidence.certificates.iter().map(Vec::as_slice);
        let all: BTreeSet<&[u8]> = stored.chain(certificates.iter().copied()).collect();
        Self {
            certificates: all.into_iter().filter_map(Known::from_der).collect(),
            crls: dated(evidence.crls, crl_date),
            ocsp: dated(evidence.ocsp_responses, ocsp_date),
        }
    }

    /// The path of a certificate (DER) upwards, itself first, as far as it is known: each is signed by the next.
    pub(super) fn path(&self, leaf: &[u8]) -> Vec<Certificate> {
        let Some(leaf) = Known::from_der(leaf) else {
            return Vec::new();
        };
        let (mut last, mut path) = (&leaf, vec![leaf.certificate.clone()]);
        while path.len() < MAX_PATH && !last.named.is_self_issued() {
            let wanted = last.named.issuer();
            let named = self.certificates.iter();
            let mut named: Vec<&Known> = named
                .filter(|it| it.named.subject_name() == wanted)
                .collect();
            // The key that it names first: few signatures are verified in vain.
            let key = last.named.issuer_key_identifier();
            named.sort_by_key(|it| it.named.key_identifier() != key);
            let signed_last = |it: &&Known| {
                let signed = last.certificate.verify_signed_by(&it.certificate);
                signed.is_ok()
            };
            let Some(issuer) = named.into_iter().take(MAX_PATH).find(signed_last) else {
                break;
            };
            path.push(issuer.certificate.clone());
            last = issuer;
        }
        path
    }

    /// Whether the path of a certificate ends with a root, and each certificate below it was good at `time`, by
    /// revocation data that had not run out then.
    pub(super) fn covers(&self, leaf: &[u8], time: Timestamp) -> bool {
        self.covers_bounded(leaf, time, DELEGATES_MAX)
    }

    fn covers_bounded(&self, leaf: &[u8], time: Timestamp, delegates: u8) -> bool {
        let path = self.path(leaf);
        let is_whole = path.last().is_some_and(Certificate::is_self_issued);
        let mut pairs = path.windows(2);
        is_whole
            && pairs.all(|pair| match pair {
                [certificate, issuer] => self.was_good((certificate, issuer), time, delegates),
                _ => true,
            })
    }

    fn was_good(&self, pair: (&Certificate, &Certificate), time: Timestamp, delegates: u8) -> bool {
        let mut answers = self.ocsp.iter();
        let mut lists = self.crls.iter();
        answers.any(|(date, response)| {
            self.by_response((*date).max(time), response, pair, (time, delegates))
        }) || lists
            .any(|(date, list)| self.by_list((*date).max(time), list, pair, (time, delegates)))
    }

    /// `at` is when the answer is looked at: data that were made after the proven time say most about it.
    fn by_response(
        &self,
        at: Timestamp,
        response: &[u8],
        (certificate, issuer): (&Certificate, &Certificate),
        (time, delegates): (Timestamp, u8),
    ) -> bool {
        let Ok(answer) = ocsp::check(response, certificate, issuer, at) else {
            return false;
        };
        let delegate = answer.delegate.filter(|_| answer.delegate_may_be_revoked);
        let is_vouched_for = delegate.is_none_or(|delegate| {
            let left = delegates.checked_sub(1);
            left.is_some_and(|left| self.was_good((&delegate, issuer), time, left))
        });
        is_good(&answer.status, time) && is_vouched_for
    }

    /// An authority may have another key for its lists, whose certificate needs a path of its own.
    fn by_list(
        &self,
        at: Timestamp,
        list: &[u8],
        (certificate, issuer): (&Certificate, &Certificate),
        (time, delegates): (Timestamp, u8),
    ) -> bool {
        let says_good = |signer: &Certificate| {
            let status = crl::check(list, certificate, signer, at);
            status.is_ok_and(|status| is_good(&status, time))
        };
        let others = self.certificates.iter().map(|it| &it.certificate);
        let mut others = others.filter(|it| *it != issuer);
        says_good(issuer)
            || delegates.checked_sub(1).is_some_and(|left| {
                others.any(|it| says_good(it) && self.covers_bounded(it.der(), time, left))
            })
    }
}

/// A revocation after the proven time does not touch what was proven.
fn is_good(status: &Status, time: Timestamp) -> bool {
    match status {
        Status::Good { .. } => true,
        Status::Revoked { when, .. } => *when > time,
        Status::Unknown { .. } => false,
    }
}

/// `thisUpdate` of a CRL (RFC 5280, 5.1).
fn crl_date(crl: &[u8]) -> Option<Timestamp> {
    let mut list = Values::of(crl).inside(SEQUENCE)?.inside(SEQUENCE)?;
    list.take(INTEGER);
    list.take(SEQUENCE)?;
    let _issuer = list.next()?;
    list.next()?.time()
}

/// The latest `thisUpdate` in an OCSP response (RFC 6960, 4.2.1).
fn ocsp_date(response: &[u8]) -> Option<Timestamp> {
    let mut response = Values::of(response).inside(SEQUENCE)?;
    response.take(ENUMERATED)?;
    let mut basic = response.inside(context(0))?.inside(SEQUENCE)?;
    basic.oid()?;
    let mut data = Values::of(basic.take(OCTET_STRING)?)
        .inside(SEQUENCE)?
        .inside(SEQUENCE)?;
    data.take(context(0));
    let _responder = data.next()?;
    let _produced = data.next()?.time()?;
    let mut answers = data.inside(SEQUENCE)?;
    let mut latest = None;
    while let Some(mut answer) = answers.inside(SEQUENCE) {
        let _about = answer.next()?;
        let _status = answer.next()?;
        latest = latest.max(Some(answer.next()?.time()?));
    }
    latest
}

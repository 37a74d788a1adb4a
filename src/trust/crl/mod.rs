//! CRLs (RFC 5280 §5 and §6.3): whether lists are the issuer's, in force, and have a certificate on them.
//!
//! Entries are walked over where they lie. Several lists may be needed for one answer: a delta list brings a whole
//! one up to date, others are for some reasons only; an indirect list is signed by one whom the issuer appointed.
//! Whether those who signed are to be believed is for the caller to say.

mod list;
mod scope;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use x509_cert::ext::pkix::CrlReason;

use super::certificate::Certificate;
use super::signature::{self, SignatureFault};
use super::status::Status;
use super::time::OutOfTime;
use crate::record::Sha256Digest;
use list::{Entry, List};
use scope::{Point, ReasonSet, all_reasons};

/// A list with three quarters of a million entries.
pub(super) const BYTES_MAX: usize = 32 * 1024 * 1024;
/// Keys of one name that are tried on a list.
const SIGNERS_MAX: usize = 8;

/// Why lists say nothing.
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
    /// Signed by one whom nobody certified for it.
    #[error("who signed it is not believed")]
    NotBelieved,
}

/// Who may have signed lists, apart from the issuer of the certificate.
pub struct Signers<'a> {
    /// Among whom they are looked for.
    pub pool: &'a [Certificate],
    /// Whether one of them is to be believed; asked only about one who signed a list that is needed.
    pub believes: &'a dyn Fn(&Certificate) -> bool,
}

/// What lists say about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAnswer {
    /// Good or revoked.
    pub status: Status,
    /// Which lists say so: indices of those handed over.
    pub lists: Vec<usize>,
    /// Who signed them, apart from the issuer of the certificate.
    pub signers: Vec<Certificate>,
}

/// Lists, parsed once; signatures and entries are looked at once as well, however often is asked.
pub struct Lists<'a> {
    lists: Vec<(usize, List<'a>)>,
    verified: RefCell<BTreeMap<Place, Result<(), CrlFault>>>,
    entries: RefCell<BTreeMap<Place, Result<Option<Entry>, CrlFault>>>,
}

/// A list by its index, and a certificate.
type Place = (usize, Sha256Digest);

impl<'a> Lists<'a> {
    /// Those that are none are left out; the others keep their index.
    #[must_use]
    pub fn parse(lists: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let numbered = lists.into_iter().enumerate();
        Self {
            lists: numbered
                .filter_map(|(index, bytes)| Some((index, List::parse(bytes)?)))
                .collect(),
            verified: RefCell::default(),
            entries: RefCell::default(),
        }
    }

    /// From when to when each is in force, with its index.
    pub fn windows(&self) -> impl Iterator<Item = (usize, Timestamp, Option<Timestamp>)> {
        let window = |(index, list): &(usize, List<'_>)| {
            (*index, list.window.this_update, list.window.next_update)
        };
        self.lists.iter().map(window)
    }

    /// Whether the key of `signer` signed a list and may do so.
    fn verify(&self, index: usize, list: &List<'_>, signer: &Certificate) -> Result<(), CrlFault> {
        let place = (index, signer.fingerprint());
        if let Some(known) = self.verified.borrow().get(&place) {
            return known.clone();
        }
        let verdict = verify(list, signer);
        self.verified.borrow_mut().insert(place, verdict.clone());
        verdict
    }

    fn entry_of(
        &self,
        index: usize,
        list: &List<'_>,
        certificate: &Certificate,
    ) -> Result<Option<Entry>, CrlFault> {
        let place = (index, certificate.fingerprint());
        if let Some(known) = self.entries.borrow().get(&place) {
            return known.clone();
        }
        let entry = list.entry_of(certificate);
        self.entries.borrow_mut().insert(place, entry.clone());
        entry
    }

    /// What those lists that `admits` lets pass say at a time about a certificate of `issuer` (§6.3.3).
    ///
    /// # Errors
    /// [`CrlFault`] of the list that came nearest to an answer.
    pub fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        signers: &Signers<'_>,
        at: Timestamp,
        admits: impl Fn(usize) -> bool,
    ) -> Result<ListAnswer, CrlFault> {
        let mut inquiry = Inquiry {
            all: self,
            lists: self
                .lists
                .iter()
                .filter(|(index, _)| admits(*index))
                .collect(),
            certificate,
            issuer,
            signers,
            at,
            covered: ReasonSet::default(),
            until: Timestamp::MAX,
            used: Vec::new(),
            believed: Vec::new(),
            fault: None,
        };
        inquiry.run()
    }
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
    let nobody = Signers {
        pool: &[],
        believes: &|_| false,
    };
    let lists = Lists::parse([crl]);
    let answer = lists.status(certificate, signer, &nobody, at, |_| true);
    answer.map(|answer| answer.status)
}

/// When the next list is due; `None` for what is no list or names no time.
pub(super) fn next_update(crl: &[u8]) -> Option<Timestamp> {
    List::parse(crl)?.window.next_update
}

/// One question, and what the lists looked at so far have answered.
struct Inquiry<'a> {
    all: &'a Lists<'a>,
    lists: Vec<&'a (usize, List<'a>)>,
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    signers: &'a Signers<'a>,
    at: Timestamp,
    covered: ReasonSet,
    until: Timestamp,
    used: Vec<usize>,
    believed: Vec<Certificate>,
    fault: Option<CrlFault>,
}

impl Inquiry<'_> {
    fn run(&mut self) -> Result<ListAnswer, CrlFault> {
        if self.lists.is_empty() {
            return Err(CrlFault::Unreadable);
        }
        for point in Point::all_of(self.certificate) {
            let whole = self.lists.clone().into_iter();
            for (index, list) in whole.filter(|(_, list)| list.base.is_none()) {
                match self.look(&point, *index, list) {
                    Ok(Some(status)) => return Ok(self.answer(status)),
                    Ok(None) if self.covered == all_reasons() => {
                        return Ok(self.answer(Status::Good { until: self.until }));
                    }
                    Ok(None) => {}
                    Err(fault) => self.note(fault),
                }
            }
        }
        Err(self.fault.take().unwrap_or(CrlFault::Scope))
    }

    fn answer(&mut self, status: Status) -> ListAnswer {
        ListAnswer {
            status,
            lists: std::mem::take(&mut self.used),
            signers: std::mem::take(&mut self.believed),
        }
    }

    /// What came nearer to an answer says more.
    fn note(&mut self, fault: CrlFault) {
        let nearness = |fault: &CrlFault| match fault {
            CrlFault::Unreadable => 0,
            CrlFault::OtherIssuer => 1,
            CrlFault::Scope => 2,
            CrlFault::CriticalExtension => 3,
            CrlFault::NotBelieved => 4,
            CrlFault::KeyUsage => 5,
            CrlFault::Signature(_) => 6,
            CrlFault::Time(_) => 7,
        };
        if self
            .fault
            .as_ref()
            .is_none_or(|known| nearness(known) < nearness(&fault))
        {
            self.fault = Some(fault);
        }
    }

    /// Whether the certificate is revoked by one whole list and its delta list; `None` where it is not.
    fn look(
        &mut self,
        point: &Point,
        index: usize,
        list: &List<'_>,
    ) -> Result<Option<Status>, CrlFault> {
        if !point.is_issuer(list, self.certificate) {
            return Err(CrlFault::OtherIssuer);
        }
        let reasons = point.reasons_of(list, self.certificate);
        if (reasons - self.covered).is_empty() {
            return Err(CrlFault::Scope);
        }
        let until = list.window.check(self.at)?;
        if list.has_unknown_critical {
            return Err(CrlFault::CriticalExtension);
        }
        let signer = self.signer_of(index, list)?;
        let entry = self.all.entry_of(index, list, self.certificate)?;
        let delta = self.delta_of(list, &signer);
        self.used.push(index);
        self.covered |= reasons;
        self.until = self.until.min(until);
        if &signer != self.issuer && !self.believed.contains(&signer) {
            self.believed.push(signer);
        }
        let mut last = entry;
        if let Some((index, until, newer)) = delta {
            self.used.push(index);
            self.until = self.until.min(until);
            last = newer.or(entry);
        }
        Ok(last.and_then(revoked))
    }

    /// What the newest delta list to a whole one says (§6.3.3 (c), (h), (i)): its index, until when, the entry.
    fn delta_of(
        &self,
        list: &List<'_>,
        signer: &Certificate,
    ) -> Option<(usize, Timestamp, Option<Entry>)> {
        let number = list.number.as_ref()?;
        let order = |number: &Vec<u8>| (number.len(), number.clone());
        let is_newer = |delta: &List<'_>| {
            delta
                .base
                .as_ref()
                .is_some_and(|base| order(base) <= order(number))
                && delta
                    .number
                    .as_ref()
                    .is_some_and(|own| order(own) > order(number))
        };
        let is_for = |delta: &List<'_>| {
            is_newer(delta)
                && !delta.has_unknown_critical
                && certval::compare_names(&delta.issuer, &list.issuer)
                && delta.point == list.point
                && delta.key == list.key
        };
        let mut deltas: Vec<_> = self
            .lists
            .iter()
            .filter(|(_, delta)| is_for(delta))
            .collect();
        deltas.sort_by_key(|(_, delta)| std::cmp::Reverse(delta.number.as_ref().map(order)));
        deltas.into_iter().find_map(|(index, delta)| {
            let until = delta.window.check(self.at).ok()?;
            self.all.verify(*index, delta, signer).ok()?;
            let entry = self.all.entry_of(*index, delta, self.certificate);
            Some((*index, until, entry.ok()?))
        })
    }

    /// Who signed a list: the issuer of the certificate before others of the name.
    fn signer_of(&self, index: usize, list: &List<'_>) -> Result<Certificate, CrlFault> {
        let has_name =
            |one: &&Certificate| certval::compare_names(&list.issuer, one.subject_name());
        let others = self.signers.pool.iter().filter(|one| *one != self.issuer);
        let candidates = std::iter::once(self.issuer).chain(others).filter(has_name);
        let mut fault = CrlFault::OtherIssuer;
        for candidate in candidates.take(SIGNERS_MAX) {
            match self.all.verify(index, list, candidate) {
                Ok(()) if candidate == self.issuer || (self.signers.believes)(candidate) => {
                    return Ok(candidate.clone());
                }
                Ok(()) => fault = CrlFault::NotBelieved,
                Err(why) if fault == CrlFault::OtherIssuer => fault = why,
                Err(_) => {}
            }
        }
        Err(fault)
    }
}

fn verify(list: &List<'_>, signer: &Certificate) -> Result<(), CrlFault> {
    if signer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
        return Err(CrlFault::KeyUsage);
    }
    signature::verify(signer.key(), &list.algorithm, list.signed, list.signature)?;
    Ok(())
}

/// `removeFromCRL` takes back what a list before it said (§5.3.1).
fn revoked(entry: Entry) -> Option<Status> {
    (entry.reason != Some(CrlReason::RemoveFromCRL)).then(|| Status::Revoked {
        when: entry.when,
        reason: entry.reason.into(),
    })
}

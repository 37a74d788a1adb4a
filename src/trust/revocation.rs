//! Whether a certificate is revoked: what came along is looked at first, then OCSP is asked, then CRLs.
//!
//! The answer comes with the data that prove it, those about an appointed responder or another key of the
//! authority included.

use jiff::Timestamp;

use super::certificate::Certificate;
use super::crl::{Lists, Signers};
use super::evidence::Evidence;
use super::ocsp;
use super::path::{self, PathOutcome};
use super::services::{Budget, Services};
use super::status::{Attempt, Source, Status};

/// One who answers for an authority may be revoked himself, and who says so in turn; more is a circle.
const DELEGATES_MAX: u8 = 2;

/// Who is asked, at which time.
pub(super) struct Inquiry<'a> {
    /// `None` asks nobody.
    pub(super) services: Option<&'a Services>,
    pub(super) budget: Budget,
    /// OCSP responses and CRLs that came along.
    pub(super) known: &'a Evidence,
    /// Among whom other keys of an authority are looked for, and whom they must lead to.
    pub(super) pool: &'a [Certificate],
    pub(super) roots: &'a [Certificate],
    pub(super) at: Timestamp,
}

/// What is known about one certificate.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: Status,
    /// What proves it.
    pub(super) evidence: Evidence,
    /// Appointed responders and other keys of authorities about whom nobody says anything.
    pub(super) unproven: Vec<(Certificate, Vec<Attempt>)>,
}

impl Answer {
    fn of(status: Status) -> Self {
        Self {
            status,
            evidence: Evidence::default(),
            unproven: Vec::new(),
        }
    }

    /// Whether nothing is left to ask: a list may prove what a responder says about whom nobody vouches.
    fn is_settled(&self) -> bool {
        self.unproven.is_empty() || matches!(self.status, Status::Revoked { .. })
    }
}

impl Inquiry<'_> {
    /// Whether `issuer` revoked a certificate that it signed.
    pub(super) fn ask(&self, certificate: &Certificate, issuer: &Certificate) -> Answer {
        self.ask_bounded(certificate, issuer, DELEGATES_MAX)
    }

    /// What came along, if it settles the matter; nobody is asked about the certificate.
    pub(super) fn ask_known(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Option<Answer> {
        self.known_answers((certificate, issuer), DELEGATES_MAX)
            .find(Answer::is_settled)
    }

    fn known_answers<'b>(
        &'b self,
        pair: (&'b Certificate, &'b Certificate),
        delegates: u8,
    ) -> impl Iterator<Item = Answer> + 'b {
        let responses = self.known.ocsp_responses.iter();
        let lists = std::iter::once_with(move || self.by_lists(&[], pair, delegates));
        responses
            .map(move |response| self.by_response(response.clone(), pair, delegates))
            .chain(lists)
            .filter_map(Result::ok)
    }

    fn ask_bounded(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        delegates: u8,
    ) -> Answer {
        let pair = (certificate, issuer);
        let ocsp = certificate.ocsp_addresses().into_iter().map(|address| {
            let answer = self.by_ocsp(&address, pair, delegates);
            (Source::Ocsp, address, answer)
        });
        let crl = certificate.crl_addresses().into_iter().map(|address| {
            let answer = self.by_crl(&address, pair, delegates);
            (Source::Crl, address, answer)
        });
        let (mut tried, mut second_best) = (Vec::new(), None);
        for answer in self.known_answers(pair, delegates) {
            if answer.is_settled() {
                return answer;
            }
            second_best.get_or_insert(answer);
        }
        // Nobody is asked before the one in front of him answered in vain.
        for (source, address, answer) in ocsp.chain(crl) {
            match answer {
                Ok(answer) if answer.is_settled() => return answer,
                Ok(answer) => {
                    second_best.get_or_insert(answer);
                }
                Err(why) => tried.push(Attempt {
                    source,
                    address: Some(address),
                    why,
                }),
            }
        }
        second_best.unwrap_or_else(|| Answer::of(Status::Unknown { tried }))
    }

    fn by_ocsp(
        &self,
        address: &str,
        (certificate, issuer): (&Certificate, &Certificate),
        delegates: u8,
    ) -> Result<Answer, String> {
        let services = self.services.ok_or_else(not_asked)?;
        let request = ocsp::request(certificate, issuer).ok_or("no question can be made")?;
        let response = services
            .ocsp(address, &request, self.budget)
            .map_err(|fault| fault.to_string())?;
        self.by_response(response, (certificate, issuer), delegates)
    }

    fn by_response(
        &self,
        response: Vec<u8>,
        (certificate, issuer): (&Certificate, &Certificate),
        delegates: u8,
    ) -> Result<Answer, String> {
        let checked = ocsp::check(&response, certificate, issuer, self.at);
        let checked = checked.map_err(|fault| fault.to_string())?;
        let mut answer = Answer::of(checked.status);
        answer.evidence.ocsp_responses.push(response);
        let Some(delegate) = checked.delegate else {
            return Ok(answer);
        };
        answer.evidence.certificates.push(delegate.der().to_vec());
        if checked.delegate_may_be_revoked {
            self.vouch(delegate, issuer, delegates, &mut answer)?;
        }
        Ok(answer)
    }

    /// Whether one who answers in the issuer's name is not revoked himself.
    fn vouch(
        &self,
        delegate: Certificate,
        issuer: &Certificate,
        delegates: u8,
        answer: &mut Answer,
    ) -> Result<(), String> {
        let Some(delegates) = delegates.checked_sub(1) else {
            answer.unproven.push((delegate, Vec::new()));
            return Ok(());
        };
        let about = self.ask_bounded(&delegate, issuer, delegates);
        match about.status {
            Status::Good { .. } => {
                answer.evidence.add(about.evidence);
                answer.unproven.extend(about.unproven);
            }
            Status::Unknown { tried } => answer.unproven.push((delegate, tried)),
            Status::Revoked { .. } => return Err("who signed it is revoked".to_owned()),
        }
        Ok(())
    }

    fn by_crl(
        &self,
        address: &str,
        pair: (&Certificate, &Certificate),
        delegates: u8,
    ) -> Result<Answer, String> {
        let services = self.services.ok_or_else(not_asked)?;
        let list = services.crl(address, self.at, self.budget);
        let list = list.map_err(|fault| fault.to_string())?;
        self.by_lists(&[list.as_slice()], pair, delegates)
    }

    /// By lists that came along and these: one may need another, a delta list its whole one.
    fn by_lists(
        &self,
        more: &[&[u8]],
        (certificate, issuer): (&Certificate, &Certificate),
        delegates: u8,
    ) -> Result<Answer, String> {
        let known = self.known.crls.iter().map(Vec::as_slice);
        let all: Vec<&[u8]> = more.iter().copied().chain(known).collect();
        let believes = |signer: &Certificate| self.path_of(signer).is_some();
        let signers = Signers {
            pool: self.pool,
            believes: &believes,
        };
        let lists = Lists::parse(all.iter().copied());
        let answer = lists.status(certificate, issuer, &signers, self.at, |_| true);
        let found = answer.map_err(|fault| fault.to_string())?;
        let mut answer = Answer::of(found.status);
        let used = found.lists.iter().filter_map(|&index| all.get(index));
        answer.evidence.crls.extend(used.map(|list| list.to_vec()));
        for signer in found.signers {
            let path = self.path_of(&signer).unwrap_or_default();
            let certificates = path.iter().map(|one| one.der().to_vec());
            answer.evidence.certificates.extend(certificates);
            if let Some(above) = path.get(1) {
                self.vouch(signer, above, delegates, &mut answer)?;
            }
        }
        Ok(answer)
    }

    /// The path of another key that signs lists.
    fn path_of(&self, signer: &Certificate) -> Option<Vec<Certificate>> {
        match path::find(signer, self.pool, self.roots, self.at) {
            PathOutcome::Found(path) => Some(path.certificates),
            PathOutcome::NoPath { .. } | PathOutcome::Invalid { .. } => None,
        }
    }
}

fn not_asked() -> String {
    "asking over the network is switched off".to_owned()
}

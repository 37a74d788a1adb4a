//! Whether a certificate is revoked: what came along is looked at first, then OCSP is asked, then CRLs.
//!
//! The answer comes with the data that prove it, those about an appointed responder or another key of the
//! authority included.

use jiff::Timestamp;

use super::certificate::Certificate;
use super::evidence::Evidence;
use super::path::{self, PathOutcome};
use super::services::{Budget, Services};
use super::status::{Attempt, Source, Status};
use super::{crl, crl::CrlFault, ocsp};

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

impl Inquiry<'_> {
    /// Whether `issuer` revoked a certificate that it signed.
    pub(super) fn ask(&self, certificate: &Certificate, issuer: &Certificate) -> Answer {
        self.ask_bounded(certificate, issuer, DELEGATES_MAX)
    }

    /// What came along, if it says anything; nobody is asked.
    pub(super) fn ask_known(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Option<Answer> {
        self.known_answer((certificate, issuer), DELEGATES_MAX)
    }

    fn known_answer(&self, pair: (&Certificate, &Certificate), delegates: u8) -> Option<Answer> {
        let responses = self.known.ocsp_responses.iter();
        let lists = self.known.crls.iter();
        responses
            .filter_map(|response| self.by_response(response.clone(), pair, delegates).ok())
            .chain(lists.filter_map(|list| self.by_list(list, pair, delegates).ok()))
            .next()
    }

    fn ask_bounded(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        delegates: u8,
    ) -> Answer {
        let pair = (certificate, issuer);
        if let Some(answer) = self.known_answer(pair, delegates) {
            return answer;
        }
        let mut tried = Vec::new();
        let mut in_vain = |source, address: String, why| {
            let address = Some(address);
            tried.push(Attempt {
                source,
                address,
                why,
            });
        };
        for address in certificate.ocsp_addresses() {
            match self.by_ocsp(&address, pair, delegates) {
                Ok(answer) => return answer,
                Err(why) => in_vain(Source::Ocsp, address, why),
            }
        }
        for address in certificate.crl_addresses() {
            match self.by_crl(&address, pair, delegates) {
                Ok(answer) => return answer,
                Err(why) => in_vain(Source::Crl, address, why),
            }
        }
        Answer {
            status: Status::Unknown { tried },
            evidence: Evidence::default(),
            unproven: Vec::new(),
        }
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
        let mut answer = Answer {
            status: checked.status,
            evidence: Evidence::default(),
            unproven: Vec::new(),
        };
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
        self.by_list(&list.map_err(|fault| fault.to_string())?, pair, delegates)
    }

    fn by_list(
        &self,
        list: &[u8],
        (certificate, issuer): (&Certificate, &Certificate),
        delegates: u8,
    ) -> Result<Answer, String> {
        let of_status = |status| Answer {
            status,
            evidence: Evidence {
                crls: vec![list.to_vec()],
                ..Evidence::default()
            },
            unproven: Vec::new(),
        };
        let by_issuer = crl::check(list, certificate, issuer, self.at);
        let fault = match by_issuer {
            Ok(status) => return Ok(of_status(status)),
            Err(fault @ (CrlFault::Signature(_) | CrlFault::KeyUsage)) => fault.to_string(),
            Err(fault) => return Err(fault.to_string()),
        };
        let has_name = |one: &&Certificate| {
            *one != issuer && certval::compare_names(one.subject_name(), issuer.subject_name())
        };
        for signer in self.pool.iter().filter(has_name) {
            let Ok(status) = crl::check(list, certificate, signer, self.at) else {
                continue;
            };
            let PathOutcome::Found(path) = path::find(signer, self.pool, self.roots, self.at)
            else {
                continue;
            };
            let mut answer = of_status(status);
            let certificates = path.certificates.iter().map(|one| one.der().to_vec());
            answer.evidence.certificates.extend(certificates);
            if let Some(above) = path.certificates.get(1) {
                self.vouch(signer.clone(), above, delegates, &mut answer)?;
            }
            return Ok(answer);
        }
        Err(fault)
    }
}

fn not_asked() -> String {
    "asking over the network is switched off".to_owned()
}

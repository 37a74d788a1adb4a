//! Whether a store holds what proves a path: each certificate's revocation data, by name and serial number.
//!
//! Nothing is verified here. It tells what still has to be gathered, not what a file is worth.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use der::Encode;
use jiff::Timestamp;

use crate::record::Hash;
use crate::sign::asn1::{ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, Values, context};
use crate::sign::certificate::Certificate;
use crate::trust::Evidence;

/// Paths are three or four certificates long.
const MAX_PATH: usize = 10;

/// The end of what revocation data says (`nextUpdate`); `None` where it does not.
type NextUpdate = Option<Timestamp>;

/// Evidence, found by what it speaks of.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    certificates: Vec<Certificate>,
    /// By the issuer's name, DER.
    crls: BTreeMap<Vec<u8>, Vec<NextUpdate>>,
    /// By the hash of the issuer's name and the certificate's serial number.
    ocsp: BTreeMap<(Vec<u8>, Vec<u8>), Vec<NextUpdate>>,
}

impl Coverage {
    /// Of a store and the certificates that came with the signatures.
    pub(super) fn of(evidence: &Evidence, certificates: &[&[u8]]) -> Self {
        let stored = evidence.certificates.iter().map(Vec::as_slice);
        let mut coverage = Self {
            certificates: stored
                .chain(certificates.iter().copied())
                .filter_map(|der| Certificate::from_der(der).ok())
                .collect(),
            ..Self::default()
        };
        for crl in &evidence.crls {
            if let Some((issuer, next)) = crl_facts(crl) {
                coverage.crls.entry(issuer).or_default().push(next);
            }
        }
        for response in &evidence.ocsp_responses {
            for (about, next) in ocsp_facts(response).unwrap_or_default() {
                coverage.ocsp.entry(about).or_default().push(next);
            }
        }
        coverage
    }

    /// The path of a certificate upwards, itself first, as far as it is known.
    pub(super) fn path(&self, leaf: &Certificate) -> Vec<Certificate> {
        let mut path = vec![leaf.clone()];
        while let Some(last) = path.last()
            && path.len() < MAX_PATH
            && !last.is_self_issued()
        {
            let named = self.certificates.iter().filter(|candidate| {
                let (subject, wanted) = (candidate.subject_name(), last.issuer());
                subject == wanted
            });
            let key = last.issuer_key_identifier();
            let by_key =
                |candidate: &&Certificate| key.is_some() && candidate.key_identifier() == key;
            let issuer = named.clone().find(by_key).or_else(|| named.clone().next());
            match issuer.cloned() {
                Some(issuer) => path.push(issuer),
                None => break,
            }
        }
        path
    }

    /// Whether each certificate of the path but a root has revocation data that had not run out at `time`.
    pub(super) fn covers(&self, leaf: &Certificate, time: Timestamp) -> bool {
        let path = self.path(leaf);
        let mut revocable = path.iter().filter(|it| !it.is_self_issued());
        revocable.all(|certificate| self.has_revocation_data(certificate, time))
    }

    fn has_revocation_data(&self, certificate: &Certificate, time: Timestamp) -> bool {
        let Ok(issuer) = certificate.issuer().to_der() else {
            return false;
        };
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &issuer);
        let names = [sha1.as_ref().to_vec(), Hash::Sha256.digest(&issuer)];
        let serial = certificate.serial_bytes();
        let answers = names
            .into_iter()
            .filter_map(|name| self.ocsp.get(&(name, serial.clone())));
        let lists = self.crls.get(&issuer).into_iter();
        let mut all = lists.chain(answers).flatten();
        all.any(|next| next.is_none_or(|next| next >= time))
    }
}

/// Issuer and `nextUpdate` of a CRL (RFC 5280, 5.1).
fn crl_facts(crl: &[u8]) -> Option<(Vec<u8>, NextUpdate)> {
    let mut list = Values::of(crl).inside(SEQUENCE)?.inside(SEQUENCE)?;
    list.take(INTEGER);
    list.take(SEQUENCE)?;
    let issuer = list.next()?.whole.to_vec();
    let _this_update = list.next()?.time()?;
    let next_update = list.next().and_then(|next| next.time());
    Some((issuer, next_update))
}

/// What an OCSP response speaks of (RFC 6960, 4.2.1), each with its `nextUpdate`.
#[allow(clippy::type_complexity, reason = "a map's entries, named at the map")]
fn ocsp_facts(response: &[u8]) -> Option<Vec<((Vec<u8>, Vec<u8>), NextUpdate)>> {
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
    let mut facts = Vec::new();
    while let Some(mut answer) = answers.inside(SEQUENCE) {
        let mut about = answer.inside(SEQUENCE)?;
        about.take(SEQUENCE)?;
        let name = about.take(OCTET_STRING)?.to_vec();
        about.take(OCTET_STRING)?;
        let serial = about.take(INTEGER)?.to_vec();
        let _status = answer.next()?;
        let _this_update = answer.next()?.time()?;
        let next = answer.inside(context(0));
        let next = next.and_then(|mut next| next.next()?.time());
        facts.push(((name, serial), next));
    }
    Some(facts)
}

use rcgen::{
    CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::*;
use crate::trust::signature::HashFunction;
use crate::trust::test_support::{
    Authority, Pki, at, authority_parameters, key, list, now, parameters,
};
use crate::validate::container::test_support::{Draft, critical_time_stamping};

const SERIAL: u64 = 77;

/// A PKI that outlives its signer, who ends with 2026: root and authority until 2050, the TSA until 2040.
struct Office {
    pki: Pki,
    signer: Authority,
    tsa: Authority,
}

impl Office {
    fn new() -> Self {
        let long = |mut parameters: CertificateParams| {
            parameters.not_after = date_time_ymd(2050, 1, 1);
            parameters
        };
        let key = key(&PKCS_ECDSA_P256_SHA256);
        let root = CertifiedIssuer::self_signed(long(authority_parameters("Gốc thử")), key);
        let root = Authority(root.expect("root"));
        let intermediate = root.under(long(authority_parameters("CA thử")));
        let mut signer = parameters("Người ký thử");
        signer.not_after = date_time_ymd(2026, 12, 31);
        signer.serial_number = Some(SerialNumber::from(SERIAL));
        let signer = intermediate.under(signer);
        let mut tsa = long(parameters("TSA thử"));
        tsa.custom_extensions = vec![critical_time_stamping()];
        let tsa = intermediate.under(tsa);
        let pki = Pki { root, intermediate };
        Self { pki, signer, tsa }
    }

    fn policy(&self, at: Timestamp) -> Policy<'static> {
        Policy {
            roots: vec![self.pki.root.certificate()],
            intermediates: Vec::new(),
            algorithms: AlgorithmEnds::standard(),
            revocation: RevocationRule::Required,
            at,
            skew: SignedDuration::from_secs(300),
            fetch: None,
        }
    }

    /// Certificates, and lists of the week from the 23rd of November 2026 on with nobody on them.
    fn evidence(&self) -> Evidence {
        let certificates = [
            self.pki.intermediate.certificate(),
            self.pki.root.certificate(),
        ];
        Evidence {
            certificates: certificates.iter().map(|one| one.der().to_vec()).collect(),
            ocsp_responses: Vec::new(),
            crls: vec![
                list(&self.pki.root, |_| {}),
                list(&self.pki.intermediate, |_| {}),
            ],
        }
    }

    /// As [`Office::evidence`], of December, with the signer revoked since a day of 2026.
    fn revoked(&self, month: u8, day: u8) -> Evidence {
        let december = |authority: &Authority, revoked: Vec<RevokedCertParams>| {
            list(authority, |list| {
                list.this_update = date_time_ymd(2026, 12, 5);
                list.next_update = date_time_ymd(2026, 12, 12);
                list.revoked_certs = revoked;
            })
        };
        let entry = RevokedCertParams {
            serial_number: SerialNumber::from(SERIAL),
            revocation_time: date_time_ymd(2026, month, day),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        Evidence {
            crls: vec![
                december(&self.pki.root, Vec::new()),
                december(&self.pki.intermediate, vec![entry]),
            ],
            ..self.evidence()
        }
    }

    /// A signature over the first bytes, stamped at this time if at all.
    fn signature(&self, end: u64, stamped: Option<&str>) -> Item {
        let digest = HashFunction::Sha256.digest(b"document");
        let made = Draft::signature(&self.signer, &digest).make();
        let container = Container::parse(Kind::Signature, &made).expect("container");
        let made = match stamped {
            None => made,
            Some(time) => {
                let imprint = HashFunction::Sha256.digest(container.value());
                let token = Draft::token(&self.tsa, at(time), &imprint).make();
                Draft::stamped(&made, &token)
            }
        };
        item(Kind::Signature, &made, end, Evidence::default())
    }

    /// A timestamp over the document, this evidence in it.
    fn timestamp(&self, end: u64, time: &str, evidence: Evidence) -> Item {
        let digest = HashFunction::Sha256.digest(b"document");
        let token = Draft::token(&self.tsa, at(time), &digest).make();
        item(Kind::Timestamp, &token, end, evidence)
    }
}

fn item(kind: Kind, made: &[u8], end: u64, evidence: Evidence) -> Item {
    let container = Container::parse(kind, made);
    let digest = HashFunction::Sha256.digest(b"document");
    let integrity = container.as_ref().expect("container").verify(&digest);
    assert_eq!(integrity, Ok(()));
    Item {
        kind,
        container,
        integrity,
        end,
        evidence,
        claimed_time: None,
    }
}

fn verdict(conclusion: &Conclusion) -> Option<SubIndication> {
    assert_eq!(conclusion.is_passed(), conclusion.sub_indication.is_none());
    conclusion.sub_indication
}

fn codes(conclusion: &Conclusion) -> Vec<&'static str> {
    conclusion.findings.iter().map(Finding::code).collect()
}

#[test]
fn a_basic_signature_passes_while_everything_about_it_is_known() {
    let office = Office::new();
    let items = [office.signature(100, None)];
    let one = |evidence: &Evidence, policy: &Policy<'_>| run(&items, evidence, policy).remove(0);
    let policy = office.policy(now());
    let passed = one(&office.evidence(), &policy);
    assert_eq!(
        (verdict(&passed), passed.level),
        (None, Some(PadesLevel::BB))
    );
    assert_eq!(passed.path.len(), 3);
    assert_eq!(passed.was_valid_then, Some(true));
    assert_eq!(passed.provable_until, Some(at("2026-12-31T00:00:00Z")));
    let mut bare = office.evidence();
    bare.crls.clear();
    let unknown = one(&bare, &policy);
    assert_eq!(verdict(&unknown), Some(SubIndication::TryLater));
    let mut lenient = policy.clone();
    lenient.revocation = RevocationRule::AsFarAsKnown;
    let passed = one(&bare, &lenient);
    assert_eq!(verdict(&passed), None);
    assert_eq!(codes(&passed), ["revocation-unknown", "revocation-unknown"]);
    // Who is known to be revoked fails in any case.
    let mut later = office.policy(at("2026-12-06T00:00:00Z"));
    later.revocation = RevocationRule::AsFarAsKnown;
    let revoked = one(&office.revoked(12, 1), &later);
    assert_eq!(verdict(&revoked), Some(SubIndication::RevokedNoPoe));
    // An older answer says less, not more.
    let stale = one(
        &office.evidence(),
        &office.policy(at("2026-12-02T00:00:00Z")),
    );
    assert_eq!(verdict(&stale), Some(SubIndication::TryLater));
}

#[test]
fn a_chain_that_leads_nowhere_is_not_called_invalid_whatever_else_there_is() {
    let office = Office::new();
    let items = [office.signature(100, None)];
    let mut policy = office.policy(now());
    policy.algorithms.elliptic = at("2020-01-01T00:00:00Z");
    policy.roots = vec![Authority::root("Gốc khác").certificate()];
    let mut evidence = office.evidence();
    evidence.certificates.clear();
    let conclusion = run(&items, &evidence, &policy).remove(0);
    assert_eq!(
        verdict(&conclusion),
        Some(SubIndication::NoCertificateChainFound)
    );
    assert_eq!(conclusion.indication, Indication::Indeterminate);
    assert_eq!(codes(&conclusion), ["chain-not-found", "algorithm-ended"]);
    policy.roots = vec![office.pki.root.certificate()];
    let conclusion = run(&items, &office.evidence(), &policy).remove(0);
    let weak = SubIndication::CryptoConstraintsFailureNoPoe;
    assert_eq!(verdict(&conclusion), Some(weak));
}

#[test]
fn what_was_revoked_later_holds_and_what_was_revoked_before_does_not() {
    let office = Office::new();
    let policy = office.policy(at("2026-12-06T00:00:00Z"));
    let stamped = office.signature(200, Some("2026-11-23T02:00:00Z"));
    let one = |items: &[Item], evidence: &Evidence| run(items, evidence, &policy);
    let evidence = office.revoked(12, 1);
    let later = one(std::slice::from_ref(&stamped), &evidence).remove(0);
    assert_eq!(verdict(&later), None);
    assert_eq!(later.best_signature_time, Some(at("2026-11-23T02:00:00Z")));
    assert_eq!(later.proven_by, Some(Proof::SignatureTimestamp(0)));
    assert!(codes(&later).contains(&"revoked-later"), "{later:?}");
    let unstamped = one(&[office.signature(200, None)], &evidence).remove(0);
    assert_eq!(verdict(&unstamped), Some(SubIndication::RevokedNoPoe));
    let evidence = office.revoked(11, 10);
    let before = one(std::slice::from_ref(&stamped), &evidence).remove(0);
    assert_eq!(verdict(&before), Some(SubIndication::RevokedNoPoe));
    // A timestamp under the signature is older: then the signer had been revoked.
    let under = office.timestamp(100, "2026-11-15T00:00:00Z", Evidence::default());
    let proven = one(&[under, stamped], &evidence).remove(1);
    assert_eq!(verdict(&proven), Some(SubIndication::Revoked));
    assert_eq!(proven.indication, Indication::TotalFailed);
}

#[test]
fn after_the_end_of_the_certificate_only_what_was_proven_in_time_holds() {
    let office = Office::new();
    let evidence = office.evidence();
    let signature = office.signature(100, Some("2026-11-23T02:00:00Z"));
    let stamp = office.timestamp(300, "2026-11-24T02:00:00Z", evidence.clone());
    let years_later = office.policy(at("2029-06-01T00:00:00Z"));
    let both = run(&[signature.clone(), stamp.clone()], &evidence, &years_later);
    let [signed, stamped] = &both[..] else {
        panic!("{both:?}");
    };
    assert_eq!(
        (verdict(stamped), verdict(signed)),
        (None, None),
        "{signed:?}"
    );
    assert_eq!(signed.level, Some(PadesLevel::BLta));
    assert_eq!(signed.best_signature_time, Some(at("2026-11-23T02:00:00Z")));
    assert_eq!(signed.provable_until, stamped.provable_until);
    assert_eq!(signed.provable_until, Some(at("2035-12-31T23:59:59Z")));
    // Not without the timestamp over the evidence, nor with one that came too late.
    let alone = run(std::slice::from_ref(&signature), &evidence, &years_later).remove(0);
    assert_eq!(verdict(&alone), Some(SubIndication::OutOfBoundsNoPoe));
    let late = office.timestamp(300, "2028-11-24T02:00:00Z", evidence.clone());
    let late = run(&[signature.clone(), late], &evidence, &years_later).remove(0);
    assert!(!late.is_passed(), "{late:?}");
    // Nor where the timestamp's evidence does not have the lists.
    let mut lean = evidence.clone();
    lean.crls.clear();
    let lean = office.timestamp(300, "2026-11-24T02:00:00Z", lean);
    let lean = run(&[signature.clone(), lean], &evidence, &years_later).remove(0);
    assert_eq!(verdict(&lean), Some(SubIndication::OutOfBoundsNoPoe));
    // While the certificates are valid, evidence that is as old as the signature is enough.
    let weeks_later = office.policy(at("2026-12-20T00:00:00Z"));
    let alone = run(&[signature], &evidence, &weeks_later).remove(0);
    assert_eq!(
        (verdict(&alone), alone.level),
        (None, Some(PadesLevel::BLt))
    );
}

#[test]
fn a_timestamp_counts_only_by_an_authority_for_timestamps() {
    let mut office = Office::new();
    let evidence = office.evidence();
    let policy = office.policy(now());
    for (extensions, usages) in [
        (Vec::new(), Vec::new()),
        (Vec::new(), vec![ExtendedKeyUsagePurpose::TimeStamping]),
    ] {
        let mut parameters = parameters("Không phải TSA");
        parameters.custom_extensions = extensions;
        parameters.extended_key_usages = usages;
        office.tsa = office.pki.intermediate.under(parameters);
        let signature = office.signature(100, Some("2026-11-23T01:00:00Z"));
        let conclusion = run(&[signature], &evidence, &policy).remove(0);
        assert_eq!(conclusion.best_signature_time, None);
        assert_eq!(
            verdict(&conclusion.timestamps[0]),
            Some(SubIndication::ChainConstraintsFailure)
        );
        assert!(codes(&conclusion).contains(&"timestamp-not-believed"));
        assert_eq!(
            (verdict(&conclusion), conclusion.level),
            (None, Some(PadesLevel::BB))
        );
    }
}

#[test]
fn times_that_contradict_each_other_are_not_believed() {
    let office = Office::new();
    let evidence = office.evidence();
    let policy = office.policy(now());
    let future = office.signature(100, Some("2026-11-25T00:00:00Z"));
    let conclusion = run(&[future], &evidence, &policy).remove(0);
    assert_eq!(conclusion.best_signature_time, None);
    let order = Some(SubIndication::TimestampOrderFailure);
    assert_eq!(verdict(&conclusion.timestamps[0]), order);
    let mut early = office.signature(100, Some("2026-11-23T01:00:00Z"));
    early.claimed_time = Some(at("2026-11-23T01:14:00Z"));
    let conclusion = run(&[early], &evidence, &policy).remove(0);
    assert_eq!(verdict(&conclusion), None);
    assert_eq!(codes(&conclusion), ["claimed-time-after-proof"]);
}

#[test]
fn what_does_not_hold_fails_before_anything_else_is_asked() {
    let office = Office::new();
    let policy = office.policy(now());
    let mut changed = office.signature(100, None);
    changed.integrity = Err(IntegrityFault::Digest);
    let mut broken = office.signature(100, None);
    broken.container = Err(ContainerFault::SignerCount(2));
    let both = run(&[changed, broken], &office.evidence(), &policy);
    assert_eq!(verdict(&both[0]), Some(SubIndication::HashFailure));
    assert_eq!(verdict(&both[1]), Some(SubIndication::FormatFailure));
    assert!(
        both.iter()
            .all(|one| one.indication == Indication::TotalFailed)
    );
}

#[test]
fn every_finding_speaks_both_languages() {
    use crate::record::Lang;
    use crate::trust::path::FaultKind;
    let time = now();
    for finding in [
        Finding::NotBound,
        Finding::NoChain,
        Finding::Chain(FaultKind::Names),
        Finding::Purpose,
        Finding::RevocationUnknown(Whose::Own),
        Finding::RevocationUnknown(Whose::Issuer),
        Finding::RevocationOld(Whose::Own, time),
        Finding::OutOfValidity(time, time),
        Finding::Algorithm("SHA-1".to_owned(), time),
        Finding::ClaimedAfterProof(time, time),
        Finding::TimeOrder,
        Finding::TimestampNotBelieved(time),
        Finding::NotFetched,
    ] {
        let (vi, en) = (finding.text(Lang::Vi), finding.text(Lang::En));
        assert!(
            vi.ends_with('.') && en.ends_with('.') && vi != en,
            "{finding:?}"
        );
    }
}

use rcgen::ExtendedKeyUsagePurpose;

use super::test_support::{Draft, attribute, indefinite};
use super::*;
use crate::trust::test_support::{Authority, Pki, at, parameters};

fn digest() -> Vec<u8> {
    HashFunction::Sha256.digest(b"document")
}

fn signer(pki: &Pki) -> Authority {
    pki.intermediate.under(parameters("Người ký thử"))
}

fn parsed(bytes: &[u8]) -> Container {
    Container::parse(Kind::Signature, bytes).expect("container")
}

#[test]
fn a_signature_holds_over_its_document_only() {
    let pki = Pki::new();
    let signer = signer(&pki);
    let made = Draft::signature(&signer, &digest()).make();
    let padded = [made.as_slice(), &[0; 500]].concat();
    let container = parsed(&padded);
    assert_eq!(container.verify(&digest()), Ok(()));
    assert_eq!(container.verify(&[7; 32]), Err(IntegrityFault::Digest));
    assert_eq!(container.certificate(), Some(&signer.certificate()));
    assert_eq!(container.binding(), Binding::Bound);
    assert_eq!(container.algorithm_name(), "ECDSA-P256-SHA256");
    assert_eq!(container.hash(), Some(HashFunction::Sha256));
    let mut bare = Draft::signature(&signer, &digest());
    bare.embedded.clear();
    let mut bare = parsed(&bare.make());
    assert_eq!(bare.verify(&digest()), Err(IntegrityFault::NoCertificate));
    bare.look_among(&[pki.root.certificate(), signer.certificate()]);
    assert_eq!(bare.verify(&digest()), Ok(()));
}

#[test]
fn ber_with_indefinite_lengths_is_read_and_verified() {
    let pki = Pki::new();
    let signer = signer(&pki);
    let draft = Draft::signature(&signer, &digest());
    let ber = indefinite(&draft.make());
    assert!(ber.windows(2).any(|two| two == [0x30, 0x80]));
    assert_eq!(parsed(&ber).verify(&digest()), Ok(()));
    let token = Draft::token(&signer, at("2026-11-23T01:15:30.5Z"), &digest()).make();
    let token = Container::parse(Kind::Timestamp, &indefinite(&token)).expect("token");
    assert_eq!(token.verify(&digest()), Ok(()));
}

#[test]
fn without_signed_attributes_the_value_is_over_the_document() {
    let pki = Pki::new();
    let signer = signer(&pki);
    let mut draft = Draft::signature(&signer, &digest());
    draft.has_attributes = false;
    // What is signed then: the document itself, which the draft takes from here.
    draft.content = Some(b"document".to_vec());
    let made = draft.make();
    assert_eq!(
        Container::parse(Kind::Signature, &made).err(),
        Some(ContainerFault::Content)
    );
    let without = without_content(&made);
    let container = parsed(&without);
    assert!(!container.has_signed_attributes());
    assert_eq!(container.verify(&digest()), Ok(()));
    assert_eq!(container.verify(&[7; 32]), Err(IntegrityFault::Value));
}

/// Takes `[0]` with the document out of the encapsulated content.
fn without_content(made: &[u8]) -> Vec<u8> {
    let mut info = Values::of(made).inside(SEQUENCE).expect("info");
    let oid = info.next().expect("type");
    let mut data = info
        .inside(context(0))
        .and_then(|mut inner| inner.inside(SEQUENCE))
        .expect("data");
    let mut parts = Vec::new();
    while let Some(part) = data.next() {
        parts.push(part);
    }
    let mut all = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index == 2 {
            let kind = Values::of(part.content).next().expect("type");
            all.extend(ber::value(SEQUENCE, kind.whole));
        } else {
            all.extend(part.whole);
        }
    }
    let data = ber::value(context(0), &ber::value(SEQUENCE, &all));
    ber::value(SEQUENCE, &[oid.whole, data.as_slice()].concat())
}

#[test]
fn what_is_no_container_of_the_profile_says_why() {
    let pki = Pki::new();
    let signer = signer(&pki);
    let with = |change: &dyn Fn(&mut Draft<'_>)| {
        let mut draft = Draft::signature(&signer, &digest());
        change(&mut draft);
        Container::parse(Kind::Signature, &draft.make()).err()
    };
    assert_eq!(with(&|_| {}), None);
    assert_eq!(
        with(&|draft| draft.signers = 2),
        Some(ContainerFault::SignerCount(2))
    );
    assert_eq!(
        with(&|draft| draft.signers = 0),
        Some(ContainerFault::SignerCount(0))
    );
    assert_eq!(
        with(&|draft| draft.content = Some(b"own".to_vec())),
        Some(ContainerFault::Content)
    );
    assert!(matches!(
        with(&|draft| draft.content_type = "1.2.840.113549.1.9.16.1.4"),
        Some(ContainerFault::ContentType(_))
    ));
    let second = ber::value(OCTET_STRING, &[7; 32]);
    assert_eq!(
        with(&|draft| draft
            .signed
            .push(attribute("1.2.840.113549.1.9.4", &second))),
        Some(ContainerFault::Attribute("message-digest"))
    );
    let made = Draft::signature(&signer, &digest()).make();
    let behind = [made.as_slice(), b"\0\0x"].concat();
    assert_eq!(
        Container::parse(Kind::Signature, &behind).err(),
        Some(ContainerFault::TrailingBytes)
    );
    assert_eq!(
        Container::parse(Kind::Signature, pki.root.certificate().der()).err(),
        Some(ContainerFault::NotSignedData)
    );
    assert!(Container::parse(Kind::Timestamp, &made).is_err());
}

#[test]
fn the_certificate_that_was_signed_for_is_the_one_that_counts() {
    let pki = Pki::new();
    let (signer, other) = (signer(&pki), signer(&pki));
    let id = HashFunction::Sha256.digest(other.certificate().der());
    let bound = ber::value(OCTET_STRING, &id);
    let bound = (0..3).fold(bound, |inner, _| ber::value(SEQUENCE, &inner));
    let mut draft = Draft::signature(&signer, &digest());
    draft.signed = vec![attribute("1.2.840.113549.1.9.16.2.47", &bound)];
    let container = parsed(&draft.make());
    assert_eq!(container.binding(), Binding::Mismatch);
    assert_eq!(
        container.verify(&digest()),
        Err(IntegrityFault::OtherCertificate)
    );
    draft.signed.clear();
    let container = parsed(&draft.make());
    assert_eq!(
        (container.binding(), container.verify(&digest())),
        (Binding::Absent, Ok(()))
    );
}

#[test]
fn a_timestamp_says_when_with_fractions() {
    let pki = Pki::new();
    let mut authority = parameters("TSA thử");
    authority.extended_key_usages = vec![ExtendedKeyUsagePurpose::TimeStamping];
    let authority = pki.intermediate.under(authority);
    let made = Draft::token(&authority, at("2026-11-23T01:15:30.25Z"), &digest()).make();
    let container = Container::parse(Kind::Timestamp, &made).expect("token");
    let token = container.token().expect("info");
    assert_eq!(token.time, at("2026-11-23T01:15:30.25Z"));
    assert_eq!(token.accuracy, jiff::SignedDuration::from_millis(1300));
    assert_eq!(
        (token.policy.as_str(), token.serial.as_str()),
        ("1.2.3.4", "07")
    );
    assert_eq!(container.verify(&digest()), Ok(()));
    assert_eq!(container.verify(&[7; 32]), Err(IntegrityFault::Digest));
    let signer = signer(&pki);
    let signature = Draft::signature(&signer, &digest()).make();
    let stamped = parsed(&Draft::stamped(&signature, &made));
    assert_eq!(stamped.timestamps(), [made]);
    assert_eq!(stamped.verify(&digest()), Ok(()));
}

#[test]
fn no_changed_container_holds_and_none_breaks_the_reader() {
    let pki = Pki::new();
    let signer = signer(&pki);
    let whole = Draft::signature(&signer, &digest()).make();
    for made in [whole.clone(), indefinite(&whole)] {
        for length in 0..made.len() {
            assert!(Container::parse(Kind::Signature, &made[..length]).is_err());
        }
        for place in 0..made.len() {
            let mut changed = made.clone();
            changed[place] ^= 0x10;
            let Ok(container) = Container::parse(Kind::Signature, &changed) else {
                continue;
            };
            let is_same = container.certificate() == Some(&signer.certificate());
            let holds = container.verify(&digest()) == Ok(());
            // Versions and the list of digests are not signed; what they say is not used.
            assert!(!holds || is_same, "byte {place}");
        }
    }
}

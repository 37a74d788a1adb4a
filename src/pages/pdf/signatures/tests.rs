//! Signature dictionaries as signers write them, and as they do not.

use lopdf::{Document, Object, StringFormat, dictionary};

use super::*;
use crate::pages::pdf::tests::{save, scan};
use crate::sign::{RsaPadding, SignatureRequest, SoftwareKey, demo_pki, seal};

fn described(bytes: &[u8]) -> Vec<SignatureDescription> {
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), bytes).expect("written");
    let document = Document::load_mem(bytes).expect("a PDF");
    let length = u64::try_from(bytes.len()).expect("length");
    describe(file.path(), length, &document)
}

/// Signed as the program signs, `times` over, and the key's certificate.
fn signed(times: usize) -> (Vec<u8>, SoftwareKey) {
    let now = "2026-11-23T01:15:30Z".parse().expect("timestamp");
    let demo = demo_pki::make("UBND xã Mẫu", now, &[7; 32]).expect("keys");
    let key = SoftwareKey::from_pkcs12(&demo.pkcs12, &demo.passphrase, RsaPadding::Pss);
    let key = key.expect("key");
    let folder = tempfile::tempdir().expect("folder");
    let mut path = folder.path().join("0.pdf");
    std::fs::write(&path, save(scan().document())).expect("written");
    for n in 1..=times {
        let next = folder.path().join(format!("{n}.pdf"));
        seal(&path, &next, &key, &SignatureRequest::at(now)).expect("signed");
        path = next;
    }
    (std::fs::read(&path).expect("read"), key)
}

#[test]
fn every_signature_is_described_and_only_the_newest_covers_the_file() {
    let (bytes, _) = signed(2);
    let found = described(&bytes);
    let [first, second] = found.as_slice() else {
        panic!("{found:?}");
    };
    for signature in [first, second] {
        assert_eq!(signature.kind, OriginalSignatureKind::Signature);
        assert_eq!(signature.digest_algorithm.as_deref(), Some("SHA-256"));
        assert_eq!(
            signature.claimed_time.as_deref(),
            Some("2026-11-23T08:15:30+07:00")
        );
        assert!(
            signature
                .signer
                .as_deref()
                .is_some_and(|name| name.contains("UBND xã Mẫu")),
            "{signature:?}"
        );
        assert!(signature.issuer.is_some() && signature.certificate_sha256.is_some());
    }
    assert_ne!(first.field, second.field);
    assert!(!first.field.is_empty() && !second.field.is_empty());
    assert!(!first.byte_range_covers_file && second.byte_range_covers_file);
    assert_eq!(second.revision_end, u64::try_from(bytes.len()).ok());
    assert!(first.revision_end < second.revision_end);
}

#[test]
fn bytes_behind_the_signature_are_not_covered() {
    let (mut bytes, _) = signed(1);
    bytes.extend_from_slice(b"\n% later\n");
    let found = described(&bytes);
    assert_eq!(found.len(), 1);
    assert!(!found[0].byte_range_covers_file);
    assert!(found[0].signer.is_some());
}

#[test]
fn odd_dictionaries_are_counted_and_say_what_they_can() {
    let mut document = scan().document();
    let string = |bytes: &[u8]| Object::String(bytes.to_vec(), StringFormat::Hexadecimal);
    let ranges: [Object; 4] = [
        Object::Null,
        vec![0.into()].into(),
        vec![0.into(), i64::MAX.into(), i64::MAX.into(), i64::MAX.into()].into(),
        vec![(-1).into(), 5.into(), "x".into(), Object::Null].into(),
    ];
    let containers: [&[u8]; 4] = [
        b"",
        &[0x30, 0x80],
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x30; 4000],
    ];
    for (range, contents) in ranges.into_iter().zip(containers) {
        document.add_object(dictionary! {
            "Type" => "Sig", "SubFilter" => "adbe.pkcs7.detached", "ByteRange" => range,
            "Contents" => string(contents), "M" => Object::string_literal("soon"),
        });
    }
    let parent = document.add_object(dictionary! { "T" => Object::string_literal("to") });
    document.add_object(dictionary! {
        "T" => Object::string_literal("con"), "Parent" => parent,
        "V" => dictionary! {
            "Type" => "DocTimeStamp", "ByteRange" => vec![0.into(), 1.into(), 2.into(), 3.into()],
        },
    });
    document.add_object(dictionary! {
        "SubFilter" => "adbe.x509.rsa_sha1", "ByteRange" => Object::Array(vec![]),
        "Cert" => vec![string(&[0x30, 0x03, 1])],
        "Reference" => vec![dictionary! { "TransformMethod" => "DocMDP" }.into()],
    });
    let found = described(&save(document));
    assert_eq!(found.len(), 6, "{found:#?}");
    assert!(found.iter().all(|signature| signature.signer.is_none()
        && !signature.byte_range_covers_file
        && signature.claimed_time.is_none()));
    let field = |name: &str| found.iter().find(|signature| signature.field == name);
    let timestamp = field("to.con").expect("the direct value");
    assert_eq!(timestamp.kind, OriginalSignatureKind::DocumentTimestamp);
    assert_eq!(timestamp.revision_end, Some(5));
    let certifications = found
        .iter()
        .filter(|signature| signature.kind == OriginalSignatureKind::Certification);
    assert_eq!(certifications.count(), 1);
}

#[test]
fn a_damaged_container_never_panics() {
    let (bytes, _) = signed(1);
    let document = Document::load_mem(&bytes).expect("a PDF");
    let mut found = Vec::new();
    for (id, object) in &document.objects {
        search(object, (Some(*id), None), 0, &mut found);
    }
    let contents = found[0].signature.get(b"Contents").and_then(Object::as_str);
    let contents = contents.expect("a container");
    let whole = Container::of_cms(contents, None);
    assert!(whole.signer.is_some());
    for at in (0..contents.len().min(4000)).step_by(3) {
        let mut changed = contents.to_vec();
        changed[at] ^= 0x91;
        let _ = Container::of_cms(&changed, None);
        assert_eq!(
            Container::of_cms(&contents[..at.min(400)], None).signer,
            None
        );
    }
}

//! Sealing from end to end; the outside judges sit in `tests/it/signing.rs`.

use lopdf::{Dictionary, Document, Object};
use proptest::prelude::*;
use rcgen::KeyUsagePurpose;

use super::test_support::{
    Desk, PASSPHRASE, Sample, at, bytes_of, key, now, pkcs12, quick_key, visible,
};
use super::*;
use crate::config::{KeyConfig, KeyPlace, PassphraseSource};
use crate::read_back::signature::check;
use crate::record::{Explain, Lang};

const ALGORITHMS: [SignatureAlgorithm; 8] = [
    SignatureAlgorithm::RSA_PSS_SHA256,
    SignatureAlgorithm::RSA_PKCS1_SHA256,
    SignatureAlgorithm::ECDSA_P256_SHA256,
    SignatureAlgorithm::ECDSA_P384_SHA384,
    SignatureAlgorithm::of(Scheme::RsaPss, Hash::Sha384),
    SignatureAlgorithm::of(Scheme::RsaPss, Hash::Sha512),
    SignatureAlgorithm::of(Scheme::RsaPkcs1, Hash::Sha384),
    SignatureAlgorithm::of(Scheme::RsaPkcs1, Hash::Sha512),
];

fn list<'a>(pdf: &'a Document, owner: &'a Dictionary, key: &[u8]) -> &'a [Object] {
    let value = owner.get(key).expect("present");
    let (_, value) = pdf.dereference(value).expect("resolves");
    value.as_array().expect("array")
}

#[test]
fn every_algorithm_signs_both_kinds_of_file_and_reads_back() {
    let desk = Desk::new();
    for algorithm in ALGORITHMS {
        let key = key(algorithm);
        for modern in [false, true] {
            let base = Sample {
                modern,
                ..Sample::default()
            }
            .pdf();
            let signed = desk.sign(&base, &key, &visible()).expect("signed");
            let bytes = bytes_of(&signed.path);
            assert!(bytes.starts_with(&base), "the base is left as it was");
            assert_eq!(
                signed.digests,
                crate::record::Digests::of_reader(bytes.as_slice())
                    .expect("digests")
                    .into()
            );

            let facts = check(&signed.path, now()).expect("reads back");
            assert_eq!(facts.algorithm, algorithm.name());
            assert_eq!(facts.field, signed.signature.field);
            assert_eq!(
                facts.certificate_sha256,
                signed.signature.certificate_sha256
            );
            assert_eq!(signed.signature.claimed_time, "2026-11-23T08:15:30+07:00");
            assert_eq!(signed.signature.level, "B-B");
            let has_table = bytes
                .windows(8)
                .filter(|window| window == b"\ntrailer")
                .count();
            assert_eq!(
                has_table,
                if modern { 0 } else { 2 },
                "the base's kind is kept"
            );
        }
    }
}

#[test]
fn the_field_joins_whatever_form_and_annotations_there_are() {
    let link = "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]>>";
    let samples = [
        ("nothing", Sample::default(), 0),
        (
            "direct",
            Sample {
                catalogue: "/AcroForm<</Fields[5 0 R]/DA(/F 0 Tf)>>",
                page: "/Annots[6 0 R]",
                objects: &["<</T(Signature1)/FT/Tx>>", link],
                ..Sample::default()
            },
            1,
        ),
        (
            "indirect",
            Sample {
                catalogue: "/AcroForm 7 0 R",
                page: "/Annots 8 0 R",
                objects: &[
                    "<</T(Other)/FT/Tx>>",
                    link,
                    "<</Fields 9 0 R/SigFlags 1>>",
                    "[6 0 R]",
                    "[5 0 R]",
                ],
                ..Sample::default()
            },
            1,
        ),
        (
            "null",
            Sample {
                catalogue: "/AcroForm 5 0 R",
                page: "/Annots 77 0 R",
                objects: &["null"],
                ..Sample::default()
            },
            0,
        ),
    ];
    let (desk, key) = (Desk::new(), quick_key());
    for (name, sample, before) in samples {
        for modern in [false, true] {
            let base = Sample { modern, ..sample }.pdf();
            let signed = desk.sign(&base, &key, &visible()).expect(name);
            check(&signed.path, now()).expect(name);
            let pdf = Document::load(&signed.path).expect(name);
            let form = pdf.catalog().expect(name).get(b"AcroForm").expect(name);
            let form = pdf.dereference(form).expect(name).1.as_dict().expect(name);
            assert_eq!(
                form.get(b"SigFlags").and_then(Object::as_i64).ok(),
                Some(3),
                "{name}"
            );
            assert_eq!(list(&pdf, form, b"Fields").len(), before + 1, "{name}");
            let (_, page) = pdf.get_pages().pop_first().expect(name);
            let page = pdf.get_dictionary(page).expect(name);
            assert_eq!(list(&pdf, page, b"Annots").len(), before + 1, "{name}");
            let expected = if name == "direct" {
                "Signature2"
            } else {
                "Signature1"
            };
            assert_eq!(signed.signature.field, expected, "{name}");
        }
    }
}

#[test]
fn a_second_signature_leaves_the_first_one_intact() {
    let (desk, key) = (Desk::new(), quick_key());
    let first = desk
        .sign(&Sample::default().pdf(), &key, &visible())
        .expect("first");
    let once = bytes_of(&first.path);
    let second = desk.sign(&once, &key, &visible()).expect("second");
    assert_eq!(second.signature.field, "Signature2");
    let twice = bytes_of(&second.path);
    check(&second.path, now()).expect("second reads back");
    let revision = desk.put("revision.pdf", &twice[..once.len()]);
    assert_eq!(
        check(&revision, now()).expect("first reads back").field,
        "Signature1"
    );
}

#[test]
fn the_identifier_keeps_its_first_half_and_changes_its_second() {
    let (desk, key) = (Desk::new(), quick_key());
    let base = Sample {
        trailer: "/ID[<AB><AB>]",
        ..Sample::default()
    }
    .pdf();
    let signed = desk.sign(&base, &key, &visible()).expect("signed");
    let pdf = Document::load(&signed.path).expect("loads");
    let id = pdf
        .trailer
        .get(b"ID")
        .and_then(Object::as_array)
        .expect("ID");
    assert_eq!(id[0].as_str().expect("string"), [0xab]);
    assert_eq!(id[1].as_str().expect("string").len(), 16);
}

#[test]
fn what_viewers_would_have_to_repair_is_refused_and_leaves_no_file() {
    let plain = Sample::default().pdf();
    let text = String::from_utf8_lossy(&plain).into_owned();
    let shifted = text.replacen("<</Type/Catalog", "<</Lang(vi)/Type/Catalog", 1);
    let of = |sample: Sample<'_>| sample.pdf();
    let locked = "<</Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]>>";
    let cases = [
        ("sign.not_pdf", b"GIF89a".to_vec()),
        ("sign.not_pdf", Vec::new()),
        ("sign.no_end", plain[..plain.len() - 20].to_vec()),
        (
            "sign.no_end",
            [plain.as_slice(), b"\ntrailing words"].concat(),
        ),
        ("sign.damaged", shifted.into_bytes()),
        (
            "sign.damaged",
            text.replace("/Kids[3 0 R]", "/Kids[2 0 R]").into_bytes(),
        ),
        (
            "sign.encrypted",
            of(Sample {
                trailer: "/Encrypt<<>>",
                ..Sample::default()
            }),
        ),
        (
            "sign.unsupported",
            of(Sample {
                catalogue: "/AcroForm<</XFA[]>>",
                ..Sample::default()
            }),
        ),
        (
            "sign.forbidden",
            of(Sample {
                catalogue: "/Perms<</DocMDP 5 0 R>>",
                objects: &[locked],
                ..Sample::default()
            }),
        ),
    ];
    let (desk, key) = (Desk::new(), quick_key());
    for (code, bytes) in cases {
        let error = desk.sign(&bytes, &key, &visible()).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        assert!(!desk.path("signed.pdf").exists(), "{code}");
        for lang in [Lang::Vi, Lang::En] {
            assert!(!error.message(lang).is_empty() && !error.advice(lang).is_empty());
        }
    }
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let desk = Desk::new();
    let input = desk.put("input.pdf", &Sample::default().pdf());
    let output = desk.put("signed.pdf", b"mine");
    let error = seal(&input, &output, &quick_key(), &visible()).expect_err("exists");
    assert_eq!(error.code(), "sign.writing");
    assert_eq!(bytes_of(&output), b"mine");
}

#[test]
fn a_certificate_signs_only_in_its_time_and_for_its_purpose() {
    let (desk, key) = (Desk::new(), quick_key());
    let base = Sample::default().pdf();
    for (time, code) in [
        ("2025-12-31T23:59:59Z", "sign.not_yet_valid"),
        ("2027-12-31T00:00:01Z", "sign.expired"),
    ] {
        let request = SignatureRequest {
            claimed_time: at(time),
            ..visible()
        };
        assert_eq!(
            desk.sign(&base, &key, &request).expect_err(time).code(),
            code
        );
    }
    for usages in [&[][..], &[KeyUsagePurpose::KeyCertSign][..]] {
        let store = pkcs12(SignatureAlgorithm::ECDSA_P256_SHA256, usages);
        let key = SoftwareKey::from_pkcs12(&store, PASSPHRASE, RsaPadding::Pss).expect("key");
        let error = desk.sign(&base, &key, &visible()).expect_err("usage");
        assert_eq!(error.code(), "sign.key_usage");
    }
}

#[test]
fn a_signature_larger_than_its_place_is_refused() {
    let request = SignatureRequest {
        contents_reserve: 100,
        ..visible()
    };
    let desk = Desk::new();
    let error = desk
        .sign(&Sample::default().pdf(), &quick_key(), &request)
        .expect_err("small");
    assert!(matches!(error, SignError::Reserve { reserved: 100, needed } if needed > 100));
    assert!(!desk.path("signed.pdf").exists());
}

#[test]
fn the_passphrase_comes_from_where_the_configuration_says() {
    let desk = Desk::new();
    let store = pkcs12(
        SignatureAlgorithm::ECDSA_P256_SHA256,
        &[KeyUsagePurpose::DigitalSignature],
    );
    let store = desk.put("key.p12", &store);
    let open = |passphrase| {
        let place = KeyPlace::Pkcs12 {
            file: store.clone(),
            passphrase,
        };
        let key = KeyConfig {
            name: "organisation".to_owned(),
            attended: true,
            padding: RsaPadding::Pss,
            hash: None,
            place,
        };
        keys::open(&key, &keys::Nobody)
    };
    let good = desk.put("good", format!("{PASSPHRASE}\nsecond line\n").as_bytes());
    assert!(open(PassphraseSource::File(good)).is_ok());
    let wrong = desk.put("wrong", b"sai");
    let wrong = open(PassphraseSource::File(wrong));
    assert!(matches!(wrong, Err(SignError::Passphrase)));
    assert!(matches!(
        open(PassphraseSource::Empty),
        Err(SignError::Passphrase)
    ));
    let unset = PassphraseSource::Environment("SOHOA_TEST_UNSET_VARIABLE".to_owned());
    assert!(matches!(open(unset), Err(SignError::Secret(_))));
    let garbage = SoftwareKey::from_pkcs12(b"not a store", "", RsaPadding::Pss);
    assert!(matches!(garbage, Err(SignError::KeyFile { .. })));
}

#[test]
fn demo_keys_sign_and_say_that_they_are_demo_keys() {
    let demo = demo_pki::make("Ủy ban nhân dân xã Thanh Quang", now(), &[7; 32]).expect("made");
    let key = SoftwareKey::from_pkcs12(&demo.pkcs12, &demo.passphrase, RsaPadding::default())
        .expect("opens");
    assert_eq!(key.algorithm(), SignatureAlgorithm::RSA_PSS_SHA256);
    assert_eq!(key.chain().len(), 1, "the CA's certificate is in the store");
    let desk = Desk::new();
    let signed = desk
        .sign(&Sample::default().pdf(), &key, &visible())
        .expect("signed");
    let facts = check(&signed.path, now()).expect("reads back");
    assert!(
        facts
            .subject
            .contains("SOHOA DEMO – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"),
        "{}",
        facts.subject
    );
    assert!(facts.days_left > 1000);
    assert!(demo.ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_files_are_signed_or_refused_but_never_panic(
        at in 0usize..4000,
        with: u8,
        modern: bool,
        cut in 0usize..8000,
    ) {
        static KEY: std::sync::OnceLock<SoftwareKey> = std::sync::OnceLock::new();
        let mut pdf = Sample { modern, catalogue: "/AcroForm<</Fields[]>>", ..Sample::default() }.pdf();
        let place = at % pdf.len();
        pdf[place] = with;
        pdf.truncate(cut.max(20));
        let _ = Desk::new().sign(&pdf, KEY.get_or_init(quick_key), &visible());
    }
}

#[test]
fn a_signers_name_is_shown_as_far_as_it_can_be() {
    assert_eq!(
        signer_name(quick_key().certificate()).expect("a name"),
        "Người ký thử"
    );
    let mut parameters = rcgen::CertificateParams::default();
    let names = &mut parameters.distinguished_name;
    names.push(rcgen::DnType::CommonName, "Ngo\u{302} 李");
    let key = rcgen::KeyPair::generate().expect("key");
    let certificate = parameters.self_signed(&key).expect("certificate");
    assert_eq!(signer_name(certificate.der()).expect("a name"), "Ngô ?");
    assert!(signer_name(b"none").is_err());
}

//! Wycheproof: signatures that verifiers have got wrong, of the corpus that `SOHOA_CORPUS` names.

#![allow(clippy::print_stdout, reason = "a measurement says what it measured")]

use std::path::Path;

use der::asn1::{Any, AnyRef, Null, ObjectIdentifier};
use der::{Encode, Sequence};
use serde::Deserialize;

use super::algorithm::{MGF1, RSASSA_PSS, SHA1, SHA224, SHA256, SHA384, SHA512};
use super::*;

const FOLDER: &str = "pki/C2SP+wycheproof/testvectors_v1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    algorithm: String,
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    public_key_der: String,
    sha: String,
    mgf_sha: Option<String>,
    s_len: Option<u16>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u32,
    msg: String,
    sig: String,
    result: String,
}

/// `RSASSA-PSS-params`, all written out.
#[derive(Sequence)]
struct Parameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    hash: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    mask: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    salt_length: u16,
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .expect("hexadecimal")
}

fn identifier(oid: ObjectIdentifier, parameters: Option<Any>) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters }
}

fn hash(name: &str) -> AlgorithmIdentifierOwned {
    let oid = match name {
        "SHA-1" => SHA1,
        "SHA-224" => SHA224,
        "SHA-256" => SHA256,
        "SHA-384" => SHA384,
        "SHA-512" => SHA512,
        other => panic!("{other}"),
    };
    identifier(oid, Some(AnyRef::from(Null).into()))
}

/// As a certificate would name the algorithm of a group.
fn algorithm(kind: &str, group: &Group) -> AlgorithmIdentifierOwned {
    let oid = match (kind, group.sha.as_str()) {
        ("RSASSA-PSS", sha) => {
            let mask = hash(group.mgf_sha.as_deref().expect("mask"));
            let mask = Any::encode_from(&mask).expect("DER");
            let parameters = Parameters {
                hash: hash(sha),
                mask: identifier(MGF1, Some(mask)),
                salt_length: group.s_len.expect("salt"),
            };
            let parameters = Any::encode_from(&parameters).expect("DER");
            return identifier(RSASSA_PSS, Some(parameters));
        }
        ("ECDSA", "SHA-256") => "1.2.840.10045.4.3.2",
        ("ECDSA", "SHA-384") => "1.2.840.10045.4.3.3",
        (_, "SHA-256") => "1.2.840.113549.1.1.11",
        (_, "SHA-384") => "1.2.840.113549.1.1.12",
        (_, "SHA-512") => "1.2.840.113549.1.1.13",
        other => panic!("{other:?}"),
    };
    identifier(oid.parse().expect("OID"), None)
}

fn key(group: &Group) -> SubjectPublicKeyInfoOwned {
    let key = SubjectPublicKeyInfoOwned::from_der(&hex(&group.public_key_der)).expect("key");
    assert!(key.to_der().is_ok());
    key
}

#[test]
fn no_invalid_signature_is_accepted_and_no_valid_one_refused() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        println!("SKIPPED: SOHOA_CORPUS is not set, no vector of Wycheproof was tried");
        return;
    };
    let folder = std::fs::read_dir(Path::new(&corpus).join(FOLDER)).expect("folder");
    let (mut files, mut tried, mut unknown) = (0, 0, 0);
    let mut wrong = Vec::new();
    for file in folder {
        let path = file.expect("file").path();
        let vectors = std::fs::read(&path).expect("vectors");
        let vectors: Vectors = serde_json::from_slice(&vectors).expect("JSON");
        files += 1;
        for group in &vectors.test_groups {
            let (key, algorithm) = (key(group), algorithm(&vectors.algorithm, group));
            for vector in &group.tests {
                let (message, value) = (hex(&vector.msg), hex(&vector.sig));
                let any_age = verify_of_any_age(&key, &algorithm, &message, &value);
                let strict = verify(&key, &algorithm, &message, &value);
                let by_digest = SignatureAlgorithm::of(&algorithm).map(|known| {
                    let digest = known.hash.digest(&message);
                    known.verify(&key, Signed::Digest(&digest), &value)
                });
                let is_known = !matches!(any_age, Err(SignatureFault::Algorithm(_)));
                let is_right = match vector.result.as_str() {
                    "valid" => any_age.is_ok() || !is_known,
                    "invalid" => any_age.is_err() && strict.is_err(),
                    _ => strict.is_err() || any_age.is_ok(),
                };
                tried += 1;
                unknown += usize::from(!is_known);
                if !is_right || by_digest.is_some_and(|verdict| verdict != any_age) {
                    wrong.push(format!("{} {}", path.display(), vector.tc_id));
                }
            }
        }
    }
    println!("{tried} vectors of {files} files, {unknown} of them with unknown algorithms");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        files >= 10 && tried > 2500,
        "{files} files, {tried} vectors"
    );
    // Of the odd parameters of PSS: another hash for the mask than for the message, SHA-1 and SHA-224.
    assert!(unknown < 150, "{unknown} vectors with unknown algorithms");
}

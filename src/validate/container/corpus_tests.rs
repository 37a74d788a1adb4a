//! Containers that others made, of the corpus that `SOHOA_CORPUS` names: signed PDFs and timestamps.
//!
//! Ranges are found by their looks here; what a document is made of is read elsewhere.

#![allow(clippy::print_stdout, reason = "a measurement says what it measured")]

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use regex::bytes::Regex;

use super::*;
use crate::trust::test_support::{Authority, at};
use crate::validate::SubIndication;
use crate::validate::process::{AlgorithmEnds, Item, Policy, RevocationRule, run};

const VN_SIGNED: &str = "vn-signed/nrl-ai+nom-vn/benchmarks/data/vn_documents_ocr_v2/sources";
const TOKENS: &str = "pki/trailofbits+rfc3161-client/test/fixtures";

fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("SOHOA_CORPUS");
    if corpus.is_none() {
        println!("SKIPPED: SOHOA_CORPUS is not set, no container of others was tried");
    }
    corpus.map(PathBuf::from)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .collect();
    found.sort();
    found
}

/// A container with what it covers, and where that ends.
struct Found {
    contents: Vec<u8>,
    covered: Vec<u8>,
    end: usize,
    is_timestamp: bool,
}

fn signatures(pdf: &[u8]) -> Vec<Found> {
    let ranges = Regex::new(r"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]");
    let ranges = ranges.expect("expression");
    let found = ranges.captures_iter(pdf).filter_map(|numbers| {
        let number = |index| {
            let digits = std::str::from_utf8(numbers.get(index)?.as_bytes()).ok()?;
            digits.parse::<usize>().ok()
        };
        let (first, second, third) = (number(1)?, number(2)?, number(3)?);
        let end = third.checked_add(number(4)?)?;
        let gap = pdf.get(first.checked_add(second)?..third)?;
        let digits: Vec<u8> = gap
            .iter()
            .filter(|byte| byte.is_ascii_hexdigit())
            .map(u8::to_ascii_uppercase)
            .collect();
        let around = numbers.get(0)?.range();
        let near = pdf.get(around.start.saturating_sub(400)..(around.end + 400).min(pdf.len()))?;
        Some(Found {
            contents: data_encoding::HEXUPPER.decode(&digits).ok()?,
            covered: [pdf.get(first..first + second)?, pdf.get(third..end)?].concat(),
            end,
            is_timestamp: near.windows(12).any(|word| word == b"ETSI.RFC3161"),
        })
    });
    found.collect()
}

fn item(found: &Found) -> Item {
    let kind = if found.is_timestamp {
        Kind::Timestamp
    } else {
        Kind::Signature
    };
    let container = Container::parse(kind, &found.contents);
    let integrity = match &container {
        Err(_) => Ok(()),
        Ok(container) => {
            let digest = container.hash().map(|hash| hash.digest(&found.covered));
            container.verify(&digest.unwrap_or_default())
        }
    };
    Item {
        kind,
        container,
        integrity,
        end: u64::try_from(found.end).expect("length"),
        evidence: Evidence::default(),
        claimed_time: None,
    }
}

#[test]
fn signatures_of_vietnamese_offices_are_intact_and_their_chain_is_not_provable() {
    let Some(corpus) = corpus() else { return };
    let mut seen = Vec::new();
    for file in files(&corpus.join(VN_SIGNED), "pdf") {
        let pdf = std::fs::read(&file).expect("file");
        let items: Vec<Item> = signatures(&pdf).iter().map(item).collect();
        let policy = Policy {
            roots: vec![Authority::root("Gốc khác").certificate()],
            intermediates: Vec::new(),
            algorithms: AlgorithmEnds::standard(),
            revocation: RevocationRule::Required,
            at: at("2026-11-23T00:00:00Z"),
            skew: SignedDuration::from_secs(300),
            fetch: None,
        };
        let conclusions = run(&items, &Evidence::default(), &policy);
        for (item, conclusion) in items.iter().zip(&conclusions) {
            assert_eq!(item.integrity, Ok(()));
            let chain = Some(SubIndication::NoCertificateChainFound);
            assert_eq!(conclusion.sub_indication, chain, "{conclusion:?}");
            let container = item.container.as_ref().expect("container");
            let subject = container.certificate().expect("certificate").subject();
            let name = subject.split("CN=").nth(1).unwrap_or_default();
            let name = name.split(',').next().unwrap_or_default().to_owned();
            println!(
                "{name}; {}; {:?}; {:?}",
                container.algorithm_name(),
                conclusion.claimed_time,
                container.binding(),
            );
            seen.push((name, container.signer_hash()));
        }
    }
    assert_eq!(seen.len(), 9);
    let count = |hash| seen.iter().filter(|(_, own)| *own == Some(hash)).count();
    assert_eq!(
        (count(HashFunction::Sha1), count(HashFunction::Sha256)),
        (6, 3)
    );
    let named = |name: &str| seen.iter().filter(|(own, _)| own == name).count();
    assert_eq!(named("ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI"), 5);
    assert_eq!(named("CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ"), 2);
    assert_eq!(named("Nguyễn Thanh Tùng") + named("Võ Tuấn Anh"), 2);
}

#[test]
fn signed_documents_of_others_are_read_without_harm_and_hold_where_openssl_says_so() {
    let Some(corpus) = corpus() else { return };
    let (mut holds, mut fails) = (0, Vec::new());
    for file in files(&corpus.join("signed"), "pdf") {
        let pdf = std::fs::read(&file).expect("file");
        for (index, found) in signatures(&pdf).iter().enumerate() {
            let item = item(found);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            match (&item.container, &item.integrity) {
                (Ok(_), Ok(())) => holds += 1,
                (Err(fault), _) => fails.push(format!("{name} {index} {}", fault.code())),
                (_, Err(fault)) => fails.push(format!("{name} {index} {}", fault.code())),
            }
        }
    }
    println!("{holds} hold; {fails:#?}");
    // OpenSSL's `cms -verify -noverify` says the same but for three kinds: it knows no Ed25519 with attributes (five
    // that hold here), does not mind content beside the document, and was not asked about two timestamps.
    assert_eq!(holds, 59);
    assert_eq!(
        fails,
        [
            "base.pdf 0 container-malformed",
            "weird-byterange.pdf 0 container-malformed",
            "ed448-disallowed-hash.pdf 0 algorithm-unsupported",
            "ed448-shake256-nolen.pdf 0 algorithm-unsupported",
            "pdf-sig-with-econtent.pdf 0 container-content",
        ]
    );
}

/// The token in a `TimeStampResp` (RFC 3161 §2.4.2).
fn token_in(response: &[u8]) -> Option<Vec<u8>> {
    let mut response = Values::of(response).inside(SEQUENCE)?;
    response.expect(SEQUENCE)?;
    Some(response.next()?.whole.to_vec())
}

#[test]
fn timestamps_of_others_are_read_and_verified() {
    let Some(corpus) = corpus() else { return };
    let mut verdicts = Vec::new();
    for file in files(&corpus.join(TOKENS), "tsr") {
        let response = std::fs::read(&file).expect("file");
        let token = token_in(&response).expect("token");
        let chain = std::fs::read(file.with_file_name("ts_chain.pem")).expect("chain");
        let chain: Vec<Certificate> = crate::trust::certificates_in(&chain)
            .iter()
            .filter_map(|der| Certificate::from_der(der))
            .collect();
        let mut container = Container::parse(Kind::Timestamp, &token).expect("token");
        container.look_among(&chain);
        let imprint = container.token().expect("info").imprint.clone();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let time = container.token().expect("info").time;
        println!("{name}: {time} {}", container.algorithm_name());
        verdicts.push((name, container.verify(&imprint).err()));
        assert!(container.verify(&[7; 32]).is_err());
    }
    let broken: Vec<_> = verdicts
        .iter()
        .filter(|(_, fault)| fault.is_some())
        .collect();
    assert!(verdicts.len() >= 9, "{verdicts:?}");
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!(
        broken[0],
        &(
            "response-invalid-signature.tsr".to_owned(),
            Some(IntegrityFault::Value)
        )
    );
}

//! Originals that come signed: kept as they are, described, and shown by a rendition with one signature, ours.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sohoa::config::{Limits, ScannerProfile};
use sohoa::pages::Scans;
use sohoa::record::{OriginalSignature, Sha256Digest};

use crate::judge::{self, Flavour};
use crate::office::{Office, jpeg_page};
use crate::reading::recognisers;

/// A card that says by itself whose it is.
const CARD: &str = "samples/scans/quay-01/IMG_20261123_0006.jpg";

/// A scan as a PDF with the signature of this office, as another office would send it.
fn signed_pdf_of(scan: &Path, office: &Office) -> PathBuf {
    let (unsigned, signed) = (office.at("incoming-0.pdf"), office.at("incoming.pdf"));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (code, lines) = office.json(&["normalise", &path(scan), "-o", &path(&unsigned)]);
    assert_eq!(code, 0, "{lines:?}");
    let (code, lines) = office.json(&["sign", &path(&unsigned), "-o", &path(&signed)]);
    assert_eq!(code, 0, "{lines:?}");
    signed
}

fn show(office: &Office, record: &str) -> Value {
    let (code, mut shown) = office.json(&["show", record]);
    assert_eq!((code, shown.len()), (0, 1), "{shown:?}");
    shown.remove(0)
}

fn archived(office: &Office, name: &str) -> PathBuf {
    let files = office.files("archive");
    let newest = files.into_iter().rfind(|file| file.ends_with(name));
    office.at("archive").join(newest.expect(name))
}

fn occurrences(haystack: &[u8], needle: &str) -> usize {
    let windows = haystack.windows(needle.len());
    windows
        .filter(|window| *window == needle.as_bytes())
        .count()
}

#[test]
fn a_signed_pdf_is_kept_and_the_document_is_its_rendition() {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    let incoming = signed_pdf_of(&scan, &office);
    let record = office.archive(&incoming, &["--citizen", "079203000001"]);
    let sent = fs::read(&incoming).expect("read");
    let digest = Sha256Digest::of(&sent);
    let kept = archived(&office, "/original/0001.pdf");
    assert!(
        fs::read(&kept).expect("read") == sent,
        "the original changed"
    );

    let shown = show(&office, &record);
    assert_eq!(shown["rendition_of"], json!([digest.to_string()]));
    let found = shown["original_signatures"].as_array().expect("a list");
    let [signature] = found.as_slice() else {
        panic!("{found:?}");
    };
    let own = &shown["signatures"][0];
    assert_eq!(signature["original"], 0);
    assert_eq!(signature["kind"], "signature");
    assert_eq!(signature["sub_filter"], "ETSI.CAdES.detached");
    assert_eq!(signature["byte_range_covers_file"], true);
    assert_eq!(signature["revision_end"], sent.len());
    assert_eq!(signature["signer"], own["signer"], "one key signed both");
    assert_eq!(signature["certificate_sha256"], own["certificate_sha256"]);
    assert_eq!(signature["digest_algorithm"], "SHA-256");
    // The demo's authority says nothing about revocation.
    assert_eq!(signature["validation"], "indeterminate");
    assert_eq!(signature["sub_indication"], "TRY_LATER");
    let report = fs::read(archived(&office, "/validation/0001.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(report["file"], "original/0001.pdf");
    assert_eq!(report["signatures"][0]["integrity"], "intact");
    let remarks = shown["remarks"].to_string();
    assert!(remarks.contains("bản PDF/A là bản thể hiện"), "{remarks}");
    let text = String::from_utf8(office.sohoa(&["show", &record]).stdout).expect("UTF-8");
    assert!(
        text.contains("Signature on the original: 1 ETSI") && text.contains("INDETERMINATE"),
        "{text}"
    );
    assert!(
        text.contains(&format!("Rendition of the signed file: SHA-256 {digest}")),
        "{text}"
    );

    let document = office.signed_pdf(&record);
    let bytes = fs::read(&document).expect("read");
    assert_eq!(
        occurrences(&bytes, "/ByteRange"),
        1,
        "exactly one signature"
    );
    let mark = format!("<sohoa:renditionOf>sha256:{digest}</sohoa:renditionOf>");
    assert_eq!(occurrences(&bytes, &mark), 1);
    assert_eq!(office.assert_verified(), 1);
    if judge::ready("a_signed_pdf_is_kept_and_the_document_is_its_rendition") {
        judge::pdfsig_valid(&kept).expect("the original's signature");
        judge::pdfsig_valid(&document).expect("ours");
        judge::verapdf(Flavour::A2b, &[document]).expect("veraPDF");
    }
}

#[test]
fn an_unsigned_original_has_no_rendition() {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(2)).expect("written");
    let record = office.archive(&scan, &["--citizen", "079203000001"]);
    let shown = show(&office, &record);
    assert_eq!(shown.get("original_signatures"), None);
    assert_eq!(shown.get("rendition_of"), None);
    let bytes = fs::read(office.signed_pdf(&record)).expect("read");
    assert_eq!(occurrences(&bytes, "<sohoa:renditionOf>"), 0);
}

#[test]
fn the_text_of_a_signed_original_is_found() {
    if recognisers("the_text_of_a_signed_original_is_found", 1).is_none() {
        return;
    }
    let office = Office::that_reads();
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join(CARD);
    let incoming = signed_pdf_of(&card, &office);
    let record = office.archive(&incoming, &[]);
    let (_, rows) = office.json(&["find", "--text", "can cuoc cong dan"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["record"], record.as_str());
    assert_eq!(
        show(&office, &record)["rendition_of"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

fn corpus(test: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("SOHOA_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        judge::say_skipped(test, "SOHOA_CORPUS is not set");
    }
    corpus
}

/// Byte ranges by path, of the files below a folder of the corpus.
fn oracle(corpus: &Path, folder: &str) -> BTreeMap<String, usize> {
    let text = fs::read_to_string(corpus.join("ORACLE_pdf.tsv")).expect("the oracle");
    let rows = text.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        let name = columns.next().filter(|name| name.starts_with(folder))?;
        Some((name.to_owned(), columns.nth(5)?.parse().ok()?))
    });
    rows.collect()
}

/// What the signatures of a file say; `None` for a file that is refused.
fn signatures_of(path: &PathBuf) -> Option<Vec<OriginalSignature>> {
    let profile: ScannerProfile =
        toml::from_str(include_str!("../../scanner-profiles/generic.toml"))
            .expect("the shipped profile");
    let scans = Scans::open(std::iter::once(path), &profile, &Limits::default()).ok()?;
    Some(scans.signatures())
}

#[test]
fn published_decisions_are_described_and_marked() {
    let Some(corpus) = corpus("published_decisions_are_described_and_marked") else {
        return;
    };
    let office = Office::new();
    let decisions = oracle(&corpus, "vn-signed/");
    assert_eq!(decisions.len(), 3);
    for (number, (name, byte_ranges)) in decisions.iter().enumerate() {
        let path = corpus.join(name);
        let found = signatures_of(&path).expect(name);
        assert_eq!(found.len(), *byte_ranges, "{name}");
        for OriginalSignature { signature, .. } in &found {
            assert!(signature.certificate_sha256.is_some(), "{name}");
            assert!(
                signature.signer.is_some() && signature.issuer.is_some(),
                "{name}"
            );
            assert!(signature.claimed_time.is_some(), "{name}");
            assert!(!signature.field.is_empty(), "{name}");
        }
        let covering = found
            .iter()
            .filter(|found| found.signature.byte_range_covers_file);
        assert_eq!(covering.count(), 1, "{name}: the newest");
        let out = office.at(&format!("{number}.pdf"));
        let arguments = ["normalise", path.to_str().expect("path"), "-o"];
        let (code, lines) = office.json(&[&arguments[..], &[out.to_str().expect("path")]].concat());
        assert!([0, 1].contains(&code), "{name}: {lines:?}");
        let digest = Sha256Digest::of(&fs::read(&path).expect("read"));
        let bytes = fs::read(&out).expect("read");
        assert_eq!(
            occurrences(&bytes, &format!(">sha256:{digest}</sohoa:renditionOf>")),
            1
        );
        assert_eq!(occurrences(&bytes, "/ByteRange"), 0, "{name}");
    }
}

#[test]
fn as_many_signatures_are_described_as_others_count() {
    let test = "as_many_signatures_are_described_as_others_count";
    let Some(corpus) = corpus(test) else {
        return;
    };
    let (mut equal, mut signed) = (0_usize, 0_usize);
    let (mut others, mut refused) = (Vec::new(), Vec::new());
    for (name, byte_ranges) in oracle(&corpus, "signed/") {
        match signatures_of(&corpus.join(&name)) {
            None => refused.push(format!("{name}: {byte_ranges}")),
            Some(found) if found.len() == byte_ranges => {
                equal += 1;
                signed += usize::from(byte_ranges > 0);
            }
            Some(found) => others.push(format!("{name}: {} of {byte_ranges}", found.len())),
        }
    }
    let all = equal + others.len();
    let figures = format!(
        "{equal} of {all} files equal, {signed} of them signed; {others:#?}; refused {refused:#?}"
    );
    writeln!(std::io::stderr(), "{test}: {figures}").expect("stderr");
    assert!(signed > 40 && equal * 100 >= all * 95, "{figures}");
}

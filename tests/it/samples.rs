//! The samples, which are what counter scanners write: all of them through the daemon, against
//! their ground truth and before every judge; and the broken ones, each with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::judge::{self, Flavour};
use crate::office::Office;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn manifest(table: &str) -> Vec<toml::Table> {
    let text = fs::read_to_string(samples().join("MANIFEST.toml")).expect("the manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    let rows = manifest[table].as_array().expect("an array").iter();
    rows.map(|row| row.as_table().expect("a table").clone())
        .collect()
}

/// Drops every sample into the inbox, the slip before its scan, and lets the daemon empty it.
fn office_with_all_samples() -> Office {
    let office = Office::new();
    office.configure(|text| text.replace("poll_seconds = 1.0", "poll_seconds = 0.2"));
    for scan in manifest("scan") {
        let path = samples().join(scan["path"].as_str().expect("a path"));
        let inside = path
            .strip_prefix(samples().join("scans"))
            .expect("below scans");
        let mut parts = inside.components();
        let station = parts
            .next()
            .expect("a station")
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        let name = parts.as_path().to_str().expect("UTF-8");
        if let Ok(slip) = fs::read(format!("{}.phieu.toml", path.display())) {
            office.drop_scan(&station, &format!("{name}.phieu.toml"), &slip);
        }
        office.drop_scan(&station, name, &fs::read(&path).expect("the sample"));
    }
    assert_eq!(office.start(&["--once"]).wait(), 0, "{}", office.log());
    office
}

/// `show` of every record, by the name under which it was dropped.
fn records(office: &Office) -> BTreeMap<String, Value> {
    let (_, rows) = office.json(&["find", "--from", "2000-01-01"]);
    let shown = rows.iter().map(|row| {
        let (_, mut shown) = office.json(&["show", row["record"].as_str().expect("a number")]);
        let record = shown.remove(0);
        let original = &record["originals"][0]["dropped_as"];
        let station = record["station"].as_str().expect("a station");
        (
            format!("scans/{station}/{}", original.as_str().expect("a name")),
            record,
        )
    });
    shown.collect()
}

#[test]
fn every_sample_becomes_the_record_that_the_manifest_describes() {
    let office = office_with_all_samples();
    let records = records(&office);
    let scans = manifest("scan");
    assert_eq!(records.len(), scans.len(), "{}", office.log());
    for scan in &scans {
        let path = scan["path"].as_str().expect("a path");
        let record = &records[path];
        let pages = usize::try_from(scan["pages"].as_integer().expect("a number")).expect("small");
        assert_eq!(
            record["pages"].as_array().map(Vec::len),
            Some(pages),
            "{path}"
        );
        let has_slip = scan["slip"]
            .as_array()
            .is_some_and(|keys| keys.iter().any(|key| key.as_str() == Some("citizen")));
        let citizen = if has_slip {
            scan["citizen"].as_str()
        } else {
            None
        };
        assert_eq!(record["citizen"].as_str(), citizen, "{path}");
        let dpi = scan["dpi"].as_integer().expect("a number") as f64;
        for page in record["pages"].as_array().expect("pages") {
            assert_eq!(page["dpi_source"], "file", "{path}");
            assert!(
                (page["dpi_x"].as_f64().expect("a number") - dpi).abs() < 1.0,
                "{path}: {page}"
            );
            // The one palette PNG is expanded; every other stream is the scanner's own.
            let expected = if path.ends_with(".png") {
                "recompressed"
            } else {
                "passed-through"
            };
            assert_eq!(page["treatment"], expected, "{path}: {page}");
        }
    }
    assert_eq!(office.assert_verified(), scans.len() as u64);
    let receipts = office.files("outbox");
    assert!(
        receipts.len() == scans.len() && receipts.iter().all(|name| name.ends_with(".OK.txt")),
        "{receipts:?}"
    );
    judge_all(&office, &records);
}

fn judge_all(office: &Office, records: &BTreeMap<String, Value>) {
    if !judge::ready("every_sample_becomes_the_record_that_the_manifest_describes") {
        return;
    }
    let signed: Vec<PathBuf> = records
        .values()
        .map(|record| office.signed_pdf(record["record"].as_str().expect("a number")))
        .collect();
    judge::verapdf(Flavour::A2b, &signed).expect("veraPDF after the signature");
    judge::pyhanko(&office.root_ca(), &signed).expect("pyHanko");
    for pdf in &signed {
        judge::qpdf_check(pdf).expect("qpdf");
        judge::pdfsig_valid(pdf).expect("pdfsig");
        judge::openssl_cms(&office.root_ca(), pdf).expect("openssl");
    }
    assert_eq!(
        judge::ocfl_root(&office.at("archive")).expect("ocfl-py"),
        records.len()
    );

    let mut composed = Vec::new();
    for (number, (path, record)) in records.iter().enumerate() {
        let scan = samples().join(path);
        let pdf = office.at(&format!("unsigned-{number}.pdf"));
        let arguments = [
            "normalise",
            scan.to_str().expect("path"),
            "-o",
            pdf.to_str().expect("path"),
        ];
        let done = office.sohoa(&arguments);
        assert!(
            done.status.success(),
            "{path}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        if Path::new(path)
            .extension()
            .is_some_and(|ending| ending == "jpg")
        {
            let signed = office.signed_pdf(record["record"].as_str().expect("a number"));
            judge::extracted_jpegs_equal(&signed, &[scan]).expect("byte-identical JPEG");
        }
        composed.push(pdf);
    }
    judge::verapdf(Flavour::A2b, &composed).expect("veraPDF before the signature");
}

#[test]
fn every_broken_sample_ends_with_its_own_reason() {
    let office = Office::new();
    let expected = BTreeMap::from([
        ("zero.jpg", "pages.empty"),
        ("truncated.jpg", "pages.truncated"),
        ("locked.pdf", "pages.password"),
        ("page17.tif", "pages.truncated"),
        ("huge-header.png", "pages.page_too_large"),
        ("not-a-scan.txt", "pages.unknown_format"),
        ("half.pdf", "pages.file_damaged"),
    ]);
    for bad in manifest("bad") {
        let path = samples().join(bad["path"].as_str().expect("a path"));
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let answer = office.ingest(&path, &[]);
        match expected.get(name) {
            // Taken for what it is, whatever it is called.
            None => assert_eq!(
                (name, &answer["status"]),
                ("really-a-png.jpg", &"archived".into()),
                "{answer}"
            ),
            Some(code) => {
                assert_eq!(answer["status"], "quarantined", "{name}: {answer}");
                assert_eq!(answer["reason"], *code, "{name}: {answer}");
            }
        }
        if name == "page17.tif" {
            assert!(
                answer["message"]
                    .as_str()
                    .is_some_and(|text| text.contains("17")),
                "the page is named: {answer}"
            );
        }
    }
    assert_eq!(office.assert_verified(), 1);
}

//! `sohoa read --json` on the samples: against what is printed on them, and against a snapshot.
//!
//! The snapshot (`tests/it/golden/`, one for a version of Tesseract) holds what another patch version of the engine should
//! not change: how each page was read and turned, its codes, every field that a code or the zone of a
//! card gives, fields of clean print (confidence 85 and more, without the confidence itself), and the
//! document. Words, places, skew and handwriting are left out. `SOHOA_BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sohoa::recognise::tesseract::Recognisers;

use crate::office::Office;

const CLEAN: f64 = 85.0;

fn here(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// The rows of the samples' ground truth.
fn truth() -> Vec<toml::Table> {
    let text = fs::read_to_string(here("samples/MANIFEST.toml")).expect("the manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    let rows = manifest["scan"].as_array().expect("an array").iter();
    rows.map(|row| row.as_table().expect("a table").clone())
        .collect()
}

/// Everything that `read --json` prints for each sample; `None`, said aloud, without the engine.
fn read_all(test: &str) -> Option<Vec<(toml::Table, Vec<Value>)>> {
    let sohoa = Path::new(env!("CARGO_BIN_EXE_sohoa"));
    let engine = Recognisers::with_program(sohoa, 1, &["vie".to_owned()]);
    let lacking = match &engine {
        Err(error) => Some(error.to_string()),
        // Long numbers are read twice, the second time by this model.
        Ok(engine)
            if !engine
                .available()
                .languages
                .iter()
                .any(|name| name == "eng") =>
        {
            Some("the engine lacks its English model".to_owned())
        }
        Ok(_) => None,
    };
    if let Some(why) = lacking {
        crate::judge::skip(test, &why);
        return None;
    }
    let office = Office::new();
    let mut read = Vec::new();
    for row in truth() {
        let scan = here("samples").join(row["path"].as_str().expect("a path"));
        let (code, lines) = office.json(&["read", scan.to_str().expect("UTF-8")]);
        assert_eq!(code, 0, "{lines:?}");
        read.push((row, lines));
    }
    Some(read)
}

fn values<'a>(fields: &'a Value, name: &str) -> Vec<&'a str> {
    let fields = fields.as_array().expect("fields").iter();
    fields
        .filter(|field| field["name"] == name)
        .map(|field| field["value"].as_str().expect("text"))
        .collect()
}

/// One test for all of it: reading the samples takes most of a minute.
#[test]
fn the_samples_say_whose_and_what_they_are() {
    let Some(read) = read_all("the_samples_say_whose_and_what_they_are") else {
        return;
    };
    for (row, lines) in &read {
        let path = row["path"].as_str().expect("a path");
        let (document, pages) = lines.split_last().expect("lines");
        assert_eq!(document["pages"], pages.len(), "{path}");
        check_document(path, row, document);
        check_fields(path, document, pages);
    }
    check_snapshot(&read);
}

fn check_document(path: &str, row: &toml::Table, document: &Value) {
    let text = |key: &str| row[key].as_str().expect("text");
    let fields = &document["fields"];
    let pages = row["page"].as_array().expect("pages");
    let has = |key: &str| pages.iter().any(|page| page.get(key).is_some());
    let names_citizen = has("mrz") || document["fields"].to_string().contains("card-qr");
    if names_citizen {
        assert_eq!(document["identity"]["identity"], "certain", "{path}");
        assert_eq!(document["identity"]["citizen"], text("citizen"), "{path}");
    } else {
        // Print alone never decides.
        assert_ne!(document["identity"]["identity"], "certain", "{path}");
    }
    if pages
        .iter()
        .all(|page| page["blank"].as_bool() == Some(true))
    {
        assert_eq!(fields, &json!([]), "{path}");
        return;
    }
    let is_back = document["title"].is_null();
    assert_eq!(document["kind"], text("kind"), "{path}");
    assert!(!is_back || text("title").contains("mặt sau"), "{path}");
    if has("qr") && !values(fields, "dossier-code").is_empty() {
        assert_eq!(document["dossier"], text("dossier"), "{path}");
    }
}

/// Every number is one of the invented people's, who have no other, and every page's fields are the
/// document's.
fn check_fields(path: &str, document: &Value, pages: &[Value]) {
    let people: BTreeSet<&str> = PEOPLE.into();
    for id in values(&document["fields"], "citizen-id") {
        assert!(people.contains(id), "{path}: {id}");
    }
    let of_pages = pages
        .iter()
        .flat_map(|page| page["fields"].as_array().expect("fields"));
    let all: Vec<&Value> = of_pages.collect();
    let of_document: Vec<&Value> = document["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .collect();
    assert_eq!(all, of_document, "{path}");
    for (page, number) in pages.iter().zip(1..) {
        assert!(
            page["fields"]
                .as_array()
                .expect("fields")
                .iter()
                .all(|field| field["page"] == number)
        );
    }
}

/// Citizens of the samples and those of their households.
const PEOPLE: [&str; 9] = [
    "020091990417",
    "020194990283",
    "020068990052",
    "020303990738",
    "004099990614",
    "019157990126",
    "020170990055",
    "020098990171",
    "019085990340",
];

/// Another version of the engine reads other letters; what is right whatever it reads is checked above.
fn check_snapshot(read: &[(toml::Table, Vec<Value>)]) {
    const TEST: &str = "the_samples_say_whose_and_what_they_are (snapshot)";
    let Some(engine) = crate::reading::recognisers(TEST, 1) else {
        return;
    };
    let version = &engine.available().version;
    let golden = here(&format!("tests/it/golden/read-tesseract-{version}.jsonl"));
    if !golden.exists() && std::env::var_os("SOHOA_BLESS").is_none() {
        crate::judge::skip(
            TEST,
            &format!("there is no snapshot of Tesseract {version}"),
        );
        return;
    }
    let mut now = String::new();
    for (row, lines) in read {
        for line in lines {
            now.push_str(&stable(&row["path"], line).to_string());
            now.push('\n');
        }
    }
    if std::env::var_os("SOHOA_BLESS").is_some() {
        fs::write(&golden, &now).expect("written");
    }
    let before = fs::read_to_string(&golden).expect("the snapshot");
    for (now, before) in now.lines().zip(before.lines()) {
        assert_eq!(now, before, "see the head of this file");
    }
    assert_eq!(now.lines().count(), before.lines().count());
}

/// What the snapshot keeps of a line.
fn stable(path: &toml::Value, line: &Value) -> Value {
    let is_stable = |field: &&Value| {
        field["confidence"]
            .as_f64()
            .is_none_or(|sure| sure >= CLEAN)
    };
    let fields = line["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter(is_stable);
    let fields: Vec<Value> = fields
        .map(|field| {
            json!([
                field["page"],
                field["source"],
                field["name"],
                field["value"],
                field["doubt"]
            ])
        })
        .collect();
    match line.get("page") {
        Some(page) => {
            let codes = line["codes"].as_array().expect("codes").iter();
            let codes: Vec<Value> = codes
                .map(|code| json!([code["kind"], code["text"], code["dossier"]]))
                .collect();
            json!({
                "file": path.as_str(), "page": page, "reading": line["reading"], "upright": line["upright"],
                "codes": codes, "fields": fields,
            })
        }
        None => json!({
            "file": path.as_str(), "pages": line["pages"], "dossier": line["dossier"],
            "kind": line["kind"], "title": line["title"],
            "identity": [line["identity"]["identity"], line["identity"]["citizen"]],
        }),
    }
}

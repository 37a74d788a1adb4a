//! `sohoa trust` as scripts call it, with certificates that openssl made.

use std::process::Command;

use serde_json::Value;

use crate::office::Office;

/// A self-signed certificate of openssl's; the file's name in the office.
fn certificate(office: &Office, name: &str, options: &str) -> String {
    let path = office.at(name);
    let key = office.at("made.key");
    let made = Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -days 3000 -subj /CN=Test".split(' '))
        .args(options.split_whitespace())
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&path)
        .output();
    let made = made.expect("openssl runs");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    path.to_str().expect("path").to_owned()
}

/// A root that ended years ago; openssl makes none.
fn ended(office: &Office) -> String {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().expect("key");
    let path = office.at("ended.pem");
    let made = parameters.self_signed(&key).expect("certificate");
    std::fs::write(&path, made.pem()).expect("written");
    path.to_str().expect("path").to_owned()
}

/// The fingerprint as openssl writes it, in upper case with colons.
fn fingerprint(path: &str, digest: &str) -> String {
    let shown = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", digest, "-in", path])
        .output();
    let shown = String::from_utf8(shown.expect("openssl runs").stdout).expect("text");
    let (_, digits) = shown.trim().split_once('=').expect("a fingerprint");
    digits.to_owned()
}

fn plain(fingerprint: &str) -> String {
    fingerprint.replace(':', "").to_lowercase()
}

#[test]
fn roots_are_installed_listed_and_removed_by_their_fingerprints() {
    let office = Office::new();
    let (code, lines) = office.json(&["trust", "list"]);
    assert_eq!((code, lines.len()), (0, 1), "{lines:?}");
    let demo = office.root_ca();
    let demo = plain(&fingerprint(demo.to_str().expect("path"), "-sha256"));
    assert_eq!(
        (&lines[0]["fingerprint"], &lines[0]["role"]),
        (&Value::from(demo), &Value::from("root"))
    );

    let root = certificate(&office, "root.pem", "");
    let (code, lines) = office.json(&["trust", "add", &root]);
    assert_eq!(
        (code, &lines[0]["error"]),
        (2, &"trust.not_confirmed".into())
    );
    let add = [
        "trust",
        "add",
        &root,
        "--yes",
        "--label",
        "Gốc",
        "--kind",
        "public-service",
    ];
    let (code, lines) = office.json(&add);
    assert_eq!((code, &lines[0]["done"]), (0, &"added".into()), "{lines:?}");
    let sha256 = fingerprint(&root, "-sha256");
    assert_eq!(lines[0]["fingerprint"], plain(&sha256));
    assert_eq!(lines[0]["sha1"], plain(&fingerprint(&root, "-sha1")));
    assert_eq!(lines[0]["kind"], "public-service");
    let (code, lines) = office.json(&add);
    assert_eq!((code, &lines[0]["done"]), (0, &"known".into()), "{lines:?}");

    // Any other tool reads the store, too.
    let stored = office.at(&format!("trust/{}.pem", plain(&sha256)));
    assert_eq!(
        fingerprint(stored.to_str().expect("path"), "-sha256"),
        sha256
    );

    let (code, lines) = office.json(&["trust", "remove", &sha256]);
    assert_eq!(
        (code, &lines[0]["done"]),
        (0, &"removed".into()),
        "{lines:?}"
    );
    let (code, lines) = office.json(&["trust", "remove", &sha256]);
    assert_eq!(
        (code, &lines[0]["error"]),
        (1, &"trust.no_such_fingerprint".into())
    );
    assert_eq!(office.json(&["trust", "list"]).1.len(), 1);
}

#[test]
fn what_is_no_sound_authority_is_refused() {
    let office = Office::new();
    let leaf = certificate(
        &office,
        "leaf.pem",
        "-addext basicConstraints=critical,CA:FALSE",
    );
    let weak = certificate(&office, "weak.pem", "-newkey rsa:1024");
    let ended = ended(&office);
    let text = office.path().join("sohoa.toml");
    let text = text.to_str().expect("path");
    for (file, expected) in [
        (leaf.as_str(), "trust.not_an_authority"),
        (&weak, "trust.weak_key"),
        (&ended, "trust.not_valid"),
        (text, "trust.no_certificate"),
    ] {
        let (code, lines) = office.json(&["trust", "add", file, "--yes"]);
        assert_eq!(
            (code, &lines[0]["error"]),
            (4, &expected.into()),
            "{lines:?}"
        );
    }
    assert_eq!(office.json(&["trust", "list"]).1.len(), 1);
}

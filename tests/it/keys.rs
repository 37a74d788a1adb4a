//! Keys in files and at a remote service: files that other programs made open, and openssl judges what they
//! sign; the remote service is certomancer's own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sohoa::config::{CscAccess, CscConfig, KeyConfig, KeyPlace, PassphraseSource, RsaPadding};
use sohoa::record::Hash;
use sohoa::sign::keys::remote::{Csc, PendingStore, RemoteKey, SignedValue};
use sohoa::sign::keys::{Nobody, RemoteError, open};
use sohoa::sign::{RawSigner, SignError, SoftwareKey};

use crate::judge;

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    let text = format!("{program} {arguments:?}\n{said}{complaint}");
    output.status.success().then_some(said).ok_or(text)
}

/// openssl: the key of the certificate in this DER signed the message.
fn openssl_accepts(folder: &Path, signer: &dyn RawSigner, message: &[u8], value: &[u8]) {
    for (name, bytes) in [
        ("signer.der", signer.certificate()),
        ("message", message),
        ("value", value),
    ] {
        std::fs::write(folder.join(name), bytes).expect("written");
    }
    let show = [
        "x509",
        "-inform",
        "der",
        "-in",
        "signer.der",
        "-noout",
        "-pubkey",
    ];
    let public = run(folder, "openssl", &show).expect("a certificate");
    std::fs::write(folder.join("public.pem"), public).expect("written");
    let hash = match signer.algorithm().hash {
        Hash::Sha256 => "-sha256",
        Hash::Sha384 => "-sha384",
        Hash::Sha512 => "-sha512",
    };
    let salt = format!("rsa_pss_saltlen:{}", signer.algorithm().hash.length());
    let mut arguments = vec!["dgst", hash, "-verify", "public.pem", "-signature", "value"];
    if signer.algorithm().name().contains("PSS") {
        arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", &salt]);
    }
    arguments.push("message");
    run(folder, "openssl", &arguments).expect("openssl accepts it");
}

#[test]
fn key_files_that_openssl_made_open_and_sign() {
    let folder = tempfile::tempdir().expect("folder");
    let here = folder.path();
    if run(here, "openssl", &["version"]).is_err() {
        judge::skip("PKCS#12 files of openssl", "there is no openssl");
        return;
    }
    let kinds: [(&str, &[&str]); 5] = [
        ("rsa2048", &["rsa:2048"]),
        ("rsa3072", &["rsa:3072"]),
        ("rsa4096", &["rsa:4096"]),
        ("p256", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("p384", &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ];
    for (kind, algorithm) in kinds {
        let out = ["-keyout", "k.pem", "-out", "c.pem", "-newkey"];
        let make = [
            "req",
            "-x509",
            "-nodes",
            "-days",
            "9",
            "-subj",
            "/CN=Nguoi ky",
        ];
        let all = [&make[..], &out, algorithm].concat();
        run(here, "openssl", &all).expect("made");
        // openssl 3 writes PBES2 with AES-256 and a MAC of SHA-256; -legacy writes RC2-40, 3DES and SHA-1.
        for (form, flags) in [("modern", &[][..]), ("legacy", &["-legacy"][..])] {
            let export = ["pkcs12", "-export", "-inkey", "k.pem", "-in", "c.pem"];
            let out = ["-passout", "pass:Mật khẩu 1", "-out", "k.p12"];
            let all = [&export[..], flags, &out].concat();
            run(here, "openssl", &all).expect("exported");
            let store = std::fs::read(here.join("k.p12")).expect("read");
            for padding in [RsaPadding::Pss, RsaPadding::Pkcs1] {
                let key = SoftwareKey::from_pkcs12(&store, "Mật khẩu 1", padding);
                let key = key.unwrap_or_else(|error| panic!("{kind} {form}: {error}"));
                let value = key.sign(b"m").expect("signs");
                openssl_accepts(here, &key, b"m", &value);
            }
            let wrong = SoftwareKey::from_pkcs12(&store, "Mật khẩu 2", RsaPadding::Pss);
            assert!(matches!(wrong, Err(SignError::Passphrase)), "{kind} {form}");
        }
    }
}

/// certomancer and its CSC service, from the judges' Python; `None`, said aloud, where they are missing.
fn certomancer(test: &str) -> Option<PathBuf> {
    let made = std::env::var_os("SOHOA_JUDGES_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/judges"),
        PathBuf::from,
    );
    let programs = made.join("venv/bin");
    if programs.join("certomancer-csc").exists() && programs.join("certomancer").exists() {
        return Some(programs);
    }
    judge::skip(test, "there is no certomancer-csc-dummy; run `make judges`");
    None
}

/// A CA and a signer of each kind. The service looks keys up by their names in here.
const PKI: &str = "
keysets:
  set:
    path-prefix: .
    keys:
      root: {path: root.pem}
      rsa: {path: rsa.pem}
      p256: {path: p256.pem}
pki-architectures:
  office:
    keyset: set
    entity-defaults: {country-name: VN, organization-name: UBND}
    entities:
      root: {common-name: Root}
      rsa: {common-name: Nguoi ky RSA}
      p256: {common-name: Nguoi ky P-256}
    certs:
      root:
        subject: root
        issuer: root
        validity: {valid-from: \"2020-01-01T00:00:00+0000\", valid-to: \"2060-01-01T00:00:00+0000\"}
        profiles: [{id: simple-ca}]
      rsa:
        subject: rsa
        issuer: root
        validity: {valid-from: \"2020-01-01T00:00:00+0000\", valid-to: \"2060-01-01T00:00:00+0000\"}
        profiles: [digsig-commitment]
      p256:
        subject: p256
        issuer: root
        validity: {valid-from: \"2020-01-01T00:00:00+0000\", valid-to: \"2060-01-01T00:00:00+0000\"}
        profiles: [digsig-commitment]
";

fn make_pki(here: &Path) {
    for (name, algorithm) in [
        ("root", &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..]),
        ("rsa", &["RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
        ("p256", &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ] {
        let out = format!("{name}.pem");
        let all = [&["genpkey", "-out", &out, "-algorithm"], algorithm].concat();
        run(here, "openssl", &all).expect("made");
    }
    std::fs::write(here.join("pki.yml"), PKI).expect("written");
}

#[test]
fn key_files_that_certomancer_made_open_and_sign() {
    let Some(programs) = certomancer("PKCS#12 files of certomancer") else {
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let here = folder.path();
    make_pki(here);
    let program = programs.join("certomancer").display().to_string();
    for name in ["rsa", "p256"] {
        let out = format!("{name}.p12");
        let summon = [
            "--config",
            "pki.yml",
            "summon",
            "--as-pfx",
            "--pfx-pass",
            "mở",
        ];
        let what = ["office", name, &out];
        run(here, &program, &[&summon[..], &what].concat()).expect("summoned");
        let store = std::fs::read(here.join(&out)).expect("read");
        let key = SoftwareKey::from_pkcs12(&store, "mở", RsaPadding::Pss).expect(name);
        assert_eq!(key.chain().len(), 1, "its root comes along");
        let value = key.sign(b"m").expect("signs");
        openssl_accepts(here, &key, b"m", &value);
    }
}

struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start(programs: &Path, here: &Path) -> Self {
        let listener = std::net::TcpListener::bind("localhost:0").expect("a port");
        let port = listener.local_addr().expect("address").port().to_string();
        drop(listener);
        let child = Command::new(programs.join("certomancer-csc"))
            .args(["pki.yml", &port, "2"])
            .current_dir(here)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let began = Instant::now();
        while std::net::TcpStream::connect(format!("localhost:{port}")).is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "it never listens"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        let address = format!("http://localhost:{port}/csc/v1");
        Self { child, address }
    }

    fn csc(&self, credential: Option<&str>) -> CscConfig {
        CscConfig {
            address: self.address.clone(),
            credential: credential.map(ToOwned::to_owned),
            access: CscAccess::Open,
            pin: PassphraseSource::Empty,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn a_remote_service_of_csc_v1_signs_with_every_scheme() {
    let Some(programs) = certomancer("remote signing by CSC API v1") else {
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let here = folder.path();
    make_pki(here);
    let service = Service::start(&programs, here);
    let cases = [
        ("office/rsa", RsaPadding::Pss, None, "RSASSA-PSS-SHA256"),
        (
            "office/rsa",
            RsaPadding::Pss,
            Some(Hash::Sha512),
            "RSASSA-PSS-SHA512",
        ),
        (
            "office/rsa",
            RsaPadding::Pkcs1,
            None,
            "RSASSA-PKCS1-v1_5-SHA256",
        ),
        ("office/p256", RsaPadding::Pss, None, "ECDSA-P256-SHA256"),
    ];
    for (credential, padding, hash, algorithm) in cases {
        let key = KeyConfig {
            name: "authority".to_owned(),
            attended: true,
            padding,
            hash,
            place: KeyPlace::Csc(service.csc(Some(credential))),
        };
        let signer = open(&key, &Nobody).unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        assert_eq!(signer.algorithm().name(), algorithm);
        assert_eq!((signer.deviation(), signer.chain().len()), (None, 1));
        let value = signer.sign(b"signed attributes").expect(algorithm);
        openssl_accepts(here, signer.as_ref(), b"signed attributes", &value);
    }

    // Without a name the account must have one credential; this one has three.
    let several = Csc::open("authority", &service.csc(None), &Nobody);
    assert!(matches!(
        several,
        Err(SignError::Remote(RemoteError::Credential { found: 3 }))
    ));
}

#[test]
fn two_phases_over_csc_v1_survive_that_the_service_goes_away() {
    let Some(programs) = certomancer("remote signing in two phases") else {
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let here = folder.path();
    make_pki(here);
    let service = Service::start(&programs, here);
    let csc = Csc::open("a", &service.csc(Some("office/p256")), &Nobody).expect("opens");
    let key = RemoteKey::open(csc, RsaPadding::Pss, None).expect("opens");
    let store = PendingStore::open(&here.join("pending")).expect("opens");
    let deadline = "2060-01-01T00:00:00Z".parse().expect("timestamp");
    let now = "2026-11-23T01:15:30Z".parse().expect("timestamp");

    let pending = key
        .prepare(&store, b"attributes", deadline)
        .expect("signed at once");
    drop(service);
    // The value is on disk: the service is not needed any more.
    let value = key
        .complete(&store, &pending.transaction, now)
        .expect("kept");
    let SignedValue::Raw(value) = value else {
        panic!("{value:?}");
    };
    openssl_accepts(here, &key, b"attributes", &value);
    let away = key
        .prepare(&store, b"others", deadline)
        .expect_err("nobody there");
    assert!(
        matches!(away, SignError::Remote(RemoteError::Http(_))),
        "{away:?}"
    );
    assert_eq!(store.all().len(), 2, "the order is kept and goes on later");
}

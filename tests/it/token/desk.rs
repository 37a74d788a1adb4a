//! A desk with tokens on it: SoftHSM2's, filled by its own tools and OpenSC's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use sohoa::record::Hash;
use sohoa::sign::RawSigner;
use sohoa::sign::keys::{PinSource, Secret, SecretError, SecretRequest};

use crate::judge;

pub(super) const PIN: &str = "1234";

const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];

pub(super) fn module() -> Option<PathBuf> {
    MODULES.iter().map(PathBuf::from).find(|path| path.exists())
}

/// A person who types this PIN, and is counted.
pub(super) struct Typist<'a>(&'a str, AtomicUsize);

impl<'a> Typist<'a> {
    pub(super) fn of(pin: &'a str) -> Self {
        Self(pin, AtomicUsize::new(0))
    }

    pub(super) fn asked(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

impl PinSource for Typist<'_> {
    fn ask(&self, _: &SecretRequest<'_>) -> Result<Secret, SecretError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(Secret::new(self.0.to_owned()))
    }
}

/// A folder with tokens, keys and certificates.
pub(super) struct Desk {
    pub(super) folder: PathBuf,
    pub(super) _made: Option<tempfile::TempDir>,
}

impl Desk {
    /// `None`, said aloud, where SoftHSM2 or OpenSC is missing.
    pub(super) fn ready(test: &str) -> Option<Self> {
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if module().is_none() || !has("softhsm2-util") || !has("pkcs11-tool") {
            judge::skip(test, "there is no SoftHSM2 (softhsm2) or OpenSC (opensc)");
            return None;
        }
        let made = tempfile::tempdir().expect("folder");
        std::fs::create_dir(made.path().join("tokens")).expect("folder");
        let desk = Self {
            folder: made.path().to_owned(),
            _made: Some(made),
        };
        desk.configure("");
        Some(desk)
    }

    pub(super) fn configure(&self, more: &str) {
        let tokens = self.path("tokens");
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n{more}\n",
            tokens.display()
        );
        std::fs::write(self.path("softhsm2.conf"), text).expect("written");
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output()
            .expect(program);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{program} {arguments:?}\n{said}{complaint}"
        );
        said
    }

    pub(super) fn pkcs11(&self, label: &str, arguments: &[&str]) -> String {
        let module = module().expect("asked before").display().to_string();
        let common = ["--module", &module, "--token-label", label];
        self.run("pkcs11-tool", &[&common, arguments].concat())
    }

    pub(super) fn token(&self, label: &str) {
        let so = ["--so-pin", "12345678", "--pin", PIN];
        let init = ["--init-token", "--free", "--label", label];
        self.run("softhsm2-util", &[&init[..], &so].concat());
    }

    /// `NAME.key`, `NAME.pem`, `NAME.der`: a key and its self-signed certificate.
    pub(super) fn make(&self, name: &str, algorithm: &[&str]) {
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        let subject = format!("/CN=Nguoi ky {name}");
        let what = ["req", "-x509", "-nodes", "-days", "400", "-subj", &subject];
        let usage = ["-addext", "keyUsage=critical,nonRepudiation"];
        let leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-newkey"];
        let out = ["-keyout", &key, "-out", &pem];
        let all = [&what[..], &usage, &leaf, algorithm, &out];
        self.run("openssl", &all.concat());
        let der = format!("{name}.der");
        self.run(
            "openssl",
            &["x509", "-in", &pem, "-outform", "der", "-out", &der],
        );
    }

    pub(super) fn put_key(&self, label: &str, name: &str, id: &str) {
        let key = format!("{name}.key");
        let import = ["--import", &key, "--token", label, "--label", name];
        self.run(
            "softhsm2-util",
            &[&import[..], &["--id", id, "--pin", PIN]].concat(),
        );
    }

    pub(super) fn put_certificate(&self, label: &str, name: &str, id: &str) {
        let der = format!("{name}.der");
        let write = ["--login", "--pin", PIN, "--write-object", &der];
        self.pkcs11(
            label,
            &[&write[..], &["--type", "cert", "--id", id]].concat(),
        );
    }

    pub(super) fn put(&self, label: &str, name: &str, id: &str) {
        self.put_key(label, name, id);
        self.put_certificate(label, name, id);
    }

    /// As somebody at another program may.
    pub(super) fn give_wrong_pin(&self, label: &str) {
        let module = module().expect("asked before");
        let output = Command::new("pkcs11-tool")
            .args(["--module".as_ref(), module.as_os_str()])
            .args(["--token-label", label, "--login", "--pin", "9999", "-O"])
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output();
        assert!(!output.expect("runs").status.success());
        assert!(self.count_is_low(), "the token saw it");
    }

    /// Whether the token tells of a wrong PIN.
    pub(super) fn count_is_low(&self) -> bool {
        let module = module().expect("asked before").display().to_string();
        let slots = self.run("pkcs11-tool", &["--module", &module, "-L"]);
        slots.contains("user PIN count low")
    }

    /// Runs an act in a process of its own, which reads this folder's configuration.
    pub(super) fn act(&self, name: &str) {
        let this = std::env::current_exe().expect("this binary");
        let output = Command::new(this)
            .args(["--exact", "token::act", "--ignored", "--nocapture"])
            .env("SOHOA_TOKEN_ACT", name)
            .env("SOHOA_TOKEN_FOLDER", &self.folder)
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output()
            .expect("starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        let ran = said.contains("1 passed; 0 failed");
        // A module may fall over its own end, once the act is over and told: that is no finding about signing.
        let fell_at_its_end = output.status.code().is_none();
        assert!(
            ran && (output.status.success() || fell_at_its_end),
            "{name}: {}\n{said}\n{complaint}",
            output.status
        );
        if fell_at_its_end {
            crate::judge::say_skipped("the end of a token's process", &output.status.to_string());
        }
    }

    /// openssl: this is a signature over `message` by the key of `NAME.pem`.
    pub(super) fn openssl_accepts(
        &self,
        name: &str,
        signer: &dyn RawSigner,
        message: &[u8],
        value: &[u8],
    ) {
        let public = self.run(
            "openssl",
            &["x509", "-in", &format!("{name}.pem"), "-noout", "-pubkey"],
        );
        std::fs::write(self.path("public.pem"), public).expect("written");
        std::fs::write(self.path("message"), message).expect("written");
        std::fs::write(self.path("value"), value).expect("written");
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
        let said = self.run("openssl", &arguments);
        assert!(said.contains("Verified OK"), "{name}: {said}");
    }
}

pub(super) fn base() -> Document {
    let mut pdf = Document::with_version("1.7");
    let content = pdf.add_object(Stream::new(Dictionary::new(), b"9 9 99 99 re S".to_vec()));
    let pages = pdf.new_object_id();
    let page = pdf.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => Dictionary::new(),
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    pdf.objects.insert(pages, Object::Dictionary(tree));
    let catalogue = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    pdf.trailer.set("Root", catalogue);
    pdf
}

pub(super) fn token_files(tokens: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(tokens).expect("lists");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.expect("entry").path().join("token.object")
    };
    folders.map(file).collect()
}

pub(super) fn set_flag(path: &Path, label: &str, flag: u64) -> bool {
    const FLAGS: u64 = 0x42d;
    let mut bytes = std::fs::read(path).expect("read");
    let has_label = bytes
        .windows(label.len())
        .any(|window| window == label.as_bytes());
    let place = bytes
        .windows(8)
        .position(|window| window == FLAGS.to_be_bytes());
    let (true, Some(place)) = (has_label, place) else {
        return false;
    };
    bytes[place..place + 8].copy_from_slice(&(FLAGS | flag).to_be_bytes());
    std::fs::write(path, bytes).expect("written");
    true
}

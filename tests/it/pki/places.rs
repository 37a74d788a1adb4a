//! The test CA's keys where an office keeps its own: in a file, on a token, at a remote service.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Pki;

const PIN: &str = "1234";
const TOKEN: &str = "CANBO";

const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A PKCS#12 file.
    File,
    /// A token behind PKCS#11: SoftHSM.
    Token,
    /// A service of the CSC API v1: certomancer's.
    Remote,
}

/// How a key is to sign, as the configuration has it; for ECDSA the curve decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheme {
    pub(crate) signer: &'static str,
    pub(crate) rsa: Option<(&'static str, &'static str)>,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (padding, hash) = self.rsa.unwrap_or_default();
        write!(f, "{}-{padding}-{hash}", self.signer)
    }
}

/// A token with the keys of some signers.
pub(crate) struct Token {
    folder: PathBuf,
    signers: Vec<&'static str>,
}

impl Token {
    /// Makes one in this folder.
    pub(crate) fn with(pki: &Pki, folder: &Path, signers: &[&'static str]) -> Self {
        std::fs::create_dir_all(folder.join("tokens")).expect("folder");
        let tokens = folder.join("tokens").display().to_string();
        let text = format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n");
        std::fs::write(folder.join("softhsm2.conf"), text).expect("configuration");
        let token = Self {
            folder: folder.to_owned(),
            signers: signers.to_vec(),
        };
        let new = [
            "--init-token",
            "--free",
            "--label",
            TOKEN,
            "--so-pin",
            "12345678",
        ];
        token.run("softhsm2-util", &new.map(OsStr::new));
        for signer in signers {
            let (id, key) = (
                token.id(signer),
                pki.folder().join(format!("{signer}.key.pem")),
            );
            let import = ["--token", TOKEN, "--label", signer, "--id", &id, "--import"];
            let import = import.map(OsStr::new);
            token.run("softhsm2-util", &[&import[..], &[key.as_os_str()]].concat());
            let certificate = folder.join(format!("{signer}.der"));
            std::fs::write(&certificate, pki.der(signer)).expect("certificate");
            let write = [
                "--token-label",
                TOKEN,
                "--login",
                "--type",
                "cert",
                "--id",
                &id,
            ];
            let (write, module) = (write.map(OsStr::new), module());
            let what = [OsStr::new("--module"), module.as_os_str()];
            let file = [OsStr::new("--write-object"), certificate.as_os_str()];
            token.run("pkcs11-tool", &[&write[..], &what, &file].concat());
        }
        token
    }

    /// What the program must find in its environment.
    pub(crate) fn environment(&self) -> [(&'static str, OsString); 2] {
        let configuration = self.folder.join("softhsm2.conf").into_os_string();
        [
            ("SOFTHSM2_CONF", configuration),
            ("SOHOA_TEST_PIN", PIN.into()),
        ]
    }

    fn id(&self, signer: &str) -> String {
        let number = self.signers.iter().position(|name| *name == signer);
        format!("{:02}", number.expect("on the token") + 1)
    }

    fn run(&self, program: &str, arguments: &[&OsStr]) {
        let output = Command::new(program)
            .args(arguments)
            .args(["--pin", PIN])
            .envs(self.environment())
            .output()
            .expect(program);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{program} {arguments:?}\n{complaint}"
        );
    }
}

fn module() -> PathBuf {
    let found = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    found.expect("SoftHSM's module; `tests/judges/setup.sh` installs it")
}

/// The section of the configuration for a key in this place.
pub(crate) fn section(pki: &Pki, token: &Token, place: Place, scheme: Scheme) -> String {
    let signer = scheme.signer;
    let kept = match place {
        Place::File => {
            let (file, passphrase) = (pki.pkcs12(signer), pki.passphrase());
            format!("kind = \"pkcs12\"\nfile = {file:?}\npassphrase = {{ file = {passphrase:?} }}")
        }
        Place::Token => {
            let (module, id, chain) = (module(), token.id(signer), pki.certificate("ca"));
            format!(
                "kind = \"pkcs11\"\nmodule = {module:?}\ntoken_label = {TOKEN:?}\nkey_id = {id:?}\n\
                 chain_file = {chain:?}\npin = {{ env = \"SOHOA_TEST_PIN\" }}"
            )
        }
        Place::Remote => {
            let address = pki.csc();
            format!("kind = \"csc\"\naddress = {address:?}\ncredential = \"test/{signer}\"")
        }
    };
    let how = scheme.rsa.map_or_else(String::new, |(padding, hash)| {
        format!("padding = {padding:?}\nhash = {hash:?}\n")
    });
    format!("[signing.keys.organisation]\n{kept}\n{how}attended = false\n")
}

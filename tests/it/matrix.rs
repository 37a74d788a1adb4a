//! What an office does: `sohoa sign` with the key in a file, on a token and at a remote service, before all judges.

use std::path::{Path, PathBuf};

use crate::judge::{self, Level};
use crate::levels::{bases, judge_all};
use crate::office::Office;
use crate::pki::Pki;
use crate::pki::places::{Place, Scheme, Token, section};

const SCHEMES: [Scheme; 5] = [
    rsa("rsa2048", "pss", "sha512"),
    rsa("rsa3072", "pss", "sha256"),
    rsa("rsa3072", "pkcs1", "sha384"),
    ecdsa("p256"),
    ecdsa("p384"),
];

const fn rsa(signer: &'static str, padding: &'static str, hash: &'static str) -> Scheme {
    let rsa = Some((padding, hash));
    Scheme { signer, rsa }
}

const fn ecdsa(signer: &'static str) -> Scheme {
    Scheme { signer, rsa: None }
}

/// An office whose configuration names one key.
pub(crate) struct Desk<'a> {
    pub(crate) office: Office,
    pki: &'a Pki,
    token: Token,
    bases: [PathBuf; 2],
}

impl<'a> Desk<'a> {
    pub(crate) fn new(pki: &'a Pki) -> Self {
        let office = Office::new();
        let mut signers: Vec<&str> = SCHEMES.iter().map(|scheme| scheme.signer).collect();
        signers.dedup();
        let token = Token::with(pki, &office.at("token"), &signers);
        office.configure(|text| {
            let in_use = |line: &&str| {
                !["key = \"keys/demo", "passphrase_file", "attended"]
                    .iter()
                    .any(|start| line.starts_with(start))
            };
            text.lines().filter(in_use).collect::<Vec<_>>().join("\n")
        });
        Self {
            bases: bases(&office),
            office,
            pki,
            token,
        }
    }

    fn sign(&self, base: &Path, place: Place, scheme: Scheme, level: Level) -> PathBuf {
        let name = format!("{place:?}-{scheme}-{level}.pdf");
        self.office.configure(|text| {
            let kept = text.split("\n[signing.keys.").next().unwrap_or_default();
            format!("{kept}\n{}", section(self.pki, &self.token, place, scheme))
        });
        let output = self.office.at(&name);
        let signed = self
            .office
            .command(&["sign", "--level", &level.to_string(), "-o"])
            .args([&output, base])
            .envs(self.token.environment())
            .output()
            .expect("the program starts");
        let complaint = String::from_utf8_lossy(&signed.stderr);
        assert!(signed.status.success(), "{name}: {complaint}");
        output
    }
}

#[test]
fn keys_in_files_tokens_and_services_sign_alike() {
    if !judge::ready("keys in files, on tokens and at services") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let mut files = Vec::new();
    for place in [Place::File, Place::Token, Place::Remote] {
        for scheme in SCHEMES {
            let base = &desk.bases[files.len() % 2];
            files.push(desk.sign(base, place, scheme, Level::BB));
        }
    }
    judge_all(pki, &files, 1);
    judge::ades(&pki.root(), Level::BB, &files).expect("pyHanko");
}

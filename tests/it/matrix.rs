//! What an office does: `sohoa sign` and `sohoa augment` with the key in a file, on a token and at a remote
//! service, with every service there or some away, before all judges.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::judge::{self, Level};
use crate::levels::{bases, judge_all};
use crate::office::Office;
use crate::pki::places::{Place, Scheme, Token, section};
use crate::pki::{LASTING, Pki};

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
        let root = pki.root();
        let added = office.sohoa(&["trust", "add", "--yes", root.to_str().expect("UTF-8 path")]);
        assert!(added.status.success(), "trust add");
        let services = format!("services = [{:?}]", pki.tsa(LASTING));
        office.configure(|text| {
            let set = |line: &str| match line.starts_with("services = ") {
                true => services.clone(),
                false => line.to_owned(),
            };
            text.lines().map(set).collect::<Vec<_>>().join("\n")
        });
        Self {
            bases: bases(&office),
            office,
            pki,
            token,
        }
    }

    fn use_key(&self, place: Place, scheme: Scheme) {
        self.office.configure(|text| {
            let kept = text.split("\n[signing.keys.").next().unwrap_or_default();
            format!("{kept}\n{}", section(self.pki, &self.token, place, scheme))
        });
    }

    /// Signs; every service is there.
    fn sign(&self, base: &Path, place: Place, scheme: Scheme, level: Level) -> PathBuf {
        self.use_key(place, scheme);
        let output = self.office.at(&format!("{place:?}-{scheme}-{level}.pdf"));
        let (code, answer) = self.run("sign", base, &output, level);
        assert_eq!(
            (code, answer["level"].as_str()),
            (0, Some(&*level.to_string())),
            "{answer}"
        );
        output
    }

    /// Runs `sign` or `augment`; the exit code and the answer.
    pub(crate) fn run(
        &self,
        verb: &str,
        input: &Path,
        output: &Path,
        level: Level,
    ) -> (i32, Value) {
        let option = if verb == "sign" { "--level" } else { "--to" };
        let ran = self
            .office
            .command(&["--json", "--quiet", verb, option, &level.to_string(), "-o"])
            .args([output, input])
            .envs(self.token.environment())
            .output()
            .expect("the program starts");
        let (said, complaint) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        let answer = serde_json::from_str(&said);
        let answer = answer.unwrap_or_else(|error| panic!("{verb}: {error}\n{said}{complaint}"));
        (ran.status.code().unwrap_or(-1), answer)
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
            files.push(desk.sign(base, place, scheme, Level::BLta));
        }
    }
    judge_all(pki, &files, 1);
    judge::ades(&pki.root(), Level::BLta, &files).expect("pyHanko");
    for file in &files {
        assert_eq!(
            judge::timestamps(&pki.root(), file, &[]),
            Ok((1, 1)),
            "{}",
            file.display()
        );
    }
}

#[test]
fn the_level_is_the_one_asked_for() {
    if !judge::ready("each level of `sohoa sign`") {
        return;
    }
    let pki = Pki::shared();
    let desk = Desk::new(pki);
    let mut files = Vec::new();
    for (level, above) in [
        (Level::BB, Level::BT),
        (Level::BT, Level::BLt),
        (Level::BLt, Level::BLta),
    ] {
        let file = [desk.sign(&desk.bases[0], Place::File, SCHEMES[1], level)];
        judge::ades(&pki.root(), level, &file).expect("pyHanko");
        judge::ades(&pki.root(), above, &file).expect_err("it is no higher");
        files.extend(file);
    }
    judge_all(pki, &files, 1);
}

#[test]
fn an_outage_costs_a_level_until_it_is_over() {
    if !judge::ready("outages while `sohoa sign` works") {
        return;
    }
    let pki = Pki::start(&[]);
    let desk = Desk::new(&pki);
    desk.use_key(Place::File, SCHEMES[3]);
    let mut lifted = Vec::new();
    for (away, reached) in [
        (&["tsa"][..], Level::BB),
        (&["ocsp", "crl"], Level::BT),
        (&["ocsp"], Level::BLta),
    ] {
        pki.control(&json!({"outages": away}));
        let name = away.join("-");
        let file = desk.office.at(&format!("{name}.pdf"));
        let (code, answer) = desk.run("sign", &desk.bases[1], &file, Level::BLta);
        assert_eq!(answer["level"], reached.to_string(), "{name}: {answer}");
        assert_eq!(code == 0, reached == Level::BLta, "{name}: {answer}");
        pki.control(&json!({"outages": []}));
        judge::ades(&pki.root(), reached, std::slice::from_ref(&file)).expect("pyHanko");
        if reached == Level::BLta {
            lifted.push(file);
        } else {
            let higher = desk.office.at(&format!("{name}.lifted.pdf"));
            let (code, answer) = desk.run("augment", &file, &higher, Level::BLta);
            assert_eq!((code, &answer["level"]), (0, &json!("B-LTA")), "{answer}");
            lifted.push(higher);
        }
    }
    judge_all(&pki, &lifted, 1);
    judge::ades(&pki.root(), Level::BLta, &lifted).expect("pyHanko");
    // The first got its timestamp in the place that was kept for it.
    assert_eq!(judge::timestamps(&pki.root(), &lifted[0], &[]), Ok((1, 1)));
}

/// Documents of the slice that every test run does; `make soak-signing` does more.
const SOAK_SLICE: usize = 4;
/// Rounds of lifting after which all must have arrived: two in five requests fail.
const SOAK_ROUNDS: usize = 40;

#[test]
fn what_fails_at_random_is_lifted_in_the_end() {
    if !judge::ready("signing while services fail at random") {
        return;
    }
    let wish = std::env::var("SOHOA_SOAK_SIGNED").ok();
    let count = wish.map_or(SOAK_SLICE, |text| {
        text.parse().expect("SOHOA_SOAK_SIGNED: a number")
    });
    let pki = Pki::start(&[]);
    let desk = Desk::new(&pki);
    desk.use_key(Place::File, SCHEMES[3]);
    pki.control(&json!({"failure_rate": 0.4, "seed": 20_261_123}));
    let mut done = Vec::new();
    let mut short = Vec::new();
    for number in 0..count {
        let file = desk.office.at(&format!("soak-{number}.pdf"));
        let (_, answer) = desk.run("sign", &desk.bases[number % 2], &file, Level::BLta);
        assert!(file.exists(), "document {number} is lost: {answer}");
        let is_done = answer["level"] == "B-LTA";
        if is_done {
            done.push(file)
        } else {
            short.push(file)
        }
    }
    assert!(!short.is_empty(), "nothing failed");
    for round in 0..SOAK_ROUNDS {
        for file in std::mem::take(&mut short) {
            let next = file.with_extension(format!("{round}.pdf"));
            let (_, answer) = desk.run("augment", &file, &next, Level::BLta);
            let current = if next.exists() { next } else { file };
            let is_done = answer["level"] == "B-LTA";
            if is_done {
                done.push(current)
            } else {
                short.push(current)
            }
        }
    }
    pki.control(&json!({"failure_rate": 0.0}));
    assert_eq!(
        (done.len(), short.len()),
        (count, 0),
        "not all arrived: {short:?}"
    );
    judge_all(&pki, &done, 1);
    judge::ades(&pki.root(), Level::BLta, &done).expect("pyHanko");
}

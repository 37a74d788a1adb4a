//! Keys on tokens. SoftHSM2 is the token, its own tools and OpenSC's fill it, openssl judges what it signed.
//!
//! A PKCS#11 module reads its configuration once in a process, so each test runs its acts in a process of
//! its own: this binary again, at [`act`].

mod desk;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sohoa::config::{KeyConfig, KeyPlace, PassphraseSource, RsaPadding, TokenConfig};
use sohoa::read_back;
use sohoa::record::{Explain, Hash};
use sohoa::sign::keys::token::{ObjectFault, PinState};
use sohoa::sign::keys::{TokenError, open};
use sohoa::sign::{Deviation, RawSigner, SignError, SignatureRequest, seal};

use self::desk::{Desk, PIN, Typist, base, module, set_flag, token_files};
use crate::judge;

fn key(label: Option<&str>, id: Option<&[u8]>) -> (KeyConfig, TokenConfig) {
    let token = TokenConfig {
        module: module().expect("asked before"),
        label: label.map(ToOwned::to_owned),
        serial: None,
        key_id: id.map(<[u8]>::to_vec),
        chain_file: None,
        pin: PassphraseSource::Prompt,
    };
    let key = KeyConfig {
        name: "officer".to_owned(),
        attended: true,
        padding: RsaPadding::Pss,
        hash: None,
        place: KeyPlace::Pkcs11(token.clone()),
    };
    (key, token)
}

fn of(label: &str) -> KeyConfig {
    key(Some(label), None).0
}

fn with_id(label: &str, id: u8) -> KeyConfig {
    key(Some(label), Some(&[id])).0
}

fn refused(result: Result<Box<dyn RawSigner>, SignError>) -> TokenError {
    match result {
        Err(SignError::Token(error)) => error,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("opened"),
    }
}

/// What a test does in a process of its own; called by [`Desk::act`] only.
#[test]
#[ignore = "an act of the other tests here"]
fn act() {
    let (Some(name), Some(folder)) = (
        std::env::var_os("SOHOA_TOKEN_ACT"),
        std::env::var_os("SOHOA_TOKEN_FOLDER"),
    ) else {
        return;
    };
    let desk = Desk {
        folder: folder.into(),
        _made: None,
    };
    match name.to_str().expect("a name") {
        "kinds" => sign_with_every_kind(&desk),
        "without-pss" => sign_without_pss(&desk),
        "wrong-pin" => give_a_wrong_pin(&desk),
        "replug" => pull_out_and_put_back(&desk),
        "several" => use_several_tokens(),
        "objects" => miss_objects(),
        "locked" => meet_a_locked_token(),
        "each-time" => sign_with_a_pin_each_time(&desk),
        other => panic!("{other}"),
    }
}

#[test]
fn every_kind_of_key_signs_and_openssl_accepts_it() {
    let Some(desk) = Desk::ready("keys of every kind on a token") else {
        return;
    };
    desk.token("CANBO01");
    desk.make("rsa2048", &["rsa:2048"]);
    desk.make("rsa3072", &["rsa:3072"]);
    desk.make("p256", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    desk.make("p384", &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    for (name, id) in [
        ("rsa2048", "01"),
        ("rsa3072", "02"),
        ("p256", "03"),
        ("p384", "04"),
    ] {
        desk.put("CANBO01", name, id);
    }
    desk.act("kinds");
}

fn sign_with_every_kind(desk: &Desk) {
    let cases = [
        ("rsa2048", 1, RsaPadding::Pss, None, "RSASSA-PSS-SHA256"),
        (
            "rsa2048",
            1,
            RsaPadding::Pss,
            Some(Hash::Sha512),
            "RSASSA-PSS-SHA512",
        ),
        (
            "rsa3072",
            2,
            RsaPadding::Pkcs1,
            None,
            "RSASSA-PKCS1-v1_5-SHA256",
        ),
        (
            "rsa3072",
            2,
            RsaPadding::Pkcs1,
            Some(Hash::Sha384),
            "RSASSA-PKCS1-v1_5-SHA384",
        ),
        ("p256", 3, RsaPadding::Pss, None, "ECDSA-P256-SHA256"),
        ("p384", 4, RsaPadding::Pss, None, "ECDSA-P384-SHA384"),
    ];
    let input = desk.path("base.pdf");
    base().save(&input).expect("saved");
    for (number, (name, id, padding, hash, algorithm)) in cases.into_iter().enumerate() {
        let config = KeyConfig {
            padding,
            hash,
            ..with_id("CANBO01", id)
        };
        let signer = open(&config, &Typist::of(PIN)).expect(name);
        assert_eq!(signer.algorithm().name(), algorithm);
        assert_eq!(signer.deviation(), None, "{name}");
        let der = std::fs::read(desk.path(&format!("{name}.der"))).expect("read");
        assert_eq!(signer.certificate(), der);
        let message = b"signed attributes";
        let value = signer.sign(message).expect(name);
        desk.openssl_accepts(name, signer.as_ref(), message, &value);

        let now = Timestamp::now();
        let output = desk.path(&format!("signed-{number}.pdf"));
        let signed = seal(&input, &output, signer.as_ref(), &SignatureRequest::at(now));
        let signed = signed.expect(name);
        let facts = read_back::signature::check(&signed.path, now).expect(name);
        assert_eq!(facts.algorithm, algorithm);
        if judge::available().is_ok() {
            let root = desk.path(&format!("{name}.pem"));
            judge::openssl_cms(&root, &output).expect("openssl cms");
            judge::pdfsig_valid(&output).expect("pdfsig");
        }
    }
    let several = refused(open(&of("CANBO01"), &Typist::of(PIN)));
    assert!(matches!(
        several,
        TokenError::Objects(ObjectFault::SeveralPairs)
    ));
}

#[test]
fn a_token_without_pss_signs_with_pkcs1_and_says_so() {
    let Some(desk) = Desk::ready("a token without PSS") else {
        return;
    };
    desk.configure("slots.mechanisms = CKM_RSA_PKCS,CKM_ECDSA");
    desk.token("CU");
    desk.make("old", &["rsa:2048"]);
    desk.put("CU", "old", "0a0b");
    desk.act("without-pss");
}

fn sign_without_pss(desk: &Desk) {
    let signer = open(&of("CU"), &Typist::of(PIN)).expect("opens");
    assert_eq!(signer.deviation(), Some(Deviation::PssNotOffered));
    assert_eq!(signer.algorithm().name(), "RSASSA-PKCS1-v1_5-SHA256");
    let value = signer.sign(b"m").expect("signs");
    desk.openssl_accepts("old", signer.as_ref(), b"m", &value);

    // The record tells it, for ever.
    let input = desk.path("base.pdf");
    base().save(&input).expect("saved");
    let request = SignatureRequest::at(Timestamp::now());
    let signed = seal(&input, &desk.path("signed.pdf"), signer.as_ref(), &request);
    let record = serde_json::to_value(signed.expect("sealed").signature).expect("JSON");
    assert_eq!(record["deviation"], "pss-not-offered");
}

#[test]
fn a_rejected_pin_is_given_to_the_token_once() {
    let Some(desk) = Desk::ready("a wrong PIN") else {
        return;
    };
    desk.token("CANBO01");
    desk.make("k", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    desk.put("CANBO01", "k", "01");
    desk.act("wrong-pin");
}

fn give_a_wrong_pin(desk: &Desk) {
    let config = of("CANBO01");
    let typist = Typist::of("9999");
    assert!(!desk.count_is_low());
    let wrong = refused(open(&config, &typist));
    assert!(matches!(wrong, TokenError::PinRejected), "{wrong:?}");
    assert_eq!(typist.asked(), 1);
    assert!(desk.count_is_low(), "the token saw one");

    // With the mark on it, nobody is even asked, however right the PIN.
    let right = Typist::of(PIN);
    let careful = refused(open(&config, &right));
    assert!(matches!(careful, TokenError::PinState(PinState::CountLow)));
    assert_eq!((careful.code(), right.asked()), ("sign.pin_at_risk", 0));

    // The mark is cleared elsewhere; the rejected PIN is remembered and the token does not see it again.
    desk.pkcs11("CANBO01", &["--login", "--pin", PIN, "-O"]);
    assert!(!desk.count_is_low());
    let again = refused(open(&config, &typist));
    assert!(matches!(again, TokenError::PinRejectedBefore), "{again:?}");
    assert!(!desk.count_is_low(), "the token was left alone");

    let signer = open(&config, &right).expect("the right one");
    // Open already: another PIN cannot be right, and costs nothing.
    let other = refused(open(&config, &Typist::of("0000")));
    assert!(matches!(other, TokenError::PinRejected), "{other:?}");
    assert!(!desk.count_is_low());
    let value = signer.sign(b"m").expect("signs");
    desk.openssl_accepts("k", signer.as_ref(), b"m", &value);
}

#[test]
fn a_token_that_was_pulled_out_signs_on_when_it_is_back() {
    let Some(desk) = Desk::ready("a token that is pulled out") else {
        return;
    };
    desk.token("CANBO01");
    desk.make("k", &["rsa:2048"]);
    desk.put("CANBO01", "k", "01");
    desk.act("replug");
}

fn pull_out_and_put_back(desk: &Desk) {
    let typist = Typist::of(PIN);
    let signer = open(&of("CANBO01"), &typist).expect("opens");
    signer.sign(b"before").expect("signs");
    let tokens = desk.path("tokens");
    let inside = std::fs::read_dir(&tokens).expect("lists").next();
    let token = inside.expect("a token").expect("entry").path();
    let pocket = desk.path("pocket");
    std::fs::rename(&token, &pocket).expect("pulled out");
    let out = signer.sign(b"out").expect_err("nothing to sign with");
    assert_eq!(out.code(), "sign.token_absent", "{out:?}");
    assert!(out.is_retryable(), "documents wait");
    std::fs::rename(&pocket, &token).expect("put back");
    let began = Instant::now();
    let value = loop {
        match signer.sign(b"back") {
            Ok(value) => break value,
            Err(error) if began.elapsed() < Duration::from_secs(20) => {
                assert!(error.is_retryable(), "{error:?}");
                std::thread::sleep(Duration::from_millis(300));
            }
            Err(error) => panic!("{error:?}"),
        }
    };
    desk.openssl_accepts("k", signer.as_ref(), b"back", &value);
    assert_eq!(typist.asked(), 1, "nobody had to type it again");
    assert!(!desk.count_is_low());
}

#[test]
fn several_tokens_are_open_at_once_and_told_apart_by_serial_number() {
    let Some(desk) = Desk::ready("several tokens") else {
        return;
    };
    desk.make("a", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    desk.make("b", &["rsa:2048"]);
    for (label, name) in [("A", "a"), ("B", "b")] {
        desk.token(label);
        desk.put(label, name, "01");
    }
    desk.act("several");
}

fn use_several_tokens() {
    let any = refused(open(&key(None, None).0, &Typist::of(PIN)));
    assert!(matches!(any, TokenError::SeveralTokens));
    let (config, token) = key(None, None);
    let reports =
        sohoa::sign::keys::token::inspect(&token.module, None, Timestamp::now()).expect("inspects");
    assert_eq!(reports.len(), 2);
    let signers: Vec<Box<dyn RawSigner>> = reports
        .iter()
        .map(|report| {
            let place = KeyPlace::Pkcs11(TokenConfig {
                serial: Some(report.serial.clone()),
                ..token.clone()
            });
            let config = KeyConfig {
                place,
                ..config.clone()
            };
            open(&config, &Typist::of(PIN)).expect("opens")
        })
        .collect();
    assert_ne!(signers[0].certificate(), signers[1].certificate());
    // From two threads at once, in turns.
    std::thread::scope(|scope| {
        for signer in &signers {
            scope.spawn(move || {
                for _ in 0..20 {
                    signer.sign(b"m").expect("signs");
                }
            });
        }
    });
    let absent = refused(open(&of("C"), &Typist::of(PIN)));
    assert!(matches!(absent, TokenError::Absent));
}

#[test]
fn what_is_missing_on_a_token_is_named() {
    let Some(desk) = Desk::ready("tokens with gaps") else {
        return;
    };
    desk.make("k", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    desk.make("other", &["rsa:2048"]);
    desk.make("weak", &["rsa:1024"]);
    for label in ["EMPTY", "KEY", "CERTIFICATE", "OTHER", "WEAK"] {
        desk.token(label);
    }
    desk.put_key("KEY", "k", "01");
    desk.put_certificate("CERTIFICATE", "k", "01");
    desk.put_key("OTHER", "other", "01");
    desk.put_certificate("OTHER", "weak", "01");
    desk.put("WEAK", "weak", "01");
    desk.act("objects");
}

fn miss_objects() {
    for (label, expected) in [
        ("EMPTY", ObjectFault::Empty),
        ("KEY", ObjectFault::KeyWithoutCertificate),
        ("CERTIFICATE", ObjectFault::CertificateWithoutKey),
        ("OTHER", ObjectFault::OtherKey),
    ] {
        match refused(open(&of(label), &Typist::of(PIN))) {
            TokenError::Objects(fault) => assert_eq!(fault, expected, "{label}"),
            other => panic!("{label}: {other:?}"),
        }
    }
    let weak = open(&of("WEAK"), &Typist::of(PIN)).err().expect("refused");
    assert!(matches!(weak, SignError::KeyKind), "{weak:?}");
}

#[test]
fn a_locked_token_is_left_alone() {
    let Some(desk) = Desk::ready("a locked token") else {
        return;
    };
    for label in ["LOCKED", "FINAL"] {
        desk.token(label);
    }
    // SoftHSM2 never locks: its flags are set in its file, as a card would set them.
    for (label, flag) in [("LOCKED", 0x0004_0000_u64), ("FINAL", 0x0002_0000)] {
        let flagged = token_files(&desk.path("tokens"))
            .into_iter()
            .filter(|path| set_flag(path, label, flag))
            .count();
        assert_eq!(flagged, 1, "{label}");
    }
    desk.act("locked");
}

fn meet_a_locked_token() {
    for (label, expected) in [("LOCKED", PinState::Locked), ("FINAL", PinState::FinalTry)] {
        let typist = Typist::of(PIN);
        match refused(open(&of(label), &typist)) {
            TokenError::PinState(state) => assert_eq!(state, expected, "{label}"),
            other => panic!("{label}: {other:?}"),
        }
        assert_eq!(typist.asked(), 0, "{label}: nobody was asked");
        let module = module().expect("asked before");
        let login = sohoa::sign::keys::token::inspect(&module, Some(&typist), Timestamp::now());
        assert!(
            login.is_err() && typist.asked() == 0,
            "{label}: not by insisting either"
        );
    }
}

#[test]
fn a_key_that_wants_its_pin_each_time_gets_it() {
    let Some(desk) = Desk::ready("a key that wants its PIN each time") else {
        return;
    };
    desk.token("CANBO01");
    desk.make("k", &["rsa:2048"]);
    desk.run(
        "openssl",
        &[
            "pkey",
            "-in",
            "k.key",
            "-outform",
            "der",
            "-out",
            "k.key.der",
        ],
    );
    let write = ["--login", "--pin", PIN, "--write-object", "k.key.der"];
    let kind = [
        "--type",
        "privkey",
        "--id",
        "01",
        "--always-auth",
        "--usage-sign",
    ];
    desk.pkcs11("CANBO01", &[&write[..], &kind].concat());
    desk.put_certificate("CANBO01", "k", "01");
    desk.act("each-time");
}

fn sign_with_a_pin_each_time(desk: &Desk) {
    for padding in [RsaPadding::Pss, RsaPadding::Pkcs1] {
        let config = KeyConfig {
            padding,
            ..of("CANBO01")
        };
        let typist = Typist::of(PIN);
        let signer = open(&config, &typist).expect("opens");
        for message in [&b"one"[..], b"two"] {
            let value = signer.sign(message).expect("signs");
            desk.openssl_accepts("k", signer.as_ref(), message, &value);
        }
        assert_eq!(typist.asked(), 1);
    }
}

/// `sohoa doctor --token` in a data folder whose key is on the token CANBO01.
fn doctor(desk: &Desk, more: &[&str]) -> (Option<i32>, String) {
    let data = desk.path("data");
    if !data.exists() {
        desk.run(env!("CARGO_BIN_EXE_sohoa"), &["init", "data"]);
        let file = data.join("sohoa.toml");
        let text = std::fs::read_to_string(&file).expect("read");
        let module = module().expect("asked before");
        let key = format!(
            "[signing.keys.officer]\nkind = \"pkcs11\"\nmodule = \"{}\"\ntoken_label = \"CANBO01\"\npin = {{ env = \"OFFICER_PIN\" }}\n\n[cover_sheets]",
            module.display()
        );
        std::fs::write(&file, text.replace("[cover_sheets]", &key)).expect("written");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_sohoa"))
        .args(["--config", "data/sohoa.toml", "--lang", "en"])
        .args(more)
        .current_dir(&desk.folder)
        .env("SOFTHSM2_CONF", desk.path("softhsm2.conf"))
        .env("OFFICER_PIN", PIN)
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said + &complaint)
}

#[test]
fn doctor_shows_tokens_without_logging_in() {
    let Some(desk) = Desk::ready("sohoa doctor --token") else {
        return;
    };
    desk.token("CANBO01");
    desk.make("k", &["rsa:2048"]);
    desk.put("CANBO01", "k", "0a");
    let (code, said) = doctor(&desk, &["--json", "doctor", "--token"]);
    assert_eq!(code, Some(0), "{said}");
    let line = said.lines().find(|line| line.starts_with('{'));
    let shown: serde_json::Value = serde_json::from_str(line.expect("a line")).expect("JSON");
    assert_eq!(shown["label"], "CANBO01");
    assert_eq!(
        (&shown["pin"], &shown["logged_in"]),
        (&"fine".into(), &false.into())
    );
    assert_eq!(shown["rsa_pss"], true);
    assert_eq!(shown["keys"], serde_json::json!(["officer"]));
    let held = &shown["certificates"][0];
    assert_eq!(
        (&held["key_id"], &held["key"]),
        (&"0a".into(), &"fits".into())
    );
    assert_eq!(held["key_usage"], serde_json::json!(["nonRepudiation"]));
    let days = held["days_left"].as_i64().expect("days");
    assert!((398..=400).contains(&days), "{days}");

    // A wrong PIN elsewhere shows, in plain words, and is not made worse.
    let module = module().expect("asked before");
    let wrong = Command::new("pkcs11-tool")
        .args(["--module".as_ref(), module.as_os_str()])
        .args(["--token-label", "CANBO01", "--login", "--pin", "9999", "-O"])
        .env("SOFTHSM2_CONF", desk.path("softhsm2.conf"))
        .output();
    assert!(!wrong.expect("runs").status.success());
    let (code, said) = doctor(&desk, &["doctor", "--token"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(
        said.contains("doctor --token --login"),
        "how to go on: {said}"
    );
    let (_, said) = doctor(&desk, &["doctor"]);
    assert!(said.contains("officer: CN=Nguoi ky k"), "{said}");
}

#[test]
fn the_pin_comes_from_where_the_configuration_says() {
    let Some(desk) = Desk::ready("a PIN from the environment") else {
        return;
    };
    desk.token("CANBO01");
    desk.make("k", &["rsa:2048"]);
    desk.put("CANBO01", "k", "01");
    base().save(desk.path("base.pdf")).expect("saved");
    doctor(&desk, &["doctor", "--token"]);
    let file = desk.path("data/sohoa.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    let text = text.replace("[signing.keys.officer]", "[signing.keys.organisation]");
    std::fs::write(&file, &text).expect("written");
    let (code, said) = doctor(&desk, &["sign", "base.pdf", "-o", "signed.pdf"]);
    assert_eq!(code, Some(0), "{said}");
    let facts = read_back::signature::check(&desk.path("signed.pdf"), Timestamp::now());
    assert_eq!(facts.expect("reads back").algorithm, "RSASSA-PSS-SHA256");

    let credential = text.replace("{ env = \"OFFICER_PIN\" }", "{ credential = \"pin\" }");
    std::fs::write(&file, credential).expect("written");
    let (code, said) = doctor(&desk, &["sign", "base.pdf", "-o", "other.pdf"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("CREDENTIALS_DIRECTORY") && !said.contains(PIN),
        "{said}"
    );
}

#[test]
fn a_pin_is_typed_at_a_terminal_and_not_shown() {
    let Some(desk) = Desk::ready("a PIN that is typed") else {
        return;
    };
    if Command::new("script").arg("--version").output().is_err() {
        judge::skip("a PIN that is typed", "there is no script (util-linux)");
        return;
    }
    desk.token("CANBO01");
    desk.make("k", &["rsa:2048"]);
    desk.put("CANBO01", "k", "01");
    doctor(&desk, &["doctor", "--token"]);
    let file = desk.path("data/sohoa.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    let prompt = text.replace("{ env = \"OFFICER_PIN\" }", "\"prompt\"");
    std::fs::write(&file, prompt).expect("written");
    let command = format!(
        "{} --config data/sohoa.toml --lang vi doctor --token --login",
        env!("CARGO_BIN_EXE_sohoa")
    );
    let mut terminal = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "typescript"])
        .current_dir(&desk.folder)
        .env("SOFTHSM2_CONF", desk.path("softhsm2.conf"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a terminal");
    let mut keyboard = terminal.stdin.take().expect("stdin");
    std::thread::sleep(Duration::from_secs(2));
    keyboard.write_all(b"1234\n").expect("typed");
    let output = terminal.wait_with_output().expect("ends");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("Mã PIN cho khóa “CANBO01”"), "{shown}");
    assert!(
        shown.contains("có khóa") && !shown.contains("1234\r"),
        "{shown}"
    );

    // Nobody is there: the key waits for its owner, and doctor does not call that a fault of the machine.
    base().save(desk.path("base.pdf")).expect("saved");
    let text = std::fs::read_to_string(&file).expect("read");
    let text = text.replace("[signing.keys.officer]", "[signing.keys.organisation]");
    std::fs::write(&file, text).expect("written");
    let output = Command::new("setsid")
        .args([
            "--wait",
            env!("CARGO_BIN_EXE_sohoa"),
            "--config",
            "data/sohoa.toml",
        ])
        .args(["sign", "base.pdf", "-o", "signed.pdf"])
        .current_dir(&desk.folder)
        .env("SOFTHSM2_CONF", desk.path("softhsm2.conf"))
        .stdin(Stdio::null())
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("sign.nobody_to_ask"), "{said}");
}

//! Officer, authority and organisation sign in turn: sessions that never meet, kills in between, what page 1 shows,
//! and the levels of documents with several signatures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use image::GrayImage;
use serde_json::{Value, json};

use crate::judge::{self, Flavour, Level};
use crate::office::{Office, jpeg_page, tiff_of};
use crate::pki::{LASTING, Pki};
use crate::reading::recognisers;
use crate::soak::write_fast_profile;

const BIRTH: &str = "khai-sinh";
const RESULT: &str = "ket-qua";

/// A key of the office in a PKCS#12 file.
pub(crate) fn add_key(office: &Office, name: &str, file: &Path, passphrase: &Path, attended: bool) {
    office.configure(|text| {
        format!(
            "{text}\n[signing.keys.{name}]\nkind = \"pkcs12\"\nfile = {file:?}\n\
             passphrase = {{ file = {passphrase:?} }}\nattended = {attended}\n"
        )
    });
}

/// Who signs papers of a kind, in order: role and key have the same name.
pub(crate) fn add_policy(office: &Office, kind: &str, signers: &[&str]) {
    let lists = signers.iter().map(|signer| {
        format!("[[signing.policy.{kind}]]\nrole = \"{signer}\"\nkey = \"{signer}\"\n")
    });
    let lists: String = lists.collect();
    office.configure(|text| format!("{text}\n{lists}"));
}

/// An office of the test CA whose births are signed by officer and organisation, results by all three.
fn office(pki: &Pki, attended: bool) -> Office {
    let office = Office::new();
    write_fast_profile(&office);
    let root = pki.root();
    let added = office.sohoa(&["trust", "add", "--yes", root.to_str().expect("UTF-8 path")]);
    assert!(added.status.success(), "trust add");
    office.configure(|text| {
        let start = text.find("key = \"keys/demo.p12\"").expect("a key");
        let end = text[start..].find("attended = false\n").expect("its end") + start;
        format!(
            "{}{}",
            &text[..start],
            &text[end + "attended = false\n".len()..]
        )
        .replace("poll_seconds = 1.0", "poll_seconds = 0.1")
        .replace("unsettled = \"wait\"", "unsettled = \"archive\"")
    });
    for name in ["organisation", "officer", "authority"] {
        add_key(
            &office,
            name,
            &pki.pkcs12(name),
            &pki.passphrase(),
            attended,
        );
    }
    add_policy(&office, BIRTH, &["officer", "organisation"]);
    add_policy(&office, RESULT, &["officer", "authority", "organisation"]);
    office
}

fn session(office: &Office, action: &[&str]) -> Value {
    let (code, mut lines) = office.json(&[&["sign-session"], action].concat());
    assert_eq!((code, lines.len()), (0, 1), "{lines:?}");
    lines.remove(0)
}

fn open(office: &Office, key: &str) -> Value {
    session(
        office,
        &["open", "--key", key, "--by", "Nguyễn Thị Ngọc Huyền"],
    )
}

/// Documents that wait for each key, as `status` tells.
fn waits(office: &Office) -> Value {
    session(office, &["status"])["waiting_for"].clone()
}

fn queue(key: &str, documents: u32) -> Value {
    json!({"key": key, "documents": documents})
}

fn drop_paper(office: &Office, name: &str, kind: Option<&str>, bytes: &[u8]) {
    if let Some(kind) = kind {
        let slip = format!("kind = \"{kind}\"\n");
        office.drop_scan("quay-01", &format!("{name}.phieu.toml"), slip.as_bytes());
    }
    office.drop_scan("quay-01", name, bytes);
}

fn show(office: &Office, record: &str) -> Value {
    let (code, mut shown) = office.json(&["show", record]);
    assert_eq!((code, shown.len()), (0, 1), "{shown:?}");
    shown.remove(0)
}

fn found(office: &Office) -> Vec<String> {
    let (_, rows) = office.json(&["find", "--station", "quay-01"]);
    let record = |row: &Value| row["record"].as_str().expect("a number").to_owned();
    rows.iter().map(record).collect()
}

fn roles(record: &Value) -> Vec<&str> {
    let signatures = record["signatures"].as_array().expect("signatures");
    let roles = signatures
        .iter()
        .map(|it| it["role"].as_str().expect("a role"));
    roles.collect()
}

fn judged(
    pki: &Pki,
    office: &Office,
    record: &str,
    flavour: Flavour,
    signatures: usize,
) -> PathBuf {
    let pdf = office.signed_pdf(record);
    let files = std::slice::from_ref(&pdf);
    judge::verapdf(flavour, files).expect("veraPDF");
    judge::qpdf_check(&pdf).expect("qpdf");
    judge::pdfsig_signatures(&pdf, signatures).expect("pdfsig");
    judge::openssl_each_cms(&pki.root(), &pdf).expect("openssl");
    pdf
}

#[test]
fn the_officer_goes_home_the_daemon_dies_and_the_registrar_signs_next_day() {
    if !judge::ready("signers in turn") {
        return;
    }
    let pki = Pki::shared();
    let office = office(pki, true);
    let daemon = office.start(&[]);
    drop_paper(&office, "birth.jpg", Some(BIRTH), &jpeg_page(1));
    drop_paper(&office, "other.jpg", None, &jpeg_page(2));
    let (officer, registrar) = (queue("officer", 1), queue("organisation", 1));
    office.wait_until("each waits for its first signer", || {
        office.at("work/signing.sock").exists() && waits(&office) == json!([officer, registrar])
    });
    let state = open(&office, "officer");
    assert_eq!(
        (&state["open"], &state["key"]),
        (&json!(true), &json!("officer"))
    );
    office.wait_until("both wait for the registrar", || {
        waits(&office) == json!([queue("organisation", 2)])
    });
    let state = session(&office, &["status"]);
    assert_eq!(
        (&state["documents"], &state["waiting"]),
        (&json!(1), &json!(2))
    );
    let closed = session(&office, &["close", "--key", "officer"]);
    assert_eq!(closed["ending"], "closed");
    assert!(found(&office).is_empty());
    let kept = office.files("work");
    assert!(
        kept.iter().any(|file| file.ends_with("signed-1.pdf")),
        "{kept:?}"
    );
    daemon.kill();

    let daemon = office.start(&[]);
    office.wait_until("both wait for the registrar again", || {
        office.at("work/signing.sock").exists()
            && office.sohoa(&["sign-session", "status"]).status.success()
            && waits(&office) == json!([queue("organisation", 2)])
    });
    open(&office, "organisation");
    office.wait_until("both are archived", || found(&office).len() == 2);
    let status = session(&office, &["status"]);
    assert_eq!(
        (&status["sessions"][0]["key"], &status["documents"]),
        (&json!("organisation"), &json!(2))
    );
    assert_eq!(daemon.stop(), 0);
    assert_eq!(office.files("signing-sessions").len(), 2);
    assert_eq!(office.assert_verified(), 2, "one record each");

    let mut of_kind = (Vec::new(), Vec::new());
    for record in found(&office) {
        let shown = show(&office, &record);
        if shown["kind"] == BIRTH {
            assert_eq!(roles(&shown), ["officer", "organisation"]);
            let signer = shown["signatures"][0]["signer"].as_str().expect("a signer");
            assert!(signer.contains("Nguyễn Thị Ngọc Huyền"), "{signer}");
            of_kind
                .0
                .push(judged(pki, &office, &record, Flavour::A2b, 2));
        } else {
            assert_eq!(roles(&shown), ["organisation"]);
            of_kind
                .1
                .push(judged(pki, &office, &record, Flavour::A2b, 1));
        }
    }
    judge::ades(&pki.root(), Level::BB, &of_kind.0).expect("pyHanko: both signatures");
    judge::ades(&pki.root(), Level::BB, &of_kind.1).expect("pyHanko: one signature");
    assert!(!office.log().contains("afresh"), "{}", office.log());
}

#[test]
fn three_signatures_on_a_read_page_are_lifted_and_renewed_together() {
    if !judge::ready("three signatures lifted") || recognisers("three signatures", 1).is_none() {
        return;
    }
    let pki = Pki::shared();
    let office = office(pki, false);
    let tsa = pki.tsa(LASTING);
    office.configure(|text| {
        text.replace("text = \"off\"", "text = \"auto\"")
            .replace("services = []", &format!("services = [{tsa:?}]"))
    });
    let scan =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scans/quay-01/20261123_162210_001.jpg");
    let record = office.archive(&scan, &["--station", "quay-01", "--kind", RESULT]);
    let shown = show(&office, &record);
    assert_eq!(roles(&shown), ["officer", "authority", "organisation"]);
    let levels = |shown: &Value| {
        let signatures = shown["signatures"].as_array().expect("signatures").clone();
        signatures
            .iter()
            .map(|it| it["level"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(levels(&shown), ["B-T"; 3]);
    let pdf = judged(pki, &office, &record, Flavour::A2u, 3);
    judge::ades(&pki.root(), Level::BT, std::slice::from_ref(&pdf)).expect("pyHanko");
    fs::remove_file(&pdf).expect("fetched again below");

    let (code, lines) = office.json(&["augment", "--due"]);
    assert_eq!(
        (code, &lines[0]["level"]),
        (0, &json!("B-LTA")),
        "{lines:?}"
    );
    assert_eq!(levels(&show(&office, &record)), ["B-LTA"; 3]);
    let pdf = judged(pki, &office, &record, Flavour::A2u, 3);
    judge::ades(&pki.root(), Level::BLta, &[pdf]).expect("pyHanko");
    assert_eq!(office.assert_verified(), 1);
}

/// An A4 page at 100 dpi whose heading begins 20 mm below its edge, as letters have it.
fn letter() -> GrayImage {
    let mut page = GrayImage::from_pixel(827, 1169, image::Luma([255]));
    for (y, x) in (79..140).flat_map(|y| (120..760).map(move |x| (y, x))) {
        if (y / 8 + x / 12) % 2 == 0 {
            page.put_pixel(x, y, image::Luma([0]));
        }
    }
    page
}

/// Page 1 as poppler shows it, 100 dpi grey: width and pixels.
fn shown(pdf: &Path, folder: &Path, name: &str) -> GrayImage {
    let stem = folder.join(name);
    let drawn = Command::new("pdftoppm")
        .args(["-r", "100", "-gray", "-png", "-singlefile", "-f", "1"])
        .args([pdf, &stem])
        .status();
    assert!(drawn.expect("pdftoppm runs").success());
    let picture = image::open(stem.with_extension("png"));
    picture.expect("a picture").to_luma8()
}

/// Where signatures stand on page 1: left, bottom, right, top, points.
fn boxes(pdf: &Path) -> Vec<[f32; 4]> {
    let pdf = lopdf::Document::load(pdf).expect("loads");
    let page = pdf.get_pages()[&1];
    let widgets = pdf.get_page_annotations(page).expect("annotations");
    let places = widgets.iter().map(|widget| {
        let place = widget.get(b"Rect").and_then(lopdf::Object::as_array);
        let corners = place.expect("a place").iter();
        let corners: Vec<f32> = corners.map(|it| it.as_float().expect("a number")).collect();
        corners.try_into().expect("four")
    });
    places.collect()
}

#[test]
fn what_page_1_shows_covers_neither_each_other_nor_the_heading() {
    if !judge::ready("what page 1 shows") {
        return;
    }
    let pki = Pki::shared();
    let office = office(pki, false);
    office
        .configure(|text| text.replace("name = \"", "name = \"Ủy ban nhân dân xã Thanh Quang\" #"));
    let scan = office.at("letter.tif");
    fs::write(&scan, tiff_of(&[letter()], 100)).expect("written");
    let plain = office.at("plain.pdf");
    let made = office
        .command(&["normalise", "-o"])
        .args([&plain, &scan])
        .status();
    assert!(made.expect("runs").success());
    let record = office.archive(&scan, &["--kind", RESULT]);
    let pdf = judged(pki, &office, &record, Flavour::A2b, 3);

    let boxes = boxes(&pdf);
    assert_eq!(boxes.len(), 3, "{boxes:?}");
    let height = 1169.0 * 0.72;
    for (number, a) in boxes.iter().enumerate() {
        let is_above = a[1] > height - 56.7;
        assert!(is_above || a[3] < 71.0, "{a:?} is in no margin");
        for b in &boxes[number + 1..] {
            let apart = a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3];
            assert!(apart, "{a:?} {b:?}");
        }
    }
    // As a picture: every box has ink, and nothing but the boxes has changed.
    let before = shown(&plain, office.path(), "before");
    let after = shown(&pdf, office.path(), "after");
    assert_eq!(before.dimensions(), after.dimensions());
    let mut ink = [0; 3];
    for (x, y, pixel) in after.enumerate_pixels() {
        if before.get_pixel(x, y) == pixel {
            continue;
        }
        let (left, bottom) = (x as f32 * 0.72, height - y as f32 * 0.72);
        let inside = |place: &[f32; 4]| {
            (place[0] - 1.0..place[2] + 1.0).contains(&left)
                && (place[1] - 1.0..place[3] + 1.0).contains(&bottom)
        };
        let within = boxes.iter().position(inside);
        ink[within.unwrap_or_else(|| panic!("changed outside: {x} {y}"))] += 1;
    }
    assert!(ink.iter().all(|ink| *ink > 200), "{ink:?}");
}

#[test]
fn a_policy_that_cannot_be_carried_out_is_refused_at_once() {
    let office = Office::new();
    add_policy(&office, BIRTH, &["officer", "organisation"]);
    let (code, lines) = office.json(&["find", "--station", "quay-01"]);
    assert_eq!(
        (code, &lines[0]["error"]),
        (3, &json!("config.signing_policy")),
        "{lines:?}"
    );
    let message = lines[0]["message"].as_str().expect("a message");
    assert!(
        message.contains("signing.policy.khai-sinh") && message.contains("officer"),
        "{message}"
    );
}

#[test]
fn a_person_signs_a_file_with_any_key_of_the_office() {
    if !judge::ready("sign --key") {
        return;
    }
    let pki = Pki::shared();
    let office = office(pki, true);
    add_policy(&office, "default", &["officer", "organisation"]);
    let text = |path: &Path| path.to_str().expect("UTF-8 path").to_owned();
    let scan = office.at("letter.tif");
    fs::write(&scan, tiff_of(&[letter()], 100)).expect("written");
    let mut newest = office.at("plain.pdf");
    let made = office.sohoa(&["normalise", &text(&scan), "-o", &text(&newest)]);
    assert!(made.status.success());
    // The authority stands in no list of papers without a kind, so in no capacity either.
    for (key, role) in [
        ("officer", json!("officer")),
        ("authority", Value::Null),
        ("organisation", json!("organisation")),
    ] {
        let next = office.at(&format!("{key}.pdf"));
        let (input, output) = (text(&newest), text(&next));
        let (code, lines) = office.json(&["sign", &input, "-o", &output, "--key", key]);
        assert_eq!(
            (code, &lines[0]["signature"]["role"]),
            (0, &role),
            "{lines:?}"
        );
        newest = next;
    }
    judge::verapdf(Flavour::A2b, std::slice::from_ref(&newest)).expect("veraPDF");
    judge::pdfsig_signatures(&newest, 3).expect("pdfsig");
    judge::openssl_each_cms(&pki.root(), &newest).expect("openssl");
    let signers = Command::new("pdfsig").arg("-nocert").arg(&newest).output();
    let signers = String::from_utf8_lossy(&signers.expect("runs").stdout).into_owned();
    for name in ["Nguyễn Thị Ngọc Huyền", "Trần Đức Thưởng"] {
        assert!(signers.contains(name), "{name}: {signers}");
    }
    let boxes = boxes(&newest);
    let [officer, authority, organisation] = boxes.as_slice() else {
        panic!("{boxes:?}");
    };
    assert!(
        officer[0] < authority[0] && officer[0] < organisation[0],
        "{boxes:?}"
    );
    assert!(
        authority[3] < officer[1] && authority[3] < organisation[1],
        "{boxes:?}"
    );

    let (input, output) = (text(&newest), text(&office.at("none.pdf")));
    let (code, lines) = office.json(&["sign", &input, "-o", &output, "--key", "mayor"]);
    assert_eq!(
        (code, &lines[0]["error"]),
        (2, &json!("sign.no_such_key")),
        "{lines:?}"
    );
    let message = lines[0]["message"].as_str().expect("a message");
    assert!(
        message.contains("authority, officer, organisation"),
        "{message}"
    );
    assert!(!office.at("none.pdf").exists());
}

#[test]
fn doctor_says_what_a_policy_makes_of_page_1() {
    let office = Office::new();
    let checks = || {
        let (code, lines) = office.json(&["doctor"]);
        let text = |line: &Value, name: &str| line[name].as_str().expect("text").to_owned();
        let policies = lines.iter().filter(|line| line["check"] == "policy");
        let told = policies.map(|line| (text(line, "verdict"), text(line, "detail")));
        (code, told.collect::<Vec<_>>())
    };
    let key = |name: &str| office.at("keys").join(name);
    let (file, passphrase) = (key("demo.p12"), key("demo.pass"));
    for name in ["officer", "officer-2", "authority"] {
        add_key(&office, name, &file, &passphrase, false);
    }
    let (_, told) = checks();
    let [(verdict, detail)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(verdict, "ok", "{detail}");
    assert!(
        detail.starts_with("default: ") && detail.contains("(organisation)"),
        "{detail}"
    );

    add_policy(&office, BIRTH, &["officer", "organisation"]);
    add_policy(&office, RESULT, &["organisation", "officer"]);
    office.configure(|text| {
        let crowded = "[[signing.policy.crowded]]\nrole = \"officer\"\nkey = \"officer\"\nplace = \"top-right\"\n";
        let other = "[[signing.policy.crowded]]\nrole = \"organisation\"\nkey = \"organisation\"\n";
        format!("{text}\n{crowded}{other}[stations.quay-09]\nprofile = \"generic\"\nofficer = \"officer-2\"\n")
    });
    let (_, told) = checks();
    let of = |kind: &str| {
        let found = told.iter().find(|(_, detail)| detail.starts_with(kind));
        found.unwrap_or_else(|| panic!("{kind}: {told:?}")).clone()
    };
    assert_eq!(of(BIRTH).0, "ok");
    assert_eq!(of(RESULT).0, "warning", "the organisation signs first");
    let (verdict, detail) = of("crowded");
    assert!(verdict == "warning" && detail.contains("20 mm"), "{detail}");
    assert_eq!(told.len(), 4, "an officer's station has its list: {told:?}");
}

#[test]
fn doctor_finds_a_default_without_its_key_and_officers_who_sign_nothing() {
    let office = Office::new();
    office.configure(|text| {
        let start = text.find("key = \"keys/demo.p12\"").expect("a key");
        let end = text[start..].find("attended = false\n").expect("its end") + start;
        format!(
            "{}{}\n[stations.quay-09]\nprofile = \"generic\"\nofficer = \"officer\"\n",
            &text[..start],
            &text[end + "attended = false\n".len()..]
        )
    });
    let key = |name: &str| office.at("keys").join(name);
    add_key(
        &office,
        "officer",
        &key("demo.p12"),
        &key("demo.pass"),
        false,
    );
    let (code, lines) = office.json(&["doctor"]);
    let policies = lines.iter().filter(|line| line["check"] == "policy");
    let told: Vec<&Value> = policies.collect();
    assert_eq!((code, told.len()), (5, 2), "{lines:?}");
    assert_eq!(told[0]["verdict"], "error");
    let detail = told[0]["detail"].as_str().expect("text");
    assert!(
        detail.contains("khóa “organisation”") || detail.contains("key “organisation”"),
        "{detail}"
    );
    assert_eq!(told[1]["verdict"], "warning");
    assert!(
        told[1]["detail"]
            .as_str()
            .expect("text")
            .starts_with("quay-09")
    );
}

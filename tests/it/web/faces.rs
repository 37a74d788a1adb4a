//! The faces beyond the search in a real browser, on both screens: checklist, data for a form, auditor, administrator.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::chromium::{Chromium, SCREENS};
use super::{Desk, PASSWORD};
use crate::judge;
use crate::office::{Office, jpeg_page};

const CITIZEN: &str = "079203000001";

/// Looks at a page: nothing is wider than the screen, and a screenshot is kept where one is wanted.
fn see(chromium: &mut Chromium, screen: &str, name: &str) {
    assert!(
        !chromium.spills(),
        "{screen}: {name} is wider than the screen"
    );
    chromium.screenshot(&format!("{screen}-{name}"));
}

/// Types into a field. A page gives its first field the focus only when it is drawn, which may be later.
fn type_into(chromium: &mut Chromium, field: &str, text: &str) {
    chromium.evaluate(&format!("document.querySelector({field:?}).focus()"));
    chromium.type_text(text);
}

fn sign_in(chromium: &mut Chromium, here: &str, account: &str) {
    chromium.go(&format!("{here}/sign-in"));
    type_into(chromium, "#name", account);
    type_into(chromium, "#password", PASSWORD);
    chromium.press("Enter", 13);
    chromium.wait_for_page();
}

fn sign_out(chromium: &mut Chromium) {
    chromium.click("form[action='/sign-out'] button");
}

/// The officer's way to the papers of a procedure.
fn officer(chromium: &mut Chromium, here: &str, screen: &str) {
    sign_in(chromium, here, "registrar");
    chromium.evaluate(&format!(
        "document.getElementById('purpose').value = 'đăng ký kết hôn'; document.getElementById('sought').value = '{CITIZEN}'"
    ));
    chromium.click("main button.main");
    see(chromium, screen, "person-papers");
    chromium.click("a[href$='/procedures']");
    see(chromium, screen, "choose");
    type_into(chromium, "input[name=words]", "ket hon");
    chromium.press("Enter", 13);
    chromium.wait_for_page();
    see(chromium, screen, "choose-filtered");
    chromium.click("a[href$='1.000894']");
    see(chromium, screen, "checklist");
    let ticked = chromium.evaluate("document.querySelectorAll('input:checked').length");
    assert_eq!(ticked, 1, "one good paper");
    chromium.click("form[action$='/bundle'] button.main");
    see(chromium, screen, "checklist-mistake");
    chromium.click("a[href$='/prefill']");
    see(chromium, screen, "prefill");
    let place = chromium.evaluate("location.href").to_string();
    assert!(!place.contains(CITIZEN), "{place}");
    sign_out(chromium);
}

fn keepers(chromium: &mut Chromium, here: &str, screen: &str) {
    sign_in(chromium, here, "auditor");
    see(chromium, screen, "auditor-first");
    chromium.click("nav a[href='/access']");
    type_into(chromium, "#citizen", CITIZEN);
    chromium.click("button[value=looks]");
    see(chromium, screen, "access");
    chromium.evaluate("document.querySelector('.answer').scrollIntoView()");
    see(chromium, screen, "access-looks");
    sign_out(chromium);
    sign_in(chromium, here, "administrator");
    chromium.click("nav a[href='/accounts']");
    see(chromium, screen, "accounts");
    let add = "document.getElementById('name').value = 'lan.SCREEN'; document.querySelector('[name=role-officer]').click()";
    chromium.evaluate(&add.replace("SCREEN", screen));
    chromium.click("form[action='/accounts'] button.main");
    see(chromium, screen, "account-added");
    chromium.click(".who a");
    see(chromium, screen, "password");
    sign_out(chromium);
}

#[test]
fn the_faces_fit_both_screens() {
    if Command::new("chromium").arg("--version").output().is_err() {
        return judge::say_skipped("the desk's faces in a browser", "there is no chromium");
    }
    let office = Office::new();
    for (seed, kind, dossier) in [
        (1, "hon-nhan", "H36.105-261001-0003"),
        (2, "hon-nhan", "H36.105-261115-0001"),
        (3, "cccd", "H36.105-261115-0001"),
        (4, "khai-sinh", "H36.105-261116-0002"),
    ] {
        let scan = office.at("a.jpg");
        fs::write(&scan, jpeg_page(seed)).expect("written");
        let options = ["--citizen", CITIZEN, "--kind", kind, "--dossier", dossier];
        office.archive(&scan, &options);
    }
    let desk = Desk::of(office);
    let here = format!("http://{}", desk.address);
    for (name, width, height, is_phone) in SCREENS {
        let mut chromium = Chromium::start();
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        chromium.call("Emulation.setDeviceMetricsOverride", size);
        officer(&mut chromium, &here, name);
        keepers(&mut chromium, &here, name);
        let complaints = chromium.complaints();
        let is_expected = |it: &&&serde_json::Value| it.to_string().contains("422");
        let complaints: Vec<_> = complaints.iter().filter(|it| !is_expected(it)).collect();
        assert!(complaints.is_empty(), "{name}: {complaints:#?}");
    }
}

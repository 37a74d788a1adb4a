//! A real browser: Chromium without a window, driven over its debugging pipes (Chrome DevTools Protocol).
//!
//! `SOHOA_SCREENSHOTS=FOLDER` keeps what it saw, to be looked at.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{Desk, PASSWORD};
use crate::judge;
use crate::office::{Office, jpeg_page};

/// An office screen and a phone.
pub(super) const SCREENS: [(&str, u32, u32, bool); 2] =
    [("office", 1366, 768, false), ("phone", 390, 844, true)];

pub(super) struct Chromium {
    child: Child,
    commands: File,
    answers: BufReader<File>,
    session: Option<String>,
    count: u64,
    events: Vec<Value>,
    /// Events before this one are older than what is waited for.
    since: usize,
    _folder: tempfile::TempDir,
}

impl Chromium {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [commands, answers] = ["commands", "answers"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").args([&commands, &answers]).status();
        assert!(made.expect("mkfifo runs").success());
        // The shell opens both pipes where Chromium looks for them; each waits for its other end.
        let child = Command::new("bash")
            .args(["-c", "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
                   --remote-debugging-pipe --user-data-dir=\"$0/profile\" about:blank 3<\"$0/commands\" 4>\"$0/answers\""])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("bash runs");
        let mut chromium = Self {
            child,
            commands: File::options().write(true).open(&commands).expect("opens"),
            answers: BufReader::new(File::open(&answers).expect("opens")),
            session: None,
            count: 0,
            events: Vec::new(),
            since: 0,
            _folder: folder,
        };
        let target = chromium.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = chromium.call("Target.attachToTarget", attach);
        chromium.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            chromium.call(&format!("{domain}.enable"), json!({}));
        }
        chromium
    }

    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.count += 1;
        let mut message = json!({"id": self.count, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).expect("Chromium listens");
        loop {
            let answer = self.next();
            if answer["id"] == self.count {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.answers
            .read_until(0, &mut bytes)
            .expect("Chromium speaks");
        assert_eq!(bytes.pop(), Some(0), "Chromium is gone");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    pub(super) fn wait_for_page(&mut self) {
        // It may have come while something else was answered.
        let is_loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events[self.since..].iter().any(is_loaded) {
            let event = self.next();
            self.events.push(event);
        }
    }

    pub(super) fn go(&mut self, place: &str) {
        self.since = self.events.len();
        self.call("Page.navigate", json!({"url": place}));
        self.wait_for_page();
    }

    pub(super) fn evaluate(&mut self, script: &str) -> Value {
        let asked = json!({"expression": script, "returnByValue": true});
        self.call("Runtime.evaluate", asked)["result"]["value"].clone()
    }

    /// Types into the field that has the focus, as a person, or a scanner of codes, does.
    pub(super) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    pub(super) fn press(&mut self, key: &str, code: u32) {
        self.since = self.events.len();
        for kind in ["rawKeyDown", "char", "keyUp"] {
            let text = if key == "Enter" { "\r" } else { "" };
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "char" {
                event["text"] = text.into();
            }
            if kind != "char" || !text.is_empty() {
                self.call("Input.dispatchKeyEvent", event);
            }
        }
    }

    pub(super) fn click(&mut self, selector: &str) {
        self.since = self.events.len();
        self.evaluate(&format!("document.querySelector({selector:?}).click()"));
        self.wait_for_page();
    }

    /// Whether the page is wider than the screen.
    pub(super) fn spills(&mut self) -> bool {
        self.evaluate("document.documentElement.scrollWidth > innerWidth") == true
    }

    pub(super) fn screenshot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SOHOA_SCREENSHOTS") else {
            return;
        };
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let picture = BASE64.decode(picture["data"].as_str().expect("data").as_bytes());
        let path = Path::new(&folder).join(format!("{name}.png"));
        fs::write(path, picture.expect("a picture")).expect("kept");
    }

    /// What the console complains about, and requests that left this machine.
    pub(super) fn complaints(&self) -> Vec<&Value> {
        let is_bad = |event: &&Value| match event["method"].as_str() {
            Some("Log.entryAdded") => event["params"]["entry"]["level"] == "error",
            Some("Runtime.exceptionThrown") => true,
            Some("Network.requestWillBeSent") => {
                let url = event["params"]["request"]["url"]
                    .as_str()
                    .unwrap_or_default();
                let own = [
                    "http://127.0.0.1:",
                    "data:",
                    "about:",
                    "chrome-extension:",
                    "chrome:",
                    "blob:",
                ];
                !own.iter().any(|beginning| url.starts_with(beginning))
            }
            _ => false,
        };
        self.events.iter().filter(is_bad).collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// By the keyboard alone: sign in, say why, scan the card, open the paper.
fn walk(chromium: &mut Chromium, desk: &Desk, screen: &str) {
    let here = format!("http://{}", desk.address);
    let see = |chromium: &mut Chromium, name: &str| {
        assert!(
            !chromium.spills(),
            "{screen}: {name} is wider than the screen"
        );
        chromium.screenshot(&format!("{screen}-{name}"));
    };
    chromium.go(&here);
    see(chromium, "sign-in");
    chromium.type_text("registrar");
    chromium.press("Tab", 9);
    chromium.type_text(PASSWORD);
    chromium.press("Enter", 13);
    chromium.wait_for_page();
    see(chromium, "search");
    let focus = chromium.evaluate("document.activeElement.id");
    if focus == "purpose" {
        chromium.type_text("H36.105-261123-0009");
        chromium.press("Tab", 9);
    }
    chromium.type_text("079203000001||Nguyễn Văn A|01022003|Nam|Thôn Mẫu|15082021");
    chromium.press("Enter", 13);
    chromium.wait_for_page();
    see(chromium, "person");
    let page = chromium.evaluate("document.body.innerText").to_string();
    assert!(
        page.contains("079*******01") && page.contains("Khai sinh"),
        "{page}"
    );
    assert!(!page.contains("079203000001"), "hidden until asked for");
    chromium.click("a.paper");
    // The viewer draws on its own time.
    std::thread::sleep(std::time::Duration::from_secs(2));
    see(chromium, "record");
    let place = chromium.evaluate("location.pathname").to_string();
    assert!(
        place.contains("/records/") && !place.contains("0792"),
        "{place}"
    );
    chromium.click("a[href$=validation]");
    see(chromium, "validation");
    chromium.go(&here);
    chromium.evaluate("document.getElementById('sought').value = 'quay 0007 khong co'");
    chromium.click("main button.main");
    see(chromium, "nothing");
    chromium.click("form[action='/sign-out'] button");
    assert_eq!(chromium.evaluate("location.pathname"), "/sign-in");
}

#[test]
fn the_desk_works_in_a_browser_by_keyboard_on_both_screens() {
    let what = "the desk in a browser";
    if Command::new("chromium").arg("--version").output().is_err() {
        return judge::say_skipped(what, "there is no chromium");
    }
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    let options = ["--citizen", "079203000001", "--kind", "khai-sinh"];
    office.archive(&scan, &options);
    let desk = Desk::of(office);
    for (name, width, height, is_phone) in SCREENS {
        let mut chromium = Chromium::start();
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        chromium.call("Emulation.setDeviceMetricsOverride", size);
        walk(&mut chromium, &desk, name);
        let complaints = chromium.complaints();
        assert!(complaints.is_empty(), "{name}: {complaints:#?}");
    }
}

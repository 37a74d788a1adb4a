//! The web desk, asked over the network as browsers and others ask it: the real program on a real folder.

mod api;
mod auditing;
mod chromium;
mod counters;
mod doors;
mod faces;
mod hostile;
mod keeping;
mod looking;
mod papers;
mod pictures;
mod reusing;
mod roles;
mod serving;
mod worklist;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::office::{Daemon, Office};

pub(super) const PASSWORD: &str = "một câu dài để thử";

/// An office whose daemon serves the desk.
pub(super) struct Desk {
    pub(super) office: Office,
    pub(super) daemon: Daemon,
    pub(super) address: SocketAddr,
}

impl Desk {
    /// Adds an account for each role, named as the role, and opens the desk.
    pub(super) fn of(office: Office) -> Self {
        Self::configured(office, "")
    }

    /// The same with more lines in `[web]`.
    pub(super) fn configured(office: Office, lines: &str) -> Self {
        let password = office.at("password");
        std::fs::write(&password, format!("{PASSWORD}\n")).expect("written");
        for role in sohoa::config::WebRole::ALL {
            let role = role.as_str();
            let file = password.to_str().expect("path");
            let name = format!("<b>Người {role}</b>");
            let added = office.sohoa(&[
                "user",
                "add",
                role,
                "--role",
                role,
                "--display-name",
                &name,
                "--password-file",
                file,
            ]);
            assert!(added.status.success(), "{added:?}");
        }
        let section = format!("\n[web]\nlisten = \"127.0.0.1:0\"\n{lines}\n");
        office.configure(|text| text + &section);
        Self::open(office)
    }

    /// Starts the daemon, whose configuration has a desk.
    pub(super) fn open(office: Office) -> Self {
        let daemon = office.start(&[]);
        let opened = "the web desk is open";
        office.wait_until("the desk", || office.log().contains(opened));
        let log = office.log();
        let line = log
            .lines()
            .rfind(|line| line.contains(opened))
            .expect("a line");
        let address = line.split("address=").nth(1).expect("an address");
        let address = address.split_whitespace().next().expect("an address");
        Self {
            address: address.parse().expect("an address"),
            office,
            daemon,
        }
    }

    /// A browser that has never been here.
    pub(super) fn browser(&self) -> Browser {
        Browser {
            address: self.address,
            cookies: Vec::new(),
            seal: String::new(),
        }
    }

    /// A browser with this account signed in.
    pub(super) fn signed_in(&self, account: &str) -> Browser {
        let mut browser = self.browser();
        browser.get("/sign-in");
        let answer = browser.post("/sign-in", &[("name", account), ("password", PASSWORD)]);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/")),
            "{account}"
        );
        browser.get("/");
        browser
    }

    /// Every access event kept so far, oldest first.
    pub(super) fn events(&self) -> Vec<serde_json::Value> {
        self.office.events()
    }
}

/// A browser without eyes: it keeps cookies, and the seal of the last page for its next form.
#[derive(Clone)]
pub(super) struct Browser {
    address: SocketAddr,
    cookies: Vec<(String, String)>,
    pub(super) seal: String,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Every address that the page links to and that begins so.
    pub(super) fn links(&self, beginning: &str) -> Vec<String> {
        let text = self.text();
        let links = text.split("href=\"").skip(1);
        let links = links.filter_map(|rest| rest.split('"').next());
        links
            .filter(|link| link.starts_with(beginning))
            .map(str::to_owned)
            .collect()
    }
}

impl Browser {
    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    pub(super) fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, None)
    }

    /// Sends a form with the seal of the last page.
    pub(super) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &[])
    }

    pub(super) fn post_with(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        form.append_pair("seal", &self.seal.clone());
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.ask("POST", path, &all, Some(form.finish().as_bytes()))
    }

    /// Looks something up and follows to what is found.
    pub(super) fn look_up(&mut self, sought: &str, purpose: &str) -> (String, Answer) {
        self.get("/");
        let begun = self.post("/look-ups", &[("sought", sought), ("purpose", purpose)]);
        assert_eq!(begun.status, 303, "{}", begun.text());
        self.follow(begun)
    }

    /// Goes where answers send it, and says where it has come to.
    pub(super) fn follow(&mut self, mut answer: Answer) -> (String, Answer) {
        let mut place = String::new();
        while answer.status == 303 {
            place = answer.header("location").expect("a place").to_owned();
            answer = self.get(&place);
        }
        (place, answer)
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request += &format!("Cookie: {}\r\n", pairs.collect::<Vec<_>>().join("; "));
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (request + "\r\n").into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        let answer = raw(self.address, &bytes).expect("an answer");
        for (_, cookie) in answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
        {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(known, _)| known != name);
            if !cookie.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let text = answer.text();
        if let Some(seal) = text.split("name=\"seal\" value=\"").nth(1) {
            self.seal = seal.split('"').next().unwrap_or_default().to_owned();
        }
        answer
    }
}

/// Sends bytes and reads until the desk closes; `None` where it closes without an answer.
pub(super) fn raw(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).expect("connects");
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).expect("a time");
    // It may be refused before all is sent.
    let _cut = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _cut = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Some(Answer {
        status,
        headers,
        body: answer[end + 4..].to_vec(),
    })
}

//! The interface for programs, asked as programs ask it.

mod clients;
mod document;
mod dropping;
mod fuzz;
mod hearing;
mod looking;
mod reusing;

use std::fs;
use std::net::SocketAddr;

use serde_json::Value;

use super::{Answer, Desk, raw};
use crate::office::{Office, jpeg_page};

pub(super) const CITIZEN: &str = "079203000001";
pub(super) const DOSSIER: &str = "H36.105-261123-0007";
pub(super) const PURPOSE: &str = "Đăng ký khai sinh";

/// A program with a token.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) address: SocketAddr,
    pub(super) token: String,
}

impl Program {
    /// Adds a client of this name to the office.
    pub(super) fn of(desk: &Desk, name: &str, scopes: &[&str]) -> Self {
        let mut arguments = vec!["client", "add", name];
        for scope in scopes {
            arguments.extend(["--scope", scope]);
        }
        let (code, lines) = desk.office.json(&arguments);
        assert_eq!(code, 0, "{lines:?}");
        Self {
            address: desk.address,
            token: lines[0]["token"].as_str().expect("a token").to_owned(),
        }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], None)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.ask("POST", path, &headers, Some(body.to_string().as_bytes()))
    }

    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        );
        if !self.token.is_empty() {
            request += &format!("Authorization: Bearer {}\r\n", self.token);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut bytes = (request + "\r\n").into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        raw(self.address, &bytes).expect("an answer")
    }

    /// Looks up, which must find something; the answer.
    pub(super) fn look_up(&self, sought: &str) -> Value {
        let asking = serde_json::json!({"sought": sought, "purpose": PURPOSE});
        json(&self.post("/api/v1/look-ups", &asking), 200)
    }

    /// Looks a record up, and says where it stands.
    pub(super) fn place_of(&self, record: &str) -> String {
        let found = self.look_up(record);
        let look_up = found["look_up"].as_str().expect("a handle");
        format!("/api/v1/look-ups/{look_up}/records/{record}")
    }
}

/// The answer as JSON.
pub(super) fn json(answer: &Answer, status: u16) -> Value {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A problem as RFC 9457 has it; its code.
pub(super) fn problem(answer: &Answer, status: u16) -> String {
    let problem = json(answer, status);
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("application/problem+json"), "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    for name in ["type", "title", "detail", "message_vi", "message_en"] {
        let said = problem[name].as_str().unwrap_or_default();
        assert!(!said.is_empty(), "{name}: {problem}");
    }
    problem["code"].as_str().expect("a code").to_owned()
}

/// A desk with one signed record of a citizen, its number, and a program that looks up.
pub(super) fn desk_with_a_paper(kind: &str) -> (Desk, String, Program) {
    let office = Office::new();
    let scan = office.at("a.jpg");
    fs::write(&scan, jpeg_page(1)).expect("written");
    let options = ["--citizen", CITIZEN, "--kind", kind, "--dossier", DOSSIER];
    let record = office.archive(&scan, &options);
    let desk = Desk::of(office);
    let program = Program::of(&desk, "cong-tinh", &["lookup"]);
    (desk, record, program)
}

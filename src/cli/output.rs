//! What a command prints: text for people or one JSON object a line, never both.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::record::{Explain, Lang};

/// Where results go. Errors of standard output (a closed pipe) end nothing: the work is done.
pub(super) struct Output {
    json: bool,
    lang: Lang,
}

impl Output {
    pub(super) fn new(json: bool, lang: Lang) -> Self {
        Self { json, lang }
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Progress bars: on a terminal and for people only.
    pub(super) fn wants_progress(&self) -> bool {
        !self.json && io::stderr().is_terminal()
    }

    /// A line for people, in their language; nothing in JSON mode.
    pub(super) fn say(&self, vi: &str, en: &str) {
        if !self.json {
            self.write(self.lang.pick(vi, en));
        }
    }

    /// A JSON object for machines; nothing in text mode.
    pub(super) fn object(&self, object: &impl Serialize) {
        if self.json {
            // Every type printed here is a plain struct: serialising it cannot fail.
            self.write(&serde_json::to_string(object).unwrap_or_default());
        }
    }

    /// An error: what, and what to do next.
    pub(super) fn error(&self, error: &dyn Explain) {
        if self.json {
            self.object(&serde_json::json!({
                "error": error.code(),
                "message": error.message(self.lang),
                "advice": error.advice(self.lang),
            }));
        } else {
            let text = format!(
                "{}: {}\n{}",
                error.code(),
                error.message(self.lang),
                error.advice(self.lang)
            );
            let _closed = writeln!(io::stderr().lock(), "{text}");
        }
    }

    fn write(&self, line: &str) {
        let _closed = writeln!(io::stdout().lock(), "{line}");
    }
}

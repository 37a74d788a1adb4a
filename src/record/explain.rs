//! How an error speaks to the person at the counter: what, where, and what to do next, in two languages.

use std::str::FromStr;

/// Language of the messages to users. Logs are always English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Tiếng Việt.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Picks one of two texts.
    #[must_use]
    pub fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "vi" => Ok(Lang::Vi),
            "en" => Ok(Lang::En),
            other => Err(format!("“{other}”: vi or en")),
        }
    }
}

/// Exit codes of the program (README, “Exit codes”).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything asked for was done.
    Ok = 0,
    /// The answer is “no”: findings, not valid, not found.
    No = 1,
    /// The command line was wrong.
    Usage = 2,
    /// The configuration was wrong.
    Configuration = 3,
    /// Some input was refused; the rest was done.
    Refused = 4,
    /// The machine lacks something: a tool, space, a token.
    Environment = 5,
    /// A bug in this program.
    Bug = 70,
}

/// What every stage's error type can say. Implement by exhaustive `match`, never with a catch-all.
pub trait Explain: std::error::Error {
    /// Stable code for machines, e.g. `pages.truncated`; `<stage>.<what>` in snake case.
    fn code(&self) -> &'static str;

    /// What happened and where, one sentence, for a person. No citizen ID, no name.
    fn message(&self, lang: Lang) -> String;

    /// What to do next, one sentence.
    fn advice(&self, lang: Lang) -> String;

    /// Which exit code a command ends with.
    fn exit_code(&self) -> ExitCode;

    /// Whether the same input may succeed later without anyone changing it (disk full, file busy).
    fn is_retryable(&self) -> bool {
        false
    }
}

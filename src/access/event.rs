//! One event: who looked whom up, why, when, from where, and what was shown or given out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{CitizenId, DossierCode, Lang, RecordId};

/// Characters kept of what a person typed: an event is no place for a novel.
const TEXT_MAX: usize = 500;

/// Citizens, and records, that one event names; see [`Event::parts`].
pub(super) const NAMED_MAX: usize = 500;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Records were looked up and listed.
    Search,
    /// One record's description or pages were shown.
    View,
    /// A record's bytes were given out.
    Download,
    /// Records left for another system.
    Export,
    /// A citizen's papers were held against a procedure.
    Checklist,
    /// A citizen's data were given for a form.
    Prefill,
    /// A bundle is whole and about to be given out. One without a `bundle` event of the same number behind it
    /// was perhaps given out: a crash came between.
    BundleBegun,
    /// A bundle was given out: its records are re-used.
    Bundle,
    /// An auditor asked who looked at a citizen.
    Audit,
}

impl EventKind {
    /// For people.
    #[must_use]
    pub fn words(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::Search => ("tra cứu", "search"),
            Self::View => ("xem", "view"),
            Self::Download => ("tải về", "download"),
            Self::Export => ("kết xuất", "export"),
            Self::Checklist => ("kiểm thành phần hồ sơ", "checklist"),
            Self::Prefill => ("điền sẵn biểu mẫu", "prefill"),
            Self::BundleBegun => ("bắt đầu giao gói", "bundle begun"),
            Self::Bundle => ("giao gói", "bundle"),
            Self::Audit => ("kiểm tra nhật ký", "audit"),
        };
        lang.pick(vi, en)
    }
}

/// Why somebody is looked up. Both may be absent: then the purpose was not stated, which an auditor sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// For which dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<DossierCode>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Purpose {
    /// For people.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let dossier = self.dossier.as_ref().map(ToString::to_string);
        let both: Vec<String> = dossier.into_iter().chain(self.text.clone()).collect();
        match both.as_slice() {
            [] => lang.pick("không nêu", "not stated").to_owned(),
            both => both.join(" – "),
        }
    }
}

/// Who looks, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As they named themselves, else the account.
    pub by: String,
    /// As the system knows them: the login on this machine, the account at the desk, the client of an interface.
    pub account: String,
    /// The way in and the machine, e.g. `cli@counter-1`, `web@10.0.0.7`.
    pub from: String,
}

/// One event. Field names are part of the format; the member `chain` is added by the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// [`Event::FORMAT`]; events of `sohoa-event/1` lack what is optional here.
    pub format: String,
    /// Its number; sorts by time.
    pub event: RecordId,
    /// When, ISO 8601 UTC.
    pub at: Timestamp,
    /// What.
    pub what: EventKind,
    /// Who, as they named themselves or as the system knows them.
    pub by: String,
    /// The account, as the system knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// From where.
    pub from: String,
    /// Why.
    pub purpose: Purpose,
    /// What was asked, as typed, where words or a number were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Whom: those who were looked for by their number, or whose papers, data or full number were shown.
    pub citizens: Vec<CitizenId>,
    /// Who only stood in a list, with a masked number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<CitizenId>,
    /// For which procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<String>,
    /// Which records were shown or given out.
    pub records: Vec<RecordId>,
    /// The bundle's number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<RecordId>,
}

impl Event {
    /// The value of `format` that this program writes.
    pub const FORMAT: &'static str = "sohoa-event/2";

    /// An event of nobody and nothing yet: the caller adds whom and which records.
    #[must_use]
    pub fn new(
        number: RecordId,
        at: Timestamp,
        what: EventKind,
        person: Person,
        purpose: Purpose,
    ) -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            event: number,
            at,
            what,
            by: short(&person.by),
            account: Some(short(&person.account)),
            from: short(&person.from),
            purpose: Purpose {
                text: purpose.text.as_deref().map(short),
                ..purpose
            },
            query: None,
            citizens: Vec::new(),
            listed: Vec::new(),
            procedure: None,
            records: Vec::new(),
            bundle: None,
        }
    }

    /// The same with what was asked; of a very long question the beginning.
    #[must_use]
    pub fn asking(mut self, query: &str) -> Self {
        self.query = Some(short(query));
        self
    }

    /// Whose account it is; old events know only the name.
    #[must_use]
    pub fn account(&self) -> &str {
        self.account.as_deref().unwrap_or(&self.by)
    }

    /// Whether it is about this citizen, be it as one of a list.
    #[must_use]
    pub fn concerns(&self, citizen: &CitizenId) -> bool {
        self.citizens.contains(citizen) || self.listed.contains(citizen)
    }

    /// As several events of the same number, none of which names more than a line can hold; each name once, sorted.
    pub(super) fn parts(&self) -> Vec<Self> {
        let (citizens, listed) = (sorted(&self.citizens), sorted(&self.listed));
        // A bundle's records stay in their order: they are few.
        let records = match self.records.len() {
            0..=NAMED_MAX => self.records.clone(),
            _ => sorted(&self.records),
        };
        let longest = citizens.len().max(listed.len()).max(records.len());
        (0..longest.div_ceil(NAMED_MAX).max(1))
            .map(|number| Self {
                citizens: part(&citizens, number),
                listed: part(&listed, number),
                records: part(&records, number),
                ..self.clone()
            })
            .collect()
    }
}

fn short(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

fn sorted<T: Ord + Clone>(all: &[T]) -> Vec<T> {
    let mut all = all.to_vec();
    all.sort();
    all.dedup();
    all
}

fn part<T: Clone>(all: &[T], number: usize) -> Vec<T> {
    let rest = all.iter().skip(number * NAMED_MAX);
    rest.take(NAMED_MAX).cloned().collect()
}

//! For a citizen and a procedure: which papers are held and still good, held but not, or missing. Pure.
//!
//! **Which of several records counts.** Records of one kind that came with one dossier are parts of one paper (the
//! two sides of a card). Of a kind the newest paper counts, by the date on it, else by the day it was archived;
//! older ones are superseded, unless the catalogue says that papers of this kind do not replace each other. A
//! newest paper that is in doubt does not make an older one good again: the citizen is asked.
//!
//! Not here: reading the archive (`held`), deciding for a person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::procedure::{Catalogue, Procedure, RequiredPaper, day_text};
use crate::record::{DocumentKind, DossierCode, Field, Lang, RecordId, Source};

/// A record that the archive holds under the citizen's number.
#[derive(Debug, Clone)]
pub struct HeldRecord {
    /// Its number.
    pub record: RecordId,
    /// What kind of paper.
    pub kind: Option<DocumentKind>,
    /// The dossier it came with.
    pub dossier: Option<DossierCode>,
    /// Its title.
    pub title: Option<String>,
    /// When it was archived.
    pub archived: Timestamp,
    /// The day of the paper.
    pub date: PaperDate,
    /// Who says whose it is, the most trustworthy first.
    pub citizen_sources: Vec<Source>,
    /// What it says.
    pub fields: Vec<Field>,
    /// What speaks against it; empty for a sound one.
    pub doubts: Vec<Doubt>,
}

/// The day of a paper, and where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PaperDate {
    /// The day.
    pub day: Date,
    /// Who read it on the paper; `None`: it is the day on which it was archived.
    pub source: Option<Source>,
}

/// Why a record cannot be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Nobody has settled whose it is.
    IdentityOpen,
    /// The index names it, the archive lacks it.
    ArchiveMissing,
    /// The archive's bytes or description are not what was archived.
    ArchiveDamaged,
    /// The archive could not be read just now.
    ArchiveUnreadable,
    /// The office's signature does not hold.
    SignatureInvalid,
    /// The signature could not be checked just now.
    SignatureUnchecked,
}

impl Doubt {
    /// In words.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::IdentityOpen => (
                "chưa xác định là giấy tờ của ai",
                "whose it is, is not settled",
            ),
            Self::ArchiveMissing => ("không còn trong kho", "it is not in the archive"),
            Self::ArchiveDamaged => (
                "dữ liệu trong kho bị thay đổi",
                "its bytes in the archive have changed",
            ),
            Self::ArchiveUnreadable => (
                "hiện không đọc được trong kho",
                "it cannot be read just now",
            ),
            Self::SignatureInvalid => ("chữ ký số không hợp lệ", "its signature does not hold"),
            Self::SignatureUnchecked => (
                "hiện không kiểm tra được chữ ký số",
                "its signature cannot be checked just now",
            ),
        };
        lang.pick(vi, en)
    }
}

/// How a held record stands for a required paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It can be re-used.
    Valid,
    /// Something speaks against it.
    InDoubt(Vec<Doubt>),
    /// Papers of its kind are good no longer.
    Void {
        /// Since this day.
        from: Date,
    },
    /// It was issued too long ago.
    Expired {
        /// The last day on which it was good.
        last: Date,
    },
    /// There is a newer one.
    Superseded {
        /// The newer one.
        by: RecordId,
    },
}

impl Standing {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::InDoubt(_) => "in-doubt",
            Self::Void { .. } => "void",
            Self::Expired { .. } => "expired",
            Self::Superseded { .. } => "superseded",
        }
    }

    /// Why, in words.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let vietnamese = lang == Lang::Vi;
        match self {
            Self::Valid => lang
                .pick("còn giá trị, dùng lại được", "good, can be re-used")
                .to_owned(),
            Self::InDoubt(doubts) => {
                let doubts: Vec<&str> = doubts.iter().map(|doubt| doubt.text(lang)).collect();
                format!(
                    "{}: {}",
                    lang.pick("có nghi vấn", "in doubt"),
                    doubts.join(", ")
                )
            }
            Self::Void { from } if vietnamese => {
                format!("loại giấy này hết giá trị từ {}", day_text(*from, lang))
            }
            Self::Void { from } => format!("papers of this kind are void since {from}"),
            Self::Expired { last } if vietnamese => {
                format!("hết hạn, có giá trị đến {}", day_text(*last, lang))
            }
            Self::Expired { last } => format!("expired, it was good until {last}"),
            Self::Superseded { by } if vietnamese => format!("đã có giấy mới hơn: {by}"),
            Self::Superseded { by } => format!("there is a newer one: {by}"),
        }
    }
}

impl Serialize for Standing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A held record and how it stands.
#[derive(Debug, Clone)]
pub struct Assessed<'a> {
    /// The record.
    pub held: &'a HeldRecord,
    /// How it stands.
    pub standing: Standing,
}

/// Whether a paper must be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperState {
    /// Held and good.
    Held,
    /// Held, but none that could be re-used, or too few.
    NotUsable,
    /// Not held.
    Missing,
}

impl PaperState {
    /// In words.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::Held => ("CÓ, dùng lại được", "HELD, can be re-used"),
            Self::NotUsable => ("CÓ nhưng không dùng được", "HELD, but not usable"),
            Self::Missing => ("CHƯA CÓ", "MISSING"),
        };
        lang.pick(vi, en)
    }
}

/// A required paper and what is held of it, the newest first.
#[derive(Debug, Clone)]
pub struct ChecklistItem<'a> {
    /// The paper.
    pub paper: &'a RequiredPaper,
    /// Whether it must be asked for.
    pub state: PaperState,
    /// What is held.
    pub records: Vec<Assessed<'a>>,
}

/// A citizen's papers against a procedure.
#[derive(Debug, Clone)]
pub struct Checklist<'a> {
    /// The procedure, in the version that counts.
    pub procedure: &'a Procedure,
    /// The day for which it was looked at.
    pub on: Date,
    /// A line a required paper, in the catalogue's order.
    pub items: Vec<ChecklistItem<'a>>,
}

impl Checklist<'_> {
    /// Whether nothing must be asked for but originals to be shown.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let mut needed = self.items.iter().filter(|item| !item.paper.optional);
        needed.all(|item| item.state == PaperState::Held)
    }

    /// The records that it shows, each once, sorted.
    #[must_use]
    pub fn records(&self) -> Vec<RecordId> {
        let shown = self.items.iter().flat_map(|item| &item.records);
        let mut numbers: Vec<RecordId> = shown.map(|it| it.held.record).collect();
        numbers.sort();
        numbers.dedup();
        numbers
    }

    /// What the record could be used for, and how it stands; the best of its uses.
    #[must_use]
    pub fn use_of(&self, record: RecordId) -> Option<(&RequiredPaper, &Standing)> {
        let uses = self.items.iter().flat_map(|item| {
            let records = item
                .records
                .iter()
                .filter(move |it| it.held.record == record);
            records.map(|it| (item.paper, &it.standing))
        });
        uses.min_by_key(|(_, standing)| **standing != Standing::Valid)
    }
}

/// Holds a citizen's records against a procedure. `dossier` is the one that the papers are wanted for, `on` the
/// day of its reception.
#[must_use]
pub fn checklist<'a>(
    catalogue: &Catalogue,
    procedure: &'a Procedure,
    held: &'a [HeldRecord],
    dossier: Option<&DossierCode>,
    on: Date,
) -> Checklist<'a> {
    let items = procedure.papers.iter().map(|paper| {
        let counts = |it: &&HeldRecord| {
            let is_kind = it
                .kind
                .as_ref()
                .is_some_and(|kind| paper.kinds.contains(kind));
            let is_here =
                !paper.own_dossier || (dossier.is_some() && it.dossier.as_ref() == dossier);
            is_kind && is_here
        };
        let records = assess(catalogue, paper, held.iter().filter(counts).collect(), on);
        let valid = records.iter().filter(|it| it.standing == Standing::Valid);
        let state = match (records.is_empty(), valid.count() >= paper.count) {
            (true, _) => PaperState::Missing,
            (false, true) => PaperState::Held,
            (false, false) => PaperState::NotUsable,
        };
        ChecklistItem {
            paper,
            state,
            records,
        }
    });
    Checklist {
        procedure,
        on,
        items: items.collect(),
    }
}

/// One paper as it was handed in: a record, or those of its kind from one dossier.
struct HandedIn<'a> {
    records: Vec<&'a HeldRecord>,
    date: PaperDate,
}

impl HandedIn<'_> {
    /// The date on the paper where any part has it; else the day on which it was archived first.
    fn of(records: Vec<&HeldRecord>) -> Option<HandedIn<'_>> {
        let dates = records.iter().map(|it| it.date);
        let date = dates.min_by_key(|date| (date.source.is_none(), date.source, date.day))?;
        Some(HandedIn { records, date })
    }
}

fn assess<'a>(
    catalogue: &Catalogue,
    paper: &RequiredPaper,
    records: Vec<&'a HeldRecord>,
    on: Date,
) -> Vec<Assessed<'a>> {
    let mut papers = handed_in(records);
    papers.sort_by_key(|it| {
        let archived = it
            .records
            .iter()
            .map(|record| (record.archived, record.record))
            .max();
        std::cmp::Reverse((it.date.day, archived))
    });
    let mut newer: BTreeMap<Option<&DocumentKind>, (usize, RecordId)> = BTreeMap::new();
    let mut assessed = Vec::new();
    for it in papers {
        let kind = it.records.first().and_then(|record| record.kind.as_ref());
        let entry = kind.and_then(|kind| catalogue.kind(kind));
        let void = entry
            .and_then(|entry| entry.void_from)
            .filter(|from| *from <= on);
        let last = paper.valid_days.and_then(|days| {
            it.date
                .day
                .checked_add(jiff::Span::new().days(i64::from(days)))
                .ok()
        });
        let superseded = newer.get(&kind).filter(|(count, _)| *count >= paper.count);
        let superseded = superseded.map(|(_, by)| *by);
        for held in &it.records {
            let standing = if !held.doubts.is_empty() {
                Standing::InDoubt(held.doubts.clone())
            } else if let Some(from) = void {
                Standing::Void { from }
            } else if let Some(last) = last.filter(|last| *last < on) {
                Standing::Expired { last }
            } else if let Some(by) = superseded {
                Standing::Superseded { by }
            } else {
                Standing::Valid
            };
            assessed.push(Assessed { held, standing });
        }
        let several = entry.is_some_and(|entry| entry.several);
        // Another citizen's paper, perhaps, replaces none of this one's.
        let is_theirs = it
            .records
            .iter()
            .all(|held| !held.doubts.contains(&Doubt::IdentityOpen));
        if !several
            && is_theirs
            && let Some(first) = it.records.first()
        {
            newer.entry(kind).or_insert((0, first.record)).0 += it.records.len();
        }
    }
    assessed
}

/// Records of one kind that came with one dossier are one paper.
fn handed_in(records: Vec<&HeldRecord>) -> Vec<HandedIn<'_>> {
    let mut together: BTreeMap<_, Vec<&HeldRecord>> = BTreeMap::new();
    for held in records {
        let alone = held.dossier.is_none().then_some(held.record);
        let key = (held.kind.clone(), held.dossier.clone(), alone);
        together.entry(key).or_default().push(held);
    }
    together.into_values().filter_map(HandedIn::of).collect()
}

#[cfg(test)]
mod tests;

//! Which files make one document, in which order, and whether all of them are there. Pure.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::scan::{Candidate, Refusal};
use super::{CaptureError, Slip, slip};
use crate::config::ScannerProfile;
use crate::config::profile::Grouping;
use crate::record::{DossierCode, StationName};

/// A slip may come before its scan, but not be left alone for longer.
const LONE_SLIP: Duration = Duration::from_secs(60);

/// One file of a group.
#[derive(Debug, Clone)]
pub struct Member {
    /// The file.
    pub candidate: Candidate,
    /// Whether its structural end was there; if not it stood still for so long that decoding may judge it.
    pub complete: bool,
}

/// The files of one scanning act, all of them still.
#[derive(Debug, Clone)]
pub struct Group {
    /// Whose folder they lie in.
    pub station: StationName,
    /// The scans, in page order.
    pub files: Vec<Member>,
    /// The slips that lie beside them.
    pub slips: Vec<Candidate>,
    /// What the folder's and the files' names say.
    pub known: Vec<Slip>,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Still since then.
    Ready {
        /// Its last change.
        since: Instant,
        /// See [`Member::complete`].
        complete: bool,
    },
    /// Look again then.
    Waiting(Instant),
}

/// The part of a station's profile that grouping needs.
pub(super) struct Rules {
    grouping: Grouping,
    pattern: Option<Regex>,
    quiet: Duration,
    /// See [`crate::config::profile::FileRules::settle_seconds`].
    pub(super) settle: Duration,
}

impl Rules {
    pub(super) fn of(profile: &ScannerProfile) -> Self {
        let files = &profile.files;
        Self {
            grouping: files.grouping,
            // A loaded profile's pattern compiles.
            pattern: files
                .name_pattern
                .as_deref()
                .and_then(|p| Regex::new(p).ok()),
            quiet: Duration::from_secs_f64(files.group_seconds),
            settle: Duration::from_secs_f64(files.settle_seconds),
        }
    }
}

/// What can be claimed now, and when to look again.
#[derive(Default)]
pub(super) struct Assembled {
    pub(super) ready: Vec<Group>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) next: Option<Instant>,
}

impl Assembled {
    fn look_again(&mut self, at: Instant) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

/// What the files of one document have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    File(PathBuf),
    /// Folder, and the captures that all pages share.
    Batch(PathBuf, Vec<(String, String)>),
    Folder(PathBuf),
}

struct Page {
    member: Candidate,
    progress: Progress,
    /// Captures `page` and `side`, then the name.
    order: (String, bool, String),
    dossier: Option<DossierCode>,
}

#[derive(Default)]
struct Document {
    pages: Vec<Page>,
    slips: Vec<(Candidate, Progress)>,
}

/// Puts files together. `rules` of a station must not change between two calls.
pub(super) fn assemble<'a>(
    scans: Vec<(Candidate, Progress)>,
    slips: Vec<(Candidate, Progress)>,
    rules: impl Fn(&StationName) -> &'a Rules,
    now: Instant,
) -> Assembled {
    let mut assembled = Assembled::default();
    let mut documents: BTreeMap<Key, Document> = BTreeMap::new();
    for (candidate, progress) in scans {
        let rules = rules(&candidate.station);
        match page_of(candidate, progress, rules) {
            Ok((key, page)) => documents.entry(key).or_default().pages.push(page),
            Err(refusal) => assembled.refusals.push(refusal),
        }
    }
    attach_slips(slips, &mut documents, &mut assembled, now);
    for (key, document) in documents {
        let Some(first) = document.pages.first() else {
            continue;
        };
        let quiet = match key {
            Key::File(_) => Duration::ZERO,
            Key::Batch(..) | Key::Folder(_) => rules(&first.member.station).quiet,
        };
        match document.waits_until(quiet, now) {
            None => assembled.ready.extend(document.into_group()),
            Some(at) => assembled.look_again(at),
        }
    }
    take_turns(&mut assembled.ready);
    assembled
}

fn page_of(
    candidate: Candidate,
    progress: Progress,
    rules: &Rules,
) -> Result<(Key, Page), Refusal> {
    let name = lossy(candidate.path.file_name());
    let folder = candidate.path.parent().unwrap_or(Path::new("")).to_owned();
    let captures = rules
        .pattern
        .as_ref()
        .and_then(|pattern| named(pattern, &name));
    let capture = |wanted: &str| {
        let found = captures.iter().flatten().find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value.as_str())
    };
    let order = (
        capture("page").to_owned(),
        matches!(
            capture("side").chars().next(),
            Some('b' | 'B' | 's' | 'S' | '2')
        ),
        name.clone(),
    );
    let dossier = capture("dossier").parse().ok();
    let key = match rules.grouping {
        Grouping::FilePerDocument => Key::File(candidate.path.clone()),
        Grouping::FilePerPage => match (&rules.pattern, captures) {
            (Some(_), None) => Key::File(candidate.path.clone()),
            (_, captures) => {
                let shared = captures.into_iter().flatten();
                let shared = shared.filter(|(name, _)| name != "page" && name != "side");
                Key::Batch(folder, shared.collect())
            }
        },
        Grouping::FolderPerDocument if candidate.inside.components().count() < 2 => {
            return Err(Refusal {
                path: candidate.path.clone(),
                station: Some(candidate.station),
                reason: CaptureError::NoDocumentFolder {
                    path: candidate.path,
                },
            });
        }
        Grouping::FolderPerDocument => Key::Folder(folder),
    };
    let page = Page {
        member: candidate,
        progress,
        order,
        dossier,
    };
    Ok((key, page))
}

/// The pattern's named captures in this name; `None` where it does not match.
fn named(pattern: &Regex, name: &str) -> Option<Vec<(String, String)>> {
    let captures = pattern.captures(name)?;
    let values = pattern.capture_names().flatten().filter_map(|name| {
        let value = captures.name(name)?.as_str();
        Some((name.to_owned(), value.to_owned()))
    });
    Some(values.collect())
}

fn attach_slips(
    slips: Vec<(Candidate, Progress)>,
    documents: &mut BTreeMap<Key, Document>,
    assembled: &mut Assembled,
    now: Instant,
) {
    if slips.is_empty() {
        return;
    }
    let owners = owners_by_name(documents);
    let alike = alike(&owners);
    for (slip, progress) in slips {
        let owner = owner_of(&slip, &owners, &alike);
        if let Some(document) = owner.and_then(|key| documents.get_mut(key)) {
            document.slips.push((slip, progress));
            continue;
        }
        match progress {
            Progress::Ready { since, .. } if since + LONE_SLIP <= now => {
                assembled.refusals.push(Refusal {
                    path: slip.path.clone(),
                    station: Some(slip.station),
                    reason: CaptureError::SlipAlone { path: slip.path },
                });
            }
            Progress::Ready { since, .. } => assembled.look_again(since + LONE_SLIP),
            Progress::Waiting(until) => assembled.look_again(until),
        }
    }
}

/// By which paths (without `.phieu.toml`) a slip may call a document; `None`: two documents share that name.
fn owners_by_name(documents: &BTreeMap<Key, Document>) -> BTreeMap<PathBuf, Option<Key>> {
    let mut owners: BTreeMap<PathBuf, Option<Key>> = BTreeMap::new();
    let mut add = |path: PathBuf, key: &Key| {
        let owner = owners.entry(path).or_insert_with(|| Some(key.clone()));
        if owner.as_ref() != Some(key) {
            *owner = None;
        }
    };
    for (key, document) in documents {
        match key {
            Key::File(_) => {}
            Key::Batch(folder, shared) => {
                if let Some((_, batch)) = shared.iter().find(|(name, _)| name == "batch") {
                    add(folder.join(batch), key);
                }
            }
            Key::Folder(folder) => add(folder.clone(), key),
        }
        for page in &document.pages {
            add(page.member.path.clone(), key);
            add(page.member.path.with_extension(""), key);
        }
    }
    owners
}

/// The same with names as Windows and macOS tell them apart, which is less than Linux does: `SCAN.JPG` and
/// `scan.jpg` are one name to those who write slips there, and so are the two ways to code `ờ`.
fn alike(owners: &BTreeMap<PathBuf, Option<Key>>) -> BTreeMap<PathBuf, Option<Key>> {
    let mut alike: BTreeMap<PathBuf, Option<Key>> = BTreeMap::new();
    for (path, owner) in owners {
        let same = alike.entry(folded(path)).or_insert_with(|| owner.clone());
        if same != owner {
            *same = None;
        }
    }
    alike
}

/// The name in one way of writing; the folder stays, for two folders are two places.
fn folded(path: &Path) -> PathBuf {
    let name = lossy(path.file_name());
    path.with_file_name(name.nfc().collect::<String>().to_lowercase())
}

fn owner_of<'a>(
    slip: &Candidate,
    owners: &'a BTreeMap<PathBuf, Option<Key>>,
    alike: &'a BTreeMap<PathBuf, Option<Key>>,
) -> Option<&'a Key> {
    use std::os::unix::ffi::OsStrExt;

    let name = slip::scan_name(slip.path.file_name()?.as_bytes())?;
    let folder = slip.path.parent()?;
    let path = folder.join(OsStr::from_bytes(name));
    let called = owners.get(&path).or_else(|| alike.get(&folded(&path)));
    // In a folder that is one document, every slip is that document's.
    let inside = || owners.get(folder);
    called.or_else(inside)?.as_ref()
}

impl Document {
    /// `None`: every file is still, and none joined for `quiet`.
    fn waits_until(&self, quiet: Duration, now: Instant) -> Option<Instant> {
        let pages = self.pages.iter().map(|page| page.progress);
        let slips = self.slips.iter().map(|(_, progress)| *progress);
        let pauses = pages.chain(slips).filter_map(|progress| match progress {
            Progress::Ready { since, .. } => Some(since + quiet).filter(|&at| now < at),
            Progress::Waiting(until) => Some(until),
        });
        pauses.max()
    }

    fn into_group(mut self) -> Option<Group> {
        self.pages.sort_by(|a, b| {
            natural(&a.order.0, &b.order.0)
                .then(a.order.1.cmp(&b.order.1))
                .then_with(|| natural(&a.order.2, &b.order.2))
                .then_with(|| a.member.path.cmp(&b.member.path))
        });
        let station = self.pages.first()?.member.station.clone();
        let mut dossiers: Vec<DossierCode> = Vec::new();
        for page in &self.pages {
            dossiers.extend(page.dossier.clone());
            dossiers.extend(dossier_of_folder(&page.member.inside));
        }
        dossiers.sort();
        dossiers.dedup();
        let known = dossiers.into_iter().map(|dossier| Slip {
            dossier: Some(dossier),
            ..Slip::default()
        });
        Some(Group {
            station,
            known: known.collect(),
            files: self
                .pages
                .into_iter()
                .map(|page| Member {
                    complete: matches!(page.progress, Progress::Ready { complete: true, .. }),
                    candidate: page.member,
                })
                .collect(),
            slips: self.slips.into_iter().map(|(slip, _)| slip).collect(),
        })
    }
}

/// The nearest folder around the file whose name is a dossier code.
fn dossier_of_folder(inside: &Path) -> Option<DossierCode> {
    let folders = inside.ancestors().skip(1);
    let mut codes = folders.filter_map(|folder| folder.file_name()?.to_str()?.parse().ok());
    codes.next()
}

/// The oldest of every station first, then the second oldest: a backlog at one counter delays no other.
fn take_turns(groups: &mut Vec<Group>) {
    groups.sort_by_key(|group| {
        let written = group.files.iter().map(|file| file.candidate.state.modified);
        (group.station.clone(), written.max())
    });
    let mut turns: BTreeMap<StationName, usize> = BTreeMap::new();
    let mut ordered: Vec<(usize, Group)> = Vec::with_capacity(groups.len());
    for group in groups.drain(..) {
        let turn = turns.entry(group.station.clone()).or_default();
        ordered.push((*turn, group));
        *turn += 1;
    }
    ordered.sort_by_key(|(turn, _)| *turn);
    groups.extend(ordered.into_iter().map(|(_, group)| group));
}

/// Compares as people count: `page2` before `page10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (number_a, rest_a) = split_number(a);
        let (number_b, rest_b) = split_number(b);
        let order = match (number_a.is_empty(), number_b.is_empty()) {
            (false, false) => {
                let (x, y) = (
                    number_a.trim_start_matches('0'),
                    number_b.trim_start_matches('0'),
                );
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            _ => {
                let (letter_a, letter_b) = (a.chars().next(), b.chars().next());
                match (letter_a, letter_b) {
                    (None, None) => return Ordering::Equal,
                    (Some(x), Some(y)) if x == y => {
                        a = &a[x.len_utf8()..];
                        b = &b[y.len_utf8()..];
                        continue;
                    }
                    _ => return letter_a.cmp(&letter_b),
                }
            }
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
}

fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn lossy(name: Option<&OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;

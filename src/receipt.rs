//! The answer to the station: a text file in `outbox/<station>/` beside which nobody needs a screen.
//!
//! `<name>.OK.txt` archived (or held already), `<name>.CHO.txt` waits, `<name>.LOI.txt` refused and
//! why, `<name>.CHIA.txt` divided into documents that have receipts of their own, `<name> (2).OK.txt`. A receipt is written only after what it says is true on disk. It names the record and the
//! dossier, never a citizen.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::durable::{self, DurableError};
use crate::record::{
    DossierCode, Explain, Lang, RecordId, Sha256Digest, StationName, vietnam_time,
};

/// What happened to a dropped document.
pub enum Verdict<'a> {
    /// Signed, read back, archived and indexed.
    Archived {
        /// Pages in the PDF.
        pages: usize,
        /// Digest of the signed PDF.
        document: Sha256Digest,
        /// Things a person should see.
        remarks: &'a [String],
    },
    /// The same content is in the archive already; `RecordId` of the receipt is that record's.
    Duplicate,
    /// Several documents were in it, or it is part of another now; each has a receipt of its own.
    Divided {
        /// Their records.
        into: Vec<RecordId>,
    },
    /// Taken in, not yet archived.
    Waiting {
        /// What it waits for.
        reason: &'a dyn Explain,
    },
    /// In quarantine.
    Refused {
        /// Why.
        reason: &'a dyn Explain,
    },
}

impl Verdict<'_> {
    fn suffix(&self) -> &'static str {
        match self {
            Verdict::Archived { .. } | Verdict::Duplicate => "OK",
            Verdict::Divided { .. } => "CHIA",
            Verdict::Waiting { .. } => "CHO",
            Verdict::Refused { .. } => "LOI",
        }
    }

    fn headline(&self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Verdict::Archived { .. } => ("ĐÃ LƯU TRỮ", "ARCHIVED"),
            Verdict::Duplicate => (
                "ĐÃ CÓ TRONG KHO – không lưu lần nữa",
                "ALREADY HELD – not archived again",
            ),
            Verdict::Divided { .. } => (
                "ĐÃ CHIA HOẶC GỘP – mỗi tài liệu sau có giấy báo riêng",
                "DIVIDED OR MERGED – each of these documents has a receipt of its own",
            ),
            Verdict::Waiting { .. } => (
                "ĐANG CHỜ – tệp đã được nhận, chưa lưu trữ",
                "WAITING – taken in, not yet archived",
            ),
            Verdict::Refused { .. } => (
                "KHÔNG NHẬN – tệp gốc được giữ ở khu cách ly",
                "REFUSED – the original is kept in quarantine",
            ),
        };
        lang.pick(vi, en)
    }

    fn write_in(&self, lang: Lang, text: &mut String) -> std::fmt::Result {
        match self {
            Verdict::Archived {
                pages,
                document,
                remarks,
            } => {
                writeln!(text, "{}: {pages}", lang.pick("Số trang", "Pages"))?;
                writeln!(text, "SHA-256: {document}")?;
                remarks.iter().try_for_each(|remark| {
                    writeln!(text, "{}: {remark}", lang.pick("Lưu ý", "Note"))
                })
            }
            Verdict::Divided { into } => into.iter().try_for_each(|record| {
                writeln!(text, "{}: {record}", lang.pick("Tài liệu", "Document"))
            }),
            Verdict::Duplicate => Ok(()),
            Verdict::Waiting { reason } | Verdict::Refused { reason } => {
                writeln!(
                    text,
                    "{}: {}",
                    lang.pick("Lý do", "Reason"),
                    reason.message(lang)
                )?;
                writeln!(
                    text,
                    "{}: {}",
                    lang.pick("Cần làm", "What to do"),
                    reason.advice(lang)
                )
            }
        }
    }
}

const SUFFIXES: [&str; 4] = ["OK", "CHO", "LOI", "CHIA"];

/// One receipt.
pub struct Receipt<'a> {
    /// Whose answer it is: the record that the document has or was to have.
    pub job: RecordId,
    /// Whose outbox.
    pub station: &'a StationName,
    /// The name as dropped, relative to the station's folder (for a group: its first file).
    pub dropped_as: &'a str,
    /// What tells it from other documents of the same files, e.g. `2`; `None` for the only one.
    pub part: Option<String>,
    /// How many files it stands for.
    pub files: usize,
    /// The record.
    pub record: RecordId,
    /// The dossier, where known.
    pub dossier: Option<&'a DossierCode>,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub verdict: Verdict<'a>,
}

impl Receipt<'_> {
    /// Writes it durably. The newest answer to a file name has the plain name; an answer to another
    /// document of the same name is put aside with its record's number, and an earlier answer to this
    /// document goes. The same receipt again changes nothing.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, outbox: &Path) -> Result<PathBuf, DurableError> {
        let (folder, name) = self.place(outbox);
        durable::create_folders(&folder)?;
        for suffix in SUFFIXES {
            let plain = folder.join(format!("{name}.{suffix}.txt"));
            if let Some(other) = record_in(&plain).filter(|record| *record != self.record) {
                let aside = aside(&folder, &name, other, suffix);
                durable::remove_file(&aside)?;
                durable::rename_new(&plain, &aside)?;
            }
        }
        let path = folder.join(format!("{name}.{}.txt", self.verdict.suffix()));
        durable::replace_keyed(&path, &self.job.to_string(), self.text().as_bytes())?;
        for suffix in SUFFIXES {
            durable::remove_file(&aside(&folder, &name, self.record, suffix))?;
            if suffix != self.verdict.suffix() {
                durable::remove_file(&folder.join(format!("{name}.{suffix}.txt")))?;
            }
        }
        Ok(path)
    }

    fn place(&self, outbox: &Path) -> (PathBuf, String) {
        let mut parts: Vec<String> = self.dropped_as.split('/').map(file_name_from).collect();
        let mut name = parts.pop().unwrap_or_else(|| "_".to_owned());
        if let Some(part) = &self.part {
            name = format!("{name} ({part})");
        }
        let station = outbox.join(self.station.as_str());
        (
            parts.iter().fold(station, |folder, part| folder.join(part)),
            name,
        )
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for lang in [Lang::Vi, Lang::En] {
            self.write_in(lang, &mut text).unwrap_or_default();
            if lang == Lang::Vi {
                text.push('\n');
            }
        }
        text
    }

    fn write_in(&self, lang: Lang, text: &mut String) -> std::fmt::Result {
        let label = |vi, en| lang.pick(vi, en);
        writeln!(text, "{}", self.verdict.headline(lang))?;
        writeln!(
            text,
            "{}: {}",
            label("Tệp", "File"),
            one_line(self.dropped_as)
        )?;
        if self.files > 1 {
            let files = label("Số tệp trong tài liệu", "Files in this document");
            writeln!(text, "{files}: {}", self.files)?;
        }
        writeln!(
            text,
            "{}: {}",
            label(RECORD_LABEL.0, RECORD_LABEL.1),
            self.record
        )?;
        if let Some(dossier) = self.dossier {
            writeln!(text, "{}: {dossier}", label("Mã hồ sơ", "Dossier"))?;
        }
        writeln!(
            text,
            "{}: {}",
            label("Thời điểm", "Time"),
            vietnam_time(self.at)
        )?;
        self.verdict.write_in(lang, text)
    }
}

/// More entries of an outbox are not looked through.
const LOOKED_AT_MAX: usize = 20_000;
/// An outbox has folders of dossiers, hardly more.
const DEPTH_MAX: usize = 4;
/// A receipt of ours is shorter.
const RECEIPT_BYTES_MAX: u64 = 64 * 1024;

/// What a receipt says, without what it was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Archived, or held already.
    Archived,
    /// Taken in, and waits.
    Waiting,
    /// In quarantine.
    Refused,
    /// Divided or merged.
    Divided,
}

impl Answered {
    fn of(name: &str) -> Option<Self> {
        let (_, suffix) = name.strip_suffix(".txt")?.rsplit_once('.')?;
        Some(match suffix {
            "OK" => Self::Archived,
            "CHO" => Self::Waiting,
            "LOI" => Self::Refused,
            "CHIA" => Self::Divided,
            _ => return None,
        })
    }
}

/// A receipt, read again in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it says.
    pub answered: Answered,
    /// Its first line.
    pub headline: String,
    /// The name as dropped.
    pub file: String,
    /// Whose answer it is.
    pub record: Option<RecordId>,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// What to do.
    pub advice: Option<String>,
    /// Things a person should see.
    pub remarks: Vec<String>,
    /// What a divided or merged document became.
    pub into: Vec<RecordId>,
}

/// The receipt of a file that was dropped by this name, where there is one.
#[must_use]
pub fn of_file(outbox: &Path, station: &StationName, name: &str, lang: Lang) -> Option<Told> {
    let folder = outbox.join(station.as_str());
    SUFFIXES.into_iter().find_map(|suffix| {
        let name = format!("{}.{suffix}.txt", file_name_from(name));
        told(&folder.join(&name), Answered::of(&name)?, lang)
    })
}

/// The newest receipts of a station, the newest first, `most` at most; `only` those that say so. An outbox that
/// cannot be read has none. Of one with more than 20,000 entries only so many are looked at.
#[must_use]
pub fn newest(
    outbox: &Path,
    station: &StationName,
    lang: Lang,
    (only, most): (Option<Answered>, usize),
) -> Vec<Told> {
    let mut found = Vec::new();
    let mut folders = vec![(outbox.join(station.as_str()), 1)];
    let mut looked_at = 0;
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            looked_at += 1;
            if looked_at > LOOKED_AT_MAX {
                break;
            }
            // Links are not followed.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() && depth < DEPTH_MAX {
                folders.push((entry.path(), depth + 1));
            }
            let answered = entry.file_name().to_str().and_then(Answered::of);
            let Some(answered) = answered.filter(|it| only.is_none_or(|only| only == *it)) else {
                continue;
            };
            found.extend(metadata.modified().map(|at| (at, answered, entry.path())));
        }
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.0));
    let read = |(_, answered, path): (_, Answered, PathBuf)| told(&path, answered, lang);
    found.into_iter().filter_map(read).take(most).collect()
}

fn told(path: &Path, answered: Answered, lang: Lang) -> Option<Told> {
    let mut text = String::new();
    let file = durable::open_regular(path).ok()?;
    file.take(RECEIPT_BYTES_MAX)
        .read_to_string(&mut text)
        .ok()?;
    let mut blocks = text.split("\n\n");
    let block = match lang {
        Lang::Vi => blocks.next(),
        Lang::En => blocks.nth(1),
    };
    let lines = block?.lines();
    let said = |(vi, en): (&str, &str)| {
        let label = format!("{}: ", lang.pick(vi, en));
        let lines = lines.clone();
        lines.filter_map(move |line| Some(line.strip_prefix(&label)?.to_owned()))
    };
    Some(Told {
        answered,
        headline: lines.clone().next()?.to_owned(),
        file: said(("Tệp", "File")).next().unwrap_or_default(),
        record: said(RECORD_LABEL).next().and_then(|it| it.parse().ok()),
        at: said(("Thời điểm", "Time"))
            .next()
            .and_then(|it| it.parse().ok()),
        reason: said(("Lý do", "Reason")).next(),
        advice: said(("Cần làm", "What to do")).next(),
        remarks: said(("Lưu ý", "Note")).collect(),
        into: said(("Tài liệu", "Document"))
            .filter_map(|it| it.parse().ok())
            .collect(),
    })
}

fn aside(folder: &Path, name: &str, record: RecordId, suffix: &str) -> PathBuf {
    folder.join(format!("{name} ({record}).{suffix}.txt"))
}

/// Which record a receipt is about.
fn record_in(receipt: &Path) -> Option<RecordId> {
    let text = std::fs::read_to_string(receipt).ok()?;
    text.lines().find_map(|line| {
        line.strip_prefix(RECORD_LABEL.1)?
            .trim_start_matches(": ")
            .parse()
            .ok()
    })
}

/// Vietnamese and English; the English one is searched for.
const RECORD_LABEL: (&str, &str) = ("Số bản ghi", "Record");

/// A dropped name may hold anything; control characters are shown as U+FFFD.
pub(crate) fn one_line(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect()
}

/// A name that every file system takes, with room for the suffix.
fn file_name_from(part: &str) -> String {
    let mut name = one_line(part);
    let mut end = name.len().min(180);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    if matches!(name.as_str(), "" | "." | "..") {
        "_".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt<'a>(record: u8, verdict: Verdict<'a>, station: &'a StationName) -> Receipt<'a> {
        Receipt {
            job: RecordId::new_v7(1, &[record; 10]),
            station,
            dropped_as: "H36.105-261123-0007/Scan 1.pdf",
            part: None,
            files: 1,
            record: RecordId::new_v7(1, &[record; 10]),
            dossier: None,
            at: Timestamp::UNIX_EPOCH,
            verdict,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("folder")
            .map(|entry| {
                entry
                    .expect("entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_answer_has_the_plain_name_and_no_answer_is_lost() {
        let outbox = tempfile::tempdir().expect("folder");
        let station: StationName = "quay-01".parse().expect("station");
        let folder = outbox.path().join("quay-01/H36.105-261123-0007");
        let reason = crate::config::ConfigError::TwoPassphrases;
        for record in [1, 2] {
            receipt(record, Verdict::Waiting { reason: &reason }, &station)
                .write(outbox.path())
                .expect("writes");
        }
        let aside = |record: u8, suffix| {
            format!(
                "Scan 1.pdf ({}).{suffix}.txt",
                RecordId::new_v7(1, &[record; 10])
            )
        };
        assert_eq!(
            names(&folder),
            [aside(1, "CHO"), "Scan 1.pdf.CHO.txt".to_owned()]
        );
        for _ in 0..2 {
            receipt(1, Verdict::Duplicate, &station)
                .write(outbox.path())
                .expect("writes");
        }
        assert_eq!(
            names(&folder),
            [aside(2, "CHO"), "Scan 1.pdf.OK.txt".to_owned()]
        );
        receipt(2, Verdict::Refused { reason: &reason }, &station)
            .write(outbox.path())
            .expect("writes");
        assert_eq!(
            names(&folder),
            [aside(1, "OK"), "Scan 1.pdf.LOI.txt".to_owned()]
        );
        let text = std::fs::read_to_string(folder.join("Scan 1.pdf.LOI.txt")).expect("reads");
        assert!(
            text.starts_with("KHÔNG NHẬN") && text.contains("\nREFUSED"),
            "{text}"
        );
    }

    #[test]
    fn what_was_written_is_read_again_in_both_languages() {
        let outbox = tempfile::tempdir().expect("folder");
        let station: StationName = "quay-01".parse().expect("station");
        let reason = crate::config::ConfigError::TwoPassphrases;
        receipt(1, Verdict::Waiting { reason: &reason }, &station)
            .write(outbox.path())
            .expect("writes");
        let other = Receipt {
            dropped_as: "b.pdf",
            ..receipt(2, Verdict::Duplicate, &station)
        };
        other.write(outbox.path()).expect("writes");
        std::fs::write(outbox.path().join("quay-01/x.LOI.txt"), [0xFF; 9]).expect("writes");
        let read = |lang, only| newest(outbox.path(), &station, lang, (only, 9));
        assert_eq!(read(Lang::Vi, None).len(), 2, "one is nothing of ours");
        for lang in [Lang::Vi, Lang::En] {
            let told = read(lang, Some(Answered::Waiting));
            let [told] = told.as_slice() else {
                panic!("one waits: {told:#?}");
            };
            assert_eq!(told.file, "H36.105-261123-0007/Scan 1.pdf");
            assert_eq!(told.record, Some(RecordId::new_v7(1, &[1; 10])));
            assert_eq!(told.at, Some(Timestamp::UNIX_EPOCH));
            assert_eq!(told.reason, Some(reason.message(lang)));
            assert_eq!(told.advice, Some(reason.advice(lang)));
        }
        let first = newest(outbox.path(), &station, Lang::En, (None, 1));
        assert_eq!(first.len(), 1);
        let nobody: StationName = "quay-09".parse().expect("station");
        assert!(newest(outbox.path(), &nobody, Lang::Vi, (None, 9)).is_empty());
    }

    #[test]
    fn a_name_cannot_leave_the_outbox() {
        let station: StationName = "quay-01".parse().expect("station");
        let hostile = Receipt {
            dropped_as: "../../x\n/..",
            ..receipt(1, Verdict::Duplicate, &station)
        };
        let (folder, name) = hostile.place(Path::new("/out"));
        assert_eq!(folder, Path::new("/out/quay-01/_/_/x\u{FFFD}"));
        assert_eq!(name, "_");
        assert!(file_name_from(&"ệ".repeat(200)).len() <= 180);
    }
}

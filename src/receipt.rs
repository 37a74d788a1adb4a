//! The answer to the station: a text file in `outbox/<station>/` beside which nobody needs a screen.
//!
//! `<name>.OK.txt` archived (or held already), `<name>.CHO.txt` waits, `<name>.LOI.txt` refused and
//! why. A receipt is written only after what it says is true on disk. It names the record and the
//! dossier, never a citizen.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::durable::{self, DurableError};
use crate::record::{DossierCode, Explain, Lang, RecordId, Sha256Digest, StationName, vietnam_time};

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
            Verdict::Waiting { .. } => "CHO",
            Verdict::Refused { .. } => "LOI",
        }
    }
}

const SUFFIXES: [&str; 3] = ["OK", "CHO", "LOI"];

/// One receipt.
pub struct Receipt<'a> {
    /// Whose outbox.
    pub station: &'a StationName,
    /// The name as dropped, relative to the station's folder (for a group: its first file).
    pub dropped_as: &'a str,
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
    /// Writes it durably and takes away an earlier answer to the same record. The same receipt again
    /// changes nothing; a receipt of another record with the same file name gets a number instead of
    /// being overwritten.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, outbox: &Path) -> Result<PathBuf, DurableError> {
        let (folder, name) = self.place(outbox);
        durable::create_folders(&folder)?;
        let path = self.free_path(&folder, &name, self.verdict.suffix());
        durable::replace(&path, self.text().as_bytes())?;
        for earlier in SUFFIXES.into_iter().filter(|suffix| *suffix != self.verdict.suffix()) {
            let earlier = self.free_path(&folder, &name, earlier);
            if earlier.exists() {
                durable::remove_file(&earlier)?;
            }
        }
        Ok(path)
    }

    fn place(&self, outbox: &Path) -> (PathBuf, String) {
        let mut parts: Vec<String> = self.dropped_as.split('/').map(file_name_from).collect();
        let name = parts.pop().unwrap_or_else(|| "_".to_owned());
        let station = outbox.join(self.station.as_str());
        (parts.iter().fold(station, |folder, part| folder.join(part)), name)
    }

    /// The first of `name.OK.txt`, `name (2).OK.txt`, … that is free or is this record's own.
    fn free_path(&self, folder: &Path, name: &str, suffix: &str) -> PathBuf {
        let own = self.record.to_string();
        let candidates = (1_u32..).map(|n| match n {
            1 => folder.join(format!("{name}.{suffix}.txt")),
            n => folder.join(format!("{name} ({n}).{suffix}.txt")),
        });
        let is_ours = |path: &PathBuf| match std::fs::read_to_string(path) {
            Ok(text) => text.contains(&own),
            Err(_) => !path.exists(),
        };
        candidates.take(100_000).find(is_ours).unwrap_or_else(|| folder.join(format!("{name} {own}.{suffix}.txt")))
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
        let headline = match &self.verdict {
            Verdict::Archived { .. } => label("ĐÃ LƯU TRỮ", "ARCHIVED"),
            Verdict::Duplicate => label("ĐÃ CÓ TRONG KHO – không lưu lần nữa", "ALREADY HELD – not archived again"),
            Verdict::Waiting { .. } => label("ĐANG CHỜ – tệp đã được nhận, chưa lưu trữ", "WAITING – taken in, not yet archived"),
            Verdict::Refused { .. } => label("KHÔNG NHẬN – tệp gốc được giữ ở khu cách ly", "REFUSED – the original is kept in quarantine"),
        };
        writeln!(text, "{headline}")?;
        writeln!(text, "{}: {}", label("Tệp", "File"), one_line(self.dropped_as))?;
        if self.files > 1 {
            writeln!(text, "{}: {}", label("Số tệp trong tài liệu", "Files in this document"), self.files)?;
        }
        writeln!(text, "{}: {}", label("Số bản ghi", "Record"), self.record)?;
        if let Some(dossier) = self.dossier {
            writeln!(text, "{}: {dossier}", label("Mã hồ sơ", "Dossier"))?;
        }
        writeln!(text, "{}: {}", label("Thời điểm", "Time"), vietnam_time(self.at))?;
        match &self.verdict {
            Verdict::Archived { pages, document, remarks } => {
                writeln!(text, "{}: {pages}", label("Số trang", "Pages"))?;
                writeln!(text, "SHA-256: {document}")?;
                for remark in *remarks {
                    writeln!(text, "{}: {remark}", label("Lưu ý", "Note"))?;
                }
            }
            Verdict::Duplicate => {}
            Verdict::Waiting { reason } | Verdict::Refused { reason } => {
                writeln!(text, "{}: {}", label("Lý do", "Reason"), reason.message(lang))?;
                writeln!(text, "{}: {}", label("Cần làm", "What to do"), reason.advice(lang))?;
            }
        }
        Ok(())
    }
}

fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// A name that every file system takes, with room for the suffix.
fn file_name_from(part: &str) -> String {
    let mut name = one_line(part);
    let mut end = name.len().min(200);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    if matches!(name.as_str(), "" | "." | "..") { "_".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt<'a>(record: u8, verdict: Verdict<'a>, station: &'a StationName) -> Receipt<'a> {
        Receipt {
            station,
            dropped_as: "H36.105-261123-0007/Scan 1.pdf",
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
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_final_receipt_replaces_its_own_waiting_one_and_no_other() {
        let outbox = tempfile::tempdir().expect("folder");
        let station: StationName = "quay-01".parse().expect("station");
        let folder = outbox.path().join("quay-01/H36.105-261123-0007");
        let reason = crate::config::ConfigError::TwoPassphrases;
        for record in [1, 2] {
            receipt(record, Verdict::Waiting { reason: &reason }, &station).write(outbox.path()).expect("writes");
        }
        assert_eq!(names(&folder), ["Scan 1.pdf (2).CHO.txt", "Scan 1.pdf.CHO.txt"]);
        for _ in 0..2 {
            receipt(1, Verdict::Duplicate, &station).write(outbox.path()).expect("writes");
        }
        assert_eq!(names(&folder), ["Scan 1.pdf (2).CHO.txt", "Scan 1.pdf.OK.txt"]);
        receipt(2, Verdict::Refused { reason: &reason }, &station).write(outbox.path()).expect("writes");
        assert_eq!(names(&folder), ["Scan 1.pdf.LOI.txt", "Scan 1.pdf.OK.txt"]);
        let text = std::fs::read_to_string(folder.join("Scan 1.pdf.LOI.txt")).expect("reads");
        assert!(text.starts_with("KHÔNG NHẬN") && text.contains("\nREFUSED"), "{text}");
    }

    #[test]
    fn a_name_cannot_leave_the_outbox() {
        let station: StationName = "quay-01".parse().expect("station");
        let hostile = Receipt { dropped_as: "../../x\n/..", ..receipt(1, Verdict::Duplicate, &station) };
        let (folder, name) = hostile.place(Path::new("/out"));
        assert_eq!(folder, Path::new("/out/quay-01/_/_/x\u{FFFD}"));
        assert_eq!(name, "_");
        assert!(file_name_from(&"ệ".repeat(200)).len() <= 200);
    }
}

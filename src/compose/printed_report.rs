//! A report on paper, as PDF/A-2u: a title, headings, and rows of what a thing is called and what it is.
//!
//! Fills one page where it can, and as many as it needs. Names in a report are other people's: a letter that
//! the typeface lacks is written as its number, and nothing is refused for it.
//!
//! Not here: what a report says, durability.

use std::path::Path;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;

use super::metadata::SheetMetadata;
use super::sheet::{self, Layout, MM, PrintError};
use crate::typeface::Typeface;

const TITLE_SIZE: f64 = 15.0;
const HEADING_SIZE: f64 = 12.0;
const TEXT_SIZE: f64 = 10.0;
/// Room for the longest of the labels.
const LABEL_WIDTH: f64 = 42.0 * MM;
/// A heading stands with this much of what follows, points.
const HEADING_ROOM: f64 = 60.0;

/// What is to be printed.
#[derive(Debug, Clone)]
pub struct PrintedReport<'a> {
    /// What tells it from others.
    pub number: &'a str,
    /// What it is.
    pub title: &'a str,
    /// Name of the agency.
    pub agency: &'a str,
    /// Program and version, e.g. `sohoa 0.1.0`.
    pub program: &'a str,
    /// When it is made.
    pub made: Timestamp,
    /// What it says, from the top down.
    pub parts: Vec<ReportPart>,
}

/// A piece of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportPart {
    /// A heading, with a line above it.
    Heading(String),
    /// What a thing is called, and what it is.
    Row(&'static str, String),
    /// A paragraph.
    Text(String),
}

/// Writes the report as a new PDF/A-2u file at `out`. Equal input gives equal bytes. The file is flushed but not
/// synced.
///
/// # Errors
/// `out` must not exist, and stays behind, incomplete, when writing fails.
pub fn write(report: &PrintedReport<'_>, out: &Path) -> Result<(), PrintError> {
    let typeface = Typeface::liberation_serif()?;
    let printable = |text: &str| printable(text, &typeface);
    let mut layout = Layout::new(&typeface);
    layout.centred(&printable(report.agency), HEADING_SIZE)?;
    layout.skip(2.0 * MM);
    layout.centred(&printable(report.title), TITLE_SIZE)?;
    layout.skip(3.0 * MM);
    for part in &report.parts {
        match part {
            ReportPart::Heading(text) => {
                layout.keep_together(HEADING_ROOM);
                layout.rule();
                layout.flush_left(&printable(text), HEADING_SIZE)?;
            }
            ReportPart::Row(label, value) => {
                layout.row((label, &printable(value)), TEXT_SIZE, LABEL_WIDTH)?;
            }
            ReportPart::Text(text) => layout.flush_left(&printable(text), TEXT_SIZE)?,
        }
    }
    let metadata = SheetMetadata {
        number: report.number,
        title: report.title,
        agency: report.agency,
        program: report.program,
        made: report.made,
    };
    sheet::write(layout, &typeface, &metadata, out)
}

/// In one line, of letters that the typeface has.
fn printable(text: &str, typeface: &Typeface<'_>) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let has_glyph = |letter: &char| {
        typeface.width(letter.encode_utf8(&mut [0; 4])).is_ok() && !letter.is_control()
    };
    let mut printable = String::with_capacity(text.len());
    for letter in words.join(" ").nfc() {
        if has_glyph(&letter) {
            printable.push(letter);
        } else {
            printable.push_str(&format!("<U+{:04X}>", u32::from(letter)));
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(parts: Vec<ReportPart>) -> PrintedReport<'static> {
        PrintedReport {
            number: "1",
            title: "Báo cáo",
            agency: "Ủy ban nhân dân xã Mẫu",
            program: "sohoa 0.1.0",
            made: "2026-11-23T01:15:30Z".parse().expect("time"),
            parts,
        }
    }

    #[test]
    fn a_long_report_goes_on_and_a_strange_letter_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let row = ReportPart::Row("Người ký", format!("村 {}", "f0".repeat(120)));
        let file = folder.path().join("report.pdf");
        write(&report(vec![row; 60]), &file).expect("written");
        let document = lopdf::Document::load(&file).expect("a PDF");
        let pages = document.get_pages();
        assert!(pages.len() > 1, "{}", pages.len());
        let text = document.extract_text(&[1]).expect("text");
        assert!(text.contains("<U+6751>"), "{text}");
    }

    #[test]
    fn a_short_one_is_one_page() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("report.pdf");
        let parts = vec![
            ReportPart::Heading("Chữ ký 1".to_owned()),
            ReportPart::Text("\u{7}".to_owned()),
        ];
        write(&report(parts), &file).expect("written");
        let document = lopdf::Document::load(&file).expect("a PDF");
        assert_eq!(document.get_pages().len(), 1);
    }
}

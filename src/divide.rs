//! A batch divided into documents: at its separator sheets by itself, or where a person says.
//!
//! Which pages are which document is a pure rule ([`separators`], or the person's list); that no page
//! is lost or doubled on the way is [`capture::rearrange`]'s. Here the two meet.

use jiff::Timestamp;

use crate::capture::{self, Job, LeftOut, Parent, Part, ScanBatch, SheetFacts};
use crate::describe::CONVERTER;
use crate::error::{Error, JourneyError};
use crate::random;
use crate::recognise::cover_sheet::{CoverSheet, Key, SheetReading, TITLE, Unproved};
use crate::recognise::separators::{self, PageSign};
use crate::recognise::{PageReading, ReadPage, fields, kept};
use crate::record::{Decision, DecisionRecord, RecordId};
use crate::worklist;

/// The documents of a batch that has separator sheets; `None` where it has none, and is one document.
///
/// # Errors
/// [`JourneyError::OnlySeparators`].
pub fn at_separators(
    batch: &ScanBatch,
    reading: &[ReadPage],
    key: Option<&Key>,
    now: Timestamp,
) -> Result<Option<Vec<Part>>, Error> {
    let signs: Vec<PageSign> = reading.iter().map(|read| sign_of(read, key)).collect();
    let has_sheet = |sign: &PageSign| matches!(sign, PageSign::CoverSheet(_) | PageSign::PatchT);
    if !signs.iter().any(has_sheet) {
        return Ok(None);
    }
    let found = separators::divide(&signs, batch.profile.image.duplex)
        .map_err(|_| JourneyError::OnlySeparators)?;
    Ok(Some(
        found.into_iter().map(|part| part_of(part, now)).collect(),
    ))
}

/// What people decided about pages of the batch goes with the pages. Whose it is does not: that was said of the batch
/// as one document, and each part has a sheet of its own.
pub fn hand_down(parts: &mut [Part], decisions: &[DecisionRecord]) {
    let of_pages: Vec<DecisionRecord> = decisions
        .iter()
        .filter(|taken| !matches!(taken.decision, Decision::Assign { .. }))
        .cloned()
        .collect();
    for part in parts {
        part.decisions = worklist::carried(&of_pages, |page| {
            let scanned = usize::try_from(page).ok()?.checked_sub(1)?;
            let there = part.pages.iter().position(|page| *page == scanned)?;
            u32::try_from(there + 1).ok()
        });
    }
}

/// Whether the slip's number of pages holds, with or without the sheets, or a person approved; else the
/// batch is not divided yet, and waits.
#[must_use]
pub fn is_promised(
    batch: &ScanBatch,
    parts: &[Part],
    scanned: usize,
    decisions: &[DecisionRecord],
) -> bool {
    let pages: usize = parts.iter().map(|part| part.pages.len()).sum();
    batch
        .slip
        .pages
        .is_none_or(|promised| promised == scanned || promised == pages)
        || decisions.iter().any(DecisionRecord::is_approval)
}

/// A sheet whose code cannot be read must not become a page of the document before it, and the pages
/// behind it must not be filed with that one: its title gives it away.
fn sign_of(read: &ReadPage, key: Option<&Key>) -> PageSign {
    let blank = read.page.reading == PageReading::Blank;
    match PageSign::of(&read.codes, read.patch, blank, key) {
        PageSign::Document if fields::has_line(&read.page, TITLE) => {
            PageSign::CoverSheet(SheetReading::Unproved {
                why: Unproved::NoCode,
                number: None,
            })
        }
        sign => sign,
    }
}

fn part_of(part: separators::Part, now: Timestamp) -> Part {
    Part {
        record: random::record_id(now),
        pages: part.pages,
        left_out: part
            .left_out
            .into_iter()
            .map(|left| LeftOut {
                page: left.page,
                why: left.why,
                sheet: left.number.map(|number| number.as_str().to_owned()),
            })
            .collect(),
        sheet: part.sheet.map(facts_of),
        sheet_without_pages: part.sheet_without_pages,
        decisions: Vec::new(),
    }
}

fn facts_of(sheet: SheetReading) -> SheetFacts {
    match sheet {
        SheetReading::Proved(CoverSheet {
            number,
            dossier,
            kind,
            citizen,
        }) => SheetFacts {
            number: number.as_str().to_owned(),
            citizen,
            dossier: Some(dossier),
            kind,
            proved: true,
        },
        SheetReading::Unproved { number, .. } => SheetFacts {
            number: number.map_or_else(String::new, |number| number.as_str().to_owned()),
            citizen: None,
            dossier: None,
            kind: None,
            proved: false,
        },
    }
}

/// One document of several that begin at these of its pages, counted from 1; the first begins at page 1.
#[must_use]
pub fn at_pages(pages: &[usize], at: &[u32], now: Timestamp) -> Vec<Part> {
    let starts: Vec<usize> = at.iter().map(|page| *page as usize - 1).collect();
    let ends = starts.iter().copied().chain([pages.len()]);
    std::iter::once(0)
        .chain(starts.iter().copied())
        .zip(ends)
        .map(|(start, end)| whole(pages.get(start..end).unwrap_or_default().to_vec(), now))
        .collect()
}

/// A document of all these pages.
#[must_use]
pub fn whole(pages: Vec<usize>, now: Timestamp) -> Part {
    Part {
        record: random::record_id(now),
        pages,
        left_out: Vec::new(),
        sheet: None,
        sheet_without_pages: false,
        decisions: Vec::new(),
    }
}

/// Carries it out; what was read of the pages goes along with them. `reading` has a page for each page
/// of the parents' documents, in order, or none.
///
/// # Errors
/// As [`capture::rearrange`]; the parents are to be dropped either way.
pub fn carry_out(
    parents: &[Parent<'_>],
    parts: &[Part],
    reading: &[ReadPage],
) -> Result<Vec<Job>, Error> {
    let order = capture::document_pages(parents);
    let jobs = capture::rearrange(parents, parts)?;
    for job in &jobs {
        let pages = part_of_job(parts, job.record).map_or(&[][..], |part| &part.pages);
        let read: Vec<ReadPage> = pages
            .iter()
            .filter_map(|page| order.iter().position(|known| known == page))
            .filter_map(|position| reading.get(position).cloned())
            .collect();
        if read.len() == pages.len() {
            kept::save(&job.folder, CONVERTER, &read)?;
        }
    }
    Ok(jobs)
}

fn part_of_job(parts: &[Part], record: RecordId) -> Option<&Part> {
    parts.iter().find(|part| part.record == record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::{BoundingBox, Confidence, Word};

    fn page(lines: &[&str]) -> ReadPage {
        let mut read = ReadPage::failed(0);
        read.page.reading = PageReading::Ok;
        for (line, text) in (0..).zip(lines) {
            read.page.words.extend(text.split(' ').map(|word| Word {
                text: word.to_owned(),
                place: BoundingBox {
                    corners: [[0.0; 2]; 4],
                },
                confidence: Confidence(90.0),
                line,
                digits_agreed: None,
                first_reading: None,
            }));
        }
        read
    }

    #[test]
    fn a_sheet_without_a_readable_code_separates_all_the_same() {
        for title in [
            "TỜ PHÂN CÁCH HỒ SƠ",
            "TÒ PHAN CÁCH HÔ SƠ",
            "TỜ PHÂN CÁCH HỒ SƠ.",
        ] {
            let sign = sign_of(&page(&["Ủy ban nhân dân xã Mẫu", title]), None);
            assert!(matches!(sign, PageSign::CoverSheet(_)), "{title}");
        }
        let letter = page(&["Kèm theo tờ phân cách hồ sơ của bộ phận một cửa"]);
        assert_eq!(sign_of(&letter, None), PageSign::Document);
    }

    #[test]
    fn decisions_about_pages_go_with_the_pages() {
        let taken = |decision| DecisionRecord {
            at: Timestamp::UNIX_EPOCH,
            by: "văn thư".to_owned(),
            decision,
        };
        let rotate = |page| taken(Decision::Rotate { page, degrees: 90 });
        let assign = taken(Decision::Assign {
            citizen: Some("079203000001".parse().expect("a number")),
            dossier: None,
            kind: None,
        });
        let mut parts = [vec![1, 2], vec![4, 5]].map(|pages| whole(pages, Timestamp::UNIX_EPOCH));
        hand_down(&mut parts, &[assign, rotate(1), rotate(3), rotate(5)]);
        let [first, second] = parts;
        assert_eq!(first.decisions, [rotate(2)]);
        assert_eq!(second.decisions, [rotate(1)]);
    }

    #[test]
    fn pages_are_dealt_out_where_a_person_says() {
        let now = Timestamp::UNIX_EPOCH;
        let pages: Vec<Vec<usize>> = at_pages(&[4, 5, 6, 9], &[2, 4], now)
            .into_iter()
            .map(|part| part.pages)
            .collect();
        assert_eq!(pages, [vec![4], vec![5, 6], vec![9]]);
    }
}

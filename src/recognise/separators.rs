//! A batch divided at its separator sheets: which pages are one document, and what their sheet says.
//!
//! A pure rule over what each page is; it reads nothing itself. The sheets leave the documents, but
//! each is named by the part behind it, so that no page of a scan is unaccounted for.

use super::barcode::{Code, CodeKind};
use super::cover_sheet::{self, CoverSheet, Key, SheetNumber, SheetReading, Unproved};
use super::patch_code::PatchCode;
use crate::record::LeftOutReason;

/// What one page is to this rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageSign {
    /// A page with something on it.
    Document,
    /// A page without ink.
    Blank,
    /// A cover sheet, believed or not.
    CoverSheet(SheetReading),
    /// A Patch-T sheet: it separates and says nothing.
    PatchT,
}

impl PageSign {
    /// From what was found on a page.
    #[must_use]
    pub fn of(codes: &[Code], patch: Option<PatchCode>, blank: bool, key: Option<&Key>) -> Self {
        let mut readings = codes
            .iter()
            .filter(|code| code.kind == CodeKind::Qr)
            .filter_map(|code| cover_sheet::read(&code.text, key));
        if let Some(reading) = readings.next() {
            let agree = readings.all(|other| other == reading);
            return Self::CoverSheet(if agree {
                reading
            } else {
                SheetReading::Unproved {
                    why: Unproved::Contradiction,
                    number: None,
                }
            });
        }
        match patch {
            Some(PatchCode::Transfer) => Self::PatchT,
            _ if blank => Self::Blank,
            _ => Self::Document,
        }
    }
}

/// Pages that belong together, and the sheets in front of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Its pages, numbers from 0, ascending; never empty.
    pub pages: Vec<usize>,
    /// What the cover sheet in front of it says; `None` without one, or behind a Patch-T.
    pub sheet: Option<SheetReading>,
    /// The sheets in front of it, with their backs; for the last part also those behind it.
    pub left_out: Vec<LeftOutSheet>,
    /// There is a cover sheet beside it whose own pages are missing, so a person must look which
    /// pages are whose.
    pub sheet_without_pages: bool,
}

/// One side of a separator sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutSheet {
    /// Number of the page, from 0.
    pub page: usize,
    /// Which sort of sheet; also for its back.
    pub why: LeftOutReason,
    /// The number of a cover sheet, where it could be read.
    pub number: Option<SheetNumber>,
}

/// The batch has separator sheets, or nothing at all, but no page of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no page but separator sheets")]
pub struct OnlySeparators;

/// Divides a batch at its separator sheets. Without any it is one part.
///
/// `duplex`: both sides of each sheet are scanned, so that a blank page right behind a separator is
/// that sheet's back. Sheets in a row that say the same, or nothing, count once.
///
/// # Errors
/// [`OnlySeparators`].
pub fn divide(pages: &[PageSign], duplex: bool) -> Result<Vec<Part>, OnlySeparators> {
    let mut parts: Vec<Part> = Vec::new();
    let mut open = Part::default();
    let mut side_before: Option<LeftOutSheet> = None;
    for (page, sign) in pages.iter().enumerate() {
        let sheet = match (sign, side_before.take()) {
            (PageSign::CoverSheet(reading), _) => LeftOutSheet {
                page,
                why: LeftOutReason::CoverSheet,
                number: number(reading).cloned(),
            },
            (PageSign::PatchT, _) => LeftOutSheet {
                page,
                why: LeftOutReason::PatchSheet,
                number: None,
            },
            (PageSign::Blank, Some(front)) if duplex => {
                open.left_out.push(LeftOutSheet { page, ..front });
                continue;
            }
            (PageSign::Blank | PageSign::Document, _) => {
                open.pages.push(page);
                continue;
            }
        };
        if !open.pages.is_empty() {
            parts.push(std::mem::take(&mut open));
        }
        open.begin(sign);
        open.left_out.push(sheet.clone());
        side_before = Some(sheet);
    }
    if !open.pages.is_empty() {
        parts.push(open);
    } else if let Some(last) = parts.last_mut() {
        last.end(open);
    }
    if parts.is_empty() {
        return Err(OnlySeparators);
    }
    Ok(parts)
}

impl Part {
    /// A sheet in front of its pages, perhaps behind others.
    fn begin(&mut self, sign: &PageSign) {
        let PageSign::CoverSheet(reading) = sign else {
            return;
        };
        let other = self.sheet.replace(reading.clone());
        self.sheet_without_pages |= other.is_some_and(|other| !say_the_same(&other, reading));
    }

    /// Sheets behind its pages, with no pages of their own.
    fn end(&mut self, sheets: Part) {
        let strange = sheets.sheet.is_some_and(|trailing| {
            let own = self.sheet.as_ref();
            !own.is_some_and(|own| say_the_same(own, &trailing))
        });
        self.sheet_without_pages |= strange || sheets.sheet_without_pages;
        self.left_out.extend(sheets.left_out);
    }
}

fn number(reading: &SheetReading) -> Option<&SheetNumber> {
    match reading {
        SheetReading::Proved(sheet) => Some(&sheet.number),
        SheetReading::Unproved { number, .. } => number.as_ref(),
    }
}

/// Two sheets printed for the same pages differ in their numbers only. Of sheets that are not proved
/// nothing is known but that number.
fn say_the_same(one: &SheetReading, other: &SheetReading) -> bool {
    let facts = |sheet: &CoverSheet| {
        let CoverSheet {
            number: _,
            dossier,
            kind,
            citizen,
        } = sheet.clone();
        (dossier, kind, citizen)
    };
    match (one, other) {
        (SheetReading::Proved(one), SheetReading::Proved(other)) => facts(one) == facts(other),
        (SheetReading::Unproved { number, .. }, SheetReading::Unproved { .. }) => {
            number.is_some() && one == other
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recognise::BoundingBox;

    fn key() -> Key {
        Key::new(&[7; 32]).expect("a key")
    }

    fn sheet(serial: u8, chance: u8) -> CoverSheet {
        CoverSheet {
            number: SheetNumber::new(jiff::Timestamp::UNIX_EPOCH, [chance; 4]),
            dossier: format!("H36.105-261123-000{serial}").parse().expect("code"),
            kind: None,
            citizen: format!("07920300000{serial}").parse().ok(),
        }
    }

    fn cover(serial: u8, chance: u8) -> PageSign {
        PageSign::CoverSheet(SheetReading::Proved(sheet(serial, chance)))
    }

    fn unproved(chance: u8) -> PageSign {
        PageSign::CoverSheet(SheetReading::Unproved {
            why: Unproved::WrongCheck,
            number: Some(sheet(1, chance).number),
        })
    }

    /// `-` document, `_` blank, `T` Patch-T, `1` to `9` cover sheets, `?` one that is not proved.
    fn signs(text: &str) -> Vec<PageSign> {
        let sign = |(at, letter): (usize, char)| match letter {
            '-' => PageSign::Document,
            '_' => PageSign::Blank,
            'T' => PageSign::PatchT,
            '?' => unproved(u8::try_from(at).expect("short")),
            digit => cover(
                u8::try_from(digit.to_digit(10).expect("digit")).expect("digit"),
                u8::try_from(at).expect("short"),
            ),
        };
        text.chars().enumerate().map(sign).collect()
    }

    /// Each part: its sheet's dossier, its pages, its left-out pages, `!` for a person.
    fn divided(text: &str, duplex: bool) -> Vec<String> {
        let parts = divide(&signs(text), duplex).expect("pages");
        parts.iter().map(told).collect()
    }

    fn told(part: &Part) -> String {
        let sheet = match &part.sheet {
            None => "",
            Some(SheetReading::Unproved { .. }) => "?",
            Some(SheetReading::Proved(sheet)) => {
                sheet.dossier.as_str().get(18..).expect("the last digit")
            }
        };
        let left_out: Vec<usize> = part.left_out.iter().map(|side| side.page).collect();
        let doubt = if part.sheet_without_pages { "!" } else { "" };
        format!("{sheet}{:?}{left_out:?}{doubt}", part.pages)
    }

    #[test]
    fn a_batch_without_sheets_is_one_part() {
        assert_eq!(divided("--_-", true), ["[0, 1, 2, 3][]"]);
        assert_eq!(divided("_-", true), ["[0, 1][]"]);
    }

    #[test]
    fn sheets_divide_and_leave() {
        assert_eq!(
            divided("--1--T-2-", false),
            ["[0, 1][]", "1[3, 4][2]", "[6][5]", "2[8][7]"]
        );
        assert_eq!(divided("?-1-", false), ["?[1][0]", "1[3][2]"]);
    }

    #[test]
    fn the_back_of_a_sheet_leaves_with_it() {
        assert_eq!(divided("1_-_T_-_", true), ["1[2, 3][0, 1]", "[6, 7][4, 5]"]);
        assert_eq!(
            divided("1_-_T_-_", false),
            ["1[1, 2, 3][0]", "[5, 6, 7][4]"]
        );
        assert_eq!(divided("1__-", true), ["1[2, 3][0, 1]"], "one back only");
        assert_eq!(divided("1-_-", true), ["1[1, 2, 3][0]"]);
        let parts = divide(&signs("-1_"), true).expect("pages");
        let sides = &parts[0].left_out;
        assert_eq!(
            sides[1],
            LeftOutSheet {
                page: 2,
                ..sides[0].clone()
            }
        );
    }

    #[test]
    fn sheets_in_a_row_that_agree_count_once() {
        assert_eq!(divided("11-", false), ["1[2][0, 1]"]);
        assert_eq!(divided("1_1_-", true), ["1[4][0, 1, 2, 3]"]);
        assert_eq!(divided("TT-", false), ["[2][0, 1]"]);
        assert_eq!(divided("T1-", false), ["1[2][0, 1]"]);
        assert_eq!(divided("1T-", false), ["1[2][0, 1]"]);
        let twice = [unproved(9), unproved(9), PageSign::Document];
        let parts = divide(&twice, false).expect("pages");
        assert_eq!(told(&parts[0]), "?[2][0, 1]");
    }

    #[test]
    fn sheets_in_a_row_that_differ_are_for_a_person() {
        assert_eq!(divided("12-1-", false), ["2[2][0, 1]!", "1[4][3]"]);
        assert_eq!(divided("1T2-", false), ["2[3][0, 1, 2]!"]);
        assert_eq!(divided("1?-", false), ["?[2][0, 1]!"]);
        assert_eq!(divided("??-", false), ["?[2][0, 1]!"]);
        assert_eq!(divided("121-", false), ["1[3][0, 1, 2]!"]);
    }

    #[test]
    fn sheets_at_the_end_are_named_by_the_last_part() {
        assert_eq!(divided("1-T", false), ["1[1][0, 2]"]);
        assert_eq!(divided("1-1_", true), ["1[1][0, 2, 3]"]);
        assert_eq!(divided("1-2", false), ["1[1][0, 2]!"]);
        assert_eq!(divided("-1", false), ["[0][1]!"]);
        assert_eq!(divided("1-?", false), ["1[1][0, 2]!"]);
    }

    #[test]
    fn nothing_but_sheets_is_an_error() {
        for text in ["", "1", "T1_T_", "?"] {
            assert_eq!(divide(&signs(text), true), Err(OnlySeparators), "{text}");
        }
        assert_eq!(divided("1_", false), ["1[1][0]"]);
    }

    fn code(kind: CodeKind, text: &str) -> Code {
        Code {
            kind,
            text: text.to_owned(),
            place: BoundingBox {
                corners: [[0.0; 2]; 4],
            },
        }
    }

    #[test]
    fn a_page_is_what_its_codes_say() {
        let text = |serial| {
            sheet(serial, 1)
                .code_text(&key(), [serial; 12])
                .expect("sealed")
        };
        let of = |codes: &[Code], patch, blank| PageSign::of(codes, patch, blank, Some(&key()));
        let one = code(CodeKind::Qr, &text(1));
        let slip = code(CodeKind::Qr, "H36.105-261123-0007");
        let transfer = Some(PatchCode::Transfer);
        assert_eq!(of(&[], None, false), PageSign::Document);
        assert_eq!(
            of(std::slice::from_ref(&slip), None, false),
            PageSign::Document
        );
        assert_eq!(of(&[], None, true), PageSign::Blank);
        assert_eq!(of(&[], transfer, false), PageSign::PatchT);
        assert_eq!(of(&[], Some(PatchCode::Three), false), PageSign::Document);
        assert_eq!(
            of(&[slip, one.clone(), one.clone()], transfer, false),
            cover(1, 1)
        );
        let other_kind = code(CodeKind::DataMatrix, &text(1));
        assert_eq!(of(&[other_kind], None, false), PageSign::Document);
        let two = of(&[one.clone(), code(CodeKind::Qr, &text(2))], None, false);
        let contradiction = SheetReading::Unproved {
            why: Unproved::Contradiction,
            number: None,
        };
        assert_eq!(two, PageSign::CoverSheet(contradiction));
        let keyless = PageSign::of(&[one], None, false, None);
        assert!(matches!(
            keyless,
            PageSign::CoverSheet(SheetReading::Unproved {
                why: Unproved::NoKey,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn every_page_is_in_one_place_and_the_order_stays(
            text in "[-_T?1-3]{0,40}",
            duplex in any::<bool>(),
        ) {
            let signs = signs(&text);
            let Ok(parts) = divide(&signs, duplex) else {
                prop_assert!(!signs.contains(&PageSign::Document));
                return Ok(());
            };
            let pages: Vec<usize> = parts.iter().flat_map(|part| part.pages.clone()).collect();
            prop_assert!(pages.is_sorted());
            let left_out: Vec<usize> = parts
                .iter()
                .flat_map(|part| part.left_out.iter().map(|side| side.page))
                .collect();
            prop_assert!(left_out.is_sorted());
            let mut all = [pages.clone(), left_out.clone()].concat();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..signs.len()));
            for page in pages {
                prop_assert!(matches!(signs[page], PageSign::Document | PageSign::Blank));
            }
            for page in left_out {
                let back = duplex && signs[page] == PageSign::Blank;
                prop_assert!(back || signs[page] != PageSign::Document);
            }
            for part in &parts {
                prop_assert!(!part.pages.is_empty());
            }
        }
    }
}

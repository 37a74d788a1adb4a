use super::*;
use crate::recognise::cover_sheet::{Key, SheetNumber};

fn sheet() -> CoverSheet {
    CoverSheet {
        number: SheetNumber::new(made(), [1, 2, 3, 4]),
        dossier: "H36.105-261123-0007".parse().expect("dossier"),
        kind: "khai-sinh".parse().ok(),
        citizen: "079203000001".parse().ok(),
    }
}

fn made() -> Timestamp {
    "2026-11-23T01:15:30Z".parse().expect("time")
}

fn printed<'a>(sheet: &'a CoverSheet, code_text: &'a str, agency: &'a str) -> PrintedSheet<'a> {
    PrintedSheet {
        sheet,
        code_text,
        agency,
        program: "sohoa 0.1.0",
        made: made(),
    }
}

fn code_text(sheet: &CoverSheet) -> String {
    let key = Key::new(&[7; 32]).expect("a key");
    sheet.code_text(&key, [9; 12]).expect("sealed")
}

#[test]
fn equal_sheets_are_equal_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = sheet();
    let text = code_text(&sheet);
    let printed = printed(&sheet, &text, "Ủy ban nhân dân xã Mẫu");
    let files = ["a.pdf", "b.pdf"].map(|name| folder.path().join(name));
    for file in &files {
        write(&printed, file).expect("written");
    }
    let [one, other] = files
        .each_ref()
        .map(|file| std::fs::read(file).expect("read"));
    assert!(one == other && one.starts_with(b"%PDF-1.7"));
    let again = write(&printed, &files[0]).expect_err("refused");
    assert!(matches!(again, PrintError::Write { .. }));
}

#[test]
fn the_page_holds_the_longest_names() {
    let typeface = Typeface::liberation_serif().expect("font");
    let sheet = CoverSheet {
        dossier: "H36.105.105.105-261123-AB12345678".parse().expect("code"),
        kind: "a".repeat(40).parse().ok(),
        ..sheet()
    };
    let text = code_text(&sheet);
    let agency = "Trung tâm Phục vụ hành chính công xã Thanh Quang, tỉnh Thanh Quang, nước Cộng \
                  hòa xã hội chủ nghĩa Việt Nam "
        .repeat(3);
    let word = "Ủy".repeat(80);
    for agency in ["", &agency, &word] {
        let layout = lay_out(&printed(&sheet, &text, agency), &typeface).expect("set");
        for line in layout.places() {
            let [left, bottom, right, top] = line;
            assert!(left > 50.0 && right < 545.0, "{line:?}");
            assert!(bottom > 50.0 && top < 800.0, "{line:?}");
        }
    }
}

#[test]
fn a_letter_without_glyph_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = sheet();
    let text = code_text(&sheet);
    let error = write(&printed(&sheet, &text, "村"), &folder.path().join("a.pdf"));
    assert!(matches!(error, Err(PrintError::Letter('村'))));
}

#[test]
fn the_code_is_of_level_q_and_small() {
    let modules = qr::encode(&code_text(&sheet())).expect("encoded");
    // Version 6: 1.2 mm a module.
    assert_eq!(modules.side, 41);
    let dark: u32 = modules.runs.iter().map(|(_, _, length)| length).sum();
    let share = f64::from(dark) / f64::from(modules.side * modules.side);
    assert!((0.4..0.6).contains(&share), "{share}");
}

//! The clauses of fonts against veraPDF's own suite, and small fonts made here.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a measurement is read by people"
)]

use std::path::{Path, PathBuf};

use lopdf::{Document, Object, Stream, dictionary};

use super::cmap::{CMap, Code, CodeMap};
use super::encoding::{Base, is_in_glyph_list};
use super::*;

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "pdf") {
            into.push(path);
        }
    }
    into.sort();
}

fn violations_of(bytes: &[u8], level_u: bool) -> Option<Vec<Violation>> {
    let document = Document::load_mem(bytes).ok()?;
    let mut found = Vec::new();
    let file = PdfFile {
        bytes,
        document: &document,
    };
    if level_u {
        maps_to_unicode(file, &mut found);
    } else {
        check(file, &mut found);
    }
    Some(found)
}

#[test]
fn the_suite_is_told_apart() {
    let Some(corpus) = std::env::var_os("SOHOA_CORPUS") else {
        eprintln!("SKIPPED the_suite_is_told_apart: SOHOA_CORPUS is not set");
        return;
    };
    let mut all = Vec::new();
    files(&Path::new(&corpus).join("pdfa"), &mut all);
    let mut wrong = Vec::new();
    let (mut passes, mut fails) = (0, 0);
    for path in &all {
        let name = path.to_string_lossy().into_owned();
        let bytes = std::fs::read(path).expect("the file can be read");
        let found = violations_of(&bytes, false);
        if name.contains("-pass-") {
            passes += 1;
            match found {
                Some(found) if found.is_empty() => {}
                found => wrong.push(format!("refused: {name}: {found:?}")),
            }
        } else if name.contains("6.2.11") {
            fails += 1;
            let is_refused = found.is_some_and(|found| {
                found
                    .iter()
                    .any(|violation| violation.clause.starts_with("6.2.11"))
            });
            if !is_refused {
                wrong.push(format!("accepted: {name}"));
            }
        }
    }
    assert!(passes > 100 && fails > 20, "{passes} {fails}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
#[ignore = "prints figures; needs FONTS_LIST, a file with one path a line"]
fn figures_over_listed_files() {
    let list = std::fs::read_to_string(std::env::var("FONTS_LIST").expect("list")).expect("list");
    let level_u = std::env::var_os("FONTS_LEVEL_U").is_some();
    for path in list.lines() {
        let start = std::time::Instant::now();
        let found = std::fs::read(path)
            .ok()
            .and_then(|bytes| violations_of(&bytes, level_u));
        let verdict = match &found {
            None => "UNREAD".to_owned(),
            Some(found) if found.is_empty() => "PASS".to_owned(),
            Some(found) => {
                let whats: Vec<String> = found.iter().map(ToString::to_string).collect();
                format!("FAIL\t{}", whats.join("; "))
            }
        };
        println!("RESULT\t{path}\t{:?}\t{verdict}", start.elapsed());
    }
}

/// A page that shows a text in one font, whose dictionary and descriptor a test may spoil.
struct Made {
    font: lopdf::Dictionary,
    descriptor: lopdf::Dictionary,
    content: &'static str,
}

const LIBERATION: &[u8] = include_bytes!("../../typeface/LiberationSerif-Regular.ttf");

impl Made {
    /// `A` and `B` in the typeface that we embed: 1479 and 1366 of 2048 units wide.
    fn true_type() -> Self {
        Self {
            font: dictionary! {
                "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "Liberation",
                "Encoding" => "WinAnsiEncoding", "FirstChar" => 65, "LastChar" => 66,
                "Widths" => vec![722.into(), 667.into()],
            },
            descriptor: dictionary! { "Type" => "FontDescriptor", "Flags" => 32 },
            content: "BT /F 12 Tf (AB) Tj ET",
        }
    }

    /// The same letters by number of glyph.
    fn composite() -> Self {
        Self {
            font: dictionary! {
                "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "Liberation",
                "Encoding" => "Identity-H",
            },
            content: "BT /F 12 Tf <00240025> Tj ET",
            ..Self::true_type()
        }
    }

    fn clauses(self, level_u: bool) -> Vec<&'static str> {
        let mut document = Document::with_version("1.7");
        let mut descriptor = self.descriptor;
        if !descriptor.has(b"FontFile2") {
            let file = document.add_object(Stream::new(dictionary! {}, LIBERATION.to_vec()));
            descriptor.set("FontFile2", file);
        }
        let descriptor = document.add_object(descriptor);
        let mut font = self.font;
        if font.get(b"Subtype").and_then(Object::as_name).ok() == Some(b"Type0") {
            if !font.has(b"DescendantFonts") {
                font.set("DescendantFonts", vec![Object::Dictionary(cid_font())]);
            }
            let fonts = font
                .get_mut(b"DescendantFonts")
                .and_then(Object::as_array_mut);
            let cid_font = fonts.expect("fonts").first_mut().expect("one");
            let cid_font = cid_font.as_dict_mut().expect("CIDFont");
            cid_font.set("FontDescriptor", descriptor);
        } else {
            font.set("FontDescriptor", descriptor);
        }
        // A text here stands for the stream that it becomes.
        if let Ok(map) = font.get(b"ToUnicode").and_then(Object::as_str) {
            let map = Stream::new(dictionary! {}, map.to_vec());
            font.set("ToUnicode", document.add_object(map));
        }
        let font = document.add_object(font);
        let content = document.add_object(Stream::new(dictionary! {}, self.content.into()));
        let pages = document.new_object_id();
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "Resources" => dictionary! { "Font" => dictionary! { "F" => font } },
        });
        let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
        document.set_object(pages, tree);
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("saved");
        let found = violations_of(&bytes, level_u).expect("loaded");
        found
            .into_iter()
            .map(|violation| violation.clause)
            .collect()
    }
}

fn cid_font() -> lopdf::Dictionary {
    dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "Liberation",
        "CIDToGIDMap" => "Identity", "W" => vec![36.into(), vec![722.into(), 667.into()].into()],
    }
}

#[test]
fn a_simple_font_is_held_to_its_program() {
    assert!(Made::true_type().clauses(false).is_empty());
    assert!(Made::true_type().clauses(true).is_empty());
    let spoilt = |spoil: fn(&mut Made)| {
        let mut made = Made::true_type();
        spoil(&mut made);
        made.clauses(false)
    };
    let widths = spoilt(|made| made.font.set("Widths", vec![724.into(), 667.into()]));
    assert_eq!(widths, ["6.2.11.5"]);
    assert_eq!(spoilt(|made| made.font.set("LastChar", 67)), ["6.2.11.2"]);
    let symbolic = spoilt(|made| made.descriptor.set("Flags", 4));
    assert!(symbolic.contains(&"6.2.11.6"), "{symbolic:?}");
    let none = spoilt(|made| made.descriptor.set("FontFile2", Object::Null));
    assert_eq!(none, ["6.2.11.4.1"]);
    let hidden = spoilt(|made| {
        made.descriptor.set("FontFile2", Object::Null);
        made.content = "BT 3 Tr /F 12 Tf (AB) Tj ET";
    });
    assert!(hidden.is_empty(), "{hidden:?}");
    let unmapped = spoilt(|made| made.content = "BT /F 12 Tf (\\001) Tj ET");
    assert_eq!(unmapped, ["6.2.11.8"]);
    let no_font = spoilt(|made| made.content = "BT /G 12 Tf (A) Tj ET");
    assert_eq!(no_font, ["6.2.11.2"]);
}

#[test]
fn a_composite_font_is_held_to_its_program() {
    assert!(Made::composite().clauses(false).is_empty());
    let shows = |content: &'static str, clause: &str| {
        let made = Made {
            content,
            ..Made::composite()
        };
        let found = made.clauses(false);
        assert_eq!(found, [clause], "{content}");
    };
    shows("BT /F 12 Tf <0000> Tj ET", "6.2.11.8");
    shows("BT /F 12 Tf <FFFE> Tj ET", "6.2.11.4.1");
    shows("BT /F 12 Tf <0026> Tj ET", "6.2.11.5");
    shows("BT /F 12 Tf <002400> Tj ET", "6.2.11.8");
    let mut unmapped = Made::composite();
    let mut cid_font = cid_font();
    cid_font.remove(b"CIDToGIDMap");
    unmapped
        .font
        .set("DescendantFonts", vec![Object::Dictionary(cid_font)]);
    assert_eq!(unmapped.clauses(false), ["6.2.11.3.2"]);
    let mut foreign = Made::composite();
    foreign.font.set("Encoding", "Made-Up-H");
    assert_eq!(foreign.clauses(false), ["6.2.11.3.3"]);
}

#[test]
fn level_u_asks_for_to_unicode() {
    assert_eq!(Made::composite().clauses(true), ["6.2.11.7.2"]);
    let with = |body: &str| {
        let mut made = Made::composite();
        made.font.set("ToUnicode", Object::string_literal(body));
        made.clauses(true)
    };
    assert!(with("beginbfrange <0024> <0025> <0041> endbfrange").is_empty());
    assert_eq!(with("beginbfchar <0024> <0041> endbfchar"), ["6.2.11.7.2"]);
    assert_eq!(
        with("beginbfrange <0024> <0025> <FEFF> endbfrange"),
        ["6.2.11.7.2"]
    );
}

#[test]
fn named_encodings_are_those_of_the_standard() {
    let name = |base: Base, code: u8| base.glyph_name(code).unwrap_or("-");
    let row = |code| [Base::WinAnsi, Base::MacRoman, Base::Standard].map(|base| name(base, code));
    assert_eq!(row(0x41), ["A", "A", "A"]);
    assert_eq!(row(0x27), ["quotesingle", "quotesingle", "quoteright"]);
    assert_eq!(row(0x7E), ["asciitilde", "asciitilde", "asciitilde"]);
    assert_eq!(row(0x80), ["Euro", "Adieresis", "-"]);
    assert_eq!(row(0xAD), ["hyphen", "-", "guilsinglright"]);
    assert_eq!(row(0xD0), ["Eth", "endash", "emdash"]);
    assert_eq!(row(0xE8), ["egrave", "Edieresis", "Lslash"]);
    assert_eq!(row(0xFB), ["ucircumflex", "ring", "germandbls"]);
    assert_eq!(row(0xFF), ["ydieresis", "caron", "-"]);
    for code in 0x20..=0xFF {
        let name = name(Base::WinAnsi, code);
        assert!(is_in_glyph_list(name), "{code} {name}");
    }
    for strange in ["uni0041", "u0041", "A.alt", "a10", ".notdef", "g23", "f_f"] {
        assert!(!is_in_glyph_list(strange), "{strange}");
    }
}

#[test]
fn cmaps_split_strings_into_codes() {
    let map = CMap::read(
        b"/Registry (Adobe) def /Ordering (Made) def /Supplement 2 def /WMode 1 def
        begincodespacerange <00> <7F> <8000> <FFFF> endcodespacerange
        begincidrange <8000> <80FF> 100 endcidrange begincidchar <41> 7 endcidchar
        beginnotdefrange <00> <1F> 1 endnotdefrange
        beginbfrange <41> <42> [<0061> <00620063>] endbfrange",
    )
    .expect("read");
    assert_eq!(map.writing_mode, 1);
    assert_eq!(map.unicode(0x42), Some(vec![0x62, 0x63]));
    assert_eq!(map.unicode(0x43), None);
    let map = CodeMap::Embedded(Box::new(map));
    let long = Code {
        value: 0x8005,
        length: 2,
    };
    assert_eq!(map.first_code(&[0x80, 5, 0x41]), Some(long));
    assert_eq!(map.cid(long), Some(105));
    let cid = |byte| map.first_code(&[byte]).and_then(|code| map.cid(code));
    assert_eq!(
        [cid(0x41), cid(3), cid(0x42), cid(0x90)],
        [Some(7), Some(1), None, None]
    );
    for broken in [
        "begincidrange <00> <",
        "beginbfchar <41> /a",
        "begincidchar <41> -1",
    ] {
        assert!(CMap::read(broken.as_bytes()).is_none(), "{broken}");
    }
}

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::*;
use crate::config::Limits;
use crate::pages::stream::Pixels;

mod borrowed;
mod corpus;

/// A file of one page of 200 × 100 points with this content, and what `more` adds to page and document.
fn file(content: &[u8], more: impl FnOnce(&mut Document, &mut Dictionary)) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let content = document.add_object(Stream::new(Dictionary::new(), content.to_vec()));
    let mut page = dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 200.into(), 100.into()],
    };
    more(&mut document, &mut page);
    let page = document.add_object(page);
    document.objects.insert(
        pages,
        dictionary! { "Type" => "Pages", "Count" => 1, "Kids" => vec![page.into()] }.into(),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saved");
    bytes
}

fn drawn_at(bytes: Vec<u8>, dpi: f64, limits: &Limits) -> Drawing {
    let renderer = Renderer::open(bytes).expect("a PDF");
    assert_eq!(renderer.page_count(), 1);
    renderer
        .draw(0, dpi, &Bounds::new(limits))
        .expect("a drawing")
}

fn drawn(bytes: Vec<u8>) -> Drawing {
    drawn_at(bytes, 72.0, &Limits::default())
}

fn resources(page: &mut Dictionary, kind: &str, name: &str, object: impl Into<Object>) {
    let mut entries = Dictionary::new();
    entries.set(name, object);
    page.set("Resources", dictionary! { kind => entries });
}

fn simple_font(encoding: Object) -> Dictionary {
    dictionary! {
        "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "TimesNewRomanPSMT",
        "Encoding" => encoding,
    }
}

/// Darkness of a drawing's pixels between two columns.
fn ink(drawing: &Drawing, from: usize, to: usize) -> u64 {
    let width = drawing.raster.width as usize;
    let levels: Vec<u8> = match &drawing.raster.pixels {
        Pixels::Grey(levels) => levels.clone(),
        Pixels::Rgb(samples) => samples.as_chunks::<3>().0.iter().map(|p| p[0]).collect(),
        Pixels::Bilevel(_) => panic!("smooth text is expected"),
    };
    levels
        .chunks(width)
        .flat_map(|row| &row[from..to])
        .map(|&level| u64::from(255 - level))
        .sum()
}

#[test]
fn the_page_is_drawn_turned_at_the_size_and_in_the_form_that_it_has() {
    let square = |_: &mut Document, page: &mut Dictionary| page.set("Rotate", 90);
    let drawing = drawn_at(file(b"0 0 100 50 re f", square), 144.0, &Limits::default());
    assert_eq!((drawing.raster.width, drawing.raster.height), (200, 400));
    assert_eq!(drawing.page_size, (100.0, 200.0));
    assert_eq!(drawing.doubts, []);
    let Pixels::Bilevel(rows) = &drawing.raster.pixels else {
        panic!("not black and white");
    };
    // Turned clockwise, the lower left corner is the upper left one.
    assert_eq!((rows[0], rows[24], rows[399 * 25]), (0, 0xFF, 0xFF));

    let coloured = drawn(file(b"1 0 0 rg 0 0 9 9 re f", |_, _| {}));
    assert!(matches!(coloured.raster.pixels, Pixels::Rgb(_)));
    let grey = drawn(file(b"0.5 g 0 0 9 9 re f", |_, _| {}));
    assert!(matches!(grey.raster.pixels, Pixels::Grey(_)));
}

#[test]
fn user_units_boxes_and_limits_decide_the_size() {
    let unit = |_: &mut Document, page: &mut Dictionary| page.set("UserUnit", 2);
    let drawing = drawn(file(b"", unit));
    assert_eq!(drawing.page_size, (400.0, 200.0));
    assert_eq!((drawing.raster.width, drawing.raster.height), (400, 200));

    let small = Limits {
        page_mpx: 1,
        ..Limits::default()
    };
    let drawing = drawn_at(file(b"", |_, _| {}), 1200.0, &small);
    assert!(
        drawing.dpi < 1200.0 && drawing.dpi > 400.0,
        "{}",
        drawing.dpi
    );
    let (width, height) = (drawing.raster.width, drawing.raster.height);
    assert!(
        width * height <= 1_000_000 && width == 2 * height,
        "{width} × {height}"
    );

    let huge = |_: &mut Document, page: &mut Dictionary| {
        page.set(
            "MediaBox",
            vec![0.into(), 0.into(), 14_400.into(), 10.into()],
        );
    };
    let drawing = drawn_at(file(b"0 0 14400 5 re f", huge), 300.0, &Limits::default());
    assert_eq!(drawing.raster.width, 16_000);
    assert_eq!(drawing.doubts, []);
}

#[test]
fn vietnamese_letters_of_a_font_that_is_not_embedded_are_drawn() {
    let encoding = dictionary! {
        "Type" => "Encoding", "BaseEncoding" => "WinAnsiEncoding",
        "Differences" => vec![
            128.into(), Object::Name(b"dcroat".to_vec()), Object::Name(b"ohorn".to_vec()),
        ],
    };
    let bytes = file(b"BT /F 40 Tf 10 40 Td (\x80\x81) Tj ET", |_, page| {
        resources(page, "Font", "F", simple_font(encoding.into()));
    });
    let drawing = drawn(bytes);
    assert_eq!(drawing.doubts, []);
    // đ is 20 points wide.
    assert!(ink(&drawing, 10, 30) > 10_000 && ink(&drawing, 30, 52) > 10_000);
}

#[test]
fn a_letter_that_no_font_has_is_counted_where_it_would_be_seen() {
    let strange = || {
        let encoding = dictionary! {
            "Type" => "Encoding",
            "Differences" => vec![128.into(), Object::Name(b"uni6751".to_vec())],
        };
        simple_font(encoding.into())
    };
    let shown = |content: &[u8]| {
        let with_font = |_: &mut Document, page: &mut Dictionary| {
            resources(page, "Font", "F", strange());
        };
        drawn(file(content, with_font)).doubts
    };
    let lost = [RenderDoubt::LettersWithoutFont { count: 2 }];
    assert_eq!(shown(b"BT /F 20 Tf 10 40 Td (a\x80b\x80 c) Tj ET"), lost);
    assert_eq!(shown(b"BT 3 Tr /F 20 Tf 10 40 Td (a\x80b\x80) Tj ET"), []);
    assert_eq!(shown(b"BT /F 20 Tf 10 400 Td (\x80) Tj ET"), [], "outside");
    assert_eq!(
        shown(b"0 0 5 5 re W n BT /F 20 Tf 90 40 Td (\x80) Tj ET"),
        [],
        "clipped away"
    );
    assert_eq!(
        shown(b"1 g BT /F 20 Tf 10 40 Td (abc) Tj ET"),
        [],
        "white on white"
    );
}

/// A font of two-byte codes that is not embedded; its codes are glyph numbers of a font that nobody has.
fn composite_font(document: &mut Document, to_unicode: Option<&str>) -> Dictionary {
    let descriptor = dictionary! {
        "Type" => "FontDescriptor", "FontName" => "TimesNewRomanPSMT", "Flags" => 4,
    };
    let descendant = dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "TimesNewRomanPSMT",
        "CIDSystemInfo" => dictionary! {
            "Registry" => Object::string_literal("Adobe"),
            "Ordering" => Object::string_literal("Identity"), "Supplement" => 0,
        },
        "FontDescriptor" => descriptor, "DW" => 500,
    };
    let mut font = dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "TimesNewRomanPSMT",
        "Encoding" => "Identity-H", "DescendantFonts" => vec![descendant.into()],
    };
    if let Some(letters) = to_unicode {
        let map = format!(
            "/CIDInit/ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def \
             1 begincodespacerange <0000><FFFF> endcodespacerange {letters} endcmap end end"
        );
        let map = document.add_object(Stream::new(Dictionary::new(), map.into_bytes()));
        font.set("ToUnicode", map);
    }
    font
}

#[test]
fn codes_of_a_missing_composite_font_are_drawn_by_their_letters_or_doubted() {
    let shown = |letters: Option<&str>| {
        let with_font = |document: &mut Document, page: &mut Dictionary| {
            let font = composite_font(document, letters);
            resources(page, "Font", "F", font);
        };
        drawn(file(b"BT /F 40 Tf 10 40 Td <00240025> Tj ET", with_font))
    };
    // ế and ạ.
    let known = shown(Some("2 beginbfchar <0024><1EBF> <0025><1EA1> endbfchar"));
    assert_eq!(known.doubts, []);
    assert!(ink(&known, 10, 28) > 10_000);
    let unknown = [RenderDoubt::LettersWithoutFont { count: 2 }];
    assert_eq!(
        shown(None).doubts,
        unknown,
        "some other glyphs would be drawn"
    );
    let lacking = [RenderDoubt::LettersWithoutFont { count: 1 }];
    let one = shown(Some("2 beginbfchar <0024><1EBF> <0025><6751> endbfchar"));
    assert_eq!(one.doubts, lacking);
}

fn doubted(drawing: &Drawing, text: &str) -> bool {
    drawing.doubts.iter().any(|doubt| match doubt {
        RenderDoubt::PartNotDrawn { what } | RenderDoubt::ContentLost { what } => {
            what.contains(text)
        }
        _ => false,
    })
}

/// Whether a doubt is one that no other program's picture settles.
fn is_lost(drawing: &Drawing, text: &str) -> bool {
    drawing
        .doubts
        .iter()
        .any(|doubt| matches!(doubt, RenderDoubt::ContentLost { what } if what.contains(text)))
}

#[test]
fn pictures_that_cannot_be_decoded_or_end_early_are_doubted() {
    let with = |data: Vec<u8>, filter: Option<&str>| {
        let mut dictionary = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 10, "Height" => 10,
            "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
        };
        if let Some(filter) = filter {
            dictionary.set("Filter", filter);
        }
        drawn(file(b"q 100 0 0 80 0 0 cm /I Do Q", |document, page| {
            let image = document.add_object(Stream::new(dictionary, data));
            resources(page, "XObject", "I", image);
        }))
    };
    assert_eq!(with(vec![0; 100], None).doubts, []);
    assert_eq!(with(vec![255; 100], None).doubts, [], "a white picture");
    assert!(doubted(&with(vec![0; 60], None), "ends early"));
    let broken = with(b"no picture at all".to_vec(), Some("DCTDecode"));
    assert!(doubted(&broken, "cannot be decoded"), "{:?}", broken.doubts);
    let unknown = with(vec![0; 100], Some("NoSuchDecode"));
    assert!(doubted(&unknown, "broken"), "{:?}", unknown.doubts);
    let grey = |pixel| {
        let mut jpeg = Vec::new();
        jpeg_encoder::Encoder::new(&mut jpeg, 90)
            .encode(&[pixel; 100], 10, 10, jpeg_encoder::ColorType::Luma)
            .expect("coded");
        jpeg
    };
    assert_eq!(with(grey(90), Some("DCTDecode")).doubts, []);
    let cut = with(grey(90)[..grey(90).len() - 5].to_vec(), Some("DCTDecode"));
    assert!(doubted(&cut, "broken"), "{:?}", cut.doubts);
}

#[test]
fn parts_that_are_not_there_are_doubted() {
    let missing = drawn(file(b"/Nothing Do", |_, _| {}));
    assert!(is_lost(&missing, "not in the file"), "{:?}", missing.doubts);
    let fontless = drawn(file(b"BT /F 12 Tf 10 10 Td (a) Tj ET", |_, _| {}));
    assert!(doubted(&fontless, "font"), "{:?}", fontless.doubts);
    let garbled = drawn(file(b"", |document, page| {
        let filtered = dictionary! { "Filter" => "FlateDecode" };
        let content = document.add_object(Stream::new(filtered, b"nonsense".to_vec()));
        page.set("Contents", content);
    }));
    assert!(is_lost(&garbled, "content stream"), "{:?}", garbled.doubts);
    // Behind a code for seven-bit channels, too.
    let coded = |end: usize| {
        let mut stream = Stream::new(Dictionary::new(), b"0 0 50 50 re f\n".repeat(40));
        stream.compress().expect("compressed");
        let hex: String = stream.content[..stream.content.len() - end]
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let filters = vec!["ASCIIHexDecode".into(), "FlateDecode".into()];
        drawn(file(b"", |document, page| {
            let filtered = dictionary! { "Filter" => filters };
            let content = Stream::new(filtered, format!("{hex}>").into_bytes());
            let content = document.add_object(content);
            page.set("Contents", content);
        }))
    };
    assert_eq!(coded(0).doubts, []);
    let cut = coded(12);
    assert!(is_lost(&cut, "content stream"), "{:?}", cut.doubts);
}

#[test]
fn annotations_without_an_appearance_are_doubted_unless_they_show_nothing() {
    let shown = |annotation: Dictionary| {
        let mut annotation = annotation;
        annotation.set("Rect", vec![10.into(), 10.into(), 50.into(), 50.into()]);
        drawn(file(b"", |_, page| {
            page.set("Annots", vec![annotation.into()]);
        }))
    };
    let text = |value: &str| Object::string_literal(value);
    assert!(doubted(
        &shown(dictionary! { "Subtype" => "FreeText", "Contents" => text("x") }),
        "appearance"
    ));
    assert!(doubted(
        &shown(dictionary! { "Subtype" => "Widget", "FT" => "Tx", "V" => text("x") }),
        "appearance"
    ));
    for harmless in [
        dictionary! { "Subtype" => "Link" },
        dictionary! { "Subtype" => "FreeText", "F" => 2 },
        dictionary! { "Subtype" => "Widget", "FT" => "Tx", "V" => text("") },
        dictionary! {
            "Subtype" => "Widget", "FT" => "Btn", "V" => "Off", "AS" => "Off",
            "AP" => dictionary! { "N" => Dictionary::new() },
        },
    ] {
        let drawing = shown(harmless.clone());
        assert_eq!(drawing.doubts, [], "{harmless:?}");
    }
}

#[test]
fn a_font_whose_letters_draw_each_other_without_end_is_refused() {
    let bytes = file(b"BT /F 20 Tf 10 40 Td (a) Tj ET", |document, page| {
        let font = document.new_object_id();
        let glyph = Stream::new(
            Dictionary::new(),
            b"1000 0 d0 BT /F 1000 Tf (aa) Tj ET".to_vec(),
        );
        let glyph = document.add_object(glyph);
        document.objects.insert(
            font,
            dictionary! {
                "Type" => "Font", "Subtype" => "Type3",
                "FontBBox" => vec![0.into(), 0.into(), 1000.into(), 1000.into()],
                "FontMatrix" => vec![0.001.into(), 0.into(), 0.into(), 0.001.into(), 0.into(), 0.into()],
                "CharProcs" => dictionary! { "a" => glyph },
                "Encoding" => dictionary! {
                    "Differences" => vec![97.into(), Object::Name(b"a".to_vec())],
                },
                "FirstChar" => 97, "LastChar" => 97, "Widths" => vec![1000.into()],
            }
            .into(),
        );
        resources(page, "Font", "F", font);
    });
    let renderer = Renderer::open(bytes).expect("a PDF");
    let drawing = renderer.draw(0, 72.0, &Bounds::new(&Limits::default()));
    assert!(matches!(drawing, Err(PageFault::Damaged(_))));
}

#[test]
fn what_is_no_pdf_is_refused() {
    for file in [&b""[..], b"%PDF-1.7\n", b"\x89PNG"] {
        assert!(Renderer::open(file.to_vec()).is_err());
    }
    let renderer = Renderer::open(file(b"", |_, _| {})).expect("a PDF");
    let bounds = Bounds::new(&Limits::default());
    assert!(renderer.draw(1, 72.0, &bounds).is_err());
    assert!(renderer.draw(0, f64::NAN, &bounds).is_err());
}

#[test]
fn a_page_that_stops_the_renderer_is_its_own_fault_only() {
    let text = |_: &mut Document, page: &mut Dictionary| {
        let mut fonts = Dictionary::new();
        fonts.set("F", simple_font("WinAnsiEncoding".into()));
        page.set("Resources", dictionary! { "Font" => fonts });
    };
    let far = file(b"BT /F 40 Tf 1 0 0 1 30 3000000000 Tm (H) Tj ET", text);
    let renderer = Renderer::open(far).expect("a PDF");
    let mut drawer = renderer.drawer();
    let bounds = Bounds::new(&Limits::default());
    for _ in 0..2 {
        let drawing = drawer.draw(0, 72.0, &bounds);
        let fault = drawing.map(|it| it.dpi).expect_err("a fault");
        assert!(
            fault.to_string().contains("stopped the renderer"),
            "{fault}"
        );
    }
    let near = file(b"BT /F 40 Tf 1 0 0 1 30 20 Tm (H) Tj ET", text);
    assert!(ink(&drawn(near), 30, 70) > 0);
}

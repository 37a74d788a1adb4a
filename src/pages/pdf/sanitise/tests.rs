//! Pages and their content: what is copied, repaired, refused.

use std::path::Path;

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::test_support::{Source, TARGET, content, first_page, keys, rectangle, resource, wanted};
use super::{Wanted, copy};

fn page(content: &str) -> Source {
    Source::new(content, Dictionary::new())
}

#[test]
fn a_page_keeps_what_it_shows_and_nothing_else() {
    let mut source = page("0 0 10 10 re f")
        .with("Rotate", -90)
        .with("CropBox", rectangle([50, 10, 150, 900]))
        .with(
            "Group",
            dictionary! { "S" => "Transparency", "CS" => "DeviceRGB", "Evil" => 1 },
        );
    for key in [
        "AA",
        "Annots",
        "ArtBox",
        "B",
        "BoxColorInfo",
        "Dur",
        "Metadata",
        "PieceInfo",
        "StructParents",
        "Tabs",
        "Thumb",
        "Trans",
        "AF",
        "VP",
    ] {
        source = source.with(key, Object::Array(Vec::new()));
    }
    let copy = source.copied();
    let page = first_page(&copy);
    assert_eq!(
        keys(page),
        [
            "Contents",
            "CropBox",
            "Group",
            "MediaBox",
            "Parent",
            "Resources",
            "Rotate",
            "Type"
        ]
    );
    let shown = |key: &[u8]| format!("{:?}", page.get(key).expect("the entry"));
    assert_eq!(shown(b"MediaBox"), "[0 0 200 100]");
    assert_eq!(shown(b"CropBox"), "[50 10 150 100]");
    assert_eq!(shown(b"Rotate"), "270");
    assert_eq!(shown(b"Group"), "<</S /Transparency/CS /DeviceRGB>>");
    assert_eq!(content(&copy).trim(), "0 0 10 10 re f");
}

#[test]
fn pages_of_impossible_size_or_units_are_refused() {
    let sized = |sides| page("n").with("MediaBox", rectangle(sides)).obstacle();
    assert_eq!(sized([0, 0, 2, 100]), "a page of impossible size");
    assert_eq!(sized([0, 0, 14_401, 100]), "a page of impossible size");
    page("n")
        .with("MediaBox", rectangle([14_400, 3, 0, 0]))
        .copied();
    let cropped = page("n").with("CropBox", rectangle([300, 0, 400, 100]));
    assert_eq!(cropped.obstacle(), "a page of impossible size");
    assert_eq!(
        page("n").with("UserUnit", 2).obstacle(),
        "a page with units of its own"
    );
    page("n").with("UserUnit", 1.0).copied();
}

#[test]
fn content_that_pdfa_forbids_is_an_obstacle() {
    let deep = |states: usize| "q ".repeat(states) + &"Q ".repeat(states);
    for (content, why) in [
        ("0 0 0 1 k", "DeviceCMYK colour"),
        ("/DeviceCMYK cs", "DeviceCMYK colour"),
        ("BX 1 foo EX", "an unknown operator"),
        ("/OC /L BDC EMC", "optional content"),
        ("/P /L BDC EMC", "a Properties resource that does not exist"),
        ("/F Do", "a XObject resource that does not exist"),
        ("/F 1 Tf", "a Font resource that does not exist"),
        ("/F gs", "a ExtGState resource that does not exist"),
        ("/F cs", "a ColorSpace resource that does not exist"),
        ("/F sh", "a Shading resource that does not exist"),
        (
            "/Pattern cs /F scn",
            "a Pattern resource that does not exist",
        ),
        ("3000000000 w", "a number beyond the limits"),
        ("BT", "content that ends within a text object"),
        ("1 0 0", "content that ends within an operation"),
        ("[1 w", "an operator inside an array"),
        ("/P BDC", "marked content without its properties"),
        (&deep(29), "graphics states nested too deeply"),
        (
            "BI /W 1 /H 1 /BPC 8 /CS /CMYK ID abcd EI",
            "DeviceCMYK colour",
        ),
        (
            "BI /W 1 /H 1 /F /LZW ID abcd EI",
            "an inline image with LZW",
        ),
        (
            "BI /W 1 /H 1 /F [/A85 /LZWDecode] ID a~> EI",
            "an inline image with LZW",
        ),
        (
            "BI /W 1 /H 1 /Alternates 1 ID a EI",
            "an inline image with unknown entries",
        ),
        (
            "BI /W 9 /H 9 /BPC 8 /CS /G ID a EI",
            "a damaged inline image",
        ),
        (
            "1 BI /W 1 /H 1 /IM true ID a EI",
            "an inline image with stray operands",
        ),
    ] {
        assert_eq!(page(content).obstacle(), why, "{content}");
    }
    page(&deep(28)).copied();
}

#[test]
fn content_without_fault_stays_as_it_is() {
    let all = "/Artifact <</Type /Pagination /BBox [0 0 1 1]>> BDC 1 0 0 rg 0.1234567890123 w \
        q 1 0 0 1 0 0 cm /Perceptual ri 0 0 m 5 5 l S Q EMC % a comment\n\
        BI /W 2 /H 1 /BPC 8 /CS /G ID \nEI EI Q\n";
    assert_eq!(
        content(&page(all).copied()).trim_end(),
        all.trim_end().trim_end_matches('Q').trim_end()
    );
}

#[test]
fn repairs_change_nothing_of_what_is_seen() {
    for (before, after) in [
        ("Q q n Q Q 1 w", " q n Q  1 w"),
        ("q q n", "q q n\n\nQ\nQ"),
        ("(a) pop", ""),
        ("/Odd ri 1 w", " 1 w"),
        ("BT <414> Tj ET", "BT <4140> Tj ET"),
        (
            "BI /W 1 /H 1 /I true /IM true ID a EI n",
            "BI /W 1 /H 1  /IM true ID a EI n",
        ),
    ] {
        let source = page(before);
        if after.is_empty() {
            assert_eq!(source.obstacle(), "an unknown operator");
        } else {
            assert_eq!(content(&source.copied()).trim_end(), after, "{before}");
        }
    }
}

#[test]
fn parts_of_content_are_joined_and_codings_undone() {
    let mut source = page("");
    let coded = |filter: Object, data: &[u8]| {
        Stream::new(dictionary! { "Filter" => filter }, data.to_vec())
    };
    let name = |name: &str| Object::Name(name.as_bytes().to_vec());
    let hexadecimal = source.add(coded(name("ASCIIHexDecode"), b"31 20 77>"));
    let run_length = source.add(coded(name("RunLengthDecode"), b"\x022 w\x80"));
    let mut crypt = coded(vec![name("Crypt"), name("ASCII85Decode")].into(), b"1E^l~>");
    crypt.dict.set(
        "DecodeParms",
        vec![dictionary! { "Name" => "Identity" }.into(), Object::Null],
    );
    let crypt = source.add(crypt);
    let source = source.with(
        "Contents",
        vec![hexadecimal.into(), run_length.into(), crypt.into()],
    );
    let copy = source.copied();
    let joined = content(&copy);
    assert!(joined.starts_with("1 w\n2 w\n3 w\n"), "{joined}");
    let stream = first_page(&copy)
        .get(b"Contents")
        .and_then(Object::as_reference);
    let stream = copy
        .get_object(stream.expect("shared"))
        .and_then(Object::as_stream);
    assert_eq!(keys(&stream.expect("a stream").dict), ["Filter", "Length"]);

    for (dictionary, why) in [
        (
            dictionary! { "F" => Object::string_literal("other.bin") },
            "a stream in another file",
        ),
        (dictionary! { "Filter" => "Secret" }, "an unknown filter"),
        (
            dictionary! { "Filter" => "Crypt", "DecodeParms" => dictionary! { "Name" => "StdCF" } },
            "an encrypted stream",
        ),
    ] {
        let mut source = page("");
        let content = source.add(Stream::new(dictionary, b"1 w".to_vec()));
        assert_eq!(source.with("Contents", content).obstacle(), why);
    }
}

#[test]
fn what_nothing_uses_is_no_obstacle_and_stays_behind() {
    let resources = dictionary! {
        "ColorSpace" => dictionary! { "A" => vec!["CalGray".into(), dictionary! { "Gamma" => 2 }.into()], "B" => "DeviceCMYK" },
        "Font" => dictionary! { "F" => dictionary! { "Subtype" => "Type1", "BaseFont" => "Helvetica" } },
    };
    let copy = Source::new("/A cs 0.5 sc n", resources).copied();
    let resources = first_page(&copy)
        .get(b"Resources")
        .and_then(Object::as_dict)
        .expect("resources");
    assert_eq!(keys(resources), ["ColorSpace"]);
    let spaces = resources
        .get(b"ColorSpace")
        .and_then(Object::as_dict)
        .expect("spaces");
    assert_eq!(keys(spaces), ["A"]);
}

#[test]
fn marked_content_keeps_what_it_says_of_text() {
    let list = dictionary! { "MCID" => 3, "ActualText" => Object::string_literal("x"), "Evil" => dictionary! {} };
    let resources = dictionary! { "Properties" => dictionary! { "P" => list } };
    let copy = Source::new("/Span /P BDC EMC", resources).copied();
    let list = resource(&copy, "Properties", "P")
        .as_dict()
        .expect("a list");
    assert_eq!(keys(list), ["ActualText", "MCID"]);
    let layer =
        dictionary! { "Properties" => dictionary! { "P" => dictionary! { "Type" => "OCG" } } };
    assert_eq!(
        Source::new("/Span /P BDC EMC", layer).obstacle(),
        "optional content"
    );
}

#[test]
fn pages_share_and_numbers_have_no_gaps() {
    let mut document = Document::with_version("1.7");
    let glyph = document.add_object(Stream::new(Dictionary::new(), b"0 0 d0".to_vec()));
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type3", "CharProcs" => dictionary! { "a" => glyph },
        "Resources" => dictionary! {},
    });
    let same = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type3", "CharProcs" => dictionary! { "a" => glyph },
        "Resources" => dictionary! {},
    });
    let pages: Vec<Wanted> = [(font, 0), (same, 90)]
        .into_iter()
        .map(|(font, rotate)| {
            let content = Stream::new(Dictionary::new(), b"BT /F 1 Tf (a) Tj ET".to_vec());
            let content = document.add_object(content);
            let page = document.add_object(dictionary! {
                "Contents" => content, "MediaBox" => rectangle([0, 0, 9, 9]),
                "Resources" => dictionary! { "Font" => dictionary! { "F" => font } },
            });
            Wanted { page, rotate }
        })
        .collect();
    let copied = copy(Path::new("nowhere"), &document, &pages, TARGET).expect("copied");
    let numbers: Vec<u32> = copied.objects.iter().map(|(number, _)| *number).collect();
    // Glyph, font, content, and two pages.
    assert_eq!(numbers, [5, 6, 7, 8, 9]);
    assert_eq!(copied.pages, [8, 9]);
    assert!(
        copy(
            Path::new("nowhere"),
            &document,
            &[Wanted {
                page: font,
                rotate: 45
            }],
            TARGET
        )
        .is_err()
    );
    assert_eq!(wanted(&document, font).rotate, 0);
}

#[test]
fn what_a_damaged_file_has_lost_is_an_obstacle() {
    let missing = Object::Reference((4711, 0));
    let why = "an object that does not exist";
    for key in ["Contents", "Annots", "CropBox", "Group"] {
        assert_eq!(
            page("n").with(key, missing.clone()).obstacle(),
            why,
            "{key}"
        );
    }
    page("n").with("Metadata", missing.clone()).copied();
    let annotations = vec![missing.clone()];
    assert_eq!(page("n").with("Annots", annotations).obstacle(), why);
    let state =
        dictionary! { "ExtGState" => dictionary! { "G" => dictionary! { "SMask" => missing } } };
    assert_eq!(Source::new("/G gs", state).obstacle(), why);

    let mut source = page("n");
    let unread = Stream::with_position(Dictionary::new(), 99);
    let unread = source.add(unread);
    assert_eq!(
        source.with("Contents", unread).obstacle(),
        "a stream without its length"
    );
    let mut source = page("n");
    let empty = source.add(Stream::new(Dictionary::new(), Vec::new()));
    source.with("Contents", empty).copied();
}

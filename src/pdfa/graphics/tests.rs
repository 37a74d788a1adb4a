//! Pages that break one rule of clause 6.2 each.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::icc;
use super::jpeg2000;
use crate::pdfa::{PdfFile, Violation};

/// A profile's header and an empty tag table.
fn profile(class: &[u8; 4], space: &[u8; 4], version: u8) -> Vec<u8> {
    let mut bytes = vec![0; 132];
    bytes[3] = 132;
    bytes[8] = version;
    bytes[12..16].copy_from_slice(class);
    bytes[16..20].copy_from_slice(space);
    bytes[36..40].copy_from_slice(b"acsp");
    bytes
}

/// A page with such content and resources, under an output intent of such a space.
struct Page {
    content: &'static str,
    resources: Dictionary,
    intent: Option<(&'static [u8; 4], i64)>,
    group: Option<Dictionary>,
}

impl Page {
    fn of(content: &'static str) -> Self {
        Self {
            content,
            resources: Dictionary::new(),
            intent: Some((b"RGB ", 3)),
            group: None,
        }
    }

    fn with(mut self, category: &str, entry: impl Into<Object>) -> Self {
        self.resources
            .set(category, dictionary! { "X" => entry.into() });
        self
    }

    fn under(mut self, intent: Option<(&'static [u8; 4], i64)>) -> Self {
        self.intent = intent;
        self
    }

    fn clauses(self) -> Vec<&'static str> {
        let mut document = Document::with_version("1.7");
        let resources = self
            .resources
            .iter()
            .map(|(category, entries)| {
                let entries = entries
                    .as_dict()
                    .expect("categories are dictionaries")
                    .iter()
                    .map(|(key, entry)| {
                        let id = document.add_object(entry.clone());
                        (key.clone(), Object::Reference(id))
                    });
                (category.clone(), Object::Dictionary(entries.collect()))
            })
            .collect::<Dictionary>();
        let content = document.add_object(Stream::new(Dictionary::new(), self.content.into()));
        let pages = document.new_object_id();
        let mut page = dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources,
        };
        if let Some(group) = self.group {
            page.set("Group", group);
        }
        let page = document.add_object(page);
        let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
        document.objects.insert(pages, Object::Dictionary(tree));
        let mut catalog = dictionary! { "Type" => "Catalog", "Pages" => pages };
        if let Some((space, components)) = self.intent {
            let stream = Stream::new(
                dictionary! { "N" => components },
                profile(b"mntr", space, 2),
            );
            let stream = document.add_object(stream);
            let intent = dictionary! { "S" => "GTS_PDFA1", "DestOutputProfile" => stream };
            catalog.set("OutputIntents", vec![intent.into()]);
        }
        let catalog = document.add_object(catalog);
        document.trailer.set("Root", catalog);
        clauses(&document)
    }
}

fn clauses(document: &Document) -> Vec<&'static str> {
    let mut found: Vec<Violation> = Vec::new();
    let file = PdfFile {
        bytes: &[],
        document,
    };
    super::check(file, &mut found);
    found.iter().map(|violation| violation.clause).collect()
}

fn array(items: &[Object]) -> Object {
    Object::Array(items.to_vec())
}

fn separation(colorant: &str, alternate: &str) -> Object {
    let tint = dictionary! { "FunctionType" => 2, "N" => 1 };
    array(&[
        "Separation".into(),
        colorant.into(),
        alternate.into(),
        tint.into(),
    ])
}

fn image(entries: Dictionary) -> Stream {
    let mut image = dictionary! {
        "Subtype" => "Image", "Width" => 1, "Height" => 1, "BitsPerComponent" => 8,
        "ColorSpace" => "DeviceGray",
    };
    for (key, entry) in &entries {
        image.set(key.clone(), entry.clone());
    }
    Stream::new(image, vec![0])
}

const NONE: [&str; 0] = [];

#[test]
fn device_colours_need_their_output_intent() {
    let cmyk = Some((b"CMYK", 4));
    assert_eq!(Page::of("1 0 0 rg 0 0 1 1 re f").clauses(), NONE);
    assert_eq!(Page::of("1 0 0 rg f").under(cmyk).clauses(), ["6.2.4.3"]);
    assert_eq!(Page::of("1 0 0 0 K S").clauses(), ["6.2.4.3"]);
    assert_eq!(Page::of("1 0 0 0 K S").under(cmyk).clauses(), NONE);
    assert_eq!(Page::of("0 g").under(None).clauses(), ["6.2.4.3"]);
    let image = "BI /W 1 /H 1 /BPC 8 /CS /CMYK ID abcd EI";
    assert_eq!(Page::of(image).clauses(), ["6.2.4.3"]);
}

#[test]
fn the_initial_black_counts_where_it_paints() {
    assert_eq!(Page::of("0 0 1 1 re n").under(None).clauses(), NONE);
    assert_eq!(Page::of("0 0 1 1 re f").under(None).clauses(), ["6.2.4.3"]);
    let mask = "BI /W 1 /H 1 /IM true ID a EI";
    assert_eq!(Page::of(mask).under(None).clauses(), ["6.2.4.3"]);
    assert_eq!(Page::of("BT 3 Tr (a) Tj ET").under(None).clauses(), NONE);
    assert_eq!(
        Page::of("BT 1 Tr (a) Tj ET").under(None).clauses(),
        ["6.2.4.3"]
    );
}

#[test]
fn a_form_paints_with_the_colour_that_it_is_drawn_with() {
    let form = || {
        let own = dictionary! { "Subtype" => "Form", "Resources" => Dictionary::new() };
        Stream::new(own, b"0 0 1 1 re f".to_vec())
    };
    let content = "/X cs /X Do";
    let cal = array(&["CalGray".into(), Dictionary::new().into()]);
    let page = || Page::of(content).under(None).with("XObject", form());
    assert_eq!(page().with("ColorSpace", cal).clauses(), NONE);
    assert_eq!(
        Page::of("/X Do")
            .under(None)
            .with("XObject", form())
            .clauses(),
        ["6.2.4.3"]
    );
}

#[test]
fn a_default_space_stands_for_the_device() {
    let cal = array(&["CalRGB".into(), Dictionary::new().into()]);
    let mut page = Page::of("1 0 0 rg f").under(None);
    page.resources
        .set("ColorSpace", dictionary! { "DefaultRGB" => cal });
    assert_eq!(page.clauses(), NONE);
}

#[test]
fn spaces_inside_spaces_are_judged() {
    let indexed = array(&[
        "Indexed".into(),
        "DeviceCMYK".into(),
        0.into(),
        Object::string_literal("abcd"),
    ]);
    assert_eq!(
        Page::of("/X cs").with("ColorSpace", indexed).clauses(),
        ["6.2.4.3"]
    );
    let spot = separation("Gold", "DeviceCMYK");
    assert_eq!(
        Page::of("/X cs").with("ColorSpace", spot).clauses(),
        ["6.2.4.3"]
    );
    assert_eq!(
        Page::of("/X cs")
            .with("ColorSpace", separation("Gold", "DeviceRGB"))
            .clauses(),
        NONE
    );
    let unknown = array(&["CalCMYK".into(), Dictionary::new().into()]);
    assert_eq!(
        Page::of("/X cs").with("ColorSpace", unknown).clauses(),
        ["6.2.4"]
    );
}

#[test]
fn a_colorant_has_one_meaning() {
    let mut page = Page::of("/A cs /B cs");
    let spaces = dictionary! {
        "A" => separation("Gold", "DeviceRGB"), "B" => separation("Gold", "DeviceGray"),
    };
    page.resources.set("ColorSpace", spaces);
    assert_eq!(page.clauses(), ["6.2.4.4"]);
    let names = |count| array(&vec!["Cyan".into(); count]);
    let device_n = |names| {
        array(&[
            "DeviceN".into(),
            names,
            "DeviceRGB".into(),
            Dictionary::new().into(),
        ])
    };
    let found = |names| {
        Page::of("/X cs")
            .with("ColorSpace", device_n(names))
            .clauses()
    };
    assert_eq!(found(names(32)), NONE);
    assert_eq!(found(names(33)), ["6.1.13"]);
    assert_eq!(found(array(&["Gold".into()])), ["6.2.4.4"]);
}

#[test]
fn profiles_are_what_their_stream_says() {
    let icc = |class, space, version| icc::read(&profile(class, space, version)).is_some();
    assert!(icc(b"mntr", b"RGB ", 4));
    assert!(!icc(b"mntr", b"RGB ", 5));
    assert!(!icc(b"mntr", b"HSV ", 2));
    let mut cut = profile(b"mntr", b"RGB ", 4);
    cut.pop();
    assert!(icc::read(&cut).is_none());
    let mut tagged = profile(b"mntr", b"RGB ", 4);
    tagged[131] = 1;
    assert!(icc::read(&tagged).is_none());
    // The stream says another number of components.
    assert_eq!(Page::of("").under(Some((b"RGB ", 4))).clauses(), ["6.2.3"]);
    assert_eq!(Page::of("").under(Some((b"Lab ", 3))).clauses(), ["6.2.3"]);
}

#[test]
fn graphics_states_hold_what_is_allowed() {
    let found = |state: Dictionary| Page::of("/X gs").with("ExtGState", state).clauses();
    assert_eq!(
        found(dictionary! { "TR2" => "Default", "RI" => "Perceptual", "BM" => "Screen" }),
        NONE
    );
    assert_eq!(found(dictionary! { "TR" => "Identity" }), ["6.2.5"]);
    assert_eq!(found(dictionary! { "TR2" => "Identity" }), ["6.2.5"]);
    assert_eq!(found(dictionary! { "HTP" => 1 }), ["6.2.5"]);
    assert_eq!(
        found(dictionary! { "HT" => dictionary! { "HalftoneType" => 6 } }),
        ["6.2.5"]
    );
    assert_eq!(
        found(dictionary! { "HT" => dictionary! { "HalftoneType" => 1 } }),
        NONE
    );
    assert_eq!(found(dictionary! { "RI" => "Vivid" }), ["6.2.6"]);
    assert_eq!(found(dictionary! { "BM" => "Sparkle" }), ["6.2.10"]);
    assert_eq!(Page::of("/Vivid ri").clauses(), ["6.2.6"]);
}

#[test]
fn transparency_needs_a_space_to_blend_in() {
    let state = dictionary! { "ca" => Object::Real(0.5) };
    let page = || Page::of("/X gs").with("ExtGState", state.clone());
    assert_eq!(page().clauses(), NONE);
    assert_eq!(page().under(None).clauses(), ["6.2.10"]);
    let mut grouped = page().under(None);
    let cal = array(&["CalRGB".into(), Dictionary::new().into()]);
    grouped.group = Some(dictionary! { "S" => "Transparency", "CS" => cal });
    assert_eq!(grouped.clauses(), NONE);
}

#[test]
fn images_and_forms_hold_what_is_allowed() {
    let found = |entries| Page::of("/X Do").with("XObject", image(entries)).clauses();
    assert_eq!(found(Dictionary::new()), NONE);
    assert_eq!(found(dictionary! { "Interpolate" => true }), ["6.2.8"]);
    assert_eq!(
        found(dictionary! { "Alternates" => Object::Array(vec![]) }),
        ["6.2.8"]
    );
    assert_eq!(found(dictionary! { "BitsPerComponent" => 12 }), ["6.2.8"]);
    assert_eq!(found(dictionary! { "Intent" => "Vivid" }), ["6.2.6"]);
    assert_eq!(found(dictionary! { "Subtype" => "PS" }), ["6.2.9.3"]);
    assert_eq!(
        found(dictionary! { "Subtype" => "Form", "Ref" => 1 }),
        ["6.2.9.2"]
    );
    assert_eq!(
        found(dictionary! { "Subtype" => "Form", "OPI" => 1 }),
        ["6.2.9.1"]
    );
    let lzw = "BI /W 1 /H 1 /BPC 8 /CS /G /F /LZW ID a EI";
    assert_eq!(Page::of(lzw).clauses(), ["6.1.10"]);
}

#[test]
fn operators_are_known_and_resources_are_there() {
    assert_eq!(Page::of("BX 1 2 sparkle EX").clauses(), ["6.2.2"]);
    assert_eq!(Page::of("/X Do").clauses(), ["6.2.2"]);
}

#[test]
fn layers_are_named_and_ordered() {
    let found = |configuration: Dictionary| {
        let mut document = Document::with_version("1.7");
        let layer = document.add_object(dictionary! { "Name" => Object::string_literal("a") });
        let properties = dictionary! { "OCGs" => vec![layer.into()], "D" => configuration };
        let catalog = document.add_object(dictionary! { "OCProperties" => properties });
        document.trailer.set("Root", catalog);
        clauses(&document)
    };
    let name = || Object::string_literal("all");
    assert_eq!(found(dictionary! { "Name" => name() }), NONE);
    assert_eq!(found(Dictionary::new()), ["6.9"]);
    assert_eq!(
        found(dictionary! { "Name" => name(), "AS" => Object::Array(vec![]) }),
        ["6.9"]
    );
    assert_eq!(
        found(dictionary! { "Name" => name(), "Order" => Object::Array(vec![]) }),
        ["6.9"]
    );
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8)
        .expect("boxes are short")
        .to_be_bytes();
    [length.as_slice(), kind, content].concat()
}

fn jp2(components: u8, bits: u8, colours: &[&[u8]]) -> Vec<u8> {
    let header = [0, 0, 0, 1, 0, 0, 0, 1, 0, components, bits, 7, 0, 0];
    let mut inside = boxed(b"ihdr", &header);
    for colour in colours {
        inside.extend(boxed(b"colr", colour));
    }
    [
        b"\0\0\0\x0CjP  \r\n\x87\n".to_vec(),
        boxed(b"jp2h", &inside),
    ]
    .concat()
}

#[test]
fn jpeg_2000_has_one_colour_specification_that_is_allowed() {
    let faults =
        |data: &[u8], has_space| jpeg2000::read(data).map(|header| header.faults(has_space).len());
    let srgb: &[u8] = &[1, 0, 0, 0, 0, 0, 16];
    let exact: &[u8] = &[1, 0, 1, 0, 0, 0, 16];
    let jab: &[u8] = &[1, 0, 0, 0, 0, 0, 19];
    assert_eq!(faults(&jp2(3, 7, &[srgb]), false), Some(0));
    assert_eq!(faults(&jp2(2, 7, &[srgb]), false), Some(1));
    assert_eq!(faults(&jp2(3, 255, &[srgb]), false), Some(1));
    assert_eq!(faults(&jp2(3, 7, &[srgb, srgb]), false), Some(1));
    assert_eq!(faults(&jp2(3, 7, &[srgb, exact]), false), Some(0));
    assert_eq!(faults(&jp2(3, 7, &[jab]), false), Some(1));
    assert_eq!(faults(&jp2(3, 7, &[jab]), true), Some(0));
    assert_eq!(faults(b"\xFF\x4F\xFF\x51", false), None);
}

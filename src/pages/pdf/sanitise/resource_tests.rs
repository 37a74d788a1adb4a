//! Colours, graphics states, images, forms and fonts: each copied by its list, or refused.

use lopdf::{Dictionary, Object, Stream, dictionary};

use super::test_support::{Source, content, keys, merged, rectangle, resource};
use crate::pdf_object::{dictionary, value};

fn name(name: &str) -> Object {
    Object::Name(name.as_bytes().to_vec())
}

fn with(category: &str, resource: impl Into<Object>, content: &str) -> Source {
    let mut source = Source::new(content, Dictionary::new());
    let resource = source.add(resource.into());
    source.with(
        "Resources",
        dictionary! { category => dictionary! { "R" => resource } },
    )
}

fn tint(components: usize) -> Object {
    dictionary! {
        "FunctionType" => 2, "Domain" => vec![0.into(), 1.into()], "N" => 1,
        "C0" => vec![Object::Integer(0); components], "C1" => vec![Object::Integer(1); components],
        "Evil" => 1,
    }
    .into()
}

#[test]
fn colour_spaces_without_cmyk_are_copied() {
    let gray = || name("DeviceGray");
    let table = Object::string_literal("ab");
    for space in [
        name("DeviceRGB"),
        vec![name("DeviceRGB")].into(),
        vec![
            name("CalRGB"),
            dictionary! { "WhitePoint" => vec![1.into()] }.into(),
        ]
        .into(),
        vec![name("Indexed"), gray(), 1.into(), table.clone()].into(),
        vec![name("Separation"), name("Red"), gray(), tint(1)].into(),
        vec![name("Pattern"), gray()].into(),
    ] {
        let copy = with("ColorSpace", space.clone(), "/R cs").copied();
        let written = format!("{:?}", resource(&copy, "ColorSpace", "R"));
        assert!(!written.contains("Evil"), "{written}");
    }
    let cmyk = || name("DeviceCMYK");
    let spot: Object = vec![name("DeviceN"), vec![name("Red")].into(), gray(), tint(1)].into();
    for (space, why) in [
        (cmyk(), "DeviceCMYK colour"),
        (
            vec![name("Indexed"), cmyk(), 1.into(), table].into(),
            "DeviceCMYK colour",
        ),
        (
            vec![name("Separation"), name("Red"), cmyk(), tint(4)].into(),
            "DeviceCMYK colour",
        ),
        (vec![name("Pattern"), cmyk()].into(), "DeviceCMYK colour"),
        (spot, "DeviceN without its colorants"),
        (name("Unheard"), "an unknown colour space"),
    ] {
        assert_eq!(with("ColorSpace", space, "/R cs").obstacle(), why);
    }
}

#[test]
fn profiles_are_looked_at_and_alternates_dropped() {
    let profile = crate::pdfa::SRGB_PROFILE;
    let space = |components: i64, data: &[u8]| {
        let mut source = Source::new("/R cs", Dictionary::new());
        let stream =
            dictionary! { "N" => components, "Alternate" => "DeviceCMYK", "Metadata" => 1 };
        let stream = source.add(Stream::new(stream, data.to_vec()));
        let space: Object = vec![name("ICCBased"), stream.into()].into();
        source.with(
            "Resources",
            dictionary! { "ColorSpace" => dictionary! { "R" => space } },
        )
    };
    let copy = space(3, profile).copied();
    let items = resource(&copy, "ColorSpace", "R")
        .as_array()
        .expect("a space");
    let stream = copy
        .dereference(items.get(1).expect("a profile"))
        .expect("a profile")
        .1;
    assert_eq!(
        keys(&stream.as_stream().expect("a stream").dict),
        ["Filter", "Length", "N"]
    );
    assert_eq!(space(4, profile).obstacle(), "an invalid ICC profile");
    assert_eq!(
        space(3, &profile[..100]).obstacle(),
        "an invalid ICC profile"
    );
    let mut newer = profile.to_vec();
    newer[8] = 5;
    assert_eq!(space(3, &newer).obstacle(), "an invalid ICC profile");
}

#[test]
fn a_colorant_has_one_meaning() {
    let separation = |components| -> Object {
        let alternate = if components == 1 {
            "DeviceGray"
        } else {
            "DeviceRGB"
        };
        vec![
            name("Separation"),
            name("Red"),
            name(alternate),
            tint(components),
        ]
        .into()
    };
    let two = |one, other| {
        let spaces = dictionary! { "A" => separation(one), "B" => separation(other) };
        Source::new("/A cs /B CS", dictionary! { "ColorSpace" => spaces })
    };
    two(3, 3).copied();
    assert_eq!(two(1, 3).obstacle(), "a colorant with two meanings");
}

#[test]
fn graphics_states_lose_what_steers_printing_plates() {
    let state = dictionary! {
        "Type" => "ExtGState", "ca" => 0.5, "OPM" => 1, "TR2" => "Default", "HT" => dictionary! {}, "BG" => 1, "UCR" => 1,
        "RI" => "Odd", "BM" => vec![name("Odd"), name("Multiply")], "SMask" => "None",
    };
    let copy = with("ExtGState", state, "/R gs").copied();
    let state = resource(&copy, "ExtGState", "R")
        .as_dict()
        .expect("a state");
    assert_eq!(keys(state), ["BM", "SMask", "ca"]);
    assert_eq!(
        state.get(b"BM").and_then(Object::as_name).expect("a mode"),
        b"Multiply"
    );
    for (state, why) in [
        (dictionary! { "TR" => tint(1) }, "a transfer function"),
        (dictionary! { "BM" => "Odd" }, "an unknown blend mode"),
        (dictionary! { "SMask" => "Odd" }, "an unknown soft mask"),
    ] {
        assert_eq!(with("ExtGState", state, "/R gs").obstacle(), why);
    }
}

fn image(entries: Dictionary) -> Stream {
    let all = dictionary! {
        "Subtype" => "Image", "Width" => 1, "Height" => 1, "BitsPerComponent" => 8, "ColorSpace" => "DeviceGray",
    };
    let all = merged(all, &entries);
    Stream::new(all, b"a".to_vec())
}

#[test]
fn images_keep_their_bytes_and_masks_only() {
    let coded = vec![name("ASCIIHexDecode"), name("DCTDecode")];
    let mut picture = image(dictionary! {
        "Filter" => coded, "Interpolate" => true, "Alternates" => 1, "OPI" => 1, "Metadata" => 1, "Intent" => "Odd",
        "SohoaSpared" => 1,
    });
    picture.content = b"FFD8FFD9>".to_vec();
    let copy = with("XObject", picture, "/R Do").copied();
    let picture = resource(&copy, "XObject", "R")
        .as_stream()
        .expect("an image");
    assert_eq!(picture.content, b"\xFF\xD8\xFF\xD9");
    let left = [
        "BitsPerComponent",
        "ColorSpace",
        "Filter",
        "Height",
        "Length",
        "Subtype",
        "Type",
        "Width",
    ];
    assert_eq!(keys(&picture.dict), left);
    assert_eq!(
        value(&copy, &picture.dict, b"Filter"),
        Some(&name("DCTDecode"))
    );

    let mut source = Source::new("/R Do", Dictionary::new());
    let mask = source.add(image(
        dictionary! { "Interpolate" => true, "Matte" => vec![0.into()] },
    ));
    let picture = source.add(image(dictionary! { "SMask" => mask }));
    let copy = source
        .with(
            "Resources",
            dictionary! { "XObject" => dictionary! { "R" => picture } },
        )
        .copied();
    let picture = resource(&copy, "XObject", "R")
        .as_stream()
        .expect("an image");
    let mask = dictionary(&copy, &picture.dict, b"SMask").expect("a mask");
    assert!(mask.has(b"Matte") && !mask.has(b"Interpolate"));

    for (entries, why) in [
        (
            dictionary! { "ColorSpace" => "DeviceCMYK" },
            "DeviceCMYK colour",
        ),
        (
            dictionary! { "OC" => dictionary! { "Type" => "OCG" } },
            "optional content",
        ),
        (dictionary! { "Filter" => "JPXDecode" }, "a JPEG 2000 image"),
        (
            dictionary! { "F" => Object::string_literal("x") },
            "a stream in another file",
        ),
        (
            dictionary! { "Subtype" => "PS" },
            "an unknown external object",
        ),
    ] {
        assert_eq!(with("XObject", image(entries), "/R Do").obstacle(), why);
    }
}

fn form(entries: Dictionary, content: &str) -> Stream {
    let all = dictionary! { "Subtype" => "Form", "BBox" => rectangle([0, 0, 1, 1]) };
    let all = merged(all, &entries);
    Stream::new(all, content.as_bytes().to_vec())
}

#[test]
fn forms_have_their_own_resources() {
    let mut source = Source::new("/F Do", Dictionary::new());
    let bare = source.add(form(
        dictionary! { "PieceInfo" => 1, "StructParent" => 1 },
        "/A cs",
    ));
    let spaces = dictionary! { "A" => vec![name("DeviceRGB")], "B" => "DeviceCMYK" };
    let resources =
        dictionary! { "XObject" => dictionary! { "F" => bare }, "ColorSpace" => spaces };
    let copy = source.with("Resources", resources).copied();
    let bare = resource(&copy, "XObject", "F").as_stream().expect("a form");
    assert_eq!(
        keys(&bare.dict),
        ["BBox", "Filter", "Length", "Resources", "Subtype", "Type"]
    );
    let own = dictionary(&copy, &bare.dict, b"Resources").expect("resources");
    assert!(dictionary(&copy, own, b"ColorSpace").is_some_and(|spaces| spaces.has(b"A")));

    let cmyk = dictionary! { "S" => "Transparency", "CS" => "DeviceCMYK" };
    for (entries, content, why) in [
        (
            dictionary! { "Ref" => dictionary! {} },
            "",
            "a form that stands for something else",
        ),
        (
            dictionary! { "OC" => dictionary! {} },
            "",
            "optional content",
        ),
        (dictionary! { "Group" => cmyk }, "", "DeviceCMYK colour"),
        (dictionary! {}, "0 0 0 1 k", "DeviceCMYK colour"),
        (dictionary! {}, "/R Do", "an object that contains itself"),
    ] {
        assert_eq!(
            with("XObject", form(entries, content), "/R Do").obstacle(),
            why
        );
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let mut source = Source::new("/F Do", Dictionary::new());
        let mut inner = source.add(form(dictionary! { "Resources" => dictionary! {} }, "n"));
        for _ in 1..levels {
            let resources = dictionary! { "XObject" => dictionary! { "F" => inner } };
            inner = source.add(form(dictionary! { "Resources" => resources }, "/F Do"));
        }
        source.with(
            "Resources",
            dictionary! { "XObject" => dictionary! { "F" => inner } },
        )
    };
    nested(20).copied();
    assert_eq!(nested(2000).obstacle(), "objects nested too deeply");
}

fn font(entries: Dictionary, descriptor: Dictionary) -> Dictionary {
    let mut all =
        dictionary! { "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "F", "Name" => "F" };
    if !descriptor.is_empty() {
        all.set("FontDescriptor", descriptor);
    }
    merged(all, &entries)
}

#[test]
fn visible_text_needs_its_font() {
    let outside = || font(Dictionary::new(), Dictionary::new());
    let shown = "BT /R 1 Tf (a) Tj ET";
    assert_eq!(
        with("Font", outside(), shown).obstacle(),
        "a font that is not embedded"
    );
    let mixed = "BT /R 1 Tf 3 Tr (a) Tj ET q BT 0 Tr (b) Tj ET Q";
    assert_eq!(
        with("Font", outside(), mixed).obstacle(),
        "a font that is not embedded"
    );
    let hidden = "q BT 0 Tr ET Q BT 3 Tr /R 1 Tf (a) Tj [(b) 1] TJ ET";
    let copy = with("Font", outside(), hidden).copied();
    assert_eq!(content(&copy).trim(), hidden);
    assert!(
        !resource(&copy, "Font", "R")
            .as_dict()
            .expect("a font")
            .has(b"Name")
    );
}

#[test]
fn fonts_keep_what_draws_them() {
    let mut source = Source::new("BT /R 1 Tf (aa) Tj ET", Dictionary::new());
    let program = source.add(Stream::new(
        dictionary! { "Length1" => 3, "Metadata" => 1 },
        b"ttf".to_vec(),
    ));
    let descriptor = dictionary! {
        "FontName" => name("F"), "Flags" => 4, "FontFile2" => program, "CIDSet" => 1, "CharSet" => 1, "Style" => dictionary! {},
    };
    let mut cid = font(
        dictionary! { "Subtype" => "CIDFontType2", "W" => vec![1.into(), vec![2.into()].into()] },
        descriptor,
    );
    cid.set("BaseFont", Object::Name(b"\xCB\xCE".to_vec()));
    let cid = source.add(cid);
    let whole = dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "F", "Encoding" => "Identity-H", "DescendantFonts" => vec![cid.into()],
    };
    let copy = source
        .with(
            "Resources",
            dictionary! { "Font" => dictionary! { "R" => whole } },
        )
        .copied();
    let whole = resource(&copy, "Font", "R").as_dict().expect("a font");
    let cid = value(&copy, whole, b"DescendantFonts").and_then(|all| all.as_array().ok());
    let cid = copy
        .dereference(cid.and_then(|all| all.first()).expect("one"))
        .expect("there")
        .1;
    let cid = cid.as_dict().expect("a font");
    assert_eq!(
        keys(cid),
        [
            "BaseFont",
            "CIDToGIDMap",
            "FontDescriptor",
            "Subtype",
            "Type",
            "W"
        ]
    );
    assert_eq!(value(&copy, cid, b"CIDToGIDMap"), Some(&name("Identity")));
    assert_eq!(value(&copy, cid, b"BaseFont"), Some(&name("xCBxCE")));
    let descriptor = dictionary(&copy, cid, b"FontDescriptor").expect("a descriptor");
    assert_eq!(keys(descriptor), ["Flags", "FontFile2", "FontName"]);
}

#[test]
fn glyphs_of_type_3_are_content() {
    let glyphs = |content: &str| {
        let mut source = Source::new("BT /R 1 Tf (a) Tj ET", Dictionary::new());
        let glyph = source.add(Stream::new(Dictionary::new(), content.as_bytes().to_vec()));
        let font = dictionary! { "Type" => "Font", "Subtype" => "Type3", "CharProcs" => dictionary! { "a" => glyph } };
        let font = source.add(font);
        source.with(
            "Resources",
            dictionary! { "Font" => dictionary! { "R" => font } },
        )
    };
    let copy = glyphs("1 0 0 0 1 1 d1 0 0 1 1 re f").copied();
    let font = resource(&copy, "Font", "R").as_dict().expect("a font");
    assert_eq!(keys(font), ["CharProcs", "Resources", "Subtype", "Type"]);
    assert_eq!(glyphs("1 0 d0 0 0 0 1 k").obstacle(), "DeviceCMYK colour");
    assert_eq!(
        glyphs("1 0 d0 BT /R 1 Tf ET").obstacle(),
        "an object that contains itself"
    );
}

#[test]
fn patterns_and_shadings_are_copied_by_their_lists() {
    let shading = |space: &str| {
        dictionary! {
            "ShadingType" => 2, "ColorSpace" => name(space), "Coords" => rectangle([0, 0, 1, 1]),
            "Function" => tint(3), "Evil" => 1,
        }
    };
    let copy = with("Shading", shading("DeviceRGB"), "/R sh").copied();
    let kept = resource(&copy, "Shading", "R")
        .as_dict()
        .expect("a shading");
    assert_eq!(
        keys(kept),
        ["ColorSpace", "Coords", "Function", "ShadingType"]
    );
    assert_eq!(
        with("Shading", shading("DeviceCMYK"), "/R sh").obstacle(),
        "DeviceCMYK colour"
    );
    let shaded = dictionary! { "PatternType" => 2, "Shading" => shading("DeviceRGB"), "Evil" => 1 };
    let copy = with("Pattern", shaded, "/Pattern cs /R scn").copied();
    let kept = resource(&copy, "Pattern", "R")
        .as_dict()
        .expect("a pattern");
    assert_eq!(keys(kept), ["PatternType", "Shading"]);
    let tile = |content: &str| {
        Stream::new(
            dictionary! { "PatternType" => 1, "XStep" => 1 },
            content.as_bytes().to_vec(),
        )
    };
    let copy = with("Pattern", tile("n"), "/Pattern cs /R scn").copied();
    let kept = resource(&copy, "Pattern", "R")
        .as_stream()
        .expect("a pattern");
    assert!(kept.dict.has(b"Resources"));
    assert_eq!(
        with("Pattern", tile("0 0 0 1 k"), "/Pattern cs /R scn").obstacle(),
        "DeviceCMYK colour"
    );
}

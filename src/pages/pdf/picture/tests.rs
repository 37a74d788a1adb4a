//! Kinds of images that PDFs hold, each as one page.

use jpeg_encoder::ColorType;
use lopdf::{Document, Object, Stream, dictionary};

use crate::pages::ccitt;
use crate::pages::pdf::tests::{Sample, image, save, scan};
use crate::pages::test_support::{jpeg, only_page};
use crate::pages::{Beyond, ImageEncoding, PageError, PageFault, PageImage};
use crate::record::PageTreatment;

/// 16 × 3 pixels, 1 is white.
const ROWS: [u8; 6] = [0xF0, 0x0F, 0x00, 0xFF, 0xAA, 0x81];

fn segment(number: u8, kind: u8, page: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("small").to_be_bytes();
    [&[0, 0, 0, number, kind, 0, page], length.as_slice(), data].concat()
}

/// A JBIG2 page of one generic region in fax code (ITU-T T.88 §7.4.6, §7.4.8).
fn jbig2(width: u32, height: u32) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let information = [size.as_slice(), &[0; 11]].concat();
    let fax = ccitt::encode_g4(&ROWS, 16, 3);
    let region = [size.as_slice(), &[0; 9], &[1], &fax].concat();
    [segment(1, 48, 1, &information), segment(2, 39, 1, &region)].concat()
}

fn grey(page: &PageImage) -> Vec<u8> {
    page.to_grey().expect("own pixels")
}

fn shown(rows: &[u8]) -> Vec<u8> {
    rows.iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .map(|bit| bit.wrapping_neg())
        .collect()
}

fn fault(sample: Sample) -> PageFault {
    match sample.page() {
        Err(PageError::Page { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

fn is_masked(sample: Sample) -> bool {
    matches!(fault(sample), PageFault::NotImageOnly(Beyond::Mask))
}

/// A page whose image has an entry that refers to another stream.
fn with_stream(
    mut image: Stream,
    stream: Stream,
    entry: impl Fn(Object) -> (&'static str, Object),
) -> Result<PageImage, PageError> {
    let mut document = Document::with_version("1.7");
    // The sample's own objects begin at 1; this one is put far behind them.
    let id = (900, 0);
    document.objects.insert(id, Object::Stream(stream.clone()));
    let (key, value) = entry(Object::Reference(id));
    image.dict.set(key, value);
    let mut document = scan().image(image).document();
    document.objects.insert(id, Object::Stream(stream));
    document.max_id = 900;
    only_page(&save(document))
}

#[test]
fn jbig2_keeps_its_bytes_and_is_read_for_recognition() {
    let data = jbig2(16, 3);
    let plain = image("JBIG2Decode", (16, 3), "DeviceGray", 1, data.clone());
    let page = scan().image(plain.clone()).page().expect("a scan");
    assert_eq!(page.encoding, ImageEncoding::Jbig2);
    assert_eq!(page.treatment, PageTreatment::PassedThrough);
    assert_eq!(page.data, data);
    assert_eq!(grey(&page), shown(&ROWS));

    let mut inverted = plain;
    inverted.dict.set("Decode", vec![1.into(), 0.into()]);
    let page = scan().image(inverted).page().expect("a scan");
    assert_eq!(page.encoding, ImageEncoding::CcittG4 { black_is_1: false });
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    assert_eq!(grey(&page), shown(&ROWS.map(|byte| !byte)));
}

#[test]
fn shared_jbig2_segments_become_the_pages_own() {
    // An extension segment stands in for a dictionary: it is passed over by decoders.
    let shared = segment(0, 62, 0, &[0x20, 0, 0, 0, 0, 0]);
    let plain = image("JBIG2Decode", (16, 3), "DeviceGray", 1, jbig2(16, 3));
    let page = with_stream(
        plain,
        Stream::new(dictionary! {}, shared).with_compression(false),
        |shared| {
            (
                "DecodeParms",
                dictionary! { "JBIG2Globals" => shared }.into(),
            )
        },
    )
    .expect("a scan");
    let own = segment(0, 62, 1, &[0x20, 0, 0, 0, 0, 0]);
    assert_eq!(page.data, [own, jbig2(16, 3)].concat());
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    assert!(page.treatment_reason.contains("coded data unchanged"));
    assert_eq!(grey(&page), shown(&ROWS));
}

#[test]
fn jbig2_of_other_sizes_is_refused_before_it_is_decoded() {
    let take = |size: (i64, i64), data: Vec<u8>| {
        fault(scan().image(image("JBIG2Decode", size, "DeviceGray", 1, data)))
    };
    assert!(matches!(take((16, 4), jbig2(16, 3)), PageFault::Damaged(_)));
    assert!(matches!(take((16, 3), jbig2(16, 4)), PageFault::Damaged(_)));
    let huge = [jbig2(16, 3), segment(3, 39, 1, &[0xFF; 20])].concat();
    assert!(matches!(take((16, 3), huge), PageFault::TooLarge { .. }));
    for end in 0..jbig2(16, 3).len() - 4 {
        let mut cut = jbig2(16, 3);
        cut.truncate(end);
        let page = scan()
            .image(image("JBIG2Decode", (16, 3), "DeviceGray", 1, cut))
            .page();
        assert!(page.is_err(), "cut at {end}");
    }
}

#[test]
fn a_stencil_painted_black_is_a_page_of_two_tones() {
    let mut stencil = image(
        "CCITTFaxDecode",
        (16, 3),
        "DeviceGray",
        1,
        ccitt::encode_g4(&ROWS, 16, 3),
    );
    stencil.dict.remove(b"ColorSpace");
    stencil.dict.set("ImageMask", true);
    stencil
        .dict
        .set("DecodeParms", dictionary! { "K" => -1, "Columns" => 16 });
    for content in [
        "/I Do",
        "0 g /I Do",
        "0 0 0 rg /I Do",
        "/DeviceCMYK cs 0 0 0 1 sc /I Do",
    ] {
        let page = scan()
            .content(content)
            .image(stencil.clone())
            .page()
            .expect("a scan");
        assert_eq!(page.treatment, PageTreatment::PassedThrough, "{content}");
        assert_eq!(grey(&page), shown(&ROWS), "{content}");
    }
    let mut inverted = stencil.clone();
    inverted.dict.set("Decode", vec![1.into(), 0.into()]);
    let page = scan().image(inverted).page().expect("a scan");
    assert_eq!(grey(&page), shown(&ROWS.map(|byte| !byte)));
    for content in [
        "1 0 0 rg /I Do",
        "q 1 g Q 0.5 g /I Do",
        "/P cs /I Do",
        "1 g /I Do",
    ] {
        assert!(
            is_masked(scan().content(content).image(stencil.clone())),
            "{content}"
        );
    }
}

#[test]
fn a_colour_key_that_hits_no_pixel_masks_nothing() {
    let keyed = |least: i64, most: i64| {
        let mut keyed = image("", (2, 1), "DeviceGray", 8, vec![7, 9]);
        keyed.dict.set("Mask", vec![least.into(), most.into()]);
        scan().image(keyed)
    };
    assert_eq!(grey(&keyed(10, 255).page().expect("a scan")), [7, 9]);
    assert_eq!(grey(&keyed(8, 8).page().expect("a scan")), [7, 9]);
    assert!(is_masked(keyed(9, 20)));
    assert!(is_masked(keyed(0, 7)));
    let mut lossy = scan().image;
    lossy.dict.set("Mask", vec![Object::Integer(250); 6]);
    assert!(is_masked(scan().image(lossy)));
}

#[test]
fn flate_streams_of_plain_samples_keep_their_bytes() {
    let samples = [0u8, 60, 120, 255];
    let mut plain = image("", (2, 2), "DeviceGray", 8, samples.to_vec());
    plain.allows_compression = true;
    plain.dict.set("Filter", "FlateDecode");
    let mut coder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut coder, &samples).expect("a vector");
    plain.set_content(coder.finish().expect("a vector"));
    let page = scan().image(plain.clone()).page().expect("a scan");
    assert_eq!(page.data, plain.content);
    assert_eq!(page.treatment, PageTreatment::PassedThrough);
    assert_eq!(grey(&page), samples);
    let mut wrapped = plain.clone();
    let hex: String = plain
        .content
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    wrapped.set_content(hex.into_bytes());
    wrapped.dict.set(
        "Filter",
        vec!["ASCIIHexDecode".into(), "FlateDecode".into()],
    );
    let page = scan().image(wrapped).page().expect("a scan");
    assert_eq!(page.data, plain.content);
    let mut inverted = plain.clone();
    inverted.dict.set("Decode", vec![1.into(), 0.into()]);
    let page = scan().image(inverted).page().expect("a scan");
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    assert_eq!(grey(&page), samples.map(|level| 255 - level));
    plain.content.truncate(plain.content.len() - 5);
    assert!(scan().image(plain).page().is_err(), "cut");
}

#[test]
fn tiff_predictors_are_undone() {
    let mut predicted = image("", (3, 1), "DeviceGray", 8, vec![]);
    predicted.dict.set("Filter", "LZWDecode");
    predicted.dict.set(
        "DecodeParms",
        dictionary! { "Predictor" => 2, "Columns" => 3, "Colors" => 1 },
    );
    let coded = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(&[10, 5, 251])
        .expect("a vector");
    predicted.set_content(coded);
    let page = scan().image(predicted).page().expect("a scan");
    assert_eq!(grey(&page), [10, 15, 10]);
}

#[test]
fn one_black_ink_is_grey_turned_round() {
    let ink = |full: Vec<Object>, name: &str| -> Object {
        let none: Vec<Object> = full.iter().map(|_| Object::Integer(0)).collect();
        vec![
            "Separation".into(),
            Object::Name(name.as_bytes().to_vec()),
            "DeviceCMYK".into(),
            dictionary! {
                "FunctionType" => 2, "N" => 1, "Domain" => vec![0.into(), 1.into()],
                "C0" => none, "C1" => full,
            }
            .into(),
        ]
        .into()
    };
    let black = ink(vec![0.into(), 0.into(), 0.into(), 1.into()], "Black");
    let mut raw = image("", (2, 1), "DeviceGray", 8, vec![0, 200]);
    raw.dict.set("ColorSpace", black.clone());
    assert_eq!(
        grey(&scan().image(raw.clone()).page().expect("a scan")),
        [255, 55]
    );
    raw.dict.set("Decode", vec![1.into(), 0.into()]);
    assert_eq!(
        grey(&scan().image(raw.clone()).page().expect("a scan")),
        [0, 200]
    );

    let mut coded = image(
        "DCTDecode",
        (124, 175),
        "DeviceGray",
        8,
        jpeg(124, 175, ColorType::Luma, false, 0),
    );
    let upright = grey(&scan().image(coded.clone()).page().expect("a scan"));
    coded.dict.set("ColorSpace", black);
    let turned = scan().image(coded.clone()).page().expect("a scan");
    assert_eq!(turned.treatment, PageTreatment::Converted);
    let apart = upright
        .iter()
        .zip(grey(&turned))
        .map(|(one, other)| (255 - one).abs_diff(other));
    assert!(apart.max() < Some(30));

    raw.dict.set(
        "ColorSpace",
        ink(vec![0.into(), 1.into(), 1.into(), 0.into()], "Red"),
    );
    let red = scan().image(raw).page().expect("a scan");
    assert!(matches!(
        red.encoding,
        ImageEncoding::Flate { components: 3, .. }
    ));
}

#[test]
fn lab_and_wide_samples_are_converted() {
    let mut lab = image("", (2, 1), "DeviceRGB", 8, vec![255, 128, 128, 0, 128, 128]);
    let space = dictionary! { "WhitePoint" => vec![0.9505.into(), 1.into(), 1.089.into()] };
    lab.dict.set("ColorSpace", vec!["Lab".into(), space.into()]);
    let page = scan().image(lab).page().expect("a scan");
    assert_eq!(page.treatment, PageTreatment::Converted);
    let levels = grey(&page);
    assert!(levels[0] > 252 && levels[1] < 3, "{levels:?}");

    let wide = image("", (2, 1), "DeviceGray", 16, vec![0x12, 0x34, 0xFF, 0xFF]);
    let page = scan().image(wide).page().expect("a scan");
    assert_eq!(grey(&page), [0x12, 0xFF]);
}

#[test]
fn inverted_rgb_and_inked_jpegs_come_out_right() {
    let pairs = |count: usize| {
        Object::Array(
            (0..2 * count)
                .map(|at| Object::from(i64::from(at % 2 == 0)))
                .collect(),
        )
    };
    let levels = |image: Stream| grey(&scan().image(image).page().expect("a scan"));
    let near = |one: &[u8], other: &[u8]| {
        let sum: f64 = one
            .iter()
            .zip(other)
            .map(|(a, b)| f64::from(a.abs_diff(*b)))
            .sum();
        assert_eq!(one.len(), other.len());
        sum / f64::from(u32::try_from(one.len()).expect("small"))
    };
    // Once as YCbCr, once with Adobe's marker that says RGB.
    let ycc = scan().image;
    let mut rgb = ycc.clone();
    let mut data = jpeg(124, 175, ColorType::Rgb, false, 0);
    data.splice(2..2, *b"\xFF\xEE\x00\x0EAdobe\x00\x64\0\0\0\0\0");
    let app0 = data
        .windows(2)
        .position(|marker| marker == [0xFF, 0xE0])
        .expect("JFIF");
    data.drain(app0..app0 + 18);
    rgb.set_content(data);
    for plain in [ycc, rgb] {
        let upright = levels(plain.clone());
        let mut inverted = plain;
        inverted.dict.set("Decode", pairs(3));
        let turned: Vec<u8> = levels(inverted).iter().map(|level| 255 - level).collect();
        assert!(near(&upright, &turned) < 4.0);
    }
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let data = jpeg(124, 175, kind, false, 0);
        let mut inked = image("DCTDecode", (124, 175), "DeviceCMYK", 8, data);
        let upright = levels(inked.clone());
        inked.dict.set("Decode", pairs(4));
        assert!(near(&upright, &levels(inked)) > 30.0, "{kind:?}");
    }
}

#[test]
fn an_inline_image_is_taken_as_one_of_its_own() {
    for content in [
        "q 595 0 0 842 0 0 cm BI /W 2 /H 1 /BPC 8 /CS /G ID ab EI Q",
        "q 595 0 0 842 0 0 cm BI /W 2 /H 1 /BPC 8 /CS /G /F [/AHx] ID 6162> EI Q",
        "(BI) pop",
    ] {
        let page = scan().content(content).page();
        if content.starts_with('(') {
            assert!(page.is_err(), "an operator that does not exist");
            continue;
        }
        assert_eq!(grey(&page.expect("a scan")), *b"ab", "{content}");
    }
    for broken in [
        "BI /W 2 /H 1 /BPC 8 /CS /G ID a",
        "BI /W 2 /H 1 /BPC 8 /CS /G /F /DCT ID a EI",
        "BI /W 2 /CS /X ID ab EI",
    ] {
        assert!(scan().content(broken).page().is_err(), "{broken}");
    }
}

#[test]
fn bands_edge_to_edge_are_put_together_and_others_are_not() {
    let bands = "q 100 0 0 50 0 0 cm BI /W 2 /H 1 /BPC 8 /CS /G ID cd EI Q \
                 q 100 0 0 50 0 50 cm BI /W 2 /H 1 /BPC 8 /CS /G ID ab EI Q";
    let page = scan().content(bands).page().expect("a scan");
    assert_eq!((page.width_px, page.height_px), (2, 2));
    assert_eq!(grey(&page), *b"abcd");
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    let placement = page.placement.expect("a PDF page");
    assert_eq!(placement.matrix, [100.0, 0.0, 0.0, 100.0, 0.0, 0.0]);
    let apart = "q 100 0 0 50 0 0 cm BI /W 2 /H 1 /BPC 8 /CS /G ID cd EI Q \
                 q 100 0 0 50 0 90 cm BI /W 2 /H 1 /BPC 8 /CS /G ID ab EI Q";
    assert!(matches!(
        fault(scan().content(apart)),
        PageFault::NotImageOnly(Beyond::SeveralImages)
    ));
}

#[test]
fn what_leaves_no_mark_refuses_no_page() {
    for content in [
        "1 g 0 0 595 842 re f q 595 0 0 842 0 0 cm /I Do Q",
        "0 0 m 595 0 l 595 842 l 0 842 l h W n q 595 0 0 842 0 0 cm /I Do Q",
        "q 595 0 0 842 0 0 cm /I Do Q BT () Tj [() 3] TJ ET",
    ] {
        let page = scan().content(content).page().expect("a scan");
        assert_eq!(page.treatment, PageTreatment::PassedThrough, "{content}");
    }
    for content in [
        "/I Do 1 g 0 0 10 10 re f",
        "0.9 g 0 0 10 10 re f /I Do",
        "0 0 m 50 0 l 50 50 l 0 50 l h W n 595 0 0 842 0 0 cm /I Do",
    ] {
        assert!(
            matches!(
                fault(scan().content(content)),
                PageFault::NotImageOnly(Beyond::Drawing)
            ),
            "{content}"
        );
    }
}

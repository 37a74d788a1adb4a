//! PDFs as scanners write them, and as they do not.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jpeg_encoder::ColorType;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use crate::config::Limits;
use crate::pages::ccitt;
use crate::pages::open;
use crate::pages::pdf::loaded::Loaded;
use crate::pages::stream::Bounds;
use crate::pages::test_support::{Files, jpeg, profile};
use crate::pages::{
    Beyond, ImageEncoding, PageError, PageFault, PageImage, PageWay, ResolutionSource,
};
use crate::record::{Explain, PageTreatment};

/// A PDF of one page with this content, image `I` and page entries.
pub(super) struct Sample {
    pub(super) content: &'static str,
    pub(super) image: Stream,
    page: Dictionary,
}

pub(super) fn image(
    filter: &str,
    size: (i64, i64),
    space: &str,
    bits: i64,
    data: Vec<u8>,
) -> Stream {
    let mut dictionary = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => size.0, "Height" => size.1,
        "ColorSpace" => Object::Name(space.as_bytes().to_vec()), "BitsPerComponent" => bits,
    };
    if !filter.is_empty() {
        dictionary.set("Filter", Object::Name(filter.as_bytes().to_vec()));
    }
    Stream::new(dictionary, data).with_compression(false)
}

pub(super) fn scan() -> Sample {
    Sample {
        content: "q 595 0 0 842 0 0 cm /I Do Q",
        image: image(
            "DCTDecode",
            (124, 175),
            "DeviceRGB",
            8,
            jpeg(124, 175, ColorType::Rgb, false, 0),
        ),
        page: Dictionary::new(),
    }
}

impl Sample {
    pub(super) fn content(mut self, content: &'static str) -> Self {
        self.content = content;
        self
    }

    pub(super) fn image(mut self, image: Stream) -> Self {
        self.image = image;
        self
    }

    pub(super) fn entry(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.page.set(key, value);
        self
    }

    pub(super) fn document(self) -> Document {
        let mut document = Document::with_version("1.7");
        let pages = document.new_object_id();
        let image = document.add_object(self.image);
        let form = document.add_object(Stream::new(
            dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 1.into(), 1.into()],
                "Resources" => dictionary! { "XObject" => dictionary! { "I" => image } } },
            b"/I Do".to_vec(),
        ));
        let content = document.add_object(Stream::new(
            Dictionary::new(),
            self.content.as_bytes().to_vec(),
        ));
        let mut page = dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "Resources" => dictionary! {
                "XObject" => dictionary! { "I" => image, "F" => form },
                "ExtGState" => dictionary! { "G" => dictionary! { "ca" => 0.5 } },
            },
        };
        page.extend(&self.page);
        let page = document.add_object(page);
        document.objects.insert(
            pages,
            Object::Dictionary(dictionary! {
                "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1,
                "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            }),
        );
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalog);
        document
    }

    fn bytes(self) -> Vec<u8> {
        save(self.document())
    }

    pub(super) fn page(self) -> Result<PageImage, PageError> {
        image_page(&self.bytes())
    }
}

/// The first page as the one image that it is; a fault of that way, where another would be gone.
fn image_page(bytes: &[u8]) -> Result<PageImage, PageError> {
    let (files, limits) = (Files::new(), Limits::default());
    let path = files.write(bytes);
    let length = bytes.len().try_into().unwrap_or(u64::MAX);
    let loaded = Loaded::read(&path, length, &limits)?;
    loaded
        .take(0, &Bounds::new(&limits))
        .map_err(|fault| fault.on_page(0))?;
    open(&path, 0, &profile(), &limits)?.page(0)
}

pub(super) fn save(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("a vector");
    bytes
}

fn beyond(sample: Sample) -> Beyond {
    match sample.page() {
        Err(PageError::Page {
            page: 0,
            fault: PageFault::NotImageOnly(beyond),
        }) => beyond,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_scanners_jpeg_comes_out_byte_for_byte_with_its_place() {
    let page = scan().page().expect("a scan");
    assert_eq!(page.data, jpeg(124, 175, ColorType::Rgb, false, 0));
    assert_eq!(page.treatment, PageTreatment::PassedThrough);
    let placement = page.placement.expect("a PDF page");
    assert_eq!(placement.page_size, (595.0, 842.0));
    assert_eq!(placement.matrix, [595.0, 0.0, 0.0, 842.0, 0.0, 0.0]);
    assert_eq!(page.resolution.source, ResolutionSource::File);
    assert!((page.resolution.x - 124.0 / 595.0 * 72.0).abs() < 1e-6);
}

#[test]
fn boxes_rotation_wrappers_and_clips_around_one_image_are_understood() {
    let page = scan()
        .content("q 0 0 595 842 re W n 2 0 0 2 0 0 cm q 297.5 0 0 421 0 0 cm /F Do Q Q")
        .entry("Rotate", -90)
        .entry(
            "CropBox",
            vec![10.into(), 20.into(), 595.into(), 900.into()],
        )
        .page()
        .expect("a scan");
    assert_eq!(page.rotation.degrees, 270);
    let placement = page.placement.expect("a PDF page");
    assert_eq!(placement.page_size, (585.0, 822.0));
    assert_eq!(placement.matrix, [595.0, 0.0, 0.0, 842.0, -10.0, -20.0]);
}

#[test]
fn invisible_text_is_left_out_and_said_so() {
    let page = scan()
        .content("q 595 0 0 842 0 0 cm /I Do Q BT 3 Tr /F1 12 Tf (ma so) Tj ET")
        .page()
        .expect("a scan");
    assert_eq!(page.treatment, PageTreatment::PassedThrough);
    assert_eq!(page.treatment_reason, "invisible text of the PDF left out");
}

#[test]
fn whatever_leaves_another_mark_is_named() {
    for (content, expected) in [
        ("/I Do BT (x) Tj ET", Beyond::Text),
        ("BT 3 Tr ET q BT 0 Tr (x) Tj ET Q", Beyond::Text),
        ("/I Do 0 0 10 10 re f", Beyond::Drawing),
        ("0 0 m 9 9 l S /I Do", Beyond::Drawing),
        (
            "q 0 0 100 100 re W n 595 0 0 842 0 0 cm /I Do Q",
            Beyond::Drawing,
        ),
        ("/I Do /I Do", Beyond::SeveralImages),
        ("/G gs /I Do", Beyond::Mask),
        ("/OC /L BDC /I Do EMC", Beyond::Layers),
    ] {
        assert_eq!(beyond(scan().content(content)), expected, "{content}");
    }
    let note = dictionary! { "Type" => "Annot", "Subtype" => "Stamp" };
    assert_eq!(
        beyond(scan().entry("Annots", vec![Object::Dictionary(note)])),
        Beyond::Annotations
    );
    for key in ["SMask", "Mask"] {
        let mut masked = scan().image;
        masked.dict.set(key, vec![0.into(), 0.into()]);
        assert_eq!(beyond(scan().image(masked)), Beyond::Mask);
    }
}

#[test]
fn forms_that_draw_forms_are_bounded() {
    let mut document = scan().content("/F Do").document();
    // The form draws itself a thousand times.
    let form = document
        .objects
        .iter()
        .find(|(_, object)| {
            object.as_stream().is_ok_and(|stream| {
                stream
                    .dict
                    .get(b"Subtype")
                    .and_then(Object::as_name)
                    .is_ok_and(|name| name == b"Form")
            })
        })
        .map(|(id, _)| *id)
        .expect("the form");
    let stream = document
        .get_object_mut(form)
        .and_then(Object::as_stream_mut)
        .expect("a stream");
    stream.set_content(b"/F Do ".repeat(1000));
    stream.dict.remove(b"Resources");
    let error = image_page(&save(document)).expect_err("no scan");
    assert_eq!(error.code(), "pages.not_image_only");
}

#[test]
fn links_leave_no_mark() {
    let link = dictionary! { "Type" => "Annot", "Subtype" => "Link" };
    scan()
        .entry("Annots", vec![Object::Dictionary(link)])
        .page()
        .expect("a scan");
}

#[test]
fn g4_keeps_its_bytes_and_its_colours() {
    let rows = [0xF0, 0x0F, 0xAA];
    let data = ccitt::encode_g4(&rows, 8, 3);
    let fax = |black_is_1: bool, decode: Option<[i64; 2]>| {
        let mut image = image("CCITTFaxDecode", (8, 3), "DeviceGray", 1, data.clone());
        image.dict.set(
            "DecodeParms",
            dictionary! { "K" => -1, "Columns" => 8, "BlackIs1" => black_is_1 },
        );
        if let Some(decode) = decode {
            image
                .dict
                .set("Decode", vec![decode[0].into(), decode[1].into()]);
        }
        let page = scan().image(image).page().expect("a scan");
        assert_eq!(page.data, data);
        assert_eq!(page.treatment, PageTreatment::PassedThrough);
        page.encoding
    };
    assert_eq!(
        fax(false, None),
        ImageEncoding::CcittG4 { black_is_1: false }
    );
    assert_eq!(fax(true, None), ImageEncoding::CcittG4 { black_is_1: true });
    assert_eq!(
        fax(false, Some([1, 0])),
        ImageEncoding::CcittG4 { black_is_1: true }
    );
    assert_eq!(
        fax(true, Some([1, 0])),
        ImageEncoding::CcittG4 { black_is_1: false }
    );
    let mut short = image("CCITTFaxDecode", (8, 4), "DeviceGray", 1, data.clone());
    short
        .dict
        .set("DecodeParms", dictionary! { "K" => -1, "Columns" => 8 });
    assert!(scan().image(short).page().is_err());
}

#[test]
fn raw_samples_filter_chains_and_palettes_are_taken() {
    let raw = image("", (2, 1), "DeviceGray", 8, vec![7, 9]);
    let page = scan().image(raw).page().expect("a scan");
    assert_eq!(
        page.encoding,
        ImageEncoding::Flate {
            components: 1,
            bits: 8
        }
    );
    assert_eq!(page.treatment, PageTreatment::Recompressed);
    let short = image("", (2, 2), "DeviceGray", 8, vec![7, 9]);
    assert!(scan().image(short).page().is_err());

    let mut wrapped = scan().image;
    wrapped
        .dict
        .set("Filter", vec!["ASCIIHexDecode".into(), "DCTDecode".into()]);
    let hex: String = wrapped
        .content
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    wrapped.set_content(hex.into_bytes());
    let page = scan().image(wrapped).page().expect("a scan");
    assert_eq!(page.data, scan().image.content);

    let mut indexed = image("", (2, 1), "DeviceGray", 1, vec![0b0100_0000]);
    let table = Object::string_literal(vec![255, 0, 0, 0, 0, 255]);
    indexed.dict.set(
        "ColorSpace",
        vec!["Indexed".into(), "DeviceRGB".into(), 1.into(), table],
    );
    let page = scan().image(indexed).page().expect("a scan");
    assert_eq!(
        page.encoding,
        ImageEncoding::Flate {
            components: 3,
            bits: 8
        }
    );
}

#[test]
fn cmyk_and_inverted_colours_are_converted() {
    let mut inverted = scan().image;
    inverted.dict.set(
        "Decode",
        vec![1.into(), 0.into(), 1.into(), 0.into(), 1.into(), 0.into()],
    );
    let page = scan().image(inverted).page().expect("a scan");
    assert_eq!(page.treatment, PageTreatment::Converted);
    let cmyk = image("", (1, 1), "DeviceCMYK", 8, vec![0, 0, 0, 0]);
    let page = scan().image(cmyk).page().expect("a scan");
    assert_eq!(page.treatment, PageTreatment::Converted);
    let wrong = image(
        "DCTDecode",
        (124, 175),
        "DeviceGray",
        8,
        scan().image.content,
    );
    assert!(scan().image(wrong).page().is_err());
}

#[test]
fn a_damaged_image_is_refused() {
    let mut cut = scan().image;
    cut.content.truncate(cut.content.len() / 2);
    let error = scan().image(cut).page().expect_err("half an image");
    assert!(matches!(
        error.code(),
        "pages.truncated" | "pages.page_damaged"
    ));
    for filter in ["JBIG2Decode", "JPXDecode"] {
        let other = image(filter, (8, 8), "DeviceGray", 8, vec![0; 10]);
        let error = scan().image(other).page().expect_err("no image");
        assert!(matches!(
            error.code(),
            "pages.truncated" | "pages.page_damaged"
        ));
    }
}

#[test]
fn a_page_without_content_is_a_blank_sheet() {
    let page = scan().content("q Q").page().expect("a blank sheet");
    assert_eq!((page.width_px, page.height_px), (1653, 2339));
    assert_eq!(page.encoding, ImageEncoding::CcittG4 { black_is_1: false });
    assert_eq!(page.treatment, PageTreatment::Converted);
    assert!((page.resolution.x - 200.0).abs() < 0.1);
}

#[test]
fn a_poster_keeps_its_image_and_a_large_blank_sheet_has_fewer_pixels() {
    let poster = scan().entry("UserUnit", 100).page().expect("a poster");
    assert_eq!(poster.treatment, PageTreatment::PassedThrough);
    let placement = poster.placement.expect("placed");
    assert_eq!(placement.page_size, (59_500.0, 84_200.0));
    assert_eq!(placement.matrix[3], 84_200.0);

    let blank = scan().content("").entry("UserUnit", 1000);
    let blank = blank.page().expect("a blank sheet");
    assert_eq!((blank.width_px, blank.height_px), (7067, 10_000));
}

#[test]
fn filter_names_cut_short_are_understood_everywhere() {
    let mut document = scan().document();
    for object in document.objects.values_mut() {
        if let Object::Stream(stream) = object
            && stream.dict.has_type(b"XObject")
            && stream.dict.get(b"Filter").is_ok()
        {
            stream.dict.set("Filter", vec![Object::from("DCT")]);
        }
    }
    let page = image_page(&save(document)).expect("a page");
    assert_eq!(page.treatment, PageTreatment::PassedThrough);

    // A stream of objects and the cross-reference stream that tells of it, both packed under the short name.
    let mut file = Vec::new();
    scan().document().save_modern(&mut file).expect("a vector");
    let find = |file: &[u8], word: &[u8]| file.windows(word.len()).rposition(|some| some == word);
    let objects = find(&file, b"/FlateDecode").expect("a stream of objects");
    file[objects..objects + 12].copy_from_slice(b"/Fl         ");
    let length = find(&file, b"/Length 56>>stream\n").expect("eight cross-references");
    let table = length + b"/Length 56>>stream\n".len();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed
        .write_all(&file[table..table + 56])
        .expect("a vector");
    let packed = packed.finish().expect("a vector");
    let head = format!("/Filter/Fl/Length {}>>stream\n", packed.len());
    file.splice(length..table + 56, [head.as_bytes(), &packed].concat());
    assert!(Document::load_mem(&file).is_err(), "lopdf reads it now");
    let page = image_page(&file).expect("a page");
    assert_eq!(page.treatment, PageTreatment::PassedThrough);
}

#[test]
fn protected_empty_and_miscounted_files_are_refused_by_name() {
    let code = |bytes: &[u8]| Files::new().open(bytes).err().map(|error| error.code());
    let mut miscounted = scan().document();
    let pages = miscounted
        .catalog()
        .and_then(|catalog| catalog.get(b"Pages")?.as_reference())
        .expect("pages");
    miscounted
        .get_dictionary_mut(pages)
        .expect("pages")
        .set("Count", 2);
    assert_eq!(code(&save(miscounted)), Some("pages.file_damaged"));

    let mut empty = scan().document();
    let pages = empty
        .catalog()
        .and_then(|catalog| catalog.get(b"Pages")?.as_reference())
        .expect("pages");
    empty
        .get_dictionary_mut(pages)
        .expect("pages")
        .set("Kids", Vec::<Object>::new());
    assert_eq!(code(&save(empty)), Some("pages.no_pages"));

    assert_eq!(code(b"%PDF-1.7\nnothing"), Some("pages.file_damaged"));
}

#[test]
fn cut_and_changed_files_never_panic() {
    let whole = scan()
        .image(image("", (2, 1), "DeviceGray", 8, vec![7, 9]))
        .bytes();
    let files = Files::new();
    let attempt = |data: &[u8]| {
        if let Ok(file) = files.open(data) {
            for n in 0..file.page_count() {
                let _ = file.page(n);
            }
        }
    };
    for end in (0..whole.len()).step_by(31) {
        attempt(&whole[..end]);
    }
    for at in (0..whole.len()).step_by(13) {
        for value in [b'9', 0xFF] {
            let mut changed = whole.clone();
            changed[at] = value;
            attempt(&changed);
        }
    }
}

#[test]
fn a_signed_file_is_opened_and_said_to_be_signed_but_never_kept() {
    let mut signed = scan().document();
    signed.add_object(dictionary! { "Type" => "Sig", "ByteRange" => vec![0.into()] });
    let file = Files::new().open(&save(signed)).expect("a scan");
    let summary = file.pdf().expect("a PDF");
    assert!(!summary.signatures.is_empty() && !summary.kept);
    assert_eq!(summary.ways, [PageWay::Image]);
}

//! Where the seeds of `fuzz/` come from: small files of invented content, one for each way through the program.
//!
//! Nothing of a corpus and nothing of a person is in them. They lie in the repository, so that a seed stays
//! what it was when a library that made it changes.

use std::fs;
use std::io::Write;
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use lopdf::{Document, Object, Stream, dictionary};

use crate::office::tiff_of;

/// All seeds together.
const BYTES_MAX: u64 = 100 * 1024;

#[test]
#[ignore = "writes fuzz/seeds anew; for whoever adds a seed"]
fn write_the_seeds() {
    for (name, data) in images() {
        write("image", name, &data);
    }
    for (name, data) in pdfs() {
        write("pdf", name, &data);
    }
    for (name, text) in texts() {
        write("settings", name, text.as_bytes());
    }
}

#[test]
fn the_seeds_are_small() {
    let bytes = |target: &str| -> u64 {
        let entries = fs::read_dir(folder().join(target)).expect("the seeds");
        let lengths = entries.map(|entry| entry.expect("entry").metadata().expect("length").len());
        lengths.sum()
    };
    let all: u64 = ["pdf", "image", "settings", "signed"]
        .map(bytes)
        .iter()
        .sum();
    assert!((1..=BYTES_MAX).contains(&all), "{all} bytes");
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

fn write(target: &str, name: &str, data: &[u8]) {
    fs::write(folder().join(target).join(name), data).expect("written");
}

fn grey() -> GrayImage {
    GrayImage::from_fn(48, 64, |x, y| {
        image::Luma([if (x / 5 + y / 9) % 4 == 0 { 20 } else { 230 }])
    })
}

fn colour() -> RgbImage {
    RgbImage::from_fn(40, 56, |x, y| {
        image::Rgb([200, (x * 5).to_le_bytes()[0], (y * 4).to_le_bytes()[0]])
    })
}

fn jpeg(progressive: bool, grey_only: bool) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 60);
    encoder.set_progressive(progressive);
    encoder.set_restart_interval(3);
    let density = jpeg_encoder::PixelDensity {
        density: (60, 60),
        unit: jpeg_encoder::PixelDensityUnit::Inches,
    };
    encoder.set_density(density);
    let done = if grey_only {
        encoder.encode(grey().as_raw(), 48, 64, jpeg_encoder::ColorType::Luma)
    } else {
        encoder.encode(colour().as_raw(), 40, 56, jpeg_encoder::ColorType::Rgb)
    };
    done.expect("encodes");
    jpeg
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("encodes");
    bytes.into_inner()
}

/// A little-endian TIFF of one strip; values of one SHORT or LONG each.
fn strip(compression: u32, bits: u32, size: (u32, u32), data: &[u8]) -> Vec<u8> {
    let entries = [
        (256_u16, size.0),
        (257, size.1),
        (258, bits),
        (259, compression),
        (262, u32::from(bits == 8)),
        (273, 8),
        (277, 1),
        (278, size.1),
        (279, u32::try_from(data.len()).expect("short")),
    ];
    let mut file = b"II*\0".to_vec();
    let at = 8 + data.len() + data.len() % 2;
    file.extend(u32::try_from(at).expect("short").to_le_bytes());
    file.extend(data);
    file.resize(at, 0);
    file.extend(9_u16.to_le_bytes());
    for (tag, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(4_u16.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    file
}

fn fax() -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for y in 0..64_u32 {
        let line = (0..48_u16).map(|x| match (u32::from(x) / 5 + y / 9) % 4 {
            0 => fax::Color::Black,
            _ => fax::Color::White,
        });
        encoder.encode_line(line, 48).expect("encodes");
    }
    encoder.finish().expect("ends").finish()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).expect("written");
    encoder.finish().expect("ends")
}

fn images() -> Vec<(&'static str, Vec<u8>)> {
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
        .encode(grey().as_raw())
        .expect("encodes");
    let with_alpha = DynamicImage::ImageRgba8(DynamicImage::ImageRgb8(colour()).to_rgba8());
    let deep = DynamicImage::ImageLuma16(DynamicImage::ImageLuma8(grey()).to_luma16());
    vec![
        ("baseline.jpg", jpeg(false, false)),
        ("progressive.jpg", jpeg(true, false)),
        ("grey.jpg", jpeg(false, true)),
        ("grey.png", png(&DynamicImage::ImageLuma8(grey()))),
        ("colour.png", png(&DynamicImage::ImageRgb8(colour()))),
        ("alpha.png", png(&with_alpha)),
        ("deep.png", png(&deep)),
        ("pages.tif", tiff_of(&[grey(), grey()], 60)),
        ("g4.tif", strip(4, 1, (48, 64), &fax())),
        ("lzw.tif", strip(5, 8, (48, 64), &lzw)),
        (
            "deflate.tif",
            strip(8, 8, (48, 64), &deflated(grey().as_raw())),
        ),
        (
            "packbits.tif",
            strip(32773, 8, (4, 2), &[3, 0, 255, 0, 255, 253, 9]),
        ),
        ("jpeg.tif", strip(7, 8, (48, 64), &jpeg(false, true))),
    ]
}

/// A PDF of one page with this content and these resources.
fn pdf(content: &[u8], resources: impl Fn(&mut Document) -> Object) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let resources = resources(&mut document);
    let content = document.add_object(Stream::new(dictionary! {}, content.to_vec()));
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 144.into(), 200.into()], "Rotate" => 90,
    });
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saved");
    bytes
}

/// A page that is one image.
fn scanned(filter: &str, bits: i64, size: (i64, i64), data: Vec<u8>) -> Vec<u8> {
    pdf(b"q 144 0 0 200 0 0 cm /Im0 Do Q", |document| {
        let image = document.add_object(Stream::new(
            dictionary! {
                "Type" => "XObject", "Subtype" => "Image", "Width" => size.0, "Height" => size.1,
                "ColorSpace" => "DeviceGray", "BitsPerComponent" => bits, "Filter" => filter,
                "DecodeParms" => dictionary! { "K" => -1, "Columns" => size.0, "Rows" => size.1 },
            },
            data.clone(),
        ));
        dictionary! { "XObject" => dictionary! { "Im0" => image } }.into()
    })
}

/// With an empty revision behind it.
fn revised(mut file: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&file).into_owned();
    let before = text.rsplit("startxref\n").next().unwrap_or_default();
    let before = before.lines().next().expect("an offset");
    let root = text.split("/Root ").nth(1).expect("a catalogue");
    let root = root.split(' ').next().expect("its number");
    let at = file.len() + 1;
    let revision = format!(
        "\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Root {root} 0 R/Size 6/Prev {before}>>\nstartxref\n{at}\n%%EOF\n"
    );
    file.extend_from_slice(revision.as_bytes());
    file
}

fn pdfs() -> Vec<(&'static str, Vec<u8>)> {
    let fonts = |_: &mut Document| -> Object {
        let font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
            "Encoding" => dictionary! {
                "Type" => "Encoding", "Differences" => vec![65.into(), "Aacute".into()],
            },
        };
        let state = dictionary! { "Type" => "ExtGState", "ca" => 0.5, "BM" => "Multiply" };
        dictionary! {
            "Font" => dictionary! { "F1" => font }, "ExtGState" => dictionary! { "G" => state },
            "ColorSpace" => dictionary! {
                "C" => vec![
                    "Indexed".into(), "DeviceRGB".into(), 1.into(),
                    Object::string_literal(vec![0, 0, 0, 255, 9, 9]),
                ],
            },
        }
        .into()
    };
    let text: &[u8] = b"BT /F1 12 Tf 20 150 Td (AB giay to) Tj [(x) -120 (y)] TJ 3 Tr <41> Tj ET";
    let drawing: &[u8] =
        b"q /G gs 1 0 0 rg 10 10 50 60 re f* /C cs 1 sc 0 0 m 9 9 20 5 30 7 c h B Q \
        BI /W 4 /H 2 /BPC 8 /CS /G ID abcdefgh EI /Span <</MCID 0>> BDC EMC";
    vec![
        ("text.pdf", pdf(text, fonts)),
        ("drawing.pdf", pdf(drawing, fonts)),
        ("revised.pdf", revised(pdf(text, fonts))),
        (
            "jpeg.pdf",
            scanned("DCTDecode", 8, (48, 64), jpeg(false, true)),
        ),
        ("g4.pdf", scanned("CCITTFaxDecode", 1, (48, 64), fax())),
        (
            "flate.pdf",
            scanned("FlateDecode", 8, (48, 64), deflated(grey().as_raw())),
        ),
    ]
}

fn texts() -> Vec<(&'static str, String)> {
    let slip = "citizen = \"001099000001\"\ndossier = \"H36-230401-0007\"\nkind = \"khai-sinh\"\n\
        title = \"Gi\u{1EA5}y t\u{1EDD}\"\npages = 2\n";
    let profile = "name = \"mine\"\nmodels = [\"A\"]\nlanguages = [\"vie\", \"eng\"]\n[image]\n\
        resolution_dpi = 300\nlowest_dpi = 200\ncolour = \"auto\"\nduplex = true\npage_size = \"A4\"\n[files]\n\
        grouping = \"file-per-document\"\nname_pattern = '^(?<date>\\d{8})_(?<page>\\d+)$'\n\
        settle_seconds = 1.5\ngroup_seconds = 10\n[blank]\npages = \"drop\"\n";
    let config = "[agency]\nname = \"X\u{E3}\"\n[capture]\npoll_seconds = 1.0\nworkers = 2\n[limits]\n\
        file_mib = 10\npages = 20\n[stations.quay-01]\nprofile = \"generic\"\n";
    let key = Some(("keys/key.p12", "keys/passphrase.txt"));
    let all = sohoa::config::file::new_text("X\u{E3}", key, &[("quay-01", "ricoh-fi")]);
    vec![
        ("slip.toml", slip.to_owned()),
        ("slip-bom.toml", format!("\u{FEFF}{slip}")),
        ("profile.toml", profile.to_owned()),
        ("sohoa.toml", config.to_owned()),
        ("sohoa-all.toml", all),
    ]
}

//! Composed documents before the outside judges: every encoding, every turn, and what a viewer paints.

use std::convert::Infallible;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use sohoa::compose::{Digitised, PdfaDocument, PdfaMetadata, compose};
use sohoa::pages::{
    CopiedPages, CopyOrder, ImageEncoding, PageImage, PageSource, Placement, Resolution,
    ResolutionSource, Rotation,
};
use sohoa::read_back::{Streams, structure};
use sohoa::record::{CopyForm, PageTreatment, RecordId};

use crate::judge::{self, Flavour};

/// A letter F, unlike itself under every turn and mirror. One cell is `CELL` × `CELL` pixels.
const LETTER: [&[u8]; 7] = [
    b".....", b".###.", b".#...", b".##..", b".#...", b".#...", b".....",
];
pub(crate) const CELL: usize = 16;

/// `true` is ink.
pub(crate) type Cells = Vec<Vec<bool>>;

fn letter() -> Cells {
    LETTER
        .iter()
        .map(|row| row.iter().map(|cell| *cell == b'#').collect())
        .collect()
}

/// One page of 72 dpi, so that a pixel is a point, showing `cells` in that encoding.
pub(crate) fn page(cells: &Cells, encoding: ImageEncoding, rotation: Rotation) -> PageImage {
    let (width, height) = (cells[0].len() * CELL, cells.len() * CELL);
    let ink = |x: usize, y: usize| cells[y / CELL][x / CELL];
    let rows = (0..height).map(|y| (0..width).map(|x| ink(x, y)).collect());
    PageImage {
        source: PageSource {
            original: 0,
            page: 0,
        },
        width_px: u32::try_from(width).expect("small"),
        height_px: u32::try_from(height).expect("small"),
        resolution: Resolution {
            x: 72.0,
            y: 72.0,
            source: ResolutionSource::File,
        },
        rotation,
        encoding,
        data: encode(&rows.collect::<Cells>(), encoding),
        treatment: PageTreatment::Recompressed,
        treatment_reason: String::new(),
        placement: None,
        doubts: Vec::new(),
    }
}

fn encode(rows: &Cells, encoding: ImageEncoding) -> Vec<u8> {
    match encoding {
        ImageEncoding::Jpeg { components } => jpeg(rows, components),
        ImageEncoding::CcittG4 { black_is_1 } => group4(rows, black_is_1),
        ImageEncoding::Jbig2 => jbig2(rows),
        ImageEncoding::Flate { components, bits } => flate(rows, components, bits),
        ImageEncoding::PlainFlate { components, bits } => {
            let packed = rows.iter().flat_map(|row| packed(row, components, bits));
            deflated(&packed.collect::<Vec<u8>>())
        }
    }
}

/// A page of one generic region whose data are fax code (ITU-T T.88 §6.2.6).
fn jbig2(rows: &Cells) -> Vec<u8> {
    let side = |pixels: usize| u32::try_from(pixels).expect("small").to_be_bytes();
    let size = [side(rows[0].len()), side(rows.len())].concat();
    let information = [size.as_slice(), &[0; 11]].concat();
    let region = [size.as_slice(), &[0; 9], &[1], &group4(rows, false)].concat();
    let segment = |number: u8, kind: u8, data: &[u8]| {
        let length = u32::try_from(data.len()).expect("small").to_be_bytes();
        [&[0, 0, 0, number, kind, 0, 1], length.as_slice(), data].concat()
    };
    [segment(0, 48, &information), segment(1, 39, &region)].concat()
}

/// Ink is black, or dark blue where there are colours.
fn samples(rows: &Cells, components: u8) -> Vec<u8> {
    let ink: &[u8] = if components == 1 { &[0] } else { &[0, 0, 130] };
    let pixels = rows.iter().flatten();
    pixels
        .flat_map(|is_ink| {
            let paper = [255].repeat(ink.len());
            if *is_ink { ink.to_vec() } else { paper }
        })
        .collect()
}

fn jpeg(rows: &Cells, components: u8) -> Vec<u8> {
    let mut data = Vec::new();
    let color = match components {
        1 => jpeg_encoder::ColorType::Luma,
        _ => jpeg_encoder::ColorType::Rgb,
    };
    let side = |pixels: usize| u16::try_from(pixels).expect("small");
    jpeg_encoder::Encoder::new(&mut data, 90)
        .encode(
            &samples(rows, components),
            side(rows[0].len()),
            side(rows.len()),
            color,
        )
        .expect("JPEG");
    data
}

/// A TIFF whose photometric interpretation is BlackIsZero calls its paper black; `BlackIs1` undoes it.
fn group4(rows: &Cells, black_is_1: bool) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in rows {
        let pixels = row.iter().map(|is_ink| match *is_ink != black_is_1 {
            true => fax::Color::Black,
            false => fax::Color::White,
        });
        let width = u32::try_from(row.len()).expect("small");
        encoder.encode_line(pixels, width).expect("G4");
    }
    encoder.finish().expect("G4").finish()
}

/// The samples of a row.
fn packed(row: &[bool], components: u8, bits: u8) -> Vec<u8> {
    let bytes = samples(&vec![row.to_vec()], components);
    match bits {
        1 => bytes
            .chunks(8)
            .map(|chunk| {
                let bit = |i: usize| chunk.get(i).is_some_and(|sample| *sample != 0);
                (0..8).fold(0, |byte, i| byte << 1 | u8::from(bit(i)))
            })
            .collect(),
        16 => bytes.iter().flat_map(|sample| [*sample; 2]).collect(),
        _ => bytes,
    }
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(data).expect("a vector");
    out.finish().expect("a vector")
}

/// PNG predictors None and Up in turn.
fn flate(rows: &Cells, components: u8, bits: u8) -> Vec<u8> {
    let packed = |row: &Vec<bool>| packed(row, components, bits);
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let mut above = vec![0; packed(&rows[0]).len()];
    for (y, row) in rows.iter().enumerate() {
        let row = packed(row);
        let up: Vec<u8> = row
            .iter()
            .zip(&above)
            .map(|(a, b)| a.wrapping_sub(*b))
            .collect();
        let line = if y % 2 == 0 { (0, &row) } else { (2, &up) };
        out.write_all(&[line.0]).expect("Flate");
        out.write_all(line.1).expect("Flate");
        above = row;
    }
    out.finish().expect("Flate")
}

/// No page of these documents is copied.
fn no_copies<E>(_: usize, _: &CopyOrder) -> Result<CopiedPages, E> {
    panic!("asked for a copy")
}

fn write(pages: Vec<PageImage>, path: &Path) -> PdfaDocument {
    let dossier = "H36.105-261123-0007".parse().expect("dossier");
    let kind = "khai-sinh".parse().expect("kind");
    let metadata = PdfaMetadata {
        record: RecordId::new_v7(1_790_000_000_000, &[7; 10]),
        title: "Giấy khai sinh <bản sao> & “phụ lục”",
        dossier: Some(&dossier),
        kind: Some(&kind),
        digitised: Some(Digitised {
            agency: "Ủy ban nhân dân xã Mẫu",
            copy_form: CopyForm::SaoY,
        }),
        converter: "sohoa 0.1.0",
        converted: "2026-11-23T01:15:30Z".parse().expect("timestamp"),
        rendition_of: &[],
    };
    let pages = pages
        .into_iter()
        .map(|page| Ok::<_, Infallible>(page.into()));
    let document = compose(pages, no_copies, &metadata, path).expect("composed");
    structure::check(path, &document.pages, Streams::Digested).expect("reads back");
    document
}

const ENCODINGS: [ImageEncoding; 13] = [
    ImageEncoding::Jpeg { components: 1 },
    ImageEncoding::Jpeg { components: 3 },
    ImageEncoding::CcittG4 { black_is_1: false },
    ImageEncoding::CcittG4 { black_is_1: true },
    ImageEncoding::Flate {
        components: 1,
        bits: 1,
    },
    ImageEncoding::Flate {
        components: 1,
        bits: 8,
    },
    ImageEncoding::Flate {
        components: 1,
        bits: 16,
    },
    ImageEncoding::Flate {
        components: 3,
        bits: 8,
    },
    ImageEncoding::Flate {
        components: 3,
        bits: 16,
    },
    ImageEncoding::Jbig2,
    ImageEncoding::PlainFlate {
        components: 1,
        bits: 1,
    },
    ImageEncoding::PlainFlate {
        components: 1,
        bits: 8,
    },
    ImageEncoding::PlainFlate {
        components: 3,
        bits: 8,
    },
];

pub(crate) fn turns() -> impl Iterator<Item = Rotation> {
    [false, true]
        .into_iter()
        .flat_map(|mirrored| [0, 90, 180, 270].map(|degrees| Rotation { mirrored, degrees }))
}

/// What a person sees of stored cells: mirrored left-right, then turned clockwise.
fn displayed(mut cells: Cells, rotation: Rotation) -> Cells {
    if rotation.mirrored {
        cells.iter_mut().for_each(|row| row.reverse());
    }
    for _ in 0..rotation.degrees / 90 {
        let columns = 0..cells[0].len();
        cells = columns
            .map(|x| cells.iter().rev().map(|row| row[x]).collect())
            .collect();
    }
    cells
}

/// The pages as poppler paints them at one pixel a point, sampled in the middle of each cell.
fn painted(pdf: &Path) -> Vec<Cells> {
    let folder = tempfile::tempdir().expect("folder");
    let status = Command::new("pdftoppm")
        .args(["-r", "72", "-gray"])
        .arg(pdf)
        .arg(folder.path().join("page"))
        .status();
    assert!(status.expect("pdftoppm").success());
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| cells_of_pgm(&std::fs::read(file).expect("PGM")))
        .collect()
}

fn cells_of_pgm(pgm: &[u8]) -> Cells {
    let header: Vec<&[u8]> = pgm.splitn(4, |byte| *byte == b'\n').collect();
    let [b"P5", size, b"255", gray] = header[..] else {
        panic!("not a PGM file of poppler");
    };
    let size = std::str::from_utf8(size).expect("text");
    let (width, height) = size.split_once(' ').expect("two sides");
    let (width, height): (usize, usize) = (
        width.parse().expect("width"),
        height.parse().expect("height"),
    );
    assert_eq!((width % CELL, height % CELL), (0, 0), "whole cells");
    (0..height / CELL)
        .map(|y| {
            let middle = |x: usize| gray[(y * CELL + CELL / 2) * width + x * CELL + CELL / 2];
            (0..width / CELL).map(|x| middle(x) < 128).collect()
        })
        .collect()
}

#[test]
fn the_judges_pass_every_encoding_and_turn() {
    if !judge::ready("the_judges_pass_every_encoding_and_turn") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("mọi trang.pdf");
    let turned = turns().map(|turn| page(&letter(), ENCODINGS[1], turn));
    let encoded = ENCODINGS.map(|encoding| page(&letter(), encoding, Rotation::NONE));
    let document = write(encoded.into_iter().chain(turned).collect(), &path);
    assert_eq!(document.pages.len(), ENCODINGS.len() + 8);
    assert_eq!(judge::qpdf_check(&path), Ok(()));
    assert_eq!(judge::verapdf(Flavour::A2b, &[path]), Ok(()));
}

#[test]
fn jpeg_files_come_out_as_they_went_in() {
    if !judge::ready("jpeg_files_come_out_as_they_went_in") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let images =
        [ENCODINGS[1], ENCODINGS[0]].map(|encoding| page(&letter(), encoding, Rotation::NONE));
    let originals = ["a.jpg", "b.jpg"].map(|name| folder.path().join(name));
    for (image, original) in images.iter().zip(&originals) {
        std::fs::write(original, &image.data).expect("file");
    }
    let path = folder.path().join("d.pdf");
    write(images.into(), &path);
    assert_eq!(judge::extracted_jpegs_equal(&path, &originals), Ok(()));
}

#[test]
fn a_viewer_shows_every_encoding_alike() {
    if !judge::ready("a_viewer_shows_every_encoding_alike") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("d.pdf");
    let pages = ENCODINGS.map(|encoding| page(&letter(), encoding, Rotation::NONE));
    write(pages.into(), &path);
    for (shown, encoding) in painted(&path).into_iter().zip(ENCODINGS) {
        assert_eq!(shown, letter(), "{encoding:?}");
    }
}

#[test]
fn a_viewer_shows_every_turn_and_mirror() {
    if !judge::ready("a_viewer_shows_every_turn_and_mirror") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("d.pdf");
    let pages = turns().map(|turn| page(&letter(), ENCODINGS[5], turn));
    write(pages.collect(), &path);
    let shown = painted(&path);
    assert_eq!(shown.len(), 8);
    for (shown, turn) in shown.into_iter().zip(turns()) {
        assert_eq!(shown, displayed(letter(), turn), "{turn:?}");
    }
}

#[test]
fn an_incoming_page_keeps_its_margins() {
    if !judge::ready("an_incoming_page_keeps_its_margins") {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("d.pdf");
    let mut image = page(&letter(), ENCODINGS[5], Rotation::NONE);
    let cells = |count: u8| f64::from(count) * 16.0;
    image.placement = Some(Placement {
        page_size: (cells(8), cells(9)),
        matrix: [cells(5), 0.0, 0.0, cells(7), cells(2), cells(1)],
    });
    write(vec![image], &path);
    let mut expected = vec![vec![false; 8]; 9];
    for (y, row) in letter().into_iter().enumerate() {
        expected[y + 1][2..7].copy_from_slice(&row);
    }
    assert_eq!(painted(&path), [expected]);
}

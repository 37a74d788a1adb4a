//! Writes scans of every kind from one picture.

use std::convert::Infallible;
use std::io::Write;

use flate2::Crc;

/// Pixels across and down, no multiple of a cell.
pub(super) const SIZE: (u32, u32) = (203, 149);

/// Value of a sample at x and y, 0 … 65,535.
pub(super) type Picture = fn(u32, u32, u32) -> u32;

/// Lines of writing, a coloured stamp and a grey gradient.
pub(super) const PICTURE: Picture = |x, y, sample| match (x, y) {
    (150..190, 90..130) => [52_000, 9_000, 14_000, 65_535][sample.min(3) as usize],
    (20..60, 90..130) => (x - 20 + y - 90) * 800,
    _ if y % 11 < 4 && x * 7 / 5 % 13 < 8 && x % 90 > 9 => 3_000,
    _ => 62_000,
};

/// A value of 16 bits at another depth.
fn level(value: u32, bits: u32) -> u32 {
    let max = (1 << bits) - 1;
    (value * max + 32_767) / 65_535
}

/// Samples packed most significant bit first, the row filled up to bytes.
fn pack(samples: impl Iterator<Item = u32>, bits: u32) -> Vec<u8> {
    let mut row = Vec::new();
    let (mut held, mut count) = (0u32, 0);
    for sample in samples {
        held = held << bits | sample;
        count += bits;
        while count >= 8 {
            count -= 8;
            row.push((held >> count).to_le_bytes()[0]);
            held &= (1 << count) - 1;
        }
    }
    if count > 0 {
        row.push((held << (8 - count)).to_le_bytes()[0]);
    }
    row
}

/// A PNG to be.
pub(super) struct Png {
    pub(super) size: (u32, u32),
    bits: u32,
    colour_type: u8,
    interlaced: bool,
}

impl Png {
    pub(super) fn new(bits: u32, colour_type: u8) -> Self {
        Self {
            size: SIZE,
            bits,
            colour_type,
            interlaced: false,
        }
    }

    pub(super) fn interlaced(mut self) -> Self {
        self.interlaced = true;
        self
    }

    pub(super) fn file(&self, picture: Picture) -> Vec<u8> {
        const ADAM7: [(u32, u32, usize, usize); 7] = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ];
        let samples = [1, 0, 3, 1, 2, 0, 4][usize::from(self.colour_type)];
        let passes: &[_] = if self.interlaced {
            &ADAM7
        } else {
            &[(0, 0, 1, 1)]
        };
        let mut filtered = Vec::new();
        for &(left, top, right, down) in passes {
            for y in (top..self.size.1).step_by(down) {
                let pixels = (left..self.size.0).step_by(right);
                let values = pixels.flat_map(|x| (0..samples).map(move |s| picture(x, y, s)));
                filtered.push(0);
                filtered.extend(pack(values.map(|value| level(value, self.bits)), self.bits));
            }
        }
        let mut header = self.size.0.to_be_bytes().to_vec();
        header.extend(self.size.1.to_be_bytes());
        header.extend([self.bits.to_le_bytes()[0], self.colour_type, 0, 0]);
        header.push(u8::from(self.interlaced));
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&filtered).expect("a vector");
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        out.extend(chunk(b"IHDR", &header));
        if self.colour_type == 3 {
            let entries = 0..=(1u32 << self.bits) - 1;
            let colour = |n: u32| [n * 7 % 256, n * 31 % 256, 255 - n].map(|c| c.to_le_bytes()[0]);
            let palette: Vec<u8> = entries.flat_map(colour).collect();
            out.extend(chunk(b"PLTE", &palette));
            out.extend(chunk(b"tRNS", &[255, 128, 0]));
        }
        out.extend(chunk(b"IDAT", &zlib.finish().expect("a vector")));
        out.extend(chunk(b"IEND", b""));
        out
    }
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(content);
    let mut out = four(content.len()).to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(content);
    out.extend(crc.sum().to_be_bytes());
    out
}

fn four(length: usize) -> u32 {
    u32::try_from(length).expect("short")
}

/// A directory: tag, type (3 or 4), values; and the strips.
pub(super) type Directory = (Vec<(u16, u16, Vec<u32>)>, Vec<Vec<u8>>);

/// A page of a little-endian TIFF to be.
pub(super) struct Tiff {
    bits: u32,
    samples: u32,
    rows: u32,
    is_planar: bool,
    tags: Vec<(u16, u16, Vec<u32>)>,
}

impl Tiff {
    pub(super) fn new(bits: u32, samples: u32, photometric: u32) -> Self {
        let tags = vec![
            (256, 4, vec![SIZE.0]),
            (257, 4, vec![SIZE.1]),
            (258, 3, vec![bits; samples as usize]),
            (259, 3, vec![1]),
            (262, 3, vec![photometric]),
            (277, 3, vec![samples]),
        ];
        Self {
            bits,
            samples,
            rows: SIZE.1,
            is_planar: false,
            tags,
        }
    }

    pub(super) fn strips(mut self, rows: u32) -> Self {
        self.rows = rows;
        self
    }

    pub(super) fn planar(mut self) -> Self {
        self.is_planar = true;
        self.with(284, 2)
    }

    pub(super) fn with(self, tag: u16, value: u32) -> Self {
        self.with_all(tag, 3, &[value])
    }

    pub(super) fn with_all(mut self, tag: u16, kind: u16, values: &[u32]) -> Self {
        self.tags.push((tag, kind, values.to_vec()));
        self
    }

    fn row(&self, y: u32, samples: std::ops::Range<u32>, picture: Picture) -> Vec<u8> {
        let pixels = (0..SIZE.0).flat_map(|x| samples.clone().map(move |s| picture(x, y, s)));
        let mut row = pack(pixels.map(|value| level(value, self.bits)), self.bits);
        if self.bits == 16 {
            row.as_chunks_mut::<2>()
                .0
                .iter_mut()
                .for_each(|pair| pair.reverse());
        }
        row
    }

    pub(super) fn directory(&self, picture: Picture) -> Directory {
        let (planes, samples) = if self.is_planar {
            (self.samples, 1)
        } else {
            (1, self.samples)
        };
        let mut strips = Vec::new();
        for first in 0..planes {
            for top in (0..SIZE.1).step_by(self.rows as usize) {
                let rows = top..(top + self.rows).min(SIZE.1);
                let row = |y| self.row(y, first..first + samples, picture);
                strips.push(rows.flat_map(row).collect());
            }
        }
        let mut tags = self.tags.clone();
        tags.push((278, 4, vec![self.rows]));
        (tags, strips)
    }

    pub(super) fn file(&self, picture: Picture) -> Vec<u8> {
        tiff(&[self.directory(picture)])
    }
}

/// Writes the directories one after the other.
pub(super) fn tiff(directories: &[Directory]) -> Vec<u8> {
    let mut out = b"II*\0\0\0\0\0".to_vec();
    let mut pointer = 4;
    for (tags, strips) in directories {
        let mut tags = tags.clone();
        let mut offsets = Vec::new();
        for strip in strips {
            offsets.push(four(out.len()));
            out.extend(strip);
        }
        tags.push((273, 4, offsets));
        tags.push((
            279,
            4,
            strips.iter().map(|strip| four(strip.len())).collect(),
        ));
        tags.sort();
        let mut entries = Vec::new();
        for (tag, kind, values) in &tags {
            let mut bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes()[..if *kind == 3 { 2 } else { 4 }].to_vec())
                .collect();
            if bytes.len() > 4 {
                let at = four(out.len());
                out.append(&mut bytes);
                bytes = at.to_le_bytes().to_vec();
            }
            bytes.resize(4, 0);
            entries.extend(tag.to_le_bytes());
            entries.extend(kind.to_le_bytes());
            entries.extend(four(values.len()).to_le_bytes());
            entries.extend(bytes);
        }
        let start = four(out.len());
        out[pointer..pointer + 4].copy_from_slice(&start.to_le_bytes());
        out.extend(u16::try_from(tags.len()).expect("few").to_le_bytes());
        out.extend(entries);
        pointer = out.len();
        out.extend([0; 4]);
    }
    out
}

/// Fax codes: G4 (4) in strips, or G3 (3) of white rows.
pub(super) fn fax(compression: u32, rows: u32, photometric: u32) -> Vec<u8> {
    let mut page = Tiff::new(1, 1, photometric).strips(rows);
    page.tags.retain(|(tag, ..)| *tag != 259);
    let (tags, strips) = page.with(259, compression).directory(PICTURE);
    let coded = strips
        .iter()
        .map(|strip| match compression {
            4 => g4(strip),
            _ => white_g3(),
        })
        .collect();
    tiff(&[(tags, coded)])
}

fn g4(rows: &[u8]) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in rows.chunks_exact(SIZE.0.div_ceil(8) as usize) {
        let pixels = (0..SIZE.0 as usize).map(|x| match row[x / 8] >> (7 - x % 8) & 1 {
            1 => fax::Color::Black,
            _ => fax::Color::White,
        });
        let written: Result<(), Infallible> = encoder.encode_line(pixels, SIZE.0);
        written.expect("a vector");
    }
    encoder.finish().expect("a vector").finish()
}

/// Rows of 203 white pixels (192 and 11, ITU-T T.4 tables 2 and 3) behind end-of-line codes.
fn white_g3() -> Vec<u8> {
    let mut bits = "00000000000101011101000".repeat(SIZE.1 as usize);
    bits += &"000000000001".repeat(6);
    let bits: Vec<u32> = bits.bytes().map(|bit| u32::from(bit - b'0')).collect();
    pack(bits.into_iter(), 1)
}

/// A JPEG of four inks as Adobe's programs write it.
pub(super) fn cmyk_jpeg(picture: Picture) -> Vec<u8> {
    jpeg(jpeg_encoder::ColorType::Cmyk, 4, picture)
}

/// A JPEG whose components are named R, G and B and are that.
pub(super) fn rgb_jpeg() -> Vec<u8> {
    let mut data = jpeg(jpeg_encoder::ColorType::Rgb, 3, PICTURE);
    let application = 2..20;
    assert_eq!(&data[6..10], b"JFIF");
    data.drain(application);
    let marker = |data: &[u8], wanted: u8| {
        let mut pairs = data.windows(2);
        pairs
            .position(|two| two == [0xFF, wanted])
            .expect("a marker")
    };
    let (frame, scan) = (marker(&data, 0xC0), marker(&data, 0xDA));
    for (index, name) in b"RGB".iter().enumerate() {
        data[frame + 10 + index * 3] = *name;
        data[scan + 5 + index * 2] = *name;
    }
    data
}

fn jpeg(colour: jpeg_encoder::ColorType, samples: u32, picture: Picture) -> Vec<u8> {
    let [width, height] = [SIZE.0, SIZE.1].map(|side| u16::try_from(side).expect("short"));
    let mut pixels = Vec::new();
    for y in 0..SIZE.1 {
        for x in 0..SIZE.0 {
            pixels.extend((0..samples).map(|s| level(picture(x, y, s), 8).to_le_bytes()[0]));
        }
    }
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_4_4);
    encoder
        .encode(&pixels, width, height, colour)
        .expect("an encodable picture");
    out
}

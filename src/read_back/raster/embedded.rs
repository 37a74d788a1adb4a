//! The image of a page in the document, decoded by code that had no part in writing it.
//!
//! Flate with PNG predictors is the content of a PNG and goes to `image`; G4 goes to `hayro-ccitt`,
//! DCT to the `pdf` crate's JPEG decoder. The `pdf` crate's own Flate and fax decoders hold an image
//! several times over and know only 8 bits.

use std::io::Cursor;

use flate2::Crc;
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use pdf::enc::{DCTDecodeParams, StreamFilter};
use pdf::primitive::Dictionary;

use super::cells::Cells;
use super::samples::{Alpha, Colour, Samples};
use super::{MEMORY, NotRead, scan};

/// What the image dictionary says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Description {
    width: u32,
    height: u32,
    components: u8,
    bits: u8,
    pub(super) coding: Coding,
}

/// The filters that this program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Flate,
    Fax { black_is_1: bool },
    Dct,
}

impl Description {
    /// `None` where it is none of ours.
    pub(super) fn of(image: &Dictionary) -> Option<Self> {
        let number = |key| image.get(key)?.as_u32().ok();
        let coding = match image.get("Filter")?.as_name().ok()? {
            // Without a predictor it is a stream that came so; this program writes none.
            "FlateDecode" if image.get("DecodeParms").is_some() => Coding::Flate,
            "DCTDecode" => Coding::Dct,
            "CCITTFaxDecode" => {
                let parameters = image.get("DecodeParms")?.as_dict().ok()?;
                let black_is_1 = parameters.get("BlackIs1");
                Coding::Fax {
                    black_is_1: black_is_1.is_some_and(|flag| flag.as_bool().unwrap_or(false)),
                }
            }
            _ => return None,
        };
        Some(Self {
            width: number("Width")?,
            height: number("Height")?,
            components: match image.get("ColorSpace")?.as_name().ok()? {
                "DeviceGray" => 1,
                "DeviceRGB" => 3,
                _ => return None,
            },
            bits: u8::try_from(number("BitsPerComponent")?).ok()?,
            coding,
        })
    }

    /// Decodes the stream's bytes.
    pub(super) fn cells(self, data: &[u8]) -> Result<Cells, NotRead> {
        match self.coding {
            Coding::Flate => self.flate(data),
            Coding::Fax { black_is_1 } => self.fax(data, black_is_1),
            Coding::Dct => self.dct(data),
        }
    }

    fn flate(self, data: &[u8]) -> Result<Cells, NotRead> {
        let mut header = Vec::new();
        header.extend(self.width.to_be_bytes());
        header.extend(self.height.to_be_bytes());
        header.push(self.bits);
        header.push(if self.components == 1 { 0 } else { 2 });
        header.extend([0; 3]);
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, content) in [
            (b"IHDR", header.as_slice()),
            (b"IDAT", data),
            (b"IEND", &[]),
        ] {
            let length = u32::try_from(content.len())
                .map_err(|_| NotRead::refused("more than 4 GiB of data"))?;
            let mut sum = Crc::new();
            sum.update(kind);
            sum.update(content);
            png.extend(length.to_be_bytes());
            png.extend(kind);
            png.extend(content);
            png.extend(sum.sum().to_be_bytes());
        }
        scan::png(Cursor::new(png))
    }

    fn fax(self, data: &[u8], black_is_1: bool) -> Result<Cells, NotRead> {
        let mut rows = FaxRows {
            cells: Cells::new(self.width, self.height)?,
            count: 0,
            white: if black_is_1 { [0; 3] } else { [255; 3] },
        };
        let mut context = DecoderContext::new(DecodeSettings {
            columns: self.width,
            rows: self.height,
            end_of_block: true,
            end_of_line: false,
            rows_are_byte_aligned: false,
            encoding: EncodingMode::Group4,
            strict: true,
        });
        let end = hayro_ccitt::decode(data, &mut rows, &mut context);
        match end {
            _ if rows.count == self.height => Ok(rows.cells),
            Ok(_) => Err(NotRead::refused("rows are missing")),
            Err(error) => Err(NotRead::Refused(error.to_string())),
        }
    }

    fn dct(self, data: &[u8]) -> Result<Cells, NotRead> {
        let row_bytes = self.width as usize * usize::from(self.components);
        // The decoder holds the planes and the image.
        let bytes = (row_bytes as u64).saturating_mul(u64::from(self.height) * 2);
        if bytes > MEMORY {
            return Err(NotRead::too_large(bytes));
        }
        let filter = StreamFilter::DCTDecode(DCTDecodeParams {
            color_transform: None,
        });
        let pixels =
            pdf::enc::decode(data, &filter).map_err(|error| NotRead::Refused(error.to_string()))?;
        if pixels.len() != row_bytes * self.height as usize {
            return Err(NotRead::refused("JPEG of another size"));
        }
        let samples = Samples {
            colour: if self.components == 1 {
                Colour::Grey
            } else {
                Colour::Rgb
            },
            alpha: Alpha::None,
            count: usize::from(self.components),
            bits: 8,
        };
        samples.cells(&pixels, (self.width, self.height))
    }
}

/// Takes decoded rows into cells.
struct FaxRows {
    cells: Cells,
    count: u32,
    white: [u8; 3],
}

impl hayro_ccitt::Decoder for FaxRows {
    fn push_row(&mut self, changes: &[u32]) {
        let (width, _) = self.cells.size();
        let mut changes = changes.iter().copied().peekable();
        let mut colour = self.white;
        let pixels = (0..width).map(|x| {
            while changes.next_if(|change| *change <= x).is_some() {
                colour = colour.map(|value| 255 - value);
            }
            colour
        });
        self.cells.add(0, self.count, pixels);
        self.count = self.count.saturating_add(1);
    }
}

//! The marker segments of a JPEG (ITU-T T.81 Annex B), with what JFIF, EXIF and Adobe put into theirs.

use super::super::error::PageFault;
use super::super::exif::{self, Exif};
use super::super::resolution::StatedDensity;

pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const DQT: u8 = 0xDB;
pub(super) const DHT: u8 = 0xC4;
pub(super) const DRI: u8 = 0xDD;
pub(super) const APP0: u8 = 0xE0;
pub(super) const APP1: u8 = 0xE1;
pub(super) const APP14: u8 = 0xEE;

/// How the coefficients are coded, from the SOF marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// SOF0, SOF1: Huffman, one pass.
    Sequential,
    /// SOF2: Huffman, refined in several passes.
    Progressive,
    /// Lossless, hierarchical or arithmetic: no PDF viewer need read it.
    Other(&'static str),
}

/// One component of the frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors, 1 … 4.
    pub(super) h: u8,
    pub(super) v: u8,
    pub(super) quantisation: u8,
}

/// The frame header (SOF).
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) coding: Coding,
    pub(super) precision: u8,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
}

/// What the application segments say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Applications {
    pub(super) jfif: bool,
    pub(super) jfif_density: Option<StatedDensity>,
    pub(super) exif: Option<Exif>,
    /// Colour transform of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(super) adobe_transform: Option<u8>,
}

/// Walks from marker to marker.
pub(super) struct Segments<'a> {
    pub(super) data: &'a [u8],
    /// Position of the next unread byte.
    pub(super) position: usize,
}

impl<'a> Segments<'a> {
    /// The next marker; fill bytes before it are allowed (B.1.1.2).
    pub(super) fn marker(&mut self) -> Result<u8, PageFault> {
        if self.byte()? != 0xFF {
            return Err(PageFault::Damaged(format!(
                "no JPEG marker at byte {}",
                self.position - 1
            )));
        }
        loop {
            match self.byte()? {
                0xFF => {}
                0 => return Err(PageFault::Damaged("a JPEG marker of zero".to_owned())),
                marker => return Ok(marker),
            }
        }
    }

    /// The content of the segment that starts here, without its length.
    pub(super) fn content(&mut self) -> Result<&'a [u8], PageFault> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let content = length.checked_sub(2).ok_or_else(|| {
            PageFault::Damaged("a JPEG segment shorter than its length".to_owned())
        })?;
        let end = self.position + content;
        let bytes = self
            .data
            .get(self.position..end)
            .ok_or(PageFault::Truncated)?;
        self.position = end;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, PageFault> {
        let byte = *self.data.get(self.position).ok_or(PageFault::Truncated)?;
        self.position += 1;
        Ok(byte)
    }
}

/// Whether `marker` starts a frame (C0 … CF without DHT, JPG, DAC).
pub(super) fn is_frame(marker: u8) -> bool {
    (0xC0..=0xCF).contains(&marker) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// Reads a SOF segment (B.2.2).
pub(super) fn frame(marker: u8, content: &[u8]) -> Result<Frame, PageFault> {
    let damaged = |what: &str| PageFault::Damaged(format!("JPEG frame header: {what}"));
    let coding = match marker {
        0xC0 | 0xC1 => Coding::Sequential,
        0xC2 => Coding::Progressive,
        0xC3 => Coding::Other("lossless JPEG"),
        0xC9..=0xCB => Coding::Other("arithmetic-coded JPEG"),
        _ => Coding::Other("hierarchical JPEG"),
    };
    let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = content else {
        return Err(damaged("too short"));
    };
    let (entries, tail) = rest.as_chunks::<3>();
    if entries.len() != usize::from(count) || !tail.is_empty() {
        return Err(damaged("length and number of components differ"));
    }
    let frame = Frame {
        coding,
        precision,
        width: u16::from_be_bytes([w1, w0]),
        height: u16::from_be_bytes([h1, h0]),
        components: entries
            .iter()
            .map(|&[id, sampling, quantisation]| Component {
                id,
                h: sampling >> 4,
                v: sampling & 15,
                quantisation,
            })
            .collect(),
    };
    if frame.width == 0 || frame.components.is_empty() {
        return Err(damaged("no pixels"));
    }
    if frame.height == 0 {
        return Err(PageFault::Unsupported(
            "JPEG without a height (DNL)".to_owned(),
        ));
    }
    let sampling_ok = |factor: u8| (1..=4).contains(&factor);
    if !frame.components.iter().all(|component| {
        sampling_ok(component.h) && sampling_ok(component.v) && component.quantisation < 4
    }) {
        return Err(damaged("impossible sampling factors or tables"));
    }
    Ok(frame)
}

impl Applications {
    /// Takes note of one application segment; unknown and malformed ones say nothing.
    pub(super) fn note(&mut self, marker: u8, content: &[u8]) {
        match marker {
            APP0 => {
                if let Some(rest) = content.strip_prefix(b"JFIF\0") {
                    self.jfif = true;
                    self.jfif_density = self.jfif_density.or_else(|| jfif_density(rest));
                }
            }
            APP1 => {
                if let Some(block) = content.strip_prefix(b"Exif\0") {
                    self.exif = self.exif.or_else(|| exif::parse(block.get(1..)?));
                }
            }
            APP14 => {
                if let (Some(rest), None) = (content.strip_prefix(b"Adobe"), self.adobe_transform) {
                    self.adobe_transform = rest.get(6).copied();
                }
            }
            _ => {}
        }
    }

    /// JFIF where it states one, else EXIF.
    pub(super) fn density(&self) -> Option<StatedDensity> {
        self.jfif_density.or_else(|| self.exif?.density)
    }
}

/// Units and densities of the JFIF segment; unit 0 is a pixel's shape, not a density.
fn jfif_density(rest: &[u8]) -> Option<StatedDensity> {
    let &[_, _, unit, x1, x0, y1, y0, ..] = rest else {
        return None;
    };
    let unit = match unit {
        1 => 2,
        2 => 3,
        _ => return None,
    };
    exif::density_of(
        f64::from(u16::from_be_bytes([x1, x0])),
        f64::from(u16::from_be_bytes([y1, y0])),
        unit,
    )
}

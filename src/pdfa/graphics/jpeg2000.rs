//! Clause 6.2.8.3: the boxes around JPEG 2000 data (ISO/IEC 15444-1 Annex I).

use super::device::Device;
use super::icc;

/// Boxes read in all.
const BOXES_MAX: usize = 1_000;
/// A channel definition that says colour.
const COLOUR_CHANNEL: u16 = 0;

/// What the header boxes say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Header {
    components: u16,
    /// `None` where the components differ.
    bits: Option<u8>,
    has_bits_box: bool,
    /// Channels by their definitions.
    colour_channels: Option<usize>,
    /// Columns of a palette.
    columns: Option<u8>,
    specifications: Vec<Colour>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colour {
    method: u8,
    approximation: u8,
    enumerated: Option<u32>,
    is_profile_sound: bool,
}

/// Reads the boxes; `None` where there is no header among them.
pub(super) fn read(bytes: &[u8]) -> Option<Header> {
    let mut budget = BOXES_MAX;
    let signature = b"\0\0\0\x0CjP  \r\n\x87\n";
    let rest = bytes.strip_prefix(signature)?;
    let (_, mut inside) = Boxes::new(rest, &mut budget).find(|(kind, _)| *kind == b"jp2h")?;
    let mut header = Header::default();
    let mut is_described = false;
    for (kind, content) in Boxes::new(std::mem::take(&mut inside), &mut budget) {
        match kind {
            b"ihdr" => {
                let [_, _, _, _, _, _, _, _, high, low, bits, ..] = content else {
                    return None;
                };
                is_described = true;
                header.components = u16::from_be_bytes([*high, *low]);
                header.bits = (*bits != 255).then_some((bits & 0x7F).saturating_add(1));
            }
            b"bpcc" => header.has_bits_box = true,
            b"pclr" => header.columns = content.get(2).copied(),
            b"cdef" => header.colour_channels = Some(colour_channels(content)),
            b"colr" => header.specifications.push(colour(content)?),
            _ => {}
        }
    }
    is_described.then_some(header)
}

fn colour_channels(content: &[u8]) -> usize {
    content
        .get(2..)
        .unwrap_or_default()
        .chunks_exact(6)
        .filter(|entry| matches!(entry, [_, _, high, low, ..] if u16::from_be_bytes([*high, *low]) == COLOUR_CHANNEL))
        .count()
}

fn colour(content: &[u8]) -> Option<Colour> {
    let [method, _, approximation, rest @ ..] = content else {
        return None;
    };
    let enumerated = rest
        .get(..4)
        .and_then(|word| Some(u32::from_be_bytes(word.try_into().ok()?)));
    Some(Colour {
        method: *method,
        approximation: *approximation,
        enumerated: enumerated.filter(|_| *method == 1),
        is_profile_sound: *method != 2 || icc::read(rest).is_some(),
    })
}

impl Header {
    /// What PDF/A-2 does not allow; less is asked where the image's dictionary names a colour space.
    pub(super) fn faults(&self, has_space: bool) -> Vec<&'static str> {
        let mut faults = Vec::new();
        let channels = self
            .colour_channels
            .or(self.columns.map(usize::from))
            .unwrap_or(usize::from(self.components));
        if !matches!(channels, 1 | 3 | 4) {
            faults.push("JPEG 2000 data of other than 1, 3 or 4 colour channels");
        }
        if self.has_bits_box || !self.bits.is_some_and(|bits| (1..=38).contains(&bits)) {
            faults.push("JPEG 2000 data of different bit depths");
        }
        if has_space {
            return faults;
        }
        let best = self.best();
        if best.is_none() {
            faults.push("JPEG 2000 data without one best colour specification");
        }
        if !best.is_none_or(|colour| matches!(colour.method, 1..=3) && colour.is_profile_sound) {
            faults.push("JPEG 2000 data with another kind of colour specification");
        }
        if best.is_some_and(|colour| colour.enumerated == Some(19)) {
            faults.push("JPEG 2000 data in CIEJab");
        }
        faults
    }

    /// The only specification, or the only one that is said to be exact.
    fn best(&self) -> Option<Colour> {
        if let [only] = self.specifications.as_slice() {
            return Some(*only);
        }
        let mut exact = self
            .specifications
            .iter()
            .filter(|colour| colour.approximation == 1);
        exact.next().filter(|_| exact.next().is_none()).copied()
    }

    /// CMYK without a profile is the device's.
    pub(super) fn device(&self) -> Option<Device> {
        let is_cmyk = self.best()?.enumerated == Some(12);
        is_cmyk.then_some(Device::Cmyk)
    }
}

struct Boxes<'a, 'b> {
    rest: &'a [u8],
    budget: &'b mut usize,
}

impl<'a, 'b> Boxes<'a, 'b> {
    fn new(rest: &'a [u8], budget: &'b mut usize) -> Self {
        Self { rest, budget }
    }
}

impl<'a> Iterator for Boxes<'a, '_> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        *self.budget = self.budget.checked_sub(1)?;
        let (length, after) = self.rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (head, length) = match u32::from_be_bytes(*length) {
            0 => (8, self.rest.len()),
            1 => {
                let long = u64::from_be_bytes(*after.first_chunk::<8>()?);
                (16, usize::try_from(long).ok()?)
            }
            short => (8, usize::try_from(short).ok()?),
        };
        let content = self.rest.get(head..length)?;
        self.rest = self.rest.get(length..)?;
        Some((kind, content))
    }
}

//! Orientation and density from an EXIF block (CIPA DC-008: a TIFF header and one directory in an APP1 segment).
//!
//! Wrong or cut-off EXIF is common and harmless: whatever cannot be read counts as absent.

use super::image::Rotation;
use super::resolution::StatedDensity;

const ORIENTATION: u16 = 0x0112;
const X_RESOLUTION: u16 = 0x011A;
const Y_RESOLUTION: u16 = 0x011B;
const RESOLUTION_UNIT: u16 = 0x0128;

/// What this program wants of an EXIF block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exif {
    pub(super) rotation: Rotation,
    pub(super) density: Option<StatedDensity>,
}

/// The turn for an orientation value of EXIF or TIFF (tag 274); values outside 1 … 8 mean none.
pub(super) fn rotation_of(orientation: u64) -> Rotation {
    let (mirrored, degrees) = match orientation {
        2 => (true, 0),
        3 => (false, 180),
        4 => (true, 180),
        5 => (true, 270),
        6 => (false, 90),
        7 => (true, 90),
        8 => (false, 270),
        _ => (false, 0),
    };
    Rotation { mirrored, degrees }
}

/// Dots an inch from a resolution pair and its unit (2 inch, 3 centimetre); other units are no density.
pub(super) fn density_of(x: f64, y: f64, unit: u64) -> Option<StatedDensity> {
    let per_inch = match unit {
        2 => 1.0,
        3 => 2.54,
        _ => return None,
    };
    let usable = x.is_finite() && y.is_finite() && x > 0.0 && y > 0.0;
    usable.then_some(StatedDensity {
        x: x * per_inch,
        y: y * per_inch,
    })
}

/// Reads the block that follows `Exif\0\0`.
pub(super) fn parse(block: &[u8]) -> Option<Exif> {
    let reader = Reader {
        block,
        little_endian: match block.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        },
    };
    if reader.u16(2)? != 42 {
        return None;
    }
    let directory = usize::try_from(reader.u32(4)?).ok()?;
    let count = usize::from(reader.u16(directory)?);
    let (mut orientation, mut unit) = (1, 2);
    let (mut x, mut y) = (None, None);
    for index in 0..count {
        let Some(entry) = directory.checked_add(2 + index * 12) else {
            break;
        };
        let Some(tag) = reader.u16(entry) else { break };
        match tag {
            ORIENTATION => orientation = u64::from(reader.u16(entry + 8)?),
            RESOLUTION_UNIT => unit = u64::from(reader.u16(entry + 8)?),
            X_RESOLUTION => x = reader.rational(entry + 8),
            Y_RESOLUTION => y = reader.rational(entry + 8),
            _ => {}
        }
    }
    Some(Exif {
        rotation: rotation_of(orientation),
        density: x.zip(y).and_then(|(x, y)| density_of(x, y, unit)),
    })
}

struct Reader<'a> {
    block: &'a [u8],
    little_endian: bool,
}

impl Reader<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.block.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little_endian {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.block.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    /// The fraction that the offset at `at` points to.
    fn rational(&self, at: usize) -> Option<f64> {
        let offset = usize::try_from(self.u32(at)?).ok()?;
        let numerator = self.u32(offset)?;
        let denominator = self.u32(offset.checked_add(4)?)?;
        Some(f64::from(numerator) / f64::from(denominator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian block with an orientation and 300 dpi.
    fn block(orientation: u16) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0\x03\0".to_vec();
        for (tag, kind, value) in [
            (ORIENTATION, 3u16, u32::from(orientation)),
            (X_RESOLUTION, 5, 50),
            (Y_RESOLUTION, 5, 50),
        ] {
            block.extend(tag.to_le_bytes());
            block.extend(kind.to_le_bytes());
            block.extend(1u32.to_le_bytes());
            block.extend(value.to_le_bytes());
        }
        block.resize(50, 0);
        block.extend(300u32.to_le_bytes());
        block.extend(1u32.to_le_bytes());
        block
    }

    #[test]
    fn reads_orientation_and_density() {
        let exif = parse(&block(6)).expect("a complete block");
        assert_eq!(
            exif.rotation,
            Rotation {
                mirrored: false,
                degrees: 90
            }
        );
        assert_eq!(exif.density, Some(StatedDensity { x: 300.0, y: 300.0 }));
    }

    #[test]
    fn whatever_is_cut_off_is_absent_and_never_a_panic() {
        let whole = block(8);
        for end in 0..whole.len() {
            let _ = parse(&whole[..end]);
        }
        assert_eq!(parse(&[]), None);
        assert_eq!(rotation_of(0), Rotation::NONE);
        assert_eq!(rotation_of(9), Rotation::NONE);
    }
}

//! The header and the tag table of an ICC profile (ISO 15076-1 §7.2, §7.3).

use lopdf::Stream;

use super::device::Device;

/// A profile once expanded, bytes.
const PROFILE_BYTES_MAX: usize = 16 << 20;
const HEADER: usize = 128;

/// What a profile says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) class: [u8; 4],
    pub(super) space: ProfileSpace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProfileSpace {
    Device(Device),
    Lab,
}

impl ProfileSpace {
    pub(super) fn components(self) -> i64 {
        match self {
            Self::Device(Device::Gray) => 1,
            Self::Device(Device::Rgb) | Self::Lab => 3,
            Self::Device(Device::Cmyk) => 4,
        }
    }
}

/// The profile in a stream; `None` where it is none that PDF/A-2 knows.
pub(super) fn profile(stream: &Stream) -> Option<Profile> {
    if stream.dict.has(b"Filter") {
        let expanded = stream
            .decompressed_content_with_limit(PROFILE_BYTES_MAX)
            .ok()?;
        read(&expanded)
    } else {
        read(&stream.content)
    }
}

pub(super) fn read(bytes: &[u8]) -> Option<Profile> {
    let size = word(bytes, 0)?;
    if size < HEADER || size > bytes.len() || bytes.get(36..40)? != b"acsp" {
        return None;
    }
    // ISO 19005-2 knows the profiles up to ISO 15076-1, which is version 4.
    if *bytes.get(8)? > 4 {
        return None;
    }
    let tags = word(bytes, HEADER)?;
    let table = bytes.get(HEADER + 4..size)?;
    if tags > table.len() / 12 {
        return None;
    }
    for tag in table.chunks_exact(12).take(tags) {
        if word(tag, 4)?.checked_add(word(tag, 8)?)? > size {
            return None;
        }
    }
    let space = match bytes.get(16..20)? {
        b"GRAY" => ProfileSpace::Device(Device::Gray),
        b"RGB " => ProfileSpace::Device(Device::Rgb),
        b"CMYK" => ProfileSpace::Device(Device::Cmyk),
        b"Lab " => ProfileSpace::Lab,
        _ => return None,
    };
    let class = bytes.get(12..16)?.try_into().ok()?;
    Some(Profile { class, space })
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(word)).ok()
}

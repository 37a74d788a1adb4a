//! Which format a file has, by its first bytes alone: names lie, scanners and people rename.

use super::png;

/// A format that pages are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Tiff,
    Pdf,
}

/// How much of a file the decision needs; a PDF header may start this late (ISO 32000-1, Annex H.3).
pub(super) const HEAD_BYTES: u64 = 1024;

/// Decides by the first [`HEAD_BYTES`].
pub(super) fn format(head: &[u8]) -> Option<Format> {
    const TIFF: [&[u8]; 4] = [b"II\x2A\0", b"MM\0\x2A", b"II\x2B\0", b"MM\0\x2B"];
    if head.starts_with(b"\xFF\xD8\xFF") {
        Some(Format::Jpeg)
    } else if head.starts_with(png::SIGNATURE) {
        Some(Format::Png)
    } else if TIFF.iter().any(|start| head.starts_with(start)) {
        Some(Format::Tiff)
    } else if head.windows(5).any(|five| five == b"%PDF-") {
        Some(Format::Pdf)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(format(b"\xFF\xD8\xFF\xE0"), Some(Format::Jpeg));
        assert_eq!(format(b"\x89PNG\r\n\x1a\n"), Some(Format::Png));
        assert_eq!(format(b"MM\0\x2A\0\0\0\x08"), Some(Format::Tiff));
        assert_eq!(format(b"II\x2B\0\x08\0"), Some(Format::Tiff));
        assert_eq!(format(b"junk\n%PDF-1.7"), Some(Format::Pdf));
        assert_eq!(format(b"GIF89a"), None);
        assert_eq!(format(b""), None);
    }
}
